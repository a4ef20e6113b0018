package cloudformation

import (
	"context"
	"strconv"

	"portico/internal/access"
	"portico/internal/engine/cloudformation"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/service/cloudformation/api"
	"portico/internal/store"
)

// operationFor reads the operation that a request names, and its stack set.
func operationFor(tx *store.Tx, who access.Caller, name, id string) (store.StackSet, store.StackSetOperation, error) {
	set, err := setFor(tx, who, name)
	if err != nil {
		return set, store.StackSetOperation{}, err
	}
	o, ok, err := tx.StackSetOperation(set.ID, id)
	if err == nil && !ok {
		err = cloudformation.OperationMissing(id)
	}
	return set, o, err
}

// preferences shows how an operation is carried out.
func preferences(o store.StackSetOperation) *api.StackSetOperationPreferences {
	t := o.Detail.Target
	p := &api.StackSetOperationPreferences{RegionOrder: []string{}}
	for _, r := range t.Regions {
		p.RegionOrder = append(p.RegionOrder, string(r))
	}
	if p.FailureToleranceCount = &t.Tolerance; t.TolerancePercent {
		p.FailureToleranceCount, p.FailureTolerancePercentage = nil, &t.Tolerance
	}
	if p.MaxConcurrentCount = &t.Concurrency; t.ConcurrencyPercent {
		p.MaxConcurrentCount, p.MaxConcurrentPercentage = nil, &t.Concurrency
	}
	return p
}

// DescribeStackSetOperation shows one operation on a stack set.
func (s *Service) DescribeStackSetOperation(ctx context.Context, who access.Caller, in *api.DescribeStackSetOperationInput) (*api.DescribeStackSetOperationOutput, error) {
	if err := unbuiltSet("DescribeStackSetOperation", nil, in.CallAs, nil, nil); err != nil {
		return nil, err
	}
	out := new(api.DescribeStackSetOperationOutput)
	return out, s.DB.Read(ctx, func(tx *store.Tx) error {
		set, o, err := operationFor(tx, who, in.StackSetName, in.OperationId)
		if err != nil {
			return err
		}
		failed, err := failures(tx, o)
		out.StackSetOperation = &api.StackSetOperation{OperationId: o.ID, StackSetId: cloudformation.StackSetID(set), Action: api.StackSetOperationAction(o.Action),
			Status: operationStatus(o), StatusReason: o.Reason, OperationPreferences: preferences(o), RetainStacks: o.Detail.Retain,
			AdministrationRoleARN: o.Detail.AdminRole, ExecutionRoleName: o.Detail.ExecutionRole, CreationTimestamp: o.Created, EndTimestamp: o.Ended, StatusDetails: failed}
		return err
	})
}

// operationStatus is how far an operation is, as it is shown.
func operationStatus(o store.StackSetOperation) api.StackSetOperationStatus {
	if o.Ended.IsZero() && o.Detail.Stop != "" {
		return cloudformation.SetStopping
	}
	return api.StackSetOperationStatus(o.Status)
}

// StopStackSetOperation lets an operation on a stack set begin nothing more.
func (s *Service) StopStackSetOperation(ctx context.Context, who access.Caller, in *api.StopStackSetOperationInput) (*api.StopStackSetOperationOutput, error) {
	if err := unbuiltSet("StopStackSetOperation", nil, in.CallAs, nil, nil); err != nil {
		return nil, err
	}
	var o store.StackSetOperation
	err := s.DB.Read(ctx, func(tx *store.Tx) (err error) {
		_, o, err = operationFor(tx, who, in.StackSetName, in.OperationId)
		return err
	})
	if err == nil && !o.Ended.IsZero() {
		err = fault.Invalidf("Operation %s is in status %s and cannot be stopped", o.ID, o.Status).Named("InvalidOperationException")
	}
	if err == nil {
		err = s.Engine.StopSet(ctx, o.StackSet, o.ID, "Operation stopped by "+who.ARN)
	}
	return new(api.StopStackSetOperationOutput), err
}

// failures counts the instances that an operation has failed in.
func failures(tx *store.Tx, o store.StackSetOperation) (*api.StackSetOperationStatusDetails, error) {
	out := new(api.StackSetOperationStatusDetails)
	for after := 0; ; {
		results, err := tx.StackSetResults(o.StackSet, o.ID, after, pageSize)
		if err != nil || len(results) == 0 {
			return out, err
		}
		for _, x := range results {
			if x.Status == "FAILED" {
				out.FailedStackInstancesCount++
			}
			after = x.N
		}
	}
}

// ListStackSetOperations lists the operations on a stack set, newest first.
func (s *Service) ListStackSetOperations(ctx context.Context, who access.Caller, in *api.ListStackSetOperationsInput) (*api.ListStackSetOperationsOutput, error) {
	if err := unbuiltSet("ListStackSetOperations", nil, in.CallAs, nil, nil); err != nil {
		return nil, err
	}
	after, scope, err := page(who, in.NextToken, "ListStackSetOperations", in.StackSetName)
	if err != nil {
		return nil, err
	}
	size := sized(in.MaxResults)
	out := &api.ListStackSetOperationsOutput{Summaries: []api.StackSetOperationSummary{}}
	return out, s.DB.Read(ctx, func(tx *store.Tx) error {
		set, err := setFor(tx, who, in.StackSetName)
		if err != nil {
			return err
		}
		os, err := tx.StackSetOperations(set.ID, after, size+1)
		if err != nil {
			return err
		}
		if len(os) > size {
			os = os[:size]
			out.NextToken = pageAt(os[size-1].Created, os[size-1].ID, scope)
		}
		for _, o := range os {
			failed, err := failures(tx, o)
			if err != nil {
				return err
			}
			out.Summaries = append(out.Summaries, api.StackSetOperationSummary{OperationId: o.ID, Action: api.StackSetOperationAction(o.Action), Status: operationStatus(o),
				StatusReason: o.Reason, CreationTimestamp: o.Created, EndTimestamp: o.Ended, StatusDetails: failed, OperationPreferences: preferences(o)})
		}
		return nil
	})
}

// ListStackSetOperationResults lists what an operation does to each instance, in the order in which it does.
func (s *Service) ListStackSetOperationResults(ctx context.Context, who access.Caller, in *api.ListStackSetOperationResultsInput) (*api.ListStackSetOperationResultsOutput, error) {
	if err := unbuiltSet("ListStackSetOperationResults", nil, in.CallAs, nil, nil); err != nil {
		return nil, err
	}
	if err := unbuilt("ListStackSetOperationResults", map[string]bool{"Filters": len(in.Filters) > 0}); err != nil {
		return nil, err
	}
	at, scope, err := page(who, in.NextToken, "ListStackSetOperationResults", in.StackSetName, in.OperationId)
	if err != nil {
		return nil, err
	}
	after := 0
	if len(at) == 1 {
		if after, err = strconv.Atoi(at[0]); err != nil {
			return nil, ident.BadPage()
		}
	}
	size := sized(in.MaxResults)
	out := &api.ListStackSetOperationResultsOutput{Summaries: []api.StackSetOperationResultSummary{}}
	return out, s.DB.Read(ctx, func(tx *store.Tx) error {
		_, o, err := operationFor(tx, who, in.StackSetName, in.OperationId)
		if err != nil {
			return err
		}
		results, err := tx.StackSetResults(o.StackSet, o.ID, after, size+1)
		if err != nil {
			return err
		}
		if len(results) > size {
			results = results[:size]
			out.NextToken = ident.PageToken(ident.Page{strconv.Itoa(results[size-1].N)}, scope...)
		}
		for _, x := range results {
			out.Summaries = append(out.Summaries, api.StackSetOperationResultSummary{Account: string(x.Account), Region: string(x.Region), Status: api.StackSetOperationResultStatus(x.Status),
				StatusReason: x.Reason, AccountGateResult: &api.AccountGateResult{Status: api.AccountGateStatusSkipped}})
		}
		return nil
	})
}
