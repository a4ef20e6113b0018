package store

import (
	"fmt"
	"slices"

	"portico/internal/catalog"
	"portico/internal/ident"
	"portico/internal/org"
)

// Viewer reads what decides about an account's view of one region, apart from the caller's principals.
func (tx *Tx) Viewer(a ident.Account, r ident.Region) (catalog.Viewer, error) {
	lineage, err := remembered(tx, "lineage\x00"+string(a), func() (org.Lineage, error) { return tx.Lineage(a) })
	if err != nil {
		return catalog.Viewer{}, err
	}
	return catalog.Viewer{Account: a, Region: r, Lineage: lineage}, nil
}

// Reach reads how a viewer stands to some portfolios; those of other regions are left out.
func (tx *Tx) Reach(ids []catalog.PortfolioID, v catalog.Viewer) ([]catalog.Reach, error) {
	ps, err := tx.Portfolios(ids)
	if err != nil {
		return nil, err
	}
	var foreign []catalog.PortfolioID
	for _, p := range ps {
		if p.Owner != v.Account {
			foreign = append(foreign, p.ID)
		}
	}
	shares, rejected, err := tx.SharesReaching(foreign, v)
	if err != nil {
		return nil, err
	}
	var out []catalog.Reach
	for _, p := range ps {
		if p.Region == v.Region {
			out = append(out, catalog.Reach{Portfolio: p, Standing: catalog.Stand(p, shares, rejected[p.ID], v)})
		}
	}
	return out, nil
}

// Standing reads how a viewer stands to one portfolio.
func (tx *Tx) Standing(p catalog.Portfolio, v catalog.Viewer) (catalog.Standing, error) {
	if p.Owner == v.Account {
		return catalog.Stand(p, nil, false, v), nil
	}
	shares, rejected, err := tx.SharesReaching([]catalog.PortfolioID{p.ID}, v)
	return catalog.Stand(p, shares, rejected[p.ID], v), err
}

// SeverPortfolio cuts what recipients made of a portfolio in every account that no longer imports it. It works from
// the rows recipients made, never from the list of accounts. (S-DEL-4, S-DEL-5)
func (tx *Tx) SeverPortfolio(id catalog.PortfolioID) error {
	p, ok, err := tx.Portfolio(id)
	if err != nil || !ok {
		return err
	}
	accounts, err := all(tx, scanAccountID, `SELECT account FROM association WHERE portfolio = $1 AND account <> $2
		UNION SELECT p.account FROM membership m CROSS JOIN portfolio p WHERE m.source = $1 AND p.id = m.portfolio
		UNION SELECT account FROM tag_option_link WHERE resource = $1 AND account <> $2
		UNION SELECT account FROM budget_link WHERE resource = $1 AND account <> $2
		UNION SELECT l.account FROM membership m CROSS JOIN tag_option_link l WHERE m.portfolio = $1 AND l.resource = m.product AND l.account <> $2
		UNION SELECT l.account FROM membership m CROSS JOIN budget_link l WHERE m.portfolio = $1 AND l.resource = m.product AND l.account <> $2`,
		id, p.Owner)
	if err != nil {
		return fmt.Errorf("load recipients of %s: %w", id, err)
	}
	for _, a := range accounts {
		if err := tx.SeverPortfolioIn(p, a); err != nil {
			return err
		}
	}
	return nil
}

// SeverAccount cuts what an account made of portfolios that it no longer imports, after its place in an organization
// changed. (S-EVT-2, S-EVT-3)
func (tx *Tx) SeverAccount(a ident.Account) error {
	ps, err := all(tx, scanPortfolio, `SELECT `+portfolioColumns+` FROM portfolio p WHERE p.id IN (
		SELECT portfolio FROM association WHERE account = $1
		UNION SELECT resource FROM tag_option_link WHERE account = $1
		UNION SELECT resource FROM budget_link WHERE account = $1
		UNION SELECT m.source FROM portfolio l CROSS JOIN membership m WHERE l.account = $1 AND m.portfolio = l.id)
		AND p.account <> $1`, a)
	if err != nil {
		return fmt.Errorf("load portfolios that %s builds on: %w", a, err)
	}
	for _, p := range ps {
		if err := tx.SeverPortfolioIn(p, a); err != nil {
			return err
		}
	}
	return tx.severProducts(a)
}

// severProducts takes an account's TagOptions and budgets off products that no import of it holds any more.
func (tx *Tx) severProducts(a ident.Account) error {
	products, err := all(tx, scanProduct, `SELECT `+productColumns+` FROM product p WHERE p.id IN (
		SELECT resource FROM tag_option_link WHERE account = $1 UNION SELECT resource FROM budget_link WHERE account = $1)
		AND p.account <> $1`, a)
	if err != nil {
		return fmt.Errorf("load products that %s builds on: %w", a, err)
	}
	for _, p := range products {
		v, err := tx.Viewer(a, p.Region)
		if err != nil {
			return err
		}
		imports, err := tx.ImportsHolding(p.ID, v)
		if err != nil {
			return err
		}
		if len(imports) > 0 {
			continue
		}
		if err := tx.dropLinks(string(p.ID), a); err != nil {
			return err
		}
	}
	return nil
}

// ImportsHolding reads the portfolios that a viewer imports and that hold a product of their owner.
func (tx *Tx) ImportsHolding(product catalog.ProductID, v catalog.Viewer) ([]catalog.Reach, error) {
	ids, err := tx.OwnerPortfoliosHolding(product)
	if err != nil {
		return nil, err
	}
	reached, err := tx.Reach(ids, v)
	return slices.DeleteFunc(reached, func(r catalog.Reach) bool { return r.Standing.Relation() != catalog.Imports }), err
}

// SeverPortfolioIn cuts what one account made of a portfolio, unless it still imports it.
func (tx *Tx) SeverPortfolioIn(p catalog.Portfolio, a ident.Account) error {
	v, err := tx.Viewer(a, p.Region)
	if err != nil {
		return err
	}
	s, err := tx.Standing(p, v)
	if err != nil || s.Sees() {
		return err
	}
	for _, q := range []string{
		`DELETE FROM association WHERE portfolio = $1 AND account = $2`,
		`DELETE FROM membership WHERE source = $1 AND portfolio IN (SELECT id FROM portfolio WHERE account = $2)`,
	} {
		if _, err := tx.exec(q, p.ID, a); err != nil {
			return fmt.Errorf("cut %s from %s: %w", a, p.ID, err)
		}
	}
	if err := tx.dropLinks(string(p.ID), a); err != nil {
		return err
	}
	return tx.severProducts(a)
}

// DeleteOrgSharesBy removes every organization share of an account's portfolios. (S-EVT-5)
func (tx *Tx) DeleteOrgSharesBy(owner ident.Account) error {
	return tx.deleteShares(`s.owner = $1 AND s.kind IN ('ORGANIZATION', 'ORGANIZATIONAL_UNIT', 'ORGANIZATION_MEMBER_ACCOUNT')`, owner)
}

// DeleteSharesOfUnit removes the share records of an OU that is no more. (S-EVT-4)
func (tx *Tx) DeleteSharesOfUnit(unit string) error {
	return tx.deleteShares(`s.target = $1 AND s.kind = 'ORGANIZATIONAL_UNIT'`, unit)
}

// DeleteSharesOfOrganization removes every share record of an organization that is no more. (S-EVT-12)
func (tx *Tx) DeleteSharesOfOrganization(id string) error {
	return tx.deleteShares(`s.org = $1`, id)
}

func (tx *Tx) deleteShares(where string, arg any) error {
	shares, err := all(tx, scanShare, `SELECT `+shareColumns+` FROM share s WHERE `+where, arg)
	if err != nil {
		return fmt.Errorf("load shares to remove: %w", err)
	}
	for _, s := range shares {
		if err := tx.DeleteShare(s); err != nil {
			return err
		}
	}
	return nil
}
