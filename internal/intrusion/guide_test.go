package intrusion

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

// level is the guide's example of access to provisioned products at one level.
func level(key string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["servicecatalog:*"],"Resource":"*","Condition":{"StringEquals":{"servicecatalog:` + key + `":"self"}}}]}`
}

// partial is the guide's example of partial administrative access.
const partial = `{"Version":"2012-10-17","Statement":[
	{"Effect":"Allow","Action":["servicecatalog:DescribeProduct","servicecatalog:DescribeProductView","servicecatalog:DescribeProvisioningParameters","servicecatalog:ListLaunchPaths",
		"servicecatalog:ProvisionProduct","servicecatalog:SearchProducts","servicecatalog:TerminateProvisionedProduct","servicecatalog:UpdateProvisionedProduct"],
		"Resource":"*","Condition":{"StringEquals":{"servicecatalog:userLevel":"self"}}},
	{"Effect":"Allow","Action":["servicecatalog:DescribeRecord","servicecatalog:ListRecordHistory","servicecatalog:ScanProvisionedProducts"],
		"Resource":"*","Condition":{"StringEquals":{"servicecatalog:accountLevel":"self"}}}]}`

// office is an account with a product, and with things launched by ann of a role, by another of it, and by somebody else.
type office struct {
	*testing.T
	root, ann          party
	portfolio, product string
	artifact           string
	launched           map[string]string // provisioned products by whose they are
	records            map[string]string
}

func open(t *testing.T, o store.Options) *office {
	t.Helper()
	s := servertest.Start(t, servertest.Options{Store: o})
	w := &office{T: t, root: root(t, s, owner), launched: map[string]string{}, records: map[string]string{}}
	w.portfolio, w.product, w.artifact = stock(w.root, s)
	for _, role := range []string{"Team", "Others"} {
		w.root.role(role)
		w.root.do(iam, "AttachRolePolicy", args{"RoleName": role, "PolicyArn": administrator})
		w.root.do(sc, "AssociatePrincipalWithPortfolio", args{"PortfolioId": w.portfolio, "PrincipalARN": "arn:aws:iam::" + string(owner) + ":role/" + role, "PrincipalType": "IAM"})
	}
	for whose, of := range map[string][2]string{"own": {"Team", "ann"}, "role": {"Team", "bob"}, "account": {"Others", "eve"}} {
		r := w.root.do(sts, "AssumeRole", args{"RoleArn": "arn:aws:iam::" + string(owner) + ":role/" + of[0], "RoleSessionName": of[1]})
		p := w.root.with(r, r.get("Arn"))
		w.launched[whose] = p.launch(args{"ProductId": w.product, "ProvisioningArtifactId": w.artifact, "ProvisionedProductName": whose, "ProvisionToken": whose})
		w.records[whose] = p.do(sc, "ListRecordHistory", nil).get("RecordId")
		if whose == "own" {
			w.ann = p
		}
	}
	w.root.do(iam, "DetachRolePolicy", args{"RoleName": "Team", "PolicyArn": administrator})
	return w
}

// grant gives ann's role one policy: the document, or the managed policy of that name.
func (w *office) grant(policy string) {
	w.Helper()
	for _, name := range []string{"AdminFullAccess", "AdminReadOnlyAccess", "EndUserFullAccess", "EndUserReadOnlyAccess"} {
		w.root.try(iam, "DetachRolePolicy", args{"RoleName": "Team", "PolicyArn": "arn:aws:iam::aws:policy/AWSServiceCatalog" + name})
	}
	w.root.try(iam, "DeleteRolePolicy", args{"RoleName": "Team", "PolicyName": "only"})
	if strings.HasPrefix(policy, "{") {
		w.root.do(iam, "PutRolePolicy", args{"RoleName": "Team", "PolicyName": "only", "PolicyDocument": policy})
		return
	}
	w.root.do(iam, "AttachRolePolicy", args{"RoleName": "Team", "PolicyArn": "arn:aws:iam::aws:policy/" + policy})
}

// request is a call by its short name: an operation, and whose thing or which level it is about.
func (w *office) request(name string) (call string, in args) {
	op, about, _ := strings.Cut(name, " ")
	filter := args{"Key": about, "Value": "self"}
	switch op {
	case "CreatePortfolio":
		in = args{"DisplayName": "x", "ProviderName": "x", "IdempotencyToken": name}
	case "DescribePortfolio", "DescribeProductAsAdmin", "DescribeProduct":
		in = args{"Id": map[bool]string{true: w.portfolio, false: w.product}[op == "DescribePortfolio"]}
	case "ListLaunchPaths":
		in = args{"ProductId": w.product}
	case "CreatePortfolioShare":
		in = args{"PortfolioId": w.portfolio, "AccountId": string(friend)}
	case "DescribeProvisionedProduct":
		in = args{"Id": w.launched[about]}
	case "DescribeRecord":
		in = args{"Id": w.records[about]}
	case "GetProvisionedProductOutputs":
		in = args{"ProvisionedProductId": w.launched[about]}
	case "TerminateProvisionedProduct":
		in = args{"ProvisionedProductId": w.launched[about], "TerminateToken": "t"}
	case "UpdateProvisionedProduct":
		in = args{"ProvisionedProductId": w.launched[about], "UpdateToken": "t", "ProvisioningArtifactId": "pa-none"}
	case "ProvisionProduct":
		in = args{"ProductId": w.product, "ProvisioningArtifactId": "pa-none", "ProvisionedProductName": "x", "ProvisionToken": "x"}
	case "ScanProvisionedProducts", "ListRecordHistory", "SearchProvisionedProducts":
		if about != "" {
			in = args{"AccessLevelFilter": filter}
		}
	case "ListRoles":
		return "iam:" + op, nil
	case "CreateRole":
		return "iam:" + op, args{"RoleName": "x", "AssumeRolePolicyDocument": trust("AWS", string(owner))}
	}
	return "servicecatalog:" + op, in
}

// asked makes the request that a name stands for, and gives the action that it needs.
func (w *office) asked(name string) (call string, a reply) {
	switch op, about, _ := strings.Cut(name, " "); op {
	case "ShowRecord":
		return "servicecatalog:DescribeRecord", w.ann.view(http.MethodGet, "record?id="+w.records[about])
	case "CancelRecord":
		return "servicecatalog:TerminateProvisionedProduct", w.ann.view(http.MethodPost, "record/cancel?id="+w.records[about])
	}
	call, in := w.request(name)
	service, op := named(w.T, call)
	return call, w.ann.try(service, op, in)
}

// TestGuidePolicies lives the example policies of the guide's permission pages and the managed policies: what each lets
// through and what it refuses.
func TestGuidePolicies(t *testing.T) {
	const (
		browse  = "SearchProducts|ListLaunchPaths|DescribeProduct"
		admin   = "CreatePortfolio|CreatePortfolioShare"
		read    = "ListPortfolios|DescribePortfolio|DescribeProductAsAdmin"
		own     = "DescribeProvisionedProduct own|GetProvisionedProductOutputs own|ScanProvisionedProducts|ScanProvisionedProducts User|ListRecordHistory|ListRecordHistory User|SearchProvisionedProducts User|ShowRecord own"
		roles   = "DescribeProvisionedProduct role|DescribeRecord role|GetProvisionedProductOutputs role|ScanProvisionedProducts Role|ListRecordHistory Role|SearchProvisionedProducts Role|ShowRecord role"
		all     = "DescribeProvisionedProduct account|DescribeRecord account|GetProvisionedProductOutputs account|ScanProvisionedProducts Account|ListRecordHistory Account|SearchProvisionedProducts Account|ShowRecord account"
		changes = "UpdateProvisionedProduct own|CancelRecord own"
		theirs  = "UpdateProvisionedProduct role"
		others  = "UpdateProvisionedProduct account"
		launch  = "ProvisionProduct"
		ends    = "TerminateProvisionedProduct role|TerminateProvisionedProduct account|CancelRecord role|CancelRecord account"
	)
	join := func(lists ...string) string { return strings.Join(lists, "|") }
	cases := []struct{ name, policy, passes, refused, beyond string }{ // beyond is refused because of whose it is
		{"C-ACC-9 AWSServiceCatalogAdminFullAccess", "AWSServiceCatalogAdminFullAccess",
			join(browse, admin, read, own, "DescribeRecord own", roles, all, changes, theirs, others, launch, "ListRoles"), "CreateRole", ""},
		{"C-ACC-9 AWSServiceCatalogAdminReadOnlyAccess", "AWSServiceCatalogAdminReadOnlyAccess",
			join(read, own, "DescribeRecord own", roles, all), join(admin, changes, theirs, others, ends, launch, "CreateRole"), ""},
		{"C-ACC-9 AWSServiceCatalogEndUserFullAccess", "AWSServiceCatalogEndUserFullAccess",
			join(browse, own, "DescribeRecord own", changes, launch), join(admin, read, "ListRoles|CreateRole"), join(roles, all, theirs, others, ends)},
		{"C-ACC-9 AWSServiceCatalogEndUserReadOnlyAccess", "AWSServiceCatalogEndUserReadOnlyAccess",
			join(browse, own, "DescribeRecord own"), join(admin, read, changes, theirs, others, ends, launch, "ListRoles|CreateRole"), join(roles, all)},
		{"C-ACC-7 the guide's full administrator", level("accountLevel"),
			join(browse, admin, read, own, "DescribeRecord own", roles, all, changes, theirs, others, launch), "ListRoles|CreateRole", ""},
		{"C-ACC-7 the guide's end user", level("userLevel"),
			join(browse, own, "DescribeRecord own", changes, launch), "ListRoles|CreateRole", join(roles, all, theirs, others, ends)},
		{"C-ACC-7 the guide's role", level("roleLevel"),
			join(browse, own, "DescribeRecord own", roles, changes, theirs, launch), "ListRoles|CreateRole", join(all, others, "TerminateProvisionedProduct account")},
		{"C-ACC-7 the guide's partial administrator", partial,
			join(browse, changes, launch, "DescribeRecord own|DescribeRecord role|DescribeRecord account|ScanProvisionedProducts Account|ListRecordHistory Account|ListRecordHistory Role|ScanProvisionedProducts"),
			join(admin, read, "DescribeProvisionedProduct own|DescribeProvisionedProduct account|SearchProvisionedProducts|GetProvisionedProductOutputs own|ListRoles|CreateRole"), join(theirs, others, ends)},
	}
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		w := open(t, o)
		for _, x := range cases {
			t.Run(x.name, func(t *testing.T) {
				w.grant(x.policy)
				for _, name := range strings.FieldsFunc(x.refused+"|"+x.beyond, func(r rune) bool { return r == '|' }) {
					call, a := w.asked(name)
					begins, ends := "User: "+w.ann.arn+" is not authorized to perform: "+call+" on resource: ", noIdentity(call)
					if strings.Contains("|"+x.beyond+"|", "|"+name+"|") { // C-ACC-8
						begins, ends = "You are not authorized to ", ""
					}
					if !strings.HasPrefix(a.code(), "AccessDenied") || !strings.HasPrefix(a.message(), begins) || !strings.Contains(a.message(), ends) {
						t.Errorf("%s is not refused as it should be: %d %s", name, a.Status, a.Text)
					}
				}
				for name := range strings.SplitSeq(x.passes, "|") {
					_, a := w.asked(name)
					op, _, _ := strings.Cut(name, " ")
					incomplete := slices.Contains([]string{"UpdateProvisionedProduct", "ProvisionProduct", "CancelRecord"}, op) // they are asked for what cannot be
					if strings.HasPrefix(a.code(), "AccessDenied") || !incomplete && a.Status != http.StatusOK && !strings.Contains(a.code(), "Duplicate") || incomplete && a.Status == http.StatusOK {
						t.Errorf("%s does not pass: %d %s", name, a.Status, a.Text)
					}
				}
			})
		}
	})
}
