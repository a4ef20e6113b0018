package template

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of a template. A text within MaxBytes may still be refused for what its YAML aliases expand to.
const (
	MaxBytes = 1 << 20 // of text
	MaxDepth = 100     // of nesting
	MaxNodes = 200_000 // after aliases are expanded

	maxText = 4 * MaxBytes // of all scalars and keys after aliases are expanded
)

// Read reads a JSON or YAML document, whichever the content is, without asking what it means. (C-PA-6)
// Functions in YAML's short form are Function nodes; in the long form they stay maps until a section gives them
// meaning.
func Read(text []byte) (*Node, error) {
	top := &Node{Line: 1, Column: 1}
	if len(text) > MaxBytes {
		return nil, top.errorf("Template may not exceed %d bytes in size.", MaxBytes)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !utf8.Valid(text) {
		return nil, invalidUTF8(text)
	}
	body := bytes.TrimLeft(text, " \t\r\n")
	if len(body) == 0 {
		return nil, top.errorf("Template format error: unsupported structure.")
	}
	if body[0] != '{' {
		return readYAML(text)
	}
	root, err := readJSON(text)
	if !errors.Is(err, errNotJSON) {
		return root, err
	}
	if root, yamlErr := readYAML(text); yamlErr == nil {
		return root, nil // a YAML flow mapping
	}
	return nil, err
}

func invalidUTF8(text []byte) error {
	at := place{line: 1, column: 1}
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if r == utf8.RuneError && size == 1 {
			break
		}
		at.pass(text[:size])
		text = text[size:]
	}
	return at.node().errorf("Template format error: the text is not valid UTF-8.")
}

// place is a position in a text, moved along with it.
type place struct{ line, column int }

func (p *place) pass(text []byte) {
	for _, c := range text {
		switch {
		case c == '\n':
			p.line++
			p.column = 1
		case utf8.RuneStart(c):
			p.column++
		}
	}
}

func (p place) node() *Node { return &Node{Line: p.line, Column: p.column} }

// builder holds a document under construction to the limits, and knows the way to the value being read.
type builder struct {
	nodes, text int
	path        []string
}

// add counts n and its text.
func (b *builder) add(n *Node) error {
	b.nodes++
	b.text += len(n.Text)
	switch {
	case b.nodes > MaxNodes:
		return n.errorf("Template format error: the template has more than %d values.", MaxNodes)
	case b.text > maxText:
		return n.errorf("Template format error: the template's text exceeds %d bytes once its aliases are expanded.", maxText)
	}
	return nil
}

func (b *builder) enter(n *Node, step string) error {
	if len(b.path) == MaxDepth {
		return n.errorf("Template format error: the template is nested deeper than %d levels.", MaxDepth)
	}
	b.path = append(b.path, step)
	b.text += len(step)
	return nil
}

func (b *builder) leave() { b.path = b.path[:len(b.path)-1] }

func (b *builder) where() string { return "/" + strings.Join(b.path, "/") }

func (b *builder) null(n *Node) error {
	return n.errorf("[%s] 'null' values are not allowed in templates", b.where())
}

// put appends a member to the map n. It refuses the second of two equal keys: readers usually let the last one win,
// which hides a mistake.
func (n *Node) put(e Entry) error {
	const small = 16
	at, twice := 0, false
	if n.index != nil {
		at, twice = n.index[e.Key]
	} else {
		at = slices.IndexFunc(n.Entries, func(o Entry) bool { return o.Key == e.Key })
		twice = at >= 0
	}
	if twice {
		first := n.Entries[at]
		return e.errorf("Template format error: Duplicate key '%s', first used at line %d, column %d.", e.Key, first.Line, first.Column)
	}
	n.Entries = append(n.Entries, e)
	switch {
	case n.index != nil:
		n.index[e.Key] = len(n.Entries) - 1
	case len(n.Entries) > small:
		n.index = make(map[string]int, 2*len(n.Entries))
		for i, o := range n.Entries {
			n.index[o.Key] = i
		}
	}
	return nil
}
