package servicecatalog

import (
	"context"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/store"
)

func constraintDetail(c catalog.Constraint) *api.ConstraintDetail {
	return &api.ConstraintDetail{ConstraintId: string(c.ID), Type: c.Type, Description: c.Description,
		Owner: string(c.Owner), ProductId: string(c.Product), PortfolioId: string(c.Portfolio)}
}

// constraintFor reads a constraint that who is about to do v to. Whoever does not see its portfolio learns nothing of
// it. (S-IMP table)
func constraintFor(tx *store.Tx, who access.Caller, id string, v catalog.Verb) (catalog.Constraint, error) {
	cid := catalog.ConstraintID(id)
	c, ok, err := tx.Constraint(cid)
	if err != nil {
		return c, err
	}
	if !ok {
		return c, catalog.ConstraintNotFound(cid)
	}
	_, _, err = portfolioFor(tx, who, string(c.Portfolio), v)
	if fault.Is(err, fault.NotFound) {
		err = catalog.ConstraintNotFound(cid)
	}
	return c, err
}

// CreateConstraint sets a term on a product of an own portfolio. (C-CONS-1 … 8, C-CONS-20 … 54, C-RULE-1 … 5)
func (s *Service) CreateConstraint(ctx context.Context, who access.Caller, in *api.CreateConstraintInput) (out *api.CreateConstraintOutput, err error) {
	key, err := s.replayKey(who, "CreateConstraint", in.IdempotencyToken, in)
	if err != nil {
		return nil, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		out, err = once(s, tx, key, func() (*api.CreateConstraintOutput, error) { return s.createConstraint(tx, who, in) })
		return err
	})
	return out, err
}

func (s *Service) createConstraint(tx *store.Tx, who access.Caller, in *api.CreateConstraintInput) (*api.CreateConstraintOutput, error) {
	p, _, err := portfolioFor(tx, who, in.PortfolioId, catalog.Edit)
	if err != nil {
		return nil, err
	}
	m, held, err := tx.Membership(p.ID, catalog.ProductID(in.ProductId))
	if err != nil {
		return nil, err
	}
	if !held {
		return nil, fault.NotFoundf("Product %s is not associated with portfolio %s", in.ProductId, p.ID)
	}
	product, _, err := tx.Product(m.Product)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckConstraintType(in.Type, product.Type); err != nil {
		return nil, err
	}
	if err := checkParameters(tx, who, in.Type, in.Parameters); err != nil {
		return nil, err
	}
	local, inherited, err := tx.Terms(p.ID, m.Product)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckMultiplicity(in.Type, local, inherited); err != nil {
		return nil, err
	}
	if err := catalog.Within(s.Quotas.Constraints, len(local), "constraints per product and portfolio"); err != nil {
		return nil, err
	}
	c := catalog.Constraint{ID: catalog.ConstraintID(s.IDs.New("cons")), Portfolio: p.ID, Product: m.Product, Owner: p.Owner,
		Type: in.Type, Description: deref(in.Description), Parameters: in.Parameters, Created: s.Now()}
	return &api.CreateConstraintOutput{ConstraintDetail: constraintDetail(c), ConstraintParameters: c.Parameters,
		Status: api.StatusCreating}, tx.InsertConstraint(c)
}

// checkParameters refuses parameters that are not of the type's form, and a launch role that Service Catalog could not
// assume. (C-CONS-5, C-CONS-20 … C-CONS-22, S-ROL-4)
func checkParameters(tx *store.Tx, who access.Caller, kind, text string) error {
	if err := catalog.CheckParameters(kind, text, who.Region); err != nil {
		return err
	}
	if kind == catalog.StackSetConstraint {
		return passableAdmin(who, text)
	}
	if kind != catalog.LaunchConstraint {
		return nil
	}
	r, err := catalog.ReadLaunchRole(text)
	if err != nil {
		return err
	}
	name := r.Local
	if r.Local == "" {
		if err := ownRole(who, r.ARN); err != nil {
			return err
		}
		name = r.ARN.Resource[strings.LastIndex(r.ARN.Resource, "/")+1:]
	}
	role, ok, err := tx.RoleByName(who.Account, name)
	if err != nil {
		return err
	}
	ok = ok && (r.Local != "" || role.ARN() == r.ARN.String())
	trust, err := access.ParseTrust(role.Trust)
	switch trusted := err == nil && trust.AllowsService(catalog.ServicePrincipals(who.Region)...); {
	case ok && trusted:
		return passable(who, role)
	case !ok:
		return fault.Invalidf("Invalid Parameters of the LAUNCH constraint: there is no role %s in account %s", name, who.Account)
	}
	return fault.Invalidf("Invalid Parameters of the LAUNCH constraint: the trust policy of role %s does not let servicecatalog.amazonaws.com assume it", role.ARN())
}

// ownRole refuses to hand over a role of another account, whether it is there or not: that it trusts the service says
// nothing about on whose behalf, and what is launched as the role is made in its account. (C-CONS-21, S-ROL-2)
func ownRole(who access.Caller, role ident.ARN) error {
	if role.Account == who.Account {
		return nil
	}
	return fault.Deniedf("User: %s is not authorized to perform: iam:PassRole on resource: %s. Cross-account pass role is not allowed.", who.ARN, role)
}

// passable refuses to hand a role over to the service unless the caller may. (C-CONS-21)
func passable(who access.Caller, r access.IAMRole) error {
	q := access.Request{Action: "iam:PassRole", Resource: access.Resources(r.ARN())}
	q.Keys.Set(access.KeyPassedToService, "servicecatalog.amazonaws.com")
	return who.Authorize(q)
}

// passableAdmin refuses a STACKSET constraint that names a role to administer stack sets with, unless the caller may pass
// it. (C-CONS-50)
func passableAdmin(who access.Caller, text string) error {
	terms, err := catalog.ReadTerms([]catalog.Term{{Constraint: catalog.Constraint{Type: catalog.StackSetConstraint, Parameters: text}}})
	if err != nil || terms.StackSet.AdminRole == "" {
		return err
	}
	if arn, err := ident.ParseARN(terms.StackSet.AdminRole); err != nil || arn.Account != who.Account {
		return ownRole(who, arn)
	}
	q := access.Request{Action: "iam:PassRole", Resource: access.Resources(terms.StackSet.AdminRole)}
	q.Keys.Set(access.KeyPassedToService, "cloudformation.amazonaws.com")
	return who.Authorize(q)
}

// UpdateConstraint changes the description and the parameters of an own constraint, never its type. (C-CONS-9)
func (s *Service) UpdateConstraint(ctx context.Context, who access.Caller, in *api.UpdateConstraintInput) (*api.UpdateConstraintOutput, error) {
	out := &api.UpdateConstraintOutput{Status: api.StatusCreating}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		c, err := constraintFor(tx, who, in.Id, catalog.Edit)
		if err != nil {
			return err
		}
		if in.Parameters != nil {
			if err := checkParameters(tx, who, c.Type, *in.Parameters); err != nil {
				return err
			}
			c.Parameters = *in.Parameters
		}
		if in.Description != nil {
			c.Description = *in.Description
		}
		out.ConstraintDetail, out.ConstraintParameters = constraintDetail(c), c.Parameters
		return tx.UpdateConstraint(c)
	})
	return out, err
}

// DeleteConstraint removes an own constraint; an inherited one it overrode is in force again. (C-CONS-9, S-CON-6)
func (s *Service) DeleteConstraint(ctx context.Context, who access.Caller, in *api.DeleteConstraintInput) (*api.DeleteConstraintOutput, error) {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		c, err := constraintFor(tx, who, in.Id, catalog.Edit)
		if err != nil {
			return err
		}
		return tx.DeleteConstraint(c.ID)
	})
	return new(api.DeleteConstraintOutput), err
}

// DescribeConstraint shows a constraint to whoever sees its portfolio. (C-CONS-3, C-CONS-4)
func (s *Service) DescribeConstraint(ctx context.Context, who access.Caller, in *api.DescribeConstraintInput) (*api.DescribeConstraintOutput, error) {
	out := &api.DescribeConstraintOutput{Status: api.StatusAvailable}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		c, err := constraintFor(tx, who, in.Id, catalog.Read)
		out.ConstraintDetail, out.ConstraintParameters = constraintDetail(c), c.Parameters
		return err
	})
	return out, err
}

// ListConstraintsForPortfolio lists the terms of a portfolio's products, inherited and overridden ones too. (S-CON-10)
func (s *Service) ListConstraintsForPortfolio(ctx context.Context, who access.Caller, in *api.ListConstraintsForPortfolioInput) (*api.ListConstraintsForPortfolioOutput, error) {
	pg, err := page("ListConstraintsForPortfolio", who, in.PageSize, in.PageToken, in.PortfolioId, deref(in.ProductId))
	if err != nil {
		return nil, err
	}
	out := &api.ListConstraintsForPortfolioOutput{ConstraintDetails: []api.ConstraintDetail{}}
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		p, _, err := portfolioFor(tx, who, in.PortfolioId, catalog.Read)
		if err != nil {
			return err
		}
		cs, err := tx.TermsOf(p.ID, catalog.ProductID(deref(in.ProductId)), catalog.ConstraintID(pg.key(0)), pg.limit())
		if err != nil {
			return err
		}
		cs, out.NextPageToken = cut(pg, cs, func(c catalog.Constraint) ident.Page { return ident.Page{string(c.ID)} })
		for _, c := range cs {
			out.ConstraintDetails = append(out.ConstraintDetails, *constraintDetail(c))
		}
		return nil
	})
	return out, err
}

// constraintSummaries shows the terms in force on one path. (C-VIEW-7, S-CON-10)
func constraintSummaries(tx *store.Tx, m catalog.Membership) ([]api.ConstraintSummary, error) {
	local, inherited, err := tx.TermsOn(m)
	out := []api.ConstraintSummary{}
	for _, t := range catalog.Effective(local, inherited) {
		out = append(out, api.ConstraintSummary{Type: t.Type, Description: t.Description})
	}
	return out, err
}
