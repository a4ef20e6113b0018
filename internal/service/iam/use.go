package iam

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/service/iam/api"
	"portico/internal/store"
)

const attachedPerEntity = 10

// usage reads PolicyUsageFilter; no filter is no use.
func usage(filter *api.PolicyUsageType) store.PolicyUse {
	switch {
	case filter == nil:
		return ""
	case *filter == api.PolicyUsageTypePermissionsBoundary:
		return store.Boundary
	}
	return store.Attached
}

// attach gives an entity a managed policy; to do so again changes nothing.
func (s *Service) attach(ctx context.Context, who access.Caller, of entityOf, name, arn string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		e, err := of(tx, who, name)
		if err != nil {
			return err
		}
		if _, err := policyFor(tx, who, arn); err != nil {
			if fault.Is(err, fault.NotFound) {
				return fault.NotFoundf("Policy %s does not exist or is not attachable.", arn)
			}
			return err
		}
		have, err := tx.AttachedPolicies(e.id)
		if err != nil || slices.Contains(have, arn) {
			return err
		}
		if len(have) >= attachedPerEntity {
			return fault.Limitf("Cannot exceed quota for PoliciesPer%s: %d", strings.ToUpper(e.kind[:1])+e.kind[1:], attachedPerEntity)
		}
		return tx.AttachPolicy(who.Account, e.id, arn)
	})
}

func (s *Service) detach(ctx context.Context, who access.Caller, of entityOf, name, arn string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		e, err := of(tx, who, name)
		if err != nil {
			return err
		}
		was, err := tx.DetachPolicy(e.id, arn)
		return found(was, err, fault.NotFoundf("Policy %s was not found.", arn))
	})
}

// attachedTo shows the policies attached to an entity, by name.
func attachedTo(tx *store.Tx, id string) ([]api.AttachedPolicy, error) {
	arns, err := tx.AttachedPolicies(id)
	out := make([]api.AttachedPolicy, 0, len(arns))
	for _, arn := range arns {
		out = append(out, api.AttachedPolicy{PolicyName: access.PolicyName(arn), PolicyArn: arn})
	}
	slices.SortFunc(out, func(a, b api.AttachedPolicy) int {
		return cmp.Or(cmp.Compare(access.Fold(a.PolicyName), access.Fold(b.PolicyName)), cmp.Compare(a.PolicyArn, b.PolicyArn))
	})
	return out, err
}

// policyPath is the path in the ARN of a managed policy.
func policyPath(arn string) string {
	_, rest, _ := strings.Cut(arn, ":policy/")
	return "/" + rest[:strings.LastIndexByte(rest, '/')+1]
}

// attached is a list of attached policies as requests ask for it.
type attached struct {
	operation, name string
	prefix, marker  *string
	items           *int
}

func (s *Service) listAttached(ctx context.Context, who access.Caller, of entityOf, a attached) ([]api.AttachedPolicy, string, error) {
	prefix := pathOr(a.prefix, "/")
	p, err := pageOf(who, a.marker, a.items, a.operation, a.name, prefix)
	if err != nil {
		return nil, "", err
	}
	var out []api.AttachedPolicy
	marker := ""
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		e, err := of(tx, who, a.name)
		if err != nil {
			return err
		}
		all, err := attachedTo(tx, e.id)
		all = slices.DeleteFunc(all, func(p api.AttachedPolicy) bool { return !strings.HasPrefix(policyPath(p.PolicyArn), prefix) })
		out, marker = cutShort(p, all, func(p api.AttachedPolicy) api.AttachedPolicy { return p })
		return err
	})
	return out, marker, err
}

// AttachUserPolicy attaches a managed policy to a user.
func (s *Service) AttachUserPolicy(ctx context.Context, who access.Caller, in *api.AttachUserPolicyInput) (*api.AttachUserPolicyOutput, error) {
	return new(api.AttachUserPolicyOutput), s.attach(ctx, who, userEntity, in.UserName, in.PolicyArn)
}

// AttachGroupPolicy attaches a managed policy to a group.
func (s *Service) AttachGroupPolicy(ctx context.Context, who access.Caller, in *api.AttachGroupPolicyInput) (*api.AttachGroupPolicyOutput, error) {
	return new(api.AttachGroupPolicyOutput), s.attach(ctx, who, groupEntity, in.GroupName, in.PolicyArn)
}

// AttachRolePolicy attaches a managed policy to a role.
func (s *Service) AttachRolePolicy(ctx context.Context, who access.Caller, in *api.AttachRolePolicyInput) (*api.AttachRolePolicyOutput, error) {
	return new(api.AttachRolePolicyOutput), s.attach(ctx, who, roleEntity, in.RoleName, in.PolicyArn)
}

// DetachUserPolicy takes a managed policy from a user.
func (s *Service) DetachUserPolicy(ctx context.Context, who access.Caller, in *api.DetachUserPolicyInput) (*api.DetachUserPolicyOutput, error) {
	return new(api.DetachUserPolicyOutput), s.detach(ctx, who, userEntity, in.UserName, in.PolicyArn)
}

// DetachGroupPolicy takes a managed policy from a group.
func (s *Service) DetachGroupPolicy(ctx context.Context, who access.Caller, in *api.DetachGroupPolicyInput) (*api.DetachGroupPolicyOutput, error) {
	return new(api.DetachGroupPolicyOutput), s.detach(ctx, who, groupEntity, in.GroupName, in.PolicyArn)
}

// DetachRolePolicy takes a managed policy from a role.
func (s *Service) DetachRolePolicy(ctx context.Context, who access.Caller, in *api.DetachRolePolicyInput) (*api.DetachRolePolicyOutput, error) {
	return new(api.DetachRolePolicyOutput), s.detach(ctx, who, roleEntity, in.RoleName, in.PolicyArn)
}

// ListAttachedUserPolicies lists the managed policies attached to a user, by name.
func (s *Service) ListAttachedUserPolicies(ctx context.Context, who access.Caller, in *api.ListAttachedUserPoliciesInput) (*api.ListAttachedUserPoliciesOutput, error) {
	ps, marker, err := s.listAttached(ctx, who, userEntity, attached{"ListAttachedUserPolicies", in.UserName, in.PathPrefix, in.Marker, in.MaxItems})
	return &api.ListAttachedUserPoliciesOutput{AttachedPolicies: ps, Marker: marker, IsTruncated: marker != ""}, err
}

// ListAttachedGroupPolicies lists the managed policies attached to a group, by name.
func (s *Service) ListAttachedGroupPolicies(ctx context.Context, who access.Caller, in *api.ListAttachedGroupPoliciesInput) (*api.ListAttachedGroupPoliciesOutput, error) {
	ps, marker, err := s.listAttached(ctx, who, groupEntity, attached{"ListAttachedGroupPolicies", in.GroupName, in.PathPrefix, in.Marker, in.MaxItems})
	return &api.ListAttachedGroupPoliciesOutput{AttachedPolicies: ps, Marker: marker, IsTruncated: marker != ""}, err
}

// ListAttachedRolePolicies lists the managed policies attached to a role, by name.
func (s *Service) ListAttachedRolePolicies(ctx context.Context, who access.Caller, in *api.ListAttachedRolePoliciesInput) (*api.ListAttachedRolePoliciesOutput, error) {
	ps, marker, err := s.listAttached(ctx, who, roleEntity, attached{"ListAttachedRolePolicies", in.RoleName, in.PathPrefix, in.Marker, in.MaxItems})
	return &api.ListAttachedRolePoliciesOutput{AttachedPolicies: ps, Marker: marker, IsTruncated: marker != ""}, err
}

// ListEntitiesForPolicy lists the groups, users and roles of the account that a policy is attached to or bounds.
func (s *Service) ListEntitiesForPolicy(ctx context.Context, who access.Caller, in *api.ListEntitiesForPolicyInput) (*api.ListEntitiesForPolicyOutput, error) {
	q := store.PolicyEntitiesQuery{Account: who.Account, Policy: in.PolicyArn, Path: pathOr(in.PathPrefix, "/"), Use: usage(in.PolicyUsageFilter)}
	kind := api.EntityType("")
	if in.EntityFilter != nil {
		kind = *in.EntityFilter
	}
	// Policies use no policies, so their filters leave nothing: no id begins with what stands for them.
	q.Prefix = map[api.EntityType]string{"": "", api.EntityTypeUser: "AIDA", api.EntityTypeGroup: "AGPA", api.EntityTypeRole: "AROA",
		api.EntityTypeLocalManagedPolicy: "ANPA", api.EntityTypeAWSManagedPolicy: "ANPA"}[kind]
	p, err := pageOf(who, in.Marker, in.MaxItems, "ListEntitiesForPolicy", in.PolicyArn, string(kind), q.Path, string(q.Use))
	if err != nil {
		return nil, err
	}
	q.After, q.Limit = p.after, p.more()
	out := &api.ListEntitiesForPolicyOutput{PolicyGroups: []api.PolicyGroup{}, PolicyUsers: []api.PolicyUser{}, PolicyRoles: []api.PolicyRole{}}
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := policyFor(tx, who, in.PolicyArn); err != nil {
			return err
		}
		rows, err := tx.PolicyEntities(q)
		rows, out.Marker = cut(p, rows, func(e store.PolicyEntity) string { return e.ID }, func(e store.PolicyEntity) store.PolicyEntity { return e })
		for _, e := range rows {
			switch e.ID[:4] {
			case "AGPA":
				out.PolicyGroups = append(out.PolicyGroups, api.PolicyGroup{GroupName: e.Name, GroupId: e.ID})
			case "AIDA":
				out.PolicyUsers = append(out.PolicyUsers, api.PolicyUser{UserName: e.Name, UserId: e.ID})
			default:
				out.PolicyRoles = append(out.PolicyRoles, api.PolicyRole{RoleName: e.Name, RoleId: e.ID})
			}
		}
		return err
	})
	out.IsTruncated = out.Marker != ""
	return out, err
}
