package storetest

import (
	"context"
	"errors"

	"portico/internal/store"
)

// snapshots shows that every Read of a Snapshot sees one state, that its own refusal comes back untouched, and that it
// does not write.
func (s suite) snapshots() {
	id, value := s.counter(1)
	err := s.db.Snapshot(context.Background(), func(ctx context.Context) error {
		for range 2 {
			s.must(s.db.Read(ctx, func(tx *store.Tx) error {
				if n, err := s.get(tx, id); err != nil || n != 1 {
					s.t.Errorf("got %d (%v), want 1: what was when the snapshot was taken", n, err)
				}
				return nil
			}))
			s.must(s.write(func(tx *store.Tx) error { return s.set(tx, id, 2) }))
		}
		func() {
			defer func() {
				if recover() == nil {
					s.t.Error("a Write with a snapshot's context did not panic")
				}
			}()
			s.db.Write(ctx, func(tx *store.Tx) error { return s.set(tx, id, 3) })
		}()
		return errRefused
	})
	if !errors.Is(err, errRefused) {
		s.t.Errorf("got %v, want the function's own error", err)
	}
	if n := value(); n != 2 {
		s.t.Errorf("got %d after the snapshot, want 2", n)
	}
}
