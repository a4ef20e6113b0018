package cloudformation

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/store"
)

// dependents lists who waits, among the resources that are still there, for a resource to go after them.
func (r *run) dependents(id string, there func(*store.StackResource) bool) (by []string) {
	for other, row := range r.rows {
		if other != id && there(row) && slices.Contains(row.State.Needs, id) {
			by = append(by, other)
		}
	}
	return by
}

// last finds the resource to take away next among those that there says are there: one that nothing waits for, the newest
// first. What blocked says has failed is passed by, and so is what it needs.
func (r *run) last(there, blocked func(*store.StackResource) bool) *store.StackResource {
	ids := r.ids()
	slices.Reverse(ids)
	for _, id := range ids {
		row := r.rows[id]
		if there(row) && !blocked(row) && len(r.dependents(id, there)) == 0 {
			return row
		}
	}
	held := r.held(there, blocked)
	for _, id := range ids { // what needs each other, after failed updates
		if row := r.rows[id]; there(row) && !held[id] {
			return row
		}
	}
	return nil
}

// held are the resources that cannot go because of those that are blocked: these and all that they need.
func (r *run) held(there, blocked func(*store.StackResource) bool) map[string]bool {
	held := map[string]bool{}
	var hold func(id string)
	hold = func(id string) {
		row := r.rows[id]
		if row == nil || held[id] || !there(row) {
			return
		}
		held[id] = true
		for _, need := range row.State.Needs {
			hold(need)
		}
	}
	for id, row := range r.rows {
		if there(row) && blocked(row) {
			hold(id)
		}
	}
	return held
}

// takeDown takes the next resource away, of a stack that is deleted or whose creation is rolled back; when none is left, it
// is done.
func (e *Engine) takeDown(ctx context.Context, who access.Caller, r *run) error {
	if reason, err := e.needed(ctx, r); err != nil || reason != "" {
		if err != nil {
			return err
		}
		r.stack.Work.Cause = reason
		r.move(deleteFailed, reason)
		return e.save(ctx, r)
	}
	there := func(row *store.StackResource) bool {
		return row.Status != deleteComplete && row.Status != deleteSkipped
	}
	failed := func(row *store.StackResource) bool {
		return row.Status == deleteFailed && row.State.Token == r.stack.Token+"/down"
	}
	row := r.last(there, failed)
	if row == nil {
		return e.takenDown(ctx, r, there)
	}
	if half(row) {
		return e.finish(ctx, who, r, row)
	}
	again := row.Status == deleteInProgress && row.State.Token == r.stack.Token+"/down"
	row.State.Token = r.stack.Token + "/down"
	if n := len(row.State.Trash); n > 0 {
		return e.empty(ctx, who, r, row)
	}
	if old := row.State.Before; old != nil && old.Generation != row.State.Generation {
		row.State.Trash, row.State.Before = append(row.State.Trash, *old), nil
		r.dirty[row.LogicalID] = true
		return e.save(ctx, r)
	}
	switch {
	case slices.Contains(r.stack.Work.Retain, row.LogicalID), r.keeps(row.State.Copy):
		r.mark(row, deleteSkipped, "")
		return e.save(ctx, r)
	case row.State.PhysicalID == "":
		row.Status, row.Updated = deleteComplete, r.now
		r.dirty[row.LogicalID] = true
		return e.save(ctx, r)
	}
	return e.takeAway(ctx, who, r, row, again, func() {})
}

// half reports whether a resource may be there although nobody knows it by its id: a step began to make it, and since then
// another operation has taken over, or the way forward was given up.
func half(row *store.StackResource) bool {
	return (row.Status == createInProgress || row.Status == updateInProgress) && row.State.PhysicalID == "" && kindOf(row.Type).real()
}

// finish ends what a step has begun to make, so that it can be taken away.
func (e *Engine) finish(ctx context.Context, who access.Caller, r *run, row *store.StackResource) error {
	c := e.callFor(r, who, row, row.State.Copy)
	c.again = true
	made, err := c.create(ctx)
	switch _, refused := refusal(err); {
	case r.waits(err) && made.PhysicalID == "":
		return nil
	case err != nil && !refused && made.PhysicalID == "":
		return err
	}
	row.State.PhysicalID, row.State.Attributes = made.PhysicalID, made.Attributes
	row.Status, row.PhysicalID, row.Updated = createFailed, made.PhysicalID, r.now
	r.dirty[row.LogicalID] = true
	return e.save(ctx, r)
}

// keeps reports whether a resource outlives its stack, or its place in it. (C-CFN-4)
func (r *run) keeps(c store.Copy) bool {
	switch c.DeletionPolicy {
	case "Retain":
		return true
	case "RetainExceptOnCreate":
		return r.stack.Status != rollbackInProgress && r.stack.Status != restoreCleanup
	}
	return false
}

// takeAway takes away what a resource is now. then is what else is to happen when it is gone.
func (e *Engine) takeAway(ctx context.Context, who access.Caller, r *run, row *store.StackResource, again bool, then func()) error {
	c := e.callFor(r, who, row, row.State.Copy)
	c.again = again
	if !again {
		r.mark(row, deleteInProgress, "")
		if c.kind.real() {
			if err := e.save(ctx, r); err != nil {
				return err
			}
		}
	}
	err := c.remove(ctx)
	if r.waits(err) {
		return nil
	}
	if err != nil {
		text, ok := refusal(err)
		if !ok {
			return err
		}
		r.mark(row, deleteFailed, text)
		if r.stack.Status == updateCleanup || r.stack.Status == restoreCleanup {
			then() // an update has succeeded whatever it leaves behind
		} else if r.stack.Work.Cause == "" {
			r.stack.Work.Cause = row.Reason
		}
		return e.save(ctx, r)
	}
	r.mark(row, deleteComplete, c.note())
	then()
	return e.save(ctx, r)
}

// empty takes away one earlier incarnation of a resource. It may be done twice: what is gone is gone.
func (e *Engine) empty(ctx context.Context, who access.Caller, r *run, row *store.StackResource) error {
	old := row.State.Trash[0]
	done := func(status, reason string) error {
		row.State.Trash = row.State.Trash[1:]
		r.dirty[row.LogicalID] = true
		r.tell(row, old.PhysicalID, status, reason, nil)
		return e.save(ctx, r)
	}
	if old.ReplacePolicy == "Retain" {
		return done(deleteSkipped, "")
	}
	c := e.callFor(r, who, row, old)
	err := c.remove(ctx)
	if r.waits(err) {
		return nil
	}
	r.tell(row, old.PhysicalID, deleteInProgress, "", nil)
	if err != nil {
		text, ok := refusal(err)
		if !ok {
			return err
		}
		return done(deleteFailed, text)
	}
	return done(deleteComplete, c.note())
}

// needed says why a stack that is being deleted cannot be: another one imports by now what it exports.
func (e *Engine) needed(ctx context.Context, r *run) (reason string, err error) {
	if r.stack.Status != deleteInProgress {
		return "", nil
	}
	err = e.unneeded(ctx, r.stack)
	if text, ok := refusal(err); ok {
		return text, nil
	}
	return "", err
}

// unneeded refuses to delete a stack that exports what another one imports. (C-CFN-3)
func (e *Engine) unneeded(ctx context.Context, s store.Stack) error {
	return e.DB.Read(ctx, func(tx *store.Tx) error {
		exports, err := tx.ExportsOf(s.ID)
		if err != nil {
			return err
		}
		for _, x := range exports {
			if err := unused(tx, x, "Delete canceled. Cannot delete export %s as it is in use by %s."); err != nil {
				return err
			}
		}
		return nil
	})
}

// takenDown ends a deletion or the rollback of a creation.
func (e *Engine) takenDown(ctx context.Context, r *run, there func(*store.StackResource) bool) error {
	var left []string
	for _, id := range r.ids() {
		if there(r.rows[id]) {
			left = append(left, id)
		}
	}
	switch back := r.stack.Status == rollbackInProgress; {
	case left != nil && back:
		r.move(rollbackFailed, fmt.Sprintf("The following resource(s) failed to delete: [%s]. ", strings.Join(left, ", ")))
	case left != nil:
		r.move(deleteFailed, fmt.Sprintf("The following resource(s) failed to delete: [%s]. ", strings.Join(left, ", ")))
	case back:
		r.move(rollbackComplete, "")
	default:
		r.move(deleteComplete, "")
	}
	if left == nil {
		stack := r.stack
		r.also = func(tx *store.Tx) error {
			if err := putExports(tx, stack, nil); err != nil {
				return err
			}
			if err := tx.DeleteChangeSets(stack.ID); err != nil {
				return err
			}
			return keepImports(tx, stack, nil)
		}
	}
	return e.save(ctx, r)
}

// garbage finds the next resource that an update, or its rollback, has left something over of; nil if there is none.
func (r *run) garbage() *store.StackResource {
	there := func(row *store.StackResource) bool { return row.State.Drop || len(row.State.Trash) > 0 }
	return r.last(there, func(*store.StackResource) bool { return false })
}

// cleanUp takes away what an update, or its rollback, has left over. It fails never: what cannot be taken away is left
// behind, as its event says.
func (e *Engine) cleanUp(ctx context.Context, who access.Caller, r *run) error {
	row := r.garbage()
	if row == nil {
		if r.stack.Status == updateCleanup {
			r.move(updateComplete, "")
		} else {
			r.move(restoreComplete, "")
		}
		return e.save(ctx, r)
	}
	if len(row.State.Trash) > 0 {
		return e.empty(ctx, who, r, row)
	}
	forget := func() {
		delete(r.rows, row.LogicalID)
		delete(r.dirty, row.LogicalID)
		r.gone = append(r.gone, row.LogicalID)
	}
	switch {
	case row.State.PhysicalID == "":
		forget()
		return e.save(ctx, r)
	case r.keeps(row.State.Copy):
		r.mark(row, deleteSkipped, "")
		forget()
		return e.save(ctx, r)
	}
	return e.takeAway(ctx, who, r, row, row.Status == deleteInProgress, forget)
}
