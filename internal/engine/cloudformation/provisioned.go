package cloudformation

import (
	"context"
	"time"

	"portico/internal/fault"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/template"
)

// look is how long to wait before looking again at what another job carries out.
const look = time.Second

// record looks at a record until it has ended. What has failed is refused in its words.
func (c *call) record(ctx context.Context, id string) (*api.DescribeRecordOutput, error) {
	out, err := do[api.DescribeRecordOutput](ctx, c, servicecatalog, "DescribeRecord", &api.DescribeRecordInput{Id: id})
	if err != nil {
		return nil, err
	}
	switch out.RecordDetail.Status {
	case api.RecordStatusSucceeded:
		return out, nil
	case api.RecordStatusFailed:
		reason := "The operation on the provisioned product failed"
		if e := out.RecordDetail.RecordErrors; len(e) > 0 {
			reason = e[0].Description
		}
		return out, fault.Invalidf("%s", reason)
	}
	return out, waiting{look}
}

// perhapsText is a text that may be left out of an answer.
func perhapsText(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// provisionedMade is what a provisioned product answers once its record has succeeded.
func provisionedMade(detail *api.RecordDetail, outputs []api.RecordOutput) template.Made {
	made := template.Made{PhysicalID: detail.ProvisionedProductId, Attributes: named("ProvisionedProductId", detail.ProvisionedProductId, "RecordId", detail.RecordId)}
	for _, o := range outputs {
		key, value := perhapsText(o.OutputKey), perhapsText(o.OutputValue)
		made.Attributes["Outputs."+key] = template.Text(value)
		if key == "CloudformationStackARN" {
			made.Attributes["CloudformationStackArn"] = template.Text(value)
		}
	}
	return made
}

func createProvisioned(ctx context.Context, c *call) (template.Made, error) {
	name := text(c.want, "ProvisionedProductName")
	if name == "" {
		name = c.generated(128)
	}
	in := &api.ProvisionProductInput{ProvisionedProductName: name, ProductId: perhaps(c.want, "ProductId"), ProductName: perhaps(c.want, "ProductName"),
		ProvisioningArtifactId: perhaps(c.want, "ProvisioningArtifactId"), ProvisioningArtifactName: perhaps(c.want, "ProvisioningArtifactName"),
		PathId: perhaps(c.want, "PathId"), PathName: perhaps(c.want, "PathName"), NotificationArns: texts(c.want, "NotificationArns"),
		Tags: catalogTags(tagsOf(c.want, c.tags)), ProvisionToken: c.token("create")}
	for _, p := range items(c.want, "ProvisioningParameters") {
		in.ProvisioningParameters = append(in.ProvisioningParameters, api.ProvisioningParameter{Key: perhaps(p, "Key"), Value: perhaps(p, "Value")})
	}
	out, err := do[api.ProvisionProductOutput](ctx, c, servicecatalog, "ProvisionProduct", in)
	if err != nil {
		return template.Made{}, err
	}
	return c.ended(ctx, out.RecordDetail)
}

// ended waits for a record and gives what the provisioned product is then; one that has failed is named, so that it goes.
func (c *call) ended(ctx context.Context, detail *api.RecordDetail) (template.Made, error) {
	out, err := c.record(ctx, detail.RecordId)
	if err != nil {
		return template.Made{PhysicalID: detail.ProvisionedProductId}, err
	}
	return provisionedMade(out.RecordDetail, out.RecordOutputs), nil
}

func updateProvisioned(ctx context.Context, c *call) (template.Made, error) {
	in := &api.UpdateProvisionedProductInput{ProvisionedProductId: &c.physicalID, ProductId: perhaps(c.want, "ProductId"), ProductName: perhaps(c.want, "ProductName"),
		ProvisioningArtifactId: perhaps(c.want, "ProvisioningArtifactId"), ProvisioningArtifactName: perhaps(c.want, "ProvisioningArtifactName"),
		PathId: perhaps(c.want, "PathId"), PathName: perhaps(c.want, "PathName"), UpdateToken: c.token("update " + c.want.JSON())}
	if tags := tagsOf(c.want, c.tags); !sameTags(tags, tagsOf(c.was, c.hadTags)) {
		in.Tags = catalogTags(tags)
	}
	for _, p := range items(c.want, "ProvisioningParameters") {
		in.ProvisioningParameters = append(in.ProvisioningParameters, api.UpdateProvisioningParameter{Key: perhaps(p, "Key"), Value: perhaps(p, "Value")})
	}
	out, err := do[api.UpdateProvisionedProductOutput](ctx, c, servicecatalog, "UpdateProvisionedProduct", in)
	if c.back && fault.Is(err, fault.State) { // what was given up comes to its end first
		err = waiting{look}
	}
	if err != nil {
		return template.Made{}, err
	}
	return c.ended(ctx, out.RecordDetail)
}

func removeProvisioned(ctx context.Context, c *call) error {
	out, err := do[api.TerminateProvisionedProductOutput](ctx, c, servicecatalog, "TerminateProvisionedProduct",
		&api.TerminateProvisionedProductInput{ProvisionedProductId: &c.physicalID, TerminateToken: c.token("delete")})
	if fault.Is(err, fault.State) { // something is under way on it, perhaps what was given up
		err = waiting{look}
	}
	if err != nil {
		return err
	}
	_, err = c.record(ctx, out.RecordDetail.RecordId)
	return err
}
