package servicecatalog

import (
	"context"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/org"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/store"
)

// target is whom a share write is about: what the request names and, for a node, the caller's organization.
type target struct {
	catalog.Target
	arn *catalog.NodeARN
	org org.Organization
}

func readTarget(account *string, node *api.OrganizationNode, principals *bool) (target, error) {
	var kind, value *string
	if node != nil {
		value = node.Value
		if node.Type != nil {
			k := string(*node.Type)
			kind = &k
		}
	}
	t, arn, err := catalog.ReadTarget(account, kind, value, node != nil)
	if err != nil {
		return target{}, err
	}
	return target{Target: t, arn: arn}, catalog.CheckSharePrincipals(t, principals)
}

// privileged reads the caller's organization and refuses callers who may not share within it. (S-ORG-2, S-ORG-3)
func privileged(tx *store.Tx, who access.Caller) (org.Organization, error) {
	o, in, err := tx.OrganizationOf(who.Account)
	if err != nil {
		return o, err
	}
	delegated, err := tx.Delegated(who.Account)
	if err != nil {
		return o, err
	}
	if !in || !o.Privileged(who.Account, delegated) {
		return o, fault.Unsupportedf("Only the management account of an organization or a delegated administrator for %s can perform this operation", org.Principal)
	}
	return o, nil
}

// inOrganization finishes a node target with the caller's organization, which the caller must be privileged in.
func inOrganization(tx *store.Tx, who access.Caller, t *target) (err error) {
	if !t.ByOrg() {
		return nil
	}
	if t.org, err = privileged(tx, who); err != nil {
		return err
	}
	t.Org = t.org.ID
	return nil
}

// reachable refuses a target that is the owner itself or not of the caller's organization. (S-SHR-8, S-SHR-10)
func reachable(tx *store.Tx, who access.Caller, t target) error {
	if t.ID == string(who.Account) {
		return fault.Invalidf("Portfolios cannot be shared with the account that owns them: %s", who.Account)
	}
	switch t.Kind {
	case catalog.OrgShare:
		if t.ID != t.org.ID {
			return fault.NotFoundf("Organization not found: %s", t.ID)
		}
	case catalog.UnitShare:
		u, ok, err := tx.Unit(t.ID)
		if err == nil && (!ok || u.Org != t.org.ID) {
			err = fault.NotFoundf("Organizational unit not found: %s", t.ID)
		}
		return err
	case catalog.MemberShare:
		m, ok, err := tx.Member(ident.Account(t.ID))
		if err == nil && (!ok || m.Org != t.org.ID) {
			err = fault.NotFoundf("Account not found in the organization: %s", t.ID)
		}
		return err
	}
	return nil
}

// CreatePortfolioShare offers a portfolio to an account, or shares it with a node of the caller's organization.
// (S-SHR-1 … 19)
func (s *Service) CreatePortfolioShare(ctx context.Context, who access.Caller, in *api.CreatePortfolioShareInput) (*api.CreatePortfolioShareOutput, error) {
	t, err := readTarget(in.AccountId, in.OrganizationNode, in.SharePrincipals)
	if err != nil {
		return nil, err
	}
	out := new(api.CreatePortfolioShareOutput)
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		out.PortfolioShareToken, err = s.createShare(tx, who, in, t)
		return err
	})
	return out, err
}

func (s *Service) createShare(tx *store.Tx, who access.Caller, in *api.CreatePortfolioShareInput, t target) (string, error) {
	p, err := s.mayShare(tx, who, in.PortfolioId, &t)
	if err != nil {
		return "", err
	}
	if err := s.notBusy(tx, p); err != nil {
		return "", err
	}
	_, exists, err := tx.Share(p.ID, t.Target)
	if err != nil {
		return "", err
	}
	if !exists {
		err = s.insertShare(tx, p, catalog.Share{Portfolio: p.ID, Owner: p.Owner, Region: p.Region, Target: t.Target,
			Accepted: t.ByOrg(), SharePrincipals: deref(in.SharePrincipals), ShareTagOptions: deref(in.ShareTagOptions), Created: s.Now()})
	}
	if err != nil || !t.ByOrg() {
		return "", err
	}
	delay := s.ShareDelay
	if exists {
		delay = 0 // S-TOK-10
	}
	k, err := s.token(tx, p, t, delay)
	return k.ID, err
}

// insertShare adds a record, unless with it the portfolio would reach more accounts than it may. (S-QUO-1)
func (s *Service) insertShare(tx *store.Tx, p catalog.Portfolio, sh catalog.Share) error {
	if err := tx.InsertShare(sh); err != nil || s.Quotas.SharedAccounts == 0 {
		return err
	}
	reached, err := tx.CountSharedAccounts(p, s.Quotas.SharedAccounts+1)
	if err != nil {
		return err
	}
	return catalog.Within(s.Quotas.SharedAccounts, reached-1, "shared accounts per portfolio")
}

// mayShare refuses what may not be shared, not by this caller, or not with this target. (S-SHR-3 … S-SHR-10)
func (s *Service) mayShare(tx *store.Tx, who access.Caller, id string, t *target) (catalog.Portfolio, error) {
	p, _, err := portfolioFor(tx, who, id, catalog.ShareOn)
	if err != nil {
		return p, err
	}
	imported, err := tx.HoldsImported(p.ID)
	if err != nil {
		return p, err
	}
	if imported {
		return p, catalog.Reshare(p.ID)
	}
	if err := inOrganization(tx, who, t); err != nil {
		return p, err
	}
	if t.ByOrg() && t.org.Access != org.Enabled {
		return p, fault.Unsupportedf("Portfolios cannot be shared with the organization: AWS Organizations access is %s. Call EnableAWSOrganizationsAccess first", t.org.Access)
	}
	if err := t.arn.Agree(t.org); err != nil {
		return p, err
	}
	return p, reachable(tx, who, *t)
}

func (s *Service) notBusy(tx *store.Tx, p catalog.Portfolio) error {
	busy, err := tx.ShareBusy(p.ID, s.Now())
	if err != nil {
		return err
	}
	return catalog.Busy(busy)
}

// token records a share write that was just done. (S-TOK-2, S-TOK-6)
func (s *Service) token(tx *store.Tx, p catalog.Portfolio, t target, delay time.Duration) (catalog.Token, error) {
	k := catalog.Token{ID: s.IDs.New("share"), Portfolio: p.ID, Owner: p.Owner, Region: p.Region, Target: t.Target,
		Revision: t.org.Revision, Created: s.Now(), Ready: s.Now().Add(delay)}
	if !t.ByOrg() {
		k.Accounts, k.Listed = []string{t.ID}, true
	}
	return k, tx.InsertToken(k)
}

// UpdatePortfolioShare changes the flags of a share. (S-UPD-1 … 8)
func (s *Service) UpdatePortfolioShare(ctx context.Context, who access.Caller, in *api.UpdatePortfolioShareInput) (*api.UpdatePortfolioShareOutput, error) {
	t, err := readTarget(in.AccountId, in.OrganizationNode, in.SharePrincipals)
	if err != nil {
		return nil, err
	}
	out := new(api.UpdatePortfolioShareOutput)
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		p, sh, err := s.existing(tx, who, in.PortfolioId, &t)
		if err != nil {
			return err
		}
		if sh == nil {
			return shareNotFound(p, t)
		}
		if in.SharePrincipals != nil {
			sh.SharePrincipals = *in.SharePrincipals
		}
		if in.ShareTagOptions != nil {
			sh.ShareTagOptions = *in.ShareTagOptions
		}
		if err := tx.UpdateShare(*sh); err != nil {
			return err
		}
		delay := s.ShareDelay
		if !t.ByOrg() {
			delay = 0 // S-UPD-4
		}
		k, err := s.token(tx, p, t, delay)
		out.PortfolioShareToken, out.Status = k.ID, api.ShareStatus(k.Status(s.Now()))
		return err
	})
	return out, err
}

// existing opens a write on a share that should be there; nil is one that is not.
func (s *Service) existing(tx *store.Tx, who access.Caller, id string, t *target) (catalog.Portfolio, *catalog.Share, error) {
	p, _, err := portfolioFor(tx, who, id, catalog.ShareOn)
	if err != nil {
		return p, nil, err
	}
	if err := inOrganization(tx, who, t); err != nil {
		return p, nil, err
	}
	if err := t.arn.Agree(t.org); err != nil {
		return p, nil, err
	}
	if err := s.notBusy(tx, p); err != nil {
		return p, nil, err
	}
	sh, ok, err := tx.Share(p.ID, t.Target)
	if err != nil || !ok {
		return p, nil, err
	}
	return p, &sh, nil
}

func shareNotFound(p catalog.Portfolio, t target) error {
	return fault.NotFoundf("Portfolio %s is not shared with %s", p.ID, t.ID)
}

// DeletePortfolioShare withdraws a share; what depended on it ends with it. (S-DEL-1 … 7)
func (s *Service) DeletePortfolioShare(ctx context.Context, who access.Caller, in *api.DeletePortfolioShareInput) (*api.DeletePortfolioShareOutput, error) {
	t, err := readTarget(in.AccountId, in.OrganizationNode, nil)
	if err != nil {
		return nil, err
	}
	out := new(api.DeletePortfolioShareOutput)
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		p, sh, err := s.existing(tx, who, in.PortfolioId, &t)
		if err != nil {
			return err
		}
		if sh == nil && t.ByOrg() {
			return shareNotFound(p, t) // S-DEL-3
		}
		if sh == nil {
			return nil // S-DEL-2
		}
		if err := tx.DeleteShare(*sh); err != nil || !t.ByOrg() {
			return err
		}
		k, err := s.token(tx, p, t, s.ShareDelay)
		out.PortfolioShareToken = k.ID
		return err
	})
	return out, err
}

// DescribePortfolioShares lists an owner's records of one kind. (S-LST-1 … S-LST-4)
func (s *Service) DescribePortfolioShares(ctx context.Context, who access.Caller, in *api.DescribePortfolioSharesInput) (*api.DescribePortfolioSharesOutput, error) {
	pg, err := page("DescribePortfolioShares", who, in.PageSize, in.PageToken, in.PortfolioId, string(in.Type))
	if err != nil {
		return nil, err
	}
	out := &api.DescribePortfolioSharesOutput{PortfolioShareDetails: []api.PortfolioShareDetail{}}
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		p, _, err := portfolioFor(tx, who, in.PortfolioId, catalog.ListShares)
		if err != nil {
			return err
		}
		shares, err := tx.SharesOf(p.ID, catalog.ShareKind(in.Type), pg.key(0), pg.limit())
		if err != nil {
			return err
		}
		shares, out.NextPageToken = cut(pg, shares, shareKey)
		for _, sh := range shares {
			out.PortfolioShareDetails = append(out.PortfolioShareDetails, api.PortfolioShareDetail{PrincipalId: sh.Target.ID,
				Type: in.Type, Accepted: sh.Accepted, ShareTagOptions: sh.ShareTagOptions, SharePrincipals: sh.SharePrincipals})
		}
		return nil
	})
	return out, err
}

func shareKey(sh catalog.Share) ident.Page { return ident.Page{sh.Target.ID} }

// DescribePortfolioShareStatus follows a share write. (S-TOK-3 … S-TOK-9)
func (s *Service) DescribePortfolioShareStatus(ctx context.Context, who access.Caller, in *api.DescribePortfolioShareStatusInput) (*api.DescribePortfolioShareStatusOutput, error) {
	out := new(api.DescribePortfolioShareStatusOutput)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		k, ok, err := tx.Token(in.PortfolioShareToken)
		if err != nil {
			return err
		}
		if !ok || k.Owner != who.Account || k.Region != who.Region {
			return tokenRefused(tx, who, in.PortfolioShareToken)
		}
		*out = api.DescribePortfolioShareStatusOutput{PortfolioShareToken: k.ID, PortfolioId: string(k.Portfolio),
			Status: api.ShareStatus(k.Status(s.Now())), ShareDetails: &api.ShareDetails{SuccessfulShares: []string{}, ShareErrors: []api.ShareError{}}}
		if k.Target.ByOrg() {
			out.OrganizationNodeValue = k.Target.ID
		}
		if out.Status == api.ShareStatusInProgress {
			return nil
		}
		out.ShareDetails.SuccessfulShares, err = successful(tx, k)
		return err
	})
	return out, err
}

// tokenRefused answers for a token that is not the caller's: who is in an organization and not privileged learns
// nothing at all. (S-TOK-8)
func tokenRefused(tx *store.Tx, who access.Caller, token string) error {
	_, in, err := tx.OrganizationOf(who.Account)
	if err != nil {
		return err
	}
	if in {
		if _, err := privileged(tx, who); err != nil {
			return err
		}
	}
	return fault.NotFoundf("Portfolio share token not found: %s", token)
}

// successful lists the accounts a share write covered when it was done, the owner left out. (S-TOK-6)
func successful(tx *store.Tx, k catalog.Token) ([]string, error) {
	if k.Listed {
		return some(k.Accounts), nil
	}
	covered, err := tx.CoveredBy(k.Target.Node(), k.Revision)
	return others(covered, k.Owner), err
}

func others(accounts []ident.Account, owner ident.Account) []string {
	out := make([]string, 0, len(accounts))
	for _, a := range accounts {
		if a != owner {
			out = append(out, string(a))
		}
	}
	return out
}
