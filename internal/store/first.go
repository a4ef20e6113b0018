package store

import "fmt"

// AnyAccessKey reports whether this installation has ever issued a long-term key that still exists. A range on the
// primary key makes it one index lookup.
func (tx *Tx) AnyAccessKey() (bool, error) {
	scan := func(row scanner) (string, error) {
		var id string
		err := row.Scan(&id)
		return id, err
	}
	_, ok, err := one(tx, scan, `SELECT id FROM access_key WHERE id > '' ORDER BY id LIMIT 1`)
	if err != nil {
		return false, fmt.Errorf("look for an access key: %w", err)
	}
	return ok, nil
}
