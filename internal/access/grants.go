package access

import (
	"fmt"
	"strings"
)

// Source is a policy that applies, and the name by which explanations call it: its ARN, or the name of an inline policy.
type Source struct {
	Name   string
	Policy *Policy
}

// Grants are the policies that apply to a caller.
type Grants struct {
	Identity     []Source   // managed and inline policies of the user and its groups, or of the role
	Boundary     *Source    // nil if none is set
	Session      []Source   // session policies
	SessionBound bool       // whether session policies were given, be it none that allows anything
	Control      [][]Source // service control policies by level, from the organization's root to the account; nil if they do not apply
	Root         bool       // the account root: all that its service control policies allow
}

// Request is what a caller wants to do.
type Request struct {
	Action string // servicecatalog:CreatePortfolio
	// Resource gives the ARNs that the action is on; each must be allowed. It is called once, and only if a statement that
	// is about the action names resources. Nil or an answer without ARNs stands for an action on nothing in particular,
	// which only statements with Resource "*" are about.
	Resource func() ([]string, error)
	Keys     Keys
	// Attached is the resource's own policy, a role's trust policy too; nil if there is none.
	Attached *Source
	Actor    Actor // who asks; only Attached looks at it
	Foreign  bool  // the resource is one of another account: its policy and the caller's must both allow
}

// Resources is the Request.Resource of ARNs that are at hand.
func Resources(arns ...string) func() ([]string, error) {
	return func() ([]string, error) { return arns, nil }
}

// Decision is the answer to a request and what decided it.
type Decision struct {
	Allowed   bool
	Explicit  bool   // a statement denies it; otherwise, if it is not allowed, none of the layer allows it
	Layer     Layer  // the kind of policy that decided
	Source    string // the policy that has the deciding statement, if one decided
	Statement string // the Sid of that statement, or its place as in Statement[0]
	Resource  string // the ARN decided about, if it had to be known
	Naming    Naming // how the resource's own policy names the actor
}

// Layer is a kind of policy by its place in a decision.
type Layer int

// The layers.
const (
	IdentityLayer Layer = iota + 1
	BoundaryLayer
	SessionLayer
	ControlLayer
	ResourceLayer
)

func (l Layer) String() string {
	return [...]string{"", "identity-based policy", "permissions boundary", "session policy", "service control policy", "resource-based policy"}[l]
}

// Decide answers a request as AWS documents it: a Deny in any policy refuses; every level of service control policies must
// allow; then the resource's own policy, the identity policies, the permissions boundary and the session policies. Where
// an error keeps it from knowing what a statement says, the request is not allowed and the error is returned.
func (g Grants) Decide(r Request) (Decision, error) {
	e := evaluation{request: r}
	return g.decideAll(&e)
}

// evaluation is the state of one decision.
type evaluation struct {
	request  Request
	service  string // of the action, folded
	name     string // of the action
	arns     []string
	resolved bool
	at       int // which of the resources it is about
}

// found is what the policies of one layer say: the first Deny that applies, or else the first Allow.
type found struct {
	deny   bool
	allow  bool
	naming Naming
	source *Source
	by     *statement
}

// decideAll decides about each resource in turn, until one is refused.
func (g *Grants) decideAll(e *evaluation) (Decision, error) {
	service, name, ok := strings.Cut(e.request.Action, ":")
	if !ok || service == "" || name == "" {
		return Decision{}, fmt.Errorf("decide about %q: no action has such a name", e.request.Action)
	}
	e.service, e.name = Fold(service), name
	for e.at = 0; ; e.at++ {
		d, err := g.decide(e)
		if e.resolved {
			d.Resource = e.arns[e.at]
		}
		if err != nil {
			return Decision{}, fmt.Errorf("decide about %s: %w", e.request.Action, err)
		}
		if !d.Allowed || !e.resolved || e.at+1 == len(e.arns) {
			return d, nil
		}
	}
}

// decide decides about one resource. It is long because the order in which AWS consults policies shows in one place.
func (g *Grants) decide(e *evaluation) (Decision, error) {
	uncontrolled := false
	for _, level := range g.Control {
		f, err := e.walk(level)
		if err != nil || f.deny {
			return f.decision(ControlLayer), err
		}
		uncontrolled = uncontrolled || !f.allow
	}
	var attached found
	var err error
	if e.request.Attached != nil {
		if attached, err = e.attached(); err != nil || attached.deny {
			return attached.decision(ResourceLayer), err
		}
	}
	var boundary, session found
	if g.Boundary != nil {
		if boundary, err = e.walk([]Source{*g.Boundary}); err != nil || boundary.deny {
			return boundary.decision(BoundaryLayer), err
		}
	}
	if session, err = e.walk(g.Session); err != nil || session.deny {
		return session.decision(SessionLayer), err
	}
	identity, err := e.walk(g.Identity)
	if err != nil || identity.deny {
		return identity.decision(IdentityLayer), err
	}

	needed := e.request.Foreign || e.request.Attached != nil && e.request.Attached.Policy.kind == TrustPolicy
	given, personally := false, false // by the policy of a resource in the caller's own account
	if !e.request.Foreign {
		given, personally = attached.naming > NamedAccount, attached.naming == NamedPersonally
	}
	var lacks Layer
	switch {
	case uncontrolled:
		lacks = ControlLayer
	case needed && attached.naming == Unnamed:
		lacks = ResourceLayer
	case !identity.allow && !given && !g.Root:
		lacks = IdentityLayer
	case g.Boundary != nil && !boundary.allow && !personally:
		lacks = BoundaryLayer
	case (g.SessionBound || len(g.Session) > 0) && !session.allow && !personally:
		lacks = SessionLayer
	}
	if lacks != 0 {
		return Decision{Layer: lacks, Naming: attached.naming}, nil
	}
	d := identity.decision(IdentityLayer)
	if !identity.allow && attached.allow {
		d = attached.decision(ResourceLayer)
	}
	d.Allowed, d.Naming = true, attached.naming
	return d, nil
}

func (f *found) decision(l Layer) Decision {
	d := Decision{Layer: l, Explicit: f.deny, Naming: f.naming}
	if f.by != nil {
		d.Source, d.Statement = f.source.Name, f.by.name
	}
	return d
}
