package store

import (
	"fmt"

	"portico/internal/access"
)

func scanInline(row scanner) (access.InlinePolicy, error) {
	var p access.InlinePolicy
	err := row.Scan(&p.Name, &p.Digest, &p.Size)
	return p, err
}

// InlinePolicies returns the inline policies of a user, group or role by name. Their size is bounded, so they are few.
func (tx *Tx) InlinePolicies(entity string) ([]access.InlinePolicy, error) {
	ps, err := all(tx, scanInline, `SELECT name, digest, size FROM inline_policy WHERE entity = $1 ORDER BY name`, entity)
	if err != nil {
		return nil, fmt.Errorf("list inline policies of %s: %w", entity, err)
	}
	return ps, nil
}

// InlinePolicy returns one inline policy of a user, group or role.
func (tx *Tx) InlinePolicy(entity, name string) (access.InlinePolicy, bool, error) {
	p, ok, err := one(tx, scanInline, `SELECT name, digest, size FROM inline_policy WHERE entity = $1 AND name = $2`, entity, name)
	if err != nil {
		return p, false, fmt.Errorf("load inline policy %s of %s: %w", name, entity, err)
	}
	return p, ok, nil
}

// PutInlinePolicy adds an inline policy to a user, group or role, or gives the one of that name another document.
func (tx *Tx) PutInlinePolicy(entity, name, document string) error {
	old, had, err := tx.InlinePolicy(entity, name)
	if err != nil {
		return err
	}
	digest, err := tx.putDocument(document)
	if err != nil || had && old.Digest == digest {
		return err
	}
	_, err = tx.exec(`INSERT INTO inline_policy (entity, name, digest, size) VALUES ($1, $2, $3, $4)
		ON CONFLICT (entity, name) DO UPDATE SET digest = excluded.digest, size = excluded.size`,
		entity, name, digest, access.PolicySize(document))
	if err != nil {
		return fmt.Errorf("put inline policy %s of %s: %w", name, entity, err)
	}
	if had {
		return tx.dropDocument(old.Digest)
	}
	return nil
}

// DeleteInlinePolicy removes an inline policy and says whether there was one.
func (tx *Tx) DeleteInlinePolicy(entity, name string) (bool, error) {
	digest, ok, err := one(tx, scanText, `DELETE FROM inline_policy WHERE entity = $1 AND name = $2 RETURNING digest`, entity, name)
	if err != nil {
		return false, fmt.Errorf("delete inline policy %s of %s: %w", name, entity, err)
	}
	if ok {
		err = tx.dropDocument(digest)
	}
	return ok, err
}
