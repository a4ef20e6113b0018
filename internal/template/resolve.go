package template

import "strings"

// Resolve refuses what a launch would fail on before it looks at parameter values. Every error it returns is an
// *Error; an engine reports its Message. (C-PP-3, C-PP-6)
func (t *Template) Resolve() error {
	for _, step := range []func() error{t.checkConditionNames, t.checkConditionCycles, t.checkMappingKeys, t.checkOutputRefs} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// checkConditionNames looks conditions up wherever one is named.
func (t *Template) checkConditionNames() error {
	for _, name := range []string{"Condition", "Fn::If"} {
		err := t.calls(name, func(n *Node) error {
			used := n.Arg()
			if n.Text == "Fn::If" {
				used = used.Items[0]
			}
			if t.condition[used.Text] == nil {
				return used.errorf("Template error: unresolved condition dependency %s in %s", used.Text, n.Text)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	const text = "Template format error: Unresolved condition dependency %s in the %s block of the template"
	for _, r := range t.resources {
		if r.Condition != "" && t.condition[r.Condition] == nil {
			return r.node.Get("Condition").errorf(text, r.Condition, "Resources")
		}
	}
	for _, o := range t.outputs {
		if o.Condition != "" && t.condition[o.Condition] == nil {
			return Entry{Line: o.Line, Column: o.Column}.errorf(text, o.Condition, "Outputs")
		}
	}
	return nil
}

func (t *Template) checkConditionCycles() error {
	g := Graph{Needs: map[string][]string{}}
	for _, c := range t.conditions {
		g.Order = append(g.Order, c.Name)
		var walk func(*Node)
		walk = func(n *Node) {
			if n.isFunction("Condition") {
				g.Needs[c.Name] = append(g.Needs[c.Name], n.Arg().Text)
			}
			n.children(walk)
		}
		walk(c.Expr)
	}
	if cycle := g.cycle(); cycle != nil {
		return t.condition[cycle[0]].Expr.errorf("Template format error: Circular dependency between conditions: [%s]", strings.Join(cycle, ", "))
	}
	return nil
}

// checkMappingKeys looks up the keys that are literal.
func (t *Template) checkMappingKeys() error {
	return t.calls("Fn::FindInMap", func(n *Node) error {
		m, _ := t.mapping(n)
		path := n.Arg().Items
		if m == nil || len(path) > 3 { // a default stands in for a missing key
			return nil
		}
		at := m.Keys
		for _, key := range path[1:] {
			if !key.is(Scalar) {
				return nil
			}
			if at = at.Get(key.Text); at == nil {
				return n.errorf("Template error: Unable to get mapping for %s::%s::%s", path[0].Text, describe(path[1]), describe(path[2]))
			}
		}
		return nil
	})
}

func describe(key *Node) string {
	if key.is(Scalar) {
		return key.Text
	}
	return key.JSON()
}

// checkOutputRefs refuses references of outputs that lead nowhere. The sentence has no prefix, unlike that of
// resources: clients match it at its beginning. (C-PP-6)
func (t *Template) checkOutputRefs() error {
	var refs []reference
	for _, o := range t.outputs {
		refs = append(refs, references(o.Value)...)
		refs = append(refs, references(o.Export)...)
	}
	missing, attribute := t.dangling(refs)
	if missing.names != nil {
		return missing.at.errorf("Unresolved resource dependencies %s in the Outputs block of the template", &missing)
	}
	if attribute != nil {
		return attribute.at.errorf("Unresolved resource dependencies [%s] in the Outputs block of the template", attribute.name)
	}
	return nil
}
