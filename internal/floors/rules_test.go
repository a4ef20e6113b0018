package floors

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The specification names rules like S-IMP-4 and C-GEN-2, always as the first word of a list item.
// Each comes with the document it is of.
func specRules(t *testing.T) map[string]string {
	t.Helper()
	item := regexp.MustCompile(`(?m)^\s*(?:[-*]|\|)\s*\**([SC]-[A-Z]+-\d+[a-z]?)\b`)
	docs, err := filepath.Glob("../../docs/spec/*.md")
	if err != nil {
		t.Fatal(err)
	}
	rules := map[string]string{}
	for _, doc := range docs {
		text, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range item.FindAllStringSubmatch(string(text), -1) {
			rules[m[1]] = filepath.Base(doc)
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

// The rules of these documents must all be named by sub-tests.
var complete = []string{"sharing.md", "catalog.md"}

// Rules that no sub-test shows, because what they speak of is not built. (docs/spec/catalog.md says so as well)
var unbuilt = map[string]string{
	"C-GIT-2": "products are not synchronised from Git repositories; a connection is refused (C-GIT-1)",
	"C-GIT-3": "as C-GIT-2",
	"C-GIT-4": "as C-GIT-2",
	"C-GIT-5": "as C-GIT-2",
	"C-PP-28": "metrics are optional, and there is nobody here to send them to",
}

// subTests gives the rule ids that the sub-tests of a file begin their names with. A name is any string that begins with
// an id, except what a test says when it fails.
func subTests(f *ast.File) (ids []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if to, ok := call.Fun.(*ast.SelectorExpr); ok && slices.Contains([]string{"Error", "Errorf", "Fatal", "Fatalf", "Log", "Logf"}, to.Sel.Name) {
				return false
			}
		}
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		text, err := strconv.Unquote(lit.Value)
		if err == nil && begins.MatchString(text) {
			ids = append(ids, named(text)...)
		}
		return true
	})
	return ids
}

var begins = regexp.MustCompile(`^[SC]-[A-Z]+-\d`)

func TestRuleIDs(t *testing.T) {
	rules := specRules(t)
	files, _, err := source("../..")
	if err != nil {
		t.Fatal(err)
	}
	known := func(path, text string) {
		for _, id := range named(text) {
			if rules[id] == "" {
				t.Errorf("%s names rule %s, which docs/spec does not have", path, id)
			}
		}
	}
	shown := map[string]bool{}
	for _, f := range files {
		if f.pkg() == "internal/floors" || f.generated {
			continue
		}
		text, err := os.ReadFile(filepath.Join("../..", f.path))
		if err != nil {
			t.Fatal(err)
		}
		known(f.path, string(text))
		if f.test {
			for _, id := range subTests(f.syntax) {
				shown[id] = true
			}
		}
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
		known(golden, string(text))
	}
	count := map[string]int{}
	var missing []string
	for id, doc := range rules {
		switch {
		case shown[id]:
			count[doc]++
			if unbuilt[id] != "" {
				t.Errorf("a sub-test shows %s, which is listed as unbuilt", id)
			}
		case slices.Contains(complete, doc) && unbuilt[id] == "":
			missing = append(missing, id)
		}
	}
	if slices.Sort(missing); len(missing) > 0 {
		t.Errorf("no sub-test begins its name with %d rules of the specification: %s", len(missing), strings.Join(missing, " "))
	}
	t.Logf("of %d rules, sub-tests name %v", len(rules), count)
}
