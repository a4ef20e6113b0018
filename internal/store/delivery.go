package store

import (
	"fmt"

	"portico/internal/catalog"
)

// Delivery reads what was handed to an engine for a record.
func (tx *Tx) Delivery(id catalog.RecordID) (catalog.Delivery, bool, error) {
	d, ok, err := one(tx, func(s scanner) (d catalog.Delivery, err error) {
		texts := make([]string, 2)
		var created int64
		if err := s.Scan(&d.Record, &d.Owner, &d.Region, &d.Token, &d.Message, &texts[0], &texts[1], &created); err != nil {
			return d, err
		}
		d.Created = fromMicros(created)
		return d, undocument(texts, &d.Terms, &d.Result)
	}, `SELECT record, account, region, token, message, terms, result, created FROM engine_delivery WHERE record = $1`, id)
	if err != nil {
		return d, false, fmt.Errorf("load the delivery of %s: %w", id, err)
	}
	return d, ok, nil
}

// InsertDelivery adds a delivery; one that is there for its record already stays as it is, for an engine may have it.
func (tx *Tx) InsertDelivery(d catalog.Delivery) error {
	docs, err := documents(d.Terms, d.Result)
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO engine_delivery (record, account, region, token, message, terms, result, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`, d.Record, d.Owner, d.Region, d.Token, d.Message, docs[0], docs[1], micros(d.Created))
	if err != nil {
		return fmt.Errorf("insert the delivery of %s: %w", d.Record, err)
	}
	return nil
}

// UpdateDelivery writes what an engine has told.
func (tx *Tx) UpdateDelivery(d catalog.Delivery) error {
	result, err := document(d.Result)
	if err != nil {
		return err
	}
	if _, err := tx.exec(`UPDATE engine_delivery SET result = $2 WHERE record = $1`, d.Record, result); err != nil {
		return fmt.Errorf("update the delivery of %s: %w", d.Record, err)
	}
	return nil
}

// LaunchesAs reports whether a role is a launch role of a product: of a LAUNCH constraint on it, or of a launch of it that
// was accepted. (C-CONS-23)
func (tx *Tx) LaunchesAs(p catalog.ProductID, role string) (bool, error) {
	cs, err := all(tx, scanConstraint, `SELECT `+constraintColumns+` FROM membership m CROSS JOIN portfolio_constraint c
		WHERE m.product = $1 AND c.portfolio = m.portfolio AND c.product = m.product AND c.type = $2`, p, catalog.LaunchConstraint)
	if err != nil {
		return false, fmt.Errorf("load launch constraints of %s: %w", p, err)
	}
	for _, c := range cs {
		if r, err := catalog.ReadLaunchRole(c.Parameters); err == nil && r.Local == "" && r.ARN.String() == role {
			return true, nil
		}
	}
	n, err := tx.count(`SELECT count(*) FROM (SELECT 1 FROM launch_record WHERE product = $1 AND launch_role = $2 LIMIT 1) AS found`, p, role)
	return n > 0, err
}
