package servicecatalog_test

import (
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"portico/internal/service/servicecatalog/api"
)

// objects are what an account has, by kind: ids, names and tokens as requests give them.
type objects map[string]string

// kinds says which objects a member of a request names, by the member's name or, where operations differ, by
// Operation.Member. A resource is a portfolio or a product.
var kinds = map[string][]string{
	"PortfolioId": {"portfolio"}, "SourcePortfolioId": {"portfolio"},
	"ProductId": {"product"}, "TargetProductId": {"product"}, "SourceProductArn": {"arn"},
	"ProvisioningArtifactId": {"version"}, "SourceProvisioningArtifactIdentifiers": {"version"},
	"TagOptionId": {"tagoption"}, "ResourceId": {"portfolio", "product", "tagoption"},
	"PortfolioShareToken": {"share"}, "CopyProductToken": {"copy"},
	"ProductName": {"name"}, "ProvisioningArtifactName": {"version name"}, "DescribeProduct.Name": {"name"}, "DescribeProductAsAdmin.Name": {"name"},
	"SearchProducts.Filters": {"product"}, "SearchProductsAsAdmin.Filters": {"product"},
	"DescribeProductView.Id": {"view"},
	"DescribePortfolio.Id":   {"portfolio"}, "UpdatePortfolio.Id": {"portfolio"}, "DeletePortfolio.Id": {"portfolio"},
	"DescribeProduct.Id": {"product"}, "DescribeProductAsAdmin.Id": {"product"}, "UpdateProduct.Id": {"product"}, "DeleteProduct.Id": {"product"},
	"DescribeConstraint.Id": {"constraint"}, "UpdateConstraint.Id": {"constraint"}, "DeleteConstraint.Id": {"constraint"},
	"DescribeTagOption.Id": {"tagoption"}, "UpdateTagOption.Id": {"tagoption"}, "DeleteTagOption.Id": {"tagoption"},
	"ProvisionedProductId": {"provisioned"}, "ProvisionProductId": {"provisioned"}, "ProvisionedProductName": {"provisioned name"},
	"DescribeProvisionedProduct.Id": {"provisioned"}, "DescribeProvisionedProduct.Name": {"provisioned name"},
	"DescribeRecord.Id": {"record"}, "PlanId": {"plan"},
	"RecordId":        {"record"},
	"ServiceActionId": {"action"}, "ServiceActionAssociations": {"action", "product", "version"},
	"DescribeServiceAction.Id": {"action"}, "UpdateServiceAction.Id": {"action"}, "DeleteServiceAction.Id": {"action"},
	// Mixes of more than four members are too many; these are found as in ProvisionProduct.
	"UpdateProvisionedProduct.ProductName": {}, "UpdateProvisionedProduct.ProvisioningArtifactName": {},
}

// plain are the members that name nothing of another account's catalog.
var plain = strings.Fields(`AcceptLanguage AccountId Active AddTags BudgetName CopyOptions Description DisplayName Distributor Filters Guidance
	IdempotencyToken IncludeProvisioningArtifactParameters Key Name OrganizationNode OrganizationNodeType OrganizationParentId Owner PageSize PageToken
	Parameters PortfolioShareType PrincipalARN PrincipalType ProductSource ProductType ProviderName ProvisioningArtifactParameters RemoveTags ResourceType
	AccessLevelFilter Definition DefinitionType ExecuteToken IgnoreErrors NotificationArns OutputKeys PathId PathName PhysicalId PlanName PlanType ProvisionToken ProvisionedProductProperties
	ProvisioningParameters ProvisioningPreferences RetainPhysicalResources SearchFilter TerminateToken UpdateToken
	FailureReason Outputs ResourceIdentifier Status WorkflowToken
	SharePrincipals ShareTagOptions SortBy SortOrder SourceConnection SupportDescription SupportEmail SupportUrl Tags TargetProductName Type Value Verbose`)

// naming is a member of an operation that names an object.
type naming struct {
	member   string
	kinds    []string
	required bool
}

// namings reads what the members of an operation name from its input type, so that a new operation takes part by itself.
func namings(t *testing.T, op string, input any) (out []naming) {
	t.Helper()
	for i := range reflect.TypeOf(input).Elem().NumField() {
		member, options, _ := strings.Cut(reflect.TypeOf(input).Elem().Field(i).Tag.Get("wire"), ",")
		k := kinds[op+"."+member]
		if k == nil {
			k = kinds[member]
		}
		if k == nil && !slices.Contains(plain, member) || k == nil && member == "Id" {
			t.Errorf("say in kinds or plain what %s of %s names", member, op)
		}
		if len(k) > 0 {
			out = append(out, naming{member, k, strings.Contains(options, "required")})
		}
	}
	return out
}

// member is the value of a member that names an object.
func member(n naming, id string) any {
	switch n.member {
	case "SourceProvisioningArtifactIdentifiers":
		return []args{{"Id": id}}
	case "ServiceActionAssociations":
		out := args{"ServiceActionId": "act-aaaaaaaaaaaaa", "ProductId": "prod-aaaaaaaaaaaaa", "ProvisioningArtifactId": "pa-aaaaaaaaaaaaa"}
		prefix, _, _ := strings.Cut(id, "-")
		out[map[string]string{"act": "ServiceActionId", "prod": "ProductId", "pa": "ProvisioningArtifactId"}[prefix]] = id
		return []args{out}
	case "Filters":
		return args{"SourceProductId": []string{id}}
	}
	return id
}

// rest are the other members that an operation needs to come as far as its objects.
func (w *world) rest(op string) args {
	account, token := args{"AccountId": "777777777777"}, args{"IdempotencyToken": w.token()}
	pattern := args{"PrincipalARN": "arn:aws:iam:::role/x", "PrincipalType": "IAM_PATTERN"}
	told := args{"WorkflowToken": "abc", "Status": "SUCCEEDED", "IdempotencyToken": token["IdempotencyToken"]}
	return map[string]args{
		"ProvisionProduct":                       {"ProvisionToken": w.token()},
		"UpdateProvisionedProduct":               {"UpdateToken": w.token()},
		"TerminateProvisionedProduct":            {"TerminateToken": w.token()},
		"UpdateProvisionedProductProperties":     {"IdempotencyToken": token["IdempotencyToken"], "ProvisionedProductProperties": args{"LAUNCH_ROLE": "arn:aws:iam::111111111111:role/x"}},
		"ImportAsProvisionedProduct":             {"IdempotencyToken": token["IdempotencyToken"], "PhysicalId": "arn:aws:cloudformation:us-east-1:111111111111:stack/s/1"},
		"CreateProvisionedProductPlan":           {"IdempotencyToken": token["IdempotencyToken"], "PlanName": "p", "PlanType": "CLOUDFORMATION"},
		"ExecuteProvisionedProductPlan":          token,
		"CreateServiceAction":                    {"Name": "a", "DefinitionType": "SSM_AUTOMATION", "Definition": restart, "IdempotencyToken": token["IdempotencyToken"]},
		"ExecuteProvisionedProductServiceAction": {"ExecuteToken": w.token()},
		"CreateConstraint":                       {"Type": "TEMPLATE", "Parameters": smallOnly, "IdempotencyToken": token["IdempotencyToken"]},
		"CreateProvisioningArtifact":             {"Parameters": w.version("v2", "topic"), "IdempotencyToken": token["IdempotencyToken"]},
		"CopyProduct":                            token,
		"CreatePortfolioShare":                   account,
		"UpdatePortfolioShare":                   account,
		"DeletePortfolioShare":                   account,
		"DescribePortfolioShares":                {"Type": "ACCOUNT"},
		"ListOrganizationPortfolioAccess":        {"OrganizationNodeType": "ORGANIZATION"},
		"AssociatePrincipalWithPortfolio":        pattern,
		"DisassociatePrincipalFromPortfolio":     pattern,
		"AssociateBudgetWithResource":            {"BudgetName": "Monthly"},
		"DisassociateBudgetFromResource":         {"BudgetName": "Monthly"},

		"NotifyProvisionProductEngineWorkflowResult":            told,
		"NotifyUpdateProvisionedProductEngineWorkflowResult":    told,
		"NotifyTerminateProvisionedProductEngineWorkflowResult": told,
	}[op]
}

// objects makes one of every kind for an account, and a session of a role that its portfolio's pattern matches. Its names
// are its own.
func (w *world) objects(c who) (objects, who) {
	w.t.Helper()
	o := objects{"name": "Product of " + c.String(), "version name": "Version of " + c.String(), "portfolio": w.portfolio(c, "Storage")}
	made := w.ask(c, "CreateProduct", w.newProduct(o["name"], args{"ProvisioningArtifactParameters": w.version(o["version name"], "topic")}))
	o["product"], o["view"] = made.get("ProductViewDetail.ProductViewSummary.ProductId"), made.get("ProductViewDetail.ProductViewSummary.Id")
	o["version"], o["arn"] = made.get("ProvisioningArtifactDetail.Id"), made.get("ProductViewDetail.ProductARN")
	w.put(c, o["product"], o["portfolio"])
	o["constraint"] = w.constrain(c, o["portfolio"], o["product"], "TEMPLATE", smallOnly)
	o["action"] = w.action(c, restart, o["product"], o["version"])
	o["tagoption"] = w.tagOption(c, "stage", "prod", o["portfolio"], o["product"])
	w.ask(c, "AssociateBudgetWithResource", budget("Monthly", o["product"]))
	w.grant(c, o["portfolio"], "arn:aws:iam:::role/x")
	w.offer(c, o["portfolio"], root("888888888888"))
	o["share"] = w.ask(c, "UpdatePortfolioShare", args{"PortfolioId": o["portfolio"], "AccountId": "888888888888"}).get("PortfolioShareToken")
	o["copy"] = w.ask(c, "CopyProduct", w.copying(o["arn"], nil)).get("CopyProductToken")
	_, session := w.role(c, "x")
	o["provisioned name"] = "running-of-" + c.String()
	launch := args{"ProductId": o["product"], "ProvisioningArtifactId": o["version"], "ProvisionedProductName": o["provisioned name"],
		"Tags": []args{{"Key": "stage", "Value": "prod"}}}
	r := w.ask(session, "ProvisionProduct", with(launch, args{"ProvisionToken": w.token()}))
	o["provisioned"], o["record"] = r.get("RecordDetail.ProvisionedProductId"), r.get("RecordDetail.RecordId")
	w.settle()
	o["plan"] = w.ask(session, "CreateProvisionedProductPlan", with(launch, args{"PlanName": "p", "PlanType": "CLOUDFORMATION", "IdempotencyToken": w.token()})).get("PlanId")
	w.settle()
	return o, session
}

// with is an input with more members.
func with(in, more args) args {
	out := args{}
	maps.Copy(out, in)
	maps.Copy(out, more)
	return out
}

// unknown are objects of the same form that nobody has.
func (o objects) unknown() objects {
	u := objects{}
	for kind, id := range o {
		u[kind] = id[:len(id)-6] + "nobody"
	}
	return u
}

// The choices for a member of a request.
const (
	absent = iota
	own
	others // another account's, which exists
	nobody // one that does not exist
	choices
)

// TestNoLeak asks for every operation that is served, with every mix of own objects, another account's and such as do
// not exist. Whoever has no relation to the other account, or a pending one, gets the same answer for the last two.
func TestNoLeak(t *testing.T) {
	worlds(t, func(w *world) {
		hiding := root("123456789012")
		_, top := w.organization(anna, dora, evan, hiding)
		w.delegate(dora, true)
		unit := w.unit(top, "Workloads")
		w.move(anna, unit)
		w.move(hiding, unit)
		hidden, _ := w.objects(boss)
		w.share(boss, hidden["portfolio"], anna)
		w.shareNode(boss, hidden["portfolio"], unit)
		w.offer(boss, hidden["portfolio"], bert)
		w.ask(hiding, "RejectPortfolioShare", args{"PortfolioId": hidden["portfolio"], "PortfolioShareType": "AWS_ORGANIZATIONS"})
		viewers := []struct {
			name string
			c    who
		}{{"a stranger", carla}, {"a stranger in the organization", evan}, {"a delegated administrator", dora}, {"an account that was offered it", bert}, {"an account that rejected it", hiding}}
		names := make([]string, 0, len(api.Service.Operations))
		for name, op := range api.Service.Operations {
			if op.In != nil {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, v := range viewers {
			mine, session := w.objects(v.c)
			for _, op := range names {
				if v.c == bert && (op == "AcceptPortfolioShare" || op == "RejectPortfolioShare") {
					continue // what is offered may be answered (S-ACC-8)
				}
				for _, variant := range resources(namings(w.t, op, api.Service.Operations[op].In())) {
					w.t.Run("S-GEN-7 "+op+" by "+v.name, func(t *testing.T) {
						for c, caller := range []who{v.c, session} {
							if c == 0 || api.Service.Operations[op].Level != "Write" {
								w.indistinguishable(t, caller, op, variant, mine, hidden)
							}
						}
					})
				}
			}
		}
	})
}

// resources gives one list of members for each kind of resource that one of them can name.
func resources(ns []naming) [][]naming {
	for i, n := range ns {
		if len(n.kinds) < 2 {
			continue
		}
		var out [][]naming
		for _, kind := range n.kinds {
			one := slices.Clone(ns)
			one[i].kinds = []string{kind}
			out = append(out, resources(one)...)
		}
		return out
	}
	return [][]naming{ns}
}

// indistinguishable compares the answers to requests that differ only in whether what is not the caller's exists.
func (w *world) indistinguishable(t *testing.T, c who, op string, ns []naming, mine, hidden objects) {
	t.Helper()
	mixes := 1
	for range ns {
		mixes *= choices
	}
	unknown := hidden.unknown()
	words := map[bool]*strings.Replacer{true: hide(hidden), false: hide(unknown)}
	for mix := range mixes {
		existing, missing := w.rest(op), w.rest(op)
		if existing == nil {
			existing, missing = args{}, args{}
		}
		foreign, valid := false, true
		for i, n := range ns {
			choice := mix
			for range i {
				choice /= choices
			}
			kind := n.kinds[0]
			switch choice % choices {
			case absent:
				valid = valid && !n.required
			case own:
				existing[n.member], missing[n.member] = member(n, mine[kind]), member(n, mine[kind])
			case others:
				foreign = true
				existing[n.member], missing[n.member] = member(n, hidden[kind]), member(n, unknown[kind])
			case nobody:
				existing[n.member], missing[n.member] = member(n, unknown[kind]), member(n, unknown[kind])
			}
		}
		if !foreign || !valid {
			continue
		}
		a, b := w.send(t, c, op, existing), w.send(t, c, op, missing)
		x, y := words[false].Replace(words[true].Replace(a.Body.String())), words[false].Replace(b.Body.String())
		if a.Code != b.Code || x != y {
			t.Errorf("%s tells\n%v: %d %s\nfrom\n%v: %d %s", op, existing, a.Code, a.Body, missing, b.Code, b.Body)
		}
		if a.Code != http.StatusOK && a.Code != http.StatusBadRequest {
			t.Errorf("%s of %v answered %d %s", op, existing, a.Code, a.Body)
		}
	}
}

// hide takes ids and names out of a text.
func hide(o objects) *strings.Replacer {
	var words []string
	for kind, id := range o {
		words = append(words, id, "<"+kind+">")
	}
	return strings.NewReplacer(words...)
}
