package wire_test

import (
	"encoding/json"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/fault"
	iam "portico/internal/service/iam/api"
	organizations "portico/internal/service/organizations/api"
	servicecatalog "portico/internal/service/servicecatalog/api"
	"portico/internal/wire"
)

// jsonRequests are bodies as the AWS CLI, Terraform and the Go SDK send them.
var jsonRequests = [][2]string{
	{"CreatePortfolio", `{"AcceptLanguage":"en","Description":"Für alle","DisplayName":"Shared","IdempotencyToken":"terraform-20240506070809000000000001","ProviderName":"IT","Tags":[{"Key":"team","Value":"a b"}]}`},
	{"CreateProduct", `{"AcceptLanguage":"en","IdempotencyToken":"7f0c2c2e-0b0e-4a5a-9f0e-0d6f8d1c9b11","Name":"bucket","Owner":"IT","ProductType":"CLOUD_FORMATION_TEMPLATE","ProvisioningArtifactParameters":{"Description":"first","DisableTemplateValidation":false,"Info":{"LoadTemplateFromURL":"https://templates.s3.us-east-1.amazonaws.com/bucket.yaml"},"Name":"v1","Type":"CLOUD_FORMATION_TEMPLATE"},"SupportEmail":"it@example.com"}`},
	{"CreatePortfolioShare", `{"PortfolioId": "port-ab2c3d4e5f6g7", "OrganizationNode": {"Type": "ORGANIZATIONAL_UNIT", "Value": "ou-ab12-cdefghij"}, "ShareTagOptions": true}`},
	{"DescribePortfolioShares", `{"PageSize":100,"PortfolioId":"port-ab2c3d4e5f6g7","Type":"ORGANIZATION_MEMBER_ACCOUNT"}`},
	{"SearchProducts", `{"Filters":{"FullTextSearch":["buck\u0065t"],"Owner":["IT"]},"PageSize":20,"SortBy":"Title","SortOrder":"ASCENDING"}`},
	{"UpdatePortfolio", `{"Id":"port-ab2c3d4e5f6g7","AddTags":[],"RemoveTags":["team"],"Description":"\ud83d\ude00"}`},
	{"ListPortfolios", `{}`},
	{"GetAWSOrganizationsAccessStatus", ``},
}

var jsonCodes = map[string]bool{"ValidationException": true, "SerializationException": true}

func FuzzDecodeJSON(f *testing.F) {
	for _, r := range jsonRequests {
		f.Add(r[0], []byte(r[1]))
	}
	f.Fuzz(func(t *testing.T, name string, body []byte) {
		op := servicecatalog.Service.Operations[name]
		if op == nil || op.In == nil {
			return
		}
		r, _ := request(&servicecatalog.Service, name, "")
		call, err := servicecatalog.Service.Route(r, body)
		if err != nil {
			t.Fatal(err)
		}
		in, err := servicecatalog.Service.Decode(call)
		if err != nil {
			if fl, ok := fault.Of(err); !ok || !jsonCodes[fl.Code] {
				t.Fatalf("%v", err)
			}
			return
		}
		if len(strings.Trim(string(body), " \t\r\n")) == 0 {
			return
		}
		var want map[string]any
		if err := json.Unmarshal(body, &want); err != nil {
			t.Fatalf("was decoded, but %v", err)
		}
		sameScalars(t, in, want)
	})
}

// sameScalars compares the simple members of an input with what encoding/json read.
func sameScalars(t *testing.T, in any, want map[string]any) {
	t.Helper()
	v := reflect.ValueOf(in).Elem()
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("wire"), ",")
		field := v.Field(i)
		if field.Kind() == reflect.Pointer {
			if field.IsNil() != (want[name] == nil) {
				t.Fatalf("%s is %v, want %v", name, field, want[name])
			}
			field = field.Elem()
		}
		if !field.IsValid() {
			continue
		}
		var got any
		switch field.Kind() {
		case reflect.String:
			got = field.String()
		case reflect.Bool:
			got = field.Bool()
		case reflect.Int:
			got = float64(field.Int())
		default:
			continue
		}
		if diff := cmp.Diff(want[name], got); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// forms are bodies as the AWS CLI, Terraform and the Go SDK send them.
var forms = []string{
	"Action=CreateUser&Version=2010-05-08&UserName=alice&Path=%2Fdevelopers%2F&Tags.member.1.Key=team&Tags.member.1.Value=a+b",
	"Action=CreateRole&AssumeRolePolicyDocument=%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D&MaxSessionDuration=3600&Path=%2F&RoleName=end-user&Version=2010-05-08",
	"Action=UntagUser&TagKeys.member.1=a&TagKeys.member.2=b&UserName=alice&Version=2010-05-08",
	"Action=ListUsers&Version=2010-05-08&MaxItems=100&PathPrefix=%2F",
	"Action=TagRole&RoleName=r&Tags=&Version=2010-05-08",
	"Action=GetUser&Version=2010-05-08",
}

var queryCodes = map[string]bool{"ValidationError": true, "MalformedQueryString": true, "MalformedInput": true,
	"MissingAction": true, "InvalidAction": true, "NotImplementedException": true}

func FuzzDecodeQuery(f *testing.F) {
	for _, body := range forms {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, _ := request(&iam.Service, "", "")
		call, err := iam.Service.Route(r, body)
		var in any
		if err == nil {
			in, err = iam.Service.Decode(call)
		}
		if err != nil {
			if fl, ok := fault.Of(err); !ok || !queryCodes[fl.Code] {
				t.Fatalf("%v", err)
			}
			return
		}
		if strings.Contains(string(body), ";") {
			return // net/url refuses what browsers once took as a separator
		}
		values, err := url.ParseQuery(string(body))
		if err != nil {
			t.Fatalf("was decoded, but %v", err)
		}
		v := reflect.ValueOf(in).Elem()
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("wire"), ",")
			field := reflect.Indirect(v.Field(i))
			if !field.IsValid() || field.Kind() != reflect.String {
				continue
			}
			if all := values[name]; len(all) == 0 || field.String() != all[len(all)-1] {
				t.Fatalf("%s is %q, want the last of %q", name, field, all)
			}
		}
	})
}

// The seeds are requests the services take.
func TestRealRequests(t *testing.T) {
	for _, r := range jsonRequests {
		if _, err := decode(&servicecatalog.Service, r[0], r[1]); err != nil {
			t.Errorf("%s: %v", r[0], err)
		}
	}
	for _, body := range forms {
		r, _ := request(&iam.Service, "", "")
		call, err := iam.Service.Route(r, []byte(body))
		if err == nil {
			_, err = iam.Service.Decode(call)
		}
		if err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestServicesCompile(t *testing.T) {
	for _, s := range []*wire.Service{&servicecatalog.Service, &organizations.Service, &iam.Service} {
		if err := s.Compile(); err != nil {
			t.Error(err)
		}
	}
	broken := &wire.Service{Operations: map[string]*wire.Operation{"Op": {
		Name: "Op", In: func() any { return new(struct{ C chan int }) }, Out: func() any { return new(struct{}) }}}}
	if err := broken.Compile(); err == nil {
		t.Error("a channel has a wire form")
	}
}
