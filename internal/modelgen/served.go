package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// served is one line of served.txt.
type served struct{ name, level, resource string }

var levels = []string{"Read", "List", "Write", "Permissions", "Tagging"}

// loadServed reads served.txt: operation, level and resource on each line, "-" for no resource, sorted by name.
func loadServed(path string, m *model) ([]served, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var all []served
	for i, line := range strings.Split(string(b), "\n") {
		f := strings.Fields(line)
		if len(f) == 0 || strings.HasPrefix(f[0], "#") {
			continue
		}
		if err := checkServed(f, m); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, i+1, err)
		}
		s := served{f[0], f[1], f[2]}
		if s.resource == "-" {
			s.resource = ""
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b served) int { return strings.Compare(a.name, b.name) })
	for i := 1; i < len(all); i++ {
		if all[i].name == all[i-1].name {
			return nil, fmt.Errorf("%s: %s is there twice", path, all[i].name)
		}
	}
	return all, nil
}

// checkServed holds a line against the model: the operation exists, and the member behind "kind:Member" too.
func checkServed(f []string, m *model) error {
	if len(f) != 3 {
		return fmt.Errorf("want operation, level and resource")
	}
	op, ok := m.Operations[f[0]]
	if !ok {
		return fmt.Errorf("the model has no operation %s", f[0])
	}
	if !slices.Contains(levels, f[1]) {
		return fmt.Errorf("level %s is none of %v", f[1], levels)
	}
	_, name, ok := strings.Cut(f[2], ":")
	if !ok {
		return nil
	}
	if op.Input != nil {
		for _, one := range m.Shapes[op.Input.Shape].Members {
			if one.Name == name {
				return nil
			}
		}
	}
	return fmt.Errorf("%s has no member %s", f[0], name)
}
