package wire

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// modelPatterns gives every pattern of the four models by its text.
func modelPatterns(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, path := range []string{"servicecatalog/2015-12-10", "organizations/2016-11-28", "iam/2010-05-08", "sts/2011-06-15"} {
		b, err := os.ReadFile(filepath.Join(moduleDir(t), "apis", path, "api-2.json"))
		if err != nil {
			t.Fatal(err)
		}
		var m struct {
			Shapes map[string]struct{ Pattern string }
		}
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		for name, s := range m.Shapes {
			if s.Pattern != "" {
				all[s.Pattern] = path + " " + name
			}
		}
	}
	return all
}

func TestEveryPatternTranslates(t *testing.T) {
	all := modelPatterns(t)
	if len(all) < 50 {
		t.Fatalf("only %d patterns were read", len(all))
	}
	for pattern, name := range all {
		if _, err := translate(pattern); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for pattern := range rewritten {
		if all[pattern] == "" {
			t.Errorf("no model has the rewritten pattern %s", pattern)
		}
	}
}

func TestPatterns(t *testing.T) {
	const (
		arn   = `[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+`
		alias = `^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$`
		path  = `(\u002F)|(\u002F[\u0021-\u007E]+\u002F)`
		role  = `arn:[a-z0-9-\.]{1,63}:iam::[a-z0-9-\.]{0,63}:role\/.{0,1023}`
	)
	for _, c := range []struct {
		name, pattern, s string
		want             bool
	}{
		{"beyond the 16-bit plane", arn, "a\U0001F600", true},
		{"control character", arn, "a\x01", false},
		{"single hyphens", alias, "a-b-c", true},
		{"two hyphens", alias, "a--b", false},
		{"hyphen at the end", alias, "ab-", false},
		{"first alternative", path, "/", true},
		{"second alternative", path, "/a/b/", true},
		{"half an alternative", path, "/a", false},
		{"longest repetition", role, "arn:aws:iam::1:role/" + string(make([]byte, 1023)), true},
		{"longer repetition", role, "arn:aws:iam::1:role/" + string(make([]byte, 1024)), false},
		{"line feed at the end", `^[0-9]{12}$`, "123456789012\n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			re, err := translate(c.pattern)
			if err != nil {
				t.Fatal(err)
			}
			if got := re.MatchString(c.s); got != c.want {
				t.Errorf("%q matches: %v", c.s, got)
			}
		})
	}
}
