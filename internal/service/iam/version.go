package iam

import (
	"context"
	"slices"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/service/iam/api"
	"portico/internal/store"
)

const versionsPerPolicy = 5

func showVersion(p access.ManagedPolicy, v access.PolicyVersion) api.PolicyVersion {
	return api.PolicyVersion{VersionId: v.ID(), IsDefaultVersion: v.Number == p.Default, CreateDate: v.Created}
}

// versionsOf returns the versions of a managed policy, the newest first. One that comes with the program has one.
func versionsOf(tx *store.Tx, p access.ManagedPolicy) ([]access.PolicyVersion, error) {
	if p.Shipped() {
		return []access.PolicyVersion{{Number: p.Default, Digest: p.Digest, Created: p.Created}}, nil
	}
	return tx.PolicyVersions(p.ARN)
}

func versionFor(tx *store.Tx, p access.ManagedPolicy, id string) (access.PolicyVersion, error) {
	vs, err := versionsOf(tx, p)
	if err != nil {
		return access.PolicyVersion{}, err
	}
	i := slices.IndexFunc(vs, func(v access.PolicyVersion) bool { return v.ID() == id })
	if i < 0 {
		return access.PolicyVersion{}, fault.NotFoundf("Policy %s version %s does not exist or is not attachable.", p.ARN, id)
	}
	return vs[i], nil
}

// CreatePolicyVersion gives a managed policy another wording, which is in force only when that is asked for. The numbers
// of versions that are gone are not given out again.
func (s *Service) CreatePolicyVersion(ctx context.Context, who access.Caller, in *api.CreatePolicyVersionInput) (*api.CreatePolicyVersionOutput, error) {
	if err := managedDocument(in.PolicyDocument); err != nil {
		return nil, err
	}
	out := new(api.CreatePolicyVersionOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := changeable(tx, who, in.PolicyArn)
		if err != nil {
			return err
		}
		vs, err := tx.PolicyVersions(p.ARN)
		if err != nil {
			return err
		}
		if len(vs) >= versionsPerPolicy {
			return fault.Limitf("A managed policy can have up to %d versions. Before you create a new version, "+
				"you must delete an existing version.", versionsPerPolicy)
		}
		p.Last++
		v := access.PolicyVersion{Number: p.Last, Digest: access.PolicyDigest(in.PolicyDocument), Created: s.Now()}
		p.Updated = v.Created
		if in.SetAsDefault != nil && *in.SetAsDefault {
			p.Default, p.Digest = v.Number, v.Digest
		}
		if err := tx.InsertPolicyVersion(p, v, in.PolicyDocument); err != nil {
			return err
		}
		shown := showVersion(p, v)
		out.PolicyVersion = &shown
		return tx.UpdateManagedPolicy(p)
	})
	return out, err
}

// GetPolicyVersion reads one version with its document.
func (s *Service) GetPolicyVersion(ctx context.Context, who access.Caller, in *api.GetPolicyVersionInput) (*api.GetPolicyVersionOutput, error) {
	out := new(api.GetPolicyVersionOutput)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		p, err := policyFor(tx, who, in.PolicyArn)
		if err != nil {
			return err
		}
		v, err := versionFor(tx, p, in.VersionId)
		if err != nil {
			return err
		}
		document, err := tx.PolicyDocument(v.Digest)
		shown := showVersion(p, v)
		shown.Document = escapePolicy(document)
		out.PolicyVersion = &shown
		return err
	})
	return out, err
}

// ListPolicyVersions lists the versions of a managed policy, the newest first, without their documents.
func (s *Service) ListPolicyVersions(ctx context.Context, who access.Caller, in *api.ListPolicyVersionsInput) (*api.ListPolicyVersionsOutput, error) {
	p, err := pageOf(who, in.Marker, in.MaxItems, "ListPolicyVersions", in.PolicyArn)
	if err != nil {
		return nil, err
	}
	out := new(api.ListPolicyVersionsOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		policy, err := policyFor(tx, who, in.PolicyArn)
		if err != nil {
			return err
		}
		vs, err := versionsOf(tx, policy)
		out.Versions, out.Marker = cutShort(p, vs, func(v access.PolicyVersion) api.PolicyVersion { return showVersion(policy, v) })
		return err
	})
	out.IsTruncated = out.Marker != ""
	return out, err
}

// SetDefaultPolicyVersion puts a version in force.
func (s *Service) SetDefaultPolicyVersion(ctx context.Context, who access.Caller, in *api.SetDefaultPolicyVersionInput) (*api.SetDefaultPolicyVersionOutput, error) {
	return new(api.SetDefaultPolicyVersionOutput), s.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := changeable(tx, who, in.PolicyArn)
		if err != nil {
			return err
		}
		v, err := versionFor(tx, p, in.VersionId)
		if err != nil {
			return err
		}
		p.Default, p.Digest = v.Number, v.Digest
		return tx.UpdateManagedPolicy(p)
	})
}

// DeletePolicyVersion removes a version that is not in force.
func (s *Service) DeletePolicyVersion(ctx context.Context, who access.Caller, in *api.DeletePolicyVersionInput) (*api.DeletePolicyVersionOutput, error) {
	return new(api.DeletePolicyVersionOutput), s.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := changeable(tx, who, in.PolicyArn)
		if err != nil {
			return err
		}
		v, err := versionFor(tx, p, in.VersionId)
		if err != nil {
			return err
		}
		if v.Number == p.Default {
			return fault.InUsef("Cannot delete the default version of a policy.")
		}
		return tx.DeletePolicyVersion(p.ARN, v)
	})
}
