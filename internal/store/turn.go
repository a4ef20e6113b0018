package store

import (
	"context"
	"slices"
	"sync"

	"portico/internal/audit"
)

// Writers on SQLite share commits. A commit must reach the disk before anyone is answered, which takes longer than most
// transactions, so writers that are waiting anyway go into one physical transaction: each has a savepoint in it, the
// last commits, and only then are all of them answered.
//
// One writer at a time holds the turn, and runs its function on its own goroutine. The holder does exactly one of two
// things when it is done: hand the turn to the first in the queue, or commit the group and free the turn. A waiter
// whose context ends leaves the queue, or finds itself holding the turn already and then does the same with it. So a
// group that was begun is always ended.
//
// Nobody is answered from rows that may still vanish: a writer whose function failed waits for the commit too, since it
// may have been refused because of what an earlier one in the group did; if the commit fails, all of them fail.

// maxGroup bounds how many writers wait for one commit.
const maxGroup = 64

// group is a physical transaction. Its fields belong to the holder of the turn; err may be read once done is closed.
type group struct {
	n    int
	err  error
	last audit.Place // the end of the audit lane; the zero Place until it is asked for
	done chan struct{}
}

func (s *sqlite) write(ctx context.Context, _ isolation, fn func(*Tx) error) (err error) {
	if err := s.queue.enter(ctx); err != nil {
		return err
	}
	if s.group == nil {
		if err := s.writer.run("BEGIN IMMEDIATE"); err != nil {
			s.queue.leave()
			return wrap(err, "begin")
		}
		s.group = &group{done: make(chan struct{})}
	}
	g := s.group
	defer func() { // also when fn panics
		if e := s.end(g); e != nil {
			err = e
		}
	}()
	return s.member(ctx, g, fn)
}

// member runs fn under a savepoint. It sets g.err when the savepoint is gone or stuck: SQLite rolls the whole
// transaction back on its own when the disk is full or fails, and then nothing of the group may be committed.
func (s *sqlite) member(ctx context.Context, g *group, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if g.err = s.writer.run("SAVEPOINT member"); g.err != nil {
		return g.err
	}
	tx := &Tx{ctx: ctx, conn: s.writer, lane: g}
	good, last := false, g.last
	defer func() {
		tx.end()
		if !good {
			g.last = last
			g.err = s.writer.run("ROLLBACK TO member")
		}
		if g.err == nil {
			g.err = s.writer.run("RELEASE member")
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	good = tx.err == nil
	return tx.err
}

// end hands the turn on, or commits; either way it returns how the group ended.
func (s *sqlite) end(g *group) error {
	g.n++
	if g.err == nil && g.n < maxGroup && s.queue.pass() {
		<-g.done
		return g.err
	}
	s.group = nil
	if g.err == nil {
		g.err = wrap(s.writer.run("COMMIT"), "commit")
	}
	if g.err != nil {
		s.writer.run("ROLLBACK") // fails when SQLite has rolled back already
	}
	close(g.done)
	s.queue.leave()
	return g.err
}

// queue hands the turn from writer to writer. The zero value is free.
type queue struct {
	mu      sync.Mutex
	held    bool
	waiting []chan struct{} // each is closed to give its owner the turn
}

// enter waits for the turn.
func (q *queue) enter(ctx context.Context) error {
	q.mu.Lock()
	if !q.held {
		q.held = true
		q.mu.Unlock()
		return nil
	}
	mine := make(chan struct{})
	q.waiting = append(q.waiting, mine)
	q.mu.Unlock()
	select {
	case <-mine:
		return nil
	case <-ctx.Done():
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if i := slices.Index(q.waiting, mine); i >= 0 {
		q.waiting = slices.Delete(q.waiting, i, i+1)
		return ctx.Err()
	}
	return nil // the turn came first, with the duty to hand it on
}

// pass gives the turn to the first in the queue, and reports false if there is none.
func (q *queue) pass() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return false
	}
	close(q.waiting[0])
	q.waiting = slices.Delete(q.waiting, 0, 1)
	return true
}

// leave gives the turn up.
func (q *queue) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.held = len(q.waiting) > 0; q.held {
		close(q.waiting[0])
		q.waiting = slices.Delete(q.waiting, 0, 1)
	}
}
