// Package store keeps Portico's rows, on embedded SQLite or on PostgreSQL.
//
// One SQL text serves both databases; the seam lies below SQL (sqlite.go, postgres.go). Everything happens inside a
// transaction: DB.Read gives a consistent snapshot, DB.Write a serializable transaction that is durable once Write has
// returned nil. Row methods hang on Tx, one file per noun.
package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"portico/internal/seal"
)

// Options says where the rows are. Exactly one of Dir and URL is set.
type Options struct {
	Dir      string // embedded: SQLite in DIR/portico.db; the directory is made if need be
	URL      string // postgres://user:password@host:port/database?…
	Relaxed  bool   // embedded: a power cut may lose the last acknowledged writes; a crash of the program never does
	Existing bool   // embedded: nothing is made; if there is no database yet, Open fails
	Conns    int    // connections for reading (embedded) or in all (PostgreSQL); 0 goes by the number of CPUs
	// Keys are the master keys that secrets are sealed under. Without any, everything else still works.
	Keys seal.Ring
}

// DB is an open database.
type DB struct {
	engine     engine
	migrations migrations
	keys       seal.Ring
	rehearsing bool // inside a transaction of its own; see Rehearse
}

// engine is what the two databases do differently.
type engine interface {
	read(ctx context.Context, fn func(*Tx) error) error
	write(ctx context.Context, i isolation, fn func(*Tx) error) error
	dialect() dialect
	close()
}

// isolation is what a write is safe from; embedded, where writers follow each other, it is always safe from everything.
type isolation int

const (
	serializable isolation = iota // as if alone
	guarded                       // from others that change a row that it changes
)

// Open connects to the database. It does not migrate it; see DB.Migrate.
func Open(ctx context.Context, o Options) (*DB, error) {
	if (o.Dir == "") == (o.URL == "") {
		return nil, errors.New("store: set either a data directory or a database URL")
	}
	open := openSQLite
	if o.URL != "" {
		open = openPostgres
	}
	e, err := open(ctx, o)
	if err != nil {
		return nil, err
	}
	m, err := embedded()
	if err != nil {
		e.close()
		return nil, err
	}
	return &DB{engine: e, migrations: m, keys: o.Keys}, nil
}

// Close waits for the transactions under way and closes every connection.
func (db *DB) Close() { db.engine.close() }

// Read runs fn on one snapshot of the database, which its first statement takes. Statements that change something fail.
// fn should begin no other transaction: it would hold one connection while waiting for another.
func (db *DB) Read(ctx context.Context, fn func(*Tx) error) error {
	if s, ok := ctx.Value(snapshotKey{}).(snapshot); ok && s.db == db {
		return fn(s.tx)
	}
	return db.engine.read(ctx, db.keyed(fn))
}

// keyed gives a transaction the master keys.
func (db *DB) keyed(fn func(*Tx) error) func(*Tx) error {
	return func(tx *Tx) error {
		tx.keys = db.keys
		return fn(tx)
	}
}

// Snapshot runs fn with a context in which every Read sees the same snapshot of the database: the one that the first of
// them takes. Who is calling, what that caller may do and what the answer is are then read from the same state, and in one
// transaction. fn must not write, and should not wait for anything: it holds a connection.
func (db *DB) Snapshot(ctx context.Context, fn func(context.Context) error) error {
	return db.engine.read(ctx, db.keyed(func(tx *Tx) error {
		return fn(context.WithValue(ctx, snapshotKey{}, snapshot{db, tx}))
	}))
}

type snapshotKey struct{}

type snapshot struct {
	db *DB
	tx *Tx
}

// Write runs fn in a serializable transaction, alone or as if alone. When fn returns an error or panics, nothing it did
// remains. fn may run more than once, so all its effects must go through its Tx. An event that ctx carries and that is not
// written yet is written along; see WithEvent.
//
// A Write inside the fn of another Write panics: on SQLite it would wait for itself for ever. It is found by looking for
// Write on the goroutine's own stack, since both calls are likely given the same context.
func (db *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	return db.begin(ctx, serializable, fn)
}

// Amend is a Write whose fn changes every row that it decides by, or decides by rows that never change. Of two such
// transactions that meet in a row one is run again, and there is nothing else in which they could meet: on PostgreSQL a
// snapshot is enough, which costs no conflicts with strangers whose rows lie in the same page. An fn that finds that there
// is no row, or that counts some, wants a Write.
func (db *DB) Amend(ctx context.Context, fn func(*Tx) error) error {
	return db.begin(ctx, guarded, fn)
}

func (db *DB) begin(ctx context.Context, i isolation, fn func(*Tx) error) error {
	if !db.rehearsing && writing() {
		panic("store: Write inside a Write")
	}
	if s, ok := ctx.Value(snapshotKey{}).(snapshot); ok && s.db == db {
		panic("store: Write inside a Snapshot") // on PostgreSQL it could wait for the connection that the snapshot holds
	}
	return db.transact(ctx, i, fn)
}

// transact is a frame of its own so that writing can know it by its entry address.
//
//go:noinline
func (db *DB) transact(ctx context.Context, i isolation, fn func(*Tx) error) error {
	p := EventOf(ctx)
	if p != nil && !p.written && !db.rehearsing {
		fn = witnessed(p, fn)
	} else {
		p = nil
	}
	var last *Tx // of the run that counts
	err := db.engine.write(ctx, i, db.keyed(func(tx *Tx) error { last = tx; return fn(tx) }))
	if err != nil || db.rehearsing {
		return err
	}
	if p != nil {
		p.written = true
	}
	for _, f := range last.after {
		f()
	}
	return nil
}

// Alone reports whether this process has the database for itself: embedded, nobody else works on its jobs.
func (db *DB) Alone() bool {
	_, embedded := db.engine.(*sqlite)
	return embedded
}

// writing reports whether the calling goroutine is inside a Write.
func writing() bool {
	var pcs [64]uintptr
	for skip := 4; ; skip += len(pcs) {
		n := runtime.Callers(skip, pcs[:])
		for _, pc := range pcs[:n] {
			if f := runtime.FuncForPC(pc - 1); f != nil && f.Name() == transactName {
				return true
			}
		}
		if n < len(pcs) {
			return false
		}
	}
}

const transactName = "portico/internal/store.(*DB).transact"

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// wrap says what the base was doing when err came up.
func wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}
