package iam_test

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/service/iam"
	"portico/internal/service/iam/api"
	"portico/internal/store"
	"portico/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const account = ident.Account("111111111111")

const openTrust = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}`

// world is the service on one database, with two accounts.
type world struct {
	*testing.T
	*iam.Service
	db  *store.DB
	who access.Caller
}

func worlds(t *testing.T, body func(w world)) {
	testkit.Stores(t, func(t *testing.T, open func() *store.DB) {
		db := open()
		now := func() time.Time { return time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC) }
		w := world{T: t, db: db, who: access.RootCaller(account),
			Service: &iam.Service{DB: db, IDs: ident.Counting(), Now: now}}
		w.must(db.Write(context.Background(), func(tx *store.Tx) error {
			for _, id := range []ident.Account{account, "222222222222"} {
				if err := tx.InsertAccount(access.Account{ID: id, Status: access.AccountActive, Created: now()}); err != nil {
					return err
				}
			}
			return nil
		}))
		body(w)
	})
}

func (w world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// do calls an operation that has to succeed.
func do[In, Out any](w world, op func(context.Context, access.Caller, *In) (*Out, error), in In) *Out {
	w.Helper()
	out, err := op(context.Background(), w.who, &in)
	w.must(err)
	return out
}

// refuse calls an operation that has to fail with the code and a message that holds text.
func refuse[In, Out any](w world, op func(context.Context, access.Caller, *In) (*Out, error), in In, code, text string) {
	w.Helper()
	_, err := op(context.Background(), w.who, &in)
	f, ok := fault.Of(err)
	if !ok {
		w.Errorf("%+v: error %v, want %s", in, err, code)
		return
	}
	got := f.Code
	if got == "" {
		got = iam.Faults[f.Kind]
	}
	if got != code || !strings.Contains(f.Message, text) {
		w.Errorf("%+v: %s: %s, want %s: %s", in, got, f.Message, code, text)
	}
}

func (w world) equal(got, want any) {
	w.Helper()
	if d := cmp.Diff(want, got); d != "" {
		w.Errorf("(-want +got)\n%s", d)
	}
}

// caller is what the key id stands for now.
func (w world) caller(key string) access.Caller {
	w.Helper()
	var c access.Credential
	w.must(w.db.Read(context.Background(), func(tx *store.Tx) error {
		var ok bool
		var err error
		c, ok, err = tx.Credential(key)
		if err == nil && !ok {
			w.Errorf("no credential %s", key)
		}
		return err
	}))
	return c.Caller
}

func TestFaultsHaveModelledCodes(t *testing.T) {
	common := map[string]bool{"AccessDenied": true, "ValidationError": true, "Throttling": true,
		"NotImplementedException": true, "MalformedInput": true}
	declared := make(map[string]bool)
	for _, op := range api.Service.Operations {
		for _, code := range op.Errors {
			declared[code] = true
		}
	}
	for kind, code := range iam.Faults {
		if !common[code] && !declared[code] {
			t.Errorf("kind %d answers %s, which no operation declares", kind, code)
		}
		if want := api.Service.Statuses[code]; want != 0 && iam.Statuses[code] != want {
			t.Errorf("%s answers status %d, the model says %d", code, iam.Statuses[code], want)
		}
	}
}

func TestUsers(t *testing.T) {
	worlds(t, func(w world) {
		created := do(w, w.CreateUser, api.CreateUserInput{UserName: "Alice", Path: new("/people/"), Tags: []api.Tag{{Key: "Team", Value: "a"}}}).User
		if !strings.HasPrefix(created.UserId, "AIDA") || len(created.UserId) != 21 {
			t.Errorf("user id %s", created.UserId)
		}
		w.equal(created.Arn, "arn:aws:iam::111111111111:user/people/Alice")
		w.equal(do(w, w.GetUser, api.GetUserInput{UserName: new("alice")}).User, created)
		refuse(w, w.CreateUser, api.CreateUserInput{UserName: "ALICE"}, "EntityAlreadyExists", "User with name ALICE already exists.")
		refuse(w, w.CreateUser, api.CreateUserInput{UserName: "b", PermissionsBoundary: new("arn:aws:iam::111111111111:policy/p")},
			"NoSuchEntity", "Scope ARN: arn:aws:iam::111111111111:policy/p does not exist or is not attachable.")
		refuse(w, w.GetUser, api.GetUserInput{UserName: new("bob")}, "NoSuchEntity", "The user with name bob cannot be found.")

		do(w, w.CreateUser, api.CreateUserInput{UserName: "bob"})
		refuse(w, w.UpdateUser, api.UpdateUserInput{UserName: "bob", NewUserName: new("aLICE")}, "EntityAlreadyExists", "aLICE")
		do(w, w.UpdateUser, api.UpdateUserInput{UserName: "bob", NewUserName: new("BOB")})
		do(w, w.UpdateUser, api.UpdateUserInput{UserName: "alice", NewUserName: new("Carol"), NewPath: new("/x/")})
		moved := do(w, w.GetUser, api.GetUserInput{UserName: new("carol")}).User
		w.equal(moved.UserId, created.UserId)
		w.equal(moved.Arn, "arn:aws:iam::111111111111:user/x/Carol")
		refuse(w, w.GetUser, api.GetUserInput{UserName: new("Alice")}, "NoSuchEntity", "Alice")

		do(w, w.CreateUser, api.CreateUserInput{UserName: "alice"})
		w.who = access.RootCaller("222222222222")
		refuse(w, w.DeleteUser, api.DeleteUserInput{UserName: "alice"}, "NoSuchEntity", "alice")
		do(w, w.CreateUser, api.CreateUserInput{UserName: "alice"})
		w.equal(len(do(w, w.ListUsers, api.ListUsersInput{}).Users), 1)
	})
}

func TestGetUserWithoutName(t *testing.T) {
	worlds(t, func(w world) {
		root := do(w, w.GetUser, api.GetUserInput{}).User
		w.equal(*root, api.User{UserId: string(account), Arn: "arn:aws:iam::111111111111:root", CreateDate: w.Now()})

		alice := do(w, w.CreateUser, api.CreateUserInput{UserName: "alice"}).User
		key := do(w, w.CreateAccessKey, api.CreateAccessKeyInput{UserName: new("alice")}).AccessKey
		w.who = w.caller(key.AccessKeyId)
		w.equal(do(w, w.GetUser, api.GetUserInput{}).User, alice)

		w.who = access.SessionCaller(access.IAMRole{ID: "AROA1", Account: account, Name: "r", Path: "/"}, access.RoleSession{Name: "s"})
		refuse(w, w.GetUser, api.GetUserInput{}, "ValidationError", "Must specify userName when calling with non-User credentials")
		refuse(w, w.CreateAccessKey, api.CreateAccessKeyInput{}, "ValidationError", "Must specify userName")
	})
}

func TestListsPage(t *testing.T) {
	worlds(t, func(w world) {
		do(w, w.CreateGroup, api.CreateGroupInput{GroupName: "all"})
		for _, name := range []string{"b", "A", "d", "C", "e"} {
			path := "/even/"
			if strings.Contains("ace", strings.ToLower(name)) {
				path = "/odd/x/"
			}
			do(w, w.CreateUser, api.CreateUserInput{UserName: name, Path: &path})
			do(w, w.CreateGroup, api.CreateGroupInput{GroupName: name, Path: &path})
			do(w, w.CreateRole, api.CreateRoleInput{RoleName: name, Path: &path, AssumeRolePolicyDocument: openTrust})
			do(w, w.AddUserToGroup, api.AddUserToGroupInput{GroupName: "all", UserName: name})
			do(w, w.AddUserToGroup, api.AddUserToGroupInput{GroupName: name, UserName: "b"})
		}
		users := func(prefix string, marker *string) (names []string, next string) {
			out := do(w, w.ListUsers, api.ListUsersInput{PathPrefix: &prefix, Marker: marker, MaxItems: new(2)})
			for _, u := range out.Users {
				names = append(names, u.UserName)
			}
			w.equal(out.IsTruncated, out.Marker != "")
			return names, out.Marker
		}
		roles := func(prefix string, marker *string) (names []string, next string) {
			out := do(w, w.ListRoles, api.ListRolesInput{PathPrefix: &prefix, Marker: marker, MaxItems: new(2)})
			for _, r := range out.Roles {
				names = append(names, r.RoleName)
			}
			return names, out.Marker
		}
		groups := func(prefix string, marker *string) (names []string, next string) {
			out := do(w, w.ListGroups, api.ListGroupsInput{PathPrefix: &prefix, Marker: marker, MaxItems: new(2)})
			for _, g := range out.Groups {
				names = append(names, g.GroupName)
			}
			return names, out.Marker
		}
		members := func(_ string, marker *string) (names []string, next string) {
			out := do(w, w.GetGroup, api.GetGroupInput{GroupName: "all", Marker: marker, MaxItems: new(2)})
			for _, u := range out.Users {
				names = append(names, u.UserName)
			}
			return names, out.Marker
		}
		mine := func(_ string, marker *string) (names []string, next string) {
			out := do(w, w.ListGroupsForUser, api.ListGroupsForUserInput{UserName: "b", Marker: marker, MaxItems: new(2)})
			for _, g := range out.Groups {
				names = append(names, g.GroupName)
			}
			return names, out.Marker
		}
		for _, c := range []struct {
			name, prefix, want string
			list               func(string, *string) ([]string, string)
		}{
			{"users", "/", "A b/C d/e", users},
			{"users by path", "/odd", "A C/e", users},
			{"users by whole path", "/even/", "b d", users},
			{"users by path of another case", "/EVEN/", "", users},
			{"roles by path", "/odd/", "A C/e", roles},
			{"groups", "/", "A all/b C/d e", groups},
			{"groups by path", "/even/", "b d", groups},
			{"users of a group", "", "A b/C d/e", members},
			{"groups of a user", "", "A all/b C/d e", mine},
		} {
			var pages []string
			var marker *string
			for {
				names, next := c.list(c.prefix, marker)
				pages = append(pages, strings.Join(names, " "))
				if next == "" {
					break
				}
				marker = &next
			}
			if got := strings.Join(pages, "/"); got != c.want {
				w.Errorf("%s: %s, want %s", c.name, got, c.want)
			}
		}
		_, marker := users("/", nil)
		refuse(w, w.ListUsers, api.ListUsersInput{Marker: &marker, PathPrefix: new("/odd/")}, "ValidationError", "Invalid Marker")
		refuse(w, w.ListRoles, api.ListRolesInput{Marker: new("x")}, "ValidationError", "Invalid Marker")
	})
}

func TestGroups(t *testing.T) {
	worlds(t, func(w world) {
		g := do(w, w.CreateGroup, api.CreateGroupInput{GroupName: "Ops", Path: new("/it/")}).Group
		w.equal(g.Arn, "arn:aws:iam::111111111111:group/it/Ops")
		if !strings.HasPrefix(g.GroupId, "AGPA") {
			t.Errorf("group id %s", g.GroupId)
		}
		do(w, w.CreateUser, api.CreateUserInput{UserName: "alice"})
		refuse(w, w.CreateGroup, api.CreateGroupInput{GroupName: "ops"}, "EntityAlreadyExists", "Group with name ops already exists.")
		refuse(w, w.AddUserToGroup, api.AddUserToGroupInput{GroupName: "none", UserName: "alice"}, "NoSuchEntity", "The group with name none cannot be found.")
		refuse(w, w.AddUserToGroup, api.AddUserToGroupInput{GroupName: "ops", UserName: "none"}, "NoSuchEntity", "The user with name none cannot be found.")
		refuse(w, w.RemoveUserFromGroup, api.RemoveUserFromGroupInput{GroupName: "ops", UserName: "alice"}, "NoSuchEntity", "alice")
		for range 2 {
			do(w, w.AddUserToGroup, api.AddUserToGroupInput{GroupName: "ops", UserName: "ALICE"})
		}
		refuse(w, w.DeleteGroup, api.DeleteGroupInput{GroupName: "ops"}, "DeleteConflict", "Cannot delete entity, must remove users from group first.")
		refuse(w, w.DeleteUser, api.DeleteUserInput{UserName: "alice"}, "DeleteConflict", "must remove user from groups first.")
		do(w, w.UpdateGroup, api.UpdateGroupInput{GroupName: "ops", NewGroupName: new("Run"), NewPath: new("/")})
		renamed := do(w, w.GetGroup, api.GetGroupInput{GroupName: "run"})
		w.equal(renamed.Group.GroupId, g.GroupId)
		w.equal(len(renamed.Users), 1)
		do(w, w.RemoveUserFromGroup, api.RemoveUserFromGroupInput{GroupName: "run", UserName: "alice"})
		do(w, w.DeleteGroup, api.DeleteGroupInput{GroupName: "run"})
		refuse(w, w.GetGroup, api.GetGroupInput{GroupName: "run"}, "NoSuchEntity", "run")
		for i := range 11 {
			name := "g" + string(rune('a'+i))
			do(w, w.CreateGroup, api.CreateGroupInput{GroupName: name})
			if i < 10 {
				do(w, w.AddUserToGroup, api.AddUserToGroupInput{GroupName: name, UserName: "alice"})
			}
		}
		refuse(w, w.AddUserToGroup, api.AddUserToGroupInput{GroupName: "gk", UserName: "alice"}, "LimitExceeded", "GroupsPerUser: 10")
		do(w, w.AddUserToGroup, api.AddUserToGroupInput{GroupName: "ga", UserName: "alice"})
	})
}

func TestRoles(t *testing.T) {
	worlds(t, func(w world) {
		r := do(w, w.CreateRole, api.CreateRoleInput{RoleName: "Deploy", Path: new("/ci/"), AssumeRolePolicyDocument: openTrust,
			Description: new("builds"), MaxSessionDuration: new(7200), Tags: []api.Tag{{Key: "k", Value: "v"}}}).Role
		w.equal(r.Arn, "arn:aws:iam::111111111111:role/ci/Deploy")
		if !strings.HasPrefix(r.RoleId, "AROA") || strings.ContainsAny(r.AssumeRolePolicyDocument, ` "+{`) ||
			!strings.HasPrefix(r.AssumeRolePolicyDocument, "%7B%22Version%22%3A%20%222012-10-17%22") {
			t.Errorf("role %+v", r)
		}
		w.equal(do(w, w.GetRole, api.GetRoleInput{RoleName: "deploy"}).Role, r)

		do(w, w.UpdateRole, api.UpdateRoleInput{RoleName: "deploy", MaxSessionDuration: new(3600)})
		got := do(w, w.GetRole, api.GetRoleInput{RoleName: "deploy"}).Role
		w.equal(got.Description, "builds")
		w.equal(got.MaxSessionDuration, 3600)
		do(w, w.UpdateRole, api.UpdateRoleInput{RoleName: "deploy", Description: new("")})
		w.equal(do(w, w.UpdateRoleDescription, api.UpdateRoleDescriptionInput{RoleName: "deploy", Description: "new"}).Role.Description, "new")
		w.equal(do(w, w.GetRole, api.GetRoleInput{RoleName: "deploy"}).Role.MaxSessionDuration, 3600)

		refuse(w, w.CreateRole, api.CreateRoleInput{RoleName: "DEPLOY", AssumeRolePolicyDocument: openTrust}, "EntityAlreadyExists", "Role with name DEPLOY already exists.")
		refuse(w, w.CreateRole, api.CreateRoleInput{RoleName: "x", AssumeRolePolicyDocument: "{"}, "MalformedPolicyDocument", "invalid Json")
		refuse(w, w.CreateRole, api.CreateRoleInput{RoleName: "x", AssumeRolePolicyDocument: "{}"}, "MalformedPolicyDocument", "Statement")
		absent := strings.Replace(openTrust, `"*"`, `"arn:aws:iam::222222222222:user/none"`, 1)
		refuse(w, w.CreateRole, api.CreateRoleInput{RoleName: "x", AssumeRolePolicyDocument: absent}, "MalformedPolicyDocument", "user/none")
		refuse(w, w.UpdateAssumeRolePolicy, api.UpdateAssumeRolePolicyInput{RoleName: "deploy", PolicyDocument: absent}, "MalformedPolicyDocument", "user/none")
		refuse(w, w.UpdateAssumeRolePolicy, api.UpdateAssumeRolePolicyInput{RoleName: "x", PolicyDocument: openTrust}, "NoSuchEntity", "The role with name x cannot be found.")
		service := strings.Replace(openTrust, `"AWS": "*"`, `"Service": "lambda.amazonaws.com"`, 1)
		do(w, w.UpdateAssumeRolePolicy, api.UpdateAssumeRolePolicyInput{RoleName: "deploy", PolicyDocument: service})
		if got := do(w, w.GetRole, api.GetRoleInput{RoleName: "deploy"}).Role.AssumeRolePolicyDocument; !strings.Contains(got, "lambda.amazonaws.com") {
			t.Errorf("trust policy %s", got)
		}
		do(w, w.DeleteRole, api.DeleteRoleInput{RoleName: "deploy"})
		refuse(w, w.DeleteRole, api.DeleteRoleInput{RoleName: "deploy"}, "NoSuchEntity", "deploy")
		again := do(w, w.CreateRole, api.CreateRoleInput{RoleName: "Deploy", AssumeRolePolicyDocument: openTrust}).Role
		if again.RoleId == r.RoleId || do(w, w.GetRole, api.GetRoleInput{RoleName: "Deploy"}).Role.Tags != nil {
			t.Error("a re-created role is the old one")
		}
	})
}

func TestAccessKeys(t *testing.T) {
	worlds(t, func(w world) {
		do(w, w.CreateUser, api.CreateUserInput{UserName: "alice"})
		do(w, w.CreateUser, api.CreateUserInput{UserName: "bob"})
		first := do(w, w.CreateAccessKey, api.CreateAccessKeyInput{UserName: new("ALICE")}).AccessKey
		w.equal(len(first.AccessKeyId), 20)
		w.equal(len(first.SecretAccessKey), 40)
		w.equal(first.UserName, "alice")
		second := do(w, w.CreateAccessKey, api.CreateAccessKeyInput{UserName: new("alice")}).AccessKey
		refuse(w, w.CreateAccessKey, api.CreateAccessKeyInput{UserName: new("alice")}, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")

		page := do(w, w.ListAccessKeys, api.ListAccessKeysInput{UserName: new("alice"), MaxItems: new(1)})
		w.equal(page.IsTruncated, true)
		rest := do(w, w.ListAccessKeys, api.ListAccessKeysInput{UserName: new("alice"), MaxItems: new(1), Marker: &page.Marker})
		w.equal(rest.IsTruncated, false)
		w.equal(append(page.AccessKeyMetadata, rest.AccessKeyMetadata...), []api.AccessKeyMetadata{
			{UserName: "alice", AccessKeyId: first.AccessKeyId, Status: "Active", CreateDate: w.Now()},
			{UserName: "alice", AccessKeyId: second.AccessKeyId, Status: "Active", CreateDate: w.Now()},
		})

		foreign := api.DeleteAccessKeyInput{UserName: new("bob"), AccessKeyId: first.AccessKeyId}
		refuse(w, w.DeleteAccessKey, foreign, "NoSuchEntity", "The Access Key with id "+first.AccessKeyId+" cannot be found.")
		refuse(w, w.UpdateAccessKey, api.UpdateAccessKeyInput{AccessKeyId: first.AccessKeyId, Status: "Inactive"}, "NoSuchEntity", first.AccessKeyId)
		do(w, w.UpdateAccessKey, api.UpdateAccessKeyInput{UserName: new("alice"), AccessKeyId: first.AccessKeyId, Status: "Inactive"})
		w.equal(do(w, w.ListAccessKeys, api.ListAccessKeysInput{UserName: new("alice")}).AccessKeyMetadata[0].Status, api.StatusTypeInactive)

		refuse(w, w.DeleteUser, api.DeleteUserInput{UserName: "alice"}, "DeleteConflict", "must delete access keys first.")
		do(w, w.DeleteAccessKey, api.DeleteAccessKeyInput{UserName: new("alice"), AccessKeyId: first.AccessKeyId})
		w.who = w.caller(second.AccessKeyId)
		do(w, w.DeleteAccessKey, api.DeleteAccessKeyInput{AccessKeyId: second.AccessKeyId})
		w.who = access.RootCaller(account)
		do(w, w.DeleteUser, api.DeleteUserInput{UserName: "alice"})

		root := do(w, w.CreateAccessKey, api.CreateAccessKeyInput{}).AccessKey
		w.equal(w.caller(root.AccessKeyId).ARN, access.RootCaller(account).ARN)
		w.equal(len(do(w, w.ListAccessKeys, api.ListAccessKeysInput{}).AccessKeyMetadata), 1)
		w.who = access.RootCaller("222222222222")
		w.equal(len(do(w, w.ListAccessKeys, api.ListAccessKeysInput{}).AccessKeyMetadata), 0)
		refuse(w, w.DeleteAccessKey, api.DeleteAccessKeyInput{AccessKeyId: root.AccessKeyId}, "NoSuchEntity", root.AccessKeyId)
	})
}

func TestTags(t *testing.T) {
	worlds(t, func(w world) {
		do(w, w.CreateUser, api.CreateUserInput{UserName: "u", Tags: []api.Tag{{Key: "b", Value: "1"}}})
		do(w, w.CreateRole, api.CreateRoleInput{RoleName: "r", AssumeRolePolicyDocument: openTrust})
		do(w, w.TagUser, api.TagUserInput{UserName: "u", Tags: []api.Tag{{Key: "B", Value: "2"}, {Key: "a", Value: ""}, {Key: "c", Value: "3"}}})
		want := []api.Tag{{Key: "a"}, {Key: "B", Value: "2"}, {Key: "c", Value: "3"}}
		w.equal(do(w, w.GetUser, api.GetUserInput{UserName: new("u")}).User.Tags, want)
		page := do(w, w.ListUserTags, api.ListUserTagsInput{UserName: "u", MaxItems: new(2)})
		rest := do(w, w.ListUserTags, api.ListUserTagsInput{UserName: "u", MaxItems: new(2), Marker: &page.Marker})
		w.equal(append(page.Tags, rest.Tags...), want)
		w.equal(rest.IsTruncated, false)
		do(w, w.UntagUser, api.UntagUserInput{UserName: "u", TagKeys: []string{"A", "none"}})
		w.equal(do(w, w.ListUserTags, api.ListUserTagsInput{UserName: "u"}).Tags, want[1:])

		do(w, w.TagRole, api.TagRoleInput{RoleName: "r", Tags: want})
		do(w, w.UntagRole, api.UntagRoleInput{RoleName: "r", TagKeys: []string{"b"}})
		w.equal(do(w, w.ListRoleTags, api.ListRoleTagsInput{RoleName: "R"}).Tags, []api.Tag{want[0], want[2]})

		refuse(w, w.TagUser, api.TagUserInput{UserName: "x", Tags: want}, "NoSuchEntity", "x")
		refuse(w, w.TagRole, api.TagRoleInput{RoleName: "r", Tags: []api.Tag{{Key: "k"}, {Key: "K"}}}, "InvalidInput", "Duplicate tag keys found")
		refuse(w, w.TagRole, api.TagRoleInput{RoleName: "r", Tags: []api.Tag{{Key: "AWS:x"}}}, "InvalidInput", "aws:")
		var many []api.Tag
		for i := range 49 {
			many = append(many, api.Tag{Key: strings.Repeat("k", i+2)})
		}
		refuse(w, w.TagRole, api.TagRoleInput{RoleName: "r", Tags: many}, "LimitExceeded", "maximum limit of 50")
		w.equal(len(do(w, w.ListRoleTags, api.ListRoleTagsInput{RoleName: "r"}).Tags), 2)
	})
}

func TestEmptyListsNeedTheirEntity(t *testing.T) {
	worlds(t, func(w world) {
		do(w, w.CreateUser, api.CreateUserInput{UserName: "e"})
		do(w, w.CreateGroup, api.CreateGroupInput{GroupName: "e"})
		do(w, w.CreateRole, api.CreateRoleInput{RoleName: "e", AssumeRolePolicyDocument: openTrust})
		empty(w, w.ListUserPolicies, api.ListUserPoliciesInput{UserName: "e"}, api.ListUserPoliciesInput{UserName: "none"})
		empty(w, w.ListAttachedUserPolicies, api.ListAttachedUserPoliciesInput{UserName: "e"}, api.ListAttachedUserPoliciesInput{UserName: "none"})
		empty(w, w.ListGroupPolicies, api.ListGroupPoliciesInput{GroupName: "e"}, api.ListGroupPoliciesInput{GroupName: "none"})
		empty(w, w.ListAttachedGroupPolicies, api.ListAttachedGroupPoliciesInput{GroupName: "e"}, api.ListAttachedGroupPoliciesInput{GroupName: "none"})
		empty(w, w.ListRolePolicies, api.ListRolePoliciesInput{RoleName: "e"}, api.ListRolePoliciesInput{RoleName: "none"})
		empty(w, w.ListAttachedRolePolicies, api.ListAttachedRolePoliciesInput{RoleName: "e"}, api.ListAttachedRolePoliciesInput{RoleName: "none"})
		empty(w, w.ListInstanceProfilesForRole, api.ListInstanceProfilesForRoleInput{RoleName: "e"}, api.ListInstanceProfilesForRoleInput{RoleName: "none"})
		empty(w, w.ListMFADevices, api.ListMFADevicesInput{}, api.ListMFADevicesInput{UserName: new("none")})
		do(w, w.ListAccountAliases, api.ListAccountAliasesInput{})
	})
}

// empty wants the first list of the answer to there to be empty but not left out, and none to be refused.
func empty[In, Out any](w world, op func(context.Context, access.Caller, *In) (*Out, error), there, none In) {
	w.Helper()
	list := reflect.ValueOf(do(w, op, there)).Elem().Field(0)
	if list.IsNil() || list.Len() != 0 {
		w.Errorf("%T: %v, want an empty list", there, list)
	}
	refuse(w, op, none, "NoSuchEntity", "none")
}
