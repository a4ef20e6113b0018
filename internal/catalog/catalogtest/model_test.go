package catalogtest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"portico/internal/ident"
	"portico/internal/store"
	"portico/internal/testkit"
)

// How many sequences TestModel runs on each database, a check of rapid at a time, and how many steps one has on average.
// PORTICO_SOAK=DURATION makes it go on for that long instead.
const (
	sequencesSQLite   = 1000 / slow
	sequencesPostgres = 300 / slow
	perCheck          = 50 / slow
	steps             = 60
)

const soakVariable = "PORTICO_SOAK"

func TestMain(m *testing.M) {
	for name, value := range map[string]any{"checks": perCheck, "steps": steps, "shrinktime": time.Minute, "nofailfile": true} {
		if err := flag.Set("rapid."+name, fmt.Sprint(value)); err != nil { // the command line has the last word
			panic(err)
		}
	}
	testkit.Main(m)
}

// TestModel drives the model and the services with the same random requests, and compares every error code, and what
// everybody sees. A failure is made as short as it gets and printed with the seed that makes it again. (sharing.md)
func TestModel(t *testing.T) {
	var soak time.Duration
	if v := os.Getenv(soakVariable); v != "" {
		var err error
		if soak, err = time.ParseDuration(v); err != nil {
			t.Fatalf("%s: %v", soakVariable, err)
		}
	}
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		t.Parallel()
		s := newServer(testkit.Open(t, o))
		n := sequencesSQLite
		if o.URL != "" {
			n = sequencesPostgres
		}
		start := time.Now()
		for run := 0; soak == 0 && run < n || time.Since(start) < soak; run += perCheck {
			s.sequences(t)
		}
		t.Logf("%v%v", time.Since(start), s.stats)
	})
}

// sequences runs as many sequences as one check of rapid has.
func (s *server) sequences(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, s)
		w.run(w.pick("thorough", 8) == 7)
		s.stats["reads"] += w.calls
		s.stats["sequences"]++
	})
}

// run is one sequence.
func (w *world) run(thorough bool) {
	w.open()
	w.t.Repeat(map[string]func(*rapid.T){"step": func(*rapid.T) {
		before := map[ident.Account][][]string{}
		for _, a := range w.accounts {
			before[a] = w.expected(a)
		}
		w.step()
		w.stats.note(w)
		w.steps++
		w.look(func() {
			for i, a := range w.active() {
				switch {
				case thorough:
					w.lists(a, regions[0])
					w.contents(a, regions[0])
				case !reflect.DeepEqual(before[a], w.expected(a)), (w.steps+i)%(len(w.accounts)+1) == 0:
					w.lists(a, regions[0])
				}
			}
		})
	}})
	w.look(func() {
		for _, a := range w.active() {
			for _, r := range regions {
				w.lists(a, r)
				w.contents(a, r)
				w.details(a, r)
			}
			w.tree(w.root(a, regions[0]))
		}
	})
}

// look compares what is to be seen between two steps. All of it is read in one snapshot, which takes less time.
func (w *world) look(compare func()) {
	before := w.ctx
	defer func() { w.ctx = before }()
	err := w.db.Snapshot(before, func(ctx context.Context) error {
		w.ctx = ctx
		compare()
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// action is one kind of step; the weight says how common it is.
type action struct {
	weight int
	do     func(*world)
}

var actions = []action{
	{1, func(*world) {}}, // what a failing sequence shrinks to
	{8, (*world).actAccept},
	{5, (*world).actReject},
	{12, (*world).actShare},
	{5, (*world).actUpdateShare},
	{6, (*world).actDeleteShare},
	{2, (*world).actToken},
	{5, (*world).actAssociateOwn},
	{6, (*world).actAssociateImported},
	{5, (*world).actDisassociateProduct},
	{8, (*world).actAssociatePrincipal},
	{4, (*world).actDisassociatePrincipal},
	{2, (*world).actRenewRole},
	{3, (*world).actCreatePortfolio},
	{1, (*world).actUpdatePortfolio},
	{2, (*world).actDeletePortfolio},
	{2, (*world).actCreateProduct},
	{1, (*world).actCopyProduct},
	{1, (*world).actUpdateProduct},
	{1, (*world).actDeleteProduct},
	{1, (*world).actCreateVersion},
	{2, (*world).actUpdateVersion},
	{1, (*world).actDeleteVersion},
	{6, (*world).actCreateConstraint},
	{3, (*world).actOverride},
	{2, (*world).actUpdateConstraint},
	{2, (*world).actDeleteConstraint},
	{2, (*world).actCreateTagOption},
	{2, (*world).actUpdateTagOption},
	{1, (*world).actDeleteTagOption},
	{4, (*world).actLinkTagOption},
	{2, (*world).actUnlinkTagOption},
	{2, (*world).actLinkBudget},
	{1, (*world).actUnlinkBudget},
	{1, (*world).actCreateOrganization},
	{2, (*world).actCreateUnit},
	{2, (*world).actDeleteUnit},
	{1, (*world).actCreateAccount},
	{3, (*world).actJoin},
	{7, (*world).actMove},
	{3, (*world).actRemove},
	{2, (*world).actLeave},
	{1, (*world).actClose},
	{2, (*world).actRegister},
	{2, (*world).actDeregister},
	{3, (*world).actEnable},
	{2, (*world).actDisable},
	{1, (*world).actServiceAccess},
	{1, (*world).actDeleteOrganization},
}

// step draws an action and does it.
func (w *world) step() {
	total := 0
	for _, a := range actions {
		total += a.weight
	}
	n := w.pick("action", total)
	for _, a := range actions {
		if n < a.weight {
			a.do(w)
			return
		}
		n -= a.weight
	}
}
