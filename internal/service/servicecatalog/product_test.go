package servicecatalog_test

import (
	"fmt"
	"testing"
)

func TestCreateProduct(t *testing.T) {
	worlds(t, func(w *world) {
		made := w.ask(boss, "CreateProduct", w.newProduct("Topic", args{"Description": "A topic", "Distributor": "Ops", "SupportDescription": "Ask us",
			"SupportEmail": "ops@example.com", "SupportUrl": "https://example.com/help", "Tags": []args{{"Key": "team", "Value": "x"}}}))
		id, view, version := made.get("ProductViewDetail.ProductViewSummary.ProductId"), made.get("ProductViewDetail.ProductViewSummary.Id"), made.get("ProvisioningArtifactDetail.Id")
		w.is("S-VAL-1 ids", fmt.Sprintf("%s %s %s %d %d %d", id[:5], view[:9], version[:3], len(id), len(view), len(version)), "prod- prodview- pa- 18 22 16")
		w.is("C-PROD-4 what a new product answers, C-PROD-7 its status", made.json(), fmt.Sprintf(`{"ProductViewDetail":{"CreatedTime":%[1]d,"ProductARN":"arn:aws:catalog:us-east-1:111111111111:product/%[2]s",`+
			`"ProductViewSummary":{"Distributor":"Ops","HasDefaultPath":false,"Id":"%[3]s","Name":"Topic","Owner":"Platform","ProductId":"%[2]s","ShortDescription":"A topic",`+
			`"SupportDescription":"Ask us","SupportEmail":"ops@example.com","SupportUrl":"https://example.com/help","Type":"CLOUD_FORMATION_TEMPLATE"},"Status":"CREATED"},`+
			`"ProvisioningArtifactDetail":{"Active":true,"CreatedTime":%[1]d,"Guidance":"DEFAULT","Id":"%[4]s","Name":"v1","Type":"CLOUD_FORMATION_TEMPLATE"},`+
			`"Tags":[{"Key":"team","Value":"x"}]}`, epoch, id, view, version))
		bare := w.ask(boss, "CreateProduct", w.newProduct("Bare", nil))
		w.is("C-GEN-14 what was not given is not there", bare.json(), fmt.Sprintf(`{"ProductViewDetail":{"CreatedTime":%[1]d,"ProductARN":"arn:aws:catalog:us-east-1:111111111111:product/%[2]s",`+
			`"ProductViewSummary":{"HasDefaultPath":false,"Id":"%[3]s","Name":"Bare","Owner":"Platform","ProductId":"%[2]s","Type":"CLOUD_FORMATION_TEMPLATE"},"Status":"CREATED"},`+
			`"ProvisioningArtifactDetail":{"Active":true,"CreatedTime":%[1]d,"Guidance":"DEFAULT","Id":"%[4]s","Name":"v1","Type":"CLOUD_FORMATION_TEMPLATE"},"Tags":[]}`, epoch,
			bare.get("ProductViewDetail.ProductViewSummary.ProductId"), bare.get("ProductViewDetail.ProductViewSummary.Id"), bare.get("ProvisioningArtifactDetail.Id")))

		gitParameters := args{"CodeStar": args{"ConnectionArn": "arn:aws:codestar-connections:us-east-1:111111111111:connection/00000000-0000-0000-0000-000000000000", "Repository": "o/r", "Branch": "main", "ArtifactPath": "t.yaml"}}
		git := args{"Type": "CODESTAR", "ConnectionParameters": gitParameters}
		module := args{"Type": "EXTERNAL", "Info": args{"LoadTemplateFromURL": w.url("module")}}
		for _, x := range []struct {
			name string
			more args
			want string
		}{
			{"C-PROD-1 neither version nor connection", args{"ProvisioningArtifactParameters": nil}, ipe + ": Exactly one of ProvisioningArtifactParameters and SourceConnection must be specified"},
			{"C-PROD-1 both", args{"SourceConnection": git}, ipe + ": Exactly one of ProvisioningArtifactParameters and SourceConnection must be specified"},
			{"C-GIT-1 a connection, which is not served", args{"ProvisioningArtifactParameters": nil, "SourceConnection": git}, ipe + ": SourceConnection is not supported by this server: products are not synchronised from Git repositories"},
			{"C-PROD-1 no name", args{"Name": nil}, ve},
			{"C-PROD-1 no type", args{"ProductType": nil}, ve},
			{"C-PROD-2 no such type", args{"ProductType": "PULUMI"}, ve},
			{"C-PROD-2 a marketplace product", args{"ProductType": "MARKETPLACE", "ProvisioningArtifactParameters": args{"Info": args{"LoadTemplateFromURL": w.url("topic")}}},
				ipe + ": Invalid ProductType: MARKETPLACE products cannot be created"},
			{"C-PROD-2 an external product", args{"ProductType": "EXTERNAL", "ProvisioningArtifactParameters": module}, ""},
			{"C-PROD-2 a Terraform product", args{"ProductType": "TERRAFORM_OPEN_SOURCE", "ProvisioningArtifactParameters": args{"Info": args{"LoadTemplateFromURL": w.url("module")}}}, ""},
			{"C-PROD-3 a version of another type", args{"ProvisioningArtifactParameters": module}, ipe + ": Invalid provisioning artifact Type: EXTERNAL. The product is of type CLOUD_FORMATION_TEMPLATE"},
			{"C-PROD-5 a name that is taken", args{"Name": "Topic"}, ""},
			{"C-PROD-1 an address that is none", args{"SupportUrl": "ftp://example.com"}, ipe + ": Invalid SupportUrl: ftp://example.com. SupportUrl must start with http:// or https://"},
			{"C-PORT-1 duplicate tag keys", args{"Tags": []args{{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}}}, ipe + ": Duplicate tag key: k. Tag keys must be unique in one request"},
		} {
			w.refused(x.name, boss, "CreateProduct", w.newProduct("Refused", x.more), x.want)
		}
		w.is("C-PROD-1 nothing is half written", w.ask(boss, "SearchProductsAsAdmin", args{"Filters": args{"FullTextSearch": []string{"Refused"}}}).get("ProductViewDetails[].ProductViewSummary.Type"),
			"EXTERNAL TERRAFORM_OPEN_SOURCE")
	})
}

func TestDescribeProductAsAdmin(t *testing.T) {
	worlds(t, func(w *world) {
		made := w.ask(boss, "CreateProduct", w.newProduct("Topic", args{"Tags": []args{{"Key": "team", "Value": "x"}}}))
		id, version := made.get("ProductViewDetail.ProductViewSummary.ProductId"), made.get("ProvisioningArtifactDetail.Id")
		second := w.ask(boss, "CreateProvisioningArtifact", args{"ProductId": id, "Parameters": w.version("v2", "topic"), "IdempotencyToken": "v2"}).get("ProvisioningArtifactDetail.Id")
		w.ask(boss, "UpdateProvisioningArtifact", args{"ProductId": id, "ProvisioningArtifactId": second, "Active": false})
		want := fmt.Sprintf(`{"Budgets":[],"ProductViewDetail":{"CreatedTime":%[1]d,"ProductARN":"arn:aws:catalog:us-east-1:111111111111:product/%[2]s",`+
			`"ProductViewSummary":{"HasDefaultPath":false,"Id":"%[3]s","Name":"Topic","Owner":"Platform","ProductId":"%[2]s","Type":"CLOUD_FORMATION_TEMPLATE"},"Status":"CREATED"},`+
			`"ProvisioningArtifactSummaries":[{"CreatedTime":%[1]d,"Id":"%[4]s","Name":"v1","ProvisioningArtifactMetadata":{"SourceProvisioningArtifactId":"%[4]s"}},`+
			`{"CreatedTime":%[1]d,"Id":"%[5]s","Name":"v2","ProvisioningArtifactMetadata":{"SourceProvisioningArtifactId":"%[5]s"}}],"TagOptions":[],"Tags":[{"Key":"team","Value":"x"}]}`,
			epoch, id, made.get("ProductViewDetail.ProductViewSummary.Id"), version, second)
		w.is("C-PROD-8 by id, inactive versions too", w.ask(boss, "DescribeProductAsAdmin", args{"Id": id}).json(), want)
		w.is("C-PROD-8 by name", w.ask(boss, "DescribeProductAsAdmin", args{"Name": "Topic"}).json(), want)
		w.product(boss, "Twice")
		w.product(boss, "Twice")
		for _, x := range []struct {
			name string
			c    who
			in   args
			want string
		}{
			{"C-GEN-12 both id and name", boss, args{"Id": id, "Name": "Topic"}, ipe + ": Exactly one of Product Id and Product Name must be specified"},
			{"C-GEN-12 neither", boss, args{}, ipe + ": Exactly one of Product Id and Product Name must be specified"},
			{"C-GEN-12 case counts in names", boss, args{"Name": "topic"}, rnf + ": Product with name topic does not exist or access was denied."},
			{"C-PROD-5 no such name", boss, args{"Name": "None"}, rnf + ": Product with name None does not exist or access was denied."},
			{"C-PROD-5 two of the name", boss, args{"Name": "Twice"}, ipe + ": Multiple Product with name Twice found."},
			{"C-PROD-8 unknown id", boss, args{"Id": "prod-nowhere"}, noProduct("prod-nowhere")},
			{"C-PROD-8 another account's", anna, args{"Id": id}, noProduct(id)},
			{"C-PROD-8 another account's by name", anna, args{"Name": "Topic"}, rnf + ": Product with name Topic does not exist or access was denied."},
			{"C-GEN-5 another region", boss.in("eu-west-1"), args{"Id": id}, noProduct(id)},
			{"C-PROD-8 with an unknown source portfolio", boss, args{"Id": id, "SourcePortfolioId": "port-nowhere"}, noPortfolio("port-nowhere")},
		} {
			w.refused(x.name, x.c, "DescribeProductAsAdmin", x.in, x.want)
		}
	})
}

func TestUpdateProduct(t *testing.T) {
	worlds(t, func(w *world) {
		made := w.ask(boss, "CreateProduct", w.newProduct("Topic", args{"Description": "Old", "SupportEmail": "a@b.c", "Tags": []args{{"Key": "a", "Value": "1"}}}))
		id := made.get("ProductViewDetail.ProductViewSummary.ProductId")
		summary := func(in args) string {
			w.t.Helper()
			in["Id"] = id
			got := w.ask(boss, "UpdateProduct", in)
			read := w.ask(boss, "DescribeProductAsAdmin", args{"Id": id})
			text := func(a answer) string {
				s := answer(a["ProductViewDetail"].(map[string]any)["ProductViewSummary"].(map[string]any))
				return fmt.Sprintf("%s|%s|%s|%s|%s|%s|%s|%s %s", s.get("Name"), s.get("Owner"), s.get("ShortDescription"), s.get("Distributor"), s.get("SupportDescription"),
					s.get("SupportEmail"), s.get("SupportUrl"), a.get("Tags[].Key"), a.get("Tags[].Value"))
			}
			w.is("C-PROD-9 what is answered is what is stored", text(read), text(got))
			return text(got)
		}
		w.is("C-PROD-9 nothing sent, nothing changed", summary(args{}), "Topic|Platform|Old|||a@b.c||a 1")
		w.is("C-PROD-9 only what is sent changes", summary(args{"Name": "Queue", "Owner": "Ops", "SupportUrl": "http://x.y"}), "Queue|Ops|Old|||a@b.c|http://x.y|a 1")
		w.is("C-PROD-9 the other texts", summary(args{"Description": "New", "Distributor": "D", "SupportDescription": "S", "SupportEmail": "d@e.f"}), "Queue|Ops|New|D|S|d@e.f|http://x.y|a 1")
		w.is("C-PROD-9 empty texts", summary(args{"Description": "", "Distributor": "", "SupportDescription": "", "SupportEmail": ""}), "Queue|Ops|||||http://x.y|a 1")
		w.is("C-PROD-9 tags as C-PORT-3", summary(args{"RemoveTags": []string{"a"}, "AddTags": []args{{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "3"}}}), "Queue|Ops|||||http://x.y|a b 2 3")
		w.is("C-PROD-9 the new name is found", w.ask(boss, "SearchProductsAsAdmin", args{"Filters": args{"FullTextSearch": []string{"queue"}}}).get("ProductViewDetails[].ProductViewSummary.ProductId"), id)
		w.is("C-PROD-9 and the old one not", w.ask(boss, "SearchProductsAsAdmin", args{"Filters": args{"FullTextSearch": []string{"topic"}}}).get("ProductViewDetails[].ProductViewSummary.ProductId"), "")
		w.refused("C-PROD-9 unknown", boss, "UpdateProduct", args{"Id": "prod-nowhere"}, noProduct("prod-nowhere"))
		w.refused("C-PROD-9 another account's", anna, "UpdateProduct", args{"Id": id, "Name": "Mine"}, noProduct(id))
		w.refused("C-PROD-9 a bad address", boss, "UpdateProduct", args{"Id": id, "Name": "Never", "SupportUrl": "example.com"}, ipe+": Invalid SupportUrl: example.com. SupportUrl must start with http:// or https://")
		w.is("C-PROD-9 a refused update changes nothing", w.ask(boss, "DescribeProductAsAdmin", args{"Id": id}).get("ProductViewDetail.ProductViewSummary.Name"), "Queue")
	})
}

func TestDeleteProduct(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio := w.portfolio(boss, "Storage")
		id := w.product(boss, "Topic", portfolio)
		version := w.firstVersion(boss, id)
		w.share(boss, portfolio, anna)
		local := w.portfolio(anna, "Local")
		w.take(anna, id, portfolio, local)
		w.refused("C-PROD-10 while it is in an own portfolio", boss, "DeleteProduct", args{"Id": id}, riu+": Product "+id+" still has associated Portfolios")
		w.refused("C-PROD-10 of another account", carla, "DeleteProduct", args{"Id": id}, noProduct(id))
		w.ask(boss, "DisassociateProductFromPortfolio", args{"ProductId": id, "PortfolioId": portfolio})
		w.is("S-QUO-10 what recipients did blocks nothing", w.ask(boss, "DeleteProduct", args{"Id": id}).json(), "{}")
		w.refused("C-PROD-10 it is gone", boss, "DescribeProductAsAdmin", args{"Id": id}, noProduct(id))
		w.refused("C-PROD-10 and its version with it", boss, "DescribeProvisioningArtifact", args{"ProvisioningArtifactId": version}, rnf+": Provisioning Artifact not found: "+version)
		w.refused("C-PROD-10 and cannot be deleted again", boss, "DeleteProduct", args{"Id": id}, noProduct(id))
	})
}
