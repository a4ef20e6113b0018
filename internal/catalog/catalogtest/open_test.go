package catalogtest

import (
	"fmt"
	"slices"

	"portico/internal/access"
	"portico/internal/ident"
)

// open makes a world worth looking at: an organization with OUs, members and a delegate, portfolios with products and
// principals, shares of both kinds, and local portfolios with imported products. Each part can be missing.
func (w *world) open() {
	if w.chance(92) {
		w.openOrganization()
	}
	if last := w.accounts[len(w.accounts)-1]; w.m.organizationOf(last) == nil && w.chance(40) {
		w.createOrganization(w.root(last, regions[0]), true) // a second one
		w.createUnit(w.root(last, regions[0]), w.units[len(w.units)-1])
		w.enable(w.root(last, regions[0]))
	}
	for i, n := 0, 2+w.pick("portfolios", 2); i < n; i++ {
		w.openPortfolio(w.root(w.accounts[i%2], regions[0]), fmt.Sprint("shared ", i))
	}
	for _, a := range w.active() {
		if imports := w.imports(a); len(imports) > 0 {
			w.openRecipient(w.root(a, regions[0]), one(w, "import", imports))
		}
	}
}

// openOrganization makes the first account the management of a tree with most of the others in it.
func (w *world) openOrganization() {
	management := w.root(w.accounts[0], regions[0])
	w.createOrganization(management, true)
	root := w.units[0]
	units := []string{root}
	for range 1 + w.pick("OUs", 4) {
		parent := units[len(units)-1] // a chain, mostly
		if w.chance(40) {
			parent = one(w, "parent", units)
		}
		if id := w.createUnit(management, parent); id != "" {
			units = append(units, id)
		}
	}
	for i, a := range w.accounts[1:] {
		if w.chance(85) && (i < 3 || w.chance(50)) {
			w.join(management, a)
			if to := one(w, "unit", units); to != root {
				w.move(management, a, root, to)
			}
		}
	}
	if w.chance(92) {
		w.enable(management)
		if w.chance(70) {
			w.register(management, w.accounts[1])
		}
	}
}

// openPortfolio makes a portfolio with products, somebody admitted to it, and shares.
func (w *world) openPortfolio(owner access.Caller, name string) {
	portfolio := w.createPortfolio(owner, Texts{name, "", "provider"})
	for range 1 + w.pick("products", 2) {
		if product := w.createProduct(owner, one(w, "name", names)); product != "" {
			w.associateProduct(owner, product, portfolio, "")
		}
	}
	if old, _ := w.m.SearchProductsAsAdmin(owner, "", true); len(old) > 0 && w.chance(60) {
		w.associateProduct(owner, first(w.products, old)[0], portfolio, "") // in two portfolios
	}
	if w.chance(70) {
		w.associatePrincipal(owner, portfolio, one(w, "pattern", patterns), Pattern)
	}
	if held := first(w.products, w.m.productsIn(portfolio)); len(held) > 0 && w.chance(40) {
		kind := one(w, "type", []string{Launch, StackSet, Template, Notification})
		w.createConstraint(owner, portfolio, held[0], kind, w.terms(owner, kind))
	}
	if w.chance(50) {
		w.openTags(owner, portfolio)
	}
	for range 1 + w.pick("shares", 3) {
		t := w.target(owner.Account)
		w.createShare(owner, portfolio, t, w.flags(t.Node != nil))
		if a := ident.Account(t.Account); t.Node == nil && w.m.Active(a) && w.chance(80) {
			w.accept(w.root(a, regions[0]), portfolio, "")
		}
	}
}

// openTags puts TagOptions on a portfolio and a product in it.
func (w *world) openTags(owner access.Caller, portfolio string) {
	w.tagOptionOf(owner)
	w.tagOptionOf(owner)
	mine := first(w.tagOptions, w.m.ListTagOptions(owner))
	if len(mine) == 0 {
		return
	}
	for _, resource := range append(first(w.products, w.m.productsIn(portfolio)), portfolio) {
		w.linkTagOption(owner, one(w, "TagOption", mine), resource)
	}
}

// first puts some ids into the order in which they were made. That of the ids themselves is another in every run, and what
// is drawn must not hang on it.
func first(all, some []string) []string {
	var list []string
	for _, id := range all {
		if slices.Contains(some, id) {
			list = append(list, id)
		}
	}
	return list
}

// imports lists the portfolios that an account imports, oldest first.
func (w *world) imports(a ident.Account) []string {
	var list []string
	for _, id := range w.portfolios {
		if w.m.relation(a, w.m.portfolios[id]).imports() {
			list = append(list, id)
		}
	}
	return list
}

// openRecipient makes an account that imports a portfolio use it: admits somebody to it, and takes a product of it into a
// local portfolio that the same or another principal is admitted to.
func (w *world) openRecipient(who access.Caller, source string) {
	if w.chance(60) {
		kind, arn := w.someone(who)
		w.associatePrincipal(who, source, arn, kind)
	}
	products := first(w.products, w.m.productsIn(source))
	if len(products) == 0 || w.chance(40) {
		return
	}
	local := w.createPortfolio(who, Texts{"local", "", "provider"})
	if local == "" {
		return
	}
	w.associateProduct(who, products[0], local, source)
	if w.chance(70) {
		kind, arn := w.someone(who)
		w.associatePrincipal(who, local, arn, kind)
	}
}
