package store

import (
	"fmt"
	"math"
	"time"

	"portico/internal/catalog"
	"portico/internal/ident"
)

// StackSet is one template for stacks in many accounts and regions. It outlives its instances, so that what became of them
// can be read.
type StackSet struct {
	ID        string // ARN
	Account   ident.Account
	Region    ident.Region
	Name      string
	Status    string // ACTIVE or DELETED
	Operation string // id of the one under way; empty without one
	Body      string // the template
	Work      StackSetWork
	Created   time.Time
}

// StackSetWork is what a stack set is made from, besides its template.
type StackSetWork struct {
	Definition    StackDefinition
	Rules         []catalog.RuleSet // of constraints
	AdminRole     string            // ARN of the role of its own account that reaches the others
	ExecutionRole string            // name of the role that acts in each of them
}

// StackSetOperation is one operation on instances of a stack set.
type StackSetOperation struct {
	StackSet, ID   string
	Action         string // CREATE, UPDATE or DELETE
	Status         string // RUNNING, SUCCEEDED, FAILED or STOPPED
	Reason         string
	Version        int // counts the writes, as that of a stack does
	Detail         StackSetDetail
	Created, Ended time.Time // Ended is zero while it is under way
}

// StackSetDetail is how an operation is carried out.
type StackSetDetail struct {
	Target        catalog.StackSet // its accounts and regions, and how many may fail
	AdminRole     string
	ExecutionRole string
	Retain        bool   // of a deletion: leave the stacks
	Whole         bool   // of a deletion: the stack set goes with its last instance
	Seq           int    // how many changes of results there were
	Request       string // digest of what was asked
	Stop          string // why nothing more is to be begun; empty: it goes on
}

// StackSetResult is what an operation does to one instance.
type StackSetResult struct {
	StackSet, Operation string
	N                   int // its place in the order of regions and accounts
	Account             ident.Account
	Region              ident.Region
	Stack               string // id
	Status              string // PENDING, RUNNING, SUCCEEDED, FAILED or CANCELLED
	Reason              string
	Seq                 int // which change of the operation's results was its last
}

const stackSetColumns = `s.id, s.account, s.region, s.name, s.status, s.operation, s.body, s.work, s.created, s.sealed_by`

func (tx *Tx) scanStackSet(r scanner) (s StackSet, err error) {
	var work, by string
	var created int64
	if err = r.Scan(&s.ID, &s.Account, &s.Region, &s.Name, &s.Status, &s.Operation, &s.Body, &work, &created, &by); err != nil {
		return s, err
	}
	s.Created = fromMicros(created)
	return s, tx.unsealed(at("stack_set", "work", s.ID), by, work, &s.Work)
}

// StackSet reads a stack set.
func (tx *Tx) StackSet(id string) (StackSet, bool, error) {
	s, ok, err := one(tx, tx.scanStackSet, `SELECT `+stackSetColumns+` FROM stack_set s WHERE s.id = $1`, id)
	if err != nil {
		return s, false, fmt.Errorf("load stack set %s: %w", id, err)
	}
	return s, ok, nil
}

// StackSetNamed reads the living stack set of a name.
func (tx *Tx) StackSetNamed(a ident.Account, r ident.Region, name string) (StackSet, bool, error) {
	s, ok, err := one(tx, tx.scanStackSet, `SELECT `+stackSetColumns+` FROM stack_set s WHERE s.account = $1 AND s.region = $2 AND s.handle = $3`, a, r, name)
	if err != nil {
		return s, false, fmt.Errorf("load stack set %s of %s: %w", name, a, err)
	}
	return s, ok, nil
}

// StackSets reads a page of an account's stack sets, newest first, those of one status or of all.
func (tx *Tx) StackSets(a ident.Account, r ident.Region, status string, before ident.Page, limit int) ([]StackSet, error) {
	created, id := pageKey(before, math.MaxInt64)
	ss, err := all(tx, tx.scanStackSet, `SELECT `+stackSetColumns+` FROM stack_set s
		WHERE s.account = $1 AND s.region = $2 AND (s.created, s.id) < ($3, $4) AND ($5 = '' OR s.status = $5)
		ORDER BY s.created DESC, s.id DESC LIMIT CAST($6 AS BIGINT)`, a, r, created, id, status, limit)
	if err != nil {
		return nil, fmt.Errorf("load stack sets of %s: %w", a, err)
	}
	return ss, nil
}

// InsertStackSet adds a stack set, unless there is one by its id, or a living one by its name: then it returns false.
func (tx *Tx) InsertStackSet(s StackSet) (bool, error) {
	work, err := tx.sealed(at("stack_set", "work", s.ID), s.Work)
	if err != nil {
		return false, err
	}
	n, err := tx.exec(`INSERT INTO stack_set (id, account, region, name, handle, status, operation, body, work, created, sealed_by)
		VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
		s.ID, s.Account, s.Region, s.Name, s.Status, s.Operation, s.Body, work, micros(s.Created), tx.keys.Current())
	if err != nil {
		return false, fmt.Errorf("insert stack set %s: %w", s.ID, err)
	}
	if n > 0 {
		tx.creates("stackset", s.ID)
	}
	return n > 0, nil
}

// UpdateStackSet writes what changes of a stack set, and what it is made from.
func (tx *Tx) UpdateStackSet(s StackSet) error {
	work, err := tx.sealed(at("stack_set", "work", s.ID), s.Work)
	if err != nil {
		return err
	}
	handle := s.Name
	if s.Status == "DELETED" {
		handle = s.ID
	}
	if _, err := tx.exec(`UPDATE stack_set SET handle = $2, status = $3, operation = $4, body = $5, work = $6, sealed_by = $7 WHERE id = $1`,
		s.ID, handle, s.Status, s.Operation, s.Body, work, tx.keys.Current()); err != nil {
		return fmt.Errorf("update stack set %s: %w", s.ID, err)
	}
	return nil
}

const stackSetOperationColumns = `o.stack_set, o.id, o.action, o.status, o.reason, o.version, o.detail, o.created, o.ended, o.sealed_by`

func (tx *Tx) scanStackSetOperation(r scanner) (o StackSetOperation, err error) {
	var detail, by string
	var version, created, ended int64
	if err = r.Scan(&o.StackSet, &o.ID, &o.Action, &o.Status, &o.Reason, &version, &detail, &created, &ended, &by); err != nil {
		return o, err
	}
	o.Version, o.Created, o.Ended = int(version), fromMicros(created), fromMicros(ended)
	return o, tx.unsealed(at("stack_set_operation", "detail", o.StackSet, o.ID), by, detail, &o.Detail)
}

// StackSetOperation reads an operation of a stack set.
func (tx *Tx) StackSetOperation(set, id string) (StackSetOperation, bool, error) {
	o, ok, err := one(tx, tx.scanStackSetOperation, `SELECT `+stackSetOperationColumns+` FROM stack_set_operation o WHERE o.stack_set = $1 AND o.id = $2`, set, id)
	if err != nil {
		return o, false, fmt.Errorf("load operation %s of stack set %s: %w", id, set, err)
	}
	return o, ok, nil
}

// StackSetOperations reads a page of a stack set's operations, newest first.
func (tx *Tx) StackSetOperations(set string, before ident.Page, limit int) ([]StackSetOperation, error) {
	created, id := pageKey(before, math.MaxInt64)
	os, err := all(tx, tx.scanStackSetOperation, `SELECT `+stackSetOperationColumns+` FROM stack_set_operation o WHERE o.stack_set = $1 AND (o.created, o.id) < ($2, $3)
		ORDER BY o.created DESC, o.id DESC LIMIT CAST($4 AS BIGINT)`, set, created, id, limit)
	if err != nil {
		return nil, fmt.Errorf("load operations of stack set %s: %w", set, err)
	}
	return os, nil
}

// InsertStackSetOperation adds an operation, unless the stack set has one by its id: then it returns false.
func (tx *Tx) InsertStackSetOperation(o StackSetOperation) (bool, error) {
	detail, err := tx.sealed(at("stack_set_operation", "detail", o.StackSet, o.ID), o.Detail)
	if err != nil {
		return false, err
	}
	n, err := tx.exec(`INSERT INTO stack_set_operation (stack_set, id, action, status, reason, version, detail, created, ended, sealed_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
		o.StackSet, o.ID, o.Action, o.Status, o.Reason, o.Version, detail, micros(o.Created), micros(o.Ended), tx.keys.Current())
	if err != nil {
		return false, fmt.Errorf("insert operation %s of stack set %s: %w", o.ID, o.StackSet, err)
	}
	if n > 0 {
		tx.creates("stacksetoperation", o.ID)
	}
	return n > 0, nil
}

// UpdateStackSetOperation writes what steps change of an operation over the version before. It returns false if another
// has written meanwhile.
func (tx *Tx) UpdateStackSetOperation(o StackSetOperation) (bool, error) {
	detail, err := tx.sealed(at("stack_set_operation", "detail", o.StackSet, o.ID), o.Detail)
	if err != nil {
		return false, err
	}
	n, err := tx.exec(`UPDATE stack_set_operation SET status = $4, reason = $5, version = $6, detail = $7, ended = $8, sealed_by = $9
		WHERE stack_set = $1 AND id = $2 AND version = $3`, o.StackSet, o.ID, o.Version-1, o.Status, o.Reason, o.Version, detail, micros(o.Ended), tx.keys.Current())
	if err != nil {
		return false, fmt.Errorf("update operation %s of stack set %s: %w", o.ID, o.StackSet, err)
	}
	return n > 0, nil
}

func scanStackSetResult(r scanner) (x StackSetResult, err error) {
	var n, seq int64
	err = r.Scan(&x.StackSet, &x.Operation, &n, &x.Account, &x.Region, &x.Stack, &x.Status, &x.Reason, &seq)
	x.N, x.Seq = int(n), int(seq)
	return x, err
}

// StackSetResults reads what an operation does to each instance, in its order, a page at a time.
func (tx *Tx) StackSetResults(set, operation string, after, limit int) ([]StackSetResult, error) {
	xs, err := all(tx, scanStackSetResult, `SELECT x.stack_set, x.operation, x.n, x.account, x.region, x.stack, x.status, x.reason, x.seq FROM stack_set_result x
		WHERE x.stack_set = $1 AND x.operation = $2 AND x.n > $3 ORDER BY x.n LIMIT CAST($4 AS BIGINT)`, set, operation, after, limit)
	if err != nil {
		return nil, fmt.Errorf("load results of operation %s of stack set %s: %w", operation, set, err)
	}
	return xs, nil
}

// PutStackSetResult writes what an operation does to one instance.
func (tx *Tx) PutStackSetResult(x StackSetResult) error {
	_, err := tx.exec(`INSERT INTO stack_set_result (stack_set, operation, n, account, region, stack, status, reason, seq)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (stack_set, operation, n) DO UPDATE SET stack = $6, status = $7, reason = $8, seq = $9`,
		x.StackSet, x.Operation, x.N, x.Account, x.Region, x.Stack, x.Status, x.Reason, x.Seq)
	if err != nil {
		return fmt.Errorf("write a result of operation %s of stack set %s: %w", x.Operation, x.StackSet, err)
	}
	return nil
}
