package catalog

import (
	"slices"
	"strings"

	"portico/internal/fault"
)

// Tag is a label on a portfolio or product.
type Tag struct{ Key, Value string }

// CheckTags refuses duplicate keys in one request. (C-PORT-1)
func CheckTags(tags []Tag) error {
	seen := make(map[string]bool, len(tags))
	for _, t := range tags {
		if seen[t.Key] {
			return fault.Invalidf("Duplicate tag key: %s. Tag keys must be unique in one request", t.Key)
		}
		seen[t.Key] = true
	}
	return nil
}

// Retag removes keys first, then adds tags, replacing those with the same key; the result is ordered by key. (C-PORT-3)
func Retag(have []Tag, remove []string, add []Tag) []Tag {
	out := slices.Clone(have)
	out = slices.DeleteFunc(out, func(t Tag) bool {
		return slices.Contains(remove, t.Key) || slices.ContainsFunc(add, func(a Tag) bool { return a.Key == t.Key })
	})
	out = append(out, add...)
	slices.SortFunc(out, func(a, b Tag) int { return strings.Compare(a.Key, b.Key) })
	return out
}
