package servicecatalog

import (
	"context"
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/store"
)

// Question asks why a principal of the caller's account can or cannot see and launch a product.
type Question struct {
	Account   string // 12 digits; the caller's own
	Principal string // ARN of a user, group, role or role session
	Product   string
}

// Explain answers a question from the rows that decide, through the functions that decide. It says nothing about
// portfolios that stand in no relation to the account.
func (s *Service) Explain(ctx context.Context, who access.Caller, q Question) (catalog.Explanation, error) {
	if q.Product == "" || q.Principal == "" {
		return catalog.Explanation{}, fault.Invalidf("Both a product and a principal must be specified")
	}
	if q.Account != "" && q.Account != string(who.Account) {
		return catalog.Explanation{}, fault.Deniedf("Only principals of the caller's account %s can be explained, not those of %s", who.Account, q.Account)
	}
	var out catalog.Explanation
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		f, err := facts(tx, who, q)
		if err == nil {
			f.Unserved = len(f.Routes) > 0 && s.Launch != nil && !s.Launch.Serves(catalog.Product{Type: f.Type, Account: f.Owner, Region: who.Region})
			out = catalog.Explain(f)
		}
		return err
	})
	return out, err
}

func facts(tx *store.Tx, who access.Caller, q Question) (catalog.Facts, error) {
	f := catalog.Facts{Principal: q.Principal, Product: catalog.ProductID(q.Product)}
	v, err := tx.Viewer(who.Account, who.Region)
	if err != nil {
		return f, err
	}
	if v.Principals, err = principalsOf(tx, who.Account, q.Principal); err != nil {
		return f, err
	}
	f.Viewer = v
	product, ok, err := tx.Product(f.Product)
	if err != nil || !ok || product.Region != who.Region {
		return f, err
	}
	assocs, err := associationsOf(tx, v)
	if err != nil {
		return f, err
	}
	if f.Routes, err = routes(tx, v, product, assocs); err != nil {
		return f, err
	}
	if product.Account == v.Account || len(f.Routes) > 0 {
		f.Owner, f.Type = product.Account, product.Type
		f.Versions, err = tx.Artifacts(f.Product)
	}
	return f, err
}

// routes gathers the portfolios that hold a product and stand in any relation to the viewer: its own and those offered.
func routes(tx *store.Tx, v catalog.Viewer, product catalog.Product, assocs []catalog.Association) ([]catalog.RouteFacts, error) {
	ids, err := tx.OwnerPortfoliosHolding(product.ID)
	if err != nil {
		return nil, err
	}
	own, err := tx.AccountPortfoliosHolding(v.Account, v.Region, product.ID)
	if err != nil {
		return nil, err
	}
	for _, p := range own {
		if !slices.Contains(ids, p.ID) {
			ids = append(ids, p.ID)
		}
	}
	reached, err := tx.Reach(ids, v)
	if err != nil {
		return nil, err
	}
	var out []catalog.RouteFacts
	for _, r := range reached {
		if r.Standing.Relation() == catalog.Stranger {
			continue
		}
		f, err := route(tx, v, r.Portfolio, product)
		if err != nil {
			return nil, err
		}
		for _, a := range assocs {
			if a.Portfolio == r.Portfolio.ID {
				f.Associations = append(f.Associations, a)
			}
		}
		out = append(out, f)
	}
	return out, nil
}

func route(tx *store.Tx, v catalog.Viewer, p catalog.Portfolio, product catalog.Product) (catalog.RouteFacts, error) {
	f := catalog.RouteFacts{Portfolio: p}
	shares, rejected, err := tx.SharesReaching([]catalog.PortfolioID{p.ID}, v)
	if err != nil {
		return f, err
	}
	f.Shares, f.Rejected = shares, rejected[p.ID]
	open, err := ownerOpen(tx, v.Account, product)
	if err != nil {
		return f, err
	}
	f.OwnerClosed = !open
	if f.Local, f.Inherited, err = tx.Terms(p.ID, product.ID); err != nil {
		return f, err
	}
	terms, err := catalog.ReadTerms(catalog.Effective(f.Local, f.Inherited))
	if err != nil || terms.Role == nil {
		return f, err
	}
	_, _, err = launchRole(tx, access.Caller{Account: v.Account}, terms, product.Type)
	if f.Roleless = fault.Is(err, fault.Invalid); f.Roleless {
		err = nil
	}
	return f, err
}

// principalsOf finds what the principal of an ARN counts as: a user with its groups, a group, or a role, also when a
// session of it is named. The account root counts as nothing. (C-ACC-3)
func principalsOf(tx *store.Tx, a ident.Account, arn string) ([]access.Principal, error) {
	missing := fault.NotFoundf("Principal not found in account %s: %s", a, arn)
	p, err := ident.ParseARN(arn)
	if err != nil {
		return nil, err
	}
	if p.Account != a {
		return nil, missing
	}
	if arn == ident.RootARN(a) {
		return nil, nil
	}
	if rest, ok := strings.CutPrefix(p.Resource, "assumed-role/"); ok && p.Service == "sts" {
		name, _, _ := strings.Cut(rest, "/")
		role, ok, err := tx.RoleByName(a, name)
		if err == nil && !ok {
			err = missing
		}
		if err != nil {
			return nil, err
		}
		return []access.Principal{role.Principal()}, nil
	}
	e, ok, err := tx.EntityByARN(arn)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, missing
	}
	out := []access.Principal{e}
	if strings.HasPrefix(p.Resource, "user/") {
		groups, err := tx.GroupsOf(e.ID, "", maxGroups)
		if err != nil {
			return nil, err
		}
		for _, g := range groups {
			out = append(out, g.Principal())
		}
	}
	return out, nil
}

const maxGroups = 1000
