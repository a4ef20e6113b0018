package remote

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"portico/internal/catalog"
	"portico/internal/provision"
)

// The change set of a plan has the plan's id as its name, so that there is one however often it is asked for.

// changeSet reads the change set of the plan, with all its changes.
func (v *visit) changeSet(ctx context.Context) (out *cfn.DescribeChangeSetOutput, ok bool, err error) {
	in := &cfn.DescribeChangeSetInput{ChangeSetName: &v.task.Plan, StackName: aws.String(physical(v.task))}
	for {
		page, err := v.DescribeChangeSet(ctx, in)
		if coded(err, "ChangeSetNotFound", "ChangeSetNotFoundException") || missing(err) {
			return nil, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		if out != nil {
			page.Changes = append(out.Changes, page.Changes...)
		}
		if out, in.NextToken = page, page.NextToken; in.NextToken == nil {
			return out, true, nil
		}
	}
}

// plan works out what provisioning or an update would do. (C-PLAN-5, C-PLAN-7)
func (v *visit) plan(ctx context.Context) (provision.Progress, error) {
	set, ok, err := v.changeSet(ctx)
	if err != nil {
		return provision.Progress{}, err
	}
	if !ok {
		if v.at.Begun {
			return provision.Progress{State: provision.Failed, Reason: "The change set was deleted"}, nil
		}
		v.at.Begun = true
		id, err := v.compare(ctx)
		return v.running(id), err
	}
	p := v.running(aws.ToString(set.StackId))
	switch reason := aws.ToString(set.StatusReason); {
	case set.Status == types.ChangeSetStatusCreateComplete:
		p.State, p.Again, p.Changes = provision.Succeeded, 0, changes(set.Changes)
	case set.Status != types.ChangeSetStatusFailed:
	case strings.Contains(reason, catalog.NoChanges) || strings.Contains(reason, "didn't contain changes"):
		p.State, p.Again = provision.Succeeded, 0
	default:
		p.State, p.Again, p.RolledBack, p.Reason = provision.Failed, 0, true, reason
	}
	return p, nil
}

// compare asks for the change set. The stack of a first launch is there from then on, empty and under review.
func (v *visit) compare(ctx context.Context) (stackID string, err error) {
	body, err := v.body(ctx)
	if err != nil {
		return "", err
	}
	t := v.task
	in := &cfn.CreateChangeSetInput{ChangeSetName: &t.Plan, ClientToken: &t.Token, StackName: aws.String(physical(t)), TemplateBody: &body, Parameters: given(t),
		Capabilities: acknowledged(), Tags: tags(t), NotificationARNs: append([]string{}, t.Topics...), ChangeSetType: types.ChangeSetTypeCreate}
	if t.Update {
		in.ChangeSetType = types.ChangeSetTypeUpdate
		s, ok, err := stack(ctx, v.Client, physical(t))
		if err != nil {
			return "", err
		}
		if !ok {
			return "", provision.StackRefusal(t, "Stack [%s] does not exist", physical(t))
		}
		if in.Parameters, err = v.kept(ctx, s, body); err != nil {
			return "", err
		}
	}
	out, err := v.CreateChangeSet(ctx, in)
	if err != nil {
		return "", err
	}
	return aws.ToString(out.StackId), nil
}

// execute begins what the plan says. A change set that is being executed, or was, is this record's: a plan is executed once.
// (C-PLAN-6)
func (v *visit) execute(ctx context.Context) error {
	set, ok, err := v.changeSet(ctx)
	if err != nil {
		return err
	}
	if ok && strings.HasPrefix(string(set.ExecutionStatus), "EXECUTE_") {
		return nil
	}
	_, err = v.ExecuteChangeSet(ctx, &cfn.ExecuteChangeSetInput{ChangeSetName: &v.task.Plan, StackName: aws.String(physical(v.task)), ClientRequestToken: &v.task.Token})
	return err
}

// forget deletes the change set, and the stack that was only there for it. (C-PLAN-8)
func (v *visit) forget(ctx context.Context) (provision.Progress, error) {
	done := provision.Progress{State: provision.Succeeded}
	name := physical(v.task)
	s, ok, err := stack(ctx, v.Client, name)
	if err != nil || !ok {
		return done, err
	}
	_, err = v.DeleteChangeSet(ctx, &cfn.DeleteChangeSetInput{ChangeSetName: &v.task.Plan, StackName: &name})
	if err != nil && !coded(err, "ChangeSetNotFound", "ChangeSetNotFoundException") {
		return done, err
	}
	if v.task.Update || s.StackStatus != types.StackStatusReviewInProgress {
		return done, nil
	}
	_, err = v.DeleteStack(ctx, &cfn.DeleteStackInput{StackName: s.StackId, ClientRequestToken: &v.task.Token})
	return done, err
}

// changes are those of a change set as a plan shows them.
func changes(set []types.Change) []catalog.Change {
	var out []catalog.Change
	for _, c := range set {
		r := c.ResourceChange
		if r == nil {
			continue
		}
		change := catalog.Change{Action: upper(r.Action), LogicalID: aws.ToString(r.LogicalResourceId), PhysicalID: aws.ToString(r.PhysicalResourceId),
			Type: aws.ToString(r.ResourceType), Replacement: upper(r.Replacement)}
		for _, scope := range r.Scope {
			change.Scope = append(change.Scope, upper(scope))
		}
		for _, d := range r.Details {
			detail := catalog.ChangeDetail{Static: d.Evaluation == types.EvaluationTypeStatic, Cause: aws.ToString(d.CausingEntity)}
			if d.Target != nil {
				detail.Attribute, detail.Name, detail.Recreate = upper(d.Target.Attribute), aws.ToString(d.Target.Name), upper(d.Target.RequiresRecreation)
			}
			change.Details = append(change.Details, detail)
		}
		out = append(out, change)
	}
	return out
}

// upper is Service Catalog's spelling of a word of CloudFormation's.
func upper[T ~string](word T) string { return strings.ToUpper(string(word)) }
