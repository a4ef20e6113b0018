package catalog_test

import (
	"strings"
	"testing"

	"portico/internal/catalog"
)

func TestQuotas(t *testing.T) {
	q := catalog.DefaultQuotas()
	t.Run("S-QUO-1 an operator lifts a quota", func(t *testing.T) {
		if err := q.Set("shared-accounts", 0); err != nil || q.SharedAccounts != 0 || q.Portfolios != 100 {
			t.Errorf("got %+v, %v", q, err)
		}
	})
	for _, name := range []string{"shares", "Portfolios", ""} {
		if err := q.Set(name, 1); err == nil || !strings.Contains(err.Error(), "products-per-portfolio") {
			t.Errorf("%q: got %v, want the list of quotas", name, err)
		}
	}
	if err := q.Set("tags", -1); err == nil {
		t.Error("a negative quota was taken")
	}
}
