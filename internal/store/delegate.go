package store

import (
	"fmt"
	"time"

	"portico/internal/ident"
	"portico/internal/org"
)

// Delegation is one service that a member administers.
type Delegation struct {
	Service string
	Enabled time.Time
}

func scanDelegation(row scanner) (Delegation, error) {
	var d Delegation
	var at int64
	err := row.Scan(&d.Service, &at)
	d.Enabled = fromMicros(at)
	return d, err
}

// Delegated reports whether an account is a registered delegated administrator of the service catalog.
func (tx *Tx) Delegated(a ident.Account) (bool, error) { return tx.DelegatedFor(a, org.Principal) }

// DelegatedFor reports whether an account is a registered delegated administrator of a service.
func (tx *Tx) DelegatedFor(a ident.Account, service string) (bool, error) {
	_, ok, err := one(tx, scanInteger, `SELECT enabled_at FROM delegate WHERE account = $1 AND service = $2`, string(a), service)
	if err != nil {
		return false, fmt.Errorf("load delegation of %s to %s: %w", service, a, err)
	}
	return ok, nil
}

// Delegates returns the delegated administrators of the service catalog in an organization, ascending.
func (tx *Tx) Delegates(orgID string) ([]ident.Account, error) {
	return tx.DelegatesFor(orgID, org.Principal)
}

// DelegatesFor returns the delegated administrators of a service in an organization, ascending.
func (tx *Tx) DelegatesFor(orgID, service string) ([]ident.Account, error) {
	as, err := all(tx, scanAccountID,
		`SELECT account FROM delegate WHERE org = $1 AND service = $2 ORDER BY account`, orgID, service)
	if err != nil {
		return nil, fmt.Errorf("list delegates for %s in %s: %w", service, orgID, err)
	}
	return as, nil
}

// Delegations returns up to limit services that an account administers, by name, those behind after.
func (tx *Tx) Delegations(a ident.Account, after string, limit int) ([]Delegation, error) {
	ds, err := all(tx, scanDelegation, `SELECT service, enabled_at FROM delegate
		WHERE account = $1 AND service > $2 ORDER BY service LIMIT CAST($3 AS BIGINT)`, string(a), after, limit)
	if err != nil {
		return nil, fmt.Errorf("list delegations of %s: %w", a, err)
	}
	return ds, nil
}

// InsertDelegate registers a member as delegated administrator of a service.
func (tx *Tx) InsertDelegate(m org.Member, service string, now time.Time) error {
	_, err := tx.exec(`INSERT INTO delegate (account, service, org, enabled_at) VALUES ($1, $2, $3, $4)`,
		string(m.Account), service, m.Org, micros(now))
	if err != nil {
		return fmt.Errorf("register %s for %s: %w", m.Account, service, err)
	}
	return nil
}

// DeleteDelegate ends a registration. For the service catalog the account's org shares end with it. (S-EVT-5, 6)
func (tx *Tx) DeleteDelegate(a ident.Account, service string) error {
	if _, err := tx.exec(`DELETE FROM delegate WHERE account = $1 AND service = $2`, string(a), service); err != nil {
		return fmt.Errorf("deregister %s for %s: %w", a, service, err)
	}
	if service != org.Principal {
		return nil
	}
	return tx.DeleteOrgSharesBy(a)
}

// DelegateAccount is a member that is a delegated administrator, with the time it first became one.
type DelegateAccount struct {
	MemberAccount
	Enabled time.Time
}

func scanDelegateAccount(row scanner) (DelegateAccount, error) {
	var d DelegateAccount
	var joined, at int64
	m := &d.MemberAccount
	err := row.Scan(&m.Member.Account, &m.Org, &m.Parent, &m.Path, &m.Method, &joined, &m.Since, &m.Suspended,
		&m.Name, &m.Email, &m.Status, &at)
	m.ID, m.Joined, d.Enabled = m.Member.Account, fromMicros(joined), fromMicros(at)
	return d, err
}

// DelegateAccounts returns up to limit delegated administrators of a service in an organization, or of any service if
// none is named, by account id, those behind after.
func (tx *Tx) DelegateAccounts(orgID, service string, after ident.Account, limit int) ([]DelegateAccount, error) {
	ds, err := all(tx, scanDelegateAccount, `SELECT `+memberAccountColumns+`, min(d.enabled_at)
		FROM delegate d CROSS JOIN member m CROSS JOIN account a
		WHERE d.org = $1 AND ($2 = '' OR d.service = $2) AND d.account > $3 AND m.account = d.account AND a.id = d.account
		GROUP BY m.account, a.id ORDER BY m.account LIMIT CAST($4 AS BIGINT)`, orgID, service, string(after), limit)
	if err != nil {
		return nil, fmt.Errorf("list delegates in %s: %w", orgID, err)
	}
	return ds, nil
}
