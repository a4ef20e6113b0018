package worldtest

import (
	"context"
	"slices"
	"strings"

	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/service/servicecatalog/api"
)

// Found are the products that a person's SearchProducts lists.
func (w *World) Found(p Person) []string {
	size := 100
	out, err := w.Catalog.SearchProducts(context.Background(), p.Caller, &api.SearchProductsInput{PageSize: &size})
	w.must(err)
	var ids []string
	for _, s := range out.ProductViewSummaries {
		ids = append(ids, s.ProductId)
	}
	slices.Sort(ids)
	return ids
}

// Paths are the portfolios over which a person's ListLaunchPaths leads to a product.
func (w *World) Paths(p Person, product string) []string {
	out, err := w.Catalog.ListLaunchPaths(context.Background(), p.Caller, &api.ListLaunchPathsInput{ProductId: product})
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	w.must(err)
	var ids []string
	for _, s := range out.LaunchPathSummaries {
		ids = append(ids, "port-"+strings.TrimPrefix(s.Id, "lpv3-"))
	}
	slices.Sort(ids)
	return ids
}

// Imports are the portfolios that an account imports.
func (w *World) Imports(a ident.Account) []string {
	var ids []string
	for _, kind := range []api.PortfolioShareType{api.PortfolioShareTypeImported, api.PortfolioShareTypeAwsOrganizations} {
		out, err := w.Catalog.ListAcceptedPortfolioShares(context.Background(), w.Root(a), &api.ListAcceptedPortfolioSharesInput{PortfolioShareType: &kind})
		w.must(err)
		for _, p := range out.PortfolioDetails {
			ids = append(ids, p.Id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Holds are the products of a portfolio as an account that sees it does, or nothing.
func (w *World) Holds(a ident.Account, portfolio string) []string {
	out, err := w.Catalog.SearchProductsAsAdmin(context.Background(), w.Root(a), &api.SearchProductsAsAdminInput{PortfolioId: &portfolio})
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	w.must(err)
	var ids []string
	for _, d := range out.ProductViewDetails {
		ids = append(ids, d.ProductViewSummary.ProductId)
	}
	slices.Sort(ids)
	return ids
}
