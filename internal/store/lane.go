package store

import (
	"slices"
	"sync"

	"portico/internal/audit"
	"portico/internal/ident"
)

// The lanes of the audit chain, as package audit explains them. On SQLite whoever holds the turn is the only writer, of all
// processes: there is one lane, whose end is read once for each physical transaction. On PostgreSQL a common lane would
// make all writers conflict. There each connection has a lane of its own, under a name that nobody else has, and knows its
// end; writers only insert, and so do not meet.

const onlyLane = "main"

func (g *group) end(tx *Tx) (last, link audit.Place, err error) {
	if g.last.Lane == "" {
		if last, err = tx.laneEnd(onlyLane); err != nil {
			return last, link, err
		}
		g.last = last
	}
	return g.last, link, nil
}

func (g *group) grow(p, _ audit.Place) { g.last = p }

// strand is the lane of a connection.
type strand struct {
	weave *weave
	last  audit.Place // its end; the zero Place before its first event
	// What the transaction under way has appended; no Lane if nothing.
	grown, link audit.Place
}

func (s *strand) end(tx *Tx) (last, link audit.Place, err error) {
	last = s.last
	if last.Lane == "" {
		last.Lane = ident.Source{}.Lower(12)
	}
	link, begun := s.weave.link(last.Lane)
	if !begun {
		link, err = tx.newestEvent()
	}
	return last, link, err
}

func (s *strand) grow(p, link audit.Place) { s.grown, s.link = p, link }

// settle ends a transaction. When it is not known whether a commit arrived, since the database said nothing, the lane is
// left as it is, and the connection begins another.
func (s *strand) settle(committing bool, err error) {
	switch {
	case s.grown.Lane == "":
	case committing && err == nil:
		s.last = s.grown
		s.weave.added(s.grown, s.link)
	case committing && code(err) == "":
		s.last = audit.Place{}
	}
	s.grown, s.link = audit.Place{}, audit.Place{}
}

// weave knows the events of this process that no other event refers to yet: at most one of each lane. Each new event links
// to the oldest of another lane, so that none stays loose for longer than it takes to write as many events as there are
// lanes.
type weave struct {
	mu    sync.Mutex
	begun bool
	loose []audit.Place
}

// link is what the next event of a lane should link to. It reports false before the process has added any event: then
// that is the newest one of others.
func (w *weave) link(lane string) (audit.Place, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.loose {
		if p.Lane != lane {
			return p, w.begun
		}
	}
	return audit.Place{}, w.begun
}

// added notes an event that is durable, with the link it carries.
func (w *weave) added(p, link audit.Place) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun = true
	w.loose = append(slices.DeleteFunc(w.loose, func(q audit.Place) bool { return q.Lane == p.Lane || q == link }), p)
}
