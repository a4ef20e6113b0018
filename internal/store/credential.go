package store

import (
	"fmt"
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/ident"
)

// Credential returns what an access key id opens and the caller behind it. It is on the path of every request and
// costs one query. A key whose user or role is gone is absent; one of a closed account is inactive.
func (tx *Tx) Credential(accessKeyID string) (access.Credential, bool, error) {
	load := tx.keyCredential
	if strings.HasPrefix(accessKeyID, "ASIA") {
		load = tx.sessionCredential
	}
	c, ok, err := load(accessKeyID)
	if err != nil {
		return access.Credential{}, false, fmt.Errorf("load credential %s: %w", accessKeyID, err)
	}
	return c, ok, nil
}

func statusIn(account access.AccountStatus, key access.KeyStatus) access.KeyStatus {
	if account != access.AccountActive {
		return access.KeyInactive
	}
	return key
}

// keyRow is a key with its user and one of the user's groups.
type keyRow struct {
	secret  string
	owner   string // the user's unique id as the key has it, empty for the root
	account ident.Account
	status  access.KeyStatus
	state   access.AccountStatus
	user    access.IAMUser
	group   access.IAMGroup
}

func scanKeyRow(row scanner) (keyRow, error) {
	var k keyRow
	err := row.Scan(&k.account, &k.owner, &k.secret, &k.status, &k.state,
		&k.user.ID, &k.user.Name, &k.user.Path, &k.group.ID, &k.group.Name, &k.group.Path)
	k.user.Account, k.group.Account = k.account, k.account
	return k, err
}

func (tx *Tx) keyCredential(id string) (access.Credential, bool, error) {
	rows, err := all(tx, scanKeyRow, `SELECT k.account, k.user_id, k.secret, k.status, a.status,
			COALESCE(u.id, ''), COALESCE(u.name, ''), COALESCE(u.path, ''),
			COALESCE(g.id, ''), COALESCE(g.name, ''), COALESCE(g.path, '')
		FROM access_key k JOIN account a ON a.id = k.account
			LEFT JOIN iam_user u ON u.id = k.user_id
			LEFT JOIN iam_membership m ON m.user_id = k.user_id
			LEFT JOIN iam_group g ON g.id = m.group_id
		WHERE k.id = $1`, id)
	if err != nil || len(rows) == 0 {
		return access.Credential{}, false, err
	}
	k := rows[0]
	c := access.Credential{ID: id, Secret: k.secret, Status: statusIn(k.state, k.status), Account: k.account}
	if k.owner == "" {
		c.Caller = access.RootCaller(k.account)
		return c, true, nil
	}
	if k.user.ID == "" {
		return access.Credential{}, false, nil
	}
	var groups []access.IAMGroup
	for _, r := range rows {
		if r.group.ID != "" {
			groups = append(groups, r.group)
		}
	}
	slices.SortFunc(groups, func(a, b access.IAMGroup) int { return strings.Compare(a.ID, b.ID) })
	c.Caller = access.UserCaller(k.user, groups)
	return c, true, nil
}

func (tx *Tx) sessionCredential(id string) (access.Credential, bool, error) {
	scan := func(row scanner) (access.Credential, error) {
		s, r := access.RoleSession{ID: id}, access.IAMRole{}
		var state access.AccountStatus
		var expires int64
		err := row.Scan(&s.Name, &s.Secret, &s.Token, &expires, &r.ID, &r.Account, &r.Name, &r.Path, &state)
		return access.Credential{
			ID: id, Secret: s.Secret, SessionToken: s.Token, Expires: fromMicros(expires), Account: r.Account,
			Status: statusIn(state, access.KeyActive), Caller: access.SessionCaller(r, s),
		}, err
	}
	return one(tx, scan, `SELECT s.name, s.secret, s.token, s.expires_at, r.id, r.account, r.name, r.path, a.status
		FROM role_session s JOIN iam_role r ON r.id = s.role_id JOIN account a ON a.id = r.account
		WHERE s.id = $1`, id)
}
