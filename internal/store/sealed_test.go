package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/seal"
	"portico/internal/store"
	"portico/internal/template"
	"portico/internal/testkit"
)

// launches are one row of every table that launches and stacks are in, each of which holds secrets.
type launches struct {
	record      catalog.Record
	plan        catalog.Plan
	provisioned catalog.ProvisionedProduct
	stack       store.Stack
	resource    store.StackResource
	changeSet   store.ChangeSet
	event       store.StackEvent
	export      store.Export
}

// manyLaunches is how many tables they are in.
const manyLaunches = 8

func newLaunches(secret string) launches {
	given := []catalog.Parameter{{Key: "Password", Value: secret}}
	bound := template.Bindings{{Key: "Password", Value: secret, Resolved: secret, NoEcho: true}}
	order := catalog.Order{Parameters: given, Before: given}
	return launches{
		record:      catalog.Record{ID: "rec-a", Account: sealAccount, Order: order, Work: catalog.Work{Values: given}, Created: began, Updated: began},
		plan:        catalog.Plan{ID: "plan-a", Account: sealAccount, Order: order, Work: catalog.Work{Values: given}, Created: began, Updated: began},
		provisioned: catalog.ProvisionedProduct{ID: "pp-a", Account: sealAccount, Name: "a", Parameters: given, Created: began},
		stack: store.Stack{ID: "arn:s", Account: sealAccount, Region: "us-east-1", Name: "s", Version: 1, Created: began,
			Work: store.StackWork{Definition: store.StackDefinition{Parameters: bound}, Outputs: []template.Result{{Key: "Out", Value: secret, NoEcho: true}}}},
		resource: store.StackResource{Stack: "arn:s", LogicalID: "R", N: 1, Updated: began,
			State: store.ResourceState{Copy: store.Copy{Properties: &template.Node{Kind: template.Scalar, Text: secret}}}},
		changeSet: store.ChangeSet{ID: "arn:c", Stack: "arn:s", Name: "c", Created: began, Detail: store.ChangeSetDetail{Definition: store.StackDefinition{Parameters: bound}}},
		event:     store.StackEvent{Stack: "arn:s", N: 12, At: began, Properties: secret},
		export:    store.Export{Account: sealAccount, Region: "us-east-1", Name: "x", Stack: "arn:s", Value: secret},
	}
}

func (l launches) insert(tx *store.Tx) error {
	_, stack := tx.InsertStack(l.stack)
	_, set := tx.InsertChangeSet(l.changeSet)
	return errors.Join(stack, set, tx.InsertRecord(l.record), tx.InsertPlan(l.plan), tx.InsertProvisioned(l.provisioned), tx.PutStackResource(l.resource), tx.InsertStackEvent(l.event), tx.PutExport(l.export))
}

// update writes all once more, but the change set and the event, which never change.
func (l launches) update(tx *store.Tx) error {
	l.stack.Version++
	ok, err := tx.UpdateStack(l.stack)
	if err == nil && !ok {
		err = errors.New("the stack was changed")
	}
	return errors.Join(err, tx.UpdateRecord(l.record), tx.UpdatePlan(l.plan), tx.UpdateProvisioned(l.provisioned), tx.PutStackResource(l.resource), tx.PutExport(l.export))
}

// reads checks that everything is read as it was written.
func (l launches) reads(t *testing.T, db *store.DB) {
	t.Helper()
	err := db.Read(context.Background(), func(tx *store.Tx) error {
		r, _, err1 := tx.Record(l.record.ID)
		p, _, err2 := tx.Plan(l.plan.ID)
		pp, _, err3 := tx.Provisioned(l.provisioned.ID)
		s, _, err4 := tx.Stack(l.stack.ID)
		rs, err5 := tx.StackResources(l.stack.ID)
		c, _, err6 := tx.ChangeSet(l.changeSet.ID)
		x, _, err7 := tx.Export(sealAccount, "us-east-1", "x")
		es, err8 := tx.StackEventsAfter(l.stack.ID, 0)
		if err := errors.Join(err1, err2, err3, err4, err5, err6, err7, err8); err != nil {
			return err
		}
		for what, pair := range map[string][2]any{
			"order": {l.record.Order, r.Order}, "work": {l.record.Work, r.Work}, "order of a plan": {l.plan.Order, p.Order}, "work of a plan": {l.plan.Work, p.Work},
			"parameters": {l.provisioned.Parameters, pp.Parameters}, "stack": {l.stack.Work, s.Work}, "resource": {l.resource.State, rs[0].State},
			"change set": {l.changeSet.Detail, c.Detail}, "export": {l.export, x}, "event": {l.event, es[0]},
		} {
			want, err1 := json.Marshal(pair[0])
			got, err2 := json.Marshal(pair[1])
			if d := cmp.Diff(string(want), string(got)); d != "" || errors.Join(err1, err2) != nil {
				return fmt.Errorf("%s: %s", what, d)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestSealedLaunches(t *testing.T) {
	a, b := seal.NewKey(), seal.NewKey()
	const secret = "what-nobody-may-read"
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		with := func(keys ...string) *store.DB {
			p := o
			p.Keys = ringOf(t, keys...)
			return testkit.Open(t, p)
		}
		l, first := newLaunches(secret), with(a)
		mustWrite(t, first, func(tx *store.Tx) error {
			return errors.Join(tx.InsertAccount(access.Account{ID: sealAccount, Status: access.AccountActive, Created: began}), l.insert(tx))
		})
		l.reads(t, first)
		t.Run("C-PP-13 no row holds a secret", func(t *testing.T) { hidden(t, o, secret) })

		both := with(b, a)
		mustWrite(t, both, l.update)
		l.stack.Version++
		l.reads(t, both)
		n, err := both.Reseal(t.Context(), nil)
		if err != nil || n != (store.Resealed{Launches: 2}) {
			t.Errorf("C-PP-13 only the change set and the event are still under the old key: %+v, %v", n, err)
		}
		last := with(b)
		if err := last.Seal(t.Context()); err != nil {
			t.Errorf("C-PP-13 a start without the old key: %v", err)
		}
		l.reads(t, last)

		again := with(a, b)
		if n, err = again.Reseal(t.Context(), nil); err != nil || n != (store.Resealed{Launches: manyLaunches}) {
			t.Errorf("C-PP-13 sealed anew: %+v, %v", n, err)
		}
		l.reads(t, first)
		mustWrite(t, first, func(tx *store.Tx) error {
			_, err := store.Exec(tx, `UPDATE launch_record SET work = work_order`)
			return err
		})
		err = first.Read(t.Context(), func(tx *store.Tx) error { _, _, err := tx.Record(l.record.ID); return err })
		if !errors.Is(err, seal.ErrBroken) {
			t.Errorf("C-PP-13 what was moved opens: %v", err)
		}
	})
}

// TestSealLaunchesAtUpgrade starts on rows from before launches were sealed.
func TestSealLaunchesAtUpgrade(t *testing.T) {
	const secret = "what-nobody-may-read"
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		l, db := newLaunches(secret), testkit.Open(t, o)
		mustWrite(t, db, func(tx *store.Tx) error {
			return errors.Join(tx.InsertAccount(access.Account{ID: sealAccount, Status: access.AccountActive, Created: began}), l.insert(tx))
		})
		mustWrite(t, db, func(tx *store.Tx) error { return store.OpenAll(tx) })
		if !strings.Contains(testkit.Dump(t, o), secret) {
			t.Fatal("the rows are not as they were before")
		}
		l.reads(t, db)
		if err := db.Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
		l.reads(t, db)
		t.Run("C-PP-13 a start seals what is plain", func(t *testing.T) { hidden(t, o, secret) })
	})
}
