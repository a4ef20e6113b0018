package wire_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portico/internal/fault"
	iam "portico/internal/service/iam/api"
	organizations "portico/internal/service/organizations/api"
	servicecatalog "portico/internal/service/servicecatalog/api"
	sts "portico/internal/service/sts/api"
	"portico/internal/wire"
)

// request is a request of op as a client sends it; body is JSON, or a form without Action and Version.
func request(s *wire.Service, op, body string) (*http.Request, []byte) {
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	if s.Protocol == wire.JSON11 {
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Amz-Target", s.TargetPrefix+"."+op)
		return r, []byte(body)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	return r, []byte("Action=" + op + "&Version=" + s.Version + "&" + body)
}

func decode(s *wire.Service, op, body string) (any, error) {
	r, b := request(s, op, body)
	call, err := s.Route(r, b)
	if err != nil {
		return nil, err
	}
	return s.Decode(call)
}

// wantFault fails unless err is a fault of that kind, code and message.
func wantFault(t *testing.T, err error, kind fault.Kind, code, message string) {
	t.Helper()
	f, ok := fault.Of(err)
	if !ok {
		t.Fatalf("want %s, got %v", code, err)
	}
	if f.Kind != kind || f.Code != code {
		t.Errorf("want kind %d %s, got kind %d %s", kind, code, f.Kind, f.Code)
	}
	if f.Message != message {
		t.Errorf("message\nwant %s\ngot  %s", message, f.Message)
	}
}

func TestLimits(t *testing.T) {
	const (
		sc   = "servicecatalog"
		orgs = "organizations"
		id   = "^[a-zA-Z0-9_\\-]*"
		key  = `^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$`
		node = `(^[0-9]{12}$)|(^arn:aws:organizations::\d{12}:organization\/o-[a-z0-9]{10,32})|(^o-[a-z0-9]{10,32}$)|(^arn:aws:organizations::\d{12}:ou\/o-[a-z0-9]{10,32}\/ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}$)|(^ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}$)`
	)
	services := map[string]*wire.Service{sc: &servicecatalog.Service, orgs: &organizations.Service,
		"iam": &iam.Service, "sts": &sts.Service}
	long := strings.Repeat("é", 101)
	for _, c := range []struct{ name, service, op, body, want string }{
		{"S-GEN-9 pattern", sc, "DescribePortfolio", `{"Id":"a b"}`,
			"1 validation error detected: Value 'a b' at 'id' failed to satisfy constraint: Member must satisfy regular expression pattern: " + id},
		{"S-GEN-9 pattern holds for the whole string", sc, "DescribePortfolio", `{"Id":"port-x\n"}`,
			"1 validation error detected: Value 'port-x\n' at 'id' failed to satisfy constraint: Member must satisfy regular expression pattern: " + id},
		{"S-GEN-9 required", sc, "DescribePortfolio", `{}`,
			"1 validation error detected: Value null at 'id' failed to satisfy constraint: Member must not be null"},
		{"S-GEN-9 required, empty body", sc, "DescribePortfolio", ``,
			"1 validation error detected: Value null at 'id' failed to satisfy constraint: Member must not be null"},
		{"S-GEN-9 required, null", sc, "DescribePortfolio", `{"Id":null}`,
			"1 validation error detected: Value null at 'id' failed to satisfy constraint: Member must not be null"},
		{"S-GEN-9 required, other case", sc, "DescribePortfolio", `{"id":"port-x"}`,
			"1 validation error detected: Value null at 'id' failed to satisfy constraint: Member must not be null"},
		{"S-GEN-9 shortest", sc, "DescribePortfolio", `{"Id":""}`,
			"1 validation error detected: Value '' at 'id' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"S-GEN-9 longest, in characters", sc, "CreatePortfolio", `{"DisplayName":"` + long + `","ProviderName":"p","IdempotencyToken":"t"}`,
			"1 validation error detected: Value '" + long + "' at 'displayName' failed to satisfy constraint: Member must have length less than or equal to 100"},
		{"C-GEN-7 token missing", sc, "CreatePortfolio", `{"DisplayName":"d","ProviderName":"p"}`,
			"1 validation error detected: Value null at 'idempotencyToken' failed to satisfy constraint: Member must not be null"},
		{"S-GEN-9 several", sc, "CreatePortfolio", `{"DisplayName":"","IdempotencyToken":"-"}`,
			"3 validation errors detected: Value '' at 'displayName' failed to satisfy constraint: Member must have length greater than or equal to 1; " +
				"Value '-' at 'idempotencyToken' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9][a-zA-Z0-9_-]*; " +
				"Value null at 'providerName' failed to satisfy constraint: Member must not be null"},
		{"S-GEN-9 enum", sc, "DescribePortfolioShares", `{"PortfolioId":"port-x","Type":"OU"}`,
			"1 validation error detected: Value 'OU' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [ACCOUNT, ORGANIZATION, ORGANIZATIONAL_UNIT, ORGANIZATION_MEMBER_ACCOUNT]"},
		{"S-GEN-9 page size over the most", sc, "ListPortfoliosForProduct", `{"ProductId":"prod-x","PageSize":101}`,
			"1 validation error detected: Value '101' at 'pageSize' failed to satisfy constraint: Member must have value less than or equal to 100"},
		{"S-GEN-9 page size below zero", sc, "ListPortfolios", `{"PageSize":-1}`,
			"1 validation error detected: Value '-1' at 'pageSize' failed to satisfy constraint: Member must have value greater than or equal to 0"},
		{"S-VAL-2 partition of a node's ARN", sc, "CreatePortfolioShare",
			`{"PortfolioId":"port-x","OrganizationNode":{"Type":"ORGANIZATION","Value":"arn:aws-us-gov:organizations::111111111111:organization/o-abcdefghij"}}`,
			"1 validation error detected: Value 'arn:aws-us-gov:organizations::111111111111:organization/o-abcdefghij' at 'organizationNode.value' failed to satisfy constraint: Member must satisfy regular expression pattern: " + node},
		{"S-VAL-3 an account's ARN is no node", sc, "CreatePortfolioShare",
			`{"PortfolioId":"port-x","OrganizationNode":{"Type":"ACCOUNT","Value":"arn:aws:organizations::111111111111:account/o-abcdefghij/222222222222"}}`,
			"1 validation error detected: Value 'arn:aws:organizations::111111111111:account/o-abcdefghij/222222222222' at 'organizationNode.value' failed to satisfy constraint: Member must satisfy regular expression pattern: " + node},
		{"S-GEN-9 member of a list of structures", sc, "CreatePortfolio",
			`{"DisplayName":"d","ProviderName":"p","IdempotencyToken":"t","Tags":[{"Key":"a","Value":"b"},{"Key":"#","Value":"c"}]}`,
			"1 validation error detected: Value '#' at 'tags.2.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: " + key},
		{"S-GEN-9 missing in a list of structures", sc, "CreatePortfolio",
			`{"DisplayName":"d","ProviderName":"p","IdempotencyToken":"t","Tags":[{"Key":"a"}]}`,
			"1 validation error detected: Value null at 'tags.1.member.value' failed to satisfy constraint: Member must not be null"},
		{"S-GEN-9 null in a list", sc, "CreatePortfolio",
			`{"DisplayName":"d","ProviderName":"p","IdempotencyToken":"t","Tags":[null]}`,
			"1 validation error detected: Value null at 'tags.1.member' failed to satisfy constraint: Member must not be null"},
		{"S-GEN-9 too many in a list", sc, "CreatePortfolio",
			`{"DisplayName":"d","ProviderName":"p","IdempotencyToken":"t","Tags":[` + strings.Repeat(`{"Key":"a","Value":"b"},`, 20) + `{"Key":"a","Value":"b"}]}`,
			"1 validation error detected: Value '[" + strings.Repeat("{key=a, value=b}, ", 20) + "{key=a, value=b}]' at 'tags' failed to satisfy constraint: Member must have length less than or equal to 20"},
		{"S-GEN-9 value in a list", sc, "UpdatePortfolio", `{"Id":"port-x","RemoveTags":["a","#"]}`,
			"1 validation error detected: Value '[a, #]' at 'removeTags' failed to satisfy constraint: Member must satisfy constraint: " +
				"[Member must have length less than or equal to 128, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: " + key + "]"},
		{"S-GEN-9 key of a map", sc, "SearchProducts", `{"Filters":{"Color":["red"],"Owner":["x"]}}`,
			"1 validation error detected: Value '{Color=[red], Owner=[x]}' at 'filters' failed to satisfy constraint: Map keys must satisfy constraint: " +
				"[Member must satisfy enum value set: [FullTextSearch, Owner, ProductType, SourceProductId]]"},
		{"S-GEN-9 organizations, alternatives are matched whole", orgs, "ListParents", `{"ChildId":"1234567890123"}`,
			`1 validation error detected: Value '1234567890123' at 'childId' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(\d{12})|(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})$`},
		{"S-GEN-9 sensitive values are not repeated", orgs, "CreateAccount", `{"Email":"nobody","AccountName":"n"}`,
			`1 validation error detected: Value at 'email' failed to satisfy constraint: Member must satisfy regular expression pattern: [^\s@]+@[^\s@]+\.[^\s@]+`},
		{"S-GEN-9 query, required", "iam", "CreateUser", "",
			"1 validation error detected: Value null at 'userName' failed to satisfy constraint: Member must not be null"},
		{"S-GEN-9 query, pattern and length", "sts", "AssumeRole", "RoleArn=a&RoleSessionName=a+b",
			"2 validation errors detected: Value 'a' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20; " +
				`Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`},
		{"S-GEN-9 query, member of a list", "iam", "TagRole", "RoleName=r&Tags.member.1.Key=a&Tags.member.1.Value=&Tags.member.2.Key=%23&Tags.member.2.Value=x",
			`1 validation error detected: Value '#' at 'tags.2.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+`},
		{"S-GEN-9 query, range", "sts", "AssumeRole", "RoleArn=arn:aws:iam::111111111111:role/r&RoleSessionName=ab&DurationSeconds=60",
			"1 validation error detected: Value '60' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := decode(services[c.service], c.op, c.body)
			code := "ValidationException"
			if services[c.service].Protocol == wire.Query {
				code = "ValidationError"
			}
			wantFault(t, err, fault.Validation, code, c.want)
		})
	}
}

// A request full of violations gets a bounded answer.
func TestManyViolations(t *testing.T) {
	tags := strings.Repeat(`{"Key":"`+strings.Repeat("#", 200)+`"},`, 1000)
	_, err := decode(&servicecatalog.Service, "CreatePortfolio", `{"Tags":[`+strings.TrimSuffix(tags, ",")+`]}`)
	f, ok := fault.Of(err)
	if !ok || !strings.HasPrefix(f.Message, "20 validation errors detected: ") || len(f.Message) > 20<<10 {
		t.Errorf("%v", err)
	}
}
