package store

import (
	"fmt"
	"time"

	"portico/internal/access"
)

// InsertRoleSession adds temporary credentials.
func (tx *Tx) InsertRoleSession(s access.RoleSession) error {
	_, err := tx.exec(`INSERT INTO role_session (id, role_id, name, secret, token, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		s.ID, s.Role, s.Name, s.Secret, s.Token, micros(s.Created), micros(s.Expires))
	if err != nil {
		return fmt.Errorf("insert session of %s: %w", s.Role, err)
	}
	tx.creates("session", s.ID)
	return nil
}

// expiredBatch bounds what one sweep removes, so that no caller waits for many others' leavings.
const expiredBatch = 200

// DeleteExpiredSessions removes some sessions that ended by now and says how many.
func (tx *Tx) DeleteExpiredSessions(now time.Time) (int64, error) {
	n, err := tx.exec(`DELETE FROM role_session WHERE id IN
		(SELECT id FROM role_session WHERE expires_at <= $1 ORDER BY expires_at LIMIT CAST($2 AS BIGINT))`, micros(now), expiredBatch)
	if err != nil {
		return 0, fmt.Errorf("delete expired sessions: %w", err)
	}
	return n, nil
}
