// Package issuertest is an OpenID Connect provider for tests: it publishes its configuration and keys over TLS on this
// machine, under a certificate of its own, and signs tokens.
package issuertest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// Issuer is a running provider.
type Issuer struct {
	URL        string // its address, as its tokens name it
	Host       string // the same without the scheme
	Thumbprint string // of its certificate

	mu     sync.Mutex
	keys   []Key
	asked  int
	answer http.HandlerFunc // instead of the usual ones
	cache  string
}

// Key is one that a provider signs with.
type Key struct {
	Name      string
	Algorithm jose.SignatureAlgorithm
	Private   crypto.Signer
}

// RSA makes a key for RS and PS algorithms.
func RSA(t testing.TB, name string, bits int, algorithm jose.SignatureAlgorithm) Key {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return Key{name, algorithm, k}
}

// EC makes a key for the algorithm of a curve.
func EC(t testing.TB, name string, curve elliptic.Curve) Key {
	t.Helper()
	k, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return Key{name, map[int]jose.SignatureAlgorithm{256: jose.ES256, 384: jose.ES384, 521: jose.ES512}[curve.Params().BitSize], k}
}

// Start runs a provider with some keys until the test ends.
func Start(t testing.TB, keys ...Key) *Issuer {
	t.Helper()
	i := &Issuer{keys: keys}
	s := httptest.NewTLSServer(http.HandlerFunc(i.serve))
	t.Cleanup(s.Close)
	sum := sha1.Sum(s.Certificate().Raw)
	i.URL, i.Host, i.Thumbprint = s.URL, s.Listener.Addr().String(), hex.EncodeToString(sum[:])
	return i
}

func (i *Issuer) serve(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.asked++
	if i.answer != nil {
		i.answer(w, r)
		return
	}
	if i.cache != "" {
		w.Header().Set("Cache-Control", i.cache)
	}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		reply(w, map[string]string{"issuer": i.URL, "jwks_uri": i.URL + "/keys"})
	case "/keys":
		reply(w, Published(i.keys...))
	default:
		http.NotFound(w, r)
	}
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(err) // what is written here can always be
	}
}

// Published is the public part of keys.
func Published(keys ...Key) jose.JSONWebKeySet {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: k.Private.Public(), KeyID: k.Name, Algorithm: string(k.Algorithm), Use: "sig"})
	}
	return set
}

// Publish replaces the keys.
func (i *Issuer) Publish(keys ...Key) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = keys
}

// Cache sets the Cache-Control header of answers.
func (i *Issuer) Cache(header string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.cache = header
}

// Answer answers everything from now on by another handler, or with nil as usual.
func (i *Issuer) Answer(h http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.answer = h
}

// Asked is how many requests it has had.
func (i *Issuer) Asked() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked
}

// Claims are what a token says.
type Claims map[string]any

// With adds claims to a copy; a nil one is taken away.
func (c Claims) With(more Claims) Claims {
	out := maps.Clone(c)
	for name, value := range more {
		out[name] = value
		if value == nil {
			delete(out, name)
		}
	}
	return out
}

// Sign makes a token.
func (k Key) Sign(t testing.TB, c Claims) string {
	t.Helper()
	options := (&jose.SignerOptions{}).WithType("JWT")
	if k.Name != "" {
		options = options.WithHeader("kid", k.Name)
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: k.Algorithm, Key: k.Private}, options)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := s.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// Forge makes a token of any header and signature.
func Forge(header string, c Claims, signature string) string {
	payload, err := json.Marshal(c)
	if err != nil {
		panic(fmt.Sprintf("issuertest: %v", err)) // tests give what can be encoded
	}
	b64 := base64.RawURLEncoding.EncodeToString
	return b64([]byte(header)) + "." + b64(payload) + "." + b64([]byte(signature))
}
