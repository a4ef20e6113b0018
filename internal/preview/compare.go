package preview

import (
	"context"
	"maps"
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/ident"
	"portico/internal/store"
)

// comparison is one preview under way.
type comparison struct {
	who           access.Caller
	scope         scope
	closure       closure
	known         map[covering]accounts
	manages       accounts // the members of the organization that the caller manages, before the write
	before, after *state
}

// start finds out what can change, as far as that shows before the write.
func (c *comparison) start(ctx context.Context, db *store.DB, op operation, in any) error {
	c.closure, c.known = newClosure(), map[covering]accounts{}
	return db.Read(ctx, func(tx *store.Tx) error {
		var err error
		if c.scope, err = op(tx, c.who, in); err != nil {
			return err
		}
		return c.closure.add(tx, c.scope)
	})
}

// look takes in one of the two states, that after the write first: what can change may show only there.
func (c *comparison) look(ctx context.Context, db *store.DB, after bool) error {
	return db.Read(ctx, func(tx *store.Tx) error {
		if after {
			if err := c.closure.add(tx, c.scope); err != nil {
				return err
			}
		}
		s, err := look(tx, c.closure, c.scope.accounts, c.known)
		if after {
			c.after = s
		} else {
			c.before = s
		}
		return err
	})
}

// compare finds every difference, on the database as it was.
func (c *comparison) compare(tx *store.Tx) (*Preview, error) {
	o, err := managing(tx, c.who)
	if err != nil {
		return nil, err
	}
	if o != nil {
		if c.manages, err = tx.MemberIDs(o.ID); err != nil {
			return nil, err
		}
	}
	out := &Preview{Shares: c.shares(), Accounts: c.accounts(), LocalPortfolios: c.locals()}
	if out.Principals, err = c.principals(tx); err != nil {
		return nil, err
	}
	if out.ProvisionedProducts, err = running(tx, out.Principals); err != nil {
		return nil, err
	}
	out.Changed = len(out.Shares)+len(out.Accounts)+len(out.Principals)+len(out.LocalPortfolios) > 0
	return out, c.name(tx, out)
}

// opens reports whether the caller may look into an account.
func (c *comparison) opens(a ident.Account) bool { return a == c.who.Account || c.manages.has(a) }

func (c *comparison) shares() []ShareChange {
	out := []ShareChange{}
	for _, id := range c.closure.all {
		was, is := map[catalog.Target]catalog.Share{}, map[catalog.Target]catalog.Share{}
		for _, sh := range c.before.at(id).shares {
			was[sh.Target] = sh
		}
		for _, sh := range c.after.at(id).shares {
			is[sh.Target] = sh
			if old, ok := was[sh.Target]; !ok {
				out = c.share(out, "Added", sh)
			} else if old != sh {
				out = c.share(out, "Updated", sh)
			}
		}
		for t, sh := range was {
			if _, ok := is[t]; !ok {
				out = c.share(out, "Removed", sh)
			}
		}
	}
	slices.SortFunc(out, func(a, b ShareChange) int {
		return strings.Compare(a.PortfolioId+a.Type+a.PrincipalId, b.PortfolioId+b.Type+b.PrincipalId)
	})
	return out
}

func (c *comparison) share(out []ShareChange, change string, sh catalog.Share) []ShareChange {
	if !c.opens(sh.Owner) && sh.Target.ID != string(c.who.Account) {
		return out
	}
	return append(out, ShareChange{change, string(sh.Portfolio), string(sh.Target.Kind), sh.Target.ID, sh.Accepted,
		sh.SharePrincipals, sh.ShareTagOptions})
}

// delta is a set of portfolios or products that the same accounts gain and the same lose.
type delta struct {
	portfolios, products []string
	gained, lost         accounts
}

// accounts finds what accounts gain and lose as importers.
func (c *comparison) accounts() []AccountsChange {
	var deltas []delta
	for _, id := range c.closure.all {
		was, is := c.before.at(id).importers, c.after.at(id).importers
		deltas = addDelta(deltas, delta{portfolios: []string{string(id)}, gained: is.without(was), lost: was.without(is)})
	}
	for _, g := range c.alike() {
		var was, is accounts
		for _, id := range g.before {
			was = was.or(c.before.at(id).importers)
		}
		for _, id := range g.after {
			is = is.or(c.after.at(id).importers)
		}
		deltas = addDelta(deltas, delta{products: g.products, gained: is.without(was), lost: was.without(is)})
	}
	return gather(deltas)
}

// addDelta adds a change to the one of the same accounts, if there is one, so that few remain.
func addDelta(deltas []delta, d delta) []delta {
	if len(d.gained)+len(d.lost) == 0 {
		return deltas
	}
	for i := range deltas {
		if e := &deltas[i]; e.gained.is(d.gained) && e.lost.is(d.lost) {
			e.portfolios, e.products = append(e.portfolios, d.portfolios...), append(e.products, d.products...)
			return deltas
		}
	}
	return append(deltas, d)
}

// group is products that the same portfolios of their owner hold, before and after.
type group struct {
	products      []string
	before, after []catalog.PortfolioID
}

// alike puts the products together that come and go together: most portfolios hold many that nothing else holds.
func (c *comparison) alike() []group {
	groups := map[string]*group{}
	for _, product := range slices.Sorted(maps.Keys(c.closure.products)) {
		g := group{products: []string{string(product)}, before: c.before.holding(product), after: c.after.holding(product)}
		var key strings.Builder
		for _, ids := range [][]catalog.PortfolioID{g.before, g.after} {
			for _, id := range ids {
				key.WriteString(string(id) + " ")
			}
			key.WriteByte(';')
		}
		if old := groups[key.String()]; old != nil {
			old.products = append(old.products, string(product))
			continue
		}
		groups[key.String()] = &g
	}
	var out []group
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		out = append(out, *groups[key])
	}
	return out
}

// holding lists the portfolios of a product's owner that hold it, in order.
func (s *state) holding(product catalog.ProductID) []catalog.PortfolioID {
	var ids []catalog.PortfolioID
	for id, p := range s.places {
		if source, held := p.holds[product]; held && source == "" {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// gather puts the accounts together that gain and lose the same. Row i of the table has a bit for each delta that account
// i gains, and one for each that it loses.
func gather(deltas []delta) []AccountsChange {
	var all accounts
	for _, d := range deltas {
		all = all.or(d.gained).or(d.lost)
	}
	width := (2*len(deltas) + 7) / 8
	table := make([]byte, len(all)*width)
	mark := func(s accounts, bit int) {
		row := 0
		for _, a := range s {
			for all[row] != a {
				row++
			}
			table[row*width+bit/8] |= 1 << (bit % 8)
		}
	}
	for i, d := range deltas {
		mark(d.gained, 2*i)
		mark(d.lost, 2*i+1)
	}
	out := []AccountsChange{}
	place := map[string]int{}
	for row, a := range all {
		bits := table[row*width : (row+1)*width]
		i, ok := place[string(bits)]
		if !ok {
			i = len(out)
			place[string(bits)] = i
			out = append(out, AccountsChange{Change: sum(deltas, bits)})
		}
		out[i].Accounts = append(out[i].Accounts, string(a))
	}
	return out
}

// sum adds up the deltas that a row of the table of gather has.
func sum(deltas []delta, bits []byte) Change {
	var c Change
	for i, d := range deltas {
		if bits[2*i/8]&(1<<(2*i%8)) != 0 {
			c.GainedPortfolios, c.GainedProducts = append(c.GainedPortfolios, d.portfolios...), append(c.GainedProducts, d.products...)
		}
		if bits[(2*i+1)/8]&(1<<((2*i+1)%8)) != 0 {
			c.LostPortfolios, c.LostProducts = append(c.LostPortfolios, d.portfolios...), append(c.LostProducts, d.products...)
		}
	}
	for _, list := range [][]string{c.GainedPortfolios, c.LostPortfolios, c.GainedProducts, c.LostProducts} {
		slices.Sort(list)
	}
	return c
}

// locals finds what portfolios gain and lose of products taken from imports. Nobody sees those of a closed account.
func (c *comparison) locals() []LocalChange {
	out := []LocalChange{}
	for _, id := range c.closure.all {
		was, is := c.before.at(id), c.after.at(id)
		if was == absent || is == absent || !c.opens(was.Owner) || c.before.closed[was.Owner] {
			continue
		}
		l := LocalChange{Account: string(was.Owner), PortfolioId: string(id), GainedProducts: taken(is, was), LostProducts: taken(was, is)}
		if len(l.GainedProducts)+len(l.LostProducts) > 0 {
			out = append(out, l)
		}
	}
	return out
}

// taken lists the products with a source that p holds and q does not.
func taken(p, q *place) []string {
	var ids []string
	for product, source := range p.holds {
		if _, held := q.holds[product]; source != "" && !held {
			ids = append(ids, string(product))
		}
	}
	slices.Sort(ids)
	return ids
}

// name finds the names of everything that a preview mentions.
func (c *comparison) name(tx *store.Tx, out *Preview) error {
	portfolios, products := map[catalog.PortfolioID]bool{}, map[catalog.ProductID]bool{}
	note := func(ps, qs []string) {
		for _, id := range ps {
			portfolios[catalog.PortfolioID(id)] = true
		}
		for _, id := range qs {
			products[catalog.ProductID(id)] = true
		}
	}
	for _, x := range out.Accounts {
		note(append(x.GainedPortfolios, x.LostPortfolios...), append(x.GainedProducts, x.LostProducts...))
	}
	for _, x := range out.Principals {
		note(append(x.GainedPortfolios, x.LostPortfolios...), append(x.GainedProducts, x.LostProducts...))
	}
	for _, x := range out.LocalPortfolios {
		note([]string{x.PortfolioId}, append(x.GainedProducts, x.LostProducts...))
	}
	for _, x := range out.Shares {
		note([]string{x.PortfolioId}, nil)
	}
	ps, err := tx.Portfolios(slices.Sorted(maps.Keys(portfolios)))
	if err != nil {
		return err
	}
	out.Portfolios, out.Products = []Named{}, []Named{}
	for _, p := range ps {
		out.Portfolios = append(out.Portfolios, Named{string(p.ID), p.Name, string(p.Owner)})
	}
	qs, err := tx.Products(slices.Sorted(maps.Keys(products)))
	for _, p := range qs {
		out.Products = append(out.Products, Named{string(p.ID), p.Name, string(p.Account)})
	}
	slices.SortFunc(out.Products, func(a, b Named) int { return strings.Compare(a.Id, b.Id) })
	return err
}
