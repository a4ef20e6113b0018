package server

import (
	"fmt"
	"sync"

	"portico/internal/access"
	"portico/internal/store"
)

// policies are parsed policy documents by their digest. A document never changes under its digest, so what was read of it
// once is right for ever: nothing here can be out of date. What applies to a caller is read anew for every request.
type policies struct {
	mu     sync.Mutex
	parsed map[parsedKey]*access.Policy
}

type parsedKey struct {
	kind   access.PolicyKind
	digest string
}

// maxPolicies bounds what is kept; when there are more, all go.
const maxPolicies = 10_000

// grants reads what applies to a caller.
func (p *policies) grants(tx *store.Tx, who access.Caller) (access.Grants, store.Grants, error) {
	rows, err := tx.Grants(who)
	if err != nil {
		return access.Grants{}, rows, err
	}
	g := access.Grants{Root: who.Rooted()}
	if g.Identity, err = p.sources(tx, access.IdentityPolicy, rows.Identity); err != nil {
		return g, rows, err
	}
	if rows.Boundary != nil {
		b, err := p.sources(tx, access.IdentityPolicy, []store.Applied{*rows.Boundary})
		if err != nil {
			return g, rows, err
		}
		g.Boundary = &b[0]
	}
	for _, level := range rows.Control {
		s, err := p.sources(tx, access.ControlPolicy, level)
		if err != nil {
			return g, rows, err
		}
		g.Control = append(g.Control, s)
	}
	if who.Session != nil {
		g.SessionBound = who.Session.Bounded()
		g.Session, err = p.session(tx, who.Session.Policies, rows.Session)
	}
	return g, rows, err
}

// session gives the policies of a session: documents that are in its token, and managed ones.
func (p *policies) session(tx *store.Tx, documents []string, managed []store.Applied) ([]access.Source, error) {
	var out []access.Source
	for _, d := range documents {
		k := parsedKey{access.IdentityPolicy, access.PolicyDigest(d)}
		policy := p.find(k)
		if policy == nil {
			var err error
			if policy, err = access.ParsePolicy(k.kind, d); err != nil {
				return nil, fmt.Errorf("read the policy of a session, which was accepted when it began: %w", plainly(err))
			}
			p.keep(k, policy)
		}
		out = append(out, access.Source{Name: "session policy", Policy: policy})
	}
	var there []store.Applied
	for _, a := range managed {
		if a.Digest == "" {
			out = append(out, access.Gone(a.Name))
			continue
		}
		there = append(there, a)
	}
	more, err := p.sources(tx, access.IdentityPolicy, there)
	return append(out, more...), err
}

func (p *policies) find(k parsedKey) *access.Policy {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.parsed[k]
}

func (p *policies) sources(tx *store.Tx, kind access.PolicyKind, applied []store.Applied) ([]access.Source, error) {
	var missing []string
	out := make([]access.Source, len(applied))
	p.mu.Lock()
	for i, a := range applied {
		out[i] = access.Source{Name: a.Name, Policy: p.parsed[parsedKey{kind, a.Digest}]}
		if out[i].Policy == nil {
			missing = append(missing, a.Digest)
		}
	}
	p.mu.Unlock()
	if len(missing) == 0 {
		return out, nil
	}
	documents, err := tx.PolicyDocuments(missing)
	if err != nil {
		return nil, err
	}
	for i, a := range applied {
		if out[i].Policy != nil {
			continue
		}
		if out[i].Policy, err = access.ParsePolicy(kind, documents[a.Digest]); err != nil {
			return nil, fmt.Errorf("read policy %s, which was accepted when it was written: %w", a.Name, plainly(err))
		}
		p.keep(parsedKey{kind, a.Digest}, out[i].Policy)
	}
	return out, nil
}

// plainly makes a fault an error of the machine: what it says is not the caller's doing.
func plainly(err error) error { return fmt.Errorf("%s", err.Error()) }

func (p *policies) keep(k parsedKey, policy *access.Policy) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.parsed == nil || len(p.parsed) >= maxPolicies {
		p.parsed = map[parsedKey]*access.Policy{}
	}
	p.parsed[k] = policy
}
