package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/jobs"
	"portico/internal/store"
)

// Kinds of jobs.
const (
	recordJob = "record"
	planJob   = "plan"
)

// Served is how products of a type are launched.
type Served struct {
	Engine Engine
	// Timeout ends what does not end by itself; 0 is DefaultTimeout. (C-ENG-13)
	Timeout time.Duration
	// Outside says that the engine is a program of its own: it takes on launch roles by itself, as whom nobody acts here.
	Outside bool
}

// DefaultTimeout is how long a record may be under way.
const DefaultTimeout = 12 * time.Hour

// Workflow carries out records and plans.
type Workflow struct {
	DB      *store.DB
	Queue   *jobs.Queue
	Engines map[string]Served // by product type
	Roles   Roles
	Actions Runner // nil: no service action can be run
	// Allow refuses what a caller may not do now, as a fault of kind Denied.
	Allow func(ctx context.Context, who access.Caller, action, resource string) error
	Now   func() time.Time
}

// Serves reports whether a product can be launched here. (C-LAUNCH-7)
func (w *Workflow) Serves(p catalog.Product) bool {
	e := w.Engines[p.Type].Engine
	if placed, ok := e.(Placed); ok {
		return placed.Places(p.Account, p.Region)
	}
	return e != nil
}

// Start lets a record that was inserted in the same transaction be carried out. (C-LAUNCH-20)
func (w *Workflow) Start(tx *store.Tx, r catalog.Record) error {
	return w.Queue.Add(tx, recordJob, string(r.ID), r.Account)
}

// StartPlan lets a plan be made, or forgotten.
func (w *Workflow) StartPlan(tx *store.Tx, p catalog.Plan) error {
	return w.Queue.Add(tx, planJob, string(p.ID), p.Account)
}

// Wake lets the engine of a record look at once: somebody has told it something.
func (w *Workflow) Wake(tx *store.Tx, id catalog.RecordID) error { return w.Queue.Wake(tx, string(id)) }

// Work is what a runner needs to do the workflow's jobs.
func (w *Workflow) Work() map[string]jobs.Work {
	return map[string]jobs.Work{
		recordJob: {Step: w.stepRecord, Fail: w.failRecord},
		planJob:   {Step: w.stepPlan, Fail: w.failPlan},
	}
}

var done = jobs.Next{Done: true}

// nothing saves nothing and ends the job.
func nothing(*store.Tx) (jobs.Next, error) { return done, nil }

// outcome is what one call of an engine has come to.
type outcome struct {
	event    catalog.Event
	progress Progress
}

// call makes the next call of the engine for a task: Submit first, then Poll. It returns an error only for faults of the
// machine.
func (w *Workflow) call(ctx context.Context, t Task, submitted bool) (outcome, error) {
	served, ok := w.Engines[t.ProductType]
	if !ok || served.Engine == nil {
		return refused("This server has no engine for products of type " + t.ProductType), nil
	}
	t, late := w.overdue(t, cmp.Or(served.Timeout, DefaultTimeout))
	if late != "" {
		return outcome{event: catalog.FailedHalf, progress: Progress{Reason: late}}, nil
	}
	t.Load = func(ctx context.Context) (body []byte, err error) {
		err = w.DB.Read(ctx, func(tx *store.Tx) error { body, err = tx.ArtifactBody(t.Artifact); return err })
		return body, err
	}
	t, err := w.act(ctx, t)
	if err == nil && submitted {
		var p Progress
		if p, err = served.Engine.Poll(ctx, t); err == nil {
			return outcome{event: p.event(), progress: p}, nil
		}
	} else if err == nil {
		if err = served.Engine.Submit(ctx, t); err == nil {
			return outcome{event: catalog.Begun}, nil
		}
	}
	var no *Refusal
	if errors.As(err, &no) {
		out := refused(no.Message)
		if no.Lost {
			out.event, out.progress.RolledBack = catalog.FailedHalf, false
		}
		return out, nil
	}
	return outcome{}, err
}

// overdue gives up a task whose time is over, and tells when it is to end as it is: at once if it cannot be given up,
// otherwise after as much time again. (C-ENG-13)
func (w *Workflow) overdue(t Task, timeout time.Duration) (_ Task, late string) {
	since := w.Now().Sub(t.Started)
	if since <= timeout {
		return t, ""
	}
	reason := fmt.Sprintf("The operation did not end within %s", timeout)
	if !t.Operation.Revocable() || since-timeout > timeout {
		return t, reason
	}
	t.Cancel = cmp.Or(t.Cancel, reason)
	return t, ""
}

// refused is the outcome of a task that its engine says no to.
func refused(reason string) outcome {
	return outcome{event: catalog.FailedBack, progress: Progress{State: Failed, Reason: reason, RolledBack: true}}
}

// act says who acts: a session of the launch role, or the caller. (C-CONS-23, S-ROL-6)
func (w *Workflow) act(ctx context.Context, t Task) (Task, error) {
	t.As = t.Caller
	if t.LaunchRoleARN == "" || w.Engines[t.ProductType].Outside {
		return t, nil
	}
	as, err := w.Roles.Assume(ctx, t.LaunchRoleARN, t.Launcher, t.Token)
	if f, ok := fault.Of(err); ok && f.Kind == fault.Denied {
		return t, Refusef("%s", f.Message)
	}
	as.Region, as.Endpoint = t.Region, t.Caller.Endpoint
	t.As = as
	return t, err
}

// event is what a progress means for a record.
func (p Progress) event() catalog.Event {
	switch {
	case p.State == Running:
		return catalog.Begun
	case p.State == RollingBack:
		return catalog.FellBack
	case p.State == Succeeded:
		return catalog.Succeeded
	case p.RolledBack:
		return catalog.FailedBack
	}
	return catalog.FailedHalf
}

// final reports whether an event ends a record.
func final(e catalog.Event) bool {
	return e == catalog.Succeeded || e == catalog.FailedBack || e == catalog.FailedHalf
}

// work gives where the workflow stands after an outcome.
func (o outcome) work(w catalog.Work) catalog.Work {
	w.Submitted = true
	w.Cursor = o.progress.Cursor
	w.PhysicalID = cmp.Or(o.progress.PhysicalID, w.PhysicalID)
	w.Reason = cmp.Or(o.progress.Reason, w.Reason)
	return w
}

// task is what an order means for an engine.
func task(o catalog.Order, w catalog.Work, region ident.Region, launcher ident.Account) Task {
	t := Task{
		ProductType: o.ProductType, Launcher: launcher, Region: region, Account: o.Stack, Caller: o.Caller,
		StackName: o.StackName, PhysicalID: cmp.Or(w.PhysicalID, o.PhysicalID), Parameters: o.Parameters, Before: o.Before,
		Rules: o.Rules, AutoTags: o.Tags.Auto, Topics: o.Topics, StackSet: o.StackSet, Cursor: w.Cursor, Update: o.Was != "",
	}
	t.Tags = append(append(t.Tags, o.Tags.Options...), o.Tags.Caller...)
	return t
}
