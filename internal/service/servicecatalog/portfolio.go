package servicecatalog

import (
	"context"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/store"
)

func detail(p catalog.Portfolio) *api.PortfolioDetail {
	return &api.PortfolioDetail{Id: string(p.ID), ARN: p.ARN(), DisplayName: p.Name, Description: p.Description,
		ProviderName: p.Provider, CreatedTime: p.Created}
}

func details(ps []catalog.Portfolio) []api.PortfolioDetail {
	out := make([]api.PortfolioDetail, len(ps))
	for i, p := range ps {
		out[i] = *detail(p)
	}
	return out
}

func portfolioKey(p catalog.Portfolio) ident.Page { return ident.Page{string(p.ID)} }

// CreatePortfolio makes an empty portfolio. (C-PORT-1)
func (s *Service) CreatePortfolio(ctx context.Context, who access.Caller, in *api.CreatePortfolioInput) (out *api.CreatePortfolioOutput, err error) {
	key, err := s.replayKey(who, "CreatePortfolio", in.IdempotencyToken, in)
	if err != nil {
		return nil, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		out, err = once(s, tx, key, func() (*api.CreatePortfolioOutput, error) { return s.createPortfolio(tx, who, in) })
		return err
	})
	return out, err
}

func (s *Service) createPortfolio(tx *store.Tx, who access.Caller, in *api.CreatePortfolioInput) (*api.CreatePortfolioOutput, error) {
	tags, err := s.retag(nil, nil, in.Tags)
	if err != nil {
		return nil, err
	}
	if s.Quotas.Portfolios > 0 {
		have, err := tx.CountPortfolios(who.Account, who.Region, s.Quotas.Portfolios)
		if err != nil {
			return nil, err
		}
		if err := catalog.Within(s.Quotas.Portfolios, have, "portfolios per region"); err != nil {
			return nil, err
		}
	}
	p := catalog.Portfolio{ID: catalog.PortfolioID(s.IDs.New("port")), Owner: who.Account, Region: who.Region,
		Name: in.DisplayName, Provider: in.ProviderName, Description: deref(in.Description), Created: s.Now()}
	if err := tx.InsertPortfolio(p); err != nil {
		return nil, err
	}
	if len(tags) > 0 {
		if err := tx.SetTags(string(p.ID), tags); err != nil {
			return nil, err
		}
	}
	return &api.CreatePortfolioOutput{PortfolioDetail: detail(p), Tags: apiTags(tags)}, nil
}

// DescribePortfolio shows a portfolio to its owner and to accounts that import it. (C-PORT-2, S-IMP-2)
func (s *Service) DescribePortfolio(ctx context.Context, who access.Caller, in *api.DescribePortfolioInput) (*api.DescribePortfolioOutput, error) {
	out := new(api.DescribePortfolioOutput)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		p, standing, err := portfolioFor(tx, who, in.Id, catalog.Read)
		if err != nil {
			return err
		}
		l, err := tx.Labels(in.Id, who.Account, sharer(who, p.Owner, standing.ShareTagOptions))
		out.PortfolioDetail, out.Tags, out.TagOptions, out.Budgets = detail(p), apiTags(l.Tags), tagOptionDetails(l.Options), budgetDetails(l)
		return err
	})
	return out, err
}

// UpdatePortfolio changes an owner's portfolio. (C-PORT-3, S-GEN-8)
func (s *Service) UpdatePortfolio(ctx context.Context, who access.Caller, in *api.UpdatePortfolioInput) (*api.UpdatePortfolioOutput, error) {
	out := new(api.UpdatePortfolioOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		p, _, err := portfolioFor(tx, who, in.Id, catalog.Edit)
		if err != nil {
			return err
		}
		p = p.With(in.DisplayName, in.Description, in.ProviderName)
		tags, err := s.changeTags(tx, in.Id, in.RemoveTags, in.AddTags)
		if err != nil {
			return err
		}
		out.PortfolioDetail, out.Tags = detail(p), apiTags(tags)
		return tx.UpdatePortfolio(p)
	})
	return out, err
}

// DeletePortfolio removes an owner's portfolio that nothing uses any more. (C-PORT-4, S-QUO-9)
func (s *Service) DeletePortfolio(ctx context.Context, who access.Caller, in *api.DeletePortfolioInput) (*api.DeletePortfolioOutput, error) {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		p, _, err := portfolioFor(tx, who, in.Id, catalog.Edit)
		if err != nil {
			return err
		}
		use, err := tx.PortfolioUse(p)
		if err != nil {
			return err
		}
		if use != "" {
			return fault.InUsef("Portfolio %s still has associated %s", p.ID, use)
		}
		return tx.DeletePortfolio(p.ID)
	})
	return new(api.DeletePortfolioOutput), err
}

// ListPortfolios lists the portfolios the caller's account owns. (S-LST-11)
func (s *Service) ListPortfolios(ctx context.Context, who access.Caller, in *api.ListPortfoliosInput) (*api.ListPortfoliosOutput, error) {
	pg, err := page("ListPortfolios", who, in.PageSize, in.PageToken)
	if err != nil {
		return nil, err
	}
	out := new(api.ListPortfoliosOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		ps, err := tx.OwnPortfolios(who.Account, who.Region, catalog.PortfolioID(pg.key(0)), pg.limit())
		ps, out.NextPageToken = cut(pg, ps, portfolioKey)
		out.PortfolioDetails = details(ps)
		return err
	})
	return out, err
}

// ListPortfoliosForProduct lists the portfolios that the caller's account sees and that hold a product: its own and
// imported ones. (C-PORT-6, S-LST-12)
func (s *Service) ListPortfoliosForProduct(ctx context.Context, who access.Caller, in *api.ListPortfoliosForProductInput) (*api.ListPortfoliosForProductOutput, error) {
	pg, err := page("ListPortfoliosForProduct", who, in.PageSize, in.PageToken, in.ProductId)
	if err != nil {
		return nil, err
	}
	out := new(api.ListPortfoliosForProductOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		p, err := productFor(tx, who, in.ProductId, catalog.Read)
		if err != nil {
			return err
		}
		ps, err := tx.AccountPortfoliosHolding(who.Account, who.Region, p.ID)
		if err != nil {
			return err
		}
		if p.Account != who.Account {
			imported, err := importsHolding(tx, who, p.ID)
			if err != nil {
				return err
			}
			for _, r := range imported {
				ps = append(ps, r.Portfolio)
			}
		}
		ps, out.NextPageToken = cut(pg, behind(pg, ps), portfolioKey)
		out.PortfolioDetails = details(ps)
		return nil
	})
	return out, err
}

// AssociateProductWithPortfolio puts a product into an own portfolio: an own product, or one taken by reference from an
// imported portfolio. (C-PORT-7, S-LOC-1 … 6, S-SHR-6)
func (s *Service) AssociateProductWithPortfolio(ctx context.Context, who access.Caller, in *api.AssociateProductWithPortfolioInput) (*api.AssociateProductWithPortfolioOutput, error) {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		p, _, err := portfolioFor(tx, who, in.PortfolioId, catalog.AddProduct)
		if err != nil {
			return err
		}
		m, err := s.membership(tx, who, p, in)
		if err != nil {
			return err
		}
		old, ok, err := tx.Membership(p.ID, m.Product)
		if err != nil {
			return err
		}
		if ok && old.Source == m.Source {
			return nil
		}
		if ok {
			return fault.Invalidf("Product %s is already associated with portfolio %s from another source portfolio", m.Product, p.ID)
		}
		have, err := tx.CountProductsIn(p.ID)
		if err != nil {
			return err
		}
		if err := catalog.Within(s.Quotas.ProductsPerPortfolio, have, "products per portfolio"); err != nil {
			return err
		}
		return tx.InsertMembership(m)
	})
	return new(api.AssociateProductWithPortfolioOutput), err
}

// membership settles where the product of an association comes from.
func (s *Service) membership(tx *store.Tx, who access.Caller, p catalog.Portfolio, in *api.AssociateProductWithPortfolioInput) (catalog.Membership, error) {
	m := catalog.Membership{Portfolio: p.ID, Product: catalog.ProductID(in.ProductId), Created: s.Now()}
	product, err := productFor(tx, who, in.ProductId, catalog.Read)
	if err != nil {
		return m, err
	}
	if in.SourcePortfolioId == nil {
		if product.Account != who.Account {
			return m, catalog.ProductNotFound(product.ID) // S-LOC-3
		}
		return m, nil
	}
	source, _, err := portfolioFor(tx, who, *in.SourcePortfolioId, catalog.TakeFrom)
	if err != nil {
		return m, err
	}
	_, held, err := tx.Membership(source.ID, product.ID)
	if err != nil {
		return m, err
	}
	if !held {
		return m, catalog.ProductNotFound(product.ID)
	}
	if product.Account == who.Account {
		return m, nil // the source has no effect (S-LOC-3)
	}
	if source.Owner == who.Account {
		return m, catalog.PortfolioNotFound(source.ID) // not an import (S-LOC-2)
	}
	m.Source = source.ID
	shared, err := tx.HasShares(p.ID)
	if err != nil {
		return m, err
	}
	if shared {
		return m, fault.Invalidf("Portfolio %s is shared, so it cannot hold products of another account", p.ID)
	}
	return m, nil
}

// DisassociateProductFromPortfolio takes a product out of an own portfolio, and so out of every local portfolio that
// has it from there. (C-PORT-8, S-PRO row 2)
func (s *Service) DisassociateProductFromPortfolio(ctx context.Context, who access.Caller, in *api.DisassociateProductFromPortfolioInput) (*api.DisassociateProductFromPortfolioOutput, error) {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		p, _, err := portfolioFor(tx, who, in.PortfolioId, catalog.Edit)
		if err != nil {
			return err
		}
		product := catalog.ProductID(in.ProductId)
		_, ok, err := tx.Membership(p.ID, product)
		if err != nil {
			return err
		}
		if !ok {
			return fault.NotFoundf("Product %s is not associated with portfolio %s", product, p.ID)
		}
		constraints, err := tx.Constraints(p.ID, product)
		if err != nil {
			return err
		}
		if len(constraints) > 0 {
			return fault.InUsef("Product %s still has constraints in portfolio %s", product, p.ID)
		}
		return tx.DeleteMembership(p.ID, product)
	})
	return new(api.DisassociateProductFromPortfolioOutput), err
}
