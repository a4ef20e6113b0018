package catalog

import (
	"fmt"
	"time"

	"portico/internal/fault"
	"portico/internal/ident"
)

// PlanID names a plan: plan- and 13 characters.
type PlanID string

// PlanStatus is how far a plan is. (C-PLAN-5)
type PlanStatus string

// The statuses.
const (
	PlanCreating  PlanStatus = "CREATE_IN_PROGRESS"
	PlanCreated   PlanStatus = "CREATE_SUCCESS"
	PlanNot       PlanStatus = "CREATE_FAILED"
	PlanExecuting PlanStatus = "EXECUTE_IN_PROGRESS"
	PlanExecuted  PlanStatus = "EXECUTE_SUCCESS"
	PlanFailed    PlanStatus = "EXECUTE_FAILED"
)

// Executed reports whether a plan is done with: a new one may be made for its provisioned product. (C-PLAN-3)
func (s PlanStatus) Executed() bool { return s == PlanExecuted || s == PlanFailed }

// Busy reports whether a plan is being made or carried out.
func (s PlanStatus) Busy() bool { return s == PlanCreating || s == PlanExecuting }

// Plan is what a launch or an update would change, worked out before anything is. (C-PLAN)
type Plan struct {
	ID                 PlanID
	Account            ident.Account
	Region             ident.Region
	Name               string // may repeat
	ProvisionedProduct ProvisionedProductID
	ProvisionedName    string
	Product            ProductID
	Artifact           ArtifactID
	Path               string
	LaunchRole         string
	Status             PlanStatus
	Message            string
	UserARN            string
	UserSession        string
	Token              string
	Changes            []Change
	Deleting           bool // it goes once the engine has forgotten it
	Created, Updated   time.Time
	Order              Order
	Work               Work
}

// New reports whether the plan is for a provisioned product that is not there yet.
func (p Plan) New() bool { return p.Order.Was == "" }

// PlanNotFound is the answer for a plan that does not exist for the viewer.
func PlanNotFound(id PlanID) error {
	return fault.NotFoundf("Provisioned product plan not found: %s", id)
}

// planMoves is how plans move. (C-PLAN-5, C-PLAN-6)
var planMoves = map[PlanStatus]map[Event]PlanStatus{
	PlanCreating:  {Begun: PlanCreating, Succeeded: PlanCreated, FailedBack: PlanNot, FailedHalf: PlanNot},
	PlanCreated:   {Begun: PlanExecuting},
	PlanExecuting: {Succeeded: PlanExecuted, FailedBack: PlanFailed, FailedHalf: PlanFailed},
}

// Advance gives the plan after an event: Begun of one that is made begins its execution.
func (p Plan) Advance(e Event, reason string, now time.Time) (Plan, error) {
	to, ok := planMoves[p.Status][e]
	if !ok {
		return p, fmt.Errorf("plan %s is %s and cannot take event %d", p.ID, p.Status, e)
	}
	p.Status, p.Message, p.Updated = to, reason, now
	return p, nil
}

// Executable refuses to execute a plan that is not ready for it. (C-PLAN-6)
func (p Plan) Executable() error {
	if p.Status != PlanCreated || p.Deleting {
		return fault.Statef("Provisioned product plan %s is in status %s and cannot be executed", p.ID, p.Status)
	}
	return nil
}

// Current refuses to execute a plan on what something else was done to since the plan was made: what it says is no longer
// what would happen. (C-PLAN-6)
func (p Plan) Current(pp ProvisionedProduct) error {
	if p.Order.After == "" || p.Order.After == pp.LastProvisioning {
		return nil
	}
	return fault.Statef("Provisioned product %s was changed by %s after plan %s was made: delete the plan and make another", pp.ID, pp.LastProvisioning, p.ID)
}

// Deletable refuses to delete a plan while something is done to it. (C-PLAN-8)
func (p Plan) Deletable() error {
	if p.Status.Busy() {
		return fault.Invalidf("Provisioned product plan %s is in status %s and cannot be deleted", p.ID, p.Status)
	}
	return nil
}

// NoChanges is why a plan fails that would change nothing. (C-PLAN-5)
const NoChanges = "No updates are to be performed."
