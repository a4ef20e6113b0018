package access_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portico/internal/access"
	"portico/internal/fault"
)

// Whatever the policies are, a session may no more than its role or user, and no more than its session policies. Only the
// policy of a resource that names the session itself gives it more.
func TestSessionsOnlyNarrow(t *testing.T) {
	allowed, narrowed := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		for range 20 { // so that both outcomes come up in every run
			s := drawScenario(rt)
			s.bounded, s.session = true, drawPolicies(rt, access.IdentityPolicy, 3)
			g, r := s.build(t)
			got, err := g.Decide(r)
			if err != nil {
				rt.Fatal(err)
			}
			whole := g
			whole.Session, whole.SessionBound = nil, false
			of, err := whole.Decide(r)
			if err != nil {
				rt.Fatal(err)
			}
			alone := r
			alone.Attached, alone.Foreign = nil, false
			by, err := access.Grants{Identity: g.Session}.Decide(alone)
			if err != nil {
				rt.Fatal(err)
			}
			if got.Allowed && !of.Allowed {
				rt.Fatalf("the session may what nobody of its role may: %+v", s)
			}
			if got.Allowed && !by.Allowed && (by.Explicit || got.Naming != access.NamedPersonally) {
				rt.Fatalf("the session may what its policies do not allow: %+v", s)
			}
			if got.Allowed {
				allowed++
			} else if of.Allowed {
				narrowed++
			}
		}
	})
	if allowed == 0 || narrowed == 0 {
		t.Errorf("%d sessions may, %d may not because of their policies: this shows nothing", allowed, narrowed)
	}
}

func TestGone(t *testing.T) {
	everything := policy(t, access.IdentityPolicy, `{"Effect":"Allow","Action":"*","Resource":"*"}`)
	g := access.Grants{Identity: []access.Source{{Name: "all", Policy: everything}}, SessionBound: true,
		Session: []access.Source{{Name: "all", Policy: everything}, access.Gone("arn:aws:iam::111111111111:policy/p")}}
	d, err := g.Decide(access.Request{Action: "s3:GetObject", Resource: access.Resources("arn:aws:s3:::b/k")})
	want := access.Decision{Explicit: true, Layer: access.SessionLayer, Source: "arn:aws:iam::111111111111:policy/p", Statement: "Gone"}
	if diff := cmp.Diff(want, d); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func TestReaches(t *testing.T) {
	const all = "GetCallerIdentity AssumeRole GetAccessKeyInfo GetSessionToken GetFederationToken iam servicecatalog"
	for means, want := range map[access.Means]string{
		access.ByAssumeRole:   "GetCallerIdentity AssumeRole GetAccessKeyInfo iam servicecatalog",
		access.ByWebIdentity:  "GetCallerIdentity AssumeRole GetAccessKeyInfo iam servicecatalog",
		access.BySessionToken: "GetCallerIdentity AssumeRole servicecatalog",
		access.ByFederation:   "GetCallerIdentity servicecatalog",
	} {
		var got []string
		for name := range strings.FieldsSeq(all) {
			service, operation := "sts", name
			if name == "iam" || name == "servicecatalog" {
				service, operation = name, "ListRoles"
			}
			if (access.RoleSession{Means: means}).Reaches(service, operation) {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s reaches %q, want %s", means, got, want)
		}
	}
}

func TestCarried(t *testing.T) {
	s := access.RoleSession{Tags: []access.Tag{{Key: "Team", Value: "red"}, {Key: "cost", Value: "7"}}}
	own := []access.Tag{{Key: "team", Value: "blue"}, {Key: "site", Value: "x"}}
	want := []access.Tag{{Key: "Team", Value: "red"}, {Key: "cost", Value: "7"}, {Key: "site", Value: "x"}}
	if d := cmp.Diff(want, s.Carried(own)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if d := cmp.Diff(own, (access.RoleSession{}).Carried(own)); d != "" {
		t.Errorf("without tags of its own (-want +got)\n%s", d)
	}
}

func TestSessionKeys(t *testing.T) {
	begin := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	web := access.SessionCaller(role, access.RoleSession{Means: access.ByWebIdentity, Name: "w", Created: begin, SourceIdentity: "ann",
		Web: &access.WebIdentity{Provider: access.ProviderARN("111111111111", "idp.example.com/x"), Subject: "s", Audience: "a", Methods: []string{"pwd", "otp"}}})
	guest := access.OwnCaller(alice, access.RoleSession{Means: access.ByFederation, Account: "111111111111", Name: "bob", Created: begin})
	own := access.OwnCaller(alice, access.RoleSession{Means: access.BySessionToken, Account: "111111111111", Created: begin})
	for _, c := range []struct {
		who  access.Caller
		want map[string]string
	}{
		{web, map[string]string{"aws:PrincipalType": "AssumedRole", "aws:MultiFactorAuthPresent": "false", "aws:TokenIssueTime": "2026-01-02T03:04:05Z",
			"aws:SourceIdentity": "ann", "aws:FederatedProvider": "arn:aws:iam::111111111111:oidc-provider/idp.example.com/x",
			"idp.example.com/x:sub": "s", "idp.example.com/x:aud": "a", "IDP.example.com/x:amr": "pwd otp", "aws:username": ""}},
		{guest, map[string]string{"aws:PrincipalType": "FederatedUser", "aws:PrincipalArn": "arn:aws:sts::111111111111:federated-user/bob", "aws:userid": "111111111111:bob",
			"aws:username": "", "aws:TokenIssueTime": "2026-01-02T03:04:05Z", "aws:MultiFactorAuthPresent": "false"}},
		{own, map[string]string{"aws:PrincipalType": "User", "aws:username": "alice", "aws:TokenIssueTime": "2026-01-02T03:04:05Z", "aws:MultiFactorAuthPresent": "false"}},
		{alice, map[string]string{"aws:TokenIssueTime": "", "aws:MultiFactorAuthPresent": "", "aws:FederatedProvider": ""}},
	} {
		var k access.Keys
		k.SetCaller(c.who)
		for name, want := range c.want {
			if got, err := k.Values(name); err != nil || strings.Join(got, " ") != want {
				t.Errorf("%s of %s = %q, %v; want %q", name, c.who.ARN, got, err, want)
			}
		}
	}
}

func TestRooted(t *testing.T) {
	s := access.RoleSession{Means: access.ByFederation, Account: "111111111111", Name: "bob"}
	for _, c := range []struct {
		who  access.Caller
		want bool
	}{{root, true}, {access.OwnCaller(root, s), true}, {alice, false}, {access.OwnCaller(alice, s), false}, {build, false}, {access.Caller{}, false}} {
		if got := c.who.Rooted(); got != c.want {
			t.Errorf("%s is rooted: %t", c.who.ARN, got)
		}
	}
	if access.OwnCaller(root, s).Authority != nil {
		t.Error("a federated user begins with the authority of the root")
	}
}

// A federated user is named in policies of resources by an ARN of its own, and then needs no session policy.
func TestFederatedUserNamed(t *testing.T) {
	guest := access.OwnCaller(alice, access.RoleSession{Means: access.ByFederation, Account: "111111111111", Name: "bob"})
	for name, c := range map[string]struct {
		principal string
		want      bool
	}{
		"itself":            {`{"AWS":"arn:aws:sts::111111111111:federated-user/bob"}`, true},
		"another":           {`{"AWS":"arn:aws:sts::111111111111:federated-user/eve"}`, false},
		"who vouches":       {`{"AWS":"arn:aws:iam::111111111111:user/alice"}`, false},
		"a session":         {`{"AWS":"arn:aws:sts::111111111111:assumed-role/deploy/bob"}`, false},
		"everyone":          {`"*"`, false},
		"account and user":  {`{"AWS":["111111111111","AIDAALICE"]}`, false},
		"itself and others": {`{"AWS":["*","arn:aws:sts::111111111111:federated-user/bob"]}`, true},
	} {
		g := identity(t, `{"Effect":"Allow","Action":"*","Resource":"*"}`)
		g.SessionBound = true
		bucket := &access.Source{Name: "b", Policy: policy(t, access.ResourcePolicy, `{"Effect":"Allow","Principal":`+c.principal+`,"Action":"s3:*","Resource":"*"}`)}
		d, err := g.Decide(access.Request{Action: "s3:GetObject", Attached: bucket,
			Actor: access.Actor{Caller: guest, Bound: map[string]string{alice.ARN: "AIDAALICE"}}})
		if err != nil || d.Allowed != c.want {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
}

func TestVouched(t *testing.T) {
	provider := access.ProviderARN("111111111111", "idp.example.com")
	trust, err := access.ParseTrust(statement(`"Effect":"Allow","Principal":{"Federated":"` + provider + `"},"Action":"sts:AssumeRoleWithWebIdentity",
		"Condition":{"StringEquals":{"idp.example.com:sub":"ann"},"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`))
	if err != nil {
		t.Fatal(err)
	}
	ask := func(trust access.Trust, provider, action, ip string) error {
		who := access.Caller{Authority: new(access.Authority)}
		who.Authority.Keys.Set(access.KeySourceIP, ip)
		r := access.Request{Action: action, Actor: access.Actor{Provider: provider}}
		r.Keys.SetWebIdentity(access.WebIdentity{Provider: provider, Subject: "ann"})
		return trust.Vouched(who, r)
	}
	if err := ask(trust, provider, access.AssumeRoleWithWebIdentity, "10.1.2.3"); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"another address":  ask(trust, provider, access.AssumeRoleWithWebIdentity, "192.0.2.1"),
		"another provider": ask(trust, access.ProviderARN("222222222222", "idp.example.com"), access.AssumeRoleWithWebIdentity, "10.1.2.3"),
		"another action":   ask(trust, provider, access.AssumeRole, "10.1.2.3"),
		"nobody's trust":   ask(access.Nobody(), provider, access.AssumeRoleWithWebIdentity, "10.1.2.3"),
		"no keys at all":   trust.Vouched(access.Caller{}, access.Request{Action: access.AssumeRoleWithWebIdentity, Actor: access.Actor{Provider: provider}}),
	} {
		if f, ok := fault.Of(err); !ok || f.Kind != fault.Denied || !strings.HasPrefix(f.Message, "Not authorized to perform sts:AssumeRole") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
