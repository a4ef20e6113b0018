package sts

import (
	"context"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/service/sts/api"
	"portico/internal/store"
)

const (
	defaultSession = time.Hour
	chainedSession = time.Hour // the longest session that a session may open
)

// AssumeRole gives the caller temporary credentials of a role, of any account, whose trust policy covers the caller.
// AWS lets no account root assume a role. Here the root may, where the trust policy covers it: in development mode the
// root is the caller at hand. A role that does not exist is refused like one that does not trust the caller.
func (s *Service) AssumeRole(ctx context.Context, who access.Caller, in *api.AssumeRoleInput) (*api.AssumeRoleOutput, error) {
	if err := unbuilt(in); err != nil {
		return nil, err
	}
	role, err := parseRole(in.RoleArn)
	if err != nil {
		return nil, err
	}
	out := new(api.AssumeRoleOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		r, err := trustingRole(tx, who, role, in)
		if err != nil {
			return err
		}
		length, err := sessionLength(who, r, in.DurationSeconds)
		if err != nil {
			return err
		}
		session := s.session(access.ByAssumeRole, r.Account, length)
		session.Role, session.Name = r.ID, in.RoleSessionName
		if who.Kind == access.Session {
			session.Chain = who.Session.Chain + 1
		}
		out.AssumedRoleUser = &api.AssumedRoleUser{AssumedRoleId: r.ID + ":" + session.Name, Arn: session.ARN(r)}
		out.Credentials, _, err = s.issue(session)
		return err
	})
	return out, err
}

// session is the beginning of a session that starts now, whatever it is of.
func (s *Service) session(by access.Means, account ident.Account, length time.Duration) access.RoleSession {
	now := s.Now()
	return access.RoleSession{ID: access.SessionKeyID(account, s.IDs.Lower(16)), Means: by, Account: account,
		Created: now, Expires: now.Add(length).Truncate(time.Second)}
}

// issue makes the credentials of a session, and tells which part of the space for policies and tags it takes, in percent.
func (s *Service) issue(session access.RoleSession) (*api.Credentials, int, error) {
	t, err := s.DB.Issue(session)
	if err != nil {
		return nil, 0, err
	}
	return &api.Credentials{AccessKeyId: session.ID, SecretAccessKey: t.Secret, SessionToken: t.Token,
		Expiration: session.Expires}, t.Packed, nil
}

// unbuilt refuses what would narrow or label a session: to take it and not honour it would grant more than was asked.
func unbuilt(in *api.AssumeRoleInput) error {
	for _, m := range []struct {
		name  string
		given bool
	}{
		{"Policy", in.Policy != nil},
		{"PolicyArns", len(in.PolicyArns) > 0},
		{"Tags", len(in.Tags) > 0},
		{"TransitiveTagKeys", len(in.TransitiveTagKeys) > 0},
		{"SerialNumber", in.SerialNumber != nil},
		{"TokenCode", in.TokenCode != nil},
		{"SourceIdentity", in.SourceIdentity != nil},
		{"ProvidedContexts", len(in.ProvidedContexts) > 0},
	} {
		if m.given {
			return fault.New(fault.Unbuilt, "%s of AssumeRole is not built yet; leave it out.", m.name)
		}
	}
	return nil
}

func parseRole(arn string) (ident.ARN, error) {
	a, err := ident.ParseARN(arn)
	if err != nil || a.Partition != ident.Partition || a.Service != "iam" || a.Region != "" || !a.Account.Valid() ||
		!strings.HasPrefix(a.Resource, "role/") {
		return a, fault.Invalidf("%s is invalid: RoleArn must have the form arn:aws:iam::account:role/path/name", arn)
	}
	return a, nil
}

// trustingRole returns the role a request names if it trusts the caller and its account is open.
func trustingRole(tx *store.Tx, who access.Caller, arn ident.ARN, in *api.AssumeRoleInput) (access.IAMRole, error) {
	refused := fault.Deniedf("User: %s is not authorized to perform: sts:AssumeRole on resource: %s", who.ARN, in.RoleArn)
	name := arn.Resource[strings.LastIndexByte(arn.Resource, '/')+1:]
	r, ok, err := tx.RoleByName(arn.Account, name)
	if err != nil {
		return r, err
	}
	if !ok || r.ARN() != in.RoleArn {
		return r, refused
	}
	a, ok, err := tx.Account(arn.Account)
	if err != nil {
		return r, err
	}
	external := ""
	if in.ExternalId != nil {
		external = *in.ExternalId
	}
	trust, err := access.ParseTrust(r.Trust)
	if err != nil || !ok || a.Status != access.AccountActive {
		return r, refused
	}
	return r, who.Authorize(assume(who, r, trust, external))
}

// assume asks whether a caller may assume a role: its trust policy must say so, and unless it names the caller of its own
// account, the caller's own policies too.
func assume(who access.Caller, r access.IAMRole, trust access.Trust, externalID string) access.Request {
	q := access.Request{
		Action: access.AssumeRole, Resource: access.Resources(r.ARN()), Foreign: r.Account != who.Account,
		Attached: &access.Source{Name: r.ARN(), Policy: trust.Policy()}, Actor: access.Actor{Bound: r.Bound},
	}
	if externalID != "" {
		q.Keys.Set(access.KeyExternalID, externalID)
	}
	return q
}

func sessionLength(who access.Caller, r access.IAMRole, seconds *int) (time.Duration, error) {
	if seconds == nil {
		return defaultSession, nil
	}
	length := time.Duration(*seconds) * time.Second
	if length > r.MaxSession {
		return 0, fault.Invalidf("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	if who.Kind == access.Session && length > chainedSession {
		return 0, fault.Invalidf("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	}
	return length, nil
}
