package preview

import (
	"maps"
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/ident"
	"portico/internal/store"
)

// person is a user or a role with everything it counts as.
type person struct {
	store.Person
	as []access.Principal // itself and, of a user, its groups
}

// principals finds what users and roles gain and lose, of the accounts that the caller may look into.
func (c *comparison) principals(tx *store.Tx) ([]PrincipalsChange, error) {
	touched := c.touched()
	if len(touched) == 0 {
		return []PrincipalsChange{}, nil
	}
	people, err := c.candidates(tx, touched)
	if err != nil {
		return nil, err
	}
	classes := c.classify(touched)
	known := map[string]*PrincipalsChange{} // by what decides about a person
	groups := map[string]*PrincipalsChange{}
	for _, p := range people {
		class := classes.of(p)
		g, ok := known[class]
		if !ok {
			g = c.change(p, groups)
			known[class] = g
		}
		if g != nil {
			g.Principals = append(g.Principals, p.ARN)
		}
	}
	out := []PrincipalsChange{}
	for _, g := range groups {
		slices.Sort(g.Principals)
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b PrincipalsChange) int { return strings.Compare(a.Principals[0], b.Principals[0]) })
	return out, nil
}

// change finds what a person gains and loses, and the group of those who gain and lose the same; nil when it is nothing.
func (c *comparison) change(p person, groups map[string]*PrincipalsChange) *PrincipalsChange {
	was, is := c.before.paths(p, c.closure.all), c.after.paths(p, c.closure.all)
	change := Change{GainedPortfolios: minus(is.portfolios, was.portfolios), LostPortfolios: minus(was.portfolios, is.portfolios),
		GainedProducts: minus(is.products, was.products), LostProducts: minus(was.products, is.products)}
	key := change.key()
	if key == (Change{}).key() {
		return nil
	}
	if groups[key] == nil {
		groups[key] = &PrincipalsChange{Change: change}
	}
	return groups[key]
}

// classes tell accounts apart by what they may use and what is shared with them, so that people of the same names in
// accounts of the same class, of which an organization has many, are decided about once.
type classes struct {
	touched accounts
	width   int
	bits    []byte // a row of width bytes for each account: four bits a portfolio
	own     map[ident.Account]bool
}

func (c *comparison) classify(touched accounts) classes {
	k := classes{touched: touched, width: (4*len(c.closure.all) + 7) / 8, own: map[ident.Account]bool{}}
	k.bits = make([]byte, len(touched)*k.width)
	for i, id := range c.closure.all {
		for j, s := range []*state{c.before, c.after} {
			p := s.at(id)
			k.mark(s.users(p), 4*i+2*j)
			k.mark(p.sharing, 4*i+2*j+1)
			for a := range p.made {
				k.own[a] = true
			}
		}
	}
	return k
}

func (k classes) mark(s accounts, bit int) {
	for row, a := range k.touched {
		for len(s) > 0 && s[0] < a {
			s = s[1:]
		}
		if len(s) == 0 {
			return
		}
		if s[0] == a {
			k.bits[row*k.width+bit/8] |= 1 << (bit % 8)
		}
	}
}

// of gives the words for everything that decides about a person.
func (k classes) of(p person) string {
	if k.own[p.Account] {
		return p.ID // associations of the account itself may name it
	}
	row, _ := slices.BinarySearch(k.touched, p.Account)
	words := append([]byte(nil), k.bits[row*k.width:(row+1)*k.width]...)
	for _, x := range p.as {
		// What a pattern matches does not depend on the account.
		words = append(words, strings.Replace(x.ARN, string(p.Account), "", 1)...)
	}
	return string(words)
}

func (c Change) key() string {
	var parts []string
	for _, l := range [][]string{c.GainedPortfolios, c.LostPortfolios, c.GainedProducts, c.LostProducts} {
		parts = append(parts, strings.Join(l, ","))
	}
	return strings.Join(parts, ";")
}

// minus lists what is in one ascending list and not in another.
func minus(l, m []string) []string {
	var out []string
	for _, s := range l {
		if _, found := slices.BinarySearch(m, s); !found {
			out = append(out, s)
		}
	}
	return out
}

// touched are the accounts whose users and roles may have gained or lost something, and that the caller may look into.
func (c *comparison) touched() accounts {
	may := c.manages.with(c.who.Account)
	var out accounts
	for _, id := range c.closure.all {
		was, is := c.before.at(id), c.after.at(id)
		some := was.importers.differ(is.importers).or(was.sharing.differ(is.sharing))
		if !maps.Equal(was.holds, is.holds) || c.before.closed[was.Owner] != c.after.closed[is.Owner] {
			some = some.or(was.importers).or(is.importers).with(was.Owner)
		}
		if !slices.Equal(was.patterns, is.patterns) {
			some = some.or(was.sharing).or(is.sharing)
		}
		for _, m := range []map[ident.Account][]catalog.Association{was.made, is.made} {
			for a := range m {
				if !slices.Equal(was.made[a], is.made[a]) {
					some = some.with(a)
				}
			}
		}
		out = out.or(some.and(may))
	}
	return out
}

// candidates reads the users and roles of some accounts that an association of a portfolio names or may match.
func (c *comparison) candidates(tx *store.Tx, touched accounts) ([]person, error) {
	byKind := map[string]accounts{} // whose entities of a kind patterns may match
	keys := map[string][]string{}   // unique ids of entities of a kind
	note := func(as []catalog.Association, whose accounts) {
		for _, a := range as {
			kind, key := kindOf(a)
			if key != "" {
				keys[kind] = append(keys[kind], key)
			} else {
				byKind[kind] = byKind[kind].or(whose)
			}
		}
	}
	for _, id := range c.closure.all {
		for _, p := range []*place{c.before.at(id), c.after.at(id)} {
			for a, made := range p.made {
				if touched.has(a) {
					note(made, accounts{a})
				}
			}
			note(p.patterns, touched.and(p.sharing))
		}
	}
	found := map[string]store.Person{}
	var groups []string
	for _, kind := range []string{"role", "user", "group"} {
		people, err := tx.PeopleByID(kind, keys[kind])
		if err != nil {
			return nil, err
		}
		if whose := byKind[kind]; len(whose) > 0 {
			more, err := tx.People(kind, whose)
			if err != nil {
				return nil, err
			}
			people = append(people, more...)
		}
		for _, p := range people {
			if kind == "group" {
				groups = append(groups, p.ID)
			} else {
				found[p.ID] = p
			}
		}
	}
	users, err := tx.UsersIn(groups)
	if err != nil {
		return nil, err
	}
	for _, u := range users {
		found[u.ID] = u
	}
	return withGroups(tx, found)
}

// kindOf tells what kind of entity an association names and, if it names one, its unique id.
func kindOf(a catalog.Association) (kind, key string) {
	if a.Type == catalog.PrincipalIAM {
		return map[string]string{"AROA": "role", "AIDA": "user", "AGPA": "group"}[a.Key[:min(4, len(a.Key))]], a.Key
	}
	p, err := ident.ParseARN(a.Key)
	if err != nil {
		return "", ""
	}
	kind, _, _ = strings.Cut(p.Resource, "/")
	return kind, ""
}

// withGroups completes users and roles with what they count as.
func withGroups(tx *store.Tx, found map[string]store.Person) ([]person, error) {
	var users []string
	for id := range found {
		if strings.HasPrefix(id, "AIDA") {
			users = append(users, id)
		}
	}
	slices.Sort(users)
	groups, err := tx.GroupsHolding(users)
	if err != nil {
		return nil, err
	}
	out := make([]person, 0, len(found))
	for id, p := range found {
		out = append(out, person{p, append([]access.Principal{p.Principal}, groups[id]...)})
	}
	return out, nil
}

// reachable is what a person may launch and from where.
type reachable struct{ portfolios, products []string }

// paths decides, as ListLaunchPaths does, from which of some portfolios a person may launch what.
func (s *state) paths(p person, ids []catalog.PortfolioID) reachable {
	var out reachable
	for _, id := range ids {
		at := s.at(id)
		if at.empty || !s.users(at).has(p.Account) {
			continue
		}
		v := catalog.Viewer{Account: p.Account, Region: at.Region, Principals: p.as}
		reach := catalog.Reach{Portfolio: at.Portfolio, Standing: at.standing(p.Account)}
		if len(catalog.Paths([]catalog.Reach{reach}, append(slices.Clone(at.made[p.Account]), at.patterns...), v)) == 0 {
			continue
		}
		out.portfolios = append(out.portfolios, string(id))
		for product := range at.holds {
			out.products = append(out.products, string(product))
		}
	}
	slices.Sort(out.products)
	out.products = slices.Compact(out.products)
	return out
}
