package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/sigv4"
	"portico/internal/store"
	"portico/internal/wire"
)

// View is a question that no AWS API has, at an address of its own. It is asked with the same credentials as any call,
// and answered as JSON under the names of Go's fields, which look like those of the APIs.
type View struct {
	Method string
	Name   string // in the log, where operations have theirs
	Scope  string // the service that signatures must be scoped to
	Faults map[fault.Kind]string
	// Action is what the caller must be allowed. If it is an operation of a service, the body is that operation's input, and
	// the caller must be allowed the operation on it.
	Action string
	// Levelled says that the question is about somebody's provisioned products, so that policies may grant the action for
	// the caller's own only. Run finds the level in its caller. (C-ACC-7)
	Levelled bool
	// Changes says that it is no question: asking it changes something, and is written down.
	Changes bool
	Run     func(ctx context.Context, who access.Caller, query url.Values, body []byte) (any, error)
}

// viewPrefix is where all views are. No operation of an API has such an address, but a key of a bucket may look like it.
const viewPrefix = "/_portico/"

const jsonText = "application/json"

// isView tells requests for views from those for objects of a bucket that the host names.
func (s *Server) isView(r *http.Request) bool {
	if !strings.HasPrefix(r.URL.Path, viewPrefix) {
		return false
	}
	auth, err := sigv4.Parse(r)
	return err != nil || s.raw[auth.Service] == nil
}

// callView is call for a view.
func (s *Server) callView(x *exchange, r *http.Request) error {
	v, ok := s.views[r.URL.Path]
	x.view, x.service = true, &Service{Wire: &wire.Service{Protocol: wire.JSON11}, Faults: v.Faults}
	if !ok {
		return fault.NotFoundf("There is nothing at %s", r.URL.Path).Named("ResourceNotFoundException")
	}
	x.operation, x.changes = v.Name, v.Changes
	if r.Method != v.Method {
		x.Header().Set("Allow", v.Method)
		return fault.New(fault.BadRequest, "%s is asked by %s, not %s", r.URL.Path, v.Method, r.Method).Named(wrongMethod)
	}
	auth, err := sigv4.Parse(r)
	if err != nil {
		return err
	}
	x.auth = auth
	if x.name = auth.Service; x.name != v.Scope {
		return fault.New(fault.Auth, "Credential should be scoped to the service %s, not to %s", v.Scope, x.name).Named(sigv4.SignatureDoesNotMatch)
	}
	body, err := readBody(r)
	if err != nil {
		return err
	}
	if err := s.welcome(r, auth); err != nil {
		return err
	}
	if x.who, _, err = s.authenticate(r.Context(), r, auth, sigv4.Hash(body)); err != nil {
		return err
	}
	query, err := readQuery(r)
	if err != nil {
		return err
	}
	if x.who.Level, err = s.authorizeView(r.Context(), v, x.who, body); err != nil {
		return err
	}
	ctx := r.Context()
	if v.Changes {
		x.event = s.event(r, x)
		ctx = store.WithEvent(ctx, x.event)
	}
	out, err := v.Run(ctx, x.who, query, body)
	if err == nil {
		err = s.settle(ctx, x)
	}
	if err != nil {
		return err
	}
	text, err := json.Marshal(out)
	if err != nil {
		return fmt.Errorf("encode the answer of %s: %w", v.Name, err)
	}
	x.answer(http.StatusOK, jsonText, append(text, '\n'))
	return nil
}

// readQuery reads what a view is asked by.
func readQuery(r *http.Request) (url.Values, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fault.New(fault.BadRequest, "The query string cannot be decoded")
	}
	for name, values := range query {
		for _, v := range values {
			if !utf8.ValidString(v) || strings.Contains(v, "\x00") {
				return nil, fault.Invalidf("Invalid %s: it must be UTF-8 text without U+0000", name)
			}
		}
	}
	return query, nil
}

const wrongMethod = "MethodNotAllowedException"

// viewStatus gives the refusals of views the statuses of the web, where AWS would answer nearly all with 400.
func viewStatus(err error, r refusal) int {
	var f *fault.Fault
	if r.status >= http.StatusInternalServerError || !errors.As(err, &f) {
		return r.status
	}
	switch {
	case f.Code == wrongMethod:
		return http.StatusMethodNotAllowed
	case f.Kind == fault.Throttled:
		return http.StatusTooManyRequests
	case f.Kind == fault.NotFound:
		return http.StatusNotFound
	case f.Kind == fault.Denied, f.Kind == fault.Auth:
		return http.StatusForbidden
	}
	return r.status
}
