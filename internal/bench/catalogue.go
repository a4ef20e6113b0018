package main

import (
	"fmt"

	"portico/internal/catalog"
	"portico/internal/ident"
	"portico/internal/store"
)

// nodeShares makes the portfolios that the management account shares within the organization: some with the whole of it,
// a few of those with principals, and one with every unit. Each account is reached by 53 of them.
func (s *seeder) nodeShares() error {
	return s.db.Write(s.ctx, func(tx *store.Tx) error {
		for i := range nodeShares {
			id := nodePortfolio(i)
			if err := s.portfolio(tx, management, id); err != nil {
				return err
			}
			if err := s.share(tx, management, id, catalog.Target{Kind: catalog.OrgShare, ID: orgID, Org: orgID}, i < patterns); err != nil {
				return err
			}
			pattern := "arn:aws:iam:::role/team-" + fmt.Sprint(i) + "/*"
			a := catalog.Association{Portfolio: catalog.PortfolioID(id), Account: management, Type: catalog.PrincipalPattern, Key: pattern, ARN: pattern}
			if err := tx.InsertAssociation(a); err != nil {
				return err
			}
		}
		made := map[string]bool{}
		for leaf := range 300 {
			for _, u := range unit(leaf) {
				if made[u] {
					continue
				}
				made[u] = true
				id := name("port", u, 0)
				if err := s.portfolio(tx, management, id); err != nil {
					return err
				}
				if err := s.share(tx, management, id, catalog.Target{Kind: catalog.UnitShare, ID: u, Org: orgID}, false); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// given makes the portfolios that recipients accepted from the publisher.
func (s *seeder) given() error {
	return s.each(0, recipients*given, func(tx *store.Tx, i int) error {
		who := i / given
		id := givenPortfolio(who, i)
		if err := s.portfolio(tx, publisher, id); err != nil {
			return err
		}
		return s.share(tx, publisher, id, toAccount(recipient(who)), false)
	})
}

// shelf makes the products that recipients' roles find, in a portfolio shared with the whole organization.
func (s *seeder) shelf() error {
	return s.db.Write(s.ctx, func(tx *store.Tx) error {
		for i := range shelf {
			if err := s.product(tx, management, shelfProduct(i), i); err != nil {
				return err
			}
			if err := s.put(tx, nodePortfolio(nodeShares-1), shelfProduct(i)); err != nil {
				return err
			}
		}
		for i := range recipients {
			if err := s.associate(tx, nodePortfolio(nodeShares-1), recipient(i), 0); err != nil {
				return err
			}
		}
		return nil
	})
}

// via makes the portfolios that all hold the same products and reach the viewer's roles, one by one, ten and all.
func (s *seeder) via() error {
	return s.db.Write(s.ctx, func(tx *store.Tx) error {
		for i := range shelf {
			if err := s.product(tx, publisher, name("prod", "via", i), i); err != nil {
				return err
			}
		}
		for i := range viaMost {
			if err := s.portfolio(tx, publisher, viaPortfolio(i)); err != nil {
				return err
			}
			if err := s.share(tx, publisher, viaPortfolio(i), toAccount(viewer), false); err != nil {
				return err
			}
			for j := range shelf {
				if err := s.put(tx, viaPortfolio(i), name("prod", "via", j)); err != nil {
					return err
				}
			}
			for n, most := range via() {
				if i < most {
					if err := s.associate(tx, viaPortfolio(i), viewer, 1+n); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
}

// bulk makes share rows between accounts that do not call: a hundred to each of so many portfolios as that takes.
func (s *seeder) bulk(shares int) error {
	const targets = 100
	return s.each(0, shares, func(tx *store.Tx, i int) error {
		id := name("port", "bulk", i/targets)
		if i%targets == 0 {
			if err := s.portfolio(tx, publisher, id); err != nil {
				return err
			}
		}
		return s.share(tx, publisher, id, toAccount(member(recipients+2+i)), false)
	})
}

// lone makes portfolios that are not shared yet.
func lone(s *seeder, n int) error {
	return s.each(0, n, func(tx *store.Tx, i int) error {
		return tx.InsertPortfolio(portfolio(s, management, lonePortfolio(i)))
	})
}

func toAccount(a ident.Account) catalog.Target {
	return catalog.Target{Kind: catalog.AccountShare, ID: string(a)}
}

func portfolio(s *seeder, owner ident.Account, id string) catalog.Portfolio {
	return catalog.Portfolio{ID: catalog.PortfolioID(id), Owner: owner, Region: region, Name: "Portfolio " + id,
		Provider: "Platform team", Description: "What the platform team offers to everybody who builds on it", Created: s.now}
}

func (s *seeder) portfolio(tx *store.Tx, owner ident.Account, id string) error {
	if err := tx.InsertPortfolio(portfolio(s, owner, id)); err != nil {
		return err
	}
	return tx.SetTags(id, []catalog.Tag{{Key: "cost-center", Value: "4711"}, {Key: "stage", Value: "production"}, {Key: "team", Value: "platform"}})
}

func (s *seeder) share(tx *store.Tx, owner ident.Account, id string, to catalog.Target, principals bool) error {
	return tx.InsertShare(catalog.Share{Portfolio: catalog.PortfolioID(id), Owner: owner, Region: region, Target: to,
		Accepted: true, SharePrincipals: principals, Created: s.now})
}

func (s *seeder) product(tx *store.Tx, owner ident.Account, id string, i int) error {
	p := catalog.Product{ID: catalog.ProductID(id), ViewID: name("prodview", id, 0), Account: owner, Region: region,
		Name: fmt.Sprintf("Product %02d", i), OwnerText: "Platform team", Description: "A web server behind a load balancer, in two zones",
		Distributor: "IT", SupportText: "Ask in the channel", SupportEmail: "platform@example.com", SupportURL: "https://example.com/platform",
		Type: "CLOUD_FORMATION_TEMPLATE", Created: s.now}
	if err := tx.InsertProduct(p); err != nil {
		return err
	}
	a := catalog.Artifact{ID: catalog.ArtifactID(name("pa", id, 0)), Product: p.ID, Name: "v1", Type: p.Type, Active: true, Guidance: "DEFAULT", Created: s.now}
	return tx.InsertArtifact(a, []byte(`{"Resources":{"Topic":{"Type":"AWS::SNS::Topic"}}}`))
}

func (s *seeder) put(tx *store.Tx, portfolio, product string) error {
	return tx.InsertMembership(catalog.Membership{Portfolio: catalog.PortfolioID(portfolio), Product: catalog.ProductID(product), Created: s.now})
}

func (s *seeder) associate(tx *store.Tx, portfolio string, a ident.Account, role int) error {
	return tx.InsertAssociation(catalog.Association{Portfolio: catalog.PortfolioID(portfolio), Account: a, Type: catalog.PrincipalIAM,
		Key: roleID(a, role), ARN: ident.IAMARN(a, "role", "/", fmt.Sprintf("user-%d", role))})
}
