package servicecatalog

import (
	"context"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/ident"
	"portico/internal/store"
)

// ARNs names what an operation is about as policies do: portfolios and products by their ARNs, which name their owner.
// Of those that the caller does not see, and of those that do not exist, the owner is taken to be the caller's own
// account, so that a refusal tells nothing about them. Policies know no ARNs of the other things.
func (s *Service) ARNs(ctx context.Context, who access.Caller, about access.Subject) (arns []string, err error) {
	kind, id := about.Kind, about.Value
	if strings.HasPrefix(id, "arn:") {
		return []string{id}, nil
	}
	if kind == "resource" {
		kind = "product"
		if strings.HasPrefix(id, "port-") {
			kind = "portfolio"
		}
	}
	if kind != "portfolio" && kind != "product" {
		return nil, nil
	}
	owner := who.Account
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		owner, err = ownerSeen(tx, who, kind, id)
		return err
	})
	if id == "" { // named otherwise, or all of the kind
		id = "*"
	}
	return []string{ident.CatalogARN(who.Region, owner, kind, id)}, err
}

// ownerSeen is the account that owns a portfolio or product, as far as the caller is told.
func ownerSeen(tx *store.Tx, who access.Caller, kind, id string) (ident.Account, error) {
	if kind == "portfolio" {
		p, ok, err := tx.Portfolio(catalog.PortfolioID(id))
		if err != nil || !ok || p.Region != who.Region || p.Owner == who.Account {
			return who.Account, err
		}
		v, err := tx.Viewer(who.Account, who.Region)
		if err != nil {
			return who.Account, err
		}
		standing, err := tx.Standing(p, v)
		if err != nil || standing.Relation() != catalog.Imports {
			return who.Account, err
		}
		return p.Owner, nil
	}
	p, ok, err := tx.Product(catalog.ProductID(id))
	if err == nil && !ok {
		p, ok, err = tx.ProductByView(id)
	}
	if err != nil || !ok || p.Region != who.Region || p.Account == who.Account {
		return who.Account, err
	}
	sees, err := seesProduct(tx, who, p.ID)
	if err != nil || !sees {
		return who.Account, err
	}
	return p.Account, nil
}

// Tags reads the tags of an own portfolio or product, for conditions on aws:ResourceTag.
func (s *Service) Tags(ctx context.Context, who access.Caller, about access.Subject) (out []access.Tag, err error) {
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		var owner ident.Account
		if p, ok, err := tx.Portfolio(catalog.PortfolioID(about.Value)); err != nil {
			return err
		} else if ok {
			owner = p.Owner
		}
		if p, ok, err := tx.Product(catalog.ProductID(about.Value)); err != nil {
			return err
		} else if ok {
			owner = p.Account
		}
		if owner != who.Account {
			return nil
		}
		tags, err := tx.Tags(about.Value)
		for _, t := range tags {
			out = append(out, access.Tag(t))
		}
		return err
	})
	return out, err
}
