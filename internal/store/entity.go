package store

import (
	"fmt"
	"strings"

	"portico/internal/access"
	"portico/internal/ident"
)

// entity is what EntityByARN and EntityByID need of a user, group or role.
type entity interface{ Principal() access.Principal }

func principalOf[E entity](e E, ok bool, err error) (access.Principal, bool, error) {
	if err != nil || !ok {
		return access.Principal{}, false, err
	}
	return e.Principal(), true, nil
}

// EntityByARN returns the user, group or role that has exactly this ARN now.
func (tx *Tx) EntityByARN(arn string) (access.Principal, bool, error) {
	a, err := ident.ParseARN(arn)
	if err != nil || a.Service != "iam" {
		return access.Principal{}, false, nil
	}
	kind, _, _ := strings.Cut(a.Resource, "/")
	name := a.Resource[strings.LastIndexByte(a.Resource, '/')+1:]
	var p access.Principal
	var ok bool
	switch kind {
	case "user":
		p, ok, err = principalOf(tx.UserByName(a.Account, name))
	case "group":
		p, ok, err = principalOf(tx.GroupByName(a.Account, name))
	case "role":
		p, ok, err = principalOf(tx.RoleByName(a.Account, name))
	}
	if err != nil || !ok || p.ARN != arn {
		return access.Principal{}, false, err
	}
	return p, true, nil
}

// EntityByID returns the user, group or role with a unique id; none once it was deleted. (S-PRI-3)
func (tx *Tx) EntityByID(id string) (access.Principal, bool, error) {
	switch {
	case strings.HasPrefix(id, "AIDA"):
		return principalOf(tx.User(id))
	case strings.HasPrefix(id, "AGPA"):
		return principalOf(tx.Group(id))
	case strings.HasPrefix(id, "AROA"):
		return principalOf(tx.Role(id))
	}
	return access.Principal{}, false, nil
}

func scanEntityTag(row scanner) (access.Tag, error) {
	var t access.Tag
	err := row.Scan(&t.Key, &t.Value)
	return t, err
}

// EntityTags returns the tags by key of what has the unique id, or for a provider the ARN. There are at most fifty.
func (tx *Tx) EntityTags(id string) ([]access.Tag, error) {
	ts, err := all(tx, scanEntityTag, `SELECT key, value FROM iam_tag WHERE entity = $1 ORDER BY folded`, id)
	if err != nil {
		return nil, fmt.Errorf("load tags of %s: %w", id, err)
	}
	return ts, nil
}

// PutEntityTag sets a tag; a key that differs only in case is replaced.
func (tx *Tx) PutEntityTag(id string, t access.Tag) error {
	_, err := tx.exec(`INSERT INTO iam_tag (entity, folded, key, value) VALUES ($1, $2, $3, $4)
		ON CONFLICT (entity, folded) DO UPDATE SET key = excluded.key, value = excluded.value`,
		id, access.Fold(t.Key), t.Key, t.Value)
	if err != nil {
		return fmt.Errorf("tag %s: %w", id, err)
	}
	return nil
}

// DeleteEntityTag removes a tag; it does nothing when there is none.
func (tx *Tx) DeleteEntityTag(id, key string) error {
	if _, err := tx.exec(`DELETE FROM iam_tag WHERE entity = $1 AND folded = $2`, id, access.Fold(key)); err != nil {
		return fmt.Errorf("untag %s: %w", id, err)
	}
	return nil
}

func (tx *Tx) deleteEntityTags(id string) error {
	if _, err := tx.exec(`DELETE FROM iam_tag WHERE entity = $1`, id); err != nil {
		return fmt.Errorf("delete tags of %s: %w", id, err)
	}
	return nil
}
