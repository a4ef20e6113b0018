package catalog_test

import (
	"strings"
	"testing"

	"portico/internal/catalog"
)

func TestQuery(t *testing.T) {
	fields := []catalog.QueryField{
		{Name: "name", Values: []string{"Data-Base"}}, {Name: "productId", Values: []string{"prod-a"}},
		{Name: "arn", Values: []string{"arn:aws:servicecatalog:us-east-1:111111111111:stack/Data-Base/pp-a"}},
		{Name: "physicalId", Values: []string{"arn:aws:cloudformation:us-east-1:111111111111:stack/x/y"}},
		{Name: "tags", Values: []string{"env", "prod", "env:prod"}},
	}
	for _, x := range []struct {
		name  string
		query []string
		want  bool
	}{
		{"C-PP-24 without terms", nil, true},
		{"C-PP-24 a field", []string{"name:data-base"}, true},
		{"C-PP-24 a field's name in another case", []string{"NAME:data-base"}, true},
		{"C-PP-24 another value", []string{"name:data"}, false},
		{"C-PP-24 a prefix", []string{"name:DATA*"}, true},
		{"C-PP-24 anything", []string{"name:*"}, true},
		{"C-PP-24 the wrong field", []string{"productId:data-base"}, false},
		{"C-PP-24 bare text in any field", []string{"prod-a"}, true},
		{"C-PP-24 bare text in none", []string{"prod-b"}, false},
		{"C-PP-24 bare prefix", []string{"prod-*"}, true},
		{"C-PP-24 a tag's key", []string{"tags:env"}, true},
		{"C-PP-24 a tag's value", []string{"tags:PROD"}, true},
		{"C-PP-24 both of a tag", []string{"tags:env:prod"}, true},
		{"C-PP-24 no such tag", []string{"tags:dev"}, false},
		{"C-PP-24 terms are joined by and", []string{"name:data-base", "productId:prod-b"}, false},
		{"C-PP-24 the field arn", []string{"arn:arn:aws:servicecatalog:us-east-1:111111111111:stack/data-base/pp-a"}, true},
		{"C-PP-24 a bare ARN", []string{"arn:aws:servicecatalog:us-east-1:111111111111:stack/Data-Base/pp-a"}, true},
		{"C-PP-24 a bare ARN in another field", []string{"arn:aws:cloudformation:us-east-1:111111111111:stack/x/y"}, true},
		{"C-PP-24 a bare ARN that nothing has", []string{"arn:aws:cloudformation:us-east-1:111111111111:stack/x/z"}, false},
	} {
		t.Run(x.name, func(t *testing.T) {
			terms, err := catalog.ReadQuery(x.query)
			if err != nil {
				t.Fatal(err)
			}
			got := true
			for _, term := range terms {
				got = got && term.Matches(fields)
			}
			if got != x.want {
				t.Errorf("%q: %t", x.query, got)
			}
		})
	}
	t.Run("C-PP-24 an unknown field", func(t *testing.T) {
		if _, err := catalog.ReadQuery([]string{"colour:red"}); err == nil || !strings.Contains(err.Error(), "unknown field colour") {
			t.Error(err)
		}
	})
}
