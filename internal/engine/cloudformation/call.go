package cloudformation

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/store"
	"portico/internal/template"
)

// call is what one step does to one resource.
type call struct {
	engine     *Engine
	kind       kind
	who        access.Caller
	stack      store.Stack
	id, typ    string
	generation int
	operation  string // token of the one that is carried out
	again      bool   // an earlier step may have done it already
	back       bool   // it is being put back as it was before
	asked      []string

	want       *template.Node // the properties it is to have, or has when it is taken away
	was        *template.Node // those it has, when it is changed
	tags       []catalog.Tag  // it is to have, besides those among its properties
	hadTags    []catalog.Tag
	allTags    []catalog.Tag // of the stack, reserved ones too
	physicalID string        // empty until it is made
	attributes map[string]*template.Node
	made       []string // properties that are simulated
}

// waiting is what a resource answers that needs more steps: when to look again.
type waiting struct{ after time.Duration }

func (w waiting) Error() string { return "cloudformation: not yet" }

// waits reports whether a resource needs more steps, and notes for the run when to make the next.
func (r *run) waits(err error) bool {
	var w waiting
	if !errors.As(err, &w) {
		return false
	}
	r.after = w.after
	return true
}

func (e *Engine) callFor(r *run, who access.Caller, row *store.StackResource, c store.Copy) *call {
	k := kindOf(row.Type)
	operation, _, _ := strings.Cut(row.State.Token, "/")
	return &call{engine: e, kind: k, who: who, stack: r.stack, id: row.LogicalID, typ: row.Type, generation: c.Generation, operation: operation,
		want: c.Properties, tags: own(c.Tags), allTags: c.Tags, physicalID: c.PhysicalID, attributes: c.Attributes, made: k.unknown(c.Properties)}
}

// own leaves out the tags whose keys are reserved: services refuse them.
func own(tags []catalog.Tag) []catalog.Tag {
	return slices.DeleteFunc(slices.Clone(tags), func(t catalog.Tag) bool { return strings.HasPrefix(t.Key, "aws:") })
}

// free refuses to make a resource under a name that something else has.
func (c *call) free(ctx context.Context) error {
	if c.kind.exists == nil {
		return nil
	}
	there, err := c.kind.exists(ctx, c)
	if fault.Is(err, fault.Denied) { // who acts may make it without being able to look: making it will tell
		return nil
	}
	if err != nil || there == "" {
		return err
	}
	if c.generation > 0 {
		return fault.Duplicatef("CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename %s and update the stack again.", there)
	}
	return fault.Duplicatef("%s already exists", there)
}

func (c *call) create(ctx context.Context) (template.Made, error) {
	if !c.kind.real() {
		return c.simulate(ctx, creating)
	}
	return c.kind.create(ctx, c)
}

// change makes a resource that was before what it is to be.
func (c *call) change(ctx context.Context, before store.Copy) (template.Made, error) {
	c.was, c.hadTags = before.Properties, own(before.Tags)
	if !c.kind.real() {
		return c.simulate(ctx, updating)
	}
	if c.kind.update == nil {
		return c.as(), nil
	}
	made, err := c.kind.update(ctx, c)
	if made.PhysicalID == "" {
		made = c.as()
	}
	return made, err
}

// as is the resource as it was.
func (c *call) as() template.Made {
	return template.Made{PhysicalID: c.physicalID, Attributes: c.attributes}
}

// remove takes a resource away. One that is gone already is as it should be.
func (c *call) remove(ctx context.Context) error {
	if !c.kind.real() {
		_, err := c.simulate(ctx, deleting)
		return err
	}
	if c.kind.remove == nil {
		return nil
	}
	return unless(c.kind.remove(ctx, c), fault.NotFound)
}

// unless makes errors of some kinds no errors.
func unless(err error, kinds ...fault.Kind) error {
	if f, ok := fault.Of(err); ok && slices.Contains(kinds, f.Kind) {
		return nil
	}
	return err
}

// note is what the event of a resource says about how real it is.
func (c *call) note() string {
	switch {
	case !c.kind.real():
		return "Simulated: no resource of type " + c.typ + " was touched"
	case len(c.made) > 0:
		return "Simulated: " + strings.Join(c.made, ", ")
	}
	return ""
}

// do carries out an operation of another service.
func do[Out any](ctx context.Context, c *call, service, operation string, in any) (*Out, error) {
	out, err := c.engine.Caller.Do(ctx, c.who, service, operation, in)
	if err != nil {
		return new(Out), err
	}
	return out.(*Out), nil
}

// act is do for operations whose answer says nothing.
func act(ctx context.Context, c *call, service, operation string, in any) error {
	_, err := c.engine.Caller.Do(ctx, c.who, service, operation, in)
	return err
}
