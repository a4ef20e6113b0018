package server

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"portico/internal/access"
	"portico/internal/audit"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/store"
	"portico/internal/wire"
)

// Do runs an operation on behalf of a caller whose request ended long ago, or who never made one: work that goes on in
// the background. What the caller may do is what it may do now. The order of the checks is that of a request.
func (s *Server) Do(ctx context.Context, who access.Caller, service, operation string, in any) (any, error) {
	api := s.services[service]
	if api == nil || api.Wire.Operations[operation] == nil {
		return nil, fault.New(fault.Unbuilt, "Portico does not serve %s of %s", operation, service)
	}
	op := api.Wire.Operations[operation]
	event := s.insideEvent(who, api, op, in)
	out, err := s.do(ctx, who, api, op, in, event)
	if err != nil {
		refused := &store.Pending{Event: event.Event, Now: s.now}
		if f, ok := fault.Of(err); ok {
			refused.Code, refused.Message = codeOf(f, api), f.Message
			err = errors.Join(err, s.db.AppendEvent(context.WithoutCancel(ctx), refused))
		}
		return nil, err
	}
	if !event.ReadOnly && !event.Written() {
		return out, s.db.AppendEvent(ctx, event)
	}
	return out, nil
}

// behalf is where calls come from that the server makes itself, as CloudTrail names it.
const behalf = "cloudformation.amazonaws.com"

// insideEvent is the event of a call that no request made.
func (s *Server) insideEvent(who access.Caller, api *Service, op *wire.Operation, in any) *store.Pending {
	p := &store.Pending{Now: s.now, Event: audit.Event{
		Account: who.Account, Request: s.ids.UUID(), Caller: audit.IdentityOf(who, ""), Region: who.Region, Address: behalf, Agent: behalf,
		Service: api.Wire.Name, Operation: op.Name, ReadOnly: reads(op), Parameters: api.Wire.Parameters(op, in),
	}}
	if kind, id := op.Subject(in); id != "" {
		p.On(kind, id)
	}
	return p
}

func (s *Server) do(ctx context.Context, who access.Caller, api *Service, op *wire.Operation, in any, event *store.Pending) (any, error) {
	err := s.db.Snapshot(ctx, func(ctx context.Context) error {
		var err error
		if who, err = s.Enable(ctx, who); err != nil {
			return err
		}
		if err = api.Wire.Check(op, in); err != nil {
			return err
		}
		who.Level, err = s.authorize(ctx, api, op, who, in)
		return err
	})
	if err != nil {
		return nil, err
	}
	if !event.ReadOnly {
		ctx = store.WithEvent(ctx, event)
	}
	return api.run(ctx, op.Name, who, in)
}

// Allow refuses an action on a resource that a caller may not do now. Without a resource the action is on nothing in
// particular.
func (s *Server) Allow(ctx context.Context, who access.Caller, action, resource string) error {
	who, err := s.Enable(ctx, who)
	if err != nil {
		return err
	}
	r := access.Request{Action: action}
	if resource != "" {
		r.Resource = access.Resources(resource)
	}
	return who.Authorize(r)
}

// Enable gives a caller the authority it has now. Its account must be open. Conditions find that a service asks on its
// behalf, and nothing of the network that a request would have come by.
func (s *Server) Enable(ctx context.Context, who access.Caller) (access.Caller, error) {
	err := s.db.Read(ctx, func(tx *store.Tx) error {
		if err := standing(tx, who.Account); err != nil {
			return err
		}
		g, rows, err := s.policies.grants(tx, who)
		if err != nil {
			return fmt.Errorf("load what %s may do: %w", who.ARN, err)
		}
		a := &access.Authority{Grants: g}
		a.Keys.SetCaller(who)
		a.Keys.SetTime(s.now())
		a.Keys.Set(access.KeyViaService, "true")
		if rows.Org != "" {
			a.Keys.Set(access.KeyPrincipalOrgID, rows.Org)
			a.Keys.SetMany(access.KeyPrincipalOrgPaths, []string{rows.OrgPath})
		}
		a.Keys.SetTags(access.KeyPrincipalTag, rows.Tags)
		who.Authority = a
		return nil
	})
	return who, err
}

// Assume gives a session of a role that trusts a service, for that service to act with.
func (s *Server) Assume(ctx context.Context, roleARN, service, session string) (access.Caller, error) {
	refused := fault.Deniedf("User: %s is not authorized to perform: sts:AssumeRole on resource: %s", service, roleARN)
	arn, err := ident.ParseARN(roleARN)
	if err != nil {
		return access.Caller{}, refused
	}
	var role access.IAMRole
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		var ok bool
		if role, ok, err = tx.RoleByName(arn.Account, arn.Resource[strings.LastIndexByte(arn.Resource, '/')+1:]); err != nil {
			return err
		}
		trust, bad := access.ParseTrust(role.Trust)
		if !ok || role.ARN() != roleARN || bad != nil || !trust.AllowsService(service) {
			return refused
		}
		return standing(tx, role.Account)
	})
	if err != nil {
		return access.Caller{}, err
	}
	return access.Caller{Account: role.Account, Kind: access.Session, UserID: role.ID + ":" + session, Principals: []access.Principal{role.Principal()},
		ARN: "arn:" + ident.Partition + ":sts::" + string(role.Account) + ":assumed-role/" + role.Name + "/" + session}, nil
}
