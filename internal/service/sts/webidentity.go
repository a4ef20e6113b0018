package sts

import (
	"context"
	"slices"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/issuer"
	"portico/internal/service/sts/api"
	"portico/internal/store"
)

// AssumeRoleWithWebIdentity gives temporary credentials of a role to whoever shows a token of an OpenID Connect provider
// that the role's account knows, if the role's trust policy covers what the token says. The caller has signed nothing.
//
// What the account knows of the provider is read before the provider is asked for its keys, which takes its time; all that
// decides is read once more afterwards.
func (s *Service) AssumeRoleWithWebIdentity(ctx context.Context, who access.Caller, in *api.AssumeRoleWithWebIdentityInput) (*api.AssumeRoleWithWebIdentityOutput, error) {
	if in.ProviderId != nil {
		return nil, fault.New(fault.Unbuilt, "ProviderId of AssumeRoleWithWebIdentity is for providers of OAuth 2.0 tokens, which are not built; leave it out.")
	}
	arn, err := parseRole(in.RoleArn)
	if err != nil {
		return nil, err
	}
	bounds, err := narrowing(in.Policy, in.PolicyArns)
	if err != nil {
		return nil, err
	}
	claims, err := s.verify(ctx, arn.Account, in.WebIdentityToken)
	if err != nil {
		if f, ok := fault.Of(err); ok && err.Error() != f.Message {
			who.Notes.Add("identity", err.Error())
		}
		return nil, err
	}
	v := visitor{claims: claims}
	if v.marks, err = vouched(claims.SourceIdentity, claims.Tags, claims.Transitive); err != nil {
		return nil, err
	}
	out := new(api.AssumeRoleWithWebIdentityOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := v.admit(tx, arn.Account); err != nil {
			return err
		}
		r, err := vouchedRole(tx, who, arn, in, v)
		if err != nil {
			return err
		}
		length, err := sessionLength(r, in.DurationSeconds, false)
		if err != nil {
			return err
		}
		session := s.session(access.ByWebIdentity, r.Account, length)
		session.Role, session.Name, session.Web = r.ID, in.RoleSessionName, &v.web
		v.marks.mark(&session)
		if err := bounds.narrow(tx, &session); err != nil {
			return err
		}
		*out = api.AssumeRoleWithWebIdentityOutput{
			AssumedRoleUser: &api.AssumedRoleUser{AssumedRoleId: r.ID + ":" + session.Name, Arn: session.ARN(r)},
			Provider:        claims.Issuer, Audience: v.web.Audience, SubjectFromWebIdentityToken: claims.Subject, SourceIdentity: session.SourceIdentity,
		}
		out.Credentials, out.PackedPolicySize, err = s.issue(session)
		return err
	})
	if err == nil {
		who.Notes.Add("session", out.AssumedRoleUser.Arn)
	}
	return out, err
}

// verify holds a token to its issuer, if the account knows it.
func (s *Service) verify(ctx context.Context, account ident.Account, token string) (issuer.Claims, error) {
	name, err := issuer.Issuer(token)
	if err != nil {
		return issuer.Claims{}, err
	}
	var p access.OIDCProvider
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		p, err = provider(tx, account, name)
		return err
	})
	if err != nil {
		return issuer.Claims{}, err
	}
	return s.Issuers.Verify(ctx, issuer.Provider{Name: p.ARN(), Issuer: name, Thumbprints: p.Thumbprints}, token)
}

// provider returns what an account knows of an issuer, by the name that tokens have for it.
func provider(tx *store.Tx, account ident.Account, name string) (access.OIDCProvider, error) {
	unknown := invalidToken("No OpenIDConnect provider found in your account for " + name)
	url, err := access.ParseIssuer(name)
	if err != nil {
		return access.OIDCProvider{}, unknown
	}
	p, ok, err := tx.OIDCProvider(access.ProviderARN(account, url))
	if err == nil && !ok {
		err = unknown
	}
	return p, err
}

func invalidToken(message string) error {
	return fault.Invalidf("%s", message).Named(issuer.InvalidToken)
}

// visitor is whom a verified token is about.
type visitor struct {
	claims   issuer.Claims
	marks    marks
	provider access.OIDCProvider
	web      access.WebIdentity
}

// admit looks up what an account knows of the token's provider, and refuses a token that was issued to none of its clients.
func (v *visitor) admit(tx *store.Tx, account ident.Account) error {
	p, err := provider(tx, account, v.claims.Issuer)
	if err == nil && !slices.Contains(p.Clients, v.claims.Audience()) {
		err = invalidToken("Incorrect token audience")
	}
	v.provider = p
	v.web = access.WebIdentity{Provider: p.ARN(), Subject: v.claims.Subject, Audience: v.claims.Audience(), Methods: v.claims.Methods}
	return err
}

// vouchedRole returns the role a request names if its trust policy covers the visitor, with the marks that the token asks
// for. Whether a role that is refused is there is not told.
func vouchedRole(tx *store.Tx, who access.Caller, arn ident.ARN, in *api.AssumeRoleWithWebIdentityInput, v visitor) (access.IAMRole, error) {
	r, trust, err := trustOf(tx, arn)
	if err != nil {
		return r, err
	}
	q := access.Request{Actor: access.Actor{Provider: v.web.Provider}, Resource: access.Resources(in.RoleArn),
		Keys: v.marks.keys(in.RoleSessionName, in.DurationSeconds)}
	q.Keys.SetWebIdentity(v.web)
	q.Keys.SetMany(v.provider.URL+":oaud", v.claims.Audiences)
	if v.claims.Email != "" {
		q.Keys.Set(v.provider.URL+":email", v.claims.Email)
	}
	for _, action := range v.marks.actions(access.AssumeRoleWithWebIdentity) {
		q.Action = action
		if err := trust.Vouched(who, q); err != nil {
			return r, err
		}
	}
	return r, nil
}
