package organizations

import (
	"context"

	"portico/internal/access"
	"portico/internal/org"
	"portico/internal/service/organizations/api"
	"portico/internal/store"
)

const notRegistered = "AccountNotRegisteredException"

// RegisterDelegatedAdministrator lets a member act for the organization in one service. (S-ORG-14, 15, 17)
func (s *Service) RegisterDelegatedAdministrator(ctx context.Context, who access.Caller, in *api.RegisterDelegatedAdministratorInput) (*api.RegisterDelegatedAdministratorOutput, error) {
	out := new(api.RegisterDelegatedAdministratorOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := managed(tx, who)
		if err != nil {
			return err
		}
		m, err := memberFor(tx, o, in.AccountId)
		if err != nil {
			return err
		}
		trusted, err := tx.Trusted(o.ID, in.ServicePrincipal)
		if err != nil {
			return err
		}
		registered, err := tx.DelegatedFor(m.Account, in.ServicePrincipal)
		if err != nil {
			return err
		}
		all, err := tx.DelegatesFor(o.ID, in.ServicePrincipal)
		if err != nil {
			return err
		}
		if err := org.MayRegister(o, m, trusted, registered, len(all)); err != nil {
			return err
		}
		return tx.InsertDelegate(m, in.ServicePrincipal, s.Now())
	})
	return out, err
}

// DeregisterDelegatedAdministrator ends that; for the service catalog the account's org shares end with it.
// (S-ORG-14, 16, S-EVT-5, 6)
func (s *Service) DeregisterDelegatedAdministrator(ctx context.Context, who access.Caller, in *api.DeregisterDelegatedAdministratorInput) (*api.DeregisterDelegatedAdministratorOutput, error) {
	out := new(api.DeregisterDelegatedAdministratorOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := managed(tx, who)
		if err != nil {
			return err
		}
		m, err := memberFor(tx, o, in.AccountId)
		if err != nil {
			return err
		}
		registered, err := tx.DelegatedFor(m.Account, in.ServicePrincipal)
		if err != nil {
			return err
		}
		if !registered {
			return missing(notRegistered, "The specified account %s is not a delegated administrator for %s.",
				m.Account, in.ServicePrincipal)
		}
		return tx.DeleteDelegate(m.Account, in.ServicePrincipal)
	})
	return out, err
}

// ListDelegatedAdministrators lists the delegated administrators of one service, or of any, by account id.
func (s *Service) ListDelegatedAdministrators(ctx context.Context, who access.Caller, in *api.ListDelegatedAdministratorsInput) (*api.ListDelegatedAdministratorsOutput, error) {
	service := deref(in.ServicePrincipal)
	p, err := pageOf(who, in.NextToken, in.MaxResults, "ListDelegatedAdministrators", service)
	if err != nil {
		return nil, err
	}
	out := new(api.ListDelegatedAdministratorsOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		o, err := watched(tx, who)
		if err != nil {
			return err
		}
		rows, err := tx.DelegateAccounts(o.ID, service, p.account(), p.more())
		out.DelegatedAdministrators, out.NextToken = cut(p, rows,
			func(d store.DelegateAccount) string { return string(d.ID) },
			func(d store.DelegateAccount) api.DelegatedAdministrator {
				return api.DelegatedAdministrator{
					Id: string(d.ID), Arn: o.AccountARN(d.ID), Email: d.Email, Name: d.Name,
					Status: api.AccountStatus(d.Status), JoinedMethod: api.AccountJoinedMethod(d.Method),
					JoinedTimestamp: d.Joined, DelegationEnabledDate: d.Enabled,
				}
			})
		return err
	})
	return out, err
}

// ListDelegatedServicesForAccount lists the services a member administers, by name.
func (s *Service) ListDelegatedServicesForAccount(ctx context.Context, who access.Caller, in *api.ListDelegatedServicesForAccountInput) (*api.ListDelegatedServicesForAccountOutput, error) {
	p, err := pageOf(who, in.NextToken, in.MaxResults, "ListDelegatedServicesForAccount", in.AccountId)
	if err != nil {
		return nil, err
	}
	out := new(api.ListDelegatedServicesForAccountOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		o, err := watched(tx, who)
		if err != nil {
			return err
		}
		m, err := memberFor(tx, o, in.AccountId)
		if err != nil {
			return err
		}
		rows, err := tx.Delegations(m.Account, p.after, p.more())
		if err == nil && len(rows) == 0 && p.after == "" {
			err = missing(notRegistered, "The specified account %s is not a delegated administrator.", m.Account)
		}
		out.DelegatedServices, out.NextToken = cut(p, rows, func(d store.Delegation) string { return d.Service },
			func(d store.Delegation) api.DelegatedService {
				return api.DelegatedService{ServicePrincipal: d.Service, DelegationEnabledDate: d.Enabled}
			})
		return err
	})
	return out, err
}
