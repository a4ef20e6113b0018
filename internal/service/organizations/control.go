package organizations

import (
	"context"
	"slices"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/org"
	"portico/internal/service/organizations/api"
	"portico/internal/store"
)

const (
	targetMissing = "TargetNotFoundException"
	notAvailable  = "PolicyTypeNotAvailableForOrganizationException"
	notEnabled    = "PolicyTypeNotEnabledException"
)

// fullAccess is the control policy that comes with the program, and its document.
func fullAccess() (org.ControlPolicy, string) {
	ps := access.ShippedPolicies()
	p := ps[slices.IndexFunc(ps, func(p access.Shipped) bool { return p.ARN == org.FullAccessARN })]
	return org.ControlPolicy{ID: org.FullAccess, Name: p.Name, Description: p.Description, Digest: access.PolicyDigest(p.Document)}, p.Document
}

func showControl(o org.Organization, p org.ControlPolicy) api.PolicySummary {
	return api.PolicySummary{Id: p.ID, Arn: o.ControlARN(p.ID), Name: p.Name, Description: p.Description,
		Type: api.PolicyTypeServiceControlPolicy, AwsManaged: p.Shipped()}
}

// policyTypes are the policy types that somebody enabled at the root.
func policyTypes(o org.Organization) []api.PolicyTypeSummary {
	if !o.Controls {
		return []api.PolicyTypeSummary{}
	}
	return []api.PolicyTypeSummary{{Type: api.PolicyTypeServiceControlPolicy, Status: api.PolicyTypeStatusEnabled}}
}

// controlFor returns the control policy a request names.
func controlFor(tx *store.Tx, o org.Organization, id string) (org.ControlPolicy, error) {
	if id == org.FullAccess {
		p, _ := fullAccess()
		return p, nil
	}
	p, ok, err := tx.ControlPolicy(id)
	if err == nil && (!ok || p.Org != o.ID) {
		err = missing("PolicyNotFoundException", "You specified a policy that doesn't exist: %s.", id)
	}
	return p, err
}

// ownControl is controlFor for what changes a policy.
func ownControl(tx *store.Tx, o org.Organization, id string) (org.ControlPolicy, error) {
	p, err := controlFor(tx, o, id)
	if err == nil && p.Shipped() {
		err = invalid("IMMUTABLE_POLICY", "You specified a policy that is managed by AWS and can't be modified: %s.", id)
	}
	return p, err
}

// controlDocument refuses a document that no control policy can have.
func controlDocument(content string) error {
	if len(content) > org.MaxControlSize {
		return broken("POLICY_CONTENT_LIMIT_EXCEEDED", "You attempted to create a policy that is larger than the maximum size of %d bytes.", org.MaxControlSize)
	}
	_, err := access.ParsePolicy(access.ControlPolicy, content)
	if f, ok := fault.Of(err); ok {
		return f.Named("MalformedPolicyDocumentException")
	}
	return err
}

// controllable refuses policy types that the organization cannot have.
func controllable(o org.Organization, kind api.PolicyType) error {
	if kind != api.PolicyTypeServiceControlPolicy || o.Features != org.AllFeatures {
		return fault.Unsupportedf("You can't use the policy type %s with this organization.", kind).Named(notAvailable)
	}
	return nil
}

// controlNameFree refuses a second control policy of one name.
func controlNameFree(tx *store.Tx, o org.Organization, name string) error {
	_, taken, err := tx.ControlPolicyByName(o.ID, name)
	if full, _ := fullAccess(); err == nil && (taken || name == full.Name) {
		err = fault.Duplicatef("A policy with the same name already exists: %s.", name).Named("DuplicatePolicyException")
	}
	return err
}

// rootFor returns the organization that the caller manages, whose root a request names.
func rootFor(tx *store.Tx, who access.Caller, root string) (org.Organization, error) {
	o, err := managed(tx, who)
	if err == nil && root != o.Root {
		err = missing("RootNotFoundException", "You specified a root that doesn't exist: %s.", root)
	}
	return o, err
}

func showRoot(tx *store.Tx, o org.Organization) (*api.Root, error) {
	u, err := unitFor(tx, o, o.Root, notInUse)
	return &api.Root{Id: u.ID, Arn: o.UnitARN(u.ID), Name: u.Name, PolicyTypes: policyTypes(o)}, err
}

// EnablePolicyType turns on service control policies: from then on FullAWSAccess is attached to the root and to every
// unit and account, those to come included.
func (s *Service) EnablePolicyType(ctx context.Context, who access.Caller, in *api.EnablePolicyTypeInput) (*api.EnablePolicyTypeOutput, error) {
	out := new(api.EnablePolicyTypeOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := rootFor(tx, who, in.RootId)
		if err != nil {
			return err
		}
		if err := controllable(o, in.PolicyType); err != nil {
			return err
		}
		if o.Controls {
			return fault.Duplicatef("The policy type %s is already enabled in the root %s.", in.PolicyType, o.Root).Named("PolicyTypeAlreadyEnabledException")
		}
		o.Controls = true
		if err := tx.EnableControls(o.ID); err != nil {
			return err
		}
		out.Root, err = showRoot(tx, o)
		return err
	})
	return out, err
}

// DisablePolicyType turns off service control policies. The policies stay, but are attached nowhere any more.
func (s *Service) DisablePolicyType(ctx context.Context, who access.Caller, in *api.DisablePolicyTypeInput) (*api.DisablePolicyTypeOutput, error) {
	out := new(api.DisablePolicyTypeOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := rootFor(tx, who, in.RootId)
		if err != nil {
			return err
		}
		if !o.Controls || in.PolicyType != api.PolicyTypeServiceControlPolicy {
			return typeNotEnabled(o, in.PolicyType)
		}
		o.Controls = false
		if err := tx.DisableControls(o.ID); err != nil {
			return err
		}
		out.Root, err = showRoot(tx, o)
		return err
	})
	return out, err
}

func typeNotEnabled(o org.Organization, kind api.PolicyType) error {
	return fault.Statef("The policy type %s is not enabled in the root %s.", kind, o.Root).Named(notEnabled)
}

// CreatePolicy adds a service control policy, which binds nobody until it is attached. Its type need not be enabled.
func (s *Service) CreatePolicy(ctx context.Context, who access.Caller, in *api.CreatePolicyInput) (*api.CreatePolicyOutput, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	out := new(api.CreatePolicyOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := managed(tx, who)
		if err != nil {
			return err
		}
		if err := controllable(o, in.Type); err != nil {
			return err
		}
		if err := controlDocument(in.Content); err != nil {
			return err
		}
		if err := controlNameFree(tx, o, in.Name); err != nil {
			return err
		}
		n, err := tx.CountControlPolicies(o.ID)
		if err != nil {
			return err
		}
		if n >= org.MaxControlPolicies {
			return broken("POLICY_NUMBER_LIMIT_EXCEEDED", "You attempted to exceed the number of policies that you can have in an organization: %d.", org.MaxControlPolicies)
		}
		p := org.ControlPolicy{ID: "p-" + s.IDs.Lower(8), Org: o.ID, Name: in.Name, Description: in.Description}
		if err := tx.InsertControlPolicy(p, in.Content); err != nil {
			return err
		}
		summary := showControl(o, p)
		out.Policy = &api.Policy{PolicySummary: &summary, Content: in.Content}
		return tx.SetOrganizationTags(p.ID, readTags(in.Tags))
	})
	return out, err
}

// DescribePolicy shows a service control policy with its document.
func (s *Service) DescribePolicy(ctx context.Context, who access.Caller, in *api.DescribePolicyInput) (*api.DescribePolicyOutput, error) {
	out := new(api.DescribePolicyOutput)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		o, err := watched(tx, who)
		if err != nil {
			return err
		}
		p, err := controlFor(tx, o, in.PolicyId)
		if err != nil {
			return err
		}
		content, err := tx.PolicyDocument(p.Digest)
		summary := showControl(o, p)
		out.Policy = &api.Policy{PolicySummary: &summary, Content: content}
		return err
	})
	return out, err
}

// UpdatePolicy changes what is given of a service control policy's name, description and document; where it is attached
// the change counts at once.
func (s *Service) UpdatePolicy(ctx context.Context, who access.Caller, in *api.UpdatePolicyInput) (*api.UpdatePolicyOutput, error) {
	out := new(api.UpdatePolicyOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := managed(tx, who)
		if err != nil {
			return err
		}
		p, err := ownControl(tx, o, in.PolicyId)
		if err != nil {
			return err
		}
		content, err := tx.PolicyDocument(p.Digest)
		if err != nil {
			return err
		}
		if in.Content != nil {
			if err := controlDocument(*in.Content); err != nil {
				return err
			}
			content = *in.Content
		}
		if in.Name != nil && *in.Name != p.Name {
			if err := controlNameFree(tx, o, *in.Name); err != nil {
				return err
			}
			p.Name = *in.Name
		}
		if in.Description != nil {
			p.Description = *in.Description
		}
		summary := showControl(o, p)
		out.Policy = &api.Policy{PolicySummary: &summary, Content: content}
		return tx.UpdateControlPolicy(p, content)
	})
	return out, err
}

// DeletePolicy removes a service control policy that is attached nowhere.
func (s *Service) DeletePolicy(ctx context.Context, who access.Caller, in *api.DeletePolicyInput) (*api.DeletePolicyOutput, error) {
	out := new(api.DeletePolicyOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := managed(tx, who)
		if err != nil {
			return err
		}
		p, err := ownControl(tx, o, in.PolicyId)
		if err != nil {
			return err
		}
		targets, err := tx.ControlTargets(o.ID, p.ID, "", 1)
		if err != nil {
			return err
		}
		if len(targets) > 0 {
			return fault.InUsef("The policy %s is attached to one or more entities. You must detach it from all roots, "+
				"OUs, and accounts before performing this operation.", p.ID).Named("PolicyInUseException")
		}
		return tx.DeleteControlPolicy(p)
	})
	return out, err
}

// ListPolicies lists the service control policies of the organization by id, FullAWSAccess first. There are none of other
// types.
func (s *Service) ListPolicies(ctx context.Context, who access.Caller, in *api.ListPoliciesInput) (*api.ListPoliciesOutput, error) {
	p, err := pageOf(who, in.NextToken, in.MaxResults, "ListPolicies", string(in.Filter))
	if err != nil {
		return nil, err
	}
	out := new(api.ListPoliciesOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		o, err := watched(tx, who)
		if err != nil {
			return err
		}
		var rows []org.ControlPolicy
		if controllable(o, in.Filter) == nil {
			if full, _ := fullAccess(); p.after < full.ID {
				rows = append(rows, full)
			}
			own, err := tx.ControlPolicies(o.ID, p.after, p.more())
			if err != nil {
				return err
			}
			rows = append(rows, own...)
			rows = rows[:min(len(rows), p.more())]
		}
		out.Policies, out.NextToken = cut(p, rows, func(p org.ControlPolicy) string { return p.ID },
			func(p org.ControlPolicy) api.PolicySummary { return showControl(o, p) })
		return nil
	})
	return out, err
}
