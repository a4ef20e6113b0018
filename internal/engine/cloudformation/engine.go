// Package cloudformation is the engine that is built in: it makes, changes and deletes stacks, which it keeps in rows.
//
// What is asked of a stack is checked and written down at once: Create, Update and Delete begin an operation. It is then
// carried out by Step, a resource at a time, by whoever has the stack's job or the record of a launch. A step reads the
// stack, finds what comes next, does it, and writes down what came of it; it remembers nothing. A resource that is made by
// another service is first written down as begun, under a name or token that follows from the stack, so that a step that
// was cut short is made again and finds what it had made. (C-LAUNCH-20)
//
// A stack counts its writes, and each is made over the version that was read: of two workers that carry out the same stack
// one fails and changes nothing.
//
// Resources of Portico's own services are made by calling their operations with the rights of whoever acts for the stack.
// Others exist in development mode only, where they are made up and their events say so; elsewhere a template that has one
// is refused.
package cloudformation

import (
	"context"
	"time"

	"portico/internal/access"
	"portico/internal/jobs"
	"portico/internal/store"
)

// Engine makes stacks. Its fields are set once.
type Engine struct {
	DB     *store.DB
	Queue  *jobs.Queue
	Caller Caller
	Now    func() time.Time
	// Simulate makes up resources of types that nothing here makes: development mode.
	Simulate bool
	// Fetch reads a template from an address with a caller's rights. What it refuses is a fault.
	Fetch func(ctx context.Context, who access.Caller, address string) ([]byte, error)
}

// Caller does in other services what a stack's resources ask for, with the rights that who has at that moment. A refusal is
// a fault; any other error is one of the machine, and the same call is made again.
type Caller interface {
	// Do carries out an operation; in is a pointer to its input, and the answer one to its output. The service s3 takes a
	// *BucketRequest and answers nil.
	Do(ctx context.Context, who access.Caller, service, operation string, in any) (any, error)
	// Allow refuses an action on a resource, by its ARN, that who may not do.
	Allow(ctx context.Context, who access.Caller, action, resource string) error
	// Assume gives a session of a role that trusts CloudFormation.
	Assume(ctx context.Context, roleARN, session string) (access.Caller, error)
	// Chain gives a session of a role that who assumes, as anybody would: by STS.
	Chain(ctx context.Context, who access.Caller, roleARN, session string) (access.Caller, error)
}

// BucketRequest is a request to S3 about a bucket, or about what Query names of it.
type BucketRequest struct {
	Method, Bucket, Query string
	Body                  []byte
}

// Statuses of stacks, and by their endings of resources.
const (
	reviewInProgress   = "REVIEW_IN_PROGRESS"
	createInProgress   = "CREATE_IN_PROGRESS"
	createComplete     = "CREATE_COMPLETE"
	createFailed       = "CREATE_FAILED"
	rollbackInProgress = "ROLLBACK_IN_PROGRESS"
	rollbackComplete   = "ROLLBACK_COMPLETE"
	rollbackFailed     = "ROLLBACK_FAILED"
	updateInProgress   = "UPDATE_IN_PROGRESS"
	updateCleanup      = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
	updateComplete     = "UPDATE_COMPLETE"
	updateFailed       = "UPDATE_FAILED"
	restoreInProgress  = "UPDATE_ROLLBACK_IN_PROGRESS"
	restoreCleanup     = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
	restoreComplete    = "UPDATE_ROLLBACK_COMPLETE"
	restoreFailed      = "UPDATE_ROLLBACK_FAILED"
	deleteInProgress   = "DELETE_IN_PROGRESS"
	deleteComplete     = "DELETE_COMPLETE"
	deleteFailed       = "DELETE_FAILED"
	deleteSkipped      = "DELETE_SKIPPED"
)

// underWay reports whether a stack of a status has an operation that Step carries out.
func underWay(status string) bool {
	switch status {
	case createInProgress, rollbackInProgress, updateInProgress, updateCleanup, restoreInProgress, restoreCleanup, deleteInProgress:
		return true
	}
	return false
}

const (
	stackType = "AWS::CloudFormation::Stack"
	// maxEventProperties is how much an event says of the properties of a resource; more is left out.
	maxEventProperties = 16 << 10
)
