package servicecatalog_test

import (
	"strings"
	"testing"
)

func budget(name, resource string) args { return args{"BudgetName": name, "ResourceId": resource} }

// budgets are those an account associated with a resource, as every read shows them.
func (w *world) budgets(c who, resource string) string {
	w.t.Helper()
	got := w.ask(c, "ListBudgetsForResource", args{"ResourceId": resource}).json()
	op := "DescribePortfolio"
	if strings.HasPrefix(resource, "prod-") {
		op = "DescribeProductAsAdmin"
	}
	if read := w.ask(c, op, args{"Id": resource}); `{"Budgets":`+jsonOf(read["Budgets"])+`}` != got {
		w.t.Errorf("%s shows %v, and ListBudgetsForResource %s", op, read["Budgets"], got)
	}
	return got
}

func jsonOf(v any) string {
	return strings.TrimSuffix(strings.TrimPrefix(answer{"v": v}.json(), `{"v":`), "}")
}

func TestBudget(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio := w.portfolio(boss, "Storage")
		product := w.product(boss, "Bucket", portfolio)
		w.is("C-BUDG-3 none", w.budgets(boss, portfolio)+w.budgets(boss, product), `{"Budgets":[]}{"Budgets":[]}`)
		for _, x := range []struct{ name, op, budget, resource, want string }{
			{"C-BUDG-1 of a portfolio", "Associate", "Monthly", portfolio, ""},
			{"C-BUDG-1 the same again", "Associate", "Monthly", portfolio, dre + ": Budget Monthly is already associated with resource " + portfolio},
			{"C-BUDG-1 a second one", "Associate", "Yearly", portfolio, lee + ": Resource " + portfolio + " already has the budget Monthly, and can have one only"},
			{"C-BUDG-1 one budget serves many, C-BUDG-2 whether it exists or not", "Associate", "Monthly", product, ""},
			{"C-BUDG-1 case counts", "Associate", "monthly", product, lee},
			{"C-BUDG-1 an unknown portfolio", "Associate", "Monthly", "port-nowhere", noResource("port-nowhere")},
			{"C-BUDG-1 an unknown product", "Associate", "Monthly", "prod-nowhere", noResource("prod-nowhere")},
			{"C-BUDG-3 take off another", "Disassociate", "Yearly", portfolio, rnf + ": Budget Yearly is not associated with resource " + portfolio},
			{"C-BUDG-3 take off an unknown resource", "Disassociate", "Monthly", "prod-nowhere", noResource("prod-nowhere")},
			{"C-GEN-2 no name", "Associate", "", portfolio, ve},
			{"C-GEN-2 a name of 101", "Associate", strings.Repeat("b", 101), portfolio, ve},
		} {
			w.refused(x.name, boss, map[string]string{"Associate": "AssociateBudgetWithResource", "Disassociate": "DisassociateBudgetFromResource"}[x.op], budget(x.budget, x.resource), x.want)
		}
		w.refused("C-BUDG-3 list of an unknown resource", boss, "ListBudgetsForResource", args{"ResourceId": "port-nowhere"}, noResource("port-nowhere"))
		w.refused("C-GEN-5 in another region", boss.in("eu-west-1"), "ListBudgetsForResource", args{"ResourceId": portfolio}, noResource(portfolio))
		w.refused("S-LST-14 a token that is none", boss, "ListBudgetsForResource", args{"ResourceId": portfolio, "PageToken": "AAAA"}, ipe)
		w.refused("S-LST-13 21 on a page", boss, "ListBudgetsForResource", args{"ResourceId": portfolio, "PageSize": 21}, ve)
		w.is("C-BUDG-3 in every read", w.budgets(boss, portfolio)+w.budgets(boss, product), `{"Budgets":[{"BudgetName":"Monthly"}]}{"Budgets":[{"BudgetName":"Monthly"}]}`)
		arn, session := w.role(boss, "Developer")
		w.grant(boss, portfolio, arn)
		w.is("C-BUDG-3 the end user's too", w.ask(session, "DescribeProduct", args{"Id": product}).get("Budgets[].BudgetName"), "Monthly")

		w.share(boss, portfolio, anna)
		w.is("S-IMP-2 the recipient sees none of the owner's", w.budgets(anna, portfolio)+w.budgets(anna, product), `{"Budgets":[]}{"Budgets":[]}`)
		for _, r := range []string{portfolio, product} {
			w.refused("S-IMP-1 nor can it take one off "+r[:4], anna, "DisassociateBudgetFromResource", budget("Monthly", r), rnf+": Budget Monthly is not associated with resource "+r)
			w.allowed("S-IMP-1 it sets its own on "+r[:4], anna, "AssociateBudgetWithResource", budget("Annas", r))
		}
		w.is("S-IMP-4 each account its own", w.budgets(anna, portfolio)+w.budgets(boss, portfolio), `{"Budgets":[{"BudgetName":"Annas"}]}{"Budgets":[{"BudgetName":"Monthly"}]}`)
		annas, hers := w.role(anna, "Developer")
		w.grant(anna, portfolio, annas)
		w.is("S-IMP-2 its users see its own", w.ask(hers, "DescribeProduct", args{"Id": product}).get("Budgets[].BudgetName"), "Annas")
		w.refused("C-BUDG-1 of the recipient as well one only", anna, "AssociateBudgetWithResource", budget("Other", product), lee)
		for relation, c := range map[string]who{"pending": bert, "stranger": carla} {
			if relation == "pending" {
				w.offer(boss, portfolio, c)
			}
			for _, op := range []string{"AssociateBudgetWithResource", "DisassociateBudgetFromResource"} {
				w.refused("S-GEN-7 "+relation+": "+op, c, op, budget("Monthly", portfolio), noResource(portfolio))
				w.refused("S-GEN-7 "+relation+": "+op+" of the product", c, op, budget("Monthly", product), noResource(product))
			}
		}

		w.ask(boss, "DisassociateProductFromPortfolio", args{"PortfolioId": portfolio, "ProductId": product})
		w.refused("C-PROD-10 a product with a budget stays", boss, "DeleteProduct", args{"Id": product}, riu+": Product "+product+" still has associated Budgets")
		w.is("C-BUDG-3 take it off", w.ask(boss, "DisassociateBudgetFromResource", budget("Monthly", product)).json(), "{}")
		w.allowed("S-QUO-10 the recipient's never keeps it", boss, "DeleteProduct", args{"Id": product})
		w.ask(boss, "DisassociatePrincipalFromPortfolio", args{"PortfolioId": portfolio, "PrincipalARN": arn})
		w.ask(boss, "DeletePortfolioShare", args{"PortfolioId": portfolio, "AccountId": "222222222222"})
		w.ask(boss, "DeletePortfolioShare", args{"PortfolioId": portfolio, "AccountId": "333333333333"})
		w.allowed("C-PORT-4 a portfolio goes with its budget", boss, "DeletePortfolio", args{"Id": portfolio})
	})
}
