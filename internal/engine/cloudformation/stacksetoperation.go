package cloudformation

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"portico/internal/ident"
	"portico/internal/jobs"
	"portico/internal/store"
)

// together is how many instances an operation works on at once, whatever is asked for: each step looks at all of them.
const together = 16

// setRun is an operation on a stack set as a step finds it and as it leaves it. Nothing of it is written before save.
type setRun struct {
	set       store.StackSet
	operation store.StackSetOperation
	results   []store.StackSetResult // in their order
	changed   map[int]bool           // results to write, by their place in results
	now       time.Time
}

// StepSet makes one step of an operation on a stack set: it begins instances while there are fewer under way than may be,
// and makes a step of each that is. It gives the operation as it is then, and how long to wait before the next step. Under
// their tokens the stacks of instances are begun once, so a step that was cut short is made again. (C-CONS-53, C-LAUNCH-20)
func (e *Engine) StepSet(ctx context.Context, set, id string) (store.StackSetOperation, time.Duration, error) {
	r, err := e.resumeSet(ctx, set, id)
	if err != nil || r.operation.Status != setRunning {
		return r.operation, 0, err
	}
	from, to := r.region()
	failed, running := 0, 0
	for _, x := range r.results[from:to] {
		failed += count(x.Status == setFailed)
		running += count(x.Status == setRunning)
	}
	tolerance, concurrency := r.operation.Detail.Target.Limits(to - from)
	after := time.Duration(-1)
	for n := from; n < to; n++ {
		x := &r.results[n]
		if x.Status == setPending {
			if r.operation.Detail.Stop != "" || failed > tolerance || running >= min(concurrency, together) {
				continue
			}
			running++
			r.settle(n, setRunning, "")
		}
		if x.Status != setRunning {
			continue
		}
		wait, err := e.stepInstance(ctx, r, n)
		if err != nil {
			return r.operation, 0, err
		}
		if x.Status == setRunning && (after < 0 || wait < after) {
			after = wait
		}
		failed += count(x.Status == setFailed)
		running -= count(x.Status != setRunning)
	}
	if running == 0 {
		r.finish(from, failed > tolerance)
	}
	err = e.DB.Write(ctx, func(tx *store.Tx) error { return r.save(tx) })
	return r.operation, max(after, 0), err
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// resumeSet reads an operation for a step.
func (e *Engine) resumeSet(ctx context.Context, set, id string) (*setRun, error) {
	r := &setRun{changed: map[int]bool{}, now: e.Now()}
	return r, e.DB.Read(ctx, func(tx *store.Tx) error { return r.load(tx, set, id) })
}

func (r *setRun) load(tx *store.Tx, set, id string) (err error) {
	var ok bool
	if r.operation, ok, err = tx.StackSetOperation(set, id); err != nil || !ok {
		return orError(err, OperationMissing(id))
	}
	if r.set, _, err = tx.StackSet(set); err != nil || r.operation.Status != setRunning {
		return err
	}
	r.results, err = tx.StackSetResults(set, id, 0, everything)
	return err
}

// OperationMissing is the refusal of an operation that does not exist.
func OperationMissing(id string) error {
	return notFound("OperationNotFoundException", "Operation %s not found", id)
}

// region finds the results of the region that is worked on: the first that has not ended. Regions come one after another.
func (r *setRun) region() (from, to int) {
	for from < len(r.results) && r.results[from].Status != setPending && r.results[from].Status != setRunning {
		from++
	}
	if from == len(r.results) {
		return from, from
	}
	region := r.results[from].Region
	for from > 0 && r.results[from-1].Region == region {
		from--
	}
	for to = from; to < len(r.results) && r.results[to].Region == region; to++ {
		continue
	}
	return from, to
}

// settle gives a result a status.
func (r *setRun) settle(n int, status, reason string) {
	r.operation.Detail.Seq++
	x := &r.results[n]
	x.Status, x.Reason, x.Seq = status, reason, r.operation.Detail.Seq
	r.changed[n] = true
}

// finish ends the operation if too many of a region have failed, if it is to stop, or if there is nothing more to do.
func (r *setRun) finish(from int, failed bool) {
	open, why := false, r.operation.Detail.Stop
	if failed {
		why = cmp.Or(why, "Cancelled since failure tolerance has exceeded")
	}
	for n := from; n < len(r.results); n++ {
		if r.results[n].Status != setPending {
			continue
		}
		open = true
		if why != "" {
			r.settle(n, setCancelled, why)
		}
	}
	switch {
	case open && r.operation.Detail.Stop != "":
		r.end(setStopped, r.operation.Detail.Stop)
	case failed:
		r.end(setFailed, r.blame())
	case !open:
		r.end(setSucceeded, "")
	}
}

// blame is why an operation has failed: the reasons of the instances that did. (C-ENG-1)
func (r *setRun) blame() string {
	var all []string
	for _, x := range r.results {
		if x.Status == setFailed {
			all = append(all, fmt.Sprintf("%s/%s: %s", x.Account, x.Region, x.Reason))
		}
	}
	return cut(strings.Join(all, "; "), 2000)
}

func (r *setRun) end(status, reason string) {
	r.operation.Status, r.operation.Reason, r.operation.Ended = status, reason, r.now
}

// save writes down what a step has come to, over the version that was read.
func (r *setRun) save(tx *store.Tx) error {
	o := r.operation
	o.Version++
	ok, err := tx.UpdateStackSetOperation(o)
	if err == nil && !ok {
		err = errStale
	}
	if err != nil {
		return err
	}
	for n := range r.results {
		if !r.changed[n] {
			continue
		}
		if err := tx.PutStackSetResult(r.results[n]); err != nil {
			return err
		}
		if err := r.saveInstance(tx, r.results[n]); err != nil {
			return err
		}
	}
	if o.Status == setRunning {
		return nil
	}
	s, _, err := tx.StackSet(r.set.ID)
	if err != nil {
		return err
	}
	s.Operation = ""
	left, err := tx.StackInstances(s.ID, "", "", 1)
	if err == nil && o.Detail.Whole && len(left) == 0 {
		s.Status = SetDeleted
	}
	if err != nil {
		return err
	}
	return tx.UpdateStackSet(s)
}

// saveInstance writes what a result means for its instance. (C-CONS-55)
func (r *setRun) saveInstance(tx *store.Tx, x store.StackSetResult) error {
	i, ok, err := tx.StackInstance(x.StackSet, x.Account, x.Region)
	if err != nil || !ok {
		return err
	}
	i.Stack, i.Detailed, i.Reason = x.Stack, x.Status, x.Reason
	switch deletes := r.operation.Action == setDelete; {
	case x.Status == setSucceeded && deletes:
		return tx.DeleteStackInstance(x.StackSet, x.Account, x.Region)
	case x.Status == setSucceeded:
		i.Status = instanceCurrent
	case x.Status == setFailed && deletes:
		i.Status, i.Detailed = instanceInoperable, instanceInoperable
	}
	return tx.PutStackInstance(i)
}

// setJob is the kind of jobs that carry out what was asked of a stack set by CloudFormation's own API.
const setJob = "stackset"

// EnqueueSet lets an operation that was begun in the same transaction be carried out.
func (e *Engine) EnqueueSet(tx *store.Tx, o store.StackSetOperation) error {
	a, err := ident.ParseARN(o.StackSet)
	if err != nil {
		return err
	}
	return e.Queue.Add(tx, setJob, setJobID(o), a.Account)
}

func setJobID(o store.StackSetOperation) string { return o.StackSet + "#" + o.ID }

func (e *Engine) setWork() jobs.Work {
	return jobs.Work{
		Step: func(ctx context.Context, job string) (jobs.Save, error) {
			set, id, _ := strings.Cut(job, "#")
			o, after, err := e.StepSet(ctx, set, id)
			if err != nil {
				return nil, err
			}
			return func(*store.Tx) (jobs.Next, error) {
				return jobs.Next{Done: o.Status != setRunning, After: after}, nil
			}, nil
		},
		Fail: func(tx *store.Tx, job string, _ error) error {
			set, id, _ := strings.Cut(job, "#")
			return e.AbandonSet(tx, set, id)
		},
	}
}

// AbandonSet ends an operation whose steps fail by no fault of anybody's but ours.
func (e *Engine) AbandonSet(tx *store.Tx, set, id string) error {
	r := &setRun{changed: map[int]bool{}, now: e.Now()}
	if err := r.load(tx, set, id); err != nil || r.operation.Status != setRunning {
		return err
	}
	reason := fmt.Sprintf("The operation failed because of an internal error. The server's log tells more under %s", id)
	for n, x := range r.results {
		switch x.Status {
		case setPending:
			r.settle(n, setCancelled, reason)
		case setRunning:
			r.settle(n, setFailed, reason)
		}
	}
	r.end(setFailed, reason)
	return r.save(tx)
}
