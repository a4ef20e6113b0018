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
	g, err := rows.Policies(who.Kind == access.Root, func(kind access.PolicyKind, digest string) (*access.Policy, error) {
		k := parsedKey{kind, digest}
		if kept := p.kept(k); kept != nil {
			return kept, nil
		}
		document, err := tx.PolicyDocument(digest)
		if err != nil {
			return nil, err
		}
		parsed, err := access.ParsePolicy(kind, document)
		if err != nil { // not the caller's doing: it was accepted when it was written
			return nil, fmt.Errorf("%s", err.Error())
		}
		p.keep(k, parsed)
		return parsed, nil
	})
	return g, rows, err
}

func (p *policies) kept(k parsedKey) *access.Policy {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.parsed[k]
}

func (p *policies) keep(k parsedKey, policy *access.Policy) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.parsed == nil || len(p.parsed) >= maxPolicies {
		p.parsed = map[parsedKey]*access.Policy{}
	}
	p.parsed[k] = policy
}
