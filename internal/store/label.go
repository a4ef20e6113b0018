package store

import (
	"cmp"
	"fmt"
	"slices"

	"portico/internal/catalog"
	"portico/internal/ident"
)

// Labels are what a portfolio or product carries besides its own texts.
type Labels struct {
	Tags    []catalog.Tag       // by key
	Options []catalog.TagOption // of the accounts asked for, in their order, then by key and value
	Budget  string              // of the first account; empty if there is none
}

// Labels reads everything a resource carries for an account, in one statement. The owner's TagOptions come first where
// they are shared with it: shared names the owner then, and is empty otherwise. (S-TAG-3, S-IMP-2)
func (tx *Tx) Labels(resource string, by, shared ident.Account) (Labels, error) {
	var out Labels
	var options []labelled
	_, err := all(tx, func(s scanner) (struct{}, error) {
		var kind int64
		var o catalog.TagOption
		var created int64
		err := s.Scan(&kind, &o.Key, &o.Value, &o.ID, &o.Owner, &o.Region, &o.Active, &created)
		switch kind {
		case 1:
			out.Tags = append(out.Tags, catalog.Tag{Key: o.Key, Value: o.Value})
		case 2, 3:
			o.Created = fromMicros(created)
			options = append(options, labelled{kind, o})
		default:
			out.Budget = o.Key
		}
		return struct{}{}, err
	}, `SELECT CAST(1 AS BIGINT) AS kind, key, value, '' AS id, '' AS account, '' AS region, FALSE AS active, CAST(0 AS BIGINT) AS created
			FROM tag WHERE resource = $1
		UNION ALL SELECT CAST(2 AS BIGINT), o.key, o.value, `+labelOption+` WHERE l.resource = $1 AND l.account = $3 AND o.id = l.tag_option
		UNION ALL SELECT CAST(3 AS BIGINT), o.key, o.value, `+labelOption+` WHERE l.resource = $1 AND l.account = $2 AND o.id = l.tag_option
		UNION ALL SELECT CAST(4 AS BIGINT), name, '', '', '', '', FALSE, CAST(0 AS BIGINT) FROM budget_link WHERE resource = $1 AND account = $2`, resource, by, shared)
	if err != nil {
		return Labels{}, fmt.Errorf("load labels of %s: %w", resource, err)
	}
	slices.SortFunc(out.Tags, func(a, b catalog.Tag) int { return cmp.Compare(a.Key, b.Key) })
	slices.SortFunc(options, func(a, b labelled) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Value, b.Value), cmp.Compare(a.ID, b.ID))
	})
	for _, o := range options {
		out.Options = append(out.Options, o.TagOption)
	}
	return out, nil
}

// labelled is a TagOption with the number of the part of the statement it comes from.
type labelled struct {
	kind int64
	catalog.TagOption
}

const labelOption = `o.id, o.account, o.region, o.active, o.created FROM tag_option_link l CROSS JOIN tag_option o`
