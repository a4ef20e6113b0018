package catalog

import (
	"time"

	"portico/internal/access"
	"portico/internal/ident"
)

// Order is what a launch, an update, a termination, an import or a plan was accepted with. It does not change: what the
// terms and the caller's wishes were then is what is carried out, whenever that is. (C-CONS-8, C-LAUNCH-20)
type Order struct {
	Caller       access.Caller // who asked; without Notes
	ProductType  string
	Stack        ident.Account // whose account the stack is made in (S-ROL-2, S-ROL-3)
	StackName    string
	PhysicalID   string            // of what is there already
	Was          ProvisionedStatus // before; empty for a new provisioned product
	Kind         string            // of the provisioned product afterwards
	Parameters   []Parameter       // as the caller gave them
	Before       []Parameter       // as they were in force
	Rules        []RuleSet         // of the TEMPLATE constraints
	Tags         LaunchTags        // afterwards
	Topics       []string
	Asked        []string // those of the topics that the caller gave, which updates keep (C-CONS-30)
	StackSet     *StackSet
	Action       *ActionOrder
	Pinned       bool     // of an update: by the role that LAUNCH_ROLE set, not by that of the path (C-CONS-25)
	After        RecordID // of a plan: the newest record that changed what it is about (C-PLAN-6)
	IgnoreErrors bool     // of a termination or the deletion of a plan: end well whatever the engine says (C-PP-16)
	Retain       bool     // of a termination: leave what is there, and ask no engine (C-PP-16)
}

// LaunchTags are the tags of a provisioned product by where they come from.
type LaunchTags struct {
	Caller  []Tag // sent by the caller: what clients are shown of a record (C-PP-4)
	Options []Tag // set by TagOptions that left no choice
	Auto    []Tag // aws:servicecatalog:… (C-LAUNCH-15)
}

// All are the tags of the stack. (C-LAUNCH-16)
func (t LaunchTags) All() []Tag {
	out := append([]Tag{}, t.Auto...)
	return append(append(out, t.Options...), t.Caller...)
}

// Parameter is one input of a launch: a value, the empty one among them (C-PP-9), or the value it had before. (C-PP-11)
type Parameter struct {
	Key      string
	Value    string
	Previous bool
}

// RuleSet is the text of one TEMPLATE constraint. Rules of the same name in two constraints are two rules. (C-RULE-7)
type RuleSet struct {
	Constraint ConstraintID
	Text       string // {"Rules": {…}}
}

// StackSet says where a launch under a STACKSET constraint goes, and how. (C-CONS-51 … C-CONS-54)
type StackSet struct {
	Operation     string // CREATE, UPDATE or DELETE
	Accounts      []ident.Account
	Regions       []ident.Region // one after another, in this order
	AdminRole     string         // ARN; empty: the default role
	ExecutionRole string         // name; empty: the default role
	// How many accounts of a region may fail, and how many are worked on at once: a number, or a part of all of them.
	Tolerance          int
	TolerancePercent   bool
	Concurrency        int
	ConcurrencyPercent bool
}

// Limits are how many of n accounts of a region may fail and how many are worked on at once. (C-CONS-53)
func (s StackSet) Limits(n int) (tolerance, concurrency int) {
	tolerance, concurrency = s.Tolerance, s.Concurrency
	if s.TolerancePercent {
		tolerance = n * s.Tolerance / 100
	}
	if s.ConcurrencyPercent {
		concurrency = n * s.Concurrency / 100
	}
	return tolerance, max(concurrency, 1)
}

// Output is one result of a launch.
type Output struct{ Key, Value, Description string }

// Change is what a plan would do to one resource. (C-PLAN-7)
type Change struct {
	Action      string // ADD, MODIFY or REMOVE
	LogicalID   string
	PhysicalID  string
	Type        string
	Replacement string   // TRUE, FALSE or CONDITIONAL; MODIFY only
	Scope       []string // PROPERTIES, METADATA, …
	Details     []ChangeDetail
}

// ChangeDetail is one reason of a change.
type ChangeDetail struct {
	Attribute string // PROPERTIES, METADATA, …
	Name      string // of the property
	Recreate  string // NEVER, CONDITIONALLY or ALWAYS
	Static    bool   // known before the change is carried out
	Cause     string // the entity that causes it
}

// LogLine is one line of the step log of a record.
type LogLine struct {
	At         time.Time
	Resource   string // logical id; empty when the step is the workflow's own
	Type       string
	PhysicalID string
	Status     string
	Reason     string
}

// Instance is one stack of a stack set. (C-CONS-55)
type Instance struct {
	Account ident.Account
	Region  ident.Region
	Status  string // CURRENT, OUTDATED or INOPERABLE
}
