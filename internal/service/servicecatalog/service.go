// Package servicecatalog answers the operations of Service Catalog: one method an operation, one file a noun.
//
// A body reads in the spec's order of refusals and opens one transaction. What decides is in package catalog; what is
// stored is in package store; here the two meet the generated types.
package servicecatalog

import (
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/depot"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/provision"
	"portico/internal/store"
)

// Service answers every operation that is served. Its fields are set once, before the first call.
type Service struct {
	DB     *store.DB
	IDs    ident.Source
	Now    func() time.Time
	Quotas catalog.Quotas
	Fetch  Fetcher
	Launch *provision.Workflow // carries out what is accepted
	Depot  *depot.Depot        // where the bodies of objects are; nil is the database
	// ShareDelay is how long the token of an organization share write stays IN_PROGRESS. The write itself has effect at
	// once. (S-TOK-11)
	ShareDelay time.Duration
}

// Faults are the error names of the kinds. Every modelled error is HTTP 400.
var Faults = map[fault.Kind]string{
	fault.Invalid:     "InvalidParametersException",
	fault.NotFound:    "ResourceNotFoundException",
	fault.Unsupported: "OperationNotSupportedException",
	fault.State:       "InvalidStateException",
	fault.Limit:       "LimitExceededException",
	fault.InUse:       "ResourceInUseException",
	fault.Duplicate:   "DuplicateResourceException",
	fault.Denied:      "AccessDeniedException",
}

// Asking are the operations that read and ask other programs besides: parsers. (C-PARAM-8)
var Asking = map[string]bool{"DescribeProvisioningParameters": true}

// portfolioFor reads a portfolio that who is about to do v to, or refuses as the decision table says. (spec 21)
func portfolioFor(tx *store.Tx, who access.Caller, id string, v catalog.Verb) (catalog.Portfolio, catalog.Standing, error) {
	pid := catalog.PortfolioID(id)
	p, ok, err := tx.Portfolio(pid)
	if err != nil {
		return p, catalog.Standing{}, err
	}
	if !ok || p.Region != who.Region {
		return p, catalog.Standing{}, catalog.PortfolioNotFound(pid)
	}
	viewer := catalog.Viewer{Account: who.Account, Region: who.Region}
	if p.Owner != who.Account {
		if viewer, err = tx.Viewer(who.Account, who.Region); err != nil {
			return p, catalog.Standing{}, err
		}
	}
	s, err := tx.Standing(p, viewer)
	if err != nil {
		return p, s, err
	}
	return p, s, catalog.Permit(v, s, pid)
}

// productFor reads a product that who is about to do v to: its own, or one that an import holds.
func productFor(tx *store.Tx, who access.Caller, id string, v catalog.Verb) (catalog.Product, error) {
	pid := catalog.ProductID(id)
	p, ok, err := tx.Product(pid)
	if err != nil {
		return p, err
	}
	if !ok || p.Region != who.Region {
		return p, catalog.ProductNotFound(pid)
	}
	if p.Account == who.Account {
		return p, nil
	}
	sees, err := seesProduct(tx, who, pid)
	if err != nil {
		return p, err
	}
	return p, catalog.PermitProduct(v, sees, pid)
}

func seesProduct(tx *store.Tx, who access.Caller, id catalog.ProductID) (bool, error) {
	reached, err := importsHolding(tx, who, id)
	return len(reached) > 0, err
}

// importsHolding reads the caller's imported portfolios that hold a product of another account.
func importsHolding(tx *store.Tx, who access.Caller, id catalog.ProductID) ([]catalog.Reach, error) {
	v, err := tx.Viewer(who.Account, who.Region)
	if err != nil {
		return nil, err
	}
	return tx.ImportsHolding(id, v)
}

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
