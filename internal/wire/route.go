package wire

import (
	"mime"
	"net/http"
	"strings"

	"portico/internal/fault"
)

// Call is a request whose operation is known and whose input is not decoded yet.
type Call struct {
	Op   *Operation
	body []byte // json-1.1
	form *form  // query
}

// Route finds the operation that a request asks for. Body is the request's body, read already; r.Body is not touched.
func (s *Service) Route(r *http.Request, body []byte) (*Call, error) {
	if s.Protocol == Query {
		return s.routeQuery(r, body)
	}
	return s.routeJSON(r, body)
}

func (s *Service) routeJSON(r *http.Request, body []byte) (*Call, error) {
	unknown := func(format string, args ...any) (*Call, error) {
		return nil, fault.New(fault.BadRequest, format, args...).Named("UnknownOperationException")
	}
	if r.Method != http.MethodPost {
		return unknown("Operations of %s are called by POST, not %s", s.Name, r.Method)
	}
	if t := r.Header.Get("Content-Type"); mediaType(t) != jsonType {
		return unknown("The Content-Type must be %s, not %q", jsonType, t)
	}
	target := r.Header.Get("X-Amz-Target")
	name, ok := strings.CutPrefix(target, s.TargetPrefix+".")
	op := s.Operations[name]
	if !ok || op == nil {
		return unknown("The X-Amz-Target header must be %s.<Operation>, not %q", s.TargetPrefix, target)
	}
	return &Call{Op: op, body: body}, nil
}

func (s *Service) routeQuery(r *http.Request, body []byte) (*Call, error) {
	bad := func(code, format string, args ...any) (*Call, error) {
		return nil, fault.New(fault.BadRequest, format, args...).Named(code)
	}
	var f formReader
	if err := f.add(r.URL.RawQuery); err != nil {
		return nil, err
	}
	t := r.Header.Get("Content-Type")
	if mediaType(t) == formType {
		if err := f.add(string(body)); err != nil {
			return nil, err
		}
	} else if len(body) > 0 && f.root.get("Action") == "" {
		return bad("MissingAction", "The request has no Action: its Content-Type must be %s, not %q", formType, t)
	}
	action, version := f.root.get("Action"), f.root.get("Version")
	if action == "" {
		return bad("MissingAction", "The request is missing the Action parameter")
	}
	op := s.Operations[action]
	if version == "" {
		version = "NO_VERSION_SPECIFIED"
	}
	if op == nil || version != s.Version {
		return bad("InvalidAction", "Could not find operation %s for version %s", action, version)
	}
	return &Call{Op: op, form: &f.root}, nil
}

// mediaType is a content type without its parameters. Most requests send it bare, so that is tried first.
func mediaType(t string) string {
	if t == jsonType || t == formType {
		return t
	}
	m, _, err := mime.ParseMediaType(t)
	if err != nil {
		return ""
	}
	return m
}

// DecodeJSON reads the input of an operation that a message names by other means than Route knows.
func (s *Service) DecodeJSON(operation string, body []byte) (any, error) {
	op := s.Operations[operation]
	if op == nil {
		return nil, fault.New(fault.BadRequest, "%s has no operation %s", s.Name, operation).Named("UnknownOperationException")
	}
	return s.Decode(&Call{Op: op, body: body})
}
