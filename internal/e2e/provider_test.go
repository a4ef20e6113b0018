package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"portico/internal/ident"
	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

// The accounts of the tests here. The owner manages the organization, where there is one.
const (
	owner     = ident.Account("111111111111")
	recipient = ident.Account("222222222222")
	late      = ident.Account("333333333333")
	region    = ident.Region("us-east-1")
)

type args = servertest.Args

// provider makes the calls that Terraform's AWS provider makes, in its order and with the members that it sends: what is
// false or empty it leaves out.
type provider struct {
	t *testing.T
	s *servertest.Server
}

// providers runs body on both databases. The clock stands still, and share work takes as long as delay.
func providers(t *testing.T, delay time.Duration, body func(p *provider)) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		body(&provider{t, servertest.Start(t, servertest.Options{Store: o, Exact: true, ShareDelay: delay})})
	})
}

// call makes a call, refused or not.
func (p *provider) call(who ident.Account, op string, in args) servertest.Answer {
	p.t.Helper()
	out, err := p.s.Ask(context.Background(), who, region, op, in)
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

// ask makes a call that must succeed.
func (p *provider) ask(who ident.Account, op string, in args) servertest.Answer {
	p.t.Helper()
	out := p.call(who, op, in)
	if out.Code != "" {
		p.t.Fatalf("%s by %s of %v: %s: %s", op, who, in, out.Code, out.Message)
	}
	return out
}

// is shows that an answer is the expected one.
func (p *provider) is(name, got, want string) {
	p.t.Helper()
	p.t.Run(name, func(t *testing.T) {
		t.Helper()
		if got != want {
			t.Errorf("\n got %q\nwant %q", got, want)
		}
	})
}

// refused shows that a call is refused with a code, and never in the words that ask the provider to try again. (S-CLI-6)
func (p *provider) refused(name string, who ident.Account, op string, in args, code string) {
	p.t.Helper()
	out := p.call(who, op, in)
	p.is(name, out.Code, code)
	if strings.Contains(out.Message, "profile does not exist") {
		p.t.Errorf("S-CLI-6 %s would be tried again for minutes: %s", name, out.Message)
	}
}

// twice shows that two reads in a row, as far apart as the provider's, both find what is expected.
func (p *provider) twice(name string, who ident.Account, op string, in args, path, want string) {
	p.t.Helper()
	first := p.ask(who, op, in).Get(path)
	p.s.Clock.Advance(2 * time.Second)
	p.is(name, first+" and again "+p.ask(who, op, in).Get(path), want+" and again "+want)
}

// pages reads a list to its end. The token is named differently in answers. (C-GEN-10)
func (p *provider) pages(who ident.Account, op, token string, in args, path string) (items []string, pages int) {
	p.t.Helper()
	for {
		out := p.ask(who, op, in)
		items, pages = append(items, strings.Fields(out.Get(path))...), pages+1
		next := out.Get(token)
		if next == "" {
			return items, pages
		}
		more := args{"PageToken": next}
		for k, v := range in {
			if k != "PageToken" {
				more[k] = v
			}
		}
		in = more
	}
}

// portfolio is aws_servicecatalog_portfolio.
func (p *provider) portfolio(who ident.Account, name string) string {
	p.t.Helper()
	return p.ask(who, "CreatePortfolio", args{"AcceptLanguage": "en", "DisplayName": name, "IdempotencyToken": "terraform-" + name, "ProviderName": "Platform"}).Get("PortfolioDetail.Id")
}

// product is aws_servicecatalog_product of a template in a bucket.
func (p *provider) product(who ident.Account, name, template string) string {
	p.t.Helper()
	return p.ask(who, "CreateProduct", args{"AcceptLanguage": "en", "IdempotencyToken": "terraform-" + name, "Name": name, "Owner": "Platform", "ProductType": "CLOUD_FORMATION_TEMPLATE",
		"ProvisioningArtifactParameters": args{"Info": args{"LoadTemplateFromURL": template}, "Name": "v1", "Type": "CLOUD_FORMATION_TEMPLATE"},
	}).Get("ProductViewDetail.ProductViewSummary.ProductId")
}

// put is aws_servicecatalog_product_portfolio_association of an own product.
func (p *provider) put(who ident.Account, product, portfolio string) {
	p.t.Helper()
	p.ask(who, "AssociateProductWithPortfolio", args{"AcceptLanguage": "en", "PortfolioId": portfolio, "ProductId": product})
}

// organization is aws_organizations_organization with units below each other, opened for sharing.
func (p *provider) organization(units ...string) (id string, ous []string) {
	p.t.Helper()
	id = p.ask(owner, "CreateOrganization", args{"FeatureSet": "ALL"}).Get("Organization.Id")
	parent := p.ask(owner, "ListRoots", nil).Get("Roots[].Id")
	for _, name := range units {
		parent = p.ask(owner, "CreateOrganizationalUnit", args{"Name": name, "ParentId": parent}).Get("OrganizationalUnit.Id")
		ous = append(ous, parent)
	}
	p.ask(owner, "EnableAWSOrganizationsAccess", nil)
	return id, ous
}

// member is aws_organizations_account.
func (p *provider) member(name string) ident.Account {
	p.t.Helper()
	status := p.ask(owner, "CreateAccount", args{"AccountName": name, "Email": name + "@example.com"}).Get("CreateAccountStatus.Id")
	return ident.Account(p.ask(owner, "DescribeCreateAccountStatus", args{"CreateAccountRequestId": status}).Get("CreateAccountStatus.AccountId"))
}

const (
	rnf = "ResourceNotFoundException"
	ipe = "InvalidParametersException"
	ise = "InvalidStateException"
	ons = "OperationNotSupportedException"
	dre = "DuplicateResourceException"
	riu = "ResourceInUseException"
)
