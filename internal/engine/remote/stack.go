package remote

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/provision"
	"portico/internal/template"
)

// physical is the id of the stack of a task, or its name when it has none yet.
func physical(t provision.Task) string { return cmp.Or(t.PhysicalID, t.StackName) }

// stack reads a stack. One that was deleted is not there, whether the endpoint remembers it or not.
func stack(ctx context.Context, c *cfn.Client, name string) (s types.Stack, ok bool, err error) {
	out, err := c.DescribeStacks(ctx, &cfn.DescribeStacksInput{StackName: &name})
	switch {
	case missing(err):
		return s, false, nil
	case err != nil || len(out.Stacks) == 0:
		return s, false, err
	}
	s = out.Stacks[0]
	return s, s.StackStatus != types.StackStatusDeleteComplete, nil
}

// begin gives the endpoint the operation, unless it has it already.
func (v *visit) begin(ctx context.Context) (provision.Progress, error) {
	t := v.task
	s, ok, err := stack(ctx, v.Client, physical(t))
	if err != nil {
		return provision.Progress{}, err
	}
	newest, again := "", false
	if ok {
		if newest, err = v.newestToken(ctx, s); err != nil {
			return provision.Progress{}, err
		}
		again = newest == t.Token
	}
	v.at.Begun = true
	p := v.running(aws.ToString(s.StackId))
	switch creates := t.Operation == provision.OpProvision; {
	case again:
	case t.Operation == provision.OpTerminate && !ok:
		return provision.Progress{State: provision.Succeeded}, nil
	case creates && ok && newest == "" && s.StackStatus != types.StackStatusReviewInProgress:
		// An endpoint that keeps no tokens: the name is that of this provisioned product, which is made once.
	case creates:
		p.PhysicalID, err = v.create(ctx)
	case !ok:
		return v.gone(), nil
	case t.Operation == provision.OpUpdate:
		err = v.update(ctx, s)
	case t.Operation == provision.OpExecutePlan:
		err = v.execute(ctx)
	case t.Operation == provision.OpTerminate:
		_, err = v.DeleteStack(ctx, &cfn.DeleteStackInput{StackName: s.StackId, ClientRequestToken: &t.Token})
	default:
		err = provision.Refusef("This server's CloudFormation endpoint knows no operation %s", t.Operation)
	}
	return p, err
}

// gone is what becomes of a task whose stack somebody has deleted: what there was before is not there. (C-ENG-2)
func (v *visit) gone() provision.Progress {
	if v.at.Cancelled && v.at.Cause == v.task.Cancel {
		return provision.Progress{State: provision.Failed, RolledBack: true, Reason: v.at.Cause}
	}
	if v.task.Operation == provision.OpTerminate {
		return provision.Progress{State: provision.Succeeded}
	}
	return provision.Progress{State: provision.Failed, Reason: "Stack with id " + physical(v.task) + " does not exist"}
}

// acknowledged is agreed to for every stack. (C-LAUNCH-17)
func acknowledged() []types.Capability {
	return []types.Capability{types.CapabilityCapabilityIam, types.CapabilityCapabilityNamedIam, types.CapabilityCapabilityAutoExpand}
}

// create begins a stack. AutoTags are left out: whoever calls CloudFormation from outside may set none that begin with aws:.
// (C-ENG-8)
func (v *visit) create(ctx context.Context) (id string, err error) {
	body, err := v.body(ctx)
	if err != nil {
		return "", err
	}
	t := v.task
	out, err := v.CreateStack(ctx, &cfn.CreateStackInput{StackName: &t.StackName, TemplateBody: &body, Parameters: given(t), Capabilities: acknowledged(),
		Tags: tags(t), NotificationARNs: t.Topics, ClientRequestToken: &t.Token, OnFailure: types.OnFailureRollback})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.StackId), nil
}

// update begins to change a stack. One without any difference is done. (C-ENG-2)
func (v *visit) update(ctx context.Context, s types.Stack) error {
	body, err := v.body(ctx)
	if err != nil {
		return err
	}
	parameters, err := v.kept(ctx, s, body)
	if err != nil {
		return err
	}
	_, err = v.UpdateStack(ctx, &cfn.UpdateStackInput{StackName: s.StackId, TemplateBody: &body, Parameters: parameters, Capabilities: acknowledged(),
		Tags: tags(v.task), NotificationARNs: append([]string{}, v.task.Topics...), ClientRequestToken: &v.task.Token})
	if unchanged(err) {
		v.at.Idle = true
		return nil
	}
	return err
}

// body is the version's template.
func (v *visit) body(ctx context.Context) (string, error) {
	body, err := v.task.Load(ctx)
	if err == nil && body == nil {
		err = provision.Refusef("Provisioning Artifact %s was deleted before the operation began", v.task.Artifact)
	}
	return string(body), err
}

// given are the parameters as the caller gave them.
func given(t provision.Task) []types.Parameter {
	var out []types.Parameter
	for _, p := range t.Parameters {
		q := types.Parameter{ParameterKey: aws.String(p.Key)}
		if p.Previous {
			q.UsePreviousValue = aws.Bool(true)
		} else {
			q.ParameterValue = aws.String(p.Value)
		}
		out = append(out, q)
	}
	return out
}

// kept are the parameters of an update: those given, and of the stack's those that the template still has, which keep their
// value without anybody knowing it. (C-PP-11)
func (v *visit) kept(ctx context.Context, s types.Stack, body string) ([]types.Parameter, error) {
	out := given(v.task)
	if len(s.Parameters) == 0 {
		return out, nil
	}
	keys, err := v.declared(ctx, body)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		named := slices.ContainsFunc(v.task.Parameters, func(p catalog.Parameter) bool { return p.Key == key })
		if !named && slices.ContainsFunc(s.Parameters, func(p types.Parameter) bool { return aws.ToString(p.ParameterKey) == key }) {
			out = append(out, types.Parameter{ParameterKey: &key, UsePreviousValue: aws.Bool(true)})
		}
	}
	return out, nil
}

// declared are the parameters of a template. One that is not read here, for what it has beyond C-CFN-1, the endpoint reads.
func (v *visit) declared(ctx context.Context, body string) (keys []string, err error) {
	if parsed, bad := template.Parse([]byte(body)); bad == nil {
		for _, p := range parsed.Parameters() {
			keys = append(keys, p.Key)
		}
		return keys, nil
	}
	summary, err := v.GetTemplateSummary(ctx, &cfn.GetTemplateSummaryInput{TemplateBody: &body})
	if err != nil {
		return nil, err
	}
	for _, p := range summary.Parameters {
		keys = append(keys, aws.ToString(p.ParameterKey))
	}
	return keys, nil
}

// tags are those that the stack is given: never none at all, which would leave those it has.
func tags(t provision.Task) []types.Tag {
	out := []types.Tag{}
	for _, tag := range t.Tags {
		out = append(out, types.Tag{Key: aws.String(tag.Key), Value: aws.String(tag.Value)})
	}
	return out
}

// look tells how far an operation is that the endpoint has.
func (v *visit) look(ctx context.Context) (provision.Progress, error) {
	s, ok, err := stack(ctx, v.Client, physical(v.task))
	if err != nil || !ok {
		return v.gone(), err
	}
	p := v.running(aws.ToString(s.StackId))
	newest, err := v.read(ctx, s, &p)
	if err != nil {
		return p, err
	}
	status := string(s.StackStatus)
	if taken := newest != "" && newest != v.task.Token && !v.at.Idle; taken && !strings.HasPrefix(status, "DELETE") {
		p.State, p.Again, p.Reason = provision.Failed, 0, "Another operation on stack "+aws.ToString(s.StackId)+" took the place of this one"
		return p, nil
	}
	p.State, p.RolledBack = v.state(status)
	switch p.State {
	case provision.Running:
		return p, nil
	case provision.Succeeded:
		err = v.result(ctx, s, &p)
	default:
		p.Reason = cmp.Or(v.at.Cause, aws.ToString(s.StackStatusReason), "The stack is in status "+status)
	}
	if p.State != provision.RollingBack {
		p.Again = 0
	}
	return p, err
}

// state is what the status of a stack means for the operation under way.
func (v *visit) state(status string) (state provision.State, back bool) {
	switch {
	case v.task.Operation == provision.OpTerminate: // another status than these is as of before
		if status == "DELETE_FAILED" {
			return provision.Failed, false
		}
		return provision.Running, false
	case strings.HasSuffix(status, "IN_PROGRESS"):
		if strings.Contains(status, "ROLLBACK") || strings.Contains(status, "DELETE") {
			return provision.RollingBack, false
		}
		return provision.Running, false
	case strings.HasSuffix(status, "ROLLBACK_COMPLETE") && !v.at.Idle:
		return provision.Failed, true
	case strings.HasSuffix(status, "_COMPLETE"):
		return provision.Succeeded, false
	}
	return provision.Failed, false
}

// result is what a task has come to. Who may not list resources gets no dashboards, and all else.
func (v *visit) result(ctx context.Context, s types.Stack, p *provision.Progress) error {
	for _, o := range s.Outputs {
		p.Outputs = append(p.Outputs, catalog.Output{Key: aws.ToString(o.OutputKey), Value: aws.ToString(o.OutputValue), Description: aws.ToString(o.Description)})
	}
	pages := cfn.NewListStackResourcesPaginator(v.Client, &cfn.ListStackResourcesInput{StackName: s.StackId})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if denied(err) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, r := range page.StackResourceSummaries {
			if aws.ToString(r.ResourceType) == "AWS::CloudWatch::Dashboard" && aws.ToString(r.PhysicalResourceId) != "" && r.ResourceStatus != types.ResourceStatusDeleteComplete {
				p.Dashboards = append(p.Dashboards, *r.PhysicalResourceId)
			}
		}
	}
	return nil
}

// Find reads a stack with the caller's rights; one that the caller may not look at is not there. What NoEcho parameters hold
// the endpoint does not tell. (C-PP-22)
func (e *Engine) Find(ctx context.Context, who access.Caller, physicalID string) (found provision.Stack, ok bool, err error) {
	c, err := e.client(ctx, Actor{As: who, Region: who.Region, Looks: true})
	if err != nil {
		return found, false, err
	}
	s, ok, err := stack(ctx, c, physicalID)
	if denied(err) {
		return found, false, nil
	}
	if err != nil || !ok {
		return found, false, err
	}
	body, err := c.GetTemplate(ctx, &cfn.GetTemplateInput{StackName: s.StackId, TemplateStage: types.TemplateStageOriginal})
	if err != nil {
		if denied(err) {
			err = nil
		}
		return found, false, err
	}
	found = provision.Stack{ID: aws.ToString(s.StackId), Name: aws.ToString(s.StackName), Status: string(s.StackStatus), Template: []byte(aws.ToString(body.TemplateBody)),
		Nested: aws.ToString(s.ParentId) != "", OfSet: strings.HasPrefix(aws.ToString(s.StackName), "StackSet-")}
	for _, o := range s.Outputs {
		found.Outputs = append(found.Outputs, catalog.Output{Key: aws.ToString(o.OutputKey), Value: aws.ToString(o.OutputValue), Description: aws.ToString(o.Description)})
	}
	for _, p := range s.Parameters {
		if aws.ToString(p.ParameterValue) != provision.Mask {
			found.Parameters = append(found.Parameters, catalog.Parameter{Key: aws.ToString(p.ParameterKey), Value: aws.ToString(p.ParameterValue)})
		}
	}
	for _, t := range s.Tags {
		found.Tags = append(found.Tags, catalog.Tag{Key: aws.ToString(t.Key), Value: aws.ToString(t.Value)})
	}
	return found, true, nil
}
