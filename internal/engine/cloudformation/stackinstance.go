package cloudformation

import (
	"context"
	"slices"
	"time"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/store"
	"portico/internal/template"
)

// stepInstance makes a step of what an operation does to one instance, and notes in its result what came of it.
func (e *Engine) stepInstance(ctx context.Context, r *setRun, n int) (time.Duration, error) {
	x := &r.results[n]
	i, s, ok, err := e.instance(ctx, *x)
	if err != nil {
		return 0, err
	}
	if ok {
		x.Stack = s.ID
	}
	if r.operation.Action == setDelete {
		s, ok, err = e.withdraw(ctx, r, i, s, ok)
	} else {
		s, ok, err = e.bring(ctx, r, i, s, ok)
	}
	if reason, no := refusal(err); no {
		r.settle(n, setFailed, reason)
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if !ok {
		r.settle(n, setSucceeded, "")
		return 0, nil
	}
	if x.Stack != s.ID {
		x.Stack = s.ID
		r.changed[n] = true
	}
	if !underWay(s.Status) {
		return 0, nil // what came of it is seen in the next step
	}
	_, after, err := e.Step(ctx, access.Caller{}, s.ID)
	return after, err
}

// instance reads an instance and its stack.
func (e *Engine) instance(ctx context.Context, x store.StackSetResult) (i store.StackInstance, s store.Stack, ok bool, err error) {
	err = e.DB.Read(ctx, func(tx *store.Tx) error {
		if i, ok, err = tx.StackInstance(x.StackSet, x.Account, x.Region); err != nil || !ok {
			return err
		}
		s, ok, err = tx.StackNamed(x.Account, x.Region, i.Name)
		return err
	})
	return i, s, ok, err
}

// token is that of what an operation does to the stack of an instance.
func (r *setRun) token(i store.StackInstance, purpose string) string {
	return digest("stack instance", r.set.ID, r.operation.ID, string(i.Account), string(i.Region), purpose)[:32]
}

// bring makes or changes the stack of an instance. It answers ok as false once that is done, and a fault if it failed. A
// stack that was never made in full is taken away first, and made anew.
func (e *Engine) bring(ctx context.Context, r *setRun, i store.StackInstance, s store.Stack, ok bool) (store.Stack, bool, error) {
	token, clear := r.token(i, "bring"), r.token(i, "clear")
	switch {
	case ok && s.Token == token && underWay(s.Status), ok && s.Token == clear && underWay(s.Status):
		return s, true, nil
	case ok && s.Token == token && (s.Status == createComplete || s.Status == updateComplete):
		return s, false, nil
	case ok && (s.Token == token || s.Token == clear):
		return s, true, failure(s)
	}
	q, err := e.requestFor(ctx, r, i, token)
	if err != nil {
		return s, ok, err
	}
	switch {
	case !ok:
		s, err = e.Create(ctx, q, r.still)
	case updatable(s.Status):
		q.Name = s.ID
		if s, err = e.Update(ctx, q, r.still); fault.Is(err, fault.Unsupported) {
			return s, false, nil
		}
	case slices.Contains([]string{createFailed, rollbackComplete, rollbackFailed}, s.Status):
		q.Name, q.Token = s.ID, clear
		s, err = e.Delete(ctx, q, r.still)
	default:
		err = fault.Invalidf("Stack:%s is in %s state and can not be updated.", s.ID, s.Status)
	}
	return s, true, err
}

// still lets the stack of an instance be begun only by whoever carries the operation out: a worker that comes too late
// begins nothing. (C-LAUNCH-20)
func (r *setRun) still(tx *store.Tx, _ store.Stack) error {
	o, _, err := tx.StackSetOperation(r.set.ID, r.operation.ID)
	if err == nil && (o.Status != setRunning || o.Version != r.operation.Version) {
		err = errStale
	}
	return err
}

// failure is why the stack of an instance is not what it should be.
func failure(s store.Stack) error {
	reason := s.Work.Cause
	if reason == "" {
		reason = s.Reason
	}
	return fault.Invalidf("%s", reason)
}

// withdraw takes the stack of an instance away, or lets go of it. It answers ok as false once that is done.
func (e *Engine) withdraw(ctx context.Context, r *setRun, i store.StackInstance, s store.Stack, ok bool) (store.Stack, bool, error) {
	token := r.token(i, "take away")
	switch {
	case !ok || r.operation.Detail.Retain:
		return s, false, nil
	case s.Token == token && underWay(s.Status), s.Status == deleteInProgress:
		return s, true, nil
	case s.Token == token:
		return s, true, failure(s)
	}
	as, err := e.execute(ctx, r, i)
	if err != nil {
		return s, true, err
	}
	s, err = e.Delete(ctx, Request{Account: i.Account, Region: i.Region, Name: s.ID, Token: token, Client: r.operation.ID, As: as}, r.still)
	return s, true, err
}

// requestFor is what is asked of the stack of an instance: the stack set's definition with the instance's own values.
func (e *Engine) requestFor(ctx context.Context, r *setRun, i store.StackInstance, token string) (Request, error) {
	d := r.set.Work.Definition
	q := Request{Account: i.Account, Region: i.Region, Name: i.Name, Token: token, Client: r.operation.ID, Template: []byte(r.set.Body), Forgets: true,
		Tags: d.Tags, Capabilities: d.Capabilities, Acknowledged: true}
	for _, b := range d.Parameters {
		a := template.Argument{Key: b.Key, Value: b.Value}
		for _, o := range i.Overrides {
			if o.Key == b.Key {
				a.Value = o.Value
			}
		}
		q.Arguments = append(q.Arguments, a)
	}
	for _, set := range r.set.Work.Rules {
		rules, err := template.ReadRules(string(set.Constraint), []byte(set.Text))
		if err != nil {
			return q, plain(err)
		}
		q.Rules = append(q.Rules, rules)
	}
	var err error
	q.As, err = e.execute(ctx, r, i)
	return q, err
}

// administer gives a session of the role that reaches the accounts of a stack set. It is of the stack set's own account:
// whoever writes a constraint may not make a role of somebody else's act. (C-CONS-50)
func (e *Engine) administer(ctx context.Context, account ident.Account, roleARN, set string) (access.Caller, error) {
	refused := fault.Invalidf("Account %s should have '%s' role with trust relationship to CloudFormation service.", account, roleName(roleARN))
	arn, err := ident.ParseARN(roleARN)
	if err != nil || arn.Account != account {
		return access.Caller{}, refused
	}
	as, err := e.Caller.Assume(ctx, roleARN, session(set))
	if fault.Is(err, fault.Denied) {
		return as, refused
	}
	return as, err
}

// execute gives a session of the role that acts in the account of an instance, assumed by the administering role. A role
// that is not there or does not trust that one, or that it may not assume, fails the instance. (C-CONS-50)
func (e *Engine) execute(ctx context.Context, r *setRun, i store.StackInstance) (access.Caller, error) {
	d := r.operation.Detail
	admin, err := e.administer(ctx, r.set.Account, d.AdminRole, r.set.ID)
	if err != nil {
		return admin, err
	}
	admin.Region = i.Region
	as, err := e.Caller.Chain(ctx, admin, ident.IAMARN(i.Account, "role", "/", d.ExecutionRole), session(r.set.ID))
	if _, no := refusal(err); no {
		err = fault.Invalidf("Account %s should have '%s' role with trust relationship to Role '%s'.", i.Account, d.ExecutionRole, roleName(d.AdminRole))
	}
	as.Region, as.Authority, as.Notes = i.Region, nil, nil
	return as, err
}

// session names the sessions in which a stack set acts.
func session(set string) string { return "StackSet-" + digest(set)[:16] }
