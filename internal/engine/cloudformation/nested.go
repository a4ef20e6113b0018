package cloudformation

import (
	"context"

	"portico/internal/fault"
	"portico/internal/store"
	"portico/internal/template"
)

// createHandle makes a handle: an address to which whoever has it may tell that something is done. Nobody waits for it here.
func createHandle(_ context.Context, c *call) (template.Made, error) {
	return template.Made{PhysicalID: "https://cloudformation-waitcondition-" + string(c.stack.Region) + ".s3.amazonaws.com/" + uuid("handle", c.stack.ID, c.id)}, nil
}

// nested is the request for the stack of a resource: it acts with the rights of its parent's, and its token is another for
// every operation of the parent.
func (c *call) nested(ctx context.Context, purpose string) (Request, error) {
	if err := required(c.want, "TemplateURL"); err != nil {
		return Request{}, err
	}
	q := Request{Account: c.stack.Account, Region: c.stack.Region, Name: c.generated(128), Token: c.token(purpose), Client: c.stack.Work.Client,
		As: c.stack.Work.As, Topics: texts(c.want, "NotificationARNs"), parent: c.stack.ID, root: c.stack.Root}
	// What the parent's request has agreed to holds for all below it; the way back asks for nothing new.
	d, _ := (&run{stack: c.stack}).definition()
	q.Capabilities, q.Acknowledged = d.Capabilities, c.stack.Status != createInProgress && c.stack.Status != updateInProgress
	if q.root == "" {
		q.root = c.stack.ID
	}
	minutes, err := number(c.want, "TimeoutInMinutes")
	if err != nil {
		return q, err
	}
	if minutes != nil {
		q.Timeout = *minutes
	}
	q.Tags = tagsOf(c.want, c.allTags)
	if p := c.want.Get("Parameters"); p != nil {
		for _, e := range p.Entries {
			q.Arguments = append(q.Arguments, template.Argument{Key: e.Key, Value: joined(e.Value)})
		}
	}
	q.Template, err = c.engine.Fetch(ctx, c.who, text(c.want, "TemplateURL"))
	return q, err
}

// joined is a parameter's value; a list's are separated by commas.
func joined(n *template.Node) string {
	if n.Kind == template.Scalar {
		return n.Text
	}
	out := ""
	for i, item := range n.Items {
		if i > 0 {
			out += ","
		}
		out += item.Text
	}
	return out
}

// step makes a step of a nested stack. Until it has ended in the status that is good, or another, there is more to do.
func (c *call) step(ctx context.Context, id, good string) (store.Stack, error) {
	s, after, err := c.engine.Step(ctx, c.who, id)
	if err != nil {
		return s, err
	}
	switch {
	case underWay(s.Status):
		return s, waiting{after}
	case s.Status == good:
		return s, nil
	}
	reason := s.Work.Cause
	if reason == "" {
		reason = s.Reason
	}
	return s, fault.Invalidf("Embedded stack %s was not successfully %s: %s", s.ID, map[string]string{createComplete: "created", updateComplete: "updated", deleteComplete: "deleted"}[good], reason)
}

// stackMade is what a nested stack answers.
func stackMade(s store.Stack) template.Made {
	made := template.Made{PhysicalID: s.ID, Attributes: map[string]*template.Node{}}
	for _, o := range s.Work.Outputs {
		made.Attributes["Outputs."+o.Key] = template.Text(o.Value)
	}
	return made
}

// maxNesting is how deep stacks may lie in each other: a template that has itself for a nested stack ends there. (C-CFN-7)
const maxNesting = 10

// shallow refuses a nested stack that would lie too deep.
func (c *call) shallow(ctx context.Context) error {
	s := c.stack
	for depth := 1; s.Parent != ""; depth++ {
		if depth == maxNesting {
			return fault.Limitf("Stacks may not be nested deeper than %d levels", maxNesting)
		}
		parent, ok, err := c.engine.Named(ctx, s.Account, s.Region, s.Parent)
		if err != nil || !ok {
			return err
		}
		s = parent
	}
	return nil
}

func createNested(ctx context.Context, c *call) (template.Made, error) {
	name := c.generated(128)
	s, ok, err := c.engine.Named(ctx, c.stack.Account, c.stack.Region, name)
	if err != nil {
		return template.Made{}, err
	}
	if !ok {
		if err := c.shallow(ctx); err != nil {
			return template.Made{}, err
		}
		q, err := c.nested(ctx, "create")
		if err != nil {
			return template.Made{}, err
		}
		if s, err = c.engine.Create(ctx, q, nil); err != nil {
			return template.Made{}, err
		}
	} else if s.Parent != c.stack.ID {
		return template.Made{}, exists(name)
	}
	s, err = c.step(ctx, s.ID, createComplete)
	return stackMade(s), err
}

// updateNested updates a nested stack. One whose template and parameters are what they were is as it was.
func updateNested(ctx context.Context, c *call) (template.Made, error) {
	q, err := c.nested(ctx, "update "+c.want.JSON()) // the way back is another operation
	if err != nil {
		return template.Made{}, err
	}
	q.Name = c.physicalID
	s, ok, err := c.engine.Named(ctx, c.stack.Account, c.stack.Region, c.physicalID)
	if err != nil || !ok {
		return template.Made{}, orError(err, Missing(c.physicalID))
	}
	if c.back && s.Token != q.Token && underWay(s.Status) { // what was given up with the update of its parent comes to its end first
		if err := c.engine.cancel(ctx, s.ID, "Resource update cancelled"); err != nil {
			return template.Made{}, err
		}
		s, after, err := c.engine.Step(ctx, c.who, s.ID)
		if err == nil {
			err = waiting{after}
		}
		return stackMade(s), err
	}
	if s.Token != q.Token {
		if s, err = c.engine.Update(ctx, q, nil); err != nil {
			if fault.Is(err, fault.Unsupported) {
				return stackMade(s), nil
			}
			return template.Made{}, err
		}
	}
	s, err = c.step(ctx, s.ID, updateComplete)
	if err != nil {
		return template.Made{}, err
	}
	return stackMade(s), nil
}

func removeNested(ctx context.Context, c *call) error {
	q := Request{Account: c.stack.Account, Region: c.stack.Region, Name: c.physicalID, Token: c.token("delete"), Client: c.stack.Work.Client, As: c.stack.Work.As}
	s, ok, err := c.engine.Named(ctx, q.Account, q.Region, q.Name)
	if err != nil || !ok || s.Status == deleteComplete {
		return err
	}
	if s.Token != q.Token {
		if s, err = c.engine.Delete(ctx, q, nil); err != nil {
			return err
		}
	}
	_, err = c.step(ctx, s.ID, deleteComplete)
	return err
}
