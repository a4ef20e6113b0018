package examples_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"portico/internal/ident"
	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

const (
	ownerID     = ident.Account("111111111111")
	recipientID = ident.Account("222222222222")
	otherID     = ident.Account("333333333333")
	templateKey = "bucket.template.yaml"
)

// The errors of the service catalog, as the SDK knows them.
type (
	invalid     = *types.InvalidParametersException
	notFound    = *types.ResourceNotFoundException
	unsupported = *types.OperationNotSupportedException
	inUse       = *types.ResourceInUseException
	wrongState  = *types.InvalidStateException
)

var ctx = context.Background()

// party is a caller with a client of every service.
type party struct {
	id      ident.Account
	catalog *servicecatalog.Client
	orgs    *organizations.Client
	iam     *iam.Client
	sts     *sts.Client
	s3      *s3.Client
}

func newParty(id ident.Account, c aws.Config) party {
	return party{id: id, catalog: servicecatalog.NewFromConfig(c), orgs: organizations.NewFromConfig(c), iam: iam.NewFromConfig(c),
		sts: sts.NewFromConfig(c), s3: s3.NewFromConfig(c, func(o *s3.Options) { o.UsePathStyle = true })}
}

// story is one whole server and the accounts that meet on it.
type story struct {
	*testing.T
	server                  *servertest.Server
	owner, recipient, other party
	template                string // its address
}

func stories(t *testing.T, tell func(s *story)) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		t.Parallel()
		s := &story{T: t, server: servertest.Start(t, servertest.Options{Store: o})}
		s.owner, s.recipient, s.other = s.root(ownerID), s.root(recipientID), s.root(otherID)
		s.template = s.upload(s.owner, "templates-owner")
		tell(s)
	})
}

func (s *story) root(id ident.Account) party { return newParty(id, s.server.Root(id, "us-east-1")) }

// ok stops the story at an error nobody expected.
func ok[T any](out T, err error) func(s *story) T {
	return func(s *story) T {
		s.Helper()
		if err != nil {
			s.Fatal(err)
		}
		return out
	}
}

// refused shows that a call failed with the error E of its SDK.
func refused[E error, T any](_ T, err error) func(s *story, what string) {
	return func(s *story, what string) {
		s.Helper()
		if _, as := errors.AsType[E](err); !as {
			s.Errorf("%s: got %v, want %T", what, err, *new(E))
		}
	}
}

func (s *story) is(what string, got, want any) {
	s.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		s.Errorf("%s: got %s, want %s", what, g, w)
	}
}

// upload puts the template into a new bucket and returns its address there.
func (s *story) upload(p party, bucket string) string {
	s.Helper()
	body, err := os.ReadFile(templateKey)
	if err != nil {
		s.Fatal(err)
	}
	ok(p.s3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket}))(s)
	ok(p.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: aws.String(templateKey), Body: bytes.NewReader(body)}))(s)
	return s.server.URL + "/" + bucket + "/" + templateKey
}

func (s *story) portfolio(p party, name string) string {
	s.Helper()
	return *ok(p.catalog.CreatePortfolio(ctx, &servicecatalog.CreatePortfolioInput{DisplayName: &name, ProviderName: aws.String("Platform")}))(s).PortfolioDetail.Id
}

// product makes one and puts it into portfolios; it returns its id and that of its version.
func (s *story) product(p party, name, template string, portfolios ...string) (id, version string) {
	s.Helper()
	out := ok(p.catalog.CreateProduct(ctx, &servicecatalog.CreateProductInput{Name: &name, Owner: aws.String("Platform"), ProductType: types.ProductTypeCloudFormationTemplate,
		ProvisioningArtifactParameters: &types.ProvisioningArtifactProperties{Name: aws.String("v1"), Info: map[string]string{"LoadTemplateFromURL": template}}}))(s)
	id = *out.ProductViewDetail.ProductViewSummary.ProductId
	for _, portfolio := range portfolios {
		ok(p.catalog.AssociateProductWithPortfolio(ctx, &servicecatalog.AssociateProductWithPortfolioInput{ProductId: &id, PortfolioId: &portfolio}))(s)
	}
	return id, *out.ProvisioningArtifactDetail.Id
}

// take puts an imported product into a local portfolio.
func take(p party, product, source, portfolio string) (*servicecatalog.AssociateProductWithPortfolioOutput, error) {
	return p.catalog.AssociateProductWithPortfolio(ctx, &servicecatalog.AssociateProductWithPortfolioInput{ProductId: &product, PortfolioId: &portfolio, SourcePortfolioId: &source})
}

func toAccount(portfolio string, to ident.Account) *servicecatalog.CreatePortfolioShareInput {
	return &servicecatalog.CreatePortfolioShareInput{PortfolioId: &portfolio, AccountId: aws.String(string(to))}
}

func toNode(portfolio string, n *types.OrganizationNode) *servicecatalog.CreatePortfolioShareInput {
	return &servicecatalog.CreatePortfolioShareInput{PortfolioId: &portfolio, OrganizationNode: n}
}

func node(kind types.OrganizationNodeType, id string) *types.OrganizationNode {
	return &types.OrganizationNode{Type: kind, Value: &id}
}

func (s *story) share(p party, portfolio string, to party) {
	s.Helper()
	ok(p.catalog.CreatePortfolioShare(ctx, toAccount(portfolio, to.id)))(s)
	ok(accept(to, portfolio, ""))(s)
}

func accept(p party, portfolio string, kind types.PortfolioShareType) (*servicecatalog.AcceptPortfolioShareOutput, error) {
	return p.catalog.AcceptPortfolioShare(ctx, &servicecatalog.AcceptPortfolioShareInput{PortfolioId: &portfolio, PortfolioShareType: kind})
}

func reject(p party, portfolio string, kind types.PortfolioShareType) (*servicecatalog.RejectPortfolioShareOutput, error) {
	return p.catalog.RejectPortfolioShare(ctx, &servicecatalog.RejectPortfolioShareInput{PortfolioId: &portfolio, PortfolioShareType: kind})
}

func describe(p party, portfolio string) (*servicecatalog.DescribePortfolioOutput, error) {
	return p.catalog.DescribePortfolio(ctx, &servicecatalog.DescribePortfolioInput{Id: &portfolio})
}

// imported lists the portfolios that an account imports in one way.
func (s *story) imported(p party, kind types.PortfolioShareType) (ids []string) {
	s.Helper()
	for _, d := range ok(p.catalog.ListAcceptedPortfolioShares(ctx, &servicecatalog.ListAcceptedPortfolioSharesInput{PortfolioShareType: kind}))(s).PortfolioDetails {
		ids = append(ids, *d.Id)
	}
	return ids
}

// products lists what an account's administrator sees in a portfolio.
func (s *story) products(p party, portfolio string) (ids []string) {
	s.Helper()
	in := &servicecatalog.SearchProductsAsAdminInput{PortfolioId: &portfolio, SortBy: types.ProductViewSortByCreationDate}
	for _, d := range ok(p.catalog.SearchProductsAsAdmin(ctx, in))(s).ProductViewDetails {
		ids = append(ids, *d.ProductViewSummary.ProductId)
	}
	return ids
}

// found lists what an end user finds.
func (s *story) found(p party) (ids []string) {
	s.Helper()
	pages := servicecatalog.NewSearchProductsPaginator(p.catalog, &servicecatalog.SearchProductsInput{SortBy: types.ProductViewSortByCreationDate, PageSize: 1})
	for pages.HasMorePages() {
		for _, v := range ok(pages.NextPage(ctx))(s).ProductViewSummaries {
			ids = append(ids, *v.ProductId)
		}
	}
	return ids
}

// developer makes a role and returns its ARN and a party that is a session of it.
func (s *story) developer(p party) (arn string, session party) {
	s.Helper()
	trust := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::%s:root"},"Action":"sts:AssumeRole"}]}`, p.id)
	arn = *ok(p.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("Developer"), AssumeRolePolicyDocument: &trust}))(s).Role.Arn
	ok(p.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("Developer"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AWSServiceCatalogEndUserFullAccess")}))(s)
	c := ok(p.sts.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: &arn, RoleSessionName: aws.String("ann")}))(s).Credentials
	session = newParty(p.id, s.server.With(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken, "us-east-1"))
	who := ok(session.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}))(s)
	s.is("the session", *who.Arn, fmt.Sprintf("arn:aws:sts::%s:assumed-role/Developer/ann", p.id))
	return arn, session
}

func grant(p party, portfolio, arn string) (*servicecatalog.AssociatePrincipalWithPortfolioOutput, error) {
	return p.catalog.AssociatePrincipalWithPortfolio(ctx, &servicecatalog.AssociatePrincipalWithPortfolioInput{PortfolioId: &portfolio, PrincipalARN: &arn, PrincipalType: types.PrincipalTypeIam})
}

func paths(p party, product string) (*servicecatalog.ListLaunchPathsOutput, error) {
	return p.catalog.ListLaunchPaths(ctx, &servicecatalog.ListLaunchPathsInput{ProductId: &product})
}

// TestStory is the story of share.sh: one account shares with another.
func TestStory(t *testing.T) {
	stories(t, func(s *story) {
		portfolio := s.portfolio(s.owner, "Storage")
		first, version := s.product(s.owner, "Private bucket", s.template, portfolio)
		s.is("an account share has no token", ok(s.owner.catalog.CreatePortfolioShare(ctx, toAccount(portfolio, recipientID)))(s).PortfolioShareToken, (*string)(nil))
		s.pending(portfolio, first, version)

		ok(accept(s.recipient, portfolio, ""))(s)
		s.is("imported", s.imported(s.recipient, ""), []string{portfolio})
		s.is("its ARN is the owner's", *ok(describe(s.recipient, portfolio))(s).PortfolioDetail.ARN, "arn:aws:catalog:us-east-1:111111111111:portfolio/"+portfolio)
		s.is("its product", s.products(s.recipient, portfolio), []string{first})
		versions := ok(s.recipient.catalog.ListProvisioningArtifacts(ctx, &servicecatalog.ListProvisioningArtifactsInput{ProductId: &first}))(s)
		s.is("its version", *versions.ProvisioningArtifactDetails[0].Id, version)
		read := ok(s.recipient.catalog.DescribeProvisioningArtifact(ctx, &servicecatalog.DescribeProvisioningArtifactInput{ProvisioningArtifactId: &version, IncludeProvisioningArtifactParameters: true}))(s)
		s.is("the template's parameters", len(read.ProvisioningArtifactParameters), 3)

		arn, session := s.developer(s.recipient)
		s.is("nothing without a principal", len(s.found(session)), 0)
		ok(grant(s.recipient, portfolio, arn))(s)
		s.is("found", s.found(session), []string{first})
		path := ok(paths(session, first))(s).LaunchPathSummaries
		s.is("its launch path", *path[0].Name, "Storage")

		second, _ := s.product(s.owner, "Versioned bucket", s.template, portfolio)
		s.is("added by the owner", s.found(session), []string{first, second})
		ok(s.owner.catalog.DisassociateProductFromPortfolio(ctx, &servicecatalog.DisassociateProductFromPortfolioInput{PortfolioId: &portfolio, ProductId: &first}))(s)
		s.is("removed by the owner", s.found(session), []string{second})
		refused[notFound](paths(session, first))(s, "its path")

		local := s.portfolio(s.recipient, "Local")
		ok(take(s.recipient, second, portfolio, local))(s)
		ok(s.owner.catalog.DeletePortfolioShare(ctx, &servicecatalog.DeletePortfolioShareInput{PortfolioId: &portfolio, AccountId: aws.String(string(recipientID))}))(s)
		s.is("found without the share", len(s.found(session)), 0)
		s.is("imported without the share", len(s.imported(s.recipient, "")), 0)
		s.is("gone from the local portfolio", len(s.products(s.recipient, local)), 0)
		refused[notFound](describe(s.recipient, portfolio))(s, "the portfolio without the share")
		refused[notFound](accept(s.recipient, portfolio, ""))(s, "accepting what is no longer offered")
	})
}

// pending shows that what is only offered is not there.
func (s *story) pending(portfolio, product, version string) {
	s.Helper()
	c := s.recipient.catalog
	s.is("imported before acceptance", len(s.imported(s.recipient, "")), 0)
	refused[notFound](describe(s.recipient, portfolio))(s, "portfolio before acceptance")
	refused[notFound](c.SearchProductsAsAdmin(ctx, &servicecatalog.SearchProductsAsAdminInput{PortfolioId: &portfolio}))(s, "search before acceptance")
	refused[notFound](c.DescribeProductAsAdmin(ctx, &servicecatalog.DescribeProductAsAdminInput{Id: &product}))(s, "product before acceptance")
	refused[notFound](c.DescribeProvisioningArtifact(ctx, &servicecatalog.DescribeProvisioningArtifactInput{ProvisioningArtifactId: &version}))(s, "version before acceptance")
	refused[notFound](c.ListPortfoliosForProduct(ctx, &servicecatalog.ListPortfoliosForProductInput{ProductId: &product}))(s, "portfolios of the product before acceptance")
	refused[notFound](c.ListPrincipalsForPortfolio(ctx, &servicecatalog.ListPrincipalsForPortfolioInput{PortfolioId: &portfolio}))(s, "principals before acceptance")
	refused[notFound](take(s.recipient, product, portfolio, s.portfolio(s.recipient, "Early")))(s, "taking before acceptance")
}

// found an organization of the owner with three nested units, enabled for sharing, and returns its id and its nodes from
// the root down.
func (s *story) organization() (id string, nodes []string) {
	s.Helper()
	id = *ok(s.owner.orgs.CreateOrganization(ctx, &organizations.CreateOrganizationInput{FeatureSet: orgtypes.OrganizationFeatureSetAll}))(s).Organization.Id
	nodes = append(nodes, *ok(s.owner.orgs.ListRoots(ctx, &organizations.ListRootsInput{}))(s).Roots[0].Id)
	for i, name := range []string{"Workloads", "Production", "Payments"} {
		unit := ok(s.owner.orgs.CreateOrganizationalUnit(ctx, &organizations.CreateOrganizationalUnitInput{ParentId: &nodes[i], Name: &name}))(s)
		nodes = append(nodes, *unit.OrganizationalUnit.Id)
	}
	ok(s.owner.catalog.EnableAWSOrganizationsAccess(ctx, &servicecatalog.EnableAWSOrganizationsAccessInput{}))(s)
	return id, nodes
}

// account makes a member.
func (s *story) account(name string) party {
	s.Helper()
	out := ok(s.owner.orgs.CreateAccount(ctx, &organizations.CreateAccountInput{AccountName: &name, Email: aws.String(name + "@example.com")}))(s)
	made := ok(s.owner.orgs.DescribeCreateAccountStatus(ctx, &organizations.DescribeCreateAccountStatusInput{CreateAccountRequestId: out.CreateAccountStatus.Id}))(s)
	s.is("the state of the new account", made.CreateAccountStatus.State, orgtypes.CreateAccountStateSucceeded)
	return s.root(ident.Account(*made.CreateAccountStatus.AccountId))
}

func (s *story) move(p party, from, to string) {
	s.Helper()
	ok(s.owner.orgs.MoveAccount(ctx, &organizations.MoveAccountInput{AccountId: aws.String(string(p.id)), SourceParentId: &from, DestinationParentId: &to}))(s)
}

// invite brings an account that is there already into the organization.
func (s *story) invite(p party) {
	s.Helper()
	target := &orgtypes.HandshakeParty{Id: aws.String(string(p.id)), Type: orgtypes.HandshakePartyTypeAccount}
	h := ok(s.owner.orgs.InviteAccountToOrganization(ctx, &organizations.InviteAccountToOrganizationInput{Target: target}))(s)
	ok(p.orgs.AcceptHandshake(ctx, &organizations.AcceptHandshakeInput{HandshakeId: h.Handshake.Id}))(s)
}

func (s *story) delegate(p party) {
	s.Helper()
	ok(s.owner.orgs.RegisterDelegatedAdministrator(ctx, &organizations.RegisterDelegatedAdministratorInput{
		AccountId: aws.String(string(p.id)), ServicePrincipal: aws.String("servicecatalog.amazonaws.com")}))(s)
}

// TestOrganizationStory is the second half of share.sh: an account shares with a unit of its organization.
func TestOrganizationStory(t *testing.T) {
	stories(t, func(s *story) {
		_, nodes := s.organization()
		root, workloads, production, payments := nodes[0], nodes[1], nodes[2], nodes[3]
		deep := s.account("deep")
		s.move(deep, root, payments)
		portfolio := s.portfolio(s.owner, "Storage")
		product, _ := s.product(s.owner, "Private bucket", s.template, portfolio)
		token := ok(s.owner.catalog.CreatePortfolioShare(ctx, toNode(portfolio, node(types.OrganizationNodeTypeOrganizationalUnit, workloads))))(s).PortfolioShareToken
		status := ok(s.owner.catalog.DescribePortfolioShareStatus(ctx, &servicecatalog.DescribePortfolioShareStatusInput{PortfolioShareToken: token}))(s)
		s.is("the share", status.Status, types.ShareStatusCompleted)
		s.is("whom it reached", status.ShareDetails.SuccessfulShares, []string{string(deep.id)})
		s.is("three units down, without accepting", s.imported(deep, types.PortfolioShareTypeAwsOrganizations), []string{portfolio})

		late := s.account("late")
		s.is("at the root", len(s.imported(late, types.PortfolioShareTypeAwsOrganizations)), 0)
		s.move(late, root, production)
		s.is("moved in", s.imported(late, types.PortfolioShareTypeAwsOrganizations), []string{portfolio})
		s.is("moved in, its products", s.products(late, portfolio), []string{product})
		arn, session := s.developer(late)
		ok(grant(late, portfolio, arn))(s)
		s.is("moved in, a session", s.found(session), []string{product})
		s.move(late, production, root)
		s.is("moved out", len(s.imported(late, types.PortfolioShareTypeAwsOrganizations)), 0)
		s.is("moved out, a session", len(s.found(session)), 0)
		refused[notFound](describe(late, portfolio))(s, "moved out")
		s.move(late, root, workloads)
		s.is("moved back, the session is still not associated", len(s.found(session)), 0)

		gone := ok(s.owner.catalog.DeletePortfolioShare(ctx, &servicecatalog.DeletePortfolioShareInput{PortfolioId: &portfolio, OrganizationNode: node(types.OrganizationNodeTypeOrganizationalUnit, workloads)}))(s)
		status = ok(s.owner.catalog.DescribePortfolioShareStatus(ctx, &servicecatalog.DescribePortfolioShareStatusInput{PortfolioShareToken: gone.PortfolioShareToken}))(s)
		s.is("the end of the share", status.Status, types.ShareStatusCompleted)
		s.is("after the end", len(s.imported(deep, types.PortfolioShareTypeAwsOrganizations)), 0)
	})
}

// TestReshareRefused: what is imported is shared no further, in whatever form and with whomever.
func TestReshareRefused(t *testing.T) {
	stories(t, func(s *story) {
		id, nodes := s.organization()
		s.invite(s.recipient)
		s.invite(s.other)
		s.delegate(s.recipient) // so that privilege is not what is missing
		targets := func(portfolio string) []*servicecatalog.CreatePortfolioShareInput {
			return []*servicecatalog.CreatePortfolioShareInput{toAccount(portfolio, otherID), toNode(portfolio, node(types.OrganizationNodeTypeOrganization, id)),
				toNode(portfolio, node(types.OrganizationNodeTypeOrganizationalUnit, nodes[1])), toNode(portfolio, node(types.OrganizationNodeTypeAccount, string(otherID)))}
		}
		portfolio, byOrg := s.portfolio(s.owner, "Storage"), s.portfolio(s.owner, "By organization")
		product, _ := s.product(s.owner, "Private bucket", s.template, portfolio)
		s.share(s.owner, portfolio, s.recipient)
		ok(s.owner.catalog.CreatePortfolioShare(ctx, toNode(byOrg, node(types.OrganizationNodeTypeOrganization, id))))(s)
		for _, imported := range []string{portfolio, byOrg} {
			for _, in := range targets(imported) {
				refused[unsupported](s.recipient.catalog.CreatePortfolioShare(ctx, in))(s, "sharing an imported portfolio")
				refused[unsupported](s.recipient.catalog.UpdatePortfolioShare(ctx, &servicecatalog.UpdatePortfolioShareInput{PortfolioId: in.PortfolioId, AccountId: in.AccountId,
					OrganizationNode: in.OrganizationNode, ShareTagOptions: aws.Bool(true)}))(s, "updating the share of an imported portfolio")
				refused[unsupported](s.recipient.catalog.DeletePortfolioShare(ctx, &servicecatalog.DeletePortfolioShareInput{PortfolioId: in.PortfolioId, AccountId: in.AccountId,
					OrganizationNode: in.OrganizationNode}))(s, "deleting the share of an imported portfolio")
			}
		}
		local := s.portfolio(s.recipient, "Local")
		ok(take(s.recipient, product, portfolio, local))(s)
		for _, in := range targets(local) {
			refused[unsupported](s.recipient.catalog.CreatePortfolioShare(ctx, in))(s, "sharing an own portfolio that holds an imported product")
		}
		for _, in := range targets(s.portfolio(s.recipient, "Clean")) {
			ok(s.recipient.catalog.CreatePortfolioShare(ctx, in))(s)
			refused[invalid](take(s.recipient, product, portfolio, *in.PortfolioId))(s, "taking an imported product into a portfolio that is shared")
		}
	})
}

// TestImportedIsReadOnly: portfolio, products and versions of another account cannot be changed, and are in one region.
func TestImportedIsReadOnly(t *testing.T) {
	stories(t, func(s *story) {
		portfolio := s.portfolio(s.owner, "Storage")
		product, version := s.product(s.owner, "Private bucket", s.template, portfolio)
		s.share(s.owner, portfolio, s.recipient)
		own, _ := s.product(s.recipient, "Own", s.upload(s.recipient, "templates-recipient"))
		c := s.recipient.catalog
		refused[invalid](c.UpdatePortfolio(ctx, &servicecatalog.UpdatePortfolioInput{Id: &portfolio, DisplayName: aws.String("Mine")}))(s, "updating the portfolio")
		refused[invalid](c.DeletePortfolio(ctx, &servicecatalog.DeletePortfolioInput{Id: &portfolio}))(s, "deleting the portfolio")
		refused[invalid](c.AssociateProductWithPortfolio(ctx, &servicecatalog.AssociateProductWithPortfolioInput{PortfolioId: &portfolio, ProductId: &own}))(s, "adding a product")
		refused[invalid](c.DisassociateProductFromPortfolio(ctx, &servicecatalog.DisassociateProductFromPortfolioInput{PortfolioId: &portfolio, ProductId: &product}))(s, "removing a product")
		refused[invalid](c.UpdateProduct(ctx, &servicecatalog.UpdateProductInput{Id: &product, Name: aws.String("Mine")}))(s, "updating the product")
		refused[invalid](c.DeleteProduct(ctx, &servicecatalog.DeleteProductInput{Id: &product}))(s, "deleting the product")
		refused[invalid](c.CreateProvisioningArtifact(ctx, &servicecatalog.CreateProvisioningArtifactInput{ProductId: &product,
			Parameters: &types.ProvisioningArtifactProperties{Info: map[string]string{"LoadTemplateFromURL": s.template}}}))(s, "adding a version")
		refused[invalid](c.UpdateProvisioningArtifact(ctx, &servicecatalog.UpdateProvisioningArtifactInput{ProductId: &product, ProvisioningArtifactId: &version, Active: aws.Bool(false)}))(s, "updating the version")
		refused[invalid](c.DeleteProvisioningArtifact(ctx, &servicecatalog.DeleteProvisioningArtifactInput{ProductId: &product, ProvisioningArtifactId: &version}))(s, "deleting the version")
		refused[notFound](c.DescribePortfolioShares(ctx, &servicecatalog.DescribePortfolioSharesInput{PortfolioId: &portfolio, Type: types.DescribePortfolioShareTypeAccount}))(s, "listing its shares")
		refused[notFound](c.ListPortfolioAccess(ctx, &servicecatalog.ListPortfolioAccessInput{PortfolioId: &portfolio}))(s, "listing who has access")
		refused[inUse](s.owner.catalog.DeletePortfolio(ctx, &servicecatalog.DeletePortfolioInput{Id: &portfolio}))(s, "the owner deleting what it shares")
		s.is("nothing changed", s.products(s.recipient, portfolio), []string{product})

		abroad := newParty(recipientID, s.server.Root(recipientID, "eu-west-1"))
		refused[notFound](describe(abroad, portfolio))(s, "the portfolio in another region")
		refused[notFound](abroad.catalog.DescribeProductAsAdmin(ctx, &servicecatalog.DescribeProductAsAdminInput{Id: &product}))(s, "the product in another region")
		refused[notFound](accept(abroad, portfolio, ""))(s, "accepting in another region")
		refused[notFound](take(abroad, product, portfolio, s.portfolio(abroad, "Abroad")))(s, "taking in another region")
		ownerAbroad := newParty(ownerID, s.server.Root(ownerID, "eu-west-1"))
		refused[notFound](ownerAbroad.catalog.CreatePortfolioShare(ctx, toAccount(portfolio, otherID)))(s, "sharing from another region")
		s.is("imports in another region", len(s.imported(abroad, "")), 0)

		foreign := s.upload(s.owner, "private-templates")
		refused[invalid](c.CreateProduct(ctx, &servicecatalog.CreateProductInput{Name: aws.String("Stolen"), Owner: aws.String("X"), ProductType: types.ProductTypeCloudFormationTemplate,
			ProvisioningArtifactParameters: &types.ProvisioningArtifactProperties{Info: map[string]string{"LoadTemplateFromURL": foreign}}}))(s, "a template in another account's bucket")
	})
}

// TestTemplateAddresses: every address of an object in a bucket of this server, read with the caller's rights.
func TestTemplateAddresses(t *testing.T) {
	stories(t, func(s *story) {
		port := s.server.URL[strings.LastIndexByte(s.server.URL, ':'):]
		const bucket = "templates-owner"
		load := func(p party, address string) (*servicecatalog.CreateProductOutput, error) {
			return p.catalog.CreateProduct(ctx, &servicecatalog.CreateProductInput{Name: aws.String("X"), Owner: aws.String("X"), ProductType: types.ProductTypeCloudFormationTemplate,
				ProvisioningArtifactParameters: &types.ProvisioningArtifactProperties{Info: map[string]string{"LoadTemplateFromURL": address}}})
		}
		for _, place := range []string{"http://127.0.0.1" + port + "/" + bucket + "/", "http://localhost" + port + "/" + bucket + "/", "http://" + bucket + ".localhost" + port + "/",
			"https://" + bucket + ".s3.us-east-1.amazonaws.com/", "https://s3.us-east-1.amazonaws.com/" + bucket + "/", "https://" + bucket + ".s3.amazonaws.com/",
			"https://s3.amazonaws.com/" + bucket + "/"} {
			made := ok(load(s.owner, place+templateKey))(s)
			read := ok(s.owner.catalog.DescribeProvisioningArtifact(ctx, &servicecatalog.DescribeProvisioningArtifactInput{ProvisioningArtifactId: made.ProvisioningArtifactDetail.Id}))(s)
			s.is("the address comes back", read.Info["TemplateUrl"], place+templateKey)
			refused[invalid](load(s.owner, place+"missing.yaml"))(s, place+": no such object")
			refused[invalid](load(s.recipient, place+templateKey))(s, place+": another account")
		}
		refused[invalid](load(s.owner, "http://127.0.0.1"+port+"/no-such-bucket/"+templateKey))(s, "no such bucket")
		refused[invalid](load(s.owner, "s3://"+bucket+"/"+templateKey))(s, "another scheme")
	})
}

// TestOrgShareRefused: who may share within an organization, when, and with what.
func TestOrgShareRefused(t *testing.T) {
	stories(t, func(s *story) {
		mine := s.portfolio(s.owner, "Storage")
		any := node(types.OrganizationNodeTypeOrganization, "o-aaaaaaaaaa")
		refused[unsupported](s.owner.catalog.CreatePortfolioShare(ctx, toNode(mine, any)))(s, "sharing from no organization")
		refused[notFound](s.owner.catalog.EnableAWSOrganizationsAccess(ctx, &servicecatalog.EnableAWSOrganizationsAccessInput{}))(s, "enabling without an organization")
		id, nodes := s.organization()
		s.invite(s.recipient)
		whole, unit := node(types.OrganizationNodeTypeOrganization, id), node(types.OrganizationNodeTypeOrganizationalUnit, nodes[1])

		member := s.portfolio(s.recipient, "Member")
		for _, n := range []*types.OrganizationNode{whole, unit, node(types.OrganizationNodeTypeAccount, string(ownerID))} {
			refused[unsupported](s.recipient.catalog.CreatePortfolioShare(ctx, toNode(member, n)))(s, "sharing from a member that is no delegated administrator")
		}
		status := &servicecatalog.GetAWSOrganizationsAccessStatusInput{}
		refused[unsupported](s.recipient.catalog.GetAWSOrganizationsAccessStatus(ctx, status))(s, "the status for a member")
		_, err := s.recipient.catalog.EnableAWSOrganizationsAccess(ctx, &servicecatalog.EnableAWSOrganizationsAccessInput{})
		if e, as := errors.AsType[smithy.APIError](err); !as || e.ErrorCode() != "AccessDeniedException" {
			s.Errorf("enabling by a member: got %v, want AccessDeniedException", err)
		}
		ok(s.recipient.catalog.CreatePortfolioShare(ctx, toAccount(member, otherID)))(s)

		refused[invalid](s.owner.catalog.CreatePortfolioShare(ctx, toAccount(mine, ownerID)))(s, "sharing with oneself")
		refused[invalid](s.owner.catalog.CreatePortfolioShare(ctx, toNode(mine, node(types.OrganizationNodeTypeAccount, string(ownerID)))))(s, "sharing with oneself as a member")
		ok(s.other.orgs.CreateOrganization(ctx, &organizations.CreateOrganizationInput{}))(s)
		theirs := *ok(s.other.orgs.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{}))(s).Organization
		theirRoot := ok(s.other.orgs.ListRoots(ctx, &organizations.ListRootsInput{}))(s).Roots[0].Id
		theirUnit := *ok(s.other.orgs.CreateOrganizationalUnit(ctx, &organizations.CreateOrganizationalUnitInput{ParentId: theirRoot, Name: aws.String("Theirs")}))(s).OrganizationalUnit.Id
		refused[notFound](s.owner.catalog.CreatePortfolioShare(ctx, toNode(mine, node(types.OrganizationNodeTypeOrganization, *theirs.Id))))(s, "another organization")
		refused[notFound](s.owner.catalog.CreatePortfolioShare(ctx, toNode(mine, node(types.OrganizationNodeTypeOrganizationalUnit, theirUnit))))(s, "a unit of another organization")
		refused[notFound](s.owner.catalog.CreatePortfolioShare(ctx, toNode(mine, node(types.OrganizationNodeTypeAccount, string(otherID)))))(s, "a member of another organization")
		refused[invalid](s.owner.catalog.CreatePortfolioShare(ctx, toNode(mine, node(types.OrganizationNodeTypeOrganization, *theirs.Arn))))(s, "the ARN of another organization")
		refused[invalid](s.owner.catalog.CreatePortfolioShare(ctx, toNode(mine, node(types.OrganizationNodeTypeOrganization, nodes[1]))))(s, "a unit called an organization")
		both := toNode(mine, whole)
		both.AccountId = aws.String(string(otherID))
		refused[invalid](s.owner.catalog.CreatePortfolioShare(ctx, both))(s, "two targets")
		refused[invalid](s.owner.catalog.CreatePortfolioShare(ctx, toNode(mine, nil)))(s, "no target")

		s.delegate(s.recipient)
		ok(s.recipient.catalog.CreatePortfolioShare(ctx, toNode(member, unit)))(s)
		refused[notFound](s.recipient.catalog.CreatePortfolioShare(ctx, toNode(mine, unit)))(s, "a delegate sharing what the management account owns")
		refused[wrongState](s.owner.catalog.DisableAWSOrganizationsAccess(ctx, &servicecatalog.DisableAWSOrganizationsAccessInput{}))(s, "disabling while there are delegates")
		ok(s.owner.orgs.DeregisterDelegatedAdministrator(ctx, &organizations.DeregisterDelegatedAdministratorInput{AccountId: aws.String(string(recipientID)),
			ServicePrincipal: aws.String("servicecatalog.amazonaws.com")}))(s)
		refused[unsupported](s.recipient.catalog.CreatePortfolioShare(ctx, toNode(member, unit)))(s, "a delegate no more")
		ok(s.owner.catalog.DisableAWSOrganizationsAccess(ctx, &servicecatalog.DisableAWSOrganizationsAccessInput{}))(s)
		s.is("access", ok(s.owner.catalog.GetAWSOrganizationsAccessStatus(ctx, status))(s).AccessStatus, types.AccessStatusDisabled)
		refused[unsupported](s.owner.catalog.CreatePortfolioShare(ctx, toNode(mine, whole)))(s, "sharing while access is disabled")
	})
}

// TestAnswers: accepting and rejecting, by type and by what there is to answer.
func TestAnswers(t *testing.T) {
	const byAccount, byOrganization, deprecated = types.PortfolioShareTypeImported, types.PortfolioShareTypeAwsOrganizations, types.PortfolioShareTypeAwsServicecatalog
	kinds := []types.PortfolioShareType{"", byAccount, byOrganization, deprecated}
	stories(t, func(s *story) {
		id, _ := s.organization()
		s.invite(s.recipient)
		for _, state := range []struct {
			name    string
			reached func(portfolio string)
			answers []types.PortfolioShareType // the types that can be accepted and rejected
		}{
			{"nothing", func(string) {}, nil},
			{"an offer", func(p string) { ok(s.owner.catalog.CreatePortfolioShare(ctx, toAccount(p, recipientID)))(s) }, []types.PortfolioShareType{"", byAccount}},
			{"an import", func(p string) { s.share(s.owner, p, s.recipient) }, []types.PortfolioShareType{"", byAccount}},
			{"a rejected import", func(p string) { s.share(s.owner, p, s.recipient); ok(reject(s.recipient, p, ""))(s) }, []types.PortfolioShareType{"", byAccount}},
			{"an organization share", func(p string) {
				ok(s.owner.catalog.CreatePortfolioShare(ctx, toNode(p, node(types.OrganizationNodeTypeOrganization, id))))(s)
			}, []types.PortfolioShareType{byOrganization}},
			{"a rejected organization share", func(p string) {
				ok(s.owner.catalog.CreatePortfolioShare(ctx, toNode(p, node(types.OrganizationNodeTypeAccount, string(recipientID)))))(s)
				ok(reject(s.recipient, p, byOrganization))(s)
			}, []types.PortfolioShareType{byOrganization}},
		} {
			for _, kind := range kinds {
				p := s.portfolio(s.owner, state.name)
				state.reached(p)
				what := fmt.Sprintf("%s, answered as %q", state.name, kind)
				refused[notFound](accept(s.owner, p, kind))(s, what+" by the owner")
				if !slices.Contains(state.answers, kind) {
					refused[notFound](accept(s.recipient, p, kind))(s, what+": accept")
					refused[notFound](reject(s.recipient, p, kind))(s, what+": reject")
					continue
				}
				list := kind
				for range 2 { // the second time changes nothing
					ok(accept(s.recipient, p, kind))(s)
					s.is(what+": accepted", slices.Contains(s.imported(s.recipient, list), p), true)
				}
				for range 2 {
					ok(reject(s.recipient, p, kind))(s)
					s.is(what+": rejected", slices.Contains(s.imported(s.recipient, list), p), false)
					refused[notFound](describe(s.recipient, p))(s, what+": rejected")
				}
			}
		}
	})
}
