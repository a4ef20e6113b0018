package servicecatalog

import (
	"portico/internal/catalog"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/store"
)

func apiTags(tags []catalog.Tag) []api.Tag {
	out := make([]api.Tag, len(tags))
	for i, t := range tags {
		out[i] = api.Tag(t)
	}
	return out
}

// retag works out the tags of a resource after a change, within the quota. (C-PORT-3)
func (s *Service) retag(have []catalog.Tag, remove []string, add []api.Tag) ([]catalog.Tag, error) {
	more := make([]catalog.Tag, len(add))
	for i, t := range add {
		more[i] = catalog.Tag(t)
	}
	if err := catalog.CheckTags(more); err != nil {
		return nil, err
	}
	tags := catalog.Retag(have, remove, more)
	return tags, catalog.Within(s.Quotas.Tags, len(tags)-1, "tags per resource")
}

// changeTags applies a change to the stored tags of a resource and returns what it has now.
func (s *Service) changeTags(tx *store.Tx, resource string, remove []string, add []api.Tag) ([]catalog.Tag, error) {
	have, err := tx.Tags(resource)
	if err != nil || len(remove)+len(add) == 0 {
		return have, err
	}
	tags, err := s.retag(have, remove, add)
	if err != nil {
		return nil, err
	}
	return tags, tx.SetTags(resource, tags)
}
