package access

import (
	"context"
	"errors"

	"portico/internal/fault"
)

// Authority is what a caller may do in one request: the policies that applied to it when the request came in, and the
// context keys that hold for all that the request asks for.
type Authority struct {
	Grants Grants
	Keys   Keys
}

// Authorize returns nil if the caller may do what r asks, and otherwise the refusal in AWS's words. The keys of the
// whole request hold besides those of r. A caller who came with no authority may do nothing.
func (c Caller) Authorize(r Request) error {
	_, err := c.authorize(r, func(g Grants, r Request) (Level, Decision, error) {
		d, err := g.Decide(r)
		return NoLevel, d, err
	})
	return err
}

// AuthorizeLevel is Authorize for an action on provisioned products. It returns how many of the account's the caller may
// act on. (C-ACC-7)
func (c Caller) AuthorizeLevel(r Request) (Level, error) {
	return c.authorize(r, Grants.Level)
}

func (c Caller) authorize(r Request, decide func(Grants, Request) (Level, Decision, error)) (Level, error) {
	if c.Authority == nil {
		return NoLevel, fault.Deniedf("User: %s is not authorized to perform: %s", c.ARN, r.Action)
	}
	r.Keys = c.Authority.Keys.and(r.Keys)
	r.Actor.Caller = c
	level, d, err := decide(c.Authority.Grants, r)
	if err == nil && d.Allowed {
		return level, nil
	}
	if _, ok := fault.Of(err); err != nil && !ok && !errors.Is(err, context.Canceled) {
		return NoLevel, err
	}
	return NoLevel, d.Refusal(c.ARN, r)
}

// and joins two sets of keys, of which neither changes; more has the last word.
func (k Keys) and(more Keys) Keys {
	out := Keys{entries: append([]contextKey(nil), k.entries...), relation: max(k.relation, more.relation)}
	for _, c := range more.entries {
		out.put(c)
	}
	return out
}

// Subject is what an operation is about, as its descriptor names it.
type Subject struct {
	Kind   string
	Value  string                   // of the member that names it; empty if the request leaves it out
	Member func(name string) string // any other member of the request that is a text; empty if it is left out
}
