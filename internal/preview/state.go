package preview

import (
	"slices"

	"portico/internal/catalog"
	"portico/internal/ident"
	"portico/internal/org"
	"portico/internal/store"
)

// state is how things stand before or after a write, as far as its scope goes.
type state struct {
	places map[catalog.PortfolioID]*place
	closed map[ident.Account]bool
}

// place is one portfolio: what it holds of the products in question, whom it reaches, and whom that lets in.
type place struct {
	catalog.Portfolio
	holds     map[catalog.ProductID]catalog.PortfolioID // with the source
	empty     bool                                      // holds no product, be it in question or not
	importers accounts
	users     accounts // those and the owner's; see state.users
	sharing   accounts // those of them to whom the owner's patterns are shared
	patterns  []catalog.Association
	made      map[ident.Account][]catalog.Association // the others, by the account that made them; the owner's too
	shares    []catalog.Share
}

// absent stands for a portfolio that is not there.
var absent = &place{}

func (s *state) at(id catalog.PortfolioID) *place {
	if p := s.places[id]; p != nil {
		return p
	}
	return absent
}

// users are the accounts that may launch from a portfolio: its owner's and those that import it, unless the owner's is
// closed. (S-EVT-8)
func (s *state) users(p *place) accounts {
	if p == absent || s.closed[p.Owner] {
		return nil
	}
	if p.users == nil {
		p.users = p.importers.with(p.Owner)
	}
	return p.users
}

// standing is how an account stands to a portfolio, for the decision on its paths.
func (p *place) standing(a ident.Account) catalog.Standing {
	return catalog.Standing{Owner: p.Owner == a, Org: catalog.Imported, SharePrincipals: p.sharing.has(a)}
}

// closure is every portfolio and product that a scope may change something about.
type closure struct {
	whole    map[catalog.PortfolioID]bool // those to be seen with everybody's eyes
	all      []catalog.PortfolioID
	products map[catalog.ProductID]bool
}

func newClosure() closure {
	return closure{whole: map[catalog.PortfolioID]bool{}, products: map[catalog.ProductID]bool{}}
}

// add follows a scope: from its portfolios to the products that they hold, and on to every portfolio that holds those.
func (c *closure) add(tx *store.Tx, s scope) error {
	if err := c.follow(tx, s.whole, s.product, nil, true); err != nil || len(s.accounts) == 0 {
		return err
	}
	ids := s.in
	if s.reached {
		lineages, err := tx.Lineages(s.accounts)
		if err != nil {
			return err
		}
		reached, err := tx.SharedAt(nodesAbove(s.accounts, lineages))
		if err != nil {
			return err
		}
		ids = append(slices.Clone(ids), reached...)
	}
	return c.follow(tx, ids, s.product, setOf(s.accounts), false)
}

// nodesAbove lists the accounts and every node that covers one.
func nodesAbove(as []ident.Account, lineages map[ident.Account]org.Lineage) []string {
	var ids []string
	for _, a := range as {
		ids = append(ids, string(a))
		for _, n := range lineages[a] {
			ids = append(ids, n.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// follow adds portfolios, what they hold, and what else holds it. Of the local portfolios of recipients only those of
// viewers count, unless everybody views.
func (c *closure) follow(tx *store.Tx, ids []catalog.PortfolioID, only catalog.ProductID, viewers accounts, everybody bool) error {
	if len(ids) == 0 {
		return nil
	}
	products := map[catalog.ProductID]bool{only: true}
	if only == "" {
		clear(products)
		held, err := tx.MembershipsIn(ids)
		if err != nil {
			return err
		}
		for _, m := range held {
			products[m.Product] = true
		}
	}
	var list []catalog.ProductID
	for id := range products {
		list = append(list, id)
		c.products[id] = true
	}
	slices.Sort(list)
	holding, err := tx.MembershipsOf(list)
	if err != nil {
		return err
	}
	ids = slices.Clone(ids)
	var local []catalog.PortfolioID
	for _, m := range holding {
		if m.Source == "" || everybody {
			ids = append(ids, m.Portfolio)
		} else {
			local = append(local, m.Portfolio)
		}
	}
	ps, err := tx.Portfolios(local)
	if err != nil {
		return err
	}
	for _, p := range ps {
		if viewers.has(p.Owner) {
			ids = append(ids, p.ID)
		}
	}
	for _, id := range ids {
		c.whole[id] = c.whole[id] || everybody
	}
	c.all = append(c.all, ids...)
	slices.Sort(c.all)
	c.all = slices.Compact(c.all)
	return nil
}

// look reads how things stand with everything in a closure. known is whom nodes are known to cover.
func look(tx *store.Tx, c closure, viewers []ident.Account, known map[covering]accounts) (*state, error) {
	s := &state{places: map[catalog.PortfolioID]*place{}}
	ps, err := tx.Portfolios(c.all)
	if err != nil {
		return nil, err
	}
	owners := slices.Clone(viewers)
	for _, p := range ps {
		s.places[p.ID] = &place{Portfolio: p, empty: true, holds: map[catalog.ProductID]catalog.PortfolioID{}, made: map[ident.Account][]catalog.Association{}}
		owners = append(owners, p.Owner)
	}
	held, err := tx.MembershipsIn(c.all)
	if err != nil {
		return nil, err
	}
	for _, m := range held {
		p := s.places[m.Portfolio]
		p.empty = false
		if c.products[m.Product] {
			p.holds[m.Product] = m.Source
		}
	}
	if err := s.associate(tx, c.all); err != nil {
		return nil, err
	}
	shares, err := tx.SharesOn(c.all)
	if err != nil {
		return nil, err
	}
	for _, sh := range shares {
		s.places[sh.Portfolio].shares = append(s.places[sh.Portfolio].shares, sh)
		if sh.Target.Kind == catalog.AccountShare && sh.Accepted && c.whole[sh.Portfolio] {
			owners = append(owners, ident.Account(sh.Target.ID))
		}
	}
	if s.closed, err = tx.Closed(setOf(owners)); err != nil {
		return nil, err
	}
	return s, s.reach(tx, c, setOf(viewers), cover{map[string]org.Organization{}, known})
}

func (s *state) associate(tx *store.Tx, ids []catalog.PortfolioID) error {
	as, err := tx.AssociationsOn(ids)
	if err != nil {
		return err
	}
	for _, a := range as {
		p := s.places[a.Portfolio]
		p.made[a.Account] = append(p.made[a.Account], a)
		if a.Account == p.Owner && a.Type == catalog.PrincipalPattern {
			p.patterns = append(p.patterns, a)
		}
	}
	return nil
}

// reach works out whom each portfolio reaches: everybody where the whole is in question, else which of the viewers.
func (s *state) reach(tx *store.Tx, c closure, viewers accounts, cover cover) error {
	rejections, err := tx.RejectionsOf(c.all)
	if err != nil {
		return err
	}
	lineages, err := tx.Lineages(viewers)
	if err != nil {
		return err
	}
	for id, p := range s.places {
		rejected := accounts(rejections[id])
		if c.whole[id] {
			if err := s.everybody(tx, p, rejected, cover); err != nil {
				return err
			}
			continue
		}
		for _, a := range viewers {
			v := catalog.Viewer{Account: a, Region: p.Region, Lineage: lineages[a]}
			standing := catalog.Stand(p.Portfolio, p.shares, rejected.has(a), v)
			if standing.Relation() != catalog.Imports || s.closed[a] {
				continue
			}
			p.importers = append(p.importers, a)
			if standing.SharePrincipals {
				p.sharing = append(p.sharing, a)
			}
		}
	}
	return nil
}

// everybody is Stand for all accounts at once: account shares that were accepted, and what nodes cover without those who
// rejected it. (S-ACC-10, S-PRI-16, S-ORG-20)
func (s *state) everybody(tx *store.Tx, p *place, rejected accounts, cover cover) error {
	for _, sh := range p.shares {
		var to accounts
		switch {
		case sh.Target.ByOrg():
			covered, err := cover.by(tx, sh.Target.Node())
			if err != nil {
				return err
			}
			to = covered.without(rejected)
		case sh.Accepted && !s.closed[ident.Account(sh.Target.ID)]:
			to = accounts{ident.Account(sh.Target.ID)}
		}
		p.importers = p.importers.or(to)
		if sh.SharePrincipals {
			p.sharing = p.sharing.or(to)
		}
	}
	if p.importers.has(p.Owner) {
		p.importers, p.sharing = p.importers.without(accounts{p.Owner}), p.sharing.without(accounts{p.Owner})
	}
	return nil
}

// cover remembers whom nodes cover, as of a revision of their organizations: before and after most writes that is the
// same, and one node may be what many portfolios are shared with.
type cover struct {
	orgs  map[string]org.Organization // of this state
	known map[covering]accounts       // of both
}

type covering struct {
	node     org.Node
	revision int64
}

func (c cover) by(tx *store.Tx, n org.Node) (accounts, error) {
	o, ok := c.orgs[n.Org]
	if !ok {
		var err error
		if o, ok, err = tx.Organization(n.Org); err != nil || !ok {
			return nil, err
		}
		c.orgs[n.Org] = o
	}
	key := covering{n, o.Revision}
	if found, ok := c.known[key]; ok {
		return found, nil
	}
	found, err := tx.CoveredBy(n, o.Revision)
	c.known[key] = found
	return found, err
}
