package catalogtest

import (
	"slices"

	"portico/internal/access"
)

func (p *product) version(id string) *version {
	for _, v := range p.versions {
		if v.id == id {
			return v
		}
	}
	return nil
}

func (v *version) view() VersionView {
	return VersionView{ID: v.id, Name: v.name, Active: v.active, Deprecated: v.deprecated}
}

// CreateProvisioningArtifact adds a version. (C-PA-7)
func (m *Model) CreateProvisioningArtifact(who access.Caller, productID, id, name string) string {
	p, code := m.editProduct(who, productID)
	if code != "" {
		return code
	}
	if over(len(p.versions), m.Quotas.Versions) {
		return OverLimit
	}
	p.versions = append(p.versions, &version{id: id, name: name, active: true})
	return ""
}

// UpdateProvisioningArtifact sets both switches of a version. (C-PA-9..11)
func (m *Model) UpdateProvisioningArtifact(who access.Caller, productID, id string, active, deprecated bool) string {
	p, code := m.editProduct(who, productID)
	if code != "" {
		return code
	}
	v := p.version(id)
	if v == nil {
		return NotFound
	}
	v.active, v.deprecated = active, deprecated
	return ""
}

// DeleteProvisioningArtifact removes a version, never the last. (C-PA-12)
func (m *Model) DeleteProvisioningArtifact(who access.Caller, productID, id string) string {
	p, code := m.editProduct(who, productID)
	if code != "" {
		return code
	}
	if p.version(id) == nil {
		return NotFound
	}
	if len(p.versions) == 1 {
		return InUse
	}
	p.versions = slices.DeleteFunc(p.versions, func(v *version) bool { return v.id == id })
	return ""
}

// DescribeProvisioningArtifact reads one version, with its product's id or without. (C-PA-13)
func (m *Model) DescribeProvisioningArtifact(who access.Caller, productID, id string) (VersionView, string) {
	for pid, p := range m.products {
		v := p.version(id)
		if v == nil || productID != "" && productID != pid {
			continue
		}
		if _, code := m.seeProduct(who, pid); code != "" {
			return VersionView{}, code
		}
		return v.view(), ""
	}
	return VersionView{}, NotFound
}

// ListProvisioningArtifacts reads all versions, oldest first. (C-PA-14)
func (m *Model) ListProvisioningArtifacts(who access.Caller, productID string) ([]VersionView, string) {
	p, code := m.seeProduct(who, productID)
	if code != "" {
		return nil, code
	}
	list := []VersionView{}
	for _, v := range p.versions {
		list = append(list, v.view())
	}
	return list, ""
}
