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

// AssumeRole gives the caller temporary credentials of a role, of any account, whose trust policy covers the caller.
// AWS lets no account root assume a role. Here the root may, where the trust policy covers it: in development mode the
// root is the caller at hand. A role that does not exist is refused like one that does not trust the caller.
func (s *Service) AssumeRole(ctx context.Context, who access.Caller, in *api.AssumeRoleInput) (*api.AssumeRoleOutput, error) {
	if err := unbuilt("AssumeRole", in.SerialNumber, in.TokenCode, len(in.ProvidedContexts) > 0); err != nil {
		return nil, err
	}
	arn, err := parseRole(in.RoleArn)
	if err != nil {
		return nil, err
	}
	bounds, err := narrowing(in.Policy, in.PolicyArns)
	if err != nil {
		return nil, err
	}
	marks, err := marksOf(who, in)
	if err != nil {
		return nil, err
	}
	out := new(api.AssumeRoleOutput)
	event := store.EventOf(ctx)
	if event != nil {
		event.On("role", in.RoleArn)
	}
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		r, err := trustingRole(tx, who, arn, in, marks)
		if err != nil {
			return err
		}
		length, err := sessionLength(r, in.DurationSeconds, who.Kind == access.Session)
		if err != nil {
			return err
		}
		session := s.session(access.ByAssumeRole, r.Account, length)
		session.Role, session.Name = r.ID, in.RoleSessionName
		if who.Kind == access.Session {
			session.Chain = who.Session.Chain + 1
		}
		marks.mark(&session)
		if err := bounds.narrow(tx, &session); err != nil {
			return err
		}
		out.AssumedRoleUser = &api.AssumedRoleUser{AssumedRoleId: r.ID + ":" + session.Name, Arn: session.ARN(r)}
		out.SourceIdentity = session.SourceIdentity
		out.Credentials, out.PackedPolicySize, err = s.issue(session)
		return err
	})
	if err == nil && event != nil {
		event.On("session", out.AssumedRoleUser.Arn)
	}
	return out, err
}

// unbuilt refuses what would prove more about the caller than its key does: to take it and not look at it would be a lie.
func unbuilt(operation string, serial, code *string, contexts bool) error {
	for _, m := range []struct {
		name  string
		given bool
	}{{"SerialNumber", serial != nil}, {"TokenCode", code != nil}, {"ProvidedContexts", contexts}} {
		if m.given {
			return fault.New(fault.Unbuilt, "%s of %s is not built yet; leave it out.", m.name, operation)
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

// trustOf returns a role and whom it trusts: nobody, if it is not there or its account is closed.
func trustOf(tx *store.Tx, arn ident.ARN) (access.IAMRole, access.Trust, error) {
	r, ok, err := tx.RoleByName(arn.Account, access.PolicyName(arn.Resource))
	if err != nil || !ok || r.ARN() != arn.String() {
		return access.IAMRole{}, access.Nobody(), err
	}
	a, ok, err := tx.Account(arn.Account)
	if err != nil || !ok || a.Status != access.AccountActive {
		return access.IAMRole{}, access.Nobody(), err
	}
	trust, err := access.ParseTrust(r.Trust)
	if _, malformed := fault.Of(err); malformed {
		return access.IAMRole{}, access.Nobody(), nil
	}
	return r, trust, err
}

// trustingRole returns the role a request names if the caller may assume it, with the marks that it asks for: for each of
// these actions its trust policy must say so, and unless it names the caller of its own account, the caller's own policies
// too.
func trustingRole(tx *store.Tx, who access.Caller, arn ident.ARN, in *api.AssumeRoleInput, m marks) (access.IAMRole, error) {
	r, trust, err := trustOf(tx, arn)
	if err != nil {
		return r, err
	}
	q := access.Request{
		Resource: access.Resources(in.RoleArn), Foreign: arn.Account != who.Account,
		Attached: &access.Source{Name: in.RoleArn, Policy: trust.Policy()}, Actor: access.Actor{Bound: r.Bound},
		Keys: m.keys(in.RoleSessionName, in.DurationSeconds),
	}
	if in.ExternalId != nil {
		q.Keys.Set(access.KeyExternalID, *in.ExternalId)
	}
	q.Keys.Set(access.KeyResourceAccount, string(arn.Account))
	if !q.Foreign { // the labels of another account's roles are not the caller's to find out
		q.Keys.SetLazyTags(access.KeyResourceTag, func() ([]access.Tag, error) { return tx.EntityTags(r.ID) })
	}
	for _, action := range m.actions(access.AssumeRole) {
		q.Action = action
		if err := who.Authorize(q); err != nil {
			return r, err
		}
	}
	return r, nil
}

const (
	defaultSession = time.Hour
	chainedSession = time.Hour // the longest session that a session may open
)

func sessionLength(r access.IAMRole, seconds *int, chained bool) (time.Duration, error) {
	if seconds == nil {
		return defaultSession, nil
	}
	length := time.Duration(*seconds) * time.Second
	if length > r.MaxSession {
		return 0, fault.Invalidf("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	if chained && length > chainedSession {
		return 0, fault.Invalidf("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	}
	return length, nil
}
