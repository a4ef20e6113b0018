package template

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// piece is a stretch of a Fn::Sub text: literal, or the name of a variable.
type piece struct {
	text     string
	variable bool
}

// pieces cuts a Fn::Sub text at its variables. ${!x} is the literal ${x}; a brace never closed is literal.
func pieces(text string) []piece {
	var cut []piece
	literal := func(s string) {
		if s != "" {
			cut = append(cut, piece{text: s})
		}
	}
	for {
		before, rest, found := strings.Cut(text, "${")
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			literal(text)
			return cut
		}
		literal(before)
		if escaped, ok := strings.CutPrefix(name, "!"); ok {
			literal("${" + escaped + "}")
		} else {
			cut = append(cut, piece{text: strings.TrimSpace(name), variable: true})
		}
		text = after
	}
}

// sub puts values in the place of variables. What is left open is a Fn::Join of the parts.
func (v *evaluator) sub(n *Node) (result, error) {
	text, defined := n.Arg(), map[string]result{}
	if text.is(List) {
		for _, e := range n.Arg().Items[1].Entries {
			got, err := v.eval(e.Value)
			if err != nil {
				return result{}, err
			}
			defined[e.Key] = got
		}
		text = n.Arg().Items[0]
	}
	var parts []*Node
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			parts = append(parts, Text(b.String()))
			b.Reset()
		}
	}
	for _, p := range pieces(text.Text) {
		got := result{node: Text(p.text)}
		if p.variable {
			var err error
			if got, err = v.variable(p.text, defined, text); err != nil {
				return result{}, err
			}
		}
		switch {
		case got.open:
			flush()
			parts = append(parts, got.node)
			continue
		case got.node == nil: // AWS::NoValue
			continue
		case !got.node.is(Scalar):
			return result{}, text.errorf("Template error: variable %s in Fn::Sub expression does not resolve to a string", p.text)
		}
		if err := v.spend(len(got.node.Text), text); err != nil {
			return result{}, err
		}
		b.WriteString(got.node.Text)
	}
	if parts == nil {
		return v.text(b.String(), n)
	}
	flush()
	return result{node: call1("Fn::Join", &Node{Kind: List, Items: []*Node{Text(""), {Kind: List, Items: parts}}}, n), open: true}, nil
}

func (v *evaluator) variable(name string, defined map[string]result, at *Node) (result, error) {
	if got, ok := defined[name]; ok {
		return got, nil
	}
	if id, attribute, ok := strings.Cut(name, "."); ok {
		return v.attribute(at, id, attribute)
	}
	return v.ref(at, name)
}

func (v *evaluator) join(n *Node) (result, error) {
	args, left, err := v.arguments(n)
	if err != nil || left.open {
		return left, err
	}
	delimiter, list := args[0].node, args[1].node
	fits := delimiter.is(Scalar) && list.is(List)
	var b strings.Builder
	for i, item := range list.Items {
		if fits = fits && item.is(Scalar); !fits {
			break
		}
		if i > 0 {
			b.WriteString(delimiter.Text)
		}
		if err := v.spend(len(delimiter.Text)+len(item.Text), n); err != nil {
			return result{}, err
		}
		b.WriteString(item.Text)
	}
	if !fits {
		return result{}, n.errorf("%s", functions["Fn::Join"].text)
	}
	return v.text(b.String(), n)
}

// pick is Fn::Select. It does not wait for the other items of a list it sees.
func (v *evaluator) pick(n *Node) (result, error) {
	args, left, err := v.arguments(n)
	if err != nil {
		return result{}, err
	}
	index, list := args[0].node, args[1].node
	if args[0].open || list.Kind == Function {
		return left, nil
	}
	i, err := strconv.Atoi(index.Text)
	if !index.is(Scalar) || !list.is(List) || err != nil {
		return result{}, n.errorf("%s", functions["Fn::Select"].text)
	}
	if i < 0 || i >= len(list.Items) {
		return result{}, n.errorf("Template error: Fn::Select cannot select nonexistent value at index %d", i)
	}
	return result{node: list.Items[i], open: list.Items[i].waits()}, nil
}

// waits reports whether a function is left in n.
func (n *Node) waits() bool {
	found := n.Kind == Function
	n.children(func(c *Node) { found = found || c.waits() })
	return found
}

func (v *evaluator) split(n *Node) (result, error) {
	args, left, err := v.arguments(n)
	if err != nil || left.open {
		return left, err
	}
	delimiter, source := args[0].node, args[1].node
	if !delimiter.isText() || !source.is(Scalar) {
		return result{}, n.errorf("%s", functions["Fn::Split"].text)
	}
	if err := v.spend(nodePrice*strings.Count(source.Text, delimiter.Text), n); err != nil {
		return result{}, err
	}
	return v.texts(strings.Split(source.Text, delimiter.Text), n)
}

func (v *evaluator) base64(n *Node) (result, error) {
	text, left, err := v.argument(n)
	if err != nil || left.open {
		return left, err
	}
	return v.text(base64.StdEncoding.EncodeToString([]byte(text)), n)
}

// findInMap looks a value up in a mapping. The default is evaluated if it is needed.
func (v *evaluator) findInMap(n *Node) (result, error) {
	var keys [3]string
	arg := n.Arg().Items
	for i := range keys {
		got, err := v.eval(arg[i])
		if err != nil {
			return result{}, err
		}
		if !got.node.is(Scalar) {
			return result{}, n.errorf("%s", functions["Fn::FindInMap"].text)
		}
		keys[i] = got.node.Text
	}
	for i := range v.t.mappings {
		if m := &v.t.mappings[i]; m.Name == keys[0] {
			if value := m.Keys.Get(keys[1]).Get(keys[2]); value != nil {
				return v.take(value, n)
			}
		}
	}
	if len(arg) == 4 {
		return v.eval(arg[3].Entries[0].Value)
	}
	return result{}, n.errorf("Template error: Unable to get mapping for %s::%s::%s", keys[0], keys[1], keys[2])
}
