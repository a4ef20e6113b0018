package template

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// yamlReader turns a YAML node tree into ours and expands its aliases.
type yamlReader struct {
	builder
	open map[*yaml.Node]bool // anchors being expanded
}

func readYAML(text []byte) (*Node, error) {
	doc, second, err := decode(text)
	switch {
	case err != nil:
		return nil, notYAML(text, err)
	case second != nil:
		return nil, at(second).errorf("Template format error: YAML not well-formed: only one document is allowed.")
	case doc == nil:
		return nil, (&Node{Line: 1, Column: 1}).errorf("Template format error: unsupported structure.")
	}
	r := yamlReader{open: map[*yaml.Node]bool{}}
	return r.value(doc.Content[0])
}

// decode reads the first document of text and the second, which should not be there.
func decode(text []byte) (doc, second *yaml.Node, err error) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	for _, into := range []**yaml.Node{&doc, &second} {
		n := new(yaml.Node)
		if err = dec.Decode(n); errors.Is(err, io.EOF) {
			return doc, second, nil
		}
		if err != nil {
			return nil, nil, err
		}
		*into = n
	}
	return doc, second, nil
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// notYAML places an error of the YAML parser at the first character of the line it is found on.
func notYAML(text []byte, err error) error {
	m := yamlLine.FindStringSubmatch(err.Error())
	problem := strings.TrimPrefix(err.Error(), m[0])
	said, _ := strconv.Atoi(m[1])
	lines := bytes.SplitAfter(text, []byte("\n"))
	n := &Node{Line: problemLine(lines, problem, said)}
	line := lines[n.Line-1]
	indent := line[:len(line)-len(bytes.TrimLeft(line, " \t"))]
	n.Column = len(indent) + 1
	if bytes.IndexByte(indent, '\t') >= 0 {
		problem = "a tab must not be used to indent"
	}
	return n.errorf("Template format error: YAML not well-formed: %s.", problem)
}

// problemLine finds the line that brings a problem about: with the lines before it alone there is another or none.
// The parser itself tells where the structure begins that the problem is in, often the first line of all.
func problemLine(lines [][]byte, problem string, said int) int {
	const worthwhile = 128 << 10
	text := bytes.Join(lines, nil)
	if len(text) <= worthwhile {
		ends, end := make([]int, len(lines)), 0
		for i, l := range lines {
			end += len(l)
			ends[i] = end
		}
		said = 1 + sort.Search(len(lines), func(i int) bool {
			_, _, err := decode(text[:ends[i]])
			return err != nil && strings.HasSuffix(err.Error(), problem)
		})
	}
	return min(max(said, 1), len(lines))
}

func at(y *yaml.Node) *Node { return &Node{Line: y.Line, Column: y.Column} }

func (r *yamlReader) value(y *yaml.Node) (*Node, error) {
	n := at(y)
	if y.Kind == yaml.AliasNode {
		return r.alias(y)
	}
	if name, ok := shortTags[y.Tag]; ok {
		return r.function(y, name)
	}
	switch y.Kind {
	case yaml.MappingNode:
		n.Kind = Map
	case yaml.SequenceNode:
		n.Kind = List
	default:
		return r.scalar(y)
	}
	if tag := y.ShortTag(); tag != "!!map" && tag != "!!seq" {
		return nil, n.errorf("Template format error: YAML tag %s is not supported.", y.Tag)
	}
	if err := r.add(n); err != nil {
		return nil, err
	}
	if n.Kind == Map {
		return n, r.members(n, y)
	}
	return n, r.items(n, y)
}

// alias expands what an anchor names as if it were written here. CloudFormation refuses aliases; they cost nothing here.
func (r *yamlReader) alias(y *yaml.Node) (*Node, error) {
	if r.open[y.Alias] {
		return nil, at(y).errorf("Template format error: YAML anchor '%s' contains itself.", y.Value)
	}
	r.open[y.Alias] = true
	defer delete(r.open, y.Alias)
	return r.value(y.Alias)
}

// function reads a value with a short tag as the function it stands for.
func (r *yamlReader) function(y *yaml.Node, name string) (*Node, error) {
	n := at(y)
	n.Kind, n.Text = Function, name
	if err := r.add(n); err != nil {
		return nil, err
	}
	if err := r.enter(n, name); err != nil {
		return nil, err
	}
	defer r.leave()
	plain := *y
	plain.Tag = ""
	if y.Kind == yaml.ScalarNode {
		plain.Tag = "!!str" // an empty one is text too: !GetAZs ''
		plain.Style |= yaml.TaggedStyle
	}
	arg, err := r.value(&plain)
	if err != nil {
		return nil, err
	}
	n.Items = []*Node{argument(name, arg)}
	return n, nil
}

func (r *yamlReader) scalar(y *yaml.Node) (*Node, error) {
	n := at(y)
	n.Kind, n.Text = Scalar, y.Value
	n.Quoted = y.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	switch tag := y.ShortTag(); tag {
	case "!!null":
		return nil, r.null(n)
	case "!!str", "!!int", "!!float", "!!bool", "!!timestamp", "!!merge":
		tagged := y.Style&yaml.TaggedStyle != 0
		if tagged && tag != "!!str" || !tagged && !n.Quoted {
			n.Text = truth(n.Text)
			n.Type = typeOf(n.Text)
		}
	default:
		return nil, n.errorf("Template format error: YAML tag %s is not supported.", y.Tag)
	}
	if n.Type == Bool {
		n.Text = strings.ToLower(n.Text)
	}
	return n, r.add(n)
}

// truth is true or false for the words that YAML 1.1 has for them besides, as CloudFormation reads them: yes and no, on and off
// in three spellings each. It takes single letters for texts.
func truth(text string) string {
	switch text {
	case "yes", "Yes", "YES", "on", "On", "ON":
		return "true"
	case "no", "No", "NO", "off", "Off", "OFF":
		return "false"
	}
	return text
}

func (r *yamlReader) members(n *Node, y *yaml.Node) error {
	for i := 0; i+1 < len(y.Content); i += 2 {
		e, err := r.key(y.Content[i])
		if err != nil {
			return err
		}
		if e.Value, err = r.child(n, e.Key, y.Content[i+1]); err != nil {
			return err
		}
		if err := n.put(e); err != nil {
			return err
		}
	}
	return nil
}

// key accepts strings only, as CloudFormation does: an account id as a key has to be quoted.
func (r *yamlReader) key(y *yaml.Node) (Entry, error) {
	n := at(y)
	e := Entry{Line: y.Line, Column: y.Column}
	if y.Kind == yaml.AliasNode {
		y = y.Alias
	}
	e.Key = y.Value
	if y.Style == 0 && len(r.path) > 0 && r.path[0] == "Mappings" { // what asks for them is a value, and reads so
		e.Key = truth(y.Value)
	}
	received := ""
	switch _, short := shortTags[y.Tag]; {
	case short, y.Kind == yaml.MappingNode:
		received = "a map"
	case y.Kind == yaml.SequenceNode:
		received = "a list"
	case y.ShortTag() == "!!merge":
		return e, n.errorf("Template format error: YAML merge keys (<<) are not supported.")
	case y.ShortTag() == "!!null":
		received = "null"
	case y.ShortTag() == "!!int", y.ShortTag() == "!!float":
		received = "numeric [" + y.Value + "]"
	}
	if received != "" {
		return e, n.errorf("Template format error: [%s] map keys must be strings; received %s instead", r.where(), received)
	}
	return e, nil
}

func (r *yamlReader) items(n *Node, y *yaml.Node) error {
	for i, c := range y.Content {
		item, err := r.child(n, strconv.Itoa(i), c)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item)
	}
	return nil
}

func (r *yamlReader) child(n *Node, step string, y *yaml.Node) (*Node, error) {
	if err := r.enter(n, step); err != nil {
		return nil, err
	}
	defer r.leave()
	return r.value(y)
}
