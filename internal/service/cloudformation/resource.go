package cloudformation

import (
	"context"
	"math"
	"strconv"
	"time"

	"portico/internal/access"
	"portico/internal/engine/cloudformation"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/service/cloudformation/api"
	"portico/internal/store"
)

func pageAt(t time.Time, id string, scope []string) string {
	return ident.PageToken(store.TimeKey(t.UnixMicro(), id), scope...)
}

// DescribeStackEvents shows what happened to a stack, the last first.
func (s *Service) DescribeStackEvents(ctx context.Context, who access.Caller, in *api.DescribeStackEventsInput) (*api.DescribeStackEventsOutput, error) {
	name := deref(in.StackName)
	if name == "" {
		return nil, fault.Invalidf("1 validation error detected: Value null at 'stackName' failed to satisfy constraint: Member must not be null")
	}
	after, scope, err := page(who, in.NextToken, "DescribeStackEvents", name)
	if err != nil {
		return nil, err
	}
	before := math.MaxInt32
	if after != nil {
		if before, err = strconv.Atoi(after[0]); err != nil {
			return nil, ident.BadPage()
		}
	}
	out := &api.DescribeStackEventsOutput{StackEvents: []api.StackEvent{}}
	return out, s.DB.Read(ctx, func(tx *store.Tx) error {
		st, err := stackFor(tx, who, name)
		if err != nil {
			return err
		}
		events, err := tx.StackEventsBefore(st.ID, before, pageSize+1)
		if err != nil {
			return err
		}
		if len(events) > pageSize {
			events = events[:pageSize]
			out.NextToken = ident.PageToken(ident.Page{strconv.Itoa(events[pageSize-1].N)}, scope...)
		}
		for _, e := range events {
			out.StackEvents = append(out.StackEvents, api.StackEvent{StackId: st.ID, EventId: cloudformation.EventID(e), StackName: st.Name, LogicalResourceId: e.LogicalID,
				PhysicalResourceId: e.PhysicalID, ResourceType: e.Type, Timestamp: e.At, ResourceStatus: api.ResourceStatus(e.Status), ResourceStatusReason: e.Reason,
				ResourceProperties: e.Properties, ClientRequestToken: e.Token})
		}
		return nil
	})
}

// resources reads a stack with those of its resources that were ever begun.
func resources(tx *store.Tx, who access.Caller, name string) (store.Stack, []store.StackResource, error) {
	st, err := stackFor(tx, who, name)
	if err != nil {
		return st, nil, err
	}
	rows, err := tx.StackResources(st.ID)
	return st, rows, err
}

// DescribeStackResource shows one resource of a stack.
func (s *Service) DescribeStackResource(ctx context.Context, who access.Caller, in *api.DescribeStackResourceInput) (*api.DescribeStackResourceOutput, error) {
	out := new(api.DescribeStackResourceOutput)
	return out, s.DB.Read(ctx, func(tx *store.Tx) error {
		st, rows, err := resources(tx, who, in.StackName)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.LogicalID == in.LogicalResourceId {
				out.StackResourceDetail = &api.StackResourceDetail{StackName: st.Name, StackId: st.ID, LogicalResourceId: r.LogicalID, PhysicalResourceId: r.PhysicalID,
					ResourceType: r.Type, LastUpdatedTimestamp: r.Updated, ResourceStatus: api.ResourceStatus(r.Status), ResourceStatusReason: r.Reason, Metadata: r.State.Metadata,
					DriftInformation: &api.StackResourceDriftInformation{StackResourceDriftStatus: api.StackResourceDriftStatusNotChecked}}
				return nil
			}
		}
		return fault.NotFoundf("Resource %s does not exist for stack %s", in.LogicalResourceId, st.Name)
	})
}

// DescribeStackResources shows the resources of a stack, or of the one that has a given resource.
func (s *Service) DescribeStackResources(ctx context.Context, who access.Caller, in *api.DescribeStackResourcesInput) (*api.DescribeStackResourcesOutput, error) {
	if (in.StackName == nil) == (in.PhysicalResourceId == nil) {
		return nil, fault.Invalidf("You must specify either StackName or PhysicalResourceId, but not both.")
	}
	out := &api.DescribeStackResourcesOutput{StackResources: []api.StackResource{}}
	return out, s.DB.Read(ctx, func(tx *store.Tx) error {
		name := deref(in.StackName)
		if in.PhysicalResourceId != nil {
			st, ok, err := tx.StackOf(who.Account, who.Region, *in.PhysicalResourceId)
			if err == nil && !ok {
				err = fault.NotFoundf("Stack for %s does not exist", *in.PhysicalResourceId)
			}
			if err != nil {
				return err
			}
			name = st.ID
		}
		st, rows, err := resources(tx, who, name)
		for _, r := range rows {
			if in.LogicalResourceId != nil && *in.LogicalResourceId != r.LogicalID {
				continue
			}
			out.StackResources = append(out.StackResources, api.StackResource{StackName: st.Name, StackId: st.ID, LogicalResourceId: r.LogicalID, PhysicalResourceId: r.PhysicalID,
				ResourceType: r.Type, Timestamp: r.Updated, ResourceStatus: api.ResourceStatus(r.Status), ResourceStatusReason: r.Reason,
				DriftInformation: &api.StackResourceDriftInformation{StackResourceDriftStatus: api.StackResourceDriftStatusNotChecked}})
		}
		return err
	})
}

// ListStackResources lists the resources of a stack.
func (s *Service) ListStackResources(ctx context.Context, who access.Caller, in *api.ListStackResourcesInput) (*api.ListStackResourcesOutput, error) {
	after, scope, err := page(who, in.NextToken, "ListStackResources", in.StackName)
	if err != nil {
		return nil, err
	}
	out := &api.ListStackResourcesOutput{StackResourceSummaries: []api.StackResourceSummary{}}
	return out, s.DB.Read(ctx, func(tx *store.Tx) error {
		_, rows, err := resources(tx, who, in.StackName)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if after != nil && r.N <= number(after[0]) {
				continue
			}
			if len(out.StackResourceSummaries) == pageSize {
				out.NextToken = ident.PageToken(ident.Page{strconv.Itoa(r.N - 1)}, scope...)
				break
			}
			out.StackResourceSummaries = append(out.StackResourceSummaries, api.StackResourceSummary{LogicalResourceId: r.LogicalID, PhysicalResourceId: r.PhysicalID, ResourceType: r.Type,
				LastUpdatedTimestamp: r.Updated, ResourceStatus: api.ResourceStatus(r.Status), ResourceStatusReason: r.Reason,
				DriftInformation: &api.StackResourceDriftInformationSummary{StackResourceDriftStatus: api.StackResourceDriftStatusNotChecked}})
		}
		return nil
	})
}

func number(s string) int {
	n, _ := strconv.Atoi(s) // this server wrote it
	return n
}
