package iam_test

import (
	"testing"

	"portico/internal/service/iam/api"
)

func TestInlinePolicies(t *testing.T) {
	worlds(t, func(w world) {
		w.people()
		odd := `{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/%+ü &"}}`
		do(w, w.PutUserPolicy, api.PutUserPolicyInput{UserName: "X", PolicyName: "b", PolicyDocument: odd})
		do(w, w.PutUserPolicy, api.PutUserPolicyInput{UserName: "x", PolicyName: "a", PolicyDocument: policy("s3:*")})
		do(w, w.PutGroupPolicy, api.PutGroupPolicyInput{GroupName: "x", PolicyName: "g", PolicyDocument: policy("s3:*")})
		do(w, w.PutRolePolicy, api.PutRolePolicyInput{RoleName: "x", PolicyName: "r", PolicyDocument: policy("s3:*")})

		got := do(w, w.GetUserPolicy, api.GetUserPolicyInput{UserName: "X", PolicyName: "b"})
		w.equal([]string{got.UserName, got.PolicyName, plain(w, got.PolicyDocument)}, []string{"x", "b", odd})
		do(w, w.PutUserPolicy, api.PutUserPolicyInput{UserName: "x", PolicyName: "b", PolicyDocument: policy("s3:Put*")})
		w.equal(plain(w, do(w, w.GetUserPolicy, api.GetUserPolicyInput{UserName: "x", PolicyName: "b"}).PolicyDocument), policy("s3:Put*"))
		w.equal(plain(w, do(w, w.GetGroupPolicy, api.GetGroupPolicyInput{GroupName: "x", PolicyName: "g"}).PolicyDocument), policy("s3:*"))
		w.equal(plain(w, do(w, w.GetRolePolicy, api.GetRolePolicyInput{RoleName: "x", PolicyName: "r"}).PolicyDocument), policy("s3:*"))

		w.equal(do(w, w.ListUserPolicies, api.ListUserPoliciesInput{UserName: "x"}).PolicyNames, []string{"a", "b"})
		first := do(w, w.ListUserPolicies, api.ListUserPoliciesInput{UserName: "x", MaxItems: new(1)})
		w.equal(do(w, w.ListUserPolicies, api.ListUserPoliciesInput{UserName: "x", MaxItems: new(1), Marker: &first.Marker}).PolicyNames, []string{"b"})
		w.equal(do(w, w.ListGroupPolicies, api.ListGroupPoliciesInput{GroupName: "x"}).PolicyNames, []string{"g"})
		w.equal(do(w, w.ListRolePolicies, api.ListRolePoliciesInput{RoleName: "x"}).PolicyNames, []string{"r"})

		refuse(w, w.GetUserPolicy, api.GetUserPolicyInput{UserName: "x", PolicyName: "g"}, "NoSuchEntity", "The user policy with name g cannot be found.")
		refuse(w, w.GetRolePolicy, api.GetRolePolicyInput{RoleName: "none", PolicyName: "r"}, "NoSuchEntity", "The role with name none cannot be found.")
		refuse(w, w.DeleteGroupPolicy, api.DeleteGroupPolicyInput{GroupName: "x", PolicyName: "a"}, "NoSuchEntity", "The group policy with name a cannot be found.")
		refuse(w, w.PutRolePolicy, api.PutRolePolicyInput{RoleName: "x", PolicyName: "r", PolicyDocument: "{}"}, "MalformedPolicyDocument", "Statement")
		refuse(w, w.DeleteUser, api.DeleteUserInput{UserName: "x"}, "DeleteConflict", "must delete policies first")
		refuse(w, w.DeleteGroup, api.DeleteGroupInput{GroupName: "x"}, "DeleteConflict", "must delete policies first")
		refuse(w, w.DeleteRole, api.DeleteRoleInput{RoleName: "x"}, "DeleteConflict", "must delete policies first")

		do(w, w.DeleteUserPolicy, api.DeleteUserPolicyInput{UserName: "x", PolicyName: "a"})
		do(w, w.DeleteUserPolicy, api.DeleteUserPolicyInput{UserName: "x", PolicyName: "b"})
		do(w, w.DeleteGroupPolicy, api.DeleteGroupPolicyInput{GroupName: "x", PolicyName: "g"})
		do(w, w.DeleteRolePolicy, api.DeleteRolePolicyInput{RoleName: "x", PolicyName: "r"})
		do(w, w.DeleteUser, api.DeleteUserInput{UserName: "x"})
		do(w, w.DeleteGroup, api.DeleteGroupInput{GroupName: "x"})
		do(w, w.DeleteRole, api.DeleteRoleInput{RoleName: "x"})
	})
}

func TestInlineQuotas(t *testing.T) {
	worlds(t, func(w world) {
		w.people()
		do(w, w.PutUserPolicy, api.PutUserPolicyInput{UserName: "x", PolicyName: "half", PolicyDocument: long(1024)})
		do(w, w.PutUserPolicy, api.PutUserPolicyInput{UserName: "x", PolicyName: "rest", PolicyDocument: long(1024)})
		do(w, w.PutUserPolicy, api.PutUserPolicyInput{UserName: "x", PolicyName: "rest", PolicyDocument: long(1024)})
		refuse(w, w.PutUserPolicy, api.PutUserPolicyInput{UserName: "x", PolicyName: "rest", PolicyDocument: long(1025)},
			"LimitExceeded", "Maximum policy size of 2048 bytes exceeded for user x")
		do(w, w.PutGroupPolicy, api.PutGroupPolicyInput{GroupName: "x", PolicyName: "all", PolicyDocument: long(5120)})
		refuse(w, w.PutGroupPolicy, api.PutGroupPolicyInput{GroupName: "x", PolicyName: "all", PolicyDocument: long(5121)}, "LimitExceeded", "5120 bytes exceeded for group x")
		do(w, w.PutRolePolicy, api.PutRolePolicyInput{RoleName: "x", PolicyName: "all", PolicyDocument: long(10240)})
		refuse(w, w.PutRolePolicy, api.PutRolePolicyInput{RoleName: "x", PolicyName: "more", PolicyDocument: policy("s3:*")}, "LimitExceeded", "10240 bytes exceeded for role x")
	})
}

func TestBoundaries(t *testing.T) {
	worlds(t, func(w world) {
		arn := w.managed("p")
		shown := &api.AttachedPermissionsBoundary{PermissionsBoundaryType: "PermissionsBoundaryPolicy", PermissionsBoundaryArn: arn}
		u := do(w, w.CreateUser, api.CreateUserInput{UserName: "x", PermissionsBoundary: &arn}).User
		w.equal(u.PermissionsBoundary, shown)
		w.equal(do(w, w.GetUser, api.GetUserInput{UserName: new("x")}).User, u)
		w.equal(do(w, w.ListUsers, api.ListUsersInput{}).Users[0].PermissionsBoundary, shown)
		r := do(w, w.CreateRole, api.CreateRoleInput{RoleName: "x", AssumeRolePolicyDocument: openTrust, PermissionsBoundary: &arn}).Role
		w.equal(do(w, w.GetRole, api.GetRoleInput{RoleName: "x"}).Role, r)
		w.equal(do(w, w.ListRoles, api.ListRolesInput{}).Roles[0].PermissionsBoundary, shown)
		w.equal(do(w, w.GetPolicy, api.GetPolicyInput{PolicyArn: arn}).Policy.PermissionsBoundaryUsageCount, 2)

		do(w, w.PutUserPermissionsBoundary, api.PutUserPermissionsBoundaryInput{UserName: "x", PermissionsBoundary: readARN})
		do(w, w.PutRolePermissionsBoundary, api.PutRolePermissionsBoundaryInput{RoleName: "x", PermissionsBoundary: readARN})
		w.equal(do(w, w.GetUser, api.GetUserInput{UserName: new("x")}).User.PermissionsBoundary.PermissionsBoundaryArn, readARN)
		w.equal(do(w, w.GetPolicy, api.GetPolicyInput{PolicyArn: arn}).Policy.PermissionsBoundaryUsageCount, 0)
		refuse(w, w.PutUserPermissionsBoundary, api.PutUserPermissionsBoundaryInput{UserName: "x", PermissionsBoundary: stranger}, "NoSuchEntity", "Scope ARN: "+stranger)
		refuse(w, w.PutRolePermissionsBoundary, api.PutRolePermissionsBoundaryInput{RoleName: "none", PermissionsBoundary: arn}, "NoSuchEntity", "role with name none")
		refuse(w, w.PutRolePermissionsBoundary, api.PutRolePermissionsBoundaryInput{RoleName: "x", PermissionsBoundary: "arn:aws:s3:::somebucket"}, "InvalidInput", "is not valid")

		do(w, w.DeleteUserPermissionsBoundary, api.DeleteUserPermissionsBoundaryInput{UserName: "x"})
		do(w, w.DeleteRolePermissionsBoundary, api.DeleteRolePermissionsBoundaryInput{RoleName: "x"})
		w.equal(do(w, w.GetRole, api.GetRoleInput{RoleName: "x"}).Role.PermissionsBoundary == nil, true)
		refuse(w, w.DeleteUserPermissionsBoundary, api.DeleteUserPermissionsBoundaryInput{UserName: "x"}, "NoSuchEntity", "has no permissions boundary")
	})
}
