package cloudformation

import (
	"context"
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/engine/cloudformation"
	"portico/internal/fault"
	"portico/internal/service/cloudformation/api"
)

// ContinueUpdateRollback goes on with the way back of an update that came to a halt.
func (s *Service) ContinueUpdateRollback(ctx context.Context, who access.Caller, in *api.ContinueUpdateRollbackInput) (*api.ContinueUpdateRollbackOutput, error) {
	out := new(api.ContinueUpdateRollbackOutput)
	if slices.ContainsFunc(in.ResourcesToSkip, func(id string) bool { return strings.Contains(id, ".") }) {
		return nil, fault.New(fault.Unbuilt, "ResourcesToSkip of nested stacks is not built yet in ContinueUpdateRollback; name resources of the stack itself.")
	}
	st, ok, err := s.Engine.Named(ctx, who.Account, who.Region, in.StackName)
	if err == nil && !ok {
		err = cloudformation.Missing(in.StackName)
	}
	if err != nil {
		return nil, err
	}
	q := cloudformation.Request{Account: who.Account, Region: who.Region, Name: st.ID, Client: deref(in.ClientRequestToken), As: who}
	q.As.Authority, q.As.Notes = nil, nil
	if err := s.act(ctx, who, in.RoleARN, st.Work.Definition.Role, &q); err != nil {
		return nil, err
	}
	_, err = s.Engine.ContinueRollback(ctx, q, in.ResourcesToSkip, s.Engine.Enqueue)
	return out, err
}
