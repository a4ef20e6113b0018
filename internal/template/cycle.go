package template

import (
	"slices"
	"strings"
)

// graph is who needs whom, in the order to look.
type graph struct {
	order []string
	needs map[string][]string
}

// cycle returns the members of the first circle found, in order, or nil. It is Tarjan's search for strongly connected
// components; its recursion is as deep as the longest chain of needs, at most the number of nodes.
func (g graph) cycle() []string {
	index, low := map[string]int{}, map[string]int{}
	open := map[string]bool{}
	var stack, found []string
	var visit func(string)
	visit = func(v string) {
		index[v] = len(index) + 1
		low[v] = index[v]
		stack = append(stack, v)
		open[v] = true
		for _, w := range g.needs[v] {
			if index[w] == 0 {
				visit(w)
				low[v] = min(low[v], low[w])
			} else if open[w] {
				low[v] = min(low[v], index[w])
			}
		}
		if low[v] != index[v] {
			return
		}
		from := len(stack) - 1
		for open[stack[from]] = false; stack[from] != v; open[stack[from]] = false {
			from--
		}
		circle := slices.Clone(stack[from:])
		stack = stack[:from]
		if found == nil && (len(circle) > 1 || slices.Contains(g.needs[v], v)) {
			found = circle
		}
	}
	for _, v := range g.order {
		if index[v] == 0 {
			visit(v)
		}
	}
	position := make(map[string]int, len(g.order))
	for i, v := range g.order {
		position[v] = i
	}
	slices.SortFunc(found, func(a, b string) int { return position[a] - position[b] })
	return found
}

// checkCycles refuses resources that need each other. A need inside a branch of Fn::If is not counted: whether the
// branch is taken depends on the conditions' values.
func (t *Template) checkCycles() error {
	g := graph{needs: map[string][]string{}}
	for _, r := range t.resources {
		g.order = append(g.order, r.ID)
		g.needs[r.ID] = slices.Clone(r.DependsOn)
		for _, ref := range references(r.node) {
			if !ref.branch && t.resource[ref.name] != nil {
				g.needs[r.ID] = append(g.needs[r.ID], ref.name)
			}
		}
	}
	cycle := g.cycle()
	if cycle == nil {
		return nil
	}
	first := t.resource[cycle[0]]
	return Entry{Line: first.Line, Column: first.Column}.errorf("Circular dependency between resources: [%s]", strings.Join(cycle, ", "))
}
