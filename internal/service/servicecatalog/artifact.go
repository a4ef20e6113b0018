package servicecatalog

import (
	"context"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/provision"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/store"
	"portico/internal/template"
)

// file is what a request for a new version named: read, checked and not yet stored.
type file struct {
	kind, url, stack string
	body             []byte
}

// readFile reads and checks the file of a new version, before any transaction. (C-PA-1, C-PA-3 … C-PA-5, C-PROD-3)
func (s *Service) readFile(ctx context.Context, who access.Caller, product string, in *api.ProvisioningArtifactProperties) (file, error) {
	var given *string
	if in.Type != nil {
		t := string(*in.Type)
		given = &t
	}
	kind, err := catalog.CheckArtifactType(product, given)
	if err != nil {
		return file{}, err
	}
	key, value, err := catalog.CheckInfo(in.Info)
	if err != nil {
		return file{}, err
	}
	if key == catalog.InfoPhysicalID {
		body, err := s.stackTemplate(ctx, who, kind, value)
		if err != nil {
			return file{}, err
		}
		return file{kind: kind, stack: value, body: body}, checkTemplate(kind, body, deref(in.DisableTemplateValidation))
	}
	body, err := s.load(ctx, who, value)
	if err != nil {
		return file{}, err
	}
	return file{kind: kind, url: shown(value), body: body}, checkTemplate(kind, body, deref(in.DisableTemplateValidation))
}

// stackTemplate reads the template of a stack of the caller's, with its rights. (C-PA-1)
func (s *Service) stackTemplate(ctx context.Context, who access.Caller, kind, arn string) ([]byte, error) {
	if kind != catalog.CloudFormation {
		return nil, fault.Invalidf("Invalid Info: a product of type %s needs LoadTemplateFromURL", kind)
	}
	of, err := ident.ParseARN(arn)
	if err != nil || of.Service != "cloudformation" || of.Region != who.Region || of.Account != who.Account || !strings.HasPrefix(of.Resource, "stack/") {
		return nil, fault.Invalidf("Invalid ImportFromPhysicalId: %s is not the ARN of a CloudFormation stack of account %s in %s", arn, who.Account, who.Region)
	}
	finder, ok := s.Launch.Engines[kind].Engine.(provision.Finder)
	if !ok {
		return nil, fault.Invalidf("Invalid ImportFromPhysicalId: this server has no engine that looks at stacks it did not make")
	}
	stack, ok, err := finder.Find(ctx, who, arn)
	if err == nil && !ok {
		err = fault.Invalidf("Invalid ImportFromPhysicalId: there is no stack %s that you may read", arn)
	}
	return stack.Template, err
}

func (s *Service) newArtifact(p catalog.Product, in *api.ProvisioningArtifactProperties, f file) catalog.Artifact {
	id := catalog.ArtifactID(s.IDs.New("pa"))
	return catalog.Artifact{ID: id, Product: p.ID, Name: deref(in.Name), Description: deref(in.Description), Type: f.kind,
		Active: true, Guidance: catalog.GuidanceDefault, TemplateURL: f.url, PhysicalID: f.stack, Source: id, Created: s.Now()}
}

func artifactDetail(a catalog.Artifact) *api.ProvisioningArtifactDetail {
	return &api.ProvisioningArtifactDetail{Id: string(a.ID), Name: a.Name, Description: a.Description,
		Type: api.ProvisioningArtifactType(a.Type), CreatedTime: a.Created, Active: a.Active,
		Guidance: api.ProvisioningArtifactGuidance(a.Guidance)}
}

func artifactView(a catalog.Artifact) api.ProvisioningArtifact {
	return api.ProvisioningArtifact{Id: string(a.ID), Name: a.Name, Description: a.Description, CreatedTime: a.Created,
		Guidance: api.ProvisioningArtifactGuidance(a.Guidance)}
}

// artifactInfo answers with TemplateUrl and PhysicalId, never with the request's key names. (C-PA-2)
func artifactInfo(a catalog.Artifact) map[string]string {
	info := map[string]string{}
	if a.TemplateURL != "" {
		info["TemplateUrl"] = a.TemplateURL
	}
	if a.PhysicalID != "" {
		info["PhysicalId"] = a.PhysicalID
	}
	return info
}

// CreateProvisioningArtifact adds a version to an owner's product. (C-PA-1 … 7)
func (s *Service) CreateProvisioningArtifact(ctx context.Context, who access.Caller, in *api.CreateProvisioningArtifactInput) (out *api.CreateProvisioningArtifactOutput, err error) {
	key, err := s.replayKey(who, "CreateProvisioningArtifact", in.IdempotencyToken, in)
	if err != nil {
		return nil, err
	}
	// Whether the product may get a version is settled before its file is fetched, and again in the transaction.
	var p catalog.Product
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		if p, err = productFor(tx, who, in.ProductId, catalog.Edit); err != nil {
			return err
		}
		out, err = recall[api.CreateProvisioningArtifactOutput](tx, key)
		return err
	})
	if err != nil || out != nil {
		return out, err
	}
	f, err := s.readFile(ctx, who, p.Type, in.Parameters)
	if err != nil {
		return nil, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if p, err = productFor(tx, who, in.ProductId, catalog.Edit); err != nil {
			return err
		}
		out, err = once(s, tx, key, func() (*api.CreateProvisioningArtifactOutput, error) {
			return s.createArtifact(tx, p, in, f)
		})
		return err
	})
	return out, err
}

func (s *Service) createArtifact(tx *store.Tx, p catalog.Product, in *api.CreateProvisioningArtifactInput, f file) (*api.CreateProvisioningArtifactOutput, error) {
	have, err := tx.CountArtifacts(p.ID)
	if err != nil {
		return nil, err
	}
	if err := catalog.Within(s.Quotas.Versions, have, "versions per product"); err != nil {
		return nil, err
	}
	a := s.newArtifact(p, in.Parameters, f)
	return &api.CreateProvisioningArtifactOutput{ProvisioningArtifactDetail: artifactDetail(a), Info: artifactInfo(a),
		Status: "CREATING"}, tx.InsertArtifact(a, f.body)
}

// artifactOf reads a version of a product by id.
func artifactOf(tx *store.Tx, p catalog.Product, id string) (catalog.Artifact, error) {
	a, ok, err := tx.Artifact(catalog.ArtifactID(id))
	if err == nil && (!ok || a.Product != p.ID) {
		err = catalog.ArtifactNotFound(catalog.ArtifactID(id))
	}
	return a, err
}

// UpdateProvisioningArtifact changes the texts and the state of an owner's version, never its template. (C-PA-9 … 11)
func (s *Service) UpdateProvisioningArtifact(ctx context.Context, who access.Caller, in *api.UpdateProvisioningArtifactInput) (*api.UpdateProvisioningArtifactOutput, error) {
	out := &api.UpdateProvisioningArtifactOutput{Status: "AVAILABLE"}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := productFor(tx, who, in.ProductId, catalog.Edit)
		if err != nil {
			return err
		}
		a, err := artifactOf(tx, p, in.ProvisioningArtifactId)
		if err != nil {
			return err
		}
		patch := catalog.ArtifactPatch{Name: in.Name, Description: in.Description, Active: in.Active}
		if in.Guidance != nil {
			g := string(*in.Guidance)
			patch.Guidance = &g
		}
		a = a.With(patch)
		out.ProvisioningArtifactDetail, out.Info = artifactDetail(a), artifactInfo(a)
		return tx.UpdateArtifact(a)
	})
	return out, err
}

// DeleteProvisioningArtifact removes a version that is not the product's only one. (C-PA-12)
func (s *Service) DeleteProvisioningArtifact(ctx context.Context, who access.Caller, in *api.DeleteProvisioningArtifactInput) (*api.DeleteProvisioningArtifactOutput, error) {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := productFor(tx, who, in.ProductId, catalog.Edit)
		if err != nil {
			return err
		}
		a, err := artifactOf(tx, p, in.ProvisioningArtifactId)
		if err != nil {
			return err
		}
		n, err := tx.CountArtifacts(p.ID)
		if err != nil {
			return err
		}
		if n == 1 {
			return fault.InUsef("Provisioning Artifact %s is the only version of product %s and cannot be deleted", a.ID, p.ID)
		}
		actions, err := tx.CountServiceActionsOn(a.ID)
		if err != nil {
			return err
		}
		if actions > 0 {
			return fault.InUsef("Provisioning Artifact %s still has associated Service Actions", a.ID)
		}
		return tx.DeleteArtifact(a.ID)
	})
	return new(api.DeleteProvisioningArtifactOutput), err
}

// ListProvisioningArtifacts lists all versions of a product, oldest first, to its owner and to accounts that import it.
// (C-PA-14)
func (s *Service) ListProvisioningArtifacts(ctx context.Context, who access.Caller, in *api.ListProvisioningArtifactsInput) (*api.ListProvisioningArtifactsOutput, error) {
	out := &api.ListProvisioningArtifactsOutput{ProvisioningArtifactDetails: []api.ProvisioningArtifactDetail{}}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		p, err := productFor(tx, who, in.ProductId, catalog.Read)
		if err != nil {
			return err
		}
		as, err := tx.Artifacts(p.ID)
		for _, a := range as {
			out.ProvisioningArtifactDetails = append(out.ProvisioningArtifactDetails, *artifactDetail(a))
		}
		return err
	})
	return out, err
}

// DescribeProvisioningArtifact shows one version, found by ids or names. (C-PA-13, C-PA-8)
func (s *Service) DescribeProvisioningArtifact(ctx context.Context, who access.Caller, in *api.DescribeProvisioningArtifactInput) (*api.DescribeProvisioningArtifactOutput, error) {
	if err := idOrName("ProvisioningArtifact", in.ProvisioningArtifactId, in.ProvisioningArtifactName); err != nil {
		return nil, err
	}
	if in.ProvisioningArtifactId == nil || in.ProductId != nil || in.ProductName != nil {
		if err := idOrName("Product", in.ProductId, in.ProductName); err != nil {
			return nil, err
		}
	}
	out := &api.DescribeProvisioningArtifactOutput{Status: "AVAILABLE"}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		a, err := findArtifact(tx, who, in)
		if err != nil {
			return err
		}
		out.ProvisioningArtifactDetail, out.Info = artifactDetail(a), artifactInfo(a)
		if !deref(in.Verbose) && !deref(in.IncludeProvisioningArtifactParameters) {
			return nil
		}
		body, err := tx.ArtifactBody(a.ID)
		if err != nil {
			return err
		}
		if deref(in.Verbose) && a.Type == catalog.CloudFormation {
			out.Info["CloudFormationTemplate"] = string(body)
		}
		if deref(in.IncludeProvisioningArtifactParameters) && a.Type == catalog.CloudFormation {
			out.ProvisioningArtifactParameters, err = parameters(body)
		}
		return err
	})
	return out, err
}

// findArtifact finds a version; its id alone is enough. (C-PA-13)
func findArtifact(tx *store.Tx, who access.Caller, in *api.DescribeProvisioningArtifactInput) (catalog.Artifact, error) {
	if in.ProductId == nil && in.ProductName == nil {
		id := catalog.ArtifactID(*in.ProvisioningArtifactId)
		a, ok, err := tx.Artifact(id)
		if err != nil {
			return a, err
		}
		if !ok {
			return a, catalog.ArtifactNotFound(id)
		}
		if _, err := productFor(tx, who, string(a.Product), catalog.Read); fault.Is(err, fault.NotFound) {
			return a, catalog.ArtifactNotFound(id) // names nothing the caller does not know
		} else if err != nil {
			return a, err
		}
		return a, nil
	}
	p, err := adminProduct(tx, who, in.ProductId, in.ProductName)
	if err != nil {
		return catalog.Artifact{}, err
	}
	if in.ProvisioningArtifactId != nil {
		return artifactOf(tx, p, *in.ProvisioningArtifactId)
	}
	return artifactByName(tx, p, *in.ProvisioningArtifactName)
}

func artifactByName(tx *store.Tx, p catalog.Product, name string) (found catalog.Artifact, err error) {
	as, err := tx.Artifacts(p.ID)
	if err != nil {
		return found, err
	}
	hits := 0
	for _, a := range as {
		if a.Name == name {
			found = a
			hits++
		}
	}
	switch hits {
	case 0:
		return found, fault.NotFoundf("Provisioning Artifact with name %s does not exist or access was denied.", name)
	case 1:
		return found, nil
	}
	return found, fault.Invalidf("Multiple Provisioning Artifact with name %s found.", name)
}

// parameters lists the parameters of a template in its order. One that was stored without validation and cannot be read
// is refused here. (C-PARAM-2)
func parameters(body []byte) ([]api.ProvisioningArtifactParameter, error) {
	t, err := template.Parse(body)
	if err != nil {
		return nil, fault.Invalidf("Invalid templateBody. Please make sure that your template is valid: %s", err)
	}
	out := []api.ProvisioningArtifactParameter{}
	for _, p := range t.Parameters() {
		q := api.ProvisioningArtifactParameter{ParameterKey: p.Key, DefaultValue: deref(p.Default), ParameterType: p.Type,
			IsNoEcho: p.NoEcho, Description: p.Description, ParameterConstraints: &api.ParameterConstraints{
				AllowedValues: some(p.AllowedValues), AllowedPattern: p.AllowedPattern, ConstraintDescription: p.ConstraintDescription,
				MinLength: p.MinLength, MaxLength: p.MaxLength, MinValue: p.MinValue, MaxValue: p.MaxValue}}
		if p.NoEcho && p.Default != nil {
			q.DefaultValue = "****"
		}
		out = append(out, q)
	}
	return out, nil
}
