package cloudformation

import (
	"context"
	"encoding/json"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/template"
)

const servicecatalog = "servicecatalog"

func catalogTags(tags []catalog.Tag) (out []api.Tag) {
	for _, t := range tags {
		out = append(out, api.Tag{Key: t.Key, Value: t.Value})
	}
	return out
}

func createPortfolio(ctx context.Context, c *call) (template.Made, error) {
	out, err := do[api.CreatePortfolioOutput](ctx, c, servicecatalog, "CreatePortfolio", &api.CreatePortfolioInput{DisplayName: text(c.want, "DisplayName"),
		ProviderName: text(c.want, "ProviderName"), Description: perhaps(c.want, "Description"), Tags: catalogTags(tagsOf(c.want, c.tags)), IdempotencyToken: c.token("create")})
	if err != nil {
		return template.Made{}, err
	}
	return portfolioMade(out.PortfolioDetail.Id, out.PortfolioDetail.DisplayName), nil
}

func portfolioMade(id, name string) template.Made {
	return template.Made{PhysicalID: id, Attributes: named("PortfolioName", name)}
}

// tagChanges are the tags to add to something and the keys of those to take off it.
func (c *call) tagChanges() (add []api.Tag, lost []string) {
	if tags := tagsOf(c.want, c.tags); !sameTags(tags, tagsOf(c.was, c.hadTags)) {
		add = catalogTags(tags)
	}
	return add, c.lostTags()
}

func updatePortfolio(ctx context.Context, c *call) (template.Made, error) {
	add, lost := c.tagChanges()
	err := act(ctx, c, servicecatalog, "UpdatePortfolio", &api.UpdatePortfolioInput{Id: c.physicalID, DisplayName: perhaps(c.want, "DisplayName"),
		ProviderName: perhaps(c.want, "ProviderName"), Description: orEmpty(c.want, "Description"), AddTags: add, RemoveTags: lost})
	return portfolioMade(c.physicalID, text(c.want, "DisplayName")), err
}

func removePortfolio(ctx context.Context, c *call) error {
	return act(ctx, c, servicecatalog, "DeletePortfolio", &api.DeletePortfolioInput{Id: c.physicalID})
}

// ends are the portfolio and the product that a resource joins.
func (c *call) ends() (portfolio, product string) {
	return text(c.want, "PortfolioId"), text(c.want, "ProductId")
}

func createMembership(ctx context.Context, c *call) (template.Made, error) {
	portfolio, product := c.ends()
	err := act(ctx, c, servicecatalog, "AssociateProductWithPortfolio", &api.AssociateProductWithPortfolioInput{PortfolioId: portfolio, ProductId: product,
		SourcePortfolioId: perhaps(c.want, "SourcePortfolioId")})
	if err != nil {
		return template.Made{}, err
	}
	return template.Made{PhysicalID: portfolio + "|" + product}, nil
}

func removeMembership(ctx context.Context, c *call) error {
	portfolio, product := c.ends()
	return act(ctx, c, servicecatalog, "DisassociateProductFromPortfolio", &api.DisassociateProductFromPortfolioInput{PortfolioId: portfolio, ProductId: product})
}

func createGrant(ctx context.Context, c *call) (template.Made, error) {
	portfolio, arn := text(c.want, "PortfolioId"), text(c.want, "PrincipalARN")
	err := act(ctx, c, servicecatalog, "AssociatePrincipalWithPortfolio", &api.AssociatePrincipalWithPortfolioInput{PortfolioId: portfolio, PrincipalARN: arn,
		PrincipalType: api.PrincipalType(text(c.want, "PrincipalType"))})
	if err != nil {
		return template.Made{}, err
	}
	return template.Made{PhysicalID: portfolio + "|" + arn}, nil
}

func removeGrant(ctx context.Context, c *call) error {
	kind := api.PrincipalType(text(c.want, "PrincipalType"))
	return act(ctx, c, servicecatalog, "DisassociatePrincipalFromPortfolio", &api.DisassociatePrincipalFromPortfolioInput{
		PortfolioId: text(c.want, "PortfolioId"), PrincipalARN: text(c.want, "PrincipalARN"), PrincipalType: &kind})
}

// constraint is the type of a constraint, and its parameters as JSON.
func (c *call) constraint() (kind, parameters string, err error) {
	var v any
	switch lastPart(c.typ) {
	case "LaunchRoleConstraint":
		kind = catalog.LaunchConstraint
		m := map[string]string{}
		for _, name := range []string{"RoleArn", "LocalRoleName"} {
			if s := perhaps(c.want, name); s != nil {
				m[name] = *s
			}
		}
		v = m
	case "LaunchNotificationConstraint":
		kind, v = catalog.NotificationConstraint, map[string]any{"NotificationArns": texts(c.want, "NotificationArns")}
	case "LaunchTemplateConstraint": // the property is what the parameter has in Rules (C-RULE-11)
		rules := document(c.want, "Rules")
		if !json.Valid([]byte(rules)) {
			return "", "", fault.Invalidf("Rules of a LaunchTemplateConstraint must be JSON")
		}
		kind, v = catalog.TemplateConstraint, map[string]any{"Rules": json.RawMessage(rules)}
	case "ResourceUpdateConstraint":
		kind = catalog.ResourceUpdateConstraint
		v = map[string]any{"Version": "2.0", "Properties": map[string]string{"TagUpdateOnProvisionedProduct": text(c.want, "TagUpdateOnProvisionedProduct")}}
	default:
		kind = catalog.StackSetConstraint
		m := map[string]any{"AccountList": texts(c.want, "AccountList"), "RegionList": texts(c.want, "RegionList")}
		for _, name := range []string{"AdminRole", "ExecutionRole", "StackInstanceControl"} {
			if s := perhaps(c.want, name); s != nil {
				m[name] = *s
			}
		}
		v = map[string]any{"Version": "String", "Properties": m}
	}
	b, err := json.Marshal(v)
	return kind, string(b), err
}

func createConstraint(ctx context.Context, c *call) (template.Made, error) {
	kind, parameters, err := c.constraint()
	if err != nil {
		return template.Made{}, err
	}
	portfolio, product := c.ends()
	out, err := do[api.CreateConstraintOutput](ctx, c, servicecatalog, "CreateConstraint", &api.CreateConstraintInput{PortfolioId: portfolio, ProductId: product,
		Type: kind, Parameters: parameters, Description: perhaps(c.want, "Description"), IdempotencyToken: c.token("create")})
	if err != nil {
		return template.Made{}, err
	}
	return template.Made{PhysicalID: out.ConstraintDetail.ConstraintId}, nil
}

func updateConstraint(ctx context.Context, c *call) (template.Made, error) {
	_, parameters, err := c.constraint()
	if err != nil {
		return template.Made{}, err
	}
	return template.Made{}, act(ctx, c, servicecatalog, "UpdateConstraint", &api.UpdateConstraintInput{Id: c.physicalID, Parameters: &parameters, Description: orEmpty(c.want, "Description")})
}

func removeConstraint(ctx context.Context, c *call) error {
	return act(ctx, c, servicecatalog, "DeleteConstraint", &api.DeleteConstraintInput{Id: c.physicalID})
}

func createTagOption(ctx context.Context, c *call) (template.Made, error) {
	key, value := text(c.want, "Key"), text(c.want, "Value")
	option, err := madeOrFound(ctx, c, func() (*api.TagOptionDetail, error) {
		out, err := do[api.ListTagOptionsOutput](ctx, c, servicecatalog, "ListTagOptions", &api.ListTagOptionsInput{Filters: &api.ListTagOptionsFilters{Key: &key, Value: &value}})
		if err == nil && len(out.TagOptionDetails) == 0 {
			err = fault.NotFoundf("no TagOption %s", key)
		}
		if err != nil {
			return nil, err
		}
		return &out.TagOptionDetails[0], nil
	}, func() (*api.TagOptionDetail, error) {
		out, err := do[api.CreateTagOptionOutput](ctx, c, servicecatalog, "CreateTagOption", &api.CreateTagOptionInput{Key: key, Value: value})
		return out.TagOptionDetail, err
	})
	if err != nil {
		return template.Made{}, err
	}
	made := template.Made{PhysicalID: option.Id}
	active, err := flag(c.want, "Active")
	if err == nil && active != nil && !*active {
		err = act(ctx, c, servicecatalog, "UpdateTagOption", &api.UpdateTagOptionInput{Id: option.Id, Active: active})
	}
	return made, err
}

func tagOptionExists(ctx context.Context, c *call) (string, error) {
	key, value := text(c.want, "Key"), text(c.want, "Value")
	out, err := do[api.ListTagOptionsOutput](ctx, c, servicecatalog, "ListTagOptions", &api.ListTagOptionsInput{Filters: &api.ListTagOptionsFilters{Key: &key, Value: &value}})
	if err != nil || len(out.TagOptionDetails) == 0 {
		return "", err
	}
	return "TagOption with key " + key + " and value " + value, nil
}

func updateTagOption(ctx context.Context, c *call) (template.Made, error) {
	active, err := flag(c.want, "Active")
	if err != nil {
		return template.Made{}, err
	}
	if active == nil {
		active = new(true)
	}
	return template.Made{}, act(ctx, c, servicecatalog, "UpdateTagOption", &api.UpdateTagOptionInput{Id: c.physicalID, Value: perhaps(c.want, "Value"), Active: active})
}

func removeTagOption(ctx context.Context, c *call) error {
	return act(ctx, c, servicecatalog, "DeleteTagOption", &api.DeleteTagOptionInput{Id: c.physicalID})
}

func createTagOptionUse(ctx context.Context, c *call) (template.Made, error) {
	option, resource := text(c.want, "TagOptionId"), text(c.want, "ResourceId")
	err := act(ctx, c, servicecatalog, "AssociateTagOptionWithResource", &api.AssociateTagOptionWithResourceInput{TagOptionId: option, ResourceId: resource})
	if c.again {
		err = unless(err, fault.Duplicate)
	}
	if err != nil {
		return template.Made{}, err
	}
	return template.Made{PhysicalID: option + "|" + resource}, nil
}

func removeTagOptionUse(ctx context.Context, c *call) error {
	return act(ctx, c, servicecatalog, "DisassociateTagOptionFromResource", &api.DisassociateTagOptionFromResourceInput{
		TagOptionId: text(c.want, "TagOptionId"), ResourceId: text(c.want, "ResourceId")})
}

func createShare(ctx context.Context, c *call) (template.Made, error) {
	options, err := flag(c.want, "ShareTagOptions")
	if err != nil {
		return template.Made{}, err
	}
	portfolio, account := text(c.want, "PortfolioId"), text(c.want, "AccountId")
	err = act(ctx, c, servicecatalog, "CreatePortfolioShare", &api.CreatePortfolioShareInput{PortfolioId: portfolio, AccountId: &account, ShareTagOptions: options})
	if err != nil {
		return template.Made{}, err
	}
	return template.Made{PhysicalID: portfolio + "|" + account}, nil
}

func updateShare(ctx context.Context, c *call) (template.Made, error) {
	options, err := flag(c.want, "ShareTagOptions")
	if err != nil {
		return template.Made{}, err
	}
	if options == nil {
		options = new(false)
	}
	account := text(c.want, "AccountId")
	return template.Made{}, act(ctx, c, servicecatalog, "UpdatePortfolioShare", &api.UpdatePortfolioShareInput{PortfolioId: text(c.want, "PortfolioId"), AccountId: &account, ShareTagOptions: options})
}

func removeShare(ctx context.Context, c *call) error {
	account := text(c.want, "AccountId")
	return act(ctx, c, servicecatalog, "DeletePortfolioShare", &api.DeletePortfolioShareInput{PortfolioId: text(c.want, "PortfolioId"), AccountId: &account})
}

func createAcceptance(ctx context.Context, c *call) (template.Made, error) {
	portfolio := text(c.want, "PortfolioId")
	if err := act(ctx, c, servicecatalog, "AcceptPortfolioShare", &api.AcceptPortfolioShareInput{PortfolioId: portfolio}); err != nil {
		return template.Made{}, err
	}
	return template.Made{PhysicalID: portfolio}, nil
}

func removeAcceptance(ctx context.Context, c *call) error {
	return act(ctx, c, servicecatalog, "RejectPortfolioShare", &api.RejectPortfolioShareInput{PortfolioId: text(c.want, "PortfolioId")})
}
