package access_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/access"
	"portico/internal/fault"
)

func policy(t testing.TB, kind access.PolicyKind, statements string) *access.Policy {
	t.Helper()
	p, err := access.ParsePolicy(kind, `{"Version":"2012-10-17","Statement":[`+statements+`]}`)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func identity(t testing.TB, statements string) access.Grants {
	t.Helper()
	return access.Grants{Identity: []access.Source{{Name: "inline", Policy: policy(t, access.IdentityPolicy, statements)}}}
}

func TestDecisionExplains(t *testing.T) {
	g := access.Grants{
		Identity: []access.Source{
			{Name: "first", Policy: policy(t, access.IdentityPolicy, `{"Effect":"Allow","Action":"iam:*","Resource":"*"}`)},
			{Name: "second", Policy: policy(t, access.IdentityPolicy, `{"Effect":"Allow","Action":"iam:*","Resource":"*"},{"Sid":"Read","Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::b/*"},
				{"Effect":"Deny","Action":"s3:Get*","Resource":"arn:aws:s3:::b/secret"}`)},
		},
		Control: [][]access.Source{{{Name: "p-1", Policy: policy(t, access.ControlPolicy, `{"Effect":"Allow","NotAction":"ec2:*","Resource":"*"}`)}}},
	}
	bucket := &access.Source{Name: "bucket policy", Policy: policy(t, access.ResourcePolicy, `{"Sid":"Alice","Effect":"Allow","Principal":{"AWS":"AIDAALICE"},"Action":"s3:*","Resource":"*"}`)}
	for _, c := range []struct {
		name     string
		action   string
		arns     []string
		attached *access.Source
		want     access.Decision
	}{
		{"the first statement that allows", "iam:GetUser", nil, nil, access.Decision{Allowed: true, Layer: access.IdentityLayer, Source: "first", Statement: "Statement[0]"}},
		{"by its Sid", "s3:GetObject", []string{"arn:aws:s3:::b/k"}, nil, access.Decision{Allowed: true, Layer: access.IdentityLayer, Source: "second", Statement: "Read", Resource: "arn:aws:s3:::b/k"}},
		{"a Deny by its place", "s3:GetObject", []string{"arn:aws:s3:::b/secret"}, nil, access.Decision{Explicit: true, Layer: access.IdentityLayer, Source: "second", Statement: "Statement[2]", Resource: "arn:aws:s3:::b/secret"}},
		{"the resource that is refused", "s3:GetObject", []string{"arn:aws:s3:::b/k", "arn:aws:s3:::c/k"}, nil, access.Decision{Layer: access.IdentityLayer, Resource: "arn:aws:s3:::c/k"}},
		{"what lacks", "ec2:RunInstances", nil, nil, access.Decision{Layer: access.ControlLayer}},
		{"the resource's policy", "s3:PutObject", []string{"arn:aws:s3:::b/k"}, bucket,
			access.Decision{Allowed: true, Layer: access.ResourceLayer, Source: "bucket policy", Statement: "Alice", Naming: access.NamedPersonally}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := g.Decide(access.Request{Action: c.action, Resource: access.Resources(c.arns...), Attached: c.attached, Actor: access.Actor{Caller: alice}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, d); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRefusal(t *testing.T) {
	allow, deny := `{"Effect":"Allow","Action":"*","Resource":"*"}`, `{"Effect":"Deny","Action":"*","Resource":"*"}`
	source := func(kind access.PolicyKind, statements string) access.Source {
		return access.Source{Name: "secret name", Policy: policy(t, kind, statements)}
	}
	all, none := source(access.IdentityPolicy, allow), source(access.IdentityPolicy, deny)
	other := source(access.IdentityPolicy, `{"Effect":"Allow","Action":"ec2:*","Resource":"*"}`)
	resource := source(access.ResourcePolicy, `{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}`)
	for _, c := range []struct {
		grants   access.Grants
		attached *access.Source
		foreign  bool
		want     string
	}{
		{access.Grants{}, nil, false, "because no identity-based policy allows the s3:GetObject action"},
		{access.Grants{Identity: []access.Source{none}}, nil, false, "with an explicit deny in an identity-based policy"},
		{access.Grants{Identity: []access.Source{all}, Boundary: &other}, nil, false, "because no permissions boundary allows the s3:GetObject action"},
		{access.Grants{Identity: []access.Source{all}, Boundary: &none}, nil, false, "with an explicit deny in a permissions boundary"},
		{access.Grants{Identity: []access.Source{all}, Session: []access.Source{other}}, nil, false, "because no session policy allows the s3:GetObject action"},
		{access.Grants{Identity: []access.Source{all}, Session: []access.Source{none}}, nil, false, "with an explicit deny in a session policy"},
		{access.Grants{Identity: []access.Source{all}, Control: [][]access.Source{{}}}, nil, false, "because no service control policy allows the s3:GetObject action"},
		{access.Grants{Identity: []access.Source{all}, Control: [][]access.Source{{source(access.ControlPolicy, deny)}}}, nil, false, "with an explicit deny in a service control policy"},
		{access.Grants{Identity: []access.Source{all}}, nil, true, "because no resource-based policy allows the s3:GetObject action"},
		{access.Grants{Identity: []access.Source{all}}, &resource, false, "with an explicit deny in a resource-based policy"},
	} {
		t.Run(c.want, func(t *testing.T) {
			r := access.Request{Action: "s3:GetObject", Resource: access.Resources("arn:aws:s3:::b/k"), Attached: c.attached, Foreign: c.foreign}
			d, err := c.grants.Decide(r)
			if err != nil || d.Allowed {
				t.Fatalf("allowed %t, %v", d.Allowed, err)
			}
			f := d.Refusal(alice.ARN, r)
			want := "User: arn:aws:iam::111111111111:user/alice is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/k " + c.want
			if f.Kind != fault.Denied || f.Message != want {
				t.Errorf("got %q, want %q", f.Message, want)
			}
		})
	}
	t.Run("on no resource", func(t *testing.T) {
		r := access.Request{Action: "iam:ListUsers", Resource: func() ([]string, error) { return nil, errors.New("the database is gone") }}
		if got := (access.Decision{Layer: access.IdentityLayer}).Refusal(root.ARN, r).Message; !strings.Contains(got, "on resource: * because") {
			t.Error(got)
		}
	})
}

// What costs something is asked for once, and only if a statement that is about the rest looks at it.
func TestLazy(t *testing.T) {
	g := identity(t, `{"Effect":"Allow","Action":"s3:*","Resource":"*"},
		{"Effect":"Allow","Action":"iam:*","Resource":["arn:aws:iam::111111111111:user/*","arn:aws:iam::111111111111:role/*"],"Condition":{"StringEquals":{"aws:ResourceTag/team":["red","blue"]}}},
		{"Effect":"Deny","Action":"iam:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/frozen":"true"}}},
		{"Effect":"Allow","Action":"ec2:*","Resource":"*","Condition":{"StringEquals":{"x:kind":"a","x:many":"b"}}}`)
	for _, c := range []struct {
		action                string
		allowed               bool
		resources, tags, keys int
	}{
		{"s3:GetObject", true, 0, 0, 0},
		{"sqs:SendMessage", false, 0, 0, 0},
		{"iam:GetUser", true, 1, 1, 0},
		{"ec2:RunInstances", true, 0, 0, 2},
	} {
		t.Run(c.action, func(t *testing.T) {
			resources, tags, keys := 0, 0, 0
			r := access.Request{Action: c.action, Resource: func() ([]string, error) {
				resources++
				return []string{"arn:aws:iam::111111111111:user/alice", "arn:aws:iam::111111111111:user/bob"}, nil
			}}
			r.Keys.SetLazyTags(access.KeyResourceTag, func() ([]access.Tag, error) {
				tags++
				return []access.Tag{{Key: "Team", Value: "blue"}}, nil
			})
			r.Keys.SetLazy("x:kind", func() ([]string, error) { keys++; return []string{"a"}, nil })
			r.Keys.SetLazy("x:many", func() ([]string, error) { keys++; return []string{"b"}, nil })
			d, err := g.Decide(r)
			if err != nil || d.Allowed != c.allowed {
				t.Fatalf("allowed %t, %v", d.Allowed, err)
			}
			if resources != c.resources || tags != c.tags || keys != c.keys {
				t.Errorf("asked for resources %d, tags %d, keys %d times", resources, tags, keys)
			}
			if _, _, err := g.Level(r); err != nil {
				t.Fatal(err)
			}
			if tags != c.tags || keys != c.keys {
				t.Errorf("asked again for tags or keys: %d, %d", tags, keys)
			}
		})
	}
}

// Whatever cannot be known refuses, and the machine's error comes through.
func TestErrorsDeny(t *testing.T) {
	broken := errors.New("the database is gone")
	g := identity(t, `{"Effect":"Allow","Action":"*","Resource":"*"},
		{"Effect":"Deny","Action":"iam:*","Resource":"arn:aws:iam::*:user/*"},
		{"Effect":"Deny","Action":"ec2:*","Resource":"*","Condition":{"StringEquals":{"x:lazy":"a"}}},
		{"Effect":"Deny","Action":"sqs:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/a":"a"}}},
		{"Effect":"Deny","Action":"sns:*","Resource":"arn:aws:sns:*:*:${x:lazy}"},
		{"Effect":"Deny","Action":"kms:*","Resource":"*","Condition":{"ArnLike":{"x:arn":"arn:aws:a:b:c:${x:lazy}"}}},
		{"Effect":"Deny","Action":"rds:*","Resource":"*","Condition":{"StringEqualsIgnoreCase":{"x:arn":"${x:lazy}"}}},
		{"Effect":"Deny","Action":"servicecatalog:*","Resource":"*","Condition":{"StringEquals":{"servicecatalog:userLevel":"other","x:lazy":"a"}}}`)
	noPolicy := access.Grants{Identity: []access.Source{{Name: "arn:aws:iam::111111111111:policy/gone"}}}
	notAttachable := identity(t, `{"Effect":"Allow","Action":"*","Resource":"*"}`).Identity[0]
	for _, c := range []struct {
		name    string
		grants  access.Grants
		request access.Request
		want    string
	}{
		{"resource", g, access.Request{Action: "iam:GetUser"}, "decide about iam:GetUser: find the resources: the database is gone"},
		{"key", g, access.Request{Action: "ec2:RunInstances"}, "decide about ec2:RunInstances: the database is gone"},
		{"tags", g, access.Request{Action: "sqs:SendMessage"}, "the database is gone"},
		{"variable of a resource", g, access.Request{Action: "sns:Publish"}, "the database is gone"},
		{"variable of an ARN", g, access.Request{Action: "kms:Decrypt"}, "the database is gone"},
		{"variable of a text", g, access.Request{Action: "rds:Start"}, "the database is gone"},
		{"no name of an action", g, access.Request{Action: "GetObject"}, "no action has such a name"},
		{"no service of an action", g, access.Request{Action: ":GetObject"}, "no action has such a name"},
		{"a policy that is not there", noPolicy, access.Request{Action: "s3:GetObject"}, "arn:aws:iam::111111111111:policy/gone is not there"},
		{"a resource's policy that is not there", g, access.Request{Action: "s3:GetObject", Attached: &access.Source{Name: "b"}}, "policy b is not there"},
		{"a resource's policy of another kind", g, access.Request{Action: "s3:GetObject", Attached: &notAttachable}, "names no principals"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := c.request
			r.Resource = func() ([]string, error) {
				if strings.HasPrefix(r.Action, "sns:") {
					return []string{"arn:aws:sns:us-east-1:111111111111:t"}, nil
				}
				return nil, broken
			}
			r.Keys.Set("x:arn", "arn:aws:a:b:c:d")
			r.Keys.SetLazy("x:lazy", func() ([]string, error) { return nil, broken })
			r.Keys.SetLazyTags(access.KeyResourceTag, func() ([]access.Tag, error) { return nil, broken })
			d, err := c.grants.Decide(r)
			if err == nil || d.Allowed || !strings.Contains(err.Error(), c.want) {
				t.Errorf("allowed %t, error %v, want one with %q", d.Allowed, err, c.want)
			}
			if level, d, err := c.grants.Level(r); err == nil || level != access.NoLevel || d.Allowed {
				t.Errorf("level %v, allowed %t, error %v", level, d.Allowed, err)
			}
		})
	}
}

func TestKeys(t *testing.T) {
	var k access.Keys
	now := time.Date(2026, 3, 1, 13, 0, 0, 500, time.FixedZone("", 3600))
	who := build
	who.Region = "eu-west-1"
	k.SetCaller(who)
	k.SetTime(now)
	k.Set("aws:SourceIp", "10.0.0.1")
	k.Set("AWS:sourceip", "10.0.0.2")
	k.SetMany("aws:TagKeys", []string{"a", "b"})
	k.SetMany("aws:CalledVia", nil)
	k.SetTags("aws:RequestTag/", []access.Tag{{Key: "Team", Value: "red"}, {Key: "team", Value: "blue"}, {Key: "TEAM", Value: "green"}, {Key: "x/y", Value: "z"}})
	k.At(access.RoleLevel)
	for name, want := range map[string][]string{
		"aws:PrincipalArn":             {"arn:aws:iam::111111111111:role/ci/deploy"},
		"aws:PrincipalAccount":         {"111111111111"},
		"aws:PrincipalType":            {"AssumedRole"},
		"aws:PrincipalIsAWSService":    {"false"},
		"aws:userid":                   {"AROADEPLOY:build"},
		"aws:username":                 nil,
		"aws:RequestedRegion":          {"eu-west-1"},
		"aws:MultiFactorAuthPresent":   {"false"},
		"aws:CurrentTime":              {"2026-03-01T12:00:00Z"},
		"aws:EpochTime":                {"1772366400"},
		"aws:SourceIp":                 {"10.0.0.2"},
		"aws:TagKeys":                  {"a", "b"},
		"aws:CalledVia":                nil,
		"aws:RequestTag/tEAM":          {"red", "blue", "green"},
		"aws:RequestTag/X/Y":           {"z"},
		"aws:RequestTag/none":          nil,
		"aws:RequestTag":               nil,
		"servicecatalog:accountLevel":  {"self"},
		"servicecatalog:roleLevel":     {"self"},
		"ServiceCatalog:userLevel":     nil,
		"servicecatalog:anythingLevel": nil,
	} {
		got, err := k.Values(name)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s = %q, %v; want %q", name, got, err, want)
		}
	}
}

func TestCallerKeys(t *testing.T) {
	for _, c := range []struct {
		who                     access.Caller
		arn, kind, userID, name string
	}{
		{alice, "arn:aws:iam::111111111111:user/alice", "User", "AIDAALICE", "alice"},
		{access.UserCaller(access.IAMUser{ID: "AIDAX", Account: "111111111111", Name: "x", Path: "/a/b/"}, nil), "arn:aws:iam::111111111111:user/a/b/x", "User", "AIDAX", "x"},
		{root, "arn:aws:iam::111111111111:root", "Account", "111111111111", ""},
		{build, "arn:aws:iam::111111111111:role/ci/deploy", "AssumedRole", "AROADEPLOY:build", ""},
	} {
		t.Run(c.arn, func(t *testing.T) {
			var k access.Keys
			k.SetCaller(c.who)
			for name, want := range map[string]string{
				access.KeyPrincipalARN: c.arn, access.KeyPrincipalType: c.kind, access.KeyUserID: c.userID, access.KeyUserName: c.name,
			} {
				got, err := k.Values(name)
				if err != nil || strings.Join(got, " ") != want {
					t.Errorf("%s = %q, %v; want %q", name, got, err, want)
				}
			}
		})
	}
}

func TestLevels(t *testing.T) {
	const deploy, session = "arn:aws:iam::111111111111:role/ci/deploy", "arn:aws:sts::111111111111:assumed-role/deploy/build"
	for _, c := range []struct {
		name          string
		who           access.Caller
		user, session string
		want          access.Level
	}{
		{"C-ACC-6 what the session launched", build, deploy, session, access.UserLevel},
		{"C-ACC-6 what another session of the role launched", build, deploy, "arn:aws:sts::111111111111:assumed-role/deploy/other", access.RoleLevel},
		{"C-ACC-6 what a user launched", build, alice.ARN, alice.ARN, access.AccountLevel},
		{"C-ACC-6 what the user launched", alice, alice.ARN, alice.ARN, access.UserLevel},
		{"C-ACC-6 what a session launched", alice, deploy, session, access.AccountLevel},
		{"C-ACC-6 what the root launched", root, root.ARN, root.ARN, access.UserLevel},
		{"C-ACC-6 what nobody of note launched", root, alice.ARN, alice.ARN, access.AccountLevel},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := access.Relation(c.who, c.user, c.session); got != c.want {
				t.Errorf("relation %v, want %v", got, c.want)
			}
		})
	}
	t.Run("C-ACC-8 a level covers what is no wider", func(t *testing.T) {
		for granted := access.NoLevel; granted <= access.AccountLevel; granted++ {
			for relation := access.NoLevel; relation <= access.AccountLevel; relation++ {
				want := relation != access.NoLevel && int(relation) <= int(granted)
				if got := granted.Covers(relation); got != want {
					t.Errorf("%v covers %v: %t", granted, relation, got)
				}
			}
		}
	})
}

// How the trust policy names an actor tells whether the caller's own policies must allow the action too.
func TestTrustNaming(t *testing.T) {
	const provider = "arn:aws:iam::111111111111:oidc-provider/idp.example.com"
	bound := map[string]string{"arn:aws:iam::111111111111:role/ci/deploy": "AROADEPLOY"}
	for _, c := range []struct {
		name      string
		principal string
		actor     access.Actor
		want      access.Naming
	}{
		{"account", `{"AWS":"111111111111"}`, access.Actor{Caller: alice}, access.NamedAccount},
		{"everyone", `"*"`, access.Actor{Caller: alice}, access.NamedAnyone},
		{"user", `{"AWS":["111111111111","AIDAALICE"]}`, access.Actor{Caller: alice}, access.NamedPersonally},
		{"role", `{"AWS":["*","arn:aws:iam::111111111111:role/ci/deploy"]}`, access.Actor{Caller: build, Bound: bound}, access.NamedEntity},
		{"session", `{"AWS":"arn:aws:sts::111111111111:assumed-role/deploy/build"}`, access.Actor{Caller: build}, access.NamedPersonally},
		{"nobody", `{"AWS":"222222222222"}`, access.Actor{Caller: build}, access.Unnamed},
		{"service", `{"Service":"ec2.amazonaws.com"}`, access.Actor{Services: []string{"ec2.amazonaws.com"}}, access.NamedPersonally},
		{"provider", `{"Federated":"` + provider + `"}`, access.Actor{Provider: access.ProviderARN("111111111111", "idp.example.com")}, access.NamedPersonally},
		{"nobody at all", `{"AWS":"111111111111"}`, access.Actor{}, access.Unnamed},
	} {
		t.Run(c.name, func(t *testing.T) {
			trust, err := access.ParseTrust(allow(c.principal))
			if err != nil {
				t.Fatal(err)
			}
			d, err := trust.Decide(access.Request{Action: access.AssumeRole, Actor: c.actor})
			if err != nil || d.Allowed != (c.want != access.Unnamed) || d.Naming != c.want || d.Layer != access.ResourceLayer {
				t.Errorf("%+v, %v; want naming %v", d, err, c.want)
			}
		})
	}
	t.Run("no trust policy trusts nobody", func(t *testing.T) {
		var none access.Trust
		d, err := none.Decide(access.Request{Action: access.AssumeRole, Actor: access.Actor{Caller: root}})
		if err != nil || d.Allowed || none.Allows(root, "", nil) || none.AllowsService("ec2.amazonaws.com") || none.Named() != nil || none.Policy() != nil {
			t.Errorf("%+v, %v", d, err)
		}
	})
}
