package main

import (
	"fmt"
	"maps"
	"slices"
)

// reach is what the served operations need of the model.
type reach struct {
	m      *model
	in     map[string]bool // shapes a request can hold; its structures follow the rules for input
	out    map[string]bool // shapes an answer can hold
	tabled map[string]bool // shapes of requests that have an entry in the table of limits
}

// reached walks inputs and outputs of the served operations. The top structures are not counted: they are written once
// for each operation under the operation's name.
func reached(m *model, ops []served) (*reach, error) {
	r := &reach{m: m, in: map[string]bool{}, out: map[string]bool{}, tabled: map[string]bool{}}
	for _, s := range ops {
		op := m.Operations[s.name]
		if err := r.top(op.Input, r.in); err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		if err := r.top(op.Output, r.out); err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
	}
	for again := true; again; { // entries depend on each other: to a fixed point
		again = false
		for name := range r.in {
			if !r.tabled[name] && r.hasEntry(m.Shapes[name]) {
				r.tabled[name] = true
				again = true
			}
		}
	}
	return r, nil
}

func (r *reach) top(to *ref, seen map[string]bool) error {
	if to == nil {
		return nil
	}
	s, err := r.m.shapeOf(to)
	if err != nil {
		return err
	}
	return r.members(s, seen)
}

func (r *reach) members(s *shape, seen map[string]bool) error {
	for i := range s.Members {
		if err := r.walk(&s.Members[i].ref, seen); err != nil {
			return err
		}
	}
	return nil
}

func (r *reach) walk(to *ref, seen map[string]bool) error {
	if to == nil || seen[to.Shape] {
		return nil
	}
	s, err := r.m.shapeOf(to)
	if err != nil {
		return err
	}
	seen[to.Shape] = true
	for _, next := range []*ref{s.Member, s.Key, s.Value} {
		if err := r.walk(next, seen); err != nil {
			return err
		}
	}
	return r.members(s, seen)
}

// hasEntry reports whether there is anything about a shape that its Go type does not say.
func (r *reach) hasEntry(s *shape) bool {
	if s.Min != nil || s.Max != nil || s.Pattern != "" || len(s.Enum) > 0 {
		return true
	}
	for _, to := range []*ref{s.Member, s.Key, s.Value} {
		if to != nil && r.tabled[to.Shape] {
			return true
		}
	}
	return false
}

// named lists the reached shapes that get a Go type of their own: structures and enumerations.
func (r *reach) named() []string {
	all := maps.Clone(r.in)
	maps.Copy(all, r.out)
	var names []string
	for name := range all {
		if s := r.m.Shapes[name]; s.Type == "structure" || len(s.Enum) > 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
