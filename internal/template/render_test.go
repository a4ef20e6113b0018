package template

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The generators draw trees as Read and lift leave them, without places.

func text(s string) *Node { return &Node{Kind: Scalar, Text: s} }

func call(name string, arg *Node) *Node {
	return &Node{Kind: Function, Text: name, Items: []*Node{arg}}
}

func items(n ...*Node) *Node { return &Node{Kind: List, Items: n} }

func object(kv ...any) *Node {
	n := &Node{Kind: Map}
	for i := 0; i < len(kv); i += 2 {
		n.Entries = append(n.Entries, Entry{Key: kv[i].(string), Value: kv[i+1].(*Node)})
	}
	return n
}

var (
	anyRune = rapid.SampledFrom([]rune("abzAZ019 _-./:#'\"\\{}[],&*!|>%@`?\t\nä\u0085\u2028\ufeffﬀ📦\x01"))
	word    = rapid.StringMatching(`[A-Za-z][A-Za-z0-9]{0,5}`)
	scalar  = rapid.Custom(func(t *rapid.T) *Node {
		switch rapid.IntRange(0, 5).Draw(t, "scalar") {
		case 0:
			return &Node{Kind: Scalar, Type: Number, Text: rapid.StringMatching(`-?(0|[1-9][0-9]{0,4})(\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?`).Draw(t, "number")}
		case 1:
			return &Node{Kind: Scalar, Type: Bool, Text: rapid.SampledFrom([]string{"true", "false"}).Draw(t, "bool")}
		case 2:
			return text(rapid.SampledFrom([]string{"", "010", "2010-09-09", "null", "~", "true", "5", "1_000", "<<", "=", "yes", "-", "- a", "a: b", "a #b", " a ", "line\nline\n"}).Draw(t, "odd"))
		case 3:
			return text(rapid.StringOf(anyRune).Draw(t, "text"))
		default:
			return text(word.Draw(t, "word"))
		}
	})
)

// anyValue draws a property's value; functions refer to the parameter P and the resource R0.
func anyValue(t *rapid.T, depth int) *Node {
	kind := rapid.IntRange(0, 9).Draw(t, "kind")
	if depth == 0 {
		kind %= 4
	}
	switch kind {
	case 0, 1:
		return scalar.Draw(t, "scalar")
	case 2:
		return call("Ref", text(rapid.SampledFrom([]string{"P", "R0", "AWS::NoValue"}).Draw(t, "ref")))
	case 3:
		return call("Fn::GetAtt", items(text("R0"), text(rapid.SampledFrom([]string{"Arn", "Outputs.X"}).Draw(t, "attribute"))))
	case 4:
		return call("Fn::Sub", items(text("${P} ${V} ${!L} ${R0.Arn}"), object("V", anyValue(t, depth-1))))
	case 5:
		return call("Fn::If", items(text("C"), anyValue(t, depth-1), anyValue(t, depth-1)))
	case 6:
		return call("Fn::Join", items(text(rapid.StringOf(anyRune).Draw(t, "delimiter")), items(anyValue(t, depth-1))))
	case 7:
		return call("Fn::Base64", call("Fn::Sub", text("${AWS::Region}: "+word.Draw(t, "text"))))
	case 8:
		n := items()
		for range rapid.IntRange(0, 3).Draw(t, "items") {
			n.Items = append(n.Items, anyValue(t, depth-1))
		}
		return n
	default:
		n := object()
		for _, key := range rapid.SliceOfNDistinct(rapid.OneOf(word, rapid.StringOf(anyRune)), 0, 20, rapid.ID).Draw(t, "keys") {
			if key != "Ref" && !hasFnPrefix(key) {
				n.Entries = append(n.Entries, Entry{Key: key, Value: anyValue(t, min(depth-1, 1))})
			}
		}
		return n
	}
}

func anyTemplate(t *rapid.T) *Node {
	res := object("R0", object("Type", text("AWS::S3::Bucket")))
	for i := range rapid.IntRange(0, 3).Draw(t, "resources") {
		props := object("V", anyValue(t, 4), "W", anyValue(t, 2))
		res.Entries = append(res.Entries, object(fmt.Sprintf("R%d", i+1), object("Type", text("Custom::Any"), "Properties", props)).Entries...)
	}
	return object("Parameters", object("P", object("Type", text("String"), "Default", scalar.Draw(t, "default"))),
		"Conditions", object("C", call("Fn::Not", items(call("Fn::Equals", items(call("Ref", text("P")), scalar.Draw(t, "compared")))))),
		"Resources", res,
		"Outputs", object("O", object("Value", rapid.OneOf(scalar, rapid.Just(call("Ref", text("R0")))).Draw(t, "output"))))
}

// yamlText renders n with styles drawn at random.
type yamlText struct {
	*rapid.T
	strings.Builder
}

func (y *yamlText) flip(what string) bool { return rapid.Bool().Draw(y.T, what) }

var plain = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9/.]*$`)

func (y *yamlText) quoted(s string) string {
	switch {
	case plain.MatchString(s) && typeOf(truth(s)) == String && !strings.EqualFold(s, "null") && y.flip("plain"):
		return s
	case !strings.ContainsAny(s, "\n\t\u0085\u2028\ufeff\x01") && y.flip("single"):
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	default:
		return strconv.QuoteToASCII(s)
	}
}

// value writes n after what stands on the line already; indent < 0 is flow style.
func (y *yamlText) value(n *Node, indent int) {
	flow := indent < 0 || y.flip("flow")
	switch n.Kind {
	case Scalar:
		if n.Type != String {
			y.WriteString(" " + n.Text)
			return
		}
		y.WriteString(" " + y.quoted(n.Text))
	case Function:
		y.function(n, indent)
	case List:
		if flow || len(n.Items) == 0 {
			y.sequence(n, -1, " [", ",", "]")
			return
		}
		y.sequence(n, indent+2, "", "", "")
	case Map:
		if flow || len(n.Entries) == 0 {
			y.mapping(n, -1, " {", ",", "}")
			return
		}
		y.mapping(n, indent+2, "", "", "")
	}
}

func (y *yamlText) line(indent int) {
	if indent >= 0 {
		y.WriteString("\n" + strings.Repeat(" ", indent))
	}
}

func (y *yamlText) sequence(n *Node, indent int, open, between, end string) {
	y.WriteString(open)
	for i, item := range n.Items {
		y.line(indent)
		if indent >= 0 {
			y.WriteString("-")
		}
		y.value(item, indent)
		if i < len(n.Items)-1 {
			y.WriteString(between)
		}
	}
	y.WriteString(end)
}

func (y *yamlText) mapping(n *Node, indent int, open, between, end string) {
	y.WriteString(open)
	for i, e := range n.Entries {
		y.line(indent)
		if indent < 0 {
			y.WriteString(" ")
		}
		y.WriteString(y.quoted(e.Key) + ":")
		y.value(e.Value, indent)
		if i < len(n.Entries)-1 {
			y.WriteString(between)
		}
	}
	y.WriteString(end)
}

func (y *yamlText) function(n *Node, indent int) {
	arg := n.Arg()
	if arg.Kind == Function || !y.flip("short") { // two tags cannot stand together
		y.value(object(n.Text, arg), indent)
		return
	}
	y.WriteString(" !" + strings.TrimPrefix(n.Text, "Fn::"))
	if n.Text == "Fn::GetAtt" && y.flip("dotted") {
		arg = text(arg.Items[0].Text + "." + arg.Items[1].Text)
	}
	y.value(arg, indent)
}

func TestSameTree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyTemplate(t)
		y := &yamlText{T: t}
		y.mapping(want, 0, "---", "", "\n")
		fromYAML, err := Parse([]byte(y.String()))
		if err != nil {
			t.Fatalf("%v in YAML\n%s", err, y.String())
		}
		j := want.JSON()
		if !json.Valid([]byte(j)) {
			t.Fatalf("not JSON: %s", j)
		}
		fromJSON, err := Parse([]byte(j))
		if err != nil {
			t.Fatalf("%v in JSON\n%s", err, j)
		}
		if diff := differ(want, fromYAML.root); diff != "" {
			t.Errorf("C-PA-6: YAML reads differently: %s\n%s", diff, y.String())
		}
		if diff := differ(want, fromJSON.root); diff != "" {
			t.Errorf("C-PA-6: JSON reads differently: %s\n%s", diff, j)
		}
	})
}
