package server

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"portico/internal/audit"
	"portico/internal/ident"
	"portico/internal/store"
	"portico/internal/wire"
)

// Every call that changes something leaves an event with its effect, and every call that is refused one of its own; see
// package audit. A body knows nothing of it: the event is in its context, and the store writes it along. Left out are
// requests that name no access key, since they are nobody's, and those that were throttled, since being throttled must
// not be a way to fill the database. Both are in the log.

// auditTimeout bounds how long the event of a refusal may take; the client waits for it, or is gone already.
const auditTimeout = 10 * time.Second

// audited is the context for the body of an operation.
func (s *Server) audited(ctx context.Context, r *http.Request, x *exchange, op *wire.Operation, in any) context.Context {
	x.op, x.in = op, in
	if reads(op) {
		return ctx // there is an event only if it is refused
	}
	x.event = s.event(r, x)
	return store.WithEvent(ctx, x.event)
}

// auditedRaw is audited for a service that reads its own requests. It adds to the event what it has read; see
// store.EventOf.
func (s *Server) auditedRaw(r *http.Request, x *exchange) context.Context {
	x.event = s.event(r, x)
	x.event.ReadOnly = r.Method == http.MethodGet || r.Method == http.MethodHead
	return store.WithEvent(r.Context(), x.event)
}

// event is what is known of a request by now.
func (s *Server) event(r *http.Request, x *exchange) *store.Pending {
	p := &store.Pending{Now: s.now, Event: audit.Event{
		Account: x.who.Account, Request: x.id, Caller: audit.IdentityOf(x.who, x.auth.AccessKey), Region: ident.Region(x.auth.Region),
		Address: r.RemoteAddr, Agent: r.UserAgent(), Service: x.auth.Service, Operation: x.operation, ReadOnly: x.view && !x.changes,
	}}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		p.Address = host
	}
	if x.op == nil {
		return p
	}
	p.ReadOnly = reads(x.op)
	if x.in != nil {
		p.Parameters = x.service.Wire.Parameters(x.op, x.in)
		if kind, id := x.op.Subject(x.in); id != "" {
			p.On(kind, id)
		}
	}
	return p
}

// settle writes the event of a call that has succeeded without writing anything to the database.
func (s *Server) settle(ctx context.Context, x *exchange) error {
	if x.event == nil || x.event.ReadOnly || x.event.Written() {
		return nil
	}
	return s.db.AppendEvent(ctx, x.event)
}

// settleRaw does what settle and auditRefusal do, for an answer that was given already.
func (s *Server) settleRaw(r *http.Request, x *exchange) {
	if x.status < http.StatusBadRequest {
		x.unaudited = s.settle(r.Context(), x)
		return
	}
	p := &store.Pending{Event: x.event.Event, Now: s.now}
	p.Code = x.code
	s.appendRefusal(r, x, p)
}

// auditRefusal writes the event of a refusal before it is answered. An event that the call's effect has left already
// stays: the refusal is told by one more.
func (s *Server) auditRefusal(r *http.Request, x *exchange, err error) {
	if x.auth.AccessKey == "" || errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return
	}
	p := s.event(r, x)
	if x.event != nil { // the body may have said more about it
		p.Resources = x.event.Resources
	}
	refused := translate(err, x.service)
	p.Code, p.Message = refused.code, refused.message
	s.appendRefusal(r, x, p)
}

func (s *Server) appendRefusal(r *http.Request, x *exchange, p *store.Pending) {
	for _, w := range words[throttled] {
		if p.Code == w.code {
			return
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), auditTimeout)
	defer cancel()
	x.unaudited = s.db.AppendEvent(ctx, p)
}
