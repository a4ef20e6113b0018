package iam_test

import (
	"strings"
	"testing"

	"portico/internal/access"
	"portico/internal/service/iam/api"
)

// furnished makes entities of every kind that have everything, and a second user and group without anything.
func (w world) furnished() (local string) {
	w.Helper()
	w.people()
	local = w.managed("p")
	w.managed("unused")
	do(w, w.CreatePolicyVersion, api.CreatePolicyVersionInput{PolicyArn: local, PolicyDocument: policy("s3:Get*")})
	do(w, w.CreateUser, api.CreateUserInput{UserName: "y"})
	do(w, w.CreateGroup, api.CreateGroupInput{GroupName: "y"})
	do(w, w.AddUserToGroup, api.AddUserToGroupInput{GroupName: "x", UserName: "x"})
	do(w, w.TagUser, api.TagUserInput{UserName: "x", Tags: []api.Tag{{Key: "k", Value: "u"}}})
	do(w, w.TagRole, api.TagRoleInput{RoleName: "x", Tags: []api.Tag{{Key: "k", Value: "r"}}})
	do(w, w.PutUserPolicy, api.PutUserPolicyInput{UserName: "x", PolicyName: "iu", PolicyDocument: policy("s3:Put*")})
	do(w, w.PutGroupPolicy, api.PutGroupPolicyInput{GroupName: "x", PolicyName: "ig", PolicyDocument: policy("s3:Put*")})
	do(w, w.PutRolePolicy, api.PutRolePolicyInput{RoleName: "x", PolicyName: "ir", PolicyDocument: policy("s3:Put*")})
	do(w, w.AttachUserPolicy, api.AttachUserPolicyInput{UserName: "x", PolicyArn: local})
	do(w, w.AttachGroupPolicy, api.AttachGroupPolicyInput{GroupName: "x", PolicyArn: adminARN})
	do(w, w.AttachRolePolicy, api.AttachRolePolicyInput{RoleName: "x", PolicyArn: local})
	do(w, w.PutUserPermissionsBoundary, api.PutUserPermissionsBoundaryInput{UserName: "x", PermissionsBoundary: readARN})
	do(w, w.PutRolePermissionsBoundary, api.PutRolePermissionsBoundaryInput{RoleName: "x", PermissionsBoundary: local})
	do(w, w.CreateInstanceProfile, api.CreateInstanceProfileInput{InstanceProfileName: "x"})
	do(w, w.AddRoleToInstanceProfile, api.AddRoleToInstanceProfileInput{InstanceProfileName: "x", RoleName: "x"})
	return local
}

func TestAccountAuthorizationDetails(t *testing.T) {
	worlds(t, func(w world) {
		local := w.furnished()
		out := do(w, w.GetAccountAuthorizationDetails, api.GetAccountAuthorizationDetailsInput{})
		u, g, r := out.UserDetailList[0], out.GroupDetailList[0], out.RoleDetailList[0]
		attached := []api.AttachedPolicy{{PolicyName: "p", PolicyArn: local}}
		w.equal(u, api.UserDetail{Path: "/", UserName: "x", UserId: u.UserId, Arn: "arn:aws:iam::111111111111:user/x", CreateDate: w.Now(),
			UserPolicyList: []api.PolicyDetail{{PolicyName: "iu", PolicyDocument: u.UserPolicyList[0].PolicyDocument}}, GroupList: []string{"x"},
			AttachedManagedPolicies: attached, Tags: []api.Tag{{Key: "k", Value: "u"}},
			PermissionsBoundary: &api.AttachedPermissionsBoundary{PermissionsBoundaryType: "PermissionsBoundaryPolicy", PermissionsBoundaryArn: readARN}})
		w.equal(plain(w, u.UserPolicyList[0].PolicyDocument), policy("s3:Put*"))
		w.equal(g, api.GroupDetail{Path: "/", GroupName: "x", GroupId: g.GroupId, Arn: "arn:aws:iam::111111111111:group/x", CreateDate: w.Now(),
			GroupPolicyList:         []api.PolicyDetail{{PolicyName: "ig", PolicyDocument: u.UserPolicyList[0].PolicyDocument}},
			AttachedManagedPolicies: []api.AttachedPolicy{{PolicyName: "AdministratorAccess", PolicyArn: adminARN}}})
		w.equal(len(r.InstanceProfileList[0].Roles), 1)
		w.equal(plain(w, r.AssumeRolePolicyDocument), openTrust)
		w.equal([]any{r.RolePolicyList[0].PolicyName, r.AttachedManagedPolicies, r.PermissionsBoundary.PermissionsBoundaryArn, r.Tags},
			[]any{"ir", attached, local, []api.Tag{{Key: "k", Value: "r"}}})

		var names []string
		for _, p := range out.Policies {
			names = append(names, p.PolicyName)
		}
		w.equal(strings.Join(names, " "), "p unused AdministratorAccess ReadOnlyAccess")
		p := out.Policies[0]
		w.equal([]int{p.AttachmentCount, p.PermissionsBoundaryUsageCount, len(p.PolicyVersionList)}, []int{2, 1, 2})
		w.equal(plain(w, p.PolicyVersionList[0].Document), policy("s3:Get*"))
		w.equal(p.PolicyVersionList[1].IsDefaultVersion, true)
		w.equal(len(out.UserDetailList[1].UserPolicyList)+len(out.UserDetailList[1].GroupList), 0)

		w.who = access.RootCaller("222222222222")
		other := do(w, w.GetAccountAuthorizationDetails, api.GetAccountAuthorizationDetailsInput{})
		w.equal(*other, api.GetAccountAuthorizationDetailsOutput{UserDetailList: []api.UserDetail{}, GroupDetailList: []api.GroupDetail{},
			RoleDetailList: []api.RoleDetail{}, Policies: []api.ManagedPolicyDetail{}})
	})
}

func TestAccountAuthorizationDetailsPages(t *testing.T) {
	worlds(t, func(w world) {
		w.furnished()
		list := func(in api.GetAccountAuthorizationDetailsInput) string {
			t.Helper()
			var names []string
			for pages := 0; ; pages++ {
				out := do(w, w.GetAccountAuthorizationDetails, in)
				n := len(names)
				for _, u := range out.UserDetailList {
					names = append(names, "u:"+u.UserName)
				}
				for _, g := range out.GroupDetailList {
					names = append(names, "g:"+g.GroupName)
				}
				for _, r := range out.RoleDetailList {
					names = append(names, "r:"+r.RoleName)
				}
				for _, p := range out.Policies {
					names = append(names, "p:"+p.PolicyName)
				}
				if in.MaxItems != nil && len(names)-n > *in.MaxItems {
					t.Errorf("a page of %d", len(names)-n)
				}
				if !out.IsTruncated || pages > 20 {
					return strings.Join(names, " ")
				}
				in.Marker = &out.Marker
			}
		}
		const all = "u:x u:y g:x g:y r:x p:p p:unused p:AdministratorAccess p:ReadOnlyAccess"
		for _, c := range []struct {
			filter []api.EntityType
			want   string
		}{
			{nil, all},
			{[]api.EntityType{api.EntityTypeUser}, "u:x u:y"},
			{[]api.EntityType{api.EntityTypeRole, api.EntityTypeUser}, "u:x u:y r:x"},
			{[]api.EntityType{api.EntityTypeLocalManagedPolicy}, "p:p p:unused"},
			{[]api.EntityType{api.EntityTypeAWSManagedPolicy, api.EntityTypeGroup}, "g:x g:y p:AdministratorAccess p:ReadOnlyAccess"},
		} {
			w.equal(list(api.GetAccountAuthorizationDetailsInput{Filter: c.filter}), c.want)
			for n := range 9 {
				w.equal(list(api.GetAccountAuthorizationDetailsInput{Filter: c.filter, MaxItems: new(n + 1)}), c.want)
			}
		}
		first := do(w, w.GetAccountAuthorizationDetails, api.GetAccountAuthorizationDetailsInput{MaxItems: new(1)})
		refuse(w, w.GetAccountAuthorizationDetails, api.GetAccountAuthorizationDetailsInput{Marker: &first.Marker, Filter: []api.EntityType{api.EntityTypeUser}},
			"ValidationError", "Invalid Marker")
	})
}

func TestAccountSummary(t *testing.T) {
	worlds(t, func(w world) {
		w.furnished()
		do(w, w.CreateOpenIDConnectProvider, api.CreateOpenIDConnectProviderInput{Url: "https://id.example.com"})
		do(w, w.CreateAccessKey, api.CreateAccessKeyInput{})
		m := do(w, w.GetAccountSummary, api.GetAccountSummaryInput{}).SummaryMap
		for key, want := range map[string]int{"Users": 2, "Groups": 2, "Roles": 1, "InstanceProfiles": 1, "Providers": 1, "Policies": 2,
			"PolicyVersionsInUse": 3, "AccountAccessKeysPresent": 1, "PolicySizeQuota": 6144, "AttachedPoliciesPerUserQuota": 10, "VersionsPerPolicyQuota": 5} {
			if m[key] != want {
				t.Errorf("%s is %d, want %d", key, m[key], want)
			}
		}
		w.who = access.RootCaller("222222222222")
		w.equal(do(w, w.GetAccountSummary, api.GetAccountSummaryInput{}).SummaryMap["Users"], 0)
	})
}
