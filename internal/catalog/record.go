package catalog

import (
	"cmp"
	"fmt"
	"time"

	"portico/internal/fault"
	"portico/internal/ident"
)

// RecordID names a record: rec- and 13 characters.
type RecordID string

// Record types. The first three are the model's; the others are Portico's. (C-REC-1)
const (
	ProvisionRecord  = "PROVISION_PRODUCT"
	UpdateRecord     = "UPDATE_PROVISIONED_PRODUCT"
	TerminateRecord  = "TERMINATE_PROVISIONED_PRODUCT"
	ImportRecord     = "IMPORT_PROVISIONED_PRODUCT"
	PropertiesRecord = "UPDATE_PROVISIONED_PRODUCT_PROPERTIES"
	ActionRecord     = "EXECUTE_PROVISIONED_PRODUCT_SERVICE_ACTION"
)

// RecordStatus is how far a record is. (C-REC-1)
type RecordStatus string

// The statuses. The last two are final.
const (
	RecordCreated    RecordStatus = "CREATED"
	RecordInProgress RecordStatus = "IN_PROGRESS"
	RecordInError    RecordStatus = "IN_PROGRESS_IN_ERROR"
	RecordSucceeded  RecordStatus = "SUCCEEDED"
	RecordFailed     RecordStatus = "FAILED"
)

// Ended reports whether a status is final.
func (s RecordStatus) Ended() bool { return s == RecordSucceeded || s == RecordFailed }

// Record is one operation on a provisioned product. It outlives what it is about. (C-PP-17, C-REC-4)
type Record struct {
	ID                 RecordID
	Account            ident.Account // of the launcher, as is the provisioned product (S-ROL-5)
	Region             ident.Region
	Type               string
	Status             RecordStatus
	ProvisionedProduct ProvisionedProductID
	Name               string // of the provisioned product
	Kind               string // its type
	Product            ProductID
	Artifact           ArtifactID
	Path               string
	LaunchRole         string // ARN; empty without one
	UserARN            string // who owned the provisioned product then (C-PP-21)
	UserSession        string
	Token              string // the request's idempotency token
	Plan               PlanID // what was executed, if anything
	Tags               []Tag  // the caller's only (C-PP-4)
	Errors             []RecordError
	Outputs            []Output
	Created, Updated   time.Time
	Cancelled          time.Time // when it was asked to be given up; zero if it was not (C-REC-7)
	CancelledBy        string    // ARN
	Order              Order
	Work               Work
}

// RecordError is why a record failed. (C-REC-3)
type RecordError struct{ Code, Description string }

// InternalFailure is the code of every failure. (C-REC-3)
const InternalFailure = "InternalFailure"

// Work is where the workflow of a record or a plan stands between two steps.
type Work struct {
	Submitted  bool
	Cursor     string // the engine's
	PhysicalID string // of what the engine has made so far
	Reason     string // why it is being rolled back
	Lines      int    // of its log
	// Values are the parameters that are in force once it has succeeded.
	Values []Parameter
	// Secrets are the names of the NoEcho parameters, kept from its first step on: the version may be deleted before its end.
	// nil: not known. (C-PP-13)
	Secrets []string
}

// InForce are the parameters after an order that was carried out: those given, and of those before the ones that were not
// given, or given as to be kept. (C-PP-11)
func (o Order) InForce() []Parameter {
	var out []Parameter
	given := map[string]bool{}
	for _, p := range o.Parameters {
		if !p.Previous {
			out = append(out, p)
			given[p.Key] = true
		}
	}
	for _, p := range o.Before {
		if !given[p.Key] {
			out = append(out, p)
		}
	}
	return out
}

// Cancellable refuses to give up a record that has ended, or whose operation knows no way back. (C-REC-7)
func (r Record) Cancellable() error {
	switch {
	case r.Type != ProvisionRecord && r.Type != UpdateRecord:
		return fault.Invalidf("Record %s is of type %s: only %s and %s can be cancelled", r.ID, r.Type, ProvisionRecord, UpdateRecord)
	case r.Status.Ended() && r.Cancelled.IsZero():
		return fault.Invalidf("Record %s is in status %s: what has ended cannot be cancelled", r.ID, r.Status)
	}
	return nil
}

// CancelReason is why a record is to be given up; empty if it is not. (C-REC-7)
func (r Record) CancelReason() string {
	if r.Cancelled.IsZero() {
		return ""
	}
	return "Cancelled by " + r.CancelledBy
}

// Actor is the ARN of who carries a record out: its launch role or, without one, who asked for it. A service action has a
// word of its own in that. (C-ACT-1, S-ROL-6)
func (r Record) Actor() string {
	role := r.LaunchRole
	if a := r.Order.Action; a != nil && a.Definition.Role() != ByLaunchRole {
		role = a.Definition.Role()
	}
	return cmp.Or(role, r.Order.Caller.ARN)
}

// RecordNotFound is the answer for a record that does not exist for the viewer.
func RecordNotFound(id RecordID) error { return fault.NotFoundf("Record not found: %s", id) }

// Event is what happens to a record.
type Event int

// The events.
const (
	Begun      Event = iota + 1 // an engine has it
	FellBack                    // it has failed and is being rolled back
	Succeeded                   // done
	FailedBack                  // failed, and what was before is as it was
	FailedHalf                  // failed, and what was before is not
)

// recordMoves is how records move; no other move is one. (C-REC-1, catalog 2.11)
var recordMoves = map[RecordStatus]map[Event]RecordStatus{
	RecordCreated: {Begun: RecordInProgress, FellBack: RecordInError, Succeeded: RecordSucceeded, FailedBack: RecordFailed, FailedHalf: RecordFailed},
	RecordInProgress: {Begun: RecordInProgress, FellBack: RecordInError, Succeeded: RecordSucceeded, FailedBack: RecordFailed,
		FailedHalf: RecordFailed},
	RecordInError: {FellBack: RecordInError, FailedBack: RecordFailed, FailedHalf: RecordFailed},
}

// Advance gives the record after an event. A record that has ended takes none. (C-REC-1, C-REC-3)
func (r Record) Advance(e Event, now time.Time) (Record, error) {
	to, ok := recordMoves[r.Status][e]
	if !ok {
		return r, fmt.Errorf("record %s is %s and cannot take event %d", r.ID, r.Status, e)
	}
	if r.Order.IgnoreErrors && r.Type == TerminateRecord && to == RecordFailed {
		to = RecordSucceeded // C-PP-16
	}
	r.Status, r.Updated = to, now
	return r, nil
}

// Failed gives the record with why it failed. A failed record always says something.
func (r Record) Failed(reason string) Record {
	if reason == "" {
		reason = "The operation failed, and its engine gave no reason."
	}
	if r.Status == RecordFailed {
		r.Errors = []RecordError{{InternalFailure, reason}}
	}
	return r
}

// ServicePrincipal is who launch roles must trust, under this name or under that of its region. (C-CONS-21)
const ServicePrincipal = "servicecatalog.amazonaws.com"

// ServicePrincipals are the names under which a launch role may trust Service Catalog in a region.
func ServicePrincipals(r ident.Region) []string {
	return []string{ServicePrincipal, "servicecatalog." + string(r) + ".amazonaws.com"}
}
