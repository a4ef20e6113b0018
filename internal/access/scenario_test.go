package access_test

import (
	"strings"
	"testing"

	"portico/internal/access"
)

// build makes of a scenario what the package decides about.
func (s scenario) build(t testing.TB) (access.Grants, access.Request) {
	t.Helper()
	source := func(kind access.PolicyKind, name, document string) access.Source {
		p, err := access.ParsePolicy(kind, document)
		if err != nil {
			t.Fatalf("%v\n%s", err, document)
		}
		return access.Source{Name: name, Policy: p}
	}
	g := access.Grants{Root: s.root, SessionBound: s.bounded}
	for _, d := range s.identity {
		g.Identity = append(g.Identity, source(access.IdentityPolicy, "identity", d))
	}
	if s.boundary != "" {
		b := source(access.IdentityPolicy, "boundary", s.boundary)
		g.Boundary = &b
	}
	for _, d := range s.session {
		g.Session = append(g.Session, source(access.IdentityPolicy, "session", d))
	}
	for _, level := range s.control {
		sources := []access.Source{}
		for _, d := range level {
			sources = append(sources, source(access.ControlPolicy, "control", d))
		}
		g.Control = append(g.Control, sources)
	}
	r := access.Request{Action: s.action, Foreign: s.foreign, Actor: s.actor}
	if s.arns != nil {
		r.Resource = access.Resources(s.arns...)
	}
	if s.attached != "" {
		a := source(s.kind, "attached", s.attached)
		r.Attached = &a
	}
	s.setKeys(&r.Keys)
	return g, r
}

// setKeys sets the keys in each of the ways there are, so that all of them are used.
func (s scenario) setKeys(k *access.Keys) {
	var tags []access.Tag
	for name, values := range s.keys {
		key, tag := strings.CutPrefix(name, access.KeyPrincipalTag)
		switch {
		case tag && len(values) == 1:
			tags = append(tags, access.Tag{Key: strings.ToUpper(key), Value: values[0]})
		case len(values) == 1 && len(name)%3 > 0:
			k.Set(strings.ToUpper(name), values[0])
		case len(values)%2 == 1:
			k.SetMany(name, values)
		default:
			k.SetLazy(name, func() ([]string, error) { return values, nil })
		}
	}
	k.SetLazyTags("aws:PrincipalTag/", func() ([]access.Tag, error) { return tags, nil })
	k.At(s.relation)
}

// decide gives the package's answer.
func (s scenario) decide(t testing.TB) verdict {
	t.Helper()
	g, r := s.build(t)
	d, err := g.Decide(r)
	if err != nil {
		t.Fatal(err)
	}
	if d.Allowed {
		return verdict{allowed: true}
	}
	return verdict{explicit: d.Explicit, layer: d.Layer}
}
