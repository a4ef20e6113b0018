package store

import (
	"fmt"
	"slices"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/ident"
	"portico/internal/org"
)

// What a preview reads: many portfolios, products or accounts at once, each with few statements.

// MembershipsIn reads what some portfolios hold.
func (tx *Tx) MembershipsIn(ids []catalog.PortfolioID) ([]catalog.Membership, error) {
	var out []catalog.Membership
	for chunk := range chunks(ids) {
		ms, err := all(tx, scanMembership, `SELECT portfolio, product, source, created FROM membership
			WHERE portfolio IN `+in(1, len(chunk)), anys(chunk)...)
		if err != nil {
			return nil, fmt.Errorf("load what portfolios hold: %w", err)
		}
		out = append(out, ms...)
	}
	return out, nil
}

// MembershipsOf reads which portfolios, whoever owns them, hold some products.
func (tx *Tx) MembershipsOf(ids []catalog.ProductID) ([]catalog.Membership, error) {
	var out []catalog.Membership
	for chunk := range chunks(ids) {
		ms, err := all(tx, scanMembership, `SELECT portfolio, product, source, created FROM membership
			WHERE product IN `+in(1, len(chunk)), anys(chunk)...)
		if err != nil {
			return nil, fmt.Errorf("load what holds products: %w", err)
		}
		out = append(out, ms...)
	}
	return out, nil
}

// Products reads those of a set of ids that exist.
func (tx *Tx) Products(ids []catalog.ProductID) ([]catalog.Product, error) {
	var out []catalog.Product
	for chunk := range chunks(ids) {
		ps, err := all(tx, scanProduct, `SELECT `+productColumns+` FROM product p WHERE p.id IN `+in(1, len(chunk)), anys(chunk)...)
		if err != nil {
			return nil, fmt.Errorf("load products: %w", err)
		}
		out = append(out, ps...)
	}
	return out, nil
}

// SharesOn reads every share of some portfolios.
func (tx *Tx) SharesOn(ids []catalog.PortfolioID) ([]catalog.Share, error) {
	var out []catalog.Share
	for chunk := range chunks(ids) {
		ss, err := all(tx, scanShare, `SELECT `+shareColumns+` FROM share s WHERE s.portfolio IN `+in(1, len(chunk)), anys(chunk)...)
		if err != nil {
			return nil, fmt.Errorf("load shares of portfolios: %w", err)
		}
		out = append(out, ss...)
	}
	return out, nil
}

// SharedPortfolios lists the portfolios of an account that have a share.
func (tx *Tx) SharedPortfolios(owner ident.Account) ([]catalog.PortfolioID, error) {
	ids, err := all(tx, scanPortfolioID, `SELECT DISTINCT portfolio FROM share WHERE owner = $1`, owner)
	if err != nil {
		return nil, fmt.Errorf("load portfolios that %s shares: %w", owner, err)
	}
	return ids, nil
}

// PortfolioIDs lists the portfolios of an account, in every region.
func (tx *Tx) PortfolioIDs(owner ident.Account) ([]catalog.PortfolioID, error) {
	ids, err := all(tx, scanPortfolioID, `SELECT id FROM portfolio WHERE account = $1`, owner)
	if err != nil {
		return nil, fmt.Errorf("load portfolios of %s: %w", owner, err)
	}
	return ids, nil
}

// SharedAt lists the portfolios of every region that are shared with one of some accounts or nodes.
func (tx *Tx) SharedAt(targets []string) ([]catalog.PortfolioID, error) {
	var out []catalog.PortfolioID
	for chunk := range chunks(targets) {
		ids, err := all(tx, scanPortfolioID, `SELECT DISTINCT portfolio FROM share WHERE target IN `+in(1, len(chunk)), anys(chunk)...)
		if err != nil {
			return nil, fmt.Errorf("load portfolios shared with nodes: %w", err)
		}
		out = append(out, ids...)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// RejectionsOf lists, ascending, the accounts that hide what their organizations share of each of some portfolios.
func (tx *Tx) RejectionsOf(ids []catalog.PortfolioID) (map[catalog.PortfolioID][]ident.Account, error) {
	type row struct {
		portfolio catalog.PortfolioID
		account   ident.Account
	}
	out := map[catalog.PortfolioID][]ident.Account{}
	for chunk := range chunks(ids) {
		rs, err := all(tx, func(s scanner) (r row, err error) { return r, s.Scan(&r.portfolio, &r.account) },
			`SELECT portfolio, account FROM rejection WHERE portfolio IN `+in(1, len(chunk))+` ORDER BY account`, anys(chunk)...)
		if err != nil {
			return nil, fmt.Errorf("load rejections: %w", err)
		}
		for _, r := range rs {
			out[r.portfolio] = append(out[r.portfolio], r.account)
		}
	}
	return out, nil
}

// AssociationsOn reads every association of some portfolios, whoever made it.
func (tx *Tx) AssociationsOn(ids []catalog.PortfolioID) ([]catalog.Association, error) {
	var out []catalog.Association
	for chunk := range chunks(ids) {
		as, err := all(tx, scanAssociation, `SELECT `+associationColumns+` FROM association a WHERE a.portfolio IN `+in(1, len(chunk)), anys(chunk)...)
		if err != nil {
			return nil, fmt.Errorf("load principals of portfolios: %w", err)
		}
		out = append(out, as...)
	}
	return out, nil
}

// Lineages is Lineage of many accounts; one that no node covers is absent.
func (tx *Tx) Lineages(accounts []ident.Account) (map[ident.Account]org.Lineage, error) {
	type part struct {
		account  ident.Account
		org      string
		standing string
	}
	scan := func(row scanner) (p part, err error) { return p, row.Scan(&p.account, &p.org, &p.standing) }
	out := map[ident.Account]org.Lineage{}
	for chunk := range chunks(accounts) {
		parts, err := all(tx, scan, `SELECT m.account, m.org, m.path FROM member m CROSS JOIN organization o
				WHERE m.account IN `+in(1, len(chunk))+` AND o.id = m.org AND (o.frozen_at = 0 OR m.since_revision <= o.frozen_at)
			UNION ALL
			SELECT p.account, p.org, p.path FROM past_placement p CROSS JOIN organization o
				WHERE p.account IN `+in(1, len(chunk))+` AND o.id = p.org AND o.frozen_at > 0
				AND p.since_revision <= o.frozen_at AND p.until_revision > o.frozen_at`, anys(chunk)...)
		if err != nil {
			return nil, fmt.Errorf("load lineages: %w", err)
		}
		for _, p := range parts {
			out[p.account] = append(out[p.account], org.LineageAt(p.org, p.standing, p.account)...)
		}
	}
	return out, nil
}

// Displaced lists the accounts that stand elsewhere than when their organization was frozen. (S-EVT-11)
func (tx *Tx) Displaced(o org.Organization) ([]ident.Account, error) {
	kept, err := tx.keptAccess(o)
	if err != nil || o.Frozen == 0 {
		return nil, err
	}
	came, err := all(tx, scanAccountID, `SELECT account FROM member WHERE org = $1 AND since_revision > $2`, o.ID, o.Frozen)
	if err != nil {
		return nil, fmt.Errorf("list accounts that came to %s: %w", o.ID, err)
	}
	both := append(kept, came...)
	slices.Sort(both)
	return slices.Compact(both), nil
}

// MemberIDs lists the members of an organization, ascending.
func (tx *Tx) MemberIDs(orgID string) ([]ident.Account, error) {
	as, err := all(tx, scanAccountID, `SELECT account FROM member WHERE org = $1 ORDER BY account`, orgID)
	if err != nil {
		return nil, fmt.Errorf("list accounts of %s: %w", orgID, err)
	}
	return as, nil
}

// Closed tells which of some accounts exist and are not active.
func (tx *Tx) Closed(accounts []ident.Account) (map[ident.Account]bool, error) {
	out := map[ident.Account]bool{}
	for chunk := range chunks(accounts) {
		as, err := all(tx, scanAccountID, `SELECT id FROM account WHERE id IN `+in(2, len(chunk))+` AND status <> $1`,
			append([]any{access.AccountActive}, anys(chunk)...)...)
		if err != nil {
			return nil, fmt.Errorf("load closed accounts: %w", err)
		}
		for _, a := range as {
			out[a] = true
		}
	}
	return out, nil
}

// Person is a user, a group or a role with the account it is of.
type Person struct {
	Account ident.Account
	access.Principal
}

func scanPerson(kind string) func(scanner) (Person, error) {
	return func(row scanner) (Person, error) {
		var p Person
		var name, path string
		err := row.Scan(&p.ID, &p.Account, &name, &path)
		p.ARN = ident.IAMARN(p.Account, kind, path, name)
		return p, err
	}
}

// few is how many accounts are asked for by name; of more, everybody from the first to the last account is read.
const few = 8 * chunkMax

// People reads the users, groups or roles of some accounts, given in ascending order.
func (tx *Tx) People(kind string, accounts []ident.Account) ([]Person, error) {
	from := `SELECT id, account, name, path FROM iam_user WHERE account`
	switch kind {
	case "group":
		from = `SELECT id, account, name, path FROM iam_group WHERE account`
	case "role":
		from = `SELECT id, account, name, path FROM iam_role WHERE account`
	}
	if len(accounts) > few {
		ps, err := all(tx, scanPerson(kind), from+` >= $1 AND account <= $2`, accounts[0], accounts[len(accounts)-1])
		if err != nil {
			return nil, fmt.Errorf("load every %s of accounts: %w", kind, err)
		}
		return slices.DeleteFunc(ps, func(p Person) bool {
			_, wanted := slices.BinarySearch(accounts, p.Account)
			return !wanted
		}), nil
	}
	var out []Person
	for chunk := range chunks(accounts) {
		ps, err := all(tx, scanPerson(kind), from+` IN `+in(1, len(chunk)), anys(chunk)...)
		if err != nil {
			return nil, fmt.Errorf("load every %s of accounts: %w", kind, err)
		}
		out = append(out, ps...)
	}
	return out, nil
}

// PeopleByID reads those users, groups or roles among unique ids that exist.
func (tx *Tx) PeopleByID(kind string, ids []string) ([]Person, error) {
	from := `SELECT id, account, name, path FROM iam_user WHERE id IN `
	switch kind {
	case "group":
		from = `SELECT id, account, name, path FROM iam_group WHERE id IN `
	case "role":
		from = `SELECT id, account, name, path FROM iam_role WHERE id IN `
	}
	var out []Person
	for chunk := range chunks(ids) {
		ps, err := all(tx, scanPerson(kind), from+in(1, len(chunk)), anys(chunk)...)
		if err != nil {
			return nil, fmt.Errorf("load every %s of a list: %w", kind, err)
		}
		out = append(out, ps...)
	}
	return out, nil
}

// UsersIn reads the users of some groups, each as often as it is in one.
func (tx *Tx) UsersIn(groups []string) ([]Person, error) {
	var out []Person
	for chunk := range chunks(groups) {
		ps, err := all(tx, scanPerson("user"), `SELECT u.id, u.account, u.name, u.path FROM iam_membership m CROSS JOIN iam_user u
			WHERE m.group_id IN `+in(1, len(chunk))+` AND u.id = m.user_id`, anys(chunk)...)
		if err != nil {
			return nil, fmt.Errorf("load users of groups: %w", err)
		}
		out = append(out, ps...)
	}
	return out, nil
}

// GroupsHolding reads the groups of some users, by the users' ids.
func (tx *Tx) GroupsHolding(users []string) (map[string][]access.Principal, error) {
	type row struct {
		user  string
		group Person
	}
	scan := func(s scanner) (r row, err error) {
		var name, path string
		err = s.Scan(&r.user, &r.group.ID, &r.group.Account, &name, &path)
		r.group.ARN = ident.IAMARN(r.group.Account, "group", path, name)
		return r, err
	}
	out := map[string][]access.Principal{}
	for chunk := range chunks(users) {
		rs, err := all(tx, scan, `SELECT m.user_id, g.id, g.account, g.name, g.path FROM iam_membership m CROSS JOIN iam_group g
			WHERE m.user_id IN `+in(1, len(chunk))+` AND g.id = m.group_id`, anys(chunk)...)
		if err != nil {
			return nil, fmt.Errorf("load groups of users: %w", err)
		}
		for _, r := range rs {
			out[r.user] = append(out[r.user], r.group.Principal)
		}
	}
	return out, nil
}
