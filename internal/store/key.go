package store

import (
	"fmt"

	"portico/internal/access"
	"portico/internal/ident"
)

// A key is read without its secret, which only Credential opens.
const keyColumns = `id, account, user_id, status, created_at`

func scanKey(row scanner) (access.AccessKey, error) {
	var k access.AccessKey
	var created int64
	err := row.Scan(&k.ID, &k.Account, &k.User, &k.Status, &created)
	k.Created = fromMicros(created)
	return k, err
}

// AccessKey returns one long-term key.
func (tx *Tx) AccessKey(id string) (access.AccessKey, bool, error) {
	k, ok, err := one(tx, scanKey, `SELECT `+keyColumns+` FROM access_key WHERE id = $1`, id)
	if err != nil {
		return k, false, fmt.Errorf("load access key %s: %w", id, err)
	}
	return k, ok, nil
}

// AccessKeys returns the keys of a user, or of the account root when user is empty, by id. There are at most two.
func (tx *Tx) AccessKeys(account ident.Account, user string) ([]access.AccessKey, error) {
	ks, err := all(tx, scanKey, `SELECT `+keyColumns+` FROM access_key WHERE account = $1 AND user_id = $2 ORDER BY id`,
		string(account), user)
	if err != nil {
		return nil, fmt.Errorf("list access keys of %s %s: %w", account, user, err)
	}
	return ks, nil
}

// RootKeys returns up to limit keys of account roots, of one account or of all when it is empty, by id, those behind after.
func (tx *Tx) RootKeys(account ident.Account, after string, limit int) ([]access.AccessKey, error) {
	if account != "" {
		return tx.AccessKeys(account, "")
	}
	ks, err := all(tx, scanKey, `SELECT `+keyColumns+` FROM access_key WHERE user_id = '' AND id > $1 ORDER BY id LIMIT CAST($2 AS BIGINT)`,
		after, limit)
	if err != nil {
		return nil, fmt.Errorf("list root keys: %w", err)
	}
	return ks, nil
}

// InsertAccessKey adds a key and seals its secret.
func (tx *Tx) InsertAccessKey(k access.AccessKey) error {
	secret, err := tx.keys.Seal([]byte(k.Secret), aboutKey(k.ID))
	if err == nil {
		_, err = tx.exec(`INSERT INTO access_key (`+keyColumns+`, secret, sealed_by) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			k.ID, string(k.Account), k.User, string(k.Status), micros(k.Created), secret, tx.keys.Current())
	}
	if err != nil {
		return fmt.Errorf("insert access key %s: %w", k.ID, err)
	}
	tx.creates("key", k.ID)
	return nil
}

// UpdateAccessKey writes a key's status.
func (tx *Tx) UpdateAccessKey(k access.AccessKey) error {
	if _, err := tx.exec(`UPDATE access_key SET status = $2 WHERE id = $1`, k.ID, string(k.Status)); err != nil {
		return fmt.Errorf("update access key %s: %w", k.ID, err)
	}
	return nil
}

// DeleteAccessKey removes a key.
func (tx *Tx) DeleteAccessKey(id string) error {
	if _, err := tx.exec(`DELETE FROM access_key WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete access key %s: %w", id, err)
	}
	return nil
}
