package catalogtest

import (
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/ident"
)

// portfolio is a portfolio as its owner made it.
type portfolio struct {
	id     string
	owner  ident.Account
	region ident.Region
	Texts
}

func byID(a, b *portfolio) int { return strings.Compare(a.id, b.id) }

func ids(list []*portfolio) []string {
	out := []string{}
	for _, p := range list {
		out = append(out, p.id)
	}
	return sorted(out)
}

// Texts are what a portfolio says about itself.
type Texts struct {
	Name, Description, Provider string
}

// PortfolioView is what DescribePortfolio tells.
type PortfolioView struct {
	ID, ARN string
	Texts
	TagOptions []string // the ids of those that apply (S-TAG-3)
	Budgets    []string // the caller's own (S-IMP-2)
}

// CreatePortfolio makes a portfolio.
func (m *Model) CreatePortfolio(who access.Caller, id string, t Texts) string {
	there := 0
	for _, p := range m.portfolios {
		if p.owner == who.Account && p.region == who.Region {
			there++
		}
	}
	if over(there, m.Quotas.Portfolios) {
		return OverLimit
	}
	m.portfolios[id] = &portfolio{id: id, owner: who.Account, region: who.Region, Texts: t}
	return ""
}

// UpdatePortfolio changes the texts that are not empty.
func (m *Model) UpdatePortfolio(who access.Caller, id string, t Texts) string {
	p, code := m.edit(who, id, Invalid)
	if code != "" {
		return code
	}
	set(&p.Name, t.Name)
	set(&p.Description, t.Description)
	set(&p.Provider, t.Provider)
	return ""
}

func set(to *string, s string) {
	if s != "" {
		*to = s
	}
}

// DeletePortfolio removes a portfolio nothing hangs on. (S-QUO-9, C-PORT-4)
func (m *Model) DeletePortfolio(who access.Caller, id string) string {
	p, code := m.edit(who, id, Invalid)
	if code != "" {
		return code
	}
	used := slices.ContainsFunc(m.holdings, func(h *holding) bool { return h.portfolio == p.id }) ||
		slices.ContainsFunc(m.principals, func(a *association) bool { return a.portfolio == p.id }) ||
		m.shared(p)
	if used {
		return InUse
	}
	delete(m.portfolios, p.id)
	for r := range m.rejected {
		if r.portfolio == p.id {
			delete(m.rejected, r)
		}
	}
	m.sweep()
	return ""
}

// shared tells whether a portfolio has any share, accepted or not.
func (m *Model) shared(p *portfolio) bool {
	return slices.ContainsFunc(m.shares, func(s *share) bool { return s.portfolio == p.id })
}

// DescribePortfolio reads a portfolio, the owner's as it is now. (S-GEN-1, 2)
func (m *Model) DescribePortfolio(who access.Caller, id string) (PortfolioView, string) {
	p, code := m.see(who, id)
	if code != "" {
		return PortfolioView{}, code
	}
	return PortfolioView{
		ID: p.id, ARN: ident.CatalogARN(p.region, p.owner, "portfolio", p.id), Texts: p.Texts,
		TagOptions: m.portfolioTagOptions(who.Account, p), Budgets: m.budgetsOn(who.Account, p.id),
	}, ""
}

// ListPortfolios lists what the caller owns. (S-LST-11)
func (m *Model) ListPortfolios(who access.Caller) []string {
	var list []*portfolio
	for _, p := range m.visible(who) {
		if p.owner == who.Account {
			list = append(list, p)
		}
	}
	return ids(list)
}

// ListPortfoliosForProduct lists the portfolios the caller sees that hold a product. (S-LST-12)
func (m *Model) ListPortfoliosForProduct(who access.Caller, product string) ([]string, string) {
	if _, code := m.seeProduct(who, product); code != "" {
		return nil, code
	}
	var list []*portfolio
	for _, p := range m.visible(who) {
		if m.holding(p.id, product) != nil {
			list = append(list, p)
		}
	}
	return ids(list), ""
}

// ListAcceptedPortfolioShares lists the imports of one type; empty is IMPORTED. (S-LST-8, 9)
func (m *Model) ListAcceptedPortfolioShares(who access.Caller, shareType string) []string {
	var list []*portfolio
	for _, p := range m.visible(who) {
		r := m.relation(who.Account, p)
		switch shareType {
		case "", Imported:
			if r.account {
				list = append(list, p)
			}
		case ByOrganization:
			if r.org {
				list = append(list, p)
			}
		}
	}
	return ids(list)
}
