package store

import (
	"encoding/json"
	"fmt"
	"time"

	"portico/internal/access"
	"portico/internal/ident"
)

const (
	roleColumns = `id, account, name, path, description, trust, bound, max_session, created_at`
	roleLoad    = `SELECT ` + roleColumns + `, ` + boundaryOf + ` FROM iam_role e`
)

func scanRole(row scanner) (access.IAMRole, error) {
	var r access.IAMRole
	var bound string
	var seconds, created int64
	err := row.Scan(&r.ID, &r.Account, &r.Name, &r.Path, &r.Description, &r.Trust, &bound, &seconds, &created, &r.Boundary)
	if err != nil {
		return r, err
	}
	r.MaxSession = time.Duration(seconds) * time.Second
	r.Created = fromMicros(created)
	return r, json.Unmarshal([]byte(bound), &r.Bound)
}

// RoleByName returns the role an account knows by name, whose case does not count.
func (tx *Tx) RoleByName(account ident.Account, name string) (access.IAMRole, bool, error) {
	r, ok, err := one(tx, scanRole, roleLoad+` WHERE account = $1 AND folded = $2`,
		string(account), access.Fold(name))
	if err != nil {
		return r, false, fmt.Errorf("load role %s of %s: %w", name, account, err)
	}
	return r, ok, nil
}

// Role returns the role with a unique id.
func (tx *Tx) Role(id string) (access.IAMRole, bool, error) {
	r, ok, err := one(tx, scanRole, roleLoad+` WHERE id = $1`, id)
	if err != nil {
		return r, false, fmt.Errorf("load role %s: %w", id, err)
	}
	return r, ok, nil
}

// Roles returns up to limit roles under a path prefix, by name, those behind the folded name after.
func (tx *Tx) Roles(account ident.Account, prefix, after string, limit int) ([]access.IAMRole, error) {
	rs, err := all(tx, scanRole, roleLoad+`
		WHERE account = $1 AND folded > $2 AND path >= $3 AND path < $4 ORDER BY folded LIMIT CAST($5 AS BIGINT)`,
		string(account), after, prefix, pathEnd(prefix), limit)
	if err != nil {
		return nil, fmt.Errorf("list roles of %s: %w", account, err)
	}
	return rs, nil
}

// InsertRole adds a role. The caller has made sure that the name is free.
func (tx *Tx) InsertRole(r access.IAMRole) error {
	bound, err := json.Marshal(r.Bound)
	if err != nil {
		return fmt.Errorf("encode trust of role %s: %w", r.ID, err)
	}
	_, err = tx.exec(`INSERT INTO iam_role (`+roleColumns+`, folded) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		r.ID, string(r.Account), r.Name, r.Path, r.Description, r.Trust, string(bound), int64(r.MaxSession/time.Second),
		micros(r.Created), access.Fold(r.Name))
	if err != nil {
		return fmt.Errorf("insert role %s: %w", r.ID, err)
	}
	return nil
}

// UpdateRole writes a role's description, trust policy and longest session.
func (tx *Tx) UpdateRole(r access.IAMRole) error {
	bound, err := json.Marshal(r.Bound)
	if err != nil {
		return fmt.Errorf("encode trust of role %s: %w", r.ID, err)
	}
	_, err = tx.exec(`UPDATE iam_role SET description = $2, trust = $3, bound = $4, max_session = $5 WHERE id = $1`,
		r.ID, r.Description, r.Trust, string(bound), int64(r.MaxSession/time.Second))
	if err != nil {
		return fmt.Errorf("update role %s: %w", r.ID, err)
	}
	return nil
}

// DeleteRole removes a role with its tags and policies, and ends its sessions.
func (tx *Tx) DeleteRole(id string) error {
	if err := tx.deleteEntityTags(id); err != nil {
		return err
	}
	if err := tx.deletePolicies(id); err != nil {
		return err
	}
	if _, err := tx.exec(`DELETE FROM role_session WHERE role_id = $1`, id); err != nil {
		return fmt.Errorf("delete sessions of %s: %w", id, err)
	}
	if _, err := tx.exec(`DELETE FROM iam_role WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete role %s: %w", id, err)
	}
	return nil
}
