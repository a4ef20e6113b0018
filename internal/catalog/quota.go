package catalog

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"portico/internal/fault"
)

// Quotas are the limits on what an account may make; 0 lifts one. (S-QUO, catalog 1.5)
type Quotas struct {
	Portfolios           int // per account and region
	Products             int // per account and region
	Versions             int // per product
	Principals           int // per portfolio and account that adds them
	Patterns             int // of those, IAM_PATTERN
	ProductsPerPortfolio int
	Tags                 int // per portfolio or product
	Constraints          int // per product and portfolio, owned by it (S-CON-12)
	TagOptions           int // per resource and account
	ValuesPerKey         int // TagOptions of one key per account and region
	ServiceActions       int // per account and region
	ActionsPerVersion    int
	SharedAccounts       int // per portfolio, distinct (S-QUO-1)
	ImportedPortfolios   int // per account, accepted account shares only (S-QUO-5)
}

// DefaultQuotas are the published ones.
func DefaultQuotas() Quotas {
	return Quotas{Portfolios: 100, Products: 350, Versions: 100, Principals: 100, Patterns: 10,
		ProductsPerPortfolio: 150, Tags: 20, Constraints: 100, TagOptions: 25, ValuesPerKey: 25, ServiceActions: 200, ActionsPerVersion: 25,
		SharedAccounts: 5000}
}

// places are the names under which an operator sets the quotas.
func (q *Quotas) places() map[string]*int {
	return map[string]*int{
		"portfolios": &q.Portfolios, "products": &q.Products, "versions": &q.Versions, "principals": &q.Principals,
		"patterns": &q.Patterns, "products-per-portfolio": &q.ProductsPerPortfolio, "tags": &q.Tags,
		"constraints": &q.Constraints, "tag-options": &q.TagOptions, "values-per-key": &q.ValuesPerKey,
		"service-actions": &q.ServiceActions, "actions-per-version": &q.ActionsPerVersion,
		"shared-accounts": &q.SharedAccounts, "imported-portfolios": &q.ImportedPortfolios,
	}
}

// Set changes the quota of a name; 0 lifts it.
func (q *Quotas) Set(name string, n int) error {
	place, ok := q.places()[name]
	if !ok || n < 0 {
		return fmt.Errorf("there is no quota %s=%d; the quotas are %s, and 0 lifts one", name, n,
			strings.Join(slices.Sorted(maps.Keys(q.places())), ", "))
	}
	*place = n
	return nil
}

// Within refuses one more of what when have of them already fill the quota.
func Within(quota, have int, what string) error {
	if quota > 0 && have >= quota {
		return fault.Limitf("The limit of %d %s has been reached", quota, what)
	}
	return nil
}
