package iam

import (
	"context"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/service/iam/api"
	"portico/internal/store"
)

func showBoundary(arn string) *api.AttachedPermissionsBoundary {
	if arn == "" {
		return nil
	}
	return &api.AttachedPermissionsBoundary{
		PermissionsBoundaryType: api.PermissionsBoundaryAttachmentTypePermissionsBoundaryPolicy, PermissionsBoundaryArn: arn,
	}
}

// bound makes a managed policy the boundary of a user or role; no ARN leaves it as it is.
func bound(tx *store.Tx, who access.Caller, id string, arn *string) error {
	if arn == nil {
		return nil
	}
	if _, err := policyFor(tx, who, *arn); err != nil {
		if fault.Is(err, fault.NotFound) {
			return fault.NotFoundf("Scope ARN: %s does not exist or is not attachable.", *arn)
		}
		return err
	}
	_, err := tx.SetBoundary(who.Account, id, *arn)
	return err
}

func (s *Service) putBoundary(ctx context.Context, who access.Caller, of entityOf, name, arn string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		e, err := of(tx, who, name)
		if err != nil {
			return err
		}
		return bound(tx, who, e.id, &arn)
	})
}

func (s *Service) deleteBoundary(ctx context.Context, who access.Caller, of entityOf, name string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		e, err := of(tx, who, name)
		if err != nil {
			return err
		}
		was, err := tx.SetBoundary(who.Account, e.id, "")
		return found(was, err, fault.NotFoundf("The %s with name %s has no permissions boundary.", e.kind, e.name))
	})
}

// PutUserPermissionsBoundary sets the policy that says the most a user can be allowed.
func (s *Service) PutUserPermissionsBoundary(ctx context.Context, who access.Caller, in *api.PutUserPermissionsBoundaryInput) (*api.PutUserPermissionsBoundaryOutput, error) {
	return new(api.PutUserPermissionsBoundaryOutput), s.putBoundary(ctx, who, userEntity, in.UserName, in.PermissionsBoundary)
}

// DeleteUserPermissionsBoundary lets a user have all that its policies allow.
func (s *Service) DeleteUserPermissionsBoundary(ctx context.Context, who access.Caller, in *api.DeleteUserPermissionsBoundaryInput) (*api.DeleteUserPermissionsBoundaryOutput, error) {
	return new(api.DeleteUserPermissionsBoundaryOutput), s.deleteBoundary(ctx, who, userEntity, in.UserName)
}

// PutRolePermissionsBoundary sets the policy that says the most a role's sessions can be allowed.
func (s *Service) PutRolePermissionsBoundary(ctx context.Context, who access.Caller, in *api.PutRolePermissionsBoundaryInput) (*api.PutRolePermissionsBoundaryOutput, error) {
	return new(api.PutRolePermissionsBoundaryOutput), s.putBoundary(ctx, who, roleEntity, in.RoleName, in.PermissionsBoundary)
}

// DeleteRolePermissionsBoundary lets a role's sessions have all that its policies allow.
func (s *Service) DeleteRolePermissionsBoundary(ctx context.Context, who access.Caller, in *api.DeleteRolePermissionsBoundaryInput) (*api.DeleteRolePermissionsBoundaryOutput, error) {
	return new(api.DeleteRolePermissionsBoundaryOutput), s.deleteBoundary(ctx, who, roleEntity, in.RoleName)
}
