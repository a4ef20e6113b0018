package store

import (
	"fmt"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/ident"
)

const associationColumns = `a.portfolio, a.account, a.type, a.key, a.arn`

func scanAssociation(s scanner) (a catalog.Association, err error) {
	err = s.Scan(&a.Portfolio, &a.Account, &a.Type, &a.Key, &a.ARN)
	return a, err
}

// InsertAssociation grants a principal access to a portfolio; the same again changes nothing. (S-PRI-8)
func (tx *Tx) InsertAssociation(a catalog.Association) error {
	_, err := tx.exec(`INSERT INTO association (portfolio, account, type, key, arn) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT DO NOTHING`, a.Portfolio, a.Account, a.Type, a.Key, a.ARN)
	if err != nil {
		return fmt.Errorf("insert principal of %s: %w", a.Portfolio, err)
	}
	return nil
}

// Association reads one association by its key: the unique id of an IAM principal, or the pattern.
func (tx *Tx) Association(p catalog.PortfolioID, made ident.Account, t catalog.PrincipalType, key string) (catalog.Association, bool, error) {
	a, ok, err := one(tx, scanAssociation, `SELECT `+associationColumns+` FROM association a
		WHERE a.portfolio = $1 AND a.account = $2 AND a.type = $3 AND a.key = $4`, p, made, t, key)
	if err != nil {
		return a, false, fmt.Errorf("load principal of %s: %w", p, err)
	}
	return a, ok, nil
}

// Associations reads what one account associated with a portfolio, ordered by type and key.
func (tx *Tx) Associations(p catalog.PortfolioID, made ident.Account) ([]catalog.Association, error) {
	as, err := all(tx, scanAssociation, `SELECT `+associationColumns+` FROM association a
		WHERE a.portfolio = $1 AND a.account = $2 ORDER BY a.type, a.key`, p, made)
	if err != nil {
		return nil, fmt.Errorf("load principals of %s: %w", p, err)
	}
	return as, nil
}

// DeleteAssociation removes one association and reports whether it was there.
func (tx *Tx) DeleteAssociation(a catalog.Association) (bool, error) {
	n, err := tx.exec(`DELETE FROM association WHERE portfolio = $1 AND account = $2 AND type = $3 AND key = $4`,
		a.Portfolio, a.Account, a.Type, a.Key)
	if err != nil {
		return false, fmt.Errorf("delete principal of %s: %w", a.Portfolio, err)
	}
	return n > 0, nil
}

// AssociationsFor reads every association made in an account that could grant one of the principals something: those
// that name it by id, and all patterns.
func (tx *Tx) AssociationsFor(a ident.Account, who []access.Principal) ([]catalog.Association, error) {
	ids := []string{""}
	for _, p := range who {
		ids = append(ids, p.ID)
	}
	var out []catalog.Association
	patterns := a // in the first piece only
	for chunk := range chunks(ids) {
		as, err := all(tx, scanAssociation, `SELECT `+associationColumns+` FROM association a
				WHERE a.account = $1 AND a.type = 'IAM_PATTERN'
			UNION ALL SELECT `+associationColumns+` FROM association a
				WHERE a.account = $2 AND a.type = 'IAM' AND a.key IN `+in(3, len(chunk)), append([]any{patterns, a}, anys(chunk)...)...)
		if err != nil {
			return nil, fmt.Errorf("load principals of %s: %w", a, err)
		}
		out, patterns = append(out, as...), ""
	}
	return out, nil
}

// PatternsTo reads the patterns that owners share with a viewer by shares that cover it, each once. (S-PRI-12)
func (tx *Tx) PatternsTo(v catalog.Viewer) ([]catalog.Association, error) {
	type shared struct {
		catalog.Share
		catalog.Association
	}
	scan := func(s scanner) (x shared, err error) {
		a, to := &x.Association, &x.Target
		err = s.Scan(&a.Portfolio, &a.Account, &a.Type, &a.Key, &a.ARN, &x.Region, &to.Kind, &to.ID, &to.Org)
		x.Share.Portfolio, x.Owner = a.Portfolio, a.Account
		return x, err
	}
	units, orgs := nodes(v)
	args := append(append([]any{v.Region, v.Account}, anys(units)...), anys(orgs)...)
	found, err := all(tx, scan, `SELECT `+associationColumns+`, s.region, s.kind, s.target, s.org
		FROM share s CROSS JOIN association a
		WHERE s.target IN `+in(2, 1+len(units)+len(orgs))+` AND s.share_principals = TRUE AND s.region = $1
		AND a.portfolio = s.portfolio AND a.account = s.owner AND a.type = 'IAM_PATTERN'`, args...)
	if err != nil {
		return nil, fmt.Errorf("load patterns shared with %s: %w", v.Account, err)
	}
	var out []catalog.Association
	seen := map[catalog.Association]bool{}
	for _, x := range found {
		if x.Covers(v) && !seen[x.Association] {
			seen[x.Association] = true
			out = append(out, x.Association)
		}
	}
	return out, nil
}

// SharedPatterns reads the patterns that owners share with their portfolios among ids. (S-PRI-12)
func (tx *Tx) SharedPatterns(ids []catalog.PortfolioID) ([]catalog.Association, error) {
	var out []catalog.Association
	for chunk := range chunks(ids) {
		as, err := all(tx, scanAssociation, `SELECT `+associationColumns+` FROM portfolio p CROSS JOIN association a
			WHERE a.portfolio = p.id AND a.account = p.account AND a.type = 'IAM_PATTERN' AND p.id IN `+in(1, len(chunk)), anys(chunk)...)
		if err != nil {
			return nil, fmt.Errorf("load shared patterns: %w", err)
		}
		out = append(out, as...)
	}
	return out, nil
}
