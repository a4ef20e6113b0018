package organizations

import (
	"context"
	"strings"

	"portico/internal/access"
	"portico/internal/org"
	"portico/internal/service/organizations/api"
	"portico/internal/store"
)

// trustable returns the organization in which the caller may change the trust in a service.
func trustable(tx *store.Tx, who access.Caller, service string) (org.Organization, error) {
	o, err := managed(tx, who)
	if err != nil {
		return o, err
	}
	if !strings.HasSuffix(service, ".amazonaws.com") {
		return o, invalid("UNRECOGNIZED_SERVICE_PRINCIPAL", "You specified a service principal that isn't recognized: %s.", service)
	}
	if o.Features != org.AllFeatures {
		return o, broken("ORGANIZATION_NOT_IN_ALL_FEATURES_MODE", "You attempted to perform an operation that requires "+
			"the organization to be configured to support all features.")
	}
	return o, nil
}

// EnableAWSServiceAccess trusts a service. For the service catalog that is the same as enabling organization access
// there. (S-ORG-7..9)
func (s *Service) EnableAWSServiceAccess(ctx context.Context, who access.Caller, in *api.EnableAWSServiceAccessInput) (*api.EnableAWSServiceAccessOutput, error) {
	out := new(api.EnableAWSServiceAccessOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := trustable(tx, who, in.ServicePrincipal)
		if err != nil {
			return err
		}
		if in.ServicePrincipal != org.Principal {
			return tx.InsertTrustedService(o.ID, in.ServicePrincipal, s.Now())
		}
		if err := org.MayEnable(o, true, who.Account); err != nil {
			return err
		}
		return tx.SetServiceCatalogAccess(o, true, s.Now())
	})
	return out, err
}

// DisableAWSServiceAccess ends the trust in a service, which must have no delegated administrator. For the service
// catalog that is the same as disabling organization access there. (S-ORG-8, 9, 11)
func (s *Service) DisableAWSServiceAccess(ctx context.Context, who access.Caller, in *api.DisableAWSServiceAccessInput) (*api.DisableAWSServiceAccessOutput, error) {
	out := new(api.DisableAWSServiceAccessOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := trustable(tx, who, in.ServicePrincipal)
		if err != nil {
			return err
		}
		delegates, err := tx.DelegatesFor(o.ID, in.ServicePrincipal)
		if err != nil {
			return err
		}
		if len(delegates) > 0 {
			return broken("DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE", "You cannot disable access of %s while it "+
				"has delegated administrators. Deregister them first.", in.ServicePrincipal)
		}
		if in.ServicePrincipal != org.Principal {
			return tx.DeleteTrustedService(o.ID, in.ServicePrincipal)
		}
		if err := org.MayDisable(o, true, who.Account, len(delegates)); err != nil {
			return err
		}
		return tx.SetServiceCatalogAccess(o, false, s.Now())
	})
	return out, err
}

// ListAWSServiceAccessForOrganization lists the trusted services, by name. (S-ORG-7)
func (s *Service) ListAWSServiceAccessForOrganization(ctx context.Context, who access.Caller, in *api.ListAWSServiceAccessForOrganizationInput) (*api.ListAWSServiceAccessForOrganizationOutput, error) {
	p, err := pageOf(who, in.NextToken, in.MaxResults, "ListAWSServiceAccessForOrganization")
	if err != nil {
		return nil, err
	}
	out := new(api.ListAWSServiceAccessForOrganizationOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		o, err := watched(tx, who)
		if err != nil {
			return err
		}
		rows, err := tx.TrustedServices(o.ID, p.after, p.more())
		out.EnabledServicePrincipals, out.NextToken = cut(p, rows, func(t store.TrustedService) string { return t.Name },
			func(t store.TrustedService) api.EnabledServicePrincipal {
				return api.EnabledServicePrincipal{ServicePrincipal: t.Name, DateEnabled: t.Enabled}
			})
		return err
	})
	return out, err
}
