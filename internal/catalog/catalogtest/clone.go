package catalogtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Clone copies a model, so that the same calls can be tried in several orders.
func (m *Model) Clone() *Model {
	c := &Model{
		Quotas:      m.Quotas,
		accounts:    copies(m.accounts),
		orgs:        copies(m.orgs), // what is frozen never changes, it is only replaced
		units:       copies(m.units),
		entities:    maps.Clone(m.entities),
		portfolios:  copies(m.portfolios),
		products:    copies(m.products),
		holdings:    copyList(m.holdings),
		principals:  copyList(m.principals),
		shares:      copyList(m.shares),
		rejected:    maps.Clone(m.rejected),
		tokens:      copies(m.tokens),
		constraints: copyList(m.constraints),
		tagOptions:  copies(m.tagOptions),
		tagLinks:    copyList(m.tagLinks),
		budgets:     copyList(m.budgets),
	}
	for _, p := range c.products {
		p.versions = copyList(p.versions)
	}
	return c
}

func copies[K comparable, V any](from map[K]*V) map[K]*V {
	to := make(map[K]*V, len(from))
	for k, v := range from {
		x := *v
		to[k] = &x
	}
	return to
}

func copyList[V any](from []*V) []*V {
	to := make([]*V, len(from))
	for i, v := range from {
		x := *v
		to[i] = &x
	}
	return to
}

// State tells everything there is in one text: models with equal states answer everything alike.
func (m *Model) State() string {
	var lines []string
	collect(&lines, "account", maps.Values(m.accounts))
	collect(&lines, "organization", maps.Values(m.orgs))
	collect(&lines, "unit", maps.Values(m.units))
	collect(&lines, "portfolio", maps.Values(m.portfolios))
	collect(&lines, "token", maps.Values(m.tokens))
	collect(&lines, "TagOption", maps.Values(m.tagOptions))
	collect(&lines, "holding", slices.Values(m.holdings))
	collect(&lines, "principal", slices.Values(m.principals))
	collect(&lines, "share", slices.Values(m.shares))
	collect(&lines, "constraint", slices.Values(m.constraints))
	collect(&lines, "TagOption on", slices.Values(m.tagLinks))
	collect(&lines, "budget", slices.Values(m.budgets))
	for id, p := range m.products {
		collect(&lines, fmt.Sprint("product ", id, p.name), slices.Values(p.versions))
	}
	lines = append(lines, fmt.Sprint(m.entities, m.rejected))
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func collect[V any](lines *[]string, what string, of func(func(*V) bool)) {
	for v := range of {
		*lines = append(*lines, fmt.Sprintf("%s %v", what, *v))
	}
}

// Forget drops a token that will not be asked for again, so that states stay small.
func (m *Model) Forget(token string) { delete(m.tokens, token) }
