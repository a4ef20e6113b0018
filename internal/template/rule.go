package template

// Rule constrains parameter values: while Condition holds, or is nil, every assertion must hold. (C-RULE-2)
type Rule struct {
	Name         string
	Condition    *Node // a boolean Function, or nil
	Assertions   []Assertion
	Line, Column int
}

// Assertion is one demand of a rule.
type Assertion struct {
	Assert      *Node // a boolean Function
	Description string
}

// ParseRules reads a map of rules by name, the content of a template's Rules section or of a TEMPLATE constraint. What
// the rules refer to is not looked up: a constraint serves versions with different parameters. (C-RULE-1, 3, 4, 6)
func ParseRules(n *Node) ([]Rule, error) {
	if !n.is(Map) {
		return nil, n.errorf("Template format error: Rules must be an object.")
	}
	if len(n.Entries) == 0 {
		return nil, n.errorf("Template format error: At least one Rules member must be defined.")
	}
	var parsed []Rule
	for _, e := range n.Entries {
		if !alphanumeric(e.Key) {
			return nil, e.errorf("Template format error: Rules name %s is non alphanumeric.", e.Key)
		}
		r, err := parseRule(e)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, r)
	}
	return parsed, nil
}

func parseRule(e Entry) (Rule, error) {
	r := Rule{Name: e.Key, Line: e.Line, Column: e.Column}
	if !e.Value.is(Map) {
		return r, e.errorf("Template format error: Any Rules member must be an object.")
	}
	for i := range e.Value.Entries {
		m := &e.Value.Entries[i]
		switch m.Key {
		case "RuleCondition":
			if err := parseBoolean(m); err != nil {
				return r, err
			}
			r.Condition = m.Value
		case "Assertions":
			if !m.Value.is(List) {
				return r, m.Value.errorf("Template format error: Assertions of rule %s must be a list.", r.Name)
			}
			for _, item := range m.Value.Items {
				a, err := parseAssertion(r.Name, item)
				if err != nil {
					return r, err
				}
				r.Assertions = append(r.Assertions, a)
			}
		default:
			return r, m.errorf("Invalid template rule property '%s'", m.Key)
		}
	}
	if len(r.Assertions) == 0 {
		return r, e.errorf("Template format error: Rule %s must contain at least one assertion.", r.Name)
	}
	return r, nil
}

func parseAssertion(rule string, n *Node) (Assertion, error) {
	var a Assertion
	if !n.is(Map) {
		return a, n.errorf("Template format error: Every assertion of rule %s must be an object.", rule)
	}
	for i := range n.Entries {
		m := &n.Entries[i]
		switch m.Key {
		case "Assert":
			if err := parseBoolean(m); err != nil {
				return a, err
			}
			a.Assert = m.Value
		case "AssertDescription":
			if !m.Value.is(Scalar) || m.Value.Type != String && !m.Value.Quoted {
				return a, m.Value.errorf("Template format error: AssertDescription of rule %s must be a string.", rule)
			}
			a.Description = m.Value.Text
		default:
			return a, m.errorf("Invalid template assertion property '%s'", m.Key)
		}
	}
	if a.Assert == nil {
		return a, n.errorf("Template format error: Every assertion of rule %s must contain an Assert member.", rule)
	}
	return a, nil
}

// parseBoolean lifts and checks the rule function that m holds.
func parseBoolean(m *Entry) error {
	m.Value = lift(m.Value, rules)
	if err := check(m.Value, rules); err != nil {
		return err
	}
	if !isBoolean(m.Value, rules) {
		return m.Value.errorf("Template format error: %s must be a rule-specific boolean function.", m.Key)
	}
	return nil
}

func (t *Template) parseRules() error {
	entries, err := t.section("Rules", 0)
	if err != nil || len(entries) == 0 {
		return err
	}
	t.rules, err = ParseRules(t.root.Get("Rules"))
	return err
}
