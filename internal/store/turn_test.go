package store_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"portico/internal/store"
	"portico/internal/testkit"
)

// groupTest is a SQLite database on which one writer holds the turn until it is told to go on, so that those who come
// meanwhile share a commit with it.
type groupTest struct {
	t      *testing.T
	db     *store.DB
	resume chan struct{}
	wg     sync.WaitGroup
}

func newGroup(t *testing.T) *groupTest {
	g := &groupTest{t: t, db: testkit.Open(t, store.Options{Dir: t.TempDir()}), resume: make(chan struct{})}
	for _, q := range []string{
		`CREATE TABLE item (id BIGINT PRIMARY KEY)`,
		`CREATE TABLE owed (item BIGINT NOT NULL REFERENCES item (id) DEFERRABLE INITIALLY DEFERRED)`,
	} {
		if err := g.db.Write(t.Context(), func(tx *store.Tx) error { _, err := store.Exec(tx, q); return err }); err != nil {
			t.Fatal(err)
		}
	}
	return g
}

// first starts the writer that the others wait for.
func (g *groupTest) first(err error) (result *error) {
	inside := make(chan struct{})
	result = g.start(context.Background(), func(tx *store.Tx) error {
		_, e := store.Exec(tx, `INSERT INTO item (id) VALUES (0)`)
		close(inside)
		<-g.resume
		return errors.Join(err, e)
	})
	<-inside
	return result
}

// start starts a writer; its result may be read after finish.
func (g *groupTest) start(ctx context.Context, fn func(*store.Tx) error) *error {
	result := new(error)
	g.wg.Go(func() {
		defer func() {
			if r := recover(); r != nil {
				*result = fmt.Errorf("panic: %v", r)
			}
		}()
		*result = g.db.Write(ctx, fn)
	})
	return result
}

// queued waits until n writers wait.
func (g *groupTest) queued(n int) {
	for g.db.Waiting() != n {
		runtime.Gosched()
	}
}

func (g *groupTest) insert(id int) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		_, err := store.Exec(tx, `INSERT INTO item (id) VALUES ($1)`, id)
		return err
	}
}

// finish lets the writers go on and returns what is in the table once all are done.
func (g *groupTest) finish() string {
	g.t.Helper()
	close(g.resume)
	g.wg.Wait()
	return g.items()
}

func (g *groupTest) items() (list string) {
	g.t.Helper()
	if err := g.db.Read(context.Background(), func(tx *store.Tx) error {
		ids, err := store.Texts(tx, `SELECT CAST(id AS TEXT) FROM item ORDER BY id`)
		list = strings.Join(ids, " ")
		return err
	}); err != nil {
		g.t.Fatal(err)
	}
	return list
}

func (g *groupTest) expect(what string, got, want any) {
	g.t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		g.t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

var errMine = errors.New("mine")

func TestGroupErrorLeavesOthers(t *testing.T) {
	g := newGroup(t)
	first := g.first(nil)
	before := g.start(context.Background(), g.insert(1))
	g.queued(1)
	bad := g.start(context.Background(), func(tx *store.Tx) error {
		if err := g.insert(2)(tx); err != nil {
			return err
		}
		return errMine
	})
	g.queued(2)
	broken := g.start(context.Background(), func(tx *store.Tx) error {
		g.insert(3)(tx)
		g.insert(1)(tx) // a duplicate, and its error is not passed on
		return nil
	})
	g.queued(3)
	after := g.start(context.Background(), g.insert(4))
	g.queued(4)
	g.expect("items", g.finish(), "0 1 4")
	g.expect("first", *first, nil)
	g.expect("before", *before, nil)
	g.expect("bad", *bad, errMine)
	g.expect("after", *after, nil)
	if *broken == nil {
		t.Error("a write with a failed statement was acknowledged")
	}
}

func TestGroupFirstFails(t *testing.T) {
	g := newGroup(t)
	first := g.first(errMine)
	next := g.start(context.Background(), g.insert(1))
	g.queued(1)
	g.expect("items", g.finish(), "1")
	g.expect("first", *first, errMine)
	g.expect("next", *next, nil)
}

func TestGroupPanic(t *testing.T) {
	g := newGroup(t)
	first := g.first(nil)
	bad := g.start(context.Background(), func(tx *store.Tx) error {
		g.insert(1)(tx)
		panic("oh")
	})
	g.queued(1)
	gone := g.start(context.Background(), func(tx *store.Tx) error {
		g.insert(2)(tx)
		runtime.Goexit() // what t.FailNow does
		return nil
	})
	g.queued(2)
	after := g.start(context.Background(), g.insert(3))
	g.queued(3)
	g.expect("items", g.finish(), "0 3")
	g.expect("first", *first, nil)
	g.expect("bad", *bad, "panic: oh")
	g.expect("gone", *gone, nil)
	g.expect("after", *after, nil)
}

func TestGroupContext(t *testing.T) {
	g := newGroup(t)
	first := g.first(nil)
	ctx, cancel := context.WithCancel(context.Background())
	bad := g.start(ctx, func(*store.Tx) error { t.Error("it ran"); return nil })
	g.queued(1)
	after := g.start(context.Background(), g.insert(1))
	g.queued(2)
	cancel()
	g.queued(1) // it left without waiting for the first
	g.expect("items", g.finish(), "0 1")
	g.expect("first", *first, nil)
	g.expect("bad", *bad, context.Canceled)
	g.expect("after", *after, nil)
}

// TestGroupContextRace cancels writers at any moment, also while they are being given the turn.
func TestGroupContextRace(t *testing.T) {
	g := newGroup(t)
	results := map[int]*error{}
	for i := range 500 {
		ctx, cancel := context.WithCancel(context.Background())
		results[i] = g.start(ctx, g.insert(i))
		g.wg.Go(cancel)
	}
	kept := map[string]bool{}
	for _, id := range strings.Fields(g.finish()) {
		kept[id] = true
	}
	for i, err := range results {
		if (*err == nil) != kept[fmt.Sprint(i)] {
			t.Errorf("write %d returned %v, kept is %v", i, *err, kept[fmt.Sprint(i)])
		}
	}
	g.expect("a write after all that", g.db.Write(context.Background(), g.insert(1000)), nil)
}

func TestGroupCommitFails(t *testing.T) {
	g := newGroup(t)
	first := g.first(nil)
	owing := g.start(context.Background(), func(tx *store.Tx) error {
		_, err := store.Exec(tx, `INSERT INTO owed (item) VALUES (99)`) // fails when it is committed
		return err
	})
	g.queued(1)
	refused := g.start(context.Background(), func(tx *store.Tx) error {
		n, _, err := store.Number(tx, `SELECT count(*) FROM item WHERE id = 0`)
		if err == nil && n == 1 {
			return errMine // because of a row that will not have existed
		}
		return err
	})
	g.queued(2)
	g.expect("items", g.finish(), "")
	for name, err := range map[string]error{"first": *first, "owing": *owing, "refused": *refused} {
		if err == nil || !strings.Contains(err.Error(), "commit: ") {
			t.Errorf("%s: got %v, want the error of the commit", name, err)
		}
	}
	g.expect("the next write", g.db.Write(context.Background(), g.insert(5)), nil)
	g.expect("items", g.items(), "5")
}

// TestGroupLost takes the transaction away from under a writer, as SQLite itself does when the disk is full.
func TestGroupLost(t *testing.T) {
	g := newGroup(t)
	first := g.first(nil)
	bad := g.start(context.Background(), func(tx *store.Tx) error {
		if err := g.insert(1)(tx); err != nil {
			return err
		}
		_, err := store.Exec(tx, `ROLLBACK`)
		return err
	})
	g.queued(1)
	after := g.start(context.Background(), g.insert(2))
	g.queued(2)
	g.expect("items", g.finish(), "2")
	if *first == nil || *bad == nil {
		t.Errorf("acknowledged, but lost: %v, %v", *first, *bad)
	}
	g.expect("after", *after, nil)
}

func TestGroupIsBounded(t *testing.T) {
	g := newGroup(t)
	first := g.first(nil)
	owing := g.start(context.Background(), func(tx *store.Tx) error {
		_, err := store.Exec(tx, `INSERT INTO owed (item) VALUES (99)`)
		return err
	})
	g.queued(1)
	var results []*error
	for i := range store.MaxGroup {
		results = append(results, g.start(context.Background(), g.insert(i+1)))
		g.queued(i + 2)
	}
	last := fmt.Sprintf("%d %d", store.MaxGroup-1, store.MaxGroup)
	g.expect("items", g.finish(), last)
	if *first == nil || *owing == nil {
		t.Error("acknowledged, but lost")
	}
	for i, err := range results {
		if (*err == nil) != (i >= store.MaxGroup-2) {
			t.Errorf("writer %d: %v", i, *err)
		}
	}
}
