package servicecatalog

import (
	"context"
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/org"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/store"
)

// offer is what a recipient's answer is about.
type offer struct {
	portfolio catalog.Portfolio
	standing  catalog.Standing
	viewer    catalog.Viewer
}

// offerTo reads a portfolio as its recipient-to-be sees it; the owner is no recipient. (S-ACC-6)
func offerTo(tx *store.Tx, who access.Caller, id string) (offer, error) {
	pid := catalog.PortfolioID(id)
	p, ok, err := tx.Portfolio(pid)
	if err != nil {
		return offer{}, err
	}
	if !ok || p.Region != who.Region || p.Owner == who.Account {
		return offer{}, catalog.PortfolioNotFound(pid)
	}
	v, err := tx.Viewer(who.Account, who.Region)
	if err != nil {
		return offer{}, err
	}
	s, err := tx.Standing(p, v)
	return offer{p, s, v}, err
}

// answer imports or rejects one kind of offer. (S-ACC)
func (s *Service) answer(tx *store.Tx, who access.Caller, id string, kind *api.PortfolioShareType, accept bool) error {
	o, err := offerTo(tx, who, id)
	if err != nil {
		return err
	}
	switch t := deref(kind); {
	case (t == "" || t == api.PortfolioShareTypeImported) && o.standing.Account != catalog.None:
		return s.answerAccount(tx, who, o, accept)
	case t == api.PortfolioShareTypeAwsOrganizations && o.standing.Org != catalog.None:
		if err := tx.SetRejected(who.Account, o.portfolio.ID, !accept); err != nil || accept {
			return err
		}
		return tx.SeverPortfolioIn(o.portfolio, who.Account)
	}
	return catalog.PortfolioNotFound(o.portfolio.ID) // S-ACC-3, S-ACC-5, S-ACC-11
}

func (s *Service) answerAccount(tx *store.Tx, who access.Caller, o offer, accept bool) error {
	sh, ok, err := tx.Share(o.portfolio.ID, catalog.Target{Kind: catalog.AccountShare, ID: string(who.Account)})
	if err != nil || !ok || sh.Accepted == accept {
		return err
	}
	if accept && s.Quotas.ImportedPortfolios > 0 {
		have, err := tx.CountImported(who.Account, who.Region)
		if err != nil {
			return err
		}
		if err := catalog.Within(s.Quotas.ImportedPortfolios, have, "imported portfolios"); err != nil {
			return err
		}
	}
	sh.Accepted = accept
	if err := tx.UpdateShare(sh); err != nil || accept {
		return err
	}
	return tx.SeverPortfolioIn(o.portfolio, who.Account)
}

// AcceptPortfolioShare imports a portfolio offered to the caller's account. (S-ACC-1 … S-ACC-6)
func (s *Service) AcceptPortfolioShare(ctx context.Context, who access.Caller, in *api.AcceptPortfolioShareInput) (*api.AcceptPortfolioShareOutput, error) {
	err := s.DB.Write(ctx, func(tx *store.Tx) error { return s.answer(tx, who, in.PortfolioId, in.PortfolioShareType, true) })
	return new(api.AcceptPortfolioShareOutput), err
}

// RejectPortfolioShare ends an import, or hides what an organization shares, for the caller's account. (S-ACC-9 … 11)
func (s *Service) RejectPortfolioShare(ctx context.Context, who access.Caller, in *api.RejectPortfolioShareInput) (*api.RejectPortfolioShareOutput, error) {
	err := s.DB.Write(ctx, func(tx *store.Tx) error { return s.answer(tx, who, in.PortfolioId, in.PortfolioShareType, false) })
	return new(api.RejectPortfolioShareOutput), err
}

// ListAcceptedPortfolioShares lists what the caller's account imports: by account shares unless asked for those of its
// organization. (S-LST-8, S-LST-9)
func (s *Service) ListAcceptedPortfolioShares(ctx context.Context, who access.Caller, in *api.ListAcceptedPortfolioSharesInput) (*api.ListAcceptedPortfolioSharesOutput, error) {
	kind := deref(in.PortfolioShareType)
	pg, err := page("ListAcceptedPortfolioShares", who, in.PageSize, in.PageToken, string(kind))
	if err != nil {
		return nil, err
	}
	out := &api.ListAcceptedPortfolioSharesOutput{PortfolioDetails: []api.PortfolioDetail{}}
	if kind == api.PortfolioShareTypeAwsServicecatalog {
		return out, nil
	}
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		v := catalog.Viewer{Account: who.Account, Region: who.Region}
		list := tx.ImportedByAccountShare
		if kind == api.PortfolioShareTypeAwsOrganizations {
			if v, err = tx.Viewer(who.Account, who.Region); err != nil {
				return err
			}
			list = tx.ImportedByOrganization
		}
		ps, err := list(v, catalog.PortfolioID(pg.key(0)), pg.limit())
		ps, out.NextPageToken = cut(pg, ps, portfolioKey)
		out.PortfolioDetails = details(ps)
		return err
	})
	return out, err
}

// ListPortfolioAccess lists the accounts an own portfolio is offered to or, below a node, those that shares of the node
// or of an ancestor cover. (S-LST-5, S-LST-6)
func (s *Service) ListPortfolioAccess(ctx context.Context, who access.Caller, in *api.ListPortfolioAccessInput) (*api.ListPortfolioAccessOutput, error) {
	pg, err := page("ListPortfolioAccess", who, in.PageSize, in.PageToken, in.PortfolioId, deref(in.OrganizationParentId))
	if err != nil {
		return nil, err
	}
	out := new(api.ListPortfolioAccessOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		p, _, err := portfolioFor(tx, who, in.PortfolioId, catalog.ListShares)
		if err != nil {
			return err
		}
		var ids []string
		if in.OrganizationParentId != nil {
			ids, err = accountsBelow(tx, who, p, *in.OrganizationParentId)
			ids = slices.DeleteFunc(ids, func(id string) bool { return id <= pg.key(0) })
		} else {
			var shares []catalog.Share
			shares, err = tx.SharesOf(p.ID, catalog.AccountShare, pg.key(0), pg.limit())
			for _, sh := range shares {
				ids = append(ids, sh.Target.ID)
			}
		}
		out.AccountIds, out.NextPageToken = cut(pg, ids, func(id string) ident.Page { return ident.Page{id} })
		return err
	})
	return out, err
}

// accountsBelow lists the accounts below a node of the caller's organization, when a share covers the whole of it.
func accountsBelow(tx *store.Tx, who access.Caller, p catalog.Portfolio, parent string) ([]string, error) {
	none := fault.NotFoundf("Portfolio %s is not shared with %s", p.ID, parent)
	o, err := privileged(tx, who)
	if fault.Is(err, fault.Unsupported) {
		return nil, none // ListPortfolioAccess declares no OperationNotSupportedException (S-LST-6)
	}
	if err != nil {
		return nil, err
	}
	node := org.Node{Org: o.ID, Kind: org.KindOf(parent), ID: parent}
	above := []string{o.ID}
	switch node.Kind {
	case org.OU:
		u, ok, err := tx.Unit(parent)
		if err != nil {
			return nil, err
		}
		if !ok || u.Org != o.ID {
			return nil, none
		}
		above = append(above, strings.Split(strings.TrimSuffix(u.Path, "/"), "/")...)
	case org.Whole:
		if parent != o.ID {
			return nil, none
		}
	default:
		return nil, none
	}
	shared, err := tx.SharedWithAny(p.ID, above)
	if err != nil {
		return nil, err
	}
	if !shared {
		return nil, none
	}
	covered, err := tx.CoveredBy(node, o.Revision)
	return others(covered, p.Owner), err
}

// ListOrganizationPortfolioAccess lists the nodes of one type that an own portfolio is shared with. (S-LST-7)
func (s *Service) ListOrganizationPortfolioAccess(ctx context.Context, who access.Caller, in *api.ListOrganizationPortfolioAccessInput) (*api.ListOrganizationPortfolioAccessOutput, error) {
	pg, err := page("ListOrganizationPortfolioAccess", who, in.PageSize, in.PageToken, in.PortfolioId, string(in.OrganizationNodeType))
	if err != nil {
		return nil, err
	}
	kind := catalog.ShareKind(in.OrganizationNodeType)
	if in.OrganizationNodeType == api.OrganizationNodeTypeAccount {
		kind = catalog.MemberShare
	}
	out := &api.ListOrganizationPortfolioAccessOutput{OrganizationNodes: []api.OrganizationNode{}}
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := privileged(tx, who); err != nil {
			return err
		}
		p, _, err := portfolioFor(tx, who, in.PortfolioId, catalog.ListShares)
		if err != nil {
			return err
		}
		shares, err := tx.SharesOf(p.ID, kind, pg.key(0), pg.limit())
		shares, out.NextPageToken = cut(pg, shares, shareKey)
		for _, sh := range shares {
			out.OrganizationNodes = append(out.OrganizationNodes, api.OrganizationNode{Type: &in.OrganizationNodeType, Value: &sh.Target.ID})
		}
		return err
	})
	return out, err
}
