package cloudformation

import (
	"context"
	"slices"
	"strings"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/template"
)

// version is one member of ProvisioningArtifactParameters. Versions are told apart by their name and address.
type version struct{ name, address string }

func versions(properties *template.Node) (out []version, nodes map[version]*template.Node) {
	nodes = map[version]*template.Node{}
	for _, n := range items(properties, "ProvisioningArtifactParameters") {
		v := version{text(n, "Name"), text(n.Get("Info"), "LoadTemplateFromURL")}
		out = append(out, v)
		nodes[v] = n
	}
	return out, nodes
}

// artifact writes a version as the API wants it.
func artifact(n *template.Node) (*api.ProvisioningArtifactProperties, error) {
	disabled, err := flag(n, "DisableTemplateValidation")
	if err != nil {
		return nil, err
	}
	p := &api.ProvisioningArtifactProperties{Name: perhaps(n, "Name"), Description: perhaps(n, "Description"), DisableTemplateValidation: disabled, Info: map[string]string{}}
	kind := api.ProvisioningArtifactType(text(n, "Type"))
	if kind == "" {
		kind = catalog.CloudFormation
	}
	p.Type = &kind
	if info := n.Get("Info"); info != nil {
		for _, e := range info.Entries {
			p.Info[e.Key] = e.Value.Text
		}
	}
	return p, nil
}

func createProduct(ctx context.Context, c *call) (template.Made, error) {
	list := items(c.want, "ProvisioningArtifactParameters")
	if len(list) == 0 {
		return template.Made{}, required(c.want, "ProvisioningArtifactParameters")
	}
	first, err := artifact(list[0])
	if err != nil {
		return template.Made{}, err
	}
	kind := text(c.want, "ProductType")
	if kind == "" {
		kind = catalog.CloudFormation
	}
	out, err := do[api.CreateProductOutput](ctx, c, servicecatalog, "CreateProduct", &api.CreateProductInput{Name: text(c.want, "Name"), Owner: text(c.want, "Owner"),
		Description: perhaps(c.want, "Description"), Distributor: perhaps(c.want, "Distributor"), SupportDescription: perhaps(c.want, "SupportDescription"),
		SupportEmail: perhaps(c.want, "SupportEmail"), SupportUrl: perhaps(c.want, "SupportUrl"), ProductType: api.ProductType(kind),
		Tags: catalogTags(tagsOf(c.want, c.tags)), ProvisioningArtifactParameters: first, IdempotencyToken: c.token("create")})
	if err != nil {
		return template.Made{}, err
	}
	c.physicalID = out.ProductViewDetail.ProductViewSummary.ProductId
	made := template.Made{PhysicalID: c.physicalID}
	for _, n := range list[1:] {
		if err := c.addVersion(ctx, n); err != nil {
			return made, err
		}
	}
	return c.productMade(ctx)
}

func (c *call) addVersion(ctx context.Context, n *template.Node) error {
	p, err := artifact(n)
	if err != nil {
		return err
	}
	return act(ctx, c, servicecatalog, "CreateProvisioningArtifact", &api.CreateProvisioningArtifactInput{ProductId: c.physicalID, Parameters: p,
		IdempotencyToken: c.token("version " + n.JSON())})
}

// productMade reads what a product answers.
func (c *call) productMade(ctx context.Context) (template.Made, error) {
	made := template.Made{PhysicalID: c.physicalID}
	out, err := do[api.DescribeProductAsAdminOutput](ctx, c, servicecatalog, "DescribeProductAsAdmin", &api.DescribeProductAsAdminInput{Id: &c.physicalID})
	if err != nil {
		return made, err
	}
	var ids, names []string
	for _, a := range out.ProvisioningArtifactSummaries {
		ids, names = append(ids, a.Id), append(names, a.Name)
	}
	made.Attributes = named("ProductName", out.ProductViewDetail.ProductViewSummary.Name, "ProvisioningArtifactIds", strings.Join(ids, ","),
		"ProvisioningArtifactNames", strings.Join(names, ","))
	return made, nil
}

func updateProduct(ctx context.Context, c *call) (template.Made, error) {
	add, lost := c.tagChanges()
	err := act(ctx, c, servicecatalog, "UpdateProduct", &api.UpdateProductInput{Id: c.physicalID, Name: perhaps(c.want, "Name"), Owner: perhaps(c.want, "Owner"),
		Description: orEmpty(c.want, "Description"), Distributor: orEmpty(c.want, "Distributor"), SupportDescription: orEmpty(c.want, "SupportDescription"),
		SupportEmail: perhaps(c.want, "SupportEmail"), SupportUrl: perhaps(c.want, "SupportUrl"), AddTags: add, RemoveTags: lost})
	if err != nil {
		return template.Made{}, err
	}
	if err := c.changeVersions(ctx); err != nil {
		return template.Made{}, err
	}
	return c.productMade(ctx)
}

// changeVersions adds the versions that are new and deletes those that are gone; a version keeps its id for as long as it
// has its name and its address, unless ReplaceProvisioningArtifacts says otherwise.
func (c *call) changeVersions(ctx context.Context) error {
	was, _ := versions(c.was)
	is, nodes := versions(c.want)
	replaces, err := flag(c.want, "ReplaceProvisioningArtifacts")
	if err != nil {
		return err
	}
	if slices.Equal(was, is) && (replaces == nil || !*replaces) {
		return nil
	}
	out, err := do[api.DescribeProductAsAdminOutput](ctx, c, servicecatalog, "DescribeProductAsAdmin", &api.DescribeProductAsAdminInput{Id: &c.physicalID})
	if err != nil {
		return err
	}
	var old []string
	for _, v := range was {
		keeps := slices.Contains(is, v) && (replaces == nil || !*replaces)
		for _, a := range out.ProvisioningArtifactSummaries {
			if a.Name == v.name && !keeps {
				old = append(old, a.Id)
			}
		}
	}
	for _, v := range is {
		if slices.Contains(was, v) && (replaces == nil || !*replaces) {
			continue
		}
		// The way there was given up half way, when what it was to replace was there still.
		named := func(name string) bool { return name == v.name }
		if c.back && slices.ContainsFunc(out.ProvisioningArtifactSummaries, func(a api.ProvisioningArtifactSummary) bool { return named(a.Name) }) &&
			!slices.ContainsFunc(was, func(w version) bool { return named(w.name) }) {
			continue
		}
		if err := c.addVersion(ctx, nodes[v]); err != nil {
			return err
		}
	}
	for _, id := range old {
		err := act(ctx, c, servicecatalog, "DeleteProvisioningArtifact", &api.DeleteProvisioningArtifactInput{ProductId: c.physicalID, ProvisioningArtifactId: id})
		if err := unless(err, fault.NotFound); err != nil {
			return err
		}
	}
	return nil
}

func removeProduct(ctx context.Context, c *call) error {
	return act(ctx, c, servicecatalog, "DeleteProduct", &api.DeleteProductInput{Id: c.physicalID})
}
