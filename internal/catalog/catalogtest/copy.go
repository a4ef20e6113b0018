package catalogtest

import "portico/internal/access"

// CopyProduct makes a product of the caller's own with copies of all versions of one that it sees, in whatever region that
// is. versions are the ids the server gave the copies, oldest first. (C-COPY-2..5, S-CPY-4..6)
func (m *Model) CopyProduct(who access.Caller, source, id, view, name string, versions []string) string {
	there := who
	if p := m.products[source]; p != nil {
		there.Region = p.region
	}
	p, code := m.seeProduct(there, source)
	if code != "" {
		return code
	}
	c := &product{id: id, view: view, name: name, owner: who.Account, region: who.Region}
	for i, v := range p.versions {
		if i < len(versions) {
			c.versions = append(c.versions, &version{id: versions[i], name: v.name, active: true})
		}
	}
	m.products[id] = c
	return ""
}
