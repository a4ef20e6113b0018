package iam

import (
	"cmp"
	"context"
	"encoding/hex"
	"slices"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/service/iam/api"
	"portico/internal/store"
)

// The quotas of providers of web identities.
const (
	providersPerAccount    = 100
	clientsPerProvider     = 100
	thumbprintsPerProvider = 5
)

// providerFor returns the provider of the caller's account that a request names.
func providerFor(tx *store.Tx, who access.Caller, arn string) (access.OIDCProvider, error) {
	a, err := ident.ParseARN(arn)
	if err != nil || a.Service != "iam" {
		return access.OIDCProvider{}, fault.Invalidf("ARN %s is not valid.", arn)
	}
	p, ok, err := tx.OIDCProvider(arn)
	return p, found(ok && p.Account == who.Account, err, fault.NotFoundf("OpenIDConnect Provider not found for arn %s", arn))
}

// checkProvider holds the lists of a provider to what they may be.
func checkProvider(p access.OIDCProvider) error {
	if len(p.Clients) > clientsPerProvider {
		return fault.Limitf("Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: %d", clientsPerProvider)
	}
	if len(p.Thumbprints) > thumbprintsPerProvider {
		return fault.Invalidf("Thumbprint list must contain fewer than %d entries.", thumbprintsPerProvider+1)
	}
	for _, t := range p.Thumbprints {
		if _, err := hex.DecodeString(t); err != nil {
			return fault.Invalidf("Thumbprint %s must be 40 hexadecimal digits.", t)
		}
	}
	return nil
}

// CreateOpenIDConnectProvider makes the account trust an issuer of web identities. Nothing is fetched from it.
func (s *Service) CreateOpenIDConnectProvider(ctx context.Context, who access.Caller, in *api.CreateOpenIDConnectProviderInput) (*api.CreateOpenIDConnectProviderOutput, error) {
	url, err := access.ParseIssuer(in.Url)
	if err != nil {
		return nil, err
	}
	p := access.OIDCProvider{Account: who.Account, URL: url, Thumbprints: in.ThumbprintList, Created: s.Now()}
	for _, c := range in.ClientIDList {
		if !slices.Contains(p.Clients, c) {
			p.Clients = append(p.Clients, c)
		}
	}
	if err := checkProvider(p); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, taken, err := tx.OIDCProvider(p.ARN()); err != nil || taken {
			return cmp.Or[error](err, fault.Duplicatef("Provider with url %s already exists.", p.Issuer()))
		}
		all, err := tx.OIDCProviders(who.Account)
		if err != nil || len(all) >= providersPerAccount {
			return cmp.Or[error](err, fault.Limitf("Cannot exceed quota for OpenIdConnectProvidersPerAccount: %d", providersPerAccount))
		}
		if err := tx.InsertOIDCProvider(p); err != nil {
			return err
		}
		return putTags(tx, p.ARN(), in.Tags)
	})
	return &api.CreateOpenIDConnectProviderOutput{OpenIDConnectProviderArn: p.ARN(), Tags: in.Tags}, err
}

// GetOpenIDConnectProvider reads a provider with its tags.
func (s *Service) GetOpenIDConnectProvider(ctx context.Context, who access.Caller, in *api.GetOpenIDConnectProviderInput) (*api.GetOpenIDConnectProviderOutput, error) {
	out := new(api.GetOpenIDConnectProviderOutput)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		p, err := providerFor(tx, who, in.OpenIDConnectProviderArn)
		if err != nil {
			return err
		}
		tags, err := tx.EntityTags(p.ARN())
		*out = api.GetOpenIDConnectProviderOutput{Url: p.URL, ClientIDList: p.Clients, ThumbprintList: p.Thumbprints, CreateDate: p.Created, Tags: showTags(tags)}
		return err
	})
	return out, err
}

// ListOpenIDConnectProviders lists the providers of the account by ARN.
func (s *Service) ListOpenIDConnectProviders(ctx context.Context, who access.Caller, _ *api.ListOpenIDConnectProvidersInput) (*api.ListOpenIDConnectProvidersOutput, error) {
	out := &api.ListOpenIDConnectProvidersOutput{OpenIDConnectProviderList: []api.OpenIDConnectProviderListEntry{}}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		ps, err := tx.OIDCProviders(who.Account)
		for _, p := range ps {
			out.OpenIDConnectProviderList = append(out.OpenIDConnectProviderList, api.OpenIDConnectProviderListEntry{Arn: p.ARN()})
		}
		return err
	})
	return out, err
}

func (s *Service) changeProvider(ctx context.Context, who access.Caller, arn string, change func(*access.OIDCProvider)) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := providerFor(tx, who, arn)
		if err != nil {
			return err
		}
		change(&p)
		if err := checkProvider(p); err != nil {
			return err
		}
		return tx.UpdateOIDCProvider(p)
	})
}

// UpdateOpenIDConnectProviderThumbprint replaces the thumbprints of a provider.
func (s *Service) UpdateOpenIDConnectProviderThumbprint(ctx context.Context, who access.Caller, in *api.UpdateOpenIDConnectProviderThumbprintInput) (*api.UpdateOpenIDConnectProviderThumbprintOutput, error) {
	return new(api.UpdateOpenIDConnectProviderThumbprintOutput), s.changeProvider(ctx, who, in.OpenIDConnectProviderArn,
		func(p *access.OIDCProvider) { p.Thumbprints = in.ThumbprintList })
}

// AddClientIDToOpenIDConnectProvider adds an audience to a provider; to do so again changes nothing.
func (s *Service) AddClientIDToOpenIDConnectProvider(ctx context.Context, who access.Caller, in *api.AddClientIDToOpenIDConnectProviderInput) (*api.AddClientIDToOpenIDConnectProviderOutput, error) {
	return new(api.AddClientIDToOpenIDConnectProviderOutput), s.changeProvider(ctx, who, in.OpenIDConnectProviderArn, func(p *access.OIDCProvider) {
		if !slices.Contains(p.Clients, in.ClientID) {
			p.Clients = append(p.Clients, in.ClientID)
		}
	})
}

// RemoveClientIDFromOpenIDConnectProvider takes an audience from a provider; one it does not have is passed over.
func (s *Service) RemoveClientIDFromOpenIDConnectProvider(ctx context.Context, who access.Caller, in *api.RemoveClientIDFromOpenIDConnectProviderInput) (*api.RemoveClientIDFromOpenIDConnectProviderOutput, error) {
	return new(api.RemoveClientIDFromOpenIDConnectProviderOutput), s.changeProvider(ctx, who, in.OpenIDConnectProviderArn, func(p *access.OIDCProvider) {
		p.Clients = slices.DeleteFunc(p.Clients, func(c string) bool { return c == in.ClientID })
	})
}

// DeleteOpenIDConnectProvider removes a provider; one that is not there is no error. Roles that trust it stay.
func (s *Service) DeleteOpenIDConnectProvider(ctx context.Context, who access.Caller, in *api.DeleteOpenIDConnectProviderInput) (*api.DeleteOpenIDConnectProviderOutput, error) {
	return new(api.DeleteOpenIDConnectProviderOutput), s.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := providerFor(tx, who, in.OpenIDConnectProviderArn)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return tx.DeleteOIDCProvider(p.ARN())
	})
}
