package template

import (
	"fmt"
	"slices"
	"strings"
)

// maxEvaluated bounds what one call may produce, in bytes of text and a fixed price for each value. A template within
// its own limits can name a text many times, or double it in every argument of an argument.
const (
	maxEvaluated = 8 << 20
	nodePrice    = 16
)

// result is what an expression has become: no node at all for AWS::NoValue, and open while functions are left in it
// that wait for resources.
type result struct {
	node *Node
	open bool
}

// evaluator computes the values of one call. Unless strict, what waits for a resource stays a function, its arguments
// evaluated; strictly, it is an error.
type evaluator struct {
	*Evaluation
	strict  bool
	left    int // of maxEvaluated
	imports []string
}

func (e *Evaluation) evaluator(strict bool) *evaluator {
	return &evaluator{Evaluation: e, strict: strict, left: maxEvaluated}
}

func (v *evaluator) spend(size int, at *Node) error {
	if v.left -= size; v.left < 0 {
		return at.errorf("Template error: the template's values exceed %d bytes once its functions are evaluated.", maxEvaluated)
	}
	return nil
}

// take pays for all of n, a value without functions.
func (v *evaluator) take(n *Node, at *Node) (result, error) {
	if err := v.spend(nodePrice+len(n.Text), at); err != nil {
		return result{}, err
	}
	for _, e := range n.Entries {
		if err := v.spend(len(e.Key), at); err != nil {
			return result{}, err
		}
	}
	var failed error
	n.children(func(c *Node) {
		if failed == nil {
			_, failed = v.take(c, at)
		}
	})
	return result{node: n}, failed
}

// text makes a string that the function at gave.
func (v *evaluator) text(s string, at *Node) (result, error) {
	return v.take(&Node{Kind: Scalar, Text: s, Line: at.Line, Column: at.Column}, at)
}

func (v *evaluator) texts(s []string, at *Node) (result, error) {
	n := Texts(s...)
	n.Line, n.Column = at.Line, at.Column
	return v.take(n, at)
}

// part evaluates an attribute of a resource that is a map; one that is absent is empty.
func (v *evaluator) part(id, name string) (*Node, error) {
	r := v.t.resource[id]
	if r == nil {
		return nil, fmt.Errorf("template: there is no resource %s", id)
	}
	n := r.part(name)
	if n == nil {
		return &Node{Kind: Map, Line: r.Line, Column: r.Column}, nil
	}
	got, err := v.eval(n)
	return got.node, err
}

func (v *evaluator) eval(n *Node) (result, error) {
	switch n.Kind {
	case Function:
		return v.call(n)
	case Scalar:
		return v.take(n, n)
	}
	if err := v.spend(nodePrice, n); err != nil {
		return result{}, err
	}
	made := result{node: &Node{Kind: n.Kind, Line: n.Line, Column: n.Column}}
	for _, item := range n.Items {
		got, err := v.eval(item)
		if err != nil {
			return result{}, err
		}
		if got.node != nil {
			made.node.Items = append(made.node.Items, got.node)
			made.open = made.open || got.open
		}
	}
	for _, e := range n.Entries {
		if err := v.spend(len(e.Key), n); err != nil {
			return result{}, err
		}
		got, err := v.eval(e.Value)
		if err != nil {
			return result{}, err
		}
		if got.node != nil {
			made.node.Entries = append(made.node.Entries, Entry{Key: e.Key, Value: got.node, Line: e.Line, Column: e.Column})
			made.open = made.open || got.open
		}
	}
	return made, nil
}

func (v *evaluator) call(n *Node) (result, error) {
	switch n.Text {
	case "Ref":
		return v.ref(n, n.Arg().Text)
	case "Fn::GetAtt":
		return v.getAtt(n)
	case "Fn::If":
		return v.eval(v.branch(n))
	case "Fn::Sub":
		return v.sub(n)
	case "Fn::Join":
		return v.join(n)
	case "Fn::Select":
		return v.pick(n)
	case "Fn::Split":
		return v.split(n)
	case "Fn::FindInMap":
		return v.findInMap(n)
	case "Fn::Base64":
		return v.base64(n)
	case "Fn::Cidr":
		return v.cidr(n)
	case "Fn::GetAZs":
		return v.zones(n)
	case "Fn::ImportValue":
		return v.importValue(n)
	}
	return result{}, n.errorf("Template error: %s gives no value.", n.Text)
}

// ref is the value of a parameter, a pseudo parameter or a resource.
func (v *evaluator) ref(at *Node, name string) (result, error) {
	switch {
	case name == "AWS::NoValue":
		return result{}, nil
	case name == "AWS::NotificationARNs":
		return v.texts(v.scope.Pseudo.NotificationARNs, at)
	case pseudoParameters[name]:
		return v.text(v.scope.Pseudo.get(name), at)
	}
	if p := v.t.parameter[name]; p != nil {
		b := v.bound[name]
		if p.IsList() {
			return v.texts(p.content(b.Resolved), at)
		}
		return v.text(b.Resolved, at)
	}
	if made, ok := v.made(name); ok {
		return v.text(made.PhysicalID, at)
	}
	return v.wait(at, name, call1("Ref", Text(name), at))
}

// wait leaves a function standing until the resource is made.
func (v *evaluator) wait(at *Node, id string, f *Node) (result, error) {
	if v.strict {
		return result{}, fmt.Errorf("template: resource %s is needed before it is made, at line %d", id, at.Line)
	}
	if err := v.spend(3*nodePrice+len(id), at); err != nil {
		return result{}, err
	}
	return result{node: f, open: true}, nil
}

func call1(name string, arg, at *Node) *Node {
	return &Node{Kind: Function, Text: name, Items: []*Node{arg}, Line: at.Line, Column: at.Column}
}

func (v *evaluator) getAtt(n *Node) (result, error) {
	arg := n.Arg().Items
	name, err := v.eval(arg[1])
	if err != nil {
		return result{}, err
	}
	if !name.node.is(Scalar) {
		return result{}, n.errorf("%s", functions["Fn::GetAtt"].text)
	}
	return v.attribute(n, arg[0].Text, name.node.Text)
}

func (v *evaluator) attribute(at *Node, id, name string) (result, error) {
	made, ok := v.made(id)
	if value := made.Attributes[name]; ok && value != nil {
		return v.take(value, at)
	}
	if ok && v.strict {
		return result{}, at.errorf("Template error: resource %s does not support attribute type %s in Fn::GetAtt", id, name)
	}
	return v.wait(at, id+"."+name, call1("Fn::GetAtt", Texts(id, name), at))
}

// arguments evaluates the list of a function's arguments. If one is open the function is returned with what is known.
func (v *evaluator) arguments(n *Node) (args []result, left result, err error) {
	rest := &Node{Kind: List, Line: n.Line, Column: n.Column}
	for _, item := range n.Arg().Items {
		got, err := v.eval(item)
		if err != nil {
			return nil, result{}, err
		}
		if got.node == nil { // AWS::NoValue stands for nothing where something must stand
			return nil, result{}, n.errorf("%s", functions[n.Text].text)
		}
		args = append(args, got)
		rest.Items = append(rest.Items, got.node)
		left.open = left.open || got.open
	}
	if left.open {
		left.node = call1(n.Text, rest, n)
	}
	return args, left, nil
}

// argument evaluates the only argument of a function, which is a text.
func (v *evaluator) argument(n *Node) (text string, left result, err error) {
	got, err := v.eval(n.Arg())
	switch {
	case err != nil:
		return "", result{}, err
	case got.open:
		return "", result{node: call1(n.Text, got.node, n), open: true}, nil
	case !got.node.is(Scalar):
		return "", result{}, n.errorf("%s", functions[n.Text].text)
	}
	return got.node.Text, result{}, nil
}

func (v *evaluator) zones(n *Node) (result, error) {
	region, left, err := v.argument(n)
	if err != nil || left.open {
		return left, err
	}
	if region == "" {
		region = v.scope.Pseudo.Region
	}
	if v.scope.Zones == nil {
		return result{}, n.errorf("Template error: Fn::GetAZs cannot be evaluated, the availability zones of %s are not known.", region)
	}
	zones, err := v.scope.Zones(region)
	if err != nil {
		return result{}, fmt.Errorf("list the availability zones of %s: %w", region, err)
	}
	return v.texts(zones, n)
}

func (v *evaluator) importValue(n *Node) (result, error) {
	name, left, err := v.argument(n)
	if err != nil || left.open {
		return left, err
	}
	found, value := false, ""
	if v.scope.Import != nil {
		if value, found, err = v.scope.Import(name); err != nil {
			return result{}, fmt.Errorf("look up export %s: %w", name, err)
		}
	}
	if !found {
		return result{}, n.errorf("No export named %s found", name)
	}
	v.imports = append(v.imports, name)
	return v.text(value, n)
}

// dynamic replaces the dynamic references in n, a value that is known.
func (v *evaluator) dynamic(n *Node) (*Node, error) {
	if n.Kind == Scalar {
		return v.dynamicText(n)
	}
	made := *n
	made.index = nil
	made.Items, made.Entries = slices.Clone(n.Items), slices.Clone(n.Entries)
	for i, item := range made.Items {
		got, err := v.dynamic(item)
		if err != nil {
			return nil, err
		}
		made.Items[i] = got
	}
	for i, e := range made.Entries {
		got, err := v.dynamic(e.Value)
		if err != nil {
			return nil, err
		}
		made.Entries[i].Value = got
	}
	return &made, nil
}

func (v *evaluator) dynamicText(n *Node) (*Node, error) {
	const open, end = "{{resolve:", "}}"
	if !strings.Contains(n.Text, open) {
		return n, nil
	}
	var b strings.Builder
	rest := n.Text
	for {
		before, after, found := strings.Cut(rest, open)
		reference, tail, closed := strings.Cut(after, end)
		if !found || !closed {
			b.WriteString(rest)
			break
		}
		reference = "resolve:" + reference
		if v.scope.Dynamic == nil {
			return nil, n.errorf("Template error: dynamic references are not supported: {{%s}}", reference)
		}
		value, err := v.scope.Dynamic(reference)
		if err != nil {
			return nil, fmt.Errorf("replace {{%s}}: %w", reference, err)
		}
		if err := v.spend(len(before)+len(value), n); err != nil {
			return nil, err
		}
		b.WriteString(before + value)
		rest = tail
	}
	made := *n
	made.Text, made.Type = b.String(), String
	return &made, nil
}
