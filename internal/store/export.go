package store

import (
	"fmt"

	"portico/internal/ident"
)

// Export is a value that a stack gives to others of its account and region.
type Export struct {
	Account     ident.Account
	Region      ident.Region
	Name, Value string
	Stack       string
}

func (tx *Tx) scanExport(s scanner) (e Export, err error) {
	var value, by string
	if err := s.Scan(&e.Account, &e.Region, &e.Name, &e.Stack, &value, &by); err != nil {
		return e, err
	}
	e.Value, err = tx.openText(e.place(), by, value)
	return e, err
}

func (e Export) place() place {
	return at("stack_export", "value", string(e.Account), string(e.Region), e.Name)
}

// Export reads the export of a name.
func (tx *Tx) Export(a ident.Account, r ident.Region, name string) (Export, bool, error) {
	e, ok, err := one(tx, tx.scanExport, `SELECT account, region, name, stack, value, sealed_by FROM stack_export WHERE account = $1 AND region = $2 AND name = $3`, a, r, name)
	if err != nil {
		return e, false, fmt.Errorf("load export %s of %s: %w", name, a, err)
	}
	return e, ok, nil
}

// Exports reads a page of exports by name.
func (tx *Tx) Exports(a ident.Account, r ident.Region, after string, limit int) ([]Export, error) {
	es, err := all(tx, tx.scanExport, `SELECT account, region, name, stack, value, sealed_by FROM stack_export
		WHERE account = $1 AND region = $2 AND name > $3 ORDER BY name LIMIT CAST($4 AS BIGINT)`, a, r, after, limit)
	if err != nil {
		return nil, fmt.Errorf("load exports of %s: %w", a, err)
	}
	return es, nil
}

// ExportsOf reads what a stack exports, by name.
func (tx *Tx) ExportsOf(stack string) ([]Export, error) {
	es, err := all(tx, tx.scanExport, `SELECT account, region, name, stack, value, sealed_by FROM stack_export WHERE stack = $1 ORDER BY name`, stack)
	if err != nil {
		return nil, fmt.Errorf("load exports of stack %s: %w", stack, err)
	}
	return es, nil
}

// PutExport writes an export, which its stack may have had before.
func (tx *Tx) PutExport(e Export) error {
	value, err := tx.sealText(e.place(), e.Value)
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO stack_export (account, region, name, stack, value, sealed_by) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (account, region, name) DO UPDATE SET value = excluded.value, stack = excluded.stack, sealed_by = excluded.sealed_by`,
		e.Account, e.Region, e.Name, e.Stack, value, tx.keys.Current())
	if err != nil {
		return fmt.Errorf("write export %s of stack %s: %w", e.Name, e.Stack, err)
	}
	return nil
}

// DeleteExport takes an export back.
func (tx *Tx) DeleteExport(e Export) error {
	_, err := tx.exec(`DELETE FROM stack_export WHERE account = $1 AND region = $2 AND name = $3`, e.Account, e.Region, e.Name)
	if err != nil {
		return fmt.Errorf("delete export %s of stack %s: %w", e.Name, e.Stack, err)
	}
	return nil
}

// Importers reads the names of the stacks that import an export, by name.
func (tx *Tx) Importers(a ident.Account, r ident.Region, export, after string, limit int) ([]string, error) {
	names, err := all(tx, scanText, `SELECT s.name FROM stack_import i CROSS JOIN stack s
		WHERE i.account = $1 AND i.region = $2 AND i.name = $3 AND s.id = i.stack AND s.name > $4 ORDER BY s.name LIMIT CAST($5 AS BIGINT)`, a, r, export, after, limit)
	if err != nil {
		return nil, fmt.Errorf("load stacks that import %s: %w", export, err)
	}
	return names, nil
}

// ImportsOf reads the names of what a stack imports.
func (tx *Tx) ImportsOf(stack string) ([]string, error) {
	names, err := all(tx, scanText, `SELECT name FROM stack_import WHERE stack = $1 ORDER BY name`, stack)
	if err != nil {
		return nil, fmt.Errorf("load imports of stack %s: %w", stack, err)
	}
	return names, nil
}

// InsertImport notes that a stack imports an export. To note it twice is to note it once.
func (tx *Tx) InsertImport(stack string, a ident.Account, r ident.Region, name string) error {
	_, err := tx.exec(`INSERT INTO stack_import (stack, account, region, name) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, stack, a, r, name)
	if err != nil {
		return fmt.Errorf("insert import %s of stack %s: %w", name, stack, err)
	}
	return nil
}

// DeleteImport notes that a stack no longer imports an export.
func (tx *Tx) DeleteImport(stack, name string) error {
	if _, err := tx.exec(`DELETE FROM stack_import WHERE stack = $1 AND name = $2`, stack, name); err != nil {
		return fmt.Errorf("delete import %s of stack %s: %w", name, stack, err)
	}
	return nil
}
