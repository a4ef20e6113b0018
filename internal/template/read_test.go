package template

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// outline writes down what a tree says, not where or in which quotes, a value a line.
func outline(n *Node) string {
	var b strings.Builder
	var walk func(n *Node, indent string)
	walk = func(n *Node, indent string) {
		switch n.Kind {
		case Scalar:
			fmt.Fprintf(&b, " %s %q\n", []string{"string", "number", "bool"}[n.Type], n.Text)
		case Function:
			fmt.Fprintf(&b, " %s of", n.Text)
			walk(n.Arg(), indent)
		case Map:
			b.WriteString(" map\n")
			for _, e := range n.Entries {
				fmt.Fprintf(&b, "%s%q:", indent, e.Key)
				walk(e.Value, indent+"  ")
			}
		case List:
			b.WriteString(" list\n")
			for _, item := range n.Items {
				b.WriteString(indent + "-")
				walk(item, indent+"  ")
			}
		}
	}
	walk(n, "")
	return b.String()
}

// differ compares two trees by what they say.
func differ(a, b *Node) string {
	if left, right := outline(a), outline(b); left != right {
		return cmp.Diff(left, right)
	}
	return ""
}

func nested(open, core, close string, n int) string {
	return strings.Repeat(open, n) + core + strings.Repeat(close, n)
}

func TestSyntax(t *testing.T) {
	testRefusals(t, []refusal{
		{"C-PA-6 nothing", " \n\t ", "Template format error: unsupported structure. (line 1, column 1)"},
		{"C-PA-6 only a comment", "# none\n", "Template format error: unsupported structure. (line 1, column 1)"},
		{"C-PA-6 a text", "template.yaml", "Template format error: unsupported structure. (line 1, column 1)"},
		{"C-PA-6 a list", "\n[]", "Template format error: unsupported structure. (line 2, column 1)"},
		{"C-PA-6 not UTF-8", "Resources:\n  ü\xff: 1", "Template format error: the text is not valid UTF-8. (line 2, column 4)"},
		{"C-PA-6 too large", strings.Repeat(" ", MaxBytes+1), "Template may not exceed 1048576 bytes in size. (line 1, column 1)"},

		{"C-PA-6 JSON broken off", "{\n \"Resources\": {", "Template format error: JSON not well-formed. (line 2, column 16)"},
		{"C-PA-6 JSON without a comma", "{\n \"a\": \"ü\" \"b\": 2}", "Template format error: JSON not well-formed. (line 2, column 11)"},
		{"C-PA-6 JSON without a value", `{"a"}`, "Template format error: JSON not well-formed. (line 1, column 5)"},
		{"C-PA-6 JSON with a tail", `{"Resources": {}} {}`, "Template format error: JSON not well-formed. (line 1, column 19)"},
		{"C-PA-6 JSON duplicate key", "{\"Resources\": {\"A\": {},\n \"A\": {}}}",
			"Template format error: Duplicate key 'A', first used at line 1, column 16. (line 2, column 2)"},
		{"C-PA-6 JSON null", `{"Outputs": {"O": {"Value": null}}}`, "[/Outputs/O/Value] 'null' values are not allowed in templates (line 1, column 29)"},
		{"C-PA-6 JSON too deep", nested(`{"a":`, "1", "}", 101), "Template format error: the template is nested deeper than 100 levels. (line 1, column 501)"},

		{"C-PA-6 YAML indentation", "Resources:\n  A:\n    Type: x\n   B: y\n", "Template format error: YAML not well-formed: did not find expected key. (line 4, column 4)"},
		{"C-PA-6 YAML two values on a line", "a: b: c\n", "Template format error: YAML not well-formed: mapping values are not allowed in this context. (line 1, column 1)"},
		{"C-PA-6 YAML tab", "Resources:\n\tA: 1\n", "Template format error: YAML not well-formed: a tab must not be used to indent. (line 2, column 2)"},
		{"C-PA-6 YAML two documents", bucket + "---\n" + bucket, "Template format error: YAML not well-formed: only one document is allowed. (line 2, column 1)"},
		{"C-PA-6 YAML broken second document", bucket + "---\n[", "Template format error: YAML not well-formed: did not find expected node content. (line 3, column 1)"},
		{"C-PA-6 YAML unknown anchor", "Resources: *r\n", "Template format error: YAML not well-formed: unknown anchor 'r' referenced. (line 1, column 1)"},
		{"C-PA-6 YAML duplicate key", "Resources:\n  A: 1\n  'A': 2\n", "Template format error: Duplicate key 'A', first used at line 2, column 3. (line 3, column 3)"},
		{"C-PA-6 YAML null", "Resources:\n", "[/Resources] 'null' values are not allowed in templates (line 1, column 11)"},
		{"C-PA-6 YAML null in a list", "Resources: {A: {Type: T, Tags: [a, ~]}}\n", "[/Resources/A/Tags/1] 'null' values are not allowed in templates (line 1, column 36)"},
		{"C-PA-6 YAML number as key", "Mappings:\n  M:\n    111111111111: {A: b}\n", "Template format error: [/Mappings/M] map keys must be strings; received numeric [111111111111] instead (line 3, column 5)"},
		{"C-PA-6 YAML function as key", "Resources:\n  !Sub '${A}': {}\n", "Template format error: [/Resources] map keys must be strings; received a map instead (line 2, column 3)"},
		{"C-PA-6 YAML list as key", "? [a]\n: b\n", "Template format error: [/] map keys must be strings; received a list instead (line 1, column 3)"},
		{"C-PA-6 YAML null as key", "Resources:\n  ~: b\n", "Template format error: [/Resources] map keys must be strings; received null instead (line 2, column 3)"},
		{"C-PA-6 YAML merge key", "a: &a {b: c}\nd:\n  <<: *a\n", "Template format error: YAML merge keys (<<) are not supported. (line 3, column 3)"},
		{"C-PA-6 YAML unknown tag", "Resources: !Include x\n", "Template format error: YAML tag !Include is not supported. (line 1, column 12)"},
		{"C-PA-6 YAML unknown tag on a map", "Resources: !!set {a}\n", "Template format error: YAML tag !!set is not supported. (line 1, column 12)"},
		{"C-PA-6 YAML binary", "Resources: !!binary aGk=\n", "Template format error: YAML tag !!binary is not supported. (line 1, column 12)"},
		{"C-PA-6 YAML too deep", nested("[", "a", "]", 101), "Template format error: the template is nested deeper than 100 levels. (line 1, column 101)"},
		{"C-PA-6 YAML anchor in itself", "a: &a [*a]\n", "Template format error: YAML anchor 'a' contains itself. (line 1, column 8)"},
	})
}

// bomb doubles what an anchor stands for n times.
func bomb(first string, n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "a0: &a0 %s\n", first)
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [*a%d, *a%d]\n", i, i, i-1, i-1)
	}
	return b.String()
}

func TestBombs(t *testing.T) {
	testRefusals(t, []refusal{
		{"C-PA-6 many values", bomb("x", 90), "Template format error: the template has more than 200000 values. (line 2, column 5)"},
		{"C-PA-6 much text", bomb(strings.Repeat("x", 100_000), 10),
			"Template format error: the template's text exceeds 4194304 bytes once its aliases are expanded. (line 1, column 5)"},
		{"C-PA-6 many values in JSON", `{"a":[` + strings.Repeat("[],", 200_000) + `1]}`, "Template format error: the template has more than 200000 values. (line 1, column 600001)"},
	})
}

func TestScalars(t *testing.T) {
	type want struct {
		typ  Type
		text string
	}
	for yaml, w := range map[string]want{
		"plain":        {String, "plain"},
		"'5'":          {String, "5"},
		"!!str 5":      {String, "5"},
		"!!int '5'":    {Number, "5"},
		"5":            {Number, "5"},
		"-0.50":        {Number, "-0.50"},
		"1e400":        {Number, "1e400"},
		"1E+2":         {Number, "1E+2"},
		"1.":           {String, "1."},
		".5":           {String, ".5"},
		"+1":           {String, "+1"},
		"1e":           {String, "1e"},
		"010":          {String, "010"},
		"0x1F":         {String, "0x1F"},
		"0b1":          {String, "0b1"},
		"1_000":        {String, "1_000"},
		"12:30":        {String, "12:30"},
		".inf":         {String, ".inf"},
		"2010-09-09":   {String, "2010-09-09"},
		"true":         {Bool, "true"},
		"False":        {Bool, "false"},
		"'true'":       {String, "true"},
		"yes":          {Bool, "true"},
		"NO":           {Bool, "false"},
		"On":           {Bool, "true"},
		"off":          {Bool, "false"},
		"y":            {String, "y"},
		"yEs":          {String, "yEs"},
		"'yes'":        {String, "yes"},
		"!!str no":     {String, "no"},
		"|-\n  a\n  b": {String, "a\nb"},
		"<<":           {String, "<<"},
	} {
		t.Run("C-PA-6 "+yaml, func(t *testing.T) {
			n, err := Read([]byte("k: " + yaml + "\n"))
			if err != nil {
				t.Fatal(err)
			}
			v := n.Get("k")
			if v.Kind != Scalar || v.Type != w.typ || v.Text != w.text {
				t.Errorf("%s is %+v, want %+v", yaml, v, w)
			}
		})
	}
}

func TestShortTags(t *testing.T) {
	for short, long := range map[string]string{
		"!Ref A":                                   "{Ref: A}",
		"!GetAtt A.B.C":                            "{'Fn::GetAtt': [A, B.C]}",
		"!GetAtt [A, B]":                           "{'Fn::GetAtt': A.B}",
		"!Sub '${A}'":                              "{'Fn::Sub': '${A}'}",
		"!Sub ['${A}', {A: !Ref B}]":               "{'Fn::Sub': ['${A}', {A: {Ref: B}}]}",
		"!If [C, !Ref A, b]":                       "{'Fn::If': [C, {Ref: A}, b]}",
		"!Base64 {'Fn::Sub': x}":                   "{'Fn::Base64': {'Fn::Sub': x}}",
		"[0, !GetAZs ]":                            "[0, {'Fn::GetAZs': ''}]",
		"!Select [0, !Split [',', a]]":             "{'Fn::Select': [0, {'Fn::Split': [',', a]}]}",
		"!Join ['', [a]]":                          "{'Fn::Join': ['', [a]]}",
		"!FindInMap [A, b, c]":                     "{'Fn::FindInMap': [A, b, c]}",
		"!ImportValue a":                           "{'Fn::ImportValue': a}",
		"!Cidr [a, 1, 2]":                          "{'Fn::Cidr': [a, 1, 2]}",
		"!And [!Condition A, !Not [!Condition B]]": "{'Fn::And': [{Condition: A}, {'Fn::Not': [{Condition: B}]}]}",
		"!Or [!Equals [a, b]]":                     "{'Fn::Or': [{'Fn::Equals': [a, b]}]}",
		"!Contains [[a], b]":                       "{'Fn::Contains': [[a], b]}",
		"!EachMemberIn [[a], [b]]":                 "{'Fn::EachMemberIn': [[a], [b]]}",
		"!EachMemberEquals [[a], b]":               "{'Fn::EachMemberEquals': [[a], b]}",
		"!RefAll a":                                "{'Fn::RefAll': a}",
		"!ValueOf [a, b]":                          "{'Fn::ValueOf': [a, b]}",
		"!ValueOfAll [a, b]":                       "{'Fn::ValueOfAll': [a, b]}",
		"!Transform {Name: x}":                     "{'Fn::Transform': {Name: x}}",
	} {
		t.Run("C-CFN-3 "+short, func(t *testing.T) {
			a, err := Read([]byte("k: " + short))
			if err != nil {
				t.Fatal(err)
			}
			b, err := Read([]byte("k: " + long))
			if err != nil {
				t.Fatal(err)
			}
			if diff := differ(lift(a, conditions), lift(b, conditions)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPlaces(t *testing.T) {
	text := "{\"ä\": [1,\n\t{\"b\" : \"c\"}],\r\n \"d\":true}"
	n, err := Read(append([]byte("\ufeff"), text...))
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	var walk func(*Node)
	walk = func(n *Node) {
		fmt.Fprintf(&got, "%d:%d ", n.Line, n.Column)
		for _, e := range n.Entries {
			fmt.Fprintf(&got, "%s@%d:%d ", e.Key, e.Line, e.Column)
		}
		n.children(walk)
	}
	walk(n)
	if want := "1:1 ä@1:2 d@3:2 1:7 1:8 2:2 b@2:3 2:9 3:6 "; got.String() != want {
		t.Errorf("places\n got %s\nwant %s", got.String(), want)
	}
}

func TestLargeMap(t *testing.T) {
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, "k%d: v%d\n", i, i)
	}
	n, err := Read([]byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if v := n.Get("k99"); v == nil || v.Text != "v99" || n.Get("k100") != nil {
		t.Errorf("Get: %+v", v)
	}
	_, err = Read([]byte(b.String() + "k50: again\n"))
	wantError(t, err, "Template format error: Duplicate key 'k50', first used at line 51, column 1. (line 101, column 1)")
}
