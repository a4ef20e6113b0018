package access

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"portico/internal/fault"
)

// What a policy document may be at most, of any kind. The quotas of each kind are smaller and their services' to check.
const (
	maxDocument = 128 << 10 // bytes
	maxDepth    = 12        // objects and lists within each other; a policy needs seven
	maxName     = 512       // bytes of the name of a member; keys of tags have 128 characters
)

// node is one value of a JSON document.
type node struct {
	kind    nodeKind
	text    string // of a string; of a number or boolean as it was written
	items   []node
	members []member
}

type nodeKind int

const (
	nullNode nodeKind = iota
	textNode
	scalarNode // a number or a boolean
	listNode
	objectNode
)

type member struct {
	name  string
	value node
}

// readDocument reads a JSON document. An object that names a member twice is refused: whoever reads it might take either.
func readDocument(document string) (node, error) {
	if len(document) > maxDocument {
		return node{}, malformed("the policy", "is too large")
	}
	if !utf8.ValidString(document) {
		return node{}, fault.Invalidf("This policy contains invalid Json: it is not UTF-8")
	}
	d := json.NewDecoder(strings.NewReader(document))
	d.UseNumber()
	n, err := readNode(d, "the policy", 0)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return n, nil
		}
		err = errors.Join(err, errors.New("text after the document"))
	}
	if _, ok := fault.Of(err); ok {
		return n, err
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("unexpected end of JSON input")
	}
	return n, fault.Invalidf("This policy contains invalid Json: %s", strings.ReplaceAll(err.Error(), "\n", ", "))
}

func readNode(d *json.Decoder, at string, depth int) (node, error) {
	if depth > maxDepth {
		return node{}, malformed(at, "is nested too deeply")
	}
	t, err := d.Token()
	if err != nil {
		return node{}, err
	}
	switch t := t.(type) {
	case string:
		return node{kind: textNode, text: t}, nil
	case json.Number:
		return node{kind: scalarNode, text: t.String()}, nil
	case bool:
		if t {
			return node{kind: scalarNode, text: "true"}, nil
		}
		return node{kind: scalarNode, text: "false"}, nil
	case json.Delim:
		if t == '[' {
			return readList(d, at, depth)
		}
		return readObject(d, at, depth)
	}
	return node{}, nil
}

func readList(d *json.Decoder, at string, depth int) (node, error) {
	n := node{kind: listNode}
	for d.More() {
		item, err := readNode(d, at+"["+strconv.Itoa(len(n.items))+"]", depth+1)
		if err != nil {
			return n, err
		}
		n.items = append(n.items, item)
	}
	_, err := d.Token()
	return n, err
}

func readObject(d *json.Decoder, at string, depth int) (node, error) {
	n := node{kind: objectNode}
	names := make(map[string]bool)
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return n, err
		}
		name, _ := t.(string)
		if len(name) > maxName {
			return n, malformed(at, "has an element whose name is too long")
		}
		if names[name] {
			return n, malformed(at, "has "+name+" twice")
		}
		names[name] = true
		place := name
		if depth > 0 {
			place = at + "." + name
		}
		value, err := readNode(d, place, depth+1)
		if err != nil {
			return n, err
		}
		n.members = append(n.members, member{name, value})
	}
	_, err := d.Token()
	return n, err
}

// object demands an object with no other members than the named ones; without names any are allowed.
func (n node) object(at string, names ...string) error {
	if n.kind != objectNode {
		return malformed(at, "must be a JSON object")
	}
	for _, m := range n.members {
		if len(names) > 0 && !slices.Contains(names, m.name) {
			return malformed(at+"."+m.name, "is not an element that this kind of policy has there")
		}
	}
	return nil
}

// member finds a member of an object.
func (n node) member(name string) (node, bool) {
	for _, m := range n.members {
		if m.name == name {
			return m.value, true
		}
	}
	return node{}, false
}

// list gives the items of a list, or a single value as a list of one.
func (n node) list() []node {
	if n.kind == listNode {
		return n.items
	}
	return []node{n}
}

// texts reads one string, number or boolean or a list of them, as policies write their values.
func (n node) texts(at string) ([]string, error) {
	items := n.list()
	if len(items) == 0 {
		return nil, malformed(at, "must not be empty")
	}
	out := make([]string, 0, len(items))
	for _, item := range items {
		if item.kind != textNode && item.kind != scalarNode {
			return nil, malformed(at, "must be a string or a list of strings")
		}
		out = append(out, item.text)
	}
	return out, nil
}

func malformed(at, rule string) error {
	return fault.Invalidf("Syntax error in policy: %s %s", at, rule)
}
