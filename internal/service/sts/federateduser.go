package sts

import (
	"context"

	"portico/internal/access"
	"portico/internal/service/sts/api"
	"portico/internal/store"
)

// GetFederationToken gives temporary credentials to somebody whom the caller vouches for: a federated user, who may do what
// the caller may and session policies allow, and nothing without any. Only policies of resources can give it more, by
// naming it.
func (s *Service) GetFederationToken(ctx context.Context, who access.Caller, in *api.GetFederationTokenInput) (*api.GetFederationTokenOutput, error) {
	bounds, err := narrowing(in.Policy, in.PolicyArns)
	if err != nil {
		return nil, err
	}
	m := marks{tags: tagsOf(in.Tags)}
	if err := m.check(); err != nil {
		return nil, err
	}
	session := s.own(access.ByFederation, who, in.DurationSeconds)
	session.Name = in.Name
	m.mark(&session)
	if len(m.tags) > 0 {
		q := access.Request{Action: access.TagSession, Resource: access.Resources(session.FederatedARN())}
		q.Keys.SetTags(access.KeyRequestTag, m.tags)
		q.Keys.SetMany(access.KeyTagKeys, keysOf(m.tags))
		if err := who.Authorize(q); err != nil {
			return nil, err
		}
	}
	out := &api.GetFederationTokenOutput{FederatedUser: &api.FederatedUser{FederatedUserId: session.FederatedID(), Arn: session.FederatedARN()}}
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := bounds.narrow(tx, &session); err != nil {
			return err
		}
		out.Credentials, out.PackedPolicySize, err = s.issue(session)
		return err
	})
	return out, err
}

// ARNs names what an operation is about as policies do.
func (s *Service) ARNs(_ context.Context, who access.Caller, about access.Subject) ([]string, error) {
	return []string{access.RoleSession{Account: who.Account, Name: about.Value}.FederatedARN()}, nil
}
