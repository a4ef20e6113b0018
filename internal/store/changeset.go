package store

import (
	"fmt"
	"math"
	"time"

	"portico/internal/ident"
	"portico/internal/template"
)

// ChangeSet is what an update of a stack, or its creation, would do, kept so that it can be done.
type ChangeSet struct {
	ID, Stack, Name   string
	Status, Execution string
	Reason            string
	Body              string // the template
	Detail            ChangeSetDetail
	Created           time.Time
}

// ChangeSetDetail is what a change set was made from, and what it says.
type ChangeSetDetail struct {
	Description string
	Token       string
	Creates     bool // the stack was made for it
	Definition  StackDefinition
	Arguments   []template.Argument
	OnFailure   string
	Changes     []template.Change
}

const changeSetColumns = `c.id, c.stack, c.name, c.status, c.execution, c.reason, c.body, c.detail, c.created, c.sealed_by`

func (tx *Tx) scanChangeSet(s scanner) (c ChangeSet, err error) {
	var detail, by string
	var created int64
	if err = s.Scan(&c.ID, &c.Stack, &c.Name, &c.Status, &c.Execution, &c.Reason, &c.Body, &detail, &created, &by); err != nil {
		return c, err
	}
	c.Created = fromMicros(created)
	return c, tx.unsealed(at("change_set", "detail", c.ID), by, detail, &c.Detail)
}

// ChangeSet reads a change set.
func (tx *Tx) ChangeSet(id string) (ChangeSet, bool, error) {
	c, ok, err := one(tx, tx.scanChangeSet, `SELECT `+changeSetColumns+` FROM change_set c WHERE c.id = $1`, id)
	if err != nil {
		return c, false, fmt.Errorf("load change set %s: %w", id, err)
	}
	return c, ok, nil
}

// ChangeSetNamed reads the change set of a name.
func (tx *Tx) ChangeSetNamed(stack, name string) (ChangeSet, bool, error) {
	c, ok, err := one(tx, tx.scanChangeSet, `SELECT `+changeSetColumns+` FROM change_set c WHERE c.stack = $1 AND c.name = $2`, stack, name)
	if err != nil {
		return c, false, fmt.Errorf("load change set %s of stack %s: %w", name, stack, err)
	}
	return c, ok, nil
}

// ChangeSets reads a page of a stack's change sets, newest first.
func (tx *Tx) ChangeSets(stack string, before ident.Page, limit int) ([]ChangeSet, error) {
	created, id := pageKey(before, math.MaxInt64)
	cs, err := all(tx, tx.scanChangeSet, `SELECT `+changeSetColumns+` FROM change_set c WHERE c.stack = $1 AND (c.created, c.id) < ($2, $3)
		ORDER BY c.created DESC, c.id DESC LIMIT CAST($4 AS BIGINT)`, stack, created, id, limit)
	if err != nil {
		return nil, fmt.Errorf("load change sets of stack %s: %w", stack, err)
	}
	return cs, nil
}

// InsertChangeSet adds a change set, unless the stack has one by its name: then it returns false.
func (tx *Tx) InsertChangeSet(c ChangeSet) (bool, error) {
	detail, err := tx.sealed(at("change_set", "detail", c.ID), c.Detail)
	if err != nil {
		return false, err
	}
	n, err := tx.exec(`INSERT INTO change_set (id, stack, name, status, execution, reason, body, detail, created, sealed_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`, c.ID, c.Stack, c.Name, c.Status, c.Execution, c.Reason, c.Body, detail, micros(c.Created), tx.keys.Current())
	if err != nil {
		return false, fmt.Errorf("insert change set %s: %w", c.ID, err)
	}
	if n > 0 {
		tx.creates("changeset", c.ID)
	}
	return n > 0, nil
}

// DeleteChangeSet forgets a change set.
func (tx *Tx) DeleteChangeSet(id string) error {
	if _, err := tx.exec(`DELETE FROM change_set WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete change set %s: %w", id, err)
	}
	return nil
}

// DeleteChangeSets forgets all change sets of a stack: what they say is no longer so.
func (tx *Tx) DeleteChangeSets(stack string) error {
	if _, err := tx.exec(`DELETE FROM change_set WHERE stack = $1`, stack); err != nil {
		return fmt.Errorf("delete change sets of stack %s: %w", stack, err)
	}
	return nil
}
