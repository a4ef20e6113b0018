package organizations

import (
	"fmt"
	"testing"

	"portico/internal/access"
	"portico/internal/ident"
	"portico/internal/org"
	"portico/internal/service/organizations/api"
	"portico/internal/store"
)

func register(a ident.Account, service string) any {
	return &api.RegisterDelegatedAdministratorInput{AccountId: string(a), ServicePrincipal: service}
}

func deregister(a ident.Account, service string) any {
	return &api.DeregisterDelegatedAdministratorInput{AccountId: string(a), ServicePrincipal: service}
}

func (w *world) trusted(o org.Organization) []string {
	w.t.Helper()
	var names []string
	out := ask[*api.ListAWSServiceAccessForOrganizationOutput](w, "ListAWSServiceAccessForOrganization", o.Management,
		&api.ListAWSServiceAccessForOrganizationInput{})
	for _, p := range out.EnabledServicePrincipals {
		if p.DateEnabled.IsZero() {
			w.t.Errorf("%s has no date", p.ServicePrincipal)
		}
		names = append(names, p.ServicePrincipal)
	}
	return names
}

func TestTrust(t *testing.T) {
	const stacks = "member.org.stacksets.cloudformation.amazonaws.com"
	worlds(t, func(w *world) {
		o := w.organization(boss)
		w.join(o, anna)
		w.equal("S-ORG-10 before the first Enable", w.organizationOf(boss).Access, org.Disabled)
		w.trust(o, false)
		w.equal("S-ORG-9 disable when disabled", w.organizationOf(boss).Frozen, int64(0))
		w.trust(o, true)
		enabled := w.organizationOf(boss)
		w.equal("S-ORG-8 enabled", enabled.Access, org.Enabled)
		w.trust(o, true)
		w.equal("S-ORG-9 enable when enabled", w.organizationOf(boss), enabled)
		w.do("EnableAWSServiceAccess", boss, &api.EnableAWSServiceAccessInput{ServicePrincipal: stacks})
		w.equal("S-ORG-7 listed", w.trusted(o), []string{stacks, org.Principal})
		w.trust(o, false)
		w.equal("S-ORG-8 disabled", w.organizationOf(boss).Access, org.Disabled)
		w.equal("S-ORG-8 no longer listed", w.trusted(o), []string{stacks})
		w.write(func(tx *store.Tx) error { return tx.SetServiceCatalogAccess(w.organizationOf(boss), true, w.now) })
		w.equal("S-ORG-7 enabled by the catalog", w.trusted(o), []string{stacks, org.Principal})

		w.do("RegisterDelegatedAdministrator", boss, register(anna, org.Principal))
		w.refused("S-ORG-11 with a delegate", "DisableAWSServiceAccess", boss,
			&api.DisableAWSServiceAccessInput{ServicePrincipal: org.Principal},
			constraint+" DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE")
		w.do("DisableAWSServiceAccess", boss, &api.DisableAWSServiceAccessInput{ServicePrincipal: stacks})
		w.refused("no principal", "EnableAWSServiceAccess", boss, &api.EnableAWSServiceAccessInput{ServicePrincipal: "catalog"},
			"InvalidInputException UNRECOGNIZED_SERVICE_PRINCIPAL")

		w.do("CreateOrganization", other, &api.CreateOrganizationInput{FeatureSet: ptr(api.OrganizationFeatureSetConsolidatedBilling)})
		w.refused("S-ORG-6 billing features only", "EnableAWSServiceAccess", other,
			&api.EnableAWSServiceAccessInput{ServicePrincipal: org.Principal}, constraint+" ORGANIZATION_NOT_IN_ALL_FEATURES_MODE")
		billing := w.organizationOf(other)
		billing.Access = org.UnderChange
		billing.Features = org.AllFeatures
		w.write(func(tx *store.Tx) error { return tx.UpdateOrganization(billing) })
		for op, in := range map[string]any{
			"EnableAWSServiceAccess":  &api.EnableAWSServiceAccessInput{ServicePrincipal: org.Principal},
			"DisableAWSServiceAccess": &api.DisableAWSServiceAccessInput{ServicePrincipal: org.Principal},
		} {
			w.refused("S-ORG-9 under change", op, other, in, "ConcurrentModificationException")
		}
	})
}

func TestDelegates(t *testing.T) {
	const stacks = "member.org.stacksets.cloudformation.amazonaws.com"
	forests(t, func(f *forest) {
		f.refused("S-ORG-15 before Enable", "RegisterDelegatedAdministrator", boss, register(anna, stacks), constraint+" SERVICE_ACCESS_NOT_ENABLED")
		f.refused("S-ORG-15 the management account", "RegisterDelegatedAdministrator", boss, register(boss, org.Principal),
			constraint+" CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR")
		f.refused("S-ORG-15 no member", "RegisterDelegatedAdministrator", boss, register(other, org.Principal), "AccountNotFoundException")
		f.refused("S-ORG-16 never registered", "DeregisterDelegatedAdministrator", boss, deregister(anna, org.Principal), notRegistered)
		f.refused("S-ORG-16 no services", "ListDelegatedServicesForAccount", boss,
			&api.ListDelegatedServicesForAccountInput{AccountId: string(anna)}, notRegistered)

		f.do("RegisterDelegatedAdministrator", boss, register(anna, org.Principal))
		f.refused("S-ORG-15 again", "RegisterDelegatedAdministrator", boss, register(anna, org.Principal), "AccountAlreadyRegisteredException")
		f.do("EnableAWSServiceAccess", boss, &api.EnableAWSServiceAccessInput{ServicePrincipal: stacks})
		f.do("RegisterDelegatedAdministrator", boss, register(anna, stacks))
		f.do("RegisterDelegatedAdministrator", boss, register(bert, stacks))
		list := func(service *string) (ids []string) {
			out := ask[*api.ListDelegatedAdministratorsOutput](f.world, "ListDelegatedAdministrators", anna,
				&api.ListDelegatedAdministratorsInput{ServicePrincipal: service})
			for _, d := range out.DelegatedAdministrators {
				if d.DelegationEnabledDate.IsZero() || d.Email == "" {
					t.Errorf("delegate %+v", d)
				}
				ids = append(ids, d.Id)
			}
			return ids
		}
		f.equal("delegates of the catalog", list(ptr(org.Principal)), []string{string(anna)})
		f.equal("delegates of any service", list(nil), []string{string(anna), string(bert)})
		services := ask[*api.ListDelegatedServicesForAccountOutput](f.world, "ListDelegatedServicesForAccount", boss,
			&api.ListDelegatedServicesForAccountInput{AccountId: string(anna)}).DelegatedServices
		f.equal("services", services, []api.DelegatedService{
			{ServicePrincipal: stacks, DelegationEnabledDate: f.now}, {ServicePrincipal: org.Principal, DelegationEnabledDate: f.now}})
		f.read(func(tx *store.Tx) error {
			for a, want := range map[ident.Account]bool{anna: true, bert: false, boss: false} {
				got, err := tx.Delegated(a)
				if err != nil || got != want {
					t.Errorf("S-ORG-2 %s is a delegate of the catalog: %v, %v", a, got, err)
				}
			}
			return nil
		})

		stays := constraint + " CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG"
		f.refused("S-EVT-7 removed", "RemoveAccountFromOrganization", boss, &api.RemoveAccountFromOrganizationInput{AccountId: string(anna)}, stays)
		f.refused("S-EVT-7 leaves", "LeaveOrganization", anna, &api.LeaveOrganizationInput{}, stays)
		f.refused("S-EVT-7 closed", "CloseAccount", boss, &api.CloseAccountInput{AccountId: string(anna)}, stays)
		f.do("DeregisterDelegatedAdministrator", boss, deregister(anna, stacks))
		for range 2 {
			f.do("DeregisterDelegatedAdministrator", boss, deregister(anna, org.Principal))
			f.refused("S-EVT-5 reads no more", "ListAccounts", anna, &api.ListAccountsInput{}, "AccessDeniedException")
			f.refused("S-ORG-16 twice", "DeregisterDelegatedAdministrator", boss, deregister(anna, org.Principal), notRegistered)
			f.do("RegisterDelegatedAdministrator", boss, register(anna, org.Principal))
		}
		f.do("DeregisterDelegatedAdministrator", boss, deregister(anna, org.Principal))
		f.do("CloseAccount", boss, &api.CloseAccountInput{AccountId: string(anna)})
		f.refused("S-ORG-15 suspended", "RegisterDelegatedAdministrator", boss, register(anna, org.Principal),
			constraint+" CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR")
	})
}

func TestDelegateLimit(t *testing.T) {
	forests(t, func(f *forest) {
		f.write(func(tx *store.Tx) error {
			var full []org.Member
			for i := range org.MaxDelegates {
				a := ident.Account(fmt.Sprintf("5%011d", i))
				if err := tx.InsertAccount(access.Account{ID: a, Status: access.AccountActive, Created: f.now}); err != nil {
					return err
				}
				full = append(full, org.NewRoot(f.o).Admit(a, org.Created, f.now))
			}
			if err := tx.InsertMember(full...); err != nil {
				return err
			}
			for _, m := range full {
				if err := tx.InsertDelegate(m, org.Principal, f.now); err != nil {
					return err
				}
			}
			return nil
		})
		f.refused("S-ORG-17 the 51st", "RegisterDelegatedAdministrator", boss, register(anna, org.Principal),
			constraint+" MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED")
		f.do("DeregisterDelegatedAdministrator", boss, deregister("500000000000", org.Principal))
		f.do("RegisterDelegatedAdministrator", boss, register(anna, org.Principal))
	})
}
