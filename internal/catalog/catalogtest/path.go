package catalogtest

import (
	"slices"
	"strings"

	"portico/internal/access"
)

// EndUserView is what DescribeProduct tells.
type EndUserView struct {
	ID, View, Name string
	Versions       []string // the active ones
	Paths          []string // "path id, path name"
	Budgets        []string
}

// admits tells whether the caller's principal is associated with a portfolio it sees. (S-LCH-1)
func (m *Model) admits(who access.Caller, p *portfolio) bool {
	for _, a := range m.associationsOf(who.Account, p.id) {
		if m.matches(a, who) {
			return true
		}
	}
	for _, a := range m.sharedPatterns(who.Account, p) {
		if m.matches(a, who) {
			return true
		}
	}
	return false
}

// paths lists the portfolios by which the caller reaches a product. (S-LCH-1, 2, S-LOC-9, 10)
func (m *Model) paths(who access.Caller, product string) []*portfolio {
	var list []*portfolio
	for _, p := range m.visible(who) {
		if m.holding(p.id, product) != nil && m.admits(who, p) {
			list = append(list, p)
		}
	}
	return list
}

// pathID is derived from the portfolio's id. (catalog spec 1.2)
func pathID(p *portfolio) string { return "lpv3-" + strings.TrimPrefix(p.id, "port-") }

func (p *product) active() []string {
	list := []string{}
	for _, v := range p.versions {
		if v.active {
			list = append(list, v.id)
		}
	}
	slices.Sort(list)
	return list
}

// SearchProducts lists the products that the caller can launch from. (C-VIEW-1)
func (m *Model) SearchProducts(who access.Caller) []string {
	list := []string{}
	for id, p := range m.products {
		if len(m.paths(who, id)) > 0 && len(p.active()) > 0 {
			list = append(list, id)
		}
	}
	return sorted(list)
}

// DescribeProduct reads a product that the caller has a path to. (C-VIEW-5)
func (m *Model) DescribeProduct(who access.Caller, id string) (EndUserView, string) {
	paths := m.paths(who, id)
	if len(paths) == 0 {
		return EndUserView{}, NotFound
	}
	p := m.products[id]
	v := EndUserView{ID: id, View: p.view, Name: p.name, Versions: p.active(), Budgets: m.budgetsOn(who.Account, id)}
	for _, x := range paths {
		v.Paths = append(v.Paths, pathID(x)+" "+x.Name)
	}
	return v, ""
}

// DescribeProductByName reads the one product of that name that the caller has a path to. (C-GEN-12, C-PROD-5)
func (m *Model) DescribeProductByName(who access.Caller, name string) (EndUserView, string) {
	var hits []string
	for id, p := range m.products {
		if p.name == name && len(m.paths(who, id)) > 0 {
			hits = append(hits, id)
		}
	}
	switch len(hits) {
	case 0:
		return EndUserView{}, NotFound
	case 1:
		return m.DescribeProduct(who, hits[0])
	}
	return EndUserView{}, Invalid
}

// DescribeProductView is DescribeProduct by the id of the product's view, without paths and budgets. (C-VIEW-6)
func (m *Model) DescribeProductView(who access.Caller, view string) (EndUserView, string) {
	for id, p := range m.products {
		if p.view == view {
			v, code := m.DescribeProduct(who, id)
			v.Paths, v.Budgets = nil, nil
			return v, code
		}
	}
	return EndUserView{}, NotFound
}

// PathView is one launch path of a product.
type PathView struct {
	ID, Name    string
	Constraints []string // "type description" of the effective ones (S-CON-10)
	Tags        []string // "key=value" (S-TAG-7, 8)
}

// ListLaunchPaths lists the ways the caller has to a product. While the owner is closed there is no launch, hence no way,
// though all other reads go on. (C-VIEW-7, 8, S-LCH-4, S-EVT-8)
func (m *Model) ListLaunchPaths(who access.Caller, product string) ([]PathView, string) {
	if p := m.products[product]; p == nil || !m.Active(p.owner) {
		return nil, NotFound
	}
	var list []PathView
	for _, p := range m.paths(who, product) {
		list = append(list, PathView{
			ID: pathID(p), Name: p.Name,
			Constraints: m.effective(p, product), Tags: m.choices(who.Account, p, product),
		})
	}
	if len(list) == 0 {
		return nil, NotFound
	}
	slices.SortFunc(list, func(a, b PathView) int { return strings.Compare(a.ID, b.ID) })
	return list, ""
}
