package access

import (
	"slices"
	"strings"

	"portico/internal/fault"
	"portico/internal/ident"
)

// Actor is who asks, as the Principal elements of a resource's policy see it. One of the fields is set.
type Actor struct {
	Caller   Caller
	Services []string // the names a service goes by, such as servicecatalog.amazonaws.com
	Provider string   // the ARN of an identity provider, or its well-known name, that vouches for somebody
	// Bound are the unique ids of the users and roles that the policy names, as they were when it was saved: who merely
	// has the name now is not meant.
	Bound map[string]string
}

// Naming is how closely a resource's policy names an actor. The closest wins.
type Naming int

// The ways to be named.
const (
	Unnamed         Naming = iota
	NamedAccount           // by its account: it is left to the account's own policies
	NamedAnyone            // like everyone
	NamedEntity            // by the role behind its session
	NamedPersonally        // by its own ARN or unique id
)

// principals is a Principal or NotPrincipal element.
type principals struct {
	not       bool
	anyone    bool // "*" rather than {"AWS": "*"}
	aws       []string
	services  []string
	federated []string
}

// wellKnown are the identity providers that go by a name rather than by an ARN.
var wellKnown = []string{"accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"}

func parsePrincipals(n node, not bool, at string) (*principals, error) {
	p := &principals{not: not}
	if n.kind == textNode && n.text == "*" {
		p.anyone = true
		return p, nil
	}
	if err := n.object(at, "AWS", "Service", "Federated", "CanonicalUser"); err != nil {
		return nil, err
	}
	if len(n.members) == 0 {
		return nil, malformed(at, "must name a principal")
	}
	for _, m := range n.members {
		names, err := m.value.texts(at + "." + m.name)
		if err != nil {
			return nil, err
		}
		valid, what := validPrincipal, "account, user, role or session"
		switch m.name {
		case "AWS":
			p.aws = names
		case "Service":
			p.services, valid, what = names, validService, "service"
		case "Federated":
			p.federated, valid, what = names, validProvider, "identity provider"
		case "CanonicalUser":
			valid, what = validCanonical, "canonical user id" // S3's ids of accounts; nobody has one here
		}
		for _, name := range names {
			if !valid(name) {
				return nil, fault.Invalidf("Invalid principal in policy: %s.%s: %q is no %s", at, m.name, name, what)
			}
		}
	}
	return p, nil
}

func validPrincipal(p string) bool {
	if p == "*" || ident.Account(p).Valid() || strings.HasPrefix(p, "AIDA") || strings.HasPrefix(p, "AROA") {
		return true
	}
	a, err := ident.ParseARN(p)
	if err != nil || a.Partition != ident.Partition || a.Region != "" || !a.Account.Valid() || strings.ContainsAny(p, "*?") {
		return false
	}
	kind, name, _ := strings.Cut(a.Resource, "/")
	switch a.Service + ":" + kind {
	case "iam:root":
		return name == ""
	case "iam:user", "iam:role", "sts:assumed-role", "sts:federated-user":
		return name != ""
	}
	return false
}

func validService(p string) bool {
	return p == "*" || strings.Contains(p, ".") && strings.Trim(p, letters+"0123456789-.") == ""
}

func validProvider(p string) bool {
	if slices.Contains(wellKnown, p) {
		return true
	}
	a, err := ident.ParseARN(p)
	if err != nil || a.Partition != ident.Partition || a.Service != "iam" || a.Region != "" || !a.Account.Valid() || strings.ContainsAny(p, "*?") {
		return false
	}
	kind, name, _ := strings.Cut(a.Resource, "/")
	return name != "" && (kind == "oidc-provider" || kind == "saml-provider")
}

func validCanonical(p string) bool { return p != "" && strings.Trim(p, "0123456789abcdefABCDEF") == "" }

// entities lists the users and roles that the element names by ARN.
func (p *principals) entities() []string {
	var names []string
	for _, name := range p.aws {
		if a, err := ident.ParseARN(name); err == nil && a.Service == "iam" && a.Resource != "root" {
			names = append(names, name)
		}
	}
	return names
}

// names tells how the element of an Allow names an actor. That everyone is named is not said to whoever comes with a
// token of an identity provider: such a provider must be named.
func (p *principals) names(a *Actor) Naming {
	switch {
	case a.Provider != "":
		if slices.Contains(p.federated, a.Provider) {
			return NamedPersonally
		}
		return Unnamed
	case len(a.Services) > 0:
		if slices.ContainsFunc(a.Services, func(s string) bool { return slices.Contains(p.services, s) }) {
			return NamedPersonally
		}
		if p.anyone || slices.Contains(p.services, "*") {
			return NamedAnyone
		}
		return Unnamed
	}
	closest := Unnamed
	if p.anyone {
		closest = NamedAnyone
	}
	for _, name := range p.aws {
		closest = max(closest, a.named(name))
	}
	return closest
}

// named tells how one name of an AWS principal names a caller.
func (a *Actor) named(name string) Naming {
	who := &a.Caller
	switch {
	case name == "*":
		return NamedAnyone
	case who.Account == "":
		return Unnamed
	case a.isAccount(name):
		return NamedAccount
	case a.isEntity(name) && who.Kind == User:
		return NamedPersonally
	case a.isEntity(name):
		return NamedEntity
	case a.isSession(name):
		return NamedPersonally
	}
	return Unnamed
}

func (a *Actor) isAccount(name string) bool {
	return name == string(a.Caller.Account) || name == ident.RootARN(a.Caller.Account)
}

func (a *Actor) isEntity(name string) bool {
	if len(a.Caller.Principals) == 0 {
		return false
	}
	id := a.Caller.Principals[0].ID
	return name == id || a.Bound[name] == id
}

func (a *Actor) isSession(name string) bool {
	return name == a.Caller.ARN && strings.HasPrefix(name, "arn:"+ident.Partition+":sts:")
}

// denies reports whether the element of a Deny is about an actor. Principal "*" is about everyone, whatever it is. With
// NotPrincipal only those are left out who are named in full: a user with its account, a session with its role and its
// account.
func (p *principals) denies(a *Actor) bool {
	everyone := p.anyone || slices.Contains(p.aws, "*")
	if !p.not {
		return everyone || p.names(a) != Unnamed
	}
	if everyone || a.Provider != "" || len(a.Services) > 0 {
		return !everyone && p.names(a) == Unnamed
	}
	listed := func(is func(string) bool) bool { return slices.ContainsFunc(p.aws, is) }
	if !listed(a.isAccount) || a.Caller.Account == "" {
		return true
	}
	if a.Caller.Kind != Root && len(a.Caller.Principals) > 0 && !listed(a.isEntity) {
		return true
	}
	return strings.HasPrefix(a.Caller.ARN, "arn:"+ident.Partition+":sts:") && !listed(a.isSession)
}
