package store

import (
	"fmt"

	"portico/internal/catalog"
)

// Tags reads the tags of a portfolio or product, ordered by key.
func (tx *Tx) Tags(resource string) ([]catalog.Tag, error) {
	ts, err := all(tx, func(s scanner) (t catalog.Tag, err error) { return t, s.Scan(&t.Key, &t.Value) },
		`SELECT key, value FROM tag WHERE resource = $1 ORDER BY key`, resource)
	if err != nil {
		return nil, fmt.Errorf("load tags of %s: %w", resource, err)
	}
	return ts, nil
}

// SetTags replaces the tags of a portfolio or product.
func (tx *Tx) SetTags(resource string, tags []catalog.Tag) error {
	if err := tx.dropTags(resource); err != nil {
		return err
	}
	for _, t := range tags {
		if err := tx.put(`INSERT INTO tag (resource, key, value) VALUES ($1, $2, $3)`, resource, t.Key, t.Value); err != nil {
			return fmt.Errorf("insert tag of %s: %w", resource, err)
		}
	}
	return nil
}

func (tx *Tx) dropTags(resource string) error {
	if err := tx.put(`DELETE FROM tag WHERE resource = $1`, resource); err != nil {
		return fmt.Errorf("delete tags of %s: %w", resource, err)
	}
	return nil
}
