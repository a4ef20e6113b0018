package organizations

import (
	"context"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/org"
	"portico/internal/service/organizations/api"
	"portico/internal/store"
)

// showOrganization shows an organization. Service control policies are available with all features, as AWS says, be they
// enabled at the root or not.
func showOrganization(tx *store.Tx, o org.Organization) (*api.Organization, error) {
	a, _, err := tx.Account(o.Management)
	if err != nil {
		return nil, err
	}
	policies := []api.PolicyTypeSummary{}
	if o.Features == org.AllFeatures {
		policies = append(policies, api.PolicyTypeSummary{
			Type: api.PolicyTypeServiceControlPolicy, Status: api.PolicyTypeStatusEnabled,
		})
	}
	return &api.Organization{
		Id: o.ID, Arn: o.ARN(), FeatureSet: api.OrganizationFeatureSet(o.Features),
		MasterAccountArn: o.AccountARN(o.Management), MasterAccountId: string(o.Management),
		MasterAccountEmail: a.Email, AvailablePolicyTypes: policies,
	}, nil
}

// CreateOrganization makes the caller the management account of a new organization.
func (s *Service) CreateOrganization(ctx context.Context, who access.Caller, in *api.CreateOrganizationInput) (*api.CreateOrganizationOutput, error) {
	out := new(api.CreateOrganizationOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, in, err := tx.OrganizationOf(who.Account); err != nil {
			return err
		} else if in {
			return fault.Duplicatef("The AWS account is already a member of an organization.").
				Named("AlreadyInOrganizationException")
		}
		root, err := s.freeRoot(tx)
		if err != nil {
			return err
		}
		o := org.Organization{
			ID: "o-" + s.IDs.Lower(10), Root: root, Management: who.Account, Features: org.AllFeatures,
			Access: org.Disabled, Created: s.Now(),
		}
		if in.FeatureSet != nil {
			o.Features = string(*in.FeatureSet)
		}
		if err := tx.InsertOrganization(o); err != nil {
			return err
		}
		if err := tx.InsertMember(org.NewRoot(o).Admit(who.Account, org.Invited, o.Created)); err != nil {
			return err
		}
		out.Organization, err = showOrganization(tx, o)
		return err
	})
	return out, err
}

// freeRoot returns a root id nobody has; four characters are few enough to meet again.
func (s *Service) freeRoot(tx *store.Tx) (string, error) {
	for {
		id := "r-" + s.IDs.Lower(4)
		if _, taken, err := tx.Unit(id); err != nil || !taken {
			return id, err
		}
	}
}

// DescribeOrganization shows the caller's organization to any member.
func (s *Service) DescribeOrganization(ctx context.Context, who access.Caller, in *api.DescribeOrganizationInput) (*api.DescribeOrganizationOutput, error) {
	out := new(api.DescribeOrganizationOutput)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		o, err := homeOf(tx, who)
		if err != nil {
			return err
		}
		out.Organization, err = showOrganization(tx, o)
		return err
	})
	return out, err
}

// DeleteOrganization removes an organization without units and other members. (S-EVT-12)
func (s *Service) DeleteOrganization(ctx context.Context, who access.Caller, in *api.DeleteOrganizationInput) (*api.DeleteOrganizationOutput, error) {
	out := new(api.DeleteOrganizationOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := managed(tx, who)
		if err != nil {
			return err
		}
		members, err := tx.Members(o.ID, "", 2)
		if err != nil {
			return err
		}
		units, err := tx.Units(org.NewRoot(o), "", 1)
		if err != nil {
			return err
		}
		if len(members) > 1 || len(units) > 0 {
			return fault.InUsef("The organization isn't empty. To delete an organization, you must first remove all " +
				"accounts except the management account and delete all OUs.").Named("OrganizationNotEmptyException")
		}
		return tx.DeleteOrganization(o)
	})
	return out, err
}

// ListRoots shows the one root.
func (s *Service) ListRoots(ctx context.Context, who access.Caller, in *api.ListRootsInput) (*api.ListRootsOutput, error) {
	p, err := pageOf(who, in.NextToken, in.MaxResults, "ListRoots")
	if err != nil {
		return nil, err
	}
	out := new(api.ListRootsOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		o, err := watched(tx, who)
		if err != nil {
			return err
		}
		root, err := unitFor(tx, o, o.Root, notInUse)
		if err != nil {
			return err
		}
		out.Roots, out.NextToken = cut(p, []org.Unit{root}, unitKey, func(u org.Unit) api.Root {
			return api.Root{Id: u.ID, Arn: o.UnitARN(u.ID), Name: u.Name, PolicyTypes: policyTypes(o)}
		})
		return nil
	})
	return out, err
}

func unitKey(u org.Unit) string { return u.ID }

func accountKey(m store.MemberAccount) string { return string(m.ID) }

// account is the one a page goes on behind.
func (p page) account() ident.Account { return ident.Account(p.after) }
