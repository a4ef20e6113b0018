package catalogtest

import (
	"testing"

	"portico/internal/access"
	"portico/internal/ident"
)

// The viewers of the decision table, one for each column; pending is told apart by kind.
const (
	ownerOf  = ident.Account("111111111111")
	byShare  = ident.Account("222222222222")
	byNode   = ident.Account("333333333333")
	offered  = ident.Account("444444444444")
	rejecter = ident.Account("555555555555")
	nobody   = ident.Account("666666666666")
)

var viewers = []ident.Account{ownerOf, byShare, byNode, offered, rejecter, nobody}

func viewer(a ident.Account) access.Caller {
	c := access.RootCaller(a)
	c.Region = regions[0]
	c.Principals = []access.Principal{{ARN: ident.IAMARN(a, "role", "/", "dev"), ID: "AROA" + string(a)}}
	return c
}

// tableWorld has portfolio X with products P, which has constraint C and TagOption T, and Q. Everybody has a product "own-…"
// and a portfolio "local-…".
func tableWorld(t *testing.T) *Model {
	t.Helper()
	m, o := New(Quotas{}), viewer(ownerOf)
	try := func(what, code string) {
		if code != "" {
			t.Fatalf("%s: %s", what, code)
		}
	}
	for _, a := range viewers {
		m.AddAccount(a)
		m.AddEntity(viewer(a).Principals[0])
		try("portfolio", m.CreatePortfolio(viewer(a), "local-"+string(a), Texts{Name: "local"}))
		try("product", m.CreateProduct(viewer(a), "own-"+string(a), "view-"+string(a), "own", "pa-"+string(a), "v1"))
		try("TagOption", m.CreateTagOption(viewer(a), "tag-"+string(a), "k", "v"))
	}
	try("organization", m.CreateOrganization(o, "o-aaaaaaaaaa", "r-aaaa", true))
	try("access", m.EnableAWSOrganizationsAccess(o))
	for _, a := range []ident.Account{byNode, rejecter} {
		try("member", m.Join(o, a))
	}
	try("X", m.CreatePortfolio(o, "X", Texts{Name: "X"}))
	for _, p := range []string{"P", "Q"} {
		try("product", m.CreateProduct(o, p, "view-"+p, p, "pa-"+p, "v1"))
		try("version", m.CreateProvisioningArtifact(o, p, "pa2-"+p, "v2"))
		try("associate", m.AssociateProductWithPortfolio(o, p, "X", ""))
	}
	try("constraint", m.CreateConstraint(o, "X", "P", Template, Terms{}, "C"))
	try("pattern", m.AssociatePrincipalWithPortfolio(o, "X", "arn:aws:iam:::role/d*", Pattern))
	try("tag", m.AssociateTagOptionWithResource(o, "tag-"+string(ownerOf), "X"))
	yes := true
	for _, a := range []ident.Account{byShare, offered} {
		try("share", m.CreatePortfolioShare(o, "X", Target{Account: string(a)}, Flags{TagOptions: &yes}, ""))
	}
	try("share", m.CreatePortfolioShare(o, "X", Target{Node: &Node{"ORGANIZATION", "o-aaaaaaaaaa"}}, Flags{&yes, &yes}, "share-1"))
	try("accept", m.AcceptPortfolioShare(viewer(byShare), "X", ""))
	try("reject", m.RejectPortfolioShare(viewer(rejecter), "X", ByOrganization))
	return m
}

func second[T any](_ T, code string) string { return code }

// TestDecisionTable holds the model to section 21 of the specification, and is as long as that.
func TestDecisionTable(t *testing.T) {
	type codes [6]string // by viewer
	var (
		read     = codes{"", "", "", NotFound, NotFound, NotFound}
		write    = codes{"", Invalid, Invalid, NotFound, NotFound, NotFound}
		used     = codes{InUse, Invalid, Invalid, NotFound, NotFound, NotFound}
		shares   = codes{"", Unsupported, Unsupported, NotFound, NotFound, NotFound}
		listing  = codes{"", NotFound, NotFound, NotFound, NotFound, NotFound}
		nodes    = codes{"", Unsupported, Unsupported, Unsupported, Unsupported, Unsupported}
		accounts = codes{NotFound, "", NotFound, "", NotFound, NotFound}
		members  = codes{NotFound, NotFound, "", NotFound, "", NotFound}
		never    = codes{NotFound, NotFound, NotFound, NotFound, NotFound, NotFound}
	)
	to, node := Target{Account: "999999999999"}, Target{Node: &Node{"ORGANIZATION", "o-aaaaaaaaaa"}}
	kept := Target{Account: string(byShare)}
	for _, row := range []struct {
		name string
		call func(m *Model, who access.Caller) string
		want codes
	}{
		{"S-IMP-2 DescribePortfolio", func(m *Model, who access.Caller) string {
			return second(m.DescribePortfolio(who, "X"))
		}, read},
		{"S-IMP-6 SearchProductsAsAdmin", func(m *Model, who access.Caller) string {
			return second(m.SearchProductsAsAdmin(who, "X", false))
		}, read},
		{"S-CON-10 ListConstraintsForPortfolio", func(m *Model, who access.Caller) string {
			return second(m.ListConstraintsForPortfolio(who, "X", ""))
		}, read},
		{"S-IMP-3 DescribeConstraint", func(m *Model, who access.Caller) string {
			return second(m.DescribeConstraint(who, "C"))
		}, read},
		{"S-IMP-1 DescribeProductAsAdmin", func(m *Model, who access.Caller) string {
			return second(m.DescribeProductAsAdmin(who, "P", "X"))
		}, read},
		{"S-IMP-1 ListProvisioningArtifacts", func(m *Model, who access.Caller) string {
			return second(m.ListProvisioningArtifacts(who, "P"))
		}, read},
		{"S-CPY-5 CopyProduct", func(m *Model, who access.Caller) string {
			return m.CopyProduct(who, "P", "c", "vc", "copy", nil)
		}, read},
		{"S-GEN-8 UpdatePortfolio", func(m *Model, who access.Caller) string {
			return m.UpdatePortfolio(who, "X", Texts{})
		}, write},
		{"S-GEN-8 DisassociateProductFromPortfolio", func(m *Model, who access.Caller) string {
			return m.DisassociateProductFromPortfolio(who, "Q", "X")
		}, write},
		{"S-CON-3 CreateConstraint", func(m *Model, who access.Caller) string {
			return m.CreateConstraint(who, "X", "Q", Template, Terms{}, "D")
		}, write},
		{"S-CON-3 UpdateConstraint", func(m *Model, who access.Caller) string {
			return m.UpdateConstraint(who, "C", Terms{})
		}, write},
		{"S-CON-3 DeleteConstraint", func(m *Model, who access.Caller) string { return m.DeleteConstraint(who, "C") }, write},
		{"S-IMP-1 UpdateProduct", func(m *Model, who access.Caller) string { return m.UpdateProduct(who, "P", "n") }, write},
		{"S-IMP-1 CreateProvisioningArtifact", func(m *Model, who access.Caller) string {
			return m.CreateProvisioningArtifact(who, "P", "pa3", "v3")
		}, write},
		{"S-IMP-1 UpdateProvisioningArtifact", func(m *Model, who access.Caller) string {
			return m.UpdateProvisioningArtifact(who, "P", "pa-P", false, false)
		}, write},
		{"S-IMP-1 DeleteProvisioningArtifact", func(m *Model, who access.Caller) string {
			return m.DeleteProvisioningArtifact(who, "P", "pa-P")
		}, write},
		{"S-QUO-9 DeletePortfolio", func(m *Model, who access.Caller) string { return m.DeletePortfolio(who, "X") }, used},
		{"S-QUO-10 DeleteProduct", func(m *Model, who access.Caller) string { return m.DeleteProduct(who, "P") }, used},
		{"S-IMP-1 AssociateProductWithPortfolio", func(m *Model, who access.Caller) string {
			return m.AssociateProductWithPortfolio(who, "own-"+string(who.Account), "X", "")
		}, write},
		{"S-LOC-2 SourcePortfolioId", func(m *Model, who access.Caller) string {
			return m.AssociateProductWithPortfolio(who, "P", "local-"+string(who.Account), "X")
		}, read},
		{"S-SHR-3 CreatePortfolioShare", func(m *Model, who access.Caller) string {
			return m.CreatePortfolioShare(who, "X", to, Flags{}, "")
		}, shares},
		{"S-SHR-4 CreatePortfolioShare to a node", func(m *Model, who access.Caller) string {
			return m.CreatePortfolioShare(who, "X", node, Flags{}, "share-2")
		}, shares},
		{"S-UPD-2 UpdatePortfolioShare", func(m *Model, who access.Caller) string {
			return m.UpdatePortfolioShare(who, "X", kept, Flags{}, "share-2")
		}, shares},
		{"S-DEL-1 DeletePortfolioShare", func(m *Model, who access.Caller) string {
			return m.DeletePortfolioShare(who, "X", kept, "")
		}, shares},
		{"S-LST-1 DescribePortfolioShares", func(m *Model, who access.Caller) string {
			return second(m.DescribePortfolioShares(who, "X", ToAccount))
		}, listing},
		{"S-LST-5 ListPortfolioAccess", func(m *Model, who access.Caller) string {
			return second(m.ListPortfolioAccess(who, "X", ""))
		}, listing},
		{"S-LST-7 ListOrganizationPortfolioAccess", func(m *Model, who access.Caller) string {
			return second(m.ListOrganizationPortfolioAccess(who, "X", "ORGANIZATION"))
		}, nodes},
		{"S-ACC-1 Accept IMPORTED", func(m *Model, who access.Caller) string {
			return m.AcceptPortfolioShare(who, "X", Imported)
		}, accounts},
		{"S-ACC-4 Accept AWS_ORGANIZATIONS", func(m *Model, who access.Caller) string {
			return m.AcceptPortfolioShare(who, "X", ByOrganization)
		}, members},
		{"S-ACC-9 Reject IMPORTED", func(m *Model, who access.Caller) string {
			return m.RejectPortfolioShare(who, "X", "")
		}, accounts},
		{"S-ACC-10 Reject AWS_ORGANIZATIONS", func(m *Model, who access.Caller) string {
			return m.RejectPortfolioShare(who, "X", ByOrganization)
		}, members},
		{"S-ACC-5 Accept AWS_SERVICECATALOG", func(m *Model, who access.Caller) string {
			return m.AcceptPortfolioShare(who, "X", ByService)
		}, never},
		{"S-PRI-15 AssociatePrincipalWithPortfolio", func(m *Model, who access.Caller) string {
			return m.AssociatePrincipalWithPortfolio(who, "X", who.Principals[0].ARN, IAM)
		}, read},
		{"S-TAG-5 AssociateTagOptionWithResource", func(m *Model, who access.Caller) string {
			return m.AssociateTagOptionWithResource(who, "tag-"+string(who.Account), "P")
		}, read},
		{"S-IMP-1 AssociateBudgetWithResource", func(m *Model, who access.Caller) string {
			return m.AssociateBudgetWithResource(who, "b", "X")
		}, read},
		{"S-PRI-13 Disassociate a shared pattern", func(m *Model, who access.Caller) string {
			return m.DisassociatePrincipalFromPortfolio(who, "X", "arn:aws:iam:::role/d*", Pattern)
		}, codes{"", NotFound, Invalid, NotFound, NotFound, NotFound}},
		{"S-TAG-5 Disassociate a shared TagOption", func(m *Model, who access.Caller) string {
			return m.DisassociateTagOptionFromResource(who, "tag-"+string(ownerOf), "X")
		}, codes{"", NotFound, NotFound, NotFound, NotFound, NotFound}},
		{"S-LCH-1 ListLaunchPaths, associated", func(m *Model, who access.Caller) string {
			m.AssociatePrincipalWithPortfolio(who, "X", who.Principals[0].ARN, IAM)
			return second(m.ListLaunchPaths(who, "P"))
		}, read},
		{"S-PRI-12 ListLaunchPaths by a shared pattern", func(m *Model, who access.Caller) string {
			return second(m.ListLaunchPaths(who, "P"))
		},
			codes{"", NotFound, "", NotFound, NotFound, NotFound}},
	} {
		t.Run(row.name, func(t *testing.T) {
			for i, a := range viewers {
				if got := row.call(tableWorld(t), viewer(a)); got != row.want[i] {
					t.Errorf("viewer %d: got %q, want %q", i, got, row.want[i])
				}
			}
		})
	}
}
