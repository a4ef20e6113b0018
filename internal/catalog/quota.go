package catalog

import "portico/internal/fault"

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
	SharedAccounts       int // per portfolio, distinct (S-QUO-1)
	ImportedPortfolios   int // per account, accepted account shares only (S-QUO-5)
}

// DefaultQuotas are the published ones.
func DefaultQuotas() Quotas {
	return Quotas{Portfolios: 100, Products: 350, Versions: 100, Principals: 100, Patterns: 10,
		ProductsPerPortfolio: 150, Tags: 20, Constraints: 100, TagOptions: 25, ValuesPerKey: 25, SharedAccounts: 5000}
}

// Within refuses one more of what when have of them already fill the quota.
func Within(quota, have int, what string) error {
	if quota > 0 && have >= quota {
		return fault.Limitf("The limit of %d %s has been reached", quota, what)
	}
	return nil
}
