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

// putTags adds tags and holds what has them to its quota.
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

// tagged says under which id the tags of what a request names are kept.
type tagged func(*store.Tx) (string, error)

func taggedUser(who access.Caller, name string) tagged {
	return func(tx *store.Tx) (string, error) { u, err := userFor(tx, who, name); return u.ID, err }
}

func taggedRole(who access.Caller, name string) tagged {
	return func(tx *store.Tx) (string, error) { r, err := roleFor(tx, who, name); return r.ID, err }
}

func taggedPolicy(who access.Caller, arn string) tagged {
	return func(tx *store.Tx) (string, error) { p, err := policyFor(tx, who, arn); return p.ID, err }
}

func changeablePolicy(who access.Caller, arn string) tagged {
	return func(tx *store.Tx) (string, error) { p, err := changeable(tx, who, arn); return p.ID, err }
}

func taggedProfile(who access.Caller, name string) tagged {
	return func(tx *store.Tx) (string, error) { p, err := profileFor(tx, who, name); return p.ID, err }
}

func taggedProvider(who access.Caller, arn string) tagged {
	return func(tx *store.Tx) (string, error) { p, err := providerFor(tx, who, arn); return p.ARN(), err }
}

func (s *Service) tag(ctx context.Context, of tagged, ts []api.Tag) error {
	if err := checkTags(ts); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		id, err := of(tx)
		if err != nil {
			return err
		}
		return putTags(tx, id, ts)
	})
}

// untag removes tags; keys that are not there are passed over.
func (s *Service) untag(ctx context.Context, of tagged, keys []string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		id, err := of(tx)
		if err != nil {
			return err
		}
		for _, key := range keys {
			if err := tx.DeleteEntityTag(id, key); err != nil {
				return err
			}
		}
		return nil
	})
}

// listTags lists tags by key. The scope is what pageOf wants.
func (s *Service) listTags(ctx context.Context, who access.Caller, of tagged, marker *string, items *int, scope ...string) (ts []api.Tag, next string, err error) {
	p, err := pageOf(who, marker, items, scope...)
	if err != nil {
		return nil, "", err
	}
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		id, err := of(tx)
		if err != nil {
			return err
		}
		tags, err := tx.EntityTags(id)
		ts, next = cutShort(p, tags, showTag)
		return err
	})
	return ts, next, err
}

// TagUser sets tags of a user.
func (s *Service) TagUser(ctx context.Context, who access.Caller, in *api.TagUserInput) (*api.TagUserOutput, error) {
	return new(api.TagUserOutput), s.tag(ctx, taggedUser(who, in.UserName), in.Tags)
}

// UntagUser removes tags of a user.
func (s *Service) UntagUser(ctx context.Context, who access.Caller, in *api.UntagUserInput) (*api.UntagUserOutput, error) {
	return new(api.UntagUserOutput), s.untag(ctx, taggedUser(who, in.UserName), in.TagKeys)
}

// ListUserTags lists the tags of a user by key.
func (s *Service) ListUserTags(ctx context.Context, who access.Caller, in *api.ListUserTagsInput) (*api.ListUserTagsOutput, error) {
	ts, marker, err := s.listTags(ctx, who, taggedUser(who, in.UserName), in.Marker, in.MaxItems, "ListUserTags", in.UserName)
	return &api.ListUserTagsOutput{Tags: ts, Marker: marker, IsTruncated: marker != ""}, err
}

// TagRole sets tags of a role.
func (s *Service) TagRole(ctx context.Context, who access.Caller, in *api.TagRoleInput) (*api.TagRoleOutput, error) {
	return new(api.TagRoleOutput), s.tag(ctx, taggedRole(who, in.RoleName), in.Tags)
}

// UntagRole removes tags of a role.
func (s *Service) UntagRole(ctx context.Context, who access.Caller, in *api.UntagRoleInput) (*api.UntagRoleOutput, error) {
	return new(api.UntagRoleOutput), s.untag(ctx, taggedRole(who, in.RoleName), in.TagKeys)
}

// ListRoleTags lists the tags of a role by key.
func (s *Service) ListRoleTags(ctx context.Context, who access.Caller, in *api.ListRoleTagsInput) (*api.ListRoleTagsOutput, error) {
	ts, marker, err := s.listTags(ctx, who, taggedRole(who, in.RoleName), in.Marker, in.MaxItems, "ListRoleTags", in.RoleName)
	return &api.ListRoleTagsOutput{Tags: ts, Marker: marker, IsTruncated: marker != ""}, err
}

// TagPolicy sets tags of a managed policy.
func (s *Service) TagPolicy(ctx context.Context, who access.Caller, in *api.TagPolicyInput) (*api.TagPolicyOutput, error) {
	return new(api.TagPolicyOutput), s.tag(ctx, changeablePolicy(who, in.PolicyArn), in.Tags)
}

// UntagPolicy removes tags of a managed policy.
func (s *Service) UntagPolicy(ctx context.Context, who access.Caller, in *api.UntagPolicyInput) (*api.UntagPolicyOutput, error) {
	return new(api.UntagPolicyOutput), s.untag(ctx, changeablePolicy(who, in.PolicyArn), in.TagKeys)
}

// ListPolicyTags lists the tags of a managed policy by key.
func (s *Service) ListPolicyTags(ctx context.Context, who access.Caller, in *api.ListPolicyTagsInput) (*api.ListPolicyTagsOutput, error) {
	ts, marker, err := s.listTags(ctx, who, taggedPolicy(who, in.PolicyArn), in.Marker, in.MaxItems, "ListPolicyTags", in.PolicyArn)
	return &api.ListPolicyTagsOutput{Tags: ts, Marker: marker, IsTruncated: marker != ""}, err
}

// TagInstanceProfile sets tags of an instance profile.
func (s *Service) TagInstanceProfile(ctx context.Context, who access.Caller, in *api.TagInstanceProfileInput) (*api.TagInstanceProfileOutput, error) {
	return new(api.TagInstanceProfileOutput), s.tag(ctx, taggedProfile(who, in.InstanceProfileName), in.Tags)
}

// UntagInstanceProfile removes tags of an instance profile.
func (s *Service) UntagInstanceProfile(ctx context.Context, who access.Caller, in *api.UntagInstanceProfileInput) (*api.UntagInstanceProfileOutput, error) {
	return new(api.UntagInstanceProfileOutput), s.untag(ctx, taggedProfile(who, in.InstanceProfileName), in.TagKeys)
}

// ListInstanceProfileTags lists the tags of an instance profile by key.
func (s *Service) ListInstanceProfileTags(ctx context.Context, who access.Caller, in *api.ListInstanceProfileTagsInput) (*api.ListInstanceProfileTagsOutput, error) {
	ts, marker, err := s.listTags(ctx, who, taggedProfile(who, in.InstanceProfileName), in.Marker, in.MaxItems, "ListInstanceProfileTags", in.InstanceProfileName)
	return &api.ListInstanceProfileTagsOutput{Tags: ts, Marker: marker, IsTruncated: marker != ""}, err
}

// TagOpenIDConnectProvider sets tags of a provider of web identities.
func (s *Service) TagOpenIDConnectProvider(ctx context.Context, who access.Caller, in *api.TagOpenIDConnectProviderInput) (*api.TagOpenIDConnectProviderOutput, error) {
	return new(api.TagOpenIDConnectProviderOutput), s.tag(ctx, taggedProvider(who, in.OpenIDConnectProviderArn), in.Tags)
}

// UntagOpenIDConnectProvider removes tags of a provider of web identities.
func (s *Service) UntagOpenIDConnectProvider(ctx context.Context, who access.Caller, in *api.UntagOpenIDConnectProviderInput) (*api.UntagOpenIDConnectProviderOutput, error) {
	return new(api.UntagOpenIDConnectProviderOutput), s.untag(ctx, taggedProvider(who, in.OpenIDConnectProviderArn), in.TagKeys)
}

// ListOpenIDConnectProviderTags lists the tags of a provider of web identities by key.
func (s *Service) ListOpenIDConnectProviderTags(ctx context.Context, who access.Caller, in *api.ListOpenIDConnectProviderTagsInput) (*api.ListOpenIDConnectProviderTagsOutput, error) {
	ts, marker, err := s.listTags(ctx, who, taggedProvider(who, in.OpenIDConnectProviderArn), in.Marker, in.MaxItems, "ListOpenIDConnectProviderTags", in.OpenIDConnectProviderArn)
	return &api.ListOpenIDConnectProviderTagsOutput{Tags: ts, Marker: marker, IsTruncated: marker != ""}, err
}
