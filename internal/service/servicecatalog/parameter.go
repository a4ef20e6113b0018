package servicecatalog

import (
	"context"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
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
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		l, err := findLaunch(tx, who, wish{productID: in.ProductId, productName: in.ProductName, artifactID: in.ProvisioningArtifactId,
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
		body, err := tx.ArtifactBody(l.artifact.ID)
		if err != nil {
			return err
		}
		if l.product.Type != catalog.CloudFormation {
			return fault.Invalidf("Error occurred during parameter parsing: this server has no parser for products of type %s", l.product.Type)
		}
		return describeTemplate(body, l, out)
	})
	return out, err
}

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
	instruct(out, "launchAsRole", role)
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
