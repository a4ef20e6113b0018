//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// call is one request that went through a tap, and its answer.
type call struct {
	op   string // "CreatePortfolio", or "GET ?acl" of s3
	code string // of the error, if it was refused
	in   []byte
	out  []byte
}

// tap stands before a server and keeps what clients ask of it.
type tap struct {
	url   string
	hook  func(call) // runs before the client has the answer
	mu    sync.Mutex
	calls []call
}

func newTap(t *testing.T, server string) *tap {
	t.Helper()
	to, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	p := &tap{hook: func(call) {}}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Host = r.In.Host // is signed
	}}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client has gone
		}
		r.Body = io.NopCloser(bytes.NewReader(in))
		answer := httptest.NewRecorder()
		proxy.ServeHTTP(answer, r)
		p.note(call{op: operation(r, in), code: errorCode(answer), in: in, out: answer.Body.Bytes()})
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	}))
	t.Cleanup(front.Close)
	p.url = front.URL
	return p
}

func operation(r *http.Request, body []byte) string {
	if _, op, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		return op
	}
	if form, err := url.ParseQuery(string(body)); err == nil && form.Get("Action") != "" {
		return form.Get("Action")
	}
	var sub string
	for name, values := range r.URL.Query() {
		if len(values) == 1 && values[0] == "" {
			sub = " ?" + name
		}
	}
	return r.Method + sub
}

func (p *tap) note(c call) {
	p.hook(c)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, c)
}

func errorCode(answer *httptest.ResponseRecorder) string {
	if answer.Code < 300 {
		return ""
	}
	var e struct {
		Type string `json:"__type"`
	}
	if json.Unmarshal(answer.Body.Bytes(), &e) == nil && e.Type != "" {
		return e.Type
	}
	if _, after, ok := strings.Cut(answer.Body.String(), "<Code>"); ok {
		code, _, _ := strings.Cut(after, "<")
		return code
	}
	return http.StatusText(answer.Code) // an answer to HEAD has no body
}

// refusals counts what was refused, as "Operation Code".
func (p *tap) refusals() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := map[string]int{}
	for _, c := range p.calls {
		if c.code != "" {
			n[c.op+" "+c.code]++
		}
	}
	return n
}

// table says how often each operation was called, for the log.
func (p *tap) table() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := map[string]int{}
	for _, c := range p.calls {
		n[strings.TrimSpace(c.op+" "+c.code)]++
	}
	var lines []string
	for name, count := range n {
		lines = append(lines, fmt.Sprintf("%5d %s", count, name))
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[6:], b[6:]) })
	return strings.Join(lines, "\n")
}
