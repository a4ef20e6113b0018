package servicecatalog

import (
	"context"
	"maps"
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/provision"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/store"
)

// What is done to a provisioned product without changing what runs: taking over a stack, and changing whose it is.

// ImportAsProvisionedProduct takes over a stack that is there already. The terms of the path apply from the first update
// on. (C-PP-22)
func (s *Service) ImportAsProvisionedProduct(ctx context.Context, who access.Caller, in *api.ImportAsProvisionedProductInput) (*api.ImportAsProvisionedProductOutput, error) {
	key, err := s.replayKey(who, "ImportAsProvisionedProduct", in.IdempotencyToken, in)
	if err != nil {
		return nil, err
	}
	// A repeated request is answered before its stack is looked at, which may have changed by now.
	var l launch
	var body []byte
	var again *catalog.RecordID
	err = s.DB.Read(ctx, func(tx *store.Tx) (err error) {
		if again, err = recall[catalog.RecordID](tx, key); err != nil || again != nil {
			return err
		}
		if l, err = importable(tx, who, in); err == nil {
			body, err = tx.ArtifactBody(l.artifact.ID)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var stack provision.Stack
	if again == nil {
		if stack, err = s.findStack(ctx, who, l, in.PhysicalId, body); err != nil {
			return nil, err
		}
	}
	d, err := s.onceRecord(ctx, who, "ImportAsProvisionedProduct", in.IdempotencyToken, in, func(tx *store.Tx) (catalog.Record, error) {
		return s.adopt(tx, who, in, stack)
	})
	return &api.ImportAsProvisionedProductOutput{RecordDetail: d}, err
}

// importable works out what a stack is imported as. Which path does not matter before there are several. (C-ACC-2)
func importable(tx *store.Tx, who access.Caller, in *api.ImportAsProvisionedProductInput) (l launch, err error) {
	w := wish{productID: &in.ProductId, artifactID: &in.ProvisioningArtifactId}
	var paths []catalog.Path
	if l.product, paths, _, err = launchProduct(tx, who, w); err != nil {
		return l, err
	}
	if l.artifact, err = launchArtifact(tx, l.product, w); err != nil {
		return l, err
	}
	if len(paths) == 1 {
		l.path = paths[0]
	}
	if l.product.Type != catalog.CloudFormation {
		return l, fault.Invalidf("Only stacks can be imported, as products of type %s, not %s", catalog.CloudFormation, l.product.Type)
	}
	return l, active(l.artifact)
}

func (s *Service) findStack(ctx context.Context, who access.Caller, l launch, id string, body []byte) (provision.Stack, error) {
	finder, ok := s.Launch.Engines[l.product.Type].Engine.(provision.Finder)
	if !ok {
		return provision.Stack{}, fault.Invalidf("Stacks cannot be imported: this server has no engine that looks at stacks it did not make")
	}
	if a, err := ident.ParseARN(id); err != nil || a.Service != "cloudformation" {
		return provision.Stack{}, fault.Invalidf("Invalid PhysicalId: %s must be the ARN of a stack", id)
	}
	stack, ok, err := finder.Find(ctx, who, id)
	if err != nil {
		return stack, err
	}
	if !ok {
		return stack, fault.NotFoundf("Stack not found: %s", id)
	}
	return stack, provision.Importable(stack, body)
}

func (s *Service) adopt(tx *store.Tx, who access.Caller, in *api.ImportAsProvisionedProductInput, stack provision.Stack) (r catalog.Record, err error) {
	l, err := importable(tx, who, in)
	if err != nil {
		return r, err
	}
	busy, err := tx.Importing(who.Account, who.Region, l.product.ID)
	if err != nil {
		return r, err
	}
	if busy {
		return r, fault.Statef("Another import of product %s is under way", l.product.ID)
	}
	managed, err := tx.StackProvisioned(stack.ID)
	if err != nil {
		return r, err
	}
	if managed {
		return r, fault.Duplicatef("Stack %s belongs to a provisioned product already", stack.ID)
	}
	pp, err := s.newProvisioned(tx, who, l, in.ProvisionedProductName, in.IdempotencyToken)
	if fault.Is(err, fault.Invalid) {
		err = fault.Duplicatef("%s", catalog.NameTaken(in.ProvisionedProductName))
	}
	if err != nil {
		return r, err
	}
	pp.Kind, pp.StackName, pp.PhysicalID = catalog.StackKind, stack.Name, stack.ID
	order := catalog.Order{Caller: who, ProductType: l.product.Type, Stack: stackAccount(pp), StackName: stack.Name, PhysicalID: stack.ID, Kind: pp.Kind}
	order.Caller.Notes = nil
	r = s.newRecord(catalog.ImportRecord, pp, order)
	r.Token = in.IdempotencyToken
	if err := tx.InsertProvisioned(pp.Accept(r)); err != nil {
		return r, err
	}
	return r, s.start(tx, r)
}

// UpdateProvisionedProductProperties changes whose a provisioned product is, and with which role it is worked on from
// now. (C-PP-20, C-PP-21)
func (s *Service) UpdateProvisionedProductProperties(ctx context.Context, who access.Caller, in *api.UpdateProvisionedProductPropertiesInput) (out *api.UpdateProvisionedProductPropertiesOutput, err error) {
	key, err := s.replayKey(who, "UpdateProvisionedProductProperties", in.IdempotencyToken, in)
	if err != nil {
		return nil, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		out, err = once(s, tx, key, func() (*api.UpdateProvisionedProductPropertiesOutput, error) { return s.updateProperties(tx, who, in) })
		return err
	})
	return out, err
}

func (s *Service) updateProperties(tx *store.Tx, who access.Caller, in *api.UpdateProvisionedProductPropertiesInput) (*api.UpdateProvisionedProductPropertiesOutput, error) {
	pp, err := provisionedFor(tx, who, &in.ProvisionedProductId, nil)
	if err != nil {
		return nil, err
	}
	if err := pp.Ready(); err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(in.ProvisionedProductProperties)) {
		value := in.ProvisionedProductProperties[key]
		switch key {
		case "OWNER":
			pp, err = setOwner(tx, pp, value)
		case "LAUNCH_ROLE":
			pp, err = setLaunchRole(tx, who, pp, value)
		default:
			err = fault.Invalidf("Invalid ProvisionedProductProperties: unknown key %s. The keys are OWNER and LAUNCH_ROLE", key)
		}
		if err != nil {
			return nil, err
		}
	}
	o := catalog.Order{Caller: who, ProductType: pp.ProductType, Stack: stackAccount(pp), StackName: pp.StackName, PhysicalID: pp.PhysicalID, Was: pp.Status,
		Kind: pp.Kind, Tags: pp.Tags}
	o.Caller.Notes = nil
	r := s.newRecord(catalog.PropertiesRecord, pp, o)
	r.Token, r.Status = in.IdempotencyToken, catalog.RecordSucceeded
	pp.LastRecord = r.ID
	if err := tx.InsertRecord(r); err != nil {
		return nil, err
	}
	if err := tx.OwnPlans(pp); err != nil {
		return nil, err
	}
	return &api.UpdateProvisionedProductPropertiesOutput{ProvisionedProductId: string(pp.ID), ProvisionedProductProperties: in.ProvisionedProductProperties,
		RecordId: string(r.ID), Status: api.RecordStatusSucceeded}, tx.UpdateProvisioned(pp)
}

func setOwner(tx *store.Tx, pp catalog.ProvisionedProduct, arn string) (catalog.ProvisionedProduct, error) {
	pp, err := pp.SetOwner(arn)
	if err != nil {
		return pp, err
	}
	missing := fault.Invalidf("Invalid OWNER: there is no %s", arn)
	if pp.UserARN == pp.UserSession {
		_, ok, err := tx.EntityByARN(arn)
		if err == nil && !ok {
			err = missing
		}
		return pp, err
	}
	role, ok, err := tx.RoleByName(pp.Account, pp.UserARN[strings.LastIndexByte(pp.UserARN, '/')+1:])
	if err == nil && !ok {
		err = missing
	}
	pp.UserARN = role.ARN() // the session's ARN leaves out the path
	return pp, err
}

// setLaunchRole hands a role over to the service, so the caller has to be allowed to pass it, as by a constraint. (C-CONS-21)
func setLaunchRole(tx *store.Tx, who access.Caller, pp catalog.ProvisionedProduct, arn string) (catalog.ProvisionedProduct, error) {
	pp, err := pp.SetLaunchRole(arn)
	if err != nil {
		return pp, err
	}
	named, err := ident.ParseARN(arn)
	if err != nil {
		return pp, err
	}
	if err := ownRole(who, named); err != nil {
		return pp, err
	}
	role, ok, err := provision.LaunchRole(tx, arn)
	if err != nil {
		return pp, err
	}
	if !ok {
		return pp, fault.Invalidf("Invalid LAUNCH_ROLE: there is no %s", arn)
	}
	if err := passable(who, role); err != nil {
		return pp, err
	}
	last, _, err := tx.Record(pp.LastSuccessful)
	if err != nil {
		return pp, err
	}
	return pp, settled(last, role.Account)
}

// ListStackInstancesForProvisionedProduct lists the stacks of a stack set. (C-PP-27)
func (s *Service) ListStackInstancesForProvisionedProduct(ctx context.Context, who access.Caller, in *api.ListStackInstancesForProvisionedProductInput) (*api.ListStackInstancesForProvisionedProductOutput, error) {
	pg, err := page("ListStackInstancesForProvisionedProduct", who, in.PageSize, in.PageToken, in.ProvisionedProductId)
	if err != nil {
		return nil, err
	}
	var pp catalog.ProvisionedProduct
	err = s.DB.Read(ctx, func(tx *store.Tx) (err error) {
		pp, err = provisionedFor(tx, who, &in.ProvisionedProductId, nil)
		return err
	})
	if err != nil {
		return nil, err
	}
	if pp.Kind != catalog.StackSetKind {
		return nil, fault.Invalidf("Provisioned product %s is of type %s and has no stack instances", pp.ID, pp.Kind)
	}
	lister, ok := s.Launch.Engines[pp.ProductType].Engine.(provision.Instancer)
	if !ok {
		return nil, fault.Invalidf("Stack instances cannot be listed: this server has no engine that makes stack sets")
	}
	all, err := lister.Instances(ctx, who, pp.PhysicalID)
	if err != nil {
		return nil, err
	}
	instances := []api.StackInstance{}
	for _, i := range all {
		instances = append(instances, api.StackInstance{Account: string(i.Account), Region: string(i.Region), StackInstanceStatus: api.StackInstanceStatus(i.Status)})
	}
	out := new(api.ListStackInstancesForProvisionedProductOutput)
	out.StackInstances, out.NextPageToken = cutList(pg, instances)
	return out, nil
}
