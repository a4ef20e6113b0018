package iam

import (
	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/store"
)

// entity is a user, group or role as far as policies are concerned with it.
type entity struct {
	id       string
	kind     string // as messages name it
	name     string
	boundary string // the ARN of the policy that bounds it, or empty
	inline   int    // how long its inline policies may be together
}

// The kinds of entity.
const (
	userKind  = "user"
	groupKind = "group"
	roleKind  = "role"
)

// How long the inline policies of an entity may be together.
const (
	userInlineSize  = 2048
	groupInlineSize = 5120
	roleInlineSize  = 10240
)

// entityOf loads the entity of one kind that a request names.
type entityOf func(tx *store.Tx, who access.Caller, name string) (entity, error)

func userEntity(tx *store.Tx, who access.Caller, name string) (entity, error) {
	u, err := userFor(tx, who, name)
	return entity{id: u.ID, kind: userKind, name: u.Name, boundary: u.Boundary, inline: userInlineSize}, err
}

func groupEntity(tx *store.Tx, who access.Caller, name string) (entity, error) {
	g, err := groupFor(tx, who, name)
	return entity{id: g.ID, kind: groupKind, name: g.Name, inline: groupInlineSize}, err
}

func roleEntity(tx *store.Tx, who access.Caller, name string) (entity, error) {
	r, err := roleFor(tx, who, name)
	return entity{id: r.ID, kind: roleKind, name: r.Name, boundary: r.Boundary, inline: roleInlineSize}, err
}

// bare refuses to delete an entity that has policies.
func bare(tx *store.Tx, id string) error {
	attached, err := tx.AttachedPolicies(id)
	if err != nil {
		return err
	}
	if len(attached) > 0 {
		return fault.InUsef("Cannot delete entity, must detach all policies first.")
	}
	inline, err := tx.InlinePolicies(id)
	if err == nil && len(inline) > 0 {
		err = fault.InUsef("Cannot delete entity, must delete policies first.")
	}
	return err
}
