package store

import (
	"fmt"
	"strconv"
	"time"

	"portico/internal/catalog"
	"portico/internal/ident"
	"portico/internal/template"
)

// StackResource is one resource of a stack.
type StackResource struct {
	Stack, LogicalID string
	N                int // in the order in which they came up
	Type             string
	PhysicalID       string // empty as long as it is not made
	Status, Reason   string
	State            ResourceState
	Updated          time.Time
}

// ResourceState is what the steps of an operation remember about a resource.
type ResourceState struct {
	Token string // of the operation that dealt with it last
	Copy         // what there is now
	// Before is what there was when the operation began; nil if it is new or untouched.
	Before *Copy
	New    bool   // it came with the operation under way
	Drop   bool   // it goes away once the operation has succeeded, or has been rolled back
	Trash  []Copy // what was replaced and goes away likewise
}

// Copy is one incarnation of a resource: a replacement is another.
type Copy struct {
	PhysicalID     string
	Generation     int // how often it was replaced
	Properties     *template.Node
	Attributes     map[string]*template.Node
	Tags           []catalog.Tag // of the stack, when it was made or changed
	DeletionPolicy string
	ReplacePolicy  string
	Metadata       string
	Needs          []string // logical ids of what must outlive it
}

const resourceColumns = `r.stack, r.logical_id, r.n, r.type, r.physical_id, r.status, r.reason, r.state, r.updated, r.sealed_by`

func (tx *Tx) scanResource(s scanner) (r StackResource, err error) {
	var state, by string
	var n, updated int64
	if err = s.Scan(&r.Stack, &r.LogicalID, &n, &r.Type, &r.PhysicalID, &r.Status, &r.Reason, &state, &updated, &by); err != nil {
		return r, err
	}
	r.N, r.Updated = int(n), fromMicros(updated)
	return r, tx.unsealed(at("stack_resource", "state", r.Stack, r.LogicalID), by, state, &r.State)
}

// StackResources reads the resources of a stack in their order.
func (tx *Tx) StackResources(stack string) ([]StackResource, error) {
	rs, err := all(tx, tx.scanResource, `SELECT `+resourceColumns+` FROM stack_resource r WHERE r.stack = $1 ORDER BY r.n, r.logical_id`, stack)
	if err != nil {
		return nil, fmt.Errorf("load resources of stack %s: %w", stack, err)
	}
	return rs, nil
}

// StackOf finds the stack of an account that has a resource of a physical id.
func (tx *Tx) StackOf(a ident.Account, r ident.Region, physicalID string) (Stack, bool, error) {
	s, ok, err := one(tx, tx.scanWholeStack, `SELECT `+stackColumns+`, s.body, s.pending FROM stack_resource r CROSS JOIN stack s
		WHERE r.physical_id = $3 AND s.id = r.stack AND s.account = $1 AND s.region = $2 ORDER BY s.deleted, s.created DESC LIMIT 1`, a, r, physicalID)
	if err != nil {
		return s, false, fmt.Errorf("load the stack that has %s: %w", physicalID, err)
	}
	return s, ok, nil
}

// ResourcesOfType reads the resources of a type that the living stacks of an account have.
func (tx *Tx) ResourcesOfType(a ident.Account, r ident.Region, typ string) ([]StackResource, error) {
	rs, err := all(tx, tx.scanResource, `SELECT `+resourceColumns+` FROM stack s CROSS JOIN stack_resource r
		WHERE s.account = $1 AND s.region = $2 AND s.deleted = 0 AND r.stack = s.id AND r.type = $3 AND r.physical_id > '' ORDER BY r.physical_id`, a, r, typ)
	if err != nil {
		return nil, fmt.Errorf("load resources of type %s of %s: %w", typ, a, err)
	}
	return rs, nil
}

// PutStackResource writes a resource, whether it is new or not.
func (tx *Tx) PutStackResource(r StackResource) error {
	state, err := tx.sealed(at("stack_resource", "state", r.Stack, r.LogicalID), r.State)
	if err != nil {
		return err
	}
	err = tx.put(`INSERT INTO stack_resource (stack, logical_id, n, type, physical_id, status, reason, state, updated, sealed_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (stack, logical_id) DO UPDATE SET n = excluded.n, type = excluded.type,
		physical_id = excluded.physical_id, status = excluded.status, reason = excluded.reason, state = excluded.state, updated = excluded.updated,
		sealed_by = excluded.sealed_by`,
		r.Stack, r.LogicalID, r.N, r.Type, r.PhysicalID, r.Status, r.Reason, state, micros(r.Updated), tx.keys.Current())
	if err != nil {
		return fmt.Errorf("write resource %s of stack %s: %w", r.LogicalID, r.Stack, err)
	}
	return nil
}

// DeleteStackResource forgets a resource.
func (tx *Tx) DeleteStackResource(stack, logicalID string) error {
	if _, err := tx.exec(`DELETE FROM stack_resource WHERE stack = $1 AND logical_id = $2`, stack, logicalID); err != nil {
		return fmt.Errorf("delete resource %s of stack %s: %w", logicalID, stack, err)
	}
	return nil
}

// StackEvent is one thing that happened to a stack or a resource of it.
type StackEvent struct {
	Stack          string
	N              int // counts from 1
	At             time.Time
	LogicalID      string
	PhysicalID     string
	Type           string
	Status, Reason string
	Properties     string // JSON, without what is not to be shown
	Token          string // the client's
}

const stackEventColumns = `e.stack, e.n, e.at, e.logical_id, e.physical_id, e.type, e.status, e.reason, e.properties, e.token, e.sealed_by`

func (tx *Tx) scanEvent(s scanner) (e StackEvent, err error) {
	var n, happened int64
	var properties, by string
	if err = s.Scan(&e.Stack, &n, &happened, &e.LogicalID, &e.PhysicalID, &e.Type, &e.Status, &e.Reason, &properties, &e.Token, &by); err != nil {
		return e, err
	}
	e.N, e.At = int(n), fromMicros(happened)
	e.Properties, err = tx.openText(e.place(), by, properties)
	return e, err
}

func (e StackEvent) place() place {
	return at("stack_event", "properties", e.Stack, strconv.Itoa(e.N))
}

// InsertStackEvent adds an event.
func (tx *Tx) InsertStackEvent(e StackEvent) error {
	properties, err := tx.sealText(e.place(), e.Properties)
	if err != nil {
		return err
	}
	err = tx.put(`INSERT INTO stack_event (stack, n, at, logical_id, physical_id, type, status, reason, properties, token, sealed_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, e.Stack, e.N, micros(e.At), e.LogicalID, e.PhysicalID, e.Type, e.Status, e.Reason, properties, e.Token,
		tx.keys.Current())
	if err != nil {
		return fmt.Errorf("insert event %d of stack %s: %w", e.N, e.Stack, err)
	}
	return nil
}

// StackEventsBefore reads events below a number, newest first.
func (tx *Tx) StackEventsBefore(stack string, n, limit int) ([]StackEvent, error) {
	es, err := all(tx, tx.scanEvent, `SELECT `+stackEventColumns+` FROM stack_event e WHERE e.stack = $1 AND e.n < $2
		ORDER BY e.n DESC LIMIT CAST($3 AS BIGINT)`, stack, n, limit)
	if err != nil {
		return nil, fmt.Errorf("load events of stack %s: %w", stack, err)
	}
	return es, nil
}

// StackEventsAfter reads events above a number, oldest first.
func (tx *Tx) StackEventsAfter(stack string, n int) ([]StackEvent, error) {
	es, err := all(tx, tx.scanEvent, `SELECT `+stackEventColumns+` FROM stack_event e WHERE e.stack = $1 AND e.n > $2 ORDER BY e.n`, stack, n)
	if err != nil {
		return nil, fmt.Errorf("load events of stack %s: %w", stack, err)
	}
	return es, nil
}
