package store

import (
	"fmt"

	"portico/internal/ident"
)

// Budget reads the budget one account associated with a resource. (C-BUDG-1)
func (tx *Tx) Budget(resource string, by ident.Account) (string, bool, error) {
	name, ok, err := one(tx, func(s scanner) (n string, err error) { return n, s.Scan(&n) },
		`SELECT name FROM budget_link WHERE resource = $1 AND account = $2`, resource, by)
	if err != nil {
		return "", false, fmt.Errorf("load budget of %s: %w", resource, err)
	}
	return name, ok, nil
}

// SetBudget associates a budget with a resource that has none of the account.
func (tx *Tx) SetBudget(resource string, by ident.Account, name string) error {
	if _, err := tx.exec(`INSERT INTO budget_link (resource, account, name) VALUES ($1, $2, $3)`, resource, by, name); err != nil {
		return fmt.Errorf("insert budget of %s: %w", resource, err)
	}
	return nil
}

// DeleteBudget takes a budget off a resource and reports whether it was on it.
func (tx *Tx) DeleteBudget(resource string, by ident.Account, name string) (bool, error) {
	n, err := tx.exec(`DELETE FROM budget_link WHERE resource = $1 AND account = $2 AND name = $3`, resource, by, name)
	if err != nil {
		return false, fmt.Errorf("delete budget of %s: %w", resource, err)
	}
	return n > 0, nil
}

// dropLinks takes every TagOption and budget off a resource that is no more, or those of one account unless empty.
func (tx *Tx) dropLinks(resource string, by ident.Account) error {
	for _, q := range []string{
		`DELETE FROM tag_option_link WHERE resource = $1 AND ($2 = '' OR account = $2)`,
		`DELETE FROM budget_link WHERE resource = $1 AND ($2 = '' OR account = $2)`,
	} {
		if _, err := tx.exec(q, resource, by); err != nil {
			return fmt.Errorf("drop links of %s: %w", resource, err)
		}
	}
	return nil
}
