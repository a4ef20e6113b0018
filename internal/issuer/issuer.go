// Package issuer verifies the tokens by which OpenID Connect providers say who somebody is.
//
// A provider publishes its configuration and its keys on the web, below the address that its tokens name as their issuer.
// Verify has them fetched when they are not at hand, holds a token to them, and returns its claims. Who is trusted, for
// which audience and to do what, is the caller's to decide.
//
// What is kept of a provider is what it publishes, for as long as it says, within bounds. Nothing of a token is kept.
package issuer

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"portico/internal/egress"
	"portico/internal/fault"
)

// The names of the refusals.
const (
	InvalidToken  = "InvalidIdentityToken"
	ExpiredToken  = "ExpiredTokenException"
	RejectedClaim = "IDPRejectedClaim"
	Unreachable   = "IDPCommunicationError"
)

// Provider is one that somebody trusts.
type Provider struct {
	// Name tells apart who trusts it. What is fetched on the word of one's thumbprints is not believed by another.
	Name   string
	Issuer string // its address, exactly as its tokens have it
	// Thumbprints are the SHA-1 digests, in hexadecimal, of certificates that vouch for its hosts where no authority does
	// that this machine knows.
	Thumbprints []string
}

// maxProviders bounds of how many providers something is kept; when there are more, all goes.
const maxProviders = 1000

// Verifier verifies tokens. It is safe for concurrent use.
type Verifier struct {
	now    func() time.Time
	client func(Provider) doer

	mu   sync.Mutex
	sets map[string]*keySet
}

// New makes a verifier that asks no provider nearer than reach allows.
func New(reach egress.Reach, now func() time.Time) *Verifier {
	return &Verifier{now: now, client: func(p Provider) doer { return egress.AttestedClient(reach, attested(p.Thumbprints)) }}
}

// algorithms are the signatures that are taken. Those that anybody can make, by none or by what is published, are not.
func algorithms() []string {
	return []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512}
}

// Verify returns what a token claims, if the provider has signed it and it is good now. Its faults carry one of the names
// above. What they do not tell whoever shows the token, since it is about the provider, is wrapped around them.
func (v *Verifier) Verify(ctx context.Context, p Provider, token string) (Claims, error) {
	unverified, err := open(token)
	if err != nil {
		return Claims{}, err
	}
	if unverified.Issuer != p.Issuer {
		return Claims{}, invalid("The token is of the issuer %s, not of %s.", unverified.Issuer, p.Issuer)
	}
	set := &verification{verifier: v, provider: p}
	config := &oidc.Config{SupportedSigningAlgs: algorithms(), SkipClientIDCheck: true, SkipExpiryCheck: true, Now: v.now}
	if _, err := oidc.NewVerifier(p.Issuer, set, config).Verify(ctx, token); err != nil {
		if set.err != nil {
			return Claims{}, set.err
		}
		return Claims{}, fmt.Errorf("%w (%w)", invalid("The ID Token provided cannot be used: "+
			"it must be a JWT of %s, signed with one of %s.", p.Issuer, strings.Join(algorithms(), ", ")), err)
	}
	claims, err := read(set.payload)
	if err != nil {
		return Claims{}, err
	}
	return claims, claims.current(v.now())
}

// verification is the oidc.KeySet of one token.
type verification struct {
	verifier *Verifier
	provider Provider
	payload  []byte // once the signature has proved right
	err      error  // why it has not
}

// VerifySignature finds the key that a token names among the provider's, and returns the payload if it has signed it.
func (n *verification) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	signed, err := jose.ParseSigned(token, signatures())
	if err != nil {
		n.err = fmt.Errorf("%w (%w)", errMalformed(), err)
		return nil, n.err
	}
	head := signed.Signatures[0].Header
	keys, err := n.verifier.set(n.provider).find(ctx, head.KeyID, head.Algorithm)
	if err != nil {
		n.err = err
		return nil, err
	}
	for _, k := range keys {
		if n.payload, err = signed.Verify(k.Key); err == nil {
			return n.payload, nil
		}
	}
	n.err = invalid("The signature of the ID Token provided is not valid.")
	return nil, n.err
}

func signatures() []jose.SignatureAlgorithm {
	var all []jose.SignatureAlgorithm
	for _, a := range algorithms() {
		all = append(all, jose.SignatureAlgorithm(a))
	}
	return all
}

// set finds what is kept of a provider.
func (v *Verifier) set(p Provider) *keySet {
	name := strings.Join(append([]string{p.Name, p.Issuer}, p.Thumbprints...), "\x00")
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.sets[name]
	if s == nil {
		if v.sets == nil || len(v.sets) >= maxProviders {
			v.sets = map[string]*keySet{}
		}
		s = &keySet{provider: p, now: v.now, client: v.client, turn: make(chan struct{}, 1)}
		v.sets[name] = s
	}
	return s
}

func invalid(format string, args ...any) *fault.Fault {
	return fault.Invalidf(format, args...).Named(InvalidToken)
}

func errMalformed() *fault.Fault {
	return invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
}
