package concurrency

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/store"
	"portico/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	clients = 16
	calls   = 60 // of each client
	shelves = 2
)

// Sixteen clients share, unshare, accept, reject, take, give back and move at once. For each shared portfolio there is an
// order of all that was acknowledged, reads at the time and reads at the end included, in which the model says the same.
func TestSerial(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db store.Options) {
		w := newWorld(t, db, shelves)
		seed := uint64(time.Now().UnixNano())
		began := time.Now()
		w.clients(seed)
		busy := time.Since(began)
		for _, s := range w.shelves {
			for _, a := range s.everything() {
				if err := w.do(context.Background(), clients, a, s); err != nil {
					t.Fatal(err)
				}
			}
		}
		w.settled()
		t.Logf("seed %d: %d steps in %s", seed, clients*calls, busy)
		for i, s := range w.shelves {
			t.Run(fmt.Sprint("S-GEN-6 shelf ", i), func(t *testing.T) { inOrder(t, s) })
		}
	})
}

// settled shows that what a share write reached is told the same for ever. (S-TOK-4)
func (w *world) settled() {
	for _, s := range w.shelves {
		for _, e := range s.history {
			if e.token == "" {
				continue
			}
			if now, err := w.reached(context.Background(), e.token); err != nil || now != e.got {
				w.t.Errorf("S-TOK-4 %s reached %s, and later %s (%v)", e.name, e.got, now, err)
			}
		}
	}
}

// clients lets all clients work until they are done. After each call its client looks at what may have come of it.
func (w *world) clients(seed uint64) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	var all sync.WaitGroup
	for client := range clients {
		r := rand.New(rand.NewPCG(seed, uint64(client)))
		all.Go(func() {
			for range calls {
				if err := w.step(ctx, client, r); err != nil {
					w.t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

func (w *world) step(ctx context.Context, client int, r *rand.Rand) error {
	s := pick(r, w.shelves)
	a, about := action{}, w.shelves
	switch n := r.IntN(60); {
	case n == 0:
		a = w.shut(r)
	case n < 3:
		a = w.open(r)
	case n < 10:
		a = w.move(r)
	default:
		a, about = draw(w, s, r), []*shelf{s}
	}
	if err := w.do(ctx, client, a, about...); err != nil {
		return err
	}
	on := a.on
	if on == "" || on == boss {
		on = pick(r, recipients())
	}
	see := s.reads(on)
	if a.who == boss {
		see = s.ownReads()
	}
	for _, seen := range []action{pick(r, see), pick(r, s.reads(on))} {
		if err := w.do(ctx, client, seen, s); err != nil {
			return err
		}
	}
	return nil
}

func inOrder(t *testing.T, s *shelf) {
	began := time.Now()
	k := serial[*model]{clone: (*model).Clone, key: (*model).State}
	best, ok := k.order(s.start, s.history)
	t.Logf("%d events, %s", len(s.history), time.Since(began).Round(time.Millisecond))
	if ok {
		return
	}
	m := s.start.Clone()
	text := &strings.Builder{}
	done := map[int64]bool{}
	for _, e := range best {
		e.play(m)
		done[e.asked] = true
		fmt.Fprintf(text, "%4d-%4d %2d %s: %s\n", e.asked, e.given, e.client, e.name, e.got)
	}
	fmt.Fprintln(text, "-- and now none of")
	left := slices.DeleteFunc(slices.Clone(s.history), func(e event[*model]) bool { return done[e.asked] })
	q := queues(left)
	for _, e := range candidates(q, make([]int, len(q))) {
		fmt.Fprintf(text, "%4d-%4d %2d %s: %s, where the model says %s\n", e.asked, e.given, e.client, e.name, e.got, e.play(m.Clone()))
	}
	t.Errorf("no order of %d events; the longest beginning has %d:\n%s%s", len(s.history), len(best), text, m.State())
}
