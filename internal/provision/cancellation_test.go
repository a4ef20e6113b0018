package provision_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"portico/internal/catalog"
	"portico/internal/engine/fake"
	"portico/internal/fault"
	"portico/internal/provision"
	"portico/internal/store"
)

// cancel asks for a record to be given up, and tells its status then.
func (w *world) cancel(id catalog.RecordID) (status string, err error) {
	err = w.db.Write(context.Background(), func(tx *store.Tx) error {
		r, _, err := tx.Record(id)
		if err == nil {
			r, err = w.flow.Cancel(tx, r, caller.ARN)
		}
		status = string(r.Status)
		return err
	})
	return status, err
}

// drain does what is due now.
func (w *world) drain() {
	w.Helper()
	_, err := w.runner("one").Drain(context.Background())
	w.must(err)
}

// forever is a script that never ends by itself.
var forever = fake.Script{Progress: []provision.Progress{{PhysicalID: "arn:stack", Again: time.Hour}}}

const cancelled = "InternalFailure: Cancelled by arn:aws:iam::111111111111:user/u"

func TestCancel(t *testing.T) {
	for _, x := range []struct {
		name    string
		update  bool
		script  fake.Script
		begun   bool // before it is given up
		answer  string
		want    string
		calls   int // of the engine, from its beginning on
		cleared bool
	}{
		{"C-REC-7 of what nothing was begun of nothing is made", false, fake.Script{}, false, "FAILED", "FAILED ERROR " + cancelled, 0, true},
		{"C-REC-7 a launch under way is put back", false, forever, true, "IN_PROGRESS", "FAILED ERROR " + cancelled, 3, false},
		{"C-REC-7 an update under way is put back", true, forever, true, "IN_PROGRESS", "FAILED TAINTED " + cancelled, 3, false},
		{"C-REC-7 an update that nothing was begun of leaves what is there", true, fake.Script{}, false, "FAILED", "FAILED TAINTED " + cancelled, 0, false},
		{"C-REC-7 what is too late ends as it does", false, fake.Script{Progress: []provision.Progress{{Again: time.Hour}, {State: provision.Succeeded, PhysicalID: "arn:x"}}},
			true, "IN_PROGRESS", "SUCCEEDED AVAILABLE ", 3, false},
	} {
		t.Run(x.name, func(t *testing.T) {
			worlds(t, func(w *world) {
				kind := catalog.ProvisionRecord
				if x.update {
					w.accept(kind, "db", nil)
					w.settle(w.runner("one"))
					kind = catalog.UpdateRecord
				}
				earlier := len(w.engine.Calls())
				if x.begun {
					w.engine.Script("db", x.script)
				}
				id := w.accept(kind, "db", nil)
				if x.begun {
					w.drain()
				}
				status, err := w.cancel(id)
				if err != nil || status != x.answer {
					t.Errorf("the answer is %s, %v, want %s", status, err, x.answer)
				}
				w.drain()
				o := w.outcome(id)
				if got := o.Record + " " + o.Provisioned + " " + o.Errors; got != x.want {
					t.Errorf("it comes to %s, want %s", got, x.want)
				}
				if n := len(w.engine.Calls()) - earlier; n != x.calls {
					t.Errorf("the engine was called %d times, want %d", n, x.calls)
				}
				if x.cleared && o.PhysicalID != "" {
					t.Errorf("it has %s", o.PhysicalID)
				}
				id = w.accept(catalog.TerminateRecord, "db", nil)
				w.settle(w.runner("one"))
				if o := w.outcome(id); o.Provisioned != "gone" {
					t.Errorf("it cannot be terminated: %+v", o)
				}
			})
		})
	}
}

func TestCancelRefused(t *testing.T) {
	worlds(t, func(w *world) {
		id := w.accept(catalog.ProvisionRecord, "db", nil)
		w.settle(w.runner("one"))
		refused := func(name string, id catalog.RecordID, text string) {
			w.Helper()
			_, err := w.cancel(id)
			w.is(name, fmt.Sprint(fault.Is(err, fault.Invalid), " ", err), "true "+text)
		}
		refused("C-REC-7 what has ended", id, fmt.Sprintf("Record %s is in status SUCCEEDED: what has ended cannot be cancelled", id))
		w.engine.Script("db", forever)
		id = w.accept(catalog.TerminateRecord, "db", nil)
		refused("C-REC-7 a termination has no way back", id,
			fmt.Sprintf("Record %s is of type TERMINATE_PROVISIONED_PRODUCT: only PROVISION_PRODUCT and UPDATE_PROVISIONED_PRODUCT can be cancelled", id))
	})
}

func TestCancelTwice(t *testing.T) {
	worlds(t, func(w *world) {
		w.engine.Script("db", fake.Script{Stubborn: true, Progress: forever.Progress})
		id := w.accept(catalog.ProvisionRecord, "db", nil)
		w.drain()
		first := w.clock()
		for range 2 {
			_, err := w.cancel(id)
			w.must(err)
			w.advance(time.Minute)
		}
		w.must(w.db.Read(context.Background(), func(tx *store.Tx) error {
			r, _, err := tx.Record(id)
			w.is("C-REC-7 the first who asks is noted", r.Cancelled.String(), first.String())
			return err
		}))
		w.settle(w.runner("one"))
		w.is("C-REC-7 what ended by it", w.outcome(id).Record, "FAILED")
		status, err := w.cancel(id)
		w.is("C-REC-7 asked again of what it has ended", fmt.Sprint(status, " ", err), "FAILED <nil>")
	})
}

// TestCancelDuring gives a record up while its first step is under way: what the step makes is put back by the next.
func TestCancelDuring(t *testing.T) {
	worlds(t, func(w *world) {
		w.engine.Script("db", forever)
		id := w.accept(catalog.ProvisionRecord, "db", nil)
		once := false
		w.engine.Around(nil, func(c fake.Call) error {
			if once {
				return nil
			}
			once = true
			_, err := w.cancel(id)
			return err
		})
		w.drain()
		w.is("C-REC-7 given up during a step", w.outcome(id).Errors, cancelled)
	})
}

func TestOverdue(t *testing.T) {
	worlds(t, func(w *world) {
		served := w.flow.Engines[catalog.CloudFormation]
		served.Timeout = time.Hour
		w.flow.Engines[catalog.CloudFormation] = served
		step := []provision.Progress{{Again: 10 * time.Minute}}
		w.engine.Script("db", fake.Script{Progress: step})
		w.engine.Script("cache", fake.Script{Progress: step, Stubborn: true})
		for _, x := range []struct {
			name, product string
			after         time.Duration
		}{
			{"C-ENG-13 what does not end in time is given up", "db", 70 * time.Minute},
			{"C-ENG-13 what cannot be put back in as much time again ends as it is", "cache", 130 * time.Minute},
		} {
			began := w.clock()
			id := w.accept(catalog.ProvisionRecord, x.product, nil)
			w.settle(w.runner("one"))
			w.is(x.name, fmt.Sprint(w.clock().Sub(began), " ", w.outcome(id).Errors), fmt.Sprint(x.after, " InternalFailure: The operation did not end within 1h0m0s"))
		}
	})
}
