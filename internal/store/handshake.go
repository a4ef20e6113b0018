package store

import (
	"fmt"
	"time"

	"portico/internal/ident"
	"portico/internal/org"
)

const handshakeColumns = `id, org, management, target_type, target, account, email_folded, state, notes,
	requested_at, expires_at, visible_until`

func scanHandshake(row scanner) (org.Handshake, error) {
	var h org.Handshake
	var requested, expires, shown int64
	err := row.Scan(&h.ID, &h.Org, &h.Management, &h.TargetType, &h.Target, &h.Account, &h.Email, &h.State, &h.Notes,
		&requested, &expires, &shown)
	h.Requested, h.Expires, h.Shown = fromMicros(requested), fromMicros(expires), fromMicros(shown)
	return h, err
}

// Handshake returns a handshake that is still shown at a time.
func (tx *Tx) Handshake(id string, now time.Time) (org.Handshake, bool, error) {
	h, ok, err := one(tx, scanHandshake, `SELECT `+handshakeColumns+` FROM handshake
		WHERE id = $1 AND visible_until > $2`, id, micros(now))
	if err != nil {
		return h, false, fmt.Errorf("load handshake %s: %w", id, err)
	}
	return h, ok, nil
}

// HandshakesOf returns up to limit handshakes that an organization began, by id, those behind after.
func (tx *Tx) HandshakesOf(orgID, after string, now time.Time, limit int) ([]org.Handshake, error) {
	hs, err := all(tx, scanHandshake, `SELECT `+handshakeColumns+` FROM handshake
		WHERE org = $1 AND id > $2 AND visible_until > $3 ORDER BY id LIMIT CAST($4 AS BIGINT)`, orgID, after, micros(now), limit)
	if err != nil {
		return nil, fmt.Errorf("list handshakes of %s: %w", orgID, err)
	}
	return hs, nil
}

// HandshakesFor returns up to limit handshakes that invite an account, known by its id or by its folded e-mail
// address, by id, those behind after.
func (tx *Tx) HandshakesFor(a ident.Account, email, after string, now time.Time, limit int) ([]org.Handshake, error) {
	hs, err := all(tx, scanHandshake, `SELECT `+handshakeColumns+` FROM handshake
		WHERE (account = $1 OR account = '' AND email_folded = $2 AND email_folded <> '')
		AND id > $3 AND visible_until > $4 ORDER BY id LIMIT CAST($5 AS BIGINT)`, string(a), email, after, micros(now), limit)
	if err != nil {
		return nil, fmt.Errorf("list handshakes for %s: %w", a, err)
	}
	return hs, nil
}

// OpenHandshake returns an organization's open invitation of an account, or of a folded e-mail address that belongs to
// none.
func (tx *Tx) OpenHandshake(orgID string, a ident.Account, email string, now time.Time) (org.Handshake, bool, error) {
	h, ok, err := one(tx, scanHandshake, `SELECT `+handshakeColumns+` FROM handshake
		WHERE account = $1 AND email_folded = $2 AND org = $3 AND state = $4 AND expires_at > $5 ORDER BY id LIMIT 1`,
		string(a), email, orgID, string(org.Open), micros(now))
	if err != nil {
		return h, false, fmt.Errorf("load open handshake of %s: %w", orgID, err)
	}
	return h, ok, nil
}

// InsertHandshake adds a handshake.
func (tx *Tx) InsertHandshake(h org.Handshake) error {
	_, err := tx.exec(`INSERT INTO handshake (`+handshakeColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		h.ID, h.Org, string(h.Management), h.TargetType, h.Target, string(h.Account), h.Email, string(h.State), h.Notes,
		micros(h.Requested), micros(h.Expires), micros(h.Shown))
	if err != nil {
		return fmt.Errorf("insert handshake %s: %w", h.ID, err)
	}
	tx.creates("handshake", h.ID)
	return nil
}

// UpdateHandshake writes a handshake's state and until when it is shown.
func (tx *Tx) UpdateHandshake(h org.Handshake) error {
	_, err := tx.exec(`UPDATE handshake SET state = $2, visible_until = $3 WHERE id = $1`,
		h.ID, string(h.State), micros(h.Shown))
	if err != nil {
		return fmt.Errorf("update handshake %s: %w", h.ID, err)
	}
	return nil
}

const requestColumns = `id, org, name, account, state, reason, requested_at, completed_at`

func scanRequest(row scanner) (org.Request, error) {
	var r org.Request
	var requested, completed int64
	err := row.Scan(&r.ID, &r.Org, &r.Name, &r.Account, &r.State, &r.Reason, &requested, &completed)
	r.Requested, r.Completed = fromMicros(requested), fromMicros(completed)
	return r, err
}

// AccountRequest returns an organization's request for an account.
func (tx *Tx) AccountRequest(orgID, id string) (org.Request, bool, error) {
	r, ok, err := one(tx, scanRequest, `SELECT `+requestColumns+` FROM account_request WHERE id = $1 AND org = $2`, id, orgID)
	if err != nil {
		return r, false, fmt.Errorf("load account request %s: %w", id, err)
	}
	return r, ok, nil
}

// AccountRequests returns up to limit requests of an organization for accounts, by id, those behind after.
func (tx *Tx) AccountRequests(orgID, after string, limit int) ([]org.Request, error) {
	rs, err := all(tx, scanRequest, `SELECT `+requestColumns+` FROM account_request
		WHERE org = $1 AND id > $2 ORDER BY id LIMIT CAST($3 AS BIGINT)`, orgID, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list account requests of %s: %w", orgID, err)
	}
	return rs, nil
}

// InsertAccountRequest adds a request for an account.
func (tx *Tx) InsertAccountRequest(r org.Request) error {
	_, err := tx.exec(`INSERT INTO account_request (`+requestColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		r.ID, r.Org, r.Name, string(r.Account), r.State, r.Reason, micros(r.Requested), micros(r.Completed))
	if err != nil {
		return fmt.Errorf("insert account request %s: %w", r.ID, err)
	}
	tx.creates("request", r.ID)
	return nil
}
