package cloudformation

import (
	"context"

	"portico/internal/access"
	"portico/internal/jobs"
	"portico/internal/store"
)

// stackJob is the kind of jobs that carry out what was asked of a stack by CloudFormation's own API.
const stackJob = "stack"

// Enqueue lets what was begun in the same transaction be carried out.
func (e *Engine) Enqueue(tx *store.Tx, s store.Stack) error {
	return e.Queue.Add(tx, stackJob, s.ID, s.Account)
}

// Work is what a runner needs to carry out stacks.
func (e *Engine) Work() map[string]jobs.Work {
	return map[string]jobs.Work{setJob: e.setWork(), stackJob: {
		Amends: true,
		Step: func(ctx context.Context, id string) (jobs.Save, error) {
			s, after, err := e.Step(ctx, access.Caller{}, id)
			if err != nil {
				return nil, err
			}
			return func(*store.Tx) (jobs.Next, error) {
				return jobs.Next{Done: !underWay(s.Status), After: after}, nil
			}, nil
		},
		Fail: func(tx *store.Tx, id string, _ error) error { return e.Abandon(tx, id) },
	}}
}
