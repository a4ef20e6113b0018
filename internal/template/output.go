package template

import "strings"

// Output is one output of a template.
type Output struct {
	Key, Description string
	Condition        string // the condition it exists under, or empty
	Value            *Node
	Export           *Node // the name it is exported by, or nil
	Line, Column     int
}

func (t *Template) parseOutputs() error {
	entries, err := t.section("Outputs", maxOutputs)
	if err != nil {
		return err
	}
	for _, e := range entries {
		o, err := t.parseOutput(e)
		if err != nil {
			return err
		}
		t.outputs = append(t.outputs, o)
	}
	return nil
}

func (t *Template) parseOutput(e Entry) (Output, error) {
	o := Output{Key: e.Key, Line: e.Line, Column: e.Column}
	if err := checkName("Outputs", e); err != nil {
		return o, err
	}
	if !e.Value.is(Map) {
		return o, e.errorf("Template format error: Any Outputs member must be an object.")
	}
	for i := range e.Value.Entries {
		if err := o.set(&e.Value.Entries[i]); err != nil {
			return o, err
		}
	}
	if o.Value == nil {
		return o, e.errorf("Template format error: Every Outputs member must contain a Value object")
	}
	if o.Export != nil && t.dependsOnResources(o.Export) {
		return o, o.Export.errorf("Template format error: Output %s is malformed. The Name field of Export must not depend on any resources, imported values, or Fn::GetAZs.", o.Key)
	}
	return o, nil
}

// set takes over one property of the output's declaration.
func (o *Output) set(m *Entry) error {
	switch m.Key {
	case "Description":
		if !m.Value.is(Scalar) {
			return m.Value.errorf("Template format error: Every Description member must be a string.")
		}
		if len(m.Value.Text) > maxDescription {
			return m.Value.errorf("Template format error: Output '%s' 'Description' length is greater than %d", o.Key, maxDescription)
		}
		o.Description = m.Value.Text
	case "Condition":
		if !m.Value.isText() {
			return m.Value.errorf("Template format error: Every Condition member must be a string.")
		}
		o.Condition = m.Value.Text
	case "Value":
		m.Value = lift(m.Value, outputs)
		o.Value = m.Value
		if !fitsString(o.Value, outputs) {
			return m.Value.errorf("Template format error: The Value field of every Outputs member must evaluate to a String.")
		}
		return check(o.Value, outputs)
	case "Export":
		if !m.Value.is(Map) || len(m.Value.Entries) != 1 || m.Value.Entries[0].Key != "Name" {
			return m.Value.errorf("Template format error: Output %s is malformed. Export must be an object with the one member Name.", o.Key)
		}
		name := &m.Value.Entries[0]
		name.Value = lift(name.Value, outputs)
		o.Export = name.Value
		if !fitsString(o.Export, outputs) {
			return o.Export.errorf("Template format error: Output %s is malformed. The Name field of Export must be a string.", o.Key)
		}
		return check(o.Export, outputs)
	default:
		return m.errorf("Template format error: Output %s is malformed. Unknown property '%s'.", o.Key, m.Key)
	}
	return nil
}

// dependsOnResources reports whether n can be known only once resources exist.
func (t *Template) dependsOnResources(n *Node) bool {
	if n.isFunction("Fn::ImportValue", "Fn::GetAZs") {
		return true
	}
	found := false
	for _, r := range own(n) {
		found = found || r.attribute || t.resource[r.name] != nil
	}
	n.children(func(c *Node) { found = found || t.dependsOnResources(c) })
	return found
}

// Result is an output with its value.
type Result struct {
	Key, Value, Description string
	Export                  string // the name it is exported by, or empty
	NoEcho                  bool   // it gives away the value of a parameter that is not to be shown
}

// Shown is the value as it may be answered. (C-PP-13)
func (r Result) Shown() string {
	if r.NoEcho {
		return masked
	}
	return r.Value
}

// Outputs are the values of the outputs whose conditions hold, in the order written. Every resource must have been made.
// (C-PP-6, C-REC-2)
func (e *Evaluation) Outputs() ([]Result, error) {
	results, err := e.evaluator(true).outputs()
	return results, e.conceal(err)
}

// outputs evaluates what it can; a value that waits for a resource is given as JSON.
func (v *evaluator) outputs() ([]Result, error) {
	var results []Result
	for i := range v.t.outputs {
		o := &v.t.outputs[i]
		if !v.holds(o.Condition) {
			continue
		}
		r := Result{Key: o.Key, Description: o.Description}
		var err error
		if r.Value, err = v.output(o.Value, "Output "+o.Key+" is malformed. The Value field of every Outputs member must evaluate to a String."); err != nil {
			return nil, err
		}
		if o.Export != nil {
			if r.Export, err = v.output(o.Export, "Output "+o.Key+" is malformed. The Name field of Export must be a string."); err != nil {
				return nil, err
			}
		}
		r.NoEcho = v.givesAway(o.Value, r.Value)
		results = append(results, r)
	}
	return results, nil
}

func (v *evaluator) output(n *Node, malformed string) (string, error) {
	got, err := v.eval(n)
	switch {
	case err != nil:
		return "", err
	case got.open:
		return got.node.JSON(), nil
	case !got.node.is(Scalar):
		return "", n.errorf("Template format error: %s", malformed)
	}
	return got.node.Text, nil
}

// givesAway reports whether an output shows what a NoEcho parameter holds: by naming it, or because a resource answers
// with it. Short secrets are found only as the whole value: they occur in any text. (C-PP-13)
func (v *evaluator) givesAway(n *Node, value string) bool {
	const telling = 8
	for _, r := range v.live(n) {
		if v.bound[r.name].NoEcho {
			return true
		}
	}
	for _, b := range v.bound {
		secret := b.Resolved
		if b.NoEcho && secret != "" && (value == secret || len(secret) >= telling && strings.Contains(value, secret)) {
			return true
		}
	}
	return false
}
