package iam

import (
	"context"

	"portico/internal/access"
	"portico/internal/service/iam/api"
	"portico/internal/store"
)

// The lists below are empty because nothing that this build serves can put an entry in them. They still need the
// entity they ask about.

func (s *Service) needUser(ctx context.Context, who access.Caller, name string) error {
	return s.DB.Read(ctx, func(tx *store.Tx) error {
		_, err := userFor(tx, who, name)
		return err
	})
}

func (s *Service) needGroup(ctx context.Context, who access.Caller, name string) error {
	return s.DB.Read(ctx, func(tx *store.Tx) error {
		_, err := groupFor(tx, who, name)
		return err
	})
}

func (s *Service) needRole(ctx context.Context, who access.Caller, name string) error {
	return s.DB.Read(ctx, func(tx *store.Tx) error {
		_, err := roleFor(tx, who, name)
		return err
	})
}

// ListUserPolicies lists a user's inline policies: none.
func (s *Service) ListUserPolicies(ctx context.Context, who access.Caller, in *api.ListUserPoliciesInput) (*api.ListUserPoliciesOutput, error) {
	return &api.ListUserPoliciesOutput{PolicyNames: []string{}}, s.needUser(ctx, who, in.UserName)
}

// ListAttachedUserPolicies lists the policies attached to a user: none.
func (s *Service) ListAttachedUserPolicies(ctx context.Context, who access.Caller, in *api.ListAttachedUserPoliciesInput) (*api.ListAttachedUserPoliciesOutput, error) {
	return &api.ListAttachedUserPoliciesOutput{AttachedPolicies: []api.AttachedPolicy{}}, s.needUser(ctx, who, in.UserName)
}

// ListGroupPolicies lists a group's inline policies: none.
func (s *Service) ListGroupPolicies(ctx context.Context, who access.Caller, in *api.ListGroupPoliciesInput) (*api.ListGroupPoliciesOutput, error) {
	return &api.ListGroupPoliciesOutput{PolicyNames: []string{}}, s.needGroup(ctx, who, in.GroupName)
}

// ListAttachedGroupPolicies lists the policies attached to a group: none.
func (s *Service) ListAttachedGroupPolicies(ctx context.Context, who access.Caller, in *api.ListAttachedGroupPoliciesInput) (*api.ListAttachedGroupPoliciesOutput, error) {
	return &api.ListAttachedGroupPoliciesOutput{AttachedPolicies: []api.AttachedPolicy{}}, s.needGroup(ctx, who, in.GroupName)
}

// ListRolePolicies lists a role's inline policies: none.
func (s *Service) ListRolePolicies(ctx context.Context, who access.Caller, in *api.ListRolePoliciesInput) (*api.ListRolePoliciesOutput, error) {
	return &api.ListRolePoliciesOutput{PolicyNames: []string{}}, s.needRole(ctx, who, in.RoleName)
}

// ListAttachedRolePolicies lists the policies attached to a role: none.
func (s *Service) ListAttachedRolePolicies(ctx context.Context, who access.Caller, in *api.ListAttachedRolePoliciesInput) (*api.ListAttachedRolePoliciesOutput, error) {
	return &api.ListAttachedRolePoliciesOutput{AttachedPolicies: []api.AttachedPolicy{}}, s.needRole(ctx, who, in.RoleName)
}

// ListInstanceProfilesForRole lists the instance profiles a role is in: none.
func (s *Service) ListInstanceProfilesForRole(ctx context.Context, who access.Caller, in *api.ListInstanceProfilesForRoleInput) (*api.ListInstanceProfilesForRoleOutput, error) {
	return &api.ListInstanceProfilesForRoleOutput{InstanceProfiles: []api.InstanceProfile{}}, s.needRole(ctx, who, in.RoleName)
}

// ListMFADevices lists the MFA devices of a user or of the caller itself: none.
func (s *Service) ListMFADevices(ctx context.Context, who access.Caller, in *api.ListMFADevicesInput) (*api.ListMFADevicesOutput, error) {
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		_, err := selfFor(tx, who, in.UserName)
		return err
	})
	return &api.ListMFADevicesOutput{MFADevices: []api.MFADevice{}}, err
}

// ListAccountAliases lists the account's aliases: none.
func (s *Service) ListAccountAliases(context.Context, access.Caller, *api.ListAccountAliasesInput) (*api.ListAccountAliasesOutput, error) {
	return &api.ListAccountAliasesOutput{AccountAliases: []string{}}, nil
}
