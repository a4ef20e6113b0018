package store

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
)

// Exec runs a statement and returns how many rows it touched.
func Exec(tx *Tx, q string, args ...any) (int64, error) { return tx.exec(q, args...) }

// Put runs a statement of which nobody asks how many rows it touched.
func Put(tx *Tx, q string, args ...any) error { return tx.put(q, args...) }

// Texts returns the only column of a result.
func Texts(tx *Tx, q string, args ...any) ([]string, error) {
	return all(tx, func(r scanner) (s string, err error) { return s, r.Scan(&s) }, q, args...)
}

// Number returns the only column of the first row of a result.
func Number(tx *Tx, q string, args ...any) (int64, bool, error) {
	return one(tx, func(r scanner) (n int64, err error) { return n, r.Scan(&n) }, q, args...)
}

// WithMigrations makes db believe in other migrations.
func (db *DB) WithMigrations(files fs.FS) error {
	m, err := readMigrations(files)
	db.migrations = m
	return err
}

// Waiting returns how many writers wait for their turn on SQLite.
func (db *DB) Waiting() int {
	q := &db.engine.(*sqlite).queue
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

// MaxGroup is how many writers share a commit at most.
const MaxGroup = maxGroup

// Record makes db call seen with the text of every statement.
func (db *DB) Record(seen func(q string)) { db.engine = recorder{db.engine, seen} }

type recorder struct {
	engine
	seen func(string)
}

func (r recorder) read(ctx context.Context, fn func(*Tx) error) error {
	return r.engine.read(ctx, r.record(fn))
}

func (r recorder) write(ctx context.Context, i isolation, fn func(*Tx) error) error {
	return r.engine.write(ctx, i, r.record(fn))
}

func (r recorder) record(fn func(*Tx) error) func(*Tx) error {
	return func(tx *Tx) error {
		tx.conn = recordedConn{tx.conn, r.seen}
		return fn(tx)
	}
}

type recordedConn struct {
	conn
	seen func(string)
}

func (c recordedConn) exec(ctx context.Context, q string, args []any) (int64, error) {
	c.seen(q)
	return c.conn.exec(ctx, q, args)
}

func (c recordedConn) query(ctx context.Context, q string, args []any) (rows, error) {
	c.seen(q)
	return c.conn.query(ctx, q, args)
}

// ByteOrder is how PostgreSQL gets its migrations.
func ByteOrder(f fs.FS) fs.FS { return postgresDialect{}.files(f) }

// MaxStmts is how many statements a connection keeps prepared.
const MaxStmts = maxStmts

// Numbered is a statement that no other number gives.
func Numbered(i int64) string { return fmt.Sprintf("SELECT CAST(%d AS BIGINT)", i) }

// In is the list of placeholders.
func In(first, n int) string { return in(first, n) }

// OpenAll leaves the documents of launches and stacks as they were before they were sealed.
func OpenAll(tx *Tx) error {
	for _, c := range []struct {
		table, column string
		key           []string
	}{
		{"launch_record", "work_order", []string{"id"}}, {"launch_record", "work", []string{"id"}}, {"launch_plan", "work_order", []string{"id"}},
		{"launch_plan", "work", []string{"id"}}, {"provisioned_product", "parameters", []string{"id"}}, {"stack", "work", []string{"id"}},
		{"stack_resource", "state", []string{"stack", "logical_id"}}, {"change_set", "detail", []string{"id"}}, {"stack_event", "properties", []string{"stack", "CAST(n AS TEXT)"}}, {"stack_export", "value", []string{"account", "region", "name"}},
		{"engine_delivery", "token", []string{"record"}}, {"engine_delivery", "message", []string{"record"}}, {"engine_delivery", "terms", []string{"record"}}, {"engine_delivery", "result", []string{"record"}},
	} {
		rows, err := all(tx, texts(len(c.key)+1), `SELECT `+strings.Join(append(c.key, c.column), ", ")+` FROM `+c.table)
		if err != nil {
			return err
		}
		for _, row := range rows {
			n := len(c.key)
			text, err := tx.openText(at(c.table, c.column, row[:n]...), "sealed", row[n])
			if err != nil {
				return err
			}
			if _, err := tx.exec(`UPDATE `+c.table+` SET `+c.column+` = $1 WHERE `+c.key[n-1]+` = CAST($2 AS TEXT)`, text, row[n-1]); err != nil {
				return err
			}
		}
	}
	for _, table := range []string{"launch_record", "launch_plan", "provisioned_product", "stack", "stack_resource", "stack_event", "change_set", "stack_export", "engine_delivery"} {
		if _, err := tx.exec(`UPDATE ` + table + ` SET sealed_by = ''`); err != nil {
			return err
		}
	}
	return nil
}

// Text returns the first column of the first row of a result.
func Text(tx *Tx, q string, args ...any) (string, bool, error) {
	return one(tx, func(r scanner) (s string, err error) { return s, r.Scan(&s) }, q, args...)
}

// Fresh runs read with nothing remembered from before.
func Fresh[T any](db *DB, read func(*DB) T) T {
	l := <-db.engine.(*sqlite).readers
	l.recall = recall{link: l}
	db.engine.(*sqlite).readers <- l
	return read(db)
}

// MaxResults bounds the bytes of the results that a connection keeps.
const MaxResults = maxResults

// Kept is how many results the only connection for reading keeps, and their bytes.
func (db *DB) Kept() (n, size int) {
	l := <-db.engine.(*sqlite).readers
	defer func() { db.engine.(*sqlite).readers <- l }()
	return len(l.recall.results.kept), l.recall.results.size
}
