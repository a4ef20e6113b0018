package access_test

import (
	"strings"
	"testing"

	"portico/internal/access"
	"portico/internal/fault"
)

func statement(body string) string {
	return `{"Version":"2012-10-17","Statement":[{` + body + `}]}`
}

func allow(principal string) string {
	return statement(`"Effect":"Allow","Principal":` + principal + `,"Action":"sts:AssumeRole"`)
}

var (
	alice = access.UserCaller(access.IAMUser{ID: "AIDAALICE", Account: "111111111111", Name: "alice", Path: "/"}, nil)
	role  = access.IAMRole{ID: "AROADEPLOY", Account: "111111111111", Name: "deploy", Path: "/ci/"}
	build = access.SessionCaller(role, access.RoleSession{Name: "build"})
	root  = access.RootCaller("111111111111")
)

func TestTrustAllows(t *testing.T) {
	const aliceARN = "arn:aws:iam::111111111111:user/alice"
	const roleARN = "arn:aws:iam::111111111111:role/ci/deploy"
	bound := map[string]string{aliceARN: "AIDAALICE", roleARN: "AROADEPLOY"}
	external := func(effect, operator, key, value string) string {
		return statement(`"Effect":"` + effect + `","Principal":"*","Action":"sts:AssumeRole",
			"Condition":{"` + operator + `":{"` + key + `":` + value + `}}`)
	}
	allowThen := func(body string) string {
		return `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"},{` + body + `}]}`
	}
	for _, c := range []struct {
		name     string
		policy   string
		who      access.Caller
		external string
		want     bool
	}{
		{"anyone", allow(`"*"`), alice, "", true},
		{"anyone of AWS", allow(`{"AWS":"*"}`), root, "", true},
		{"account id", allow(`{"AWS":"111111111111"}`), alice, "", true},
		{"account root ARN covers a session", allow(`{"AWS":["222222222222","arn:aws:iam::111111111111:root"]}`), build, "", true},
		{"account root ARN covers the root", allow(`{"AWS":"arn:aws:iam::111111111111:root"}`), root, "", true},
		{"another account", allow(`{"AWS":"222222222222"}`), alice, "", false},
		{"user", allow(`{"AWS":"` + aliceARN + `"}`), alice, "", true},
		{"user is not the root", allow(`{"AWS":"` + aliceARN + `"}`), root, "", false},
		{"user by unique id", allow(`{"AWS":"AIDAALICE"}`), alice, "", true},
		{"namesake of another id", allow(`{"AWS":"` + aliceARN + `"}`),
			access.UserCaller(access.IAMUser{ID: "AIDAOTHER", Account: "111111111111", Name: "alice", Path: "/"}, nil), "", false},
		{"role covers its session", allow(`{"AWS":"` + roleARN + `"}`), build, "", true},
		{"one session", allow(`{"AWS":"arn:aws:sts::111111111111:assumed-role/deploy/build"}`), build, "", true},
		{"another session", allow(`{"AWS":"arn:aws:sts::111111111111:assumed-role/deploy/other"}`), build, "", false},
		{"service only", allow(`{"Service":"lambda.amazonaws.com"}`), alice, "", false},
		{"other action", statement(`"Effect":"Allow","Principal":"*","Action":"sts:TagSession"`), alice, "", false},
		{"action pattern", statement(`"Effect":"Allow","Principal":"*","Action":["sts:TagSession","STS:assume*"]`), alice, "", true},
		{"statement alone", `{"Statement":{"Effect":"Allow","Principal":"*","Action":"*"}}`, alice, "", true},
		{"deny wins", allowThen(`"Effect":"Deny","Principal":{"AWS":"` + aliceARN + `"},"Action":"sts:AssumeRole"`), alice, "", false},
		{"deny of another", allowThen(`"Effect":"Deny","Principal":{"AWS":"` + aliceARN + `"},"Action":"sts:AssumeRole"`), build, "", true},
		{"external id", external("Allow", "StringEquals", "sts:ExternalId", `"abc"`), alice, "abc", true},
		{"one of several external ids", external("Allow", "StringEquals", "sts:externalid", `["x","abc"]`), alice, "abc", true},
		{"wrong external id", external("Allow", "StringEquals", "sts:ExternalId", `"abc"`), alice, "abd", false},
		{"no external id", external("Allow", "StringEquals", "sts:ExternalId", `"abc"`), alice, "", false},
		{"external id by pattern", external("Allow", "StringLike", "sts:ExternalId", `"a*"`), alice, "abc", true},
		{"a key the request does not have", external("Allow", "StringEquals", "aws:PrincipalOrgID", `"o-1"`), alice, "", false},
		{"the role behind a session by condition", external("Allow", "ArnLike", "aws:PrincipalArn", `"`+roleARN+`"`), build, "", true},
		{"the type of principal by condition", external("Allow", "StringEquals", "aws:PrincipalType", `"User"`), build, "", false},
		{"a condition denies", allowThen(`"Effect":"Deny","Principal":"*","Action":"sts:*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":false}}`), build, "", false},
		{"NotPrincipal denies who is not named in full", allowThen(`"Effect":"Deny","NotPrincipal":{"AWS":"111111111111"},"Action":"sts:AssumeRole"`), alice, "", false},
		{"NotPrincipal leaves out a user named with its account", allowThen(`"Effect":"Deny","NotPrincipal":{"AWS":["111111111111","` + aliceARN + `"]},"Action":"sts:AssumeRole"`), alice, "", true},
		{"NotPrincipal denies a session that only its role is named of", allowThen(`"Effect":"Deny","NotPrincipal":{"AWS":["111111111111","` + roleARN + `"]},"Action":"sts:AssumeRole"`), build, "", false},
		{"NotPrincipal leaves out a session named in full", allowThen(`"Effect":"Deny","NotPrincipal":{"AWS":["111111111111","` + roleARN + `","arn:aws:sts::111111111111:assumed-role/deploy/build"]},"Action":"sts:AssumeRole"`), build, "", true},
		{"NotAction", statement(`"Effect":"Allow","Principal":"*","NotAction":"sts:TagSession"`), alice, "", true},
		{"NotAction names it", statement(`"Effect":"Allow","Principal":"*","NotAction":"sts:Assume*"`), alice, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			trust, err := access.ParseTrust(c.policy)
			if err != nil {
				t.Fatal(err)
			}
			if got := trust.Allows(c.who, c.external, bound); got != c.want {
				t.Errorf("Allows = %t, want %t", got, c.want)
			}
		})
	}
}

func TestParseTrustRefuses(t *testing.T) {
	for _, c := range []struct{ name, policy, want string }{
		{"no JSON", `{"Statement":`, "invalid Json"},
		{"trailing text", allow(`"*"`) + `}`, "invalid Json"},
		{"a list", `[]`, "the policy must be a JSON object"},
		{"null", `null`, "the policy must be a JSON object"},
		{"no statement", `{"Version":"2012-10-17"}`, "Statement is missing"},
		{"empty statements", `{"Statement":[]}`, "Statement must hold at least one statement"},
		{"statement is text", `{"Statement":["x"]}`, "Statement[0] must be a JSON object"},
		{"version", `{"Version":"2020-01-01","Statement":[]}`, "Version must be"},
		{"unknown element", `{"Statment":[]}`, "the policy.Statment is not an element"},
		{"resource", statement(`"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"`), "Statement[0].Resource"},
		{"effect", statement(`"Effect":"allow","Principal":"*","Action":"sts:AssumeRole"`), "Statement[0].Effect must be Allow or Deny"},
		{"no principal", statement(`"Effect":"Allow","Action":"sts:AssumeRole"`), "Statement[0].Principal is missing"},
		{"empty principal", allow(`{}`), "Statement[0].Principal must name a principal"},
		{"principal text", allow(`"111111111111"`), "Statement[0].Principal must be a JSON object"},
		{"principal kind", allow(`{"aws":"111111111111"}`), "Statement[0].Principal.aws"},
		{"group", allow(`{"AWS":"arn:aws:iam::111111111111:group/g"}`), `"arn:aws:iam::111111111111:group/g"`},
		{"wildcard in ARN", allow(`{"AWS":"arn:aws:iam::111111111111:role/*"}`), "Invalid principal"},
		{"principal list of numbers in lists", allow(`{"AWS":[["x"]]}`), "Statement[0].Principal.AWS must be a string"},
		{"NotPrincipal allows", statement(`"Effect":"Allow","NotPrincipal":"*","Action":"sts:AssumeRole"`), "Statement[0].NotPrincipal must not"},
		{"both principals", statement(`"Effect":"Deny","NotPrincipal":"*","Principal":"*","Action":"sts:AssumeRole"`), "both Principal and NotPrincipal"},
		{"service name", allow(`{"Service":"lambda"}`), `Statement[0].Principal.Service: "lambda" is no service`},
		{"provider", allow(`{"Federated":"arn:aws:iam::111111111111:oidc-provider/"}`), "is no identity provider"},
		{"provider by name", allow(`{"Federated":"idp.example.com"}`), "is no identity provider"},
		{"no action", statement(`"Effect":"Allow","Principal":"*"`), "Statement[0].Action is missing"},
		{"empty action", statement(`"Effect":"Allow","Principal":"*","Action":[]`), "Statement[0].Action must not be empty"},
		{"foreign action", statement(`"Effect":"Allow","Principal":"*","Action":"s3:GetObject"`), "Statement[0].Action may only specify STS"},
		{"condition", statement(`"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":[]`), "Statement[0].Condition must be"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := access.ParseTrust(c.policy)
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestTrustNamed(t *testing.T) {
	trust, err := access.ParseTrust(allow(`{"AWS":["*","111111111111","arn:aws:iam::111111111111:root",
		"arn:aws:sts::111111111111:assumed-role/r/s","arn:aws:iam::111111111111:user/u","arn:aws:iam::111111111111:user/u"]}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(trust.Named(), " "); got != "arn:aws:iam::111111111111:user/u" {
		t.Errorf("Named = %s", got)
	}
}
