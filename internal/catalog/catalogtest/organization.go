package catalogtest

import (
	"slices"

	"portico/internal/access"
	"portico/internal/ident"
)

// The error codes of Organizations that the specification, or else the API model, gives.
const (
	NoOrganization    = "AWSOrganizationsNotInUseException"
	AlreadyIn         = "AlreadyInOrganizationException"
	NotEmpty          = "OrganizationNotEmptyException"
	Violation         = "ConstraintViolationException"
	NoAccount         = "AccountNotFoundException"
	NoParent          = "ParentNotFoundException"
	NoUnit            = "OrganizationalUnitNotFoundException"
	UnitNotEmpty      = "OrganizationalUnitNotEmptyException"
	NoSource          = "SourceParentNotFoundException"
	NoDestination     = "DestinationParentNotFoundException"
	SamePlace         = "DuplicateAccountException"
	MasterCannotLeave = "MasterCannotLeaveOrganizationException"
	AlreadyClosed     = "AccountAlreadyClosedException"
	AlreadyRegistered = "AccountAlreadyRegisteredException"
	NotRegistered     = "AccountNotRegisteredException"
)

// organization is a tree of accounts under a management account.
type organization struct {
	id         string
	root       string
	management ident.Account
	all        bool // FeatureSet ALL
	enabled    bool // organization access of Service Catalog
	// frozen is whom each node covered when access was disabled; nil while it is enabled or has never been. (S-EVT-9)
	frozen map[ident.Account][]string
}

// unit is an organizational unit; a root has no parent.
type unit struct {
	id, org, parent string
}

// place lists the nodes that cover an account by the tree as it is now: the account, its OUs and the organization. The
// root has no name as a node. (S-ORG-20, 21)
func (m *Model) place(o *organization, a ident.Account) []string {
	x := m.accounts[a]
	if x == nil || x.org != o.id {
		return nil
	}
	nodes := []string{string(a), o.id}
	for at := x.parent; at != o.root; at = m.units[at].parent {
		nodes = append(nodes, at)
	}
	return nodes
}

// nodesOver lists the nodes of an organization whose shares reach an account: by the tree, or by the tree as it was when
// access was disabled. (S-EVT-9, 10)
func (m *Model) nodesOver(o *organization, a ident.Account) []string {
	if o.frozen != nil {
		return o.frozen[a]
	}
	return m.place(o, a)
}

// organizationOf is the organization an account is in, or nil.
func (m *Model) organizationOf(a ident.Account) *organization {
	x := m.accounts[a]
	if x == nil || x.org == "" {
		return nil
	}
	return m.orgs[x.org]
}

// privileged tells whether an account may share with its organization: management, or delegated administrator. (S-ORG-2)
func (m *Model) privileged(a ident.Account) bool {
	o := m.organizationOf(a)
	return o != nil && (o.management == a || m.accounts[a].delegated)
}

// managed is the organization that the caller manages, or why it may not write to one.
func (m *Model) managed(who access.Caller) (*organization, string) {
	o := m.organizationOf(who.Account)
	if o == nil {
		return nil, NoOrganization
	}
	if o.management != who.Account {
		return nil, Denied
	}
	return o, ""
}

// members lists the accounts of an organization, management included.
func (m *Model) members(o *organization) []ident.Account {
	var list []ident.Account
	for id, a := range m.accounts {
		if a.org == o.id {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	return list
}

func (m *Model) hasUnits(o *organization) bool {
	for _, u := range m.units {
		if u.org == o.id && u.parent != "" {
			return true
		}
	}
	return false
}

// CreateOrganization makes the caller the management account of a new organization.
func (m *Model) CreateOrganization(who access.Caller, id, root string, all bool) string {
	if m.organizationOf(who.Account) != nil {
		return AlreadyIn
	}
	m.orgs[id] = &organization{id: id, root: root, management: who.Account, all: all}
	m.units[root] = &unit{id: root, org: id}
	a := m.accounts[who.Account]
	a.org, a.parent = id, root
	m.sweep()
	return ""
}

// DeleteOrganization ends an organization that has no members and, as the API model says, no OUs left. (S-EVT-12)
func (m *Model) DeleteOrganization(who access.Caller) string {
	o, code := m.managed(who)
	if code != "" {
		return code
	}
	if len(m.members(o)) > 1 || m.hasUnits(o) {
		return NotEmpty
	}
	m.shares = slices.DeleteFunc(m.shares, func(s *share) bool { return s.org == o.id })
	delete(m.units, o.root)
	delete(m.orgs, o.id)
	a := m.accounts[who.Account]
	a.org, a.parent = "", ""
	m.sweep()
	return ""
}

// accessWriter is whose organization access the caller may switch. (S-ORG-5, 6)
func (m *Model) accessWriter(who access.Caller) (*organization, string) {
	o := m.organizationOf(who.Account)
	if o == nil {
		return nil, NotFound
	}
	if o.management != who.Account {
		return nil, Denied
	}
	if !o.all {
		return nil, Unsupported
	}
	return o, ""
}

// EnableAWSOrganizationsAccess lets the organization be shared with, and coverage follow the tree again. (S-ORG-9, S-EVT-11)
func (m *Model) EnableAWSOrganizationsAccess(who access.Caller) string {
	o, code := m.accessWriter(who)
	if code != "" {
		return code
	}
	m.enable(o)
	return ""
}

func (m *Model) enable(o *organization) {
	o.enabled, o.frozen = true, nil
	m.sweep()
}

// DisableAWSOrganizationsAccess freezes who is covered by what. (S-ORG-9, 11, 12, S-EVT-9)
func (m *Model) DisableAWSOrganizationsAccess(who access.Caller) string {
	o, code := m.accessWriter(who)
	if code != "" {
		return code
	}
	if o.enabled && m.hasDelegates(o) {
		return Busy
	}
	m.disable(o)
	return ""
}

func (m *Model) disable(o *organization) {
	if !o.enabled {
		return
	}
	o.enabled = false
	o.frozen = map[ident.Account][]string{}
	for id := range m.accounts {
		o.frozen[id] = m.place(o, id)
	}
	m.sweep()
}

// GetAWSOrganizationsAccessStatus tells a privileged account how things stand. (S-ORG-3, 10)
func (m *Model) GetAWSOrganizationsAccessStatus(who access.Caller) (string, string) {
	if !m.privileged(who.Account) {
		return "", Unsupported
	}
	if m.organizationOf(who.Account).enabled {
		return "ENABLED", ""
	}
	return "DISABLED", ""
}

// EnableAWSServiceAccess for Service Catalog is EnableAWSOrganizationsAccess by another name. (S-ORG-8)
func (m *Model) EnableAWSServiceAccess(who access.Caller) string {
	o, code := m.managed(who)
	if code != "" {
		return code
	}
	m.enable(o)
	return ""
}

// DisableAWSServiceAccess for Service Catalog is DisableAWSOrganizationsAccess by another name. (S-ORG-8, 11)
func (m *Model) DisableAWSServiceAccess(who access.Caller) string {
	o, code := m.managed(who)
	if code != "" {
		return code
	}
	if o.enabled && m.hasDelegates(o) {
		return Violation
	}
	m.disable(o)
	return ""
}

// TrustsServiceCatalog tells whether ListAWSServiceAccessForOrganization names Service Catalog. (S-ORG-7)
func (m *Model) TrustsServiceCatalog(who access.Caller) bool {
	o := m.organizationOf(who.Account)
	return o != nil && o.enabled
}
