package intrusion

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"portico/internal/ident"
	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

const (
	endUser  = "arn:aws:iam::aws:policy/AWSServiceCatalogEndUserFullAccess"
	curators = "arn:aws:iam::aws:policy/AWSServiceCatalogAdminFullAccess"
)

// journal keeps what the server logs.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
}

// last is the last line about an operation.
func (j *journal) last(operation string) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i := len(j.lines) - 1; i >= 0; i-- {
		if strings.Contains(j.lines[i], operation) {
			return j.lines[i]
		}
	}
	return ""
}

// sharing is an owner whose portfolio is shared with a member of its organization, principals and all.
type sharing struct {
	*testing.T
	owner, recipient   party
	portfolio, product string
	artifact, unit     string
	log                *journal
}

// share makes a sharing whose portfolio has these patterns.
func share(t *testing.T, o store.Options, patterns ...string) *sharing {
	t.Helper()
	j := new(journal)
	s := servertest.Start(t, servertest.Options{Store: o, Log: j.add})
	w := &sharing{T: t, owner: root(t, s, owner), log: j}
	w.owner.do(orgs, "CreateOrganization", args{"FeatureSet": "ALL"})
	top := w.owner.do(orgs, "ListRoots", nil).get("Id")
	w.unit = w.owner.do(orgs, "CreateOrganizationalUnit", args{"ParentId": top, "Name": "Workloads"}).get("Id")
	made := w.owner.do(orgs, "CreateAccount", args{"AccountName": "recipient", "Email": "recipient@example.com"}).get("Id")
	member := w.owner.do(orgs, "DescribeCreateAccountStatus", args{"CreateAccountRequestId": made}).get("AccountId")
	w.owner.do(orgs, "MoveAccount", args{"AccountId": member, "SourceParentId": top, "DestinationParentId": w.unit})
	w.owner.do(sc, "EnableAWSOrganizationsAccess", nil)
	w.recipient = root(t, s, ident.Account(member))
	w.portfolio, w.product, w.artifact = stock(w.owner, s)
	for _, pattern := range patterns {
		w.owner.do(sc, "AssociatePrincipalWithPortfolio", args{"PortfolioId": w.portfolio, "PrincipalARN": pattern, "PrincipalType": "IAM_PATTERN"})
	}
	w.owner.do(sc, "CreatePortfolioShare", args{"PortfolioId": w.portfolio, "OrganizationNode": args{"Type": "ORGANIZATIONAL_UNIT", "Value": w.unit}, "SharePrincipals": true})
	return w
}

// stock makes a portfolio with a product in it.
func stock(p party, s *servertest.Server) (portfolio, product, artifact string) {
	p.t.Helper()
	portfolio = p.do(sc, "CreatePortfolio", args{"DisplayName": "Storage", "ProviderName": "IT", "IdempotencyToken": "p"}).get("Id")
	product = p.do(sc, "CreateProduct", args{"Name": "Topic", "Owner": "IT", "ProductType": "CLOUD_FORMATION_TEMPLATE", "IdempotencyToken": "p",
		"ProvisioningArtifactParameters": args{"Info": args{"LoadTemplateFromURL": s.Template(p.t, p.account)}}}).get("ProductId")
	p.do(sc, "AssociateProductWithPortfolio", args{"PortfolioId": portfolio, "ProductId": product})
	return portfolio, product, p.do(sc, "ListProvisioningArtifacts", args{"ProductId": product}).get("Id")
}

// enlist makes a role of the recipient with the end users' policy and returns a session of it.
func (w *sharing) enlist(role string) party {
	w.Helper()
	w.recipient.role(role)
	w.recipient.do(iam, "AttachRolePolicy", args{"RoleName": role, "PolicyArn": endUser})
	return w.recipient.session(role)
}

// finds are the ids of the products that somebody finds.
func (w *sharing) finds(name string, p party, want string) {
	w.Helper()
	if got := p.do(sc, "SearchProducts", nil).get("ProductId"); got != want {
		w.Errorf("%s: found %q, want %q", name, got, want)
	}
}

// refused shows that a call is refused with a code and words.
func refused(t *testing.T, name string, p party, c string, in args, code, words string) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		service, op := named(t, c)
		if a := p.try(service, op, in); a.Status < http.StatusBadRequest || !strings.HasPrefix(a.code(), code) || !strings.Contains(a.message(), words) {
			t.Errorf("%s of %v: %d %s, want %s: %s", c, in, a.Status, a.Text, code, words)
		}
	})
}

// allowed shows that a call is answered.
func allowed(t *testing.T, name string, p party, c string, in args) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		service, op := named(t, c)
		if a := p.try(service, op, in); a.Status != http.StatusOK {
			t.Errorf("%s of %v: %d %s", c, in, a.Status, a.Text)
		}
	})
}

// TestPattern is what S-PRI-17 warns of: whoever can make a role in a recipient account makes one that matches a shared
// pattern. The role gets what the pattern grants and its own policies allow, and nothing else.
func TestPattern(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		w := share(t, o, "arn:aws:iam:::role/Dev*", "arn:aws:iam:::group/Crew*")
		a := w.recipient
		maker := a.user("maker")
		a.do(iam, "PutUserPolicy", args{"UserName": "maker", "PolicyName": "make", "PolicyDocument": statement("iam:*", "*")})
		maker.do(iam, "CreateRole", args{"RoleName": "Developer", "AssumeRolePolicyDocument": trust("AWS", string(a.account))})
		maker.do(iam, "AttachRolePolicy", args{"RoleName": "Developer", "PolicyArn": endUser})
		session := a.session("Developer")
		w.finds("S-PRI-17 a role that matches finds the product", session, w.product)
		if line := w.log.last("SearchProducts"); !strings.Contains(line, "granted_by_pattern") || !strings.Contains(line, w.portfolio+" arn:aws:iam:::role/Dev*") {
			t.Errorf("S-PRI-17 the log does not tell that only a pattern grants it: %s", line)
		}
		product := args{"ProductId": w.product}
		allowed(t, "S-PRI-17 its launch path", session, "servicecatalog:ListLaunchPaths", product)
		allowed(t, "S-PRI-17 the product", session, "servicecatalog:DescribeProduct", args{"Id": w.product})
		allowed(t, "S-PRI-17 its parameters", session, "servicecatalog:DescribeProvisioningParameters", args{"ProductId": w.product, "ProvisioningArtifactId": w.artifact})
		const none = "because no identity-based policy allows the "
		for c, in := range map[string]args{
			"servicecatalog:ListPortfolios": {}, "servicecatalog:DescribePortfolio": {"Id": w.portfolio}, "servicecatalog:SearchProductsAsAdmin": {"PortfolioId": w.portfolio},
			"servicecatalog:DescribeProductAsAdmin": {"Id": w.product}, "servicecatalog:ListPrincipalsForPortfolio": {"PortfolioId": w.portfolio},
			"servicecatalog:ListConstraintsForPortfolio": {"PortfolioId": w.portfolio}, "servicecatalog:ListPortfolioAccess": {"PortfolioId": w.portfolio},
			"servicecatalog:CreatePortfolio": {"DisplayName": "x", "ProviderName": "x", "IdempotencyToken": "x"}, "servicecatalog:DescribeProvisioningArtifact": {"ProductId": w.product, "ProvisioningArtifactId": w.artifact},
			"servicecatalog:CreateConstraint":              {"PortfolioId": w.portfolio, "ProductId": w.product, "Type": "NOTIFICATION", "Parameters": "{}", "IdempotencyToken": "x"},
			"servicecatalog:AssociateProductWithPortfolio": {"PortfolioId": w.portfolio, "ProductId": w.product}, "iam:ListRoles": {}, "organizations:DescribeOrganization": {},
		} {
			refused(t, "S-PRI-17 nothing else: "+c, session, c, in, "AccessDenied", none+c+" action")
		}
		refused(t, "S-PRI-17 nor what its policy does not allow", func() party { a.role("DevBare"); return a.session("DevBare") }(), "servicecatalog:SearchProducts", nil, "AccessDenied", none)

		w.finds("S-PRI-5 a role that does not match", w.enlist("Operator"), "")
		user := a.user("Developer")
		a.do(iam, "AttachUserPolicy", args{"UserName": "Developer", "PolicyArn": endUser})
		w.finds("S-PRI-4 a pattern for roles does not match users", user, "")
		a.do(iam, "CreateGroup", args{"GroupName": "Developers"})
		a.do(iam, "AddUserToGroup", args{"GroupName": "Developers", "UserName": "Developer"})
		w.finds("S-PRI-4 nor groups", user, "")
		a.do(iam, "CreateGroup", args{"GroupName": "Crew"})
		a.do(iam, "AddUserToGroup", args{"GroupName": "Crew", "UserName": "Developer"})
		w.finds("S-PRI-17 a group that matches its own", user, w.product)
		a.do(iam, "RemoveUserFromGroup", args{"GroupName": "Crew", "UserName": "Developer"})
		w.finds("S-PRI-17 as long as the user is in it", user, "")

		w.overridden(session)
		w.owner.do(sc, "UpdatePortfolioShare", args{"PortfolioId": w.portfolio, "OrganizationNode": args{"Type": "ORGANIZATIONAL_UNIT", "Value": w.unit}, "SharePrincipals": false})
		w.finds("S-PRI-14 off, it ends at once", session, "")
		refused(t, "S-PRI-14 and so do its paths", session, "servicecatalog:ListLaunchPaths", product, "ResourceNotFoundException", "No launch paths found")
	})
}

// overridden shows that a pattern is nothing against a boundary or a service control policy.
func (w *sharing) overridden(session party) {
	t, a, find := w.T, w.recipient, "servicecatalog:SearchProducts"
	a.do(iam, "CreatePolicy", args{"PolicyName": "edge", "PolicyDocument": statement("s3:*", "*")})
	a.do(iam, "PutRolePermissionsBoundary", args{"RoleName": "Developer", "PermissionsBoundary": "arn:aws:iam::" + string(a.account) + ":policy/edge"})
	refused(t, "S-PRI-17 a boundary overrides it", session, find, nil, "AccessDenied", "because no permissions boundary allows the "+find+" action")
	a.do(iam, "DeleteRolePermissionsBoundary", args{"RoleName": "Developer"})
	w.finds("S-PRI-17 without the boundary", session, w.product)
	top := w.owner.do(orgs, "ListRoots", nil).get("Id")
	w.owner.do(orgs, "EnablePolicyType", args{"RootId": top, "PolicyType": "SERVICE_CONTROL_POLICY"})
	control := w.owner.do(orgs, "CreatePolicy", args{"Name": "no", "Description": "no", "Type": "SERVICE_CONTROL_POLICY",
		"Content": `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"` + find + `","Resource":"*"}}`}).get("Id")
	w.owner.do(orgs, "AttachPolicy", args{"PolicyId": control, "TargetId": w.unit})
	refused(t, "S-PRI-17 a control policy overrides it", session, find, nil, "AccessDenied", "with an explicit deny in a service control policy")
	w.owner.do(orgs, "DetachPolicy", args{"PolicyId": control, "TargetId": w.unit})
	w.finds("S-PRI-17 without the control policy", session, w.product)
}

// TestExactPrincipal is the way out that S-PRI-17 names: principals of type IAM are of one account and one life.
func TestExactPrincipal(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		w := share(t, o)
		w.owner.role("Exact")
		w.owner.do(sc, "AssociatePrincipalWithPortfolio", args{"PortfolioId": w.portfolio, "PrincipalARN": "arn:aws:iam::" + string(owner) + ":role/Exact", "PrincipalType": "IAM"})
		session := w.enlist("Exact")
		w.finds("S-PRI-17 a namesake in the recipient account", session, "")
		refused(t, "S-PRI-17 its paths", session, "servicecatalog:ListLaunchPaths", args{"ProductId": w.product}, "ResourceNotFoundException", "No launch paths found")
		refused(t, "S-PRI-17 its launch", session, "servicecatalog:ProvisionProduct", args{"ProductId": w.product, "ProvisioningArtifactId": w.artifact,
			"ProvisionedProductName": "x", "ProvisionToken": "x"}, "ResourceNotFoundException", "")

		mine := fmt.Sprintf("arn:aws:iam::%s:role/Exact", w.recipient.account)
		w.recipient.do(sc, "AssociatePrincipalWithPortfolio", args{"PortfolioId": w.portfolio, "PrincipalARN": mine, "PrincipalType": "IAM"})
		w.finds("S-PRI-15 the recipient's own association", session, w.product)
		if line := w.log.last("SearchProducts"); strings.Contains(line, "granted_by_pattern") {
			t.Errorf("S-PRI-17 the log tells of a pattern: %s", line)
		}
		w.recipient.do(iam, "DetachRolePolicy", args{"RoleName": "Exact", "PolicyArn": endUser})
		w.recipient.do(iam, "DeleteRole", args{"RoleName": "Exact"})
		refused(t, "S-PRI-3 a session dies with its role", session, "servicecatalog:SearchProducts", nil, "UnrecognizedClient", "")
		w.finds("S-PRI-3 nothing for one made again with the same name", w.enlist("Exact"), "")
	})
}
