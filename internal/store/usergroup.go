package store

import (
	"fmt"

	"portico/internal/access"
	"portico/internal/ident"
)

const groupColumns = `id, account, name, path, created_at`

func scanGroup(row scanner) (access.IAMGroup, error) {
	var g access.IAMGroup
	var created int64
	err := row.Scan(&g.ID, &g.Account, &g.Name, &g.Path, &created)
	g.Created = fromMicros(created)
	return g, err
}

// GroupByName returns the group an account knows by name, whose case does not count.
func (tx *Tx) GroupByName(account ident.Account, name string) (access.IAMGroup, bool, error) {
	g, ok, err := one(tx, scanGroup, `SELECT `+groupColumns+` FROM iam_group WHERE account = $1 AND folded = $2`,
		string(account), access.Fold(name))
	if err != nil {
		return g, false, fmt.Errorf("load group %s of %s: %w", name, account, err)
	}
	return g, ok, nil
}

// Group returns the group with a unique id.
func (tx *Tx) Group(id string) (access.IAMGroup, bool, error) {
	g, ok, err := one(tx, scanGroup, `SELECT `+groupColumns+` FROM iam_group WHERE id = $1`, id)
	if err != nil {
		return g, false, fmt.Errorf("load group %s: %w", id, err)
	}
	return g, ok, nil
}

// Groups returns up to limit groups under a path prefix, by name, those behind the folded name after.
func (tx *Tx) Groups(account ident.Account, prefix, after string, limit int) ([]access.IAMGroup, error) {
	gs, err := all(tx, scanGroup, `SELECT `+groupColumns+` FROM iam_group
		WHERE account = $1 AND folded > $2 AND path >= $3 AND path < $4 ORDER BY folded LIMIT CAST($5 AS BIGINT)`,
		string(account), after, prefix, pathEnd(prefix), limit)
	if err != nil {
		return nil, fmt.Errorf("list groups of %s: %w", account, err)
	}
	return gs, nil
}

// GroupsOf returns up to limit groups of a user, by name, those behind the folded name after.
func (tx *Tx) GroupsOf(user, after string, limit int) ([]access.IAMGroup, error) {
	gs, err := all(tx, scanGroup, `SELECT g.id, g.account, g.name, g.path, g.created_at
		FROM iam_membership m CROSS JOIN iam_group g
		WHERE m.user_id = $1 AND g.id = m.group_id AND g.folded > $2 ORDER BY g.folded LIMIT CAST($3 AS BIGINT)`, user, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list groups of %s: %w", user, err)
	}
	return gs, nil
}

// InsertGroup adds a group. The caller has made sure that the name is free.
func (tx *Tx) InsertGroup(g access.IAMGroup) error {
	_, err := tx.exec(`INSERT INTO iam_group (`+groupColumns+`, folded) VALUES ($1, $2, $3, $4, $5, $6)`,
		g.ID, string(g.Account), g.Name, g.Path, micros(g.Created), access.Fold(g.Name))
	if err != nil {
		return fmt.Errorf("insert group %s: %w", g.ID, err)
	}
	return nil
}

// UpdateGroup writes a group's name and path.
func (tx *Tx) UpdateGroup(g access.IAMGroup) error {
	_, err := tx.exec(`UPDATE iam_group SET name = $2, folded = $3, path = $4 WHERE id = $1`,
		g.ID, g.Name, access.Fold(g.Name), g.Path)
	if err != nil {
		return fmt.Errorf("update group %s: %w", g.ID, err)
	}
	return nil
}

// DeleteGroup removes a group with its policies and memberships.
func (tx *Tx) DeleteGroup(id string) error {
	if err := tx.deletePolicies(id); err != nil {
		return err
	}
	if _, err := tx.exec(`DELETE FROM iam_membership WHERE group_id = $1`, id); err != nil {
		return fmt.Errorf("delete memberships of %s: %w", id, err)
	}
	if _, err := tx.exec(`DELETE FROM iam_group WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete group %s: %w", id, err)
	}
	return nil
}

// InsertGroupUser puts a user in a group; it does nothing when the user is in it.
func (tx *Tx) InsertGroupUser(group, user string) error {
	_, err := tx.exec(`INSERT INTO iam_membership (group_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, group, user)
	if err != nil {
		return fmt.Errorf("add %s to group %s: %w", user, group, err)
	}
	return nil
}

// DeleteGroupUser takes a user out of a group and says whether it was in it.
func (tx *Tx) DeleteGroupUser(group, user string) (bool, error) {
	n, err := tx.exec(`DELETE FROM iam_membership WHERE user_id = $1 AND group_id = $2`, user, group)
	if err != nil {
		return false, fmt.Errorf("remove %s from group %s: %w", user, group, err)
	}
	return n > 0, nil
}
