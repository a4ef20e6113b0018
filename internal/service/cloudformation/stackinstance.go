package cloudformation

import (
	"cmp"
	"context"
	"slices"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/engine/cloudformation"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/service/cloudformation/api"
	"portico/internal/store"
)

func catalogTag(t api.Tag) catalog.Tag { return catalog.Tag{Key: t.Key, Value: t.Value} }

// operationID is the id of an operation on a stack set: the client's, or one of its own.
func (s *Service) operationID(given *string) string {
	if given == nil || *given == "" {
		return s.IDs.UUID()
	}
	return *given
}

// aim says where an operation on a stack set goes, and how. (C-CONS-53)
func aim(q *cloudformation.SetRequest, accounts, regions []string, targets *api.DeploymentTargets, p *api.StackSetOperationPreferences) error {
	if p == nil {
		p = new(api.StackSetOperationPreferences)
	}
	if err := unbuilt("OperationPreferences", map[string]bool{
		"DeploymentTargets":              targets != nil,
		"RegionConcurrencyType PARALLEL": p.RegionConcurrencyType != nil && *p.RegionConcurrencyType != api.RegionConcurrencyTypeSequential,
		"ConcurrencyMode":                p.ConcurrencyMode != nil && *p.ConcurrencyMode != api.ConcurrencyModeStrictFailureTolerance,
	}); err != nil {
		return err
	}
	for _, r := range p.RegionOrder { // those named there come first, in that order
		if slices.Contains(regions, r) || len(regions) == 0 {
			q.Target.Regions = append(q.Target.Regions, ident.Region(r))
		}
	}
	for _, r := range regions {
		if !slices.Contains(q.Target.Regions, ident.Region(r)) {
			q.Target.Regions = append(q.Target.Regions, ident.Region(r))
		}
	}
	for _, a := range accounts {
		if !slices.Contains(q.Target.Accounts, ident.Account(a)) {
			q.Target.Accounts = append(q.Target.Accounts, ident.Account(a))
		}
	}
	slices.Sort(q.Target.Accounts)
	switch {
	case p.FailureToleranceCount != nil && p.FailureTolerancePercentage != nil:
		return fault.Invalidf("Only one of FailureToleranceCount and FailureTolerancePercentage can be specified")
	case p.MaxConcurrentCount != nil && p.MaxConcurrentPercentage != nil:
		return fault.Invalidf("Only one of MaxConcurrentCount and MaxConcurrentPercentage can be specified")
	}
	t := &q.Target
	t.Tolerance = cmp.Or(deref(p.FailureToleranceCount), deref(p.FailureTolerancePercentage))
	t.TolerancePercent = p.FailureTolerancePercentage != nil
	t.Concurrency = cmp.Or(deref(p.MaxConcurrentCount), deref(p.MaxConcurrentPercentage), 1)
	t.ConcurrencyPercent = p.MaxConcurrentPercentage != nil
	if !t.ConcurrencyPercent && !t.TolerancePercent && t.Concurrency > t.Tolerance+1 {
		return fault.Invalidf("MaxConcurrentCount %d can be at most one more than the FailureToleranceCount %d", t.Concurrency, t.Tolerance)
	}
	return nil
}

// operate begins an operation on instances of a stack set, which stays what it is.
func (s *Service) operate(ctx context.Context, who access.Caller, q cloudformation.SetRequest, overrides []api.Parameter, id *string) (string, error) {
	q.Account, q.Region, q.Keeps, q.Token = who.Account, who.Region, true, s.operationID(id)
	if len(q.Target.Accounts) == 0 {
		return "", fault.Invalidf("Accounts must be specified")
	}
	for _, p := range overrides {
		if p.ParameterKey == nil || *p.ParameterKey == "" {
			return "", fault.Invalidf("Parameters must have a ParameterKey")
		}
		if !deref(p.UsePreviousValue) {
			q.Overrides = append(q.Overrides, catalog.Parameter{Key: *p.ParameterKey, Value: deref(p.ParameterValue)})
		}
	}
	o, err := s.Engine.Operate(ctx, q, s.Engine.EnqueueSet)
	return o.ID, err
}

// CreateStackInstances begins to make instances of a stack set.
func (s *Service) CreateStackInstances(ctx context.Context, who access.Caller, in *api.CreateStackInstancesInput) (*api.CreateStackInstancesOutput, error) {
	q := cloudformation.SetRequest{Request: cloudformation.Request{Name: in.StackSetName}, Action: "CREATE"}
	err := unbuiltSet("CreateStackInstances", nil, in.CallAs, nil, nil)
	if err == nil {
		err = aim(&q, in.Accounts, in.Regions, in.DeploymentTargets, in.OperationPreferences)
	}
	if err != nil {
		return nil, err
	}
	id, err := s.operate(ctx, who, q, in.ParameterOverrides, in.OperationId)
	return &api.CreateStackInstancesOutput{OperationId: id}, err
}

// UpdateStackInstances begins to change instances of a stack set to what it is, or to values of their own.
func (s *Service) UpdateStackInstances(ctx context.Context, who access.Caller, in *api.UpdateStackInstancesInput) (*api.UpdateStackInstancesOutput, error) {
	q := cloudformation.SetRequest{Request: cloudformation.Request{Name: in.StackSetName}, Action: "UPDATE", Missing: true}
	err := unbuiltSet("UpdateStackInstances", nil, in.CallAs, nil, nil)
	if err == nil {
		err = aim(&q, in.Accounts, in.Regions, in.DeploymentTargets, in.OperationPreferences)
	}
	if err != nil {
		return nil, err
	}
	id, err := s.operate(ctx, who, q, in.ParameterOverrides, in.OperationId)
	return &api.UpdateStackInstancesOutput{OperationId: id}, err
}

// DeleteStackInstances begins to take instances of a stack set away, with their stacks or without.
func (s *Service) DeleteStackInstances(ctx context.Context, who access.Caller, in *api.DeleteStackInstancesInput) (*api.DeleteStackInstancesOutput, error) {
	q := cloudformation.SetRequest{Request: cloudformation.Request{Name: in.StackSetName}, Action: "DELETE", RetainAll: in.RetainStacks}
	err := unbuiltSet("DeleteStackInstances", nil, in.CallAs, nil, nil)
	if err == nil {
		err = aim(&q, in.Accounts, in.Regions, in.DeploymentTargets, in.OperationPreferences)
	}
	if err != nil {
		return nil, err
	}
	id, err := s.operate(ctx, who, q, nil, in.OperationId)
	return &api.DeleteStackInstancesOutput{OperationId: id}, err
}

// DescribeStackInstance shows one instance of a stack set.
func (s *Service) DescribeStackInstance(ctx context.Context, who access.Caller, in *api.DescribeStackInstanceInput) (*api.DescribeStackInstanceOutput, error) {
	if err := unbuiltSet("DescribeStackInstance", nil, in.CallAs, nil, nil); err != nil {
		return nil, err
	}
	out := new(api.DescribeStackInstanceOutput)
	return out, s.DB.Read(ctx, func(tx *store.Tx) error {
		set, err := setFor(tx, who, in.StackSetName)
		if err != nil {
			return err
		}
		i, ok, err := tx.StackInstance(set.ID, ident.Account(in.StackInstanceAccount), ident.Region(in.StackInstanceRegion))
		if err == nil && !ok {
			err = cloudformation.InstanceMissing(in.StackSetName, in.StackInstanceAccount, in.StackInstanceRegion)
		}
		if err != nil {
			return err
		}
		out.StackInstance = &api.StackInstance{StackSetId: cloudformation.StackSetID(set), Account: string(i.Account), Region: string(i.Region), StackId: i.Stack,
			Status: api.StackInstanceStatus(i.Status), StatusReason: i.Reason, StackInstanceStatus: comprehensive(i), ParameterOverrides: showOverrides(set, i),
			DriftStatus: api.StackDriftStatusNotChecked, LastOperationId: i.Operation}
		return nil
	})
}

// showOverrides shows the values an instance has of its own. What NoEcho parameters hold is masked. (C-PP-13)
func showOverrides(set store.StackSet, i store.StackInstance) []api.Parameter {
	out := []api.Parameter{}
	for _, o := range i.Overrides {
		value := o.Value
		for _, b := range set.Work.Definition.Parameters {
			if b.Key == o.Key && b.NoEcho {
				value = "****"
			}
		}
		out = append(out, api.Parameter{ParameterKey: &o.Key, ParameterValue: &value})
	}
	return out
}

func comprehensive(i store.StackInstance) *api.StackInstanceComprehensiveStatus {
	return &api.StackInstanceComprehensiveStatus{DetailedStatus: api.StackInstanceDetailedStatus(i.Detailed)}
}

// ListStackInstances lists the instances of a stack set in the order of accounts and regions.
func (s *Service) ListStackInstances(ctx context.Context, who access.Caller, in *api.ListStackInstancesInput) (*api.ListStackInstancesOutput, error) {
	if err := unbuiltSet("ListStackInstances", nil, in.CallAs, nil, nil); err != nil {
		return nil, err
	}
	if err := unbuilt("ListStackInstances", map[string]bool{"Filters": len(in.Filters) > 0}); err != nil {
		return nil, err
	}
	account, region := deref(in.StackInstanceAccount), deref(in.StackInstanceRegion)
	after, scope, err := page(who, in.NextToken, "ListStackInstances", in.StackSetName, account, region)
	if err != nil {
		return nil, err
	}
	if len(after) != 2 {
		after = ident.Page{"", ""}
	}
	size := sized(in.MaxResults)
	out := &api.ListStackInstancesOutput{Summaries: []api.StackInstanceSummary{}}
	return out, s.DB.Read(ctx, func(tx *store.Tx) error {
		set, err := setFor(tx, who, in.StackSetName)
		if err != nil {
			return err
		}
		is, err := tx.StackInstances(set.ID, ident.Account(after[0]), ident.Region(after[1]), size+1)
		if err != nil {
			return err
		}
		if len(is) > size {
			is = is[:size]
			out.NextToken = ident.PageToken(ident.Page{string(is[size-1].Account), string(is[size-1].Region)}, scope...)
		}
		for _, i := range is {
			if account != "" && string(i.Account) != account || region != "" && string(i.Region) != region {
				continue
			}
			out.Summaries = append(out.Summaries, api.StackInstanceSummary{StackSetId: cloudformation.StackSetID(set), Account: string(i.Account), Region: string(i.Region),
				StackId: i.Stack, Status: api.StackInstanceStatus(i.Status), StatusReason: i.Reason, StackInstanceStatus: comprehensive(i),
				DriftStatus: api.StackDriftStatusNotChecked, LastOperationId: i.Operation})
		}
		return nil
	})
}
