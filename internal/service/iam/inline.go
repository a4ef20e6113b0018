package iam

import (
	"context"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/service/iam/api"
	"portico/internal/store"
)

func noInline(kind, name string) *fault.Fault {
	return fault.NotFoundf("The %s policy with name %s cannot be found.", kind, name)
}

// putInline adds or replaces an inline policy. All of an entity's together have a quota.
func (s *Service) putInline(ctx context.Context, who access.Caller, of entityOf, name, policy, document string) error {
	if err := identity(document); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		e, err := of(tx, who, name)
		if err != nil {
			return err
		}
		ps, err := tx.InlinePolicies(e.id)
		if err != nil {
			return err
		}
		size := access.PolicySize(document)
		for _, p := range ps {
			if p.Name != policy {
				size += p.Size
			}
		}
		if size > e.inline {
			return fault.Limitf("Maximum policy size of %d bytes exceeded for %s %s", e.inline, e.kind, e.name)
		}
		return tx.PutInlinePolicy(e.id, policy, document)
	})
}

// getInline returns the entity's own name and the document of one of its inline policies.
func (s *Service) getInline(ctx context.Context, who access.Caller, of entityOf, name, policy string) (e entity, document string, err error) {
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		if e, err = of(tx, who, name); err != nil {
			return err
		}
		p, ok, err := tx.InlinePolicy(e.id, policy)
		if err := found(ok, err, noInline(e.kind, policy)); err != nil {
			return err
		}
		document, err = tx.PolicyDocument(p.Digest)
		return err
	})
	return e, escapePolicy(document), err
}

func (s *Service) deleteInline(ctx context.Context, who access.Caller, of entityOf, name, policy string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		e, err := of(tx, who, name)
		if err != nil {
			return err
		}
		was, err := tx.DeleteInlinePolicy(e.id, policy)
		return found(was, err, noInline(e.kind, policy))
	})
}

func (s *Service) listInline(ctx context.Context, who access.Caller, of entityOf, operation, name string, marker *string, items *int) ([]string, string, error) {
	p, err := pageOf(who, marker, items, operation, name)
	if err != nil {
		return nil, "", err
	}
	var names []string
	next := ""
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		e, err := of(tx, who, name)
		if err != nil {
			return err
		}
		ps, err := tx.InlinePolicies(e.id)
		names, next = cutShort(p, ps, func(p access.InlinePolicy) string { return p.Name })
		return err
	})
	return names, next, err
}

// PutUserPolicy adds or replaces an inline policy of a user.
func (s *Service) PutUserPolicy(ctx context.Context, who access.Caller, in *api.PutUserPolicyInput) (*api.PutUserPolicyOutput, error) {
	return new(api.PutUserPolicyOutput), s.putInline(ctx, who, userEntity, in.UserName, in.PolicyName, in.PolicyDocument)
}

// PutGroupPolicy adds or replaces an inline policy of a group.
func (s *Service) PutGroupPolicy(ctx context.Context, who access.Caller, in *api.PutGroupPolicyInput) (*api.PutGroupPolicyOutput, error) {
	return new(api.PutGroupPolicyOutput), s.putInline(ctx, who, groupEntity, in.GroupName, in.PolicyName, in.PolicyDocument)
}

// PutRolePolicy adds or replaces an inline policy of a role.
func (s *Service) PutRolePolicy(ctx context.Context, who access.Caller, in *api.PutRolePolicyInput) (*api.PutRolePolicyOutput, error) {
	return new(api.PutRolePolicyOutput), s.putInline(ctx, who, roleEntity, in.RoleName, in.PolicyName, in.PolicyDocument)
}

// GetUserPolicy reads an inline policy of a user.
func (s *Service) GetUserPolicy(ctx context.Context, who access.Caller, in *api.GetUserPolicyInput) (*api.GetUserPolicyOutput, error) {
	e, document, err := s.getInline(ctx, who, userEntity, in.UserName, in.PolicyName)
	return &api.GetUserPolicyOutput{UserName: e.name, PolicyName: in.PolicyName, PolicyDocument: document}, err
}

// GetGroupPolicy reads an inline policy of a group.
func (s *Service) GetGroupPolicy(ctx context.Context, who access.Caller, in *api.GetGroupPolicyInput) (*api.GetGroupPolicyOutput, error) {
	e, document, err := s.getInline(ctx, who, groupEntity, in.GroupName, in.PolicyName)
	return &api.GetGroupPolicyOutput{GroupName: e.name, PolicyName: in.PolicyName, PolicyDocument: document}, err
}

// GetRolePolicy reads an inline policy of a role.
func (s *Service) GetRolePolicy(ctx context.Context, who access.Caller, in *api.GetRolePolicyInput) (*api.GetRolePolicyOutput, error) {
	e, document, err := s.getInline(ctx, who, roleEntity, in.RoleName, in.PolicyName)
	return &api.GetRolePolicyOutput{RoleName: e.name, PolicyName: in.PolicyName, PolicyDocument: document}, err
}

// DeleteUserPolicy removes an inline policy of a user.
func (s *Service) DeleteUserPolicy(ctx context.Context, who access.Caller, in *api.DeleteUserPolicyInput) (*api.DeleteUserPolicyOutput, error) {
	return new(api.DeleteUserPolicyOutput), s.deleteInline(ctx, who, userEntity, in.UserName, in.PolicyName)
}

// DeleteGroupPolicy removes an inline policy of a group.
func (s *Service) DeleteGroupPolicy(ctx context.Context, who access.Caller, in *api.DeleteGroupPolicyInput) (*api.DeleteGroupPolicyOutput, error) {
	return new(api.DeleteGroupPolicyOutput), s.deleteInline(ctx, who, groupEntity, in.GroupName, in.PolicyName)
}

// DeleteRolePolicy removes an inline policy of a role.
func (s *Service) DeleteRolePolicy(ctx context.Context, who access.Caller, in *api.DeleteRolePolicyInput) (*api.DeleteRolePolicyOutput, error) {
	return new(api.DeleteRolePolicyOutput), s.deleteInline(ctx, who, roleEntity, in.RoleName, in.PolicyName)
}

// ListUserPolicies lists the names of a user's inline policies.
func (s *Service) ListUserPolicies(ctx context.Context, who access.Caller, in *api.ListUserPoliciesInput) (*api.ListUserPoliciesOutput, error) {
	names, marker, err := s.listInline(ctx, who, userEntity, "ListUserPolicies", in.UserName, in.Marker, in.MaxItems)
	return &api.ListUserPoliciesOutput{PolicyNames: names, Marker: marker, IsTruncated: marker != ""}, err
}

// ListGroupPolicies lists the names of a group's inline policies.
func (s *Service) ListGroupPolicies(ctx context.Context, who access.Caller, in *api.ListGroupPoliciesInput) (*api.ListGroupPoliciesOutput, error) {
	names, marker, err := s.listInline(ctx, who, groupEntity, "ListGroupPolicies", in.GroupName, in.Marker, in.MaxItems)
	return &api.ListGroupPoliciesOutput{PolicyNames: names, Marker: marker, IsTruncated: marker != ""}, err
}

// ListRolePolicies lists the names of a role's inline policies.
func (s *Service) ListRolePolicies(ctx context.Context, who access.Caller, in *api.ListRolePoliciesInput) (*api.ListRolePoliciesOutput, error) {
	names, marker, err := s.listInline(ctx, who, roleEntity, "ListRolePolicies", in.RoleName, in.Marker, in.MaxItems)
	return &api.ListRolePoliciesOutput{PolicyNames: names, Marker: marker, IsTruncated: marker != ""}, err
}
