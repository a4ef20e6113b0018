package organizations

import (
	"context"
	"slices"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/org"
	"portico/internal/service/organizations/api"
	"portico/internal/store"
)

// attachable returns the caller's organization and the control policy that a request puts on a node of it or takes away.
func attachable(tx *store.Tx, who access.Caller, policy, target string) (org.Organization, org.ControlPolicy, []string, error) {
	o, err := managed(tx, who)
	if err != nil {
		return o, org.ControlPolicy{}, nil, err
	}
	p, err := controlFor(tx, o, policy)
	if err != nil {
		return o, p, nil, err
	}
	if err := hasNode(tx, o, target); err != nil {
		return o, p, nil, err
	}
	have, err := tx.ControlsOf(target)
	return o, p, have, err
}

// AttachPolicy makes a service control policy bind the accounts at and below a node.
func (s *Service) AttachPolicy(ctx context.Context, who access.Caller, in *api.AttachPolicyInput) (*api.AttachPolicyOutput, error) {
	out := new(api.AttachPolicyOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, p, have, err := attachable(tx, who, in.PolicyId, in.TargetId)
		if err != nil {
			return err
		}
		if !o.Controls {
			return typeNotEnabled(o, api.PolicyTypeServiceControlPolicy)
		}
		if slices.Contains(have, p.ID) {
			return fault.Duplicatef("The selected policy %s is already attached to the specified target %s.", p.ID, in.TargetId).
				Named("DuplicatePolicyAttachmentException")
		}
		if len(have) >= org.MaxControlAttachments {
			return broken("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", "You attempted to exceed the number of policies of the "+
				"type %s that can be attached to an entity: %d.", api.PolicyTypeServiceControlPolicy, org.MaxControlAttachments)
		}
		return tx.AttachControl(o.ID, in.TargetId, p.ID)
	})
	return out, err
}

// DetachPolicy takes a service control policy from a node, which must keep another one.
func (s *Service) DetachPolicy(ctx context.Context, who access.Caller, in *api.DetachPolicyInput) (*api.DetachPolicyOutput, error) {
	out := new(api.DetachPolicyOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		_, p, have, err := attachable(tx, who, in.PolicyId, in.TargetId)
		if err != nil {
			return err
		}
		if !slices.Contains(have, p.ID) {
			return fault.NotFoundf("The policy %s isn't attached to the specified target %s.", p.ID, in.TargetId).Named("PolicyNotAttachedException")
		}
		if len(have) == 1 {
			return broken("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", "You attempted to detach a policy from an entity that "+
				"would cause the entity to have fewer than the minimum number of policies of the type %s required.", api.PolicyTypeServiceControlPolicy)
		}
		return tx.DetachControl(in.TargetId, p.ID)
	})
	return out, err
}

// ListPoliciesForTarget lists the service control policies attached to a node itself, by id.
func (s *Service) ListPoliciesForTarget(ctx context.Context, who access.Caller, in *api.ListPoliciesForTargetInput) (*api.ListPoliciesForTargetOutput, error) {
	p, err := pageOf(who, in.NextToken, in.MaxResults, "ListPoliciesForTarget", in.TargetId, string(in.Filter))
	if err != nil {
		return nil, err
	}
	out := new(api.ListPoliciesForTargetOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		o, err := watched(tx, who)
		if err != nil {
			return err
		}
		if err := hasNode(tx, o, in.TargetId); err != nil {
			return err
		}
		ids, err := tx.ControlsOf(in.TargetId)
		if err != nil {
			return err
		}
		ids = slices.DeleteFunc(ids, func(id string) bool { return id <= p.after || controllable(o, in.Filter) != nil })
		ids, out.NextToken = cut(p, ids, func(id string) string { return id }, func(id string) string { return id })
		out.Policies = make([]api.PolicySummary, 0, len(ids))
		for _, id := range ids {
			c, err := controlFor(tx, o, id)
			if err != nil {
				return err
			}
			out.Policies = append(out.Policies, showControl(o, c))
		}
		return nil
	})
	return out, err
}

// ListTargetsForPolicy lists the nodes that a service control policy is attached to, by id.
func (s *Service) ListTargetsForPolicy(ctx context.Context, who access.Caller, in *api.ListTargetsForPolicyInput) (*api.ListTargetsForPolicyOutput, error) {
	p, err := pageOf(who, in.NextToken, in.MaxResults, "ListTargetsForPolicy", in.PolicyId)
	if err != nil {
		return nil, err
	}
	out := new(api.ListTargetsForPolicyOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		o, err := watched(tx, who)
		if err != nil {
			return err
		}
		c, err := controlFor(tx, o, in.PolicyId)
		if err != nil {
			return err
		}
		rows, err := tx.ControlTargets(o.ID, c.ID, p.after, p.more())
		out.Targets, out.NextToken = cut(p, rows, func(t store.ControlTarget) string { return t.ID },
			func(t store.ControlTarget) api.PolicyTargetSummary { return showTarget(o, t) })
		return err
	})
	return out, err
}

func showTarget(o org.Organization, t store.ControlTarget) api.PolicyTargetSummary {
	out := api.PolicyTargetSummary{TargetId: t.ID, Name: t.Name, Type: api.TargetType(org.KindOf(t.ID))}
	if out.Arn = o.UnitARN(t.ID); org.KindOf(t.ID) == org.Account {
		out.Arn = o.AccountARN(ident.Account(t.ID))
	}
	return out
}

// DescribeEffectivePolicy finds nothing: it is about the types of policy that inherit from each other, and service
// control policies, the only ones here, are not among them.
func (s *Service) DescribeEffectivePolicy(ctx context.Context, who access.Caller, in *api.DescribeEffectivePolicyInput) (*api.DescribeEffectivePolicyOutput, error) {
	target := string(who.Account)
	if in.TargetId != nil {
		target = *in.TargetId
	}
	return new(api.DescribeEffectivePolicyOutput), s.DB.Read(ctx, func(tx *store.Tx) error {
		load := watched
		if target == string(who.Account) {
			load = homeOf
		}
		o, err := load(tx, who)
		if err != nil {
			return err
		}
		if err := hasNode(tx, o, target); err != nil {
			return err
		}
		return missing("EffectivePolicyNotFoundException", "The target %s has no effective policy of the type %s.", target, in.PolicyType)
	})
}
