package concurrency

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// event is a call that was acknowledged, by one of the clients. Moments are numbers that only grow.
type event[S any] struct {
	client       int
	asked, given int64  // when the call was made and when its answer had come
	name         string // for messages
	got          string // what the answer said
	token        string
	idle         bool           // it changed nothing, whenever it was: a read, or a refusal
	play         func(S) string // does the call to a serial state and says what the answer has to be
}

// serial is what a history is compared with.
type serial[S any] struct {
	clone func(S) S
	key   func(S) string // tells states apart
}

// search looks for an order of a history.
//
// Where several events may come next it tries the one that was answered first, first. A wrong choice may show much later,
// so each attempt is bounded, and the next one prefers a little differently. Situations that led nowhere are remembered:
// which calls of each client are done, and the state they led to. An idle event that fits is taken at once: an order that
// has it later is as good with it here, since no other event can tell.
type search[S any] struct {
	serial[S]
	queues [][]event[S] // of each client, in its own order
	done   []int        // of each queue
	path   []event[S]
	best   []event[S] // the longest path so far
	failed map[[sha256.Size]byte]bool
	steps  int // that this attempt may still take
	random *rand.Rand
	noise  int // how far from the answers' order this attempt may prefer
}

const (
	firstSteps = 4 // for each event
	attempts   = 6 // each of twice the steps
)

// order finds an order of all events in which each answers what it answered, and none comes before one that had its answer
// before this was asked. Without one it returns the longest beginning that it found, and false.
func (k serial[S]) order(start S, history []event[S]) (best []event[S], ok bool) {
	x := &search[S]{serial: k, queues: queues(history), failed: map[[sha256.Size]byte]bool{}, random: rand.New(rand.NewPCG(1, 2))}
	steps := firstSteps * (len(history) + 1)
	for range attempts {
		x.done, x.path, x.steps = make([]int, len(x.queues)), nil, steps
		if x.visit(start) {
			return x.path, true
		}
		if x.steps > 0 {
			break // everything has been tried
		}
		steps, x.noise = 2*steps, x.noise+4
	}
	return x.best, false
}

// queues puts each client's events into the order in which it made them.
func queues[S any](history []event[S]) (q [][]event[S]) {
	for _, e := range history {
		for len(q) <= e.client {
			q = append(q, nil)
		}
		q[e.client] = append(q[e.client], e)
	}
	for _, events := range q {
		slices.SortFunc(events, func(a, b event[S]) int { return int(a.asked - b.asked) })
	}
	return q
}

// visit finds an order of what is not done yet.
func (x *search[S]) visit(s S) bool {
	if len(x.path) > len(x.best) {
		x.best = slices.Clone(x.path)
	}
	next := candidates(x.queues, x.done)
	if len(next) == 0 {
		return true
	}
	if x.steps--; x.steps <= 0 {
		return false
	}
	var situation [sha256.Size]byte
	choice := false
	if i := slices.IndexFunc(next, func(e event[S]) bool { return e.idle && e.play(x.clone(s)) == e.got }); i >= 0 {
		next = next[i : i+1]
	} else if len(next) > 1 {
		choice = true
		if situation = x.situation(s); x.failed[situation] {
			return false
		}
		x.prefer(next)
	}
	for _, e := range next {
		after := x.clone(s)
		if e.play(after) != e.got {
			continue
		}
		x.done[e.client]++
		x.path = append(x.path, e)
		if x.visit(after) {
			return true
		}
		x.done[e.client]--
		x.path = x.path[:len(x.path)-1]
	}
	if choice && x.steps > 0 {
		x.failed[situation] = true
	}
	return false
}

// candidates are the events that may come next: those asked before any of them had its answer.
func candidates[S any](queues [][]event[S], done []int) []event[S] {
	var next []event[S]
	first := int64(math.MaxInt64) // answer that is still to come
	for c, q := range queues {
		if done[c] < len(q) {
			next = append(next, q[done[c]])
			first = min(first, q[done[c]].given)
		}
	}
	return slices.DeleteFunc(next, func(e event[S]) bool { return e.asked > first })
}

func (x *search[S]) prefer(next []event[S]) {
	rank := map[int64]int64{}
	for _, e := range next {
		rank[e.asked] = e.given + int64(x.random.IntN(x.noise+1))
	}
	slices.SortFunc(next, func(a, b event[S]) int { return cmp.Compare(rank[a.asked], rank[b.asked]) })
}

func (x *search[S]) situation(s S) [sha256.Size]byte {
	return sha256.Sum256(fmt.Append(nil, x.done, x.key(s)))
}

// A register of one letter, to show that order finds what is in order and nothing else.
type register struct{ letter string }

func write(client int, asked, given int64, letter string) event[*register] {
	return event[*register]{client, asked, given, "write " + letter, "", "", false, func(r *register) string { r.letter = letter; return "" }}
}

func read(client int, asked, given int64, got string) event[*register] {
	return event[*register]{client, asked, given, "read", got, "", true, func(r *register) string { return r.letter }}
}

func TestOrder(t *testing.T) {
	letters := serial[*register]{
		clone: func(r *register) *register { c := *r; return &c },
		key:   func(r *register) string { return r.letter },
	}
	for _, c := range []struct {
		name    string
		history []event[*register]
		want    bool
	}{
		{"nothing", nil, true},
		{"one after another", []event[*register]{write(0, 1, 2, "a"), read(1, 3, 4, "a")}, true},
		{"a read of what was there before", []event[*register]{write(0, 1, 2, "a"), read(1, 3, 4, "")}, false},
		{"a read at the same time may see either", []event[*register]{write(0, 1, 4, "a"), read(1, 2, 3, ""), read(2, 2, 5, "a")}, true},
		{"but not the new before the old", []event[*register]{write(0, 1, 9, "a"), read(1, 2, 3, "a"), read(1, 4, 5, "")}, false},
		{"nobody wrote it", []event[*register]{write(0, 1, 2, "a"), read(1, 1, 2, "b")}, false},
		{"writes at once, last is either", []event[*register]{write(0, 1, 4, "a"), write(1, 2, 3, "b"), read(0, 5, 6, "a")}, true},
		{"two readers disagree on which was last", []event[*register]{
			write(0, 1, 9, "a"), write(1, 1, 9, "b"),
			read(2, 2, 3, "a"), read(2, 4, 5, "b"), read(3, 2, 3, "b"), read(3, 4, 5, "a"),
		}, false},
		{"an answered write comes back", []event[*register]{write(0, 1, 2, "a"), write(0, 3, 4, "b"), read(1, 5, 6, "a")}, false},
		{"the first guess is wrong", []event[*register]{
			write(0, 1, 4, "a"), write(1, 1, 5, "b"), write(2, 1, 6, "c"), read(3, 7, 8, "a"), read(3, 9, 10, "a"),
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			path, ok := letters.order(&register{}, c.history)
			if ok != c.want {
				t.Errorf("in order: %v, want %v", ok, c.want)
			}
			if ok && len(path) != len(c.history) {
				t.Errorf("the order has %d of %d events", len(path), len(c.history))
			}
		})
	}
}
