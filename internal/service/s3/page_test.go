package s3

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portico/internal/store"
)

// listed is a listing made the plain way: all keys, in order, folded by prefix and delimiter.
func listed(keys []string, prefix, delimiter string) (out []string) {
	for _, k := range keys {
		rest, ok := strings.CutPrefix(k, prefix)
		if !ok {
			continue
		}
		if before, _, folded := strings.Cut(rest, delimiter); folded && delimiter != "" {
			k = "prefix " + prefix + before + delimiter
		}
		if len(out) == 0 || out[len(out)-1] != k {
			out = append(out, k)
		}
	}
	return out
}

// TestPages holds listings, page by page, against the plain way.
func TestPages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("ab//é\uD7FF\U0010FFFF")), 0, 5, -1)
		keys := rapid.SliceOfN(rapid.StringOfN(rapid.RuneFrom([]rune("ab//é\uD7FF\U0010FFFF")), 1, 6, -1), 0, 30).Draw(t, "keys")
		slices.Sort(keys)
		keys = slices.Compact(keys)
		prefix, delimiter := text.Draw(t, "prefix"), rapid.SampledFrom([]string{"", "/", "a", "\U0010FFFF", "é/"}).Draw(t, "delimiter")
		limit := rapid.IntRange(1, 5).Draw(t, "limit")
		var got []string
		after := ""
		for {
			p := &page{prefix: prefix, delimiter: delimiter, after: after, max: limit}
			err := p.fill(func(from, after string, limit int) (out []store.Object, _ error) {
				for _, k := range keys {
					if k >= from && k > after && len(out) < limit {
						out = append(out, store.Object{Key: k})
					}
				}
				return out, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			n := len(p.objects) + len(p.prefixes)
			if n > limit || p.more && n < limit {
				t.Fatalf("a page of %d where %d were asked for", n, limit)
			}
			var names []string
			for _, o := range p.objects {
				names = append(names, o.Key)
			}
			for _, s := range p.prefixes {
				names = append(names, "prefix "+s)
			}
			slices.SortFunc(names, func(a, b string) int {
				return strings.Compare(strings.TrimPrefix(a, "prefix "), strings.TrimPrefix(b, "prefix "))
			})
			got = append(got, names...)
			if !p.more {
				break
			}
			after = p.last
		}
		if d := cmp.Diff(listed(keys, prefix, delimiter), got); d != "" {
			t.Fatal(d)
		}
	})
}

// TestHold gives no more memory to objects than there is room for, and takes it back.
func TestHold(t *testing.T) {
	c := &call{Service: new(Service)}
	var releases []func()
	for range maxHeld / MaxObject {
		release, err := c.hold(MaxObject)
		if err != nil {
			t.Fatal(err)
		}
		releases = append(releases, release)
	}
	if _, err := c.hold(1); err == nil {
		t.Error("one byte more was given")
	}
	releases[0]()
	if _, err := c.hold(MaxObject); err != nil {
		t.Errorf("released room is not given again: %v", err)
	}
}
