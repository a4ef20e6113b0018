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

// TestAmend lets two writes meet. Those that change the same row follow each other, as any two; those that only lie next to
// each other do not notice, where two of Write would.
func TestAmend(t *testing.T) {
	db := testkit.Open(t, store.Options{URL: testkit.Postgres(t)})
	run := func(q string) error {
		return db.Amend(context.Background(), func(tx *store.Tx) error { _, err := store.Exec(tx, q); return err })
	}
	for _, q := range []string{`CREATE TABLE n (id BIGINT PRIMARY KEY, n BIGINT)`, `INSERT INTO n VALUES (1, 1), (2, 1)`} {
		if err := run(q); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, other string
		tries       int
		want        int64
	}{
		{"of the same row one is run again", `UPDATE n SET n = n * 10 WHERE id = 1`, 2, 11},
		{"of rows in one page none is", `UPDATE n SET n = (SELECT n FROM n WHERE id = 1) WHERE id = 2`, 1, 12},
	} {
		t.Run(c.name, func(t *testing.T) {
			tries := 0
			err := db.Amend(context.Background(), func(tx *store.Tx) error {
				tries++
				n, _, err := store.Number(tx, `SELECT n FROM n WHERE id = 1`)
				if err == nil {
					_, _, err = store.Number(tx, `SELECT n FROM n WHERE id = 2`)
				}
				if err != nil {
					return err
				}
				if tries == 1 {
					other := make(chan error)
					go func() { other <- run(c.other) }()
					if err := <-other; err != nil {
						return err
					}
				}
				_, err = store.Exec(tx, `UPDATE n SET n = $1 WHERE id = 1`, n+1)
				return err
			})
			if err != nil || tries != c.tries {
				t.Errorf("after %d tries, want %d: %v", tries, c.tries, err)
			}
			err = db.Read(context.Background(), func(tx *store.Tx) error {
				n, _, err := store.Number(tx, `SELECT n FROM n WHERE id = 1`)
				if n != c.want {
					t.Errorf("got %d, want %d", n, c.want)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestPutFails shows that a statement whose answer nobody waited for fails the transaction all the same.
func TestPutFails(t *testing.T) {
	testkit.Empty(t, func(t *testing.T, o store.Options) {
		db := testkit.Open(t, o)
		write := func(fn func(tx *store.Tx) error) error { return db.Write(context.Background(), fn) }
		err := write(func(tx *store.Tx) error {
			_, err := store.Exec(tx, `CREATE TABLE n (n BIGINT PRIMARY KEY CHECK (n > 0))`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, last := range []bool{true, false} {
			err := write(func(tx *store.Tx) error {
				if err := errors.Join(store.Put(tx, `INSERT INTO n VALUES (1)`), store.Put(tx, `INSERT INTO n VALUES (0)`)); err != nil || last {
					return err
				}
				_, err := store.Exec(tx, `INSERT INTO n VALUES (2)`)
				return err
			})
			if err == nil {
				t.Errorf("what fails is committed, last %t", last)
			}
			err = db.Read(context.Background(), func(tx *store.Tx) error {
				n, _, err := store.Number(tx, `SELECT count(*) FROM n`)
				if n != 0 {
					t.Errorf("%d rows are left of what failed", n)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
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
