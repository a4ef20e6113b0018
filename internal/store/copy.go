package store

import (
	"fmt"
	"time"

	"portico/internal/catalog"
	"portico/internal/ident"
)

// ProductCopy follows one CopyProduct. (C-COPY-6)
type ProductCopy struct {
	ID      string // copyproduct- and 13 characters
	Account ident.Account
	Region  ident.Region
	Target  catalog.ProductID // set when it succeeded
	Status  string            // SUCCEEDED or FAILED
	Detail  string            // why it failed
	Created time.Time
}

// InsertProductCopy records a copy.
func (tx *Tx) InsertProductCopy(c ProductCopy) error {
	_, err := tx.exec(`INSERT INTO product_copy (id, account, region, target, status, detail, created) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		c.ID, c.Account, c.Region, c.Target, c.Status, c.Detail, micros(c.Created))
	if err != nil {
		return fmt.Errorf("insert product copy %s: %w", c.ID, err)
	}
	tx.creates("copy", c.ID)
	return nil
}

// ProductCopy reads the record of a copy.
func (tx *Tx) ProductCopy(id string) (ProductCopy, bool, error) {
	c, ok, err := one(tx, func(s scanner) (c ProductCopy, err error) {
		var created int64
		err = s.Scan(&c.ID, &c.Account, &c.Region, &c.Target, &c.Status, &c.Detail, &created)
		c.Created = fromMicros(created)
		return c, err
	}, `SELECT id, account, region, target, status, detail, created FROM product_copy WHERE id = $1`, id)
	if err != nil {
		return c, false, fmt.Errorf("load product copy %s: %w", id, err)
	}
	return c, ok, nil
}
