package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// aws_servicecatalog_portfolio.
func TestPortfolio(t *testing.T) {
	providers(t, 0, func(p *provider) {
		tags := func(prefix string, n int) (list []args, keys []string) {
			for i := range n {
				list, keys = append(list, args{"Key": fmt.Sprint(prefix, i), "Value": "v"}), append(keys, fmt.Sprint(prefix, i))
			}
			return list, keys
		}
		old, oldKeys := tags("old", 20)
		create := args{"AcceptLanguage": "en", "DisplayName": "Storage", "IdempotencyToken": "terraform-1", "ProviderName": "Platform", "Tags": old}
		made := p.ask(owner, "CreatePortfolio", create)
		id := made.Get("PortfolioDetail.Id")
		p.is("C-GEN-6 a retried create is one create", p.ask(owner, "CreatePortfolio", create).Get("PortfolioDetail.Id"), id)
		p.refused("C-GEN-6 the same token for something else", owner, "CreatePortfolio", with(create, args{"DisplayName": "Other"}), ipe)
		p.is("C-GEN-6 nothing more was made", p.ask(owner, "ListPortfolios", nil).Get("PortfolioDetails[].Id"), id)
		read := args{"AcceptLanguage": "en", "Id": id}
		p.is("C-GEN-14 a description that was never given is absent", fmt.Sprint(p.ask(owner, "DescribePortfolio", read).Body["PortfolioDetail"].(map[string]any)["Description"]), "<nil>")

		fresh, _ := tags("new", 20)
		p.ask(owner, "UpdatePortfolio", args{"AcceptLanguage": "en", "AddTags": fresh, "Id": id, "RemoveTags": oldKeys})
		p.is("C-PORT-3 twenty tags for twenty in one call: first remove, then add", p.ask(owner, "DescribePortfolio", read).Get("Tags[].Key"), joined(fresh))
		p.ask(owner, "UpdatePortfolio", args{"AcceptLanguage": "en", "AddTags": []args{{"Key": "new0", "Value": "w"}}, "Id": id, "RemoveTags": []string{"new0", "new1"}})
		p.is("C-PORT-3 a key that is removed and added has the new value", p.ask(owner, "DescribePortfolio", read).Get("Tags[].Value")[:1], "w")
		p.ask(owner, "UpdatePortfolio", args{"AcceptLanguage": "en", "DisplayName": "Renamed", "Id": id})
		p.is("C-PORT-3 only what changed is sent", p.ask(owner, "DescribePortfolio", read).Get("PortfolioDetail.DisplayName"), "Renamed")
		p.ask(owner, "DeletePortfolio", args{"Id": id})
		p.refused("C-PORT-4 gone", owner, "DescribePortfolio", read, rnf)
		p.refused("S-CLI-7 gone already is RNF, which is success for the provider", owner, "DeletePortfolio", args{"Id": id}, rnf)
	})
}

func joined(tags []args) string {
	names := make([]string, 0, len(tags))
	for _, tag := range tags {
		names = append(names, tag["Key"].(string))
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// aws_servicecatalog_product and aws_servicecatalog_provisioning_artifact.
func TestProduct(t *testing.T) {
	providers(t, 0, func(p *provider) {
		template := p.s.Template(p.t, owner)
		create := args{"AcceptLanguage": "en", "IdempotencyToken": "terraform-1", "Name": "Bucket", "Owner": "Platform", "ProductType": "CLOUD_FORMATION_TEMPLATE",
			"ProvisioningArtifactParameters": args{"Info": args{"LoadTemplateFromURL": template}, "Name": "v1", "Type": "CLOUD_FORMATION_TEMPLATE"}}
		made := p.ask(owner, "CreateProduct", create)
		id := made.Get("ProductViewDetail.ProductViewSummary.ProductId")
		p.is("C-GEN-6 a retried create is one create", p.ask(owner, "CreateProduct", create).Get("ProductViewDetail.ProductViewSummary.ProductId"), id)
		read := args{"AcceptLanguage": "en", "Id": id}
		p.twice("C-PROD-7 two reads", owner, "DescribeProductAsAdmin", read, "ProductViewDetail.Status", "CREATED")
		for _, member := range []string{"ShortDescription", "Distributor", "SupportDescription", "SupportEmail", "SupportUrl"} {
			p.is("C-GEN-14 what was never given is absent: "+member, p.ask(owner, "DescribeProductAsAdmin", read).Get("ProductViewDetail.ProductViewSummary."+member), "")
		}
		p.ask(owner, "UpdateProduct", args{"AcceptLanguage": "en", "Id": id, "Name": "Renamed", "Owner": "Platform"})
		p.twice("C-PROD-9 an update is read back at once", owner, "DescribeProductAsAdmin", read, "ProductViewDetail.ProductViewSummary.Name", "Renamed")

		version := args{"AcceptLanguage": "en", "IdempotencyToken": "terraform-2", "Parameters": args{"Info": args{"LoadTemplateFromURL": template}, "Name": "v2", "Type": "CLOUD_FORMATION_TEMPLATE"}, "ProductId": id}
		pa := p.ask(owner, "CreateProvisioningArtifact", version).Get("ProvisioningArtifactDetail.Id")
		p.is("C-GEN-6 a retried version is one version", p.ask(owner, "CreateProvisioningArtifact", version).Get("ProvisioningArtifactDetail.Id"), pa)
		p.ask(owner, "UpdateProvisioningArtifact", args{"AcceptLanguage": "en", "Active": true, "Guidance": "DEFAULT", "Name": "v2", "ProductId": id, "ProvisioningArtifactId": pa})
		one := args{"ProductId": id, "ProvisioningArtifactId": pa}
		p.twice("C-PA-7 two reads", owner, "DescribeProvisioningArtifact", one, "Status", "AVAILABLE")
		p.is("C-PA-9 Guidance and Active are told", p.ask(owner, "DescribeProvisioningArtifact", one).Get("ProvisioningArtifactDetail.Guidance")+p.ask(owner, "DescribeProvisioningArtifact", one).Get("ProvisioningArtifactDetail.Active"), "DEFAULTtrue")
		p.ask(owner, "DeleteProvisioningArtifact", with(one, args{"AcceptLanguage": "en"}))
		p.refused("C-PA-12 the delete of a version is polled until RNF", owner, "DescribeProvisioningArtifact", one, rnf)

		p.ask(owner, "DeleteProduct", args{"AcceptLanguage": "en", "Id": id})
		p.refused("C-PROD-10 the delete is polled until RNF", owner, "DescribeProductAsAdmin", read, rnf)
		p.refused("S-CLI-7 gone already is RNF, which is success for the provider", owner, "DeleteProduct", args{"AcceptLanguage": "en", "Id": id}, rnf)
	})
}
