package catalog_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"portico/internal/catalog"
)

// TestEvents walks the table of catalog 2.11: what becomes of a provisioned product and its record.
func TestEvents(t *testing.T) {
	const (
		begun, fell, ok, back, half = catalog.Begun, catalog.FellBack, catalog.Succeeded, catalog.FailedBack, catalog.FailedHalf
	)
	type events []catalog.Event
	for _, x := range []struct {
		name   string
		kind   string
		was    catalog.ProvisionedStatus
		events events
		pp     string // after the last event; "gone" when it is no more
		record string
		ignore bool
	}{
		{"C-PP-1 provision accepted", "PROVISION_PRODUCT", "", nil, "UNDER_CHANGE", "CREATED", false},
		{"C-REC-1 provision begun", "PROVISION_PRODUCT", "", events{begun}, "UNDER_CHANGE", "IN_PROGRESS", false},
		{"C-REC-1 first provision succeeds", "PROVISION_PRODUCT", "", events{begun, ok}, "AVAILABLE", "SUCCEEDED", false},
		{"C-PP-3 first provision fails", "PROVISION_PRODUCT", "", events{begun, fell, back}, "ERROR", "FAILED", false},
		{"C-PP-3 it is refused", "PROVISION_PRODUCT", "", events{back}, "ERROR", "FAILED", false},
		{"C-PP-3 it cannot be undone", "PROVISION_PRODUCT", "", events{begun, half}, "ERROR", "FAILED", false},
		{"C-PP-15 update accepted", "UPDATE_PROVISIONED_PRODUCT", "AVAILABLE", nil, "UNDER_CHANGE", "CREATED", false},
		{"C-REC-1 update rolls back", "UPDATE_PROVISIONED_PRODUCT", "AVAILABLE", events{begun, fell}, "UNDER_CHANGE", "IN_PROGRESS_IN_ERROR", false},
		{"C-ENG-1 update rolled back", "UPDATE_PROVISIONED_PRODUCT", "AVAILABLE", events{begun, fell, back}, "TAINTED", "FAILED", false},
		{"C-RULE-9 update refused", "UPDATE_PROVISIONED_PRODUCT", "AVAILABLE", events{back}, "TAINTED", "FAILED", false},
		{"C-ENG-1 rollback failed", "UPDATE_PROVISIONED_PRODUCT", "AVAILABLE", events{begun, fell, half}, "ERROR", "FAILED", false},
		{"C-PP-15 update of what is tainted succeeds", "UPDATE_PROVISIONED_PRODUCT", "TAINTED", events{begun, ok}, "AVAILABLE", "SUCCEEDED", false},
		{"C-PP-15 update from ERROR succeeds", "UPDATE_PROVISIONED_PRODUCT", "ERROR", events{begun, ok}, "AVAILABLE", "SUCCEEDED", false},
		{"C-PP-15 update from ERROR fails", "UPDATE_PROVISIONED_PRODUCT", "ERROR", events{begun, back}, "ERROR", "FAILED", false},
		{"C-PP-17 terminated", "TERMINATE_PROVISIONED_PRODUCT", "AVAILABLE", events{begun, ok}, "gone", "SUCCEEDED", false},
		{"C-PP-16 termination failed", "TERMINATE_PROVISIONED_PRODUCT", "AVAILABLE", events{begun, half}, "TAINTED", "FAILED", false},
		{"C-PP-16 termination failed and undone", "TERMINATE_PROVISIONED_PRODUCT", "TAINTED", events{begun, back}, "TAINTED", "FAILED", false},
		{"C-PP-16 termination failed in ERROR", "TERMINATE_PROVISIONED_PRODUCT", "ERROR", events{begun, half}, "ERROR", "FAILED", false},
		{"C-PP-16 errors are ignored", "TERMINATE_PROVISIONED_PRODUCT", "ERROR", events{begun, half}, "gone", "SUCCEEDED", true},
		{"C-PP-22 imported", "IMPORT_PROVISIONED_PRODUCT", "", events{ok}, "AVAILABLE", "SUCCEEDED", false},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := catalog.Record{ID: "rec-a", Type: x.kind, Status: catalog.RecordCreated, Order: catalog.Order{Was: x.was, IgnoreErrors: x.ignore}}
			pp, alive := catalog.ProvisionedProduct{ID: "pp-a"}.Accept(r), true
			var err error
			for _, e := range x.events {
				if r, err = r.Advance(e, time.Unix(1, 0)); err != nil {
					t.Fatal(err)
				}
				r = r.Failed("because")
				if pp, alive = pp.After(r, e); !alive {
					pp.Status = "gone"
				}
			}
			if string(pp.Status) != x.pp || string(r.Status) != x.record {
				t.Errorf("got %s and %s", pp.Status, r.Status)
			}
			if failed := r.Status == catalog.RecordFailed; failed != (len(r.Errors) == 1 && r.Errors[0].Description == "because") || failed != (pp.Message == "because") {
				t.Errorf("C-REC-3 errors %v, message %q", r.Errors, pp.Message)
			}
		})
	}
}

func TestRecordsEndForGood(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := catalog.Record{Type: catalog.UpdateRecord, Status: catalog.RecordCreated}
		for range rapid.IntRange(1, 10).Draw(t, "events") {
			e := catalog.Event(rapid.IntRange(1, 5).Draw(t, "event"))
			next, err := r.Advance(e, time.Unix(2, 0))
			if err == nil && r.Status.Ended() {
				t.Errorf("C-REC-1 %s became %s", r.Status, next.Status)
			}
			if err != nil && next.Status != r.Status {
				t.Errorf("a refused event changed %s to %s", r.Status, next.Status)
			}
			if r.Status == catalog.RecordInError && next.Status == catalog.RecordSucceeded {
				t.Error("C-REC-1 what is being rolled back succeeded")
			}
			if err == nil && next.Updated != time.Unix(2, 0) {
				t.Error("C-REC-3 UpdatedTime did not move")
			}
			r = next
		}
	})
}

func TestStates(t *testing.T) {
	for _, x := range []struct {
		name              string
		status            catalog.ProvisionedStatus
		stack             string
		ready, updateable string
	}{
		{"C-PP-14 available", catalog.Available, "s", "", ""},
		{"C-PP-15 tainted", catalog.Tainted, "s", "", ""},
		{"C-PP-15 in error with a stack", catalog.InError, "s", "", ""},
		{"C-PP-15 in error without one", catalog.InError, "", "", "Provisioned product pp-a is in status ERROR and has no stack that could be updated: terminate it"},
		{"C-PP-14 under change", catalog.UnderChange, "s", "Provisioned product pp-a is in status UNDER_CHANGE: wait until the operation on it has ended",
			"Provisioned product pp-a is in status UNDER_CHANGE: wait until the operation on it has ended"},
		{"C-PP-14 with a plan", catalog.PlanInProgress, "", "Provisioned product pp-a is in status PLAN_IN_PROGRESS: wait until the operation on it has ended",
			"Provisioned product pp-a is in status PLAN_IN_PROGRESS: wait until the operation on it has ended"},
	} {
		t.Run(x.name, func(t *testing.T) {
			p := catalog.ProvisionedProduct{ID: "pp-a", Status: x.status, PhysicalID: x.stack}
			if got := said("", p.Ready()); got != x.ready {
				t.Errorf("Ready: %q", got)
			}
			if got := said("", p.Updatable()); got != x.updateable {
				t.Errorf("Updatable: %q", got)
			}
		})
	}
}

func TestNameOf(t *testing.T) {
	for given, want := range map[string]string{
		"db": "db", "arn:aws:servicecatalog:us-east-1:111111111111:stack/db/pp-a": "db", "arn:aws:iam::111111111111:role/db": "arn:aws:iam::111111111111:role/db",
	} {
		if got := catalog.NameOf(given); got != want {
			t.Errorf("C-PP-10 %s is %s", given, got)
		}
	}
}

func TestCalled(t *testing.T) {
	p := catalog.ProvisionedProduct{ID: "pp-a", Account: "111111111111", Region: "us-east-1", Name: "db"}
	for given, want := range map[string]bool{
		"db": true, "DB": false, p.ARN(): true,
		"arn:aws:servicecatalog:us-east-1:111111111111:stack/db/pp-b": false, "arn:aws:servicecatalog:us-east-1:222222222222:stack/db/pp-a": false,
		"arn:aws:servicecatalog:eu-west-1:111111111111:stack/db/pp-a": false, "arn:aws:servicecatalog:us-east-1:111111111111:stack/db": false,
	} {
		if got := p.Called(given); got != want {
			t.Errorf("C-PP-10 %s: %v", given, got)
		}
	}
}

func TestProperties(t *testing.T) {
	p := catalog.ProvisionedProduct{Account: "111111111111"}
	for _, x := range []struct{ name, arn, want string }{
		{"C-PP-20 a user", "arn:aws:iam::111111111111:user/p/u", "arn:aws:iam::111111111111:user/p/u arn:aws:iam::111111111111:user/p/u"},
		{"C-PP-20 a role", "arn:aws:iam::111111111111:role/r", "arn:aws:iam::111111111111:role/r arn:aws:iam::111111111111:role/r"},
		{"C-PP-20 a session", "arn:aws:sts::111111111111:assumed-role/r/s", "arn:aws:iam::111111111111:role/r arn:aws:sts::111111111111:assumed-role/r/s"},
		{"C-PP-20 another account", "arn:aws:iam::222222222222:user/u", ""},
		{"C-PP-20 a group", "arn:aws:iam::111111111111:group/g", ""},
		{"C-PP-20 the root", "arn:aws:iam::111111111111:root", ""},
		{"C-PP-20 a session without a name", "arn:aws:sts::111111111111:assumed-role/r", ""},
		{"C-PP-20 no ARN", "u", ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			want := x.want
			if want == "" {
				want = "Invalid OWNER: " + x.arn + " must be the ARN of a user, a role or a role session of the same account"
			}
			q, err := p.SetOwner(x.arn)
			if got := said(fmt.Sprint(q.UserARN, " ", q.UserSession), err); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	t.Run("C-PP-20 a launch role is a role", func(t *testing.T) {
		q, err := p.SetLaunchRole("arn:aws:iam::222222222222:role/r")
		if err != nil || q.LaunchRole != "arn:aws:iam::222222222222:role/r" {
			t.Error(err)
		}
		if _, err := p.SetLaunchRole("arn:aws:sts::222222222222:assumed-role/r/s"); err == nil {
			t.Error("a session was taken")
		}
	})
}
