package catalogtest

import (
	"portico/internal/access"
	"portico/internal/ident"
)

// maxDepth is how many OUs may lie below each other.
const maxDepth = 5

// CreateOrganizationalUnit makes an OU; names are never repeated here.
func (m *Model) CreateOrganizationalUnit(who access.Caller, parent, id string) string {
	o, code := m.managed(who)
	if code != "" {
		return code
	}
	if u := m.units[parent]; u == nil || u.org != o.id {
		return NoParent
	}
	depth := 1
	for at := parent; at != o.root; at = m.units[at].parent {
		depth++
	}
	if depth > maxDepth {
		return Violation
	}
	m.units[id] = &unit{id: id, org: o.id, parent: parent}
	return ""
}

// DeleteOrganizationalUnit removes an empty OU and every share made to it. (S-EVT-4)
func (m *Model) DeleteOrganizationalUnit(who access.Caller, id string) string {
	o, code := m.managed(who)
	if code != "" {
		return code
	}
	u := m.units[id]
	if u == nil || u.org != o.id || u.parent == "" {
		return NoUnit
	}
	for _, other := range m.units {
		if other.parent == id {
			return UnitNotEmpty
		}
	}
	for _, a := range m.accounts {
		if a.parent == id {
			return UnitNotEmpty
		}
	}
	delete(m.units, id)
	kept := m.shares[:0]
	for _, s := range m.shares {
		if s.kind != ToUnit || s.target != id {
			kept = append(kept, s)
		}
	}
	m.shares = kept
	m.sweep()
	return ""
}

// CreateAccount makes an account that is a member from its first moment. (S-EVT-1)
func (m *Model) CreateAccount(who access.Caller, id ident.Account) string {
	o, code := m.managed(who)
	if code != "" {
		return code
	}
	m.accounts[id] = &account{id: id, org: o.id, parent: o.root}
	m.sweep()
	return ""
}

// Join is an invitation that the invited account, which is in no organization, accepted. (S-EVT-1)
func (m *Model) Join(who access.Caller, id ident.Account) string {
	o, code := m.managed(who)
	if code != "" {
		return code
	}
	a := m.accounts[id]
	a.org, a.parent = o.id, o.root
	m.sweep()
	return ""
}

// MoveAccount puts a member elsewhere in the tree. (S-EVT-3)
func (m *Model) MoveAccount(who access.Caller, id ident.Account, from, to string) string {
	o, code := m.managed(who)
	if code != "" {
		return code
	}
	a := m.accounts[id]
	if a == nil || a.org != o.id {
		return NoAccount
	}
	if u := m.units[from]; u == nil || u.org != o.id {
		return NoSource
	}
	if u := m.units[to]; u == nil || u.org != o.id {
		return NoDestination
	}
	if a.parent == to {
		return SamePlace
	}
	if a.parent != from {
		return NoAccount
	}
	a.parent = to
	m.sweep()
	return ""
}

// RemoveAccountFromOrganization puts a member out. (S-EVT-2, 7)
func (m *Model) RemoveAccountFromOrganization(who access.Caller, id ident.Account) string {
	o, code := m.managed(who)
	if code != "" {
		return code
	}
	a := m.accounts[id]
	if a == nil || a.org != o.id {
		return NoAccount
	}
	return m.part(o, a)
}

// LeaveOrganization is a member going by itself. (S-EVT-2)
func (m *Model) LeaveOrganization(who access.Caller) string {
	o := m.organizationOf(who.Account)
	if o == nil {
		return NoOrganization
	}
	return m.part(o, m.accounts[who.Account])
}

func (m *Model) part(o *organization, a *account) string {
	if o.management == a.id {
		return MasterCannotLeave
	}
	if a.delegated {
		return Violation
	}
	a.org, a.parent = "", ""
	m.sweep()
	return ""
}

// CloseAccount stops an account from making calls; what reaches it stays. (S-EVT-8)
func (m *Model) CloseAccount(who access.Caller, id ident.Account) string {
	o, code := m.managed(who)
	if code != "" {
		return code
	}
	a := m.accounts[id]
	if a == nil || a.org != o.id {
		return NoAccount
	}
	if a.id == o.management {
		return Violation
	}
	if a.closed {
		return AlreadyClosed
	}
	a.closed = true
	m.sweep()
	return ""
}

func (m *Model) hasDelegates(o *organization) bool {
	for _, a := range m.accounts {
		if a.org == o.id && a.delegated {
			return true
		}
	}
	return false
}

// RegisterDelegatedAdministrator lets a member share with the organization. (S-ORG-14, 15)
func (m *Model) RegisterDelegatedAdministrator(who access.Caller, id ident.Account) string {
	o, code := m.managed(who)
	if code != "" {
		return code
	}
	a := m.accounts[id]
	switch {
	case a == nil || a.org != o.id:
		return NoAccount
	case !o.enabled, a.id == o.management, a.closed:
		return Violation
	case a.delegated:
		return AlreadyRegistered
	}
	a.delegated = true
	return ""
}

// DeregisterDelegatedAdministrator takes that back, and every organization share the account made. (S-ORG-16, S-EVT-5)
func (m *Model) DeregisterDelegatedAdministrator(who access.Caller, id ident.Account) string {
	o, code := m.managed(who)
	if code != "" {
		return code
	}
	a := m.accounts[id]
	if a == nil || a.org != o.id {
		return NoAccount
	}
	if !a.delegated {
		return NotRegistered
	}
	a.delegated = false
	kept := m.shares[:0]
	for _, s := range m.shares {
		if s.kind == ToAccount || m.portfolios[s.portfolio].owner != id {
			kept = append(kept, s)
		}
	}
	m.shares = kept
	m.sweep()
	return ""
}
