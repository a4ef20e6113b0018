package wire_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/fault"
	organizations "portico/internal/service/organizations/api"
	servicecatalog "portico/internal/service/servicecatalog/api"
)

func ptr[T any](v T) *T { return &v }

func TestDecodeJSON(t *testing.T) {
	for _, c := range []struct {
		name, op, body string
		want           any
	}{
		{"C-GEN-1 empty body", "ListPortfolios", "", &servicecatalog.ListPortfoliosInput{}},
		{"C-GEN-1 empty object", "ListPortfolios", " { } ", &servicecatalog.ListPortfoliosInput{}},
		{"C-GEN-1 unknown members of any kind are skipped", "ListPortfolios",
			`{"x":{"y":[1,{"z":null}],"u":"\u0041"},"pagesize":1,"PageSize":3,"t":[true,false,-1.5e+3]}`,
			&servicecatalog.ListPortfoliosInput{PageSize: ptr(3)}},
		{"C-GEN-1 null is absent", "ListPortfolios", `{"PageSize":null,"PageToken":null}`, &servicecatalog.ListPortfoliosInput{}},
		{"C-GEN-1 the last of a repeated member counts", "UpdatePortfolio",
			`{"Id":"a","Id":"b","RemoveTags":["x"],"RemoveTags":["y"],"Description":"d","Description":null}`,
			&servicecatalog.UpdatePortfolioInput{Id: "b", RemoveTags: []string{"y"}}},
		{"C-GEN-1 an empty list is not an absent one", "UpdatePortfolio", `{"Id":"a","RemoveTags":[],"Description":""}`,
			&servicecatalog.UpdatePortfolioInput{Id: "a", RemoveTags: []string{}, Description: ptr("")}},
		{"C-GEN-1 escapes", "UpdatePortfolio", `{"Id":"a","Descr\u0069ption":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é😀"}`,
			&servicecatalog.UpdatePortfolioInput{Id: "a", Description: ptr("\"\\/\b\f\n\r\té😀é😀")}},
		{"C-GEN-1 whole numbers in any spelling", "ListPortfolios", `{"PageSize":1e1}`, &servicecatalog.ListPortfoliosInput{PageSize: ptr(10)}},
		{"C-GEN-1 structures, lists, maps", "CreateProduct",
			`{"Name":"n","Owner":"o","ProductType":"EXTERNAL","IdempotencyToken":"t","Tags":[{"Key":"k","Value":"v"}],
			  "ProvisioningArtifactParameters":{"Info":{"LoadTemplateFromURL":"https://x"},"DisableTemplateValidation":true}}`,
			&servicecatalog.CreateProductInput{Name: "n", Owner: "o", ProductType: "EXTERNAL", IdempotencyToken: "t",
				Tags: []servicecatalog.Tag{{Key: "k", Value: "v"}},
				ProvisioningArtifactParameters: &servicecatalog.ProvisioningArtifactProperties{
					Info: map[string]string{"LoadTemplateFromURL": "https://x"}, DisableTemplateValidation: ptr(true)}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := decode(&servicecatalog.Service, c.op, c.body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnreadableJSON(t *testing.T) {
	const not = "The request body is not valid JSON: "
	for _, c := range []struct{ name, body, want string }{
		{"array", `[]`, "The request body must be a JSON object"},
		{"scalar", `"x"`, "The request body must be a JSON object"},
		{"null", `null`, "The request body must be a JSON object"},
		{"text", `hello`, "The request body must be a JSON object"},
		{"cut short", `{"PageSize":1`, not + "it ends where ',' or '}' is expected"},
		{"cut short in a string", `{"PageToken":"x`, not + `it ends where '"' is expected`},
		{"cut short after a name", `{"PageToken"`, not + "it ends where ':' is expected"},
		{"no name", `{1:2}`, not + "a member name is expected at offset 1"},
		{"comma at the end", `{"PageSize":1,}`, not + "a value is expected at offset 14"},
		{"comma at the end of a list", `{"x":[1,]}`, not + "a value is expected at offset 8"},
		{"two values", `{"PageSize":1}{}`, not + "the end of the body is expected at offset 14"},
		{"bad word", `{"x":tru}`, not + "a value is expected at offset 5"},
		{"leading zero", `{"PageSize":01}`, not + "',' or '}' is expected at offset 13"},
		{"bad escape", `{"PageToken":"\x"}`, not + "an escape sequence is expected at offset 15"},
		{"half a surrogate pair", `{"PageToken":"\ud83d"}`, not + "the other half of a surrogate pair is expected at offset 20"},
		{"control character", "{\"PageToken\":\"\n\"}", not + "an escaped control character is expected at offset 14"},
		{"not UTF-8", "{\"PageToken\":\"\xff\"}", "The request body is not valid UTF-8"},
		{"U+0000", `{"PageToken":"\u0000"}`, "A string must not contain the character U+0000 at 'pageToken'"},
		{"a zero byte", "\x00{}", not + "'{' is expected at offset 0"},
		{"number for a string", `{"PageToken":1}`, "NUMBER_VALUE can not be converted to a String at 'pageToken'"},
		{"string for a number", `{"PageSize":"1"}`, "STRING_VALUE can not be converted to an Integer at 'pageSize'"},
		{"fraction for an integer", `{"PageSize":1.5}`, "NUMBER_VALUE can not be converted to an Integer at 'pageSize'"},
		{"number past 64 bits", `{"PageSize":1e30}`, "NUMBER_VALUE can not be converted to an Integer at 'pageSize'"},
		{"structure for a string", `{"PageToken":{}}`, "Start of structure can not be converted to a String at 'pageToken'"},
		{"list for a string", `{"PageToken":[]}`, "Start of list can not be converted to a String at 'pageToken'"},
		{"boolean for a number", `{"PageSize":true}`, "TRUE_VALUE can not be converted to an Integer at 'pageSize'"},
		{"nested too deep", `{"x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + "}", "The request body is nested more than 64 levels deep"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := decode(&servicecatalog.Service, "ListPortfolios", c.body)
			wantFault(t, err, fault.BadRequest, "SerializationException", c.want)
		})
	}
	for _, c := range []struct{ name, op, body, want string }{
		{"string for a list", "UpdatePortfolio", `{"RemoveTags":"x"}`, "STRING_VALUE can not be converted to a List at 'removeTags'"},
		{"number in a list", "UpdatePortfolio", `{"RemoveTags":["x",1]}`, "NUMBER_VALUE can not be converted to a String at 'removeTags.2.member'"},
		{"list for a structure", "CreatePortfolioShare", `{"OrganizationNode":[]}`, "Start of list can not be converted to a Structure at 'organizationNode'"},
		{"string for a map", "SearchProducts", `{"Filters":"x"}`, "STRING_VALUE can not be converted to a Map at 'filters'"},
		{"string for a boolean", "CreatePortfolioShare", `{"ShareTagOptions":"true"}`, "STRING_VALUE can not be converted to a Boolean at 'shareTagOptions'"},
		{"U+0000 in a key", "SearchProducts", `{"Filters":{"\u0000":[]}}`, "A string must not contain the character U+0000 at 'filters'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := decode(&servicecatalog.Service, c.op, c.body)
			wantFault(t, err, fault.BadRequest, "SerializationException", c.want)
		})
	}
}

func TestEncodeJSON(t *testing.T) {
	at := time.UnixMilli(1700000000120)
	for _, c := range []struct {
		name, op string
		out      any
		want     string
	}{
		{"C-GEN-14 absent strings, times, lists and structures are left out, numbers and booleans are not", "DescribePortfolio",
			&servicecatalog.DescribePortfolioOutput{PortfolioDetail: &servicecatalog.PortfolioDetail{Id: "port-x"}},
			`{"PortfolioDetail":{"Id":"port-x"}}`},
		{"C-GEN-14 booleans are always there", "SearchProducts",
			&servicecatalog.SearchProductsOutput{ProductViewSummaries: []servicecatalog.ProductViewSummary{{Id: "p"}}},
			`{"ProductViewSummaries":[{"Id":"p","HasDefaultPath":false}]}`},
		{"C-GEN-14 empty lists are sent when they are there", "ListPortfolios",
			&servicecatalog.ListPortfoliosOutput{PortfolioDetails: []servicecatalog.PortfolioDetail{}}, `{"PortfolioDetails":[]}`},
		{"C-GEN-14 a required string is sent though empty", "DescribePortfolio",
			&servicecatalog.DescribePortfolioOutput{Tags: []servicecatalog.Tag{{Key: "k"}}}, `{"Tags":[{"Key":"k","Value":""}]}`},
		{"C-GEN-1 times are epoch seconds", "DescribePortfolio",
			&servicecatalog.DescribePortfolioOutput{PortfolioDetail: &servicecatalog.PortfolioDetail{CreatedTime: at}},
			`{"PortfolioDetail":{"CreatedTime":1700000000.120}}`},
		{"C-GEN-1 maps are in order of their keys", "SearchProducts",
			&servicecatalog.SearchProductsOutput{ProductViewAggregations: map[string][]servicecatalog.ProductViewAggregationValue{
				"b": nil, "a": {{Value: "v", ApproximateCount: 2}}}},
			`{"ProductViewAggregations":{"a":[{"Value":"v","ApproximateCount":2}],"b":null}}`},
		{"C-GEN-1 text is escaped", "DescribePortfolio",
			&servicecatalog.DescribePortfolioOutput{PortfolioDetail: &servicecatalog.PortfolioDetail{Description: "\"\\\n\r\t\x01é😀\xff<"}},
			`{"PortfolioDetail":{"Description":"\"\\\n\r\t\u0001é😀` + "\ufffd" + `<"}}`},
		{"C-GEN-1 nothing", "DeletePortfolio", &servicecatalog.DeletePortfolioOutput{}, `{}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &servicecatalog.Service
			kind, body, err := s.Encode(s.Operations[c.op], "id", c.out)
			if err != nil {
				t.Fatal(err)
			}
			if kind != "application/x-amz-json-1.1" || string(body) != c.want {
				t.Errorf("want %s\ngot  %s (%s)", c.want, body, kind)
			}
			if !json.Valid(body) {
				t.Error("not JSON")
			}
		})
	}
}

func TestEncodeRefusesOtherTypes(t *testing.T) {
	s := &servicecatalog.Service
	for _, out := range []any{nil, servicecatalog.DeletePortfolioOutput{}, (*servicecatalog.DeletePortfolioOutput)(nil), &servicecatalog.DeleteProductOutput{}} {
		if _, _, err := s.Encode(s.Operations["DeletePortfolio"], "id", out); err == nil {
			t.Errorf("%T was encoded", out)
		}
	}
	if _, _, err := s.Encode(s.Operations["DescribeRecord"], "id", &struct{}{}); err == nil {
		t.Error("an operation that is not served was answered")
	}
}

func TestErrorJSON(t *testing.T) {
	for _, c := range []struct{ name, reason, want string }{
		{"C-GEN-1 without reason", "", `{"__type":"E","Message":"a \"b\"","message":"a \"b\""}`},
		{"C-GEN-1 with reason", "R", `{"__type":"E","Message":"a \"b\"","message":"a \"b\"","Reason":"R"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			kind, body := organizations.Service.EncodeError("id", "E", `a "b"`, c.reason, 400)
			if kind != "application/x-amz-json-1.1" || string(body) != c.want {
				t.Errorf("want %s\ngot  %s (%s)", c.want, body, kind)
			}
		})
	}
}
