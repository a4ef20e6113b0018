package cloudformation

import (
	"context"
	"fmt"
	"slices"

	"portico/internal/access"
	"portico/internal/store"
	"portico/internal/template"
)

// restore puts the next resource back as it was before an update that failed, the last one first. What the update has made
// is left for the cleaning up, when nothing refers to it any more.
func (e *Engine) restore(ctx context.Context, who access.Caller, r *run) error {
	ids := r.ids()
	slices.Reverse(ids)
	for _, id := range ids {
		row := r.rows[id]
		state := &row.State
		if state.Token != r.stack.Token && state.Token != r.stack.Token+"/back" || state.New && state.Drop || !state.New && state.Before == nil {
			continue
		}
		if half(row) {
			return e.finish(ctx, who, r, row)
		}
		if state.New {
			state.Drop = true
			r.dirty[id] = true
			continue
		}
		if state.Before.Generation != state.Generation {
			if state.PhysicalID != "" {
				made := state.Copy
				made.ReplacePolicy = ""
				state.Trash = append(state.Trash, made)
			}
			r.back(row)
			continue
		}
		if settled(row.Status) && row.Type != stackType && template.Equal(state.Properties, state.Before.Properties) && sameTags(state.Tags, state.Before.Tags) {
			state.Copy, state.Before = *state.Before, nil // it only looks different
			r.dirty[id] = true
			continue
		}
		return e.changeBack(ctx, who, r, row)
	}
	r.stack.Work.Next, r.stack.Pending = nil, ""
	stack := r.stack
	r.also = func(tx *store.Tx) error { return tx.SetStackTemplates(stack.ID, stack.Body, "") }
	r.move(restoreCleanup, "")
	if r.garbage() == nil {
		r.move(restoreComplete, "")
	}
	return e.save(ctx, r)
}

// back makes a resource what it was.
func (r *run) back(row *store.StackResource) {
	row.State.Copy, row.State.Before = *row.State.Before, nil
	row.State.Token = r.stack.Token + "/back"
	row.Status, row.Reason, row.Updated, row.PhysicalID = updateComplete, "", r.now, row.State.PhysicalID
	r.dirty[row.LogicalID] = true
}

// changeBack changes a resource that was changed in place, or half changed, back.
func (e *Engine) changeBack(ctx context.Context, who access.Caller, r *run, row *store.StackResource) error {
	again := row.State.Token == r.stack.Token+"/back"
	c := e.callFor(r, who, row, *row.State.Before)
	c.again, c.back = again, true
	if !again {
		row.State.Token = r.stack.Token + "/back"
		r.mark(row, updateInProgress, "")
		if c.kind.real() {
			if err := e.save(ctx, r); err != nil {
				return err
			}
		}
	}
	_, err := c.change(ctx, row.State.Copy)
	if r.waits(err) {
		return nil
	}
	if err != nil {
		text, ok := refusal(err)
		if !ok {
			return err
		}
		r.mark(row, updateFailed, text)
		r.move(restoreFailed, fmt.Sprintf("The following resource(s) failed to update: [%s]. ", row.LogicalID))
		return e.save(ctx, r)
	}
	r.back(row)
	r.tell(row, row.PhysicalID, updateComplete, c.note(), row.State.Properties)
	return e.save(ctx, r)
}
