package cloudformation

import (
	"context"
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/engine/cloudformation"
	"portico/internal/fault"
	"portico/internal/service/cloudformation/api"
	"portico/internal/store"
)

// CreateStack begins to make a stack.
func (s *Service) CreateStack(ctx context.Context, who access.Caller, in *api.CreateStackInput) (*api.CreateStackOutput, error) {
	if err := unbuilt("CreateStack", map[string]bool{
		"RollbackConfiguration": triggers(in.RollbackConfiguration), "ResourceTypes": in.ResourceTypes != nil, "StackPolicyBody": in.StackPolicyBody != nil,
		"StackPolicyURL": in.StackPolicyURL != nil, "RetainExceptOnCreate": deref(in.RetainExceptOnCreate),
	}); err != nil {
		return nil, err
	}
	if in.DisableRollback != nil && in.OnFailure != nil {
		return nil, fault.Invalidf("You can specify either DisableRollback or OnFailure, but not both.")
	}
	q, err := s.request(ctx, who, wish{name: in.StackName, operation: "create", body: in.TemplateBody, url: in.TemplateURL, parameters: in.Parameters, tags: in.Tags,
		topics: in.NotificationARNs, capabilities: in.Capabilities, role: in.RoleARN, token: in.ClientRequestToken})
	if err != nil {
		return nil, err
	}
	q.OnFailure, q.Timeout, q.Protected = string(deref(in.OnFailure)), deref(in.TimeoutInMinutes), deref(in.EnableTerminationProtection)
	if deref(in.DisableRollback) {
		q.OnFailure = "DO_NOTHING"
	}
	st, err := s.Engine.Create(ctx, q, s.Engine.Enqueue)
	return &api.CreateStackOutput{StackId: st.ID}, err
}

// triggers reports whether a rollback configuration asks for anything.
func triggers(c *api.RollbackConfiguration) bool {
	return c != nil && (len(c.RollbackTriggers) > 0 || deref(c.MonitoringTimeInMinutes) > 0)
}

// UpdateStack begins to change a stack.
func (s *Service) UpdateStack(ctx context.Context, who access.Caller, in *api.UpdateStackInput) (*api.UpdateStackOutput, error) {
	if err := unbuilt("UpdateStack", map[string]bool{
		"RollbackConfiguration": triggers(in.RollbackConfiguration), "ResourceTypes": in.ResourceTypes != nil, "StackPolicyBody": in.StackPolicyBody != nil,
		"StackPolicyURL": in.StackPolicyURL != nil, "StackPolicyDuringUpdateBody": in.StackPolicyDuringUpdateBody != nil,
		"StackPolicyDuringUpdateURL": in.StackPolicyDuringUpdateURL != nil, "RetainExceptOnCreate": deref(in.RetainExceptOnCreate),
		"DisableRollback": deref(in.DisableRollback),
	}); err != nil {
		return nil, err
	}
	st, ok, err := s.Engine.Named(ctx, who.Account, who.Region, in.StackName)
	if err == nil && !ok {
		err = fault.Invalidf("Stack [%s] does not exist", in.StackName)
	}
	if err != nil {
		return nil, err
	}
	q, err := s.request(ctx, who, wish{name: st.ID, operation: "update", body: in.TemplateBody, url: in.TemplateURL, previous: deref(in.UsePreviousTemplate),
		parameters: in.Parameters, tags: in.Tags, topics: in.NotificationARNs, capabilities: in.Capabilities, role: in.RoleARN, token: in.ClientRequestToken,
		kept: st.Work.Definition.Role})
	if err != nil {
		return nil, err
	}
	if in.Tags == nil { // tags that nobody speaks of stay
		q.Tags = st.Work.Definition.Tags
	}
	if in.NotificationARNs == nil {
		q.Topics = st.Work.Definition.Topics
	}
	st, err = s.Engine.Update(ctx, q, s.Engine.Enqueue)
	return &api.UpdateStackOutput{StackId: st.ID}, err
}

// CancelUpdateStack gives up an update, which is rolled back.
func (s *Service) CancelUpdateStack(ctx context.Context, who access.Caller, in *api.CancelUpdateStackInput) (*api.CancelUpdateStackOutput, error) {
	out := new(api.CancelUpdateStackOutput)
	st, ok, err := s.Engine.Named(ctx, who.Account, who.Region, in.StackName)
	if err == nil && !ok {
		err = cloudformation.Missing(in.StackName)
	}
	if err != nil {
		return nil, err
	}
	return out, s.Engine.CancelUpdate(ctx, st)
}

// DeleteStack begins to take a stack away. One that does not exist is as it should be.
func (s *Service) DeleteStack(ctx context.Context, who access.Caller, in *api.DeleteStackInput) (*api.DeleteStackOutput, error) {
	out := new(api.DeleteStackOutput)
	if in.DeletionMode != nil && *in.DeletionMode != api.DeletionModeStandard {
		return nil, fault.New(fault.Unbuilt, "DeletionMode of DeleteStack is not built yet; leave it out.")
	}
	st, ok, err := s.Engine.Named(ctx, who.Account, who.Region, in.StackName)
	if err != nil || !ok || !st.Deleted.IsZero() {
		return out, err
	}
	if strings.HasPrefix(st.Status, "UPDATE") && strings.HasSuffix(st.Status, "IN_PROGRESS") {
		return nil, fault.Invalidf("Stack [%s] cannot be deleted while in status %s", st.ID, st.Status)
	}
	q := cloudformation.Request{Account: who.Account, Region: who.Region, Name: st.ID, Token: s.operation("delete", in.ClientRequestToken), Client: deref(in.ClientRequestToken),
		As: who, Retain: in.RetainResources}
	q.As.Authority, q.As.Notes = nil, nil
	if err := s.act(ctx, who, in.RoleARN, st.Work.Definition.Role, &q); err != nil {
		return nil, err
	}
	_, err = s.Engine.Delete(ctx, q, s.Engine.Enqueue)
	return out, err
}

// UpdateTerminationProtection protects a stack from deletion, or no longer.
func (s *Service) UpdateTerminationProtection(ctx context.Context, who access.Caller, in *api.UpdateTerminationProtectionInput) (*api.UpdateTerminationProtectionOutput, error) {
	out := new(api.UpdateTerminationProtectionOutput)
	return out, s.DB.Write(ctx, func(tx *store.Tx) error {
		st, err := stackFor(tx, who, in.StackName)
		if err != nil {
			return err
		}
		if st.Parent != "" {
			return fault.Invalidf("Termination protection of the nested stack [%s] is that of its root stack", st.Name)
		}
		st.Work.Protected = in.EnableTerminationProtection
		st.Version++
		out.StackId = st.ID
		ok, err := tx.UpdateStack(st)
		if err == nil && !ok {
			err = fault.Statef("Stack [%s] is being changed", st.Name)
		}
		return err
	})
}

// DescribeStacks shows one stack, or the living ones a page at a time.
func (s *Service) DescribeStacks(ctx context.Context, who access.Caller, in *api.DescribeStacksInput) (*api.DescribeStacksOutput, error) {
	after, scope, err := page(who, in.NextToken, "DescribeStacks")
	if err != nil {
		return nil, err
	}
	out := &api.DescribeStacksOutput{Stacks: []api.Stack{}}
	return out, s.DB.Read(ctx, func(tx *store.Tx) error {
		if in.StackName != nil && *in.StackName != "" {
			st, err := stackFor(tx, who, *in.StackName)
			if err == nil {
				out.Stacks = append(out.Stacks, showStack(st))
			}
			return err
		}
		sts, err := tx.Stacks(who.Account, who.Region, true, after, pageSize+1)
		if err != nil {
			return err
		}
		sts, out.NextToken = cut(sts, scope)
		for _, st := range sts {
			out.Stacks = append(out.Stacks, showStack(st))
		}
		return nil
	})
}

// cut cuts a page of stacks off a longer one.
func cut(sts []store.Stack, scope []string) ([]store.Stack, string) {
	if len(sts) <= pageSize {
		return sts, ""
	}
	last := sts[pageSize-1]
	return sts[:pageSize], pageAt(last.Created, last.ID, scope)
}

// ListStacks lists stacks, deleted ones too.
func (s *Service) ListStacks(ctx context.Context, who access.Caller, in *api.ListStacksInput) (*api.ListStacksOutput, error) {
	wanted := make([]string, len(in.StackStatusFilter))
	for i, f := range in.StackStatusFilter {
		wanted[i] = string(f)
	}
	after, scope, err := page(who, in.NextToken, append([]string{"ListStacks"}, wanted...)...)
	if err != nil {
		return nil, err
	}
	out := &api.ListStacksOutput{StackSummaries: []api.StackSummary{}}
	return out, s.DB.Read(ctx, func(tx *store.Tx) error {
		sts, err := tx.Stacks(who.Account, who.Region, false, after, pageSize+1)
		if err != nil {
			return err
		}
		sts, out.NextToken = cut(sts, scope)
		for _, st := range sts {
			if len(wanted) == 0 || slices.Contains(wanted, st.Status) {
				out.StackSummaries = append(out.StackSummaries, api.StackSummary{StackId: st.ID, StackName: st.Name, TemplateDescription: st.Work.Definition.Description,
					CreationTime: st.Created, LastUpdatedTime: st.Updated, DeletionTime: st.Deleted, StackStatus: api.StackStatus(st.Status), StackStatusReason: st.Reason,
					ParentId: st.Parent, RootId: st.Root, DriftInformation: &api.StackDriftInformationSummary{StackDriftStatus: api.StackDriftStatusNotChecked}})
			}
		}
		return nil
	})
}

// showStack shows a stack. What NoEcho parameters hold is masked, in outputs too. (C-PP-13)
func showStack(st store.Stack) api.Stack {
	d := st.Work.Definition
	out := api.Stack{StackId: st.ID, StackName: st.Name, ChangeSetId: st.Work.ChangeSet, Description: d.Description, CreationTime: st.Created, LastUpdatedTime: st.Updated,
		DeletionTime: st.Deleted, StackStatus: api.StackStatus(st.Status), StackStatusReason: st.Reason, DisableRollback: st.Work.OnFailure == "DO_NOTHING",
		NotificationARNs: some(d.Topics), TimeoutInMinutes: st.Work.Timeout, RoleARN: d.Role, EnableTerminationProtection: st.Work.Protected, ParentId: st.Parent, RootId: st.Root,
		DriftInformation: &api.StackDriftInformation{StackDriftStatus: api.StackDriftStatusNotChecked}, RollbackConfiguration: &api.RollbackConfiguration{},
		Parameters: showParameters(d), Capabilities: []api.Capability{}, Tags: []api.Tag{}, Outputs: []api.Output{}}
	for _, c := range d.Capabilities {
		out.Capabilities = append(out.Capabilities, api.Capability(c))
	}
	for _, t := range d.Tags {
		out.Tags = append(out.Tags, api.Tag{Key: t.Key, Value: t.Value})
	}
	for _, o := range st.Work.Outputs {
		out.Outputs = append(out.Outputs, api.Output{OutputKey: o.Key, OutputValue: o.Shown(), Description: o.Description, ExportName: o.Export})
	}
	return out
}

// showParameters shows the parameters of a stack.
func showParameters(d store.StackDefinition) []api.Parameter {
	out := []api.Parameter{}
	for _, b := range d.Parameters {
		p := api.Parameter{ParameterKey: &b.Key, ParameterValue: new(b.Shown())}
		if b.Resolved != b.Value && !b.NoEcho {
			p.ResolvedValue = &b.Resolved
		}
		out = append(out, p)
	}
	return out
}
