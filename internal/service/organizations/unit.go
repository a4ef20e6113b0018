package organizations

import (
	"context"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/org"
	"portico/internal/service/organizations/api"
	"portico/internal/store"
)

const (
	unitMissing   = "OrganizationalUnitNotFoundException"
	parentMissing = "ParentNotFoundException"
)

func showUnit(o org.Organization, u org.Unit) *api.OrganizationalUnit {
	return &api.OrganizationalUnit{Id: u.ID, Arn: o.UnitARN(u.ID), Name: u.Name}
}

// nameFree refuses a second unit of one name below the same parent.
func nameFree(tx *store.Tx, parent org.Unit, name string) error {
	_, taken, err := tx.UnitByName(parent, name)
	if err == nil && taken {
		err = fault.Duplicatef("An organizational unit with the name %s already exists below %s.", name, parent.ID).
			Named("DuplicateOrganizationalUnitException")
	}
	return err
}

// CreateOrganizationalUnit adds a unit below the root or another unit, at most five levels deep. (S-EVT-4)
func (s *Service) CreateOrganizationalUnit(ctx context.Context, who access.Caller, in *api.CreateOrganizationalUnitInput) (*api.CreateOrganizationalUnitOutput, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	out := new(api.CreateOrganizationalUnitOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := managed(tx, who)
		if err != nil {
			return err
		}
		parent, err := unitFor(tx, o, in.ParentId, parentMissing)
		if err != nil {
			return err
		}
		u, err := parent.Child(parent.Prefix()+"-"+s.IDs.Lower(8), in.Name, s.Now())
		if err != nil {
			return err
		}
		if err := nameFree(tx, parent, in.Name); err != nil {
			return err
		}
		if err := tx.InsertUnit(u); err != nil {
			return err
		}
		out.OrganizationalUnit = showUnit(o, u)
		return tx.SetOrganizationTags(u.ID, readTags(in.Tags))
	})
	return out, err
}

// DescribeOrganizationalUnit shows one unit.
func (s *Service) DescribeOrganizationalUnit(ctx context.Context, who access.Caller, in *api.DescribeOrganizationalUnitInput) (*api.DescribeOrganizationalUnitOutput, error) {
	out := new(api.DescribeOrganizationalUnitOutput)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		o, err := watched(tx, who)
		if err != nil {
			return err
		}
		u, err := unitFor(tx, o, in.OrganizationalUnitId, unitMissing)
		if err != nil {
			return err
		}
		out.OrganizationalUnit = showUnit(o, u)
		return nil
	})
	return out, err
}

// UpdateOrganizationalUnit renames a unit; its own name again changes nothing.
func (s *Service) UpdateOrganizationalUnit(ctx context.Context, who access.Caller, in *api.UpdateOrganizationalUnitInput) (*api.UpdateOrganizationalUnitOutput, error) {
	out := new(api.UpdateOrganizationalUnitOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := managed(tx, who)
		if err != nil {
			return err
		}
		u, err := unitFor(tx, o, in.OrganizationalUnitId, unitMissing)
		if err != nil {
			return err
		}
		if in.Name != nil && *in.Name != u.Name {
			if err := nameFree(tx, org.Unit{ID: u.Parent, Org: u.Org}, *in.Name); err != nil {
				return err
			}
			u.Name = *in.Name
		}
		out.OrganizationalUnit = showUnit(o, u)
		return tx.UpdateUnit(u)
	})
	return out, err
}

// DeleteOrganizationalUnit removes an empty unit and the shares made to it. (S-EVT-4)
func (s *Service) DeleteOrganizationalUnit(ctx context.Context, who access.Caller, in *api.DeleteOrganizationalUnitInput) (*api.DeleteOrganizationalUnitOutput, error) {
	out := new(api.DeleteOrganizationalUnitOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := managed(tx, who)
		if err != nil {
			return err
		}
		u, err := unitFor(tx, o, in.OrganizationalUnitId, unitMissing)
		if err != nil {
			return err
		}
		units, err := tx.Units(u, "", 1)
		if err != nil {
			return err
		}
		members, err := tx.MembersBelow(u.ID, "", 1)
		if err != nil {
			return err
		}
		if len(units) > 0 || len(members) > 0 {
			return fault.InUsef("The specified OU %s is not empty. Move all accounts to another root or to other OUs, "+
				"remove all child OUs, and try the operation again.", u.ID).Named("OrganizationalUnitNotEmptyException")
		}
		return tx.DeleteUnit(u.ID)
	})
	return out, err
}

// ListOrganizationalUnitsForParent lists the units directly below a root or unit, by id.
func (s *Service) ListOrganizationalUnitsForParent(ctx context.Context, who access.Caller, in *api.ListOrganizationalUnitsForParentInput) (*api.ListOrganizationalUnitsForParentOutput, error) {
	p, err := pageOf(who, in.NextToken, in.MaxResults, "ListOrganizationalUnitsForParent", in.ParentId)
	if err != nil {
		return nil, err
	}
	out := new(api.ListOrganizationalUnitsForParentOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		o, err := watched(tx, who)
		if err != nil {
			return err
		}
		u, err := unitFor(tx, o, in.ParentId, parentMissing)
		if err != nil {
			return err
		}
		rows, err := tx.Units(u, p.after, p.more())
		out.OrganizationalUnits, out.NextToken = cut(p, rows, unitKey,
			func(u org.Unit) api.OrganizationalUnit { return *showUnit(o, u) })
		return err
	})
	return out, err
}

// ListParents names the one parent of an account or unit.
func (s *Service) ListParents(ctx context.Context, who access.Caller, in *api.ListParentsInput) (*api.ListParentsOutput, error) {
	if _, err := pageOf(who, in.NextToken, in.MaxResults, "ListParents", in.ChildId); err != nil {
		return nil, err
	}
	out := new(api.ListParentsOutput)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		o, err := watched(tx, who)
		if err != nil {
			return err
		}
		parent, err := parentOf(tx, o, in.ChildId)
		if err != nil {
			return err
		}
		kind := api.ParentTypeOrganizationalUnit
		if org.KindOf(parent) == org.Root {
			kind = api.ParentTypeRoot
		}
		out.Parents = []api.Parent{{Id: parent, Type: kind}}
		return nil
	})
	return out, err
}

// parentOf returns the parent of an account or unit of an organization.
func parentOf(tx *store.Tx, o org.Organization, child string) (string, error) {
	const code = "ChildNotFoundException"
	if org.KindOf(child) == org.OU {
		u, err := unitFor(tx, o, child, code)
		return u.Parent, err
	}
	m, err := memberFor(tx, o, child)
	if f, ok := fault.Of(err); ok {
		err = f.Named(code)
	}
	return m.Parent, err
}

// ListChildren lists the accounts or the units directly below a root or unit, by id.
func (s *Service) ListChildren(ctx context.Context, who access.Caller, in *api.ListChildrenInput) (*api.ListChildrenOutput, error) {
	p, err := pageOf(who, in.NextToken, in.MaxResults, "ListChildren", in.ParentId, string(in.ChildType))
	if err != nil {
		return nil, err
	}
	out := new(api.ListChildrenOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		o, err := watched(tx, who)
		if err != nil {
			return err
		}
		u, err := unitFor(tx, o, in.ParentId, parentMissing)
		if err != nil {
			return err
		}
		if in.ChildType == api.ChildTypeAccount {
			rows, err := tx.MembersBelow(u.ID, p.account(), p.more())
			out.Children, out.NextToken = cut(p, rows, accountKey, func(m store.MemberAccount) api.Child {
				return api.Child{Id: string(m.ID), Type: in.ChildType}
			})
			return err
		}
		rows, err := tx.Units(u, p.after, p.more())
		out.Children, out.NextToken = cut(p, rows, unitKey, func(u org.Unit) api.Child {
			return api.Child{Id: u.ID, Type: in.ChildType}
		})
		return err
	})
	return out, err
}
