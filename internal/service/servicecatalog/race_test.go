package servicecatalog_test

import (
	"net/http"
	"sync"
	"testing"
)

// at runs calls at the same time and reports which of them succeeded.
func (w *world) at(calls ...func() int) []bool {
	done := make([]bool, len(calls))
	var wg sync.WaitGroup
	for i, call := range calls {
		wg.Go(func() { done[i] = call() == http.StatusOK })
	}
	wg.Wait()
	return done
}

func (w *world) call(c who, op string, in args) func() int {
	return func() int { return w.send(w.t, c, op, in).Code }
}

// What two callers do at the same moment ends as if one had come after the other.
func TestRaces(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio := w.portfolio(boss, "Storage")
		product := w.product(boss, "Bucket", portfolio)
		w.offer(boss, portfolio, anna)
		w.ask(anna, "AcceptPortfolioShare", args{"PortfolioId": portfolio})
		arn, _ := w.role(anna, "Developer")
		for range 8 {
			w.share(boss, portfolio, anna)
			local := w.portfolio(anna, "Local")
			both := w.at(w.call(anna, "CreatePortfolioShare", args{"PortfolioId": local, "AccountId": "333333333333"}),
				w.call(anna, "AssociateProductWithPortfolio", args{"ProductId": product, "PortfolioId": local, "SourcePortfolioId": portfolio}))
			if both[0] == both[1] {
				t.Errorf("S-SHR-6 sharing a portfolio and taking an imported product into it: %v", both)
			}
			withdraw := w.call(boss, "DeletePortfolioShare", args{"PortfolioId": portfolio, "AccountId": "222222222222"})
			other := w.portfolio(anna, "Other")
			w.at(withdraw, w.call(anna, "AssociatePrincipalWithPortfolio", associate(portfolio, arn, "IAM")),
				w.call(anna, "AssociateProductWithPortfolio", args{"ProductId": product, "PortfolioId": other, "SourcePortfolioId": portfolio}))
			w.share(boss, portfolio, anna)
			if got := w.principals(anna, portfolio) + w.products(anna, other); got != `{"Principals":[]}` {
				t.Errorf("S-DEL-5 something outlived the share: %s", got)
			}
			offer := w.call(boss, "CreatePortfolioShare", args{"PortfolioId": portfolio, "AccountId": "444444444444"})
			if made := w.at(offer, offer, offer); !made[0] || !made[1] || !made[2] {
				t.Errorf("S-SHR-11 the same share three times: %v", made)
			}
			deleted := w.at(withdraw, withdraw, w.call(anna, "RejectPortfolioShare", args{"PortfolioId": portfolio}))
			if !deleted[0] || !deleted[1] {
				t.Errorf("S-DEL-2 deleting it twice: %v", deleted)
			}
		}
	})
}
