package preview_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/ident"
	"portico/internal/org"
	"portico/internal/preview"
	"portico/internal/service/organizations"
	"portico/internal/service/servicecatalog"
	scapi "portico/internal/service/servicecatalog/api"
	"portico/internal/store"
	"portico/internal/testkit"
)

const many = 100_000

func BenchmarkShareSQLite(b *testing.B)   { benchmarkShare(b, testkit.SQLite(b)) }
func BenchmarkSharePostgres(b *testing.B) { benchmarkShare(b, store.Options{URL: testkit.Postgres(b)}) }

// benchmarkShare previews sharing a portfolio of 20 products with an organization of 100,000 accounts, a third of which
// have some of the products by another share: without the owner's patterns, with one that matches a role in every
// account, and ending such a share.
func benchmarkShare(b *testing.B, o store.Options) {
	db := testkit.Open(b, o)
	if err := db.Migrate(context.Background()); err != nil {
		b.Fatal(err)
	}
	crowd(b, db)
	now := time.Now
	p := &preview.Service{DB: db, Catalog: &servicecatalog.Service{DB: db, Now: now}, Organizations: &organizations.Service{DB: db, Now: now}}
	yes, whole := true, scapi.OrganizationNodeTypeOrganization
	node := &scapi.OrganizationNode{Type: &whole, Value: new(string)}
	*node.Value = "o-aaaaaaaaaa"
	for _, c := range []struct {
		name, op string
		in       any
		accounts int
		people   int
	}{
		{"accounts", "CreatePortfolioShare", &scapi.CreatePortfolioShareInput{PortfolioId: "port-new", OrganizationNode: node}, many, 0},
		{"principals", "CreatePortfolioShare", &scapi.CreatePortfolioShareInput{PortfolioId: "port-new", OrganizationNode: node, SharePrincipals: &yes}, many, many},
		{"end", "DeletePortfolioShare", &scapi.DeletePortfolioShareInput{PortfolioId: "port-old", OrganizationNode: node}, many, many},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				got, err := p.Run(context.Background(), root(boss), "servicecatalog", c.op, c.in)
				if err != nil {
					b.Fatal(err)
				}
				accounts, people := 0, 0
				for _, g := range got.Accounts {
					accounts += len(g.Accounts)
				}
				for _, g := range got.Principals {
					people += len(g.Principals)
				}
				if accounts != c.accounts || people != c.people {
					b.Fatalf("%d accounts and %d principals change", accounts, people)
				}
			}
		})
	}
}

// crowd fills a database: port-new is shared with nobody, port-old with the organization and its patterns, port-part with
// a third of it.
func crowd(b *testing.B, db *store.DB) {
	now := time.Unix(1_700_000_000, 0)
	o := org.Organization{ID: "o-aaaaaaaaaa", Root: "r-root", Management: boss, Features: org.AllFeatures, Access: org.Enabled, Created: now}
	var leaves []org.Unit
	step := func(fn func(tx *store.Tx) error) {
		b.Helper()
		if err := db.Write(context.Background(), fn); err != nil {
			b.Fatal(err)
		}
	}
	step(func(tx *store.Tx) error {
		if err := tx.InsertAccount(access.Account{ID: boss, Status: access.AccountActive, Created: now}); err != nil {
			return err
		}
		if err := tx.InsertOrganization(o); err != nil {
			return err
		}
		for i := range 300 {
			u, err := org.NewRoot(o).Child(fmt.Sprintf("ou-root-%08d", i), fmt.Sprint(i), now)
			if err != nil {
				return err
			}
			if err := tx.InsertUnit(u); err != nil {
				return err
			}
			leaves = append(leaves, u)
		}
		return tx.InsertMember(org.NewRoot(o).Admit(boss, org.Created, now))
	})
	const batch = 5000
	for from := 0; from < many; from += batch {
		step(func(tx *store.Tx) error {
			var ms []org.Member
			for i := from; i < from+batch; i++ {
				a := ident.Account(fmt.Sprintf("5%011d", i))
				if err := tx.InsertAccount(access.Account{ID: a, Email: string(a), Status: access.AccountActive, Created: now}); err != nil {
					return err
				}
				err := tx.InsertRole(access.IAMRole{ID: fmt.Sprintf("AROA%017d", i), Account: a, Name: "OrganizationAccountAccessRole", Path: "/", Trust: "{}", Created: now})
				if err != nil {
					return err
				}
				ms = append(ms, leaves[i%len(leaves)].Admit(a, org.Created, now))
			}
			return tx.InsertMember(ms...)
		})
	}
	step(func(tx *store.Tx) error { return stock(tx, now) })
}

func stock(tx *store.Tx, now time.Time) error {
	share := func(p string, t catalog.Target, principals bool) error {
		t.Org = "o-aaaaaaaaaa"
		return tx.InsertShare(catalog.Share{Portfolio: catalog.PortfolioID(p), Owner: boss, Region: "us-east-1", Target: t, Accepted: true, SharePrincipals: principals, Created: now})
	}
	for i, p := range []string{"port-new", "port-old", "port-part"} {
		if err := tx.InsertPortfolio(catalog.Portfolio{ID: catalog.PortfolioID(p), Owner: boss, Region: "us-east-1", Name: p, Created: now}); err != nil {
			return err
		}
		pattern := "arn:aws:iam:::role/OrganizationAccount*"
		err := tx.InsertAssociation(catalog.Association{Portfolio: catalog.PortfolioID(p), Account: boss, Type: catalog.PrincipalPattern, Key: pattern, ARN: pattern})
		if err != nil {
			return err
		}
		for j := range 20 {
			id := catalog.ProductID(fmt.Sprintf("prod-%d-%d", i%2, j)) // the third portfolio holds half of what the first does
			if i < 2 {
				err = tx.InsertProduct(catalog.Product{ID: id, ViewID: "view" + string(id), Account: boss, Region: "us-east-1", Name: string(id), Type: catalog.CloudFormation, Created: now})
			}
			if err == nil && (i < 2 || j < 10) {
				err = tx.InsertMembership(catalog.Membership{Portfolio: catalog.PortfolioID(p), Product: id, Created: now})
			}
			if err != nil {
				return err
			}
		}
	}
	if err := share("port-old", catalog.Target{Kind: catalog.OrgShare, ID: "o-aaaaaaaaaa"}, true); err != nil {
		return err
	}
	for i := range 100 {
		if err := share("port-part", catalog.Target{Kind: catalog.UnitShare, ID: fmt.Sprintf("ou-root-%08d", i)}, false); err != nil {
			return err
		}
	}
	return nil
}
