package store

import (
	"fmt"

	"portico/internal/catalog"
	"portico/internal/ident"
)

const portfolioColumns = `p.id, p.account, p.region, p.name, p.description, p.provider, p.created`

func scanPortfolio(s scanner) (p catalog.Portfolio, err error) {
	var created int64
	err = s.Scan(&p.ID, &p.Owner, &p.Region, &p.Name, &p.Description, &p.Provider, &created)
	p.Created = fromMicros(created)
	return p, err
}

// Portfolio reads one portfolio, whoever owns it.
func (tx *Tx) Portfolio(id catalog.PortfolioID) (catalog.Portfolio, bool, error) {
	p, err := remembered(tx, "portfolio\x00"+string(id), func() (found[catalog.Portfolio], error) {
		p, ok, err := one(tx, scanPortfolio, `SELECT `+portfolioColumns+` FROM portfolio p WHERE p.id = $1`, id)
		return found[catalog.Portfolio]{p, ok}, err
	})
	if err != nil {
		return p.row, false, fmt.Errorf("load portfolio %s: %w", id, err)
	}
	return p.row, p.ok, nil
}

// Portfolios reads those of a set of ids that exist, in order of their ids.
func (tx *Tx) Portfolios(ids []catalog.PortfolioID) ([]catalog.Portfolio, error) {
	var out []catalog.Portfolio
	for chunk := range chunks(ids) {
		ps, err := all(tx, scanPortfolio, `SELECT `+portfolioColumns+` FROM portfolio p WHERE p.id IN `+in(1, len(chunk))+` ORDER BY p.id`, anys(chunk)...)
		if err != nil {
			return nil, fmt.Errorf("load portfolios: %w", err)
		}
		out = append(out, ps...)
	}
	return out, nil
}

// OwnPortfolios reads a page of an account's own portfolios in a region, in order of their ids. (S-LST-11)
func (tx *Tx) OwnPortfolios(a ident.Account, r ident.Region, after catalog.PortfolioID, limit int) ([]catalog.Portfolio, error) {
	ps, err := all(tx, scanPortfolio, `SELECT `+portfolioColumns+` FROM portfolio p
		WHERE p.account = $1 AND p.region = $2 AND p.id > $3 ORDER BY p.id LIMIT CAST($4 AS BIGINT)`, a, r, after, limit)
	if err != nil {
		return nil, fmt.Errorf("load portfolios of %s: %w", a, err)
	}
	return ps, nil
}

// CountPortfolios counts an account's portfolios in a region, at most up to limit.
func (tx *Tx) CountPortfolios(a ident.Account, r ident.Region, limit int) (int, error) {
	return tx.count(`SELECT count(*) FROM (SELECT 1 FROM portfolio WHERE account = $1 AND region = $2 LIMIT CAST($3 AS BIGINT)) AS x`, a, r, limit)
}

// InsertPortfolio adds a portfolio.
func (tx *Tx) InsertPortfolio(p catalog.Portfolio) error {
	_, err := tx.exec(`INSERT INTO portfolio (id, account, region, name, description, provider, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, p.ID, p.Owner, p.Region, p.Name, p.Description, p.Provider, micros(p.Created))
	if err != nil {
		return fmt.Errorf("insert portfolio %s: %w", p.ID, err)
	}
	tx.creates("portfolio", p.ARN())
	return nil
}

// UpdatePortfolio writes the texts of a portfolio.
func (tx *Tx) UpdatePortfolio(p catalog.Portfolio) error {
	_, err := tx.exec(`UPDATE portfolio SET name = $2, description = $3, provider = $4 WHERE id = $1`,
		p.ID, p.Name, p.Description, p.Provider)
	if err != nil {
		return fmt.Errorf("update portfolio %s: %w", p.ID, err)
	}
	return nil
}

// DeletePortfolio removes a portfolio, its tags and what hangs on it. Whether it may go is decided before.
func (tx *Tx) DeletePortfolio(id catalog.PortfolioID) error {
	if err := tx.dropTags(string(id)); err != nil {
		return err
	}
	if err := tx.dropLinks(string(id), ""); err != nil {
		return err
	}
	if _, err := tx.exec(`DELETE FROM portfolio WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete portfolio %s: %w", id, err)
	}
	return nil
}

// PortfolioUse names the first thing that keeps a portfolio from being deleted: Products, Principals or shares; or
// nothing. Principals are its owner's own. (S-QUO-9)
func (tx *Tx) PortfolioUse(p catalog.Portfolio) (string, error) {
	for _, use := range []struct {
		what, query string
		args        []any
	}{
		{"Products", `SELECT count(*) FROM (SELECT 1 FROM membership WHERE portfolio = $1 LIMIT 1) AS x`, []any{p.ID}},
		{"Principals", `SELECT count(*) FROM (SELECT 1 FROM association WHERE portfolio = $1 AND account = $2 LIMIT 1) AS x`, []any{p.ID, p.Owner}},
		{"Portfolio Shares", `SELECT count(*) FROM (SELECT 1 FROM share WHERE portfolio = $1 LIMIT 1) AS x`, []any{p.ID}},
	} {
		n, err := tx.count(use.query, use.args...)
		if err != nil || n > 0 {
			return use.what, err
		}
	}
	return "", nil
}

// Membership reads whether a portfolio holds a product, and from which source.
func (tx *Tx) Membership(p catalog.PortfolioID, product catalog.ProductID) (catalog.Membership, bool, error) {
	m, ok, err := one(tx, scanMembership, `SELECT portfolio, product, source, created FROM membership WHERE portfolio = $1 AND product = $2`, p, product)
	if err != nil {
		return m, false, fmt.Errorf("load membership of %s in %s: %w", product, p, err)
	}
	return m, ok, nil
}

func scanMembership(s scanner) (m catalog.Membership, err error) {
	var created int64
	err = s.Scan(&m.Portfolio, &m.Product, &m.Source, &created)
	m.Created = fromMicros(created)
	return m, err
}

// InsertMembership puts a product into a portfolio.
func (tx *Tx) InsertMembership(m catalog.Membership) error {
	_, err := tx.exec(`INSERT INTO membership (portfolio, product, source, created) VALUES ($1, $2, $3, $4)`,
		m.Portfolio, m.Product, m.Source, micros(m.Created))
	if err != nil {
		return fmt.Errorf("insert membership of %s in %s: %w", m.Product, m.Portfolio, err)
	}
	return nil
}

// DeleteMembership takes a product out of a portfolio, and out of every local portfolio that has it from there.
// (S-PRO row 2)
func (tx *Tx) DeleteMembership(p catalog.PortfolioID, product catalog.ProductID) error {
	for _, q := range []string{
		`DELETE FROM membership WHERE portfolio = $1 AND product = $2`,
		`DELETE FROM membership WHERE source = $1 AND product = $2`,
	} {
		if _, err := tx.exec(q, p, product); err != nil {
			return fmt.Errorf("delete membership of %s in %s: %w", product, p, err)
		}
	}
	linked, err := all(tx, scanAccountID, `SELECT account FROM tag_option_link WHERE resource = $1
		UNION SELECT account FROM budget_link WHERE resource = $1`, product)
	if err != nil {
		return fmt.Errorf("load accounts that build on %s: %w", product, err)
	}
	for _, a := range linked {
		if err := tx.severProducts(a); err != nil {
			return err
		}
	}
	return nil
}

// CountProductsIn counts the products of a portfolio. (S-LOC-8)
func (tx *Tx) CountProductsIn(p catalog.PortfolioID) (int, error) {
	return tx.count(`SELECT count(*) FROM membership WHERE portfolio = $1`, p)
}

// HoldsImported reports whether a portfolio holds a product of another account. (S-SHR-5)
func (tx *Tx) HoldsImported(p catalog.PortfolioID) (bool, error) {
	n, err := tx.count(`SELECT count(*) FROM (SELECT 1 FROM membership WHERE portfolio = $1 AND source <> '' LIMIT 1) AS x`, p)
	return n > 0, err
}

// OwnerPortfoliosHolding lists the portfolios of a product's own account that hold it, in order of their ids.
func (tx *Tx) OwnerPortfoliosHolding(product catalog.ProductID) ([]catalog.PortfolioID, error) {
	ids, err := all(tx, scanPortfolioID, `SELECT portfolio FROM membership WHERE product = $1 AND source = '' ORDER BY portfolio`, product)
	if err != nil {
		return nil, fmt.Errorf("load portfolios that hold %s: %w", product, err)
	}
	return ids, nil
}

// AccountPortfoliosHolding reads an account's own portfolios that hold a product, in order of their ids. (S-LST-12)
func (tx *Tx) AccountPortfoliosHolding(a ident.Account, r ident.Region, product catalog.ProductID) ([]catalog.Portfolio, error) {
	ps, err := all(tx, scanPortfolio, `SELECT `+portfolioColumns+` FROM portfolio p CROSS JOIN membership m
		WHERE p.account = $1 AND p.region = $2 AND m.portfolio = p.id AND m.product = $3 ORDER BY p.id`, a, r, product)
	if err != nil {
		return nil, fmt.Errorf("load portfolios of %s that hold %s: %w", a, product, err)
	}
	return ps, nil
}

// Holding tells which of some portfolios hold a product.
func (tx *Tx) Holding(product catalog.ProductID, ids []catalog.PortfolioID) (map[catalog.PortfolioID]bool, error) {
	held := make(map[catalog.PortfolioID]bool, len(ids))
	for chunk := range chunks(ids) {
		found, err := all(tx, scanPortfolioID, `SELECT portfolio FROM membership WHERE product = $1 AND portfolio IN `+in(2, len(chunk)),
			append([]any{product}, anys(chunk)...)...)
		if err != nil {
			return nil, fmt.Errorf("load portfolios that hold %s: %w", product, err)
		}
		for _, id := range found {
			held[id] = true
		}
	}
	return held, nil
}

func scanPortfolioID(s scanner) (id catalog.PortfolioID, err error) { return id, s.Scan(&id) }

func (tx *Tx) count(query string, args ...any) (int, error) {
	n, _, err := one(tx, func(s scanner) (n int64, err error) { return n, s.Scan(&n) }, query, args...)
	if err != nil {
		return 0, fmt.Errorf("count: %w", err)
	}
	return int(n), nil
}
