package store

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"portico/internal/audit"
	"portico/internal/seal"
)

// Tx is a transaction under way. It is valid until the function it was given to returns, and for one goroutine.
//
// The first statement that fails, or the end of the context, ends the transaction: every later statement returns the
// same error, and a Write is rolled back even if its function goes on to return nil. PostgreSQL works like this anyway.
type Tx struct {
	ctx   context.Context
	conn  conn
	keys  seal.Ring
	err   error
	after []func()

	recall  *recall          // of a Read
	lane    lane             // of a Write that is no rehearsal
	created []audit.Resource // see creates
}

// After lets fn run once what the transaction did is durable, and not at all if it comes to nothing. fn must be quick and
// must not need the database.
func (tx *Tx) After(fn func()) { tx.after = append(tx.after, fn) }

// conn runs statements on one database. Arguments take the places $1, $2, …
type conn interface {
	exec(ctx context.Context, q string, args []any) (int64, error)
	query(ctx context.Context, q string, args []any) (rows, error)
}

// rows is a result being read. Err is final only after Close.
type rows interface {
	scanner
	Next() bool
	Err() error
	Close()
}

// scanner is one row of a result.
type scanner interface {
	Scan(dest ...any) error
}

func (tx *Tx) fail(err error) error {
	if tx.err == nil {
		tx.err = err
	}
	return err
}

// end makes a Tx that somebody kept useless.
func (tx *Tx) end() { tx.err = errEnded }

var errEnded = errors.New("store: the transaction has ended")

// ready returns why nothing may run any more.
func (tx *Tx) ready() error {
	if tx.err != nil {
		return tx.err
	}
	return tx.fail(tx.ctx.Err())
}

// exec runs a statement and returns how many rows it touched.
func (tx *Tx) exec(q string, args ...any) (int64, error) {
	if err := tx.ready(); err != nil {
		return 0, err
	}
	n, err := tx.conn.exec(tx.ctx, q, args)
	return n, tx.fail(err)
}

// put runs a statement of which nobody asks how many rows it touched. Where the database takes statements without answering
// each, whether it went well is known only with the answer to a later one, or to the commit.
func (tx *Tx) put(q string, args ...any) error {
	l, ok := tx.conn.(interface {
		put(ctx context.Context, q string, args []any) error
	})
	if !ok {
		_, err := tx.exec(q, args...)
		return err
	}
	if err := tx.ready(); err != nil {
		return err
	}
	return tx.fail(l.put(tx.ctx, q, args))
}

func (tx *Tx) query(q string, args []any) (rows, error) {
	if err := tx.ready(); err != nil {
		return nil, err
	}
	rs, err := tx.conn.query(tx.ctx, q, args)
	return rs, tx.fail(err)
}

// one returns the first row of a result, and false if there is none.
func one[T any](tx *Tx, scan func(scanner) (T, error), q string, args ...any) (T, bool, error) {
	var none T
	rs, err := tx.query(q, args)
	if err != nil {
		return none, false, err
	}
	defer rs.Close()
	if !rs.Next() {
		return none, false, tx.fail(rs.Err())
	}
	v, err := scan(rs)
	rs.Next() // to its end, most likely: a result that was read whole can be kept
	rs.Close()
	if e := rs.Err(); e != nil {
		err = e
	}
	if err != nil {
		return none, false, tx.fail(err)
	}
	return v, true, nil
}

// all returns every row of a result; no rows give nil.
func all[T any](tx *Tx, scan func(scanner) (T, error), q string, args ...any) ([]T, error) {
	rs, err := tx.query(q, args)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	var vs []T
	for rs.Next() {
		v, err := scan(rs)
		if err != nil {
			return nil, tx.fail(err)
		}
		vs = append(vs, v)
	}
	rs.Close()
	if err := rs.Err(); err != nil {
		return nil, tx.fail(err)
	}
	return vs, nil
}

// in writes a list of n placeholders beginning with $first: in(3, 2) is ($3,$4).
func in(first, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteByte("(,"[min(i, 1)])
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(first + i))
	}
	b.WriteByte(')')
	return b.String()
}
