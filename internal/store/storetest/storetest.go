// Package storetest is what every database under package store must do, whatever stands below: the same code runs on
// each, without exceptions.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"testing"
	"testing/fstest"

	"portico/internal/store"
)

// Setup is an empty database and the means to run bare statements on it, which package store keeps to itself.
type Setup struct {
	Options store.Options
	Exec    func(tx *store.Tx, q string, args ...any) (int64, error)
	Texts   func(tx *store.Tx, q string, args ...any) ([]string, error)    // a result of one column
	Number  func(tx *store.Tx, q string, args ...any) (int64, bool, error) // a result of one number
	Given   func(db *store.DB, migrations fs.FS) error                     // replaces the migrations of db
}

var schema = fstest.MapFS{"0001_suite.sql": {Data: []byte(`-- +goose Up
CREATE TABLE counter (id BIGINT PRIMARY KEY, n BIGINT NOT NULL);
CREATE TABLE word (shelf BIGINT NOT NULL, w TEXT NOT NULL, PRIMARY KEY (shelf, w));
CREATE TABLE kept (id BIGINT PRIMARY KEY, body BYTEA NOT NULL, flag BOOLEAN NOT NULL, note TEXT);
CREATE TABLE left_half (id BIGINT PRIMARY KEY);
CREATE TABLE right_half (id BIGINT PRIMARY KEY);
`)}}

// suite is one test on one database.
type suite struct {
	Setup
	t  *testing.T
	db *store.DB
}

// Run runs the whole suite on one empty database.
func Run(t *testing.T, s Setup) {
	db := s.open(t)
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		run  func(suite)
	}{
		{"text sorts by bytes", suite.order},
		{"a keyset page goes on behind its key", suite.pages},
		{"values come back as they went in", suite.values},
		{"a read sees one snapshot", suite.snapshot},
		{"a read cannot write", suite.readOnly},
		{"an error rolls back", suite.rollbackOnError},
		{"a panic rolls back", suite.rollbackOnPanic},
		{"a failed statement ends the transaction", suite.sticky},
		{"a constraint met by ON CONFLICT fails nothing", suite.onConflict},
		{"a transaction ends with its function", suite.ended},
		{"a write inside a write panics", suite.nested},
		{"reads of one snapshot", suite.snapshots},
		{"nothing of a rehearsal remains", suite.rehearse},
		{"a rehearsal reads what it writes", suite.rehearseReads},
		{"a refusal inside a rehearsal takes back its write only", suite.rehearseRefused},
		{"errors and panics end a rehearsal", suite.rehearseFails},
		{"a rehearsal inside a rehearsal", suite.rehearseTwice},
		{"rehearsals among writers", suite.rehearseAmong},
		{"no increment is lost", suite.increments},
		{"no write skew", suite.skew},
		{"an ended context runs nothing", suite.ctxBefore},
		{"a context that ends rolls back", suite.ctxDuring},
		{"what was acknowledged survives kill -9", suite.crash},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.run(suite{s, t, db}) })
	}
}

func (s Setup) open(t *testing.T) *store.DB {
	db, err := store.Open(t.Context(), s.Options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if err := s.Given(db, schema); err != nil {
		t.Fatal(err)
	}
	return db
}

func (s suite) write(fn func(*store.Tx) error) error { return s.db.Write(context.Background(), fn) }
func (s suite) read(fn func(*store.Tx) error) error  { return s.db.Read(context.Background(), fn) }

func (s suite) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// counter sets up a counter and returns its key and a way to read it.
func (s suite) counter(n int64) (id int64, value func() int64) {
	s.t.Helper()
	s.must(s.write(func(tx *store.Tx) error {
		last, _, err := s.Number(tx, `SELECT count(*) FROM counter`)
		if err != nil {
			return err
		}
		id = last + 1
		return s.set(tx, id, n)
	}))
	return id, func() (n int64) {
		s.t.Helper()
		s.must(s.read(func(tx *store.Tx) (err error) { n, err = s.get(tx, id); return err }))
		return n
	}
}

func (s suite) get(tx *store.Tx, id int64) (int64, error) {
	n, ok, err := s.Number(tx, `SELECT n FROM counter WHERE id = $1`, id)
	if err == nil && !ok {
		err = fmt.Errorf("no counter %d", id)
	}
	return n, err
}

func (s suite) set(tx *store.Tx, id, n int64) error {
	_, err := s.Exec(tx, `INSERT INTO counter (id, n) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET n = excluded.n`, id, n)
	return err
}

// words differ in case, accents, width and script; a language's order would mix them otherwise.
var words = []string{"a", "A", "b", "B", "z", "Z", "é", "É", "e", "f", "ä", "ß", "ss", "_", "-", "~", "0", "10", "2", " ",
	"a b", "ab", "a-b", "aB", "Ab", "日本", "ﬁ", "fi", "😀", "", "e\u0301"}

func (s suite) shelve(shelf int64) []string {
	s.must(s.write(func(tx *store.Tx) error {
		for _, w := range words {
			if _, err := s.Exec(tx, `INSERT INTO word (shelf, w) VALUES ($1, $2)`, shelf, w); err != nil {
				return err
			}
		}
		return nil
	}))
	return slices.Sorted(slices.Values(words))
}

func (s suite) order() {
	want := s.shelve(1)
	s.must(s.read(func(tx *store.Tx) error {
		got, err := s.Texts(tx, `SELECT w FROM word WHERE shelf = 1 ORDER BY w`)
		if !slices.Equal(got, want) {
			s.t.Errorf("got  %q\nwant %q", got, want)
		}
		return err
	}))
}

func (s suite) pages() {
	want := s.shelve(2)
	for size := 1; size <= len(want); size++ {
		var got []string
		s.must(s.read(func(tx *store.Tx) error {
			got = nil
			page, err := s.Texts(tx, `SELECT w FROM word WHERE shelf = 2 ORDER BY shelf, w LIMIT $1`, size)
			for ; err == nil && len(page) > 0; page, err = s.Texts(tx,
				`SELECT w FROM word WHERE shelf = 2 AND (shelf, w) > (2, $1) ORDER BY shelf, w LIMIT $2`, got[len(got)-1], size) {
				got = append(got, page...)
			}
			return err
		}))
		if !slices.Equal(got, want) {
			s.t.Fatalf("pages of %d: got %q\nwant %q", size, got, want)
		}
	}
}

func (s suite) values() {
	tests := []struct {
		body []byte
		flag bool
		note any
	}{
		{[]byte{}, false, ""}, {[]byte{0, 1, 255}, true, "a\n\t'\"%_\\ü😀"}, {[]byte("x"), true, nil},
	}
	for i, test := range tests {
		s.must(s.write(func(tx *store.Tx) error {
			_, err := s.Exec(tx, `INSERT INTO kept (id, body, flag, note) VALUES ($1, $2, $3, $4)`, i, test.body, test.flag, test.note)
			return err
		}))
		s.must(s.read(func(tx *store.Tx) error {
			n, _, err := s.Number(tx, `SELECT count(*) FROM kept WHERE id = $1 AND body = $2 AND flag = $3 AND
				note IS NOT DISTINCT FROM CAST($4 AS TEXT)`, i, test.body, test.flag, test.note)
			if n != 1 {
				s.t.Errorf("%v did not come back", test)
			}
			return err
		}))
	}
}

func (s suite) snapshot() {
	id, value := s.counter(1)
	s.must(s.read(func(tx *store.Tx) error {
		for range 3 {
			n, err := s.get(tx, id)
			if err != nil {
				return err
			}
			if n != 1 {
				s.t.Errorf("the snapshot changed: %d", n)
			}
			if err := s.write(func(tx *store.Tx) error { return s.set(tx, id, n+1) }); err != nil {
				return err
			}
		}
		return nil
	}))
	if n := value(); n != 2 {
		s.t.Errorf("the next read sees %d", n)
	}
}

func (s suite) readOnly() {
	id, value := s.counter(1)
	for _, q := range []string{`UPDATE counter SET n = 5`, `DELETE FROM counter`, `CREATE TABLE sneaked (id BIGINT)`} {
		err := s.read(func(tx *store.Tx) error {
			if _, err := s.get(tx, id); err != nil { // also when it is not the first statement
				return err
			}
			_, err := s.Exec(tx, q)
			return err
		})
		if err == nil {
			s.t.Errorf("a Read took %s", q)
		}
		if s.read(func(tx *store.Tx) error { _, err := s.Exec(tx, q); return err }) == nil {
			s.t.Errorf("a Read took %s", q)
		}
	}
	if n := value(); n != 1 {
		s.t.Errorf("counter is %d", n)
	}
}

var errRefused = errors.New("refused")

func (s suite) rollbackOnError() {
	id, value := s.counter(1)
	err := s.write(func(tx *store.Tx) error {
		s.must(s.set(tx, id, 2))
		return errRefused
	})
	if err != errRefused {
		s.t.Errorf("got %v, want the function's own error", err)
	}
	if err := s.write(func(*store.Tx) error { return errRefused }); err != errRefused {
		s.t.Errorf("without a statement: got %v", err)
	}
	if n := value(); n != 1 {
		s.t.Errorf("counter is %d", n)
	}
}

func (s suite) rollbackOnPanic() {
	id, value := s.counter(1)
	func() {
		defer func() {
			if r := recover(); r != errRefused {
				s.t.Errorf("recovered %v", r)
			}
		}()
		s.write(func(tx *store.Tx) error {
			s.must(s.set(tx, id, 2))
			panic(errRefused)
		})
	}()
	func() {
		defer func() { recover() }()
		s.read(func(tx *store.Tx) error { s.get(tx, id); panic(errRefused) })
	}()
	if n := value(); n != 1 {
		s.t.Errorf("counter is %d", n)
	}
	s.must(s.write(func(tx *store.Tx) error { return s.set(tx, id, 3) }))
	if n := value(); n != 3 {
		s.t.Errorf("after the panic, counter is %d", n)
	}
}

func (s suite) sticky() {
	id, value := s.counter(1)
	err := s.write(func(tx *store.Tx) error {
		s.must(s.set(tx, id, 2))
		if _, err := s.Exec(tx, `INSERT INTO counter (id, n) VALUES ($1, 1)`, id); err == nil {
			s.t.Error("a duplicate key was taken")
		}
		if err := s.set(tx, id, 3); err == nil {
			s.t.Error("a statement ran after one that failed")
		}
		return nil
	})
	if err == nil {
		s.t.Error("the write was acknowledged")
	}
	if n := value(); n != 1 {
		s.t.Errorf("counter is %d", n)
	}
}

func (s suite) onConflict() {
	id, value := s.counter(1)
	s.must(s.write(func(tx *store.Tx) error {
		n, err := s.Exec(tx, `INSERT INTO counter (id, n) VALUES ($1, 9) ON CONFLICT DO NOTHING`, id)
		if n != 0 {
			s.t.Errorf("%d rows", n)
		}
		if err != nil {
			return err
		}
		n, _, err = s.Number(tx, `UPDATE counter SET n = n + 1 WHERE id = $1 RETURNING n`, id)
		if n != 2 {
			s.t.Errorf("RETURNING gave %d", n)
		}
		return err
	}))
	if n := value(); n != 2 {
		s.t.Errorf("counter is %d", n)
	}
}

func (s suite) ended() {
	id, value := s.counter(1)
	var kept *store.Tx
	s.must(s.write(func(tx *store.Tx) error { kept = tx; return nil }))
	if s.set(kept, id, 2) == nil {
		s.t.Error("a statement ran after its write")
	}
	s.must(s.read(func(tx *store.Tx) error { kept = tx; return nil }))
	if _, err := s.get(kept, id); err == nil {
		s.t.Error("a statement ran after its read")
	}
	if n := value(); n != 1 {
		s.t.Errorf("counter is %d", n)
	}
}

func (s suite) nested() {
	id, value := s.counter(1)
	func() {
		defer func() {
			if recover() == nil {
				s.t.Error("no panic")
			}
		}()
		s.write(func(tx *store.Tx) error {
			s.must(s.set(tx, id, 2))
			return s.write(func(*store.Tx) error { return nil })
		})
	}()
	s.must(s.write(func(tx *store.Tx) error { // a Read inside a Write is fine, and sees what was before
		s.must(s.set(tx, id, 3))
		if n := value(); n != 1 {
			s.t.Errorf("counter is %d", n)
		}
		return nil
	}))
}

func (s suite) increments() {
	const workers, times = 8, 25
	id, value := s.counter(0)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range times {
				if err := s.write(func(tx *store.Tx) error {
					n, err := s.get(tx, id)
					if err != nil {
						return err
					}
					return s.set(tx, id, n+1)
				}); err != nil {
					s.t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := value(); n != workers*times {
		s.t.Errorf("counter is %d, want %d", n, workers*times)
	}
}

// skew lets two writers each give up a counter if both are set: one of them must see what the other did.
func (s suite) skew() {
	for range 20 {
		a, valueA := s.counter(1)
		b, valueB := s.counter(1)
		var wg sync.WaitGroup
		for _, mine := range []int64{a, b} {
			wg.Go(func() {
				if err := s.write(func(tx *store.Tx) error {
					n, _, err := s.Number(tx, `SELECT sum(n) FROM counter WHERE id IN ($1, $2)`, a, b)
					if err != nil || n < 2 {
						return err
					}
					return s.set(tx, mine, 0)
				}); err != nil {
					s.t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := valueA() + valueB(); n != 1 {
			s.t.Fatalf("%d of two counters are left, want 1", n)
		}
	}
}

func (s suite) ctxBefore() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	ran := func(*store.Tx) error { s.t.Error("it ran"); return nil }
	if err := s.db.Read(ctx, ran); !errors.Is(err, context.Canceled) {
		s.t.Errorf("Read: %v", err)
	}
	if err := s.db.Write(ctx, ran); !errors.Is(err, context.Canceled) {
		s.t.Errorf("Write: %v", err)
	}
}

func (s suite) ctxDuring() {
	id, value := s.counter(1)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		s.must(s.set(tx, id, 2))
		cancel()
		return s.set(tx, id, 3)
	})
	if !errors.Is(err, context.Canceled) {
		s.t.Errorf("Write: %v", err)
	}
	ctx, cancel = context.WithCancel(context.Background())
	defer cancel()
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.get(tx, id); err != nil {
			return err
		}
		cancel()
		_, err := s.get(tx, id)
		return err
	})
	if !errors.Is(err, context.Canceled) {
		s.t.Errorf("Read: %v", err)
	}
	if n := value(); n != 1 {
		s.t.Errorf("counter is %d", n)
	}
}
