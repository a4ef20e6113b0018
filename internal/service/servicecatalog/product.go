package servicecatalog

import (
	"context"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/store"
)

func productSummary(p catalog.Product) *api.ProductViewSummary {
	return &api.ProductViewSummary{Id: p.ViewID, ProductId: string(p.ID), Name: p.Name, Owner: p.OwnerText,
		ShortDescription: p.Description, Type: api.ProductType(p.Type), Distributor: p.Distributor,
		HasDefaultPath: catalog.HasDefaultPath, SupportEmail: p.SupportEmail, SupportDescription: p.SupportText,
		SupportUrl: p.SupportURL}
}

func productDetail(p catalog.Product) *api.ProductViewDetail {
	return &api.ProductViewDetail{ProductViewSummary: productSummary(p), Status: catalog.ProductStatus,
		ProductARN: p.ARN(), CreatedTime: p.Created}
}

// CreateProduct makes a product with its first version. (C-PROD-1 … 7, C-PA-1 … 6, C-GIT-1)
func (s *Service) CreateProduct(ctx context.Context, who access.Caller, in *api.CreateProductInput) (out *api.CreateProductOutput, err error) {
	if err := checkNewProduct(in); err != nil {
		return nil, err
	}
	key, err := s.replayKey(who, "CreateProduct", in.IdempotencyToken, in)
	if err != nil {
		return nil, err
	}
	// A repeated request is answered before its file is fetched, which may be gone by now.
	err = s.DB.Read(ctx, func(tx *store.Tx) error { out, err = recall[api.CreateProductOutput](tx, key); return err })
	if err != nil || out != nil {
		return out, err
	}
	file, err := s.readFile(ctx, who, string(in.ProductType), in.ProvisioningArtifactParameters)
	if err != nil {
		return nil, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		out, err = once(s, tx, key, func() (*api.CreateProductOutput, error) { return s.createProduct(tx, who, in, file) })
		return err
	})
	return out, err
}

func checkNewProduct(in *api.CreateProductInput) error {
	if (in.ProvisioningArtifactParameters == nil) == (in.SourceConnection == nil) {
		return fault.Invalidf("Exactly one of ProvisioningArtifactParameters and SourceConnection must be specified")
	}
	if in.SourceConnection != nil {
		return fault.Invalidf("SourceConnection is not supported by this server: products are not synchronised from Git repositories")
	}
	if err := catalog.CheckProductType(string(in.ProductType)); err != nil {
		return err
	}
	return catalog.CheckSupportURL(deref(in.SupportUrl))
}

func (s *Service) createProduct(tx *store.Tx, who access.Caller, in *api.CreateProductInput, f file) (*api.CreateProductOutput, error) {
	tags, err := s.retag(nil, nil, in.Tags)
	if err != nil {
		return nil, err
	}
	if s.Quotas.Products > 0 {
		have, err := tx.CountProducts(who.Account, who.Region, s.Quotas.Products)
		if err != nil {
			return nil, err
		}
		if err := catalog.Within(s.Quotas.Products, have, "products per region"); err != nil {
			return nil, err
		}
	}
	p := catalog.Product{ID: catalog.ProductID(s.IDs.New("prod")), ViewID: s.IDs.New("prodview"), Account: who.Account,
		Region: who.Region, Name: in.Name, OwnerText: in.Owner, Description: deref(in.Description),
		Distributor: deref(in.Distributor), SupportText: deref(in.SupportDescription),
		SupportEmail: deref(in.SupportEmail), SupportURL: deref(in.SupportUrl), Type: string(in.ProductType), Created: s.Now()}
	if err := tx.InsertProduct(p); err != nil {
		return nil, err
	}
	if len(tags) > 0 {
		if err := tx.SetTags(string(p.ID), tags); err != nil {
			return nil, err
		}
	}
	a := s.newArtifact(p, in.ProvisioningArtifactParameters, f)
	return &api.CreateProductOutput{ProductViewDetail: productDetail(p), ProvisioningArtifactDetail: artifactDetail(a),
		Tags: apiTags(tags)}, tx.InsertArtifact(a, f.body)
}

// UpdateProduct changes an owner's product. (C-PROD-9)
func (s *Service) UpdateProduct(ctx context.Context, who access.Caller, in *api.UpdateProductInput) (*api.UpdateProductOutput, error) {
	out := new(api.UpdateProductOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := productFor(tx, who, in.Id, catalog.Edit)
		if err != nil {
			return err
		}
		if in.SourceConnection != nil {
			return fault.Invalidf("SourceConnection is not supported by this server: products are not synchronised from Git repositories")
		}
		if err := catalog.CheckSupportURL(deref(in.SupportUrl)); err != nil {
			return err
		}
		p = p.With(catalog.ProductPatch{Name: in.Name, OwnerText: in.Owner, Description: in.Description,
			Distributor: in.Distributor, SupportText: in.SupportDescription, SupportEmail: in.SupportEmail, SupportURL: in.SupportUrl})
		tags, err := s.changeTags(tx, in.Id, in.RemoveTags, in.AddTags)
		if err != nil {
			return err
		}
		out.ProductViewDetail, out.Tags = productDetail(p), apiTags(tags)
		return tx.UpdateProduct(p)
	})
	return out, err
}

// DeleteProduct removes an owner's product that nothing of its account uses any more. (C-PROD-10, S-QUO-10)
func (s *Service) DeleteProduct(ctx context.Context, who access.Caller, in *api.DeleteProductInput) (*api.DeleteProductOutput, error) {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := productFor(tx, who, in.Id, catalog.Edit)
		if err != nil {
			return err
		}
		use, err := tx.ProductUse(p)
		if err != nil {
			return err
		}
		if use != "" {
			return fault.InUsef("Product %s still has associated %s", p.ID, use)
		}
		return tx.DeleteProduct(p.ID)
	})
	return new(api.DeleteProductOutput), err
}

// DescribeProductAsAdmin shows a product with all its versions, to its owner and to accounts that import it. (C-PROD-8)
func (s *Service) DescribeProductAsAdmin(ctx context.Context, who access.Caller, in *api.DescribeProductAsAdminInput) (*api.DescribeProductAsAdminOutput, error) {
	if err := idOrName("Product", in.Id, in.Name); err != nil {
		return nil, err
	}
	out := new(api.DescribeProductAsAdminOutput)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		p, err := adminProduct(tx, who, in.Id, in.Name)
		if err != nil {
			return err
		}
		shared, err := sharedOptions(tx, who, p, in.SourcePortfolioId)
		if err != nil {
			return err
		}
		as, err := tx.Artifacts(p.ID)
		if err != nil {
			return err
		}
		for _, a := range as {
			out.ProvisioningArtifactSummaries = append(out.ProvisioningArtifactSummaries, api.ProvisioningArtifactSummary{
				Id: string(a.ID), Name: a.Name, Description: a.Description, CreatedTime: a.Created,
				ProvisioningArtifactMetadata: map[string]string{"SourceProvisioningArtifactId": string(a.Source)}})
		}
		l, err := tx.Labels(string(p.ID), who.Account, sharer(who, p.Account, shared))
		out.ProductViewDetail, out.Tags, out.TagOptions, out.Budgets = productDetail(p), apiTags(l.Tags), tagOptionDetails(l.Options), budgetDetails(l)
		return err
	})
	return out, err
}

// sharedOptions reports whether a product's owner shares its TagOptions with the caller: seen through an imported
// portfolio that shares them. (S-TAG-4)
func sharedOptions(tx *store.Tx, who access.Caller, p catalog.Product, source *string) (bool, error) {
	if source == nil {
		return false, nil
	}
	from, standing, err := portfolioFor(tx, who, *source, catalog.Read)
	if err != nil {
		return false, err
	}
	_, held, err := tx.Membership(from.ID, p.ID)
	return held && standing.ShareTagOptions, err
}

// idOrName refuses both and neither of an id and a name. (C-GEN-12)
func idOrName(what string, id, name *string) error {
	if (id == nil) == (name == nil) {
		return fault.Invalidf("Exactly one of %s Id and %s Name must be specified", what, what)
	}
	return nil
}

// adminProduct finds a product by id or name among those the account owns or imports. (C-PROD-5, C-PROD-8)
func adminProduct(tx *store.Tx, who access.Caller, id, name *string) (catalog.Product, error) {
	if id != nil {
		return productFor(tx, who, *id, catalog.Read)
	}
	q, err := adminProducts(tx, who, "")
	if err != nil {
		return catalog.Product{}, err
	}
	return byName(tx, q, *name)
}

// byName finds the one product with a name among those a query selects. (C-PROD-5)
func byName(tx *store.Tx, q store.ProductQuery, name string) (catalog.Product, error) {
	q.Name, q.Limit = &name, 2
	found, err := tx.SearchProducts(q)
	switch {
	case err != nil:
		return catalog.Product{}, err
	case len(found) == 0:
		return catalog.Product{}, fault.NotFoundf("Product with name %s does not exist or access was denied.", name)
	case len(found) > 1:
		return catalog.Product{}, fault.Invalidf("Multiple Product with name %s found.", name)
	}
	return found[0].Product, nil
}
