package examples_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"portico/internal/ident"
	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

const firstARN = "arn:aws:iam::" + string(ownerID) + ":"

// recruit makes a user with a key; it can do nothing yet.
func (s *story) recruit(by party, name string) party {
	s.Helper()
	ok(by.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: &name}))(s)
	k := ok(by.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &name}))(s).AccessKey
	return newParty(by.id, s.server.With(*k.AccessKeyId, *k.SecretAccessKey, "", "us-east-1"))
}

func (s *story) attach(by party, user, policy string) {
	s.Helper()
	ok(by.iam.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: &user, PolicyArn: aws.String("arn:aws:iam::aws:policy/" + policy)}))(s)
}

// denied shows that a call is refused in AWS's words, and says them.
func denied(s *story, err error, who, action, words string) {
	s.Helper()
	refusal, as := errors.AsType[smithy.APIError](err)
	if !as || !strings.HasPrefix(refusal.ErrorCode(), "AccessDenied") || !strings.HasPrefix(refusal.ErrorMessage(), "User: "+who+" is not authorized to perform: "+action+" on resource: ") ||
		!strings.HasSuffix(refusal.ErrorMessage(), words) {
		s.Errorf("%s by %s: got %v", action, who, err)
		return
	}
	s.Logf("refused: %s", refusal.ErrorMessage())
}

func nothingAllows(layer, action string) string {
	return "because no " + layer + " allows the " + action + " action"
}

func allow(statements string) *string {
	return aws.String(`{"Version":"2012-10-17","Statement":[` + statements + `]}`)
}

// TestAccessStory is the story of access.sh on a server without development mode: the root makes an administrator, who gives
// curators and end users what they need, and they can do that and no more.
func TestAccessStory(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		t.Parallel()
		s := &story{T: t, server: servertest.Start(t, servertest.Options{Store: o, Strict: true})}
		s.server.Key(t, ownerID, firstKey, firstSecret)
		root := newParty(ownerID, s.server.With(firstKey, firstSecret, "", "us-east-1"))
		guess := newParty(ownerID, s.server.Root(ownerID, "us-east-1"))
		_, err := guess.catalog.ListPortfolios(ctx, &servicecatalog.ListPortfoliosInput{})
		if refusal, as := errors.AsType[smithy.APIError](err); !as || refusal.ErrorCode() != "UnrecognizedClientException" {
			s.Errorf("an account id is no key here: %v", err)
		}

		admin := s.recruit(root, "admin")
		s.attach(root, "admin", "AdministratorAccess")
		curator := s.curate(admin)
		portfolio, product := s.shelve(admin, curator)
		ann, session := s.enroll(admin, curator, portfolio)
		s.bystanders(admin, ann)
		s.endUser(session, portfolio, product)

		boundary := firstARN + "policy/launching"
		ok(admin.iam.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: aws.String("EndUser")}))(s)
		ok(admin.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("EndUser"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess")}))(s)
		ok(session.iam.ListUsers(ctx, &iam.ListUsersInput{}))(s)
		ok(admin.iam.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: aws.String("EndUser"), PermissionsBoundary: &boundary}))(s)
		_, err = session.iam.ListUsers(ctx, &iam.ListUsersInput{})
		denied(s, err, endUserARN, "iam:ListUsers", nothingAllows("permissions boundary", "iam:ListUsers"))
		ok(admin.iam.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: aws.String("EndUser"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess")}))(s)
		ok(admin.iam.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: aws.String("EndUser"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AWSServiceCatalogEndUserFullAccess")}))(s)
		_, err = session.catalog.SearchProducts(ctx, &servicecatalog.SearchProductsInput{})
		denied(s, err, endUserARN, "servicecatalog:SearchProducts", nothingAllows("identity-based policy", "servicecatalog:SearchProducts"))
	})
}

const endUserARN = "arn:aws:sts::" + string(ownerID) + ":assumed-role/EndUser/ann"

// curate makes a curator by a group with the curators' policy, and a policy for the templates.
func (s *story) curate(admin party) party {
	s.Helper()
	group := aws.String("curators")
	ok(admin.iam.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: group}))(s)
	ok(admin.iam.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: group, PolicyArn: aws.String("arn:aws:iam::aws:policy/AWSServiceCatalogAdminFullAccess")}))(s)
	templates := ok(admin.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("templates"),
		PolicyDocument: allow(`{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::templates-*/*"}`)}))(s)
	ok(admin.iam.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: group, PolicyArn: templates.Policy.Arn}))(s)
	curator := s.recruit(admin, "curator")
	_, err := curator.catalog.ListPortfolios(ctx, &servicecatalog.ListPortfoliosInput{})
	denied(s, err, firstARN+"user/curator", "servicecatalog:ListPortfolios", nothingAllows("identity-based policy", "servicecatalog:ListPortfolios"))
	ok(admin.iam.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: group, UserName: aws.String("curator")}))(s)
	return curator
}

// shelve has the curator make a portfolio with a product, and shows what a curator may not.
func (s *story) shelve(admin, curator party) (portfolio, product string) {
	s.Helper()
	portfolio = s.portfolio(curator, "Storage")
	product, _ = s.product(curator, "Private bucket", s.upload(admin, "templates-first"), portfolio)
	who := firstARN + "user/curator"
	_, err := curator.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("mallory")})
	denied(s, err, who, "iam:CreateUser", nothingAllows("identity-based policy", "iam:CreateUser"))
	_, err = curator.iam.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: aws.String("curator"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess")})
	denied(s, err, who, "iam:AttachUserPolicy", nothingAllows("identity-based policy", "iam:AttachUserPolicy"))
	_, err = curator.orgs.CreateOrganization(ctx, &organizations.CreateOrganizationInput{})
	denied(s, err, who, "organizations:CreateOrganization", nothingAllows("identity-based policy", "organizations:CreateOrganization"))
	return portfolio, product
}

// enroll makes ann, who may take on the role of end users under her own name, which the curator gives the portfolio.
func (s *story) enroll(admin, curator party, portfolio string) (ann, session party) {
	s.Helper()
	edge := ok(admin.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("launching"), Tags: []iamtypes.Tag{{Key: aws.String("kind"), Value: aws.String("boundary")}},
		PolicyDocument: allow(`{"Effect":"Allow","Action":["servicecatalog:*","cloudformation:*","s3:*","iam:GetRole"],"Resource":"*"}`)}))(s)
	trust := allow(`{"Effect":"Allow","Principal":{"AWS":"` + string(ownerID) + `"},"Action":"sts:AssumeRole"}`)
	for _, role := range []string{"EndUser", "Auditor"} {
		ok(admin.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &role, AssumeRolePolicyDocument: trust, PermissionsBoundary: edge.Policy.Arn}))(s)
	}
	ok(admin.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("EndUser"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AWSServiceCatalogEndUserFullAccess")}))(s)
	ok(grant(curator, portfolio, firstARN+"role/EndUser"))(s)
	ann = s.recruit(admin, "ann")
	ok(admin.iam.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: aws.String("ann"), PolicyName: aws.String("act"), PolicyDocument: allow(
		`{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"` + firstARN + `role/EndUser","Condition":{"StringEquals":{"sts:RoleSessionName":"${aws:username}"}}}`)}))(s)
	role := aws.String(firstARN + "role/EndUser")
	_, err := ann.sts.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: role, RoleSessionName: aws.String("somebody")})
	denied(s, err, firstARN+"user/ann", "sts:AssumeRole", nothingAllows("identity-based policy", "sts:AssumeRole"))
	c := ok(ann.sts.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: role, RoleSessionName: aws.String("ann")}))(s).Credentials
	return ann, newParty(ownerID, s.server.With(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken, "us-east-1"))
}

// bystanders shows that ann herself, and a user without any policy, can do nothing.
func (s *story) bystanders(admin, ann party) {
	s.Helper()
	for name, p := range map[string]party{"ann": ann, "zoe": s.recruit(admin, "zoe")} {
		_, err := p.catalog.SearchProducts(ctx, &servicecatalog.SearchProductsInput{})
		denied(s, err, firstARN+"user/"+name, "servicecatalog:SearchProducts", nothingAllows("identity-based policy", "servicecatalog:SearchProducts"))
		_, err = p.sts.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String(firstARN + "role/Auditor"), RoleSessionName: &name})
		denied(s, err, firstARN+"user/"+name, "sts:AssumeRole", nothingAllows("identity-based policy", "sts:AssumeRole"))
	}
}

// endUser shows that a session does what the end users' policy says and is refused everything else.
func (s *story) endUser(p party, portfolio, product string) {
	s.Helper()
	s.is("products", s.found(p), []string{product})
	s.is("its name", *ok(p.catalog.DescribeProduct(ctx, &servicecatalog.DescribeProductInput{Id: &product}))(s).ProductViewSummary.Name, "Private bucket")
	s.is("its path", *ok(paths(p, product))(s).LaunchPathSummaries[0].Name, "Storage")
	s.is("what it launched", len(ok(p.catalog.ScanProvisionedProducts(ctx, &servicecatalog.ScanProvisionedProductsInput{}))(s).ProvisionedProducts), 0)
	for action, call := range map[string]func() error{
		"servicecatalog:CreatePortfolio": func() error {
			_, err := p.catalog.CreatePortfolio(ctx, &servicecatalog.CreatePortfolioInput{DisplayName: aws.String("Mine"), ProviderName: aws.String("ann")})
			return err
		},
		"servicecatalog:DescribePortfolio": func() error { _, err := describe(p, portfolio); return err },
		"servicecatalog:DescribeProductAsAdmin": func() error {
			_, err := p.catalog.DescribeProductAsAdmin(ctx, &servicecatalog.DescribeProductAsAdminInput{Id: &product})
			return err
		},
		"servicecatalog:AssociatePrincipalWithPortfolio": func() error { _, err := grant(p, portfolio, firstARN+"user/ann"); return err },
		"servicecatalog:CreatePortfolioShare": func() error {
			_, err := p.catalog.CreatePortfolioShare(ctx, toAccount(portfolio, ident.Account("999999999999")))
			return err
		},
		"iam:ListUsers": func() error { _, err := p.iam.ListUsers(ctx, &iam.ListUsersInput{}); return err },
		"iam:CreateAccessKey": func() error {
			_, err := p.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("admin")})
			return err
		},
		"iam:DeleteRolePermissionsBoundary": func() error {
			_, err := p.iam.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: aws.String("EndUser")})
			return err
		},
		"sts:AssumeRole": func() error {
			_, err := p.sts.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String(firstARN + "role/Auditor"), RoleSessionName: aws.String("ann")})
			return err
		},
		"organizations:DescribeOrganization": func() error {
			_, err := p.orgs.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
			return err
		},
	} {
		denied(s, call(), endUserARN, action, nothingAllows("identity-based policy", action))
	}
	_, err := p.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("templates-first"), Key: aws.String(templateKey)})
	denied(s, err, endUserARN, "s3:GetObject", nothingAllows("identity-based policy", "s3:GetObject"))
}
