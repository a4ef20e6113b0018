package store

import (
	"fmt"

	"portico/internal/catalog"
	"portico/internal/ident"
	"portico/internal/org"
)

const shareColumns = `s.portfolio, s.owner, s.region, s.kind, s.target, s.org, s.accepted, s.share_principals,
	s.share_tag_options, s.created`

func scanShare(s scanner) (h catalog.Share, err error) {
	var created int64
	err = s.Scan(&h.Portfolio, &h.Owner, &h.Region, &h.Target.Kind, &h.Target.ID, &h.Target.Org, &h.Accepted,
		&h.SharePrincipals, &h.ShareTagOptions, &created)
	h.Created = fromMicros(created)
	return h, err
}

// nodes are the units and the organizations whose shares can reach a viewer, each filled up for an IN list; Covers has
// the last word. A share never names a root. (S-ORG-21)
func nodes(v catalog.Viewer) (units, orgs []string) {
	for _, n := range v.Lineage {
		switch n.Kind {
		case org.OU:
			units = append(units, n.ID)
		case org.Whole:
			orgs = append(orgs, n.ID)
		}
	}
	return filled(units), filled(orgs)
}

// Share reads the record of one target.
func (tx *Tx) Share(p catalog.PortfolioID, t catalog.Target) (catalog.Share, bool, error) {
	s, ok, err := one(tx, scanShare, `SELECT `+shareColumns+` FROM share s WHERE s.portfolio = $1 AND s.kind = $2 AND s.target = $3`, p, t.Kind, t.ID)
	if err != nil {
		return s, false, fmt.Errorf("load share of %s: %w", p, err)
	}
	return s, ok, nil
}

// SharesOf reads a page of a portfolio's records of one kind, in order of their targets. (S-LST-1)
func (tx *Tx) SharesOf(p catalog.PortfolioID, k catalog.ShareKind, after string, limit int) ([]catalog.Share, error) {
	ss, err := all(tx, scanShare, `SELECT `+shareColumns+` FROM share s
		WHERE s.portfolio = $1 AND s.kind = $2 AND s.target > $3 ORDER BY s.target LIMIT CAST($4 AS BIGINT)`, p, k, after, limit)
	if err != nil {
		return nil, fmt.Errorf("load shares of %s: %w", p, err)
	}
	return ss, nil
}

// HasShares reports whether a portfolio has any share, pending ones included.
func (tx *Tx) HasShares(p catalog.PortfolioID) (bool, error) {
	n, err := tx.count(`SELECT count(*) FROM (SELECT 1 FROM share WHERE portfolio = $1 LIMIT 1) AS x`, p)
	return n > 0, err
}

// SharesReaching reads the shares among some portfolios that can reach a viewer, and which of the portfolios its account
// rejected. (S-ACC-10)
func (tx *Tx) SharesReaching(ids []catalog.PortfolioID, v catalog.Viewer) ([]catalog.Share, map[catalog.PortfolioID]bool, error) {
	var out []catalog.Share
	rejected := map[catalog.PortfolioID]bool{}
	scan := func(s scanner) (h catalog.Share, err error) {
		var hidden, created int64
		err = s.Scan(&h.Portfolio, &h.Owner, &h.Region, &h.Target.Kind, &h.Target.ID, &h.Target.Org, &h.Accepted,
			&h.SharePrincipals, &h.ShareTagOptions, &created, &hidden)
		h.Created = fromMicros(created)
		if hidden > 0 {
			rejected[h.Portfolio] = true
		}
		return h, err
	}
	units, orgs := nodes(v)
	for chunk := range chunks(ids) {
		args := append(append(append([]any{v.Account}, anys(chunk)...), anys(units)...), anys(orgs)...)
		among := `, (SELECT count(*) FROM rejection r WHERE r.account = $1 AND r.portfolio = s.portfolio)
			FROM share s WHERE s.portfolio IN ` + in(2, len(chunk))
		ss, err := all(tx, scan, `SELECT `+shareColumns+among+`
				AND s.kind IN ('ACCOUNT', 'ORGANIZATION_MEMBER_ACCOUNT') AND s.target = $1
			UNION ALL SELECT `+shareColumns+among+`
				AND s.kind = 'ORGANIZATIONAL_UNIT' AND s.target IN `+in(2+len(chunk), len(units))+`
			UNION ALL SELECT `+shareColumns+among+`
				AND s.kind = 'ORGANIZATION' AND s.target IN `+in(2+len(chunk)+len(units), len(orgs)), args...)
		if err != nil {
			return nil, nil, fmt.Errorf("load shares reaching %s: %w", v.Account, err)
		}
		out = append(out, ss...)
	}
	return out, rejected, nil
}

// SharesTo reads every share of the viewer's region that can reach the viewer.
func (tx *Tx) SharesTo(v catalog.Viewer) ([]catalog.Share, error) {
	units, orgs := nodes(v)
	ss, err := all(tx, scanShare, `SELECT `+shareColumns+` FROM share s
			WHERE s.target = $1 AND s.kind IN ('ACCOUNT', 'ORGANIZATION_MEMBER_ACCOUNT') AND s.region = $2
		UNION ALL SELECT `+shareColumns+` FROM share s
			WHERE s.target IN `+in(3, len(units))+` AND s.kind = 'ORGANIZATIONAL_UNIT' AND s.region = $2
		UNION ALL SELECT `+shareColumns+` FROM share s
			WHERE s.target IN `+in(3+len(units), len(orgs))+` AND s.kind = 'ORGANIZATION' AND s.region = $2`,
		append(append([]any{v.Account, v.Region}, anys(units)...), anys(orgs)...)...)
	if err != nil {
		return nil, fmt.Errorf("load shares to %s: %w", v.Account, err)
	}
	return ss, nil
}

// ImportedByAccountShare reads a page of the portfolios a viewer accepted, in order of their ids. (S-LST-8)
func (tx *Tx) ImportedByAccountShare(v catalog.Viewer, after catalog.PortfolioID, limit int) ([]catalog.Portfolio, error) {
	ps, err := all(tx, scanPortfolio, `SELECT `+portfolioColumns+` FROM share s CROSS JOIN portfolio p
		WHERE s.target = $1 AND s.kind = 'ACCOUNT' AND s.region = $2 AND s.portfolio > $3 AND s.accepted = TRUE
		AND p.id = s.portfolio ORDER BY s.portfolio LIMIT CAST($4 AS BIGINT)`, v.Account, v.Region, after, limit)
	if err != nil {
		return nil, fmt.Errorf("load portfolios imported by %s: %w", v.Account, err)
	}
	return ps, nil
}

// ImportedByOrganization reads a page of the portfolios that reach a viewer through organization nodes and that its
// account did not reject, in order of their ids. (S-LST-8, S-ACC-10)
func (tx *Tx) ImportedByOrganization(v catalog.Viewer, after catalog.PortfolioID, limit int) ([]catalog.Portfolio, error) {
	var nodes, orgs []string
	for _, n := range v.Lineage {
		nodes, orgs = append(nodes, n.ID), append(orgs, n.Org)
	}
	if len(nodes) == 0 {
		return nil, nil
	}
	args := []any{v.Account, v.Region, after, limit}
	for chunk := range chunks(nodes) {
		nodes = chunk
	}
	for chunk := range chunks(orgs) {
		orgs = chunk
	}
	ps, err := all(tx, scanPortfolio, `SELECT DISTINCT `+portfolioColumns+` FROM share s CROSS JOIN portfolio p
		WHERE s.target IN `+in(5, len(nodes))+` AND s.kind IN ('ORGANIZATION', 'ORGANIZATIONAL_UNIT', 'ORGANIZATION_MEMBER_ACCOUNT')
		AND s.region = $2 AND s.portfolio > $3 AND s.org IN `+in(5+len(nodes), len(orgs))+` AND s.owner <> $1
		AND NOT EXISTS (SELECT 1 FROM rejection r WHERE r.account = $1 AND r.portfolio = s.portfolio)
		AND p.id = s.portfolio ORDER BY p.id LIMIT CAST($4 AS BIGINT)`, append(append(args, anys(nodes)...), anys(orgs)...)...)
	if err != nil {
		return nil, fmt.Errorf("load portfolios that reach %s: %w", v.Account, err)
	}
	return ps, nil
}

// CountImported counts the portfolios of a region that an account imports by account shares. (S-QUO-5)
func (tx *Tx) CountImported(a ident.Account, r ident.Region) (int, error) {
	return tx.count(`SELECT count(*) FROM share s WHERE s.target = $1 AND s.kind = 'ACCOUNT' AND s.region = $2 AND s.accepted = TRUE`, a, r)
}

// SharedWithAny reports whether a portfolio is shared with one of some organization nodes.
func (tx *Tx) SharedWithAny(p catalog.PortfolioID, nodes []string) (bool, error) {
	found := 0
	for chunk := range chunks(nodes) {
		n, err := tx.count(`SELECT count(*) FROM share s WHERE s.portfolio = $1
			AND s.kind IN ('ORGANIZATION', 'ORGANIZATIONAL_UNIT') AND s.target IN `+in(2, len(chunk)), append([]any{p}, anys(chunk)...)...)
		if err != nil {
			return false, err
		}
		found += n
	}
	return found > 0, nil
}

// The placements that count for coverage: those of now, or while access is disabled those of then. (S-EVT-9)
const (
	coveredNow  = ` AND m.account <> $2 AND (o.frozen_at = 0 OR m.since_revision <= o.frozen_at)`
	coveredThen = ` AND m.account <> $2 AND o.frozen_at > 0 AND m.since_revision <= o.frozen_at AND m.until_revision > o.frozen_at`

	sharedToMember = ` FROM share s CROSS JOIN organization o CROSS JOIN `
	memberIs       = ` WHERE s.portfolio = $1 AND s.kind = 'ORGANIZATION_MEMBER_ACCOUNT' AND o.id = s.org AND m.account = s.target AND m.org = s.org`
	anyMember      = ` WHERE s.portfolio = $1 AND s.kind = 'ORGANIZATION' AND o.id = s.target AND m.org = s.target`
	sharedToUnit   = ` FROM share s CROSS JOIN unit u CROSS JOIN organization o CROSS JOIN `
	memberBelow    = ` WHERE s.portfolio = $1 AND s.kind = 'ORGANIZATIONAL_UNIT' AND u.id = s.target AND o.id = u.org
		AND m.org = u.org AND m.path >= u.path AND m.path < u.path || '~'`
)

// CountSharedAccounts counts the distinct accounts that a portfolio's shares reach, its owner left out, at most up to
// limit. Account shares count whether or not there is such an account. (S-QUO-1, S-SHR-9)
func (tx *Tx) CountSharedAccounts(p catalog.Portfolio, limit int) (int, error) {
	return tx.count(`SELECT count(*) FROM (
		SELECT s.target AS account FROM share s WHERE s.portfolio = $1 AND s.kind = 'ACCOUNT'
		UNION SELECT m.account`+sharedToMember+`member m`+memberIs+coveredNow+`
		UNION SELECT m.account`+sharedToMember+`member m`+anyMember+coveredNow+`
		UNION SELECT m.account`+sharedToUnit+`member m`+memberBelow+coveredNow+`
		UNION SELECT m.account`+sharedToMember+`past_placement m`+memberIs+coveredThen+`
		UNION SELECT m.account`+sharedToMember+`past_placement m`+anyMember+coveredThen+`
		UNION SELECT m.account`+sharedToUnit+`past_placement m`+memberBelow+coveredThen+`
		LIMIT CAST($3 AS BIGINT)) AS x`, p.ID, p.Owner, limit)
}

// InsertShare adds a record.
func (tx *Tx) InsertShare(s catalog.Share) error {
	_, err := tx.exec(`INSERT INTO share (portfolio, kind, target, org, owner, region, accepted, share_principals,
		share_tag_options, created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		s.Portfolio, s.Target.Kind, s.Target.ID, s.Target.Org, s.Owner, s.Region, s.Accepted, s.SharePrincipals,
		s.ShareTagOptions, micros(s.Created))
	if err != nil {
		return fmt.Errorf("insert share of %s: %w", s.Portfolio, err)
	}
	return nil
}

// UpdateShare writes the acceptance and the flags of a record.
func (tx *Tx) UpdateShare(s catalog.Share) error {
	_, err := tx.exec(`UPDATE share SET accepted = $4, share_principals = $5, share_tag_options = $6
		WHERE portfolio = $1 AND kind = $2 AND target = $3`,
		s.Portfolio, s.Target.Kind, s.Target.ID, s.Accepted, s.SharePrincipals, s.ShareTagOptions)
	if err != nil {
		return fmt.Errorf("update share of %s: %w", s.Portfolio, err)
	}
	return nil
}

// DeleteShare removes a record and cuts what depended on it. (S-DEL-4, S-DEL-5)
func (tx *Tx) DeleteShare(s catalog.Share) error {
	_, err := tx.exec(`DELETE FROM share WHERE portfolio = $1 AND kind = $2 AND target = $3`, s.Portfolio, s.Target.Kind, s.Target.ID)
	if err != nil {
		return fmt.Errorf("delete share of %s: %w", s.Portfolio, err)
	}
	return tx.SeverPortfolio(s.Portfolio)
}

// SetRejected hides what an organization shares of a portfolio from one account, or shows it again.
func (tx *Tx) SetRejected(a ident.Account, p catalog.PortfolioID, hide bool) error {
	q := `DELETE FROM rejection WHERE account = $1 AND portfolio = $2`
	if hide {
		q = `INSERT INTO rejection (account, portfolio) VALUES ($1, $2) ON CONFLICT DO NOTHING`
	}
	if _, err := tx.exec(q, a, p); err != nil {
		return fmt.Errorf("set rejection of %s by %s: %w", p, a, err)
	}
	return nil
}
