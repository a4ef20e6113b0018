package servicecatalog

import (
	"context"
	"slices"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/ident"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/store"
)

// pathsOf reads every launch path of a caller, to whatever products. It starts from what the caller's principals are
// associated with, which is little, and not from what reaches the account. (S-LCH-1)
func pathsOf(tx *store.Tx, who access.Caller) ([]catalog.Path, catalog.Viewer, error) {
	v, err := tx.Viewer(who.Account, who.Region)
	if err != nil || len(who.Principals) == 0 {
		return nil, v, err
	}
	v.Principals = who.Principals
	assocs, err := associationsOf(tx, v)
	if err != nil {
		return nil, v, err
	}
	var ids []catalog.PortfolioID
	seen := map[catalog.PortfolioID]bool{}
	for _, a := range assocs {
		if !seen[a.Portfolio] && a.Matches(v.Principals) {
			seen[a.Portfolio] = true
			ids = append(ids, a.Portfolio)
		}
	}
	reached, err := tx.Reach(ids, v)
	if err != nil {
		return nil, v, err
	}
	paths := catalog.Paths(reached, assocs, v)
	for _, p := range paths {
		if p.ByPattern != "" { // S-PRI-17
			who.Notes.Add("granted_by_pattern", string(p.Portfolio.ID)+" "+p.ByPattern)
		}
	}
	return paths, v, nil
}

// associationsOf reads the associations that may grant a viewer something: those of its own account, and the patterns
// of portfolios whose owners share them with it.
func associationsOf(tx *store.Tx, v catalog.Viewer) ([]catalog.Association, error) {
	assocs, err := tx.AssociationsFor(v.Account, v.Principals)
	if err != nil {
		return nil, err
	}
	patterns, err := tx.PatternsTo(v)
	return append(assocs, patterns...), err
}

func portfolioIDs(paths []catalog.Path) []catalog.PortfolioID {
	ids := make([]catalog.PortfolioID, len(paths))
	for i, p := range paths {
		ids[i] = p.Portfolio.ID
	}
	return ids
}

// pathsTo reads a caller's launch paths to one product, and the view in which they lie.
func pathsTo(tx *store.Tx, who access.Caller, id catalog.ProductID) ([]catalog.Path, catalog.Viewer, error) {
	paths, v, err := pathsOf(tx, who)
	if err != nil {
		return nil, v, err
	}
	held, err := tx.Holding(id, portfolioIDs(paths))
	if err != nil {
		return nil, v, err
	}
	return slices.DeleteFunc(paths, func(p catalog.Path) bool { return !held[p.Portfolio.ID] }), v, nil
}

// launchable reads a product and refuses it as without any path, through local portfolios too, when its owner's account
// is closed: recipients keep reading, and launch nothing new. (S-EVT-8)
func launchable(tx *store.Tx, who access.Caller, id catalog.ProductID) (catalog.Product, error) {
	product, ok, err := tx.Product(id)
	if err != nil {
		return product, err
	}
	if ok {
		ok, err = ownerOpen(tx, who.Account, product)
	}
	if err == nil && !ok {
		err = catalog.NoPath(string(id))
	}
	return product, err
}

// ownerOpen reports whether a product is the viewer's own or of an account that is not closed.
func ownerOpen(tx *store.Tx, viewer ident.Account, p catalog.Product) (bool, error) {
	if p.Account == viewer {
		return true, nil
	}
	owner, ok, err := tx.Account(p.Account)
	return ok && owner.Status == access.AccountActive, err
}

// ListLaunchPaths lists the ways in which the caller may launch a product. (C-VIEW-7, C-VIEW-8, S-LCH-2, S-LCH-4)
func (s *Service) ListLaunchPaths(ctx context.Context, who access.Caller, in *api.ListLaunchPathsInput) (*api.ListLaunchPathsOutput, error) {
	pg, err := page("ListLaunchPaths", who, in.PageSize, in.PageToken, in.ProductId)
	if err != nil {
		return nil, err
	}
	out := &api.ListLaunchPathsOutput{LaunchPathSummaries: []api.LaunchPathSummary{}}
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		id := catalog.ProductID(in.ProductId)
		paths, v, err := pathsTo(tx, who, id)
		if err != nil {
			return err
		}
		if len(paths) == 0 {
			return catalog.NoPath(in.ProductId)
		}
		product, err := launchable(tx, who, id)
		if err != nil {
			return err
		}
		var rest []catalog.Path
		for _, p := range paths {
			if string(p.Portfolio.ID) > pg.key(0) {
				rest = append(rest, p)
			}
		}
		rest, out.NextPageToken = cut(pg, rest, func(p catalog.Path) ident.Page { return ident.Page{string(p.Portfolio.ID)} })
		for _, p := range rest {
			summary, err := pathSummary(tx, who, v, p, product)
			if err != nil {
				return err
			}
			out.LaunchPathSummaries = append(out.LaunchPathSummaries, summary)
		}
		return nil
	})
	return out, err
}

// pathSummary shows one path with the terms and the tags of a launch over it.
func pathSummary(tx *store.Tx, who access.Caller, v catalog.Viewer, p catalog.Path, product catalog.Product) (api.LaunchPathSummary, error) {
	out := api.LaunchPathSummary{Id: p.ID(), Name: p.Portfolio.Name, Tags: []api.Tag{}}
	m, _, err := tx.Membership(p.Portfolio.ID, product.ID)
	if err != nil {
		return out, err
	}
	if out.ConstraintSummaries, err = constraintSummaries(tx, m); err != nil {
		return out, err
	}
	choices, err := launchTags(tx, who, v, p, m, product)
	for _, c := range choices {
		for _, value := range c.Values {
			out.Tags = append(out.Tags, api.Tag{Key: c.Key, Value: value})
		}
	}
	return out, err
}
