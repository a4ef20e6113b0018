package access

import (
	"slices"
	"strconv"
)

// PolicyKind says which elements a policy has.
type PolicyKind int

// The kinds of policy. Session policies and permissions boundaries are identity policies.
const (
	IdentityPolicy PolicyKind = iota + 1 // of a user, group or role: who it is about goes without saying
	TrustPolicy                          // of a role: who may assume it
	ControlPolicy                        // of an organization: the most that its accounts may do
	ResourcePolicy                       // of a resource: who may do what with it
)

// Policy is a policy document, compiled. It never changes and may be used by many requests at once.
type Policy struct {
	kind       PolicyKind
	statements []*statement
	services   map[string][]scoped // by service: the statements with actions of that service, those that deny first
	any        []scoped            // those about actions of any service
	levelled   bool                // whether there are conditions on Service Catalog's levels
	keys       []string
}

// ParsePolicy reads a policy document. Its faults are Invalid and name the place in the document that is wrong.
func ParsePolicy(kind PolicyKind, document string) (*Policy, error) {
	top, err := readDocument(document)
	if err != nil {
		return nil, err
	}
	if err := top.object("the policy", "Version", "Id", "Statement"); err != nil {
		return nil, err
	}
	variables := false
	if n, ok := top.member("Version"); ok {
		if n.kind != textNode || n.text != "2012-10-17" && n.text != "2008-10-17" {
			return nil, malformed("Version", "must be 2012-10-17 or 2008-10-17")
		}
		variables = n.text == "2012-10-17"
	}
	if n, ok := top.member("Id"); ok && n.kind != textNode {
		return nil, malformed("Id", "must be a string")
	}
	n, ok := top.member("Statement")
	if !ok {
		return nil, malformed("Statement", "is missing")
	}
	if len(n.list()) == 0 {
		return nil, malformed("Statement", "must hold at least one statement")
	}
	p := &Policy{kind: kind}
	sids := make(map[string]bool)
	for i, n := range n.list() {
		s, err := parseStatement(kind, n, variables, "Statement["+strconv.Itoa(i)+"]")
		if err != nil {
			return nil, err
		}
		if sids[s.name] {
			return nil, malformed("Statement["+strconv.Itoa(i)+"].Sid", "is that of another statement")
		}
		sids[s.name] = true
		p.statements = append(p.statements, s)
	}
	p.index()
	return p, nil
}

// index sorts the statements by the services that they may be about, denying ones first.
func (p *Policy) index() {
	ordered := slices.Clone(p.statements)
	slices.SortStableFunc(ordered, func(a, b *statement) int {
		switch {
		case a.deny == b.deny:
			return 0
		case a.deny:
			return -1
		}
		return 1
	})
	p.services = make(map[string][]scoped)
	for _, s := range ordered {
		if s.notAction {
			p.any = append(p.any, scoped{s, nil})
			continue
		}
		names := make(map[string][]pattern)
		for _, a := range s.actions {
			names[a.service] = append(names[a.service], a.name)
		}
		for service, names := range names {
			if service == "*" {
				p.any = append(p.any, scoped{s, names})
			} else {
				p.services[service] = append(p.services[service], scoped{s, names})
			}
		}
	}
	for _, s := range ordered {
		p.keys = append(p.keys, s.contextKeys()...)
	}
	slices.Sort(p.keys)
	p.keys = slices.Compact(p.keys)
	p.levelled = slices.ContainsFunc(p.keys, func(k string) bool { return levelOf(k) != NoLevel })
}

// Kind tells which kind of policy it was read as.
func (p *Policy) Kind() PolicyKind { return p.kind }

// ContextKeys lists the folded names of the context keys that the policy looks at, in conditions or by variables.
func (p *Policy) ContextKeys() []string { return slices.Clone(p.keys) }

// Gone stands for a policy that narrowed something and is not there any more: nothing is allowed then, rather than more
// than before.
func Gone(name string) Source {
	all := pattern{shape: everything}
	s := &statement{name: "Gone", deny: true, anyResource: true, actions: []actionPattern{{service: "*", name: all}}}
	p := &Policy{kind: IdentityPolicy, statements: []*statement{s}}
	p.index()
	return Source{Name: name, Policy: p}
}
