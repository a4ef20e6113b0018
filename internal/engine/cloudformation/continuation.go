package cloudformation

import (
	"context"
	"slices"

	"portico/internal/fault"
	"portico/internal/store"
)

// ContinueRollback goes on with the way back of an update that came to a halt: whatever kept a resource from being changed
// back is hopefully gone. Resources to skip are taken for what they were. (C-CFN-9)
func (e *Engine) ContinueRollback(ctx context.Context, q Request, skip []string, then also) (store.Stack, error) {
	s, rows, err := e.load(ctx, q.Account, q.Region, q.Name)
	if err != nil {
		return s, err
	}
	if s.Status != restoreFailed {
		return s, fault.Invalidf("Stack:%s is in %s state and can not continue update rollback.", s.ID, s.Status)
	}
	r := &run{stack: s, rows: map[string]*store.StackResource{}, dirty: map[string]bool{}, now: e.Now()}
	for i := range rows {
		r.rows[rows[i].LogicalID] = &rows[i]
	}
	for _, id := range skip {
		row := r.rows[id]
		if row == nil || row.Status != updateFailed || row.State.Before == nil {
			return s, fault.Invalidf("Resource [%s] cannot be skipped: only resources in the UPDATE_FAILED state can be", id)
		}
		r.back(row)
		r.tell(row, row.PhysicalID, updateComplete, "Rollback of the resource was skipped", row.State.Properties)
	}
	if err := e.continueNested(ctx, q, r); err != nil {
		return s, err
	}
	r.stack.Work.As, r.stack.Work.Client = q.As, q.Client
	r.move(restoreInProgress, "User Initiated")
	err = e.DB.Write(ctx, func(tx *store.Tx) error {
		if err := r.save(tx); err != nil || then == nil {
			return err
		}
		return then(tx, r.stack)
	})
	return r.stack, overtaken(s, err)
}

// continueNested lets nested stacks that came to a halt go on too; whoever carries out their parent carries them out.
func (e *Engine) continueNested(ctx context.Context, q Request, r *run) error {
	for _, id := range r.ids() {
		row := r.rows[id]
		if row.Type != stackType || row.State.Before == nil || !slices.Contains([]string{updateFailed, updateInProgress}, row.Status) {
			continue
		}
		child, ok, err := e.Named(ctx, r.stack.Account, r.stack.Region, row.State.PhysicalID)
		if err != nil {
			return err
		}
		if !ok || child.Status != restoreFailed {
			continue
		}
		q.Name = child.ID
		if _, err := e.ContinueRollback(ctx, q, nil, nil); err != nil {
			return err
		}
	}
	return nil
}
