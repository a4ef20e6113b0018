package store

import (
	"context"
	"errors"
)

// errRehearsed ends a rehearsal that went well: nothing of it may remain.
var errRehearsed = errors.New("store: rehearsed")

// Rehearse runs fn as Write would, but nothing it did remains. The DB that fn is given reads and writes inside the one
// transaction, and is of no use afterwards; there a Write may stand inside another. fn may run more than once.
//
// A rehearsal takes its turn among the writers. On SQLite they wait for it.
func (db *DB) Rehearse(ctx context.Context, fn func(*DB) error) error {
	err := db.Write(ctx, func(tx *Tx) error {
		inside := &DB{engine: rehearsal{engine: db.engine, tx: tx}, migrations: db.migrations, keys: db.keys, rehearsing: true}
		if err := fn(inside); err != nil {
			return err
		}
		if tx.err != nil {
			return tx.err
		}
		return errRehearsed
	})
	if err == errRehearsed {
		return nil
	}
	return err
}

// rehearsal is the engine of a DB inside a transaction.
type rehearsal struct {
	engine
	tx *Tx
}

// read runs fn on what the rehearsal has made of the database. It shares the connection with those that write, so that
// what a read changes is refused here.
func (r rehearsal) read(ctx context.Context, fn func(*Tx) error) error {
	return r.inside(ctx, unwritable{r.tx.conn}, fn)
}

// write runs fn under a savepoint, so that a refusal takes back what fn did and the rehearsal goes on.
func (r rehearsal) write(ctx context.Context, _ isolation, fn func(*Tx) error) (err error) {
	if _, err := r.tx.exec(`SAVEPOINT rehearsal`); err != nil {
		return err
	}
	good := false
	defer func() { // also when fn panics; once a statement has failed the whole transaction goes
		if !good && r.tx.err == nil {
			r.tx.exec(`ROLLBACK TO SAVEPOINT rehearsal`)
		}
		if r.tx.err == nil {
			r.tx.exec(`RELEASE SAVEPOINT rehearsal`)
		}
		if err == nil {
			err = r.tx.err
		}
	}()
	err = r.inside(ctx, r.tx.conn, fn)
	good = err == nil
	return err
}

// inside runs fn on a Tx of its own. A statement that fails there has failed the rehearsal.
func (r rehearsal) inside(ctx context.Context, c conn, fn func(*Tx) error) error {
	if err := r.tx.ready(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	tx := &Tx{ctx: ctx, conn: c}
	defer tx.end()
	err := fn(tx)
	if tx.err != nil {
		r.tx.fail(tx.err)
	}
	if err != nil {
		return err
	}
	return tx.err
}

func (rehearsal) close() {}

// unwritable is a connection for reading.
type unwritable struct{ conn }

var errUnwritable = errors.New("store: a Read cannot write")

func (unwritable) exec(context.Context, string, []any) (int64, error) { return 0, errUnwritable }
