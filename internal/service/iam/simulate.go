package iam

import (
	"context"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/service/iam/api"
)

// SimulatePrincipalPolicy is not served yet.
func (s *Service) SimulatePrincipalPolicy(context.Context, access.Caller, *api.SimulatePrincipalPolicyInput) (*api.SimulatePrincipalPolicyOutput, error) {
	return nil, fault.New(fault.Unbuilt, "Policies cannot be simulated yet.")
}

// SimulateCustomPolicy is not served yet.
func (s *Service) SimulateCustomPolicy(context.Context, access.Caller, *api.SimulateCustomPolicyInput) (*api.SimulateCustomPolicyOutput, error) {
	return nil, fault.New(fault.Unbuilt, "Policies cannot be simulated yet.")
}
