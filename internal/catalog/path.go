package catalog

import (
	"slices"
	"strings"

	"portico/internal/fault"
)

// Reach is a portfolio that an account stands in some relation to.
type Reach struct {
	Portfolio Portfolio
	Standing  Standing
}

// Path is one way for a caller to a product: a portfolio that holds it and that the caller is associated with.
type Path struct {
	Portfolio Portfolio
	Standing  Standing // of the caller's account
	ByPattern string   // the pattern that granted it, when nothing else did (S-PRI-17)
}

// ID of the path: one per portfolio, for every product in it. (catalog 1.2, S-LCH-2)
func (p Path) ID() string { return "lpv3-" + strings.TrimPrefix(string(p.Portfolio.ID), "port-") }

// Paths gives the portfolios that a viewer's principals may use, in order of their ids: those it owns or imports and
// is associated with, by an association made in the viewer's account or by a pattern that the owner shares.
// (S-LCH-1, S-PRI-9 … S-PRI-12)
func Paths(reached []Reach, assocs []Association, v Viewer) []Path {
	var paths []Path
	for _, r := range reached {
		if !r.Standing.Sees() {
			continue
		}
		granted, byPattern := false, ""
		for _, a := range assocs {
			if a.Portfolio != r.Portfolio.ID || !counts(a, r, v) || !a.Matches(v.Principals) {
				continue
			}
			granted = true
			if a.Type == PrincipalIAM {
				byPattern = ""
				break
			}
			byPattern = a.Key
		}
		if granted {
			paths = append(paths, Path{Portfolio: r.Portfolio, Standing: r.Standing, ByPattern: byPattern})
		}
	}
	slices.SortFunc(paths, func(a, b Path) int { return strings.Compare(string(a.Portfolio.ID), string(b.Portfolio.ID)) })
	return paths
}

// counts reports whether an association has effect in the viewer's account.
func counts(a Association, r Reach, v Viewer) bool {
	if a.Account == v.Account {
		return true
	}
	return a.Account == r.Portfolio.Owner && a.Type == PrincipalPattern && r.Standing.SharePrincipals
}

// NoPath is the answer for a product that no path leads to. (S-LCH-4)
func NoPath(resource string) error {
	return fault.NotFoundf("No launch paths found for resource: %s", resource)
}
