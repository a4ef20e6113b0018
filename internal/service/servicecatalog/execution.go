package servicecatalog

import (
	"context"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/provision"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/store"
)

// actionOf finds a provisioned product that the caller reaches, and an action that its version has. (C-ACT-6)
func actionOf(tx *store.Tx, who access.Caller, provisioned, action string) (pp catalog.ProvisionedProduct, a catalog.ServiceAction, err error) {
	if pp, err = provisionedFor(tx, who, &provisioned, nil); err != nil {
		return pp, a, err
	}
	a, ok, err := tx.ServiceActionOn(pp.Artifact, catalog.ServiceActionID(action))
	if err == nil && !ok {
		err = catalog.ServiceActionNotFound(catalog.ServiceActionID(action))
	}
	return pp, a, err
}

// DescribeServiceActionExecutionParameters tells what the run of an action asks for. (C-ACT-6)
func (s *Service) DescribeServiceActionExecutionParameters(ctx context.Context, who access.Caller, in *api.DescribeServiceActionExecutionParametersInput) (*api.DescribeServiceActionExecutionParametersOutput, error) {
	var pp catalog.ProvisionedProduct
	var a catalog.ServiceAction
	err := s.DB.Read(ctx, func(tx *store.Tx) (err error) {
		pp, a, err = actionOf(tx, who, in.ProvisionedProductId, in.ServiceActionId)
		return err
	})
	if err != nil {
		return nil, err
	}
	var doc catalog.Document
	if s.Launch.Actions != nil {
		if doc, _, err = s.Launch.Actions.Document(ctx, a.Definition.Document(), a.Definition.Version()); err != nil {
			return nil, err
		}
	}
	var resources []catalog.Resource
	if lister, ok := s.Launch.Engines[pp.ProductType].Engine.(provision.Lister); ok && pp.PhysicalID != "" {
		if resources, err = lister.Resources(ctx, pp.PhysicalID); err != nil {
			return nil, err
		}
	}
	out := &api.DescribeServiceActionExecutionParametersOutput{ServiceActionParameters: []api.ExecutionParameter{}}
	for _, p := range a.Definition.Asked(doc, resources) {
		out.ServiceActionParameters = append(out.ServiceActionParameters, api.ExecutionParameter{Name: p.Name, Type: p.Type, DefaultValues: some(p.Defaults)})
	}
	return out, nil
}

// ExecuteProvisionedProductServiceAction accepts the run of an action; a record tells how it goes. (C-ACT-7)
func (s *Service) ExecuteProvisionedProductServiceAction(ctx context.Context, who access.Caller, in *api.ExecuteProvisionedProductServiceActionInput) (*api.ExecuteProvisionedProductServiceActionOutput, error) {
	d, err := s.onceRecord(ctx, who, "ExecuteProvisionedProductServiceAction", in.ExecuteToken, in, func(tx *store.Tx) (r catalog.Record, err error) {
		pp, a, err := actionOf(tx, who, in.ProvisionedProductId, in.ServiceActionId)
		if err != nil {
			return r, err
		}
		if err := pp.Actionable(); err != nil {
			return r, err
		}
		if err := a.Definition.CheckNames(in.Parameters); err != nil {
			return r, err
		}
		order := catalog.Order{Caller: who, ProductType: pp.ProductType, Stack: stackAccount(pp), StackName: pp.StackName, PhysicalID: pp.PhysicalID,
			Was: pp.Status, Kind: pp.Kind, Tags: pp.Tags, Action: &catalog.ActionOrder{Action: a.ID, Definition: a.Definition, Given: in.Parameters}}
		order.Caller.Notes = nil
		r = s.newRecord(catalog.ActionRecord, pp, order)
		r.Token, r.Tags = in.ExecuteToken, nil
		pp.LastRecord = r.ID
		if err := tx.UpdateProvisioned(pp); err != nil {
			return r, err
		}
		return r, s.start(tx, r)
	})
	return &api.ExecuteProvisionedProductServiceActionOutput{RecordDetail: d}, err
}
