package automation_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/automation"
	"portico/internal/catalog"
	"portico/internal/provision"
)

// TestDocuments looks at what comes with the service: each document has a type of resources that it works on, and a
// parameter that names them.
func TestDocuments(t *testing.T) {
	for name, d := range automation.Documents() {
		if d.Name != name || !strings.HasPrefix(d.TargetType, "AWS::") || len(d.Parameters) < 2 || d.Parameters[0].Default != nil {
			t.Errorf("C-ACT-8 %s: %+v", name, d)
		}
	}
}

func TestRead(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"C-ACT-8 no JSON", "x", "read the list of automation documents: invalid character"},
		{"C-ACT-8 another member", `[{"name":"A","color":"red"}]`, `unknown field "color"`},
		{"C-ACT-8 no name", `[{"name":"A"},{"targetType":"T"}]`, "document 2 has no name"},
		{"C-ACT-8 a parameter without a name", `[{"name":"A","parameters":[{"type":"String"}]}]`, "A has a parameter without a name"},
		{"C-ACT-8 a parameter twice", `[{"name":"A","parameters":[{"name":"p"},{"name":"p"}]}]`, `or "p" twice`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := (automation.Listed{}).Read(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	l := automation.Documents()
	if err := l.Read(strings.NewReader(`[{"name":"Mend","targetType":"AWS::SNS::Topic","parameters":[{"name":"Topic","type":"String"},{"name":"How","default":["well"],"allowed":["well","badly"]}]}]`)); err != nil {
		t.Fatal(err)
	}
	got, ok, err := l.Document(t.Context(), "Mend", "7")
	want := catalog.Document{Name: "Mend", TargetType: "AWS::SNS::Topic", Parameters: []catalog.DocumentParameter{{Name: "Topic", Type: "String"}, {Name: "How", Default: []string{"well"}, Allowed: []string{"well", "badly"}}}}
	if !ok || err != nil || !cmp.Equal(got, want) {
		t.Errorf("C-ACT-8 %v, %v, %s", ok, err, cmp.Diff(want, got))
	}
	p, err := l.Run(t.Context(), provision.Action{Token: "rec-1", Document: got, Values: map[string][]string{"Topic": {"t"}, "How": {"well"}}})
	if err != nil || p.State != provision.Succeeded || len(p.Log) != 1 || p.Log[0].Reason != "Recorded, with nothing done: Topic=t How=well" {
		t.Errorf("C-ACT-8 %+v, %v", p, err)
	}
}
