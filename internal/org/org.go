// Package org holds the values of an organization tree and the rules that need nothing but those values.
//
// An organization has one root, up to five levels of units below it and one parent for every member account. Units
// never move, so the path from the root to a node is written down once, with the node, and a member's lineage is read
// off its path. A share made for a node reaches an account when the node is in the account's lineage (S-ORG-20).
//
// Every change of membership raises the organization's revision by one. A placement holds from one revision until
// another, which makes "who was covered then" a question about numbers (S-TOK-6), and makes freezing cheap: while
// access is disabled, coverage is that of the revision at which it was disabled (S-EVT-9).
package org

import (
	"time"

	"portico/internal/ident"
)

// Principal is the service principal whose trusted access means sharing of portfolios. (S-ORG-7)
const Principal = "servicecatalog.amazonaws.com"

// Access says whether portfolios may be shared within an organization. (S-ORG-10)
type Access string

// The states of access.
const (
	Enabled     Access = "ENABLED"
	UnderChange Access = "UNDER_CHANGE"
	Disabled    Access = "DISABLED"
)

// The feature sets.
const (
	AllFeatures = "ALL"
	BillingOnly = "CONSOLIDATED_BILLING"
)

// The limits of one organization. (S-ORG-17)
const (
	MaxDepth     = 5
	MaxDelegates = 50
)

// Organization is a set of accounts under one management account.
type Organization struct {
	ID         string // o-…
	Root       string // r-…
	Management ident.Account
	Features   string
	Access     Access
	// Frozen is the revision at which access was disabled after having been enabled; zero while coverage follows
	// the tree. (S-EVT-9)
	Frozen   int64
	Revision int64
	// Controls says whether service control policies are on: whether somebody enabled their type at the root.
	Controls bool
	Created  time.Time
}

// ARN names the organization.
func (o Organization) ARN() string { return o.arn("organization/" + o.ID) }

// UnitARN names a unit of the organization, or its root.
func (o Organization) UnitARN(id string) string {
	if KindOf(id) == Root {
		return o.arn("root/" + o.ID + "/" + id)
	}
	return o.arn("ou/" + o.ID + "/" + id)
}

// AccountARN names a member, or the management account itself.
func (o Organization) AccountARN(a ident.Account) string {
	return o.arn("account/" + o.ID + "/" + string(a))
}

// HandshakeARN names a handshake of the organization. Action is in lower case.
func (o Organization) HandshakeARN(action, id string) string {
	return o.arn("handshake/" + o.ID + "/" + action + "/" + id)
}

func (o Organization) arn(resource string) string {
	return ident.ARN{Partition: ident.Partition, Service: "organizations", Account: o.Management, Resource: resource}.String()
}

// Privileged reports whether an account may use the organization for sharing: the management account, or a registered
// delegated administrator. (S-ORG-2)
func (o Organization) Privileged(a ident.Account, delegated bool) bool {
	return a == o.Management || delegated
}
