package template

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestGraph(t *testing.T) {
	e, err := evaluate(t, `Conditions: {F: !Equals [a, b]}
Resources:
  Late: {Type: AWS::S3::Bucket, DependsOn: [Gone, Mid], Metadata: {A: !Ref Base, B: !Ref Mid, C: !GetAtt Mid.Arn}}
  Free: {Type: AWS::S3::Bucket}
  Mid: {Type: AWS::S3::Bucket, Properties: {A: !Sub '${Base.Arn}', B: !If [F, !Ref Gone, !Ref AWS::NoValue]}}
  Gone: {Type: AWS::S3::Bucket, Condition: F}
  Base: {Type: AWS::S3::Bucket}
`, Scope{})
	if err != nil {
		t.Fatal(err)
	}
	g := e.Graph()
	want := Graph{Order: []string{"Base", "Mid", "Late", "Free"}, Needs: map[string][]string{"Mid": {"Base"}, "Late": {"Mid", "Base"}}}
	if diff := gocmp.Diff(want, g); diff != "" {
		t.Errorf("C-CFN-4: %s", diff)
	}
	back := Graph{Order: []string{"Free", "Late", "Mid", "Base"}, Needs: map[string][]string{"Base": {"Late", "Mid"}, "Mid": {"Late"}}}
	if diff := gocmp.Diff(back, g.Reverse()); diff != "" {
		t.Errorf("C-CFN-4: %s", diff)
	}
	for _, c := range []struct {
		g    Graph
		done []string
		want string
	}{
		{g, nil, "Base Free"}, {g, []string{"Base"}, "Mid Free"}, {g, []string{"Base", "Mid", "Free"}, "Late"},
		{g, g.Order, ""}, {g.Reverse(), nil, "Free Late"}, {g.Reverse(), []string{"Late", "Mid"}, "Free Base"},
	} {
		done := map[string]bool{}
		for _, id := range c.done {
			done[id] = true
		}
		if got := strings.Join(c.g.Ready(done), " "); got != c.want {
			t.Errorf("C-CFN-4 after %v: %q", c.done, got)
		}
	}
	if !e.Has("Late") || e.Has("Gone") || e.Has("Nobody") {
		t.Error("C-CFN-4: Has")
	}
}

// Every resource stands after its needs, whatever the order in the template, and the same each time.
func TestOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "resources")
		shuffled := rapid.Permutation(slices.Collect(func(yield func(int) bool) {
			for i := range n {
				if !yield(i) {
					return
				}
			}
		})).Draw(t, "order")
		var b strings.Builder
		b.WriteString("Resources:\n")
		for _, i := range shuffled {
			var needs []string
			for j := range i {
				if rapid.IntRange(0, 3).Draw(t, "need") == 0 {
					needs = append(needs, fmt.Sprintf("R%d", j))
				}
			}
			fmt.Fprintf(&b, "  R%d: {Type: AWS::S3::Bucket, DependsOn: [%s]}\n", i, strings.Join(needs, ", "))
		}
		tmpl, err := Parse([]byte(b.String()))
		if err != nil {
			t.Fatal(err)
		}
		e, err := tmpl.Evaluate(Scope{})
		if err != nil {
			t.Fatal(err)
		}
		g := e.Graph()
		for _, g := range []Graph{g, g.Reverse()} {
			for i, id := range g.Order {
				for _, need := range g.Needs[id] {
					if at := slices.Index(g.Order, need); at < 0 || at >= i {
						t.Fatalf("C-CFN-4: %s at %d before %s at %d", id, i, need, at)
					}
				}
			}
		}
		if len(g.Order) != n {
			t.Fatalf("C-CFN-4: %d of %d", len(g.Order), n)
		}
		again, _ := tmpl.Evaluate(Scope{})
		if diff := gocmp.Diff(g, again.Graph()); diff != "" {
			t.Fatalf("C-CFN-4: %s", diff)
		}
	})
}
