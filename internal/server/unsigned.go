package server

import (
	"net/http"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/sigv4"
	"portico/internal/wire"
)

// callUnsigned is call for a request that sigv4 could not make out. If it is one without any signature, for an operation
// that needs none, the operation runs; everything else is refused as it was.
func (s *Server) callUnsigned(x *exchange, r *http.Request, refused error) error {
	f, ok := fault.Of(refused)
	form := x.service != nil && x.service.Wire.Protocol == wire.Query
	if !ok || f.Code != sigv4.MissingAuthenticationToken || !form {
		return refused
	}
	body, err := readBody(r)
	if err != nil {
		return err
	}
	for name, service := range s.services {
		if service.Wire.Protocol != wire.Query {
			continue
		}
		if message, err := service.Wire.Route(r, body); err == nil && message.Op.Resource == unsigned {
			x.name, x.service, x.operation = name, service, message.Op.Name
			return s.runUnsigned(x, r, service, message)
		}
	}
	return refused
}

// runUnsigned runs an operation that finds out by itself who asks. It waits for others on the web, so it runs in no
// transaction.
func (s *Server) runUnsigned(x *exchange, r *http.Request, service *Service, message *wire.Call) error {
	in, err := service.Wire.Decode(message)
	if err != nil {
		return err
	}
	x.who = access.Caller{Endpoint: endpoint(r), Notes: new(access.Notes), Authority: &access.Authority{Keys: s.circumstances(r)}}
	out, err := service.run(r.Context(), message.Op.Name, x.who, in)
	if err != nil {
		return err
	}
	return x.encode(message.Op, out)
}
