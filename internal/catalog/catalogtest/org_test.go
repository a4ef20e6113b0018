package catalogtest

import (
	"fmt"
	"slices"

	"portico/internal/access"
	"portico/internal/ident"
	"portico/internal/service/organizations/api"
)

// How the driver does things to organizations. A do-it method does one thing to server and model and compares the codes;
// the actions behind them draw whom and what.

const catalogService = "servicecatalog.amazonaws.com"

func (w *world) createOrganization(who access.Caller, all bool) {
	features := api.OrganizationFeatureSetAll
	if !all {
		features = api.OrganizationFeatureSetConsolidatedBilling
	}
	id, root := "", ""
	out, err := w.org.CreateOrganization(w.ctx, who, &api.CreateOrganizationInput{FeatureSet: &features})
	if err == nil {
		id = out.Organization.Id
		roots, err := w.org.ListRoots(w.ctx, who, &api.ListRootsInput{})
		if err != nil {
			w.t.Fatalf("ListRoots: %v", err)
		}
		root = roots.Roots[0].Id
		w.made(&w.orgs, "organization", id)
		w.made(&w.units, "root", root)
	}
	w.organized(who, err, w.m.CreateOrganization(who, id, root, all), "CreateOrganization %s = %s root %s", features, id, root)
}

func (w *world) createUnit(who access.Caller, parent string) string {
	id := ""
	out, err := w.org.CreateOrganizationalUnit(w.ctx, who, &api.CreateOrganizationalUnitInput{
		ParentId: parent, Name: fmt.Sprint("unit ", len(w.units)),
	})
	if err == nil {
		id = out.OrganizationalUnit.Id
		w.made(&w.units, "unit", id)
	}
	w.organized(who, err, w.m.CreateOrganizationalUnit(who, parent, id), "CreateOrganizationalUnit in %s = %s", parent, id)
	return id
}

func (w *world) createAccount(who access.Caller) {
	var id ident.Account
	out, err := w.org.CreateAccount(w.ctx, who, &api.CreateAccountInput{
		Email: ident.Source{}.Lower(20) + "@example.com", AccountName: "new",
	})
	if err == nil {
		id = ident.Account(out.CreateAccountStatus.AccountId)
	}
	if w.organized(who, err, w.m.CreateAccount(who, id), "CreateAccount = %s", id) {
		w.settle(id)
	}
}

// join invites an account and accepts for it.
func (w *world) join(who access.Caller, id ident.Account) {
	out, err := w.org.InviteAccountToOrganization(w.ctx, who, &api.InviteAccountToOrganizationInput{
		Target: &api.HandshakeParty{Id: string(id), Type: api.HandshakePartyTypeAccount},
	})
	if err == nil {
		_, err = w.org.AcceptHandshake(w.ctx, w.root(id, regions[0]), &api.AcceptHandshakeInput{HandshakeId: out.Handshake.Id})
	}
	w.organized(who, err, w.m.Join(who, id), "Invite %s, which accepts", id)
}

func (w *world) move(who access.Caller, id ident.Account, from, to string) {
	_, err := w.org.MoveAccount(w.ctx, who, &api.MoveAccountInput{
		AccountId: string(id), SourceParentId: from, DestinationParentId: to,
	})
	w.organized(who, err, w.m.MoveAccount(who, id, from, to), "MoveAccount %s from %s to %s", id, from, to)
}

func (w *world) register(who access.Caller, id ident.Account) {
	_, err := w.org.RegisterDelegatedAdministrator(w.ctx, who, &api.RegisterDelegatedAdministratorInput{
		AccountId: string(id), ServicePrincipal: catalogService,
	})
	w.organized(who, err, w.m.RegisterDelegatedAdministrator(who, id), "RegisterDelegatedAdministrator %s", id)
}

// manager is somebody of the management account of an organization, mostly, and that organization; nil if there is none.
func (w *world) manager() (access.Caller, *organization) {
	var live []*organization
	for _, id := range w.orgs {
		if o := w.m.orgs[id]; o != nil {
			live = append(live, o)
		}
	}
	o := one(w, "organization", live)
	if o == nil {
		return w.anyone(), nil
	}
	return w.actor(o.management, regions[0]), o
}

// member draws an account of an organization, mostly.
func (w *world) member(o *organization) ident.Account {
	if o == nil || w.chance(8) {
		return one(w, "account", w.accounts)
	}
	var list []ident.Account // in the order they were made, so that a smaller draw is the same kind of thing
	for _, a := range w.accounts {
		if w.m.accounts[a].org == o.id {
			list = append(list, a)
		}
	}
	if len(list) > 1 && w.chance(90) {
		list = list[1:]
	}
	return one(w, "member", list)
}

// unitOf draws an OU or root of an organization, mostly.
func (w *world) unitOf(o *organization) string {
	if o == nil || w.chance(6) {
		return one(w, "unit", append([]string{"ou-aaaa-aaaaaaaa"}, w.units...))
	}
	var list []string
	for _, id := range w.units {
		if u := w.m.units[id]; u != nil && u.org == o.id {
			list = append(list, id)
		}
	}
	return one(w, "unit", list)
}

func (w *world) actCreateOrganization() { w.createOrganization(w.anyone(), !w.chance(6)) }

func (w *world) actCreateUnit() {
	who, o := w.manager()
	if len(w.units) < 12 {
		w.createUnit(who, w.unitOf(o))
	}
}

// actDeleteUnit deletes an OU, mostly after what was in it was moved out.
func (w *world) actDeleteUnit() {
	who, o := w.manager()
	id := w.unitOf(o)
	if u := w.m.units[id]; u == nil || u.parent == "" {
		return // a root is another kind of thing
	}
	if w.chance(60) {
		w.empty(who, id)
	}
	w.deleteUnit(who, id)
}

// empty moves the accounts of an OU to its parent, if the caller manages them.
func (w *world) empty(who access.Caller, id string) {
	for _, a := range w.accounts {
		if o := w.m.organizationOf(a); w.m.accounts[a].parent == id && o.management == who.Account {
			w.move(who, a, id, w.m.units[id].parent)
		}
	}
}

func (w *world) deleteUnit(who access.Caller, id string) {
	_, err := w.org.DeleteOrganizationalUnit(w.ctx, who, &api.DeleteOrganizationalUnitInput{OrganizationalUnitId: id})
	w.organized(who, err, w.m.DeleteOrganizationalUnit(who, id), "DeleteOrganizationalUnit %s", id)
}

func (w *world) actCreateAccount() {
	who, _ := w.manager()
	if len(w.accounts) < 7 {
		w.createAccount(who)
	}
}

func (w *world) actJoin() {
	who, _ := w.manager()
	var free []ident.Account
	for _, a := range w.active() {
		if w.m.accounts[a].org == "" {
			free = append(free, a)
		}
	}
	if id := one(w, "account", free); id != "" && id != who.Account {
		w.join(who, id)
	}
}

func (w *world) actMove() {
	who, o := w.manager()
	id := w.member(o)
	from := w.m.accounts[id].parent
	if from == "" || w.chance(5) {
		from = w.unitOf(o)
	}
	if from == "" {
		return
	}
	if to := w.unitOf(o); to != "" {
		w.move(who, id, from, to)
	}
}

func (w *world) actRemove() {
	who, o := w.manager()
	w.remove(who, w.member(o))
}

func (w *world) remove(who access.Caller, id ident.Account) {
	_, err := w.org.RemoveAccountFromOrganization(w.ctx, who, &api.RemoveAccountFromOrganizationInput{AccountId: string(id)})
	w.organized(who, err, w.m.RemoveAccountFromOrganization(who, id), "RemoveAccountFromOrganization %s", id)
}

func (w *world) actLeave() {
	who := w.anyone()
	_, err := w.org.LeaveOrganization(w.ctx, who, &api.LeaveOrganizationInput{})
	w.organized(who, err, w.m.LeaveOrganization(who), "LeaveOrganization")
}

func (w *world) actClose() {
	who, o := w.manager()
	id := w.member(o)
	x := w.m.organizationOf(id)
	if len(w.active()) < 4 || w.m.accounts[id].delegated || x != nil && !x.all {
		return // whether a delegate may be closed, or any account without all features, is not said
	}
	_, err := w.org.CloseAccount(w.ctx, who, &api.CloseAccountInput{AccountId: string(id)})
	w.organized(who, err, w.m.CloseAccount(who, id), "CloseAccount %s", id)
}

func (w *world) actRegister() {
	who, o := w.manager()
	w.register(who, w.member(o))
}

func (w *world) actDeregister() {
	who, o := w.manager()
	id := w.member(o)
	if o != nil && w.chance(70) {
		for _, a := range w.accounts {
			if x := w.m.accounts[a]; x.org == o.id && x.delegated {
				id = a
			}
		}
	}
	w.deregister(who, id)
}

func (w *world) deregister(who access.Caller, id ident.Account) {
	_, err := w.org.DeregisterDelegatedAdministrator(w.ctx, who, &api.DeregisterDelegatedAdministratorInput{
		AccountId: string(id), ServicePrincipal: catalogService,
	})
	w.organized(who, err, w.m.DeregisterDelegatedAdministrator(who, id), "DeregisterDelegatedAdministrator %s", id)
}

// actServiceAccess switches organization access by the name it has in Organizations. (S-ORG-8)
func (w *world) actServiceAccess() {
	who, _ := w.manager()
	if o := w.m.organizationOf(who.Account); o != nil && !o.all {
		return // what that answers is not said
	}
	if w.chance(60) {
		_, err := w.org.EnableAWSServiceAccess(w.ctx, who, &api.EnableAWSServiceAccessInput{ServicePrincipal: catalogService})
		w.organized(who, err, w.m.EnableAWSServiceAccess(who), "EnableAWSServiceAccess")
		return
	}
	_, err := w.org.DisableAWSServiceAccess(w.ctx, who, &api.DisableAWSServiceAccessInput{ServicePrincipal: catalogService})
	w.organized(who, err, w.m.DisableAWSServiceAccess(who), "DisableAWSServiceAccess")
}

// actDeleteOrganization deletes an organization, now and then after everything in it is gone.
func (w *world) actDeleteOrganization() {
	who, o := w.manager()
	if o != nil && o.management == who.Account && w.chance(40) {
		for _, a := range w.accounts {
			if x := w.m.accounts[a]; x.org == o.id && a != o.management {
				if x.delegated {
					w.deregister(who, a)
				}
				w.remove(who, a)
			}
		}
		for _, id := range slices.Backward(w.units) {
			if u := w.m.units[id]; u != nil && u.org == o.id && u.parent != "" {
				w.empty(who, id)
				w.deleteUnit(who, id)
			}
		}
	}
	_, err := w.org.DeleteOrganization(w.ctx, who, &api.DeleteOrganizationInput{})
	w.organized(who, err, w.m.DeleteOrganization(who), "DeleteOrganization")
}
