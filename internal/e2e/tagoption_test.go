package e2e

import (
	"fmt"
	"testing"
)

// aws_servicecatalog_tag_option.
func TestTagOption(t *testing.T) {
	providers(t, 0, func(p *provider) {
		create := func(key, value string) string {
			return p.ask(owner, "CreateTagOption", args{"Key": key, "Value": value}).Get("TagOptionDetail.Id")
		}
		read := func(id string) string {
			d := p.ask(owner, "DescribeTagOption", args{"Id": id})
			return d.Get("TagOptionDetail.Key") + " " + d.Get("TagOptionDetail.Value") + " " + d.Get("TagOptionDetail.Active") + " " + d.Get("TagOptionDetail.Owner")
		}
		id := create("stage", "production")
		p.is("C-TAGO-1 create, then one read", read(id), "stage production true 111111111111")
		p.refused("C-TAGO-1 another with the same value", owner, "CreateTagOption", args{"Key": "stage", "Value": "production"}, dre)

		never := create("stage", "never")
		p.ask(owner, "UpdateTagOption", args{"Active": false, "Id": never})
		p.is("C-TAGO-2 active = false is an update that sends nothing else", read(never), "stage never false 111111111111")
		p.refused("C-TAGO-2 the value it has already, sent again", owner, "UpdateTagOption", args{"Active": false, "Id": never, "Value": "never"}, dre)
		p.is("C-TAGO-2 a refused update changes nothing", read(never), "stage never false 111111111111")
		p.ask(owner, "UpdateTagOption", args{"Id": id, "Value": "live"})
		p.is("C-TAGO-2 a changed value", read(id), "stage live true 111111111111")
		p.ask(owner, "UpdateTagOption", args{"Active": false, "Id": id, "Value": "dead"})
		p.is("C-TAGO-2 both changed", read(id), "stage dead false 111111111111")

		p.ask(owner, "DeleteTagOption", args{"Id": id})
		p.refused("C-TAGO-3 the delete is polled until RNF", owner, "DescribeTagOption", args{"Id": id}, rnf)
		p.refused("S-CLI-7 gone already is RNF, which is success for the provider", owner, "DeleteTagOption", args{"Id": id}, rnf)
		p.refused("S-TAG-6 another account's", recipient, "DescribeTagOption", args{"Id": never}, rnf)
	})
}

// aws_servicecatalog_tag_option_resource_association, and of a budget, which works likewise.
func TestTagOptionAssociation(t *testing.T) {
	providers(t, 0, func(p *provider) {
		portfolio := p.portfolio(owner, "Storage")
		product := p.product(owner, "Bucket", p.s.Template(p.t, owner))
		option := p.ask(owner, "CreateTagOption", args{"Key": "stage", "Value": "production"}).Get("TagOptionDetail.Id")
		list := args{"TagOptionId": option}
		for resource, name := range map[string]string{portfolio: "Storage", product: "Bucket"} {
			link := args{"ResourceId": resource, "TagOptionId": option}
			p.ask(owner, "AssociateTagOptionWithResource", link)
			p.refused("S-TAG-11 again: "+name, owner, "AssociateTagOptionWithResource", link, dre)
			out := p.ask(owner, "ListResourcesForTagOption", list)
			p.is("C-TAGO-6 found by its id, with what the provider keeps: "+name, out.Get("ResourceDetails[].Id")+" "+out.Get("ResourceDetails[].Name"), resource+" "+name)
			p.is("C-TAGO-6 an ARN and a time: "+name, fmt.Sprint(out.Get("ResourceDetails[].ARN") != "", out.Get("ResourceDetails[].CreatedTime") != ""), "true true")
			p.refused("C-TAGO-3 the TagOption cannot be deleted meanwhile: "+name, owner, "DeleteTagOption", args{"Id": option}, riu)
			p.ask(owner, "DisassociateTagOptionFromResource", link)
			p.is("C-TAGO-4 gone when the call returns: "+name, p.ask(owner, "ListResourcesForTagOption", list).Get("ResourceDetails[].Id"), "")
			p.refused("S-CLI-7 gone already is RNF, which is success for the provider: "+name, owner, "DisassociateTagOptionFromResource", link, rnf)

			budget := args{"BudgetName": "b", "ResourceId": resource}
			p.ask(owner, "AssociateBudgetWithResource", budget)
			p.is("C-BUDG-3 a budget is found by its name: "+name, p.ask(owner, "ListBudgetsForResource", args{"ResourceId": resource}).Get("Budgets[].BudgetName"), "b")
			p.ask(owner, "DisassociateBudgetFromResource", budget)
			p.is("C-BUDG-3 gone when the call returns: "+name, p.ask(owner, "ListBudgetsForResource", args{"ResourceId": resource}).Get("Budgets[].BudgetName"), "")
			p.refused("C-BUDG-3 gone already is RNF: "+name, owner, "DisassociateBudgetFromResource", budget, rnf)
		}
		for i := range 25 {
			p.ask(owner, "AssociateTagOptionWithResource", args{"ResourceId": p.portfolio(owner, fmt.Sprint("Extra", i)), "TagOptionId": option})
		}
		items, pages := p.pages(owner, "ListResourcesForTagOption", "PageToken", list, "ResourceDetails[].Id")
		p.is("C-GEN-10 S-LST-15 every page is read, the token being named PageToken", fmt.Sprint(len(items), pages), "25 2")
		p.ask(owner, "UpdateTagOption", args{"Active": false, "Id": option})
		items, _ = p.pages(owner, "ListResourcesForTagOption", "PageToken", list, "ResourceDetails[].Id")
		p.is("S-TAG-9 made inactive, it stays associated", fmt.Sprint(len(items)), "25")
	})
}
