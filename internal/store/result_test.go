package store_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portico/internal/store"
	"portico/internal/testkit"
)

// reads are statements with arguments that are easily taken for one another, with results of no row, one and several,
// of texts, bytes and more than is kept.
var reads = []struct {
	q    string
	args []any
}{
	{`SELECT name FROM thing ORDER BY name`, nil},
	{`SELECT name FROM thing WHERE name >= $1 AND name <= $2 ORDER BY name`, []any{"a", "bc"}},
	{`SELECT name FROM thing WHERE name >= $1 AND name <= $2 ORDER BY name`, []any{"ab", "c"}},
	{`SELECT name FROM thing WHERE name = $1`, []any{"a"}},
	{`SELECT name FROM thing WHERE name = $1`, []any{"sa"}},
	{`SELECT typeof($1) || name FROM thing ORDER BY name`, []any{"1"}},
	{`SELECT typeof($1) || name FROM thing ORDER BY name`, []any{1}},
	{`SELECT typeof($1) || name FROM thing ORDER BY name`, []any{1.0}},
	{`SELECT typeof($1) || name FROM thing ORDER BY name`, []any{nil}},
	{`SELECT coalesce($1, 'nothing') || name FROM thing ORDER BY name`, []any{true}},
	{`SELECT coalesce($1, 'nothing') || name FROM thing ORDER BY name`, []any{false}},
	{`SELECT hex($1) || name FROM thing ORDER BY name`, []any{[]byte("a")}},
	{`SELECT hex($1) || name FROM thing ORDER BY name`, []any{[]byte("b")}},
	{`SELECT replace(hex(zeroblob(40000)), '00', name) FROM thing ORDER BY name`, nil},
	{`SELECT count(*) || '' FROM thing`, nil},
}

// TestResults reads by one connection that remembers and by one that has just been opened, while the database changes.
func TestResults(t *testing.T) {
	o := testkit.SQLite(t)
	o.Conns = 1
	writer, other := testkit.Open(t, o), testkit.Open(t, o)
	exec := func(db *store.DB, q string, args ...any) {
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := store.Exec(tx, q, args...)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	exec(writer, `CREATE TABLE thing (name TEXT NOT NULL)`)
	read := func(db *store.DB, i int, first bool) (got []string) {
		err := db.Read(t.Context(), func(tx *store.Tx) (err error) {
			if !first {
				got, err = store.Texts(tx, reads[i].q, reads[i].args...)
				return err
			}
			text, ok, err := store.Text(tx, reads[i].q, reads[i].args...)
			if ok {
				got = []string{text}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	rapid.Check(t, func(t *rapid.T) {
		exec(writer, `DELETE FROM thing`)
		for range 30 {
			name := rapid.SampledFrom([]string{"a", "ab", "b", "bc", "sa", "z"}).Draw(t, "name")
			db := rapid.SampledFrom([]*store.DB{writer, other}).Draw(t, "by")
			switch rapid.SampledFrom([]string{"add", "drop", "read", "read", "read", "first"}).Draw(t, "what") {
			case "add":
				exec(db, `INSERT INTO thing (name) VALUES ($1)`, name)
			case "drop":
				exec(db, `DELETE FROM thing WHERE name = $1`, name)
			case "read":
				i := rapid.IntRange(0, len(reads)-1).Draw(t, "statement")
				fresh := store.Fresh(other, func(db *store.DB) []string { return read(db, i, false) })
				if got := read(writer, i, false); !cmp.Equal(got, fresh) {
					t.Fatalf("%s %v gave %.200q, want %.200q", reads[i].q, reads[i].args, got, fresh)
				}
			case "first":
				i := rapid.IntRange(0, len(reads)-1).Draw(t, "statement")
				want := read(writer, i, false)
				if got := read(writer, i, true); !cmp.Equal(got, want[:min(1, len(want))]) {
					t.Fatalf("%s %v gave %.200q first, want %.200q", reads[i].q, reads[i].args, got, want)
				}
			}
		}
	})
}

// TestResultsAreBounded reads more than a connection keeps, and looks at what it does keep.
func TestResultsAreBounded(t *testing.T) {
	o := testkit.SQLite(t)
	o.Conns = 1
	db := testkit.Open(t, o)
	texts := func(q string, args ...any) {
		t.Helper()
		err := db.Read(t.Context(), func(tx *store.Tx) error {
			_, err := store.Texts(tx, q, args...)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	texts(`SELECT $1`, strings.Repeat("x", 100_000))
	if n, size := db.Kept(); n != 0 || size != 0 {
		t.Errorf("of one large result %d are kept, %d bytes", n, size)
	}
	most := 0
	for i := range 300 {
		texts(`SELECT $1`, fmt.Sprint(i, strings.Repeat("x", 30_000)))
		n, size := db.Kept()
		if most = max(most, n); size > store.MaxResults {
			t.Fatalf("%d results of %d bytes are kept", n, size)
		}
	}
	if most < 50 {
		t.Errorf("at most %d results were kept", most)
	}
}
