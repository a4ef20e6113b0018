package sts_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"pgregory.net/rapid"
)

// TestAssumeRoleRefusals tells in which words what AssumeRole refuses is refused.
func TestAssumeRoleRefusals(t *testing.T) {
	clouds(t, func(c cloud) {
		alice := c.user(home, "alice", allow)
		nobody := c.user(home, "nobody", "")
		foreign := c.user(abroad, "foreign", "")
		open := c.role("open", trusts(anyone, ""), "")
		plain := c.role("plain", trust("*"), "")
		account := c.role("account", trust(string(home)), "")
		closed := c.role("closed", trust("333333333333"), "")
		marked := c.session(alice, sts.AssumeRoleInput{RoleArn: &open, SourceIdentity: aws.String("ann"),
			Tags: []types.Tag{tag("Team", "red"), tag("loose", "x")}, TransitiveTagKeys: []string{"team"}})
		const (
			who     = "User: arn:aws:iam::111111111111:user/alice is not authorized to perform: "
			session = "User: arn:aws:sts::111111111111:assumed-role/open/session is not authorized to perform: "
			absent  = "arn:aws:iam::111111111111:role/absent"
			tags    = "InvalidParameterValue"
		)
		no := func(action, arn, layer string) string {
			return action + " on resource: " + arn + " because no " + layer + " allows the " + action + " action"
		}
		long, fits := allow+strings.Repeat(" ", 2049-len(allow)), allow+strings.Repeat(" ", 2047-len(allow))
		for _, x := range []struct {
			name          string
			by            key
			in            sts.AssumeRoleInput
			code, message string
		}{
			{"a role that trusts others", alice, sts.AssumeRoleInput{RoleArn: &closed}, "AccessDenied", who + no("sts:AssumeRole", closed, "resource-based policy")},
			{"no role, refused alike", alice, sts.AssumeRoleInput{RoleArn: aws.String(absent)}, "AccessDenied", who + no("sts:AssumeRole", absent, "resource-based policy")},
			{"the role's account alone is named", nobody, sts.AssumeRoleInput{RoleArn: &account}, "AccessDenied",
				"User: arn:aws:iam::111111111111:user/nobody is not authorized to perform: " + no("sts:AssumeRole", account, "identity-based policy")},
			{"another account's user has no policy", foreign, sts.AssumeRoleInput{RoleArn: &open}, "AccessDenied",
				"User: arn:aws:iam::222222222222:user/foreign is not authorized to perform: " + no("sts:AssumeRole", open, "identity-based policy")},
			{"no role's ARN", alice, sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::111111111111:user/alice")}, "ValidationError",
				"arn:aws:iam::111111111111:user/alice is invalid: RoleArn must have the form arn:aws:iam::account:role/path/name"},
			{"longer than the role gives", alice, sts.AssumeRoleInput{RoleArn: &open, DurationSeconds: aws.Int32(7201)}, "ValidationError",
				"The requested DurationSeconds exceeds the MaxSessionDuration set for this role."},
			{"longer than chains are", marked, sts.AssumeRoleInput{RoleArn: &open, DurationSeconds: aws.Int32(3601)}, "ValidationError",
				"The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."},

			{"a policy that is none", alice, sts.AssumeRoleInput{RoleArn: &open, Policy: aws.String(`{"Statement":[]}`)}, "MalformedPolicyDocument",
				"Syntax error in policy: Statement must hold at least one statement"},
			{"a policy that names somebody", alice, sts.AssumeRoleInput{RoleArn: &open, Policy: aws.String(trust("*"))}, "MalformedPolicyDocument",
				"Syntax error in policy: Statement[0].Principal is not an element that this kind of policy has there"},
			{"no JSON", alice, sts.AssumeRoleInput{RoleArn: &open, Policy: aws.String("{")}, "MalformedPolicyDocument", "This policy contains invalid Json: unexpected end of JSON input"},
			{"a long policy", alice, sts.AssumeRoleInput{RoleArn: &open, Policy: &long}, "PackedPolicyTooLarge",
				"Packed size of session policies and tags consumes 101% of allotted space."},
			{"a policy and ARNs that are long together", alice, sts.AssumeRoleInput{RoleArn: &open, Policy: &fits, PolicyArns: managed("arn:aws:iam::aws:policy/ReadOnlyAccess")},
				"PackedPolicyTooLarge", "Packed size of session policies and tags consumes 102% of allotted space."},
			{"eleven policies", alice, sts.AssumeRoleInput{RoleArn: &open, PolicyArns: managed(strings.Fields(strings.Repeat("arn:aws:iam::aws:policy/x ", 11))...)}, "ValidationError",
				"PolicyArns has 11 policies; a session has 10 at most."},
			{"no policy's ARN", alice, sts.AssumeRoleInput{RoleArn: &open, PolicyArns: managed(open)}, "ValidationError", "ARN " + open + " is not valid: it must be that of a managed policy."},
			{"no policy", alice, sts.AssumeRoleInput{RoleArn: &open, PolicyArns: managed("arn:aws:iam::111111111111:policy/absent")}, "ValidationError",
				"Policy arn:aws:iam::111111111111:policy/absent does not exist or is not attachable."},
			{"a policy for organizations", alice, sts.AssumeRoleInput{RoleArn: &open, PolicyArns: managed("arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess")}, "ValidationError",
				"ARN arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess is not valid: it must be that of a managed policy."},
			{"refused before its policies are looked up", alice, sts.AssumeRoleInput{RoleArn: &closed, PolicyArns: managed("arn:aws:iam::111111111111:policy/absent")}, "AccessDenied",
				who + no("sts:AssumeRole", closed, "resource-based policy")},

			{"tags without sts:TagSession", alice, sts.AssumeRoleInput{RoleArn: &plain, Tags: []types.Tag{tag("k", "v")}}, "AccessDenied", who + no("sts:TagSession", plain, "resource-based policy")},
			{"the same tag twice", alice, sts.AssumeRoleInput{RoleArn: &open, Tags: []types.Tag{tag("k", "v"), tag("K", "w")}}, tags, "Duplicate tag keys found. Please note that Tag keys are case insensitive."},
			{"a tag of AWS", alice, sts.AssumeRoleInput{RoleArn: &open, Tags: []types.Tag{tag("AWS:k", "v")}}, tags, "Tag key AWS:k is reserved: keys that begin with aws: are for system use."},
			{"a transitive tag that is not given", alice, sts.AssumeRoleInput{RoleArn: &open, Tags: []types.Tag{tag("k", "v")}, TransitiveTagKeys: []string{"j"}}, tags,
				"The specified transitive tag key must be included in the requested tags."},
			{"an inherited tag", marked, sts.AssumeRoleInput{RoleArn: &open, Tags: []types.Tag{tag("tEAM", "red")}}, tags,
				"One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session."},
			{"inherited tags without sts:TagSession", marked, sts.AssumeRoleInput{RoleArn: &plain}, "AccessDenied", session + no("sts:TagSession", plain, "resource-based policy")},
			{"more tags than a session has", marked, sts.AssumeRoleInput{RoleArn: &open, Tags: manyTags(50)}, tags, "A session has 50 tags at most, those that it inherits among them."},
			{"tags that do not fit", alice, sts.AssumeRoleInput{RoleArn: &open, Tags: manyTags(50)}, "PackedPolicyTooLarge", ""},

			{"a source identity without sts:SetSourceIdentity", alice, sts.AssumeRoleInput{RoleArn: &plain, SourceIdentity: aws.String("ann")}, "AccessDenied", who + no("sts:SetSourceIdentity", plain, "resource-based policy")},
			{"another source identity", marked, sts.AssumeRoleInput{RoleArn: &open, SourceIdentity: aws.String("bob")}, "ValidationError", "The source identity is already set for this assume role session"},

			{"a device", alice, sts.AssumeRoleInput{RoleArn: &open, SerialNumber: aws.String("GAHT12345678")}, "NotImplementedException", "SerialNumber of AssumeRole is not built yet; leave it out."},
			{"its code", alice, sts.AssumeRoleInput{RoleArn: &open, TokenCode: aws.String("123456")}, "NotImplementedException", "TokenCode of AssumeRole is not built yet; leave it out."},
			{"contexts", alice, sts.AssumeRoleInput{RoleArn: &open, ProvidedContexts: []types.ProvidedContext{{ProviderArn: &open, ContextAssertion: aws.String("abcd")}}}, "NotImplementedException",
				"ProvidedContexts of AssumeRole is not built yet; leave it out."},
		} {
			_, err := c.assume(x.by, x.in)
			if x.message == "" {
				c.overfull(x.name, err)
				continue
			}
			c.refused(x.name, err, x.code, x.message)
		}
	})
}

// overfull holds an error to one that tells by how much a session is too large.
func (c cloud) overfull(name string, err error) {
	c.Helper()
	percent := 0
	if err != nil {
		if _, after, ok := strings.Cut(err.Error(), "PackedPolicyTooLarge"); ok {
			fmt.Sscanf(after[strings.Index(after, "consumes"):], "consumes %d%%", &percent)
		}
	}
	if percent <= 100 {
		c.Errorf("%s: %v", name, err)
	}
}

// manyTags are tags that cannot be packed well.
func manyTags(n int) (tags []types.Tag) {
	for i := range n {
		tags = append(tags, tag(fmt.Sprint("k", i), rapid.StringMatching("[a-zA-Z0-9]{256}").Example(i)))
	}
	return tags
}

// TestSessionPolicies follows what session policies leave of a role.
func TestSessionPolicies(t *testing.T) {
	clouds(t, func(c cloud) {
		alice := c.user(home, "alice", allow)
		role := c.role("deploy", trusts(anyone, ""), allowing("servicecatalog:*", "iam:*"))
		lists := c.policy("lists", allowing("servicecatalog:List*", "sts:*"))
		open := func(document string, arns ...string) key {
			in := sts.AssumeRoleInput{RoleArn: &role, PolicyArns: managed(arns...)}
			if document != "" {
				in.Policy = &document
			}
			return c.session(alice, in)
		}
		c.mays("none", open(""), "ListPortfolios ListTagOptions ListUsers")
		inline := open(allowing("servicecatalog:ListPortfolios", "sts:*"))
		c.mays("inline", inline, "ListPortfolios")
		if a := c.call(inline, "iam:ListUsers"); !strings.HasSuffix(a.Message, "because no session policy allows the iam:ListUsers action") {
			c.Errorf("refused as %s", a.Message)
		}
		denying := open(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"iam:*","Resource":"*"}]}`)
		c.mays("a Deny", denying, "ListPortfolios ListTagOptions")
		both := open(allowing("iam:ListUsers"), lists, lists)
		c.mays("inline and managed", both, "ListPortfolios ListTagOptions ListUsers")
		shipped := open("", "arn:aws:iam::aws:policy/AWSServiceCatalogEndUserReadOnlyAccess")
		c.mays("one that comes with the program", shipped, "")

		// A session has the wording of a managed policy that is in force.
		_, err := c.iam(home).CreatePolicyVersion(context.Background(), &iam.CreatePolicyVersionInput{PolicyArn: &lists, SetAsDefault: true,
			PolicyDocument: aws.String(allowing("servicecatalog:ListPortfolios"))})
		c.must(err)
		c.mays("another version", both, "ListPortfolios ListUsers")
		_, err = c.iam(home).DeletePolicyVersion(context.Background(), &iam.DeletePolicyVersionInput{PolicyArn: &lists, VersionId: aws.String("v1")})
		c.must(err)
		_, err = c.iam(home).DeletePolicy(context.Background(), &iam.DeletePolicyInput{PolicyArn: &lists})
		c.must(err)
		c.mays("a policy that is gone", both, "")
		if a := c.call(both, "iam:ListUsers"); !strings.HasSuffix(a.Message, "with an explicit deny in a session policy") {
			c.Errorf("refused as %s", a.Message)
		}

		// A session policy narrows what a session may assume, too.
		chained := c.role("chained", trust(role), "")
		if _, err := c.assume(inline, sts.AssumeRoleInput{RoleArn: &chained}); err != nil {
			c.Errorf("a role of the chain: %v", err)
		}
		_, err = c.assume(denying, sts.AssumeRoleInput{RoleArn: &chained})
		c.must(err)
		bare := open(allowing("iam:*"))
		_, err = c.assume(bare, sts.AssumeRoleInput{RoleArn: &chained})
		c.refused("not in the session policy", err, "AccessDenied", "User: arn:aws:sts::111111111111:assumed-role/deploy/session is not authorized to perform: "+
			"sts:AssumeRole on resource: "+chained+" because no session policy allows the sts:AssumeRole action")
	})
}

// TestSessionTags follows tags from session to session.
func TestSessionTags(t *testing.T) {
	clouds(t, func(c cloud) {
		red := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["servicecatalog:*","sts:*"],"Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"red"}}},
			{"Effect":"Allow","Action":"iam:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/loose":"x"}}}]}`
		alice := c.user(home, "alice", allow)
		blue := c.role("blue", trusts(anyone, ""), red, iamTag("Team", "blue"))
		c.mays("the role's tags", c.session(alice, sts.AssumeRoleInput{RoleArn: &blue}), "")
		c.mays("the session's", c.session(alice, sts.AssumeRoleInput{RoleArn: &blue, Tags: []types.Tag{tag("tEAM", "red")}}), "ListPortfolios ListTagOptions GetAccessKeyInfo")

		first := c.session(alice, sts.AssumeRoleInput{RoleArn: &blue, Tags: []types.Tag{tag("team", "red"), tag("loose", "x")}, TransitiveTagKeys: []string{"TEAM"}})
		c.mays("both", first, everyOne)
		second := c.session(first, sts.AssumeRoleInput{RoleArn: &blue})
		c.mays("inherited", second, "ListPortfolios ListTagOptions GetAccessKeyInfo")
		third := c.session(second, sts.AssumeRoleInput{RoleArn: &blue, Tags: []types.Tag{tag("loose", "x")}})
		c.mays("inherited once more, and given anew", third, everyOne)

		// Without being allowed to tag, a session that hands tags on cannot go on, whatever it asks for.
		plain := c.role("plain", trust(blue), "")
		if _, err := c.assume(c.session(alice, sts.AssumeRoleInput{RoleArn: &blue, Tags: []types.Tag{tag("team", "red")}}), sts.AssumeRoleInput{RoleArn: &plain}); err != nil {
			c.Errorf("nothing is handed on: %v", err)
		}
		_, err := c.assume(first, sts.AssumeRoleInput{RoleArn: &plain})
		c.refused("handed on", err, "AccessDenied", "User: arn:aws:sts::111111111111:assumed-role/blue/session is not authorized to perform: sts:TagSession on resource: "+
			plain+" because no resource-based policy allows the sts:TagSession action")
	})
}

// TestSourceIdentity follows who is behind a session.
func TestSourceIdentity(t *testing.T) {
	clouds(t, func(c cloud) {
		ann := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:SourceIdentity":"ann"}}}}`
		alice := c.user(home, "alice", allow)
		role := c.role("r", trusts(anyone, ""), ann)
		c.mays("nobody", c.session(alice, sts.AssumeRoleInput{RoleArn: &role}), "")
		c.mays("another", c.session(alice, sts.AssumeRoleInput{RoleArn: &role, SourceIdentity: aws.String("bob")}), "")
		first := c.session(alice, sts.AssumeRoleInput{RoleArn: &role, SourceIdentity: aws.String("ann")})
		c.mays("ann", first, everyOne)
		for name, again := range map[string]*string{"inherited": nil, "said again": aws.String("ann")} {
			out, err := c.assume(first, sts.AssumeRoleInput{RoleArn: &role, SourceIdentity: again})
			c.must(err)
			c.mays(name, keyOf(out.Credentials), everyOne)
			if *out.SourceIdentity != "ann" {
				c.Errorf("%s: source identity %s", name, *out.SourceIdentity)
			}
		}
		plain := c.role("plain", trust(role), "")
		_, err := c.assume(first, sts.AssumeRoleInput{RoleArn: &plain})
		c.refused("handed on", err, "AccessDenied", "User: arn:aws:sts::111111111111:assumed-role/r/session is not authorized to perform: sts:SetSourceIdentity on resource: "+
			plain+" because no resource-based policy allows the sts:SetSourceIdentity action")
	})
}

// TestTrustConditions lists what trust policies can ask about a request, each with one that meets it and one that does not.
func TestTrustConditions(t *testing.T) {
	clouds(t, func(c cloud) {
		orgs := organizations.NewFromConfig(c.config(roots(home)))
		org, err := orgs.CreateOrganization(context.Background(), &organizations.CreateOrganizationInput{})
		c.must(err)
		alice, eve := c.user(home, "alice", allow, iamTag("team", "red")), c.user(abroad, "eve", allow)
		tags := func(pairs ...string) (in sts.AssumeRoleInput) {
			for i := 0; i < len(pairs); i += 2 {
				in.Tags = append(in.Tags, tag(pairs[i], pairs[i+1]))
			}
			return in
		}
		handing := tags("team", "red", "cost", "7")
		handing.TransitiveTagKeys = []string{"team", "cost"}
		less := tags("team", "red", "cost", "7")
		less.TransitiveTagKeys = []string{"team"}
		for i, x := range []struct {
			condition string
			goodBy    key
			good      sts.AssumeRoleInput
			badBy     key
			bad       sts.AssumeRoleInput
		}{
			{`"StringEquals":{"sts:ExternalId":"key-7"}`, alice, sts.AssumeRoleInput{ExternalId: aws.String("key-7")}, alice, sts.AssumeRoleInput{}},
			{`"StringLike":{"sts:RoleSessionName":"${aws:username}-*"}`, alice, sts.AssumeRoleInput{RoleSessionName: aws.String("alice-1")}, alice, sts.AssumeRoleInput{RoleSessionName: aws.String("bob-1")}},
			{`"StringEquals":{"sts:SourceIdentity":"${aws:username}"}`, alice, sts.AssumeRoleInput{SourceIdentity: aws.String("alice")}, alice, sts.AssumeRoleInput{SourceIdentity: aws.String("bob")}},
			{`"StringEquals":{"aws:PrincipalOrgID":"` + *org.Organization.Id + `"}`, alice, sts.AssumeRoleInput{}, eve, sts.AssumeRoleInput{}},
			{`"StringEquals":{"aws:PrincipalTag/team":"red"}`, alice, sts.AssumeRoleInput{}, eve, sts.AssumeRoleInput{}},
			{`"StringEquals":{"aws:PrincipalAccount":"111111111111"}`, alice, sts.AssumeRoleInput{}, eve, sts.AssumeRoleInput{}},
			{`"StringEquals":{"aws:RequestTag/team":"${aws:PrincipalTag/team}"}`, alice, tags("team", "red"), alice, tags("team", "blue")},
			{`"ForAllValues:StringEquals":{"aws:TagKeys":["team","cost"]}`, alice, tags("team", "red"), alice, tags("team", "red", "admin", "yes")},
			{`"ForAllValues:StringEquals":{"sts:TransitiveTagKeys":["team"]}`, alice, less, alice, handing},
			{`"NumericLessThanEquals":{"sts:DurationSeconds":"1800"}`, alice, sts.AssumeRoleInput{DurationSeconds: aws.Int32(1800)}, alice, sts.AssumeRoleInput{DurationSeconds: aws.Int32(1801)}},
			{`"IpAddress":{"aws:SourceIp":"127.0.0.0/8"},"Bool":{"aws:SecureTransport":"false"}`, alice, sts.AssumeRoleInput{}, alice, sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::111111111111:role/none")}},
		} {
			arn := c.role(fmt.Sprint("r", i), trusts(anyone, x.condition), "")
			x.good.RoleArn = &arn
			if x.bad.RoleArn == nil {
				x.bad.RoleArn = &arn
			}
			if _, err := c.assume(x.goodBy, x.good); err != nil {
				c.Errorf("%s is met: %v", x.condition, err)
			}
			if _, err := c.assume(x.badBy, x.bad); err == nil || !strings.Contains(err.Error(), "is not authorized to perform: sts:AssumeRole") {
				c.Errorf("%s is not met: %v", x.condition, err)
			}
		}
		// The callers' own policies see the role's tags, if it is one of their account.
		own := c.user(home, "own", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"red"}}}}`)
		for name, team := range map[string]string{"ours": "red", "theirs": "blue"} {
			arn := c.role(name, trust(string(home)), "", iamTag("team", team))
			if _, err := c.assume(own, sts.AssumeRoleInput{RoleArn: &arn}); (err == nil) != (team == "red") {
				c.Errorf("a role of team %s: %v", team, err)
			}
		}
	})
}
