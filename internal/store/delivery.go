package store

import (
	"fmt"

	"portico/internal/catalog"
)

// deliveryAt is a sealed column of a delivery.
func deliveryAt(id catalog.RecordID, column string) place { return at("engine_delivery", column, id) }

func (tx *Tx) scanDelivery(s scanner) (d catalog.Delivery, err error) {
	var token, message, terms, result, by string
	var created int64
	if err := s.Scan(&d.Record, &d.Owner, &d.Region, &token, &message, &terms, &result, &created, &by); err != nil {
		return d, err
	}
	d.Created = fromMicros(created)
	if d.Token, err = tx.openText(deliveryAt(d.Record, "token"), by, token); err != nil {
		return d, err
	}
	if d.Message, err = tx.openText(deliveryAt(d.Record, "message"), by, message); err != nil {
		return d, err
	}
	if err := tx.unsealed(deliveryAt(d.Record, "terms"), by, terms, &d.Terms); err != nil {
		return d, err
	}
	return d, tx.unsealed(deliveryAt(d.Record, "result"), by, result, &d.Result)
}

// Delivery reads what was handed to an engine for a record.
func (tx *Tx) Delivery(id catalog.RecordID) (catalog.Delivery, bool, error) {
	d, ok, err := one(tx, tx.scanDelivery, `SELECT record, account, region, token, message, terms, result, created, sealed_by
		FROM engine_delivery WHERE record = $1`, id)
	if err != nil {
		return d, false, fmt.Errorf("load the delivery of %s: %w", id, err)
	}
	return d, ok, nil
}

// InsertDelivery adds a delivery; one that is there for its record already stays as it is, for an engine may have it.
func (tx *Tx) InsertDelivery(d catalog.Delivery) error {
	columns := []any{d.Record, d.Owner, d.Region}
	for _, c := range []struct {
		name string
		seal func(place) (string, error)
	}{
		{"token", func(p place) (string, error) { return tx.sealText(p, d.Token) }},
		{"message", func(p place) (string, error) { return tx.sealText(p, d.Message) }},
		{"terms", func(p place) (string, error) { return tx.sealed(p, d.Terms) }},
		{"result", func(p place) (string, error) { return tx.sealed(p, d.Result) }},
	} {
		text, err := c.seal(deliveryAt(d.Record, c.name))
		if err != nil {
			return err
		}
		columns = append(columns, text)
	}
	_, err := tx.exec(`INSERT INTO engine_delivery (record, account, region, token, message, terms, result, created, sealed_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`, append(columns, micros(d.Created), tx.keys.Current())...)
	if err != nil {
		return fmt.Errorf("insert the delivery of %s: %w", d.Record, err)
	}
	return nil
}

// UpdateDelivery writes what an engine has told. The whole row is sealed under the present key.
func (tx *Tx) UpdateDelivery(d catalog.Delivery) error {
	if _, err := tx.exec(`DELETE FROM engine_delivery WHERE record = $1`, d.Record); err != nil {
		return fmt.Errorf("update the delivery of %s: %w", d.Record, err)
	}
	return tx.InsertDelivery(d)
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
