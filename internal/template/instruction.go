package template

// Instruction is one of the hints that clients get with a template's parameters.
type Instruction struct{ Type, Value string }

// Instructions are those UsageInstructions that the template and its TEMPLATE constraints give; a type without content
// is left out, except rules. (C-PARAM-4, C-RULE-10)
func (t *Template) Instructions(sets ...RuleSet) []Instruction {
	list := []Instruction{{"rules", t.mergedRules(sets)}}
	add := func(typ, value string) {
		if value != "" {
			list = append(list, Instruction{typ, value})
		}
	}
	add("version", t.version)
	add("description", t.description)
	add("metadata", t.Metadata())
	capabilities, reason := t.Capabilities()
	for _, c := range capabilities {
		add("capability", c)
	}
	add("capabilitiesReason", reason)
	return list
}

// mergedRules is the rules of all sets as one map. A name that is taken gets the source in front. (C-RULE-7)
func (t *Template) mergedRules(sets []RuleSet) string {
	merged := &Node{Kind: Map}
	taken := map[string]bool{}
	for _, set := range append([]RuleSet{{Rules: t.rules}}, sets...) {
		for _, r := range set.Rules {
			name := r.Name
			if taken[name] {
				name = set.Source + "." + name
			}
			taken[name] = true
			merged.Entries = append(merged.Entries, Entry{Key: name, Value: r.node()})
		}
	}
	return merged.JSON()
}

func (r *Rule) node() *Node {
	n, list := &Node{Kind: Map}, &Node{Kind: List}
	if r.Condition != nil {
		n.Entries = append(n.Entries, Entry{Key: "RuleCondition", Value: r.Condition})
	}
	for _, a := range r.Assertions {
		one := &Node{Kind: Map, Entries: []Entry{{Key: "Assert", Value: a.Assert}}}
		if a.Description != "" {
			one.Entries = append(one.Entries, Entry{Key: "AssertDescription", Value: Text(a.Description)})
		}
		list.Items = append(list.Items, one)
	}
	n.Entries = append(n.Entries, Entry{Key: "Assertions", Value: list})
	return n
}
