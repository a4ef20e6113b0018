package servicecatalog

import (
	"context"
	"errors"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/provision"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/store"
	"portico/internal/template"
)

// DescribeProvisioningParameters tells an end user what a launch asks for. (C-PARAM-1 … 8)
func (s *Service) DescribeProvisioningParameters(ctx context.Context, who access.Caller, in *api.DescribeProvisioningParametersInput) (*api.DescribeProvisioningParametersOutput, error) {
	if err := idOrName("Product", in.ProductId, in.ProductName); err != nil {
		return nil, err
	}
	if err := idOrName("ProvisioningArtifact", in.ProvisioningArtifactId, in.ProvisioningArtifactName); err != nil {
		return nil, err
	}
	out := &api.DescribeProvisioningParametersOutput{ProvisioningArtifactParameters: []api.ProvisioningArtifactParameter{},
		ConstraintSummaries: []api.ConstraintSummary{}, TagOptions: []api.TagOptionSummary{},
		ProvisioningArtifactPreferences: new(api.ProvisioningArtifactPreferences)}
	var l launch
	err := s.DB.Read(ctx, func(tx *store.Tx) (err error) {
		l, err = findLaunch(tx, who, wish{productID: in.ProductId, productName: in.ProductName, artifactID: in.ProvisioningArtifactId,
			artifactName: in.ProvisioningArtifactName, pathID: in.PathId, pathName: in.PathName})
		if err != nil {
			return err
		}
		if !l.artifact.Active {
			return catalog.ArtifactNotFound(l.artifact.ID)
		}
		if err := describeTerms(tx, who, l, out); err != nil {
			return err
		}
		as, err := tx.Artifacts(l.product.ID)
		if err != nil {
			return err
		}
		out.ProvisioningArtifactOutputs = activeVersions(as)
		if l.product.Type != catalog.CloudFormation {
			return nil
		}
		body, err := tx.ArtifactBody(l.artifact.ID)
		if err != nil {
			return err
		}
		return describeTemplate(body, l, out)
	})
	if err != nil || l.product.Type == catalog.CloudFormation {
		return out, err
	}
	return out, s.describeOutside(ctx, who, l, out)
}

// describeOutside asks the parser of an engine what the version asks for, which takes its time and so is done outside of
// any transaction. What a parser fails by besides is for the log only. (C-PARAM-8, C-ENG-3)
func (s *Service) describeOutside(ctx context.Context, who access.Caller, l launch, out *api.DescribeProvisioningParametersOutput) error {
	const failed = "Error occurred during parameter parsing: "
	parser, ok := s.Launch.Engines[l.product.Type].Engine.(provision.Parser)
	if !ok || !s.Launch.Serves(l.product) {
		return fault.Invalidf(failed+"this server has no parser for products of type %s", l.product.Type)
	}
	role := ""
	for _, u := range out.UsageInstructions {
		if u.Type == launchAsRole {
			role = u.Value
		}
	}
	declared, err := parser.Parameters(ctx, l.product, l.artifact.ID, role)
	var no *provision.Refusal
	switch {
	case errors.As(err, &no):
		return fault.Invalidf("%s", no.Message)
	case err != nil:
		who.Notes.Add("parser", err.Error())
		return fault.Invalidf(failed + "the parser did not answer as it should")
	}
	for _, d := range declared {
		p := api.ProvisioningArtifactParameter{ParameterKey: d.Key, ParameterType: d.Type, Description: d.Description, IsNoEcho: d.NoEcho,
			DefaultValue: deref(d.Default), ParameterConstraints: &api.ParameterConstraints{AllowedValues: []string{}}}
		if d.NoEcho && p.DefaultValue != "" {
			p.DefaultValue = provision.Mask
		}
		out.ProvisioningArtifactParameters = append(out.ProvisioningArtifactParameters, p)
	}
	out.UsageInstructions = append([]api.UsageInstruction{{Type: "rules", Value: "{}"}}, out.UsageInstructions...)
	return nil
}

// launchAsRole is the usage instruction that names the launch role in force. (C-PARAM-4)
const launchAsRole = "launchAsRole"

// describeTerms tells what the path says about a launch. (C-PARAM-3 … C-PARAM-6)
func describeTerms(tx *store.Tx, who access.Caller, l launch, out *api.DescribeProvisioningParametersOutput) error {
	for _, t := range l.terms {
		out.ConstraintSummaries = append(out.ConstraintSummaries, api.ConstraintSummary{Type: t.Type, Description: t.Description})
	}
	for _, c := range l.offer {
		out.TagOptions = append(out.TagOptions, api.TagOptionSummary{Key: c.Key, Values: some(c.Values)})
	}
	terms, err := catalog.ReadTerms(l.terms)
	if err != nil {
		return err
	}
	if terms.StackSet != nil {
		for _, a := range terms.StackSet.AccountList {
			out.ProvisioningArtifactPreferences.StackSetAccounts = append(out.ProvisioningArtifactPreferences.StackSetAccounts, string(a))
		}
		for _, r := range terms.StackSet.RegionList {
			out.ProvisioningArtifactPreferences.StackSetRegions = append(out.ProvisioningArtifactPreferences.StackSetRegions, string(r))
		}
	}
	role, _, err := launchRole(tx, who, terms, l.product.Type)
	if err != nil && !fault.Is(err, fault.Invalid) { // whether the role is there is the launch's question
		return err
	}
	instruct(out, launchAsRole, role)
	allowed := ""
	for _, t := range l.terms {
		if t.Type == catalog.ResourceUpdateConstraint {
			allowed = map[bool]string{true: "ALLOWED", false: "NOT_ALLOWED"}[terms.TagUpdates]
		}
	}
	instruct(out, "tagUpdateOnProvisionedProduct", allowed)
	return nil
}

// instruct adds a usage instruction that says something. (C-PARAM-4)
func instruct(out *api.DescribeProvisioningParametersOutput, kind, value string) {
	if value != "" {
		out.UsageInstructions = append(out.UsageInstructions, api.UsageInstruction{Type: kind, Value: value})
	}
}

// activeVersions are the product's active versions as the service lists them here, which is odd. (C-PARAM-7)
func activeVersions(as []catalog.Artifact) []api.ProvisioningArtifactOutput {
	out := []api.ProvisioningArtifactOutput{}
	for _, a := range as {
		if a.Active {
			out = append(out, api.ProvisioningArtifactOutput{Key: string(a.ID), Description: a.Description})
		}
	}
	return out
}

// maxOutputKeys is how many outputs are listed. (C-PARAM-7)
const maxOutputKeys = 60

// describeTemplate tells what the template asks for and gives. (C-PARAM-2, C-PARAM-4, C-PARAM-7, C-RULE-10)
func describeTemplate(body []byte, l launch, out *api.DescribeProvisioningParametersOutput) (err error) {
	if out.ProvisioningArtifactParameters, err = parameters(body); err != nil {
		return err
	}
	t, err := template.Parse(body)
	if err != nil {
		return err
	}
	terms, err := catalog.ReadTerms(l.terms)
	if err != nil {
		return err
	}
	rules, err := catalog.MergedRules(t.RulesJSON(), terms.Rules)
	if err != nil {
		return err
	}
	head := &api.DescribeProvisioningParametersOutput{}
	instruct(head, "rules", rules)
	instruct(head, "version", t.Version())
	instruct(head, "description", t.Description())
	instruct(head, "metadata", t.Metadata())
	capabilities, reason := t.Capabilities()
	for _, c := range capabilities {
		instruct(head, "capability", c)
	}
	instruct(head, "capabilitiesReason", reason)
	out.UsageInstructions = append(head.UsageInstructions, out.UsageInstructions...)
	out.ProvisioningArtifactOutputKeys = []api.ProvisioningArtifactOutput{}
	for _, o := range t.Outputs() {
		if len(out.ProvisioningArtifactOutputKeys) < maxOutputKeys {
			out.ProvisioningArtifactOutputKeys = append(out.ProvisioningArtifactOutputKeys, api.ProvisioningArtifactOutput{Key: o.Key, Description: o.Description})
		}
	}
	return nil
}
