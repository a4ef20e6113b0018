package iam

import (
	"cmp"
	"context"
	"net/url"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/service/iam/api"
	"portico/internal/store"
)

const defaultSession = time.Hour

func showRole(r access.IAMRole) api.Role {
	return api.Role{
		Path: r.Path, RoleName: r.Name, RoleId: r.ID, Arn: r.ARN(), CreateDate: r.Created,
		AssumeRolePolicyDocument: escapePolicy(r.Trust), Description: r.Description,
		MaxSessionDuration: int(r.MaxSession / time.Second), PermissionsBoundary: showBoundary(r.Boundary),
	}
}

func roleKey(r access.IAMRole) string { return access.Fold(r.Name) }

// escapePolicy percent-encodes a document as AWS shows policies. A space is %20, since some clients keep a plus.
func escapePolicy(document string) string {
	return strings.ReplaceAll(url.QueryEscape(document), "+", "%20")
}

func parseTrust(document string) (access.Trust, error) {
	t, err := access.ParseTrust(document)
	if f, ok := fault.Of(err); ok {
		return t, f.Named(malformedPolicy)
	}
	return t, err
}

// bind gives the unique ids of the users and roles that a trust policy names; they must exist.
func bind(tx *store.Tx, t access.Trust) (map[string]string, error) {
	ids := make(map[string]string)
	for _, arn := range t.Named() {
		p, ok, err := tx.EntityByARN(arn)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, fault.Invalidf("Invalid principal in policy: \"AWS\":%q does not exist", arn).Named(malformedPolicy)
		}
		ids[arn] = p.ID
	}
	return ids, nil
}

// CreateRole adds a role; its name is unique in the account without regard to case.
func (s *Service) CreateRole(ctx context.Context, who access.Caller, in *api.CreateRoleInput) (*api.CreateRoleOutput, error) {
	trust, err := parseTrust(in.AssumeRolePolicyDocument)
	if err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	r := access.IAMRole{ID: s.IDs.Unique("AROA"), Account: who.Account, Name: in.RoleName, Path: pathOr(in.Path, "/"),
		Trust: in.AssumeRolePolicyDocument, MaxSession: defaultSession, Created: s.Now(), Boundary: pathOr(in.PermissionsBoundary, "")}
	if in.Description != nil {
		r.Description = *in.Description
	}
	if in.MaxSessionDuration != nil {
		r.MaxSession = time.Duration(*in.MaxSessionDuration) * time.Second
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, taken, err := tx.RoleByName(who.Account, in.RoleName); err != nil || taken {
			return cmp.Or[error](err, exists("Role", in.RoleName))
		}
		var err error
		if r.Bound, err = bind(tx, trust); err != nil {
			return err
		}
		if err := tx.InsertRole(r); err != nil {
			return err
		}
		if err := bound(tx, who, r.ID, in.PermissionsBoundary); err != nil {
			return err
		}
		return putTags(tx, r.ID, in.Tags)
	})
	if err != nil {
		return nil, err
	}
	out := showRole(r)
	out.Tags = in.Tags
	return &api.CreateRoleOutput{Role: &out}, nil
}

// GetRole reads a role with its tags.
func (s *Service) GetRole(ctx context.Context, who access.Caller, in *api.GetRoleInput) (*api.GetRoleOutput, error) {
	out := new(api.GetRoleOutput)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		r, err := roleFor(tx, who, in.RoleName)
		if err != nil {
			return err
		}
		tags, err := tx.EntityTags(r.ID)
		shown := showRole(r)
		shown.Tags = showTags(tags)
		out.Role = &shown
		return err
	})
	return out, err
}

// ListRoles lists the roles under a path prefix by name.
func (s *Service) ListRoles(ctx context.Context, who access.Caller, in *api.ListRolesInput) (*api.ListRolesOutput, error) {
	prefix := pathOr(in.PathPrefix, "/")
	p, err := pageOf(who, in.Marker, in.MaxItems, "ListRoles", prefix)
	if err != nil {
		return nil, err
	}
	out := new(api.ListRolesOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		rows, err := tx.Roles(who.Account, prefix, p.after, p.more())
		out.Roles, out.Marker = cut(p, rows, roleKey, showRole)
		return err
	})
	out.IsTruncated = out.Marker != ""
	return out, err
}

// UpdateRole changes a role's description and longest session; what is not given stays.
func (s *Service) UpdateRole(ctx context.Context, who access.Caller, in *api.UpdateRoleInput) (*api.UpdateRoleOutput, error) {
	_, err := s.changeRole(ctx, who, in.RoleName, func(_ *store.Tx, r *access.IAMRole) error {
		if in.Description != nil {
			r.Description = *in.Description
		}
		if in.MaxSessionDuration != nil {
			r.MaxSession = time.Duration(*in.MaxSessionDuration) * time.Second
		}
		return nil
	})
	return new(api.UpdateRoleOutput), err
}

// UpdateRoleDescription changes a role's description.
func (s *Service) UpdateRoleDescription(ctx context.Context, who access.Caller, in *api.UpdateRoleDescriptionInput) (*api.UpdateRoleDescriptionOutput, error) {
	r, err := s.changeRole(ctx, who, in.RoleName, func(_ *store.Tx, r *access.IAMRole) error {
		r.Description = in.Description
		return nil
	})
	shown := showRole(r)
	return &api.UpdateRoleDescriptionOutput{Role: &shown}, err
}

// UpdateAssumeRolePolicy replaces a role's trust policy; sessions that exist go on.
func (s *Service) UpdateAssumeRolePolicy(ctx context.Context, who access.Caller, in *api.UpdateAssumeRolePolicyInput) (*api.UpdateAssumeRolePolicyOutput, error) {
	trust, err := parseTrust(in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	_, err = s.changeRole(ctx, who, in.RoleName, func(tx *store.Tx, r *access.IAMRole) error {
		r.Trust = in.PolicyDocument
		r.Bound, err = bind(tx, trust)
		return err
	})
	return new(api.UpdateAssumeRolePolicyOutput), err
}

func (s *Service) changeRole(ctx context.Context, who access.Caller, name string, change func(*store.Tx, *access.IAMRole) error) (access.IAMRole, error) {
	var changed access.IAMRole
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := roleFor(tx, who, name)
		if err != nil {
			return err
		}
		if err := change(tx, &r); err != nil {
			return err
		}
		changed = r
		return tx.UpdateRole(r)
	})
	return changed, err
}

// DeleteRole removes a role that has no policies and is in no instance profile, and ends its sessions at once.
func (s *Service) DeleteRole(ctx context.Context, who access.Caller, in *api.DeleteRoleInput) (*api.DeleteRoleOutput, error) {
	return new(api.DeleteRoleOutput), s.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := roleFor(tx, who, in.RoleName)
		if err != nil {
			return err
		}
		if err := profileless(tx, r.ID); err != nil {
			return err
		}
		if err := bare(tx, r.ID); err != nil {
			return err
		}
		return tx.DeleteRole(r.ID)
	})
}
