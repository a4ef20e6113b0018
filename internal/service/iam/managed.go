package iam

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/service/iam/api"
	"portico/internal/store"
)

// The quotas of managed policies.
const (
	policiesPerAccount = 1500
	managedPolicySize  = 6144
)

// shippedSince is the date that policies show which come with the program.
func shippedSince() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

// shippedPolicies returns the policies for IAM that come with the program, by name.
func shippedPolicies() []access.ManagedPolicy {
	var out []access.ManagedPolicy
	for _, s := range access.ShippedPolicies() {
		if a, err := ident.ParseARN(s.ARN); err != nil || a.Service != "iam" {
			continue
		}
		out = append(out, access.ManagedPolicy{ARN: s.ARN, ID: s.ID, Account: access.ShippedAccount, Name: s.Name, Path: s.Path,
			Description: s.Description, Default: 1, Last: 1, Digest: access.PolicyDigest(s.Document), Created: shippedSince(), Updated: shippedSince()})
	}
	slices.SortFunc(out, func(a, b access.ManagedPolicy) int { return cmp.Compare(policyKey(a), policyKey(b)) })
	return out
}

func policyKey(p access.ManagedPolicy) string { return access.Fold(p.Name) }

func showPolicy(p access.ManagedPolicy, n store.PolicyCount) api.Policy {
	return api.Policy{
		PolicyName: p.Name, PolicyId: p.ID, Arn: p.ARN, Path: p.Path, DefaultVersionId: access.VersionID(p.Default),
		AttachmentCount: n.Attached, PermissionsBoundaryUsageCount: n.Bounded, IsAttachable: true,
		CreateDate: p.Created, UpdateDate: p.Updated,
	}
}

// identity refuses a document that is no policy for users, groups and roles.
func identity(document string) error {
	_, err := access.ParsePolicy(access.IdentityPolicy, document)
	if f, ok := fault.Of(err); ok {
		return f.Named(malformedPolicy)
	}
	return err
}

// managedDocument refuses a document that no managed policy can have.
func managedDocument(document string) error {
	if err := identity(document); err != nil {
		return err
	}
	if access.PolicySize(document) > managedPolicySize {
		return fault.Limitf("Cannot exceed quota for PolicySize: %d", managedPolicySize)
	}
	return nil
}

// policyFor returns the managed policy a request names: one of the caller's account, or one that comes with the program.
// Policies of others are as good as absent.
func policyFor(tx *store.Tx, who access.Caller, arn string) (access.ManagedPolicy, error) {
	a, err := ident.ParseARN(arn)
	if err != nil || a.Partition != ident.Partition || a.Service != "iam" || !strings.HasPrefix(a.Resource, "policy/") {
		return access.ManagedPolicy{}, fault.Invalidf("ARN %s is not valid.", arn)
	}
	absent := fault.NotFoundf("Policy %s was not found.", arn)
	switch a.Account {
	case access.ShippedAccount:
		ps := shippedPolicies()
		i := slices.IndexFunc(ps, func(p access.ManagedPolicy) bool { return p.ARN == arn })
		if i < 0 {
			return access.ManagedPolicy{}, absent
		}
		return ps[i], nil
	case who.Account:
		p, ok, err := tx.ManagedPolicy(arn)
		return p, found(ok, err, absent)
	}
	return access.ManagedPolicy{}, absent
}

// found turns the absence of what was looked for into a fault.
func found(ok bool, err, absent error) error {
	if err != nil || ok {
		return err
	}
	return absent
}

// changeable is policyFor for what changes a policy.
func changeable(tx *store.Tx, who access.Caller, arn string) (access.ManagedPolicy, error) {
	p, err := policyFor(tx, who, arn)
	if err == nil && p.Shipped() {
		err = fault.Deniedf("Policy %s comes with the service and cannot be changed.", arn)
	}
	return p, err
}

// CreatePolicy adds a managed policy; its name is unique in the account without regard to case.
func (s *Service) CreatePolicy(ctx context.Context, who access.Caller, in *api.CreatePolicyInput) (*api.CreatePolicyOutput, error) {
	if err := managedDocument(in.PolicyDocument); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	now := s.Now()
	path := pathOr(in.Path, "/")
	p := access.ManagedPolicy{ARN: ident.IAMARN(who.Account, "policy", path, in.PolicyName), ID: s.IDs.Unique("ANPA"), Account: who.Account,
		Name: in.PolicyName, Path: path, Default: 1, Last: 1, Digest: access.PolicyDigest(in.PolicyDocument), Created: now, Updated: now}
	if in.Description != nil {
		p.Description = *in.Description
	}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, taken, err := tx.ManagedPolicyByName(who.Account, in.PolicyName); err != nil || taken {
			return cmp.Or[error](err, fault.Duplicatef("A policy called %s already exists. Duplicate names are not allowed.", in.PolicyName))
		}
		n, _, err := tx.CountManagedPolicies(who.Account)
		if err != nil || n >= policiesPerAccount {
			return cmp.Or[error](err, fault.Limitf("Cannot exceed quota for PoliciesPerAccount: %d", policiesPerAccount))
		}
		if err := tx.InsertManagedPolicy(p, in.PolicyDocument); err != nil {
			return err
		}
		return putTags(tx, p.ID, in.Tags)
	})
	if err != nil {
		return nil, err
	}
	out := showPolicy(p, store.PolicyCount{})
	out.Tags = in.Tags
	return &api.CreatePolicyOutput{Policy: &out}, nil
}

// GetPolicy reads a managed policy with its description and tags.
func (s *Service) GetPolicy(ctx context.Context, who access.Caller, in *api.GetPolicyInput) (*api.GetPolicyOutput, error) {
	out := new(api.GetPolicyOutput)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		p, err := policyFor(tx, who, in.PolicyArn)
		if err != nil {
			return err
		}
		counts, err := tx.PolicyUses(who.Account, []string{p.ARN})
		if err != nil {
			return err
		}
		tags, err := tx.EntityTags(p.ID)
		shown := showPolicy(p, counts[p.ARN])
		shown.Description, shown.Tags = p.Description, showTags(tags)
		out.Policy = &shown
		return err
	})
	return out, err
}

// DeletePolicy removes a managed policy that nothing uses and that has one version only.
func (s *Service) DeletePolicy(ctx context.Context, who access.Caller, in *api.DeletePolicyInput) (*api.DeletePolicyOutput, error) {
	return new(api.DeletePolicyOutput), s.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := changeable(tx, who, in.PolicyArn)
		if err != nil {
			return err
		}
		counts, err := tx.PolicyUses(who.Account, []string{p.ARN})
		if err != nil || counts[p.ARN] != (store.PolicyCount{}) {
			return cmp.Or[error](err, fault.InUsef("Cannot delete a policy attached to entities."))
		}
		versions, err := tx.PolicyVersions(p.ARN)
		if err != nil || len(versions) > 1 {
			return cmp.Or[error](err, fault.InUsef("This policy has more than one version. Before you delete a policy, "+
				"you must delete the policy's versions. The default version is deleted with the policy."))
		}
		return tx.DeleteManagedPolicy(p)
	})
}

// The parts of the list of policies, in its order. A key begins with that of its part.
const (
	shippedPart = "a"
	localPart   = "l"
)

// ListPolicies lists the policies that come with the program and then those of the account, each by name, under a path
// prefix. OnlyAttached leaves those that are attached to something, and PolicyUsageFilter those with that use.
func (s *Service) ListPolicies(ctx context.Context, who access.Caller, in *api.ListPoliciesInput) (*api.ListPoliciesOutput, error) {
	scope, prefix, use := api.PolicyScopeTypeAll, pathOr(in.PathPrefix, "/"), usage(in.PolicyUsageFilter)
	if in.Scope != nil {
		scope = *in.Scope
	}
	if in.OnlyAttached != nil && *in.OnlyAttached && use == "" {
		use = store.Attached
	}
	p, err := pageOf(who, in.Marker, in.MaxItems, "ListPolicies", string(scope), prefix, string(use))
	if err != nil {
		return nil, err
	}
	out := new(api.ListPoliciesOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		var rows []access.ManagedPolicy
		if scope != api.PolicyScopeTypeLocal {
			if rows, err = shippedAfter(tx, who, prefix, use, p.after); err != nil {
				return err
			}
		}
		if scope != api.PolicyScopeTypeAws && len(rows) < p.more() {
			after, _ := strings.CutPrefix(p.after, localPart)
			if strings.HasPrefix(p.after, shippedPart) {
				after = ""
			}
			local, err := tx.ManagedPolicies(who.Account, prefix, use, after, p.more()-len(rows))
			if err != nil {
				return err
			}
			rows = append(rows, local...)
		}
		rows = rows[:min(len(rows), p.more())]
		counts, err := tx.PolicyUses(who.Account, arnsOf(rows))
		out.Policies, out.Marker = cut(p, rows, partKey, func(p access.ManagedPolicy) api.Policy { return showPolicy(p, counts[p.ARN]) })
		return err
	})
	out.IsTruncated = out.Marker != ""
	return out, err
}

// partKey is where a policy stands in the list of all.
func partKey(p access.ManagedPolicy) string {
	if p.Shipped() {
		return shippedPart + policyKey(p)
	}
	return localPart + policyKey(p)
}

// shippedAfter returns the policies that come with the program behind a key of the list of all.
func shippedAfter(tx *store.Tx, who access.Caller, prefix string, use store.PolicyUse, after string) ([]access.ManagedPolicy, error) {
	ps := slices.DeleteFunc(shippedPolicies(), func(p access.ManagedPolicy) bool {
		return partKey(p) <= after || !strings.HasPrefix(p.Path, prefix)
	})
	if use == "" {
		return ps, nil
	}
	counts, err := tx.PolicyUses(who.Account, arnsOf(ps))
	return slices.DeleteFunc(ps, func(p access.ManagedPolicy) bool {
		n := counts[p.ARN]
		return use == store.Attached && n.Attached == 0 || use == store.Boundary && n.Bounded == 0
	}), err
}

func arnsOf(ps []access.ManagedPolicy) []string {
	arns := make([]string, 0, len(ps))
	for _, p := range ps {
		arns = append(arns, p.ARN)
	}
	return arns
}
