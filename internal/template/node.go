package template

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Kind is the shape of a Node.
type Kind int

// The shapes. Templates know no null.
const (
	Map Kind = iota + 1
	List
	Scalar
	Function // an intrinsic function, whichever way it was written
)

// Type is what a scalar is, judged from its text; CloudFormation turns most of them into strings later.
type Type int

// The scalar types. A date, 010, 0x1F and yes are strings: their text is kept.
const (
	String Type = iota
	Number
	Bool
)

// Node is one value of a template, the same for JSON and YAML and for short and long function names.
type Node struct {
	Kind    Kind
	Type    Type    // of a scalar
	Quoted  bool    // a scalar written in quotes or as a block; it says nothing about the value
	Text    string  // a scalar's text as written; a function's long name, such as Fn::GetAtt
	Entries []Entry // of a map, in the order written, keys unique
	Items   []*Node // of a list; a function has its argument as the only item

	Line, Column int

	index map[string]int // of a large map: where in Entries each key is
}

// Entry is one member of a map, placed at its key.
type Entry struct {
	Key          string
	Value        *Node
	Line, Column int
}

// Get returns the member named key, or nil.
func (n *Node) Get(key string) *Node {
	if n == nil || n.Kind != Map {
		return nil
	}
	if n.index != nil {
		if i, ok := n.index[key]; ok {
			return n.Entries[i].Value
		}
		return nil
	}
	for _, e := range n.Entries {
		if e.Key == key {
			return e.Value
		}
	}
	return nil
}

// Arg is the argument of a function.
func (n *Node) Arg() *Node { return n.Items[0] }

func (n *Node) is(k Kind) bool { return n != nil && n.Kind == k }

// isFunction reports whether n is one of the named functions.
func (n *Node) isFunction(names ...string) bool {
	if !n.is(Function) {
		return false
	}
	for _, name := range names {
		if n.Text == name {
			return true
		}
	}
	return false
}

// isText reports whether n is a scalar with a text.
func (n *Node) isText() bool { return n.is(Scalar) && n.Text != "" }

// children calls f for every value directly under n.
func (n *Node) children(f func(*Node)) {
	for _, e := range n.Entries {
		f(e.Value)
	}
	for _, i := range n.Items {
		f(i)
	}
}

// JSON renders n with long function names, members in the order written.
func (n *Node) JSON() string {
	var b bytes.Buffer
	n.render(&b)
	return b.String()
}

func (n *Node) render(b *bytes.Buffer) {
	switch n.Kind {
	case Map:
		b.WriteByte('{')
		for i, e := range n.Entries {
			if i > 0 {
				b.WriteByte(',')
			}
			quote(b, e.Key)
			b.WriteByte(':')
			e.Value.render(b)
		}
		b.WriteByte('}')
	case List:
		b.WriteByte('[')
		for i, item := range n.Items {
			if i > 0 {
				b.WriteByte(',')
			}
			item.render(b)
		}
		b.WriteByte(']')
	case Function:
		b.WriteByte('{')
		quote(b, n.Text)
		b.WriteByte(':')
		n.Arg().render(b)
		b.WriteByte('}')
	case Scalar:
		if n.Type == String {
			quote(b, n.Text)
			return
		}
		b.WriteString(n.Text)
	}
}

// quote leaves <, > and & alone: templates are not HTML.
func quote(b *bytes.Buffer, s string) {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic("template: a string has no JSON form: " + err.Error())
	}
	b.Truncate(b.Len() - 1) // Encode ends with a newline
}

// typeOf judges a text that was written without quotes. Numbers are those of JSON, so that 010 and 1_000 stay what
// their author wrote, and booleans are true and false: truth has made them so of YAML 1.1's yes and on.
func typeOf(text string) Type {
	switch text {
	case "true", "True", "TRUE", "false", "False", "FALSE":
		return Bool
	}
	if isNumber(text) {
		return Number
	}
	return String
}

// isNumber reports whether s is a number by JSON's grammar.
func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole, rest := digits(s)
	if whole == "" || whole[0] == '0' && len(whole) > 1 {
		return false
	}
	if strings.HasPrefix(rest, ".") {
		var part string
		if part, rest = digits(rest[1:]); part == "" {
			return false
		}
	}
	if rest == "" {
		return true
	}
	if rest[0] != 'e' && rest[0] != 'E' {
		return false
	}
	rest = rest[1:]
	if rest != "" && (rest[0] == '+' || rest[0] == '-') {
		rest = rest[1:]
	}
	exp, rest := digits(rest)
	return exp != "" && rest == ""
}

func digits(s string) (head, rest string) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return s[:i], s[i:]
}
