// Package organizations serves AWS Organizations: one tree of units and accounts under a management account, how
// accounts come into it and leave it, and which services and delegated administrators may act in it.
//
// Everything takes effect before the call returns: an account is created, moved or closed at once, and what it gains
// or loses by shares changes in the same transaction.
package organizations

import (
	"net/http"
	"time"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/org"
	"portico/internal/service/organizations/api"
	"portico/internal/store"
)

// Service holds the operation bodies.
type Service struct {
	DB  *store.DB
	IDs ident.Source
	Now func() time.Time
}

var _ api.Handler = (*Service)(nil)

// Faults gives the error code of each kind of fault that has no name of its own.
var Faults = map[fault.Kind]string{
	fault.Invalid:     "InvalidInputException",
	fault.NotFound:    notInUse,
	fault.Unsupported: constraint,
	fault.State:       "ConcurrentModificationException",
	fault.Limit:       constraint,
	fault.InUse:       "OrganizationNotEmptyException",
	fault.Duplicate:   "DuplicateAccountException",
	fault.Denied:      "AccessDeniedException",
	fault.Throttled:   "TooManyRequestsException",
	fault.Unbuilt:     "NotImplementedException",
}

// Statuses gives the HTTP status of the codes that do not answer 400.
var Statuses = map[string]int{"NotImplementedException": http.StatusNotImplemented}

const (
	notInUse   = "AWSOrganizationsNotInUseException"
	constraint = "ConstraintViolationException"
)

// broken is a rule of the organization that a request would break; reason is one of the model's.
func broken(reason, format string, args ...any) error {
	return fault.New(fault.Limit, format, args...).Named(constraint).Because(reason)
}

// invalid is a value that cannot be; reason is one of the model's.
func invalid(reason, format string, args ...any) error {
	return fault.Invalidf(format, args...).Because(reason)
}

// missing is a thing the organization does not have; code is the model's name for that.
func missing(code, format string, args ...any) error {
	return fault.NotFoundf(format, args...).Named(code)
}

// homeOf returns the caller's organization, for what every member may ask.
func homeOf(tx *store.Tx, who access.Caller) (org.Organization, error) {
	o, ok, err := tx.OrganizationOf(who.Account)
	if err == nil && !ok {
		err = missing(notInUse, "Your account is not a member of an organization.")
	}
	return o, err
}

// managed returns the organization that the caller manages, for everything that changes it. (S-ORG-14)
func managed(tx *store.Tx, who access.Caller) (org.Organization, error) {
	o, err := homeOf(tx, who)
	if err == nil && who.Account != o.Management {
		err = fault.Deniedf("You don't have permissions to access this resource.")
	}
	return o, err
}

// watched returns the organization that the caller manages or is a delegated administrator in, for reading it.
func watched(tx *store.Tx, who access.Caller) (org.Organization, error) {
	o, err := homeOf(tx, who)
	if err != nil || who.Account == o.Management {
		return o, err
	}
	ds, err := tx.Delegations(who.Account, "", 1)
	if err == nil && len(ds) == 0 {
		err = fault.Deniedf("You don't have permissions to access this resource.")
	}
	return o, err
}

// memberFor returns a member of the organization.
func memberFor(tx *store.Tx, o org.Organization, id string) (org.Member, error) {
	m, ok, err := tx.Member(ident.Account(id))
	if err == nil && (!ok || m.Org != o.ID) {
		err = missing("AccountNotFoundException", "You specified an account that doesn't exist in the organization: %s.", id)
	}
	return m, err
}

// unitFor returns a unit of the organization or its root; code is what the operation calls its absence.
func unitFor(tx *store.Tx, o org.Organization, id, code string) (org.Unit, error) {
	u, ok, err := tx.Unit(id)
	if err == nil && (!ok || u.Org != o.ID) {
		err = missing(code, "You specified a root or organizational unit that doesn't exist: %s.", id)
	}
	return u, err
}

// deref is what a pointer holds, or the zero value.
func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
