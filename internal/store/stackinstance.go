package store

import (
	"fmt"

	"portico/internal/catalog"
	"portico/internal/ident"
)

// StackInstance is the place of a stack set in one account and region, and the stack there once there is one.
type StackInstance struct {
	StackSet  string // id
	Account   ident.Account
	Region    ident.Region
	Name      string // of its stack
	Stack     string // id; empty before the stack is begun
	Status    string // CURRENT, OUTDATED or INOPERABLE (C-CONS-55)
	Detailed  string // PENDING, RUNNING, SUCCEEDED, FAILED, CANCELLED or INOPERABLE
	Reason    string
	Operation string // id of the last one
	Overrides []catalog.Parameter
}

// overrides is where the values of an instance's own are sealed.
func (i StackInstance) overrides() place {
	return at("stack_instance", "overrides", i.StackSet, string(i.Account), string(i.Region))
}

const stackInstanceColumns = `i.stack_set, i.account, i.region, i.name, i.stack, i.status, i.detailed, i.reason, i.operation, i.overrides, i.sealed_by`

func (tx *Tx) scanStackInstance(r scanner) (i StackInstance, err error) {
	var overrides, by string
	if err = r.Scan(&i.StackSet, &i.Account, &i.Region, &i.Name, &i.Stack, &i.Status, &i.Detailed, &i.Reason, &i.Operation, &overrides, &by); err != nil {
		return i, err
	}
	return i, tx.unsealed(i.overrides(), by, overrides, &i.Overrides)
}

// StackInstances reads a page of a stack set's instances, in the order of accounts and regions.
func (tx *Tx) StackInstances(set string, a ident.Account, r ident.Region, limit int) ([]StackInstance, error) {
	is, err := all(tx, tx.scanStackInstance, `SELECT `+stackInstanceColumns+` FROM stack_instance i
		WHERE i.stack_set = $1 AND (i.account, i.region) > ($2, $3) ORDER BY i.account, i.region LIMIT CAST($4 AS BIGINT)`, set, a, r, limit)
	if err != nil {
		return nil, fmt.Errorf("load instances of stack set %s: %w", set, err)
	}
	return is, nil
}

// StackInstance reads one instance of a stack set.
func (tx *Tx) StackInstance(set string, a ident.Account, r ident.Region) (StackInstance, bool, error) {
	i, ok, err := one(tx, tx.scanStackInstance, `SELECT `+stackInstanceColumns+` FROM stack_instance i WHERE i.stack_set = $1 AND i.account = $2 AND i.region = $3`, set, a, r)
	if err != nil {
		return i, false, fmt.Errorf("load the instance of stack set %s in %s and %s: %w", set, a, r, err)
	}
	return i, ok, nil
}

// StackInstanceNamed reads the instance whose stack has a name.
func (tx *Tx) StackInstanceNamed(a ident.Account, r ident.Region, name string) (StackInstance, bool, error) {
	i, ok, err := one(tx, tx.scanStackInstance, `SELECT `+stackInstanceColumns+` FROM stack_instance i WHERE i.account = $1 AND i.region = $2 AND i.name = $3`, a, r, name)
	if err != nil {
		return i, false, fmt.Errorf("load the stack instance %s of %s: %w", name, a, err)
	}
	return i, ok, nil
}

// PutStackInstance writes an instance.
func (tx *Tx) PutStackInstance(i StackInstance) error {
	overrides, err := tx.sealed(i.overrides(), i.Overrides)
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO stack_instance (stack_set, account, region, name, stack, status, detailed, reason, operation, overrides, sealed_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (stack_set, account, region)
		DO UPDATE SET name = $4, stack = $5, status = $6, detailed = $7, reason = $8, operation = $9, overrides = $10, sealed_by = $11`,
		i.StackSet, i.Account, i.Region, i.Name, i.Stack, i.Status, i.Detailed, i.Reason, i.Operation, overrides, tx.keys.Current())
	if err != nil {
		return fmt.Errorf("write the instance of stack set %s in %s and %s: %w", i.StackSet, i.Account, i.Region, err)
	}
	return nil
}

// DeleteStackInstance forgets an instance.
func (tx *Tx) DeleteStackInstance(set string, a ident.Account, r ident.Region) error {
	if _, err := tx.exec(`DELETE FROM stack_instance WHERE stack_set = $1 AND account = $2 AND region = $3`, set, a, r); err != nil {
		return fmt.Errorf("delete the instance of stack set %s in %s and %s: %w", set, a, r, err)
	}
	return nil
}
