package sts_test

import (
	"bytes"
	"context"
	"crypto/elliptic"
	"encoding/xml"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/go-jose/go-jose/v4"

	"portico/internal/access"
	"portico/internal/assembly"
	"portico/internal/fault"
	"portico/internal/ident"
	iamapi "portico/internal/service/iam/api"
	psts "portico/internal/service/sts"
	"portico/internal/service/sts/api"
	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/issuertest"
)

type claims = issuertest.Claims

// idp is a provider that the home account of a cloud trusts, with the role web for whom it vouches.
type idp struct {
	cloud
	*issuertest.Issuer
	key  issuertest.Key
	arn  string // of the provider
	role string
}

func (c cloud) idp() idp {
	c.Helper()
	p := idp{cloud: c, key: issuertest.RSA(c, "one", 2048, jose.RS256)}
	p.Issuer = issuertest.Start(c, p.key)
	p.arn = c.trustIssuer(home, p.Issuer)
	p.role = c.role("web", trusts(`{"Federated":"`+p.arn+`"}`, `"StringEquals":{"`+p.Host+`:aud":"portico"},"StringLike":{"`+p.Host+`:sub":"repo:ours/*"}`), allow)
	return p
}

// trustIssuer registers a provider with an account.
func (c cloud) trustIssuer(account ident.Account, i *issuertest.Issuer) string {
	c.Helper()
	out, err := c.iam(account).CreateOpenIDConnectProvider(context.Background(), &iam.CreateOpenIDConnectProviderInput{
		Url: &i.URL, ClientIDList: []string{"portico", "other"}, ThumbprintList: []string{i.Thumbprint}})
	c.must(err)
	return *out.OpenIDConnectProviderArn
}

// good are the claims of a token that is good.
func (p idp) good() claims {
	now := time.Now().Unix()
	return claims{"iss": p.URL, "sub": "repo:ours/main", "aud": "portico", "iat": now, "exp": now + 300}
}

// visit shows a token, signed by nobody.
func (p idp) visit(in sts.AssumeRoleWithWebIdentityInput) (*sts.AssumeRoleWithWebIdentityOutput, error) {
	if in.RoleArn == nil {
		in.RoleArn = &p.role
	}
	in.RoleSessionName = aws.String("visit")
	return sts.NewFromConfig(aws.Config{Region: "us-east-1", BaseEndpoint: &p.server.URL, RetryMaxAttempts: 1}).AssumeRoleWithWebIdentity(context.Background(), &in)
}

func (p idp) show(c claims) (*sts.AssumeRoleWithWebIdentityOutput, error) {
	return p.visit(sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: aws.String(p.key.Sign(p, c))})
}

// TestWebIdentity follows somebody who has nothing but a token.
func TestWebIdentity(t *testing.T) {
	clouds(t, func(c cloud) {
		p := c.idp()
		out, err := p.show(p.good())
		c.must(err)
		if *out.Provider != p.URL || *out.Audience != "portico" || *out.SubjectFromWebIdentityToken != "repo:ours/main" {
			c.Errorf("answer %+v", out)
		}
		visitor := keyOf(out.Credentials)
		who, err := c.sts(visitor).GetCallerIdentity(context.Background(), &sts.GetCallerIdentityInput{})
		c.must(err)
		if want := "arn:aws:sts::111111111111:assumed-role/web/visit"; *who.Arn != want || *out.AssumedRoleUser.Arn != want || *who.UserId != *out.AssumedRoleUser.AssumedRoleId {
			c.Errorf("it is %s, and was said to be %s", *who.Arn, *out.AssumedRoleUser.Arn)
		}
		c.mays("the role", visitor, everyOne)

		// Session policies narrow it, and what the token said is still to be asked about.
		told := c.role("told", trusts(`{"Federated":"`+p.arn+`"}`, ""), `{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Action":"servicecatalog:*","Resource":"*","Condition":{"StringEquals":{"`+p.Host+`:sub":"repo:ours/main","`+p.Host+`:aud":"portico"},"ForAnyValue:StringEquals":{"`+p.Host+`:amr":"otp"}}},
			{"Effect":"Allow","Action":"iam:*","Resource":"*","Condition":{"ArnEquals":{"aws:FederatedProvider":"`+p.arn+`"}}},
			{"Effect":"Allow","Action":"sts:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"red","aws:SourceIdentity":"ann"}}}]}`)
		token := p.key.Sign(p, p.good().With(claims{"amr": []string{"pwd", "otp"}, "https://aws.amazon.com/source_identity": "ann",
			"https://aws.amazon.com/tags": claims{"principal_tags": claims{"team": []string{"red"}}, "transitive_tag_keys": []string{"team"}}}))
		out, err = p.visit(sts.AssumeRoleWithWebIdentityInput{RoleArn: &told, WebIdentityToken: &token})
		c.must(err)
		c.mays("what the token says", keyOf(out.Credentials), everyOne)
		if *out.SourceIdentity != "ann" {
			c.Errorf("source identity %s", *out.SourceIdentity)
		}
		chain := c.role("chain", trusts(`{"AWS":"`+told+`"}`, `"StringEquals":{"aws:RequestTag/team":"red","aws:SourceIdentity":"ann"}`), "")
		_, err = c.assume(keyOf(out.Credentials), sts.AssumeRoleInput{RoleArn: &chain})
		c.must(err)
		out, err = p.visit(sts.AssumeRoleWithWebIdentityInput{RoleArn: &told, WebIdentityToken: &token, Policy: aws.String(allowing("iam:*")), PolicyArns: managed("arn:aws:iam::aws:policy/AWSServiceCatalogEndUserReadOnlyAccess")})
		c.must(err)
		c.mays("with session policies", keyOf(out.Credentials), "ListUsers")

		// The way in which SDKs do it, who read the token from a file.
		provider := stscreds.NewWebIdentityRoleProvider(sts.NewFromConfig(aws.Config{Region: "us-east-1", BaseEndpoint: &p.server.URL}), p.role, file(p.key.Sign(p, p.good())))
		got, err := provider.Retrieve(context.Background())
		c.must(err)
		c.mays("an SDK", key{Key: got.AccessKeyID, Secret: got.SecretAccessKey, Token: got.SessionToken}, everyOne)
	})
}

// file is a token at hand.
type file string

func (f file) GetIdentityToken() ([]byte, error) { return []byte(f), nil }

// TestWebIdentityRefusals tells in which words a token is refused, and what is not told.
func TestWebIdentityRefusals(t *testing.T) {
	clouds(t, func(c cloud) {
		p := c.idp()
		now := time.Now().Unix()
		plain := c.role("plain", `{"Statement":{"Effect":"Allow","Principal":{"Federated":"`+p.arn+`"},"Action":"sts:AssumeRoleWithWebIdentity"}}`, "")
		everyone := c.role("everyone", trusts(`"*"`, ""), "")
		away := access.ProviderARN(abroad, p.Host)
		theirs := c.role("theirs", trusts(`{"Federated":"`+away+`"}`, ""), "")
		const no = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
		stranger := issuertest.RSA(c, "one", 2048, jose.RS256)
		sign := func(with claims) *string { return aws.String(p.key.Sign(p, p.good().With(with))) }
		long := strings.Repeat("x", 257)
		for _, x := range []struct {
			name          string
			in            sts.AssumeRoleWithWebIdentityInput
			code, message string
		}{
			{"another subject", sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: sign(claims{"sub": "repo:theirs/main"})}, "AccessDenied", no},
			{"another client", sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: sign(claims{"aud": "other"})}, "AccessDenied", no},
			{"no role", sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: sign(nil), RoleArn: aws.String("arn:aws:iam::111111111111:role/absent")}, "AccessDenied", no},
			{"a role for everyone", sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: sign(nil), RoleArn: &everyone}, "AccessDenied", no},
			{"a role for another's provider", sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: sign(nil), RoleArn: &theirs}, "AccessDenied", no},
			{"tags without sts:TagSession", sts.AssumeRoleWithWebIdentityInput{RoleArn: &plain, WebIdentityToken: sign(claims{"https://aws.amazon.com/tags/principal_tags/k": "v"})}, "AccessDenied", "Not authorized to perform sts:TagSession"},
			{"a source identity without sts:SetSourceIdentity", sts.AssumeRoleWithWebIdentityInput{RoleArn: &plain, WebIdentityToken: sign(claims{"https://aws.amazon.com/source_identity": "ann"})}, "AccessDenied", "Not authorized to perform sts:SetSourceIdentity"},
			{"a strange source identity", sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: sign(claims{"https://aws.amazon.com/source_identity": "ann:b"})}, "InvalidParameterValue", "The source identity of the token must be 2 to 64 letters, digits and _+=,.@-"},
			{"a long tag", sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: sign(claims{"https://aws.amazon.com/tags/principal_tags/k": long})}, "InvalidParameterValue", "A tag of the token has a key or value that tags cannot have."},
			{"a strange tag", sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: sign(claims{"https://aws.amazon.com/tags/principal_tags/k": "a;b"})}, "InvalidParameterValue", "A tag of the token has a key or value that tags cannot have."},
			{"another transitive tag", sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: sign(claims{"https://aws.amazon.com/tags/transitive_tag_keys": "k"})}, "InvalidParameterValue", "The specified transitive tag key must be included in the requested tags."},

			{"an account that does not know the provider", sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: sign(nil), RoleArn: aws.String("arn:aws:iam::222222222222:role/web")}, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for " + p.URL},
			{"no account", sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: sign(nil), RoleArn: aws.String("arn:aws:iam::999999999999:role/web")}, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for " + p.URL},
			{"another issuer", sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: sign(claims{"iss": "https://example.com"})}, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://example.com"},
			{"an issuer that is no address", sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: sign(claims{"iss": "http://example.com"})}, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for http://example.com"},
			{"an audience that is no client", sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: sign(claims{"aud": "third"})}, "InvalidIdentityToken", "Incorrect token audience"},
			{"issued to no client", sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: sign(claims{"azp": "third"})}, "InvalidIdentityToken", "Incorrect token audience"},
			{"for two, issued to none", sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: sign(claims{"aud": []string{"portico", "other"}})}, "InvalidIdentityToken", "Incorrect token audience"},
			{"no JWT", sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: aws.String("opaque")}, "InvalidIdentityToken", "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"},
			{"another's key", sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: aws.String(stranger.Sign(p, p.good()))}, "InvalidIdentityToken", "The signature of the ID Token provided is not valid."},
			{"the name of no key", sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: aws.String(issuertest.Key{Name: "two", Algorithm: jose.RS256, Private: p.key.Private}.Sign(p, p.good()))}, "InvalidIdentityToken",
				"Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements"},
			{"no signature", sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: aws.String(issuertest.Forge(`{"alg":"none"}`, p.good(), ""))}, "InvalidIdentityToken",
				"The ID Token provided cannot be used: it must be a JWT of " + p.URL + ", signed with one of RS256, RS384, RS512, ES256, ES384, ES512, PS256, PS384, PS512."},
			{"expired", sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: sign(claims{"exp": now - 5})}, "ExpiredTokenException", fmt.Sprintf("Token expired: current date/time %d must be before the expiration date/time %d", now, now-5)},
			{"good tomorrow", sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: sign(claims{"nbf": now + 86400})}, "IDPRejectedClaim", fmt.Sprintf("Token not valid yet: current date/time %d must not be before %d", now, now+86400)},

			{"no role's ARN", sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: sign(nil), RoleArn: &p.arn}, "ValidationError", p.arn + " is invalid: RoleArn must have the form arn:aws:iam::account:role/path/name"},
			{"no policy", sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: sign(nil), Policy: aws.String("{}")}, "MalformedPolicyDocument", "Syntax error in policy: Statement is missing"},
			{"longer than the role gives", sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: sign(nil), DurationSeconds: aws.Int32(7201)}, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."},
			{"an OAuth token", sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: sign(nil), ProviderId: aws.String("www.amazon.com")}, "NotImplementedException",
				"ProviderId of AssumeRoleWithWebIdentity is for providers of OAuth 2.0 tokens, which are not built; leave it out."},
		} {
			_, err := p.visit(x.in)
			if x.code == "ExpiredTokenException" || x.code == "IDPRejectedClaim" { // seconds go by
				if err == nil || !strings.Contains(err.Error(), x.code) || !strings.Contains(err.Error(), x.message[strings.LastIndex(x.message, " must "):]) {
					c.Errorf("%s: %v", x.name, err)
				}
				continue
			}
			c.refused(x.name, err, x.code, x.message)
		}
		p.Answer(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
		c.trustIssuer(abroad, p.Issuer)
		_, err := p.visit(sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: sign(nil), RoleArn: aws.String("arn:aws:iam::222222222222:role/web")})
		c.refused("a provider that does not answer", err, "IDPCommunicationError", "The identity provider "+p.URL+" could not be asked for its keys. Retry the request a limited number of times.")
		_, err = p.visit(sts.AssumeRoleWithWebIdentityInput{WebIdentityToken: sign(nil)})
		c.must(err) // whose keys are at hand
	})
}

// TestWebIdentityEnds looks at what ends with what was trusted.
func TestWebIdentityEnds(t *testing.T) {
	clouds(t, func(c cloud) {
		p := c.idp()
		ctx := context.Background()
		out, err := p.show(p.good())
		c.must(err)
		_, err = c.iam(home).RemoveClientIDFromOpenIDConnectProvider(ctx, &iam.RemoveClientIDFromOpenIDConnectProviderInput{OpenIDConnectProviderArn: &p.arn, ClientID: aws.String("portico")})
		c.must(err)
		_, err = p.show(p.good())
		c.refused("a client that is gone", err, "InvalidIdentityToken", "Incorrect token audience")
		_, err = c.iam(home).DeleteOpenIDConnectProvider(ctx, &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: &p.arn})
		c.must(err)
		_, err = p.show(p.good())
		c.refused("a provider that is gone", err, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for "+p.URL)
		c.mays("a session from before", keyOf(out.Credentials), everyOne)
	})
}

// TestKeyRotation follows a provider that changes its keys, on a clock that the test moves.
func TestKeyRotation(t *testing.T) {
	worlds(t, func(w world) {
		old, next := issuertest.EC(t, "old", elliptic.P256()), issuertest.EC(t, "new", elliptic.P384())
		p := issuertest.Start(t, old)
		root := access.RootCaller(home)
		arn := do(w, w.iam.CreateOpenIDConnectProvider, root, iamapi.CreateOpenIDConnectProviderInput{Url: p.URL + "/", ClientIDList: []string{"portico"}, ThumbprintList: []string{p.Thumbprint}}).OpenIDConnectProviderArn
		role := do(w, w.iam.CreateRole, root, iamapi.CreateRoleInput{RoleName: "web", AssumeRolePolicyDocument: trusts(`{"Federated":"`+arn+`"}`, "")}).Role.Arn
		show := func(name string, k issuertest.Key, code string) {
			w.Helper()
			now := w.clock.Unix()
			_, err := w.sts.AssumeRoleWithWebIdentity(context.Background(), access.Caller{}, &api.AssumeRoleWithWebIdentityInput{RoleArn: role, RoleSessionName: "s",
				WebIdentityToken: k.Sign(t, claims{"iss": p.URL, "sub": "ann", "aud": "portico", "iat": now, "exp": now + 300})})
			got := ""
			if f, ok := fault.Of(err); ok {
				got = f.Code
			}
			if got != code || err != nil && got == "" {
				w.Errorf("%s: %v, want %q", name, err, code)
			}
		}
		show("the old key", old, "")
		p.Publish(next)
		show("the new key, at once", next, "InvalidIdentityToken")
		show("the old key, which is kept", old, "")
		*w.clock = w.clock.Add(30 * time.Second)
		show("the new key", next, "")
		show("the old key, which is gone", old, "InvalidIdentityToken")
		w.write(func(tx *store.Tx) error {
			return tx.UpdateAccount(access.Account{ID: home, Status: access.AccountSuspended})
		})
		_, err := w.sts.AssumeRoleWithWebIdentity(context.Background(), access.Caller{}, &api.AssumeRoleWithWebIdentityInput{RoleArn: role, RoleSessionName: "s",
			WebIdentityToken: next.Sign(t, claims{"iss": p.URL, "sub": "ann", "aud": "portico", "iat": w.clock.Unix(), "exp": w.clock.Unix() + 300})})
		if f, ok := fault.Of(err); !ok || psts.Faults[f.Kind] != "AccessDenied" {
			w.Errorf("a closed account: %v", err)
		}
	})
}

// TestUnsigned looks at how requests without a signature come in, and that nothing else does.
func TestUnsigned(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		lines := new(bytes.Buffer)
		c := cloud{t, nil}
		h, err := assembly.New(assembly.Options{DB: testkit.Open(t, o), IDs: ident.Counting(), RequestIDs: ident.Counting(), Dev: true,
			Issuers: assembly.Loopback, Log: slog.New(slog.NewJSONHandler(lines, nil))})
		c.must(err)
		ask := func(method, target, kind, body string, header ...string) (status int, code string, text string) {
			t.Helper()
			r := httptest.NewRequest(method, target, strings.NewReader(body))
			if kind != "" {
				r.Header.Set("Content-Type", kind)
			}
			for i := 0; i < len(header); i += 2 {
				r.Header.Set(header[i], header[i+1])
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			var refusal struct {
				Error struct{ Code string }
			}
			_ = xml.Unmarshal(w.Body.Bytes(), &refusal) // what is no refusal has no code
			return w.Code, refusal.Error.Code, w.Body.String()
		}
		const form = "application/x-www-form-urlencoded"
		in := url.Values{"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"}, "RoleArn": {"arn:aws:iam::111111111111:role/web"},
			"RoleSessionName": {"s1"}, "WebIdentityToken": {"secret-token"}}.Encode()
		signature := "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260102/us-east-1/sts/aws4_request, SignedHeaders=host;x-amz-date, Signature=00"
		for _, x := range []struct {
			name, method, target, kind, body string
			header                           []string
			code                             string
		}{
			{"by POST", "POST", "/", form + "; charset=utf-8", in, nil, "InvalidIdentityToken"},
			{"by GET", "GET", "/?" + in, "", "", nil, "InvalidIdentityToken"},
			{"signed by whomever", "POST", "/", form, in, []string{"Authorization", signature, "X-Amz-Date", "20260102T030405Z"}, "InvalidIdentityToken"},
			{"a broken signature", "POST", "/", form, in, []string{"Authorization", "AWS4-HMAC-SHA256 x"}, "IncompleteSignature"},
			{"without a token", "POST", "/", form, strings.Replace(in, "WebIdentityToken", "Token", 1), nil, "ValidationError"},
			{"another operation", "POST", "/", form, strings.Replace(in, "AssumeRoleWithWebIdentity", "AssumeRole", 1), nil, "MissingAuthenticationToken"},
			{"one without permission", "POST", "/", form, "Action=GetCallerIdentity&Version=2011-06-15", nil, "MissingAuthenticationToken"},
			{"one of IAM", "POST", "/", form, "Action=ListUsers&Version=2010-05-08", nil, "MissingAuthenticationToken"},
			{"another version", "POST", "/", form, strings.Replace(in, "2011-06-15", "2010-05-08", 1), nil, "MissingAuthenticationToken"},
			{"no operation", "POST", "/", form, "a=b", nil, "MissingAuthenticationToken"},
			{"no form", "POST", "/", form, "%zz", nil, "MissingAuthenticationToken"},
			{"a long form", "POST", "/", form, strings.Repeat("a", 1<<20+1), nil, "RequestEntityTooLarge"},
		} {
			if status, code, text := ask(x.method, x.target, x.kind, x.body, x.header...); code != x.code {
				t.Errorf("%s: %d %s", x.name, status, text)
			}
		}
		if status, _, text := ask("POST", "/", "application/x-amz-json-1.1", `{"Action":"AssumeRoleWithWebIdentity"}`); !strings.Contains(text, "MissingAuthenticationTokenException") {
			t.Errorf("as JSON: %d %s", status, text)
		}
		if _, _, text := ask("POST", "/", form, in); !strings.Contains(text, `xmlns="https://sts.amazonaws.com/doc/2011-06-15/"`) || strings.Contains(text, "secret-token") {
			t.Errorf("refused as %s", text)
		}
		if log := lines.String(); strings.Contains(log, "secret-token") || !strings.Contains(log, `"operation":"AssumeRoleWithWebIdentity","account":"","caller":""`) {
			t.Errorf("the log says %s", log)
		}
	})
}
