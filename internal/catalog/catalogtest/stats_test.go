package catalogtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// stats count what the sequences came through, to see whether they come to where things can go wrong.
type stats map[string]int

// note counts the states that matter after a step.
func (s stats) note(w *world) {
	s["steps"]++
	states := map[string]bool{}
	for _, p := range w.m.portfolios {
		for _, a := range w.accounts {
			r := w.m.relation(a, p)
			covers := 0
			for _, x := range w.m.shares {
				if x.portfolio == p.id && x.kind != ToAccount && w.m.reaches(x, a) {
					covers++
				}
			}
			states["imported by account share"] = states["imported by account share"] || r.account
			states["imported by organization share"] = states["imported by organization share"] || r.org
			states["imported by both"] = states["imported by both"] || r.account && r.org
			states["offered"] = states["offered"] || r.offered
			states["rejected organization share"] = states["rejected organization share"] || r.hidden
			states["covered twice"] = states["covered twice"] || covers > 1
			states["owner's patterns apply"] = states["owner's patterns apply"] || len(w.m.sharedPatterns(a, p)) > 0
			states["recipient's principals"] = states["recipient's principals"] || r.imports() && len(w.m.associationsOf(a, p.id)) > 0
		}
	}
	for _, h := range w.m.holdings {
		states["local portfolio with import"] = states["local portfolio with import"] || h.source != ""
	}
	for _, o := range w.m.orgs {
		states["frozen coverage"] = states["frozen coverage"] || o.frozen != nil
		for a := range o.frozen {
			differs := !slices.Equal(o.frozen[a], w.m.place(o, a))
			states["frozen coverage differs"] = states["frozen coverage differs"] || differs && len(o.frozen[a]) > 0
		}
	}
	for _, a := range w.active() {
		for _, p := range w.principals(a, regions[0]) {
			for _, id := range w.m.SearchProducts(p) {
				states["end user finds a product"] = true
				states["two launch paths"] = states["two launch paths"] || len(w.m.paths(p, id)) > 1
			}
		}
	}
	for k, is := range states {
		if is {
			s["state "+k]++
		}
	}
}

func (s stats) String() string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(s)) {
		fmt.Fprintf(&b, "\n%8d %s", s[k], k)
	}
	return b.String()
}
