package store_test

import (
	"context"
	"errors"
	"testing"

	"portico/internal/store"
	"portico/internal/testkit"
)

// TestConflictIsRetried makes a write lose against another that commits between its read and its own commit. On SQLite
// writers follow each other, so there is nothing to lose.
func TestConflictIsRetried(t *testing.T) {
	db := testkit.Open(t, store.Options{URL: testkit.Postgres(t)})
	run := func(q string) error {
		return db.Write(context.Background(), func(tx *store.Tx) error { _, err := store.Exec(tx, q); return err })
	}
	if err := run(`CREATE TABLE n (n BIGINT)`); err != nil {
		t.Fatal(err)
	}
	if err := run(`INSERT INTO n VALUES (1)`); err != nil {
		t.Fatal(err)
	}
	tries := 0
	err := db.Write(context.Background(), func(tx *store.Tx) error {
		tries++
		n, _, err := store.Number(tx, `SELECT n FROM n`)
		if err != nil {
			return err
		}
		if tries < 4 {
			other := make(chan error)
			go func() { other <- run(`UPDATE n SET n = n * 10`) }()
			if err := <-other; err != nil {
				return err
			}
		}
		_, err = store.Exec(tx, `UPDATE n SET n = $1`, n+1)
		return err
	})
	if err != nil || tries != 4 {
		t.Errorf("after %d tries: %v", tries, err)
	}
	err = db.Read(context.Background(), func(tx *store.Tx) error {
		n, _, err := store.Number(tx, `SELECT n FROM n`)
		if n != 1001 {
			t.Errorf("got %d", n)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestTakenKeyIsRetried inserts a key that another write took after this one had looked for it: run again, it finds it.
// PostgreSQL calls it a violation and not a conflict when the look went another way than over the key's own index.
func TestTakenKeyIsRetried(t *testing.T) {
	db := testkit.Open(t, store.Options{URL: testkit.Postgres(t)})
	run := func(q string) error {
		return db.Write(context.Background(), func(tx *store.Tx) error { _, err := store.Exec(tx, q); return err })
	}
	if err := run(`CREATE TABLE n (n BIGINT PRIMARY KEY)`); err != nil {
		t.Fatal(err)
	}
	tries := 0
	err := db.Write(context.Background(), func(tx *store.Tx) error {
		tries++
		n, _, err := store.Number(tx, `SELECT count(*) FROM n WHERE n + 0 = 1`)
		if err != nil || n > 0 {
			return err
		}
		other := make(chan error)
		go func() { other <- run(`INSERT INTO n VALUES (1)`) }()
		if err := <-other; err != nil {
			return err
		}
		_, err = store.Exec(tx, `INSERT INTO n VALUES (1)`)
		return err
	})
	if err != nil || tries != 2 {
		t.Errorf("after %d tries: %v", tries, err)
	}
}

// TestConflictGivesUp bounds the tries, and ends them with the context.
func TestConflictGivesUp(t *testing.T) {
	db := testkit.Open(t, store.Options{URL: testkit.Postgres(t)})
	ctx, cancel := context.WithCancel(context.Background())
	tries := 0
	err := db.Write(ctx, func(tx *store.Tx) error {
		if tries++; tries == 3 {
			cancel()
		}
		_, err := store.Exec(tx, `DO $$ BEGIN RAISE SQLSTATE '40001'; END $$`)
		return err
	})
	if !errors.Is(err, context.Canceled) || tries != 3 {
		t.Errorf("cancelled: %d tries, %v", tries, err)
	}
}

// TestSchemaChangesUnderStatements shows that a connection recovers when a migration of another process outdates its
// prepared statements.
func TestSchemaChangesUnderStatements(t *testing.T) {
	testkit.Empty(t, func(t *testing.T, o store.Options) {
		o.Conns = 1
		db, other := testkit.Open(t, o), testkit.Open(t, o)
		run := func(db *store.DB, q string) error {
			return db.Write(context.Background(), func(tx *store.Tx) error { _, err := store.Exec(tx, q); return err })
		}
		read := func() error {
			return db.Read(context.Background(), func(tx *store.Tx) error { _, err := store.Texts(tx, `SELECT s FROM n`); return err })
		}
		for _, q := range []string{`CREATE TABLE n (s TEXT)`, `INSERT INTO n VALUES ('1')`} {
			if err := run(other, q); err != nil {
				t.Fatal(err)
			}
		}
		if err := read(); err != nil {
			t.Fatal(err)
		}
		for _, q := range []string{`DROP TABLE n`, `CREATE TABLE n (t BIGINT, s VARCHAR(9))`} {
			if err := run(other, q); err != nil {
				t.Fatal(err)
			}
		}
		read() // may fail once
		if err := read(); err != nil {
			t.Error(err)
		}
	})
}

// TestManyTexts goes past the number of statements a connection keeps prepared.
func TestManyTexts(t *testing.T) {
	testkit.Empty(t, func(t *testing.T, o store.Options) {
		o.Conns = 1
		db := testkit.Open(t, o)
		for i := range int64(2*store.MaxStmts + 10) {
			err := db.Read(context.Background(), func(tx *store.Tx) error {
				n, _, err := store.Number(tx, store.Numbered(i))
				if err == nil && n != i {
					t.Errorf("got %d, want %d", n, i)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}
