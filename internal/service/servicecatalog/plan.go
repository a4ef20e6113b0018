package servicecatalog

import (
	"context"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/provision"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/store"
)

// planFor finds a plan that the caller reaches, by who owns its provisioned product. One that is being deleted is no more.
// (C-ACC-7)
func planFor(tx *store.Tx, who access.Caller, id string) (catalog.Plan, error) {
	p, ok, err := tx.Plan(catalog.PlanID(id))
	if err != nil {
		return p, err
	}
	if !ok || p.Deleting || p.Account != who.Account || p.Region != who.Region {
		return p, catalog.PlanNotFound(catalog.PlanID(id))
	}
	if !levelOf(who).Covers(who, p.UserARN, p.UserSession) {
		return p, fault.Deniedf("You are not authorized to access provisioned product plan %s", id)
	}
	return p, nil
}

// CreateProvisionedProductPlan accepts a plan for a launch or an update. (C-PLAN-1 … 5)
func (s *Service) CreateProvisionedProductPlan(ctx context.Context, who access.Caller, in *api.CreateProvisionedProductPlanInput) (out *api.CreateProvisionedProductPlanOutput, err error) {
	parameters, err := changed(in.ProvisioningParameters)
	if err != nil {
		return nil, err
	}
	key, err := s.replayKey(who, "CreateProvisionedProductPlan", in.IdempotencyToken, in)
	if err != nil {
		return nil, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		out, err = once(s, tx, key, func() (*api.CreateProvisionedProductPlanOutput, error) { return s.plan(tx, who, in, parameters) })
		return err
	})
	return out, err
}

func (s *Service) plan(tx *store.Tx, who access.Caller, in *api.CreateProvisionedProductPlanInput, parameters []catalog.Parameter) (*api.CreateProvisionedProductPlanOutput, error) {
	pp, exists, err := tx.ProvisionedNamed(who.Account, who.Region, in.ProvisionedProductName)
	if err != nil {
		return nil, err
	}
	w := wish{productID: &in.ProductId, artifactID: &in.ProvisioningArtifactId, pathID: in.PathId}
	if exists {
		if err := plannable(tx, who, pp); err != nil {
			return nil, err
		}
		w.running = &pp
	}
	l, err := findLaunch(tx, who, w)
	if err != nil {
		return nil, err
	}
	if err := s.checkPlan(l, w.running); err != nil {
		return nil, err
	}
	if !exists {
		if pp, err = s.newProvisioned(tx, who, l, in.ProvisionedProductName, in.IdempotencyToken); err != nil {
			return nil, err
		}
	}
	order, role, err := l.order(tx, who, pp, request{parameters: parameters, tags: sentTags(in.Tags), topics: in.NotificationArns, running: w.running})
	if err != nil {
		return nil, err
	}
	if order.Kind != catalog.StackKind {
		return nil, fault.Invalidf("Plans are made for products of type %s only, not %s", catalog.StackKind, order.Kind)
	}
	order.After = pp.LastProvisioning
	if !exists {
		pp.Status, pp.Kind, pp.LaunchRole, pp.Tags = catalog.PlanInProgress, order.Kind, role, order.Tags
		if err := tx.InsertProvisioned(pp); err != nil {
			return nil, err
		}
	}
	now := s.Now()
	p := catalog.Plan{ID: catalog.PlanID(s.IDs.New("plan")), Account: who.Account, Region: who.Region, Name: in.PlanName, ProvisionedProduct: pp.ID,
		ProvisionedName: pp.Name, Product: l.product.ID, Artifact: l.artifact.ID, Path: l.path.ID(), LaunchRole: role, Status: catalog.PlanCreating,
		UserARN: pp.UserARN, UserSession: pp.UserSession, Token: in.IdempotencyToken, Created: now, Updated: now, Order: order}
	if err := tx.InsertPlan(p); err != nil {
		return nil, err
	}
	return &api.CreateProvisionedProductPlanOutput{PlanName: p.Name, PlanId: string(p.ID), ProvisionProductId: string(pp.ID),
		ProvisionedProductName: pp.Name, ProvisioningArtifactId: string(p.Artifact)}, s.Launch.StartPlan(tx, p)
}

// plannable refuses a plan for what is not settled, or has one already. (C-PLAN-2, C-PLAN-3)
func plannable(tx *store.Tx, who access.Caller, pp catalog.ProvisionedProduct) error {
	if !levelOf(who).Covers(who, pp.UserARN, pp.UserSession) {
		return fault.Deniedf("You are not authorized to access provisioned product %s", pp.Name)
	}
	pending, err := tx.PlanPending(pp.ID)
	if err != nil {
		return err
	}
	if pending {
		return fault.Statef("Provisioned product %s has a plan that is not executed yet: execute or delete it first", pp.ID)
	}
	if pp.Status != catalog.Available && pp.Status != catalog.Tainted {
		return fault.Statef("Provisioned product %s is in status %s: a plan needs AVAILABLE or TAINTED", pp.ID, pp.Status)
	}
	return nil
}

// checkPlan refuses what cannot be launched or updated to, and what has no plans. (C-PLAN-1, C-PLAN-4)
func (s *Service) checkPlan(l launch, running *catalog.ProvisionedProduct) error {
	if l.product.Type != catalog.CloudFormation {
		return fault.Invalidf("Plans are made for products of type %s only, not %s", catalog.CloudFormation, l.product.Type)
	}
	if running == nil {
		if err := l.artifact.Launchable(); err != nil {
			return err
		}
		return s.canLaunch(l.product)
	}
	if l.product.Type != running.ProductType {
		return fault.Invalidf("Provisioned product %s is of type %s and cannot be updated to a product of type %s", running.ID, running.ProductType, l.product.Type)
	}
	return active(l.artifact)
}

// ExecuteProvisionedProductPlan accepts to do what a plan says. What may no longer be launched is not, whatever the plan
// says. (C-PLAN-6, S-PRO-1)
func (s *Service) ExecuteProvisionedProductPlan(ctx context.Context, who access.Caller, in *api.ExecuteProvisionedProductPlanInput) (*api.ExecuteProvisionedProductPlanOutput, error) {
	d, err := s.onceRecord(ctx, who, "ExecuteProvisionedProductPlan", in.IdempotencyToken, in, func(tx *store.Tx) (r catalog.Record, err error) {
		p, err := planFor(tx, who, in.PlanId)
		if err != nil {
			return r, err
		}
		if err := p.Executable(); err != nil {
			return r, err
		}
		pp, ok, err := tx.Provisioned(p.ProvisionedProduct)
		if err == nil && !ok {
			err = catalog.ProvisionedNotFound(string(p.ProvisionedProduct))
		}
		if err != nil {
			return r, err
		}
		if err := stillLaunchable(tx, who, p); err != nil {
			return r, err
		}
		return s.execute(tx, who, pp, p, in.IdempotencyToken)
	})
	return &api.ExecuteProvisionedProductPlanOutput{RecordDetail: d}, err
}

// stillLaunchable refuses to execute a plan whose path or version has gone.
func stillLaunchable(tx *store.Tx, who access.Caller, p catalog.Plan) error {
	product, artifact := string(p.Product), string(p.Artifact)
	l, err := findLaunch(tx, who, wish{productID: &product, artifactID: &artifact, pathID: &p.Path})
	if err != nil {
		return err
	}
	return active(l.artifact)
}

// execute begins to do what a plan says. Whoever executes it acts, not whoever made it, and on nothing that has changed
// since. (C-CONS-23, C-PLAN-6)
func (s *Service) execute(tx *store.Tx, who access.Caller, pp catalog.ProvisionedProduct, p catalog.Plan, token string) (catalog.Record, error) {
	order, kind := p.Order, catalog.ProvisionRecord
	order.Caller = who
	order.Caller.Notes = nil
	if !p.New() {
		if err := p.Current(pp); err != nil {
			return catalog.Record{}, err
		}
		if err := pp.Updatable(); err != nil {
			return catalog.Record{}, err
		}
		kind = catalog.UpdateRecord
		order.Was, order.PhysicalID, order.Before = pp.Status, pp.PhysicalID, pp.Parameters
	}
	next := pp
	next.Product, next.Artifact, next.Path, next.LaunchRole = p.Product, p.Artifact, p.Path, p.LaunchRole
	r := s.newRecord(kind, next, order)
	r.Token, r.Plan = token, p.ID
	r.Work.PhysicalID = p.Work.PhysicalID
	p, err := p.Advance(catalog.Begun, "", s.Now())
	if err != nil {
		return r, err
	}
	if err := tx.UpdatePlan(p); err != nil {
		return r, err
	}
	if err := tx.UpdateProvisioned(pp.Accept(r)); err != nil {
		return r, err
	}
	return r, s.start(tx, r)
}

// DeleteProvisionedProductPlan forgets a plan, and with it a provisioned product that was never provisioned. The engine's
// change set goes in the background. (C-PLAN-8)
func (s *Service) DeleteProvisionedProductPlan(ctx context.Context, who access.Caller, in *api.DeleteProvisionedProductPlanInput) (*api.DeleteProvisionedProductPlanOutput, error) {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := planFor(tx, who, in.PlanId)
		if err != nil {
			return err
		}
		if err := p.Deletable(); err != nil {
			return err
		}
		if p.Status.Executed() {
			return tx.DeletePlan(p.ID)
		}
		p.Deleting, p.Work, p.Updated = true, catalog.Work{PhysicalID: p.Work.PhysicalID, Secrets: p.Work.Secrets}, s.Now()
		p.Order.IgnoreErrors, p.Order.Caller = deref(in.IgnoreErrors), who
		p.Order.Caller.Notes = nil
		if err := tx.UpdatePlan(p); err != nil {
			return err
		}
		pp, ok, err := tx.Provisioned(p.ProvisionedProduct)
		if err != nil {
			return err
		}
		if ok && pp.Status == catalog.PlanInProgress {
			if err := tx.DeleteProvisioned(pp.ID); err != nil {
				return err
			}
		}
		return s.Launch.StartPlan(tx, p)
	})
	return new(api.DeleteProvisionedProductPlanOutput), err
}

// DescribeProvisionedProductPlan shows a plan and pages through its changes. (C-PLAN-7)
func (s *Service) DescribeProvisionedProductPlan(ctx context.Context, who access.Caller, in *api.DescribeProvisionedProductPlanInput) (*api.DescribeProvisionedProductPlanOutput, error) {
	pg, err := page("DescribeProvisionedProductPlan", who, in.PageSize, in.PageToken, in.PlanId)
	if err != nil {
		return nil, err
	}
	out := new(api.DescribeProvisionedProductPlanOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		p, err := planFor(tx, who, in.PlanId)
		if err != nil {
			return err
		}
		given, err := provision.Shown(tx, p)
		if err != nil {
			return err
		}
		out.ProvisionedProductPlanDetails = planDetails(p, given)
		all := []api.ResourceChange{}
		for _, c := range p.Changes {
			all = append(all, resourceChange(c))
		}
		out.ResourceChanges, out.NextPageToken = cutList(pg, all)
		return nil
	})
	return out, err
}

// planDetails shows a plan with the parameters that may be shown.
func planDetails(p catalog.Plan, given []catalog.Parameter) *api.ProvisionedProductPlanDetails {
	d := &api.ProvisionedProductPlanDetails{CreatedTime: p.Created, PathId: p.Path, ProductId: string(p.Product), PlanName: p.Name, PlanId: string(p.ID),
		ProvisionProductId: string(p.ProvisionedProduct), ProvisionProductName: p.ProvisionedName, PlanType: api.ProvisionedProductPlanTypeCloudformation,
		ProvisioningArtifactId: string(p.Artifact), Status: api.ProvisionedProductPlanStatus(p.Status), UpdatedTime: p.Updated,
		NotificationArns: some(p.Order.Topics), ProvisioningParameters: []api.UpdateProvisioningParameter{}, Tags: apiTags(p.Order.Tags.Caller),
		StatusMessage: p.Message}
	for _, q := range given {
		out := api.UpdateProvisioningParameter{Key: &q.Key, UsePreviousValue: &q.Previous}
		if !q.Previous {
			out.Value = &q.Value
		}
		d.ProvisioningParameters = append(d.ProvisioningParameters, out)
	}
	return d
}

func resourceChange(c catalog.Change) api.ResourceChange {
	out := api.ResourceChange{Action: api.ChangeAction(c.Action), LogicalResourceId: c.LogicalID, PhysicalResourceId: c.PhysicalID,
		ResourceType: c.Type, Replacement: api.Replacement(c.Replacement), Scope: []api.ResourceAttribute{}, Details: []api.ResourceChangeDetail{}}
	for _, s := range c.Scope {
		out.Scope = append(out.Scope, api.ResourceAttribute(s))
	}
	for _, d := range c.Details {
		evaluation := api.EvaluationTypeDynamic
		if d.Static {
			evaluation = api.EvaluationTypeStatic
		}
		out.Details = append(out.Details, api.ResourceChangeDetail{Evaluation: evaluation, CausingEntity: d.Cause,
			Target: &api.ResourceTargetDefinition{Attribute: api.ResourceAttribute(d.Attribute), Name: d.Name, RequiresRecreation: api.RequiresRecreation(d.Recreate)}})
	}
	return out
}

// ListProvisionedProductPlans lists plans, oldest first. (C-PLAN-9)
func (s *Service) ListProvisionedProductPlans(ctx context.Context, who access.Caller, in *api.ListProvisionedProductPlansInput) (*api.ListProvisionedProductPlansOutput, error) {
	level, err := listLevel(who, in.AccessLevelFilter, catalog.UserLevel)
	if err != nil {
		return nil, err
	}
	pg, err := page("ListProvisionedProductPlans", who, in.PageSize, in.PageToken, levelScope(level), deref(in.ProvisionProductId))
	if err != nil {
		return nil, err
	}
	out := &api.ListProvisionedProductPlansOutput{ProvisionedProductPlans: []api.ProvisionedProductPlanSummary{}}
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		if in.ProvisionProductId != nil {
			if _, err := provisionedFor(tx, who, in.ProvisionProductId, nil); err != nil {
				return err
			}
		}
		ps, err := tx.Plans(store.WhoseOf(who, level), catalog.ProvisionedProductID(deref(in.ProvisionProductId)), pg.after, pg.limit())
		if err != nil {
			return err
		}
		ps, out.NextPageToken = cut(pg, ps, func(p catalog.Plan) ident.Page { return store.TimeKey(p.Created.UnixMicro(), string(p.ID)) })
		for _, p := range ps {
			out.ProvisionedProductPlans = append(out.ProvisionedProductPlans, api.ProvisionedProductPlanSummary{PlanName: p.Name, PlanId: string(p.ID),
				ProvisionProductId: string(p.ProvisionedProduct), ProvisionProductName: p.ProvisionedName, PlanType: api.ProvisionedProductPlanTypeCloudformation,
				ProvisioningArtifactId: string(p.Artifact)})
		}
		return nil
	})
	return out, err
}
