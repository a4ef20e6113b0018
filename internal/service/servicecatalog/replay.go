package servicecatalog

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/store"
)

const (
	replayLife  = 24 * time.Hour // C-GEN-6
	replaySweep = 64             // old answers forgotten with one in sixteen new ones
)

// replayKey names what is remembered of one request; request is the input with its token.
func (s *Service) replayKey(who access.Caller, op, token string, request any) (store.Replay, error) {
	text, err := json.Marshal(request)
	if err != nil {
		return store.Replay{}, fmt.Errorf("digest request: %w", err)
	}
	sum := sha256.Sum256(text)
	return store.Replay{Account: who.Account, Region: who.Region, Operation: op, Token: token,
		Request: hex.EncodeToString(sum[:]), Created: s.Now()}, nil
}

// recall gives the answer to an earlier equal request, nil if there was none; another request with the same token is
// refused. (C-GEN-6)
func recall[Out any](tx *store.Tx, key store.Replay) (*Out, error) {
	old, ok, err := tx.Replay(key)
	if err != nil || !ok {
		return nil, err
	}
	if old.Request != key.Request {
		return nil, usedBefore(key.Token)
	}
	out := new(Out)
	return out, json.Unmarshal([]byte(old.Answer), out)
}

func usedBefore(token string) error {
	return fault.Invalidf("IdempotencyToken %s was used before with different parameters", token)
}

// once runs a create that carries an idempotency token: the same request again gets the first answer. (C-GEN-6)
func once[Out any](s *Service, tx *store.Tx, key store.Replay, do func() (*Out, error)) (*Out, error) {
	free, err := tx.ClaimReplay(key)
	if err != nil {
		return nil, err
	}
	if !free {
		if out, err := recall[Out](tx, key); err != nil || out != nil {
			return out, err
		}
	}
	out, err := do()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("remember answer: %w", err)
	}
	key.Answer = string(text)
	if err := tx.InsertReplay(key); err != nil || key.Request[0] != '0' {
		return out, err
	}
	return out, tx.DeleteReplays(s.Now().Add(-replayLife), replaySweep)
}
