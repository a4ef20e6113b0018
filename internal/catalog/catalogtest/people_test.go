package catalogtest

import (
	"portico/internal/access"
	"portico/internal/ident"
	"portico/internal/store"
)

// people are the IAM entities of an account: a user, a group it is in, and two roles. Names repeat from account to account,
// so that shared patterns meet principals everywhere.
type people struct {
	user  access.IAMUser
	group access.IAMGroup
	roles []access.IAMRole
}

const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"servicecatalog.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// populate gives an account its people.
func (w *world) populate(a ident.Account) {
	p := &people{}
	w.people[a] = p
	now, made := w.org.Now(), ident.Source{}
	p.user = access.IAMUser{ID: made.Unique("AIDA"), Account: a, Name: "ann", Path: "/staff/", Created: now}
	p.group = access.IAMGroup{ID: made.Unique("AGPA"), Account: a, Name: "dev", Path: "/", Created: now}
	for _, path := range []string{"/", "/staff/"} {
		p.roles = append(p.roles, access.IAMRole{ID: made.Unique("AROA"), Account: a, Name: "dev" + path[1:min(2, len(path))],
			Path: path, Trust: trust, Created: now})
	}
	w.write("people", func(tx *store.Tx) error {
		if err := tx.InsertUser(p.user); err != nil {
			return err
		}
		if err := tx.InsertGroup(p.group); err != nil {
			return err
		}
		if err := tx.InsertGroupUser(p.group.ID, p.user.ID); err != nil {
			return err
		}
		for _, r := range p.roles {
			if err := tx.InsertRole(r); err != nil {
				return err
			}
		}
		return nil
	})
	for _, e := range p.entities() {
		w.met(e)
	}
}

func (p *people) entities() []access.Principal {
	return []access.Principal{p.user.Principal(), p.group.Principal(), p.roles[0].Principal(), p.roles[1].Principal()}
}

// renewRole deletes a role and makes a new one of the same name. (S-PRI-3)
func (w *world) renewRole(a ident.Account, i int) {
	p := w.people[a]
	old := p.roles[i]
	w.write("renew role", func(tx *store.Tx) error {
		if err := tx.DeleteRole(old.ID); err != nil {
			return err
		}
		p.roles[i].ID = ident.Source{}.Unique("AROA")
		return tx.InsertRole(p.roles[i])
	})
	w.m.RemoveEntity(old.Principal())
	w.met(p.roles[i].Principal())
	w.t.Logf("%s", w.say("%s deleted and made anew, %s is now %s", old.ARN(), old.ID, p.roles[i].ID))
}

// met makes an entity known to the model.
func (w *world) met(e access.Principal) {
	w.m.AddEntity(e)
	w.entities++
	w.called(e.ID, "entity", w.entities)
}

// principals are the callers of an account by which it is looked at: a user that is in a group, and sessions of two roles.
func (w *world) principals(a ident.Account, r ident.Region) []access.Caller {
	p := w.people[a]
	list := []access.Caller{access.UserCaller(p.user, []access.IAMGroup{p.group})}
	for _, role := range p.roles {
		list = append(list, access.SessionCaller(role, access.RoleSession{Name: "s"}))
	}
	for i := range list { // what policies allow is not the model's concern
		list[i].Region, list[i].Authority = r, everything
	}
	return list
}

// everything is the authority of a root.
var everything = access.RootCaller("").Authority

// root is the root of an account.
func (w *world) root(a ident.Account, r ident.Region) access.Caller {
	c := access.RootCaller(a)
	c.Region = r
	return c
}

// active lists the accounts that can make calls.
func (w *world) active() []ident.Account {
	var list []ident.Account
	for _, a := range w.accounts {
		if w.m.Active(a) {
			list = append(list, a)
		}
	}
	return list
}

// caller is somebody of an account, nearly always in the first region.
func (w *world) caller(a ident.Account) access.Caller {
	r := regions[0]
	if w.chance(4) {
		r = regions[1]
	}
	return w.as(a, r)
}

// as is somebody of an account in a region.
func (w *world) as(a ident.Account, r ident.Region) access.Caller {
	return one(w, "caller", append([]access.Caller{w.root(a, r)}, w.principals(a, r)...))
}

// anyone is somebody of any account that can make calls.
func (w *world) anyone() access.Caller { return w.caller(one(w, "account", w.active())) }

// actor is somebody of the account, or now and then of another one; closed accounts do not act.
func (w *world) actor(a ident.Account, r ident.Region) access.Caller {
	if !w.m.Active(a) || w.chance(12) {
		return w.anyone()
	}
	if w.chance(3) {
		r = regions[1]
	}
	return w.as(a, r)
}
