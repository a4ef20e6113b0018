package cloudformation

import (
	"context"

	"portico/internal/fault"
	"portico/internal/store"
)

// cancel turns the way forward of a stack into the way back. One that is on its way back, or has arrived, goes on as it
// does. (C-REC-7)
func (e *Engine) cancel(ctx context.Context, id, reason string) error {
	r, err := e.resume(ctx, id)
	if err != nil || r.stack.Status != createInProgress && r.stack.Status != updateInProgress {
		return err
	}
	r.fail("", reason)
	return e.save(ctx, r)
}

// CancelUpdate gives up the update of a stack, which goes back to what it was. Whoever carries it out goes on with that.
func (e *Engine) CancelUpdate(ctx context.Context, s store.Stack) error {
	r, err := e.resume(ctx, s.ID)
	if err != nil {
		return err
	}
	if r.stack.Status != updateInProgress || r.stack.Parent != "" {
		return fault.Invalidf("CancelUpdateStack cannot be called from current stack status")
	}
	r.stack.Work.Cause = "User Initiated"
	r.move(restoreInProgress, "User Initiated")
	err = e.DB.Write(ctx, func(tx *store.Tx) error {
		if err := r.save(tx); err != nil {
			return err
		}
		return e.wake(tx, r.stack.ID, r.stack.Token)
	})
	return overtaken(s, err)
}

// wake lets whoever carries an operation out look at once: a job of its own, or that of the record that it is made for, whose
// id is then the operation's token.
func (e *Engine) wake(tx *store.Tx, job, token string) error {
	if err := e.Queue.Wake(tx, job); err != nil {
		return err
	}
	return e.Queue.Wake(tx, token)
}

// StopSet lets an operation on a stack set begin nothing more: what is under way comes to its end. One that has ended stays
// as it is. (C-REC-7)
func (e *Engine) StopSet(ctx context.Context, set, id, reason string) error {
	r, err := e.resumeSet(ctx, set, id)
	if err != nil || r.operation.Status != setRunning || r.operation.Detail.Stop != "" {
		return err
	}
	r.operation.Detail.Stop = reason
	return e.DB.Write(ctx, func(tx *store.Tx) error {
		if err := r.save(tx); err != nil {
			return err
		}
		return e.wake(tx, setJobID(r.operation), id)
	})
}
