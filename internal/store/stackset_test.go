package store_test

import (
	"context"
	"errors"
	"testing"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/seal"
	"portico/internal/store"
	"portico/internal/template"
	"portico/internal/testkit"
)

// TestSealStackSets writes stack sets whose parameters are secret, and seals them anew.
func TestSealStackSets(t *testing.T) {
	const secret = "what-nobody-may-read"
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		a, b := seal.NewKey(), seal.NewKey()
		o.Keys = ringOf(t, a)
		set := store.StackSet{ID: "arn:set", Account: sealAccount, Region: "us-east-1", Name: "set", Status: "ACTIVE", Created: began,
			Work: store.StackSetWork{Definition: store.StackDefinition{Parameters: template.Bindings{{Key: "Password", Value: secret, Resolved: secret, NoEcho: true}}}}}
		op := store.StackSetOperation{StackSet: set.ID, ID: "op", Action: "CREATE", Status: "RUNNING", Created: began, Detail: store.StackSetDetail{Request: secret}}
		instance := store.StackInstance{StackSet: set.ID, Account: sealAccount, Region: "us-east-1", Name: "StackSet-set-1", Status: "OUTDATED", Detailed: "PENDING",
			Overrides: []catalog.Parameter{{Key: "Password", Value: secret}}}
		db := testkit.Open(t, o)
		mustWrite(t, db, func(tx *store.Tx) error {
			_, err1 := tx.InsertStackSet(set)
			_, err2 := tx.InsertStackSetOperation(op)
			return errors.Join(tx.InsertAccount(access.Account{ID: sealAccount, Status: access.AccountActive, Created: began}), err1, err2, tx.PutStackInstance(instance))
		})
		reads := func(db *store.DB) {
			t.Helper()
			err := db.Read(context.Background(), func(tx *store.Tx) error {
				s, _, err1 := tx.StackSetNamed(sealAccount, "us-east-1", "set")
				p, _, err2 := tx.StackSetOperation(set.ID, "op")
				i, _, err3 := tx.StackInstanceNamed(sealAccount, "us-east-1", instance.Name)
				if err := errors.Join(err1, err2, err3); err != nil {
					return err
				}
				if s.Work.Definition.Parameters[0].Value != secret || p.Detail.Request != secret || i.Overrides[0].Value != secret {
					t.Errorf("C-PP-13 read: %+v, %+v, %+v", s.Work, p.Detail, i.Overrides)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
		t.Run("C-PP-13 nothing is plain", func(t *testing.T) { hidden(t, o, secret) })
		reads(db)
		mustWrite(t, db, func(tx *store.Tx) error {
			op.Version++
			ok, err := tx.UpdateStackSetOperation(op)
			if late, err := tx.UpdateStackSetOperation(op); late || err != nil {
				t.Errorf("C-LAUNCH-20 a late write: %t, %v", late, err)
			}
			return errors.Join(err, tx.UpdateStackSet(set), tx.PutStackInstance(instance), map[bool]error{false: errors.New("not written")}[ok])
		})
		t.Run("C-PP-13 nor once it is written again", func(t *testing.T) { hidden(t, o, secret) })
		both := o
		both.Keys = ringOf(t, b, a)
		n, err := testkit.Open(t, both).Reseal(t.Context(), nil)
		if err != nil || n != (store.Resealed{Launches: 3}) {
			t.Errorf("C-PP-13 sealed anew: %+v, %v", n, err)
		}
		only := o
		only.Keys = ringOf(t, b)
		reads(testkit.Open(t, only))
	})
}
