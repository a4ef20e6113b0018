package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"portico/internal/catalog"
	"portico/internal/ident"
	"portico/internal/seal"
)

// InsertToken adds the token of a share write.
func (tx *Tx) InsertToken(t catalog.Token) error {
	_, err := tx.exec(`INSERT INTO share_token (id, portfolio, owner, region, kind, target, org, revision, accounts,
		listed, created, ready) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		t.ID, t.Portfolio, t.Owner, t.Region, t.Target.Kind, t.Target.ID, t.Target.Org, t.Revision,
		strings.Join(t.Accounts, " "), t.Listed, micros(t.Created), micros(t.Ready))
	if err != nil {
		return fmt.Errorf("insert share token %s: %w", t.ID, err)
	}
	tx.creates("share", t.ID)
	return nil
}

// Token reads the token of a share write; it outlives share and portfolio. (S-TOK-9)
func (tx *Tx) Token(id string) (catalog.Token, bool, error) {
	t, ok, err := one(tx, func(s scanner) (t catalog.Token, err error) {
		var accounts string
		var created, ready int64
		err = s.Scan(&t.ID, &t.Portfolio, &t.Owner, &t.Region, &t.Target.Kind, &t.Target.ID, &t.Target.Org, &t.Revision,
			&accounts, &t.Listed, &created, &ready)
		t.Accounts, t.Created, t.Ready = strings.Fields(accounts), fromMicros(created), fromMicros(ready)
		return t, err
	}, `SELECT id, portfolio, owner, region, kind, target, org, revision, accounts, listed, created, ready
		FROM share_token WHERE id = $1`, id)
	if err != nil {
		return t, false, fmt.Errorf("load share token %s: %w", id, err)
	}
	return t, ok, nil
}

// ShareBusy reports whether a share write on a portfolio is still under way. (S-SHR-17)
func (tx *Tx) ShareBusy(p catalog.PortfolioID, now time.Time) (bool, error) {
	n, err := tx.count(`SELECT count(*) FROM (SELECT 1 FROM share_token WHERE portfolio = $1 AND ready > $2 LIMIT 1) AS x`, p, micros(now))
	return n > 0, err
}

// Replay is one remembered answer to a request that carried an idempotency token. (C-GEN-6)
type Replay struct {
	Account   ident.Account
	Region    ident.Region
	Operation string
	Token     string
	Request   string // digest of the request without its token
	Answer    string // the answer as JSON
	Created   time.Time
}

// What was asked and answered may hold secrets, so a row has both in one envelope, which is bound to its key.
func (r Replay) about() string {
	return strings.Join([]string{"idempotency", string(r.Account), string(r.Region), r.Operation, r.Token}, "\x00")
}

func (r Replay) seal(keys seal.Ring) (string, error) {
	plain, err := json.Marshal([2]string{r.Request, r.Answer})
	if err != nil {
		return "", err
	}
	return keys.Seal(plain, r.about())
}

func (r *Replay) open(keys seal.Ring, envelope string) error {
	plain, err := keys.Open(envelope, r.about())
	if err != nil {
		return err
	}
	var both [2]string
	err = json.Unmarshal(plain, &both)
	r.Request, r.Answer = both[0], both[1]
	return err
}

// Replay reads what was answered to an earlier request with the same token.
func (tx *Tx) Replay(k Replay) (Replay, bool, error) {
	envelope, ok, err := one(tx, func(s scanner) (text string, err error) { return text, s.Scan(&text) },
		`SELECT answer FROM idempotency WHERE account = $1 AND region = $2 AND operation = $3 AND token = $4`,
		k.Account, k.Region, k.Operation, k.Token)
	if err == nil && ok {
		err = k.open(tx.keys, envelope)
	}
	if err != nil {
		return k, false, fmt.Errorf("load replay of %s: %w", k.Operation, err)
	}
	return k, ok, nil
}

// ClaimReplay takes a token for the request under way, and reports false if another request has had it: then Replay has
// what that was answered.
func (tx *Tx) ClaimReplay(k Replay) (bool, error) {
	n, err := tx.exec(`INSERT INTO idempotency_claim (account, region, operation, token) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		k.Account, k.Region, k.Operation, k.Token)
	if err != nil {
		return false, fmt.Errorf("claim token of %s: %w", k.Operation, err)
	}
	return n > 0, nil
}

// InsertReplay remembers an answer.
func (tx *Tx) InsertReplay(r Replay) error {
	envelope, err := r.seal(tx.keys)
	if err == nil {
		err = tx.put(`INSERT INTO idempotency (account, region, operation, token, request, answer, created, sealed_by)
			VALUES ($1, $2, $3, $4, '', $5, $6, $7)`, r.Account, r.Region, r.Operation, r.Token, envelope, micros(r.Created), tx.keys.Current())
	}
	if err != nil {
		return fmt.Errorf("remember answer of %s: %w", r.Operation, err)
	}
	return nil
}

// DeleteReplays forgets answers older than a moment, at most limit of them a call.
func (tx *Tx) DeleteReplays(before time.Time, limit int) error {
	const old = `WHERE (account, region, operation, token) IN (
		SELECT account, region, operation, token FROM idempotency WHERE created < $1 ORDER BY created, account, region, operation, token
		LIMIT CAST($2 AS BIGINT))`
	for _, q := range []string{`DELETE FROM idempotency_claim ` + old, `DELETE FROM idempotency ` + old} {
		if err := tx.put(q, micros(before), limit); err != nil {
			return fmt.Errorf("forget old answers: %w", err)
		}
	}
	return nil
}
