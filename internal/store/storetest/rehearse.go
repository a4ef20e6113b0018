package storetest

import (
	"context"
	"errors"
	"sync"

	"portico/internal/store"
)

func (s suite) rehearsal(fn func(*store.DB) error) error {
	return s.db.Rehearse(context.Background(), fn)
}

// add is a write of one database that raises a counter by one.
func (s suite) add(db *store.DB, id int64) error {
	return db.Write(context.Background(), func(tx *store.Tx) error {
		n, err := s.get(tx, id)
		if err != nil {
			return err
		}
		return s.set(tx, id, n+1)
	})
}

// seen is a counter as one database has it.
func (s suite) seen(db *store.DB, id int64) (n int64) {
	s.t.Helper()
	s.must(db.Read(context.Background(), func(tx *store.Tx) (err error) { n, err = s.get(tx, id); return err }))
	return n
}

func (s suite) expect(what string, got, want int64) {
	s.t.Helper()
	if got != want {
		s.t.Errorf("%s: counter is %d, want %d", what, got, want)
	}
}

func (s suite) rehearse() {
	id, value := s.counter(1)
	var kept *store.DB
	s.must(s.rehearsal(func(db *store.DB) error {
		kept = db
		s.must(s.add(db, id))
		return s.add(db, id)
	}))
	s.expect("afterwards", value(), 1)
	if s.add(kept, id) == nil {
		s.t.Error("a rehearsal that has ended still writes")
	}
	kept.Close() // closes nothing
	s.must(s.add(s.db, id))
	s.expect("after a real write", value(), 2)
}

func (s suite) rehearseReads() {
	id, value := s.counter(1)
	s.must(s.rehearsal(func(db *store.DB) error {
		s.must(s.add(db, id))
		s.expect("inside", s.seen(db, id), 2)
		s.expect("outside", value(), 1)
		err := db.Write(context.Background(), func(tx *store.Tx) error {
			s.must(s.set(tx, id, 5))
			s.must(s.add(db, id)) // a Write inside a Write
			n, err := s.get(tx, id)
			s.expect("in the outer write", n, 6)
			return err
		})
		return err
	}))
	if s.rehearsal(func(db *store.DB) error {
		return db.Read(context.Background(), func(tx *store.Tx) error { _, err := s.Exec(tx, `DELETE FROM counter`); return err })
	}) == nil {
		s.t.Error("a Read of a rehearsal wrote")
	}
	s.expect("afterwards", value(), 1)
}

func (s suite) rehearseRefused() {
	id, _ := s.counter(1)
	s.must(s.rehearsal(func(db *store.DB) error {
		s.must(s.add(db, id))
		err := db.Write(context.Background(), func(tx *store.Tx) error {
			s.must(s.set(tx, id, 9))
			return errRefused
		})
		if err != errRefused {
			s.t.Errorf("refused with %v", err)
		}
		func() {
			defer func() { recover() }()
			db.Write(context.Background(), func(tx *store.Tx) error { s.must(s.set(tx, id, 10)); panic(errRefused) })
		}()
		s.expect("after the refusals", s.seen(db, id), 2)
		return s.add(db, id)
	}))
}

func (s suite) rehearseFails() {
	id, value := s.counter(1)
	if err := s.rehearsal(func(db *store.DB) error { s.must(s.add(db, id)); return errRefused }); err != errRefused {
		s.t.Errorf("got %v, want the function's own error", err)
	}
	func() {
		defer func() {
			if r := recover(); r != errRefused {
				s.t.Errorf("recovered %v", r)
			}
		}()
		s.rehearsal(func(db *store.DB) error {
			return db.Write(context.Background(), func(tx *store.Tx) error { s.must(s.set(tx, id, 2)); panic(errRefused) })
		})
	}()
	err := s.rehearsal(func(db *store.DB) error {
		db.Write(context.Background(), func(tx *store.Tx) error {
			_, err := s.Exec(tx, `INSERT INTO counter (id, n) VALUES ($1, 1)`, id)
			return err
		})
		return nil // the statement that failed has failed all of it
	})
	if err == nil {
		s.t.Error("a rehearsal with a failed statement went well")
	}
	ctx, cancel := context.WithCancel(context.Background())
	err = s.db.Rehearse(ctx, func(db *store.DB) error {
		cancel()
		return s.add(db, id)
	})
	if !errors.Is(err, context.Canceled) {
		s.t.Errorf("after the end of the context: %v", err)
	}
	func() {
		defer func() {
			if recover() == nil {
				s.t.Error("a Write of the database itself inside its rehearsal did not panic")
			}
		}()
		s.rehearsal(func(*store.DB) error { return s.add(s.db, id) })
	}()
	s.expect("afterwards", value(), 1)
}

func (s suite) rehearseTwice() {
	id, value := s.counter(1)
	s.must(s.rehearsal(func(db *store.DB) error {
		s.must(s.add(db, id))
		s.must(db.Rehearse(context.Background(), func(inner *store.DB) error {
			s.must(s.add(inner, id))
			s.expect("inside", s.seen(inner, id), 3)
			return nil
		}))
		s.expect("back outside", s.seen(db, id), 2)
		return s.add(db, id)
	}))
	s.expect("afterwards", value(), 1)
}

// rehearseAmong lets rehearsals and writers share commits and conflict: every write counts and no rehearsal does.
func (s suite) rehearseAmong() {
	const workers, times = 4, 25
	id, value := s.counter(0)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range times {
				if err := s.add(s.db, id); err != nil {
					s.t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range times {
				err := s.rehearsal(func(db *store.DB) error {
					if err := s.add(db, id); err != nil {
						return err
					}
					return s.add(db, id)
				})
				if err != nil {
					s.t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	s.expect("afterwards", value(), workers*times)
}
