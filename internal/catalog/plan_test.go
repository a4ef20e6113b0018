package catalog_test

import (
	"testing"
	"time"

	"portico/internal/catalog"
)

func TestPlans(t *testing.T) {
	const begun, ok, back, half = catalog.Begun, catalog.Succeeded, catalog.FailedBack, catalog.FailedHalf
	for _, x := range []struct {
		name       string
		from       catalog.PlanStatus
		event      catalog.Event
		want       catalog.PlanStatus // empty when it is no move
		executable bool               // afterwards
		deletable  bool
	}{
		{"C-PLAN-5 made", catalog.PlanCreating, ok, catalog.PlanCreated, true, true},
		{"C-PLAN-5 not made", catalog.PlanCreating, back, catalog.PlanNot, false, true},
		{"C-PLAN-5 still being made", catalog.PlanCreating, begun, catalog.PlanCreating, false, false},
		{"C-PLAN-6 execution begins", catalog.PlanCreated, begun, catalog.PlanExecuting, false, false},
		{"C-PLAN-5 executed", catalog.PlanExecuting, ok, catalog.PlanExecuted, false, true},
		{"C-PLAN-5 execution failed", catalog.PlanExecuting, half, catalog.PlanFailed, false, true},
		{"C-PLAN-6 what is not made is not executed", catalog.PlanNot, begun, "", false, true},
		{"C-PLAN-6 nothing is executed twice", catalog.PlanExecuted, begun, "", false, true},
	} {
		t.Run(x.name, func(t *testing.T) {
			p, err := catalog.Plan{ID: "plan-a", Status: x.from}.Advance(x.event, "why", time.Unix(1, 0))
			if (err == nil) != (x.want != "") {
				t.Fatal(err)
			}
			if err == nil && (p.Status != x.want || p.Message != "why" || p.Updated != time.Unix(1, 0)) {
				t.Errorf("got %+v", p)
			}
			if (p.Executable() == nil) != x.executable || (p.Deletable() == nil) != x.deletable {
				t.Errorf("C-PLAN-8 in %s: executable %v, deletable %v", p.Status, p.Executable(), p.Deletable())
			}
		})
	}
	t.Run("C-PLAN-8 what is being deleted is not executed", func(t *testing.T) {
		if (catalog.Plan{Status: catalog.PlanCreated, Deleting: true}).Executable() == nil {
			t.Error("it is")
		}
	})
}
