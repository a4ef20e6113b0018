package catalog

import (
	"slices"
	"strings"
	"time"

	"portico/internal/fault"
	"portico/internal/ident"
)

// TagOptionID names a TagOption: tag- and 13 characters.
type TagOptionID string

// TagOption is a key with one of the values it may have, kept by one account in one region.
type TagOption struct {
	ID      TagOptionID
	Owner   ident.Account
	Region  ident.Region
	Key     string
	Value   string
	Active  bool
	Created time.Time
}

// TagOptionNotFound is the answer for a TagOption that is not the viewer's. (S-TAG-5, S-TAG-6)
func TagOptionNotFound(id TagOptionID) error { return fault.NotFoundf("TagOption not found: %s", id) }

// Choice is one tag of a launch: with one value it is set, with several the caller chooses, with none the levels
// contradict each other. (S-TAG-8)
type Choice struct {
	Key    string
	Values []string
}

// Offer works out the tags of a launch from the TagOptions in force on the portfolio and on the product, shared ones
// among them: union within a level; where both levels have a key, what both allow. Inactive ones take no part. Keys and
// values are in order. (S-TAG-7, S-TAG-8, S-TAG-9, C-LAUNCH-9)
func Offer(portfolio, product []TagOption) []Choice {
	p, q := valuesByKey(portfolio), valuesByKey(product)
	var choices []Choice
	for key, values := range p {
		if more, both := q[key]; both {
			values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return !slices.Contains(more, v) })
		}
		choices = append(choices, Choice{key, values})
	}
	for key, values := range q {
		if _, both := p[key]; !both {
			choices = append(choices, Choice{key, values})
		}
	}
	slices.SortFunc(choices, func(a, b Choice) int { return strings.Compare(a.Key, b.Key) })
	return choices
}

func valuesByKey(options []TagOption) map[string][]string {
	m := map[string][]string{}
	for _, o := range options {
		if o.Active {
			m[o.Key] = append(m[o.Key], o.Value)
		}
	}
	for k, values := range m {
		slices.Sort(values)
		m[k] = slices.Compact(values)
	}
	return m
}
