package org

import (
	"strings"
	"time"

	"portico/internal/fault"
	"portico/internal/ident"
)

// Unit is an organizational unit, or the root, which has no parent.
type Unit struct {
	ID      string // ou-… or r-…
	Org     string
	Parent  string
	Name    string
	Path    string // ids from the root to the unit itself, each followed by a slash
	Created time.Time
}

// NewRoot returns the root of an organization.
func NewRoot(o Organization) Unit {
	return Unit{ID: o.Root, Org: o.ID, Name: "Root", Path: o.Root + "/", Created: o.Created}
}

// Depth is the number of units from the first below the root to this one; the root has depth 0.
func (u Unit) Depth() int { return strings.Count(u.Path, "/") - 1 }

// Prefix is how the ids of all units in this unit's tree begin: ou- and the suffix of the root.
func (u Unit) Prefix() string {
	root, _, _ := strings.Cut(u.Path, "/")
	return "ou" + strings.TrimPrefix(root, "r")
}

// Child returns a new unit below u. It refuses a level too deep.
func (u Unit) Child(id, name string, at time.Time) (Unit, error) {
	if u.Depth() >= MaxDepth {
		return Unit{}, fault.Limitf("You attempted to create an OU tree that is too many levels deep. "+
			"An organization has at most %d levels of OUs under its root.", MaxDepth).
			Named("ConstraintViolationException").Because("OU_DEPTH_LIMIT_EXCEEDED")
	}
	return Unit{ID: id, Org: u.Org, Parent: u.ID, Name: name, Path: u.Path + id + "/", Created: at}, nil
}

// How an account came into its organization.
const (
	Invited = "INVITED"
	Created = "CREATED"
)

// Member is an account's place in an organization.
type Member struct {
	Account ident.Account
	Org     string
	Parent  string
	Path    string // that of the parent
	Method  string
	Joined  time.Time
	Since   int64 // the revision that put it here
	// Suspended is the revision at which the account was closed, zero while it is open. (S-EVT-8)
	Suspended int64
}

// Admit returns an account's place directly below u.
func (u Unit) Admit(a ident.Account, method string, at time.Time) Member {
	return Member{Account: a, Org: u.Org, Parent: u.ID, Path: u.Path, Method: method, Joined: at}
}

// Lineage is every node that covers the member where it stands.
func (m Member) Lineage() Lineage { return LineageAt(m.Org, m.Path, m.Account) }

// Tag is one label of a member, a unit or the root.
type Tag struct{ Key, Value string }
