package iam_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"portico/internal/access"
	"portico/internal/service/iam/api"
)

const (
	adminARN = "arn:aws:iam::aws:policy/AdministratorAccess"
	readARN  = "arn:aws:iam::aws:policy/ReadOnlyAccess"
	stranger = "arn:aws:iam::222222222222:policy/theirs"
)

// policy is a document that allows one action.
func policy(action string) string {
	return `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "` + action + `", "Resource": "*"}]}`
}

// long is a policy with that many characters besides white space.
func long(size int) string {
	short := policy("s3:")
	return policy("s3:" + strings.Repeat("x", size-access.PolicySize(short)))
}

func (w world) managed(name string) string {
	w.Helper()
	return do(w, w.CreatePolicy, api.CreatePolicyInput{PolicyName: name, PolicyDocument: policy("s3:*")}).Policy.Arn
}

// people makes a user, a group and a role called x.
func (w world) people() {
	w.Helper()
	do(w, w.CreateUser, api.CreateUserInput{UserName: "x"})
	do(w, w.CreateGroup, api.CreateGroupInput{GroupName: "x"})
	do(w, w.CreateRole, api.CreateRoleInput{RoleName: "x", AssumeRolePolicyDocument: openTrust})
}

func plain(w world, document string) string {
	w.Helper()
	text, err := url.PathUnescape(document)
	w.must(err)
	return text
}

func TestManagedPolicies(t *testing.T) {
	worlds(t, func(w world) {
		tags := []api.Tag{{Key: "Team", Value: "a"}}
		p := do(w, w.CreatePolicy, api.CreatePolicyInput{PolicyName: "Buckets", Path: new("/shared/"), PolicyDocument: policy("s3:*"),
			Description: new("all of s3"), Tags: tags}).Policy
		w.equal(p, &api.Policy{PolicyName: "Buckets", PolicyId: p.PolicyId, Arn: "arn:aws:iam::111111111111:policy/shared/Buckets", Path: "/shared/",
			DefaultVersionId: "v1", IsAttachable: true, CreateDate: w.Now(), UpdateDate: w.Now(), Tags: tags})
		if !strings.HasPrefix(p.PolicyId, "ANPA") || len(p.PolicyId) != 21 {
			t.Errorf("policy id %s", p.PolicyId)
		}
		p.Description = "all of s3"
		w.equal(do(w, w.GetPolicy, api.GetPolicyInput{PolicyArn: p.Arn}).Policy, p)
		w.equal(do(w, w.GetPolicy, api.GetPolicyInput{PolicyArn: adminARN}).Policy.PolicyName, "AdministratorAccess")

		for _, c := range []struct{ name, document, code, text string }{
			{"BUCKETS", policy("s3:*"), "EntityAlreadyExists", "A policy called BUCKETS already exists."},
			{"x", "{}", "MalformedPolicyDocument", "Statement"},
			{"x", "{", "MalformedPolicyDocument", ""},
			{"x", long(6145), "LimitExceeded", "Cannot exceed quota for PolicySize: 6144"},
		} {
			refuse(w, w.CreatePolicy, api.CreatePolicyInput{PolicyName: c.name, PolicyDocument: c.document}, c.code, c.text)
		}
		do(w, w.CreatePolicy, api.CreatePolicyInput{PolicyName: "longest", PolicyDocument: long(6144)})

		w.who = access.RootCaller("222222222222")
		theirs := w.managed("theirs")
		w.equal(theirs, stranger)
		w.who = access.RootCaller(account)
		for _, arn := range []string{stranger, "arn:aws:iam::111111111111:policy/Buckets", "arn:aws:iam::aws:policy/NoSuchPolicy"} {
			refuse(w, w.GetPolicy, api.GetPolicyInput{PolicyArn: arn}, "NoSuchEntity", "Policy "+arn+" was not found.")
		}
		refuse(w, w.GetPolicy, api.GetPolicyInput{PolicyArn: "arn:aws:s3:::somebucket"}, "InvalidInput", "is not valid")
		refuse(w, w.DeletePolicy, api.DeletePolicyInput{PolicyArn: adminARN}, "AccessDenied", "cannot be changed")

		do(w, w.TagPolicy, api.TagPolicyInput{PolicyArn: p.Arn, Tags: []api.Tag{{Key: "b", Value: "2"}}})
		do(w, w.UntagPolicy, api.UntagPolicyInput{PolicyArn: p.Arn, TagKeys: []string{"TEAM"}})
		w.equal(do(w, w.ListPolicyTags, api.ListPolicyTagsInput{PolicyArn: p.Arn}).Tags, []api.Tag{{Key: "b", Value: "2"}})
		refuse(w, w.TagPolicy, api.TagPolicyInput{PolicyArn: readARN, Tags: tags}, "AccessDenied", readARN)

		do(w, w.DeletePolicy, api.DeletePolicyInput{PolicyArn: p.Arn})
		refuse(w, w.GetPolicy, api.GetPolicyInput{PolicyArn: p.Arn}, "NoSuchEntity", "Buckets")
		again := do(w, w.CreatePolicy, api.CreatePolicyInput{PolicyName: "Buckets", Path: new("/shared/"), PolicyDocument: policy("s3:*")}).Policy
		if again.PolicyId == p.PolicyId || do(w, w.GetPolicy, api.GetPolicyInput{PolicyArn: p.Arn}).Policy.Tags != nil {
			t.Error("a policy made anew is the old one")
		}
	})
}

func TestPolicyVersions(t *testing.T) {
	worlds(t, func(w world) {
		arn := w.managed("p")
		version := func(action string, inForce bool) string {
			t.Helper()
			v := do(w, w.CreatePolicyVersion, api.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: policy(action), SetAsDefault: &inForce}).PolicyVersion
			w.equal(v.IsDefaultVersion, inForce)
			return v.VersionId
		}
		versions := func() string {
			t.Helper()
			var ids []string
			for _, v := range do(w, w.ListPolicyVersions, api.ListPolicyVersionsInput{PolicyArn: arn}).Versions {
				id := v.VersionId
				if v.IsDefaultVersion {
					id += "*"
				}
				ids = append(ids, id)
			}
			return strings.Join(ids, " ")
		}
		w.equal(version("s3:Get*", false), "v2")
		w.equal(versions(), "v2 v1*")
		w.equal(version("s3:Put*", true), "v3")
		w.equal(do(w, w.GetPolicy, api.GetPolicyInput{PolicyArn: arn}).Policy.DefaultVersionId, "v3")
		w.equal(plain(w, do(w, w.GetPolicyVersion, api.GetPolicyVersionInput{PolicyArn: arn, VersionId: "v2"}).PolicyVersion.Document), policy("s3:Get*"))

		refuse(w, w.DeletePolicyVersion, api.DeletePolicyVersionInput{PolicyArn: arn, VersionId: "v3"}, "DeleteConflict", "Cannot delete the default version of a policy.")
		refuse(w, w.DeletePolicyVersion, api.DeletePolicyVersionInput{PolicyArn: arn, VersionId: "v9"}, "NoSuchEntity", "version v9")
		refuse(w, w.SetDefaultPolicyVersion, api.SetDefaultPolicyVersionInput{PolicyArn: arn, VersionId: "v9"}, "NoSuchEntity", "version v9")
		refuse(w, w.DeletePolicy, api.DeletePolicyInput{PolicyArn: arn}, "DeleteConflict", "more than one version")
		refuse(w, w.CreatePolicyVersion, api.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: "{}"}, "MalformedPolicyDocument", "Statement")
		refuse(w, w.CreatePolicyVersion, api.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: long(6145)}, "LimitExceeded", "PolicySize")
		refuse(w, w.CreatePolicyVersion, api.CreatePolicyVersionInput{PolicyArn: adminARN, PolicyDocument: policy("s3:*")}, "AccessDenied", adminARN)

		version("s3:List*", false)
		version("s3:Delete*", false)
		w.equal(versions(), "v5 v4 v3* v2 v1")
		refuse(w, w.CreatePolicyVersion, api.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: policy("s3:*")}, "LimitExceeded", "up to 5 versions")
		do(w, w.DeletePolicyVersion, api.DeletePolicyVersionInput{PolicyArn: arn, VersionId: "v5"})
		w.equal(version("s3:*", false), "v6")
		do(w, w.SetDefaultPolicyVersion, api.SetDefaultPolicyVersionInput{PolicyArn: arn, VersionId: "v1"})
		w.equal(versions(), "v6 v4 v3 v2 v1*")
		page := do(w, w.ListPolicyVersions, api.ListPolicyVersionsInput{PolicyArn: arn, MaxItems: new(3)})
		w.equal(len(do(w, w.ListPolicyVersions, api.ListPolicyVersionsInput{PolicyArn: arn, MaxItems: new(3), Marker: &page.Marker}).Versions), 2)
		w.equal(len(do(w, w.ListPolicyVersions, api.ListPolicyVersionsInput{PolicyArn: adminARN}).Versions), 1)
		if doc := plain(w, do(w, w.GetPolicyVersion, api.GetPolicyVersionInput{PolicyArn: adminARN, VersionId: "v1"}).PolicyVersion.Document); !strings.Contains(doc, "Allow") {
			t.Errorf("document %s", doc)
		}
	})
}

func TestAttachments(t *testing.T) {
	worlds(t, func(w world) {
		w.people()
		arn := w.managed("p")
		for range 2 {
			do(w, w.AttachUserPolicy, api.AttachUserPolicyInput{UserName: "x", PolicyArn: arn})
		}
		do(w, w.AttachGroupPolicy, api.AttachGroupPolicyInput{GroupName: "x", PolicyArn: arn})
		do(w, w.AttachRolePolicy, api.AttachRolePolicyInput{RoleName: "x", PolicyArn: arn})
		do(w, w.AttachRolePolicy, api.AttachRolePolicyInput{RoleName: "x", PolicyArn: adminARN})
		do(w, w.PutUserPermissionsBoundary, api.PutUserPermissionsBoundaryInput{UserName: "x", PermissionsBoundary: arn})
		counts := do(w, w.GetPolicy, api.GetPolicyInput{PolicyArn: arn}).Policy
		w.equal([]int{counts.AttachmentCount, counts.PermissionsBoundaryUsageCount}, []int{3, 1})
		w.equal(do(w, w.GetPolicy, api.GetPolicyInput{PolicyArn: adminARN}).Policy.AttachmentCount, 1)

		both := []api.AttachedPolicy{{PolicyName: "AdministratorAccess", PolicyArn: adminARN}, {PolicyName: "p", PolicyArn: arn}}
		w.equal(do(w, w.ListAttachedRolePolicies, api.ListAttachedRolePoliciesInput{RoleName: "X"}).AttachedPolicies, both)
		first := do(w, w.ListAttachedRolePolicies, api.ListAttachedRolePoliciesInput{RoleName: "x", MaxItems: new(1)})
		w.equal(first.AttachedPolicies, both[:1])
		w.equal(do(w, w.ListAttachedRolePolicies, api.ListAttachedRolePoliciesInput{RoleName: "x", MaxItems: new(1), Marker: &first.Marker}).AttachedPolicies, both[1:])
		w.equal(do(w, w.ListAttachedUserPolicies, api.ListAttachedUserPoliciesInput{UserName: "x"}).AttachedPolicies, both[1:])
		w.equal(do(w, w.ListAttachedUserPolicies, api.ListAttachedUserPoliciesInput{UserName: "x", PathPrefix: new("/none/")}).AttachedPolicies, []api.AttachedPolicy{})
		w.equal(do(w, w.ListAttachedGroupPolicies, api.ListAttachedGroupPoliciesInput{GroupName: "x"}).AttachedPolicies, both[1:])

		refuse(w, w.AttachUserPolicy, api.AttachUserPolicyInput{UserName: "none", PolicyArn: arn}, "NoSuchEntity", "The user with name none cannot be found.")
		refuse(w, w.AttachUserPolicy, api.AttachUserPolicyInput{UserName: "x", PolicyArn: stranger}, "NoSuchEntity", "does not exist or is not attachable")
		refuse(w, w.AttachUserPolicy, api.AttachUserPolicyInput{UserName: "x", PolicyArn: "nonsense-of-an-arn-here"}, "InvalidInput", "is not valid")
		refuse(w, w.DetachUserPolicy, api.DetachUserPolicyInput{UserName: "x", PolicyArn: adminARN}, "NoSuchEntity", "was not found")
		refuse(w, w.DeletePolicy, api.DeletePolicyInput{PolicyArn: arn}, "DeleteConflict", "Cannot delete a policy attached to entities.")
		refuse(w, w.DeleteUser, api.DeleteUserInput{UserName: "x"}, "DeleteConflict", "must detach all policies first")
		refuse(w, w.DeleteGroup, api.DeleteGroupInput{GroupName: "x"}, "DeleteConflict", "must detach all policies first")
		refuse(w, w.DeleteRole, api.DeleteRoleInput{RoleName: "x"}, "DeleteConflict", "must detach all policies first")

		do(w, w.DetachUserPolicy, api.DetachUserPolicyInput{UserName: "x", PolicyArn: arn})
		do(w, w.DetachGroupPolicy, api.DetachGroupPolicyInput{GroupName: "x", PolicyArn: arn})
		do(w, w.DetachRolePolicy, api.DetachRolePolicyInput{RoleName: "x", PolicyArn: arn})
		do(w, w.DetachRolePolicy, api.DetachRolePolicyInput{RoleName: "x", PolicyArn: adminARN})
		refuse(w, w.DeletePolicy, api.DeletePolicyInput{PolicyArn: arn}, "DeleteConflict", "attached") // it bounds a user
		do(w, w.DeleteUser, api.DeleteUserInput{UserName: "x"})
		do(w, w.DeletePolicy, api.DeletePolicyInput{PolicyArn: arn})
		do(w, w.DeleteGroup, api.DeleteGroupInput{GroupName: "x"})
		do(w, w.DeleteRole, api.DeleteRoleInput{RoleName: "x"})
	})
}

func TestAttachmentQuota(t *testing.T) {
	worlds(t, func(w world) {
		w.people()
		for i := range 11 {
			arn := w.managed("p" + strconv.Itoa(i))
			if i < 10 {
				do(w, w.AttachUserPolicy, api.AttachUserPolicyInput{UserName: "x", PolicyArn: arn})
				do(w, w.AttachGroupPolicy, api.AttachGroupPolicyInput{GroupName: "x", PolicyArn: arn})
				do(w, w.AttachRolePolicy, api.AttachRolePolicyInput{RoleName: "x", PolicyArn: arn})
				continue
			}
			refuse(w, w.AttachUserPolicy, api.AttachUserPolicyInput{UserName: "x", PolicyArn: arn}, "LimitExceeded", "Cannot exceed quota for PoliciesPerUser: 10")
			refuse(w, w.AttachGroupPolicy, api.AttachGroupPolicyInput{GroupName: "x", PolicyArn: arn}, "LimitExceeded", "PoliciesPerGroup: 10")
			refuse(w, w.AttachRolePolicy, api.AttachRolePolicyInput{RoleName: "x", PolicyArn: arn}, "LimitExceeded", "PoliciesPerRole: 10")
		}
		do(w, w.AttachUserPolicy, api.AttachUserPolicyInput{UserName: "x", PolicyArn: "arn:aws:iam::111111111111:policy/p0"})
	})
}

func TestListPolicies(t *testing.T) {
	worlds(t, func(w world) {
		w.people()
		b, c := w.managed("B"), w.managed("c")
		a := do(w, w.CreatePolicy, api.CreatePolicyInput{PolicyName: "a", Path: new("/team/"), PolicyDocument: policy("s3:*")}).Policy.Arn
		do(w, w.AttachUserPolicy, api.AttachUserPolicyInput{UserName: "x", PolicyArn: b})
		do(w, w.AttachUserPolicy, api.AttachUserPolicyInput{UserName: "x", PolicyArn: adminARN})
		do(w, w.PutUserPermissionsBoundary, api.PutUserPermissionsBoundaryInput{UserName: "x", PermissionsBoundary: c})
		do(w, w.PutRolePermissionsBoundary, api.PutRolePermissionsBoundaryInput{RoleName: "x", PermissionsBoundary: readARN})
		list := func(in api.ListPoliciesInput) (arns []string) {
			t.Helper()
			for {
				out := do(w, w.ListPolicies, in)
				for _, p := range out.Policies {
					arns = append(arns, p.Arn)
				}
				if !out.IsTruncated {
					return arns
				}
				in.Marker = &out.Marker
			}
		}
		local, aws, all := api.PolicyScopeTypeLocal, api.PolicyScopeTypeAws, api.PolicyScopeTypeAll
		bounding, permitting := api.PolicyUsageTypePermissionsBoundary, api.PolicyUsageTypePermissionsPolicy
		shipped := list(api.ListPoliciesInput{Scope: &aws})
		if len(shipped) < 2 || shipped[0] != adminARN {
			t.Errorf("shipped policies %v", shipped)
		}
		for _, c := range []struct {
			name string
			in   api.ListPoliciesInput
			want []string
		}{
			{"local", api.ListPoliciesInput{Scope: &local}, []string{a, b, c}},
			{"all", api.ListPoliciesInput{}, append(shipped, a, b, c)},
			{"all by scope", api.ListPoliciesInput{Scope: &all}, append(shipped, a, b, c)},
			{"path", api.ListPoliciesInput{PathPrefix: new("/team/")}, []string{a}},
			{"attached", api.ListPoliciesInput{OnlyAttached: new(true)}, []string{adminARN, b}},
			{"attached, local", api.ListPoliciesInput{OnlyAttached: new(true), Scope: &local}, []string{b}},
			{"not only attached", api.ListPoliciesInput{OnlyAttached: new(false), Scope: &local}, []string{a, b, c}},
			{"boundaries", api.ListPoliciesInput{PolicyUsageFilter: &bounding}, []string{readARN, c}},
			{"attached boundaries", api.ListPoliciesInput{PolicyUsageFilter: &bounding, OnlyAttached: new(true)}, []string{readARN, c}},
			{"permissions", api.ListPoliciesInput{PolicyUsageFilter: &permitting}, []string{adminARN, b}},
		} {
			w.equal(list(c.in), c.want)
			for n := range 3 {
				c.in.MaxItems = new(n + 1)
				w.equal(list(c.in), c.want)
			}
		}
		w.equal(do(w, w.ListPolicies, api.ListPoliciesInput{Scope: &local}).Policies[1].AttachmentCount, 1)
		first := do(w, w.ListPolicies, api.ListPoliciesInput{MaxItems: new(1)})
		refuse(w, w.ListPolicies, api.ListPoliciesInput{Marker: &first.Marker, Scope: &local}, "ValidationError", "Invalid Marker")
	})
}

func TestListEntitiesForPolicy(t *testing.T) {
	worlds(t, func(w world) {
		arn := w.managed("p")
		for _, name := range []string{"a", "b"} {
			path := "/" + name + "/"
			do(w, w.CreateUser, api.CreateUserInput{UserName: name, Path: &path})
			do(w, w.CreateGroup, api.CreateGroupInput{GroupName: name, Path: &path})
			do(w, w.CreateRole, api.CreateRoleInput{RoleName: name, Path: &path, AssumeRolePolicyDocument: openTrust})
			do(w, w.AttachUserPolicy, api.AttachUserPolicyInput{UserName: name, PolicyArn: arn})
			do(w, w.AttachGroupPolicy, api.AttachGroupPolicyInput{GroupName: name, PolicyArn: arn})
			do(w, w.AttachRolePolicy, api.AttachRolePolicyInput{RoleName: name, PolicyArn: arn})
		}
		do(w, w.PutUserPermissionsBoundary, api.PutUserPermissionsBoundaryInput{UserName: "a", PermissionsBoundary: arn})
		list := func(in api.ListEntitiesForPolicyInput) string {
			t.Helper()
			var names []string
			in.PolicyArn = arn
			for {
				out := do(w, w.ListEntitiesForPolicy, in)
				for _, g := range out.PolicyGroups {
					names = append(names, "g:"+g.GroupName)
				}
				for _, u := range out.PolicyUsers {
					names = append(names, "u:"+u.UserName)
				}
				for _, r := range out.PolicyRoles {
					names = append(names, "r:"+r.RoleName)
				}
				if !out.IsTruncated {
					return strings.Join(names, " ")
				}
				in.Marker = &out.Marker
			}
		}
		users, roles, policies := api.EntityTypeUser, api.EntityTypeRole, api.EntityTypeLocalManagedPolicy
		bounding := api.PolicyUsageTypePermissionsBoundary
		for _, c := range []struct {
			in   api.ListEntitiesForPolicyInput
			want string
		}{
			{api.ListEntitiesForPolicyInput{}, "g:a g:b u:a u:b r:a r:b"},
			{api.ListEntitiesForPolicyInput{EntityFilter: &users}, "u:a u:b"},
			{api.ListEntitiesForPolicyInput{EntityFilter: &roles}, "r:a r:b"},
			{api.ListEntitiesForPolicyInput{EntityFilter: &policies}, ""},
			{api.ListEntitiesForPolicyInput{PathPrefix: new("/b/")}, "g:b u:b r:b"},
			{api.ListEntitiesForPolicyInput{PolicyUsageFilter: &bounding}, "u:a"},
		} {
			w.equal(list(c.in), c.want)
			c.in.MaxItems = new(1)
			w.equal(list(c.in), c.want)
		}
		refuse(w, w.ListEntitiesForPolicy, api.ListEntitiesForPolicyInput{PolicyArn: stranger}, "NoSuchEntity", stranger)
	})
}
