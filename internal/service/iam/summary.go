package iam

import (
	"context"

	"portico/internal/access"
	"portico/internal/service/iam/api"
	"portico/internal/store"
)

// GetAccountSummary counts what the account has and says its quotas. Those that AWS lets an account raise are AWS's
// presets; of users, groups and roles any number is taken.
func (s *Service) GetAccountSummary(ctx context.Context, who access.Caller, _ *api.GetAccountSummaryInput) (*api.GetAccountSummaryOutput, error) {
	out := new(api.GetAccountSummaryOutput)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		n, err := tx.CountEntities(who.Account)
		if err != nil {
			return err
		}
		policies, versions, err := tx.CountManagedPolicies(who.Account)
		if err != nil {
			return err
		}
		keys, err := tx.AccessKeys(who.Account, "")
		out.SummaryMap = map[string]int{
			"Users": n.Users, "UsersQuota": 5000, "Groups": n.Groups, "GroupsQuota": 300, "Roles": n.Roles, "RolesQuota": 1000,
			"InstanceProfiles": n.Profiles, "InstanceProfilesQuota": 1000, "Providers": n.Providers,
			"Policies": policies, "PoliciesQuota": policiesPerAccount, "PolicySizeQuota": managedPolicySize,
			"PolicyVersionsInUse": versions, "PolicyVersionsInUseQuota": 10000, "VersionsPerPolicyQuota": versionsPerPolicy,
			"AttachedPoliciesPerUserQuota": attachedPerEntity, "AttachedPoliciesPerGroupQuota": attachedPerEntity,
			"AttachedPoliciesPerRoleQuota": attachedPerEntity,
			"UserPolicySizeQuota":          userInlineSize, "GroupPolicySizeQuota": groupInlineSize, "RolePolicySizeQuota": roleInlineSize,
			"GroupsPerUserQuota": groupsPerUser, "AccessKeysPerUserQuota": keysPerUser, "AccountAccessKeysPresent": min(len(keys), 1),
			"AccountMFAEnabled": 0, "AccountPasswordPresent": 0, "AccountSigningCertificatesPresent": 0, "MFADevices": 0, "MFADevicesInUse": 0,
			"ServerCertificates": 0, "ServerCertificatesQuota": 20, "SigningCertificatesPerUserQuota": 2, "GlobalEndpointTokenVersion": 1,
		}
		return err
	})
	return out, err
}

// ListAccountAliases lists the account's aliases: none.
func (s *Service) ListAccountAliases(context.Context, access.Caller, *api.ListAccountAliasesInput) (*api.ListAccountAliasesOutput, error) {
	return &api.ListAccountAliasesOutput{AccountAliases: []string{}}, nil
}
