package catalog

import (
	"time"

	"portico/internal/ident"
)

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
	// How many accounts of a region may fail, and how many are worked on at once. Percentages count when the flag is set.
	Tolerance        int
	TolerancePercent bool
	Concurrency      int
	ConcurrencyPct   bool
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

// ProvisionedProductID names a provisioned product: pp- and 13 characters.
type ProvisionedProductID string
