package org

import (
	"strings"

	"portico/internal/ident"
)

// Kind is the kind of a node, in the words of the catalog's API. (S-ORG-19)
type Kind string

// The kinds of node. A share names every kind but Root. (S-ORG-21)
const (
	Account Kind = "ACCOUNT"
	OU      Kind = "ORGANIZATIONAL_UNIT"
	Root    Kind = "ROOT"
	Whole   Kind = "ORGANIZATION"
)

// KindOf reads a node's kind off its id.
func KindOf(id string) Kind {
	switch {
	case strings.HasPrefix(id, "o-"):
		return Whole
	case strings.HasPrefix(id, "ou-"):
		return OU
	case strings.HasPrefix(id, "r-"):
		return Root
	}
	return Account
}

// Node is one place of one organization that can cover accounts.
type Node struct {
	Org  string
	Kind Kind
	ID   string
}

// Lineage is every node that covers one account for sharing, the nearest first. It names two organizations when an
// account left a frozen one and joined another. (S-ORG-20, S-EVT-10)
type Lineage []Node

// LineageAt returns the nodes above an account that stands at path in an organization.
func LineageAt(orgID, path string, a ident.Account) Lineage {
	ids := strings.Split(strings.TrimSuffix(path, "/"), "/")
	l := make(Lineage, 0, len(ids)+2)
	l = append(l, Node{Org: orgID, Kind: Account, ID: string(a)})
	for i := len(ids) - 1; i >= 0; i-- {
		l = append(l, Node{Org: orgID, Kind: KindOf(ids[i]), ID: ids[i]})
	}
	return append(l, Node{Org: orgID, Kind: Whole, ID: orgID})
}

// Has reports whether a share made for n covers the account.
func (l Lineage) Has(n Node) bool {
	for _, m := range l {
		if m == n {
			return true
		}
	}
	return false
}
