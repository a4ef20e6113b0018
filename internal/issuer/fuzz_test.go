package issuer

import (
	"context"
	"crypto/elliptic"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"portico/internal/fault"
	"portico/internal/testkit/issuertest"
)

// published answers for a provider without a network.
type published struct{ keys []issuertest.Key }

func (p published) Do(r *http.Request) (*http.Response, error) {
	text, err := json.Marshal(issuertest.Published(p.keys...))
	if strings.HasSuffix(r.URL.Path, "/openid-configuration") {
		text = []byte(`{"issuer":"https://idp.example.com","jwks_uri":"https://idp.example.com/keys"}`)
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(string(text)))}, err
}

// FuzzVerify shows any token. Only the very claims that the provider has signed may come out, and whatever is refused is
// refused by a fault under one of our names.
func FuzzVerify(f *testing.F) {
	clock := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	k := issuertest.EC(f, "k", elliptic.P256())
	v := &Verifier{now: func() time.Time { return clock }, client: func(Provider) doer { return published{[]issuertest.Key{k}} }}
	p := Provider{Name: "p", Issuer: "https://idp.example.com"}
	good := claims{"iss": p.Issuer, "sub": "ann", "aud": "portico", "iat": clock.Unix(), "exp": clock.Unix() + 60}
	token := k.Sign(f, good)
	parts := strings.Split(token, ".")
	for _, seed := range []string{
		token, parts[0] + "." + parts[1] + ".", parts[0] + ".e30." + parts[2], token + "A", "...", "{}",
		issuertest.Forge(`{"alg":"none"}`, good, ""), issuertest.Forge(`{"alg":"HS256","kid":"k"}`, good, "x"),
		issuertest.Forge(`{"alg":"ES256","kid":"k","b64":false,"crit":["b64"]}`, good, "x"),
		issuertest.Key{Name: "", Algorithm: jose.ES256, Private: k.Private}.Sign(f, good),
		k.Sign(f, good.With(claims{"aud": []any{1, nil}, "https://aws.amazon.com/tags": claims{"principal_tags": 5}})),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		_, _ = Issuer(token)
		c, err := v.Verify(context.Background(), p, token)
		if err == nil {
			if c.Issuer != p.Issuer || c.Subject != "ann" || c.Audience() != "portico" || c.Expires.Unix() != clock.Unix()+60 {
				t.Errorf("%q says %+v, which nobody has signed", token, c)
			}
			return
		}
		if f, ok := fault.Of(err); !ok || f.Code == "" {
			t.Errorf("%q: %v is no refusal", token, err)
		}
	})
}

// FuzzClaims reads any payload as if it were signed: for that matter providers may sign what their users say.
func FuzzClaims(f *testing.F) {
	for _, seed := range []string{
		`{"iss":"i","sub":"s","aud":["a"],"exp":1,"iat":1e0,"nbf":-1,"amr":"x"}`, `{"iss":"i","iss":"j"}`, `null`, `[]`, `{"a":{"b":[{}]},"c":"{"}`,
		`{"iss":"i","sub":"s","aud":"a","exp":1,"iat":1,"https://aws.amazon.com/tags":{"principal_tags":{"k":["v"]},"transitive_tag_keys":["k"]}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		c, err := read(payload)
		if err != nil {
			if f, ok := fault.Of(err); !ok || f.Code == "" {
				t.Errorf("%q: %v is no refusal", payload, err)
			}
			return
		}
		var whole map[string]any
		if err := json.Unmarshal(payload, &whole); err != nil || whole["sub"] != c.Subject || whole["iss"] != c.Issuer {
			t.Errorf("%q is read as %+v", payload, c)
		}
	})
}
