package store

import (
	"fmt"

	"portico/internal/access"
	"portico/internal/ident"
)

const (
	userColumns = `id, account, name, path, created_at`
	userLoad    = `SELECT ` + userColumns + `, ` + boundaryOf + ` FROM iam_user e`
)

func scanUser(row scanner) (access.IAMUser, error) {
	var u access.IAMUser
	var created int64
	err := row.Scan(&u.ID, &u.Account, &u.Name, &u.Path, &created, &u.Boundary)
	u.Created = fromMicros(created)
	return u, err
}

// UserByName returns the user an account knows by name, whose case does not count.
func (tx *Tx) UserByName(account ident.Account, name string) (access.IAMUser, bool, error) {
	u, ok, err := one(tx, scanUser, userLoad+` WHERE account = $1 AND folded = $2`,
		string(account), access.Fold(name))
	if err != nil {
		return u, false, fmt.Errorf("load user %s of %s: %w", name, account, err)
	}
	return u, ok, nil
}

// User returns the user with a unique id.
func (tx *Tx) User(id string) (access.IAMUser, bool, error) {
	u, ok, err := one(tx, scanUser, userLoad+` WHERE id = $1`, id)
	if err != nil {
		return u, false, fmt.Errorf("load user %s: %w", id, err)
	}
	return u, ok, nil
}

// Users returns up to limit users under a path prefix, by name, those behind the folded name after.
func (tx *Tx) Users(account ident.Account, prefix, after string, limit int) ([]access.IAMUser, error) {
	us, err := all(tx, scanUser, userLoad+`
		WHERE account = $1 AND folded > $2 AND path >= $3 AND path < $4 ORDER BY folded LIMIT CAST($5 AS BIGINT)`,
		string(account), after, prefix, pathEnd(prefix), limit)
	if err != nil {
		return nil, fmt.Errorf("list users of %s: %w", account, err)
	}
	return us, nil
}

// pathEnd is the first string behind every path that begins with prefix: a path has no character above '~'.
func pathEnd(prefix string) string { return prefix + "\x7f" }

// UsersOf returns up to limit users of a group, by name, those behind the folded name after.
func (tx *Tx) UsersOf(group string, after string, limit int) ([]access.IAMUser, error) {
	us, err := all(tx, scanUser, `SELECT `+userColumns+`, `+boundaryOf+`
		FROM iam_membership m CROSS JOIN iam_user e
		WHERE m.group_id = $1 AND e.id = m.user_id AND e.folded > $2 ORDER BY e.folded LIMIT CAST($3 AS BIGINT)`, group, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list users of group %s: %w", group, err)
	}
	return us, nil
}

// InsertUser adds a user. The caller has made sure that the name is free.
func (tx *Tx) InsertUser(u access.IAMUser) error {
	_, err := tx.exec(`INSERT INTO iam_user (`+userColumns+`, folded) VALUES ($1, $2, $3, $4, $5, $6)`,
		u.ID, string(u.Account), u.Name, u.Path, micros(u.Created), access.Fold(u.Name))
	if err != nil {
		return fmt.Errorf("insert user %s: %w", u.ID, err)
	}
	return nil
}

// UpdateUser writes a user's name and path.
func (tx *Tx) UpdateUser(u access.IAMUser) error {
	_, err := tx.exec(`UPDATE iam_user SET name = $2, folded = $3, path = $4 WHERE id = $1`,
		u.ID, u.Name, access.Fold(u.Name), u.Path)
	if err != nil {
		return fmt.Errorf("update user %s: %w", u.ID, err)
	}
	return nil
}

// DeleteUser removes a user with its tags, policies, memberships and keys.
func (tx *Tx) DeleteUser(u access.IAMUser) error {
	if err := tx.deleteEntityTags(u.ID); err != nil {
		return err
	}
	if err := tx.deletePolicies(u.ID); err != nil {
		return err
	}
	if _, err := tx.exec(`DELETE FROM access_key WHERE account = $1 AND user_id = $2`, string(u.Account), u.ID); err != nil {
		return fmt.Errorf("delete keys of %s: %w", u.ID, err)
	}
	if _, err := tx.exec(`DELETE FROM iam_membership WHERE user_id = $1`, u.ID); err != nil {
		return fmt.Errorf("delete memberships of %s: %w", u.ID, err)
	}
	if _, err := tx.exec(`DELETE FROM iam_user WHERE id = $1`, u.ID); err != nil {
		return fmt.Errorf("delete user %s: %w", u.ID, err)
	}
	return nil
}
