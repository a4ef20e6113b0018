package catalogtest

import (
	"slices"

	"portico/internal/access"
	"portico/internal/ident"
)

// product is a product as its owner made it, with its versions in the order they were made.
type product struct {
	id, view string
	name     string
	owner    ident.Account
	region   ident.Region
	versions []*version
}

type version struct {
	id, name   string
	active     bool
	deprecated bool
}

// VersionView is what a read tells about a version.
type VersionView struct {
	ID, Name   string
	Active     bool
	Deprecated bool
}

// ProductView is what DescribeProductAsAdmin tells.
type ProductView struct {
	ID, ARN, Name string
	Versions      []string // all of them (C-PROD-8)
	TagOptions    []string // ids (S-TAG-4)
	Budgets       []string
}

// holding is a product in a portfolio.
type holding struct {
	portfolio, product string
	source             string // the import it was taken from; empty for the owner's own product (S-LOC-3, 5)
}

func (m *Model) holding(portfolio, product string) *holding {
	for _, h := range m.holdings {
		if h.portfolio == portfolio && h.product == product {
			return h
		}
	}
	return nil
}

// CreateProduct makes a product with its first version.
func (m *Model) CreateProduct(who access.Caller, id, view, name, versionID, versionName string) string {
	there := 0
	for _, p := range m.products {
		if p.owner == who.Account && p.region == who.Region {
			there++
		}
	}
	if over(there, m.Quotas.Products) {
		return OverLimit
	}
	m.products[id] = &product{
		id: id, view: view, name: name, owner: who.Account, region: who.Region,
		versions: []*version{{id: versionID, name: versionName, active: true}},
	}
	return ""
}

// UpdateProduct renames a product.
func (m *Model) UpdateProduct(who access.Caller, id, name string) string {
	p, code := m.editProduct(who, id)
	if code != "" {
		return code
	}
	p.name = name
	return ""
}

// DeleteProduct removes a product that none of the owner's own things hold. (S-QUO-10, C-PROD-10)
func (m *Model) DeleteProduct(who access.Caller, id string) string {
	p, code := m.editProduct(who, id)
	if code != "" {
		return code
	}
	used := slices.ContainsFunc(m.holdings, func(h *holding) bool {
		return h.product == p.id && m.portfolios[h.portfolio].owner == who.Account
	}) || len(m.budgetsOn(who.Account, p.id)) > 0 || len(m.ownTagOptions(who.Account, p.id)) > 0
	if used {
		return InUse
	}
	delete(m.products, p.id)
	m.sweep()
	return ""
}

// AssociateProductWithPortfolio puts an own or imported product into a portfolio. (S-LOC-1..4, S-SHR-6, C-PORT-7)
func (m *Model) AssociateProductWithPortfolio(who access.Caller, productID, portfolioID, source string) string {
	to, code := m.edit(who, portfolioID, Invalid)
	if code != "" {
		return code
	}
	p, code := m.seeProduct(who, productID)
	if code != "" {
		return code
	}
	if source != "" {
		from, code := m.see(who, source)
		if code != "" {
			return code
		}
		if m.holding(from.id, p.id) == nil {
			return NotFound
		}
		if p.owner == who.Account {
			source = "" // no effect (S-LOC-3)
		} else if from.owner == who.Account {
			return NotFound // not an import (S-LOC-2)
		}
	} else if p.owner != who.Account {
		return NotFound // (S-LOC-3)
	}
	if h := m.holding(to.id, p.id); h != nil {
		if h.source != source {
			return Invalid
		}
		return ""
	}
	if source != "" && m.shared(to) {
		return Invalid // (S-SHR-6)
	}
	if over(len(m.productsIn(to.id)), m.Quotas.ProductsPerPortfolio) {
		return OverLimit
	}
	m.holdings = append(m.holdings, &holding{portfolio: to.id, product: p.id, source: source})
	m.sweep()
	return ""
}

// DisassociateProductFromPortfolio takes a product out; local portfolios that have it from here lose it. (C-PORT-8, S-LOC-7)
func (m *Model) DisassociateProductFromPortfolio(who access.Caller, productID, portfolioID string) string {
	p, code := m.edit(who, portfolioID, Invalid)
	if code != "" {
		return code
	}
	if m.holding(p.id, productID) == nil {
		return NotFound
	}
	if len(m.constraintsOn(p.id, productID)) > 0 {
		return InUse
	}
	m.holdings = slices.DeleteFunc(m.holdings, func(h *holding) bool {
		return h.portfolio == p.id && h.product == productID
	})
	m.sweep()
	return ""
}

func (m *Model) productsIn(portfolio string) []string {
	list := []string{}
	for _, h := range m.holdings {
		if h.portfolio == portfolio {
			list = append(list, h.product)
		}
	}
	return sorted(list)
}

// holdsImported tells whether a portfolio has a product of another account. (S-SHR-5)
func (m *Model) holdsImported(p *portfolio) bool {
	return slices.ContainsFunc(m.holdings, func(h *holding) bool { return h.portfolio == p.id && h.source != "" })
}

// SearchProductsAsAdmin lists the products of a portfolio, or all the caller may read. (C-PROD-11, S-IMP-6)
func (m *Model) SearchProductsAsAdmin(who access.Caller, portfolio string, owned bool) ([]string, string) {
	if portfolio != "" {
		if _, code := m.see(who, portfolio); code != "" {
			return nil, code
		}
	}
	list := []string{}
	for id, p := range m.products {
		if p.region != who.Region || !m.seesProduct(who.Account, p) {
			continue
		}
		if portfolio != "" && m.holding(portfolio, id) == nil || owned && p.owner != who.Account {
			continue
		}
		list = append(list, id)
	}
	return sorted(list), ""
}

// DescribeProductAsAdmin reads a product; source asks for what a share adds to it. (C-PROD-8, S-TAG-4)
func (m *Model) DescribeProductAsAdmin(who access.Caller, id, source string) (ProductView, string) {
	p, code := m.seeProduct(who, id)
	if code != "" {
		return ProductView{}, code
	}
	var from *portfolio
	if source != "" {
		if from, code = m.see(who, source); code != "" {
			return ProductView{}, code
		}
	}
	v := ProductView{
		ID: p.id, ARN: ident.CatalogARN(p.region, p.owner, "product", p.id), Name: p.name, Versions: []string{},
		TagOptions: m.productTagOptions(who.Account, p, from), Budgets: m.budgetsOn(who.Account, p.id),
	}
	for _, x := range p.versions {
		v.Versions = append(v.Versions, x.id)
	}
	slices.Sort(v.Versions)
	return v, ""
}

// DescribeProductAsAdminByName finds the one product of that name that the caller may read. (C-GEN-12, C-PROD-5)
func (m *Model) DescribeProductAsAdminByName(who access.Caller, name string) (ProductView, string) {
	var hits []string
	for id, p := range m.products {
		if p.name == name && p.region == who.Region && m.seesProduct(who.Account, p) {
			hits = append(hits, id)
		}
	}
	switch len(hits) {
	case 0:
		return ProductView{}, NotFound
	case 1:
		return m.DescribeProductAsAdmin(who, hits[0], "")
	}
	return ProductView{}, Invalid
}
