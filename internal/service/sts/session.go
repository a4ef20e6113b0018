package sts

import (
	"context"
	"time"

	"portico/internal/access"
	"portico/internal/ident"
	"portico/internal/service/sts/api"
)

const (
	ownSession  = 12 * time.Hour
	rootSession = time.Hour // the longest session of an account root, which gets no longer one and is not told so
)

// GetSessionToken gives a user or account root temporary credentials of its own. It needs no permission: nobody can do more
// with them than with the key that asked, and less with IAM and STS.
func (s *Service) GetSessionToken(_ context.Context, who access.Caller, in *api.GetSessionTokenInput) (*api.GetSessionTokenOutput, error) {
	if err := unbuilt("GetSessionToken", in.SerialNumber, in.TokenCode, false); err != nil {
		return nil, err
	}
	credentials, _, err := s.issue(s.own(access.BySessionToken, who, in.DurationSeconds))
	return &api.GetSessionTokenOutput{Credentials: credentials}, err
}

// own is the beginning of a session of whoever asks for it.
func (s *Service) own(by access.Means, who access.Caller, seconds *int) access.RoleSession {
	length := ownSession
	if seconds != nil {
		length = time.Duration(*seconds) * time.Second
	}
	if who.Kind == access.Root {
		length = min(length, rootSession)
	}
	session := s.session(by, who.Account, length)
	if who.Kind == access.User {
		session.User = who.Entity().ID
	}
	return session
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
	if len(session.Policies)+len(session.PolicyARNs)+len(session.Tags) == 0 {
		t.Packed = 0
	}
	return &api.Credentials{AccessKeyId: session.ID, SecretAccessKey: t.Secret, SessionToken: t.Token,
		Expiration: session.Expires}, t.Packed, nil
}
