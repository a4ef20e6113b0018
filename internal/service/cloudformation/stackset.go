package cloudformation

import (
	"context"

	"portico/internal/access"
	"portico/internal/engine/cloudformation"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/service/cloudformation/api"
	"portico/internal/store"
)

// setARNs names the stack set that an operation is about. One that does not exist is named as it would be.
func (s *Service) setARNs(ctx context.Context, who access.Caller, name string) ([]string, error) {
	set, ok, err := s.Engine.SetNamed(ctx, who.Account, who.Region, name)
	if err != nil || ok {
		return []string{set.ID}, err
	}
	if len(name) > 4 && name[:4] == "arn:" {
		return []string{name}, nil
	}
	return []string{"arn:" + ident.Partition + ":cloudformation:" + string(who.Region) + ":" + string(who.Account) + ":stackset/" + name + ":*"}, nil
}

// setFor reads the stack set that a request names; by its id also one that is deleted.
func setFor(tx *store.Tx, who access.Caller, name string) (store.StackSet, error) {
	set, ok, err := cloudformation.FindSet(tx, who.Account, who.Region, name)
	if err == nil && !ok {
		err = cloudformation.SetMissing(name)
	}
	return set, err
}

// unbuiltSet refuses what of stack sets is not here: those that an organization's trusted access makes, and drift.
func unbuiltSet(operation string, model *api.PermissionModels, as *api.CallAs, auto *api.AutoDeployment, managed *api.ManagedExecution) error {
	return unbuilt(operation, map[string]bool{
		"PermissionModel SERVICE_MANAGED": model != nil && *model != api.PermissionModelsSelfManaged,
		"CallAs DELEGATED_ADMIN":          as != nil && *as != api.CallAsSelf,
		"AutoDeployment":                  auto != nil && deref(auto.Enabled),
		"ManagedExecution":                managed != nil && deref(managed.Active),
	})
}

// setRequest makes of a wish what the engine is asked of a stack set. An administering role that is not the default one
// has to be one that the caller may pass. (C-CONS-50)
func (s *Service) setRequest(ctx context.Context, who access.Caller, w wish, admin, execution *string) (cloudformation.SetRequest, error) {
	q := cloudformation.SetRequest{Request: cloudformation.Request{Account: who.Account, Region: who.Region, Name: w.name, Token: s.operation(w.operation, w.token), Forgets: true},
		AdminRole: deref(admin), ExecutionRole: deref(execution)}
	for _, c := range w.capabilities {
		q.Capabilities = append(q.Capabilities, string(c))
	}
	for _, t := range w.tags {
		q.Tags = append(q.Tags, catalogTag(t))
	}
	var err error
	if q.AdminRole != "" && q.AdminRole != ident.IAMARN(who.Account, "role", "/", cloudformation.DefaultAdminRole) {
		pass := access.Request{Action: "iam:PassRole", Resource: access.Resources(q.AdminRole)}
		pass.Keys.Set(access.KeyPassedToService, "cloudformation.amazonaws.com")
		err = who.Authorize(pass)
	}
	if err == nil {
		q.Arguments, err = arguments(w.parameters)
	}
	return q, err
}

// CreateStackSet makes a stack set without instances.
func (s *Service) CreateStackSet(ctx context.Context, who access.Caller, in *api.CreateStackSetInput) (*api.CreateStackSetOutput, error) {
	if err := unbuiltSet("CreateStackSet", in.PermissionModel, in.CallAs, in.AutoDeployment, in.ManagedExecution); err != nil {
		return nil, err
	}
	if err := unbuilt("CreateStackSet", map[string]bool{"StackId": in.StackId != nil}); err != nil {
		return nil, err
	}
	q, err := s.setRequest(ctx, who, wish{name: in.StackSetName, operation: "create-set", parameters: in.Parameters, tags: in.Tags, capabilities: in.Capabilities,
		token: in.ClientRequestToken}, in.AdministrationRoleARN, in.ExecutionRoleName)
	if err != nil {
		return nil, err
	}
	q.Description = deref(in.Description)
	if q.Template, err = s.template(ctx, who, "", in.TemplateBody, in.TemplateURL, false); err != nil {
		return nil, err
	}
	set, err := s.Engine.CreateSet(ctx, q)
	return &api.CreateStackSetOutput{StackSetId: cloudformation.StackSetID(set)}, err
}

// UpdateStackSet begins to change a stack set and its instances, all of them or some.
func (s *Service) UpdateStackSet(ctx context.Context, who access.Caller, in *api.UpdateStackSetInput) (*api.UpdateStackSetOutput, error) {
	if err := unbuiltSet("UpdateStackSet", in.PermissionModel, in.CallAs, in.AutoDeployment, in.ManagedExecution); err != nil {
		return nil, err
	}
	var set store.StackSet
	err := s.DB.Read(ctx, func(tx *store.Tx) (err error) {
		set, err = setFor(tx, who, in.StackSetName)
		return err
	})
	if err != nil {
		return nil, err
	}
	if in.AdministrationRoleARN == nil {
		in.AdministrationRoleARN = &set.Work.AdminRole
	}
	if in.ExecutionRoleName == nil {
		in.ExecutionRoleName = &set.Work.ExecutionRole
	}
	q, err := s.setRequest(ctx, who, wish{name: set.ID, parameters: in.Parameters, tags: in.Tags, capabilities: in.Capabilities}, in.AdministrationRoleARN, in.ExecutionRoleName)
	if err != nil {
		return nil, err
	}
	if in.Tags == nil { // tags that nobody speaks of stay
		q.Tags = set.Work.Definition.Tags
	}
	q.Description = deref(in.Description)
	if deref(in.UsePreviousTemplate) && in.TemplateBody == nil && in.TemplateURL == nil {
		q.Template = []byte(set.Body)
	} else if q.Template, err = s.template(ctx, who, "", in.TemplateBody, in.TemplateURL, false); err != nil {
		return nil, err
	}
	q.Sets, q.Action, q.Missing, q.Token = set.Work.Rules, "UPDATE", true, s.operationID(in.OperationId)
	if err := aim(&q, in.Accounts, in.Regions, in.DeploymentTargets, in.OperationPreferences); err != nil {
		return nil, err
	}
	if q.All = len(in.Accounts) == 0 && len(in.Regions) == 0; !q.All && (len(in.Accounts) == 0 || len(in.Regions) == 0) {
		return nil, fault.Invalidf("Accounts and Regions of UpdateStackSet must be specified together")
	}
	o, err := s.Engine.Operate(ctx, q, s.Engine.EnqueueSet)
	return &api.UpdateStackSetOutput{OperationId: o.ID}, err
}

// DeleteStackSet forgets a stack set that has no instances left.
func (s *Service) DeleteStackSet(ctx context.Context, who access.Caller, in *api.DeleteStackSetInput) (*api.DeleteStackSetOutput, error) {
	if err := unbuiltSet("DeleteStackSet", nil, in.CallAs, nil, nil); err != nil {
		return nil, err
	}
	return new(api.DeleteStackSetOutput), s.Engine.DeleteSet(ctx, who.Account, who.Region, in.StackSetName)
}

// DescribeStackSet shows a stack set. What NoEcho parameters hold is masked. (C-PP-13)
func (s *Service) DescribeStackSet(ctx context.Context, who access.Caller, in *api.DescribeStackSetInput) (*api.DescribeStackSetOutput, error) {
	if err := unbuiltSet("DescribeStackSet", nil, in.CallAs, nil, nil); err != nil {
		return nil, err
	}
	out := new(api.DescribeStackSetOutput)
	return out, s.DB.Read(ctx, func(tx *store.Tx) error {
		set, err := setFor(tx, who, in.StackSetName)
		if err != nil {
			return err
		}
		d := set.Work.Definition
		shown := &api.StackSet{StackSetName: set.Name, StackSetId: cloudformation.StackSetID(set), StackSetARN: set.ID, Description: d.Description,
			Status: api.StackSetStatus(set.Status), TemplateBody: set.Body, Parameters: showParameters(d), Capabilities: []api.Capability{}, Tags: []api.Tag{},
			AdministrationRoleARN: set.Work.AdminRole, ExecutionRoleName: set.Work.ExecutionRole, PermissionModel: api.PermissionModelsSelfManaged,
			OrganizationalUnitIds: []string{}, ManagedExecution: &api.ManagedExecution{Active: new(bool)}, Regions: []string{}}
		for _, c := range d.Capabilities {
			shown.Capabilities = append(shown.Capabilities, api.Capability(c))
		}
		for _, t := range d.Tags {
			shown.Tags = append(shown.Tags, api.Tag{Key: t.Key, Value: t.Value})
		}
		out.StackSet = shown
		return nil
	})
}

// ListStackSets lists stack sets, deleted ones too unless only those of a status are asked for.
func (s *Service) ListStackSets(ctx context.Context, who access.Caller, in *api.ListStackSetsInput) (*api.ListStackSetsOutput, error) {
	if err := unbuiltSet("ListStackSets", nil, in.CallAs, nil, nil); err != nil {
		return nil, err
	}
	status := string(deref(in.Status))
	after, scope, err := page(who, in.NextToken, "ListStackSets", status)
	if err != nil {
		return nil, err
	}
	size := sized(in.MaxResults)
	out := &api.ListStackSetsOutput{Summaries: []api.StackSetSummary{}}
	return out, s.DB.Read(ctx, func(tx *store.Tx) error {
		sets, err := tx.StackSets(who.Account, who.Region, status, after, size+1)
		if err != nil {
			return err
		}
		if len(sets) > size {
			sets = sets[:size]
			out.NextToken = pageAt(sets[size-1].Created, sets[size-1].ID, scope)
		}
		for _, set := range sets {
			out.Summaries = append(out.Summaries, api.StackSetSummary{StackSetName: set.Name, StackSetId: cloudformation.StackSetID(set), Description: set.Work.Definition.Description,
				Status: api.StackSetStatus(set.Status), PermissionModel: api.PermissionModelsSelfManaged, DriftStatus: api.StackDriftStatusNotChecked,
				ManagedExecution: &api.ManagedExecution{Active: new(bool)}})
		}
		return nil
	})
}

// sized is how many entries a list answers at once if the caller asks for a number.
func sized(asked *int) int {
	if asked == nil {
		return pageSize
	}
	return min(*asked, pageSize)
}
