package cloudformation

import (
	"context"

	"portico/internal/fault"
	"portico/internal/store"
)

// Statuses of change sets.
const (
	changesAvailable = "AVAILABLE"
	changesNone      = "UNAVAILABLE"
	changesFailed    = "FAILED"
	noChanges        = "The submitted information didn't contain changes. Submit different information to create a change set."
)

// CreateChangeSet works out what an update of a stack would do, or with creates its creation, and keeps it. One that would
// do nothing is kept as failed. (C-PLAN-5)
func (e *Engine) CreateChangeSet(ctx context.Context, q Request, name, description string, creates bool) (store.ChangeSet, error) {
	if err := checkTags(q.Tags); err != nil {
		return store.ChangeSet{}, err
	}
	s, rows, err := e.reviewed(ctx, q, name, creates)
	if err != nil {
		return store.ChangeSet{}, err
	}
	c := store.ChangeSet{ID: changeSetARN(s, name, q.Token), Stack: s.ID, Name: name, Status: createComplete, Execution: changesAvailable, Body: string(q.Template), Created: e.Now()}
	c.Detail = store.ChangeSetDetail{Description: description, Token: q.Token, Creates: creates, Arguments: q.Arguments, OnFailure: q.OnFailure}
	checked, set, err := e.compare(ctx, q, s, rows)
	if err != nil {
		return c, err
	}
	c.Detail.Definition, c.Detail.Changes = checked.definition, set.Changes
	if set.Empty() && sameTags(s.Work.Definition.Tags, q.Tags) {
		c.Status, c.Execution, c.Reason = changesFailed, changesNone, noChanges
	}
	fresh := s.Token == "" // the stack is there only when it is reviewed
	err = e.DB.Write(ctx, func(tx *store.Tx) error {
		if fresh {
			if err := e.review(tx, s, q); err != nil {
				return err
			}
		}
		made, err := tx.InsertChangeSet(c)
		if err == nil && !made {
			if old, ok, err := tx.ChangeSet(c.ID); err != nil || ok {
				c = old
				return err
			}
			err = fault.Duplicatef("ChangeSet %s cannot be created due to a mismatch with existing attribute Name", name)
		}
		return err
	})
	return c, err
}

// reviewed is the stack of a change set; one that is to be created has no rows yet and perhaps is not there itself.
func (e *Engine) reviewed(ctx context.Context, q Request, name string, creates bool) (store.Stack, []store.StackResource, error) {
	s, ok, err := e.Named(ctx, q.Account, q.Region, q.Name)
	switch {
	case err != nil:
		return s, nil, err
	case creates && ok && s.Status != reviewInProgress:
		return s, nil, fault.Invalidf("Stack [%s] already exists and cannot be created again with the changeSet [%s].", s.Name, name)
	case creates && !ok:
		if err := checkName(q.Name); err != nil {
			return s, nil, err
		}
		return store.Stack{ID: stackARN(q.Account, q.Region, q.Name, q.Token), Account: q.Account, Region: q.Region, Name: q.Name, Status: reviewInProgress,
			Created: e.Now()}, nil, nil
	case !ok:
		return s, nil, Missing(q.Name)
	case !creates && s.Status == reviewInProgress:
		return s, nil, fault.Invalidf("Stack [%s] does not exist", s.Name)
	case underWay(s.Status) || !creates && !updatable(s.Status):
		return s, nil, fault.Invalidf("Stack:%s is in %s state and can not be updated.", s.ID, s.Status)
	}
	return e.load(ctx, q.Account, q.Region, q.Name)
}

// review adds the stack of a change set that is to create one.
func (e *Engine) review(tx *store.Tx, s store.Stack, q Request) error {
	r := e.begin(s, q, reviewInProgress)
	r.stack.Token = "review/" + q.Token // what creates it is another operation
	made, err := tx.InsertStack(r.stack)
	if err == nil && !made {
		err = exists(s.Name)
	}
	if err != nil {
		return err
	}
	return r.write(tx)
}

// Execute begins what a change set says.
func (e *Engine) Execute(ctx context.Context, c store.ChangeSet, q Request, then also) (store.Stack, error) {
	if c.Execution != changesAvailable {
		return store.Stack{}, fault.Invalidf("ChangeSet [%s] cannot be executed in its current status of [%s]", c.ID, c.Status).Named("InvalidChangeSetStatus")
	}
	d := c.Detail
	q.Name, q.Template, q.Arguments, q.Forgets, q.ChangeSet, q.OnFailure = c.Stack, []byte(c.Body), d.Arguments, true, c.ID, d.OnFailure
	q.Tags, q.Topics, q.Capabilities, q.Role = d.Definition.Tags, d.Definition.Topics, d.Definition.Capabilities, d.Definition.Role
	q.Acknowledged = true // when it was made
	if !d.Creates {
		return e.Update(ctx, q, then)
	}
	s, _, err := e.load(ctx, q.Account, q.Region, q.Name)
	if err != nil {
		return s, err
	}
	if s.Status != reviewInProgress {
		return s, fault.Invalidf("Stack [%s] is in %s state and cannot be created by a change set", s.Name, s.Status)
	}
	checked, err := e.check(ctx, q, s, nil)
	if err != nil {
		return s, err
	}
	r := e.begin(s, q, createInProgress)
	r.stack.Work.Definition, r.stack.Body = checked.definition, c.Body
	err = e.DB.Write(ctx, func(tx *store.Tx) error {
		if err := noteImports(tx, r.stack, checked.imports); err != nil {
			return err
		}
		return r.begun(tx, then)
	})
	return r.stack, overtaken(s, err)
}
