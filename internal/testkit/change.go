package testkit

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"portico/internal/store"
)

// Change runs a statement behind the program's back. It fails the test if no row is changed.
func Change(t testing.TB, o store.Options, q string) {
	t.Helper()
	driver, address := "pgx", o.URL
	if o.Dir != "" {
		driver, address = "sqlite", filepath.Join(o.Dir, "portico.db")
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	result, err := db.ExecContext(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("%s: %d rows, %v", q, n, err)
	}
}
