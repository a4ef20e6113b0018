package testkit

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // so that one code reads both
	_ "modernc.org/sqlite"

	"portico/internal/store"
)

// Dump writes down every row of every table, so that tests can show what has changed.
func Dump(t testing.TB, o store.Options) string {
	t.Helper()
	driver, address := "pgx", o.URL
	list := `SELECT tablename FROM pg_tables WHERE schemaname = current_schema()`
	if o.Dir != "" {
		driver, address = "sqlite", filepath.Join(o.Dir, "portico.db")
		list = `SELECT name FROM sqlite_master WHERE type = 'table'`
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var lines []string
	for _, table := range cells(t, db, list) {
		for _, row := range cells(t, db, `SELECT * FROM `+table) {
			lines = append(lines, table+": "+row)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// cells reads a result, each row as one text.
func cells(t testing.TB, db *sql.DB, q string) (rows []string) {
	t.Helper()
	result, err := db.QueryContext(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	defer result.Close()
	names, err := result.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for result.Next() {
		values, places := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			places[i] = &values[i]
		}
		if err := result.Scan(places...); err != nil {
			t.Fatal(err)
		}
		text := make([]string, len(names))
		for i, v := range values {
			text[i] = fmt.Sprint(v)
		}
		rows = append(rows, strings.Join(text, " "))
	}
	if err := result.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}
