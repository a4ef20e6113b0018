package iam

import (
	"context"
	"strings"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/service/iam/api"
	"portico/internal/store"
)

const tagsPerEntity = 50

func showTag(t access.Tag) api.Tag { return api.Tag{Key: t.Key, Value: t.Value} }

func showTags(ts []access.Tag) []api.Tag {
	var out []api.Tag
	for _, t := range ts {
		out = append(out, showTag(t))
	}
	return out
}

func checkTags(ts []api.Tag) error {
	seen := make(map[string]bool, len(ts))
	for _, t := range ts {
		key := access.Fold(t.Key)
		if strings.HasPrefix(key, "aws:") {
			return fault.Invalidf("Tag key %s is reserved: keys that begin with aws: are for system use.", t.Key)
		}
		if seen[key] {
			return fault.Invalidf("Duplicate tag keys found: %s. Please note that Tag keys are case insensitive.", t.Key)
		}
		seen[key] = true
	}
	return nil
}

// putTags adds tags to a user or role and holds it to its quota.
func putTags(tx *store.Tx, id string, ts []api.Tag) error {
	for _, t := range ts {
		if err := tx.PutEntityTag(id, access.Tag{Key: t.Key, Value: t.Value}); err != nil {
			return err
		}
	}
	all, err := tx.EntityTags(id)
	if err == nil && len(all) > tagsPerEntity {
		err = fault.Limitf("The number of tags has reached the maximum limit of %d.", tagsPerEntity)
	}
	return err
}

func dropTags(tx *store.Tx, id string, keys []string) error {
	for _, key := range keys {
		if err := tx.DeleteEntityTag(id, key); err != nil {
			return err
		}
	}
	return nil
}

// TagUser sets tags of a user.
func (s *Service) TagUser(ctx context.Context, who access.Caller, in *api.TagUserInput) (*api.TagUserOutput, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	return new(api.TagUserOutput), s.DB.Write(ctx, func(tx *store.Tx) error {
		u, err := userFor(tx, who, in.UserName)
		if err != nil {
			return err
		}
		return putTags(tx, u.ID, in.Tags)
	})
}

// UntagUser removes tags of a user; keys it does not have are passed over.
func (s *Service) UntagUser(ctx context.Context, who access.Caller, in *api.UntagUserInput) (*api.UntagUserOutput, error) {
	return new(api.UntagUserOutput), s.DB.Write(ctx, func(tx *store.Tx) error {
		u, err := userFor(tx, who, in.UserName)
		if err != nil {
			return err
		}
		return dropTags(tx, u.ID, in.TagKeys)
	})
}

// ListUserTags lists the tags of a user by key.
func (s *Service) ListUserTags(ctx context.Context, who access.Caller, in *api.ListUserTagsInput) (*api.ListUserTagsOutput, error) {
	p, err := pageOf(who, in.Marker, in.MaxItems, "ListUserTags", in.UserName)
	if err != nil {
		return nil, err
	}
	out := new(api.ListUserTagsOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		u, err := userFor(tx, who, in.UserName)
		if err != nil {
			return err
		}
		tags, err := tx.EntityTags(u.ID)
		out.Tags, out.Marker = cutShort(p, tags, showTag)
		return err
	})
	out.IsTruncated = out.Marker != ""
	return out, err
}

// TagRole sets tags of a role.
func (s *Service) TagRole(ctx context.Context, who access.Caller, in *api.TagRoleInput) (*api.TagRoleOutput, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	return new(api.TagRoleOutput), s.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := roleFor(tx, who, in.RoleName)
		if err != nil {
			return err
		}
		return putTags(tx, r.ID, in.Tags)
	})
}

// UntagRole removes tags of a role; keys it does not have are passed over.
func (s *Service) UntagRole(ctx context.Context, who access.Caller, in *api.UntagRoleInput) (*api.UntagRoleOutput, error) {
	return new(api.UntagRoleOutput), s.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := roleFor(tx, who, in.RoleName)
		if err != nil {
			return err
		}
		return dropTags(tx, r.ID, in.TagKeys)
	})
}

// ListRoleTags lists the tags of a role by key.
func (s *Service) ListRoleTags(ctx context.Context, who access.Caller, in *api.ListRoleTagsInput) (*api.ListRoleTagsOutput, error) {
	p, err := pageOf(who, in.Marker, in.MaxItems, "ListRoleTags", in.RoleName)
	if err != nil {
		return nil, err
	}
	out := new(api.ListRoleTagsOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		r, err := roleFor(tx, who, in.RoleName)
		if err != nil {
			return err
		}
		tags, err := tx.EntityTags(r.ID)
		out.Tags, out.Marker = cutShort(p, tags, showTag)
		return err
	})
	out.IsTruncated = out.Marker != ""
	return out, err
}
