package floors

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The specification names rules like S-IMP-4 and C-GEN-2, always as the first word of a list item.
func specRules(t *testing.T) map[string]bool {
	t.Helper()
	item := regexp.MustCompile(`(?m)^\s*(?:[-*]|\|)\s*\**([SC]-[A-Z]+-\d+[a-z]?)\b`)
	docs, err := filepath.Glob("../../docs/spec/*.md")
	if err != nil {
		t.Fatal(err)
	}
	rules := map[string]bool{}
	for _, doc := range docs {
		text, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range item.FindAllStringSubmatch(string(text), -1) {
			rules[m[1]] = true
		}
	}
	if len(rules) < 100 {
		t.Fatalf("found only %d rules in docs/spec", len(rules))
	}
	return rules
}

// named finds the rule ids in a text, "S-IMP-4, 5" counting as two.
func named(text string) []string {
	list := regexp.MustCompile(`\b([SC]-[A-Z]+-)(\d+[a-z]?)((?:, ?\d+[a-z]?\b)*)`)
	var ids []string
	for _, m := range list.FindAllStringSubmatch(text, -1) {
		ids = append(ids, m[1]+m[2])
		for more := range strings.SplitSeq(m[3], ",") {
			if n := strings.TrimSpace(more); n != "" {
				ids = append(ids, m[1]+n)
			}
		}
	}
	return ids
}

func TestRuleIDs(t *testing.T) {
	rules := specRules(t)
	files, _, err := source("../..")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	check := func(path, text string, test bool) {
		for _, id := range named(text) {
			if !rules[id] {
				t.Errorf("%s names rule %s, which docs/spec does not have", path, id)
			}
			shown[id] = shown[id] || test
		}
	}
	for _, f := range files {
		if f.pkg() == "internal/floors" || f.generated {
			continue
		}
		text, err := os.ReadFile(filepath.Join("../..", f.path))
		if err != nil {
			t.Fatal(err)
		}
		check(f.path, string(text), f.test || isTester(f.pkg()))
	}
	goldens, err := filepath.Glob("../../internal/service/*/testdata/wire/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, golden := range goldens {
		text, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		check(golden, string(text), true)
	}
	n := 0
	for id := range rules {
		if shown[id] {
			n++
		}
	}
	t.Logf("%d of %d rules are named by a test", n, len(rules))
}
