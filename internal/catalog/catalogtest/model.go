// Package catalogtest holds a second, naive account of what docs/spec says about portfolios that are shared: a Model made
// of maps, slices and loops, and a test that drives it and the real services with the same random requests and compares
// every answer.
//
// The Model is written from the specification alone and shares no idea with package catalog. It keeps records as they were
// made, recomputes who sees what by walking the tree at every question, and after every write sweeps away whatever has lost
// its ground. It is as slow as that sounds. Where the two disagree the specification decides which of them is wrong.
//
// A method of the Model is an operation: it takes the caller and what the request says, and returns the essence of the
// answer and an error code, empty for success, found in the specification's order of refusals. Ids of new objects are those
// that the server made. What package wire refuses before an operation sees it is not modelled.
package catalogtest

import (
	"slices"

	"portico/internal/access"
	"portico/internal/ident"
)

// The error codes of Service Catalog.
const (
	Invalid     = "InvalidParametersException"
	NotFound    = "ResourceNotFoundException"
	Unsupported = "OperationNotSupportedException"
	Busy        = "InvalidStateException"
	OverLimit   = "LimitExceededException"
	InUse       = "ResourceInUseException"
	Duplicate   = "DuplicateResourceException"
	Denied      = "AccessDeniedException"
)

// Quotas are the limits the server under test was given; zero is no limit. (S-QUO)
type Quotas struct {
	Portfolios           int // per owner and region
	Products             int // per owner and region
	Versions             int // per product
	Principals           int // per portfolio and account that adds them
	Patterns             int // of those, IAM_PATTERN
	ProductsPerPortfolio int
	ImportedPortfolios   int // per account, by account share (S-QUO-5)
	Constraints          int // per portfolio and product
	TagOptions           int // per resource and account
	TagOptionValues      int // per key
	SharedAccounts       int // per portfolio, distinct, counted when a share is made (S-QUO-1)
}

// over tells whether one more thing than there are breaks a limit.
func over(there, limit int) bool { return limit > 0 && there+1 > limit }

// Model is everything there is.
type Model struct {
	Quotas Quotas

	accounts map[ident.Account]*account
	orgs     map[string]*organization
	units    map[string]*unit
	entities map[string]string // the IAM users, groups and roles that exist: ARN to unique id

	portfolios map[string]*portfolio
	products   map[string]*product
	holdings   []*holding
	principals []*association
	shares     []*share
	rejected   map[rejection]bool
	tokens     map[string]*token

	constraints []*constraint
	tagOptions  map[string]*tagOption
	tagLinks    []*tagLink
	budgets     []*budget
}

// New is an empty world.
func New(q Quotas) *Model {
	return &Model{
		Quotas:     q,
		accounts:   map[ident.Account]*account{},
		orgs:       map[string]*organization{},
		units:      map[string]*unit{},
		entities:   map[string]string{},
		portfolios: map[string]*portfolio{},
		products:   map[string]*product{},
		rejected:   map[rejection]bool{},
		tokens:     map[string]*token{},
		tagOptions: map[string]*tagOption{},
	}
}

// sweep removes what has lost its ground, however that came about: a relation that ended by any of S-DEL, S-ACC-9,
// S-ACC-10 and S-EVT, or a product that left its source portfolio. Every write ends with it, so nothing needs to know what
// hangs on what.
func (m *Model) sweep() {
	// What comes from an import stays only while the import stands and holds the product. (S-DEL-5, S-PRO rows 2, 12, 13)
	m.holdings = slices.DeleteFunc(m.holdings, func(h *holding) bool {
		if h.source == "" {
			return false
		}
		owner := m.portfolios[h.portfolio].owner
		return !m.relation(owner, m.portfolios[h.source]).imports() || m.holding(h.source, h.product) == nil
	})
	// Constraints bind a pair; when the pair is gone they are. (C-CONS-1, S-PRO row 2)
	m.constraints = slices.DeleteFunc(m.constraints, func(c *constraint) bool {
		return m.holding(c.portfolio, c.product) == nil
	})
	// What an account added to a portfolio it sees no longer is dropped. (S-DEL-5)
	m.principals = slices.DeleteFunc(m.principals, func(a *association) bool {
		return !m.relation(a.made, m.portfolios[a.portfolio]).sees()
	})
	m.tagLinks = slices.DeleteFunc(m.tagLinks, func(l *tagLink) bool { return !m.linkable(l.made, l.resource) })
	m.budgets = slices.DeleteFunc(m.budgets, func(b *budget) bool { return !m.linkable(b.made, b.resource) })
}

// linkable tells whether an account may keep something of its own on a portfolio or product: it sees it.
func (m *Model) linkable(a ident.Account, resource string) bool {
	if p := m.portfolios[resource]; p != nil {
		return m.relation(a, p).sees()
	}
	p := m.products[resource]
	return p != nil && m.seesProduct(a, p)
}

// sorted puts a list into ascending order and leaves out repeats, so that answers can be compared. (S-LST-16)
func sorted(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// account is one account, in an organization or not.
type account struct {
	id        ident.Account
	closed    bool   // PENDING_CLOSURE or SUSPENDED
	org       string // empty: in none
	parent    string // the root or OU it is in
	delegated bool   // for Service Catalog
}

// AddAccount makes an account known that is in no organization.
func (m *Model) AddAccount(id ident.Account) {
	m.accounts[id] = &account{id: id}
}

// Active tells whether an account may make calls. (S-EVT-8)
func (m *Model) Active(id ident.Account) bool {
	a := m.accounts[id]
	return a != nil && !a.closed
}

// AddEntity makes an IAM user, group or role exist.
func (m *Model) AddEntity(e access.Principal) { m.entities[e.ARN] = e.ID }

// RemoveEntity deletes an IAM user, group or role. What is bound to its unique id stays bound to that. (S-PRI-3)
func (m *Model) RemoveEntity(e access.Principal) { delete(m.entities, e.ARN) }
