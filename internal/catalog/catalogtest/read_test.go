package catalogtest

import (
	"slices"

	"portico/internal/access"
	"portico/internal/service/servicecatalog"
	"portico/internal/service/servicecatalog/api"
)

// The reads of the server, each turned into the form the model answers in.

// fault is the code of a refused read.
func (w *world) fault(err error) string { return code(err, servicecatalog.Faults) }

// pages reads a list to its end.
func pages[T any](w *world, next func(size *int, token *string) ([]T, string, error)) ([]T, string) {
	var size *int
	if w.page > 0 {
		size = &w.page
	}
	list := []T{}
	var token *string
	for range 100 {
		w.calls++
		items, more, err := next(size, token)
		if err != nil {
			return nil, w.fault(err)
		}
		list = append(list, items...)
		if more == "" {
			return list, ""
		}
		token = &more
	}
	w.t.Fatalf("a list of more than 100 pages")
	return nil, ""
}

func portfolioIDs(list []api.PortfolioDetail) []string {
	var out []string
	for _, p := range list {
		out = append(out, p.Id)
	}
	return out
}

func (w *world) listPortfolios(who access.Caller) ([]string, string) {
	return pages(w, func(size *int, token *string) ([]string, string, error) {
		out, err := w.cat.ListPortfolios(w.ctx, who, &api.ListPortfoliosInput{PageSize: size, PageToken: token})
		if err != nil {
			return nil, "", err
		}
		return portfolioIDs(out.PortfolioDetails), out.NextPageToken, nil
	})
}

func (w *world) listAccepted(who access.Caller, shareType string) ([]string, string) {
	return pages(w, func(size *int, token *string) ([]string, string, error) {
		in := &api.ListAcceptedPortfolioSharesInput{PageSize: size, PageToken: token}
		if shareType != "" {
			in.PortfolioShareType = ptr(api.PortfolioShareType(shareType))
		}
		out, err := w.cat.ListAcceptedPortfolioShares(w.ctx, who, in)
		if err != nil {
			return nil, "", err
		}
		return portfolioIDs(out.PortfolioDetails), out.NextPageToken, nil
	})
}

func (w *world) listPortfoliosForProduct(who access.Caller, product string) ([]string, string) {
	return pages(w, func(size *int, token *string) ([]string, string, error) {
		in := &api.ListPortfoliosForProductInput{ProductId: product, PageSize: size, PageToken: token}
		out, err := w.cat.ListPortfoliosForProduct(w.ctx, who, in)
		if err != nil {
			return nil, "", err
		}
		return portfolioIDs(out.PortfolioDetails), out.NextPageToken, nil
	})
}

func (w *world) searchAsAdmin(who access.Caller, portfolio string, owned bool) ([]string, string) {
	list, code := pages(w, func(size *int, token *string) ([]string, string, error) {
		in := &api.SearchProductsAsAdminInput{PageSize: size, PageToken: token}
		if portfolio != "" {
			in.PortfolioId = &portfolio
		}
		if owned {
			in.ProductSource = ptr(api.ProductSourceAccount)
		}
		out, err := w.cat.SearchProductsAsAdmin(w.ctx, who, in)
		if err != nil {
			return nil, "", err
		}
		var list []string
		for _, p := range out.ProductViewDetails {
			list = append(list, p.ProductViewSummary.ProductId)
		}
		return list, out.NextPageToken, nil
	})
	slices.Sort(list)
	return list, code
}

func (w *world) search(who access.Caller) ([]string, string) {
	list, code := pages(w, func(size *int, token *string) ([]string, string, error) {
		out, err := w.cat.SearchProducts(w.ctx, who, &api.SearchProductsInput{PageSize: size, PageToken: token})
		if err != nil {
			return nil, "", err
		}
		var list []string
		for _, p := range out.ProductViewSummaries {
			list = append(list, p.ProductId)
		}
		return list, out.NextPageToken, nil
	})
	slices.Sort(list)
	return list, code
}

func (w *world) listPrincipals(who access.Caller, portfolio string) ([]string, string) {
	list, code := pages(w, func(size *int, token *string) ([]string, string, error) {
		in := &api.ListPrincipalsForPortfolioInput{PortfolioId: portfolio, PageSize: size, PageToken: token}
		out, err := w.cat.ListPrincipalsForPortfolio(w.ctx, who, in)
		if err != nil {
			return nil, "", err
		}
		var list []string
		for _, p := range out.Principals {
			list = append(list, string(p.PrincipalType)+" "+p.PrincipalARN)
		}
		return list, out.NextPageToken, nil
	})
	slices.Sort(list)
	return list, code
}

func (w *world) listLaunchPaths(who access.Caller, product string) ([]PathView, string) {
	list, code := pages(w, func(size *int, token *string) ([]PathView, string, error) {
		in := &api.ListLaunchPathsInput{ProductId: product, PageSize: size, PageToken: token}
		out, err := w.cat.ListLaunchPaths(w.ctx, who, in)
		if err != nil {
			return nil, "", err
		}
		var list []PathView
		for _, p := range out.LaunchPathSummaries {
			v := PathView{ID: p.Id, Name: p.Name, Constraints: []string{}, Tags: []string{}}
			for _, c := range p.ConstraintSummaries {
				v.Constraints = append(v.Constraints, c.Type+" "+c.Description)
			}
			for _, x := range p.Tags {
				v.Tags = append(v.Tags, x.Key+"="+x.Value)
			}
			slices.Sort(v.Constraints)
			slices.Sort(v.Tags)
			list = append(list, v)
		}
		return list, out.NextPageToken, nil
	})
	slices.SortFunc(list, byPath)
	return list, code
}

func (w *world) describePortfolio(who access.Caller, id string) (PortfolioView, string) {
	w.calls++
	out, err := w.cat.DescribePortfolio(w.ctx, who, &api.DescribePortfolioInput{Id: id})
	if err != nil {
		return PortfolioView{}, w.fault(err)
	}
	d := out.PortfolioDetail
	v := PortfolioView{ID: d.Id, ARN: d.ARN, Texts: Texts{d.DisplayName, d.Description, d.ProviderName}}
	v.TagOptions, v.Budgets = tagOptionIDs(out.TagOptions), budgetsOf(out.Budgets)
	return v, ""
}

func tagOptionIDs(list []api.TagOptionDetail) []string {
	out := []string{}
	for _, o := range list {
		out = append(out, o.Id)
	}
	slices.Sort(out)
	return out
}

func budgetsOf(list []api.BudgetDetail) []string {
	out := []string{}
	for _, b := range list {
		out = append(out, b.BudgetName)
	}
	slices.Sort(out)
	return out
}

// describeAsAdmin reads a product by id, or by name if there is no id.
func (w *world) describeAsAdmin(who access.Caller, id, name, source string) (ProductView, string) {
	w.calls++
	in := &api.DescribeProductAsAdminInput{}
	if id != "" {
		in.Id = &id
	} else {
		in.Name = &name
	}
	if source != "" {
		in.SourcePortfolioId = &source
	}
	out, err := w.cat.DescribeProductAsAdmin(w.ctx, who, in)
	if err != nil {
		return ProductView{}, w.fault(err)
	}
	v := ProductView{
		ID: out.ProductViewDetail.ProductViewSummary.ProductId, ARN: out.ProductViewDetail.ProductARN,
		Name: out.ProductViewDetail.ProductViewSummary.Name, Versions: []string{},
		TagOptions: tagOptionIDs(out.TagOptions), Budgets: budgetsOf(out.Budgets),
	}
	for _, a := range out.ProvisioningArtifactSummaries {
		v.Versions = append(v.Versions, a.Id)
	}
	slices.Sort(v.Versions)
	return v, ""
}

// describeProduct reads a product as an end user, by id, or by name if there is no id.
func (w *world) describeProduct(who access.Caller, id, name string) (EndUserView, string) {
	w.calls++
	in := &api.DescribeProductInput{}
	if id != "" {
		in.Id = &id
	} else {
		in.Name = &name
	}
	out, err := w.cat.DescribeProduct(w.ctx, who, in)
	if err != nil {
		return EndUserView{}, w.fault(err)
	}
	v := endUserView(out.ProductViewSummary, out.ProvisioningArtifacts)
	v.Budgets = budgetsOf(out.Budgets)
	for _, p := range out.LaunchPaths {
		v.Paths = append(v.Paths, p.Id+" "+p.Name)
	}
	slices.Sort(v.Paths)
	return v, ""
}

func endUserView(s *api.ProductViewSummary, versions []api.ProvisioningArtifact) EndUserView {
	v := EndUserView{ID: s.ProductId, View: s.Id, Name: s.Name, Versions: []string{}}
	for _, a := range versions {
		v.Versions = append(v.Versions, a.Id)
	}
	slices.Sort(v.Versions)
	return v
}

func (w *world) describeProductView(who access.Caller, view string) (EndUserView, string) {
	w.calls++
	out, err := w.cat.DescribeProductView(w.ctx, who, &api.DescribeProductViewInput{Id: view})
	if err != nil {
		return EndUserView{}, w.fault(err)
	}
	return endUserView(out.ProductViewSummary, out.ProvisioningArtifacts), ""
}

func versionView(d api.ProvisioningArtifactDetail) VersionView {
	return VersionView{ID: d.Id, Name: d.Name, Active: d.Active, Deprecated: d.Guidance == api.ProvisioningArtifactGuidanceDeprecated}
}

func (w *world) listVersions(who access.Caller, product string) ([]VersionView, string) {
	w.calls++
	out, err := w.cat.ListProvisioningArtifacts(w.ctx, who, &api.ListProvisioningArtifactsInput{ProductId: product})
	if err != nil {
		return nil, w.fault(err)
	}
	list := []VersionView{}
	for _, d := range out.ProvisioningArtifactDetails {
		list = append(list, versionView(d))
	}
	return list, ""
}

func (w *world) describeVersion(who access.Caller, product, id string) (VersionView, string) {
	w.calls++
	in := &api.DescribeProvisioningArtifactInput{ProvisioningArtifactId: &id}
	if product != "" {
		in.ProductId = &product
	}
	out, err := w.cat.DescribeProvisioningArtifact(w.ctx, who, in)
	if err != nil {
		return VersionView{}, w.fault(err)
	}
	return versionView(*out.ProvisioningArtifactDetail), ""
}
