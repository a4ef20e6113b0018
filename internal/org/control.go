package org

import "portico/internal/ident"

// The control policy that comes with the program and allows everything. Every node of an organization has it at first.
const (
	FullAccess    = "p-FullAWSAccess"
	FullAccessARN = "arn:" + ident.Partition + ":organizations::aws:policy/service_control_policy/" + FullAccess
)

// The limits of control policies.
const (
	MaxControlPolicies    = 10000 // of an organization
	MaxControlAttachments = 5     // to one root, unit or account
	MaxControlSize        = 5120  // bytes of a document
)

// ControlPolicy is a service control policy: it bounds what the accounts below a node may do, the management account
// excepted.
type ControlPolicy struct {
	ID          string // p-…
	Org         string
	Name        string
	Description string
	Digest      string
}

// Shipped reports whether the policy comes with the program.
func (p ControlPolicy) Shipped() bool { return p.ID == FullAccess }

// ControlARN names a control policy of the organization.
func (o Organization) ControlARN(id string) string {
	if id == FullAccess {
		return FullAccessARN
	}
	return o.arn("policy/" + o.ID + "/service_control_policy/" + id)
}
