package servicecatalog_test

import (
	"fmt"
	"testing"
)

func TestImported(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio := w.ask(boss, "CreatePortfolio", args{"DisplayName": "Storage", "ProviderName": "Platform", "IdempotencyToken": "p", "Tags": []args{{"Key": "k", "Value": "v"}}}).get("PortfolioDetail.Id")
		product := w.product(boss, "Bucket", portfolio)
		version := w.firstVersion(boss, product)
		w.share(boss, portfolio, anna)
		same := func(name, op string, in args) {
			w.t.Helper()
			w.is(name+": "+op, w.ask(anna, op, in).json(), w.ask(boss, op, in).json())
		}
		const read = "S-GEN-1 reads as the owner reads, S-GEN-2 under the owner's ids and ARNs"
		same(read, "DescribePortfolio", args{"Id": portfolio})
		same(read, "SearchProductsAsAdmin", args{"PortfolioId": portfolio})
		same(read, "DescribeProductAsAdmin", args{"Id": product})
		same(read, "DescribeProductAsAdmin", args{"Name": "Bucket", "SourcePortfolioId": portfolio})
		same(read, "ListProvisioningArtifacts", args{"ProductId": product})
		same(read, "DescribeProvisioningArtifact", args{"ProductId": product, "ProvisioningArtifactId": version, "Verbose": true})
		same(read, "DescribeProvisioningArtifact", args{"ProvisioningArtifactId": version})
		same(read, "ListPortfoliosForProduct", args{"ProductId": product})
		for _, x := range []struct {
			op   string
			in   args
			want string
		}{
			{"UpdatePortfolio", args{"Id": portfolio, "DisplayName": "Mine"}, ipe},
			{"DeletePortfolio", args{"Id": portfolio}, ipe},
			{"AssociateProductWithPortfolio", args{"ProductId": product, "PortfolioId": portfolio}, ipe},
			{"AssociateProductWithPortfolio", args{"ProductId": w.product(anna, "Own"), "PortfolioId": portfolio}, ipe},
			{"DisassociateProductFromPortfolio", args{"ProductId": product, "PortfolioId": portfolio}, ipe},
			{"UpdateProduct", args{"Id": product, "Name": "Mine"}, ipe},
			{"DeleteProduct", args{"Id": product}, ipe},
			{"CreateProvisioningArtifact", args{"ProductId": product, "Parameters": w.version("v2", "topic"), "IdempotencyToken": "v2"}, ipe},
			{"UpdateProvisioningArtifact", args{"ProductId": product, "ProvisioningArtifactId": version, "Active": false}, ipe},
			{"DeleteProvisioningArtifact", args{"ProductId": product, "ProvisioningArtifactId": version}, ipe},
			{"CreatePortfolioShare", args{"PortfolioId": portfolio, "AccountId": "333333333333"}, ons},
			{"UpdatePortfolioShare", args{"PortfolioId": portfolio, "AccountId": "222222222222"}, ons},
			{"DeletePortfolioShare", args{"PortfolioId": portfolio, "AccountId": "222222222222"}, ons},
			{"DescribePortfolioShares", args{"PortfolioId": portfolio, "Type": "ACCOUNT"}, noPortfolio(portfolio)},
			{"ListPortfolioAccess", args{"PortfolioId": portfolio}, noPortfolio(portfolio)},
		} {
			switch subject := portfolio; {
			case x.want == ons:
				x.want = ons + ": Portfolio " + portfolio + " is imported, or holds products imported, from another account and cannot be shared"
			case x.want == ipe && (x.in["Id"] == product || x.in["PortfolioId"] == nil && x.in["Id"] == nil):
				x.want = ipe + ": Product " + product + " is imported from another account and cannot be changed here"
			case x.want == ipe:
				x.want = ipe + ": Portfolio " + subject + " is imported from another account and cannot be changed here"
			}
			w.refused("S-IMP-1 "+x.op, anna, x.op, x.in, x.want)
			w.refused("C-ACC-10 "+x.op+" by a stranger", bert, x.op, x.in, rnf)
		}
		same("S-IMP-1 nothing of it changed anything", "DescribeProductAsAdmin", args{"Id": product})
		w.refused("S-GEN-3 in another region", anna.in("eu-west-1"), "DescribePortfolio", args{"Id": portfolio}, noPortfolio(portfolio))
		w.refused("S-GEN-3 its product too", anna.in("eu-west-1"), "DescribeProductAsAdmin", args{"Id": product}, noProduct(product))

		annas, session := w.role(anna, "Developer")
		w.grant(anna, portfolio, annas)
		w.is("S-IMP-4 the recipient's principal acts there", w.found(session), product)
		w.is("S-IMP-4 and is not the owner's to see", w.principals(boss, portfolio), `{"Principals":[]}`)
		w.share(boss, portfolio, bert)
		_, berts := w.role(bert, "Developer")
		w.is("S-IMP-4 nor does it act elsewhere", w.found(berts)+w.principals(bert, portfolio), `{"Principals":[]}`)
		w.allowed("S-IMP-1 the recipient takes its own back", anna, "DisassociatePrincipalFromPortfolio", associate(portfolio, annas, "IAM"))
	})
}

func TestLocal(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio, second, unshared := w.portfolio(boss, "Storage"), w.portfolio(boss, "Second"), w.portfolio(boss, "Unshared")
		product := w.product(boss, "Bucket", portfolio, second, unshared)
		hidden := w.product(boss, "Hidden", unshared)
		w.share(boss, portfolio, anna)
		w.share(boss, second, anna)
		offered := w.portfolio(boss, "Offered")
		w.put(boss, product, offered)
		w.offer(boss, offered, anna)
		local, other := w.portfolio(anna, "Local"), w.portfolio(anna, "Other")
		own := w.product(anna, "Own", other)
		from := func(product, source, portfolio string) args {
			in := args{"ProductId": product, "PortfolioId": portfolio}
			if source != "" {
				in["SourcePortfolioId"] = source
			}
			return in
		}
		empty := w.portfolio(boss, "Empty")
		w.share(boss, empty, anna)
		for _, x := range []struct {
			name string
			in   args
			want string
		}{
			{"S-LOC-2 a source that is not shared", from(product, unshared, local), noPortfolio(unshared)},
			{"S-LOC-2 a source that is only offered", from(product, offered, local), noPortfolio(offered)},
			{"S-LOC-2 a source that is not", from(product, "port-nowhere", local), noPortfolio("port-nowhere")},
			{"S-LOC-2 a source without the product", from(product, empty, local), noProduct(product)},
			{"S-LOC-2 a product that reaches nobody", from(hidden, portfolio, local), noProduct(hidden)},
			{"S-LOC-3 no source", from(product, "", local), noProduct(product)},
			{"S-LOC-1 from the import", from(product, portfolio, local), ""},
			{"S-LOC-2 a local portfolio is no source", from(product, local, other), noPortfolio(local)},
			{"S-LOC-4 the same again", from(product, portfolio, local), ""},
			{"S-LOC-4 from another source", from(product, second, local), ipe + ": Product " + product + " is already associated with portfolio " + local + " from another source portfolio"},
			{"S-LOC-3 an own product with an own source that holds it", from(own, other, local), ""},
			{"S-LOC-3 an own product with an own source that does not", from(own, w.portfolio(anna, "Third"), other), noProduct(own)},
			{"S-LOC-3 an own product again, without source", from(own, "", local), ""},
		} {
			w.refused(x.name, anna, "AssociateProductWithPortfolio", x.in, x.want)
		}
		w.is("S-LOC-6 own and imported together", w.products(anna, local), product+" "+own)
		w.is("S-LOC-1 ids stay the owner's", w.ask(anna, "DescribeProductAsAdmin", args{"Id": product}).json(), w.ask(boss, "DescribeProductAsAdmin", args{"Id": product}).json())
		w.is("S-LST-12 imported and local, no others of the owner", w.ask(anna, "ListPortfoliosForProduct", args{"ProductId": product}).get("PortfolioDetails[].Id"), sorted(portfolio, second, local))
		w.is("S-LOC-5 no read returns the source", fmt.Sprint(w.ask(anna, "DescribePortfolio", args{"Id": local}).json()), fmt.Sprintf(`{"Budgets":[],"PortfolioDetail":{"ARN":"arn:aws:catalog:us-east-1:222222222222:portfolio/%[1]s",`+
			`"CreatedTime":%[2]d,"DisplayName":"Local","Id":"%[1]s","ProviderName":"Platform"},"TagOptions":[],"Tags":[]}`, local, epoch))
		w.is("S-IMP-4 the owner does not see where it went", w.ask(boss, "ListPortfoliosForProduct", args{"ProductId": product}).get("PortfolioDetails[].Id"), sorted(portfolio, second, unshared, offered))

		arn, session := w.role(anna, "Developer")
		stranger, _ := w.role(anna, "Other")
		w.grant(anna, portfolio, stranger)
		w.is("S-LOC-9 nothing without a principal", w.found(session), "")
		w.grant(anna, local, arn)
		paths := func() string {
			w.t.Helper()
			return w.ask(session, "ListLaunchPaths", args{"ProductId": product}).get("LaunchPathSummaries[].Name")
		}
		w.is("S-LOC-9 the local portfolio's own", w.found(session), product+" "+own)
		w.is("S-LOC-9 its path alone", paths(), "Local")
		w.grant(anna, portfolio, arn)
		w.is("S-LOC-10 two paths", paths(), "Storage Local")
		w.is("S-LOC-10 the product once", w.found(session), product+" "+own)

		w.sc.Quotas.ProductsPerPortfolio = 2
		more := w.product(boss, "More", portfolio)
		w.refused("S-LOC-8 imported products count", anna, "AssociateProductWithPortfolio", from(more, portfolio, local), lee+": The limit of 2 products per portfolio has been reached")
		w.allowed("S-LOC-7 the recipient removes it", anna, "DisassociateProductFromPortfolio", args{"ProductId": product, "PortfolioId": local})
		w.is("S-LOC-7 from there", w.products(anna, local), own)
		w.is("S-LOC-7 and not from the import", w.products(anna, portfolio), product+" "+more)
	})
}

func TestPropagation(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio, second := w.portfolio(boss, "Storage"), w.portfolio(boss, "Second")
		product := w.product(boss, "Bucket", portfolio, second)
		w.share(boss, portfolio, anna)
		w.share(boss, second, anna)
		local, elsewhere := w.portfolio(anna, "Local"), w.portfolio(anna, "Elsewhere")
		w.take(anna, product, portfolio, local)
		w.take(anna, product, second, elsewhere)
		arn, session := w.role(anna, "Developer")
		for _, p := range []string{portfolio, local} {
			w.grant(anna, p, arn)
		}
		added := w.product(boss, "Topic", portfolio)
		w.is("S-PRO-4 row 1: an added product appears", w.products(anna, portfolio), product+" "+added)
		w.is("S-PRO-4 row 1: and is not added to local portfolios", w.products(anna, local), product)
		newer := w.ask(boss, "CreateProvisioningArtifact", args{"ProductId": product, "Parameters": w.version("v2", "topic"), "IdempotencyToken": "v2"}).get("ProvisioningArtifactDetail.Id")
		older := w.firstVersion(boss, product)
		versions := func() string {
			w.t.Helper()
			return w.ask(session, "DescribeProduct", args{"Id": product}).get("ProvisioningArtifacts[].Id")
		}
		w.is("S-GEN-1 row 3: a new version", versions(), older+" "+newer)
		w.ask(boss, "UpdateProvisioningArtifact", args{"ProductId": product, "ProvisioningArtifactId": older, "Active": false})
		w.is("S-GEN-1 row 4: inactive is hidden", versions(), newer)
		w.ask(boss, "DeleteProvisioningArtifact", args{"ProductId": product, "ProvisioningArtifactId": older})
		w.is("S-GEN-1 row 4: deleted is gone", w.ask(anna, "ListProvisioningArtifacts", args{"ProductId": product}).get("ProvisioningArtifactDetails[].Id"), newer)
		w.ask(boss, "UpdateProduct", args{"Id": product, "Name": "Renamed"})
		w.is("S-GEN-1 row 6: renamed", w.ask(session, "DescribeProduct", args{"Id": product}).get("ProductViewSummary.Name"), "Renamed")
		w.ask(boss, "UpdatePortfolio", args{"Id": portfolio, "DisplayName": "New name"})
		w.is("S-GEN-1 row 8: the import changes, local portfolios do not", w.ask(session, "ListLaunchPaths", args{"ProductId": product}).get("LaunchPathSummaries[].Name"), "New name Local")
		bosses, _ := w.role(boss, "Owner")
		w.grant(boss, portfolio, bosses)
		w.is("S-PRI-11 row 9: the owner's principals have no effect", w.principals(anna, portfolio), `{"Principals":[{"PrincipalARN":"`+arn+`","PrincipalType":"IAM"}]}`)

		w.allowed("S-PRO-2 row 2: nothing of the recipient's stops the owner", boss, "DisassociateProductFromPortfolio", args{"ProductId": product, "PortfolioId": portfolio})
		w.is("S-PRO-1 row 2: gone from the import", w.products(anna, portfolio), added)
		w.is("S-PRO-1 row 2: and from local portfolios that have it from there", w.products(anna, local), "")
		w.is("S-PRO-4 not from those that have it from elsewhere", w.products(anna, elsewhere), product)
		w.is("S-PRO-4 and still reachable", w.ask(anna, "DescribeProductAsAdmin", args{"Id": product}).get("ProductViewDetail.ProductViewSummary.ProductId"), product)
		w.refused("S-PRO-1 no path for the session", session, "ListLaunchPaths", args{"ProductId": product}, noPath(product))
		w.put(boss, product, portfolio)
		w.is("S-PRO-3 back in the import", w.products(anna, portfolio), product+" "+added)
		w.is("S-PRO-3 not in local portfolios", w.products(anna, local), "")
		w.refused("S-QUO-9 row 14: the owner cannot delete while it is shared", boss, "DeletePortfolio", args{"Id": second}, riu)
		w.ask(boss, "DeletePortfolioShare", args{"PortfolioId": second, "AccountId": "222222222222"})
		w.is("S-DEL-5 row 12: the share ends", w.products(anna, elsewhere), "")
		w.ask(anna, "RejectPortfolioShare", args{"PortfolioId": portfolio})
		w.refused("S-ACC-9 row 13: rejected", anna, "DescribeProductAsAdmin", args{"Id": product}, noProduct(product))
	})
}
