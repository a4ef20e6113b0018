package server_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"portico/internal/access"
	"portico/internal/ident"
	"portico/internal/server"
	"portico/internal/sigv4"
	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
	"portico/internal/wire"
)

// keyed is a database with two accounts that have a key each.
func keyed(t *testing.T, o store.Options) *store.DB {
	t.Helper()
	db := testkit.Open(t, o)
	for key, account := range map[string]ident.Account{"AKIA1": "111111111111", "AKIA2": "222222222222"} {
		(&servertest.Server{DB: db}).Key(t, account, key, "secret")
	}
	return db
}

// throttled is a handler with limits that a test can reach, and no network before it.
func throttled(t *testing.T, db *store.DB, rates server.Rates, protocol wire.Protocol) http.Handler {
	t.Helper()
	run := func(context.Context, access.Caller, url.Values, []byte) (any, error) { return "seen", nil }
	h, err := server.New(server.Config{
		DB: db, Services: []server.Service{ping(protocol, echo)}, Rates: rates,
		Views: map[string]server.View{"/_portico/v1/look": {Method: http.MethodGet, Name: "Look", Scope: "ping", Action: "ping:Look", Run: run}},
		Raw:   []server.Raw{{Name: "s3", Handler: func(_ access.Caller, w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "raw") }}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// from sends a request as it arrives from an address, signed with a key unless that is empty.
func from(t *testing.T, h http.Handler, address, key, secret, service string, r *http.Request, body string) answer {
	t.Helper()
	if key != "" {
		if service == "s3" {
			r.Header.Set("X-Amz-Content-Sha256", sigv4.Hash([]byte(body)))
		}
		c := aws.Credentials{AccessKeyID: key, SecretAccessKey: secret}
		if err := v4.NewSigner().SignHTTP(context.Background(), c, r, sigv4.Hash([]byte(body)), service, "eu-west-1", time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	r.RemoteAddr = address + ":1234"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.String()}
}

func pinging(protocol wire.Protocol) (*http.Request, string) {
	if protocol == wire.Query {
		const body = "Action=Ping&Version=2026-01-01"
		r := httptest.NewRequest(http.MethodPost, "http://portico/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return r, body
	}
	r := httptest.NewRequest(http.MethodPost, "http://portico/", strings.NewReader("{}"))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "Ping.Ping")
	return r, "{}"
}

// usedUp sends requests until one is refused for their number, and returns that answer.
func usedUp(t *testing.T, send func() answer) answer {
	t.Helper()
	for range 1000 {
		if a := send(); a.status >= 400 && !strings.Contains(a.body, "Signature") {
			return a
		}
	}
	t.Fatal("1000 requests in a row are heard")
	return answer{}
}

// TestThrottling refuses in the words of each protocol.
func TestThrottling(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		db := keyed(t, o)
		for _, protocol := range []wire.Protocol{wire.JSON11, wire.Query} {
			h := throttled(t, db, server.Rates{Address: 1}, protocol)
			call := func() answer {
				r, body := pinging(protocol)
				return from(t, h, "192.0.2.1", "AKIA1", "secret", "ping", r, body)
			}
			usedUp(t, call)
			raw := func() answer {
				return from(t, h, "192.0.2.2", "AKIA1", "secret", "s3", httptest.NewRequest(http.MethodGet, "http://portico/bucket/key", nil), "")
			}
			view := func() answer {
				return from(t, h, "192.0.2.3", "AKIA1", "secret", "ping", httptest.NewRequest(http.MethodGet, "http://portico/_portico/v1/look", nil), "")
			}
			for name, c := range map[string]struct {
				send   func() answer
				status int
				code   string
			}{
				"api":  {call, 400, map[wire.Protocol]string{wire.JSON11: `"ThrottlingException"`, wire.Query: "<Code>Throttling</Code>"}[protocol]},
				"s3":   {raw, 503, "<Code>SlowDown</Code>"},
				"view": {view, 429, `"ThrottlingException"`},
			} {
				t.Run(fmt.Sprintf("C-GEN-3 %s beside protocol %d", name, protocol), func(t *testing.T) {
					if a := usedUp(t, c.send); a.status != c.status || !strings.Contains(a.body, c.code) || !strings.Contains(a.body, "Rate exceeded") {
						t.Errorf("%d %s, want %d %s", a.status, a.body, c.status, c.code)
					}
				})
			}
		}
	})
}

// TestThrottledAddress hears nobody at an address that asks too often, whoever it claims to be, and everybody elsewhere.
func TestThrottledAddress(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		h := throttled(t, keyed(t, o), server.Rates{Address: 1}, wire.JSON11)
		at := func(address, secret string) answer {
			r, body := pinging(wire.JSON11)
			return from(t, h, address, "AKIA1", secret, "ping", r, body)
		}
		usedUp(t, func() answer { return at("[2001:db8::1]", "guess") })
		usedUp(t, func() answer { return at("[2001:db8::2]", "secret") }) // of the same network
		if a := at("[2001:db8:0:1::1]", "secret"); a.status != 200 {
			t.Errorf("elsewhere: %d %s", a.status, a.body)
		}
		for range 100 {
			r := httptest.NewRequest(http.MethodGet, "http://portico/healthz", nil)
			if a := from(t, h, "[2001:db8::1]", "", "", "", r, ""); a.status != 200 {
				t.Fatalf("health is refused: %d %s", a.status, a.body)
			}
		}
	})
}

// TestThrottledAccount counts what an account is proved to have sent, wherever it came from.
func TestThrottledAccount(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		h := throttled(t, keyed(t, o), server.Rates{Account: 1}, wire.JSON11)
		n := 0
		as := func(key, secret string) answer {
			n++
			r, body := pinging(wire.JSON11)
			return from(t, h, fmt.Sprintf("192.0.2.%d", n%200), key, secret, "ping", r, body)
		}
		for range 50 {
			if a := as("AKIA1", "guess"); !strings.Contains(a.body, "InvalidSignatureException") {
				t.Fatalf("a wrong signature: %d %s", a.status, a.body)
			}
		}
		if a := as("AKIA1", "secret"); a.status != 200 {
			t.Errorf("wrong signatures count against the account: %d %s", a.status, a.body)
		}
		if a := usedUp(t, func() answer { return as("AKIA1", "secret") }); !strings.Contains(a.body, "ThrottlingException") {
			t.Errorf("%d %s", a.status, a.body)
		}
		if a := as("AKIA2", "secret"); a.status != 200 {
			t.Errorf("another account: %d %s", a.status, a.body)
		}
	})
}

// TestBeforeTheBody bounds what comes before the body.
func TestBeforeTheBody(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		h := throttled(t, keyed(t, o), server.Rates{}, wire.JSON11)
		for _, c := range []struct {
			name   string
			change func(*http.Request)
			status int
			code   string
		}{
			{"many headers", func(r *http.Request) {
				for i := range 100 {
					r.Header.Set(fmt.Sprintf("X-Header-%d", i), "x")
				}
			}, 200, ""},
			{"too many headers", func(r *http.Request) {
				for i := range 201 {
					r.Header.Set(fmt.Sprintf("X-Header-%d", i), "x")
				}
			}, 431, "RequestHeaderSectionTooLargeException"},
			{"too many lines of one header", func(r *http.Request) { r.Header["X-Header"] = make([]string, 201) }, 431, "RequestHeaderSectionTooLargeException"},
			{"a long URL", func(r *http.Request) { r.RequestURI = "/?" + strings.Repeat("x", 16<<10) }, 414, "RequestURITooLargeException"},
		} {
			r, body := pinging(wire.JSON11)
			if c.status == 200 {
				c.change(r) // signed, as a client would
			}
			key := "AKIA1"
			if c.status != 200 {
				c.change(r)
				key = "" // it is refused before anybody looks at the signature
			}
			if a := from(t, h, "192.0.2.1", key, "secret", "ping", r, body); a.status != c.status || !strings.Contains(a.body, c.code) {
				t.Errorf("%s: %d %s, want %d %s", c.name, a.status, a.body, c.status, c.code)
			}
		}
	})
}

// TestListener cuts off what an HTTP server should not read to its end.
func TestListener(t *testing.T) {
	s := server.Listener(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "heard") }), slog.New(slog.DiscardHandler))
	if s.ReadHeaderTimeout == 0 || s.ReadTimeout == 0 || s.WriteTimeout == 0 || s.IdleTimeout == 0 {
		t.Errorf("a client may keep the server waiting for ever: %+v", s)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	for size, want := range map[int]string{1000: "HTTP/1.1 200", 100 << 10: "HTTP/1.1 431"} {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		go fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: portico\r\nConnection: close\r\nX-Long: %s\r\n\r\n", strings.Repeat("x", size))
		text, err := io.ReadAll(c)
		if err != nil && len(text) == 0 || !strings.HasPrefix(string(text), want) {
			t.Errorf("a header of %d bytes: %.40q, %v", size, text, err)
		}
		c.Close()
	}
}
