package catalog

import (
	"slices"
	"strings"
	"time"

	"portico/internal/fault"
	"portico/internal/ident"
)

// ConstraintID names a constraint: cons- and 13 characters.
type ConstraintID string

// Constraint types. (C-CONS-2)
const (
	LaunchConstraint         = "LAUNCH"
	NotificationConstraint   = "NOTIFICATION"
	ResourceUpdateConstraint = "RESOURCE_UPDATE"
	StackSetConstraint       = "STACKSET"
	TemplateConstraint       = "TEMPLATE"
)

// Constraint is one term on which one portfolio offers one product. (C-CONS-1)
type Constraint struct {
	ID          ConstraintID
	Portfolio   PortfolioID
	Product     ProductID
	Owner       ident.Account // of the portfolio, so that recipients can tell inherited from own (S-IMP-3)
	Type        string
	Description string
	Parameters  string // the caller's JSON, byte for byte (C-CONS-4)
	Created     time.Time
}

// ConstraintNotFound is the answer for a constraint that does not exist for the viewer.
func ConstraintNotFound(id ConstraintID) error {
	return fault.NotFoundf("Constraint not found: %s", id)
}

// CheckConstraintType refuses types that do not exist, or not for products of a kind. (C-CONS-2, C-CONS-12)
func CheckConstraintType(t, productType string) error {
	switch t {
	case LaunchConstraint, ResourceUpdateConstraint:
		return nil
	case NotificationConstraint, StackSetConstraint, TemplateConstraint:
		if productType == CloudFormation {
			return nil
		}
		return fault.Invalidf("Invalid constraint Type: %s is not supported for products of type %s", t, productType)
	}
	return fault.Invalidf("Invalid constraint Type: %s. The types are LAUNCH, NOTIFICATION, RESOURCE_UPDATE, STACKSET and TEMPLATE", t)
}

// CheckMultiplicity refuses a new constraint that the pair of portfolio and product has no room for beside those it
// owns and those it inherits: one LAUNCH, STACKSET and RESOURCE_UPDATE of its own, and never LAUNCH beside STACKSET.
// An inherited one of the same type does not count. (C-CONS-6, S-CON-5, S-CON-9)
func CheckMultiplicity(t string, local, inherited []Constraint) error {
	has := func(cs []Constraint, t string) bool {
		return slices.ContainsFunc(cs, func(c Constraint) bool { return c.Type == t })
	}
	switch t {
	case LaunchConstraint, StackSetConstraint, ResourceUpdateConstraint:
		if has(local, t) {
			return fault.Duplicatef("A constraint of type %s already exists for this product and portfolio", t)
		}
	}
	rival := map[string]string{LaunchConstraint: StackSetConstraint, StackSetConstraint: LaunchConstraint}[t]
	if rival != "" && (has(local, rival) || has(inherited, rival)) {
		return fault.Invalidf("A constraint of type %s cannot be combined with the constraint of type %s on this product and portfolio", t, rival)
	}
	return nil
}

// Term is a constraint as it stands on one launch path.
type Term struct {
	Constraint
	Inherited  bool // owned by the portfolio the product was taken from
	Overridden bool // a local constraint takes its place
}

// Terms gives every constraint of a product in a portfolio, in order of their ids: those the portfolio owns and those
// inherited from the portfolio it took the product from. A LAUNCH or STACKSET of its own overrides both kinds of
// inherited ones; every other term applies beside the others. (S-CON-1 … S-CON-10)
func Terms(local, inherited []Constraint) []Term {
	overrides := slices.ContainsFunc(local, placed)
	var terms []Term
	for _, c := range local {
		terms = append(terms, Term{Constraint: c})
	}
	for _, c := range inherited {
		terms = append(terms, Term{Constraint: c, Inherited: true, Overridden: overrides && placed(c)})
	}
	slices.SortFunc(terms, func(a, b Term) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return terms
}

// placed reports whether a constraint says with which role, and where, a launch runs.
func placed(c Constraint) bool { return c.Type == LaunchConstraint || c.Type == StackSetConstraint }

// Effective gives the terms in force.
func Effective(local, inherited []Constraint) []Term {
	return slices.DeleteFunc(Terms(local, inherited), func(t Term) bool { return t.Overridden })
}
