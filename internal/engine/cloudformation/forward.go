package cloudformation

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/store"
	"portico/internal/template"
)

// settled reports whether a resource of a status has been dealt with.
func settled(status string) bool { return status == createComplete || status == updateComplete }

// forward makes or changes the next resource of a creation or an update; when all are there, it completes it.
func (e *Engine) forward(ctx context.Context, who access.Caller, r *run) error {
	if timedOut(r.stack, r.now) {
		r.fail("", "Stack creation time exceeded the specified timeout. Rollback requested by user.")
		return e.save(ctx, r)
	}
	parsed, ev, err := e.evaluate(ctx, r)
	if err != nil {
		return e.refuse(ctx, r, "", err)
	}
	d, _ := r.definition()
	for _, id := range ev.Graph().Order {
		row := r.rows[id]
		if row != nil && row.State.Token == r.stack.Token && settled(row.Status) {
			continue
		}
		want, err := e.wanted(parsed, ev, d, id)
		if err != nil {
			if _, ok := refusal(err); ok && row == nil {
				r.fresh(parsed, id, store.Copy{})
			}
			return e.refuse(ctx, r, id, err)
		}
		again := row != nil && row.State.Token == r.stack.Token
		if !again && !r.intend(parsed, id, want) {
			continue
		}
		return e.carry(ctx, who, r, parsed, id, again)
	}
	return e.complete(ctx, r, ev)
}

// wanted is a resource as the template has it now that what it needs is made.
func (e *Engine) wanted(parsed *template.Template, ev *template.Evaluation, d store.StackDefinition, id string) (store.Copy, error) {
	properties, err := ev.Properties(id)
	if err != nil {
		return store.Copy{}, plain(err)
	}
	metadata, err := ev.Metadata(id)
	if err != nil {
		return store.Copy{}, plain(err)
	}
	declared, _ := parsed.Resource(id)
	c := store.Copy{Properties: properties, Tags: d.Tags, DeletionPolicy: declared.DeletionPolicy, ReplacePolicy: declared.UpdateReplacePolicy, Needs: ev.Graph().Needs[id]}
	if len(metadata.Entries) > 0 {
		c.Metadata = metadata.JSON()
	}
	return c, nil
}

// intend decides what is to become of a resource and marks it as begun. It reports false if it can stay as it is.
func (r *run) intend(parsed *template.Template, id string, want store.Copy) bool {
	row := r.rows[id]
	if row == nil {
		r.mark(r.fresh(parsed, id, want), createInProgress, "")
		return true
	}
	before := row.State.Copy
	row.State.New = false
	changed := template.Changed(before.Properties, want.Properties)
	tags := tagged(row.Type) && !sameTags(before.Tags, want.Tags)
	want.PhysicalID, want.Attributes, want.Generation = before.PhysicalID, before.Attributes, before.Generation
	if len(changed) == 0 && !tags && row.Type != stackType {
		row.State.Token, row.State.Before, row.State.Copy = r.stack.Token, &before, want
		r.dirty[id] = true
		return false
	}
	row.State.Token, row.State.Before, row.State.Copy = r.stack.Token, &before, want
	if slices.ContainsFunc(changed, func(name string) bool { return recreation(row.Type, name) == template.Always }) {
		row.State.Generation++
		row.State.PhysicalID, row.State.Attributes = "", nil
		row.Status, row.Reason, row.Updated = updateInProgress, "", r.now
		r.dirty[id] = true
		r.tell(row, before.PhysicalID, updateInProgress, "Requested update requires the creation of a new physical resource; hence creating one.", want.Properties)
		return true
	}
	r.mark(row, updateInProgress, "")
	return true
}

// fresh adds a resource.
func (r *run) fresh(parsed *template.Template, id string, want store.Copy) *store.StackResource {
	declared, _ := parsed.Resource(id)
	r.stack.Work.Resources++
	row := &store.StackResource{Stack: r.stack.ID, LogicalID: id, N: r.stack.Work.Resources, Type: declared.Type,
		State: store.ResourceState{Token: r.stack.Token, Copy: want, New: true}}
	r.rows[id] = row
	return row
}

// carry makes or changes a resource that is marked. again says that an earlier step may have done so.
func (e *Engine) carry(ctx context.Context, who access.Caller, r *run, parsed *template.Template, id string, again bool) error {
	row := r.rows[id]
	c := e.callFor(r, who, row, row.State.Copy)
	c.again, c.asked = again, parsed.AttributesOf(id)
	makes := row.State.Before == nil || row.State.Before.Generation != row.State.Generation
	if c.kind.real() && !again {
		if makes {
			if err := c.free(ctx); err != nil {
				return e.refuse(ctx, r, id, err)
			}
		}
		if err := e.save(ctx, r); err != nil {
			return err
		}
		c.stack = r.stack
	}
	var made template.Made
	var err error
	if makes {
		made, err = c.create(ctx)
	} else {
		made, err = c.change(ctx, *row.State.Before)
	}
	if r.waits(err) {
		if made.PhysicalID == "" || made.PhysicalID == row.State.PhysicalID {
			return nil
		}
		row.State.PhysicalID, row.PhysicalID = made.PhysicalID, made.PhysicalID
		r.dirty[id] = true
		return e.save(ctx, r)
	}
	if made.PhysicalID != "" {
		row.State.PhysicalID, row.State.Attributes = made.PhysicalID, made.Attributes
	}
	if err != nil {
		return e.refuse(ctx, r, id, err)
	}
	status := createComplete
	if !row.State.New {
		status = updateComplete
	}
	r.mark(row, status, c.note())
	return e.save(ctx, r)
}

// refuse ends the way forward for what is refused; any other error is returned.
func (e *Engine) refuse(ctx context.Context, r *run, id string, err error) error {
	text, ok := refusal(err)
	if !ok {
		return err
	}
	r.fail(id, text)
	return e.save(ctx, r)
}

// fail turns the way forward into the way back, because of a resource or of the stack itself. (C-ENG-1)
func (r *run) fail(id, reason string) {
	w := &r.stack.Work
	w.Cause = r.conceal(reason)
	text, verb := reason, "create"
	if id != "" {
		w.Failed = append(w.Failed, id)
		row := r.rows[id]
		if row.State.Token != r.stack.Token { // its new properties could not even be worked out
			before := row.State.Copy
			row.State.Token, row.State.Before, row.State.New = r.stack.Token, &before, false
		}
		status := createFailed
		if !row.State.New {
			status, verb = updateFailed, "update"
		}
		r.mark(row, status, reason)
		text = fmt.Sprintf("The following resource(s) failed to %s: [%s].", verb, strings.Join(w.Failed, ", "))
	}
	text = r.conceal(text)
	switch {
	case r.stack.Status == updateInProgress:
		r.move(restoreInProgress, text)
	case w.OnFailure == "DO_NOTHING":
		r.move(createFailed, text)
	case w.OnFailure == "DELETE":
		r.move(deleteInProgress, text+" Delete requested by user.")
	default:
		r.move(rollbackInProgress, text+" Rollback requested by user.")
	}
}

// complete ends the way forward: the outputs and exports are in force, and what an update leaves over is to be cleaned up.
func (e *Engine) complete(ctx context.Context, r *run, ev *template.Evaluation) error {
	outputs, err := ev.Outputs()
	if err != nil {
		return e.refuse(ctx, r, "", plain(err))
	}
	imports, err := ev.Check()
	if err != nil {
		return e.refuse(ctx, r, "", plain(err))
	}
	whole := *r
	whole.stack.Work.Outputs = outputs
	if r.stack.Status == createInProgress {
		whole.move(createComplete, "")
	} else {
		whole.replace(ev)
		whole.move(updateCleanup, "")
		if whole.garbage() == nil {
			whole.move(updateComplete, "")
		}
	}
	stack := whole.stack
	whole.also = func(tx *store.Tx) error {
		if err := putExports(tx, stack, outputs); err != nil {
			return err
		}
		if err := keepImports(tx, stack, imports); err != nil {
			return err
		}
		return tx.SetStackTemplates(stack.ID, stack.Body, stack.Pending)
	}
	if err := e.save(ctx, &whole); err != nil {
		if _, ok := fault.Of(err); ok { // an export that another stack has, or needs
			again, err2 := e.resume(ctx, r.stack.ID)
			if err2 != nil {
				return err2
			}
			return e.refuse(ctx, again, "", err)
		}
		return err
	}
	*r = whole
	return nil
}

// replace puts what an update has arrived at in force, and notes what it leaves over.
func (r *run) replace(ev *template.Evaluation) {
	w := &r.stack.Work
	w.Definition, w.Next = *w.Next, nil
	r.stack.Body, r.stack.Pending = r.stack.Pending, ""
	for id, row := range r.rows {
		state := &row.State
		if !ev.Has(id) {
			state.Drop = true
			r.dirty[id] = true
		}
		if state.Before == nil && !state.New {
			continue
		}
		if old := state.Before; old != nil && old.Generation != state.Generation && old.PhysicalID != "" {
			state.Trash = append(state.Trash, *old)
		}
		state.Before, state.New = nil, false
		r.dirty[id] = true
	}
}
