package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/server"
	"portico/internal/sigv4"
	"portico/internal/store"
	"portico/internal/testkit"
)

// views is a server with one view that is asked for and one that is told, and a raw service for buckets.
func views(t *testing.T, o store.Options) (string, *log) {
	t.Helper()
	faults := map[fault.Kind]string{fault.NotFound: "NoView", fault.Invalid: "BadView", fault.Denied: "AccessDeniedException"}
	run := func(_ context.Context, who access.Caller, query url.Values, body []byte) (any, error) {
		switch query.Get("fail") {
		case "missing":
			return nil, fault.NotFoundf("none")
		case "denied":
			return nil, fault.Deniedf("not you")
		case "bad":
			return nil, fault.Invalidf("bad")
		case "ours":
			return nil, errors.New("disk on fire")
		}
		return struct{ Caller, Region, Name, Body string }{who.ARN, string(who.Region), query.Get("name"), string(body)}, nil
	}
	lines := new(log)
	h, err := server.New(server.Config{DB: testkit.Open(t, o), Dev: true, Log: slog.New(slog.NewJSONHandler(lines, nil)),
		Views: map[string]server.View{
			"/_portico/v1/look": {Method: http.MethodGet, Name: "Look", Scope: "ping", Faults: faults, Action: "ping:Look", Run: run},
			"/_portico/v1/tell": {Method: http.MethodPost, Name: "Tell", Scope: "ping", Faults: faults, Action: "ping:Look", Run: run},
		},
		Raw: []server.Raw{{Name: "s3", Handler: func(_ access.Caller, w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "object") }}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL, lines
}

func TestViews(t *testing.T) {
	url, lines := views(t, testkit.SQLite(t))
	const me = `{"Caller":"arn:aws:iam::111111111111:root","Region":"eu-west-1",`
	for _, c := range []struct {
		name, method, path, body string
		key, scope               string
		status                   int
		want                     string // the answer, or the error's code
		operation                string
	}{
		{"asked", "GET", "/_portico/v1/look?name=a+b%26c", "", "111111111111", "ping", 200, me + `"Name":"a b\u0026c","Body":""}` + "\n", "Look"},
		{"told", "POST", "/_portico/v1/tell", "hello", "111111111111", "ping", 200, me + `"Name":"","Body":"hello"}` + "\n", "Tell"},
		{"not found", "GET", "/_portico/v1/look?fail=missing", "", "111111111111", "ping", 404, "NoView", "Look"},
		{"denied", "GET", "/_portico/v1/look?fail=denied", "", "111111111111", "ping", 403, "AccessDeniedException", "Look"},
		{"bad", "GET", "/_portico/v1/look?fail=bad", "", "111111111111", "ping", 400, "BadView", "Look"},
		{"a failure of ours", "GET", "/_portico/v1/look?fail=ours", "", "111111111111", "ping", 500, "InternalFailure", "Look"},
		{"a method it has not", "POST", "/_portico/v1/look", "", "111111111111", "ping", 405, "MethodNotAllowedException", "Look"},
		{"a method it has not, unsigned", "DELETE", "/_portico/v1/tell", "", "", "ping", 405, "MethodNotAllowedException", "Tell"},
		{"unsigned", "GET", "/_portico/v1/look", "", "", "ping", 403, "MissingAuthenticationTokenException", "Look"},
		{"signed for another service", "GET", "/_portico/v1/look", "", "111111111111", "pong", 403, "InvalidSignatureException", "Look"},
		{"an unknown key", "GET", "/_portico/v1/look", "", "AKIAAAAAAAAAAAAAAAAA", "ping", 403, "UnrecognizedClientException", "Look"},
		{"no such view", "GET", "/_portico/v1/nothing", "", "", "ping", 404, "ResourceNotFoundException", ""},
		{"too much", "POST", "/_portico/v1/tell", strings.Repeat("x", 1<<20+1), "111111111111", "ping", 413, "RequestEntityTooLargeException", "Tell"},
		{"a key of a bucket", "GET", "/_portico/v1/look", "", "111111111111", "s3", 200, "object", "GET"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := http.NewRequest(c.method, url+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if c.scope == "s3" {
				r.Header.Set("X-Amz-Content-Sha256", sigv4.Hash(nil))
			}
			a := send(t, r, c.key, "any", c.scope, sigv4.Hash([]byte(c.body)))
			got := a.body
			if a.status != http.StatusOK {
				var e struct {
					Type    string `json:"__type"`
					Message string `json:"message"`
				}
				if err := json.Unmarshal([]byte(a.body), &e); err != nil || e.Message == "" || a.header.Get("Content-Type") != "application/json" {
					t.Errorf("%s of %s: %s", a.header.Get("Content-Type"), a.body, err)
				}
				got = e.Type
			}
			if a.status != c.status || got != c.want {
				t.Errorf("answered %d %s, want %d %s", a.status, got, c.status, c.want)
			}
			line := lines.last(t)
			if line["operation"] != c.operation || line["status"] != float64(c.status) || line["request"] != a.header.Get("X-Amzn-Requestid") {
				t.Errorf("log line %v", line)
			}
			if c.status == 405 && a.header.Get("Allow") == "" {
				t.Error("the answer does not say which method is allowed")
			}
		})
	}
}
