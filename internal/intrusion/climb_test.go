package intrusion

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

// climber is a user whose policy every case sets anew.
type climber struct {
	*testing.T
	root, eve party
}

func climb(t *testing.T, o store.Options) climber {
	t.Helper()
	s := servertest.Start(t, servertest.Options{Store: o})
	c := climber{T: t, root: root(t, s, owner)}
	c.eve = c.root.user("eve")
	return c
}

// may gives eve the policy of a document and no other.
func (c climber) may(document string) {
	c.Helper()
	c.root.do(iam, "PutUserPolicy", args{"UserName": "eve", "PolicyName": "only", "PolicyDocument": document})
}

// noIdentity ends the refusal of what no policy of the caller's allows.
func noIdentity(action string) string {
	return "because no identity-based policy allows the " + action + " action"
}

// TestClimbing shows each of the usual ways to more rights to be open to exactly those who are allowed the action on that
// very thing: the action on another thing, or another action on this one, is not enough.
func TestClimbing(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		c := climb(t, o)
		arn := func(thing string) string { return "arn:aws:iam::" + string(owner) + ":" + thing }
		c.root.user("boss")
		c.root.role("Admin")
		c.root.do(iam, "AttachRolePolicy", args{"RoleName": "Admin", "PolicyArn": curators})
		c.root.do(iam, "CreateGroup", args{"GroupName": "admins"})
		c.root.do(iam, "CreatePolicy", args{"PolicyName": "mine", "PolicyDocument": statement("s3:*", "*")})
		c.root.do(iam, "CreatePolicyVersion", args{"PolicyArn": arn("policy/mine"), "PolicyDocument": everything})
		for _, x := range []struct {
			action, thing string
			in            args
		}{
			{"PutUserPolicy", "user/eve", args{"UserName": "eve", "PolicyName": "more", "PolicyDocument": everything}},
			{"AttachUserPolicy", "user/eve", args{"UserName": "eve", "PolicyArn": administrator}},
			{"DetachRolePolicy", "role/Admin", args{"RoleName": "Admin", "PolicyArn": curators}},
			{"PutRolePolicy", "role/Admin", args{"RoleName": "Admin", "PolicyName": "more", "PolicyDocument": everything}},
			{"AttachRolePolicy", "role/Admin", args{"RoleName": "Admin", "PolicyArn": administrator}},
			{"UpdateAssumeRolePolicy", "role/Admin", args{"RoleName": "Admin", "PolicyDocument": trust("AWS", arn("user/eve"))}},
			{"PutGroupPolicy", "group/admins", args{"GroupName": "admins", "PolicyName": "more", "PolicyDocument": statement("s3:*", "*")}},
			{"AttachGroupPolicy", "group/admins", args{"GroupName": "admins", "PolicyArn": curators}},
			{"CreatePolicyVersion", "policy/mine", args{"PolicyArn": arn("policy/mine"), "PolicyDocument": everything, "SetAsDefault": true}},
			{"SetDefaultPolicyVersion", "policy/mine", args{"PolicyArn": arn("policy/mine"), "VersionId": "v2"}},
			{"CreateAccessKey", "user/boss", args{"UserName": "boss"}},
			{"PutUserPermissionsBoundary", "user/eve", args{"UserName": "eve", "PermissionsBoundary": administrator}},
			{"DeleteUserPermissionsBoundary", "user/eve", args{"UserName": "eve"}},
			{"AddUserToGroup", "group/admins", args{"GroupName": "admins", "UserName": "boss"}},
		} {
			action := "iam:" + x.action
			no := "User: " + c.eve.arn + " is not authorized to perform: " + action + " on resource: " + arn(x.thing) + " " + noIdentity(action)
			for what, document := range map[string]string{
				"another thing":            statement(action, arn(x.thing)+"x"),
				"the same in another path": statement(action, strings.Replace(arn(x.thing), "/", "/path/", 1)),
				"another action":           statement("iam:Get*", "*"),
				"a condition not met":      strings.Replace(statement(action, "*"), `"Resource"`, `"Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}},"Resource"`, 1),
			} {
				c.may(document)
				refused(t, action+" with "+what, c.eve, action, x.in, "AccessDenied", no)
			}
			c.may(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"` + action + `","Resource":"` + arn(x.thing) + `"}]}`)
			refused(t, action+" denied", c.eve, action, x.in, "AccessDenied", "with an explicit deny in an identity-based policy")
			c.may(statement(action, arn(x.thing)))
			allowed(t, action+" allowed", c.eve, action, x.in)
			c.root.try(iam, "DeleteUserPolicy", args{"UserName": "eve", "PolicyName": "more"})
			c.root.try(iam, "DetachUserPolicy", args{"UserName": "eve", "PolicyArn": administrator})
		}
	})
}

// TestBoundedClimbing: whoever may write its own policies stays within its boundary, and gets it no further.
func TestBoundedClimbing(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		c := climb(t, o)
		edge := "arn:aws:iam::" + string(owner) + ":policy/edge"
		c.root.do(iam, "CreatePolicy", args{"PolicyName": "edge", "PolicyDocument": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["servicecatalog:List*",
			"iam:PutUserPolicy","iam:AttachUserPolicy","iam:CreateRole","iam:PutRolePolicy","sts:AssumeRole"],"Resource":"*"}]}`})
		c.root.do(iam, "PutUserPermissionsBoundary", args{"UserName": "eve", "PermissionsBoundary": edge})
		c.may(statement("iam:PutUserPolicy", c.eve.arn))
		allowed(t, "a policy of one's own, within the boundary", c.eve, "iam:PutUserPolicy", args{"UserName": "eve", "PolicyName": "more", "PolicyDocument": everything})
		allowed(t, "what the boundary allows", c.eve, "servicecatalog:ListPortfolios", nil)
		allowed(t, "every policy there is", c.eve, "iam:AttachUserPolicy", args{"UserName": "eve", "PolicyArn": administrator})
		const no = "because no permissions boundary allows the "
		for call, in := range map[string]args{
			"servicecatalog:CreatePortfolio":    {"DisplayName": "x", "ProviderName": "x", "IdempotencyToken": "x"},
			"iam:DeleteUserPermissionsBoundary": {"UserName": "eve"},
			"iam:PutUserPermissionsBoundary":    {"UserName": "eve", "PermissionsBoundary": administrator},
			"iam:CreatePolicyVersion":           {"PolicyArn": edge, "PolicyDocument": everything, "SetAsDefault": true},
			"iam:CreateAccessKey":               {"UserName": "eve"},
			"organizations:CreateOrganization":  {},
		} {
			refused(t, "what it does not: "+call, c.eve, call, in, "AccessDenied", no+call+" action")
		}
		// A role that the user makes has no boundary: this is why AWS has delegates create with a boundary only.
		c.root.do(iam, "PutRolePermissionsBoundary", args{"RoleName": func() string { c.root.role("Made"); return "Made" }(), "PermissionsBoundary": edge})
		c.root.do(iam, "AttachRolePolicy", args{"RoleName": "Made", "PolicyArn": administrator})
		session := c.eve.session("Made")
		refused(t, "a role is held to its own boundary", session, "iam:ListRoles", nil, "AccessDenied", no)
		narrow := c.eve.with(c.eve.do(sts, "AssumeRole", args{"RoleArn": "arn:aws:iam::" + string(owner) + ":role/Made", "RoleSessionName": "narrow", "Policy": statement("s3:*", "*")}), "")
		refused(t, "and to its session's policy", narrow, "servicecatalog:ListPortfolios", nil, "AccessDenied", "because no session policy allows the servicecatalog:ListPortfolios action")
	})
}

// TestPassRole: handing a role to Service Catalog takes iam:PassRole on that role for that service. (C-CONS-21)
func TestPassRole(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		c := climb(t, o)
		portfolio, product, artifact := stock(c.root, c.root.s)
		role := "arn:aws:iam::" + string(owner) + ":role/Launch"
		c.root.do(iam, "CreateRole", args{"RoleName": "Launch", "AssumeRolePolicyDocument": trust("Service", "servicecatalog.amazonaws.com")})
		c.root.do(iam, "AttachRolePolicy", args{"RoleName": "Launch", "PolicyArn": administrator})
		c.root.role("Launcher")
		c.root.do(iam, "AttachRolePolicy", args{"RoleName": "Launcher", "PolicyArn": administrator})
		c.root.do(sc, "AssociatePrincipalWithPortfolio", args{"PortfolioId": portfolio, "PrincipalARN": "arn:aws:iam::" + string(owner) + ":role/Launcher", "PrincipalType": "IAM"})
		pp := c.root.session("Launcher").launch(args{"ProductId": product, "ProvisioningArtifactId": artifact, "ProvisionedProductName": "x", "ProvisionToken": "x"})
		constraint := args{"PortfolioId": portfolio, "ProductId": product, "Type": "LAUNCH", "Parameters": `{"RoleArn":"` + role + `"}`, "IdempotencyToken": "x"}
		change := args{"ProvisionedProductId": pp, "ProvisionedProductProperties": args{"LAUNCH_ROLE": role}, "IdempotencyToken": "x"}
		c.root.do(iam, "CreateInstanceProfile", args{"InstanceProfileName": "web"})
		profile := args{"InstanceProfileName": "web", "RoleName": "Launch"}
		pass := func(resource, service string) string {
			return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["servicecatalog:*","iam:AddRoleToInstanceProfile"],"Resource":"*"},
				{"Effect":"Allow","Action":"iam:PassRole","Resource":"` + resource + `","Condition":{"StringLikeIfExists":{"iam:PassedToService":"` + service + `"}}}]}`
		}
		no := "is not authorized to perform: iam:PassRole on resource: " + role + " " + noIdentity("iam:PassRole")
		for name, document := range map[string]string{"no right to pass": statement("*:*d*", "*"), "another role": pass(role+"x", "*"), "another service": pass(role, "ec2.amazonaws.com")} {
			if name == "no right to pass" {
				document = pass("arn:aws:iam::*:role/none", "*")
			}
			c.may(document)
			refused(t, "C-CONS-21 CreateConstraint with "+name, c.eve, "servicecatalog:CreateConstraint", constraint, "AccessDenied", no)
			refused(t, "C-CONS-21 LAUNCH_ROLE with "+name, c.eve, "servicecatalog:UpdateProvisionedProductProperties", change, "AccessDenied", no)
			if name != "another service" {
				refused(t, "AddRoleToInstanceProfile with "+name, c.eve, "iam:AddRoleToInstanceProfile", profile, "AccessDenied", no)
			}
		}
		c.may(pass(role, "servicecatalog.amazonaws.com"))
		for call, in := range map[string]args{"servicecatalog:CreateConstraint": constraint, "servicecatalog:UpdateProvisionedProductProperties": change, "iam:AddRoleToInstanceProfile": profile} {
			allowed(t, "C-CONS-21 "+call+" with the right to pass", c.eve, call, in)
		}

		// Another account's administrator may pass every role, but of its own account.
		other := root(t, c.root.s, stranger)
		theirs, thing, version := stock(other, c.root.s)
		cross := "is not authorized to perform: iam:PassRole on resource: " + role + ". Cross-account pass role is not allowed."
		refused(t, "C-CONS-21 a launch role of another account", other, "servicecatalog:CreateConstraint", args{"PortfolioId": theirs, "ProductId": thing, "Type": "LAUNCH",
			"Parameters": `{"RoleArn":"` + role + `"}`, "IdempotencyToken": "x"}, "AccessDenied", cross)
		other.role("Launcher")
		other.do(iam, "AttachRolePolicy", args{"RoleName": "Launcher", "PolicyArn": administrator})
		other.do(sc, "AssociatePrincipalWithPortfolio", args{"PortfolioId": theirs, "PrincipalARN": "arn:aws:iam::" + string(stranger) + ":role/Launcher", "PrincipalType": "IAM"})
		pp = other.session("Launcher").launch(args{"ProductId": thing, "ProvisioningArtifactId": version, "ProvisionedProductName": "x", "ProvisionToken": "x"})
		refused(t, "C-PP-20 LAUNCH_ROLE of another account", other, "servicecatalog:UpdateProvisionedProductProperties", args{"ProvisionedProductId": pp,
			"ProvisionedProductProperties": args{"LAUNCH_ROLE": role}, "IdempotencyToken": "x"}, "AccessDenied", cross)
	})
}

// TestConditions: tags of requests and of resources, and the ARNs of own, imported and foreign portfolios and products.
func TestConditions(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		c := climb(t, o)
		friends := root(t, c.root.s, friend)
		imported, _, _ := stock(friends, c.root.s)
		friends.do(sc, "CreatePortfolioShare", args{"PortfolioId": imported, "AccountId": string(owner)})
		c.root.do(sc, "AcceptPortfolioShare", args{"PortfolioId": imported})
		foreign := friends.do(sc, "CreatePortfolio", args{"DisplayName": "x", "ProviderName": "x", "IdempotencyToken": "f"}).get("Id")
		mine, product, _ := stock(c.root, c.root.s)
		red := c.root.do(sc, "CreatePortfolio", args{"DisplayName": "x", "ProviderName": "x", "IdempotencyToken": "r", "Tags": list{args{"Key": "team", "Value": "red"}}}).get("Id")
		c.root.do(iam, "CreateRole", args{"RoleName": "Red", "AssumeRolePolicyDocument": trust("AWS", string(owner)), "Tags": list{args{"Key": "team", "Value": "red"}}})
		c.root.do(iam, "CreatePolicy", args{"PolicyName": "red", "PolicyDocument": everything, "Tags": list{args{"Key": "team", "Value": "red"}}})
		c.root.do(iam, "CreateInstanceProfile", args{"InstanceProfileName": "red", "Path": "/app/", "Tags": list{args{"Key": "team", "Value": "red"}}})
		conditional := func(effect, action, condition string) string {
			return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"` +
				map[bool]string{true: `,"Condition":` + condition + `}]}`, false: `},{"Effect":"Deny","Action":"` + action + `","Resource":"*","Condition":` + condition + `}]}`}[effect == "Allow"]
		}
		arn := func(account, kind, id string) string { return "arn:aws:catalog:*:" + account + ":" + kind + "/" + id }
		create := func(token string, tags ...any) args {
			return args{"DisplayName": "x", "ProviderName": "x", "IdempotencyToken": token, "Tags": append(list{}, tags...)}
		}
		blue := args{"Key": "team", "Value": "blue"}
		onRed, onBlue := `{"StringEquals":{"aws:ResourceTag/team":"red"}}`, `{"StringEquals":{"aws:RequestTag/team":"blue"}}`
		only := `{"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}`
		deny := func(resource string) string {
			return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"servicecatalog:*","Resource":"` + resource + `"}]}`
		}
		const explicit = "with an explicit deny in an identity-based policy"
		for n, x := range []struct {
			name, document, call string
			in                   args
			want                 string // of the refusal
		}{
			{"aws:RequestTag as asked for", conditional("Allow", "", onBlue), "servicecatalog:CreatePortfolio", create("1", blue), ""},
			{"aws:RequestTag of another value", conditional("Allow", "", onBlue), "servicecatalog:CreatePortfolio", create("2", args{"Key": "team", "Value": "red"}), noIdentity("servicecatalog:CreatePortfolio")},
			{"aws:RequestTag left out", conditional("Allow", "", onBlue), "servicecatalog:CreatePortfolio", create("3"), noIdentity("servicecatalog:CreatePortfolio")},
			{"aws:RequestTag of a role", conditional("Allow", "", onBlue), "iam:CreateRole", args{"RoleName": "Blue", "AssumeRolePolicyDocument": trust("AWS", string(owner)), "Tags": list{blue}}, ""},
			{"aws:TagKeys within", conditional("Allow", "", only), "servicecatalog:CreatePortfolio", create("4", blue), ""},
			{"aws:TagKeys beyond", conditional("Allow", "", only), "servicecatalog:CreatePortfolio", create("5", blue, args{"Key": "other", "Value": "x"}), noIdentity("servicecatalog:CreatePortfolio")},
			{"aws:ResourceTag of a portfolio", conditional("Allow", "", onRed), "servicecatalog:DescribePortfolio", args{"Id": red}, ""},
			{"aws:ResourceTag of one without", conditional("Allow", "", onRed), "servicecatalog:DescribePortfolio", args{"Id": mine}, noIdentity("servicecatalog:DescribePortfolio")},
			{"aws:ResourceTag denied", conditional("Deny", "servicecatalog:*", onRed), "servicecatalog:UpdatePortfolio", args{"Id": red, "DisplayName": "y"}, explicit},
			{"aws:ResourceTag denied, on another", conditional("Deny", "servicecatalog:*", onRed), "servicecatalog:UpdatePortfolio", args{"Id": mine, "DisplayName": "y"}, ""},
			{"aws:ResourceTag of a role", conditional("Deny", "iam:*", onRed), "iam:AttachRolePolicy", args{"RoleName": "Red", "PolicyArn": endUser}, explicit},
			{"aws:ResourceTag of a policy", conditional("Deny", "iam:*", onRed), "iam:CreatePolicyVersion", args{"PolicyArn": "arn:aws:iam::" + string(owner) + ":policy/red", "PolicyDocument": everything}, explicit},
			{"aws:ResourceTag of an instance profile", conditional("Deny", "iam:*", onRed), "iam:DeleteInstanceProfile", args{"InstanceProfileName": "red"}, explicit},
			{"the path of an instance profile", strings.ReplaceAll(deny("arn:aws:iam::*:instance-profile/app/*"), "servicecatalog:", "iam:"), "iam:DeleteInstanceProfile", args{"InstanceProfileName": "red"}, explicit},

			{"an own portfolio", statement("servicecatalog:*", arn("*", "portfolio", mine)), "servicecatalog:DescribePortfolio", args{"Id": mine}, ""},
			{"an own portfolio, by its account", statement("servicecatalog:*", arn(string(owner), "portfolio", mine)), "servicecatalog:UpdatePortfolio", args{"Id": mine, "DisplayName": "z"}, ""},
			{"another own portfolio", statement("servicecatalog:*", arn("*", "portfolio", mine)), "servicecatalog:DescribePortfolio", args{"Id": red}, noIdentity("servicecatalog:DescribePortfolio")},
			{"an imported portfolio", statement("servicecatalog:*", arn("*", "portfolio", imported)), "servicecatalog:DescribePortfolio", args{"Id": imported}, ""},
			{"an imported portfolio is its owner's", statement("servicecatalog:*", arn(string(friend), "portfolio", imported)), "servicecatalog:DescribePortfolio", args{"Id": imported}, ""},
			{"an imported portfolio is not the caller's", statement("servicecatalog:*", arn(string(owner), "portfolio", "*")), "servicecatalog:DescribePortfolio", args{"Id": imported}, noIdentity("servicecatalog:DescribePortfolio")},
			{"S-GEN-7 a foreign portfolio, allowed", statement("servicecatalog:*", arn("*", "portfolio", foreign)), "servicecatalog:DescribePortfolio", args{"Id": foreign}, "Portfolio not found: " + foreign},
			{"S-GEN-7 a foreign portfolio, not allowed", statement("servicecatalog:*", arn("*", "portfolio", mine)), "servicecatalog:DescribePortfolio", args{"Id": foreign},
				"on resource: arn:aws:catalog:us-east-1:" + string(owner) + ":portfolio/" + foreign + " " + noIdentity("servicecatalog:DescribePortfolio")},
			{"S-GEN-7 no portfolio, not allowed", statement("servicecatalog:*", arn("*", "portfolio", mine)), "servicecatalog:DescribePortfolio", args{"Id": "port-none"},
				"on resource: arn:aws:catalog:us-east-1:" + string(owner) + ":portfolio/port-none " + noIdentity("servicecatalog:DescribePortfolio")},
			{"a list needs all", statement("servicecatalog:*", arn("*", "portfolio", mine)), "servicecatalog:ListPortfolios", nil, noIdentity("servicecatalog:ListPortfolios")},
			{"a product denied", deny(arn("*", "product", product)), "servicecatalog:UpdateProduct", args{"Id": product, "Name": "x"}, explicit},
			{"a product denied, by another action", deny(arn("*", "product", product)), "servicecatalog:DescribeProductAsAdmin", args{"Id": product}, explicit},
			{"a product denied, its versions", deny(arn("*", "product", product)), "servicecatalog:ListProvisioningArtifacts", args{"ProductId": product}, explicit},
			{"a product denied, its launch", deny(arn("*", "product", product)), "servicecatalog:ProvisionProduct", args{"ProductId": product, "ProvisioningArtifactName": "x", "ProvisionedProductName": "x", "ProvisionToken": "x"}, explicit},
			{"a product denied, another", deny(arn("*", "product", product+"x")), "servicecatalog:DescribeProductAsAdmin", args{"Id": product}, ""},
		} {
			c.may(x.document)
			if name := fmt.Sprint(n, " ", x.name); x.want == "" {
				allowed(t, strings.TrimLeft(name, "0123456789 "), c.eve, x.call, x.in)
			} else {
				refused(t, strings.TrimLeft(name, "0123456789 "), c.eve, x.call, x.in, "", x.want)
			}
		}
		if a := c.root.try(iam, "GetInstanceProfile", args{"InstanceProfileName": "red"}); a.Status != http.StatusOK {
			t.Errorf("the profile is gone: %s", a.Text)
		}
	})
}
