package cloudformation

import (
	"context"
	"fmt"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/service/organizations/api"
	"portico/internal/template"
)

const organizations = "organizations"

func organizationTags(tags []catalog.Tag) (out []api.Tag) {
	for _, t := range tags {
		out = append(out, api.Tag{Key: t.Key, Value: t.Value})
	}
	return out
}

// retagNode gives a unit or account the tags it is to have.
func (c *call) retagNode(ctx context.Context) error {
	return c.retag(func(tags []catalog.Tag) error {
		return act(ctx, c, organizations, "TagResource", &api.TagResourceInput{ResourceId: c.physicalID, Tags: organizationTags(tags)})
	}, func(keys []string) error {
		return act(ctx, c, organizations, "UntagResource", &api.UntagResourceInput{ResourceId: c.physicalID, TagKeys: keys})
	})
}

// unit finds the unit of the resource's name below its parent; nil without one.
func (c *call) unit(ctx context.Context) (*api.OrganizationalUnit, error) {
	parent, name := text(c.want, "ParentId"), text(c.want, "Name")
	in := &api.ListOrganizationalUnitsForParentInput{ParentId: parent}
	for {
		out, err := do[api.ListOrganizationalUnitsForParentOutput](ctx, c, organizations, "ListOrganizationalUnitsForParent", in)
		if err != nil {
			return nil, err
		}
		for _, u := range out.OrganizationalUnits {
			if u.Name == name {
				return &u, nil
			}
		}
		if out.NextToken == "" {
			return nil, nil
		}
		in.NextToken = &out.NextToken
	}
}

func unitExists(ctx context.Context, c *call) (string, error) {
	if err := required(c.want, "ParentId", "Name"); err != nil {
		return "", err
	}
	u, err := c.unit(ctx)
	if err != nil || u == nil {
		return "", err
	}
	return u.Name, nil
}

func createUnit(ctx context.Context, c *call) (template.Made, error) {
	unit, err := madeOrFound(ctx, c, func() (*api.OrganizationalUnit, error) {
		u, err := c.unit(ctx)
		if err == nil && u == nil {
			err = fault.NotFoundf("no unit %s", text(c.want, "Name"))
		}
		return u, err
	}, func() (*api.OrganizationalUnit, error) {
		out, err := do[api.CreateOrganizationalUnitOutput](ctx, c, organizations, "CreateOrganizationalUnit", &api.CreateOrganizationalUnitInput{
			ParentId: text(c.want, "ParentId"), Name: text(c.want, "Name"), Tags: organizationTags(tagsOf(c.want, c.tags))})
		return out.OrganizationalUnit, err
	})
	if err != nil {
		return template.Made{}, err
	}
	return template.Made{PhysicalID: unit.Id, Attributes: named("Id", unit.Id, "Arn", unit.Arn)}, nil
}

func updateUnit(ctx context.Context, c *call) (template.Made, error) {
	err := act(ctx, c, organizations, "UpdateOrganizationalUnit", &api.UpdateOrganizationalUnitInput{OrganizationalUnitId: c.physicalID, Name: perhaps(c.want, "Name")})
	if err != nil {
		return template.Made{}, err
	}
	return template.Made{}, c.retagNode(ctx)
}

func removeUnit(ctx context.Context, c *call) error {
	return act(ctx, c, organizations, "DeleteOrganizationalUnit", &api.DeleteOrganizationalUnitInput{OrganizationalUnitId: c.physicalID})
}

// account finds the account of the resource's e-mail address; nil without one.
func (c *call) account(ctx context.Context) (*api.Account, error) {
	in := new(api.ListAccountsInput)
	for {
		out, err := do[api.ListAccountsOutput](ctx, c, organizations, "ListAccounts", in)
		if err != nil {
			return nil, err
		}
		for _, a := range out.Accounts {
			if a.Email == text(c.want, "Email") {
				return &a, nil
			}
		}
		if out.NextToken == "" {
			return nil, nil
		}
		in.NextToken = &out.NextToken
	}
}

func accountExists(ctx context.Context, c *call) (string, error) {
	if err := required(c.want, "AccountName", "Email"); err != nil {
		return "", err
	}
	a, err := c.account(ctx)
	if err != nil || a == nil {
		return "", err
	}
	return "An account with the e-mail address " + a.Email, nil
}

func createAccount(ctx context.Context, c *call) (template.Made, error) {
	account, err := madeOrFound(ctx, c, func() (*api.Account, error) {
		a, err := c.account(ctx)
		if err == nil && a == nil {
			err = fault.NotFoundf("no account %s", text(c.want, "Email"))
		}
		return a, err
	}, func() (*api.Account, error) {
		out, err := do[api.CreateAccountOutput](ctx, c, organizations, "CreateAccount", &api.CreateAccountInput{AccountName: text(c.want, "AccountName"),
			Email: text(c.want, "Email"), RoleName: perhaps(c.want, "RoleName"), Tags: organizationTags(tagsOf(c.want, c.tags))})
		if err != nil {
			return nil, err
		}
		if s := out.CreateAccountStatus; s.State != api.CreateAccountStateSucceeded {
			return nil, fault.Invalidf("The account was not created: %s", s.FailureReason)
		}
		return c.account(ctx)
	})
	if err != nil {
		return template.Made{}, err
	}
	made := template.Made{PhysicalID: account.Id, Attributes: named("AccountId", account.Id, "Arn", account.Arn, "JoinedMethod", string(account.JoinedMethod),
		"JoinedTimestamp", account.JoinedTimestamp.Format("2006-01-02T15:04:05Z"), "Status", string(account.Status))}
	c.physicalID = account.Id
	return made, c.place(ctx)
}

// place moves an account below the parent of its properties, if they name one.
func (c *call) place(ctx context.Context) error {
	parents := texts(c.want, "ParentIds")
	if len(parents) > 1 {
		return fault.Invalidf("An account has one parent, not %d", len(parents))
	}
	if len(parents) == 0 {
		return nil
	}
	out, err := do[api.ListParentsOutput](ctx, c, organizations, "ListParents", &api.ListParentsInput{ChildId: c.physicalID})
	if err != nil {
		return err
	}
	if len(out.Parents) == 0 {
		return fmt.Errorf("account %s has no parent", c.physicalID)
	}
	if out.Parents[0].Id == parents[0] {
		return nil
	}
	return act(ctx, c, organizations, "MoveAccount", &api.MoveAccountInput{AccountId: c.physicalID, SourceParentId: out.Parents[0].Id, DestinationParentId: parents[0]})
}

func updateAccount(ctx context.Context, c *call) (template.Made, error) {
	if text(c.want, "AccountName") != text(c.was, "AccountName") || text(c.want, "Email") != text(c.was, "Email") {
		return template.Made{}, fault.Invalidf("The name and the e-mail address of an account cannot be changed")
	}
	if err := c.place(ctx); err != nil {
		return template.Made{}, err
	}
	return template.Made{}, c.retagNode(ctx)
}

// removeAccount closes an account. One that is closed already is as it should be.
func removeAccount(ctx context.Context, c *call) error {
	out, err := do[api.DescribeAccountOutput](ctx, c, organizations, "DescribeAccount", &api.DescribeAccountInput{AccountId: c.physicalID})
	if err != nil {
		return err
	}
	if out.Account.Status != api.AccountStatusActive {
		return nil
	}
	return act(ctx, c, organizations, "CloseAccount", &api.CloseAccountInput{AccountId: c.physicalID})
}
