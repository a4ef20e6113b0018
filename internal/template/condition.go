package template

// Condition is a named truth about parameters and other conditions.
type Condition struct {
	Name string
	Expr *Node // a boolean Function
}

func (t *Template) parseConditions() error {
	entries, err := t.section("Conditions", 0)
	if err != nil {
		return err
	}
	for i := range entries {
		e := &entries[i]
		e.Value = lift(e.Value, conditions)
		if err := check(e.Value, conditions); err != nil {
			return err
		}
		if !isBoolean(e.Value, conditions) {
			return e.Value.errorf("Template format error: Conditions can only be boolean operations on parameters and other conditions")
		}
		t.conditions = append(t.conditions, Condition{Name: e.Key, Expr: e.Value})
	}
	for i := range t.conditions {
		t.condition[t.conditions[i].Name] = &t.conditions[i]
	}
	return nil
}
