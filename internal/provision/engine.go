// Package provision moves records and plans through their workflow, one step at a time, and says what an engine must do.
//
// A step is a job: it loads the record, makes one call of the engine, and saves what came of it together with the next
// step in one transaction. So a crash between two steps is a repeat of the second, never a loss.
package provision

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/ident"
)

// Engine carries out what a record or a plan asks for.
//
// Submit starts a task, Poll moves it on and tells how far it is. Both are called outside of transactions, by one worker
// at a time, and are idempotent under Task.Token: a worker that died between two steps makes its last call again, and the
// same thing is then made once. A call takes seconds, not minutes: its context ends after StepTime. Between calls an
// engine keeps nothing in memory that it cannot do without.
//
// An engine that works step by step does one bounded step in each Poll and asks to be called again at once. One that
// watches a remote service looks there and names when to look again. One that waits to be told answers Running with a
// long Again, and whoever is told calls Workflow.Wake in the transaction that stores what was said.
//
// A Refusal from either ends the record as FAILED with its text and means that the task changed nothing, or has put back
// what it changed. Any other error is a fault of the machine: it is logged and the call repeated with growing pauses,
// Attempts times in a row, until the record fails.
type Engine interface {
	Submit(ctx context.Context, t Task) error
	Poll(ctx context.Context, t Task) (Progress, error)
}

// Finder is an Engine that can look at what it did not make, for ImportAsProvisionedProduct.
type Finder interface {
	// Find reads a stack with the caller's rights. Without one by that id, ok is false.
	Find(ctx context.Context, who access.Caller, physicalID string) (s Stack, ok bool, err error)
}

// Lister is an Engine that tells what a stack consists of.
type Lister interface {
	// Resources lists the resources of a stack, in its order. It may be asked inside a snapshot of the database and must
	// not write.
	Resources(ctx context.Context, physicalID string) ([]catalog.Resource, error)
}

// Instancer is an Engine that makes stack sets.
type Instancer interface {
	// Instances lists the stacks of a stack set in the order of accounts and regions. It is asked inside a snapshot of
	// the database and must not write.
	Instances(ctx context.Context, who access.Caller, physicalID string) ([]catalog.Instance, error)
}

// Placed is an Engine that launches the products of some accounts and regions only.
type Placed interface {
	Places(owner ident.Account, r ident.Region) bool
}

// Parser is an Engine that asks somebody else for the parameters of a version, since nothing here can read its file. A
// Refusal is what that one says is wrong with it. (C-ENG-3, C-PARAM-8)
type Parser interface {
	Parameters(ctx context.Context, p catalog.Product, a catalog.ArtifactID, launchRoleARN string) ([]Declared, error)
}

// Declared is a parameter of a version, as a Parser tells it.
type Declared struct {
	Key         string
	Default     *string // nil: it must be given a value
	Type        string
	Description string
	NoEcho      bool
}

// Stack is what Find tells about a stack.
type Stack struct {
	ID         string // ARN
	Name       string
	Status     string // CREATE_COMPLETE, …
	Template   []byte
	Nested     bool // of another stack
	OfSet      bool // an instance of a stack set
	Outputs    []catalog.Output
	Parameters []catalog.Parameter
	Tags       []catalog.Tag
}

// Operation is what a task is about.
type Operation string

// The operations.
const (
	OpProvision   Operation = "PROVISION"    // make a stack
	OpUpdate      Operation = "UPDATE"       // change one; without any difference it succeeds (C-ENG-2)
	OpTerminate   Operation = "TERMINATE"    // delete it; one that is gone is a success (C-ENG-2)
	OpPlan        Operation = "PLAN"         // work out what provisioning or an update would do, and do none of it
	OpExecutePlan Operation = "EXECUTE_PLAN" // do what the plan Task.Plan said
	OpDeletePlan  Operation = "DELETE_PLAN"  // forget the plan; what was never executed leaves nothing behind
)

// Task is one thing to do, with everything an engine needs to do it.
type Task struct {
	Operation Operation
	Token     string // the record's id, or the plan's for OpPlan and OpDeletePlan; the same in every call for this task
	Plan      string // the plan's id, for the three operations about plans
	// Update tells OpPlan, OpExecutePlan and OpDeletePlan whether they are about a stack that is there already.
	Update bool

	ProvisionedProduct catalog.ProvisionedProductID
	Name               string // of the provisioned product
	Product            catalog.ProductID
	Artifact           catalog.ArtifactID
	ProductType        string // catalog.CloudFormation, …
	Started            time.Time

	Launcher ident.Account // the account of the provisioned product and of the caller
	Region   ident.Region
	// Account is where the stack is made: the launch role's, without a launch role the launcher's. (S-ROL-2, S-ROL-3)
	Account       ident.Account
	Caller        access.Caller // the end user who asked; its Endpoint is how this server is reached
	LaunchRoleARN string        // empty: the caller acts with its own rights (S-ROL-6)
	// As acts: a session of the launch role, or the caller. Its account is Account.
	As access.Caller

	StackName  string // SC-<launcher>-<provisioned product>, or the imported stack's own name
	PhysicalID string // the stack's ARN as far as it is known: from an earlier task, or from this one's Progress

	// Template is the version's text, for Submit of all operations but terminating and deleting a plan. For Poll it is
	// left out, since most engines keep it with what they make; Load reads it again.
	Template []byte
	Load     func(context.Context) ([]byte, error)
	// Parameters are as the caller gave them. What is left out keeps its previous value if the template still has the
	// parameter, and else takes its default; Values works that out. (C-PP-11)
	Parameters []catalog.Parameter
	// Before are the values given when the stack was last made or changed. A stack that was imported has none; its
	// engine knows better.
	Before []catalog.Parameter
	Rules  []catalog.RuleSet // of the TEMPLATE constraints in force, beside the template's own (C-RULE-7)

	Tags     []catalog.Tag // of the caller and of TagOptions
	AutoTags []catalog.Tag // aws:servicecatalog:…; for engines that can set them (C-LAUNCH-15, C-ENG-8)
	Topics   []string      // SNS topics that stack events go to
	StackSet *catalog.StackSet

	// Secrets are the names of the NoEcho parameters; nil if they are not known here. (C-PP-13)
	Secrets []string

	Cursor string // what the last Progress said; empty at first
	// Cancel is why OpProvision, OpUpdate and OpExecutePlan are to be given up, in the words the caller reads: what they have
	// changed is put back, and they fail for this reason. It may be there from any Poll on, and then in every later one. What
	// is too late to be given up ends as it does. (C-REC-7)
	Cancel string
}

// Revocable reports whether an operation can be given up.
func (o Operation) Revocable() bool {
	return o == OpProvision || o == OpUpdate || o == OpExecutePlan
}

// StackTags are the tags of a stack: the caller's, those of TagOptions, and AutoTags. (C-LAUNCH-16)
func (t Task) StackTags() []catalog.Tag {
	return append(append([]catalog.Tag{}, t.AutoTags...), t.Tags...)
}

// Values works out what the template's parameters are given: the value of this task, or else the previous one, so far as
// before has it. The template's defaults are not among them, nor is what has no value. unknown are the keys that the
// caller gave and the template lacks, in the caller's order; missing are those that were to keep a value they never had,
// which fail as if they had no default. before is Task.Before, or what the engine's own stack has. (C-PP-11)
func (t Task) Values(declared []string, before []catalog.Parameter) (values map[string]string, unknown, missing []string) {
	values = map[string]string{}
	known := map[string]bool{}
	for _, key := range declared {
		known[key] = true
	}
	for _, p := range before {
		if known[p.Key] {
			values[p.Key] = p.Value
		}
	}
	for _, p := range t.Parameters {
		_, had := values[p.Key]
		switch {
		case !known[p.Key]:
			unknown = append(unknown, p.Key)
		case !p.Previous:
			values[p.Key] = p.Value
		case !had:
			missing = append(missing, p.Key)
		}
	}
	return values, unknown, missing
}

// State is how far a task is.
type State int

// The states. The last two are final.
const (
	Running     State = iota
	RollingBack       // it has failed, and what was changed is being put back: IN_PROGRESS_IN_ERROR
	Succeeded
	Failed
)

// Progress is how far a task is, as of one Poll.
type Progress struct {
	State State
	// Reason is the root cause of RollingBack and Failed, in the words the caller reads. (C-ENG-1)
	Reason string
	// RolledBack says of a Failed task that what was there before is as it was; with nothing before, that none of the
	// resources is left. What could not be put back makes the provisioned product ERROR. (catalog 2.11)
	RolledBack bool

	PhysicalID string              // ARN of the stack or stack set, as soon as there is one
	Outputs    []catalog.Output    // of a Succeeded task, the template's in its order
	Values     []catalog.Parameter // the parameters as they are in force; nil: as they were given
	Dashboards []string            // names of AWS::CloudWatch::Dashboard resources (C-PP-8)
	Changes    []catalog.Change    // of a Succeeded OpPlan

	// Elsewhere says of a Running task that somebody else works on it until Again, so that it does not count against the limit
	// of its account.
	Elsewhere bool
	Again     time.Duration     // how long to wait before the next Poll; 0 is at once
	Log       []catalog.LogLine // what happened since Cursor
	Cursor    string            // comes back as Task.Cursor once Log is saved
}

// Refusal is what an engine says no to: the caller's doing, not ours. Its text is what the caller reads.
type Refusal struct {
	Message string
	// Lost says that what was there before is not there any more, as when somebody has deleted a stack by hand. (C-ENG-2)
	Lost bool
}

func (r *Refusal) Error() string { return r.Message }

// Refusef refuses a task.
func Refusef(format string, args ...any) *Refusal {
	return &Refusal{Message: fmt.Sprintf(format, args...)}
}

// StackRefusal refuses a task in the words in which CloudFormation refuses a stack; clients look for them. (C-PP-5)
func StackRefusal(t Task, format string, args ...any) *Refusal {
	return Refusef("AmazonCloudFormationException  %s (Service: AmazonCloudFormation; Status Code: 400; Error Code: ValidationError; Request ID: %s)",
		fmt.Sprintf(format, args...), requestID(t.Token))
}

// requestID is the same for every call of a task, like all else about it.
func requestID(token string) string {
	sum := sha256.Sum256([]byte(token))
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// StepTime bounds one call of an engine.
const StepTime = 30 * time.Second

// Attempts is how often in a row a call may fail by a fault of the machine.
const Attempts = 8
