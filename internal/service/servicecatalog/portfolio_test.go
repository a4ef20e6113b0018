package servicecatalog_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestPortfolio(t *testing.T) {
	worlds(t, func(w *world) {
		made := w.ask(boss, "CreatePortfolio", args{"DisplayName": "Storage", "ProviderName": "Platform", "Description": "Buckets",
			"IdempotencyToken": "a", "Tags": []args{{"Key": "team", "Value": "x"}, {"Key": "cost", "Value": "1"}}})
		id := made.get("PortfolioDetail.Id")
		detail := fmt.Sprintf(`{"ARN":"arn:aws:catalog:us-east-1:111111111111:portfolio/%s","CreatedTime":%d,"Description":"Buckets","DisplayName":"Storage","Id":"%s","ProviderName":"Platform"}`, id, epoch, id)
		w.is("C-PORT-1 a new portfolio comes back with its tags", made.json(),
			`{"PortfolioDetail":`+detail+`,"Tags":[{"Key":"cost","Value":"1"},{"Key":"team","Value":"x"}]}`)
		w.is("S-VAL-1 id", fmt.Sprintf("%d %s", len(id), id[:5]), "18 port-")
		w.is("C-PORT-2 every list is there", w.ask(boss, "DescribePortfolio", args{"Id": id}).json(),
			`{"Budgets":[],"PortfolioDetail":`+detail+`,"TagOptions":[],"Tags":[{"Key":"cost","Value":"1"},{"Key":"team","Value":"x"}]}`)

		namesake := w.portfolio(boss, "Storage")
		bare := strings.NewReplacer(id, namesake, `"Description":"Buckets",`, ``).Replace(detail)
		w.is("C-PORT-1 names may repeat", w.ask(boss, "DescribePortfolio", args{"Id": namesake}).json(),
			`{"Budgets":[],"PortfolioDetail":`+bare+`,"TagOptions":[],"Tags":[]}`)
		w.is("C-PORT-5 the owner's portfolios", w.ask(boss, "ListPortfolios", nil).json(),
			`{"PortfolioDetails":[`+detail+`,`+bare+`]}`)
		w.is("C-PORT-5 nobody else's", w.ask(anna, "ListPortfolios", nil).json(), `{"PortfolioDetails":[]}`)
		w.is("C-GEN-5 none of another region", w.ask(boss.in("eu-west-1"), "ListPortfolios", nil).json(), `{"PortfolioDetails":[]}`)

		twice := []args{{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}}
		w.refused("C-PORT-1 duplicate tag keys", boss, "CreatePortfolio", args{"DisplayName": "X", "ProviderName": "Y", "IdempotencyToken": "d", "Tags": twice},
			ipe+": Duplicate tag key: k. Tag keys must be unique in one request")
		w.is("C-PORT-1 nothing is half written", w.ask(boss, "ListPortfolios", nil).get("PortfolioDetails[].Id"), id+" "+namesake)
		for _, op := range []string{"DescribePortfolio", "UpdatePortfolio", "DeletePortfolio"} {
			w.refused("C-PORT-2 "+op+" of an unknown id", boss, op, args{"Id": "port-nowhere"}, noPortfolio("port-nowhere"))
			w.refused("C-GEN-5 "+op+" in another region", boss.in("eu-west-1"), op, args{"Id": id}, noPortfolio(id))
			w.refused("C-GEN-5 "+op+" of an id with another prefix", boss, op, args{"Id": "prod-" + id[5:]}, noPortfolio("prod-"+id[5:]))
		}
	})
}

func TestUpdatePortfolio(t *testing.T) {
	worlds(t, func(w *world) {
		id := w.ask(boss, "CreatePortfolio", args{"DisplayName": "Storage", "ProviderName": "Platform", "Description": "Buckets",
			"IdempotencyToken": "a", "Tags": []args{{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}}}).get("PortfolioDetail.Id")
		update := func(in args) string {
			w.t.Helper()
			in["Id"] = id
			got := w.ask(boss, "UpdatePortfolio", in)
			read := w.ask(boss, "DescribePortfolio", args{"Id": id})
			text := func(a answer) string {
				return strings.Join([]string{a.get("PortfolioDetail.DisplayName"), a.get("PortfolioDetail.Description"),
					a.get("PortfolioDetail.ProviderName"), a.get("Tags[].Key"), a.get("Tags[].Value")}, "|")
			}
			w.is("C-PORT-3 what is answered is what is stored", text(read), text(got))
			return text(got)
		}
		w.is("C-PORT-3 nothing sent, nothing changed", update(args{}), "Storage|Buckets|Platform|a b|1 2")
		w.is("C-PORT-3 only the sent field changes", update(args{"DisplayName": "Disks"}), "Disks|Buckets|Platform|a b|1 2")
		w.is("C-PORT-3 provider", update(args{"ProviderName": "Ops"}), "Disks|Buckets|Ops|a b|1 2")
		w.is("C-PORT-3 remove first, then add", update(args{"RemoveTags": []string{"a", "b"}, "AddTags": []args{{"Key": "b", "Value": "3"}, {"Key": "c", "Value": "4"}}}), "Disks|Buckets|Ops|b c|3 4")
		w.is("C-PORT-3 add replaces the same key", update(args{"AddTags": []args{{"Key": "c", "Value": "5"}}}), "Disks|Buckets|Ops|b c|3 5")
		w.is("C-PORT-3 absent keys are ignored", update(args{"RemoveTags": []string{"zzz"}}), "Disks|Buckets|Ops|b c|3 5")
		w.is("C-PORT-3 an empty description is stored", update(args{"Description": ""}), "Disks||Ops|b c|3 5")
		w.is("C-PORT-3 an empty tag list is sent", w.ask(boss, "UpdatePortfolio", args{"Id": id, "RemoveTags": []string{"b", "c"}}).json(),
			fmt.Sprintf(`{"PortfolioDetail":{"ARN":"arn:aws:catalog:us-east-1:111111111111:portfolio/%s","CreatedTime":%d,"DisplayName":"Disks","Id":"%s","ProviderName":"Ops"},"Tags":[]}`, id, epoch, id))

		var many []args
		for i := range 20 {
			many = append(many, args{"Key": fmt.Sprintf("k%02d", i), "Value": "v"})
		}
		w.ask(boss, "UpdatePortfolio", args{"Id": id, "AddTags": many})
		w.refused("C-PORT-3 a 21st tag", boss, "UpdatePortfolio", args{"Id": id, "DisplayName": "Never", "AddTags": []args{{"Key": "one-more", "Value": "v"}}},
			lee+": The limit of 20 tags per resource has been reached")
		w.is("C-PORT-3 a refused update changes nothing", w.ask(boss, "DescribePortfolio", args{"Id": id}).get("PortfolioDetail.DisplayName"), "Disks")
		w.allowed("C-PORT-3 replacing one of 20", boss, "UpdatePortfolio", args{"Id": id, "AddTags": []args{{"Key": "k00", "Value": "w"}}})
		w.refused("C-PORT-1 duplicate keys to add", boss, "UpdatePortfolio", args{"Id": id, "AddTags": []args{{"Key": "q", "Value": "1"}, {"Key": "q", "Value": "1"}}},
			ipe+": Duplicate tag key: q. Tag keys must be unique in one request")
	})
}

func TestDeletePortfolio(t *testing.T) {
	worlds(t, func(w *world) {
		id := w.portfolio(boss, "Storage")
		product := w.product(boss, "Bucket", id)
		arn, _ := w.role(boss, "Developer")
		w.grant(boss, id, arn)
		w.offer(boss, id, anna)
		inUse := func(what string) string { return riu + ": Portfolio " + id + " still has associated " + what }
		w.refused("S-QUO-9 while it has products", boss, "DeletePortfolio", args{"Id": id}, inUse("Products"))
		w.ask(boss, "DisassociateProductFromPortfolio", args{"PortfolioId": id, "ProductId": product})
		w.refused("C-PORT-4 while it has principals", boss, "DeletePortfolio", args{"Id": id}, inUse("Principals"))
		w.ask(boss, "DisassociatePrincipalFromPortfolio", args{"PortfolioId": id, "PrincipalARN": arn})
		w.refused("S-QUO-9 while a share is pending", boss, "DeletePortfolio", args{"Id": id}, inUse("Portfolio Shares"))
		w.ask(boss, "DeletePortfolioShare", args{"PortfolioId": id, "AccountId": string(anna.account)})
		w.is("C-PORT-4 once nothing uses it", w.ask(boss, "DeletePortfolio", args{"Id": id}).json(), "{}")
		w.refused("C-PORT-4 it is gone", boss, "DescribePortfolio", args{"Id": id}, noPortfolio(id))
		w.refused("C-PORT-4 and cannot be deleted again", boss, "DeletePortfolio", args{"Id": id}, noPortfolio(id))
	})
}

func TestAssociateProduct(t *testing.T) {
	worlds(t, func(w *world) {
		id, other := w.portfolio(boss, "Storage"), w.portfolio(boss, "Other")
		product := w.product(boss, "Bucket")
		associate := func(product, portfolio string) args {
			return args{"ProductId": product, "PortfolioId": portfolio}
		}
		w.is("C-PORT-6 in none", w.ask(boss, "ListPortfoliosForProduct", args{"ProductId": product}).json(), `{"PortfolioDetails":[]}`)
		w.is("C-PORT-7 associate", w.ask(boss, "AssociateProductWithPortfolio", associate(product, id)).json(), "{}")
		w.allowed("C-PORT-7 again is a no-op", boss, "AssociateProductWithPortfolio", associate(product, id))
		w.is("C-PORT-7 it is there once", w.products(boss, id), product)
		w.put(boss, product, other)
		w.is("C-PORT-6 every portfolio that holds it", w.ask(boss, "ListPortfoliosForProduct", args{"ProductId": product}).get("PortfolioDetails[].Id"), sorted(id, other))
		w.refused("C-PORT-6 unknown product", boss, "ListPortfoliosForProduct", args{"ProductId": "prod-nowhere"}, noProduct("prod-nowhere"))
		w.refused("C-PORT-7 unknown product", boss, "AssociateProductWithPortfolio", associate("prod-nowhere", id), noProduct("prod-nowhere"))
		w.refused("C-PORT-7 unknown portfolio", boss, "AssociateProductWithPortfolio", associate(product, "port-nowhere"), noPortfolio("port-nowhere"))
		w.refused("C-PORT-7 another account's product", anna, "AssociateProductWithPortfolio", associate(product, w.portfolio(anna, "Mine")), noProduct(product))
		abroad := w.product(boss.in("eu-west-1"), "Abroad")
		w.refused("C-GEN-5 a product of another region", boss, "AssociateProductWithPortfolio", associate(abroad, id), noProduct(abroad))

		w.sc.Quotas.ProductsPerPortfolio = 2
		w.product(boss, "Second", id)
		third := w.product(boss, "Third")
		w.refused("C-PORT-7 one product too many", boss, "AssociateProductWithPortfolio", associate(third, id), lee+": The limit of 2 products per portfolio has been reached")
		w.allowed("C-PORT-7 a repeat is no more", boss, "AssociateProductWithPortfolio", associate(product, id))

		w.refused("C-PORT-8 not associated", boss, "DisassociateProductFromPortfolio", associate(third, id), rnf+": Product "+third+" is not associated with portfolio "+id)
		w.refused("C-PORT-8 unknown portfolio", boss, "DisassociateProductFromPortfolio", associate(product, "port-nowhere"), noPortfolio("port-nowhere"))
		w.is("C-PORT-8 disassociate", w.ask(boss, "DisassociateProductFromPortfolio", associate(product, other)).json(), "{}")
		w.is("C-PORT-8 from that portfolio alone", w.ask(boss, "ListPortfoliosForProduct", args{"ProductId": product}).get("PortfolioDetails[].Id"), id)
		w.allowed("S-SHR-7 an own product in several portfolios", boss, "AssociateProductWithPortfolio", associate(product, other))
	})
}

func TestQuotas(t *testing.T) {
	worlds(t, func(w *world) {
		w.sc.Quotas.Portfolios, w.sc.Quotas.Products, w.sc.Quotas.Versions = 1, 1, 1
		id := w.portfolio(boss, "Storage")
		product := w.product(boss, "Bucket", id)
		one := func() args { return args{"DisplayName": "X", "ProviderName": "Y", "IdempotencyToken": w.token()} }
		w.refused("S-QUO-4 portfolios", boss, "CreatePortfolio", one(), lee+": The limit of 1 portfolios per region has been reached")
		w.refused("S-QUO-4 products", boss, "CreateProduct", w.newProduct("X", nil), lee+": The limit of 1 products per region has been reached")
		w.refused("S-QUO-6 versions", boss, "CreateProvisioningArtifact", args{"ProductId": product, "Parameters": w.version("v2", "topic"), "IdempotencyToken": "v"},
			lee+": The limit of 1 versions per product has been reached")
		w.allowed("S-QUO-4 another region counts apart", boss.in("eu-west-1"), "CreatePortfolio", one())
		w.share(boss, id, anna)
		w.allowed("S-QUO-4 imports do not count as portfolios", anna, "CreatePortfolio", one())
		w.allowed("S-QUO-4 nor as products", anna, "CreateProduct", w.newProduct("X", nil))

		w.sc.Quotas.Portfolios, w.sc.Quotas.ImportedPortfolios = 0, 1
		more := w.portfolio(boss, "More")
		w.offer(boss, more, anna)
		w.refused("S-QUO-5 imported portfolios", anna, "AcceptPortfolioShare", args{"PortfolioId": more}, lee+": The limit of 1 imported portfolios has been reached")
		w.allowed("S-ACC-2 accepting again what is imported", anna, "AcceptPortfolioShare", args{"PortfolioId": id})
		w.organization(anna)
		w.shareNode(boss, more, string(anna.account))
		w.is("S-QUO-5 imports by organization ignore it", w.imported(anna, "AWS_ORGANIZATIONS"), more)
	})
}
