package access

import (
	"slices"

	"portico/internal/ident"
)

// Guard is a resource that may have a policy of its own: a bucket.
type Guard struct {
	Account ident.Account // the owner
	Name    string        // of the policy, in explanations
	Policy  *Policy       // nil if there is none
	Bound   map[string]string
	// Closed keeps out all other accounts, whatever the policy says.
	Closed bool
}

// AuthorizeOn is Authorize for an action on a guarded resource: its policy's Deny refuses everybody, its Allow suffices to
// callers of the owner's account, and it lets those of other accounts in that their own policies allow it to as well.
func (c Caller) AuthorizeOn(g Guard, r Request) error {
	r.Foreign = g.Account != c.Account
	r.Keys.Set(KeyResourceAccount, string(g.Account))
	if g.Policy != nil && !(r.Foreign && g.Closed) {
		r.Attached, r.Actor.Bound = &Source{Name: g.Name, Policy: g.Policy}, g.Bound
	}
	return c.Authorize(r)
}

// Named returns the users and roles that the policy names by ARN.
func (p *Policy) Named() []string {
	var names []string
	for _, s := range p.statements {
		if s.principals == nil {
			continue
		}
		for _, name := range s.principals.entities() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// narrowing are the condition keys by which a statement for everyone is one for somebody after all.
var narrowing = []string{KeyPrincipalARN, KeyPrincipalAccount, KeyPrincipalOrgID, KeyPrincipalOrgPaths, KeyUserID, KeySourceIP,
	KeySourceAccount, KeySourceARN, "aws:sourcevpc", "aws:sourcevpce", "aws:sourceorgid", "aws:sourceorgpaths", "s3:dataaccesspointaccount"}

// Public reports whether a statement allows something to everyone without a condition on who they are.
func (p *Policy) Public() bool {
	return slices.ContainsFunc(p.statements, func(s *statement) bool {
		if s.deny || s.principals == nil || !s.principals.anyone && !slices.Contains(s.principals.aws, "*") {
			return false
		}
		return !slices.ContainsFunc(s.conditions, condition.narrows)
	})
}

// narrows reports whether a condition is one on who asks, or from where, that not everyone meets.
func (c condition) narrows() bool {
	return slices.Contains(narrowing, c.key) && !c.negated && !c.ifExists && c.family != null &&
		!slices.ContainsFunc(c.operands, func(o operand) bool {
			return o.pattern.shape == everything || o.network.IsValid() && o.network.Bits() == 0
		})
}
