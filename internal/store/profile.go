package store

import (
	"fmt"

	"portico/internal/access"
	"portico/internal/ident"
)

const profileColumns = `id, account, name, path, role, created_at`

func scanProfile(row scanner) (access.InstanceProfile, error) {
	var p access.InstanceProfile
	var created int64
	err := row.Scan(&p.ID, &p.Account, &p.Name, &p.Path, &p.Role, &created)
	p.Created = fromMicros(created)
	return p, err
}

// InstanceProfileByName returns the instance profile an account knows by name, whose case does not count.
func (tx *Tx) InstanceProfileByName(account ident.Account, name string) (access.InstanceProfile, bool, error) {
	p, ok, err := one(tx, scanProfile, `SELECT `+profileColumns+` FROM instance_profile WHERE account = $1 AND folded = $2`,
		string(account), access.Fold(name))
	if err != nil {
		return p, false, fmt.Errorf("load instance profile %s of %s: %w", name, account, err)
	}
	return p, ok, nil
}

// InstanceProfiles returns up to limit instance profiles under a path prefix, by name, those behind the folded name
// after.
func (tx *Tx) InstanceProfiles(account ident.Account, prefix, after string, limit int) ([]access.InstanceProfile, error) {
	ps, err := all(tx, scanProfile, `SELECT `+profileColumns+` FROM instance_profile
		WHERE account = $1 AND folded > $2 AND path >= $3 AND path < $4 ORDER BY folded LIMIT CAST($5 AS BIGINT)`,
		string(account), after, prefix, pathEnd(prefix), limit)
	if err != nil {
		return nil, fmt.Errorf("list instance profiles of %s: %w", account, err)
	}
	return ps, nil
}

// InstanceProfilesOf returns up to limit instance profiles that hold a role, by name, those behind the folded name after.
func (tx *Tx) InstanceProfilesOf(role, after string, limit int) ([]access.InstanceProfile, error) {
	ps, err := all(tx, scanProfile, `SELECT `+profileColumns+` FROM instance_profile
		WHERE role = $1 AND folded > $2 ORDER BY folded LIMIT CAST($3 AS BIGINT)`, role, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list instance profiles of role %s: %w", role, err)
	}
	return ps, nil
}

// InsertInstanceProfile adds an instance profile. The caller has made sure that the name is free.
func (tx *Tx) InsertInstanceProfile(p access.InstanceProfile) error {
	_, err := tx.exec(`INSERT INTO instance_profile (`+profileColumns+`, folded) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		p.ID, string(p.Account), p.Name, p.Path, p.Role, micros(p.Created), access.Fold(p.Name))
	if err != nil {
		return fmt.Errorf("insert instance profile %s: %w", p.ID, err)
	}
	return nil
}

// UpdateInstanceProfile writes which role an instance profile holds.
func (tx *Tx) UpdateInstanceProfile(p access.InstanceProfile) error {
	if _, err := tx.exec(`UPDATE instance_profile SET role = $2 WHERE id = $1`, p.ID, p.Role); err != nil {
		return fmt.Errorf("update instance profile %s: %w", p.ID, err)
	}
	return nil
}

// DeleteInstanceProfile removes an instance profile with its tags.
func (tx *Tx) DeleteInstanceProfile(id string) error {
	if _, err := tx.exec(`DELETE FROM instance_profile WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete instance profile %s: %w", id, err)
	}
	return tx.deleteEntityTags(id)
}
