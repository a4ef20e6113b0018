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
	Status  CopyStatus
	Detail  string // why it failed
	Created time.Time
	Order   CopyOrder
}

// CopyStatus is how far a copy is.
type CopyStatus string

// The statuses. The last two are final.
const (
	Copying    CopyStatus = "IN_PROGRESS"
	Copied     CopyStatus = "SUCCEEDED"
	CopyFailed CopyStatus = "FAILED"
)

// CopyOrder is what a copy takes, and where it goes. (C-COPY-1 … 5)
type CopyOrder struct {
	Source   string               // ARN of the product
	Versions []catalog.ArtifactID `json:",omitempty"` // none: all
	Tags     bool                 `json:",omitempty"`
	Target   catalog.ProductID    `json:",omitempty"` // empty: a new product
	Name     *string              `json:",omitempty"` // of the new product, if another than that of the source
}

// InsertProductCopy records a copy.
func (tx *Tx) InsertProductCopy(c ProductCopy) error {
	order, err := documents(c.Order)
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO product_copy (id, account, region, target, status, detail, created, work_order) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		c.ID, c.Account, c.Region, c.Target, c.Status, c.Detail, micros(c.Created), order[0])
	if err != nil {
		return fmt.Errorf("insert product copy %s: %w", c.ID, err)
	}
	tx.creates("copy", c.ID)
	return nil
}

// EndProductCopy writes how a copy has ended.
func (tx *Tx) EndProductCopy(c ProductCopy) error {
	if _, err := tx.exec(`UPDATE product_copy SET target = $2, status = $3, detail = $4 WHERE id = $1`, c.ID, c.Target, c.Status, c.Detail); err != nil {
		return fmt.Errorf("end product copy %s: %w", c.ID, err)
	}
	return nil
}

// ProductCopy reads the record of a copy.
func (tx *Tx) ProductCopy(id string) (ProductCopy, bool, error) {
	c, ok, err := one(tx, func(s scanner) (c ProductCopy, err error) {
		var created int64
		var order string
		if err = s.Scan(&c.ID, &c.Account, &c.Region, &c.Target, &c.Status, &c.Detail, &created, &order); err != nil {
			return c, err
		}
		c.Created = fromMicros(created)
		return c, undocument([]string{order}, &c.Order)
	}, `SELECT id, account, region, target, status, detail, created, work_order FROM product_copy WHERE id = $1`, id)
	if err != nil {
		return c, false, fmt.Errorf("load product copy %s: %w", id, err)
	}
	return c, ok, nil
}
