package store_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"portico/internal/store"
	"portico/internal/testkit"
)

func TestOpenRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	garbage := t.TempDir()
	if err := os.WriteFile(filepath.Join(garbage, "portico.db"), []byte("this is not a database, but long enough to look at"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]store.Options{
		"nothing": {}, "both": {Dir: t.TempDir(), URL: "postgres:///x"}, "a file": {Dir: file}, "garbage": {Dir: garbage}, "no URL": {URL: "http://x:y:z"},
	} {
		if db, err := store.Open(t.Context(), o); err == nil {
			db.Close()
			t.Errorf("%s was opened", name)
		}
	}
}

// TestOpenPrivate uses a directory whose name means something in a URL, and looks at who may read what is made in it.
func TestOpenPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b?c#d%41&é")
	db := testkit.Open(t, store.Options{Dir: dir})
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(filepath.Dir(dir), "*", "*"))
	if err != nil || len(names) < 3 { // the database, its log and the log's index
		t.Errorf("found %q, %v", names, err)
	}
	for _, name := range append(names, dir) {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

func TestClose(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		db := testkit.Open(t, o)
		inside, resume, done := make(chan struct{}), make(chan struct{}), make(chan error)
		go func() {
			done <- db.Write(context.Background(), func(tx *store.Tx) error {
				_, err := store.Exec(tx, `CREATE TABLE late (id BIGINT)`)
				close(inside)
				<-resume
				return err
			})
		}()
		<-inside
		closed := make(chan struct{})
		go func() { db.Close(); close(closed) }()
		select {
		case <-closed:
			t.Error("Close did not wait for a write")
		default:
		}
		close(resume)
		if err := <-done; err != nil {
			t.Error(err)
		}
		<-closed
		db.Close() // once more does no harm
		nothing := func(tx *store.Tx) error { _, err := store.Texts(tx, `SELECT 'x'`); return err }
		if db.Read(t.Context(), nothing) == nil || db.Write(t.Context(), nothing) == nil {
			t.Error("a transaction ran after Close")
		}
		if err := testkit.Open(t, o).Read(t.Context(), func(tx *store.Tx) error {
			_, _, err := store.Number(tx, `SELECT count(*) FROM late`)
			return err
		}); err != nil {
			t.Error(err)
		}
	})
}

func TestIn(t *testing.T) {
	if got := store.In(3, 2) + store.In(1, 1); got != "($3,$4)($1)" {
		t.Error(got)
	}
}
