// Package jobs does work that must not be lost: in short steps, each saved together with what comes next.
//
// A job is a row. It is added in the transaction that decides that there is work, so it is there if and only if the
// decision is. A worker takes a job for the length of a lease, makes one step, and saves what came of it in a transaction
// that also says what happens to the job: it goes on at once, later, or is done. That transaction fails if the worker's
// lease was lost meanwhile, so nothing is ever saved twice, however late a worker wakes up. A worker that dies leaves a
// lease that ends, and another goes on where it stood.
//
// Nothing polls for work that this process knows of: adding a job wakes a worker once the transaction has committed. Only
// what other processes leave behind is looked for, every Look.
package jobs

import (
	"context"
	"log/slog"
	"time"

	"portico/internal/ident"
	"portico/internal/store"
)

// Queue adds jobs. It is the part of a Runner that others need.
type Queue struct {
	now  func() time.Time
	wake chan struct{} // holds a signal while there may be something new
}

// NewQueue makes a queue with a clock.
func NewQueue(now func() time.Time) *Queue {
	return &Queue{now: now, wake: make(chan struct{}, 1)}
}

// Add makes a job of a kind, about what id names, in an account. One that is there already is woken.
func (q *Queue) Add(tx *store.Tx, kind, id string, a ident.Account) error {
	now := q.now()
	tx.After(q.signal)
	return tx.InsertJob(store.Job{ID: id, Kind: kind, Account: a, Due: now, Created: now})
}

// Wake lets a job that waits go on at once. One that is done, or was never there, is no error.
func (q *Queue) Wake(tx *store.Tx, id string) error {
	tx.After(q.signal)
	return tx.WakeJob(id, q.now())
}

func (q *Queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Next is what happens to a job after a step. The zero value goes on at once.
type Next struct {
	Done  bool
	After time.Duration
	// Aside says that what it waits for is done elsewhere: until After is over, or it is woken, it does not count against the
	// limit of its account.
	Aside bool
}

// Save writes down what came of a step. It runs in the transaction that says what happens to the job, perhaps more than
// once, as any function that is given to store.DB.Write.
type Save func(tx *store.Tx) (Next, error)

// Work is how jobs of a kind are done.
type Work struct {
	// Step makes one step, which takes seconds: its context ends after StepTime. An error means that it may be tried again.
	Step func(ctx context.Context, id string) (Save, error)
	// Fail writes down that a step has failed Attempts times in a row. It ends the job.
	Fail func(tx *store.Tx, id string, cause error) error
}

// Config is what a Runner is made of.
type Config struct {
	DB    *store.DB
	Queue *Queue
	Work  map[string]Work // by kind
	Now   func() time.Time
	Log   *slog.Logger // nil logs nothing
	Name  string       // of this process among all that share the database

	Workers    int           // steps at a time; 0 is DefaultWorkers
	PerAccount int           // jobs of an account that are begun at a time; 0 is DefaultPerAccount
	Lease      time.Duration // 0 is DefaultLease
	StepTime   time.Duration // 0 is DefaultStepTime; two thirds of the lease at most
	Look       time.Duration // how often to look for what others left; 0 is DefaultLook
	Attempts   int           // of a step in a row; 0 is DefaultAttempts
	// Jitter spreads a pause; nil takes a random part between half and all of it.
	Jitter func(time.Duration) time.Duration
}

// What a Config means by zero. A lease is longer than a step and its saving can take.
const (
	DefaultWorkers    = 8
	DefaultPerAccount = 50
	DefaultLease      = 60 * time.Second
	DefaultStepTime   = 30 * time.Second
	DefaultLook       = 5 * time.Second
	DefaultAttempts   = 8
)

// The pause after a step that failed doubles from firstPause up to maxPause.
const (
	firstPause = time.Second
	maxPause   = time.Minute
)

// turn is how long a worker stays with one job that goes on at once before others get their turn.
const turn = 5 * time.Second
