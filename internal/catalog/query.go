package catalog

import (
	"slices"
	"strings"

	"portico/internal/fault"
)

// QueryField is a field that SearchProvisionedProducts knows, and what a provisioned product has in it.
type QueryField struct {
	Name   string
	Values []string
}

// queryFields are the names of the fields. (C-PP-24)
var queryFields = []string{"arn", "createdTime", "id", "lastRecordId", "idempotencyToken", "name", "physicalId", "productId",
	"provisioningArtifactId", "type", "status", "tags", "userArn", "userArnSession", "lastProvisioningRecordId",
	"lastSuccessfulProvisioningRecordId", "productName", "provisioningArtifactName"}

// QueryTerm is one term of a SearchQuery: a value that one field, or any of them, must have.
type QueryTerm struct {
	fields []string // that may have it; nil for any
	value  string   // folded
	prefix bool
	bare   *QueryTerm // an ARN may be meant as it stands, or as the field of that name
}

// ReadQuery reads the terms of a SearchQuery: field:value or a bare text, each perhaps with a star at its end. (C-PP-24)
func ReadQuery(texts []string) ([]QueryTerm, error) {
	var out []QueryTerm
	for _, text := range texts {
		t := newTerm(text)
		field, value, ok := strings.Cut(text, ":")
		if ok {
			i := slices.IndexFunc(queryFields, func(f string) bool { return strings.EqualFold(f, field) })
			if i < 0 {
				return nil, fault.Invalidf("Invalid Filters: unknown field %s in SearchQuery. The fields are %s", field, strings.Join(queryFields, ", "))
			}
			bare := t
			t = newTerm(value)
			t.fields = queryFields[i : i+1]
			if strings.HasPrefix(text, "arn:aws") {
				t.bare = &bare
			}
		}
		out = append(out, t)
	}
	return out, nil
}

func newTerm(text string) QueryTerm {
	value, prefix := strings.CutSuffix(Fold(strings.TrimSpace(text)), "*")
	return QueryTerm{value: value, prefix: prefix}
}

// Matches reports whether what is in the fields is what the term asks for.
func (t QueryTerm) Matches(fields []QueryField) bool {
	for _, f := range fields {
		if t.fields != nil && !slices.Contains(t.fields, f.Name) {
			continue
		}
		for _, v := range f.Values {
			v = Fold(v)
			if v == t.value || t.prefix && strings.HasPrefix(v, t.value) {
				return true
			}
		}
	}
	return t.bare != nil && t.bare.Matches(fields)
}
