package catalogtest

import (
	"slices"

	"portico/internal/access"
	"portico/internal/ident"
)

// relation is how an account stands to a portfolio; the parts are looked at each alone. (spec section 21)
type relation struct {
	owner   bool
	account bool // imported by an accepted account share
	offered bool // an account share that is not accepted
	org     bool // imported by organization shares
	hidden  bool // reached by organization shares, but rejected
}

// sees tells whether the portfolio can be read at all. (S-GEN-7)
func (r relation) sees() bool { return r.owner || r.account || r.org }

// imports tells whether it is another account's and can be read.
func (r relation) imports() bool { return r.account || r.org }

// reaches tells whether a share of a portfolio is meant for an account, accepted or not.
func (m *Model) reaches(s *share, a ident.Account) bool {
	if m.portfolios[s.portfolio].owner == a {
		return false // the owner is never its own recipient (S-ORG-20)
	}
	if s.kind == ToAccount {
		return s.target == string(a)
	}
	return slices.Contains(m.nodesOver(m.orgs[s.org], a), s.target)
}

// relation works out how an account stands to a portfolio, from the records alone.
func (m *Model) relation(a ident.Account, p *portfolio) relation {
	var r relation
	if p == nil {
		return r
	}
	r.owner = p.owner == a
	for _, s := range m.shares {
		if s.portfolio != p.id || !m.reaches(s, a) {
			continue
		}
		rejected := m.rejected[rejection{a, p.id}]
		switch {
		case s.kind == ToAccount && s.accepted:
			r.account = true
		case s.kind == ToAccount:
			r.offered = true
		case rejected:
			r.hidden = true
		default:
			r.org = true
		}
	}
	return r
}

// sharesPrincipals tells whether the owner's patterns apply in an account: it imports the portfolio, and a share by which
// it does has SharePrincipals on. (S-PRI-12, 16)
func (m *Model) sharesPrincipals(a ident.Account, p *portfolio) bool {
	return m.flag(a, p, func(s *share) bool { return s.sharePrincipals })
}

// sharesTagOptions is the same for ShareTagOptions. (S-TAG-1, S-PRI-16)
func (m *Model) sharesTagOptions(a ident.Account, p *portfolio) bool {
	return m.flag(a, p, func(s *share) bool { return s.shareTagOptions })
}

func (m *Model) flag(a ident.Account, p *portfolio, on func(*share) bool) bool {
	r := m.relation(a, p)
	for _, s := range m.shares {
		effective := s.kind == ToAccount && s.accepted || s.kind != ToAccount && r.org
		if s.portfolio == p.id && m.reaches(s, a) && effective && on(s) {
			return true
		}
	}
	return false
}

// at finds a portfolio in the caller's region, whoever's it is. (S-GEN-3)
func (m *Model) at(who access.Caller, id string) *portfolio {
	p := m.portfolios[id]
	if p == nil || p.region != who.Region {
		return nil
	}
	return p
}

// see finds a portfolio that the caller may read. (section 21, reads)
func (m *Model) see(who access.Caller, id string) (*portfolio, string) {
	p := m.at(who, id)
	if !m.relation(who.Account, p).sees() {
		return nil, NotFound
	}
	return p, ""
}

// own finds a portfolio that only its owner may ask about; others cannot know it. (section 21)
func (m *Model) own(who access.Caller, id string) (*portfolio, string) {
	p := m.at(who, id)
	if !m.relation(who.Account, p).owner {
		return nil, NotFound
	}
	return p, ""
}

// edit finds a portfolio that the caller may change; an imported one refuses with imported. (S-GEN-8)
func (m *Model) edit(who access.Caller, id, imported string) (*portfolio, string) {
	p := m.at(who, id)
	r := m.relation(who.Account, p)
	switch {
	case r.owner:
		return p, ""
	case r.imports():
		return nil, imported
	}
	return nil, NotFound
}

// visible lists the portfolios of the caller's region that it may read, by id.
func (m *Model) visible(who access.Caller) []*portfolio {
	var list []*portfolio
	for _, p := range m.portfolios {
		if p.region == who.Region && m.relation(who.Account, p).sees() {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, byID)
	return list
}

// seesProduct tells whether an account may read a product: its own, or one held by an import.
func (m *Model) seesProduct(a ident.Account, p *product) bool {
	if p.owner == a {
		return true
	}
	for _, h := range m.holdings {
		if h.product == p.id && m.relation(a, m.portfolios[h.portfolio]).imports() {
			return true
		}
	}
	return false
}

// seeProduct finds a product that the caller may read.
func (m *Model) seeProduct(who access.Caller, id string) (*product, string) {
	p := m.products[id]
	if p == nil || p.region != who.Region || !m.seesProduct(who.Account, p) {
		return nil, NotFound
	}
	return p, ""
}

// editProduct finds a product that the caller may change. (S-GEN-8, S-IMP table)
func (m *Model) editProduct(who access.Caller, id string) (*product, string) {
	p, code := m.seeProduct(who, id)
	if code != "" {
		return nil, code
	}
	if p.owner != who.Account {
		return nil, Invalid
	}
	return p, ""
}
