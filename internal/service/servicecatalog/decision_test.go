package servicecatalog_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// stand is one viewer's relation to a fresh portfolio: the letters of the decision table, P in its two forms.
type stand struct {
	letter string
	c      who
}

// TestDecisionTable is section 21 of the sharing specification, a fresh portfolio for every cell.
func TestDecisionTable(t *testing.T) {
	worlds(t, func(w *world) {
		_, top := w.organization(bert, dora)
		unit := w.unit(top, "Workloads")
		w.move(bert, unit)
		w.move(dora, unit)
		w.sc.Quotas.Portfolios, w.sc.Quotas.Products = 0, 0
		spare := w.unit(top, "Spare")
		rows := []struct {
			row, op string
			in      func(x cell) args
			// what each relation is answered: O, IA, IO, P by an account share, P by a rejected org share, N
			want [6]string
		}{
			{"reads", "DescribePortfolio", func(x cell) args { return args{"Id": x.portfolio} }, [6]string{"", "", "", rnf, rnf, rnf}},
			{"reads", "SearchProductsAsAdmin", inPortfolio, [6]string{"", "", "", rnf, rnf, rnf}},
			{"reads", "DescribeProductAsAdmin", func(x cell) args { return args{"Id": x.product} }, [6]string{"", "", "", rnf, rnf, rnf}},
			{"reads", "ListProvisioningArtifacts", ofProduct, [6]string{"", "", "", rnf, rnf, rnf}},
			{"reads", "DescribeProvisioningArtifact", func(x cell) args { return args{"ProvisioningArtifactId": x.version} }, [6]string{"", "", "", rnf, rnf, rnf}},
			{"reads", "ListPortfoliosForProduct", ofProduct, [6]string{"", "", "", rnf, rnf, rnf}},
			{"writes", "UpdatePortfolio", func(x cell) args { return args{"Id": x.portfolio, "DisplayName": "X"} }, [6]string{"", ipe, ipe, rnf, rnf, rnf}},
			{"writes", "DisassociateProductFromPortfolio", both, [6]string{"", ipe, ipe, rnf, rnf, rnf}},
			{"writes", "UpdateProduct", func(x cell) args { return args{"Id": x.product, "Name": "X"} }, [6]string{"", ipe, ipe, rnf, rnf, rnf}},
			{"writes", "CreateProvisioningArtifact", func(x cell) args {
				return args{"ProductId": x.product, "Parameters": w.version("v2", "topic"), "IdempotencyToken": w.token()}
			}, [6]string{"", ipe, ipe, rnf, rnf, rnf}},
			{"writes", "UpdateProvisioningArtifact", ofVersion, [6]string{"", ipe, ipe, rnf, rnf, rnf}},
			{"writes", "DeleteProvisioningArtifact", ofVersion, [6]string{riu, ipe, ipe, rnf, rnf, rnf}},
			{"deletes", "DeletePortfolio", func(x cell) args { return args{"Id": x.portfolio} }, [6]string{riu, ipe, ipe, rnf, rnf, rnf}},
			{"deletes", "DeleteProduct", func(x cell) args { return args{"Id": x.product} }, [6]string{riu, ipe, ipe, rnf, rnf, rnf}},
			{"associate into X", "AssociateProductWithPortfolio", func(x cell) args { return args{"ProductId": x.own, "PortfolioId": x.portfolio} }, [6]string{"", ipe, ipe, rnf, rnf, rnf}},
			{"X as source", "AssociateProductWithPortfolio", func(x cell) args {
				return args{"ProductId": x.product, "PortfolioId": x.local, "SourcePortfolioId": x.portfolio}
			}, [6]string{"", "", "", rnf, rnf, rnf}},
			{"account share", "CreatePortfolioShare", withAccount, [6]string{"", ons, ons, rnf, rnf, rnf}},
			{"org share", "CreatePortfolioShare", withNode(unit), [6]string{"", ons, ons, rnf, rnf, rnf}},
			{"update a missing account share", "UpdatePortfolioShare", withAccount, [6]string{rnf, ons, ons, rnf, rnf, rnf}},
			{"update a missing org share", "UpdatePortfolioShare", withNode(spare), [6]string{rnf, ons, ons, rnf, rnf, rnf}},
			{"delete a missing account share", "DeletePortfolioShare", withAccount, [6]string{"", ons, ons, rnf, rnf, rnf}},
			{"delete a missing org share", "DeletePortfolioShare", withNode(spare), [6]string{rnf, ons, ons, rnf, rnf, rnf}},
			{"list shares", "DescribePortfolioShares", func(x cell) args { return args{"PortfolioId": x.portfolio, "Type": "ACCOUNT"} }, [6]string{"", rnf, rnf, rnf, rnf, rnf}},
			{"list shares", "ListPortfolioAccess", inPortfolio, [6]string{"", rnf, rnf, rnf, rnf, rnf}},
			{"list nodes", "ListOrganizationPortfolioAccess", func(x cell) args { return args{"PortfolioId": x.portfolio, "OrganizationNodeType": "ACCOUNT"} }, [6]string{"", ons, ons, ons, ons, ons}},
			{"accept", "AcceptPortfolioShare", answering(""), [6]string{rnf, "", rnf, "", rnf, rnf}},
			{"accept", "AcceptPortfolioShare", answering("IMPORTED"), [6]string{rnf, "", rnf, "", rnf, rnf}},
			{"accept", "AcceptPortfolioShare", answering("AWS_ORGANIZATIONS"), [6]string{rnf, rnf, "", rnf, "", rnf}},
			{"accept", "AcceptPortfolioShare", answering("AWS_SERVICECATALOG"), [6]string{rnf, rnf, rnf, rnf, rnf, rnf}},
			{"reject", "RejectPortfolioShare", answering(""), [6]string{rnf, "", rnf, "", rnf, rnf}},
			{"reject", "RejectPortfolioShare", answering("IMPORTED"), [6]string{rnf, "", rnf, "", rnf, rnf}},
			{"reject", "RejectPortfolioShare", answering("AWS_ORGANIZATIONS"), [6]string{rnf, rnf, "", rnf, "", rnf}},
			{"reject", "RejectPortfolioShare", answering("AWS_SERVICECATALOG"), [6]string{rnf, rnf, rnf, rnf, rnf, rnf}},
			{"attach a principal", "AssociatePrincipalWithPortfolio", func(x cell) args { return associate(x.portfolio, "arn:aws:iam:::role/x", "IAM_PATTERN") }, [6]string{"", "", "", rnf, rnf, rnf}},
			{"detach a principal that is not", "DisassociatePrincipalFromPortfolio", func(x cell) args { return associate(x.portfolio, "arn:aws:iam:::role/y", "IAM_PATTERN") }, [6]string{rnf, rnf, rnf, rnf, rnf, rnf}},
			{"list principals", "ListPrincipalsForPortfolio", inPortfolio, [6]string{"", "", "", rnf, rnf, rnf}},
		}
		letters := [6]stand{{"O", boss}, {"IA", anna}, {"IO", bert}, {"P", carla}, {"P rejected", dora}, {"N", evan}}
		for _, r := range rows {
			for i, at := range letters {
				x := w.cell(unit, at)
				w.refused("S-GEN-7 "+r.row+": "+r.op+" by "+at.letter, at.c, r.op, r.in(x), r.want[i])
			}
		}
		for _, at := range letters {
			x := w.cell(unit, at)
			in := func(op string, in args) string {
				w.t.Helper()
				all := w.pages(at.c, op, in, "PortfolioDetails[].Id")
				return fmt.Sprint(slices.Contains(strings.Fields(strings.Join(all, " ")), x.portfolio))
			}
			w.is("S-LST-8 lists of "+at.letter, in("ListPortfolios", nil)+" "+in("ListAcceptedPortfolioShares", nil)+" "+
				in("ListAcceptedPortfolioShares", args{"PortfolioShareType": "AWS_ORGANIZATIONS"}), map[string]string{"O": "true false false", "IA": "false true false",
				"IO": "false false true", "P": "false false false", "P rejected": "false false false", "N": "false false false"}[at.letter])
		}
	})
}

// cell is a fresh portfolio with a product, and what a viewer brings along.
type cell struct {
	portfolio, product, version string
	own, local                  string // the viewer's
}

func (w *world) cell(unit string, at stand) cell {
	w.t.Helper()
	x := cell{portfolio: w.portfolio(boss, "X")}
	x.product = w.product(boss, "X", x.portfolio)
	x.version = w.firstVersion(boss, x.product)
	x.own, x.local = w.product(at.c, "Own"), w.portfolio(at.c, "Local")
	switch at.letter {
	case "O":
		w.offer(boss, x.portfolio, root("888888888888"))
	case "IA":
		w.share(boss, x.portfolio, at.c)
	case "IO":
		w.shareNode(boss, x.portfolio, unit)
	case "P":
		w.offer(boss, x.portfolio, at.c)
	case "P rejected":
		w.shareNode(boss, x.portfolio, unit)
		w.ask(at.c, "RejectPortfolioShare", args{"PortfolioId": x.portfolio, "PortfolioShareType": "AWS_ORGANIZATIONS"})
	case "N":
		w.offer(boss, x.portfolio, root("888888888888"))
	}
	return x
}

// The inputs that several rows share.

func inPortfolio(x cell) args { return args{"PortfolioId": x.portfolio} }
func ofProduct(x cell) args   { return args{"ProductId": x.product} }
func both(x cell) args        { return args{"ProductId": x.product, "PortfolioId": x.portfolio} }
func ofVersion(x cell) args   { return args{"ProductId": x.product, "ProvisioningArtifactId": x.version} }
func withAccount(x cell) args { return args{"PortfolioId": x.portfolio, "AccountId": "777777777777"} }

func withNode(id string) func(cell) args {
	return func(x cell) args { return args{"PortfolioId": x.portfolio, "OrganizationNode": node(id)} }
}

func answering(kind string) func(cell) args {
	return func(x cell) args {
		in := args{"PortfolioId": x.portfolio}
		if kind != "" {
			in["PortfolioShareType"] = kind
		}
		return in
	}
}
