package store

import (
	"fmt"
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/ident"
)

// Credential returns what an access key id opens, for temporary credentials together with their token, and the caller
// behind it. It is on the path of every request and costs one query at most. A key whose user or role is gone is absent, and so
// are temporary credentials without their token; a key of a closed account is inactive.
func (tx *Tx) Credential(accessKeyID, token string) (c access.Credential, ok bool, err error) {
	if access.IsSession(accessKeyID) {
		c, ok, err = tx.sessionCredential(accessKeyID, token)
	} else {
		var k found[access.Credential]
		k, err = remembered(tx, "key\x00"+accessKeyID, func() (found[access.Credential], error) {
			c, ok, err := tx.keyCredential(accessKeyID)
			return found[access.Credential]{c, ok}, err
		})
		c, ok = k.row, k.ok
	}
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

// keyRow is what a key belongs to, with one of the user's groups.
type keyRow struct {
	account ident.Account
	owner   string // the user's unique id as the key has it, empty for the root
	secret  string
	status  access.KeyStatus
	personRow
}

// personRow is a user with one of its groups, and the state of their account. There may be no user.
type personRow struct {
	state access.AccountStatus
	user  access.IAMUser
	group access.IAMGroup
}

// The columns behind a personRow, of account a, user u and group g.
const personColumns = `a.status, COALESCE(u.id, ''), COALESCE(u.name, ''), COALESCE(u.path, ''),
	COALESCE(g.id, ''), COALESCE(g.name, ''), COALESCE(g.path, '')`

func (p *personRow) fields() []any {
	return []any{&p.state, &p.user.ID, &p.user.Name, &p.user.Path, &p.group.ID, &p.group.Name, &p.group.Path}
}

func (tx *Tx) keyCredential(id string) (access.Credential, bool, error) {
	scan := func(row scanner) (k keyRow, err error) {
		return k, row.Scan(append([]any{&k.account, &k.owner, &k.secret, &k.status}, k.fields()...)...)
	}
	rows, err := all(tx, scan, `SELECT k.account, k.user_id, k.secret, k.status, `+personColumns+`
		FROM access_key k JOIN account a ON a.id = k.account
			LEFT JOIN iam_user u ON u.id = k.user_id
			LEFT JOIN iam_membership m ON m.user_id = k.user_id
			LEFT JOIN iam_group g ON g.id = m.group_id
		WHERE k.id = $1`, id)
	if err != nil || len(rows) == 0 {
		return access.Credential{}, false, err
	}
	k := rows[0]
	people := make([]personRow, len(rows))
	for i, r := range rows {
		people[i] = r.personRow
	}
	who, ok := person(k.account, k.owner, people)
	if !ok {
		return access.Credential{}, false, nil
	}
	secret, err := tx.keys.Open(k.secret, aboutKey(id))
	return access.Credential{ID: id, Secret: string(secret), Status: statusIn(k.state, k.status), Account: k.account, Caller: who}, err == nil, err
}

// person is the caller that a user with its groups is, or the account root for an owner without a name; false if the user
// is gone.
func person(account ident.Account, owner string, rows []personRow) (access.Caller, bool) {
	if owner == "" {
		return access.RootCaller(account), true
	}
	if rows[0].user.ID == "" {
		return access.Caller{}, false
	}
	var groups []access.IAMGroup
	for _, r := range rows {
		if r.group.ID != "" {
			r.group.Account = account
			groups = append(groups, r.group)
		}
	}
	slices.SortFunc(groups, func(a, b access.IAMGroup) int { return strings.Compare(a.ID, b.ID) })
	user := rows[0].user
	user.Account = account
	return access.UserCaller(user, groups), true
}
