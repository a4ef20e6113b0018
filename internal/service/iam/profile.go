package iam

import (
	"cmp"
	"context"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/service/iam/api"
	"portico/internal/store"
)

func profileKey(p access.InstanceProfile) string { return access.Fold(p.Name) }

// profileFor returns the instance profile a request names.
func profileFor(tx *store.Tx, who access.Caller, name string) (access.InstanceProfile, error) {
	p, ok, err := tx.InstanceProfileByName(who.Account, name)
	return p, found(ok, err, fault.NotFoundf("Instance Profile %s cannot be found.", name))
}

// showProfile shows an instance profile with its role.
func showProfile(tx *store.Tx, p access.InstanceProfile) (api.InstanceProfile, error) {
	out := api.InstanceProfile{Path: p.Path, InstanceProfileName: p.Name, InstanceProfileId: p.ID, Arn: p.ARN(), CreateDate: p.Created, Roles: []api.Role{}}
	if p.Role == "" {
		return out, nil
	}
	r, ok, err := tx.Role(p.Role)
	if ok {
		out.Roles = []api.Role{showRole(r)}
	}
	return out, err
}

func showProfiles(tx *store.Tx, ps []access.InstanceProfile) ([]api.InstanceProfile, error) {
	out := make([]api.InstanceProfile, 0, len(ps))
	for _, p := range ps {
		shown, err := showProfile(tx, p)
		if err != nil {
			return nil, err
		}
		out = append(out, shown)
	}
	return out, nil
}

// CreateInstanceProfile adds an instance profile without a role; its name is unique in the account without regard to case.
func (s *Service) CreateInstanceProfile(ctx context.Context, who access.Caller, in *api.CreateInstanceProfileInput) (*api.CreateInstanceProfileOutput, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	p := access.InstanceProfile{ID: s.IDs.Unique("AIPA"), Account: who.Account, Name: in.InstanceProfileName, Path: pathOr(in.Path, "/"), Created: s.Now()}
	out := new(api.CreateInstanceProfileOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, taken, err := tx.InstanceProfileByName(who.Account, p.Name); err != nil || taken {
			return cmp.Or[error](err, fault.Duplicatef("Instance Profile %s already exists.", p.Name))
		}
		if err := tx.InsertInstanceProfile(p); err != nil {
			return err
		}
		shown, err := showProfile(tx, p)
		if err != nil {
			return err
		}
		shown.Tags = in.Tags
		out.InstanceProfile = &shown
		return putTags(tx, p.ID, in.Tags)
	})
	return out, err
}

// GetInstanceProfile reads an instance profile with its role and tags.
func (s *Service) GetInstanceProfile(ctx context.Context, who access.Caller, in *api.GetInstanceProfileInput) (*api.GetInstanceProfileOutput, error) {
	out := new(api.GetInstanceProfileOutput)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		p, err := profileFor(tx, who, in.InstanceProfileName)
		if err != nil {
			return err
		}
		shown, err := showProfile(tx, p)
		if err != nil {
			return err
		}
		tags, err := tx.EntityTags(p.ID)
		shown.Tags = showTags(tags)
		out.InstanceProfile = &shown
		return err
	})
	return out, err
}

// ListInstanceProfiles lists the instance profiles under a path prefix by name.
func (s *Service) ListInstanceProfiles(ctx context.Context, who access.Caller, in *api.ListInstanceProfilesInput) (*api.ListInstanceProfilesOutput, error) {
	prefix := pathOr(in.PathPrefix, "/")
	p, err := pageOf(who, in.Marker, in.MaxItems, "ListInstanceProfiles", prefix)
	if err != nil {
		return nil, err
	}
	out := new(api.ListInstanceProfilesOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		rows, err := tx.InstanceProfiles(who.Account, prefix, p.after, p.more())
		if err != nil {
			return err
		}
		rows, out.Marker = cut(p, rows, profileKey, func(p access.InstanceProfile) access.InstanceProfile { return p })
		out.InstanceProfiles, err = showProfiles(tx, rows)
		return err
	})
	out.IsTruncated = out.Marker != ""
	return out, err
}

// ListInstanceProfilesForRole lists the instance profiles that hold a role, by name.
func (s *Service) ListInstanceProfilesForRole(ctx context.Context, who access.Caller, in *api.ListInstanceProfilesForRoleInput) (*api.ListInstanceProfilesForRoleOutput, error) {
	p, err := pageOf(who, in.Marker, in.MaxItems, "ListInstanceProfilesForRole", in.RoleName)
	if err != nil {
		return nil, err
	}
	out := new(api.ListInstanceProfilesForRoleOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		r, err := roleFor(tx, who, in.RoleName)
		if err != nil {
			return err
		}
		rows, err := tx.InstanceProfilesOf(r.ID, p.after, p.more())
		if err != nil {
			return err
		}
		rows, out.Marker = cut(p, rows, profileKey, func(p access.InstanceProfile) access.InstanceProfile { return p })
		out.InstanceProfiles, err = showProfiles(tx, rows)
		return err
	})
	out.IsTruncated = out.Marker != ""
	return out, err
}

// DeleteInstanceProfile removes an instance profile that holds no role.
func (s *Service) DeleteInstanceProfile(ctx context.Context, who access.Caller, in *api.DeleteInstanceProfileInput) (*api.DeleteInstanceProfileOutput, error) {
	return new(api.DeleteInstanceProfileOutput), s.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := profileFor(tx, who, in.InstanceProfileName)
		if err != nil {
			return err
		}
		if p.Role != "" {
			return fault.InUsef("Cannot delete entity, must remove roles from instance profile first.")
		}
		return tx.DeleteInstanceProfile(p.ID)
	})
}

// AddRoleToInstanceProfile puts a role in an instance profile, which holds one at most. Whoever is given the profile acts as
// the role, so the caller has to be allowed to pass it; to which service is not known yet.
func (s *Service) AddRoleToInstanceProfile(ctx context.Context, who access.Caller, in *api.AddRoleToInstanceProfileInput) (*api.AddRoleToInstanceProfileOutput, error) {
	return new(api.AddRoleToInstanceProfileOutput), s.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := profileFor(tx, who, in.InstanceProfileName)
		if err != nil {
			return err
		}
		r, err := roleFor(tx, who, in.RoleName)
		if err != nil {
			return err
		}
		if err := who.Authorize(access.Request{Action: "iam:PassRole", Resource: access.Resources(r.ARN())}); err != nil {
			return err
		}
		if p.Role != "" {
			return fault.Limitf("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
		}
		p.Role = r.ID
		return tx.UpdateInstanceProfile(p)
	})
}

// RemoveRoleFromInstanceProfile takes the role out of an instance profile.
func (s *Service) RemoveRoleFromInstanceProfile(ctx context.Context, who access.Caller, in *api.RemoveRoleFromInstanceProfileInput) (*api.RemoveRoleFromInstanceProfileOutput, error) {
	return new(api.RemoveRoleFromInstanceProfileOutput), s.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := profileFor(tx, who, in.InstanceProfileName)
		if err != nil {
			return err
		}
		r, err := roleFor(tx, who, in.RoleName)
		if err != nil {
			return err
		}
		if p.Role != r.ID {
			return fault.NotFoundf("Role %s is not in instance profile %s.", r.Name, p.Name)
		}
		p.Role = ""
		return tx.UpdateInstanceProfile(p)
	})
}

// profileless refuses to delete a role that an instance profile holds.
func profileless(tx *store.Tx, role string) error {
	ps, err := tx.InstanceProfilesOf(role, "", 1)
	if err == nil && len(ps) > 0 {
		err = fault.InUsef("Cannot delete entity, must remove roles from instance profile first.")
	}
	return err
}
