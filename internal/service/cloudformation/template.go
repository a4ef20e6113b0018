package cloudformation

import (
	"context"
	"slices"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/service/cloudformation/api"
	"portico/internal/store"
	"portico/internal/template"
)

// GetTemplate gives the template of a stack, or of a change set, as it was sent.
func (s *Service) GetTemplate(ctx context.Context, who access.Caller, in *api.GetTemplateInput) (*api.GetTemplateOutput, error) {
	out := &api.GetTemplateOutput{StagesAvailable: []api.TemplateStage{api.TemplateStageOriginal, api.TemplateStageProcessed}}
	return out, s.DB.Read(ctx, func(tx *store.Tx) error {
		if in.ChangeSetName != nil {
			c, _, err := changeSetFor(tx, who, *in.ChangeSetName, in.StackName)
			out.TemplateBody = c.Body
			return err
		}
		st, err := stackFor(tx, who, deref(in.StackName))
		out.TemplateBody = st.Body
		return err
	})
}

// parse reads a template, and refuses it in CloudFormation's words.
func parse(text []byte) (*template.Template, error) {
	t, err := template.Parse(text)
	if err != nil {
		return nil, fault.Invalidf("%s", template.Message(err))
	}
	return t, nil
}

// ValidateTemplate tells whether a template can be read, and what it takes.
func (s *Service) ValidateTemplate(ctx context.Context, who access.Caller, in *api.ValidateTemplateInput) (*api.ValidateTemplateOutput, error) {
	text, err := s.template(ctx, who, "", in.TemplateBody, in.TemplateURL, false)
	if err != nil {
		return nil, err
	}
	t, err := parse(text)
	if err != nil {
		return nil, err
	}
	out := &api.ValidateTemplateOutput{Description: t.Description(), Parameters: []api.TemplateParameter{}, Capabilities: []api.Capability{}, DeclaredTransforms: []string{}}
	for _, p := range t.Parameters() {
		out.Parameters = append(out.Parameters, api.TemplateParameter{ParameterKey: p.Key, DefaultValue: preset(p), NoEcho: p.NoEcho, Description: p.Description})
	}
	needed, reason := t.Capabilities()
	for _, c := range needed {
		out.Capabilities = append(out.Capabilities, api.Capability(c))
	}
	out.CapabilitiesReason = reason
	return out, nil
}

// GetTemplateSummary tells what is in a template, or in that of a stack.
func (s *Service) GetTemplateSummary(ctx context.Context, who access.Caller, in *api.GetTemplateSummaryInput) (*api.GetTemplateSummaryOutput, error) {
	if in.StackSetName != nil {
		return nil, fault.New(fault.Unbuilt, "StackSetName of GetTemplateSummary is not built yet; leave it out.")
	}
	text, err := s.template(ctx, who, deref(in.StackName), in.TemplateBody, in.TemplateURL, in.StackName != nil)
	if err != nil {
		return nil, err
	}
	t, err := parse(text)
	if err != nil {
		return nil, err
	}
	needed, reason := t.Capabilities()
	out := &api.GetTemplateSummaryOutput{Description: t.Description(), CapabilitiesReason: reason, Metadata: t.Metadata(), Version: "2010-09-09",
		Parameters: []api.ParameterDeclaration{}, Capabilities: []api.Capability{}, ResourceTypes: []string{}, DeclaredTransforms: []string{},
		ResourceIdentifierSummaries: []api.ResourceIdentifierSummary{}}
	for _, c := range needed {
		out.Capabilities = append(out.Capabilities, api.Capability(c))
	}
	for _, p := range t.Parameters() {
		out.Parameters = append(out.Parameters, api.ParameterDeclaration{ParameterKey: p.Key, DefaultValue: preset(p), ParameterType: p.Type, NoEcho: p.NoEcho,
			Description: p.Description, ParameterConstraints: &api.ParameterConstraints{AllowedValues: some(p.AllowedValues)}})
	}
	for _, r := range t.Resources() {
		if !slices.Contains(out.ResourceTypes, r.Type) {
			out.ResourceTypes = append(out.ResourceTypes, r.Type)
		}
	}
	return out, nil
}

// preset is the default of a parameter as it may be shown. (C-PP-13)
func preset(p template.Parameter) string {
	if p.NoEcho && p.Default != nil {
		return "****"
	}
	return deref(p.Default)
}
