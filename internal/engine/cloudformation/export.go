package cloudformation

import (
	"slices"
	"strings"

	"portico/internal/fault"
	"portico/internal/store"
	"portico/internal/template"
)

// putExports puts the exports of a stack in force. One of another stack's name is refused, and so is to change or take back
// one that somebody imports. (C-CFN-3)
func putExports(tx *store.Tx, s store.Stack, outputs []template.Result) error {
	old, err := tx.ExportsOf(s.ID)
	if err != nil {
		return err
	}
	for _, o := range outputs {
		if o.Export == "" {
			continue
		}
		there, ok, err := tx.Export(s.Account, s.Region, o.Export)
		switch {
		case err != nil:
			return err
		case ok && there.Stack != s.ID:
			return fault.Invalidf("Export with name %s is already exported by stack %s.", o.Export, nameOf(there.Stack))
		case ok && there.Value != o.Value:
			if err := unused(tx, there, "Cannot update export %s as it is in use by %s."); err != nil {
				return err
			}
		}
		if err := tx.PutExport(store.Export{Account: s.Account, Region: s.Region, Name: o.Export, Value: o.Value, Stack: s.ID}); err != nil {
			return err
		}
	}
	for _, x := range old {
		if slices.ContainsFunc(outputs, func(o template.Result) bool { return o.Export == x.Name }) {
			continue
		}
		if err := unused(tx, x, "Cannot delete export %s as it is in use by %s."); err != nil {
			return err
		}
		if err := tx.DeleteExport(x); err != nil {
			return err
		}
	}
	return nil
}

// unused refuses what would take an export from a stack that imports it.
func unused(tx *store.Tx, x store.Export, format string) error {
	by, err := tx.Importers(x.Account, x.Region, x.Name, "", 1)
	if err == nil && len(by) > 0 {
		err = fault.InUsef(format, x.Name, by[0])
	}
	return err
}

// keepImports forgets the imports of a stack that are not among names.
func keepImports(tx *store.Tx, s store.Stack, names []string) error {
	old, err := tx.ImportsOf(s.ID)
	if err != nil {
		return err
	}
	for _, name := range old {
		if slices.Contains(names, name) {
			continue
		}
		if err := tx.DeleteImport(s.ID, name); err != nil {
			return err
		}
	}
	return nil
}

// nameOf is the name of a stack in its id.
func nameOf(id string) string {
	_, rest, _ := strings.Cut(id, ":stack/")
	for i := range len(rest) {
		if rest[i] == '/' {
			return rest[:i]
		}
	}
	return rest
}
