package store

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/seal"
)

// A token holds what its session says, as JSON behind one byte that tells whether it is compressed.
const (
	plainClaims  = 0
	packedClaims = 1
)

const (
	// packFrom is the length from which compressing is worth the time that every request then takes to undo it.
	packFrom = 1024
	// maxClaims bounds what a token holds, so that with its envelope and in base64 it has at most 4096 characters.
	maxClaims = 3000
	// maxUnpacked bounds what a session may say before it is compressed.
	maxUnpacked = 64 << 10

	sessionSecret = 30 // bytes, 40 characters in base64
)

func aboutSession(id string) string { return "session\x00" + id }

// Issue makes the secret and the token of temporary credentials. It touches no row: the token says everything, and the
// secret follows from the master key and the token. Session policies and tags that do not fit are refused.
func (db *DB) Issue(s access.RoleSession) (access.Temporary, error) { return Issue(db.keys, s) }

// Issue is DB.Issue where no database is at hand.
func Issue(keys seal.Ring, s access.RoleSession) (access.Temporary, error) {
	claims, err := json.Marshal(s)
	if err != nil {
		return access.Temporary{}, fmt.Errorf("encode session %s: %w", s.ID, err)
	}
	kind, size := byte(plainClaims), len(claims)
	if size > packFrom {
		kind = packedClaims
		if claims, err = compress(claims); err != nil {
			return access.Temporary{}, fmt.Errorf("compress session %s: %w", s.ID, err)
		}
	}
	percent := (len(claims)*100 + maxClaims - 1) / maxClaims
	if len(claims) > maxClaims || size > maxUnpacked {
		return access.Temporary{}, fault.Limitf("Packed size of session policies and tags consumes %d%% of allotted space.",
			max(percent, 101)).Named("PackedPolicyTooLarge")
	}
	token, err := keys.Seal(append([]byte{kind}, claims...), aboutSession(s.ID))
	if err != nil {
		return access.Temporary{}, fmt.Errorf("seal session %s: %w", s.ID, err)
	}
	secret, err := secretOf(keys, s.ID, token)
	return access.Temporary{Secret: secret, Token: token, Packed: percent}, err
}

func compress(b []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	err = w.Close()
	return out.Bytes(), err
}

// secretOf is the secret key of the session whose token is given. It is in no place at all.
func secretOf(keys seal.Ring, id, token string) (string, error) {
	b, err := keys.Derive(token, aboutSession(id), sessionSecret)
	return base64.StdEncoding.EncodeToString(b), err
}

// sessionCredential opens a token. What the session is of is read from its row, so that it ends when that is gone.
func (tx *Tx) sessionCredential(id, token string) (c access.Credential, ok bool, err error) {
	s, ok, err := readToken(tx.keys, id, token)
	if err != nil || !ok {
		return c, false, err
	}
	load := tx.ownSession
	if s.Role != "" {
		load = tx.roleSession
	}
	state, who, ok, err := load(s)
	if err != nil || !ok {
		return c, false, err
	}
	secret, err := secretOf(tx.keys, id, token)
	return access.Credential{
		ID: id, Secret: secret, SessionToken: token, Expires: s.Expires, Account: s.Account,
		Status: statusIn(state, access.KeyActive), Caller: who,
	}, err == nil, err
}

// readToken returns what a token says; false if it is not one of this installation for this access key id.
func readToken(keys seal.Ring, id, token string) (s access.RoleSession, ok bool, err error) {
	claims, err := keys.Open(token, aboutSession(id))
	if errors.Is(err, seal.ErrBroken) || errors.Is(err, seal.ErrUnknown) {
		return s, false, nil
	}
	if err != nil {
		return s, false, err
	}
	kind, claims := claims[0], claims[1:]
	if kind == packedClaims {
		if claims, err = io.ReadAll(flate.NewReader(bytes.NewReader(claims))); err != nil {
			return s, false, err
		}
	}
	s.ID = id
	return s, true, json.Unmarshal(claims, &s)
}

func (tx *Tx) roleSession(s access.RoleSession) (state access.AccountStatus, who access.Caller, ok bool, err error) {
	r := access.IAMRole{ID: s.Role, Account: s.Account}
	_, ok, err = one(tx, func(row scanner) (none struct{}, err error) { return none, row.Scan(&r.Name, &r.Path, &state) },
		`SELECT r.name, r.path, a.status FROM iam_role r JOIN account a ON a.id = r.account WHERE r.id = $1 AND r.account = $2`,
		s.Role, string(s.Account))
	return state, access.SessionCaller(r, s), ok, err
}

func (tx *Tx) ownSession(s access.RoleSession) (state access.AccountStatus, who access.Caller, ok bool, err error) {
	rows, err := all(tx, func(row scanner) (p personRow, err error) { return p, row.Scan(p.fields()...) },
		`SELECT `+personColumns+` FROM account a
			LEFT JOIN iam_user u ON u.id = $2 AND u.account = a.id
			LEFT JOIN iam_membership m ON m.user_id = u.id
			LEFT JOIN iam_group g ON g.id = m.group_id
		WHERE a.id = $1`, string(s.Account), s.User)
	if err != nil || len(rows) == 0 {
		return state, who, false, err
	}
	who, ok = person(s.Account, s.User, rows)
	return rows[0].state, access.OwnCaller(who, s), ok, nil
}
