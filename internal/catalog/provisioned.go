package catalog

import (
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
)

// ProvisionedProductID names a provisioned product: pp- and 13 characters.
type ProvisionedProductID string

// ProvisionedStatus is the status of a provisioned product.
type ProvisionedStatus string

// The statuses. (C-PP)
const (
	Available      ProvisionedStatus = "AVAILABLE"
	UnderChange    ProvisionedStatus = "UNDER_CHANGE"
	Tainted        ProvisionedStatus = "TAINTED"
	InError        ProvisionedStatus = "ERROR"
	PlanInProgress ProvisionedStatus = "PLAN_IN_PROGRESS"
)

// Types of provisioned products beside those named like product types. (C-PP, C-LAUNCH-7)
const (
	StackKind    = "CFN_STACK"
	StackSetKind = "CFN_STACKSET"
)

// ProvisionedProduct is a product that somebody launched. It belongs to the launcher's account. (S-ROL-5)
type ProvisionedProduct struct {
	ID          ProvisionedProductID
	Account     ident.Account
	Region      ident.Region
	Name        string // one of its account and region while it lives (C-PP-7)
	Kind        string // CFN_STACK, CFN_STACKSET or a product type
	ProductType string
	Status      ProvisionedStatus
	Message     string
	Product     ProductID
	Artifact    ArtifactID
	Path        string
	LaunchRole  string // in force (C-CONS-25)
	StackName   string
	PhysicalID  string // ARN of the stack or stack set
	UserARN     string
	UserSession string
	Token       string // of the call that provisioned it
	LastRecord  RecordID
	// LastProvisioning is the newest record that provisioned, updated, terminated or imported it, LastSuccessful the
	// newest of those that provisioned, updated or imported it well. (C-PP-8)
	LastProvisioning RecordID
	LastSuccessful   RecordID
	Tags             LaunchTags
	Parameters       []Parameter // in force
	Dashboards       []string    // names of AWS::CloudWatch::Dashboard resources
	Created          time.Time
}

// ARN of the provisioned product. (catalog 1.2)
func (p ProvisionedProduct) ARN() string {
	return "arn:" + ident.Partition + ":servicecatalog:" + string(p.Region) + ":" + string(p.Account) + ":stack/" + p.Name + "/" + string(p.ID)
}

// NameOf reads what a request gives as the name of a provisioned product: its name or its ARN. (catalog 1.4)
func NameOf(given string) string {
	a, err := ident.ParseARN(given)
	if err != nil || a.Service != "servicecatalog" {
		return given
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(a.Resource, "stack/"), "/")
	return name
}

// Called reports whether a provisioned product is the one that a request gives by name or ARN. An ARN names none but its
// own: not another of that name, in its place since or in another account or region. (C-PP-10)
func (p ProvisionedProduct) Called(given string) bool { return given == p.Name || given == p.ARN() }

// ProvisionedNotFound is the answer for a provisioned product that does not exist for the viewer.
func ProvisionedNotFound(what string) error {
	return fault.NotFoundf("Provisioned product not found: %s", what)
}

// NameTaken refuses a second live provisioned product of a name. (C-PP-7, Q2)
func NameTaken(name string) error { return fault.Invalidf("A stack named %s already exists.", name) }

// KindOf is the type of what a product of a type is launched as. (C-LAUNCH-7)
func KindOf(productType string, set bool) string {
	switch {
	case productType != CloudFormation:
		return productType
	case set:
		return StackSetKind
	}
	return StackKind
}

// StackNameOf names the stack or stack set of a provisioned product. (C-LAUNCH-17)
func StackNameOf(a ident.Account, id ProvisionedProductID) string {
	return "SC-" + string(a) + "-" + string(id)
}

// gone is the status of a provisioned product that is no more.
const gone ProvisionedStatus = ""

// provisionedMoves is the table of what events of records make of a provisioned product. An update or termination that
// failed leaves one that was in ERROR there. (catalog 2.11, C-ENG-10, Q14)
var provisionedMoves = map[string]map[Event]ProvisionedStatus{
	ProvisionRecord: {Begun: UnderChange, FellBack: UnderChange, Succeeded: Available, FailedBack: InError, FailedHalf: InError},
	UpdateRecord:    {Begun: UnderChange, FellBack: UnderChange, Succeeded: Available, FailedBack: Tainted, FailedHalf: InError},
	TerminateRecord: {Begun: UnderChange, FellBack: UnderChange, Succeeded: gone, FailedBack: Tainted, FailedHalf: Tainted},
	ImportRecord:    {Begun: UnderChange, FellBack: UnderChange, Succeeded: Available, FailedBack: InError, FailedHalf: InError},
}

// After gives the provisioned product after an event of its record, and whether it is still there. r is the record after
// the same event. What a record was to bring is in force only once it has succeeded.
func (p ProvisionedProduct) After(r Record, e Event) (ProvisionedProduct, bool) {
	to := provisionedMoves[r.Type][e]
	if r.Type == UpdateRecord && to == InError && Outside(r.Order.ProductType) {
		to = Tainted // C-ENG-10: no engine but that of stacks tells whether what was before is as it was
	}
	if r.Order.Was == InError && to == Tainted {
		to = InError
	}
	if to == gone || r.Type == TerminateRecord && r.Status == RecordSucceeded {
		return p, false
	}
	p.Status = to
	if r.Work.PhysicalID != "" {
		p.PhysicalID = r.Work.PhysicalID
	}
	switch r.Status {
	case RecordFailed:
		p.Message = r.Errors[0].Description
		if r.Type == ImportRecord { // the stack is whose it was, and its termination must not take it away (C-PP-22)
			p.PhysicalID = ""
		}
	case RecordSucceeded:
		p.Message, p.LastSuccessful = "", r.ID
		p.Product, p.Artifact, p.Path, p.Kind = r.Product, r.Artifact, r.Path, r.Order.Kind
		p.LaunchRole, p.Tags, p.Parameters = r.LaunchRole, r.Order.Tags, r.Work.Values
	}
	return p, true
}

// Accept gives the provisioned product once a record about it is accepted. (C-PP-8)
func (p ProvisionedProduct) Accept(r Record) ProvisionedProduct {
	p.Status, p.Message = UnderChange, ""
	p.LastRecord, p.LastProvisioning = r.ID, r.ID
	return p
}

// Ready refuses an operation on a provisioned product that something else is done to. (C-PP-14, Q5)
func (p ProvisionedProduct) Ready() error {
	if p.Status == UnderChange || p.Status == PlanInProgress {
		return fault.Statef("Provisioned product %s is in status %s: wait until the operation on it has ended", p.ID, p.Status)
	}
	return nil
}

// Actionable refuses a service action on what is not settled. (C-ACT-7)
func (p ProvisionedProduct) Actionable() error {
	if err := p.Ready(); err != nil {
		return err
	}
	if p.Status != Available && p.Status != Tainted {
		return fault.Statef("Provisioned product %s is in status %s: a service action needs %s or %s", p.ID, p.Status, Available, Tainted)
	}
	return nil
}

// Updatable refuses an update of what has nothing to be updated. (C-PP-15)
func (p ProvisionedProduct) Updatable() error {
	if err := p.Ready(); err != nil {
		return err
	}
	if p.Status == InError && p.PhysicalID == "" {
		return fault.Invalidf("Provisioned product %s is in status ERROR and has no stack that could be updated: terminate it", p.ID)
	}
	return nil
}

// Pinned reports whether an update over a path goes by the launch role that LAUNCH_ROLE set and not by that of the path.
// last is the last record that went well. A change of path or product ends it. (C-PP-20, C-CONS-25)
func (p ProvisionedProduct) Pinned(last Record, over Path, to Product) bool {
	stays := to.ID == p.Product && (p.Path == "" || over.ID() == p.Path)
	return stays && p.LaunchRole != "" && (p.LaunchRole != last.LaunchRole || last.Order.Pinned)
}

// Owner says as whom a caller owns what it provisions: the user or role, and that user or the session. (C-ACC-6, C-LAUNCH-18)
func Owner(who access.Caller) (user, session string) {
	if who.Kind == access.Session && len(who.Principals) > 0 {
		return who.Principals[0].ARN, who.ARN
	}
	return who.ARN, who.ARN
}

// Level is whose provisioned products somebody reaches. Each level contains those before it. (C-ACC-7)
type Level int

// The levels.
const (
	UserLevel Level = iota + 1
	RoleLevel
	AccountLevel
)

// ReadLevel reads an AccessLevelFilter. (C-ACC-5)
func ReadLevel(key, value *string, otherwise Level) (Level, error) {
	if key == nil && value == nil {
		return otherwise, nil
	}
	if key == nil || value == nil || *value != "self" {
		return 0, fault.Invalidf("Invalid AccessLevelFilter: Key must be Account, Role or User, and Value must be self")
	}
	l, ok := map[string]Level{"Account": AccountLevel, "Role": RoleLevel, "User": UserLevel}[*key]
	if !ok {
		return 0, fault.Invalidf("Invalid AccessLevelFilter: Key must be Account, Role or User, not %s", *key)
	}
	return l, nil
}

// Covers reports whether a level lets a caller reach what an owner of its account owns. (C-ACC-6)
func (l Level) Covers(who access.Caller, userARN, session string) bool {
	user, self := Owner(who)
	switch l {
	case AccountLevel:
		return true
	case RoleLevel:
		return userARN == user
	}
	return session == self
}

// Within refuses a filter that is wider than what the caller was granted. (C-ACC-8)
func (l Level) Within(granted Level) error {
	if l > granted {
		return fault.Deniedf("You are not authorized to list provisioned products at this access level")
	}
	return nil
}
