package servicecatalog_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	iamapi "portico/internal/service/iam/api"
)

const dre = "DuplicateResourceException"

func noConstraint(id string) string { return rnf + ": Constraint not found: " + id }

// Parameters of constraints.
const (
	forbidTags  = `{"Version":"2.0","Properties":{"TagUpdateOnProvisionedProduct":"NOT_ALLOWED"}}`
	allowTags   = `{"Version":"2.0","Properties":{"TagUpdateOnProvisionedProduct":"ALLOWED"}}`
	smallOnly   = `{"Rules":{"Size":{"Assertions":[{"Assert":{"Fn::Contains":[["t3.micro"],{"Ref":"Type"}]},"AssertDescription":"small ones only"}]}}}`
	twoAccounts = `{"Version":"1.0","Properties":{"AccountList":["111111111111","222222222222"],"RegionList":["us-east-1"]}}`
)

func notify(topic string) string {
	return `{"NotificationArns":["arn:aws:sns:us-east-1:111111111111:` + topic + `"]}`
}
func launchAs(arn string) string       { return `{"RoleArn":"` + arn + `"}` }
func launchAsLocal(name string) string { return `{"LocalRoleName":"` + name + `"}` }

// launchRole makes a role that Service Catalog may assume, and returns its ARN.
func (w *world) launchRole(c who, name string) string {
	w.t.Helper()
	return w.roleFor(c, name, `{"Effect":"Allow","Principal":{"Service":"servicecatalog.amazonaws.com"},"Action":"sts:AssumeRole"}`)
}

// roleFor makes a role with one statement of trust.
func (w *world) roleFor(c who, name, statement string) string {
	w.t.Helper()
	path := "/"
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		path, name = "/"+name[:i+1], name[i+1:]
	}
	out, err := w.iam.CreateRole(context.Background(), caller(c), &iamapi.CreateRoleInput{RoleName: name, Path: &path,
		AssumeRolePolicyDocument: `{"Version":"2012-10-17","Statement":` + statement + `}`})
	w.must(err)
	return out.Role.Arn
}

// term is the input that sets a constraint.
func (w *world) term(portfolio, product, kind, parameters string) args {
	return args{"PortfolioId": portfolio, "ProductId": product, "Type": kind, "Parameters": parameters, "Description": kind + " of " + portfolio, "IdempotencyToken": w.token()}
}

// constrain sets a constraint and returns its id.
func (w *world) constrain(c who, portfolio, product, kind, parameters string) string {
	w.t.Helper()
	return w.ask(c, "CreateConstraint", w.term(portfolio, product, kind, parameters)).get("ConstraintDetail.ConstraintId")
}

// constraints are the ids an administrator sees in a portfolio.
func (w *world) constraints(c who, portfolio string) string {
	w.t.Helper()
	return w.ask(c, "ListConstraintsForPortfolio", args{"PortfolioId": portfolio}).get("ConstraintDetails[].ConstraintId")
}

// inForce are the types and portfolios of the constraints on each launch path to a product, in order of their types.
func (w *world) inForce(c who, product, path string) string {
	w.t.Helper()
	for _, p := range w.ask(c, "ListLaunchPaths", args{"ProductId": product})["LaunchPathSummaries"].([]any) {
		var words []string
		summary := answer(p.(map[string]any))
		for _, s := range summary["ConstraintSummaries"].([]any) {
			words = append(words, answer(s.(map[string]any)).get("Description"))
		}
		if summary.get("Name") == path {
			return strings.ReplaceAll(sorted(words...), " of ", ":")
		}
	}
	w.t.Fatalf("no path %s to %s", path, product)
	return ""
}

func TestConstraint(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio, other := w.portfolio(boss, "Storage"), w.portfolio(boss, "Other")
		product := w.product(boss, "Bucket", portfolio, other)
		loose := w.product(boss, "Loose")
		text := " {\"Version\" : \"2.0\",\n\t\"Properties\": {\"TagUpdateOnProvisionedProduct\":\"ALLO\\u0057ED\"} }"
		in := w.term(portfolio, product, "RESOURCE_UPDATE", text)
		in["Description"] = "Tags may change"
		made := w.ask(boss, "CreateConstraint", in)
		id := made.get("ConstraintDetail.ConstraintId")
		w.is("S-VAL-1 cons- and 13 characters", fmt.Sprint(id[:5], len(id)), "cons-18")
		detail := fmt.Sprintf(`"ConstraintDetail":{"ConstraintId":"%s","Description":"Tags may change","Owner":"111111111111","PortfolioId":"%s","ProductId":"%s","Type":"RESOURCE_UPDATE"}`, id, portfolio, product)
		parameters := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(text)
		w.is("C-CONS-3 a new one is CREATING", made.json(), `{`+detail+`,"ConstraintParameters":"`+parameters+`","Status":"CREATING"}`)
		w.is("C-CONS-3 then AVAILABLE, C-CONS-4 its parameters byte for byte", w.ask(boss, "DescribeConstraint", args{"Id": id}).json(), `{`+detail+`,"ConstraintParameters":"`+parameters+`","Status":"AVAILABLE"}`)
		w.is("C-GEN-6 the same token again is the same constraint", w.ask(boss, "CreateConstraint", in).json(), made.json())
		in["Parameters"] = allowTags
		w.refused("C-GEN-6 another request with the token", boss, "CreateConstraint", in, ipe)

		bare := w.term(portfolio, product, "NOTIFICATION", notify("a"))
		delete(bare, "Description")
		silent := w.ask(boss, "CreateConstraint", bare)
		w.is("C-CONS-11 no description, none shown", silent.json(), fmt.Sprintf(`{"ConstraintDetail":{"ConstraintId":"%s","Owner":"111111111111","PortfolioId":"%s","ProductId":"%s","Type":"NOTIFICATION"},`+
			`"ConstraintParameters":"{\"NotificationArns\":[\"arn:aws:sns:us-east-1:111111111111:a\"]}","Status":"CREATING"}`, silent.get("ConstraintDetail.ConstraintId"), portfolio, product))

		for _, x := range []struct {
			name, portfolio, product, kind, parameters, want string
		}{
			{"C-CONS-1 an unknown portfolio", "port-nowhere", product, "TEMPLATE", smallOnly, noPortfolio("port-nowhere")},
			{"C-CONS-1 an unknown product", portfolio, "prod-nowhere", "TEMPLATE", smallOnly, rnf + ": Product prod-nowhere is not associated with portfolio " + portfolio},
			{"C-CONS-1 a product that is not in it", portfolio, loose, "TEMPLATE", smallOnly, rnf + ": Product " + loose + " is not associated with portfolio " + portfolio},
			{"C-CONS-2 no such type", portfolio, product, "QUOTA", "{}", ipe + ": Invalid constraint Type: QUOTA. The types are LAUNCH, NOTIFICATION, RESOURCE_UPDATE, STACKSET and TEMPLATE"},
			{"C-CONS-2 a type in lower case", portfolio, product, "template", smallOnly, ipe},
			{"C-CONS-5 parameters of another type", portfolio, product, "TEMPLATE", allowTags, ipe + ": Invalid Parameters of the TEMPLATE constraint: they must be a JSON object with the one key Rules"},
			{"C-CONS-5 no JSON", portfolio, product, "NOTIFICATION", "topic", ipe},
			{"C-CONS-5 empty parameters", portfolio, product, "NOTIFICATION", "", ipe},
			{"C-CONS-6 a second RESOURCE_UPDATE", portfolio, product, "RESOURCE_UPDATE", forbidTags, dre + ": A constraint of type RESOURCE_UPDATE already exists for this product and portfolio"},
			{"C-CONS-6 a second NOTIFICATION", portfolio, product, "NOTIFICATION", notify("b"), ""},
			{"C-CONS-6 TEMPLATE", portfolio, product, "TEMPLATE", smallOnly, ""},
			{"C-CONS-6 and another", portfolio, product, "TEMPLATE", smallOnly, ""},
			{"C-CONS-6 STACKSET", portfolio, product, "STACKSET", twoAccounts, ""},
			{"C-CONS-6 a second STACKSET", portfolio, product, "STACKSET", twoAccounts, dre},
			{"C-CONS-6 LAUNCH beside STACKSET", portfolio, product, "LAUNCH", launchAs(w.launchRole(boss, "Launch")), ipe + ": A constraint of type LAUNCH cannot be combined with the constraint of type STACKSET on this product and portfolio"},
			{"C-CONS-6 LAUNCH in another portfolio", other, product, "LAUNCH", launchAsLocal("Launch"), ""},
			{"C-CONS-6 a second LAUNCH", other, product, "LAUNCH", launchAsLocal("Launch"), dre},
			{"C-CONS-6 STACKSET beside LAUNCH", other, product, "STACKSET", twoAccounts, ipe},
			{"C-CONS-30 topics of another region", other, product, "NOTIFICATION", strings.Replace(notify("a"), "us-east-1", "eu-west-1", 1), ipe},
			{"C-CONS-40 another value", other, product, "RESOURCE_UPDATE", strings.Replace(allowTags, "ALLOWED", "YES", 1), ipe},
			{"C-CONS-50 no accounts", other, product, "STACKSET", strings.Replace(twoAccounts, `"111111111111","222222222222"`, "", 1), ipe},
			{"C-RULE-1 no rules", other, product, "TEMPLATE", `{"Rules":{}}`, ipe},
			{"C-CONS-4 an escaped one is text", other, product, "TEMPLATE", strings.Replace(smallOnly, "small", `\u0000`, 1), ""},
		} {
			w.refused(x.name, boss, "CreateConstraint", w.term(x.portfolio, x.product, x.kind, x.parameters), x.want)
		}
		w.refused("C-GEN-5 in another region", boss.in("eu-west-1"), "CreateConstraint", w.term(portfolio, product, "TEMPLATE", smallOnly), noPortfolio(portfolio))
		w.refused("C-GEN-2 no type", boss, "CreateConstraint", args{"PortfolioId": portfolio, "ProductId": product, "Parameters": "{}"}, ve)
		long := w.term(portfolio, product, "TEMPLATE", smallOnly)
		long["Description"] = strings.Repeat("x", 2001)
		w.refused("C-CONS-11 a description of 2001 characters", boss, "CreateConstraint", long, ve)
	})
}

func TestConstraintProducts(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio := w.portfolio(boss, "Modules")
		w.launchRole(boss, "Launch")
		for _, kind := range []string{"TERRAFORM_OPEN_SOURCE", "TERRAFORM_CLOUD", "EXTERNAL"} {
			product := w.ask(boss, "CreateProduct", w.newProduct(kind, args{"ProductType": kind, "ProvisioningArtifactParameters": args{"Info": args{"LoadTemplateFromURL": w.url("module")}}})).
				get("ProductViewDetail.ProductViewSummary.ProductId")
			w.put(boss, product, portfolio)
			for _, x := range []struct{ kind, parameters, want string }{
				{"LAUNCH", launchAsLocal("Launch"), ""},
				{"RESOURCE_UPDATE", allowTags, ""},
				{"TEMPLATE", smallOnly, ipe},
				{"STACKSET", twoAccounts, ipe},
				{"NOTIFICATION", notify("a"), ipe},
			} {
				if x.want != "" {
					x.want += ": Invalid constraint Type: " + x.kind + " is not supported for products of type " + kind
				}
				w.refused("C-CONS-12 "+x.kind+" for "+kind, boss, "CreateConstraint", w.term(portfolio, product, x.kind, x.parameters), x.want)
			}
		}
	})
}

func TestUpdateConstraint(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio := w.portfolio(boss, "Storage")
		product := w.product(boss, "Bucket", portfolio)
		id := w.constrain(boss, portfolio, product, "RESOURCE_UPDATE", allowTags)
		read := func(a answer) string {
			return a.get("ConstraintDetail.ConstraintId") + "|" + a.get("ConstraintDetail.Type") + "|" + a.get("ConstraintDetail.Description") + "|" + a.get("ConstraintParameters")
		}
		update := func(name string, in args, description, parameters string) {
			w.t.Helper()
			in["Id"] = id
			got := w.ask(boss, "UpdateConstraint", in)
			w.is(name, read(got), id+"|RESOURCE_UPDATE|"+description+"|"+parameters)
			w.is("C-CONS-3 an update answers CREATING", got.get("Status"), "CREATING")
			stored := w.ask(boss, "DescribeConstraint", args{"Id": id})
			w.is(name+": stored", read(stored), read(got))
			w.is("C-CONS-3 and reads AVAILABLE", stored.get("Status"), "AVAILABLE")
		}
		before := "RESOURCE_UPDATE of " + portfolio
		update("C-CONS-9 nothing sent, nothing changed", args{}, before, allowTags)
		update("C-CONS-9 the parameters", args{"Parameters": forbidTags}, before, forbidTags)
		update("C-CONS-9 the description", args{"Description": "No tags"}, "No tags", forbidTags)
		update("C-CONS-9 both", args{"Parameters": "  " + allowTags, "Description": "Tags"}, "Tags", "  "+allowTags)
		update("C-CONS-11 an empty description", args{"Description": ""}, "", "  "+allowTags)
		for _, x := range []struct {
			name, op string
			c        who
			in       args
			want     string
		}{
			{"C-CONS-5 parameters that are wrong", "UpdateConstraint", boss, args{"Id": id, "Parameters": "{}"}, ipe},
			{"C-CONS-2 the type never changes", "UpdateConstraint", boss, args{"Id": id, "Parameters": smallOnly}, ipe},
			{"C-CONS-9 update of an unknown id", "UpdateConstraint", boss, args{"Id": "cons-nowhere"}, noConstraint("cons-nowhere")},
			{"C-CONS-9 delete of an unknown id", "DeleteConstraint", boss, args{"Id": "cons-nowhere"}, noConstraint("cons-nowhere")},
			{"C-CONS-9 read of an unknown id", "DescribeConstraint", boss, args{"Id": "cons-nowhere"}, noConstraint("cons-nowhere")},
			{"C-GEN-5 update in another region", "UpdateConstraint", boss.in("eu-west-1"), args{"Id": id}, noConstraint(id)},
			{"C-GEN-5 delete in another region", "DeleteConstraint", boss.in("eu-west-1"), args{"Id": id}, noConstraint(id)},
			{"C-GEN-5 read in another region", "DescribeConstraint", boss.in("eu-west-1"), args{"Id": id}, noConstraint(id)},
			{"C-CONS-9 a refused update changes nothing, delete", "DeleteConstraint", boss, args{"Id": id}, ""},
			{"C-CONS-9 delete again", "DeleteConstraint", boss, args{"Id": id}, noConstraint(id)},
			{"C-CONS-9 read what is gone", "DescribeConstraint", boss, args{"Id": id}, noConstraint(id)},
		} {
			w.refused(x.name, x.c, x.op, x.in, x.want)
		}
		w.allowed("C-CONS-6 there is room again", boss, "CreateConstraint", w.term(portfolio, product, "RESOURCE_UPDATE", allowTags))
	})
}

func TestListConstraints(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio, other := w.portfolio(boss, "Storage"), w.portfolio(boss, "Other")
		first, second := w.product(boss, "Bucket", portfolio, other), w.product(boss, "Topic", portfolio)
		loose := w.product(boss, "Loose")
		var want []string
		for i := range 3 {
			want = append(want, w.constrain(boss, portfolio, first, "NOTIFICATION", notify(fmt.Sprint("first", i))),
				w.constrain(boss, portfolio, second, "NOTIFICATION", notify(fmt.Sprint("second", i))))
		}
		elsewhere := w.constrain(boss, other, first, "TEMPLATE", smallOnly)
		list := func(in args) string {
			w.t.Helper()
			return w.ask(boss, "ListConstraintsForPortfolio", in).get("ConstraintDetails[].ConstraintId")
		}
		w.is("C-CONS-10 all of a portfolio", list(args{"PortfolioId": portfolio}), strings.Join(want, " "))
		w.is("S-CON-2 another portfolio has its own", list(args{"PortfolioId": other}), elsewhere)
		w.is("C-CONS-10 of one product", list(args{"PortfolioId": portfolio, "ProductId": second}), want[1]+" "+want[3]+" "+want[5])
		w.is("C-CONS-10 of a product that is not in it", list(args{"PortfolioId": portfolio, "ProductId": loose}), "")
		w.is("C-CONS-10 of one that is not at all", w.ask(boss, "ListConstraintsForPortfolio", args{"PortfolioId": portfolio, "ProductId": "prod-nowhere"}).json(), `{"ConstraintDetails":[]}`)
		w.is("C-CONS-10 one as it is shown", w.ask(boss, "ListConstraintsForPortfolio", args{"PortfolioId": other}).json(), fmt.Sprintf(
			`{"ConstraintDetails":[{"ConstraintId":"%s","Description":"TEMPLATE of %s","Owner":"111111111111","PortfolioId":"%[2]s","ProductId":"%[3]s","Type":"TEMPLATE"}]}`, elsewhere, other, first))
		w.refused("C-CONS-10 of an unknown portfolio", boss, "ListConstraintsForPortfolio", args{"PortfolioId": "port-nowhere"}, noPortfolio("port-nowhere"))
		w.refused("C-GEN-5 in another region", boss.in("eu-west-1"), "ListConstraintsForPortfolio", args{"PortfolioId": portfolio}, noPortfolio(portfolio))
		w.is("S-LST-16 pages in order of ids", strings.Join(w.pages(boss, "ListConstraintsForPortfolio", args{"PortfolioId": portfolio, "PageSize": 4}, "ConstraintDetails[].ConstraintId"), " | "),
			strings.Join(want[:4], " ")+" | "+strings.Join(want[4:], " "))
		token := w.ask(boss, "ListConstraintsForPortfolio", args{"PortfolioId": portfolio, "PageSize": 2}).get("NextPageToken")
		w.refused("S-LST-14 a token of another list", boss, "ListConstraintsForPortfolio", args{"PortfolioId": portfolio, "ProductId": first, "PageToken": token}, ipe)
		w.refused("S-LST-13 21 on a page", boss, "ListConstraintsForPortfolio", args{"PortfolioId": portfolio, "PageSize": 21}, ve)
	})
}

// An owner's withdrawal of a product is refused while it has terms on it, and takes everybody else's along.
func TestWithdraw(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio := w.portfolio(boss, "Storage")
		product := w.product(boss, "Bucket", portfolio)
		w.share(boss, portfolio, anna)
		local := w.portfolio(anna, "Local")
		w.take(anna, product, portfolio, local)
		own := w.constrain(boss, portfolio, product, "TEMPLATE", smallOnly)
		annas := w.constrain(anna, local, product, "TEMPLATE", smallOnly)
		pair := func(portfolio string) args { return args{"ProductId": product, "PortfolioId": portfolio} }
		w.refused("C-PORT-8 the recipient's terms stop the recipient", anna, "DisassociateProductFromPortfolio", pair(local), riu+": Product "+product+" still has constraints in portfolio "+local)
		w.refused("C-PORT-8 the owner's stop the owner", boss, "DisassociateProductFromPortfolio", pair(portfolio), riu+": Product "+product+" still has constraints in portfolio "+portfolio)
		w.refused("S-QUO-9 a portfolio with constraints stays", boss, "DeletePortfolio", args{"Id": portfolio}, riu)
		w.ask(boss, "DeleteConstraint", args{"Id": own})
		w.allowed("S-PRO-2 the recipient's do not stop the owner", boss, "DisassociateProductFromPortfolio", pair(portfolio))
		w.refused("S-PRO-1 row 2: local constraints go with the product", anna, "DescribeConstraint", args{"Id": annas}, noConstraint(annas))
		w.is("S-PRO-1 row 2: from the list too", w.constraints(anna, local), "")
		w.put(boss, product, portfolio)
		w.take(anna, product, portfolio, local)
		w.is("S-PRO-3 and do not come back with it", w.constraints(anna, local), "")
		annas = w.constrain(anna, local, product, "TEMPLATE", smallOnly)
		w.ask(boss, "DeletePortfolioShare", args{"PortfolioId": portfolio, "AccountId": "222222222222"})
		w.refused("S-DEL-5 row 12: with the share they go as well", anna, "DescribeConstraint", args{"Id": annas}, noConstraint(annas))
		w.share(boss, portfolio, anna)
		w.is("S-DEL-6 for good", w.constraints(anna, local), "")
	})
}
