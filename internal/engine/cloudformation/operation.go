package cloudformation

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/store"
	"portico/internal/template"
)

// also is what else is to be done in the transaction that begins an operation.
type also = func(*store.Tx, store.Stack) error

// Create begins to make a stack. The same request again gives the same stack.
func (e *Engine) Create(ctx context.Context, q Request, then also) (store.Stack, error) {
	if err := checkName(q.Name); err != nil {
		return store.Stack{}, err
	}
	if err := checkTags(q.Tags); err != nil {
		return store.Stack{}, err
	}
	s := store.Stack{ID: stackARN(q.Account, q.Region, q.Name, q.Token), Account: q.Account, Region: q.Region, Name: q.Name}
	if old, ok, err := e.Named(ctx, q.Account, q.Region, q.Name); err != nil || ok {
		if ok && old.ID == s.ID {
			return old, nil
		}
		return s, orError(err, exists(q.Name))
	}
	c, err := e.check(ctx, q, s, nil)
	if err != nil {
		return s, err
	}
	s.Parent, s.Root, s.Body, s.Created = q.parent, q.root, string(q.Template), e.Now()
	r := e.begin(s, q, createInProgress)
	r.stack.Work.Definition = c.definition
	err = e.DB.Write(ctx, func(tx *store.Tx) error {
		made, err := tx.InsertStack(r.stack)
		if err != nil {
			return err
		}
		if !made {
			return exists(q.Name)
		}
		if err := noteImports(tx, r.stack, c.imports); err != nil {
			return err
		}
		if err := r.write(tx); err != nil || then == nil {
			return err
		}
		return then(tx, r.stack)
	})
	return r.stack, err
}

func exists(name string) error {
	return fault.Duplicatef("Stack [%s] already exists", name)
}

func orError(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// begin gives the run of an operation that begins.
func (e *Engine) begin(s store.Stack, q Request, status string) *run {
	s.Token = q.Token
	w := &s.Work
	w.As, w.Client, w.Cause, w.Failed, w.Retain, w.Next = q.As, q.Client, "", nil, q.Retain, nil
	if status == createInProgress {
		w.OnFailure, w.Timeout, w.Protected = q.OnFailure, q.Timeout, q.Protected
	}
	if q.ChangeSet != "" {
		w.ChangeSet = q.ChangeSet
	}
	r := &run{stack: s, rows: map[string]*store.StackResource{}, dirty: map[string]bool{}, now: e.Now()}
	r.move(status, "User Initiated")
	return r
}

// Update begins to change a stack. One that would change nothing is refused in the words of template.NoUpdates, of kind
// Unsupported, and is as it was.
func (e *Engine) Update(ctx context.Context, q Request, then also) (store.Stack, error) {
	if err := checkTags(q.Tags); err != nil {
		return store.Stack{}, err
	}
	s, rows, err := e.load(ctx, q.Account, q.Region, q.Name)
	if err != nil {
		return s, err
	}
	if s.Token == q.Token {
		return s, nil
	}
	if !updatable(s.Status) {
		return s, fault.Invalidf("Stack:%s is in %s state and can not be updated.", s.ID, s.Status)
	}
	c, set, err := e.compare(ctx, q, s, rows)
	if err != nil {
		return s, err
	}
	if d := s.Work.Definition; set.Empty() && sameTags(d.Tags, q.Tags) && slices.Equal(d.Topics, q.Topics) {
		return s, NoUpdates()
	}
	r := e.begin(s, q, updateInProgress)
	r.stack.Updated = e.Now()
	r.stack.Work.Next = &c.definition
	r.stack.Pending = string(q.Template)
	err = e.DB.Write(ctx, func(tx *store.Tx) error {
		if err := noteImports(tx, r.stack, c.imports); err != nil {
			return err
		}
		return r.begun(tx, then)
	})
	return r.stack, overtaken(s, err)
}

// overtaken makes of an operation that another one has come before what it would be a moment later: refused.
func overtaken(s store.Stack, err error) error {
	if errors.Is(err, errStale) {
		return fault.Statef("Stack:%s is being changed by another operation and can not be changed now.", s.ID)
	}
	return err
}

// updatable reports whether a stack of a status can be updated.
func updatable(status string) bool {
	return status == createComplete || status == updateComplete || status == restoreComplete
}

// NoUpdates is the refusal of an update that would change nothing.
func NoUpdates() error { return fault.Unsupportedf("%s", template.NoUpdates) }

// begun writes an operation of a stack that was there before.
func (r *run) begun(tx *store.Tx, then also) error {
	if err := r.save(tx); err != nil {
		return err
	}
	if err := tx.SetStackTemplates(r.stack.ID, r.stack.Body, r.stack.Pending); err != nil {
		return err
	}
	if err := tx.DeleteChangeSets(r.stack.ID); err != nil || then == nil {
		return err
	}
	return then(tx, r.stack)
}

// compare holds a request to what its stack is made from, and gives what it would change. (C-PLAN-7)
func (e *Engine) compare(ctx context.Context, q Request, s store.Stack, rows []store.StackResource) (checked, template.ChangeSet, error) {
	made := madeOf(rows)
	c, err := e.check(ctx, q, s, made)
	if err != nil || s.Status == reviewInProgress {
		if err != nil {
			return c, template.ChangeSet{}, err
		}
		set, err := template.Compare(nil, c.evaluation, schema())
		return c, set, plain(err)
	}
	old, err := template.Parse([]byte(s.Body))
	if err != nil {
		return c, template.ChangeSet{}, err
	}
	before, err := old.Evaluate(e.scope(ctx, s, s.Work.Definition, made))
	if err != nil {
		return c, template.ChangeSet{}, plain(err)
	}
	set, err := template.Compare(before, c.evaluation, schema())
	return c, set, plain(err)
}

// Delete begins to take a stack away. One that is gone, or being deleted, is as it should be.
func (e *Engine) Delete(ctx context.Context, q Request, then also) (store.Stack, error) {
	s, _, err := e.load(ctx, q.Account, q.Region, q.Name)
	if err == nil && s.Status == deleteInProgress && then != nil { // whoever began may have stopped
		err = e.DB.Write(ctx, func(tx *store.Tx) error { return then(tx, s) })
	}
	if err != nil || s.Status == deleteInProgress || s.Status == deleteComplete {
		return s, err
	}
	switch {
	case s.Status == reviewInProgress: // it has nothing yet
	case s.Work.Protected:
		return s, fault.Invalidf("Stack [%s] cannot be deleted while TerminationProtection is enabled", s.Name)
	case len(q.Retain) > 0 && s.Status != deleteFailed:
		return s, fault.Invalidf("Invalid operation on stack [%s]. When you delete a stack, specify which resources to retain only when the stack is in the DELETE_FAILED state.", s.ID)
	}
	if err := e.unneeded(ctx, s); err != nil {
		return s, err
	}
	r := e.begin(s, q, deleteInProgress)
	err = e.DB.Write(ctx, func(tx *store.Tx) error { return r.begun(tx, then) })
	return r.stack, overtaken(s, err)
}

// noteImports notes what a stack imports; it must be there. (C-CFN-3)
func noteImports(tx *store.Tx, s store.Stack, names []string) error {
	for _, name := range names {
		_, ok, err := tx.Export(s.Account, s.Region, name)
		if err == nil && !ok {
			err = fault.Invalidf("No export named %s found", name)
		}
		if err == nil {
			err = tx.InsertImport(s.ID, s.Account, s.Region, name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Named reads the stack of an account that a name or an id means; by its id also one that is deleted.
func (e *Engine) Named(ctx context.Context, a ident.Account, region ident.Region, name string) (s store.Stack, ok bool, err error) {
	err = e.DB.Read(ctx, func(tx *store.Tx) error {
		s, ok, err = Find(tx, a, region, name)
		return err
	})
	return s, ok, err
}

// Find is Named in a transaction.
func Find(tx *store.Tx, a ident.Account, region ident.Region, name string) (store.Stack, bool, error) {
	if !strings.HasPrefix(name, "arn:") {
		return tx.StackNamed(a, region, name)
	}
	s, ok, err := tx.Stack(name)
	return s, ok && s.Account == a && s.Region == region, err
}

// load reads a stack with its resources.
func (e *Engine) load(ctx context.Context, a ident.Account, region ident.Region, name string) (s store.Stack, rows []store.StackResource, err error) {
	err = e.DB.Read(ctx, func(tx *store.Tx) error {
		var ok bool
		if s, ok, err = Find(tx, a, region, name); err != nil {
			return err
		}
		if !ok {
			return Missing(name)
		}
		rows, err = tx.StackResources(s.ID)
		return err
	})
	return s, rows, err
}

// Missing is the refusal of a stack that does not exist.
func Missing(name string) error { return fault.NotFoundf("Stack with id %s does not exist", name) }

// timedOut reports whether the creation of a stack takes longer than was allowed.
func timedOut(s store.Stack, now time.Time) bool {
	return s.Status == createInProgress && s.Work.Timeout > 0 && now.Sub(s.Created) > time.Duration(s.Work.Timeout)*time.Minute
}
