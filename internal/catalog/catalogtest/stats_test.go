package catalogtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"portico/internal/ident"
)

// stats count what the sequences came through, to see whether they come to where things can go wrong.
type stats map[string]int

// note counts the states that matter after a step.
func (s stats) note(w *world) {
	met := map[string]bool{}
	mark := func(state string, is bool) { met[state] = met[state] || is }
	for _, p := range w.m.portfolios {
		for _, a := range w.accounts {
			r := w.m.relation(a, p)
			mark("imported by account share", r.account)
			mark("imported by organization share", r.org)
			mark("imported by both", r.account && r.org)
			mark("offered", r.offered)
			mark("rejected organization share", r.hidden)
			mark("covered twice", w.covers(a, p) > 1)
			mark("owner's patterns apply", len(w.m.sharedPatterns(a, p)) > 0)
			mark("recipient's principals", r.imports() && len(w.m.associationsOf(a, p.id)) > 0)
		}
	}
	mark("local portfolio with import", len(w.localProducts()) > 0)
	for _, o := range w.m.orgs {
		mark("frozen coverage", o.frozen != nil)
		for a, nodes := range o.frozen {
			mark("frozen coverage differs", len(nodes) > 0 && !slices.Equal(nodes, w.m.place(o, a)))
		}
	}
	for _, a := range w.active() {
		for _, p := range w.principals(a, regions[0]) {
			for _, id := range w.m.SearchProducts(p) {
				mark("end user finds a product", true)
				mark("two launch paths", len(w.m.paths(p, id)) > 1)
			}
		}
	}
	s["steps"]++
	for state, is := range met {
		if is {
			s["steps with: "+state]++
		}
	}
}

// covers counts the organization shares by which a portfolio reaches an account.
func (w *world) covers(a ident.Account, p *portfolio) int {
	n := 0
	for _, s := range w.m.shares {
		if s.portfolio == p.id && s.kind != ToAccount && w.m.reaches(s, a) {
			n++
		}
	}
	return n
}

func (s stats) String() string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(s)) {
		fmt.Fprintf(&b, "\n%9d %s", s[k], k)
	}
	return b.String()
}
