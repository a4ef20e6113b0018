package catalogtest

import (
	"reflect"
	"testing"

	"portico/internal/ident"
)

// A clone has everything, and what is done to one of the two does not reach the other.
func TestClone(t *testing.T) {
	m := &Model{
		Quotas:      Quotas{Patterns: 2},
		accounts:    map[ident.Account]*account{"111111111111": {id: "111111111111", org: "o-1"}},
		orgs:        map[string]*organization{"o-1": {id: "o-1", root: "r-1", frozen: map[ident.Account][]string{"1": {"o-1"}}}},
		units:       map[string]*unit{"r-1": {id: "r-1", org: "o-1"}},
		entities:    map[string]string{"arn": "AROA"},
		portfolios:  map[string]*portfolio{"port-1": {id: "port-1", owner: "111111111111"}},
		products:    map[string]*product{"prod-1": {id: "prod-1", versions: []*version{{id: "pa-1", active: true}}}},
		holdings:    []*holding{{portfolio: "port-1", product: "prod-1"}},
		principals:  []*association{{portfolio: "port-1", made: "111111111111"}},
		shares:      []*share{{portfolio: "port-1", kind: ToAccount, target: "2"}},
		rejected:    map[rejection]bool{{}: true},
		tokens:      map[string]*token{"share-1": {owner: "111111111111"}},
		constraints: []*constraint{{id: "cons-1", portfolio: "port-1", product: "prod-1"}},
		tagOptions:  map[string]*tagOption{"tag-1": {owner: "111111111111"}},
		tagLinks:    []*tagLink{{option: "tag-1", resource: "port-1", made: "111111111111"}},
		budgets:     []*budget{{resource: "port-1", made: "111111111111"}},
	}
	was := m.State()
	c := m.Clone()
	if got := c.State(); got != was {
		t.Errorf("the clone is\n%s\nnot\n%s", got, was)
	}
	for i := range reflect.TypeFor[Model]().NumField() {
		if f := reflect.ValueOf(c).Elem().Field(i); f.IsZero() {
			t.Errorf("the clone lacks %s", reflect.TypeFor[Model]().Field(i).Name)
		}
	}
	for _, a := range c.accounts {
		a.delegated = !a.delegated
	}
	for _, s := range c.shares {
		s.accepted = !s.accepted
	}
	for _, p := range c.products {
		p.versions[0].active = !p.versions[0].active
	}
	delete(c.rejected, rejection{})
	if got := m.State(); got != was {
		t.Errorf("changing the clone made it\n%s\nfrom\n%s", got, was)
	}
	if c.State() == was {
		t.Error("State does not tell the two apart")
	}
}
