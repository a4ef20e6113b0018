package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

// aws_servicecatalog_organizations_access, and what it waits for before it is destroyed.
func TestOrganizationsAccess(t *testing.T) {
	providers(t, 0, func(p *provider) {
		status := func() string { return p.ask(owner, "GetAWSOrganizationsAccessStatus", nil).Get("AccessStatus") }
		trusted := func() string {
			return p.ask(owner, "ListAWSServiceAccessForOrganization", nil).Get("EnabledServicePrincipals[].ServicePrincipal")
		}
		p.refused("S-ORG-6 before there is an organization", owner, "EnableAWSOrganizationsAccess", nil, rnf)
		p.ask(owner, "CreateOrganization", args{"FeatureSet": "ALL"})
		p.is("S-ORG-10 before", status(), "DISABLED")
		for range 2 {
			p.ask(owner, "EnableAWSOrganizationsAccess", nil)
			p.is("S-ORG-9 enabled = true, the first read is final", status(), "ENABLED")
		}
		p.is("S-ORG-7 aws_service_access_principals of the organization has it too", trusted(), "servicecatalog.amazonaws.com")

		platform := p.member("platform")
		delegate := args{"AccountId": platform, "ServicePrincipal": "servicecatalog.amazonaws.com"}
		p.ask(owner, "RegisterDelegatedAdministrator", delegate)
		p.refused("S-ORG-11 not before the delegates are deregistered", owner, "DisableAWSOrganizationsAccess", nil, ise)
		p.ask(owner, "DeregisterDelegatedAdministrator", delegate)
		for range 2 {
			p.ask(owner, "DisableAWSOrganizationsAccess", nil)
			p.is("S-ORG-9 destroyed, or enabled = false", status(), "DISABLED")
		}
		p.is("S-ORG-7 and nobody trusts it", trusted(), "")
		p.refused("S-ORG-3 a read by another account", platform, "GetAWSOrganizationsAccessStatus", nil, ons)
	})
}

// aws_servicecatalog_principal_portfolio_association.
func TestPrincipalAssociation(t *testing.T) {
	providers(t, 0, func(p *provider) {
		portfolio := p.portfolio(owner, "Storage")
		role := p.role(owner, "Engineer", "/people/")
		const pattern = "arn:aws:iam:::role/Developer*"
		list := func() string {
			items, _ := p.pages(owner, "ListPrincipalsForPortfolio", "NextPageToken", args{"AcceptLanguage": "en", "PortfolioId": portfolio}, "Principals[].PrincipalARN")
			return fmt.Sprint(len(items), " ", items[len(items)-1])
		}
		one := func(arn, kind string) args {
			return args{"AcceptLanguage": "en", "PortfolioId": portfolio, "PrincipalARN": arn, "PrincipalType": kind}
		}
		p.refused("S-PRI-2 a role that is not there is refused for good", owner, "AssociatePrincipalWithPortfolio", one(strings.Replace(role, "Engineer", "None", 1), "IAM"), ipe)
		p.ask(owner, "AssociatePrincipalWithPortfolio", one(role, "IAM"))
		p.twice("S-CLI-1 exact ARN and type, in two reads", owner, "ListPrincipalsForPortfolio", args{"AcceptLanguage": "en", "PortfolioId": portfolio}, "Principals[].PrincipalARN", role)
		p.is("C-PRIN-5 its type", p.ask(owner, "ListPrincipalsForPortfolio", args{"PortfolioId": portfolio}).Get("Principals[].PrincipalType"), "IAM")
		p.ask(owner, "AssociatePrincipalWithPortfolio", one(role, "IAM"))
		p.is("S-PRI-8 a repeated create is one association, for the provider expects exactly one", list(), "1 "+role)
		p.ask(owner, "AssociatePrincipalWithPortfolio", one(pattern, "IAM_PATTERN"))
		p.is("S-PRI-4 a pattern as it was given", p.ask(owner, "ListPrincipalsForPortfolio", args{"PortfolioId": portfolio}).Get("Principals[].PrincipalType"), "IAM IAM_PATTERN")
		for i := range 30 {
			p.ask(owner, "AssociatePrincipalWithPortfolio", one(p.role(owner, fmt.Sprint("Extra", i), "/"), "IAM"))
		}
		items, pages := p.pages(owner, "ListPrincipalsForPortfolio", "NextPageToken", args{"AcceptLanguage": "en", "PortfolioId": portfolio}, "Principals[].PrincipalARN")
		p.is("S-LST-13 every page is read", fmt.Sprint(len(items), pages), "32 2")

		p.refused("S-PRI-8 another type is another association", owner, "DisassociatePrincipalFromPortfolio", one(pattern, "IAM"), rnf)
		for _, in := range []args{one(role, "IAM"), one(pattern, "IAM_PATTERN")} {
			p.ask(owner, "DisassociatePrincipalFromPortfolio", in)
			items, _ := p.pages(owner, "ListPrincipalsForPortfolio", "NextPageToken", args{"AcceptLanguage": "en", "PortfolioId": portfolio}, "Principals[].PrincipalARN")
			p.is("S-PRI-8 gone when the call returns", fmt.Sprint(slices.Contains(items, in["PrincipalARN"].(string))), "false")
			p.refused("S-CLI-7 gone already is RNF, which is success for the provider", owner, "DisassociatePrincipalFromPortfolio", in, rnf)
		}
		p.refused("S-GEN-7 a read of a portfolio that is gone", owner, "ListPrincipalsForPortfolio", args{"AcceptLanguage": "en", "PortfolioId": "port-gone"}, rnf)
	})
}

// aws_servicecatalog_product_portfolio_association, of an own product and of an imported one.
func TestProductAssociation(t *testing.T) {
	providers(t, 0, func(p *provider) {
		portfolio := p.portfolio(owner, "Storage")
		product := p.product(owner, "Bucket", p.s.Template(p.t, owner))
		p.put(owner, product, portfolio)
		of := args{"AcceptLanguage": "en", "ProductId": product}
		p.twice("C-PORT-6 listed in two reads", owner, "ListPortfoliosForProduct", of, "PortfolioDetails[].Id", portfolio)
		p.put(owner, product, portfolio)
		p.is("S-LOC-4 a repeated create is one association", p.ask(owner, "ListPortfoliosForProduct", of).Get("PortfolioDetails[].Id"), portfolio)

		local := p.portfolio(recipient, "Local")
		take := args{"AcceptLanguage": "en", "PortfolioId": local, "ProductId": product, "SourcePortfolioId": portfolio}
		p.refused("S-LOC-2 before the share is accepted", recipient, "AssociateProductWithPortfolio", take, rnf)
		p.ask(owner, "CreatePortfolioShare", args{"AccountId": recipient, "PortfolioId": portfolio})
		p.ask(recipient, "AcceptPortfolioShare", args{"PortfolioId": portfolio})
		p.ask(recipient, "AssociateProductWithPortfolio", take)
		got := strings.Fields(p.ask(recipient, "ListPortfoliosForProduct", of).Get("PortfolioDetails[].Id"))
		want := []string{local, portfolio}
		slices.Sort(got)
		slices.Sort(want)
		p.is("S-LST-12 the recipient's local portfolio is listed, and the imported one", fmt.Sprint(got), fmt.Sprint(want))
		p.is("S-LST-12 the owner does not see the recipient's", p.ask(owner, "ListPortfoliosForProduct", of).Get("PortfolioDetails[].Id"), portfolio)

		out := args{"AcceptLanguage": "en", "PortfolioId": local, "ProductId": product}
		p.ask(recipient, "DisassociateProductFromPortfolio", out)
		p.is("S-LOC-7 gone when the call returns", p.ask(recipient, "ListPortfoliosForProduct", of).Get("PortfolioDetails[].Id"), portfolio)
		p.refused("S-CLI-7 gone already is RNF, which is success for the provider", recipient, "DisassociateProductFromPortfolio", out, rnf)
		p.ask(recipient, "AssociateProductWithPortfolio", take)
		p.ask(owner, "DeletePortfolioShare", args{"AccountId": recipient, "PortfolioId": portfolio})
		p.refused("S-DEL-5 after the share the read is RNF, so the association is planned again", recipient, "ListPortfoliosForProduct", of, rnf)

		for i := range 24 {
			p.put(owner, product, p.portfolio(owner, fmt.Sprint("Extra", i)))
		}
		items, pages := p.pages(owner, "ListPortfoliosForProduct", "NextPageToken", of, "PortfolioDetails[].Id")
		p.is("S-LST-14 every page is read", fmt.Sprint(len(items), pages), "25 2")
	})
}

// aws_servicecatalog_launch_paths asks until there is a path, twice in a row, by a provider with assume_role.
func TestLaunchPaths(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		p := &provider{t, servertest.Start(t, servertest.Options{Store: o})} // whose clock goes on, for sessions are signed
		portfolio := p.portfolio(owner, "Storage")
		product := p.product(owner, "Bucket", p.s.Template(t, owner))
		p.put(owner, product, portfolio)
		p.refused("S-LCH-4 S-PRI-10 the root is in no portfolio", owner, "ListLaunchPaths", args{"AcceptLanguage": "en", "ProductId": product}, rnf)
		paths := p.session(owner, "EndUser")
		p.is("S-LCH-4 before the association", paths(product), rnf)
		p.ask(owner, "AssociatePrincipalWithPortfolio", args{"AcceptLanguage": "en", "PortfolioId": portfolio, "PrincipalARN": "arn:aws:iam::111111111111:role/EndUser", "PrincipalType": "IAM"})
		for _, read := range []string{"first", "second"} {
			p.is("S-LCH-2 after it, "+read+" read", paths(product), "Storage")
		}
	})
}
