package store_test

import (
	"context"
	"testing"

	"portico/internal/store"
)

// TestGroupRehearses puts rehearsals between writers that share a commit: the writers keep what they wrote.
func TestGroupRehearses(t *testing.T) {
	g := newGroup(t)
	first := g.first(nil)
	rehearse := func(fn func(*store.DB) error) *error {
		result := new(error)
		g.wg.Go(func() {
			defer func() { recover() }()
			*result = g.db.Rehearse(context.Background(), fn)
		})
		return result
	}
	insert := func(db *store.DB, id int) error { return db.Write(context.Background(), g.insert(id)) }
	good := rehearse(func(db *store.DB) error {
		n := 0
		err := db.Read(context.Background(), func(tx *store.Tx) error {
			ids, err := store.Texts(tx, `SELECT CAST(id AS TEXT) FROM item`)
			n = len(ids)
			return err
		})
		g.expect("what a rehearsal sees of the group", n, 1)
		if err != nil {
			return err
		}
		return insert(db, 1)
	})
	g.queued(1)
	between := g.start(context.Background(), g.insert(1)) // the id that was rehearsed is free
	g.queued(2)
	refused := rehearse(func(db *store.DB) error {
		if err := insert(db, 2); err != nil {
			return err
		}
		return errMine
	})
	g.queued(3)
	broken := rehearse(func(db *store.DB) error { return insert(db, 0) })
	g.queued(4)
	rehearse(func(db *store.DB) error {
		return db.Write(context.Background(), func(tx *store.Tx) error { g.insert(3)(tx); panic("oh") })
	})
	g.queued(5)
	after := g.start(context.Background(), g.insert(4))
	g.queued(6)
	g.expect("items", g.finish(), "0 1 4")
	g.expect("first", *first, nil)
	g.expect("good", *good, nil)
	g.expect("between", *between, nil)
	g.expect("refused", *refused, errMine)
	g.expect("after", *after, nil)
	if *broken == nil {
		t.Error("a rehearsal with a failed statement went well")
	}
}
