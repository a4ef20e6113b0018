package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"portico/internal/store"
)

// Runner takes jobs and does them.
type Runner struct {
	Config
	taken atomic.Uint64 // steps' owners have a number, so that no two of them have the same name
}

// NewRunner makes a runner; it does nothing until Run or Drain.
func NewRunner(c Config) *Runner {
	c.Workers = cmp.Or(c.Workers, DefaultWorkers)
	c.PerAccount = cmp.Or(c.PerAccount, DefaultPerAccount)
	c.Lease = cmp.Or(c.Lease, DefaultLease)
	c.StepTime = min(cmp.Or(c.StepTime, DefaultStepTime), c.Lease*2/3)
	c.Look = cmp.Or(c.Look, DefaultLook)
	c.Attempts = cmp.Or(c.Attempts, DefaultAttempts)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Jitter == nil {
		c.Jitter = func(d time.Duration) time.Duration { return d/2 + rand.N(d/2+1) }
	}
	return &Runner{Config: c}
}

// Run does jobs until ctx ends. Then it takes no more, lets the steps under way end and be saved, and returns.
func (r *Runner) Run(ctx context.Context) {
	var steps sync.WaitGroup
	defer steps.Wait()
	free := make(chan struct{}, r.Workers)
	for range r.Workers {
		free <- struct{}{}
	}
	r.check("release jobs", r.start(ctx))
	for ctx.Err() == nil {
		if !r.waitForWorker(ctx, free) {
			return
		}
		taken, wait, err := r.take(ctx, 1+len(free))
		if err != nil {
			r.check("take jobs", err)
			wait = firstPause
		}
		for i, j := range taken {
			if i > 0 {
				<-free
			}
			steps.Go(func() {
				defer func() { free <- struct{}{} }()
				r.do(ctx, j)
			})
		}
		if len(taken) > 0 {
			continue
		}
		free <- struct{}{}
		r.sleep(ctx, wait)
	}
}

// waitForWorker takes a worker's place, and reports false when ctx ended first.
func (r *Runner) waitForWorker(ctx context.Context, free chan struct{}) bool {
	select {
	case <-free:
		return true
	case <-ctx.Done():
		return false
	}
}

// sleep ends when there may be work: after a while, at a signal, or with ctx. For ever is a wait below zero.
func (r *Runner) sleep(ctx context.Context, wait time.Duration) {
	var after <-chan time.Time
	if wait >= 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		after = t.C
	}
	select {
	case <-after:
	case <-r.Queue.wake:
	case <-ctx.Done():
	}
}

// Drain does jobs one after another until none is due, and returns how many steps it made. Tests use it, and whoever wants
// to be done when it returns.
func (r *Runner) Drain(ctx context.Context) (steps int, err error) {
	for {
		taken, _, err := r.take(ctx, 1)
		if err != nil || len(taken) == 0 {
			return steps, err
		}
		steps += r.do(ctx, taken[0])
	}
}

// start releases what was taken when this process has the database for itself: whoever took it is gone.
func (r *Runner) start(ctx context.Context) error {
	if !r.DB.Alone() {
		return nil
	}
	return r.DB.Write(ctx, func(tx *store.Tx) error { return tx.ReleaseJobs(r.Now()) })
}

// take takes up to n jobs that are due. When it takes none it tells how long there will be none, below zero for as long
// as nobody adds one.
func (r *Runner) take(ctx context.Context, n int) (taken []store.Job, wait time.Duration, err error) {
	due, wait, err := r.due(ctx) // a read, so that idle processes do not write
	if err != nil || !due {
		return nil, wait, err
	}
	err = r.DB.Write(ctx, func(tx *store.Tx) error {
		taken = nil
		now := r.Now()
		for {
			js, err := tx.DueJobs(now, n)
			if err != nil || len(js) == 0 {
				return err
			}
			for _, j := range js {
				ok, err := r.takeOne(tx, &j, now)
				if err != nil {
					return err
				}
				if ok {
					taken = append(taken, j)
				}
				if len(taken) == n {
					return nil
				}
			}
		}
	})
	return taken, 0, err
}

// due reports whether a job is due now, and else how long to wait for one.
func (r *Runner) due(ctx context.Context) (now bool, wait time.Duration, err error) {
	wait = r.Look
	err = r.DB.Read(ctx, func(tx *store.Tx) error {
		next, ok, err := tx.NextJob()
		if err != nil {
			return err
		}
		until := next.Sub(r.Now())
		now = ok && until <= 0
		switch {
		case ok:
			wait = until
			if !r.DB.Alone() {
				wait = min(wait, r.Look)
			}
		case r.DB.Alone():
			wait = -1
		}
		return nil
	})
	return now, wait, err
}

// takeOne takes a job, or parks it when its account has as many as it may have.
func (r *Runner) takeOne(tx *store.Tx, j *store.Job, now time.Time) (bool, error) {
	if !j.Begun {
		n, err := tx.CountBegun(j.Account)
		if err != nil {
			return false, err
		}
		if n >= r.PerAccount {
			return false, tx.ParkJob(j.ID)
		}
	}
	j.Owner = r.Name + "/" + strconv.FormatUint(r.taken.Add(1), 10)
	return true, tx.TakeJob(*j, j.Owner, now.Add(r.Lease))
}

// errLost means that a lease ended before its step was saved: another worker has the job.
var errLost = errors.New("the lease was lost")

// do makes steps of a job that is taken until it is put back, and returns how many. It goes on when ctx ends, as far as
// the end of the step.
func (r *Runner) do(ctx context.Context, j store.Job) (steps int) {
	began := time.Now()
	stay := func() bool { return ctx.Err() == nil && time.Since(began) < turn }
	for on := true; on; steps++ {
		on = r.step(context.WithoutCancel(ctx), &j, stay)
	}
	return steps
}

// step makes one step and saves it. It reports whether the job goes on at once and is still taken, which it is only when
// stay says that it may be.
func (r *Runner) step(ctx context.Context, j *store.Job, stay func() bool) bool {
	work, ok := r.Work[j.Kind]
	if !ok {
		r.fail(ctx, work, j, fmt.Errorf("there is no work of kind %s", j.Kind))
		return false
	}
	save, err := r.run(ctx, work, j.ID)
	if err != nil {
		r.fail(ctx, work, j, err)
		return false
	}
	kept := false
	err = r.DB.Write(ctx, func(tx *store.Tx) error {
		kept = false
		ok, err := tx.HasJob(j.ID, j.Owner) // first: what another has saved meanwhile is in the way of everything below
		if err == nil && !ok {
			err = errLost
		}
		if err != nil {
			return err
		}
		next, err := save(tx)
		if err != nil {
			return err
		}
		now := r.Now()
		switch {
		case next.Done:
			tx.After(r.Queue.signal) // it may have let another begin
			ok, err = tx.FinishJob(*j, j.Owner, now)
		case next.After <= 0 && stay():
			kept = true
			ok, err = tx.KeepJob(j.ID, j.Owner, now.Add(r.Lease))
		case next.Aside && next.After > 0:
			tx.After(r.Queue.signal)
			ok, err = tx.SetJobAside(*j, j.Owner, now.Add(next.After), now)
		default:
			tx.After(r.Queue.signal) // it is due earlier than what was waited for, perhaps
			ok, err = tx.ReturnJob(j.ID, j.Owner, 0, now.Add(max(next.After, 0)), now)
		}
		if err == nil && !ok {
			err = errLost
		}
		return err
	})
	if err != nil {
		kept = false
		r.fail(ctx, work, j, fmt.Errorf("save a step: %w", err))
		return false
	}
	j.Failures = 0
	return kept
}

// run makes a step within its time. A panic is an error like any other.
func (r *Runner) run(ctx context.Context, work Work, id string) (save Save, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.StepTime)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return work.Step(ctx, id)
}

// fail puts a job back after a step that failed, for a pause that grows, or ends it when that was once too often.
func (r *Runner) fail(ctx context.Context, work Work, j *store.Job, cause error) {
	if errors.Is(cause, errLost) {
		r.Log.Warn("a step came too late", "job", j.ID)
		return
	}
	failures := j.Failures + 1
	last := failures >= r.Attempts || work.Step == nil
	r.Log.Error("a step failed", "job", j.ID, "kind", j.Kind, "attempt", failures, "last", last, "cause", cause)
	err := r.DB.Write(ctx, func(tx *store.Tx) (err error) {
		now := r.Now()
		tx.After(r.Queue.signal)
		ok := false
		if last {
			if work.Fail != nil {
				if err := work.Fail(tx, j.ID, cause); err != nil {
					return err
				}
			}
			ok, err = tx.FinishJob(*j, j.Owner, now)
		} else {
			ok, err = tx.ReturnJob(j.ID, j.Owner, failures, now.Add(r.Jitter(pause(failures))), now)
		}
		if err == nil && !ok {
			err = errLost
		}
		return err
	})
	if err != nil { // the lease ends by itself, and then the job is taken again
		r.check("put a job back", err)
	}
}

// pause is how long to wait after a number of failures in a row.
func pause(failures int) time.Duration {
	p := firstPause
	for range failures - 1 {
		p = min(2*p, maxPause)
	}
	return p
}

func (r *Runner) check(what string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		r.Log.Error("jobs: "+what+" failed", "cause", err)
	}
}
