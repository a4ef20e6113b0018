package preview_test

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portico/internal/access"
	"portico/internal/ident"
	"portico/internal/preview"
	orgapi "portico/internal/service/organizations/api"
	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/worldtest"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// checks makes rapid try so many worlds unless the command line says otherwise.
func checks(t *testing.T, n int, prop func(*rapid.T)) {
	t.Helper()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", fmt.Sprint(n)); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, prop)
}

func of(w *worldtest.World, db *store.DB) *preview.Service {
	return &preview.Service{DB: db, Catalog: w.Catalog, Organizations: w.Organizations}
}

// TestPreviewIsRight compares what a preview says with what everybody is answered before the write and after it, in
// random worlds. (S-DEL-4, S-DEL-5, S-PRO-4, S-EVT-2, S-EVT-3, S-EVT-8, S-EVT-11, S-PRI-12)
func TestPreviewIsRight(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, open func() *store.DB) {
		db := open()
		checks(t, 30, func(t *rapid.T) {
			w := worldtest.New(t, db)
			w.Steps()
			for range 6 {
				c := w.Draw()
				if slices.Contains(preview.Operations(), c.Service+"/"+c.Operation) && !closed(w, db)[c.Who.Account] {
					rehearsed(t, w, db, c)
				}
			}
		})
	})
}

// rehearsed previews one call, makes it in a rehearsal, and compares.
func rehearsed(t *rapid.T, w *worldtest.World, db *store.DB, c worldtest.Call) {
	said, refused := of(w, db).Run(context.Background(), c.Who, c.Service, c.Operation, c.In)
	before := everything(w, db)
	err := db.Rehearse(context.Background(), func(db *store.DB) error {
		_, err := w.On(db).Do(c)
		if fmt.Sprint(err) != fmt.Sprint(refused) {
			t.Fatalf("%v: the preview was refused with %v, the call with %v", c, refused, err)
		}
		if err != nil {
			return err
		}
		after := everything(w.On(db), db)
		if diff := cmp.Diff(changes(w, c, before, after), flat(said)); diff != "" {
			t.Fatalf("%v (-is +previewed):\n%s", c, diff)
		}
		return nil
	})
	if (err == nil) != (refused == nil) {
		t.Fatal(err)
	}
}

// view is what all accounts and people see: sets of words.
type view map[string]map[string]bool

func (v view) note(who, what string) {
	if v[who] == nil {
		v[who] = map[string]bool{}
	}
	v[who][what] = true
}

func closed(w *worldtest.World, db *store.DB) (out map[ident.Account]bool) {
	err := db.Read(context.Background(), func(tx *store.Tx) (err error) { out, err = tx.Closed(w.Accounts); return err })
	if err != nil {
		w.T.Fatal(err)
	}
	return out
}

func everything(w *worldtest.World, db *store.DB) view {
	v, closed := view{}, closed(w, db)
	for _, a := range w.Accounts {
		if closed[a] {
			continue
		}
		for _, p := range w.Imports(a) {
			v.note(string(a), p)
			for _, product := range w.Holds(a, p) {
				v.note(string(a), product)
			}
		}
		for _, p := range w.Portfolios {
			for _, product := range w.Products {
				if p.Owner == a && product.Owner != a && slices.Contains(w.Holds(a, p.ID), product.ID) {
					v.note(p.ID, product.ID)
				}
			}
		}
	}
	for _, p := range w.People {
		if closed[p.Caller.Account] {
			continue
		}
		for _, product := range w.Products {
			for _, path := range w.Paths(p, product.ID) {
				v.note(p.ARN, path)
				v.note(p.ARN, product.ID)
			}
		}
	}
	return v
}

// changes are the differences that the caller is told of, as words.
func changes(w *worldtest.World, c worldtest.Call, before, after view) []string {
	may := map[ident.Account]bool{c.Who.Account: true}
	managed(w, c.Who, may)
	var out []string
	note := func(sign, who string, minus map[string]bool, what map[string]bool) {
		for x := range what {
			if !minus[x] {
				out = append(out, who+" "+sign+x)
			}
		}
	}
	for _, a := range w.Accounts {
		note("+", string(a), before[string(a)], after[string(a)])
		note("-", string(a), after[string(a)], before[string(a)])
	}
	for _, p := range w.People {
		if may[p.Caller.Account] {
			note("+", p.ARN, before[p.ARN], after[p.ARN])
			note("-", p.ARN, after[p.ARN], before[p.ARN])
		}
	}
	for _, p := range w.Portfolios {
		if may[p.Owner] && !closing(c, p.Owner) {
			note("+", p.ID, before[p.ID], after[p.ID])
			note("-", p.ID, after[p.ID], before[p.ID])
		}
	}
	slices.Sort(out)
	return out
}

// closing reports whether a call closes an account, whose portfolios stay as they are, though nobody can ask for them.
func closing(c worldtest.Call, a ident.Account) bool {
	in, ok := c.In.(*orgapi.CloseAccountInput)
	return ok && in.AccountId == string(a)
}

func managed(w *worldtest.World, who access.Caller, may map[ident.Account]bool) {
	if who.Account != w.Accounts[worldtest.Manager] {
		return
	}
	err := w.Catalog.DB.Read(context.Background(), func(tx *store.Tx) error {
		ids, err := tx.MemberIDs(w.Org)
		for _, a := range ids {
			may[a] = true
		}
		return err
	})
	if err != nil {
		w.T.Fatal(err)
	}
}

// flat is a preview in the words of changes.
func flat(p *preview.Preview) []string {
	var out []string
	add := func(who []string, c preview.Change) {
		for _, w := range who {
			for sign, lists := range map[string][][]string{"+": {c.GainedPortfolios, c.GainedProducts}, "-": {c.LostPortfolios, c.LostProducts}} {
				for _, l := range lists {
					for _, x := range l {
						out = append(out, w+" "+sign+x)
					}
				}
			}
		}
	}
	for _, c := range p.Accounts {
		add(c.Accounts, c.Change)
	}
	for _, c := range p.Principals {
		add(c.Principals, c.Change)
	}
	for _, l := range p.LocalPortfolios {
		add([]string{l.PortfolioId}, preview.Change{GainedProducts: l.GainedProducts, LostProducts: l.LostProducts})
	}
	slices.Sort(out)
	return out
}
