package template

import (
	"errors"
	"slices"
	"strings"
)

// Evaluation is a template with its conditions decided. It is made anew in every step and reads its Scope only.
type Evaluation struct {
	t     *Template
	scope Scope
	bound map[string]Binding
	truth map[string]bool // the conditions
	graph Graph
}

// Evaluate decides the conditions and refuses what a launch of the template with these parameters would fail on before
// a resource is made: all that Resolve refuses, references to resources whose condition is false, and circles through
// branches that are taken. What depends on values is found by Check. (C-PP-3, C-PP-6, C-CFN-4)
func (t *Template) Evaluate(s Scope) (*Evaluation, error) {
	if err := t.Resolve(); err != nil {
		return nil, err
	}
	e := &Evaluation{t: t, scope: s, bound: map[string]Binding{}, truth: map[string]bool{}}
	for _, b := range s.Parameters {
		e.bound[b.Key] = b
	}
	var missing []string
	for _, p := range t.parameters {
		if _, ok := e.bound[p.Key]; !ok {
			missing = append(missing, p.Key)
		}
	}
	if missing != nil {
		return nil, t.root.errorf("Parameters: [%s] must have values", strings.Join(missing, ", "))
	}
	v := e.evaluator(true)
	for _, c := range t.conditions {
		if _, err := v.condition(c.Name); err != nil {
			return nil, e.conceal(err)
		}
	}
	if err := e.checkLive(); err != nil {
		return nil, err
	}
	return e, e.connect()
}

// Condition is the truth of a condition of the template.
func (e *Evaluation) Condition(name string) bool { return e.truth[name] }

// Graph is the resources whose conditions hold, in the order to make them. (C-CFN-4)
func (e *Evaluation) Graph() Graph { return e.graph }

// Has reports whether the template declares the resource and its condition holds.
func (e *Evaluation) Has(id string) bool {
	r := e.t.resource[id]
	return r != nil && e.holds(r.Condition)
}

// made is what a live resource of the template has become.
func (e *Evaluation) made(id string) (Made, bool) {
	made, ok := e.scope.Made[id]
	return made, ok && e.Has(id)
}

func (e *Evaluation) holds(condition string) bool { return condition == "" || e.truth[condition] }

// live collects the references in n, leaving out branches that are not taken.
func (e *Evaluation) live(n *Node) []reference {
	var refs []reference
	var walk func(*Node)
	walk = func(n *Node) {
		if n.Kind != Function {
			n.children(walk)
			return
		}
		refs = append(refs, own(n)...)
		if n.Text == "Fn::If" {
			walk(e.branch(n))
			return
		}
		n.children(walk)
	}
	if n != nil {
		walk(n)
	}
	return refs
}

// branch is the one of Fn::If's values that its condition chooses.
func (e *Evaluation) branch(n *Node) *Node {
	arg := n.Arg().Items
	if e.truth[arg[0].Text] {
		return arg[1]
	}
	return arg[2]
}

// checkLive refuses references to resources whose condition is false. (C-PP-6)
func (e *Evaluation) checkLive() error {
	var inResources, inOutputs unresolved
	note := func(n *Node, into *unresolved) {
		for _, r := range e.live(n) {
			if e.t.resource[r.name] != nil && !e.Has(r.name) {
				into.add(r.name, r.at)
			}
		}
	}
	for _, r := range e.t.resources {
		if e.holds(r.Condition) {
			note(r.node, &inResources)
		}
	}
	for _, o := range e.t.outputs {
		if e.holds(o.Condition) {
			note(o.Value, &inOutputs)
			note(o.Export, &inOutputs)
		}
	}
	if inResources.names != nil {
		return inResources.at.errorf("Template format error: Unresolved resource dependencies %s in the Resources block of the template", &inResources)
	}
	if inOutputs.names != nil {
		return inOutputs.at.errorf("Unresolved resource dependencies %s in the Outputs block of the template", &inOutputs)
	}
	return nil
}

// connect finds the needs of the live resources. DependsOn may name a resource whose condition is false: that is no need.
func (e *Evaluation) connect() error {
	position := map[string]int{}
	for i, r := range e.t.resources {
		position[r.ID] = i
	}
	g := Graph{Needs: map[string][]string{}}
	for _, r := range e.t.resources {
		if !e.holds(r.Condition) {
			continue
		}
		g.Order = append(g.Order, r.ID)
		needs := slices.Clone(r.DependsOn)
		for _, ref := range e.live(r.node) {
			needs = append(needs, ref.name)
		}
		needs = slices.DeleteFunc(needs, func(id string) bool { return !e.Has(id) })
		slices.SortFunc(needs, func(a, b string) int { return position[a] - position[b] })
		if needs = slices.Compact(needs); len(needs) > 0 {
			g.Needs[r.ID] = needs
		}
	}
	if err := e.t.refuseCycle(g); err != nil {
		return err
	}
	e.graph = g.sorted()
	return nil
}

// Properties are the values of a resource's properties, a map. Every resource it needs must be among the Made ones.
func (e *Evaluation) Properties(id string) (*Node, error) { return e.part(id, "Properties") }

// Metadata is the value of a resource's metadata, a map.
func (e *Evaluation) Metadata(id string) (*Node, error) { return e.part(id, "Metadata") }

// CreationPolicy is the value of a resource's creation policy, a map.
func (e *Evaluation) CreationPolicy(id string) (*Node, error) { return e.part(id, "CreationPolicy") }

// UpdatePolicy is the value of a resource's update policy, a map.
func (e *Evaluation) UpdatePolicy(id string) (*Node, error) { return e.part(id, "UpdatePolicy") }

func (e *Evaluation) part(id, name string) (*Node, error) {
	v := e.evaluator(true)
	n, err := v.part(id, name)
	if err == nil && name == "Properties" {
		n, err = v.dynamic(n)
	}
	return n, e.conceal(err)
}

// Check evaluates the whole template as far as it can be without the resources not made yet, and so finds errors of
// values before anything is made. It returns the names of the imported values. (C-PP-3)
func (e *Evaluation) Check() (imports []string, err error) {
	v := e.evaluator(false)
	if err := v.check(); err != nil {
		return nil, e.conceal(err)
	}
	slices.Sort(v.imports)
	return slices.Compact(v.imports), nil
}

func (v *evaluator) check() error {
	for _, id := range v.graph.Order {
		for _, name := range parts {
			n, err := v.part(id, name)
			if err == nil && v.scope.Dynamic == nil && name == "Properties" {
				_, err = v.dynamic(n)
			}
			if err != nil {
				return err
			}
		}
	}
	results, err := v.outputs()
	if err != nil {
		return err
	}
	by := map[string]string{} // output by export name
	for _, r := range results {
		if other, taken := by[r.Export]; taken && r.Export != "" {
			return v.t.root.errorf("Template format error: The outputs %s and %s have the same export name %s", other, r.Key, r.Export)
		}
		by[r.Export] = r.Key
	}
	return nil
}

// conceal takes what NoEcho parameters hold out of a message. Very short values are left: they occur in any text, and
// what remained would tell them. (C-PP-13)
func (e *Evaluation) conceal(err error) error {
	const telling = 4
	var wrong *Error
	if !errors.As(err, &wrong) {
		return err
	}
	clear := *wrong
	for _, b := range e.scope.Parameters {
		if b.NoEcho && len(b.Resolved) >= telling {
			clear.Message = strings.ReplaceAll(clear.Message, b.Resolved, masked)
		}
	}
	return &clear
}

// parts are the attributes of a resource that may hold functions.
var parts = []string{"Properties", "Metadata", "CreationPolicy", "UpdatePolicy"}

func (r *Resource) part(name string) *Node {
	switch name {
	case "Properties":
		return r.Properties
	case "Metadata":
		return r.Metadata
	case "CreationPolicy":
		return r.CreationPolicy
	}
	return r.UpdatePolicy
}
