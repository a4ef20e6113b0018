package iam

import (
	"cmp"
	"context"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/service/iam/api"
	"portico/internal/store"
)

const groupsPerUser = 10

func showGroup(g access.IAMGroup) api.Group {
	return api.Group{Path: g.Path, GroupName: g.Name, GroupId: g.ID, Arn: g.ARN(), CreateDate: g.Created}
}

func groupKey(g access.IAMGroup) string { return access.Fold(g.Name) }

// CreateGroup adds a group; its name is unique in the account without regard to case.
func (s *Service) CreateGroup(ctx context.Context, who access.Caller, in *api.CreateGroupInput) (*api.CreateGroupOutput, error) {
	g := access.IAMGroup{ID: s.IDs.Unique("AGPA"), Account: who.Account, Name: in.GroupName,
		Path: pathOr(in.Path, "/"), Created: s.Now()}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, taken, err := tx.GroupByName(who.Account, in.GroupName); err != nil || taken {
			return cmp.Or[error](err, exists("Group", in.GroupName))
		}
		return tx.InsertGroup(g)
	})
	if err != nil {
		return nil, err
	}
	out := showGroup(g)
	return &api.CreateGroupOutput{Group: &out}, nil
}

// GetGroup reads a group and a page of its users.
func (s *Service) GetGroup(ctx context.Context, who access.Caller, in *api.GetGroupInput) (*api.GetGroupOutput, error) {
	p, err := pageOf(who, in.Marker, in.MaxItems, "GetGroup", in.GroupName)
	if err != nil {
		return nil, err
	}
	out := new(api.GetGroupOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		g, err := groupFor(tx, who, in.GroupName)
		if err != nil {
			return err
		}
		shown := showGroup(g)
		out.Group = &shown
		rows, err := tx.UsersOf(g.ID, p.after, p.more())
		out.Users, out.Marker = cut(p, rows, userKey, showUser)
		return err
	})
	out.IsTruncated = out.Marker != ""
	return out, err
}

// ListGroups lists the groups under a path prefix by name.
func (s *Service) ListGroups(ctx context.Context, who access.Caller, in *api.ListGroupsInput) (*api.ListGroupsOutput, error) {
	prefix := pathOr(in.PathPrefix, "/")
	p, err := pageOf(who, in.Marker, in.MaxItems, "ListGroups", prefix)
	if err != nil {
		return nil, err
	}
	out := new(api.ListGroupsOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		rows, err := tx.Groups(who.Account, prefix, p.after, p.more())
		out.Groups, out.Marker = cut(p, rows, groupKey, showGroup)
		return err
	})
	out.IsTruncated = out.Marker != ""
	return out, err
}

// ListGroupsForUser lists the groups a user is in by name.
func (s *Service) ListGroupsForUser(ctx context.Context, who access.Caller, in *api.ListGroupsForUserInput) (*api.ListGroupsForUserOutput, error) {
	p, err := pageOf(who, in.Marker, in.MaxItems, "ListGroupsForUser", in.UserName)
	if err != nil {
		return nil, err
	}
	out := new(api.ListGroupsForUserOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		u, err := userFor(tx, who, in.UserName)
		if err != nil {
			return err
		}
		rows, err := tx.GroupsOf(u.ID, p.after, p.more())
		out.Groups, out.Marker = cut(p, rows, groupKey, showGroup)
		return err
	})
	out.IsTruncated = out.Marker != ""
	return out, err
}

// UpdateGroup renames or moves a group, which keeps its unique id.
func (s *Service) UpdateGroup(ctx context.Context, who access.Caller, in *api.UpdateGroupInput) (*api.UpdateGroupOutput, error) {
	return new(api.UpdateGroupOutput), s.DB.Write(ctx, func(tx *store.Tx) error {
		g, err := groupFor(tx, who, in.GroupName)
		if err != nil {
			return err
		}
		if in.NewGroupName != nil {
			other, taken, err := tx.GroupByName(who.Account, *in.NewGroupName)
			if err != nil || taken && other.ID != g.ID {
				return cmp.Or[error](err, exists("Group", *in.NewGroupName))
			}
			g.Name = *in.NewGroupName
		}
		g.Path = pathOr(in.NewPath, g.Path)
		return tx.UpdateGroup(g)
	})
}

// DeleteGroup removes a group without users and policies.
func (s *Service) DeleteGroup(ctx context.Context, who access.Caller, in *api.DeleteGroupInput) (*api.DeleteGroupOutput, error) {
	return new(api.DeleteGroupOutput), s.DB.Write(ctx, func(tx *store.Tx) error {
		g, err := groupFor(tx, who, in.GroupName)
		if err != nil {
			return err
		}
		users, err := tx.UsersOf(g.ID, "", 1)
		if err != nil || len(users) > 0 {
			return cmp.Or[error](err, fault.InUsef("Cannot delete entity, must remove users from group first."))
		}
		if err := bare(tx, g.ID); err != nil {
			return err
		}
		return tx.DeleteGroup(g.ID)
	})
}

// AddUserToGroup puts a user in a group; to do so again changes nothing.
func (s *Service) AddUserToGroup(ctx context.Context, who access.Caller, in *api.AddUserToGroupInput) (*api.AddUserToGroupOutput, error) {
	return new(api.AddUserToGroupOutput), s.DB.Write(ctx, func(tx *store.Tx) error {
		g, u, err := membershipFor(tx, who, in.GroupName, in.UserName)
		if err != nil {
			return err
		}
		groups, err := tx.GroupsOf(u.ID, "", groupsPerUser)
		if err != nil {
			return err
		}
		for _, other := range groups {
			if other.ID == g.ID {
				return nil
			}
		}
		if len(groups) == groupsPerUser {
			return fault.Limitf("Cannot exceed quota for GroupsPerUser: %d", groupsPerUser)
		}
		return tx.InsertGroupUser(g.ID, u.ID)
	})
}

// RemoveUserFromGroup takes a user out of a group it is in.
func (s *Service) RemoveUserFromGroup(ctx context.Context, who access.Caller, in *api.RemoveUserFromGroupInput) (*api.RemoveUserFromGroupOutput, error) {
	return new(api.RemoveUserFromGroupOutput), s.DB.Write(ctx, func(tx *store.Tx) error {
		g, u, err := membershipFor(tx, who, in.GroupName, in.UserName)
		if err != nil {
			return err
		}
		was, err := tx.DeleteGroupUser(g.ID, u.ID)
		if err == nil && !was {
			err = fault.NotFoundf("User %s is not in group %s.", in.UserName, in.GroupName)
		}
		return err
	})
}

func membershipFor(tx *store.Tx, who access.Caller, group, user string) (access.IAMGroup, access.IAMUser, error) {
	g, err := groupFor(tx, who, group)
	if err != nil {
		return g, access.IAMUser{}, err
	}
	u, err := userFor(tx, who, user)
	return g, u, err
}
