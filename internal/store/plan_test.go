package store_test

import (
	"context"
	"database/sql"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"portico/internal/catalog"
	"portico/internal/ident"
	"portico/internal/store"
	"portico/internal/testkit"
)

// scansAllowed are statements that read a whole table on purpose, by a part of their text, with the reason.
var scansAllowed = []struct{ part, reason string }{}

// built are functions whose statements are put together at run time, each with calls that give every kind of them.
var built = map[string]func(*store.Tx) error{
	"SearchProducts": func(tx *store.Tx) error {
		return eachQuery(func(q store.ProductQuery) error { _, err := tx.SearchProducts(q); return err })
	},
	"CountProductsBy": func(tx *store.Tx) error {
		return eachQuery(func(q store.ProductQuery) error { _, err := tx.CountProductsBy(q); return err })
	},
	"TagOptions": func(tx *store.Tx) error {
		key, active := "k", true
		_, err := tx.TagOptions("111111111111", "us-east-1", store.TagOptionFilter{}, "tag-a", 20)
		if err == nil {
			_, err = tx.TagOptions("111111111111", "us-east-1", store.TagOptionFilter{Key: &key, Value: &key, Active: &active}, "tag-a", 20)
		}
		return err
	},
}

func eachQuery(run func(store.ProductQuery) error) error {
	all := store.ProductQuery{Portfolios: []catalog.PortfolioID{"port-a", "port-b", "port-c"}, Account: "111111111111", Region: "us-east-1"}
	shared, owned := all, all
	shared.Account, owned.Portfolios = "", nil
	for _, from := range []store.ProductQuery{all, shared, owned} {
		for _, narrow := range []func(*store.ProductQuery){
			func(*store.ProductQuery) {},
			func(q *store.ProductQuery) { q.ActiveOnly = true },
			func(q *store.ProductQuery) { q.OwnedBy = "111111111111" },
			func(q *store.ProductQuery) { name := "name"; q.Name = &name },
			func(q *store.ProductQuery) { q.Terms = [][]string{{"one", "two"}, {"three"}} },
			func(q *store.ProductQuery) {
				q.Owners, q.Types, q.Sources = []string{"a"}, []string{"b"}, []string{"c"}
			},
		} {
			for _, sort := range []string{"", "CreationDate", "Title", "VersionCount"} {
				for _, after := range []ident.Page{nil, {"1", "prod-a"}} {
					q := from
					narrow(&q)
					q.Sort, q.After, q.Limit = sort, after, 20
					q.Descending = after != nil
					if err := run(q); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

// TestPlans asks SQLite how it would run every statement and refuses to read whole tables.
func TestPlans(t *testing.T) {
	o := testkit.SQLite(t)
	texts := everyText(t, testkit.Open(t, o))
	if len(texts) < 100 {
		t.Errorf("only %d statements found", len(texts))
	}
	bare, err := sql.Open("sqlite", filepath.Join(o.Dir, "portico.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer bare.Close()
	if plan, err := explain(bare, `SELECT id FROM account WHERE name = $1`); len(scans(plan)) != 1 {
		t.Errorf("a scan was not recognized: %q, %v", plan, err)
	}
	used := map[string]bool{}
	for _, text := range slices.Sorted(maps.Keys(texts)) {
		if strings.Contains(text, "LIMIT $") {
			t.Errorf("%v: SQLite plans a statement anew each time that LIMIT is a bare parameter: cast it\n%s", texts[text], text)
		}
		plan, err := explain(bare, text)
		if err != nil {
			t.Errorf("%v: %v\n%s", texts[text], err, text)
			continue
		}
		if found := scans(plan); len(found) > 0 && !allowed(text, used) {
			t.Errorf("%v: %s\n%s\nplan: %s", texts[text], strings.Join(found, ", "), text, strings.Join(plan, "\n      "))
		}
	}
	for _, a := range scansAllowed {
		if !used[a.part] {
			t.Errorf("no statement with %q scans; it is allowed to because of: %s", a.part, a.reason)
		}
	}
}

// everyText returns every statement's text with the places it comes from.
func everyText(t *testing.T, db *store.DB) map[string][]string {
	s := findStatements(t)
	for _, place := range slices.Sorted(maps.Keys(s.unread)) {
		run := built[s.unread[place]]
		if run == nil {
			t.Errorf("%s: the statement cannot be read from the source: add calls of %s to built", place, s.unread[place])
			continue
		}
		before := len(s.texts)
		db.Record(func(q string) { s.texts[q] = []string{place} })
		if err := db.Write(context.Background(), run); err != nil {
			t.Errorf("%s: %v", s.unread[place], err)
		}
		if len(s.texts) == before {
			t.Errorf("built[%q] runs no statement", s.unread[place])
		}
	}
	return s.texts
}

func allowed(text string, used map[string]bool) bool {
	for _, a := range scansAllowed {
		if strings.Contains(text, a.part) {
			used[a.part] = true
			return true
		}
	}
	return false
}

var placeholder = regexp.MustCompile(`\$(\d+)`)

func explain(db *sql.DB, text string) ([]string, error) {
	n := 0
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		i, err := strconv.Atoi(m[1])
		if err != nil {
			return nil, err
		}
		n = max(n, i)
	}
	args := make([]any, n)
	for i := range args {
		args[i] = 1
	}
	rows, err := db.Query("EXPLAIN QUERY PLAN "+text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			return nil, err
		}
		plan = append(plan, detail)
	}
	return plan, rows.Err()
}

var made = regexp.MustCompile(`^(?:CO-ROUTINE|MATERIALIZE) (\S+)`)

// scans returns the steps of a plan that read a whole table. What the statement has made itself is no table.
func scans(plan []string) (found []string) {
	own := map[string]bool{}
	for _, step := range plan {
		if m := made.FindStringSubmatch(step); m != nil {
			own[m[1]] = true
		}
	}
	for _, step := range plan {
		what, ok := strings.CutPrefix(step, "SCAN ")
		if !ok || strings.HasPrefix(what, "(") || strings.HasPrefix(what, "CONSTANT ROW") || own[strings.Fields(what)[0]] {
			continue
		}
		found = append(found, step)
	}
	return found
}
