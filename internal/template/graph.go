package template

import (
	"slices"
	"strings"
)

// Graph is a set of resources and who waits for whom. It holds no more than ids, so it may be kept between steps.
type Graph struct {
	Order []string            // each one stands after everything it needs, otherwise as written in the template
	Needs map[string][]string // direct needs, in the order of the template
}

// Ready lists what is not done yet although all its needs are, in order. An engine may carry it out at once.
func (g Graph) Ready(done map[string]bool) []string {
	var ready []string
	for _, id := range g.Order {
		waits := func(need string) bool { return !done[need] }
		if !done[id] && !slices.ContainsFunc(g.Needs[id], waits) {
			ready = append(ready, id)
		}
	}
	return ready
}

// Reverse is the graph for taking things away: each one stands, and waits, after everything that needed it.
func (g Graph) Reverse() Graph {
	r := Graph{Order: slices.Clone(g.Order), Needs: map[string][]string{}}
	slices.Reverse(r.Order)
	for _, id := range r.Order {
		for _, need := range g.Needs[id] {
			r.Needs[need] = append(r.Needs[need], id)
		}
	}
	return r
}

// sorted puts needs before what needs them and keeps the order given where nothing is needed. There must be no cycle.
func (g Graph) sorted() Graph {
	s := Graph{Needs: g.Needs}
	placed := map[string]bool{}
	var place func(string)
	place = func(id string) {
		if placed[id] {
			return
		}
		placed[id] = true
		for _, need := range g.Needs[id] {
			place(need)
		}
		s.Order = append(s.Order, id)
	}
	for _, id := range g.Order {
		place(id)
	}
	return s
}

// cycle returns the members of the first circle found, in order, or nil. It is Tarjan's search for strongly connected
// components; its recursion is as deep as the longest chain of needs, at most the number of nodes.
func (g Graph) cycle() []string {
	index, low := map[string]int{}, map[string]int{}
	open := map[string]bool{}
	var stack, found []string
	var visit func(string)
	visit = func(v string) {
		index[v] = len(index) + 1
		low[v] = index[v]
		stack = append(stack, v)
		open[v] = true
		for _, w := range g.Needs[v] {
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
		if found == nil && (len(circle) > 1 || slices.Contains(g.Needs[v], v)) {
			found = circle
		}
	}
	for _, v := range g.Order {
		if index[v] == 0 {
			visit(v)
		}
	}
	position := make(map[string]int, len(g.Order))
	for i, v := range g.Order {
		position[v] = i
	}
	slices.SortFunc(found, func(a, b string) int { return position[a] - position[b] })
	return found
}

// checkCycles refuses resources that need each other. A need inside a branch of Fn::If is not counted: whether the
// branch is taken depends on the conditions' values.
func (t *Template) checkCycles() error {
	g := Graph{Needs: map[string][]string{}}
	for _, r := range t.resources {
		g.Order = append(g.Order, r.ID)
		g.Needs[r.ID] = slices.Clone(r.DependsOn)
		for _, ref := range references(r.node) {
			if !ref.branch && t.resource[ref.name] != nil {
				g.Needs[r.ID] = append(g.Needs[r.ID], ref.name)
			}
		}
	}
	return t.refuseCycle(g)
}

func (t *Template) refuseCycle(g Graph) error {
	cycle := g.cycle()
	if cycle == nil {
		return nil
	}
	first := t.resource[cycle[0]]
	return Entry{Line: first.Line, Column: first.Column}.errorf("Circular dependency between resources: [%s]", strings.Join(cycle, ", "))
}
