package cloudformation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/store"
	"portico/internal/template"
)

// run is a stack as a step finds it and as it leaves it. Nothing of it is written before save.
type run struct {
	stack  store.Stack
	rows   map[string]*store.StackResource
	dirty  map[string]bool // rows to write
	gone   []string        // rows to forget
	events []store.StackEvent
	also   func(*store.Tx) error // what else to write
	now    time.Time
	after  time.Duration // how long to wait before the next step
}

// Step makes one step of the operation of a stack, and gives the stack as it is then, and how long to wait before the next.
// who acts for it, and
// whoever the stack says if nobody is given. A stack without an operation under way stays as it is.
func (e *Engine) Step(ctx context.Context, who access.Caller, id string) (store.Stack, time.Duration, error) {
	r, err := e.resume(ctx, id)
	if err != nil || !underWay(r.stack.Status) {
		return r.stack, 0, err
	}
	if who.Account == "" {
		who = r.stack.Work.As
	}
	switch r.stack.Status {
	case createInProgress, updateInProgress:
		err = e.forward(ctx, who, r)
	case rollbackInProgress, deleteInProgress:
		err = e.takeDown(ctx, who, r)
	case restoreInProgress:
		err = e.restore(ctx, who, r)
	case updateCleanup, restoreCleanup:
		err = e.cleanUp(ctx, who, r)
	}
	return r.stack, r.after, err
}

// resume reads a stack for a step.
func (e *Engine) resume(ctx context.Context, id string) (*run, error) {
	r := &run{rows: map[string]*store.StackResource{}, dirty: map[string]bool{}, now: e.Now()}
	err := e.DB.Read(ctx, func(tx *store.Tx) (err error) {
		var ok bool
		if r.stack, ok, err = tx.Stack(id); err != nil || !ok {
			return orError(err, Missing(id))
		}
		if !underWay(r.stack.Status) {
			return nil
		}
		rows, err := tx.StackResources(id)
		for i := range rows {
			r.rows[rows[i].LogicalID] = &rows[i]
		}
		return err
	})
	return r, err
}

// save writes down what a step has come to.
func (e *Engine) save(ctx context.Context, r *run) error {
	if err := e.DB.Write(ctx, r.save); err != nil {
		return err
	}
	r.stack.Version++
	r.events, r.gone, r.also = nil, nil, nil
	clear(r.dirty)
	return nil
}

func (r *run) save(tx *store.Tx) error {
	s := r.stack
	s.Version++
	ok, err := tx.UpdateStack(s)
	if err == nil && !ok {
		err = errStale
	}
	if err == nil && r.also != nil {
		err = r.also(tx)
	}
	if err != nil {
		return err
	}
	return r.write(tx)
}

// write writes what belongs to a stack.
func (r *run) write(tx *store.Tx) error {
	for _, id := range r.ids() {
		if !r.dirty[id] {
			continue
		}
		if err := tx.PutStackResource(*r.rows[id]); err != nil {
			return err
		}
	}
	for _, id := range r.gone {
		if err := tx.DeleteStackResource(r.stack.ID, id); err != nil {
			return err
		}
	}
	for _, ev := range r.events {
		if err := tx.InsertStackEvent(ev); err != nil {
			return err
		}
	}
	return nil
}

// ids are the logical ids of the resources, in the order in which they came up.
func (r *run) ids() []string {
	ids := make([]string, 0, len(r.rows))
	for id := range r.rows {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int { return r.rows[a].N - r.rows[b].N })
	return ids
}

// move gives the stack a status, and says so in an event.
func (r *run) move(status, reason string) {
	r.stack.Status, r.stack.Reason = status, reason
	if status == deleteComplete {
		r.stack.Deleted = r.now
	}
	if reason == "User Initiated" {
		r.stack.Reason = ""
		if status != createInProgress {
			r.stack.Reason = reason
		}
	}
	r.add(store.StackEvent{LogicalID: r.stack.Name, PhysicalID: r.stack.ID, Type: stackType, Status: status, Reason: reason})
}

func (r *run) add(ev store.StackEvent) {
	r.stack.Work.Events++
	ev.Stack, ev.N, ev.At, ev.Token = r.stack.ID, r.stack.Work.Events, r.now, r.stack.Work.Client
	r.events = append(r.events, ev)
}

// mark gives a resource a status, and says so in an event.
func (r *run) mark(row *store.StackResource, status, reason string) {
	row.Status, row.Reason, row.Updated = status, r.conceal(reason), r.now
	row.PhysicalID = row.State.PhysicalID
	r.dirty[row.LogicalID] = true
	r.tell(row, row.PhysicalID, status, reason, row.State.Properties)
}

// tell adds an event of a resource.
func (r *run) tell(row *store.StackResource, physicalID, status, reason string, properties *template.Node) {
	ev := store.StackEvent{LogicalID: row.LogicalID, PhysicalID: physicalID, Type: row.Type, Status: status, Reason: r.conceal(reason)}
	if properties != nil && !strings.HasPrefix(status, "DELETE") {
		if text := r.shown(properties).JSON(); len(text) <= maxEventProperties {
			ev.Properties = text
		}
	}
	r.add(ev)
}

// conceal takes what NoEcho parameters hold out of a text. Very short values are left, unless they are all of it: they
// occur in any text, and what remained would tell them. (C-PP-13)
func (r *run) conceal(text string) string {
	const telling = 4
	for _, d := range []*store.StackDefinition{&r.stack.Work.Definition, r.stack.Work.Next} {
		if d == nil {
			continue
		}
		for _, b := range d.Parameters {
			switch {
			case !b.NoEcho || b.Resolved == "":
			case text == b.Resolved:
				return masked
			case len(b.Resolved) >= telling:
				text = strings.ReplaceAll(text, b.Resolved, masked)
			}
		}
	}
	return text
}

// masked stands for what is not to be shown.
const masked = "****"

// shown is a value without what is not to be shown.
func (r *run) shown(n *template.Node) *template.Node {
	made := &template.Node{Kind: n.Kind, Type: n.Type, Quoted: n.Quoted, Text: r.conceal(n.Text)}
	if made.Text != n.Text {
		made.Type = template.String
	}
	for _, item := range n.Items {
		made.Items = append(made.Items, r.shown(item))
	}
	for _, entry := range n.Entries {
		made.Entries = append(made.Entries, template.Entry{Key: entry.Key, Value: r.shown(entry.Value)})
	}
	return made
}

// definition is what the operation under way is to arrive at, with its template.
func (r *run) definition() (store.StackDefinition, string) {
	if next := r.stack.Work.Next; next != nil {
		return *next, r.stack.Pending
	}
	return r.stack.Work.Definition, r.stack.Body
}

// evaluate evaluates the template that the operation under way is to arrive at, with what is made so far.
func (e *Engine) evaluate(ctx context.Context, r *run) (*template.Template, *template.Evaluation, error) {
	d, body := r.definition()
	parsed, err := template.Parse([]byte(body))
	if err != nil {
		return nil, nil, plain(err)
	}
	made := map[string]template.Made{}
	for id, row := range r.rows {
		if row.State.PhysicalID != "" {
			made[id] = template.Made{PhysicalID: row.State.PhysicalID, Attributes: row.State.Attributes}
		}
	}
	ev, err := parsed.Evaluate(e.scope(ctx, r.stack, d, made))
	return parsed, ev, plain(err)
}

// madeOf is what resources answer.
func madeOf(rows []store.StackResource) map[string]template.Made {
	made := map[string]template.Made{}
	for _, row := range rows {
		if row.State.PhysicalID != "" {
			made[row.LogicalID] = template.Made{PhysicalID: row.State.PhysicalID, Attributes: row.State.Attributes}
		}
	}
	return made
}

// refusal is the text of a fault, and whether err is one: then it is the caller's doing and not ours.
func refusal(err error) (string, bool) {
	f, ok := fault.Of(err)
	if !ok {
		return "", false
	}
	return f.Message, true
}

// Abandon ends the operation of a stack whose steps fail by no fault of anybody's but ours.
func (e *Engine) Abandon(tx *store.Tx, id string) error {
	s, ok, err := tx.Stack(id)
	if err != nil || !ok || !underWay(s.Status) {
		return err
	}
	r := &run{stack: s, rows: map[string]*store.StackResource{}, dirty: map[string]bool{}, now: e.Now()}
	ended := map[string]string{createInProgress: createFailed, rollbackInProgress: rollbackFailed, updateInProgress: restoreFailed,
		restoreInProgress: restoreFailed, updateCleanup: updateComplete, restoreCleanup: restoreComplete, deleteInProgress: deleteFailed}
	r.move(ended[s.Status], fmt.Sprintf("The operation failed because of an internal error. The server's log tells more under %s", id))
	return r.save(tx)
}
