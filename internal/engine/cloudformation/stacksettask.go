package cloudformation

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/ident"
	"portico/internal/provision"
	"portico/internal/store"
	"portico/internal/template"
)

// ofSet reports whether a task is about a stack set. A termination has no constraint to tell. (C-PP-18)
func (e *Engine) ofSet(ctx context.Context, t provision.Task) (bool, error) {
	if t.StackSet != nil || strings.Contains(t.PhysicalID, ":stackset/") {
		return true, nil
	}
	if t.Operation != provision.OpTerminate || t.PhysicalID != "" {
		return false, nil
	}
	_, ok, err := e.SetNamed(ctx, t.Account, t.Region, t.StackName)
	return ok, err
}

// askSet is what a task asks of a stack set. It has no topics: CloudFormation's have none either. (C-CONS-30, C-CONS-51)
func askSet(t provision.Task) SetRequest {
	q := SetRequest{Sets: t.Rules, Request: Request{Account: t.Account, Region: t.Region, Name: physical(t), Token: t.Token, Template: t.Template, Tags: t.Tags,
		Acknowledged: true, Capabilities: []string{"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"}}}
	for _, p := range t.Parameters {
		q.Arguments = append(q.Arguments, template.Argument{Key: p.Key, Value: p.Value, UsePrevious: p.Previous})
	}
	if t.StackSet != nil {
		q.Target, q.AdminRole, q.ExecutionRole = *t.StackSet, t.StackSet.AdminRole, t.StackSet.ExecutionRole
	}
	return q
}

// setActions are what whoever acts for a launch must be allowed on its stack set. (C-CONS-23, S-ROL-6)
func setActions(t provision.Task) []string {
	switch {
	case t.Operation == provision.OpTerminate:
		return []string{"DeleteStackInstances", "DeleteStackSet"}
	case t.Operation == provision.OpProvision:
		return []string{"CreateStackSet", "CreateStackInstances"}
	case t.StackSet.Operation == setCreate:
		return []string{"CreateStackInstances"}
	case t.StackSet.Operation == setDelete:
		return []string{"DeleteStackInstances"}
	}
	return []string{"UpdateStackSet"}
}

// submitSet begins what a task asks of a stack set.
func (e *Engine) submitSet(ctx context.Context, t provision.Task) error {
	arn := t.PhysicalID
	if arn == "" {
		arn = "arn:" + ident.Partition + ":cloudformation:" + string(t.Region) + ":" + string(t.Account) + ":stackset/" + t.StackName + ":*"
	}
	for _, action := range setActions(t) {
		if err := e.Caller.Allow(ctx, t.As, "cloudformation:"+action, arn); err != nil {
			return err
		}
	}
	q := askSet(t)
	if err := e.abandoned(ctx, q); err != nil {
		return err
	}
	switch {
	case t.Operation == provision.OpTerminate:
		s, ok, err := e.SetNamed(ctx, t.Account, t.Region, q.Name)
		if err != nil || !ok || s.Status == SetDeleted {
			return err
		}
		// one account that cannot be reached keeps the others from nothing
		q.Target = catalog.StackSet{Tolerance: 100, TolerancePercent: true, Concurrency: 100, ConcurrencyPercent: true}
		q.Action, q.Keeps, q.All, q.Whole = setDelete, true, true, true
	case t.Operation == provision.OpProvision:
		admin, _ := q.roles()
		if _, err := e.administer(ctx, q.Account, admin, t.Token); err != nil {
			return err
		}
		s, err := e.CreateSet(ctx, q)
		if err != nil {
			return err
		}
		q.Name, q.Action, q.Keeps = s.ID, setCreate, true
	default:
		q.Action = t.StackSet.Operation
		q.Keeps = q.Action != setUpdate
	}
	_, err := e.Operate(ctx, q, nil)
	return err
}

// abandoned ends the operation of an earlier record that ended before it did: nobody carries it out any more. (C-ENG-13)
func (e *Engine) abandoned(ctx context.Context, q SetRequest) error {
	s, ok, err := e.SetNamed(ctx, q.Account, q.Region, q.Name)
	if err != nil || !ok || s.Operation == q.Token || !strings.HasPrefix(s.Operation, "rec-") {
		return err
	}
	return e.DB.Write(ctx, func(tx *store.Tx) error { return e.AbandonSet(tx, s.ID, s.Operation) })
}

// pollSet makes one step of a task about a stack set, and tells how far it is.
func (e *Engine) pollSet(ctx context.Context, t provision.Task) (provision.Progress, error) {
	s, ok, err := e.SetNamed(ctx, t.Account, t.Region, physical(t))
	if err != nil {
		return provision.Progress{}, err
	}
	if !ok || s.Status == SetDeleted {
		if t.Operation == provision.OpTerminate {
			return provision.Progress{State: provision.Succeeded}, nil
		}
		return provision.Progress{}, SetMissing(physical(t))
	}
	p := provision.Progress{PhysicalID: s.ID}
	if t.Cancel != "" {
		if err := e.StopSet(ctx, s.ID, t.Token, t.Cancel); err != nil {
			return p, err
		}
	}
	o, after, err := e.StepSet(ctx, s.ID, t.Token)
	if err != nil {
		return p, err
	}
	p.Again = after
	var results []store.StackSetResult
	err = e.DB.Read(ctx, func(tx *store.Tx) error {
		if s, _, err = tx.StackSet(s.ID); err != nil {
			return err
		}
		results, err = tx.StackSetResults(s.ID, o.ID, 0, everything)
		return err
	})
	p.Cursor, p.Log = happened(results, t.Cursor)
	p.Log = append(p.Log, unpublished(t)...)
	switch r := (setRun{results: results}); {
	case o.Status == setRunning:
		p.State = provision.Running
	case o.Status == setFailed, o.Status == setStopped:
		p.State, p.Reason = provision.Failed, o.Reason
	case o.Detail.Whole && s.Status != SetDeleted: // what could not be taken away is still there
		p.State, p.Reason = provision.Failed, r.blame()
	default:
		p.State = provision.Succeeded
		for _, b := range s.Work.Definition.Parameters {
			p.Values = append(p.Values, catalog.Parameter{Key: b.Key, Value: b.Value})
		}
	}
	return p, err
}

// happened are the changes of results since a cursor, in their order, and the cursor after them. A result that has changed
// twice shows its last.
func happened(results []store.StackSetResult, cursor string) (string, []catalog.LogLine) {
	seen, _ := strconv.Atoi(cursor) // without a cursor it is the beginning
	results = slices.Clone(results)
	slices.SortFunc(results, func(a, b store.StackSetResult) int { return a.Seq - b.Seq })
	last := seen
	var lines []catalog.LogLine
	for _, x := range results {
		if x.Seq <= seen {
			continue
		}
		last = x.Seq
		lines = append(lines, catalog.LogLine{Resource: string(x.Account) + "/" + string(x.Region), Type: stackType, PhysicalID: x.Stack, Status: x.Status, Reason: x.Reason})
	}
	return strconv.Itoa(last), lines
}

// unpublished says once, for each topic of a launch, that nobody hears of it there: a stack carries its topics, and no SNS
// is served here. (C-CONS-30)
func unpublished(t provision.Task) (lines []catalog.LogLine) {
	if t.Cursor != "" {
		return nil
	}
	for _, topic := range t.Topics {
		lines = append(lines, catalog.LogLine{Type: "AWS::SNS::Topic", PhysicalID: topic, Status: "NOTIFICATION_SKIPPED",
			Reason: "No stack event is published to " + topic + ": this server serves no SNS"})
	}
	return lines
}

// Instances lists the stacks of a stack set. (C-PP-27)
func (e *Engine) Instances(ctx context.Context, _ access.Caller, physicalID string) (out []catalog.Instance, err error) {
	err = e.DB.Read(ctx, func(tx *store.Tx) error {
		rows, err := tx.StackInstances(physicalID, "", "", everything)
		for _, i := range rows {
			out = append(out, catalog.Instance{Account: i.Account, Region: i.Region, Status: i.Status})
		}
		return err
	})
	return out, err
}
