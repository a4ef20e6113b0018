package servicecatalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/store"
)

// AssociatePrincipalWithPortfolio grants a principal of the caller's account access to a portfolio it owns or imports.
// (C-PRIN-1 … 3, S-PRI-1 … 7)
func (s *Service) AssociatePrincipalWithPortfolio(ctx context.Context, who access.Caller, in *api.AssociatePrincipalWithPortfolioInput) (*api.AssociatePrincipalWithPortfolioOutput, error) {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		p, _, err := portfolioFor(tx, who, in.PortfolioId, catalog.Attach)
		if err != nil {
			return err
		}
		a, err := newAssociation(tx, who, in.PrincipalARN, catalog.PrincipalType(in.PrincipalType))
		if err != nil {
			return err
		}
		a.Portfolio = p.ID
		have, err := tx.Associations(p.ID, who.Account)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(have, func(h catalog.Association) bool { return h.Type == a.Type && h.Key == a.Key }) {
			return nil
		}
		if err := s.roomFor(a, have); err != nil {
			return err
		}
		return tx.InsertAssociation(a)
	})
	return new(api.AssociatePrincipalWithPortfolioOutput), err
}

// newAssociation checks a principal and finds what the association binds: the unique id of an existing principal, or
// the pattern itself. (S-PRI-1 … S-PRI-6)
func newAssociation(tx *store.Tx, who access.Caller, arn string, t catalog.PrincipalType) (catalog.Association, error) {
	a := catalog.Association{Account: who.Account, Type: t, Key: arn, ARN: arn}
	if t == catalog.PrincipalPattern {
		return a, catalog.CheckPattern(arn)
	}
	if err := catalog.CheckPrincipal(who.Account, arn); err != nil {
		return a, err
	}
	e, ok, err := tx.EntityByARN(arn)
	if err == nil && !ok {
		err = fault.Invalidf("Invalid PrincipalARN: %s. There is no such user, group or role", arn)
	}
	a.Key = e.ID
	return a, err
}

func (s *Service) roomFor(a catalog.Association, have []catalog.Association) error {
	patterns := 0
	for _, h := range have {
		if h.Type == catalog.PrincipalPattern {
			patterns++
		}
	}
	if a.Type == catalog.PrincipalPattern {
		if err := catalog.Within(s.Quotas.Patterns, patterns, "IAM_PATTERN principals per portfolio"); err != nil {
			return err
		}
	}
	return catalog.Within(s.Quotas.Principals, len(have), "principals per portfolio")
}

// DisassociatePrincipalFromPortfolio takes back what the caller's account granted. (C-PRIN-4, S-PRI-3, S-PRI-8)
func (s *Service) DisassociatePrincipalFromPortfolio(ctx context.Context, who access.Caller, in *api.DisassociatePrincipalFromPortfolioInput) (*api.DisassociatePrincipalFromPortfolioOutput, error) {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		p, standing, err := portfolioFor(tx, who, in.PortfolioId, catalog.Attach)
		if err != nil {
			return err
		}
		a := catalog.Association{Portfolio: p.ID, Account: who.Account, Type: catalog.PrincipalIAM, Key: in.PrincipalARN}
		if in.PrincipalType != nil {
			a.Type = catalog.PrincipalType(*in.PrincipalType)
		}
		if a.Type == catalog.PrincipalIAM && strings.Contains(a.Key, ":") {
			e, _, err := tx.EntityByARN(a.Key)
			if err != nil {
				return err
			}
			a.Key = e.ID
		}
		gone, err := tx.DeleteAssociation(a)
		if err != nil || gone {
			return err
		}
		return missingPrincipal(tx, p, standing, a, in.PrincipalARN)
	})
	return new(api.DisassociatePrincipalFromPortfolioOutput), err
}

// missingPrincipal tells a pattern that the owner shares, which a recipient sees and may not remove, from nothing.
func missingPrincipal(tx *store.Tx, p catalog.Portfolio, s catalog.Standing, a catalog.Association, arn string) error {
	if a.Type == catalog.PrincipalPattern && s.SharePrincipals {
		_, shared, err := tx.Association(p.ID, p.Owner, a.Type, a.Key)
		if err != nil {
			return err
		}
		if shared {
			return fault.Invalidf("Principal %s of portfolio %s is shared by its owner and cannot be removed here", arn, p.ID)
		}
	}
	return fault.NotFoundf("Principal %s of type %s is not associated with portfolio %s", arn, a.Type, p.ID)
}

// ListPrincipalsForPortfolio lists what the caller's account granted and, where the owner shares them, the owner's
// patterns. (C-PRIN-5, S-PRI-3, S-PRI-13)
func (s *Service) ListPrincipalsForPortfolio(ctx context.Context, who access.Caller, in *api.ListPrincipalsForPortfolioInput) (*api.ListPrincipalsForPortfolioOutput, error) {
	pg, err := page("ListPrincipalsForPortfolio", who, in.PageSize, in.PageToken, in.PortfolioId)
	if err != nil {
		return nil, err
	}
	out := &api.ListPrincipalsForPortfolioOutput{Principals: []api.Principal{}}
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		p, standing, err := portfolioFor(tx, who, in.PortfolioId, catalog.Read)
		if err != nil {
			return err
		}
		as, err := listed(tx, who, p, standing)
		if err != nil {
			return err
		}
		as = slices.DeleteFunc(as, func(a catalog.Association) bool {
			return slices.Compare(associationKey(a), ident.Page{pg.key(0), pg.key(1)}) <= 0
		})
		as, out.NextPageToken = cut(pg, as, associationKey)
		for _, a := range as {
			arn, err := presentARN(tx, a)
			if err != nil {
				return err
			}
			out.Principals = append(out.Principals, api.Principal{PrincipalARN: arn, PrincipalType: api.PrincipalType(a.Type)})
		}
		return nil
	})
	return out, err
}

// listed gives the associations an account may see on a portfolio, each once, in order of type and key.
func listed(tx *store.Tx, who access.Caller, p catalog.Portfolio, s catalog.Standing) ([]catalog.Association, error) {
	as, err := tx.Associations(p.ID, who.Account)
	if err != nil {
		return nil, err
	}
	if s.SharePrincipals {
		shared, err := tx.SharedPatterns([]catalog.PortfolioID{p.ID})
		if err != nil {
			return nil, err
		}
		as = append(as, shared...)
	}
	order := func(a, b catalog.Association) int { return slices.Compare(associationKey(a), associationKey(b)) }
	slices.SortFunc(as, order)
	return slices.CompactFunc(as, func(a, b catalog.Association) bool { return order(a, b) == 0 }), nil
}

// associationKey orders associations by type and key. A pattern may be longer than a page token, so a digest tells
// apart those that begin alike.
func associationKey(a catalog.Association) ident.Page {
	sum := sha256.Sum256([]byte(a.Key))
	return ident.Page{ident.Brief(string(a.Type) + " " + a.Key), hex.EncodeToString(sum[:])}
}

// presentARN is the ARN a principal has now, or its unique id when it is no more. (S-PRI-3)
func presentARN(tx *store.Tx, a catalog.Association) (string, error) {
	if a.Type == catalog.PrincipalPattern {
		return a.ARN, nil
	}
	e, ok, err := tx.EntityByID(a.Key)
	if err != nil || !ok {
		return a.Key, err
	}
	return e.ARN, nil
}
