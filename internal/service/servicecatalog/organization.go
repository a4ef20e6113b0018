package servicecatalog

import (
	"context"

	"portico/internal/access"
	"portico/internal/org"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/store"
)

// EnableAWSOrganizationsAccess lets portfolios be shared within the caller's organization. (S-ORG-5 … S-ORG-9)
func (s *Service) EnableAWSOrganizationsAccess(ctx context.Context, who access.Caller, _ *api.EnableAWSOrganizationsAccessInput) (*api.EnableAWSOrganizationsAccessOutput, error) {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, in, err := tx.OrganizationOf(who.Account)
		if err != nil {
			return err
		}
		if err := org.MayEnable(o, in, who.Account); err != nil {
			return err
		}
		return tx.SetServiceCatalogAccess(o, true, s.Now())
	})
	return new(api.EnableAWSOrganizationsAccessOutput), err
}

// DisableAWSOrganizationsAccess stops new shares within the organization and freezes whom the existing ones cover.
// (S-ORG-11, S-ORG-12, S-EVT-9)
func (s *Service) DisableAWSOrganizationsAccess(ctx context.Context, who access.Caller, _ *api.DisableAWSOrganizationsAccessInput) (*api.DisableAWSOrganizationsAccessOutput, error) {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, in, err := tx.OrganizationOf(who.Account)
		if err != nil {
			return err
		}
		delegates, err := tx.Delegates(o.ID)
		if err != nil {
			return err
		}
		if err := org.MayDisable(o, in, who.Account, len(delegates)); err != nil {
			return err
		}
		return tx.SetServiceCatalogAccess(o, false, s.Now())
	})
	return new(api.DisableAWSOrganizationsAccessOutput), err
}

// GetAWSOrganizationsAccessStatus tells privileged accounts whether sharing within the organization is enabled.
// (S-ORG-3, S-ORG-10)
func (s *Service) GetAWSOrganizationsAccessStatus(ctx context.Context, who access.Caller, _ *api.GetAWSOrganizationsAccessStatusInput) (*api.GetAWSOrganizationsAccessStatusOutput, error) {
	out := new(api.GetAWSOrganizationsAccessStatusOutput)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		o, err := privileged(tx, who)
		out.AccessStatus = api.AccessStatus(o.Access)
		return err
	})
	return out, err
}
