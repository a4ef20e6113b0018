package servicecatalog_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"portico/internal/ident"
)

func productARN(c who, id string) string {
	return "arn:aws:catalog:" + c.region + ":" + string(c.account) + ":product/" + id
}

// copyProduct copies a product and returns the new one's id; more overrides and adds members.
func (w *world) copyProduct(c who, source string, more args) string {
	w.t.Helper()
	in := w.copying(source, more)
	token := w.ask(c, "CopyProduct", in).get("CopyProductToken")
	w.settle()
	got := w.ask(c, "DescribeCopyProductStatus", args{"CopyProductToken": token})
	if got.get("CopyProductStatus") != "SUCCEEDED" {
		w.t.Fatalf("CopyProduct of %v ended with %s", in, got.json())
	}
	return got.get("TargetProductId")
}

func (w *world) copying(source string, more args) args {
	in := args{"SourceProductArn": source, "IdempotencyToken": w.token()}
	for k, v := range more {
		in[k] = v
	}
	return in
}

// versionsOf are the names of a product's versions and what each was copied from.
func (w *world) versionsOf(c who, product string) string {
	w.t.Helper()
	var words []string
	for _, s := range w.ask(c, "DescribeProductAsAdmin", args{"Id": product})["ProvisioningArtifactSummaries"].([]any) {
		d := answer(s.(map[string]any))
		words = append(words, d.get("Name")+"<"+d.get("ProvisioningArtifactMetadata.SourceProvisioningArtifactId"))
	}
	return strings.Join(words, " ")
}

func TestCopyProduct(t *testing.T) {
	worlds(t, func(w *world) {
		made := w.ask(boss, "CreateProduct", w.newProduct("Bucket", args{"Description": "A bucket", "Distributor": "Ops", "SupportDescription": "Ask", "SupportEmail": "ops@example.com",
			"SupportUrl": "https://example.com", "Tags": []args{{"Key": "team", "Value": "x"}, {"Key": "cost", "Value": "1"}}, "ProvisioningArtifactParameters": w.version("v1", "asking")}))
		source, v1 := made.get("ProductViewDetail.ProductViewSummary.ProductId"), made.get("ProvisioningArtifactDetail.Id")
		v2 := w.ask(boss, "CreateProvisioningArtifact", args{"ProductId": source, "Parameters": w.version("v2", "topic"), "IdempotencyToken": "v2"}).get("ProvisioningArtifactDetail.Id")
		w.ask(boss, "UpdateProvisioningArtifact", args{"ProductId": source, "ProvisioningArtifactId": v2, "Description": "newer"})
		portfolio := w.portfolio(boss, "Storage")
		w.put(boss, source, portfolio)
		w.constrain(boss, portfolio, source, "TEMPLATE", smallOnly)
		w.tagOption(boss, "stage", "prod", source)
		w.ask(boss, "AssociateBudgetWithResource", budget("Monthly", source))
		arn := productARN(boss, source)

		in := w.copying(arn, nil)
		token := w.ask(boss, "CopyProduct", in)
		w.is("C-COPY-1 a token is answered", token.json(), `{"CopyProductToken":"`+token.get("CopyProductToken")+`"}`)
		w.is("C-COPY-1 of its form", token.get("CopyProductToken")[:12], "copyproduct-")
		w.is("C-GEN-6 the same request again is the same copy", w.ask(boss, "CopyProduct", in).json(), token.json())
		in["TargetProductName"] = "Another"
		w.refused("C-GEN-6 another request with the token", boss, "CopyProduct", in, ipe)
		w.is("C-COPY-1 nothing is copied yet", fmt.Sprint(len(strings.Fields(w.products(boss, "")))), "1")
		w.is("C-COPY-6 it is under way", w.ask(boss, "DescribeCopyProductStatus", args{"CopyProductToken": token.get("CopyProductToken")}).json(), `{"CopyProductStatus":"IN_PROGRESS"}`)
		w.settle()
		status := w.ask(boss, "DescribeCopyProductStatus", args{"CopyProductToken": token.get("CopyProductToken")})
		id := status.get("TargetProductId")
		w.is("C-COPY-6 it succeeded", status.json(), `{"CopyProductStatus":"SUCCEEDED","TargetProductId":"`+id+`"}`)
		for name, c := range map[string]who{"another account": anna, "another region": boss.in("eu-west-1")} {
			w.refused("C-COPY-6 the token is nobody else's: "+name, c, "DescribeCopyProductStatus", args{"CopyProductToken": token.get("CopyProductToken")}, rnf+": Copy product token not found: "+token.get("CopyProductToken"))
		}
		w.refused("C-COPY-6 unknown", boss, "DescribeCopyProductStatus", args{"CopyProductToken": "copyproduct-x"}, rnf+": Copy product token not found: copyproduct-x")

		original, read := w.ask(boss, "DescribeProductAsAdmin", args{"Id": source}), w.ask(boss, "DescribeProductAsAdmin", args{"Id": id})
		w.is("S-CPY-1 ids of its own", fmt.Sprint(id != source, read.get("ProductViewDetail.ProductViewSummary.Id") != original.get("ProductViewDetail.ProductViewSummary.Id"), read.get("ProductViewDetail.ProductARN") == productARN(boss, id)), "true true true")
		var texts []string
		for _, a := range []answer{original, read} {
			var text []string
			for _, f := range []string{"Name", "Owner", "ShortDescription", "Distributor", "SupportDescription", "SupportEmail", "SupportUrl", "Type"} {
				text = append(text, a.get("ProductViewDetail.ProductViewSummary."+f))
			}
			texts = append(texts, strings.Join(text, "|"))
		}
		w.is("C-COPY-5 its texts", texts[1], texts[0])
		w.is("C-COPY-3 every version, C-COPY-5 and where it is from", w.versionsOf(boss, id), "v1<"+v1+" v2<"+v2)
		w.is("C-COPY-5 names and descriptions", w.ask(boss, "ListProvisioningArtifacts", args{"ProductId": id}).get("ProvisioningArtifactDetails[].Description"), "newer")
		copied := w.firstVersion(boss, id)
		w.is("C-COPY-5 the template", w.ask(boss, "DescribeProvisioningArtifact", args{"ProvisioningArtifactId": copied, "Verbose": true}).get("Info.CloudFormationTemplate"), templates["asking"])
		w.is("C-COPY-5 no TagOptions, no budget, S-CPY-5 no tags unless asked for", w.onProduct(boss, id, "")+w.budgets(boss, id)+read.get("Tags[].Key"), `{"Budgets":[]}`)
		w.is("C-COPY-5 in no portfolio, so without constraints", w.ask(boss, "ListPortfoliosForProduct", args{"ProductId": id}).json(), `{"PortfolioDetails":[]}`)
		w.is("C-COPY-5 the filter SourceProductId finds it", w.ask(boss, "SearchProductsAsAdmin", args{"Filters": args{"SourceProductId": []string{source}}}).get("ProductViewDetails[].ProductViewSummary.ProductId"), id)
		w.ask(boss, "UpdateProvisioningArtifact", args{"ProductId": source, "ProvisioningArtifactId": v1, "Name": "renamed"})
		w.ask(boss, "UpdateProduct", args{"Id": source, "Name": "Renamed"})
		w.is("S-CPY-2 later edits do not reach it", w.ask(boss, "DescribeProductAsAdmin", args{"Id": id}).json(), read.json())

		w.is("C-COPY-2 a name of its own", w.ask(boss, "DescribeProductAsAdmin", args{"Id": w.copyProduct(boss, arn, args{"TargetProductName": "Mine"})}).get("ProductViewDetail.ProductViewSummary.Name"), "Mine")
		some := w.copyProduct(boss, arn, args{"SourceProvisioningArtifactIdentifiers": []args{{"Id": v2}, {"Id": v2}}, "CopyOptions": []string{"CopyTags"}})
		w.is("C-COPY-3 the versions asked for, each once", w.versionsOf(boss, some), "v2<"+v2)
		w.is("C-COPY-5 CopyTags", w.ask(boss, "DescribeProductAsAdmin", args{"Id": some}).get("Tags[].Key"), "cost team")

		target := w.ask(boss, "CreateProduct", w.newProduct("Target", args{"Tags": []args{{"Key": "cost", "Value": "2"}, {"Key": "kept", "Value": "1"}}})).get("ProductViewDetail.ProductViewSummary.ProductId")
		own := w.firstVersion(boss, target)
		w.is("C-COPY-2 into an own product", w.copyProduct(boss, arn, args{"TargetProductId": target, "CopyOptions": []string{"CopyTags"}, "SourceProvisioningArtifactIdentifiers": []args{{"Id": v2}, {"Id": v1}}}), target)
		w.is("S-CPY-5 versions are added, in the order asked for", w.versionsOf(boss, target), "v1<"+own+" v2<"+v2+" renamed<"+v1)
		w.is("S-CPY-5 tags are added", w.ask(boss, "DescribeProductAsAdmin", args{"Id": target}).get("Tags[].Value"), "1 1 x")
		w.is("C-COPY-2 its name stays", w.ask(boss, "DescribeProductAsAdmin", args{"Id": target}).get("ProductViewDetail.ProductViewSummary.Name"), "Target")
		module := w.ask(boss, "CreateProduct", w.newProduct("Module", args{"ProductType": "EXTERNAL", "ProvisioningArtifactParameters": args{"Info": args{"LoadTemplateFromURL": w.url("module")}}})).get("ProductViewDetail.ProductViewSummary.ProductId")

		identifiers := func(ids ...args) args { return args{"SourceProvisioningArtifactIdentifiers": ids} }
		for _, x := range []struct {
			name, source string
			more         args
			want         string
		}{
			{"C-COPY-2 a target of another type", arn, args{"TargetProductId": module}, ipe + ": Product " + module + " is of type EXTERNAL and cannot take versions of type CLOUD_FORMATION_TEMPLATE"},
			{"C-COPY-2 an unknown target", arn, args{"TargetProductId": "prod-nowhere"}, noProduct("prod-nowhere")},
			{"C-COPY-2 another account's target", arn, args{"TargetProductId": w.product(anna, "Hers")}, rnf},
			{"C-COPY-2 a target of another region", arn, args{"TargetProductId": w.product(boss.in("eu-west-1"), "There")}, rnf},
			{"C-COPY-3 a version of another product", arn, identifiers(args{"Id": own}), rnf + ": Provisioning Artifact not found: " + own},
			{"C-COPY-3 an unknown version", arn, identifiers(args{"Id": "pa-nowhere"}), rnf + ": Provisioning Artifact not found: pa-nowhere"},
			{"C-COPY-1 an identifier without Id", arn, identifiers(args{}), ipe},
			{"C-COPY-1 an identifier of another name", arn, identifiers(args{"Name": "v1"}), ve},
			{"C-COPY-1 no copy option", arn, args{"CopyOptions": []string{"CopyAll"}}, ve},
			{"C-COPY-4 an unknown product", productARN(boss, "prod-nowhere"), nil, noProduct("prod-nowhere")},
			{"C-COPY-4 the region of the ARN counts", productARN(boss.in("eu-west-1"), source), nil, noProduct(source)},
			{"C-COPY-4 the account of the ARN counts", productARN(anna, source), nil, noProduct(source)},
			{"C-COPY-4 a portfolio", "arn:aws:catalog:us-east-1:111111111111:portfolio/" + portfolio, nil, ipe},
			{"C-COPY-4 a service that has no products", strings.Replace(arn, ":catalog:", ":sns:", 1), nil, ipe},
			{"C-COPY-4 no ARN", source, nil, ve},
		} {
			w.refused(x.name, boss, "CopyProduct", w.copying(x.source, x.more), x.want)
		}
	})
}

// The versions of a copy stand in the order of the source, though they are all made at one moment and ids are random.
func TestCopyOrder(t *testing.T) {
	worlds(t, func(w *world) {
		w.sc.IDs = ident.Source{}
		source := w.product(boss, "Bucket")
		want := "v1"
		for _, name := range []string{"v2", "v3", "v4", "v5", "v6"} {
			w.now = w.now.Add(time.Second)
			w.ask(boss, "CreateProvisioningArtifact", args{"ProductId": source, "Parameters": w.version(name, "topic"), "IdempotencyToken": name})
			want += " " + name
		}
		copied := w.copyProduct(boss, productARN(boss, source), nil)
		w.is("C-PA-14 oldest first, in a copy too", w.ask(boss, "ListProvisioningArtifacts", args{"ProductId": copied}).get("ProvisioningArtifactDetails[].Name"), want)
	})
}

func TestCopyAcross(t *testing.T) {
	worlds(t, func(w *world) {
		id, _ := w.organization(anna, carla)
		portfolio, org := w.portfolio(boss, "Storage"), w.portfolio(boss, "Org")
		product, other := w.product(boss, "Bucket", portfolio), w.product(boss, "Topic", org)
		arn, version := productARN(boss, product), w.firstVersion(boss, product)
		w.share(boss, portfolio, bert)
		w.shareNode(boss, org, id)
		abroad := boss.in("eu-west-1")
		there := w.copyProduct(abroad, arn, nil)
		w.is("C-COPY-4 from another region, into the caller's", w.ask(abroad, "DescribeProductAsAdmin", args{"Id": there}).get("ProductViewDetail.ProductARN")+" "+w.versionsOf(abroad, there), productARN(abroad, there)+" v1<"+version)
		w.refused("C-GEN-5 and not in the source's", boss, "DescribeProductAsAdmin", args{"Id": there}, noProduct(there))

		hers := w.copyProduct(bert, arn, nil)
		w.is("S-CPY-5 from an account share", w.ask(bert, "DescribeProductAsAdmin", args{"Id": hers}).get("ProductViewDetail.ProductARN"), productARN(bert, hers))
		w.is("S-CPY-5 into another region as well", w.versionsOf(bert.in("eu-west-1"), w.copyProduct(bert.in("eu-west-1"), arn, nil)), "v1<"+version)
		w.is("S-CPY-6 from an org share alike", w.versionsOf(anna, w.copyProduct(anna, productARN(boss, other), nil)), "v1<"+w.firstVersion(boss, other))
		w.refused("S-CPY-6 what does not reach the caller", anna, "CopyProduct", w.copying(arn, nil), noProduct(product))
		w.offer(boss, portfolio, anna)
		w.refused("S-CPY-6 pending", anna, "CopyProduct", w.copying(arn, nil), noProduct(product))
		w.refused("S-CPY-6 none at all", dora, "CopyProduct", w.copying(arn, nil), noProduct(product))
		w.ask(carla, "RejectPortfolioShare", args{"PortfolioId": org, "PortfolioShareType": "AWS_ORGANIZATIONS"})
		w.refused("S-CPY-6 rejected", carla, "CopyProduct", w.copying(productARN(boss, other), nil), noProduct(other))
		w.refused("C-COPY-2 an imported product is no target", bert, "CopyProduct", w.copying(productARN(bert, hers), args{"TargetProductId": product}), ipe+": Product "+product+" is imported from another account and cannot be changed here")

		w.is("S-GEN-5 by reference to an account", w.products(bert, portfolio), product)
		w.is("S-GEN-5 by reference to an organization", w.products(anna, org), other)
		w.is("S-GEN-5 by a copy of its own", w.ask(bert, "SearchProductsAsAdmin", args{"ProductSource": "ACCOUNT"}).get("ProductViewDetails[].ProductViewSummary.ProductId"), hers)
		own := w.portfolio(bert, "Own")
		w.put(bert, hers, own)
		w.allowed("S-CPY-4 the copy is edited", bert, "UpdateProduct", args{"Id": hers, "Name": "Hers"})
		w.allowed("S-CPY-4 and shared onward", bert, "CreatePortfolioShare", args{"PortfolioId": own, "AccountId": "555555555555"})
		w.ask(boss, "DeletePortfolioShare", args{"PortfolioId": portfolio, "AccountId": "333333333333"})
		w.ask(boss, "DisassociateProductFromPortfolio", args{"PortfolioId": portfolio, "ProductId": product})
		w.ask(boss, "DeleteProduct", args{"Id": product})
		w.is("S-CPY-3 it outlives the original", w.products(bert, own), hers)
		w.is("S-CPY-3 with its template", w.ask(bert, "DescribeProvisioningArtifact", args{"ProductId": hers, "ProvisioningArtifactName": "v1", "Verbose": true}).get("Info.CloudFormationTemplate"), templates["topic"])
	})
}

// A STACKSET constraint launches into accounts; it offers them nothing.
func TestStackSetIsNoShare(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio := w.portfolio(boss, "Storage")
		product := w.product(boss, "Bucket", portfolio)
		w.constrain(boss, portfolio, product, "STACKSET", twoAccounts)
		w.refused("S-CPY-7 an account of its list sees no portfolio", anna, "DescribePortfolio", args{"Id": portfolio}, noPortfolio(portfolio))
		w.refused("S-CPY-7 and no product", anna, "CopyProduct", w.copying(productARN(boss, product), nil), noProduct(product))
		w.is("S-CPY-7 it is offered nothing", w.products(anna, "")+w.imported(anna, "")+w.shares(boss, portfolio, "ACCOUNT"), "")
	})
}

// What a copy takes may go before it is made.
func TestCopyWithdrawn(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio := w.portfolio(boss, "Storage")
		product := w.product(boss, "Bucket", portfolio)
		w.share(boss, portfolio, anna)
		target := w.ask(anna, "CreateProduct", w.newProduct("Target", nil)).get("ProductViewDetail.ProductViewSummary.ProductId")
		ends := func(name string, in args, withdraw func(), want string) {
			w.t.Helper()
			token := w.ask(anna, "CopyProduct", in).get("CopyProductToken")
			withdraw()
			before := w.ask(anna, "SearchProductsAsAdmin", args{"ProductSource": "ACCOUNT"}).get("ProductViewDetails[].ProductViewSummary.ProductId")
			w.settle()
			w.is(name, w.ask(anna, "DescribeCopyProductStatus", args{"CopyProductToken": token}).json(), `{"CopyProductStatus":"FAILED","StatusDetail":"`+want+`"}`)
			w.is(name+", and nothing is left", w.ask(anna, "SearchProductsAsAdmin", args{"ProductSource": "ACCOUNT"}).get("ProductViewDetails[].ProductViewSummary.ProductId"), before)
		}
		ends("C-COPY-6 a target that is deleted", w.copying(productARN(boss, product), args{"TargetProductId": target}), func() { w.ask(anna, "DeleteProduct", args{"Id": target}) },
			"Product not found: "+target)
		ends("C-COPY-6 a share that ends", w.copying(productARN(boss, product), nil), func() {
			w.ask(boss, "DeletePortfolioShare", args{"PortfolioId": portfolio, "AccountId": string(anna.account)})
		},
			"Product not found: "+product)
	})
}

// A full quota is how a copy ends, not how the call ends: it declares no LimitExceededException.
func TestCopyQuota(t *testing.T) {
	worlds(t, func(w *world) {
		product := w.ask(boss, "CreateProduct", w.newProduct("Bucket", args{"Tags": tags(2)})).get("ProductViewDetail.ProductViewSummary.ProductId")
		target := w.ask(boss, "CreateProduct", w.newProduct("Target", args{"Tags": []args{{"Key": "own", "Value": "1"}}})).get("ProductViewDetail.ProductViewSummary.ProductId")
		w.ask(boss, "CreateProvisioningArtifact", args{"ProductId": product, "Parameters": w.version("v2", "topic"), "IdempotencyToken": "v2"})
		failed := func(name string, more args, want string) {
			w.t.Helper()
			before := w.versionsOf(boss, target)
			token := w.ask(boss, "CopyProduct", w.copying(productARN(boss, product), more)).get("CopyProductToken")
			w.settle()
			w.is(name, w.ask(boss, "DescribeCopyProductStatus", args{"CopyProductToken": token}).json(), `{"CopyProductStatus":"FAILED","StatusDetail":"The limit of `+want+` has been reached"}`)
			w.is("S-QUO-8 nothing is half made: "+name, fmt.Sprint(w.versionsOf(boss, target) == before, len(strings.Fields(w.products(boss, "")))), "true 2")
		}
		w.sc.Quotas.Versions = 2
		failed("S-QUO-6 too many versions for the target", args{"TargetProductId": target}, "2 versions per product")
		one := args{"TargetProductId": target, "SourceProvisioningArtifactIdentifiers": []args{{"Id": w.firstVersion(boss, product)}}}
		w.sc.Quotas.Tags = 2
		one["CopyOptions"] = []string{"CopyTags"}
		failed("S-QUO-3 too many tags for the target", one, "2 tags per resource")
		delete(one, "CopyOptions")
		w.is("S-QUO-6 as many as there is room for", w.copyProduct(boss, productARN(boss, product), one), target)
		w.sc.Quotas.Versions, w.sc.Quotas.Tags, w.sc.Quotas.Products = 1, 0, 0
		failed("S-QUO-6 too many versions for a new product", nil, "1 versions per product")
		w.sc.Quotas.Versions, w.sc.Quotas.Products = 0, 2
		failed("S-QUO-4 too many products", nil, "2 products per region")
		w.sc.Quotas.Products = 0
		w.is("S-QUO-5 no quota, no limit", fmt.Sprint(w.copyProduct(boss, productARN(boss, product), nil) != ""), "true")
	})
}
