package access_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/access"
	"portico/internal/fault"
)

func TestParsePolicyRefuses(t *testing.T) {
	one := func(body string) string { return `{"Version":"2012-10-17","Statement":[` + body + `]}` }
	on := func(condition string) string {
		return one(`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":` + condition + `}`)
	}
	res := func(resource string) string {
		return one(`{"Effect":"Allow","Action":"s3:*","Resource":` + resource + `}`)
	}
	act := func(action string) string { return one(`{"Effect":"Allow","Action":` + action + `,"Resource":"*"}`) }
	const identity, trust, control, resource = access.IdentityPolicy, access.TrustPolicy, access.ControlPolicy, access.ResourcePolicy
	for _, c := range []struct {
		name   string
		kind   access.PolicyKind
		policy string
		want   string
	}{
		{"empty", identity, ``, "invalid Json"},
		{"cut short", identity, `{"Statement":[`, "invalid Json"},
		{"trailing comma", identity, `{"Statement":[],}`, "invalid Json"},
		{"more than a document", identity, act(`"*"`) + `{}`, "invalid Json"},
		{"not UTF-8", identity, "{\"Statement\":\"\xff\"}", "not UTF-8"},
		{"too large", identity, `{"Id":"` + strings.Repeat("x", 128<<10) + `"}`, "too large"},
		{"too deep", identity, `{"Id":` + strings.Repeat("[", 60) + strings.Repeat("]", 60) + `}`, "nested too deeply"},
		{"long name", identity, on(`{"Bool":{"x:` + strings.Repeat("y", 600) + `":"true"}}`), "Statement[0].Condition.Bool has an element whose name is too long"},
		{"an element twice", identity, `{"Statement":[],"Statement":[]}`, "the policy has Statement twice"},
		{"an effect twice", identity, one(`{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}`), "Statement[0] has Effect twice"},
		{"an operator twice", identity, on(`{"Bool":{},"Bool":{}}`), "Condition has Bool twice"},
		{"elements are with regard to case", identity, `{"statement":[]}`, "the policy.statement is not an element"},
		{"version as a number", identity, `{"Version":2012,"Statement":[]}`, "Version must be"},
		{"id as an object", identity, `{"Id":{},"Statement":[]}`, "Id must be a string"},
		{"statement as text", identity, `{"Statement":"x"}`, "Statement[0] must be a JSON object"},
		{"second statement", identity, one(`{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Maybe","Action":"*","Resource":"*"}`), "Statement[1].Effect must be Allow or Deny"},
		{"no effect", identity, one(`{"Action":"*","Resource":"*"}`), "Statement[0].Effect"},
		{"sid with a space", identity, one(`{"Sid":"a b","Effect":"Allow","Action":"*","Resource":"*"}`), "Statement[0].Sid must consist of letters and digits"},
		{"sid as a number", identity, one(`{"Sid":1,"Effect":"Allow","Action":"*","Resource":"*"}`), "Statement[0].Sid must be a string"},
		{"sid twice", identity, one(`{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"a","Effect":"Deny","Action":"*","Resource":"*"}`), "Statement[1].Sid is that of another"},
		{"no action", identity, one(`{"Effect":"Allow","Resource":"*"}`), "Statement[0].Action is missing"},
		{"both actions", identity, one(`{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}`), "both Action and NotAction"},
		{"action without a service", identity, act(`"GetObject"`), "Statement[0].Action must name an action"},
		{"second action", identity, act(`["s3:GetObject","s3"]`), "Statement[0].Action must name an action as in servicecatalog:SearchProducts, not s3"},
		{"action without a name", identity, act(`"s3:"`), "must name an action"},
		{"action of a pattern of services", identity, act(`"s*:GetObject"`), "must name an action"},
		{"action with a space", identity, act(`"s3:Get Object"`), "names no action"},
		{"action with a variable", identity, act(`"s3:${aws:username}"`), "names no action"},
		{"no actions", identity, act(`[]`), "Statement[0].Action must not be empty"},
		{"action as an object", identity, act(`{}`), "Statement[0].Action must be a string"},
		{"action as null", identity, act(`null`), "Statement[0].Action must be a string"},
		{"no resource", identity, one(`{"Effect":"Allow","Action":"*"}`), "Statement[0].Resource is missing"},
		{"no resource in a control policy", control, one(`{"Effect":"Allow","Action":"*"}`), "Statement[0].Resource is missing"},
		{"no resource in a resource policy", resource, one(`{"Effect":"Allow","Principal":"*","Action":"*"}`), "Statement[0].Resource is missing"},
		{"both resources", identity, one(`{"Effect":"Allow","Action":"*","Resource":"*","NotResource":"*"}`), "both Resource and NotResource"},
		{"resource that is no ARN", identity, res(`["arn:aws:s3:::b","b/k"]`), "Statement[0].Resource must be * or in ARN format, not b/k"},
		{"resource without a partition", identity, res(`"arn::s3:::b"`), "must be * or in ARN format"},
		{"resource that is only arn", identity, res(`"arn:"`), "must be * or in ARN format"},
		{"variable that does not end", identity, res(`"arn:aws:s3:::b/${aws:username"`), "Statement[0].Resource has a variable that does not end"},
		{"variable without a service", identity, res(`"arn:aws:s3:::b/${username}"`), "not the name of a context key"},
		{"variable of a template", identity, res(`"arn:aws:s3:::b/${AWS::AccountId}"`), "not the name of a context key"},
		{"empty variable", identity, res(`"arn:aws:s3:::b/${}"`), "not the name of a context key"},
		{"default without quotes", identity, res(`"arn:aws:s3:::b/${aws:username, x}"`), "not in single quotes"},
		{"default that does not end", identity, res(`"arn:aws:s3:::b/${aws:username, 'x}"`), "default value does not end"},
		{"identity policy with a principal", identity, one(`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`), "Statement[0].Principal is not an element"},
		{"control policy with a principal", control, one(`{"Effect":"Deny","NotPrincipal":"*","Action":"*","Resource":"*"}`), "Statement[0].NotPrincipal is not an element"},
		{"resource policy without a principal", resource, one(`{"Effect":"Allow","Action":"*","Resource":"*"}`), "Statement[0].Principal is missing"},
		{"resource policy with a group", resource, one(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:group/g"},"Action":"*","Resource":"*"}`), "Invalid principal in policy: Statement[0].Principal.AWS"},
		{"canonical user", resource, one(`{"Effect":"Allow","Principal":{"CanonicalUser":"me"},"Action":"*","Resource":"*"}`), "no canonical user id"},
		{"trust policy with a resource", trust, one(`{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}`), "Statement[0].Resource is not an element"},
		{"condition as text", identity, on(`"x"`), "Statement[0].Condition must be a JSON object"},
		{"unknown operator", identity, on(`{"StringIs":{"aws:username":"x"}}`), "Statement[0].Condition.StringIs is not a condition operator"},
		{"operator in lower case", identity, on(`{"stringequals":{"aws:username":"x"}}`), "is not a condition operator"},
		{"unknown quantifier", identity, on(`{"ForSomeValue:StringEquals":{"aws:username":"x"}}`), "is not a condition operator"},
		{"Null with IfExists", identity, on(`{"NullIfExists":{"aws:username":"true"}}`), "is not a condition operator"},
		{"Null over a set", identity, on(`{"ForAnyValue:Null":{"aws:username":"true"}}`), "is not a condition operator"},
		{"operator without keys", identity, on(`{"Bool":"true"}`), "Statement[0].Condition.Bool must be a JSON object"},
		{"key without a service", identity, on(`{"StringEquals":{"username":"x"}}`), "Statement[0].Condition.StringEquals.username is not the name of a context key"},
		{"key twice", identity, on(`{"StringEquals":{"aws:username":"x","aws:UserName":"y"}}`), "aws:UserName is there twice"},
		{"no values", identity, on(`{"StringEquals":{"aws:username":[]}}`), "StringEquals.aws:username must not be empty"},
		{"value as an object", identity, on(`{"StringEquals":{"aws:username":{}}}`), "must be a string or a list"},
		{"no number", identity, on(`{"NumericEquals":{"s3:max-keys":["1","ten"]}}`), "s3:max-keys[1] must be a number, not ten"},
		{"hexadecimal", identity, on(`{"NumericEquals":{"s3:max-keys":"0x10"}}`), "must be a number"},
		{"not finite", identity, on(`{"NumericEquals":{"s3:max-keys":"Inf"}}`), "must be a number"},
		{"a variable is no number", identity, on(`{"NumericEquals":{"s3:max-keys":"${x:y}"}}`), "must be a number"},
		{"no date", identity, on(`{"DateLessThan":{"aws:CurrentTime":"tomorrow"}}`), "aws:CurrentTime must be a date"},
		{"no such day", identity, on(`{"DateLessThan":{"aws:CurrentTime":"2026-02-30"}}`), "must be a date"},
		{"no boolean", identity, on(`{"Bool":{"aws:SecureTransport":"yes"}}`), "must be true or false, not yes"},
		{"Null of no boolean", identity, on(`{"Null":{"aws:username":"x"}}`), "must be true or false, not x"},
		{"no base64", identity, on(`{"BinaryEquals":{"x:y":"?"}}`), "must be in base64"},
		{"no address", identity, on(`{"IpAddress":{"aws:SourceIp":"10.0.0.0/33"}}`), "must be an IP address"},
		{"address with a zone", identity, on(`{"IpAddress":{"aws:SourceIp":"fe80::1%eth0"}}`), "must be an IP address"},
		{"no ARN", identity, on(`{"ArnLike":{"aws:PrincipalArn":"role/x"}}`), "must be an ARN, not role/x"},
		{"variable in a value", identity, on(`{"StringLike":{"aws:username":"${x"}}`), "StringLike.aws:username has a variable that does not end"},
		{"variable in an ARN", identity, on(`{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::1:role/${x}"}}`), "not the name of a context key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := access.ParsePolicy(c.kind, c.policy)
			if p != nil || !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestParsePolicyTakes(t *testing.T) {
	for _, c := range []struct {
		name   string
		kind   access.PolicyKind
		policy string
	}{
		{"spaces and an id", access.IdentityPolicy, " {\n\"Id\": \"x y\", \"Version\": \"2012-10-17\", \"Statement\": {\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}\n"},
		{"statements without a sid and with an empty one", access.IdentityPolicy, `{"Statement":[{"Sid":"","Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}]}`},
		{"any sid in a resource policy", access.ResourcePolicy, `{"Statement":[{"Sid":"all can read","Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`},
		{"a variable that is text in the older version", access.IdentityPolicy, `{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${x"}]}`},
		{"a default value with a brace", access.IdentityPolicy, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:username, '}'}"}]}`},
		{"numbers and booleans as they are", access.IdentityPolicy, `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"x:y":[true,"False"]},"NumericEquals":{"x:y":1e3}}}]}`},
		{"identity providers", access.TrustPolicy, `{"Statement":[{"Effect":"Allow","Principal":{"Federated":["cognito-identity.amazonaws.com","arn:aws:iam::111111111111:saml-provider/x"]},"Action":"sts:AssumeRoleWithSAML"}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := access.ParsePolicy(c.kind, c.policy)
			if err != nil {
				t.Fatal(err)
			}
			if p.Kind() != c.kind {
				t.Errorf("kind %v, want %v", p.Kind(), c.kind)
			}
		})
	}
}

func TestContextKeys(t *testing.T) {
	p, err := access.ParsePolicy(access.IdentityPolicy, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*",
		"Resource":["arn:aws:s3:::b/${aws:username}","arn:aws:s3:::b/${*}"],"Condition":{"StringLike":{"AWS:PrincipalTag/Team":"${aws:userid}*"},
		"ArnLike":{"aws:SourceArn":"arn:aws:iam::${aws:PrincipalAccount}:*"},"Null":{"aws:username":"false"}}}]}`)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"aws:principalaccount", "aws:principaltag/team", "aws:sourcearn", "aws:userid", "aws:username"}
	if diff := cmp.Diff(want, p.ContextKeys()); diff != "" {
		t.Error(diff)
	}
}

func TestShippedPolicies(t *testing.T) {
	names, ids := map[string]bool{}, map[string]bool{}
	for _, s := range access.ShippedPolicies() {
		t.Run("C-ACC-9 "+s.Name, func(t *testing.T) {
			if _, err := access.ParsePolicy(s.Kind, s.Document); err != nil {
				t.Error(err)
			}
			if names[s.Name] || ids[s.ID] || s.Description == "" {
				t.Errorf("%+v is not distinct or has no description", s)
			}
			names[s.Name], ids[s.ID] = true, true
			if size := len(strings.Join(strings.Fields(s.Document), "")); size > 6144 {
				t.Errorf("%d characters are more than a managed policy has", size)
			}
			if s.Name == "FullAWSAccess" {
				if s.Kind != access.ControlPolicy || s.ID != access.FullAWSAccess || s.ARN != "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess" {
					t.Errorf("%+v", s)
				}
				return
			}
			if s.Kind != access.IdentityPolicy || s.Path != "/" || s.ARN != "arn:aws:iam::aws:policy/"+s.Name || len(s.ID) != 21 || !strings.HasPrefix(s.ID, "ANPA") {
				t.Errorf("%+v", s)
			}
		})
	}
	want := []string{"AWSOrganizationsFullAccess", "AWSOrganizationsReadOnlyAccess", "AWSServiceCatalogAdminFullAccess", "AWSServiceCatalogAdminReadOnlyAccess",
		"AWSServiceCatalogEndUserFullAccess", "AWSServiceCatalogEndUserReadOnlyAccess", "AdministratorAccess", "AmazonS3FullAccess", "AmazonS3ReadOnlyAccess",
		"FullAWSAccess", "IAMFullAccess", "IAMReadOnlyAccess", "PowerUserAccess", "ReadOnlyAccess"}
	var got []string
	for name := range names {
		got = append(got, name)
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
