package store_test

import (
	"context"
	"strings"
	"testing"

	"portico/internal/access"
	"portico/internal/store"
	"portico/internal/testkit"
)

const rootKey = "AKIAROOT000000000001"

// recalling is an embedded database with one connection for reading, so that every read meets what the last has kept.
func recalling(t *testing.T) (db *store.DB, o store.Options, read func() (secret string, asked int)) {
	o = testkit.SQLite(t)
	o.Conns, o.Keys = 1, testkit.Keys()
	db = testkit.Open(t, o)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(db.Write(t.Context(), func(tx *store.Tx) error {
		if err := tx.InsertAccount(access.Account{ID: outside, Status: access.AccountActive, Created: longAgo}); err != nil {
			return err
		}
		return tx.InsertAccessKey(access.AccessKey{ID: rootKey, Account: outside, Secret: "first", Status: access.KeyActive, Created: longAgo})
	}))
	n := 0
	db.Record(func(q string) {
		if !strings.HasPrefix(q, "PRAGMA") {
			n++
		}
	})
	return db, o, func() (secret string, asked int) {
		t.Helper()
		n = 0
		must(db.Read(context.Background(), func(tx *store.Tx) error {
			c, ok, err := tx.Credential(rootKey, "")
			if err != nil || !ok {
				return err
			}
			secret = c.Secret + " " + string(c.Status)
			_, err = tx.Grants(c.Caller)
			return err
		}))
		return secret, n
	}
}

// TestRecall lets a caller come again while the database changes, by the same process and by another.
func TestRecall(t *testing.T) {
	db, o, read := recalling(t)
	other := testkit.Open(t, o)
	expect := func(step, secret string, asked int) {
		t.Helper()
		if s, n := read(); s != secret || n != asked {
			t.Errorf("%s: read %q in %d statements, want %q in %d", step, s, n, secret, asked)
		}
	}
	change := func(by *store.DB, fn func(*store.Tx) error) {
		t.Helper()
		if err := by.Write(t.Context(), fn); err != nil {
			t.Fatal(err)
		}
	}
	expect("first", "first Active", 2)
	expect("again", "first Active", 0)
	change(db, func(tx *store.Tx) error {
		return tx.UpdateAccessKey(access.AccessKey{ID: rootKey, Account: outside, Secret: "second", Status: access.KeyInactive})
	})
	expect("after a change", "first Inactive", 2)
	expect("and again", "first Inactive", 0)
	change(other, func(tx *store.Tx) error {
		return tx.UpdateAccessKey(access.AccessKey{ID: rootKey, Account: outside, Status: access.KeyActive})
	})
	expect("after a change by another process", "first Active", 2)
	change(other, func(tx *store.Tx) error { return tx.DeleteAccessKey(rootKey) })
	expect("after a removal by another process", "", 1)
	expect("which nothing remembers", "", 0)
}

// TestRecallWithin looks from one snapshot: what changes meanwhile is not seen in it, and is seen in the next.
func TestRecallWithin(t *testing.T) {
	db, _, read := recalling(t)
	read()
	err := db.Read(t.Context(), func(tx *store.Tx) error {
		for range 2 {
			c, ok, err := tx.Credential(rootKey, "")
			if err != nil || !ok || c.Secret != "first" {
				t.Errorf("within a snapshot: %v, %v, %v", c.Secret, ok, err)
			}
			change := func(tx *store.Tx) error { return tx.DeleteAccessKey(rootKey) }
			if err := db.Write(context.Background(), change); err != nil {
				t.Fatal(err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if s, _ := read(); s != "" {
		t.Errorf("the next snapshot still has %q", s)
	}
}
