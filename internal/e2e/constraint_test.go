package e2e

import (
	"fmt"
	"testing"

	"portico/internal/testkit/servertest"
)

// aws_servicecatalog_constraint of the four types a product in one account can have.
func TestConstraint(t *testing.T) {
	providers(t, 0, func(p *provider) {
		portfolio := p.portfolio(owner, "Storage")
		product := p.product(owner, "Bucket", p.s.Template(p.t, owner))
		role := p.role(owner, "Launcher", "/")
		for i, x := range []struct{ kind, text, changed string }{
			{"LAUNCH", `{"RoleArn":"` + role + `"}`, `{"LocalRoleName":"Launcher"}`},
			{"TEMPLATE", `{"Rules":{"A":{"Assertions":[{"Assert":{"Fn::Contains":[["x"],"x"]},"AssertDescription":"d"}]}}}`,
				`{ "Rules": {"B": {"Assertions":[{"Assert":{"Fn::Equals":["x","x"]}}]}} }`},
			{"NOTIFICATION", `{"NotificationArns":["arn:aws:sns:us-east-1:111111111111:a"]}`, `{"NotificationArns":["arn:aws:sns:us-east-1:111111111111:b"]}`},
			{"RESOURCE_UPDATE", `{"Properties":{"TagUpdateOnProvisionedProduct":"NOT_ALLOWED"},"Version":"2.0"}`, `{"Properties":{"TagUpdateOnProvisionedProduct":"ALLOWED"},"Version":"2.0"}`},
		} {
			create := args{"AcceptLanguage": "en", "IdempotencyToken": fmt.Sprint("terraform-", i), "Parameters": x.text, "PortfolioId": portfolio, "ProductId": product, "Type": x.kind}
			if i == 0 {
				p.refused("C-CONS-1 C-GEN-13 before the product is in the portfolio it is RNF, and tried again", owner, "CreateConstraint", create, rnf)
				p.put(owner, product, portfolio)
			}
			created := p.ask(owner, "CreateConstraint", create)
			id := created.Get("ConstraintDetail.ConstraintId")
			p.is("C-CONS-3 C-GEN-6 a create with the token of one that was refused: "+x.kind, created.Get("Status"), "CREATING")
			p.is("C-GEN-6 a retried create is one create: "+x.kind, p.ask(owner, "CreateConstraint", create).Get("ConstraintDetail.ConstraintId"), id)
			if x.kind != "TEMPLATE" && x.kind != "NOTIFICATION" {
				p.refused("C-CONS-6 a second one: "+x.kind, owner, "CreateConstraint", with(create, args{"IdempotencyToken": "terraform-second-" + x.kind}), dre)
			}
			read := args{"AcceptLanguage": "en", "Id": id}
			p.twice("C-CONS-3 two reads: "+x.kind, owner, "DescribeConstraint", read, "Status", "AVAILABLE")
			p.is("C-CONS-4 what the provider keeps: "+x.kind, kept(p.ask(owner, "DescribeConstraint", read)), fmt.Sprint(x.kind, " ", owner, " ", portfolio, " ", product, " ", x.text))

			changed := p.ask(owner, "UpdateConstraint", args{"Id": id, "Parameters": x.changed})
			p.is("C-CONS-9 update: "+x.kind, changed.Get("Status")+changed.Get("ConstraintParameters"), "CREATING"+x.changed)
			p.ask(owner, "UpdateConstraint", args{"Id": id, "Description": "d"})
			p.twice("C-CONS-9 read back at once: "+x.kind, owner, "DescribeConstraint", read, "ConstraintParameters", x.changed)
			p.is("C-CONS-11 description: "+x.kind, p.ask(owner, "DescribeConstraint", read).Get("ConstraintDetail.Description"), "d")
			p.twice("C-CONS-10 aws_servicecatalog_portfolio_constraints: "+x.kind, owner, "ListConstraintsForPortfolio", args{"AcceptLanguage": "en", "PortfolioId": portfolio, "ProductId": product}, "ConstraintDetails[].ConstraintId", id)

			p.ask(owner, "DeleteConstraint", read)
			p.refused("C-CONS-9 the delete is polled until RNF: "+x.kind, owner, "DescribeConstraint", read, rnf)
			p.refused("S-CLI-7 gone already is RNF, which is success for the provider: "+x.kind, owner, "DeleteConstraint", read, rnf)
		}
		p.refused("C-CONS-21 a role that is not there is refused for good", owner, "CreateConstraint", args{"AcceptLanguage": "en", "IdempotencyToken": "terraform-none", "PortfolioId": portfolio, "ProductId": product,
			"Parameters": `{"RoleArn":"arn:aws:iam::111111111111:role/None"}`, "Type": "LAUNCH"}, ipe)
	})
}

// kept are the attributes that the provider takes from DescribeConstraint, besides the status and the description.
func kept(a servertest.Answer) string {
	d := "ConstraintDetail."
	return a.Get(d+"Type") + " " + a.Get(d+"Owner") + " " + a.Get(d+"PortfolioId") + " " + a.Get(d+"ProductId") + " " + a.Get("ConstraintParameters")
}

// The recipient's constraint in a local portfolio: an inherited LAUNCH is no obstacle, and cannot be destroyed by it.
func TestLocalConstraint(t *testing.T) {
	providers(t, 0, func(p *provider) {
		portfolio, local := p.portfolio(owner, "Storage"), p.portfolio(recipient, "Local")
		product := p.product(owner, "Bucket", p.s.Template(p.t, owner))
		p.put(owner, product, portfolio)
		launch := func(portfolio, role string) args {
			return args{"AcceptLanguage": "en", "IdempotencyToken": "terraform-" + portfolio, "Parameters": `{"RoleArn":"` + role + `"}`, "PortfolioId": portfolio, "ProductId": product, "Type": "LAUNCH"}
		}
		inherited := p.ask(owner, "CreateConstraint", launch(portfolio, p.role(owner, "Launcher", "/"))).Get("ConstraintDetail.ConstraintId")
		p.ask(owner, "CreatePortfolioShare", args{"AccountId": recipient, "PortfolioId": portfolio})
		p.ask(recipient, "AcceptPortfolioShare", args{"PortfolioId": portfolio})
		mine := launch(local, p.role(recipient, "Local", "/"))
		p.refused("C-CONS-1 before the product is taken it is RNF, and tried again", recipient, "CreateConstraint", mine, rnf)
		p.ask(recipient, "AssociateProductWithPortfolio", args{"AcceptLanguage": "en", "PortfolioId": local, "ProductId": product, "SourcePortfolioId": portfolio})
		id := p.ask(recipient, "CreateConstraint", mine).Get("ConstraintDetail.ConstraintId")
		p.twice("S-CON-4 two reads", recipient, "DescribeConstraint", args{"AcceptLanguage": "en", "Id": id}, "Status", "AVAILABLE")
		p.is("S-CON-10 the list has both, with their owners", p.ask(recipient, "ListConstraintsForPortfolio", args{"AcceptLanguage": "en", "PortfolioId": local}).Get("ConstraintDetails[].Owner"),
			map[bool]string{true: "111111111111 222222222222", false: "222222222222 111111111111"}[inherited < id])
		p.refused("S-CLI-7 S-CON-3 a delete of the inherited one must not look like success", recipient, "DeleteConstraint", args{"AcceptLanguage": "en", "Id": inherited}, ipe)
		p.ask(owner, "DeletePortfolioShare", args{"AccountId": recipient, "PortfolioId": portfolio})
		p.refused("S-DEL-5 after the share the read is RNF, so it is planned again", recipient, "DescribeConstraint", args{"AcceptLanguage": "en", "Id": id}, rnf)
	})
}
