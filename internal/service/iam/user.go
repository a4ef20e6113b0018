package iam

import (
	"cmp"
	"context"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/service/iam/api"
	"portico/internal/store"
)

func showUser(u access.IAMUser) api.User {
	return api.User{Path: u.Path, UserName: u.Name, UserId: u.ID, Arn: u.ARN(), CreateDate: u.Created,
		PermissionsBoundary: showBoundary(u.Boundary)}
}

func userKey(u access.IAMUser) string { return access.Fold(u.Name) }

// CreateUser adds a user; its name is unique in the account without regard to case.
func (s *Service) CreateUser(ctx context.Context, who access.Caller, in *api.CreateUserInput) (*api.CreateUserOutput, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	u := access.IAMUser{ID: s.IDs.Unique("AIDA"), Account: who.Account, Name: in.UserName,
		Path: pathOr(in.Path, "/"), Created: s.Now(), Boundary: pathOr(in.PermissionsBoundary, "")}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, taken, err := tx.UserByName(who.Account, in.UserName); err != nil || taken {
			return cmp.Or[error](err, exists("User", in.UserName))
		}
		if err := tx.InsertUser(u); err != nil {
			return err
		}
		if err := bound(tx, who, u.ID, in.PermissionsBoundary); err != nil {
			return err
		}
		return putTags(tx, u.ID, in.Tags)
	})
	if err != nil {
		return nil, err
	}
	out := showUser(u)
	out.Tags = in.Tags
	return &api.CreateUserOutput{User: &out}, nil
}

// GetUser reads a user, or the caller when no name is given; the account root shows its account as its id.
func (s *Service) GetUser(ctx context.Context, who access.Caller, in *api.GetUserInput) (*api.GetUserOutput, error) {
	out := new(api.GetUserOutput)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		u, err := selfFor(tx, who, in.UserName)
		if err != nil {
			return err
		}
		if u.ID == "" {
			return getRoot(tx, who.Account, out)
		}
		tags, err := tx.EntityTags(u.ID)
		if err != nil {
			return err
		}
		shown := showUser(u)
		shown.Tags = showTags(tags)
		out.User = &shown
		return nil
	})
	return out, err
}

func getRoot(tx *store.Tx, id ident.Account, out *api.GetUserOutput) error {
	a, _, err := tx.Account(id)
	out.User = &api.User{UserId: string(id), Arn: ident.RootARN(id), CreateDate: a.Created}
	return err
}

// ListUsers lists the users under a path prefix by name.
func (s *Service) ListUsers(ctx context.Context, who access.Caller, in *api.ListUsersInput) (*api.ListUsersOutput, error) {
	prefix := pathOr(in.PathPrefix, "/")
	p, err := pageOf(who, in.Marker, in.MaxItems, "ListUsers", prefix)
	if err != nil {
		return nil, err
	}
	out := new(api.ListUsersOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		rows, err := tx.Users(who.Account, prefix, p.after, p.more())
		out.Users, out.Marker = cut(p, rows, userKey, showUser)
		return err
	})
	out.IsTruncated = out.Marker != ""
	return out, err
}

// UpdateUser renames or moves a user, which keeps its unique id.
func (s *Service) UpdateUser(ctx context.Context, who access.Caller, in *api.UpdateUserInput) (*api.UpdateUserOutput, error) {
	return new(api.UpdateUserOutput), s.DB.Write(ctx, func(tx *store.Tx) error {
		u, err := userFor(tx, who, in.UserName)
		if err != nil {
			return err
		}
		if in.NewUserName != nil {
			other, taken, err := tx.UserByName(who.Account, *in.NewUserName)
			if err != nil || taken && other.ID != u.ID {
				return cmp.Or[error](err, exists("User", *in.NewUserName))
			}
			u.Name = *in.NewUserName
		}
		u.Path = pathOr(in.NewPath, u.Path)
		return tx.UpdateUser(u)
	})
}

// DeleteUser removes a user that has no keys and no policies and is in no group.
func (s *Service) DeleteUser(ctx context.Context, who access.Caller, in *api.DeleteUserInput) (*api.DeleteUserOutput, error) {
	return new(api.DeleteUserOutput), s.DB.Write(ctx, func(tx *store.Tx) error {
		u, err := userFor(tx, who, in.UserName)
		if err != nil {
			return err
		}
		keys, err := tx.AccessKeys(who.Account, u.ID)
		if err != nil || len(keys) > 0 {
			return cmp.Or[error](err, fault.InUsef("Cannot delete entity, must delete access keys first."))
		}
		groups, err := tx.GroupsOf(u.ID, "", 1)
		if err != nil || len(groups) > 0 {
			return cmp.Or[error](err, fault.InUsef("Cannot delete entity, must remove user from groups first."))
		}
		if err := bare(tx, u.ID); err != nil {
			return err
		}
		return tx.DeleteUser(u)
	})
}

// ListMFADevices lists the MFA devices of a user or of the caller itself: none.
func (s *Service) ListMFADevices(ctx context.Context, who access.Caller, in *api.ListMFADevicesInput) (*api.ListMFADevicesOutput, error) {
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		_, err := selfFor(tx, who, in.UserName)
		return err
	})
	return &api.ListMFADevicesOutput{MFADevices: []api.MFADevice{}}, err
}
