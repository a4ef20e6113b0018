package catalog

import (
	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/org"
)

// Viewer is one account looking at the catalog in one region, with everything that decides what it sees.
type Viewer struct {
	Account    ident.Account
	Region     ident.Region
	Principals []access.Principal // of the caller; empty for the account root
	Lineage    org.Lineage        // every node that covers the account
}

// Grant is how far one kind of share has brought a portfolio to an account.
type Grant int

// The grants, weakest first.
const (
	None     Grant = iota
	Pending        // offered and not accepted, or rejected
	Imported       // in force
)

// Standing is how one account relates to one portfolio. The kinds stay apart because each ends on its own.
type Standing struct {
	Owner           bool
	Account, Org    Grant
	SharePrincipals bool // a share in force shares the owner's patterns (S-PRI-16)
	ShareTagOptions bool
}

// Relation is the strongest relation, by the letters of the decision table: O, I, P or N.
func (s Standing) Relation() Relation {
	switch {
	case s.Owner:
		return Owns
	case s.Account == Imported || s.Org == Imported:
		return Imports
	case s.Account == Pending || s.Org == Pending:
		return Offered
	}
	return Stranger
}

// Sees reports whether the account may read the portfolio.
func (s Standing) Sees() bool { r := s.Relation(); return r == Owns || r == Imports }

// Stand works out how a viewer relates to a portfolio from the shares that exist; rejected says that the viewer's
// account rejected what reaches it through its organization. (S-ACC, S-GEN-7, S-PRI-16, S-ACC-10)
func Stand(p Portfolio, shares []Share, rejected bool, v Viewer) Standing {
	if p.Region != v.Region {
		return Standing{}
	}
	if p.Owner == v.Account {
		return Standing{Owner: true}
	}
	var s Standing
	for _, sh := range shares {
		if sh.Portfolio != p.ID || !sh.Covers(v) {
			continue
		}
		g, slot := Pending, &s.Org
		if sh.Target.Kind == AccountShare {
			slot = &s.Account
			if sh.Accepted {
				g = Imported
			}
		} else if !rejected {
			g = Imported
		}
		*slot = max(*slot, g)
		if g == Imported {
			s.SharePrincipals = s.SharePrincipals || sh.SharePrincipals
			s.ShareTagOptions = s.ShareTagOptions || sh.ShareTagOptions
		}
	}
	return s
}

// Relation is a column of the decision table (spec 21).
type Relation int

// The columns; account and org imports share one where the table does not tell them apart.
const (
	Stranger Relation = iota
	Offered
	Imports
	Owns
)

// Verb is a row of the decision table: something an account does with a portfolio.
type Verb int

// The verbs.
const (
	Read       Verb = iota // reads of the portfolio and what is in it
	Edit                   // change the portfolio, its products or its constraints
	AddProduct             // associate a product with it
	TakeFrom               // use it as SourcePortfolioId
	ShareOn                // create, update or delete a share
	ListShares             // see whom it is shared with
	Attach                 // associate own principals, TagOptions and budgets
)

type outcome int

const (
	ok outcome = iota
	rnf
	ipe
	ons
)

// decisions is spec 21 as one literal: per verb the outcome for Stranger, Offered, Imports, Owns.
var decisions = map[Verb][4]outcome{
	Read:       {rnf, rnf, ok, ok},
	Edit:       {rnf, rnf, ipe, ok},
	AddProduct: {rnf, rnf, ipe, ok},
	TakeFrom:   {rnf, rnf, ok, ok},
	ShareOn:    {rnf, rnf, ons, ok},
	ListShares: {rnf, rnf, rnf, ok},
	Attach:     {rnf, rnf, ok, ok},
}

// Permit says whether a viewer with standing s may do v to portfolio id, and if not, with which fault. A viewer
// without a relation is answered as if the portfolio did not exist. (spec 21, S-GEN-7, S-GEN-8)
func Permit(v Verb, s Standing, id PortfolioID) error {
	switch decisions[v][s.Relation()] {
	case ok:
		return nil
	case ipe:
		return fault.New(importedWrite, "Portfolio %s is imported from another account and cannot be changed here", id)
	case ons:
		return Reshare(id)
	}
	return PortfolioNotFound(id)
}

// Reshare refuses to share what is another account's: an imported portfolio, or one that holds an imported product.
// (S-SHR-4, S-SHR-5)
func Reshare(id PortfolioID) error {
	return fault.New(reshare, "Portfolio %s is imported, or holds products imported, from another account and cannot be shared", id)
}

// PermitProduct says whether a viewer may do v to a product of another account; sees says that an import holds it.
func PermitProduct(v Verb, sees bool, id ProductID) error {
	switch {
	case sees && decisions[v][Imports] == ok:
		return nil
	case sees:
		return fault.New(importedWrite, "Product %s is imported from another account and cannot be changed here", id)
	}
	return ProductNotFound(id)
}

// PortfolioNotFound is the answer for a portfolio that does not exist for the viewer. (S-GEN-7)
func PortfolioNotFound(id PortfolioID) error { return fault.NotFoundf("Portfolio not found: %s", id) }

// ProductNotFound is the answer for a product that does not exist for the viewer.
func ProductNotFound(id ProductID) error { return fault.NotFoundf("Product not found: %s", id) }

// ArtifactNotFound is the answer for a version that does not exist for the viewer.
func ArtifactNotFound(id ArtifactID) error {
	return fault.NotFoundf("Provisioning Artifact not found: %s", id)
}
