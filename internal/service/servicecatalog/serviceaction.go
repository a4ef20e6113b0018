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

func actionSummary(a catalog.ServiceAction) api.ServiceActionSummary {
	return api.ServiceActionSummary{Id: string(a.ID), Name: a.Name, Description: a.Description, DefinitionType: catalog.Automation}
}

func actionSummaries(as []catalog.ServiceAction) []api.ServiceActionSummary {
	out := make([]api.ServiceActionSummary, len(as))
	for i, a := range as {
		out[i] = actionSummary(a)
	}
	return out
}

func actionDetail(a catalog.ServiceAction) *api.ServiceActionDetail {
	summary := actionSummary(a)
	return &api.ServiceActionDetail{ServiceActionSummary: &summary, Definition: a.Definition}
}

func actionKey(a catalog.ServiceAction) ident.Page { return ident.Page{string(a.ID)} }

// ownAction reads a service action of the caller's account and region; another's does not exist here.
func ownAction(tx *store.Tx, who access.Caller, id string) (catalog.ServiceAction, error) {
	a, ok, err := tx.ServiceAction(catalog.ServiceActionID(id))
	if err == nil && (!ok || a.Owner != who.Account || a.Region != who.Region) {
		err = catalog.ServiceActionNotFound(catalog.ServiceActionID(id))
	}
	return a, err
}

// checkDefinition refuses a definition that is not of the form, or that hands over a role that the caller may not pass.
// (C-ACT-1)
func checkDefinition(tx *store.Tx, who access.Caller, d catalog.ActionDefinition) error {
	if err := d.Check(); err != nil {
		return err
	}
	if d.Role() == "" || d.Role() == catalog.ByLaunchRole {
		return nil
	}
	role, ok, err := provision.LaunchRole(tx, d.Role())
	if err != nil {
		return err
	}
	if !ok || role.Account != who.Account {
		return fault.Invalidf("Invalid Definition: there is no role %s in account %s", d.Role(), who.Account)
	}
	return passable(who, role)
}

// CreateServiceAction makes an action of an automation document. (C-ACT-1)
func (s *Service) CreateServiceAction(ctx context.Context, who access.Caller, in *api.CreateServiceActionInput) (out *api.CreateServiceActionOutput, err error) {
	key, err := s.replayKey(who, "CreateServiceAction", in.IdempotencyToken, in)
	if err != nil {
		return nil, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		out, err = once(s, tx, key, func() (*api.CreateServiceActionOutput, error) { return s.createAction(tx, who, in) })
		return err
	})
	return out, err
}

func (s *Service) createAction(tx *store.Tx, who access.Caller, in *api.CreateServiceActionInput) (*api.CreateServiceActionOutput, error) {
	a := catalog.ServiceAction{ID: catalog.ServiceActionID(s.IDs.New("act")), Owner: who.Account, Region: who.Region, Name: in.Name,
		Description: deref(in.Description), Definition: in.Definition, Created: s.Now()}
	if err := checkDefinition(tx, who, a.Definition); err != nil {
		return nil, err
	}
	if s.Quotas.ServiceActions > 0 {
		have, err := tx.CountServiceActions(who.Account, who.Region, s.Quotas.ServiceActions)
		if err != nil {
			return nil, err
		}
		if err := catalog.Within(s.Quotas.ServiceActions, have, "service actions per region"); err != nil {
			return nil, err
		}
	}
	return &api.CreateServiceActionOutput{ServiceActionDetail: actionDetail(a)}, tx.InsertServiceAction(a)
}

// UpdateServiceAction changes what is sent; of the definition too. (C-ACT-2)
func (s *Service) UpdateServiceAction(ctx context.Context, who access.Caller, in *api.UpdateServiceActionInput) (*api.UpdateServiceActionOutput, error) {
	out := new(api.UpdateServiceActionOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		a, err := ownAction(tx, who, in.Id)
		if err != nil {
			return err
		}
		if in.Name != nil {
			a.Name = *in.Name
		}
		if in.Description != nil {
			a.Description = *in.Description
		}
		if len(in.Definition) > 0 {
			a.Definition = a.Definition.With(in.Definition)
			if err := checkDefinition(tx, who, a.Definition); err != nil {
				return err
			}
		}
		out.ServiceActionDetail = actionDetail(a)
		return tx.UpdateServiceAction(a)
	})
	return out, err
}

// DeleteServiceAction removes an action that no version has. (C-ACT-2)
func (s *Service) DeleteServiceAction(ctx context.Context, who access.Caller, in *api.DeleteServiceActionInput) (*api.DeleteServiceActionOutput, error) {
	return perhapsOnce(ctx, s, who, "DeleteServiceAction", in.IdempotencyToken, in, func(tx *store.Tx) (*api.DeleteServiceActionOutput, error) {
		a, err := ownAction(tx, who, in.Id)
		if err != nil {
			return nil, err
		}
		used, err := tx.ServiceActionUsed(a.ID)
		if err != nil {
			return nil, err
		}
		if used {
			return nil, fault.InUsef("Service action %s is still associated with a provisioning artifact", a.ID)
		}
		return new(api.DeleteServiceActionOutput), tx.DeleteServiceAction(a.ID)
	})
}

// perhapsOnce is once for a request whose token is optional. (C-GEN-6)
func perhapsOnce[Out any](ctx context.Context, s *Service, who access.Caller, op string, token *string, in any, do func(*store.Tx) (*Out, error)) (out *Out, err error) {
	var key store.Replay
	if token != nil {
		if key, err = s.replayKey(who, op, *token, in); err != nil {
			return nil, err
		}
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if token == nil {
			out, err = do(tx)
		} else {
			out, err = once(s, tx, key, func() (*Out, error) { return do(tx) })
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// DescribeServiceAction shows an action of the caller's account. (C-ACT-1)
func (s *Service) DescribeServiceAction(ctx context.Context, who access.Caller, in *api.DescribeServiceActionInput) (*api.DescribeServiceActionOutput, error) {
	out := new(api.DescribeServiceActionOutput)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		a, err := ownAction(tx, who, in.Id)
		out.ServiceActionDetail = actionDetail(a)
		return err
	})
	return out, err
}

// ListServiceActions lists the actions of the caller's account. (C-ACT-1)
func (s *Service) ListServiceActions(ctx context.Context, who access.Caller, in *api.ListServiceActionsInput) (*api.ListServiceActionsOutput, error) {
	pg, err := page("ListServiceActions", who, in.PageSize, in.PageToken)
	if err != nil {
		return nil, err
	}
	out := new(api.ListServiceActionsOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		as, err := tx.ServiceActions(who.Account, who.Region, catalog.ServiceActionID(pg.key(0)), pg.limit())
		as, out.NextPageToken = cut(pg, as, actionKey)
		out.ServiceActionSummaries = actionSummaries(as)
		return err
	})
	return out, err
}

// ListServiceActionsForProvisioningArtifact lists the actions of a version to its owner, to accounts that import it, to
// whoever may launch it, and to an account that runs it. (C-ACT-5)
func (s *Service) ListServiceActionsForProvisioningArtifact(ctx context.Context, who access.Caller, in *api.ListServiceActionsForProvisioningArtifactInput) (*api.ListServiceActionsForProvisioningArtifactOutput, error) {
	pg, err := page("ListServiceActionsForProvisioningArtifact", who, in.PageSize, in.PageToken, in.ProductId, in.ProvisioningArtifactId)
	if err != nil {
		return nil, err
	}
	out := new(api.ListServiceActionsForProvisioningArtifactOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		product, version := catalog.ProductID(in.ProductId), catalog.ArtifactID(in.ProvisioningArtifactId)
		runs, err := tx.Runs(who.Account, who.Region, product, version)
		if err != nil {
			return err
		}
		if !runs {
			p, err := productSeen(tx, who, in.ProductId)
			if err != nil {
				return err
			}
			if _, err := artifactOf(tx, p, in.ProvisioningArtifactId); err != nil {
				return err
			}
		}
		as, err := tx.ServiceActionsOn(version, catalog.ServiceActionID(pg.key(0)), pg.limit())
		as, out.NextPageToken = cut(pg, as, actionKey)
		out.ServiceActionSummaries = actionSummaries(as)
		return err
	})
	return out, err
}

// productSeen reads a product that the caller sees as an administrator or as a user.
func productSeen(tx *store.Tx, who access.Caller, id string) (catalog.Product, error) {
	p, err := productFor(tx, who, id, catalog.Read)
	if !fault.Is(err, fault.NotFound) {
		return p, err
	}
	p, paths, _, again := launchProduct(tx, who, wish{productID: &id})
	if again != nil && !fault.Is(again, fault.NotFound) {
		return p, again
	}
	if again == nil && len(paths) > 0 {
		err = nil
	}
	return p, err
}

// ListProvisioningArtifactsForServiceAction lists the versions that have an action of the caller's account. (C-ACT-5)
func (s *Service) ListProvisioningArtifactsForServiceAction(ctx context.Context, who access.Caller, in *api.ListProvisioningArtifactsForServiceActionInput) (*api.ListProvisioningArtifactsForServiceActionOutput, error) {
	pg, err := page("ListProvisioningArtifactsForServiceAction", who, in.PageSize, in.PageToken, in.ServiceActionId)
	if err != nil {
		return nil, err
	}
	out := &api.ListProvisioningArtifactsForServiceActionOutput{ProvisioningArtifactViews: []api.ProvisioningArtifactView{}}
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		a, err := ownAction(tx, who, in.ServiceActionId)
		if err != nil {
			return err
		}
		versions, err := tx.ArtifactsWith(a.ID, catalog.ArtifactID(pg.key(0)), pg.limit())
		if err != nil {
			return err
		}
		versions, out.NextPageToken = cut(pg, versions, func(v catalog.Artifact) ident.Page { return ident.Page{string(v.ID)} })
		ids := make([]catalog.ProductID, len(versions))
		for i, v := range versions {
			ids[i] = v.Product
		}
		products, err := tx.Products(ids)
		if err != nil {
			return err
		}
		summaries := map[catalog.ProductID]*api.ProductViewSummary{}
		for _, p := range products {
			summaries[p.ID] = productSummary(p)
		}
		for _, v := range versions {
			view := artifactView(v)
			out.ProvisioningArtifactViews = append(out.ProvisioningArtifactViews, api.ProvisioningArtifactView{
				ProductViewSummary: summaries[v.Product], ProvisioningArtifact: &view})
		}
		return nil
	})
	return out, err
}

// actionEnds finds what an association joins: a version of an own product and an own action. (C-ACT-3, Q12)
func actionEnds(tx *store.Tx, who access.Caller, in api.ServiceActionAssociation) (v catalog.Artifact, a catalog.ServiceAction, err error) {
	p, err := productFor(tx, who, in.ProductId, catalog.Edit)
	if err != nil {
		return v, a, err
	}
	if v, err = artifactOf(tx, p, in.ProvisioningArtifactId); err != nil {
		return v, a, err
	}
	a, err = ownAction(tx, who, in.ServiceActionId)
	return v, a, err
}

func (s *Service) associateAction(tx *store.Tx, who access.Caller, in api.ServiceActionAssociation) error {
	v, a, err := actionEnds(tx, who, in)
	if err != nil {
		return err
	}
	if _, has, err := tx.ServiceActionOn(v.ID, a.ID); err != nil || has {
		if err == nil {
			err = fault.Duplicatef("Service action %s is already associated with provisioning artifact %s", a.ID, v.ID)
		}
		return err
	}
	have, err := tx.CountServiceActionsOn(v.ID)
	if err != nil {
		return err
	}
	if err := catalog.Within(s.Quotas.ActionsPerVersion, have, "service actions per provisioning artifact"); err != nil {
		return err
	}
	_, err = tx.LinkServiceAction(v.ID, a.ID)
	return err
}

func (s *Service) disassociateAction(tx *store.Tx, who access.Caller, in api.ServiceActionAssociation) error {
	v, a, err := actionEnds(tx, who, in)
	if err != nil {
		return err
	}
	had, err := tx.UnlinkServiceAction(v.ID, a.ID)
	if err == nil && !had {
		err = fault.NotFoundf("Service action %s is not associated with provisioning artifact %s", a.ID, v.ID)
	}
	return err
}

// AssociateServiceActionWithProvisioningArtifact lets a version of an own product have an action. (C-ACT-3)
func (s *Service) AssociateServiceActionWithProvisioningArtifact(ctx context.Context, who access.Caller, in *api.AssociateServiceActionWithProvisioningArtifactInput) (*api.AssociateServiceActionWithProvisioningArtifactOutput, error) {
	return perhapsOnce(ctx, s, who, "AssociateServiceActionWithProvisioningArtifact", in.IdempotencyToken, in,
		func(tx *store.Tx) (*api.AssociateServiceActionWithProvisioningArtifactOutput, error) {
			return new(api.AssociateServiceActionWithProvisioningArtifactOutput), s.associateAction(tx, who,
				api.ServiceActionAssociation{ServiceActionId: in.ServiceActionId, ProductId: in.ProductId, ProvisioningArtifactId: in.ProvisioningArtifactId})
		})
}

// DisassociateServiceActionFromProvisioningArtifact takes an action off a version. (C-ACT-3)
func (s *Service) DisassociateServiceActionFromProvisioningArtifact(ctx context.Context, who access.Caller, in *api.DisassociateServiceActionFromProvisioningArtifactInput) (*api.DisassociateServiceActionFromProvisioningArtifactOutput, error) {
	return perhapsOnce(ctx, s, who, "DisassociateServiceActionFromProvisioningArtifact", in.IdempotencyToken, in,
		func(tx *store.Tx) (*api.DisassociateServiceActionFromProvisioningArtifactOutput, error) {
			return new(api.DisassociateServiceActionFromProvisioningArtifactOutput), s.disassociateAction(tx, who,
				api.ServiceActionAssociation{ServiceActionId: in.ServiceActionId, ProductId: in.ProductId, ProvisioningArtifactId: in.ProvisioningArtifactId})
		})
}

// BatchAssociateServiceActionWithProvisioningArtifact makes several associations; those refused are told. (C-ACT-4)
func (s *Service) BatchAssociateServiceActionWithProvisioningArtifact(ctx context.Context, who access.Caller, in *api.BatchAssociateServiceActionWithProvisioningArtifactInput) (*api.BatchAssociateServiceActionWithProvisioningArtifactOutput, error) {
	failed, err := s.eachAssociation(ctx, who, in.ServiceActionAssociations, s.associateAction)
	return &api.BatchAssociateServiceActionWithProvisioningArtifactOutput{FailedServiceActionAssociations: failed}, err
}

// BatchDisassociateServiceActionFromProvisioningArtifact ends several associations; those refused are told. (C-ACT-4)
func (s *Service) BatchDisassociateServiceActionFromProvisioningArtifact(ctx context.Context, who access.Caller, in *api.BatchDisassociateServiceActionFromProvisioningArtifactInput) (*api.BatchDisassociateServiceActionFromProvisioningArtifactOutput, error) {
	failed, err := s.eachAssociation(ctx, who, in.ServiceActionAssociations, s.disassociateAction)
	return &api.BatchDisassociateServiceActionFromProvisioningArtifactOutput{FailedServiceActionAssociations: failed}, err
}

// eachAssociation does the same to each association. A refusal leaves nothing of its own behind and does not stop the
// others.
func (s *Service) eachAssociation(ctx context.Context, who access.Caller, all []api.ServiceActionAssociation,
	do func(*store.Tx, access.Caller, api.ServiceActionAssociation) error) (failed []api.FailedServiceActionAssociation, err error) {
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		failed = []api.FailedServiceActionAssociation{}
		for _, one := range all {
			err := do(tx, who, one)
			if err == nil {
				continue
			}
			f, ok := fault.Of(err)
			if !ok {
				return err
			}
			failed = append(failed, api.FailedServiceActionAssociation{ServiceActionId: one.ServiceActionId, ProductId: one.ProductId,
				ProvisioningArtifactId: one.ProvisioningArtifactId, ErrorCode: associationCode(f.Kind), ErrorMessage: f.Message})
		}
		return nil
	})
	return failed, err
}

func associationCode(k fault.Kind) api.ServiceActionAssociationErrorCode {
	switch k {
	case fault.Duplicate:
		return api.ServiceActionAssociationErrorCodeDuplicateResource
	case fault.Limit:
		return api.ServiceActionAssociationErrorCodeLimitExceeded
	case fault.NotFound:
		return api.ServiceActionAssociationErrorCodeResourceNotFound
	}
	return api.ServiceActionAssociationErrorCodeInvalidParameter
}
