// Package testkit gives tests real databases: SQLite in a temporary directory, and PostgreSQL on a private server that
// the test process starts when it first needs one and that never outlives it.
//
// A package whose tests use it should have
//
//	func TestMain(m *testing.M) { testkit.Main(m) }
//
// so that the server is gone when the tests are. Without it the server goes a moment later.
package testkit

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"portico/internal/store"
)

// Main runs the tests, stops the private PostgreSQL server if they used one, and exits.
func Main(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	defer process.stop()
	return m.Run()
}

// Postgres returns the URL of an empty PostgreSQL database that only this test has.
func Postgres(t testing.TB) string {
	t.Helper()
	s := &process
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	name, err := s.create()
	if err != nil {
		t.Fatalf("make a test database: %v", err)
	}
	t.Cleanup(func() {
		if err := s.drop(name); err != nil {
			t.Errorf("drop a test database: %v", err)
		}
	})
	return s.at(name)
}

// migrated is Postgres with every migration applied.
func migrated(t testing.TB) string {
	t.Helper()
	s := &process
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	name, err := s.migrated()
	if err != nil {
		t.Fatalf("make a test database: %v", err)
	}
	t.Cleanup(func() {
		if err := s.giveBack(name); err != nil {
			t.Errorf("give a test database back: %v", err)
		}
	})
	return s.at(name)
}

// SQLite returns a migrated SQLite database that only this test has. A server that is started on it finds Keys there.
func SQLite(t testing.TB) store.Options {
	t.Helper()
	s := &process
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sqlite == nil {
		dir := t.TempDir()
		if err := migrate(store.Options{Dir: dir, Relaxed: true}); err != nil {
			t.Fatalf("make a test database: %v", err)
		}
		b, err := os.ReadFile(filepath.Join(dir, "portico.db"))
		if err != nil {
			t.Fatal(err)
		}
		s.sqlite = b
	}
	dir := t.TempDir()
	for name, b := range map[string][]byte{"portico.db": s.sqlite, "master.key": []byte(MasterKey)} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return store.Options{Dir: dir, Relaxed: true}
}

func migrate(o store.Options) error {
	db, err := store.Open(context.Background(), o)
	if err != nil {
		return err
	}
	defer db.Close()
	return db.Migrate(context.Background())
}

// Databases runs body as sub-tests "sqlite" and "postgres", each with a migrated database of its own.
func Databases(t *testing.T, body func(t *testing.T, o store.Options)) {
	t.Run("sqlite", func(t *testing.T) { body(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { body(t, store.Options{URL: migrated(t)}) })
}

// Empty is Databases without migrations.
func Empty(t *testing.T, body func(t *testing.T, o store.Options)) {
	t.Run("sqlite", func(t *testing.T) { body(t, store.Options{Dir: t.TempDir(), Relaxed: true}) })
	t.Run("postgres", func(t *testing.T) { body(t, store.Options{URL: Postgres(t)}) })
}

// Stores is Databases for tests that want the database open. open may be called again, for what a second process sees.
func Stores(t *testing.T, body func(t *testing.T, open func() *store.DB)) {
	Databases(t, func(t *testing.T, o store.Options) {
		body(t, func() *store.DB { return Open(t, o) })
	})
}

// Open opens a database until the test ends, with the master keys of tests if it is given none.
func Open(t testing.TB, o store.Options) *store.DB {
	t.Helper()
	if o.Keys.Current() == "" {
		o.Keys = Keys()
	}
	db, err := store.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}
