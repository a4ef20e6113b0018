package organizations

import (
	"context"
	"strings"

	"portico/internal/access"
	"portico/internal/ident"
	"portico/internal/org"
	"portico/internal/service/organizations/api"
	"portico/internal/store"
)

const maxTags = 50

// checkTags refuses tags that no resource can have.
func checkTags(tags []api.Tag) error {
	seen := make(map[string]bool, len(tags))
	for _, t := range tags {
		if strings.HasPrefix(strings.ToLower(t.Key), "aws:") {
			return invalid("INVALID_SYSTEM_TAGS_PARAMETER", "You specified a tag key that is a system tag: %s. "+
				"Keys that begin with aws: are reserved.", t.Key)
		}
		if seen[t.Key] {
			return invalid("DUPLICATE_TAG_KEY", "Tag keys must be unique among the tags attached to the same entity: %s.", t.Key)
		}
		seen[t.Key] = true
	}
	if len(tags) > maxTags {
		return tooManyTags()
	}
	return nil
}

func tooManyTags() error {
	return broken("MAX_TAG_LIMIT_EXCEEDED", "You have exceeded the number of tags allowed on this resource: %d.", maxTags)
}

func readTags(tags []api.Tag) []org.Tag {
	out := make([]org.Tag, 0, len(tags))
	for _, t := range tags {
		out = append(out, org.Tag{Key: t.Key, Value: t.Value})
	}
	return out
}

// hasResource refuses an id that is no member, unit, root or policy of the organization.
func hasResource(tx *store.Tx, o org.Organization, id string) error {
	if !strings.HasPrefix(id, "p-") {
		return hasNode(tx, o, id)
	}
	p, ok, err := tx.ControlPolicy(id)
	if err == nil && (!ok || p.Org != o.ID) {
		err = missing(targetMissing, "You specified a target that doesn't exist: %s.", id)
	}
	return err
}

// hasNode refuses an id that is no member, unit or root of the organization.
func hasNode(tx *store.Tx, o org.Organization, id string) error {
	var err error
	ok := false
	switch org.KindOf(id) {
	case org.OU, org.Root:
		var u org.Unit
		u, ok, err = tx.Unit(id)
		ok = ok && u.Org == o.ID
	case org.Account:
		var m org.Member
		m, ok, err = tx.Member(ident.Account(id))
		ok = ok && m.Org == o.ID
	}
	if err == nil && !ok {
		err = missing(targetMissing, "You specified a target that doesn't exist: %s.", id)
	}
	return err
}

// TagResource adds tags to an account, unit, root or policy; a key that is there takes the new value.
func (s *Service) TagResource(ctx context.Context, who access.Caller, in *api.TagResourceInput) (*api.TagResourceOutput, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	out := new(api.TagResourceOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := managed(tx, who)
		if err != nil {
			return err
		}
		if err := hasResource(tx, o, in.ResourceId); err != nil {
			return err
		}
		if err := tx.SetOrganizationTags(in.ResourceId, readTags(in.Tags)); err != nil {
			return err
		}
		tags, err := tx.OrganizationTags(in.ResourceId)
		if err == nil && len(tags) > maxTags {
			err = tooManyTags()
		}
		return err
	})
	return out, err
}

// UntagResource removes tags; a key that is not there is no error.
func (s *Service) UntagResource(ctx context.Context, who access.Caller, in *api.UntagResourceInput) (*api.UntagResourceOutput, error) {
	out := new(api.UntagResourceOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := managed(tx, who)
		if err != nil {
			return err
		}
		if err := hasResource(tx, o, in.ResourceId); err != nil {
			return err
		}
		for _, key := range in.TagKeys {
			if err := tx.DeleteOrganizationTag(in.ResourceId, key); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// ListTagsForResource lists all tags of an account, unit, root or policy, by key, on one page.
func (s *Service) ListTagsForResource(ctx context.Context, who access.Caller, in *api.ListTagsForResourceInput) (*api.ListTagsForResourceOutput, error) {
	if _, err := pageOf(who, in.NextToken, nil, "ListTagsForResource", in.ResourceId); err != nil {
		return nil, err
	}
	out := new(api.ListTagsForResourceOutput)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		o, err := watched(tx, who)
		if err != nil {
			return err
		}
		if err := hasResource(tx, o, in.ResourceId); err != nil {
			return err
		}
		tags, err := tx.OrganizationTags(in.ResourceId)
		out.Tags = make([]api.Tag, 0, len(tags))
		for _, t := range tags {
			out.Tags = append(out.Tags, api.Tag{Key: t.Key, Value: t.Value})
		}
		return err
	})
	return out, err
}
