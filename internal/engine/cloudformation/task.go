package cloudformation

import (
	"context"
	"errors"
	"strconv"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/provision"
	"portico/internal/store"
	"portico/internal/template"
)

// The engine carries out launches.
var (
	_ provision.Engine    = (*Engine)(nil)
	_ provision.Finder    = (*Engine)(nil)
	_ provision.Lister    = (*Engine)(nil)
	_ provision.Instancer = (*Engine)(nil)
)

// Submit begins what a task asks for. Under the same token it is begun once.
func (e *Engine) Submit(ctx context.Context, t provision.Task) error {
	if set, err := e.ofSet(ctx, t); err != nil || set {
		return orError(err, refused(t, e.submitSet(ctx, t)))
	}
	q, err := ask(t)
	if err != nil {
		return refused(t, err)
	}
	if err := e.permitted(ctx, t); err != nil {
		return refused(t, err)
	}
	switch creates := t.Operation == provision.OpProvision || t.Operation == provision.OpExecutePlan && !t.Update; {
	case creates:
		_, err = e.Create(ctx, q, nil)
	case t.Operation == provision.OpUpdate || t.Operation == provision.OpExecutePlan:
		err = e.change(ctx, t, q)
		if _, no := refusal(err); no {
			return e.lost(ctx, t, refused(t, err))
		}
	case t.Operation == provision.OpTerminate:
		q.Name = physical(t)
		_, err = e.Delete(ctx, q, nil)
		err = unless(err, fault.NotFound)
	case t.Operation == provision.OpPlan:
		_, err = e.foresee(ctx, t, q)
	}
	return refused(t, err)
}

// stackActions are what whoever acts for a launch must be allowed on its stack: Service Catalog calls CloudFormation with no
// other rights than these. (C-CONS-23, S-ROL-6)
var stackActions = map[provision.Operation]string{
	provision.OpProvision: "CreateStack", provision.OpUpdate: "UpdateStack", provision.OpTerminate: "DeleteStack",
	provision.OpPlan: "CreateChangeSet", provision.OpExecutePlan: "ExecuteChangeSet", provision.OpDeletePlan: "DeleteChangeSet",
}

// permitted refuses a task whose stack is not for whoever acts to make, change or take away. A stack is its account's: who acts
// from another one would work on what has the same names there. (S-ROL-9)
func (e *Engine) permitted(ctx context.Context, t provision.Task) error {
	if t.As.Account != t.Account {
		return fault.Deniedf("Stack %s is in account %s, where %s of account %s makes, changes and deletes nothing", physical(t), t.Account, t.As.ARN, t.As.Account)
	}
	arn := t.PhysicalID
	if arn == "" {
		arn = "arn:" + ident.Partition + ":cloudformation:" + string(t.Region) + ":" + string(t.Account) + ":stack/" + t.StackName + "/*"
	}
	return e.Caller.Allow(ctx, t.As, "cloudformation:"+stackActions[t.Operation], arn)
}

// physical is the id of the stack of a task, or its name when it has none yet.
func physical(t provision.Task) string {
	if t.PhysicalID != "" {
		return t.PhysicalID
	}
	return t.StackName
}

// refused makes a fault the refusal of a task, in the words in which CloudFormation refuses. (C-PP-5)
func refused(t provision.Task, err error) error {
	if text, ok := refusal(err); ok {
		return provision.StackRefusal(t, "%s", text)
	}
	return err
}

// lost notes in the refusal of an update when there is no stack any more that could be updated. (C-ENG-2)
func (e *Engine) lost(ctx context.Context, t provision.Task, err error) error {
	var no *provision.Refusal
	if !errors.As(err, &no) {
		return err
	}
	s, ok, failed := e.Named(ctx, t.Account, t.Region, physical(t))
	if failed != nil {
		return failed
	}
	no.Lost = !ok || s.Status == deleteComplete
	return no
}

// ask is what a task asks of a stack. (C-LAUNCH-15 … C-LAUNCH-17)
func ask(t provision.Task) (Request, error) {
	q := Request{Account: t.Account, Region: t.Region, Name: t.StackName, Token: t.Token, Client: t.Token, As: t.As, Template: t.Template,
		Tags: t.StackTags(), Topics: t.Topics, Acknowledged: true, Capabilities: []string{"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"}}
	q.As.Authority = nil
	for _, p := range t.Parameters {
		q.Arguments = append(q.Arguments, template.Argument{Key: p.Key, Value: p.Value, UsePrevious: p.Previous})
	}
	for _, set := range t.Rules {
		rules, err := template.ReadRules(string(set.Constraint), []byte(set.Text))
		if err != nil {
			return q, plain(err)
		}
		q.Rules = append(q.Rules, rules)
	}
	return q, nil
}

// change begins an update. One without any difference is done as soon as it is begun. (C-ENG-2)
func (e *Engine) change(ctx context.Context, t provision.Task, q Request) error {
	q.Name = physical(t)
	s, err := e.Update(ctx, q, nil)
	if !fault.Is(err, fault.Unsupported) {
		return err
	}
	s.Token, s.Version, s.Work.Cause, s.Work.Client = t.Token, s.Version+1, "", t.Token
	return e.DB.Write(ctx, func(tx *store.Tx) error {
		ok, err := tx.UpdateStack(s)
		if err == nil && !ok {
			err = errStale
		}
		return err
	})
}

// foresee works out what a plan would change. (C-PLAN-7)
func (e *Engine) foresee(ctx context.Context, t provision.Task, q Request) (template.ChangeSet, error) {
	if !t.Update {
		s := store.Stack{ID: stackARN(q.Account, q.Region, q.Name, q.Token), Account: q.Account, Region: q.Region, Name: q.Name, Status: reviewInProgress}
		_, set, err := e.compare(ctx, q, s, nil)
		return set, err
	}
	s, rows, err := e.load(ctx, q.Account, q.Region, physical(t))
	if err != nil {
		return template.ChangeSet{}, err
	}
	_, set, err := e.compare(ctx, q, s, rows)
	return set, err
}

// Poll makes one step of a task and tells how far it is.
func (e *Engine) Poll(ctx context.Context, t provision.Task) (provision.Progress, error) {
	if set, err := e.ofSet(ctx, t); err != nil {
		return provision.Progress{}, err
	} else if set {
		p, err := e.pollSet(ctx, t)
		return p, refused(t, err)
	}
	switch t.Operation {
	case provision.OpDeletePlan:
		return provision.Progress{State: provision.Succeeded}, nil
	case provision.OpPlan:
		body, err := t.Load(ctx)
		if err != nil {
			return provision.Progress{}, err
		}
		q, err := ask(t)
		if err != nil {
			return provision.Progress{}, refused(t, err)
		}
		q.Template = body
		set, err := e.foresee(ctx, t, q)
		return provision.Progress{State: provision.Succeeded, Changes: changes(set)}, refused(t, err)
	}
	s, ok, err := e.Named(ctx, t.Account, t.Region, physical(t))
	switch gone := t.Operation == provision.OpTerminate && (!ok || s.Status == deleteComplete); {
	case err != nil:
		return provision.Progress{}, err
	case gone && !ok:
		return provision.Progress{State: provision.Succeeded}, nil
	case !ok:
		return provision.Progress{}, provision.StackRefusal(t, "Stack with id %s does not exist", physical(t))
	case gone:
	case s.Token != t.Token && (t.Operation != provision.OpTerminate || s.Status != deleteInProgress):
		return provision.Progress{State: provision.Failed, PhysicalID: s.ID, Reason: "Another operation on stack " + s.ID + " took the place of this one"}, nil
	}
	if t.Cancel != "" {
		if err := e.cancel(ctx, s.ID, t.Cancel); err != nil {
			return provision.Progress{}, err
		}
	}
	s, after, err := e.Step(ctx, t.As, s.ID)
	if err != nil {
		return provision.Progress{}, err
	}
	return e.progress(ctx, t, s, provision.Progress{PhysicalID: s.ID, Again: after, Reason: s.Work.Cause})
}

// progress tells how far a stack is.
func (e *Engine) progress(ctx context.Context, t provision.Task, s store.Stack, p provision.Progress) (provision.Progress, error) {
	seen, _ := strconv.Atoi(t.Cursor) // without a cursor it is the beginning
	var rows []store.StackResource
	err := e.DB.Read(ctx, func(tx *store.Tx) error {
		events, err := tx.StackEventsAfter(s.ID, seen)
		if err != nil {
			return err
		}
		for _, ev := range events {
			if ev.Token == t.Token {
				p.Log = append(p.Log, catalog.LogLine{At: ev.At, Resource: ev.LogicalID, Type: ev.Type, PhysicalID: ev.PhysicalID, Status: ev.Status, Reason: ev.Reason})
			}
			p.Cursor = strconv.Itoa(ev.N)
		}
		rows, err = tx.StackResources(s.ID)
		return err
	})
	if p.Cursor == "" {
		p.Cursor = t.Cursor
	}
	p.Log = append(p.Log, unpublished(t)...)
	switch s.Status {
	case createInProgress, updateInProgress, updateCleanup, deleteInProgress:
		p.State, p.Reason = provision.Running, ""
	case rollbackInProgress, restoreInProgress, restoreCleanup:
		p.State = provision.RollingBack
	case createComplete, updateComplete, deleteComplete, restoreComplete:
		p.State = provision.Succeeded
		if s.Status == restoreComplete && s.Work.Cause != "" { // without a cause there was nothing to update
			p.State, p.RolledBack = provision.Failed, true
			return p, err
		}
		result(s, rows, &p)
	case rollbackComplete:
		p.State, p.RolledBack = provision.Failed, true
	default:
		p.State = provision.Failed
		if p.Reason == "" {
			p.Reason = s.Reason
		}
	}
	return p, err
}

// result is what a task has come to. What a NoEcho parameter holds shows in no output. (C-PP-13, C-REC-2)
func result(s store.Stack, rows []store.StackResource, p *provision.Progress) {
	for _, o := range s.Work.Outputs {
		p.Outputs = append(p.Outputs, catalog.Output{Key: o.Key, Value: o.Shown(), Description: o.Description})
	}
	p.Values = []catalog.Parameter{}
	for _, b := range s.Work.Definition.Parameters {
		p.Values = append(p.Values, catalog.Parameter{Key: b.Key, Value: b.Value})
	}
	for _, row := range rows {
		if row.Type == "AWS::CloudWatch::Dashboard" && row.PhysicalID != "" {
			p.Dashboards = append(p.Dashboards, row.PhysicalID)
		}
	}
}

// changes are those of a change set as a plan shows them.
func changes(set template.ChangeSet) []catalog.Change {
	var out []catalog.Change
	for _, c := range set.Changes {
		change := catalog.Change{Action: c.Action, LogicalID: c.LogicalID, PhysicalID: c.PhysicalID, Type: c.Type, Replacement: c.Replacement, Scope: c.Scope}
		for _, d := range c.Details {
			change.Details = append(change.Details, catalog.ChangeDetail{Attribute: d.Attribute, Name: d.Name, Recreate: d.RequiresRecreation, Static: d.Evaluation == template.Static, Cause: d.Cause})
		}
		out = append(out, change)
	}
	return out
}

// Find reads a stack of the caller's account, if the caller may look at it. (C-PP-22)
func (e *Engine) Find(ctx context.Context, who access.Caller, physicalID string) (provision.Stack, bool, error) {
	var out provision.Stack
	s, ok, err := e.Named(ctx, who.Account, who.Region, physicalID)
	if err != nil || !ok || s.Status == deleteComplete {
		return out, false, err
	}
	for _, action := range []string{"cloudformation:DescribeStacks", "cloudformation:GetTemplate"} {
		if err := e.Caller.Allow(ctx, who, action, s.ID); err != nil {
			if _, no := refusal(err); no {
				return out, false, nil
			}
			return out, false, err
		}
	}
	out = provision.Stack{ID: s.ID, Name: s.Name, Status: s.Status, Template: []byte(s.Body), Nested: s.Parent != "", Tags: s.Work.Definition.Tags}
	err = e.DB.Read(ctx, func(tx *store.Tx) error {
		i, ok, err := tx.StackInstanceNamed(s.Account, s.Region, s.Name)
		out.OfSet = ok && i.Stack == s.ID
		return err
	})
	if err != nil {
		return out, false, err
	}
	var p provision.Progress
	result(s, nil, &p)
	out.Outputs, out.Parameters = p.Outputs, p.Values
	return out, true, nil
}

// Resources lists what a stack consists of. (C-ACT-6)
func (e *Engine) Resources(ctx context.Context, physicalID string) (out []catalog.Resource, err error) {
	err = e.DB.Read(ctx, func(tx *store.Tx) error {
		rows, err := tx.StackResources(physicalID)
		for _, r := range rows {
			out = append(out, catalog.Resource{LogicalID: r.LogicalID, PhysicalID: r.PhysicalID, Type: r.Type})
		}
		return err
	})
	return out, err
}
