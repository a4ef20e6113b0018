package issuer

import (
	"context"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"portico/internal/egress"
	"portico/internal/fault"
	"portico/internal/testkit/issuertest"
)

type claims = issuertest.Claims

// lab is a provider with a key of either kind, and a verifier whose clock the test moves.
type lab struct {
	*testing.T
	issuer   *issuertest.Issuer
	rsa, ec  issuertest.Key
	clock    time.Time
	verifier *Verifier
	provider Provider
}

func newLab(t *testing.T) *lab {
	l := &lab{T: t, clock: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	l.rsa, l.ec = issuertest.RSA(t, "rsa", 2048, jose.RS256), issuertest.EC(t, "ec", elliptic.P256())
	l.issuer = issuertest.Start(t, l.rsa, l.ec)
	l.verifier = New(egress.Loopback, func() time.Time { return l.clock })
	l.provider = Provider{Name: "p", Issuer: l.issuer.URL, Thumbprints: []string{strings.ToUpper(l.issuer.Thumbprint)}}
	return l
}

// good are the claims of a token that is good for five minutes.
func (l *lab) good() claims {
	return claims{"iss": l.issuer.URL, "sub": "ann", "aud": "portico", "iat": l.clock.Unix(), "exp": l.clock.Add(5 * time.Minute).Unix()}
}

func (l *lab) verify(token string) (Claims, error) {
	return l.verifier.Verify(context.Background(), l.provider, token)
}

// refused has to fail with a code and a message that holds text.
func (l *lab) refused(name, token, code, text string) {
	l.Helper()
	c, err := l.verify(token)
	if f, ok := fault.Of(err); !ok || f.Code != code || !strings.Contains(f.Message, text) {
		l.Errorf("%s: %+v, %v; want %s: %s", name, c, err, code, text)
	}
}

func (l *lab) taken(name, token string) Claims {
	l.Helper()
	c, err := l.verify(token)
	if err != nil {
		l.Errorf("%s: %v", name, err)
	}
	return c
}

func TestVerify(t *testing.T) {
	l := newLab(t)
	for _, k := range []issuertest.Key{l.rsa, l.ec} {
		if got := l.taken(k.Name, k.Sign(t, l.good())).Subject; got != "ann" {
			t.Errorf("%s: subject %q", k.Name, got)
		}
	}
	if n := l.issuer.Asked(); n != 2 {
		t.Errorf("the provider was asked %d times for one configuration and one set of keys", n)
	}
	got := l.taken("all claims", l.ec.Sign(t, l.good().With(claims{
		"aud": []string{"one", "two"}, "azp": "two", "amr": []string{"pwd", "otp"}, "email": "ann@example.com", "nbf": l.clock.Add(time.Minute).Unix(),
		"exp": float64(l.clock.Unix()) + 60.5, "SUB": "bob", "\u017fub": "bob", "Iat": 5, "custom": map[string]any{"a": []int{1}},
		"https://aws.amazon.com/source_identity": "ann-s",
		"https://aws.amazon.com/tags":            claims{"principal_tags": claims{"team": []string{"red"}}, "transitive_tag_keys": []string{"team"}},
	})))
	want := Claims{Issuer: l.issuer.URL, Subject: "ann", Audiences: []string{"one", "two"}, Party: "two", Methods: []string{"pwd", "otp"}, Email: "ann@example.com",
		Issued: l.clock, Expires: l.clock.Add(60500 * time.Millisecond), NotBefore: l.clock.Add(time.Minute),
		SourceIdentity: "ann-s", Tags: map[string]string{"team": "red"}, Transitive: []string{"team"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	flat := l.taken("flat tags", l.ec.Sign(t, l.good().With(claims{
		"https://aws.amazon.com/tags/principal_tags/team": "red", "https://aws.amazon.com/tags/transitive_tag_keys": []string{"team"}})))
	if flat.Tags["team"] != "red" || len(flat.Transitive) != 1 || flat.Audience() != "portico" || got.Audience() != "two" {
		t.Errorf("flat tags %+v", flat)
	}
	if (Claims{Audiences: []string{"one", "two"}}).Audience() != "" {
		t.Error("a token for two is for one of them")
	}
}

func TestAlgorithms(t *testing.T) {
	l := newLab(t)
	big := issuertest.RSA(t, "any", 3072, jose.PS256)
	keys := []issuertest.Key{issuertest.EC(t, "p384", elliptic.P384()), issuertest.EC(t, "p521", elliptic.P521())}
	set := issuertest.Published(keys...)
	set.Keys = append(set.Keys, jose.JSONWebKey{Key: big.Private.Public(), KeyID: "any"})
	l.issuer.Answer(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/keys") {
			json.NewEncoder(w).Encode(set)
			return
		}
		fmt.Fprintf(w, `{"issuer": %q, "jwks_uri": %q}`, l.issuer.URL, l.issuer.URL+"/keys")
	})
	for _, a := range []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512} {
		keys = append(keys, issuertest.Key{Name: "any", Algorithm: a, Private: big.Private})
	}
	for _, k := range keys {
		l.taken(string(k.Algorithm), k.Sign(t, l.good()))
	}
}

// TestForged lists tokens that no provider has signed like that.
func TestForged(t *testing.T) {
	l := newLab(t)
	good := l.rsa.Sign(t, l.good())
	parts := strings.Split(good, ".")
	other := strings.Split(l.rsa.Sign(t, l.good().With(claims{"sub": "bob"})), ".")
	stranger := issuertest.RSA(t, "rsa", 2048, jose.RS256)
	public, err := x509.MarshalPKIXPublicKey(l.rsa.Private.Public())
	if err != nil {
		t.Fatal(err)
	}
	confused := issuertest.Forge(`{"alg":"HS256","kid":"rsa"}`, l.good(), "")
	mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))
	mac.Write([]byte(strings.TrimSuffix(confused, ".")))
	embedded, err := json.Marshal(jose.JSONWebKey{Key: stranger.Private.Public(), KeyID: "rsa"})
	if err != nil {
		t.Fatal(err)
	}
	jws, err := jose.ParseSigned(good, signatures())
	if err != nil {
		t.Fatal(err)
	}
	const invalid = "signature of the ID Token provided is not valid"
	for _, c := range []struct{ name, token, text string }{
		{"nothing", "aaaa", "not a valid JWT"},
		{"two parts", parts[0] + "." + parts[1], "not a valid JWT"},
		{"four parts", good + "." + parts[2], "not a valid JWT"},
		{"full form", jws.FullSerialize(), "not a valid JWT"},
		{"padded", parts[0] + "." + parts[1] + "." + parts[2] + "=", "not a valid JWT"},
		{"line end", parts[0] + "." + parts[1] + "\n." + parts[2], "not a valid JWT"},
		{"payload no JSON", parts[0] + ".bm9uZQ." + parts[2], "not a valid JWT"},
		{"payload null", parts[0] + ".bnVsbA." + parts[2], "not a valid JWT"},
		{"header no JSON", "bm9uZQ." + parts[1] + "." + parts[2], "must be a JWT of"},
		{"none", issuertest.Forge(`{"alg":"none","kid":"rsa"}`, l.good(), ""), "must be a JWT of"},
		{"None", issuertest.Forge(`{"alg":"None","kid":"rsa"}`, l.good(), ""), "must be a JWT of"},
		{"no algorithm", issuertest.Forge(`{"kid":"rsa"}`, l.good(), "x"), "must be a JWT of"},
		{"HS256 by the public key", confused + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), "must be a JWT of"},
		{"no signature", parts[0] + "." + parts[1] + ".", invalid},
		{"another's payload", parts[0] + "." + other[1] + "." + parts[2], invalid},
		{"another's key", stranger.Sign(t, l.good()), invalid},
		{"key in the header", issuertest.Forge(`{"alg":"RS256","kid":"rsa","jwk":`+string(embedded)+`}`, l.good(), "x"), invalid},
		{"name of another key", issuertest.Key{Name: "ec", Algorithm: jose.RS256, Private: l.rsa.Private}.Sign(t, l.good()), "Couldn't retrieve verification key"},
		{"another algorithm of the key", issuertest.Key{Name: "rsa", Algorithm: jose.RS512, Private: l.rsa.Private}.Sign(t, l.good()), "Couldn't retrieve verification key"},
		{"critical header", issuertest.Forge(`{"alg":"RS256","kid":"rsa","crit":["x"],"x":1}`, l.good(), "x"), invalid},
	} {
		l.refused(c.name, c.token, InvalidToken, c.text)
	}
	l.taken("the good one", good)
}

func TestClaims(t *testing.T) {
	l := newLab(t)
	now := l.clock.Unix()
	for _, c := range []struct {
		name       string
		with       claims
		code, text string
	}{
		{"no issuer", claims{"iss": nil}, InvalidToken, "iss"},
		{"another issuer", claims{"iss": "https://example.com"}, InvalidToken, "The token is of the issuer https://example.com"},
		{"an issuer with a slash", claims{"iss": l.issuer.URL + "/"}, InvalidToken, "The token is of the issuer"},
		{"an issuer by a letter that folds", claims{"i\u017fs": "https://example.com"}, InvalidToken, "must be a JWT of"},
		{"no subject", claims{"sub": nil}, InvalidToken, "sub"},
		{"empty subject", claims{"sub": ""}, InvalidToken, "sub"},
		{"number as subject", claims{"sub": 5}, InvalidToken, "sub"},
		{"subject with a line end", claims{"sub": "a\nb"}, InvalidToken, "sub"},
		{"long subject", claims{"sub": strings.Repeat("x", 256)}, InvalidToken, "sub is longer than 255"},
		{"no audience", claims{"aud": nil}, InvalidToken, "aud"},
		{"empty audience", claims{"aud": []string{}}, InvalidToken, "aud"},
		{"null audience", claims{"aud": []any{nil}}, InvalidToken, "aud"},
		{"no expiry", claims{"exp": nil}, InvalidToken, "exp"},
		{"text as expiry", claims{"exp": "tomorrow"}, InvalidToken, "exp"},
		{"expiry far away", claims{"exp": 1e300}, InvalidToken, "exp"},
		{"no time of issue", claims{"iat": nil}, InvalidToken, "iat"},
		{"expired", claims{"exp": now}, ExpiredToken, fmt.Sprintf("Token expired: current date/time %d must be before the expiration date/time %d", now, now)},
		{"long ago", claims{"exp": -5}, ExpiredToken, "Token expired"},
		{"issued later", claims{"iat": now + 301}, RejectedClaim, "not valid yet"},
		{"good later", claims{"nbf": now + 301}, RejectedClaim, "not valid yet"},
		{"tags of two values", claims{"https://aws.amazon.com/tags": claims{"principal_tags": claims{"k": []string{"a", "b"}}}}, RejectedClaim, "each tag has one value"},
		{"tags no object", claims{"https://aws.amazon.com/tags": "x"}, RejectedClaim, "tags"},
		{"tags in both forms", claims{"https://aws.amazon.com/tags": claims{"principal_tags": claims{"k": "a"}}, "https://aws.amazon.com/tags/principal_tags/k": "b"}, RejectedClaim, "tags"},
	} {
		l.refused(c.name, l.rsa.Sign(t, l.good().With(c.with)), c.code, c.text)
	}
	l.taken("clocks apart", l.rsa.Sign(t, l.good().With(claims{"iat": now + 300, "nbf": now + 300, "exp": now + 1})))
	if _, err := read([]byte(`{"sub":"a","iss":"b","aud":"c","exp":1,"iat":1,"x":{"sub":1},"y":[{"z":1}],"sub":"b"}`)); err == nil {
		t.Error("a claim that is there twice is taken")
	}
}

func TestRotation(t *testing.T) {
	l := newLab(t)
	next := issuertest.EC(t, "next", elliptic.P256())
	l.taken("old", l.ec.Sign(t, l.good()))
	l.issuer.Publish(next)
	asked := l.issuer.Asked()

	const absent = "Couldn't retrieve verification key"
	l.refused("new, at once", next.Sign(t, l.good()), InvalidToken, absent)
	l.clock = l.clock.Add(unknownPause - time.Second)
	l.refused("new, soon", next.Sign(t, l.good()), InvalidToken, absent)
	l.taken("old, which is kept", l.ec.Sign(t, l.good()))
	if n := l.issuer.Asked(); n != asked {
		t.Errorf("the provider was asked %d times within %s", n-asked, unknownPause)
	}
	l.clock = l.clock.Add(time.Second)
	l.taken("new, later", next.Sign(t, l.good()))
	l.refused("old, which is gone", l.ec.Sign(t, l.good()), InvalidToken, absent)
	if n := l.issuer.Asked(); n != asked+2 {
		t.Errorf("the provider was asked %d times, want one configuration and one set of keys", n-asked)
	}
	for range 5 {
		l.refused("nobody's", issuertest.EC(t, "nobody", elliptic.P256()).Sign(t, l.good()), InvalidToken, absent)
	}
	if n := l.issuer.Asked(); n != asked+2 {
		t.Errorf("unknown keys have it asked %d times", n-asked)
	}
}

// TestLife looks at how long keys are believed that the provider does not publish any more.
func TestLife(t *testing.T) {
	for _, c := range []struct {
		header string
		life   time.Duration
	}{
		{"", time.Hour}, {"public, Max-Age=600", 10 * time.Minute}, {"max-age=1", time.Minute}, {"max-age=99999999", 24 * time.Hour},
		{"no-store", time.Minute}, {"no-cache, max-age=600", time.Minute}, {`max-age="120"`, 2 * time.Minute}, {"max-age=soon", time.Minute}, {"private", time.Hour},
	} {
		if got := life(c.header); got != c.life {
			t.Errorf("%q: %s, want %s", c.header, got, c.life)
		}
	}
	l := newLab(t)
	l.issuer.Cache("max-age=600")
	token := l.ec.Sign(t, l.good().With(claims{"exp": l.clock.Add(time.Hour).Unix()}))
	l.taken("fresh", token)
	l.issuer.Publish()
	l.clock = l.clock.Add(10*time.Minute - 1)
	l.taken("kept", token)
	l.clock = l.clock.Add(1)
	l.refused("old", token, InvalidToken, "Couldn't retrieve verification key")
}

func TestUnreachable(t *testing.T) {
	l := newLab(t)
	token := l.rsa.Sign(t, l.good())
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		cause  string
	}{
		{"failure", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, "500"},
		{"no JSON", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, "its configuration"},
		{"another issuer", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"issuer":"https://example.com"}`) }, `of the issuer "https://example.com"`},
		{"keys without TLS", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":"http://127.0.0.1/keys"}`, l.issuer.URL)
		}, "does not begin with https"},
		{"keys far from here", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":"https://10.0.0.1/keys"}`, l.issuer.URL)
		}, "10.0.0.1 is not public"},
		{"redirect to plain text", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1/", http.StatusFound)
		}, "https to http"},
		{"long", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat(" ", maxConfiguration+1)) }, "more than 65536 bytes"},
		{"no keys", func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/keys") {
				fmt.Fprint(w, "[]")
				return
			}
			fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, l.issuer.URL, l.issuer.URL+"/keys")
		}, "its keys: json"},
	} {
		l.issuer.Answer(c.answer)
		_, err := l.verify(token)
		f, ok := fault.Of(err)
		if !ok || f.Code != Unreachable || !strings.Contains(err.Error(), c.cause) || strings.Contains(f.Message, c.cause) {
			t.Errorf("%s: %v; want %q for the log alone", c.name, err, c.cause)
		}
		asked := l.issuer.Asked()
		l.clock = l.clock.Add(failurePause - 1)
		if _, err := l.verify(token); !errors.Is(err, f) || l.issuer.Asked() != asked {
			t.Errorf("%s: asked again at once: %v", c.name, err)
		}
		l.clock = l.clock.Add(1)
	}
	l.issuer.Answer(nil)
	l.taken("back again", token)

	near := New(egress.Public, func() time.Time { return l.clock })
	if _, err := near.Verify(context.Background(), l.provider, token); err == nil || !strings.Contains(err.Error(), "is not public") {
		t.Errorf("a provider on this machine is asked: %v", err)
	}
}

// TestThumbprints looks at which certificates are believed, and by whom.
func TestThumbprints(t *testing.T) {
	l := newLab(t)
	token, good := l.rsa.Sign(t, l.good()), l.provider
	for _, thumbprints := range [][]string{nil, {strings.Repeat("0", 40)}} {
		l.provider.Thumbprints = thumbprints
		l.refused("no certificate that is known", token, InvalidToken, "certificate doesn't match configured thumbprint")
	}
	l.provider = good
	l.taken("the right one", token)
	l.provider.Name, l.provider.Thumbprints = "other", nil
	l.refused("keys that another trusts", token, InvalidToken, "thumbprint")

	// The certificate is not one for this name.
	l.provider = Provider{Name: "name", Issuer: strings.Replace(l.issuer.URL, "127.0.0.1", "localhost", 1), Thumbprints: good.Thumbprints}
	l.refused("another name", l.rsa.Sign(t, l.good().With(claims{"iss": l.provider.Issuer})), InvalidToken, "thumbprint")
}

// TestReadKeys passes over what is not a key for signatures.
func TestReadKeys(t *testing.T) {
	weak := issuertest.RSA(t, "weak", 1024, jose.RS256)
	good := issuertest.EC(t, "good", elliptic.P256())
	set := issuertest.Published(weak, good)
	set.Keys = append(set.Keys, jose.JSONWebKey{Key: good.Private.Public(), KeyID: "enc", Use: "enc"},
		jose.JSONWebKey{Key: []byte("secret"), KeyID: "oct"}, jose.JSONWebKey{Key: good.Private, KeyID: "private"})
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	text = []byte(strings.Replace(string(text), `{"keys":[`, `{"keys":[{"kty":"unknown"},5,`, 1))
	keys, err := readKeys(text)
	if err != nil || len(keys) != 1 || keys[0].KeyID != "good" {
		t.Errorf("keys %v, %v", keys, err)
	}
	if _, err := readKeys([]byte(`{"keys":[` + strings.Repeat("1,", maxKeys) + `1]}`)); err == nil {
		t.Error("any number of keys is taken")
	}
	one, two := jose.JSONWebKey{Key: good.Private.Public(), KeyID: "a"}, jose.JSONWebKey{Key: good.Private.Public(), KeyID: "b"}
	if len(matching([]jose.JSONWebKey{one}, "", "ES256")) != 1 || matching([]jose.JSONWebKey{one, two}, "", "ES256") != nil {
		t.Error("a token that names no key is held to the only one, or to any")
	}
}

// TestForgets looks at how much is kept.
func TestForgets(t *testing.T) {
	l := newLab(t)
	first := l.verifier.set(Provider{Name: "first"})
	for i := range maxProviders - 1 {
		l.verifier.set(Provider{Name: fmt.Sprint(i)})
	}
	if l.verifier.set(Provider{Name: "first"}) != first {
		t.Error("it forgets too early")
	}
	l.verifier.set(Provider{Name: "one more"})
	if n := len(l.verifier.sets); n != 1 {
		t.Errorf("%d providers are kept", n)
	}
}

// TestImpatient looks at whoever leaves while others wait for the provider.
func TestImpatient(t *testing.T) {
	l := newLab(t)
	l.verifier.set(l.provider).turn <- struct{}{}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := l.verifier.Verify(ctx, l.provider, l.rsa.Sign(t, l.good())); !errors.Is(err, context.Canceled) {
		t.Errorf("who has left goes on waiting: %v", err)
	}
}

// TestTogether has many tokens come at once, of which one asks the provider.
func TestTogether(t *testing.T) {
	l := newLab(t)
	token := l.ec.Sign(t, l.good())
	failed := make(chan error)
	for range 20 {
		go func() {
			_, err := l.verify(token)
			failed <- err
		}()
	}
	for range 20 {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	if n := l.issuer.Asked(); n != 2 {
		t.Errorf("the provider was asked %d times", n)
	}
}
