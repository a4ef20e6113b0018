package provision_test

import (
	"context"
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/catalog"
	"portico/internal/engine/fake"
	"portico/internal/jobs"
	"portico/internal/provision"
	"portico/internal/store"
	"portico/internal/testkit"
)

// lives are the ways of a record that workers die on.
func lives() map[string]func(w *world) catalog.RecordID {
	after := func(w *world, kind string, s *fake.Script) catalog.RecordID {
		w.accept(catalog.ProvisionRecord, "db", nil)
		w.settle(w.runner("before"))
		if s != nil {
			w.engine.Script("db", *s)
		}
		return w.accept(kind, "db", nil)
	}
	return map[string]func(w *world) catalog.RecordID{
		"provision": func(w *world) catalog.RecordID { return w.accept(catalog.ProvisionRecord, "db", nil) },
		"a longer one": func(w *world) catalog.RecordID {
			w.engine.Script("db", long(provision.Progress{State: provision.Succeeded, Outputs: []catalog.Output{{Key: "o", Value: "v"}}},
				provision.Running, provision.Running, provision.Running))
			return w.accept(catalog.ProvisionRecord, "db", nil)
		},
		"one that rolls back": func(w *world) catalog.RecordID {
			w.engine.Script("db", long(provision.Progress{State: provision.Failed, Reason: "no", RolledBack: true}, provision.Running, provision.RollingBack))
			return w.accept(catalog.ProvisionRecord, "db", nil)
		},
		"one that is refused": func(w *world) catalog.RecordID {
			return w.accept(catalog.ProvisionRecord, "db", func(r *catalog.Record) { r.Order.Parameters = nil })
		},
		"update":    func(w *world) catalog.RecordID { return after(w, catalog.UpdateRecord, nil) },
		"terminate": func(w *world) catalog.RecordID { return after(w, catalog.TerminateRecord, nil) },
		"a termination that fails": func(w *world) catalog.RecordID {
			return after(w, catalog.TerminateRecord, new(long(provision.Progress{State: provision.Failed, Reason: "no"}, provision.Running)))
		},
	}
}

// deadline is where a worker dies: before or after the engine has done what the n-th call asks for.
type deadline struct {
	n     int
	after bool
}

// die lets the worker that makes the n-th call from now on hang there, which to everybody else is as if it were dead. It
// tells when it has come there, and what is to be closed when the worker comes back to life.
func (w *world) die(d deadline) (there <-chan struct{}, revive chan<- struct{}) {
	hung, life := make(chan struct{}), make(chan struct{})
	n := 0
	stop := func(fake.Call) error {
		if n++; n == d.n {
			close(hung)
			<-life
		}
		return nil
	}
	if d.after {
		w.engine.Around(nil, stop)
	} else {
		w.engine.Around(stop, nil)
	}
	return hung, life
}

// TestKill lets a worker die at every call of the engine, before and after it has done its work, and another take over.
// Whatever there is to see afterwards is as if nothing had happened, and stays so when the first one wakes up.
func TestKill(t *testing.T) {
	for name, begin := range lives() {
		t.Run("C-LAUNCH-20 "+name, func(t *testing.T) {
			testkit.Databases(t, func(t *testing.T, o store.Options) {
				db := testkit.Open(t, o)
				want, calls := undisturbed(t, begin)
				newWorld(t, db)
				for n := 1; n <= calls; n++ {
					for _, after := range []bool{false, true} {
						w := emptied(t, db)
						id := begin(w)
						w.dies(deadline{n, after}, id, want)
					}
				}
			})
		})
	}
}

// result is what there is to see of a record and of what the engine made.
type result struct {
	Seen  outcome
	Stack string
}

func (w *world) result(id catalog.RecordID) result {
	o := w.outcome(id)
	for _, text := range append([]*string{&o.Errors, &o.Message}, pointers(o.Steps)...) {
		*text = requestID.ReplaceAllString(*text, "Request ID")
	}
	return result{o, fmt.Sprint(w.engine.Stacks()["SC-111111111111-pp-db"])}
}

// requestID differs from record to record.
var requestID = regexp.MustCompile(`Request ID: [-0-9a-f]*`)

func pointers(list []string) (out []*string) {
	for i := range list {
		out = append(out, &list[i])
	}
	return out
}

// undisturbed is the result when nobody dies, and how many calls of the engine it takes.
func undisturbed(t *testing.T, begin func(*world) catalog.RecordID) (result, int) {
	w := newWorld(t, testkit.Open(t, testkit.SQLite(t)))
	id := begin(w)
	before := len(w.engine.Calls())
	w.settle(w.runner("one"))
	return w.result(id), len(w.engine.Calls()) - before
}

// emptied is a world on a database that has had others before.
func emptied(t *testing.T, db *store.DB) *world {
	t.Helper()
	w := bareWorld(t, db)
	w.write(func(tx *store.Tx) error { return tx.DeleteProvisioned("pp-db") })
	return w
}

// dies lets a worker die and another take over.
func (w *world) dies(d deadline, id catalog.RecordID, want result) {
	w.Helper()
	there, revive := w.die(d)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		dying := w.runner("dying")
		for { // it waits for what is due later, as a running worker does
			if _, err := dying.Drain(context.Background()); err != nil || w.outcome(id).Record == want.Seen.Record {
				return
			}
			w.advance(time.Second)
		}
	}()
	select {
	case <-there:
	case <-ended:
		w.Fatalf("call %d was not made", d.n)
	}
	w.engine.Around(nil, nil)
	w.advance(jobs.DefaultLease)
	w.settle(w.runner("heir"))
	if diff := cmp.Diff(want, w.result(id)); diff != "" {
		w.Errorf("died at call %d, after %t (-want +got)\n%s", d.n, d.after, diff)
	}
	close(revive)
	<-ended
	if diff := cmp.Diff(want, w.result(id)); diff != "" {
		w.Errorf("died at call %d, after %t, and woke up (-want +got)\n%s", d.n, d.after, diff)
	}
}

// TestKillPlan is TestKill for the making of a plan, its execution and its deletion: the whole life of one plan, in which
// a worker dies at every call.
func TestKillPlan(t *testing.T) {
	worlds(t, func(w *world) {
		w.planned("calm", deadline{})
		calls := len(w.engine.Calls())
		for n := 1; n <= calls; n++ {
			for _, after := range []bool{false, true} {
				name := fmt.Sprintf("db-%d-%t", n, after)
				w.planned(name, deadline{n, after})
				if m := w.engine.Stacks()["SC-111111111111-pp-"+name]; m.Times != 1 {
					t.Errorf("C-LAUNCH-20 died at call %d, after %t: the stack was made %d times", n, after, m.Times)
				}
			}
		}
	})
}

// planned makes a plan, executes it and makes and deletes another, while a worker dies once, and wakes up in the end. At
// call 0 nobody dies.
func (w *world) planned(name string, d deadline) {
	w.Helper()
	there, revive := w.die(d)
	var dead []chan struct{}
	live := func() {
		ended := make(chan struct{})
		go func() { defer close(ended); w.runner("dying").Drain(context.Background()) }()
		select {
		case <-there:
			there, dead = nil, append(dead, ended)
			w.engine.Around(nil, nil)
			w.advance(jobs.DefaultLease)
			w.settle(w.runner("heir"))
		case <-ended:
		}
	}
	id := w.plan(name, "")
	live()
	w.status(id, catalog.PlanCreated)
	w.write(func(tx *store.Tx) error {
		p, _, err := tx.Plan(id)
		if err == nil {
			p, err = p.Advance(catalog.Begun, "", w.clock())
		}
		if err != nil {
			return err
		}
		return tx.UpdatePlan(p)
	})
	w.accept(catalog.ProvisionRecord, name, func(r *catalog.Record) { r.Plan = id; r.Order.Was = "" })
	live()
	w.status(id, catalog.PlanExecuted)
	other := w.plan(name, catalog.Available)
	live()
	w.write(func(tx *store.Tx) error {
		p, _, err := tx.Plan(other)
		if err != nil {
			return err
		}
		p.Deleting, p.Work = true, catalog.Work{}
		if err := tx.UpdatePlan(p); err != nil {
			return err
		}
		return w.flow.StartPlan(tx, p)
	})
	live()
	w.status(other, "")
	close(revive)
	for _, ended := range dead {
		<-ended
	}
	w.status(id, catalog.PlanExecuted)
	w.status(other, "")
}

// plan stores a plan for a provisioned product, which it makes if it was nothing.
func (w *world) plan(name string, was catalog.ProvisionedStatus) catalog.PlanID {
	w.Helper()
	id := catalog.PlanID(w.ids.New("plan"))
	w.write(func(tx *store.Tx) error {
		pp := catalog.ProvisionedProduct{ID: catalog.ProvisionedProductID("pp-" + name), Account: home, Region: "us-east-1", Name: name, Status: catalog.PlanInProgress,
			Kind: catalog.StackKind, ProductType: catalog.CloudFormation, Product: "prod-a", Artifact: "pa-a", StackName: "SC-111111111111-pp-" + name}
		if was == "" {
			if err := tx.InsertProvisioned(pp); err != nil {
				return err
			}
		}
		p := catalog.Plan{ID: id, Account: home, Region: "us-east-1", Name: "p", ProvisionedProduct: pp.ID, ProvisionedName: name, Product: "prod-a", Artifact: "pa-a",
			Status: catalog.PlanCreating, Created: w.clock(), Updated: w.clock(), Order: catalog.Order{Caller: caller, ProductType: catalog.CloudFormation, Kind: pp.Kind,
				Stack: home, StackName: pp.StackName, Was: was, Parameters: named("Name", "n")}}
		if err := tx.InsertPlan(p); err != nil {
			return err
		}
		return w.flow.StartPlan(tx, p)
	})
	return id
}

// status shows how far a plan is; nothing for one that is no more.
func (w *world) status(id catalog.PlanID, want catalog.PlanStatus) {
	w.Helper()
	w.must(w.db.Read(context.Background(), func(tx *store.Tx) error {
		p, ok, err := tx.Plan(id)
		if got := p.Status; err == nil && (ok != (want != "") || got != want) {
			w.Errorf("C-PLAN-5 plan %s is %q, want %q", id, got, want)
		}
		return err
	}))
}
