package store

import (
	"fmt"

	"portico/internal/access"
	"portico/internal/ident"
)

const accountColumns = `id, name, email, status, created_at`

func scanAccount(row scanner) (access.Account, error) {
	var a access.Account
	var created int64
	err := row.Scan(&a.ID, &a.Name, &a.Email, &a.Status, &created)
	a.Created = fromMicros(created)
	return a, err
}

// Account returns one account.
func (tx *Tx) Account(id ident.Account) (access.Account, bool, error) {
	a, ok, err := one(tx, scanAccount, `SELECT `+accountColumns+` FROM account WHERE id = $1`, string(id))
	if err != nil {
		return a, false, fmt.Errorf("load account %s: %w", id, err)
	}
	return a, ok, nil
}

// AccountsByEmail returns the accounts with an e-mail address, whose case does not count, in order of their ids.
func (tx *Tx) AccountsByEmail(email string) ([]access.Account, error) {
	as, err := all(tx, scanAccount,
		`SELECT `+accountColumns+` FROM account WHERE email_folded = $1 ORDER BY id`, access.Fold(email))
	if err != nil {
		return nil, fmt.Errorf("load accounts by e-mail: %w", err)
	}
	return as, nil
}

// InsertAccount adds an account; it does nothing when the id is there.
func (tx *Tx) InsertAccount(a access.Account) error {
	n, err := tx.exec(`INSERT INTO account (`+accountColumns+`, email_folded) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO NOTHING`,
		string(a.ID), a.Name, a.Email, string(a.Status), micros(a.Created), access.Fold(a.Email))
	if err != nil {
		return fmt.Errorf("insert account %s: %w", a.ID, err)
	}
	if n > 0 {
		tx.creates("account", string(a.ID))
	}
	return nil
}

// UpdateAccount writes an account's name, e-mail address and status.
func (tx *Tx) UpdateAccount(a access.Account) error {
	_, err := tx.exec(`UPDATE account SET name = $2, email = $3, email_folded = $4, status = $5 WHERE id = $1`,
		string(a.ID), a.Name, a.Email, access.Fold(a.Email), string(a.Status))
	if err != nil {
		return fmt.Errorf("update account %s: %w", a.ID, err)
	}
	return nil
}
