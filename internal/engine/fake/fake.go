// Package fake is an engine that makes nothing. Tests script it; development mode uses it for products that no other
// engine launches. What it does not find in a script it simulates: it checks the parameters of a CloudFormation template,
// and then says that everything went well.
//
// It is stateless but for what tests look at, so that it goes on rightly after a restart: what a task comes to follows
// from the task, and how far it is from its cursor.
package fake

import (
	"context"
	"strconv"
	"sync"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/provision"
)

// Engine is the fake. The zero value simulates everything.
type Engine struct {
	mu      sync.Mutex
	scripts map[string][]Script // by name of the provisioned product; one for each task, in their order
	given   map[string]Script   // by token
	stacks  map[string]*Made    // by name of the stack
	found   map[string]provision.Stack
	consist []catalog.Resource
	calls   []Call
	before  func(Call) error
	after   func(Call) error
}

// Script is how one task goes.
type Script struct {
	Refuse   string               // Submit refuses it in these words
	Lost     bool                 // because what was there is gone
	Fail     error                // each call fails so, by no fault of the caller's
	Progress []provision.Progress // one for each Poll; the last is repeated. Without any the task is simulated
	Stubborn bool                 // what is to be given up goes on; otherwise it is put back at once
}

// Made is what is known about a stack.
type Made struct {
	Times   int // how often it was made
	Deleted int
	Tags    []catalog.Tag
	As      string // ARN of who made it
	Account string // where
}

// Call is one call of the engine.
type Call struct {
	Poll bool
	provision.Task
}

// Script says how the next task of a provisioned product goes.
func (e *Engine) Script(name string, s Script) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.scripts == nil {
		e.scripts = map[string][]Script{}
	}
	e.scripts[name] = append(e.scripts[name], s)
}

// Put makes a stack that Find finds.
func (e *Engine) Put(s provision.Stack) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.found == nil {
		e.found = map[string]provision.Stack{}
	}
	e.found[s.ID] = s
}

// Contain says what every stack consists of.
func (e *Engine) Contain(resources ...catalog.Resource) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.consist = resources
}

// Resources lists what Contain said. (provision.Lister)
func (e *Engine) Resources(context.Context, string) ([]catalog.Resource, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.consist, nil
}

// Around runs before and after each call: a test stops the world there. An error is what the call returns.
func (e *Engine) Around(before, after func(Call) error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.before, e.after = before, after
}

// Calls are all calls so far.
func (e *Engine) Calls() []Call {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]Call{}, e.calls...)
}

// Stacks are what has been made and deleted, by name.
func (e *Engine) Stacks() map[string]Made {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := map[string]Made{}
	for name, m := range e.stacks {
		out[name] = *m
	}
	return out
}

// Submit starts a task. The same task again changes nothing.
func (e *Engine) Submit(ctx context.Context, t provision.Task) error {
	return e.call(Call{Task: t}, func() error {
		s, again := e.begin(t)
		if s.Fail != nil {
			return s.Fail
		}
		if s.Refuse != "" {
			no := provision.StackRefusal(t, "%s", s.Refuse)
			no.Lost = s.Lost
			return no
		}
		if s.Progress == nil && t.Template != nil && t.ProductType == catalog.CloudFormation {
			if err := check(t); err != nil {
				return err
			}
		}
		if !again {
			e.count(t)
		}
		return nil
	})
}

// Poll tells how far a task is.
func (e *Engine) Poll(ctx context.Context, t provision.Task) (p provision.Progress, err error) {
	err = e.call(Call{Poll: true, Task: t}, func() error {
		s, _ := e.begin(t)
		if s.Fail != nil {
			return s.Fail
		}
		n, _ := strconv.Atoi(t.Cursor) // without a cursor it is the first
		if s.Progress == nil {
			p, err = simulate(ctx, t, n)
			return err
		}
		p = s.Progress[min(n, len(s.Progress)-1)]
		if t.Cancel != "" && p.State == provision.Running && !s.Stubborn {
			p = provision.Progress{State: provision.Failed, RolledBack: true, Reason: t.Cancel}
		}
		p.Cursor = strconv.Itoa(n + 1)
		return nil
	})
	return p, err
}

// Find finds what Put has put there.
func (e *Engine) Find(_ context.Context, _ access.Caller, physicalID string) (provision.Stack, bool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s, ok := e.found[physicalID]
	return s, ok, nil
}

// call runs do between what a test wants to happen.
func (e *Engine) call(c Call, do func() error) error {
	e.mu.Lock()
	e.calls = append(e.calls, c)
	before, after := e.before, e.after
	e.mu.Unlock()
	if before != nil {
		if err := before(c); err != nil {
			return err
		}
	}
	err := do()
	if after != nil {
		if stop := after(c); stop != nil {
			return stop
		}
	}
	return err
}

// begin gives the script of a task, and whether the task was known before.
func (e *Engine) begin(t provision.Task) (s Script, again bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	key := string(t.Operation) + t.Token
	if s, again = e.given[key]; again {
		return s, true
	}
	if queue := e.scripts[t.Name]; len(queue) > 0 {
		s, e.scripts[t.Name] = queue[0], queue[1:]
	}
	if e.given == nil {
		e.given = map[string]Script{}
	}
	e.given[key] = s
	return s, false
}

// count notes what a task makes or deletes.
func (e *Engine) count(t provision.Task) {
	if t.Operation == provision.OpPlan || t.Operation == provision.OpDeletePlan {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stacks == nil {
		e.stacks = map[string]*Made{}
	}
	m := e.stacks[t.StackName]
	if m == nil {
		m = &Made{}
		e.stacks[t.StackName] = m
	}
	switch t.Operation {
	case provision.OpTerminate:
		m.Deleted++
	case provision.OpProvision, provision.OpExecutePlan:
		if !t.Update {
			m.Times++
		}
		fallthrough
	case provision.OpUpdate:
		m.Tags, m.As, m.Account = t.StackTags(), t.As.ARN, string(t.Account)
	}
}
