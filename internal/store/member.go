package store

import (
	"fmt"

	"portico/internal/access"
	"portico/internal/ident"
	"portico/internal/org"
)

const memberColumns = `account, org, parent, path, method, joined_at, since_revision, suspended_revision`

func scanMember(row scanner) (org.Member, error) {
	var m org.Member
	var joined int64
	err := row.Scan(&m.Account, &m.Org, &m.Parent, &m.Path, &m.Method, &joined, &m.Since, &m.Suspended)
	m.Joined = fromMicros(joined)
	return m, err
}

// Member returns an account's place in its organization; it is absent for an account in none.
func (tx *Tx) Member(a ident.Account) (org.Member, bool, error) {
	m, ok, err := one(tx, scanMember, `SELECT `+memberColumns+` FROM member WHERE account = $1`, string(a))
	if err != nil {
		return m, false, fmt.Errorf("load member %s: %w", a, err)
	}
	return m, ok, nil
}

// MemberAccount is a member with what is known of its account.
type MemberAccount struct {
	org.Member
	access.Account
}

func scanMemberAccount(row scanner) (MemberAccount, error) {
	var m MemberAccount
	var joined int64
	err := row.Scan(&m.Member.Account, &m.Org, &m.Parent, &m.Path, &m.Method, &joined, &m.Since, &m.Suspended,
		&m.Name, &m.Email, &m.Status)
	m.Joined = fromMicros(joined)
	m.ID = m.Member.Account
	return m, err
}

const memberAccountColumns = `m.account, m.org, m.parent, m.path, m.method, m.joined_at, m.since_revision,
	m.suspended_revision, a.name, a.email, a.status`

// Members returns up to limit members of an organization, by account id, those behind after.
func (tx *Tx) Members(orgID string, after ident.Account, limit int) ([]MemberAccount, error) {
	ms, err := all(tx, scanMemberAccount, `SELECT `+memberAccountColumns+` FROM member m CROSS JOIN account a
		WHERE m.org = $1 AND m.account > $2 AND a.id = m.account ORDER BY m.account LIMIT CAST($3 AS BIGINT)`,
		orgID, string(after), limit)
	if err != nil {
		return nil, fmt.Errorf("list members of %s: %w", orgID, err)
	}
	return ms, nil
}

// MembersBelow returns up to limit members directly below a unit, by account id, those behind after.
func (tx *Tx) MembersBelow(unitID string, after ident.Account, limit int) ([]MemberAccount, error) {
	ms, err := all(tx, scanMemberAccount, `SELECT `+memberAccountColumns+` FROM member m CROSS JOIN account a
		WHERE m.parent = $1 AND m.account > $2 AND a.id = m.account ORDER BY m.account LIMIT CAST($3 AS BIGINT)`,
		unitID, string(after), limit)
	if err != nil {
		return nil, fmt.Errorf("list members below %s: %w", unitID, err)
	}
	return ms, nil
}

// InsertMember admits accounts to one organization, all at one revision. Who admits many does it with few calls: every
// call changes the organization's row. (S-EVT-1)
func (tx *Tx) InsertMember(ms ...org.Member) error {
	rev, err := tx.nextRevision(ms[0].Org)
	if err != nil {
		return err
	}
	for _, m := range ms {
		_, err = tx.exec(`INSERT INTO member (`+memberColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			string(m.Account), m.Org, m.Parent, m.Path, m.Method, micros(m.Joined), rev, m.Suspended)
		if err != nil {
			return fmt.Errorf("admit %s to %s: %w", m.Account, m.Org, err)
		}
	}
	o, _, err := tx.Organization(ms[0].Org)
	if err != nil || !o.Controls {
		return err
	}
	for _, m := range ms {
		if err := tx.AttachControl(m.Org, string(m.Account), org.FullAccess); err != nil {
			return err
		}
	}
	return nil
}

// MoveMember puts a member below another unit of its organization; what only its old place gave ends. (S-EVT-3)
func (tx *Tx) MoveMember(m org.Member, to org.Unit) error {
	rev, err := tx.endPlacement(m)
	if err != nil {
		return err
	}
	_, err = tx.exec(`UPDATE member SET parent = $2, path = $3, since_revision = $4 WHERE account = $1`,
		string(m.Account), to.ID, to.Path, rev)
	if err != nil {
		return fmt.Errorf("move %s to %s: %w", m.Account, to.ID, err)
	}
	return tx.SeverAccount(m.Account)
}

// DeleteMember takes an account out of its organization, with its tags there and all that the organization gave it.
// The caller has made sure that it administers no service. (S-EVT-2)
func (tx *Tx) DeleteMember(m org.Member) error {
	if _, err := tx.endPlacement(m); err != nil {
		return err
	}
	if _, err := tx.exec(`DELETE FROM member WHERE account = $1`, string(m.Account)); err != nil {
		return fmt.Errorf("take %s out of %s: %w", m.Account, m.Org, err)
	}
	if err := tx.deleteOrganizationTags(string(m.Account)); err != nil {
		return err
	}
	if err := tx.dropControls(string(m.Account)); err != nil {
		return err
	}
	return tx.SeverAccount(m.Account)
}

// endPlacement moves a member's placement to the past and returns the revision that ended it.
func (tx *Tx) endPlacement(m org.Member) (int64, error) {
	rev, err := tx.nextRevision(m.Org)
	if err != nil {
		return 0, err
	}
	_, err = tx.exec(`INSERT INTO past_placement
		(account, org, path, since_revision, until_revision, suspended_revision) VALUES ($1, $2, $3, $4, $5, $6)`,
		string(m.Account), m.Org, m.Path, m.Since, rev, m.Suspended)
	if err != nil {
		return 0, fmt.Errorf("end placement of %s: %w", m.Account, err)
	}
	return rev, nil
}

// SuspendMember notes that a member's account was closed: from now on no share counts it. (S-EVT-8)
func (tx *Tx) SuspendMember(m org.Member) error {
	rev, err := tx.nextRevision(m.Org)
	if err != nil {
		return err
	}
	_, err = tx.exec(`UPDATE member SET suspended_revision = $2 WHERE account = $1`, string(m.Account), rev)
	if err != nil {
		return fmt.Errorf("suspend member %s: %w", m.Account, err)
	}
	// An earlier placement may be the one that counts, now or when access is disabled, and one in another organization may
	// as well, where access is disabled since before the account left it. (S-EVT-9, S-EVT-10)
	orgs, err := all(tx, func(s scanner) (id string, err error) { return id, s.Scan(&id) },
		`SELECT DISTINCT org FROM past_placement WHERE account = $1 AND suspended_revision = 0`, string(m.Account))
	if err != nil {
		return fmt.Errorf("load past organizations of %s: %w", m.Account, err)
	}
	for _, id := range orgs {
		if err := tx.suspendPast(m, id, rev); err != nil {
			return err
		}
	}
	return nil
}

// suspendPast notes a closed account in its past placements in an organization; rev is the revision of its present one.
func (tx *Tx) suspendPast(m org.Member, id string, rev int64) error {
	if id != m.Org {
		_, ok, err := tx.Organization(id)
		if err != nil || !ok {
			return err
		}
		if rev, err = tx.nextRevision(id); err != nil {
			return err
		}
	}
	_, err := tx.exec(`UPDATE past_placement SET suspended_revision = $3
		WHERE account = $1 AND org = $2 AND suspended_revision = 0`, string(m.Account), id, rev)
	if err != nil {
		return fmt.Errorf("suspend past placements of %s: %w", m.Account, err)
	}
	return nil
}

// CoveredBy returns the accounts that a node covered at a revision of its organization, ascending, the owner of any
// share included and closed accounts left out. (S-ORG-19, 20, S-TOK-6, S-EVT-8, 9)
func (tx *Tx) CoveredBy(n org.Node, revision int64) ([]ident.Account, error) {
	at, err := tx.placementRevision(n.Org, revision)
	if err != nil {
		return nil, err
	}
	now, err := tx.coveredNow(n, at, revision)
	if err != nil {
		return nil, err
	}
	past, err := tx.coveredPast(n, at, revision)
	if err != nil {
		return nil, err
	}
	return merge(now, past), nil
}

// placementRevision returns the revision whose placements counted at another one: that of the freeze it falls into,
// else itself. (S-EVT-9)
func (tx *Tx) placementRevision(orgID string, revision int64) (int64, error) {
	at, ok, err := one(tx, scanInteger, `SELECT since_revision FROM coverage_freeze
		WHERE org = $1 AND since_revision <= $2 AND until_revision > $2`, orgID, revision)
	if err != nil {
		return 0, fmt.Errorf("load freeze of %s: %w", orgID, err)
	}
	if !ok {
		return revision, nil
	}
	return at, nil
}

// coveredNow returns the accounts that stand now where the node covered them at placement revision at. Units never
// move, so the path a member has now is the path it had then.
func (tx *Tx) coveredNow(n org.Node, at, revision int64) ([]ident.Account, error) {
	q, id := `SELECT m.account FROM unit u CROSS JOIN member m
		WHERE u.org = $1 AND u.id = $2 AND m.org = u.org AND m.path >= u.path AND m.path < u.path || '~'
		AND m.since_revision <= $3 AND (m.suspended_revision = 0 OR m.suspended_revision > $4)
		ORDER BY m.account`, n.ID
	switch n.Kind {
	case org.Whole:
		q = `SELECT m.account FROM member m WHERE m.org = $1 AND m.org = $2
			AND m.since_revision <= $3 AND (m.suspended_revision = 0 OR m.suspended_revision > $4)
			ORDER BY m.account`
	case org.Account:
		q = `SELECT m.account FROM member m WHERE m.org = $1 AND m.account = $2
			AND m.since_revision <= $3 AND (m.suspended_revision = 0 OR m.suspended_revision > $4)`
	}
	as, err := all(tx, scanAccountID, q, n.Org, id, at, revision)
	if err != nil {
		return nil, fmt.Errorf("list accounts below %s: %w", n.ID, err)
	}
	return as, nil
}

// coveredPast returns the accounts that have moved since, from where the node covered them at placement revision at.
// The unit may be gone, so it is looked for in the paths. Ids hold no character that LIKE knows.
func (tx *Tx) coveredPast(n org.Node, at, revision int64) ([]ident.Account, error) {
	path, account := `%`, `%`
	switch n.Kind {
	case org.Account:
		account = n.ID
	case org.Root:
		path = n.ID + `/%`
	case org.OU:
		path = `%/` + n.ID + `/%`
	}
	as, err := all(tx, scanAccountID, `SELECT account FROM past_placement
		WHERE org = $1 AND until_revision > $2 AND since_revision <= $2
		AND (suspended_revision = 0 OR suspended_revision > $3)
		AND path LIKE $4 ESCAPE '\' AND account LIKE $5 ESCAPE '\' ORDER BY account`,
		n.Org, at, revision, path, account)
	if err != nil {
		return nil, fmt.Errorf("list accounts once below %s: %w", n.ID, err)
	}
	return as, nil
}

// merge joins two ascending lists that share no account.
func merge(a, b []ident.Account) []ident.Account {
	if len(b) == 0 {
		return a
	}
	out := make([]ident.Account, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0] < b[0] {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}
