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

// condition decides a condition and remembers the answer. The template has no circle of conditions.
func (v *evaluator) condition(name string) (bool, error) {
	if truth, known := v.truth[name]; known {
		return truth, nil
	}
	truth, err := v.decide(v.t.condition[name].Expr)
	if err == nil {
		v.truth[name] = truth
	}
	return truth, err
}

// decide evaluates a boolean function. All operands are evaluated, so that an error in one does not depend on the others.
func (v *evaluator) decide(n *Node) (bool, error) {
	if err := v.spend(nodePrice, n); err != nil {
		return false, err
	}
	switch n.Text {
	case "Condition":
		return v.condition(n.Arg().Text)
	case "Fn::Equals":
		return v.equals(n)
	}
	every, some := true, false
	for _, operand := range n.Arg().Items {
		truth, err := v.decide(operand)
		if err != nil {
			return false, err
		}
		every, some = every && truth, some || truth
	}
	switch n.Text {
	case "Fn::And":
		return every, nil
	case "Fn::Or":
		return some, nil
	}
	return !every, nil // Fn::Not has one operand
}

// equals compares two texts; AWS::NoValue is the empty one.
func (v *evaluator) equals(n *Node) (bool, error) {
	var sides [2]string
	for i, operand := range n.Arg().Items {
		got, err := v.eval(operand)
		if err != nil {
			return false, err
		}
		if got.node == nil {
			continue
		}
		if !got.node.is(Scalar) {
			return false, n.errorf("%s", functions["Fn::Equals"].text)
		}
		sides[i] = got.node.Text
	}
	return sides[0] == sides[1], nil
}
