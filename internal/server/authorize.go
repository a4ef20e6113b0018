package server

import (
	"context"
	"net"
	"net/http"
	"strings"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/sigv4"
	"portico/internal/store"
	"portico/internal/wire"
)

// What stands for the resource of an operation that the pipeline does not decide about.
const (
	forAnyone = "anyone" // needs no permission, as GetCallerIdentity
	byBody    = "body"   // its own body decides, since more than the caller's policies count, as for AssumeRole
	// Its input proves who asks, and its body decides about that. No signature is asked for, and one that is there says
	// nothing. (AssumeRoleWithWebIdentity)
	unsigned = "unsigned"
)

// authority reads what a caller may do and what conditions can ask about the request. It needs to be read in the
// transaction that the caller was read in, so that both are of one moment.
func (s *Server) authority(tx *store.Tx, r *http.Request, who access.Caller) (*access.Authority, error) {
	g, rows, err := s.policies.grants(tx, who)
	if err != nil {
		return nil, err
	}
	a := &access.Authority{Grants: g, Keys: s.circumstances(r)}
	k := &a.Keys
	k.SetCaller(who)
	if rows.Org != "" {
		k.Set(access.KeyPrincipalOrgID, rows.Org)
		k.SetMany(access.KeyPrincipalOrgPaths, []string{rows.OrgPath})
	}
	tags := rows.Tags
	if who.Session != nil {
		tags = who.Session.Carried(tags)
	}
	k.SetTags(access.KeyPrincipalTag, tags)
	return a, nil
}

// circumstances are the context keys of a request that do not depend on who makes it.
func (s *Server) circumstances(r *http.Request) (k access.Keys) {
	k.SetTime(s.now())
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		k.Set(access.KeySourceIP, host)
	}
	if agent := r.UserAgent(); agent != "" {
		k.Set(access.KeyUserAgent, agent)
	}
	secure := "false"
	if r.TLS != nil {
		secure = "true"
	}
	k.Set(access.KeySecureTransport, secure)
	k.Set(access.KeyViaService, "false")
	return k
}

// authorize refuses a request that the caller's policies do not allow, and says at which level they allow it.
func (s *Server) authorize(ctx context.Context, service *Service, op *wire.Operation, who access.Caller, in any) (access.Level, error) {
	if err := reached(service, op, who); err != nil {
		return access.NoLevel, err
	}
	if op.Resource == forAnyone || op.Resource == byBody {
		return access.NoLevel, nil
	}
	r := access.Request{Action: service.Wire.Name + ":" + op.Name}
	kind, value := op.Subject(in)
	subject := access.Subject{Kind: kind, Value: value, Member: func(name string) string { return op.Text(in, name) }}
	if kind != "" && service.ARNs != nil {
		r.Resource = func() ([]string, error) { return service.ARNs(ctx, who, subject) }
		if service.Tags != nil {
			r.Keys.SetLazyTags(access.KeyResourceTag, func() ([]access.Tag, error) { return service.Tags(ctx, who, subject) })
		}
	}
	if given, keys := op.Tags(in); len(keys) > 0 {
		r.Keys.SetMany(access.KeyTagKeys, keys)
		tags := make([]access.Tag, len(given))
		for i, p := range given {
			tags[i] = access.Tag(p)
		}
		r.Keys.SetTags(access.KeyRequestTag, tags)
	}
	if levelled[kind] {
		return who.AuthorizeLevel(r)
	}
	if service.Wire.Name == "servicecatalog" { // about no provisioned product, so it is at every level (C-ACC-7)
		r.Keys.At(access.UserLevel)
	}
	return access.NoLevel, who.Authorize(r)
}

// reached refuses what temporary credentials are not for, whatever policies say. IAM does not know some of them at all.
func reached(service *Service, op *wire.Operation, who access.Caller) error {
	if who.Session == nil || who.Session.Reaches(service.Wire.Name, op.Name) {
		return nil
	}
	if service.Wire.Name == "iam" {
		return badCredential(sigv4.UnknownKey)
	}
	return fault.Deniedf("Cannot call %s with session credentials", op.Name)
}

// authorizeView refuses a question that the caller's policies do not allow. What is asked about an operation needs what
// the operation needs. It says at which level the policies allow what is asked.
func (s *Server) authorizeView(ctx context.Context, v View, who access.Caller, body []byte) (access.Level, error) {
	name, operation, _ := strings.Cut(v.Action, ":")
	service := s.services[name]
	if v.Levelled {
		return who.AuthorizeLevel(access.Request{Action: v.Action})
	}
	if len(body) == 0 || service == nil || service.Wire.Operations[operation] == nil {
		return access.NoLevel, who.Authorize(access.Request{Action: v.Action})
	}
	in, err := service.Wire.DecodeJSON(operation, body)
	if err != nil {
		return access.NoLevel, err
	}
	return s.authorize(ctx, service, service.Wire.Operations[operation], who, in)
}

// levelled are the kinds of resource that belong to launches: what is granted on them may be narrowed to those of the
// caller or of its role. launch is a product about to be launched as a provisioned product that may be there. (C-ACC-7)
var levelled = map[string]bool{"provisionedproduct": true, "record": true, "plan": true, "launch": true}
