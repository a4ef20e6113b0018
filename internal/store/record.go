package store

import (
	"errors"
	"fmt"
	"math"
	"time"

	"portico/internal/catalog"
	"portico/internal/ident"
)

const recordColumns = `r.id, r.account, r.region, r.type, r.status, r.provisioned_product, r.name, r.kind, r.product, r.artifact,
	r.path, r.launch_role, r.user_arn, r.user_session, r.token, r.plan, r.labels, r.errors, r.outputs, r.work_order, r.work,
	r.created, r.updated, r.cancelled, r.cancelled_by, r.sealed_by`

func (tx *Tx) scanRecord(s scanner) (r catalog.Record, err error) {
	texts, order, work, by := make([]string, 3), "", "", ""
	var created, updated, cancelled int64
	err = s.Scan(&r.ID, &r.Account, &r.Region, &r.Type, &r.Status, &r.ProvisionedProduct, &r.Name, &r.Kind, &r.Product, &r.Artifact,
		&r.Path, &r.LaunchRole, &r.UserARN, &r.UserSession, &r.Token, &r.Plan, &texts[0], &texts[1], &texts[2], &order, &work,
		&created, &updated, &cancelled, &r.CancelledBy, &by)
	if err != nil {
		return r, err
	}
	r.Created, r.Updated = fromMicros(created), fromMicros(updated)
	if cancelled != 0 {
		r.Cancelled = fromMicros(cancelled)
	}
	return r, errors.Join(undocument(texts, &r.Tags, &r.Errors, &r.Outputs),
		tx.unsealed(at("launch_record", "work_order", r.ID), by, order, &r.Order), tx.unsealed(at("launch_record", "work", r.ID), by, work, &r.Work))
}

// Record reads one record.
func (tx *Tx) Record(id catalog.RecordID) (catalog.Record, bool, error) {
	r, ok, err := one(tx, tx.scanRecord, `SELECT `+recordColumns+` FROM launch_record r WHERE r.id = $1`, id)
	if err != nil {
		return r, false, fmt.Errorf("load record %s: %w", id, err)
	}
	return r, ok, nil
}

// InsertRecord adds a record.
func (tx *Tx) InsertRecord(r catalog.Record) error {
	docs, err := documents(r.Tags, r.Errors, r.Outputs)
	if err != nil {
		return err
	}
	order, work, err := tx.sealRecord(r)
	if err != nil {
		return err
	}
	args := append([]any{r.ID, r.Account, r.Region, r.Type, r.Status, r.ProvisionedProduct, r.Name, r.Kind, r.Product, r.Artifact, r.Path,
		r.LaunchRole, r.UserARN, r.UserSession, r.Token, r.Plan}, docs...)
	_, err = tx.exec(`INSERT INTO launch_record (id, account, region, type, status, provisioned_product, name, kind, product, artifact,
		path, launch_role, user_arn, user_session, token, plan, labels, errors, outputs, work_order, work, created, updated, sealed_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)`,
		append(args, order, work, micros(r.Created), micros(r.Updated), tx.keys.Current())...)
	if err != nil {
		return fmt.Errorf("insert record %s: %w", r.ID, err)
	}
	tx.creates("record", string(r.ID))
	return nil
}

// sealRecord seals what a record was accepted with and where it stands, both under one key.
func (tx *Tx) sealRecord(r catalog.Record) (order, work string, err error) {
	order, err = tx.sealed(at("launch_record", "work_order", r.ID), r.Order)
	if err == nil {
		work, err = tx.sealed(at("launch_record", "work", r.ID), r.Work)
	}
	return order, work, err
}

// CancelRecord notes that a record is to be given up. The first who asks is noted. (C-REC-7)
func (tx *Tx) CancelRecord(id catalog.RecordID, by string, now time.Time) error {
	if _, err := tx.exec(`UPDATE launch_record SET cancelled = $2, cancelled_by = $3 WHERE id = $1 AND cancelled = 0`, id, micros(now), by); err != nil {
		return fmt.Errorf("cancel record %s: %w", id, err)
	}
	return nil
}

// UpdateRecord writes everything that may change of a record, but that it is to be given up: whoever carries it out may not
// know of that yet.
func (tx *Tx) UpdateRecord(r catalog.Record) error {
	docs, err := documents(r.Errors, r.Outputs)
	if err != nil {
		return err
	}
	order, work, err := tx.sealRecord(r)
	if err != nil {
		return err
	}
	args := append([]any{r.ID, r.Status, micros(r.Updated)}, docs...)
	if _, err := tx.exec(`UPDATE launch_record SET status = $2, updated = $3, errors = $4, outputs = $5, work_order = $6, work = $7, sealed_by = $8
		WHERE id = $1`, append(args, order, work, tx.keys.Current())...); err != nil {
		return fmt.Errorf("update record %s: %w", r.ID, err)
	}
	return nil
}

// RecordFilter narrows a history; empty members narrow nothing. (C-REC-5)
type RecordFilter struct {
	Product     catalog.ProductID
	Provisioned catalog.ProvisionedProductID
}

// Records reads a page of the history of what a caller reached at the time, newest first. (C-REC-5, C-PP-21)
func (tx *Tx) Records(w Whose, f RecordFilter, after ident.Page, limit int) ([]catalog.Record, error) {
	whose := `r.user_session = $3`
	switch w.Level {
	case catalog.AccountLevel:
		whose = `$3 = ''`
	case catalog.RoleLevel:
		whose = `r.user_arn = $3`
	}
	about, subject := `$4 = ''`, ""
	switch {
	case f.Product != "":
		about, subject = `r.product = $4`, string(f.Product)
	case f.Provisioned != "":
		about, subject = `r.provisioned_product = $4`, string(f.Provisioned)
	}
	created, id := pageKey(after, math.MaxInt64)
	rs, err := all(tx, tx.scanRecord, `SELECT `+recordColumns+` FROM launch_record r
		WHERE r.account = $1 AND r.region = $2 AND (r.created, r.id) < ($5, $6) AND `+whose+` AND `+about+`
		ORDER BY r.created DESC, r.id DESC LIMIT CAST($7 AS BIGINT)`, w.Account, w.Region, w.owner(), subject, created, id, limit)
	if err != nil {
		return nil, fmt.Errorf("load records of %s: %w", w.Account, err)
	}
	return rs, nil
}

// InsertLines appends to the step log of a record whose last line has the number n.
func (tx *Tx) InsertLines(record string, n int, lines []catalog.LogLine) error {
	for i, l := range lines {
		_, err := tx.exec(`INSERT INTO launch_record_line (record, n, at, resource, type, physical_id, status, reason)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, record, n+i+1, micros(l.At), l.Resource, l.Type, l.PhysicalID, l.Status, l.Reason)
		if err != nil {
			return fmt.Errorf("log a step of %s: %w", record, err)
		}
	}
	return nil
}

// Lines reads the step log of a record.
func (tx *Tx) Lines(record string) ([]catalog.LogLine, error) {
	ls, err := all(tx, func(s scanner) (l catalog.LogLine, err error) {
		var at int64
		err = s.Scan(&at, &l.Resource, &l.Type, &l.PhysicalID, &l.Status, &l.Reason)
		l.At = fromMicros(at)
		return l, err
	}, `SELECT at, resource, type, physical_id, status, reason FROM launch_record_line WHERE record = $1 ORDER BY n`, record)
	if err != nil {
		return nil, fmt.Errorf("load steps of %s: %w", record, err)
	}
	return ls, nil
}
