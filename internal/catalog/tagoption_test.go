package catalog_test

import (
	"slices"
	"strings"
	"testing"

	"portico/internal/catalog"
	"portico/internal/fault"
)

// tagOptionsOf makes one TagOption for each word "stage=prod"; a word beginning with - is an inactive one.
func tagOptionsOf(words string) []catalog.TagOption {
	var os []catalog.TagOption
	for word := range strings.FieldsSeq(words) {
		key, value, _ := strings.Cut(strings.TrimPrefix(word, "-"), "=")
		os = append(os, catalog.TagOption{Key: key, Value: value, Active: !strings.HasPrefix(word, "-")})
	}
	return os
}

func TestOffer(t *testing.T) {
	for _, c := range []struct{ name, portfolio, product, want string }{
		{"S-TAG-7 none", "", "", ""},
		{"S-TAG-7 a level is the union of shared and own", "stage=prod stage=test", "", "stage[prod test]"},
		{"S-TAG-7 equal values of two accounts are one", "stage=prod stage=prod", "", "stage[prod]"},
		{"S-TAG-7 one level only: C-LAUNCH-9 its values", "a=1", "b=2 b=3", "a[1] b[2 3]"},
		{"S-TAG-7 both levels: what both allow", "stage=prod stage=test", "stage=test stage=dev", "stage[test]"},
		{"S-TAG-7 the union comes before the intersection", "stage=prod stage=test stage=dev", "stage=prod stage=dev stage=qa", "stage[dev prod]"},
		{"S-TAG-8 one value left", "stage=prod", "stage=prod stage=test", "stage[prod]"},
		{"S-TAG-8 several left", "stage=prod stage=test", "stage=test stage=prod", "stage[prod test]"},
		{"S-TAG-8 none left: the key without values", "stage=prod", "stage=test", "stage[]"},
		{"S-TAG-8 a conflict of one key leaves the others alone", "a=1 b=2", "a=3 b=2", "a[] b[2]"},
		{"S-TAG-9 inactive ones take no part", "-stage=prod stage=test", "", "stage[test]"},
		{"S-TAG-9 and do not make a level have the key", "-stage=prod", "stage=test", "stage[test]"},
		{"S-TAG-9 nor a conflict", "stage=test", "-stage=prod", "stage[test]"},
		{"S-TAG-9 all inactive", "-stage=prod", "-stage=prod", ""},
		{"C-LAUNCH-9 keys and values are compared as they are", "Stage=prod", "stage=Prod", "Stage[prod] stage[Prod]"},
		{"C-LAUNCH-9 in order", "c=1 a=2 a=1 b=1", "", "a[1 2] b[1] c[1]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			portfolio, product := tagOptionsOf(c.portfolio), tagOptionsOf(c.product)
			for range 3 { // the order of maps must not show
				var got []string
				for _, choice := range catalog.Offer(portfolio, product) {
					got = append(got, choice.Key+"["+strings.Join(choice.Values, " ")+"]")
				}
				if s := strings.Join(got, " "); s != c.want {
					t.Errorf("got %s, want %s", s, c.want)
				}
			}
			if !slices.Equal(portfolio, tagOptionsOf(c.portfolio)) {
				t.Errorf("the TagOptions given were changed to %v", portfolio)
			}
		})
	}
}

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		name        string
		quota, have int
		want        bool
	}{
		{"S-QUO-3 room", 3, 2, true},
		{"S-QUO-3 full", 3, 3, false},
		{"S-QUO-3 beyond, after the quota was lowered", 3, 9, false},
		{"S-QUO-5 no quota", 0, 1 << 30, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := catalog.Within(c.quota, c.have, "things")
			if c.want != (err == nil) || err != nil && (!fault.Is(err, fault.Limit) || err.Error() != "The limit of 3 things has been reached") {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("S-QUO-1 the defaults are the published ones", func(t *testing.T) {
		want := catalog.Quotas{Portfolios: 100, Products: 350, Versions: 100, Principals: 100, Patterns: 10, ProductsPerPortfolio: 150,
			Tags: 20, Constraints: 100, TagOptions: 25, ValuesPerKey: 25, ServiceActions: 200, ActionsPerVersion: 25, SharedAccounts: 5000, ImportedPortfolios: 0}
		if got := catalog.DefaultQuotas(); got != want {
			t.Errorf("got %+v", got)
		}
	})
}
