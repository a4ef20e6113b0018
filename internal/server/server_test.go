package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/server"
	"portico/internal/sigv4"
	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
	"portico/internal/wire"
)

type pingInput struct {
	Name *string `wire:"Name"`
}

type pingOutput struct {
	Name string `wire:"Name"`
}

// ping is a service of one operation, whose body the test gives.
func ping(p wire.Protocol, body access.Body) server.Service {
	return server.Service{
		Wire: &wire.Service{
			Name: "ping", Protocol: p, TargetPrefix: "Ping", Version: "2026-01-01", Namespace: "urn:ping",
			Operations: map[string]*wire.Operation{
				"Ping": {Name: "Ping", Resource: "anyone", In: func() any { return new(pingInput) }, Out: func() any { return new(pingOutput) }},
			},
		},
		Bodies:   map[string]access.Body{"Ping": body},
		Faults:   map[fault.Kind]string{fault.NotFound: "NoPing"},
		Statuses: map[string]int{"NoPing": http.StatusNotFound},
	}
}

// log collects the lines of a server's log. A small answer leaves the server only after its line was written.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *log) last(t *testing.T) map[string]any {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(l.text.String()), "\n")
	m := map[string]any{}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &m); err != nil {
		t.Fatalf("log line %q: %v", lines[len(lines)-1], err)
	}
	return m
}

func start(t *testing.T, o store.Options, dev bool, services ...server.Service) (url string, db *store.DB, lines *log) {
	t.Helper()
	db, lines = testkit.Open(t, o), new(log)
	h, err := server.New(server.Config{
		DB: db, Services: services, Dev: dev, Log: slog.New(slog.NewJSONHandler(lines, nil)),
		Raw: []server.Raw{{Name: "s3", Handler: func(_ access.Caller, w http.ResponseWriter, r *http.Request) {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			_, _ = w.Write(b)
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL, db, lines
}

type answer struct {
	status int
	header http.Header
	body   string
}

// post sends a signed call of Ping.
func post(t *testing.T, url, key, secret string, body []byte) answer {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, url+"/", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "Ping.Ping")
	return send(t, r, key, secret, "ping", sigv4.Hash(body))
}

func send(t *testing.T, r *http.Request, key, secret, service, hash string) answer {
	t.Helper()
	if key != "" {
		c := aws.Credentials{AccessKeyID: key, SecretAccessKey: secret}
		if err := v4.NewSigner().SignHTTP(context.Background(), c, r, hash, service, "eu-west-1", time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{a.StatusCode, a.Header, string(b)}
}

func echo(_ context.Context, who access.Caller, in any) (any, error) {
	return &pingOutput{Name: who.ARN + " in " + string(who.Region) + " at " + who.Endpoint}, nil
}

func TestAnswer(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		url, _, lines := start(t, o, true, ping(wire.JSON11, echo))
		a := post(t, url, "111111111111", "any", []byte(`{}`))
		want := `{"Name":"arn:aws:iam::111111111111:root in eu-west-1 at ` + url + `"}`
		if a.status != http.StatusOK || a.body != want {
			t.Errorf("answer %d %s, want 200 %s", a.status, a.body, want)
		}
		id := a.header.Get("X-Amzn-Requestid")
		if id == "" || a.header.Get("Cache-Control") != "no-store" || a.header.Get("Date") == "" {
			t.Errorf("headers %v lack a request id, no-store or a date", a.header)
		}
		line := lines.last(t)
		for name, want := range map[string]any{
			"request": id, "service": "ping", "operation": "Ping", "account": "111111111111",
			"caller": "arn:aws:iam::111111111111:root", "region": "eu-west-1", "status": 200.0, "code": "",
		} {
			if line[name] != want {
				t.Errorf("log line has %s=%v, want %v", name, line[name], want)
			}
		}
	})
}

func TestRefusals(t *testing.T) {
	var tests []func(*testing.T, store.Options)
	huge := bytes.Repeat([]byte{' '}, 1<<20+1)
	for name, test := range map[string]struct {
		body    access.Body
		input   []byte
		status  int
		code    string
		message string
		logged  string
	}{
		"fault of a kind": {
			body:   func(context.Context, access.Caller, any) (any, error) { return nil, fault.NotFoundf("no ping") },
			status: 404, code: "NoPing", message: "no ping",
		},
		"fault with a name": {
			body: func(context.Context, access.Caller, any) (any, error) {
				return nil, fmt.Errorf("pinging: %w", fault.Invalidf("bad ping").Named("BadPing"))
			},
			status: 400, code: "BadPing", message: "bad ping",
		},
		"denied": {
			body:   func(context.Context, access.Caller, any) (any, error) { return nil, fault.Deniedf("not you") },
			status: 400, code: "AccessDeniedException", message: "not you",
		},
		"a failure of ours says nothing": {
			body:   func(context.Context, access.Caller, any) (any, error) { return nil, fmt.Errorf("disk on fire") },
			status: 500, code: "InternalFailure", message: "internal error", logged: "disk on fire",
		},
		"a kind the service has no code for": {
			body:   func(context.Context, access.Caller, any) (any, error) { return nil, fault.InUsef("secret") },
			status: 500, code: "InternalFailure", message: "internal error", logged: "secret",
		},
		"panic": {
			body:   func(context.Context, access.Caller, any) (any, error) { panic("spilled") },
			status: 500, code: "InternalFailure", message: "internal error", logged: "spilled",
		},
		"an answer of the wrong type": {
			body:   func(context.Context, access.Caller, any) (any, error) { return "pong", nil },
			status: 500, code: "InternalFailure", message: "internal error", logged: "string",
		},
		"too large": {body: echo, input: huge, status: 413, code: "RequestEntityTooLargeException", message: "1048576"},
	} {
		tests = append(tests, func(t *testing.T, o store.Options) {
			t.Run(name, func(t *testing.T) {
				url, _, lines := start(t, o, true, ping(wire.JSON11, test.body))
				if test.input == nil {
					test.input = []byte(`{}`)
				}
				a := post(t, url, "111111111111", "any", test.input)
				if a.status != test.status || !strings.Contains(a.body, `"__type":"`+test.code+`"`) || !strings.Contains(a.body, test.message) {
					t.Errorf("answer %d %s, want %d %s %q", a.status, a.body, test.status, test.code, test.message)
				}
				line := lines.last(t)
				if line["code"] != test.code || line["status"] != float64(test.status) {
					t.Errorf("log line %v, want code %s", line, test.code)
				}
				if test.logged == "" {
					return
				}
				if cause, _ := line["cause"].(string); !strings.Contains(cause, test.logged) || line["level"] != "ERROR" {
					t.Errorf("log line %v, want an error with cause %q", line, test.logged)
				}
				if strings.Contains(a.body, test.logged) {
					t.Errorf("the client was told %q", test.logged)
				}
			})
		})
	}
	onBoth(t, tests)
}

// onBoth runs tests that do not get in each other's way on one database of each kind.
func onBoth(t *testing.T, tests []func(*testing.T, store.Options)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		for _, test := range tests {
			test(t, o)
		}
	})
}

func TestTooLargeInXML(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		url, _, _ := start(t, o, true, ping(wire.Query, echo))
		a := post(t, url, "111111111111", "any", bytes.Repeat([]byte{'a'}, 5<<20))
		if a.status != 413 || !strings.Contains(a.body, "<Code>RequestEntityTooLarge</Code>") {
			t.Errorf("answer %d %s", a.status, a.body)
		}
	})
}

func TestKeys(t *testing.T) {
	closed := func(tx *store.Tx, account ident.Account, _ string) error {
		a, _, err := tx.Account(account)
		if err != nil {
			return err
		}
		a.Status = access.AccountSuspended
		return tx.UpdateAccount(a)
	}
	inactive := func(tx *store.Tx, _ ident.Account, key string) error {
		return tx.UpdateAccessKey(access.AccessKey{ID: key, Status: access.KeyInactive})
	}
	const issued, account, secret = "the issued key", "its account", "the secret"
	var tests []func(*testing.T, store.Options)
	for i, test := range []struct {
		name        string
		dev         bool
		before      func(tx *store.Tx, account ident.Account, key string) error
		key, secret string
		code        string
	}{
		{name: "an issued key", key: issued, secret: secret},
		{name: "an issued key in development mode", dev: true, key: issued, secret: secret},
		{name: "its secret is verified in development mode", dev: true, key: issued, secret: "guess", code: "InvalidSignatureException"},
		{name: "an account's digits", key: "111111111111", secret: "any", code: "UnrecognizedClientException"},
		{name: "an account's digits in development mode", dev: true, key: "111111111111", secret: "any"},
		{name: "thirteen digits are no account", dev: true, key: "1111111111111", secret: "any", code: "UnrecognizedClientException"},
		{name: "a key from elsewhere in development mode", dev: true, key: "AKIAIOSFODNN7EXAMPLE", secret: "any", code: "UnrecognizedClientException"},
		{name: "an inactive key", before: inactive, key: issued, secret: secret, code: "UnrecognizedClientException"},
		{name: "a closed account's key", before: closed, key: issued, secret: secret, code: "AccessDeniedException"},
		{name: "a closed account's digits", dev: true, before: closed, key: account, secret: "any", code: "AccessDeniedException"},
		{name: "no key", dev: true, code: "MissingAuthenticationTokenException"},
	} {
		tests = append(tests, func(t *testing.T, o store.Options) {
			t.Run(test.name, func(t *testing.T) {
				owner, key := ident.Account(fmt.Sprintf("9%011d", i)), fmt.Sprintf("AKIA%016d", i)
				url, db, _ := start(t, o, test.dev, ping(wire.JSON11, echo))
				(&servertest.Server{DB: db}).Key(t, owner, key, secret)
				if test.before != nil {
					if err := db.Write(t.Context(), func(tx *store.Tx) error { return test.before(tx, owner, key) }); err != nil {
						t.Fatal(err)
					}
				}
				use := test.key
				switch use {
				case issued:
					use = key
				case account:
					use = string(owner)
				}
				a := post(t, url, use, test.secret, []byte(`{}`))
				if test.code == "" && a.status != http.StatusOK {
					t.Errorf("answer %d %s", a.status, a.body)
				}
				if test.code != "" && !strings.Contains(a.body, `"__type":"`+test.code+`"`) {
					t.Errorf("answer %d %s, want %s", a.status, a.body, test.code)
				}
			})
		})
	}
	onBoth(t, tests)
}

// A raw service gets a body that has proved itself, also from a caller who need not.
func TestRaw(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		url, db, lines := start(t, o, true)
		(&servertest.Server{DB: db}).Key(t, servertest.GoldenAccount, servertest.GoldenKey, servertest.GoldenSecret)
		put := func(key, secret, body, claimed string) answer {
			r, err := http.NewRequest(http.MethodPut, url+"/bucket/key", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-Amz-Content-Sha256", sigv4.Hash([]byte(claimed)))
			return send(t, r, key, secret, "s3", sigv4.Hash([]byte(claimed)))
		}
		for _, key := range []string{servertest.GoldenKey, "111111111111"} {
			if a := put(key, servertest.GoldenSecret, "text", "text"); a.status != 200 || a.body != "text" || a.header.Get("X-Amz-Request-Id") == "" {
				t.Errorf("%s: answer %d %s %v", key, a.status, a.body, a.header)
			}
			if a := put(key, servertest.GoldenSecret, "test", "text"); a.status != 400 {
				t.Errorf("%s: a body that is not the signed one: answer %d %s", key, a.status, a.body)
			}
		}
		if a := put(servertest.GoldenKey, "guess", "text", "text"); a.status != 403 || !strings.Contains(a.body, "<Code>SignatureDoesNotMatch</Code>") {
			t.Errorf("answer %d %s", a.status, a.body)
		}
		if line := lines.last(t); line["service"] != "s3" || line["status"] != 403.0 {
			t.Errorf("log line %v", line)
		}
	})
}

func get(t *testing.T, url string) answer {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return send(t, r, "", "", "", "")
}

func TestPages(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		url, _, _ := start(t, o, true)
		for path, want := range map[string]string{"/healthz": "ok", "/readyz": "ok", "/": "Portico"} {
			if a := get(t, url+path); a.status != 200 || !strings.Contains(a.body, want) {
				t.Errorf("GET %s: %d %s", path, a.status, a.body)
			}
		}
		if a := get(t, url+"/favicon.ico"); a.status != 403 || !strings.Contains(a.body, "<Code>AccessDenied</Code>") {
			t.Errorf("GET /favicon.ico: %d %s", a.status, a.body)
		}
	})
}

// Without its migrations a server is up, but not ready.
func TestNotReady(t *testing.T) {
	testkit.Empty(t, func(t *testing.T, o store.Options) {
		url, _, _ := start(t, o, true)
		if a := get(t, url+"/readyz"); a.status != 503 {
			t.Errorf("GET /readyz: %d %s", a.status, a.body)
		}
		if a := get(t, url+"/healthz"); a.status != 200 {
			t.Errorf("GET /healthz: %d %s", a.status, a.body)
		}
	})
}

// Temporary credentials want their token, and end.
func TestSessions(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		url, db, _ := start(t, o, true, ping(wire.JSON11, echo))
		(&servertest.Server{DB: db}).Key(t, servertest.GoldenAccount, servertest.GoldenKey, servertest.GoldenSecret)
		role := access.IAMRole{ID: "AROAGOLDENGOLDENGOLDE", Account: servertest.GoldenAccount, Name: "guest", Path: "/", Trust: "{}", MaxSession: time.Hour, Created: servertest.Epoch}
		session := func(id string, expires time.Time) access.RoleSession {
			return access.RoleSession{ID: id, Role: role.ID, Name: "visit", Secret: "secret", Token: "token", Created: servertest.Epoch, Expires: expires}
		}
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			if err := tx.InsertRole(role); err != nil {
				return err
			}
			if err := tx.InsertRoleSession(session("ASIA000000000000LIVE", time.Now().Add(time.Hour))); err != nil {
				return err
			}
			return tx.InsertRoleSession(session("ASIA000000000000OVER", time.Now().Add(-time.Second)))
		})
		if err != nil {
			t.Fatal(err)
		}
		for name, test := range map[string]struct{ key, secret, token, want string }{
			"live":          {"ASIA000000000000LIVE", "secret", "token", "assumed-role/guest/visit"},
			"wrong token":   {"ASIA000000000000LIVE", "secret", "guess", "UnrecognizedClientException"},
			"no token":      {"ASIA000000000000LIVE", "secret", "", "UnrecognizedClientException"},
			"wrong secret":  {"ASIA000000000000LIVE", "guess", "token", "InvalidSignatureException"},
			"over":          {"ASIA000000000000OVER", "secret", "token", "ExpiredTokenException"},
			"key and token": {servertest.GoldenKey, servertest.GoldenSecret, "token", "UnrecognizedClientException"},
		} {
			t.Run(name, func(t *testing.T) {
				r, err := http.NewRequest(http.MethodPost, url+"/", strings.NewReader(`{}`))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Content-Type", "application/x-amz-json-1.1")
				r.Header.Set("X-Amz-Target", "Ping.Ping")
				if test.token != "" {
					r.Header.Set("X-Amz-Security-Token", test.token)
				}
				if a := send(t, r, test.key, test.secret, "ping", sigv4.Hash([]byte(`{}`))); !strings.Contains(a.body, test.want) {
					t.Errorf("answer %d %s, want %s", a.status, a.body, test.want)
				}
			})
		}
	})
}
