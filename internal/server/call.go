package server

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"portico/internal/fault"
	"portico/internal/sigv4"
	"portico/internal/wire"
)

// serve gives one request exactly one answer and one log line, whatever happens on the way.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	x := &exchange{ResponseWriter: w, id: s.ids.UUID(), began: time.Now(), service: s.guess(r)}
	w.Header()["x-amzn-RequestId"] = []string{x.id}
	defer s.record(r, x)
	if err := s.guard(x, r); err != nil {
		s.auditRefusal(r, x, err)
		x.refuse(err)
	}
}

// guard makes a panic an error like any other, so that it reaches the log and not the client.
func (s *Server) guard(x *exchange, r *http.Request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			x.stack = string(debug.Stack())
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	if err := s.admit(x, r); err != nil {
		return err
	}
	if s.isView(r) {
		return s.callView(x, r)
	}
	return s.call(x, r)
}

// call takes a request from the socket to its operation's body and back. The order of the checks is the order of lines.
func (s *Server) call(x *exchange, r *http.Request) error {
	auth, err := sigv4.Parse(r)
	if err != nil {
		return s.callUnsigned(x, r, err)
	}
	x.auth = auth
	raw := s.raw[auth.Service]
	service := s.services[auth.Service]
	if raw == nil && service == nil {
		return s.unserved(auth.Service)
	}
	x.name, x.service = auth.Service, service
	if raw != nil {
		return s.callRaw(x, r, auth, raw)
	}

	body, err := readBody(r)
	if err != nil {
		return err
	}
	message, err := service.Wire.Route(r, body)
	if err != nil {
		return err
	}
	op := message.Op
	x.operation = op.Name
	if op.Resource == unsigned {
		return s.runUnsigned(x, r, service, message)
	}

	if err := s.welcome(r, auth); err != nil {
		return err
	}
	var in, out any
	admit := func(ctx context.Context) error {
		if x.who, _, err = s.authenticate(ctx, r, auth, sigv4.Hash(body)); err != nil {
			return err
		}
		if in, err = service.Wire.Decode(message); err != nil { // an operation that is not served ends here
			return err
		}
		x.op, x.in = op, in // for the event, if it is refused
		x.who.Level, err = s.authorize(ctx, service, op, x.who, in)
		return err
	}
	run := func(ctx context.Context) error {
		ctx = s.audited(ctx, r, x, op, in)
		if out, err = service.run(ctx, op.Name, x.who, in); err != nil {
			return err
		}
		return s.settle(ctx, x)
	}
	if err := s.inOrder(r.Context(), reads(op) && !service.Asking[op.Name], admit, run); err != nil {
		return err
	}
	return x.encode(op, out)
}

// encode answers what an operation's body has returned.
func (x *exchange) encode(op *wire.Operation, out any) error {
	kind, text, err := x.service.Wire.Encode(op, x.id, out)
	if err != nil {
		return fmt.Errorf("encode the answer of %s: %w", op.Name, err)
	}
	x.answer(http.StatusOK, kind, text)
	return nil
}

// inOrder finds out who is calling and whether the caller may, in one snapshot, and then runs the body. The body of an
// operation that only reads runs in the same snapshot: within.
func (s *Server) inOrder(ctx context.Context, within bool, admit, run func(context.Context) error) error {
	if !within {
		if err := s.db.Snapshot(ctx, admit); err != nil {
			return err
		}
		return run(ctx)
	}
	return s.db.Snapshot(ctx, func(ctx context.Context) error {
		if err := admit(ctx); err != nil {
			return err
		}
		return run(ctx)
	})
}

func reads(op *wire.Operation) bool { return op.Level == "Read" || op.Level == "List" }

// callRaw is call for a service that reads and writes its own messages. The body proves itself while it is read.
func (s *Server) callRaw(x *exchange, r *http.Request, auth sigv4.Auth, raw *Raw) error {
	x.operation = r.Method
	if r.ContentLength == 0 && r.Header.Get("Expect") != "" {
		x.WriteHeader(http.StatusContinue) // net/http leaves it out for an empty body, and clients wait for it
	}
	x.Header().Set("X-Amz-Request-Id", x.id)
	if err := s.welcome(r, auth); err != nil {
		return err
	}
	who, secret, err := s.authenticate(r.Context(), r, auth, "")
	if err != nil {
		return err
	}
	x.who = who
	// A copy gets the body: net/http answers "Expect: 100-continue" by the reader it finds in its own request.
	own := r.WithContext(s.auditedRaw(r, x))
	if own.Body, err = sigv4.BodyReader(r, auth, secret); err != nil {
		return err
	}
	raw.Handler(x.who, x, own)
	s.settleRaw(r, x)
	return nil
}

func (s *Server) unserved(name string) error {
	names := make([]string, 0, len(s.services)+len(s.raw))
	for n := range s.services {
		names = append(names, n)
	}
	for n := range s.raw {
		names = append(names, n)
	}
	slices.Sort(names)
	return fault.New(fault.Auth, "Credential should be scoped to a service of this server (%s), not to %s",
		strings.Join(names, ", "), name).Named(sigv4.SignatureDoesNotMatch)
}

// guess says in whose words to answer a request that does not tell its service by a signature; nil is s3.
func (s *Server) guess(r *http.Request) *Service {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		for _, service := range s.services {
			if p := service.Wire.TargetPrefix; p != "" && strings.HasPrefix(target, p+".") {
				return service
			}
		}
		return &Service{Wire: &wire.Service{Protocol: wire.JSON11}}
	}
	form := strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
	if form || strings.Contains(r.URL.RawQuery, "Action=") {
		return &Service{Wire: &wire.Service{Protocol: wire.Query}}
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-amz-json") {
		return &Service{Wire: &wire.Service{Protocol: wire.JSON11}}
	}
	return nil
}
