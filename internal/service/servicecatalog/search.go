package servicecatalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/ident"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/store"
)

// search turns the filters and the order of a request into a query. (C-VIEW-2, C-VIEW-3)
func search(q store.ProductQuery, filters map[string][]string, by *api.ProductViewSortBy, order *api.SortOrder) store.ProductQuery {
	for key, values := range filters {
		switch key {
		case "FullTextSearch":
			for _, v := range values {
				q.Terms = append(q.Terms, catalog.SearchTerms(v))
			}
		case "Owner":
			q.Owners = values
		case "ProductType":
			q.Types = values
		case "SourceProductId":
			q.Sources = values
		}
	}
	if by != nil {
		q.Sort = string(*by)
	}
	q.Descending = order != nil && *order == api.SortOrderDescending
	return q
}

// searchScope is what a page token of a search is bound to beside its caller.
func searchScope(portfolio *string, filters map[string][]string, by *api.ProductViewSortBy, order *api.SortOrder, more ...string) []string {
	f, err := json.Marshal(filters) // a map of strings always has a form, with its keys in order
	if err != nil {
		panic(fmt.Sprintf("filters: %v", err))
	}
	return append([]string{deref(portfolio), string(f), string(deref(by)), string(deref(order))}, more...)
}

func foundKey(f store.FoundProduct) ident.Page { return ident.Page{f.Key, string(f.ID)} }

// SearchProducts lists the products the caller may use, each once, with counts over the whole result. (C-VIEW-1 … 4)
func (s *Service) SearchProducts(ctx context.Context, who access.Caller, in *api.SearchProductsInput) (*api.SearchProductsOutput, error) {
	if err := catalog.CheckFilters(in.Filters); err != nil {
		return nil, err
	}
	pg, err := page("SearchProducts", who, in.PageSize, in.PageToken, searchScope(nil, in.Filters, in.SortBy, in.SortOrder)...)
	if err != nil {
		return nil, err
	}
	out := &api.SearchProductsOutput{ProductViewSummaries: []api.ProductViewSummary{}}
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		paths, _, err := pathsOf(tx, who)
		if err != nil {
			return err
		}
		q := search(store.ProductQuery{Portfolios: portfolioIDs(paths), ActiveOnly: true, After: pg.after, Limit: pg.limit()},
			in.Filters, in.SortBy, in.SortOrder)
		found, err := tx.SearchProducts(q)
		if err != nil {
			return err
		}
		found, out.NextPageToken = cut(pg, found, foundKey)
		for _, f := range found {
			out.ProductViewSummaries = append(out.ProductViewSummaries, *productSummary(f.Product))
		}
		counts := counted(found)
		if pg.after != nil || out.NextPageToken != "" {
			counts, err = tx.CountProductsBy(q)
		}
		out.ProductViewAggregations = aggregate(counts)
		return err
	})
	return out, err
}

// counted are the counts over a result that is known whole, as it fits a page.
func counted(found []store.FoundProduct) []store.Counted {
	out := make([]store.Counted, len(found))
	for i, f := range found {
		out[i] = store.Counted{Owner: f.OwnerText, Type: f.Type, Distributor: f.Distributor, Count: 1}
	}
	return out
}

// aggregate counts products by each facet. (C-VIEW-4)
func aggregate(counts []store.Counted) map[string][]api.ProductViewAggregationValue {
	out := map[string][]api.ProductViewAggregationValue{}
	for facet, value := range map[string]func(store.Counted) string{
		"Owner":       func(c store.Counted) string { return c.Owner },
		"ProductType": func(c store.Counted) string { return c.Type },
		"Vendor":      func(c store.Counted) string { return c.Distributor },
	} {
		sums := map[string]int{}
		for _, c := range counts {
			if value(c) != "" {
				sums[value(c)] += c.Count
			}
		}
		values := []api.ProductViewAggregationValue{}
		for v, n := range sums {
			values = append(values, api.ProductViewAggregationValue{Value: v, ApproximateCount: n})
		}
		slices.SortFunc(values, func(a, b api.ProductViewAggregationValue) int { return strings.Compare(a.Value, b.Value) })
		out[facet] = values
	}
	return out
}

// adminProducts selects what an administrator sees: the products of one portfolio, or all that the account owns or
// imports. (C-PROD-11, S-IMP-6)
func adminProducts(tx *store.Tx, who access.Caller, source api.ProductSource) (store.ProductQuery, error) {
	q := store.ProductQuery{Account: who.Account, Region: who.Region}
	if source == api.ProductSourceAccount {
		return q, nil
	}
	v, err := tx.Viewer(who.Account, who.Region)
	if err != nil {
		return q, err
	}
	shares, err := tx.SharesTo(v)
	if err != nil {
		return q, err
	}
	var ids []catalog.PortfolioID
	for _, s := range shares {
		ids = append(ids, s.Portfolio)
	}
	reached, err := tx.Reach(ids, v)
	for _, r := range reached {
		if r.Standing.Relation() == catalog.Imports {
			q.Portfolios = append(q.Portfolios, r.Portfolio.ID)
		}
	}
	return q, err
}

// SearchProductsAsAdmin lists the products of a portfolio, or all that the account owns or imports. (C-PROD-11)
func (s *Service) SearchProductsAsAdmin(ctx context.Context, who access.Caller, in *api.SearchProductsAsAdminInput) (*api.SearchProductsAsAdminOutput, error) {
	if err := catalog.CheckFilters(in.Filters); err != nil {
		return nil, err
	}
	pg, err := page("SearchProductsAsAdmin", who, in.PageSize, in.PageToken,
		searchScope(in.PortfolioId, in.Filters, in.SortBy, in.SortOrder, string(deref(in.ProductSource)))...)
	if err != nil {
		return nil, err
	}
	out := &api.SearchProductsAsAdminOutput{ProductViewDetails: []api.ProductViewDetail{}}
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		q, err := adminScope(tx, who, in)
		if err != nil {
			return err
		}
		q.After, q.Limit = pg.after, pg.limit()
		found, err := tx.SearchProducts(search(q, in.Filters, in.SortBy, in.SortOrder))
		if err != nil {
			return err
		}
		found, out.NextPageToken = cut(pg, found, foundKey)
		for _, f := range found {
			out.ProductViewDetails = append(out.ProductViewDetails, *productDetail(f.Product))
		}
		return nil
	})
	return out, err
}

func adminScope(tx *store.Tx, who access.Caller, in *api.SearchProductsAsAdminInput) (store.ProductQuery, error) {
	if in.PortfolioId == nil {
		return adminProducts(tx, who, deref(in.ProductSource))
	}
	p, _, err := portfolioFor(tx, who, *in.PortfolioId, catalog.Read)
	q := store.ProductQuery{Portfolios: []catalog.PortfolioID{p.ID}}
	if deref(in.ProductSource) == api.ProductSourceAccount {
		q.OwnedBy = who.Account
	}
	return q, err
}

// DescribeProduct shows a product to a caller who has a path to it. (C-VIEW-5)
func (s *Service) DescribeProduct(ctx context.Context, who access.Caller, in *api.DescribeProductInput) (*api.DescribeProductOutput, error) {
	if err := idOrName("Product", in.Id, in.Name); err != nil {
		return nil, err
	}
	out := &api.DescribeProductOutput{LaunchPaths: []api.LaunchPath{}}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		id := catalog.ProductID(deref(in.Id))
		if in.Name != nil {
			paths, _, err := pathsOf(tx, who)
			if err != nil {
				return err
			}
			p, err := byName(tx, store.ProductQuery{Portfolios: portfolioIDs(paths)}, *in.Name)
			if err != nil {
				return err
			}
			id = p.ID
		}
		paths, _, err := pathsTo(tx, who, id)
		if err != nil {
			return err
		}
		if len(paths) == 0 {
			return catalog.ProductNotFound(id)
		}
		for _, p := range paths {
			out.LaunchPaths = append(out.LaunchPaths, api.LaunchPath{Id: p.ID(), Name: p.Portfolio.Name})
		}
		if out.Budgets, err = budgets(tx, who, string(id)); err != nil {
			return err
		}
		out.ProductViewSummary, out.ProvisioningArtifacts, err = productView(tx, id)
		return err
	})
	return out, err
}

// productView reads what end users see of a product: its texts and its active versions.
func productView(tx *store.Tx, id catalog.ProductID) (*api.ProductViewSummary, []api.ProvisioningArtifact, error) {
	p, ok, err := tx.Product(id)
	if err != nil {
		return nil, nil, err
	}
	if !ok {
		return nil, nil, catalog.ProductNotFound(id)
	}
	as, err := tx.Artifacts(id)
	versions := []api.ProvisioningArtifact{}
	for _, a := range as {
		if a.Active {
			versions = append(versions, artifactView(a))
		}
	}
	return productSummary(p), versions, err
}

// DescribeProductView shows a product by its prodview- id to a caller who has a path to it. (C-VIEW-6)
func (s *Service) DescribeProductView(ctx context.Context, who access.Caller, in *api.DescribeProductViewInput) (*api.DescribeProductViewOutput, error) {
	out := new(api.DescribeProductViewOutput)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		p, ok, err := tx.ProductByView(in.Id)
		if err != nil {
			return err
		}
		var paths []catalog.Path
		if ok {
			if paths, _, err = pathsTo(tx, who, p.ID); err != nil {
				return err
			}
		}
		if len(paths) == 0 {
			return catalog.ProductNotFound(catalog.ProductID(in.Id))
		}
		out.ProductViewSummary, out.ProvisioningArtifacts, err = productView(tx, p.ID)
		return err
	})
	return out, err
}
