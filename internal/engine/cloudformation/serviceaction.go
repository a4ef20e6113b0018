package cloudformation

import (
	"context"

	"portico/internal/fault"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/template"
)

// definition is what a service action does: a list of keys and values.
func (c *call) definition() map[string]string {
	out := map[string]string{}
	for _, item := range items(c.want, "Definition") {
		out[text(item, "Key")] = text(item, "Value")
	}
	return out
}

func serviceActionMade(id string) template.Made {
	return template.Made{PhysicalID: id, Attributes: named("Id", id)}
}

func createServiceAction(ctx context.Context, c *call) (template.Made, error) {
	out, err := do[api.CreateServiceActionOutput](ctx, c, servicecatalog, "CreateServiceAction", &api.CreateServiceActionInput{Name: text(c.want, "Name"),
		DefinitionType: api.ServiceActionDefinitionType(text(c.want, "DefinitionType")), Definition: c.definition(), Description: perhaps(c.want, "Description"), IdempotencyToken: c.token("create")})
	if err != nil {
		return template.Made{}, err
	}
	return serviceActionMade(out.ServiceActionDetail.ServiceActionSummary.Id), nil
}

func updateServiceAction(ctx context.Context, c *call) (template.Made, error) {
	err := act(ctx, c, servicecatalog, "UpdateServiceAction", &api.UpdateServiceActionInput{Id: c.physicalID, Name: perhaps(c.want, "Name"),
		Definition: c.definition(), Description: orEmpty(c.want, "Description")})
	return serviceActionMade(c.physicalID), err
}

func removeServiceAction(ctx context.Context, c *call) error {
	return act(ctx, c, servicecatalog, "DeleteServiceAction", &api.DeleteServiceActionInput{Id: c.physicalID})
}

func createActionUse(ctx context.Context, c *call) (template.Made, error) {
	product, version, action := text(c.want, "ProductId"), text(c.want, "ProvisioningArtifactId"), text(c.want, "ServiceActionId")
	err := act(ctx, c, servicecatalog, "AssociateServiceActionWithProvisioningArtifact",
		&api.AssociateServiceActionWithProvisioningArtifactInput{ProductId: product, ProvisioningArtifactId: version, ServiceActionId: action})
	if c.again {
		err = unless(err, fault.Duplicate)
	}
	if err != nil {
		return template.Made{}, err
	}
	return template.Made{PhysicalID: product + "|" + version + "|" + action}, nil
}

func removeActionUse(ctx context.Context, c *call) error {
	return act(ctx, c, servicecatalog, "DisassociateServiceActionFromProvisioningArtifact", &api.DisassociateServiceActionFromProvisioningArtifactInput{
		ProductId: text(c.want, "ProductId"), ProvisioningArtifactId: text(c.want, "ProvisioningArtifactId"), ServiceActionId: text(c.want, "ServiceActionId")})
}
