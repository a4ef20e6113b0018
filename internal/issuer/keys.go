package issuer

import (
	"context"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"portico/internal/fault"
)

// How long what a provider publishes is kept, and how often it is asked.
const (
	usualLife = time.Hour
	leastLife = time.Minute
	mostLife  = 24 * time.Hour

	unknownPause = 30 * time.Second // before it is asked again for a key that it did not have
	failurePause = 5 * time.Second  // before it is asked again after it gave no answer
	patience     = 10 * time.Second // for all that is fetched at once
)

// What a provider may publish at most.
const (
	maxConfiguration = 64 << 10 // bytes
	maxKeySet        = 256 << 10
	maxKeys          = 100
	minModulus       = 2048 // bits
	maxModulus       = 8192
)

// doer is an HTTP client.
type doer interface {
	Do(*http.Request) (*http.Response, error)
}

// keySet is the keys of one provider.
type keySet struct {
	provider Provider
	now      func() time.Time
	client   func(Provider) doer
	turn     chan struct{} // held by the one who asks the provider

	mu    sync.Mutex
	keys  []jose.JSONWebKey
	until time.Time // when the keys are to be fetched anew
	asked time.Time // when the provider was asked last
	err   error     // what came of it
}

// find returns the keys that may have made a signature: those of the name that it gives, or the only one of its kind if it
// gives none. A provider is asked when its keys have grown old, and when it may have a new one.
func (s *keySet) find(ctx context.Context, name, algorithm string) ([]jose.JSONWebKey, error) {
	if keys, ok, err := s.kept(name, algorithm); ok {
		return keys, err
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-s.turn }()
	if keys, ok, err := s.kept(name, algorithm); ok { // somebody has asked meanwhile
		return keys, err
	}
	keys, life, err := s.fetch(ctx)
	s.mu.Lock()
	s.asked, s.err = s.now(), err
	if err == nil {
		s.keys, s.until = keys, s.asked.Add(life)
	}
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if keys = matching(keys, name, algorithm); len(keys) == 0 {
		err = errNoKey()
	}
	return keys, err
}

// kept answers find by what is at hand; ok is false where the provider has to be asked.
func (s *keySet) kept(name, algorithm string) (keys []jose.JSONWebKey, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if now.Before(s.until) {
		if keys = matching(s.keys, name, algorithm); len(keys) > 0 {
			return keys, true, nil
		}
	}
	idle := now.Sub(s.asked)
	switch {
	case s.asked.IsZero():
		return nil, false, nil
	case s.err != nil && idle < failurePause:
		return nil, true, s.err
	case s.err == nil && now.Before(s.until) && idle < unknownPause:
		return nil, true, errNoKey()
	}
	return nil, false, nil
}

func errNoKey() error {
	return invalid("Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements")
}

// matching leaves the keys that may have made a signature.
func matching(all []jose.JSONWebKey, name, algorithm string) []jose.JSONWebKey {
	var keys []jose.JSONWebKey
	for _, k := range all {
		if (name == "" || k.KeyID == name) && (k.Algorithm == "" || k.Algorithm == algorithm) && makes(k, algorithm) {
			keys = append(keys, k)
		}
	}
	if name == "" && len(keys) > 1 {
		return nil
	}
	return keys
}

// makes reports whether a key is one for an algorithm.
func makes(k jose.JSONWebKey, algorithm string) bool {
	switch key := k.Key.(type) {
	case *rsa.PublicKey:
		return strings.HasPrefix(algorithm, "RS") || strings.HasPrefix(algorithm, "PS")
	case *ecdsa.PublicKey:
		return algorithm == map[int]string{256: "ES256", 384: "ES384", 521: "ES512"}[key.Curve.Params().BitSize]
	}
	return false
}

// fetch reads the provider's configuration and its keys. It goes on when the one who asked has left, since others wait.
func (s *keySet) fetch(ctx context.Context) ([]jose.JSONWebKey, time.Duration, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	client := s.client(s.provider)
	text, _, err := get(ctx, client, strings.TrimSuffix(s.provider.Issuer, "/")+"/.well-known/openid-configuration", maxConfiguration)
	if err != nil {
		return nil, 0, s.failure(err)
	}
	var configuration struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	if err := json.Unmarshal(text, &configuration); err != nil {
		return nil, 0, s.failure(fmt.Errorf("its configuration: %w", err))
	}
	if configuration.Issuer != s.provider.Issuer {
		return nil, 0, s.failure(fmt.Errorf("its configuration is that of the issuer %q", configuration.Issuer))
	}
	text, life, err := get(ctx, client, configuration.Keys, maxKeySet)
	if err != nil {
		return nil, 0, s.failure(err)
	}
	keys, err := readKeys(text)
	if err != nil {
		return nil, 0, s.failure(err)
	}
	return keys, life, nil
}

// failure words why a provider gave no keys. What exactly went wrong is for the log: whoever asks may be anybody.
func (s *keySet) failure(cause error) error {
	if errors.Is(cause, errUnattested) {
		return fmt.Errorf("%w (%w)", invalid("OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"), cause)
	}
	return fmt.Errorf("%w (%w)", fault.Statef("The identity provider %s could not be asked for its keys. "+
		"Retry the request a limited number of times.", s.provider.Issuer).Named(Unreachable), cause)
}

// readKeys reads a set of keys. Those that are not for signatures, or weak, or of a kind unknown here are passed over.
func readKeys(text []byte) ([]jose.JSONWebKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, fmt.Errorf("its keys: %w", err)
	}
	if len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("it has %d keys, more than %d", len(set.Keys), maxKeys)
	}
	var keys []jose.JSONWebKey
	for _, raw := range set.Keys {
		var k jose.JSONWebKey
		if k.UnmarshalJSON(raw) != nil || !k.IsPublic() || k.Use != "" && k.Use != "sig" {
			continue
		}
		if r, ok := k.Key.(*rsa.PublicKey); ok && (r.N.BitLen() < minModulus || r.N.BitLen() > maxModulus) {
			continue
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// get reads a file of a provider, and tells how long it may be kept.
func get(ctx context.Context, client doer, address string, most int64) ([]byte, time.Duration, error) {
	if u, err := url.Parse(address); err != nil || u.Scheme != "https" || u.Host == "" {
		return nil, 0, fmt.Errorf("the address %q does not begin with https://", address)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, 0, err
	}
	r.Header.Set("Accept", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		return nil, 0, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, 0, fmt.Errorf("%s answers %s", address, answer.Status)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, most+1))
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", address, err)
	}
	if int64(len(text)) > most {
		return nil, 0, fmt.Errorf("%s has more than %d bytes", address, most)
	}
	return text, life(answer.Header.Get("Cache-Control")), nil
}

// life is how long an answer may be kept by its Cache-Control header, within bounds.
func life(header string) time.Duration {
	keep := usualLife
	for part := range strings.SplitSeq(strings.ToLower(header), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "no-store", "no-cache":
			return leastLife
		case "max-age":
			seconds, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31)
			if err != nil {
				return leastLife
			}
			keep = time.Duration(seconds) * time.Second
		}
	}
	return min(max(keep, leastLife), mostLife)
}
