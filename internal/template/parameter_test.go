package template

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestParameters(t *testing.T) {
	tmpl := mustParse(t, `
Parameters:
  Zeta: {Type: String}
  Alpha:
    Type: Number
    Default: 010
    Description: how many
    AllowedValues: [8, 010]
    MinValue: 1
    MaxValue: 1e3
    ConstraintDescription: few
  Word: {Type: String, NoEcho: True, Default: '', MinLength: 0, MaxLength: '9', AllowedPattern: '[a-z]*'}
`+bucket)
	ten, empty := "010", ""
	want := []Parameter{
		{Key: "Zeta", Type: "String"},
		{Key: "Alpha", Type: "Number", Default: &ten, Description: "how many", AllowedValues: []string{"8", "010"}, MinValue: "1",
			MaxValue: "1e3", ConstraintDescription: "few"},
		{Key: "Word", Type: "String", NoEcho: true, Default: &empty, MinLength: "0", MaxLength: "9", AllowedPattern: "[a-z]*"},
	}
	ignore := cmp.Options{cmpopts.IgnoreUnexported(Parameter{}), cmpopts.IgnoreFields(Parameter{}, "Line", "Column")}
	if diff := cmp.Diff(want, tmpl.Parameters(), ignore); diff != "" {
		t.Errorf("C-PARAM-2: %s", diff)
	}
}

func TestParameterTypes(t *testing.T) {
	for typ, known := range map[string]bool{
		"String": true, "Number": true, "CommaDelimitedList": true, "List<Number>": true, "List<String>": true, "Strin": false,
		"AWS::EC2::VPC::Id": true, "List<AWS::EC2::Subnet::Id>": true, "AWS::EC2::KeyPair::KeyName": true, "AWS::EC2::Nothing::Id": false,
		"AWS::SSM::Parameter::Name": true, "AWS::SSM::Parameter::Value<String>": true, "AWS::SSM::Parameter::Value<List<String>>": true,
		"AWS::SSM::Parameter::Value<CommaDelimitedList>": true, "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>": true,
		"AWS::SSM::Parameter::Value<List<AWS::EC2::Subnet::Id>>": true, "AWS::SSM::Parameter::Value<Number>": false,
		"AWS::SSM::Parameter::Value<>": false, "List<>": false, "List<List<Number>>": false, "List<Number": false,
	} {
		t.Run("C-CFN-2 "+typ, func(t *testing.T) {
			want := ""
			if !known {
				want = fmt.Sprintf("Template format error: Unrecognized parameter type: %s (line 1, column 24)", typ)
			}
			_, err := Parse([]byte(`Parameters: {P: {Type: "` + typ + "\"}}\n" + bucket))
			wantError(t, err, want)
		})
	}
}

func TestParameterRefusals(t *testing.T) {
	var many strings.Builder
	for i := range 201 {
		fmt.Fprintf(&many, "  P%d: {Type: String}\n", i)
	}
	p := func(body string) string { return "Parameters: {P: {" + body + "}}\n" + bucket }
	testRefusals(t, []refusal{
		{"C-CFN-2 too many", "Parameters:\n" + many.String() + bucket, "Template format error: Number of parameters, 201, is greater than maximum allowed, 200 (line 2, column 3)"},
		{"C-CFN-2 name", "Parameters: {a-b: {Type: String}}\n" + bucket, "Template format error: Parameter name a-b is non alphanumeric. (line 1, column 14)"},
		{"C-CFN-2 no object", "Parameters: {P: String}\n" + bucket, "Template format error: Any Parameters member must be an object. (line 1, column 14)"},
		{"C-CFN-2 no type", p("Default: a"), "Template format error: Every Parameters object must contain a Type member. (line 1, column 14)"},
		{"C-CFN-2 type is no text", p("Type: [String]"), "Template format error: Every Type member must be a string. (line 1, column 24)"},
		{"C-CFN-2 unknown property", p("Type: String, Properties: {}"), "Invalid template parameter property 'Properties' (line 1, column 32)"},
		{"C-CFN-2 default is a list", p("Type: CommaDelimitedList, Default: [a]"), "Template format error: Every Default member must be a string. (line 1, column 53)"},
		{"C-CFN-2 default is a function", p("Type: String, Default: !Ref B"), "Template format error: Every Default member must be a string. (line 1, column 41)"},
		{"C-CFN-2 allowed values", p("Type: String, AllowedValues: a"), "Template format error: Every AllowedValues member must be a list. (line 1, column 47)"},
		{"C-CFN-2 allowed value", p("Type: String, AllowedValues: [[a]]"), "Template format error: Every AllowedValues member must be a list of strings. (line 1, column 48)"},
		{"C-CFN-2 no echo", p("Type: String, NoEcho: maybe"), "Template format error: Every NoEcho member must be true or false. (line 1, column 40)"},
		{"C-CFN-2 description too long", p("Type: String, Description: " + strings.Repeat("ü", 4001)), "Template format error: Parameter 'P' 'Description' length is greater than 4000 (line 1, column 45)"},
		{"C-CFN-2 length", p("Type: String, MinLength: -1"), "Template format error: Parameter 'P' MinLength must be a whole number. (line 1, column 43)"},
		{"C-CFN-2 value limit", p("Type: Number, MaxValue: many"), "Template format error: Parameter 'P' MaxValue must be a number. (line 1, column 42)"},
		{"C-CFN-2 lengths crossed", p("Type: String, MinLength: 3, MaxLength: 2"), "Template format error: Parameter 'P' MinLength must not be greater than MaxLength. (line 1, column 14)"},
		{"C-CFN-2 values crossed", p("Type: Number, MinValue: 10, MaxValue: 9.5"), "Template format error: Parameter 'P' MinValue must not be greater than MaxValue. (line 1, column 14)"},
		{"C-CFN-2 pattern", p("Type: String, AllowedPattern: '[a-z'"), "Template format error: Parameter 'P' AllowedPattern is not a regular expression: [a-z (line 1, column 48)"},
		{"C-CFN-2 pattern lookahead", p("Type: String, AllowedPattern: '(?=(a)b'"), "Template format error: Parameter 'P' AllowedPattern is not a regular expression: (?=(a)b (line 1, column 48)"},
		{"C-CFN-2 default breaks values", p("Type: String, Default: c, AllowedValues: [a, b]"), "Parameter 'P' must be one of AllowedValues (line 1, column 41)"},
		{"C-CFN-2 default breaks pattern", p("Type: String, Default: abc1, AllowedPattern: '[a-z]+'"), "Parameter 'P' must match pattern [a-z]+ (line 1, column 41)"},
		{"C-CFN-2 default breaks described pattern", p("Type: String, Default: A, AllowedPattern: '[a-z]+', ConstraintDescription: lower case"),
			"Parameter 'P' failed to satisfy constraint: lower case (line 1, column 41)"},
		{"C-CFN-2 default too short", p("Type: String, Default: ab, MinLength: 3"), "Parameter 'P' must contain at least 3 characters (line 1, column 41)"},
		{"C-CFN-2 default too long", p("Type: String, Default: äöü, MaxLength: 2"), "Parameter 'P' must contain at most 2 characters (line 1, column 41)"},
		{"C-CFN-2 default far too long", p("Type: String, Default: " + strings.Repeat("x", 4097)), "Parameter 'P' must contain at most 4096 bytes (line 1, column 41)"},
		{"C-CFN-2 default is no number", p("Type: Number, Default: ten, ConstraintDescription: x"), "Parameter 'P' must be a number (line 1, column 41)"},
		{"C-CFN-2 default too small", p("Type: Number, Default: 0, MinValue: 1"), "Parameter 'P' must be a number not less than 1 (line 1, column 41)"},
		{"C-CFN-2 default too large", p("Type: Number, Default: 3, MaxValue: 2.5"), "Parameter 'P' must be a number not greater than 2.5 (line 1, column 41)"},
		{"C-CFN-2 item is no number", p("Type: List<Number>, Default: '1, x'"), "Parameter 'P' must be a number (line 1, column 47)"},
		{"C-CFN-2 item not allowed", p("Type: CommaDelimitedList, Default: 'a, c', AllowedValues: [a, b]"), "Parameter 'P' must be one of AllowedValues (line 1, column 53)"},
		{"C-CFN-2 costly patterns", "Parameters:\n" + costly(120) + bucket, "Template format error: the allowed patterns of the parameters are too costly to check. (line 8, column 3)"},
	})
}

func costly(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "  P%d: {Type: String, Default: %s, AllowedPattern: '((a?){90}){9}.*'}\n", i, strings.Repeat("a", 4000))
	}
	return b.String()
}

func TestCheck(t *testing.T) {
	for _, c := range []struct{ name, decl, value, want string }{
		{"C-CFN-2 any", "Type: String", "", ""},
		{"C-CFN-2 allowed", "Type: String, AllowedValues: [a, 'true']", "true", ""},
		{"C-CFN-2 empty", "Type: String, AllowedValues: []", "a", "Parameter 'P' must be one of AllowedValues"},
		{"C-CFN-2 equal numbers", "Type: Number, AllowedValues: [1, 2]", "2.0", ""},
		{"C-CFN-2 other number", "Type: Number, AllowedValues: [1, 2]", "3", "Parameter 'P' must be one of AllowedValues"},
		{"C-CFN-2 hexadecimal", "Type: Number", "0x10", "Parameter 'P' must be a number"},
		{"C-CFN-2 infinity", "Type: Number", "Inf", "Parameter 'P' must be a number"},
		{"C-CFN-2 whole match", "Type: String, AllowedPattern: 'a|ab'", "abc", "Parameter 'P' must match pattern a|ab"},
		{"C-CFN-2 anchors", "Type: String, AllowedPattern: '^ab$'", "ab", ""},
		{"C-CFN-2 dot", "Type: String, AllowedPattern: '.*'", "a\nb", "Parameter 'P' must match pattern .*"},
		{"C-CFN-2 items", "Type: CommaDelimitedList, AllowedPattern: '[a-z]'", "a, b ,c", ""},
		{"C-CFN-2 lookahead", `Type: String, AllowedPattern: '^(?=.*[A-Z])(?=.*[)\)])(?!x).{4,}$'`, "aB)d", ""},
		{"C-CFN-2 lookahead failed", `Type: String, AllowedPattern: '^(?=.*[A-Z]).{4,}$'`, "abcd", "Parameter 'P' must match pattern ^(?=.*[A-Z]).{4,}$"},
		{"C-CFN-2 negative lookahead", `Type: String, AllowedPattern: '(?!aws:).+'`, "aws:x", "Parameter 'P' must match pattern (?!aws:).+"},
		{"C-CFN-2 lookahead of one choice", `Type: String, AllowedPattern: '(?=a)[ab]|[c|]'`, "c", ""},
		{"C-CFN-2 lookahead before a bar", `Type: String, AllowedPattern: '(?=.*a)(b|[|c]|\|)+a'`, "b|", "Parameter 'P' must match pattern (?=.*a)(b|[|c]|\\|)+a"},
		{"C-CFN-2 Java only", `Type: String, AllowedPattern: 'a(?<!b)c++\1'`, "anything", ""},
		{"C-CFN-2 Java only in a lookahead", `Type: String, AllowedPattern: '(?=a++)b'`, "b", ""},
		{"C-CFN-2 huge pattern", `Type: String, AllowedPattern: '((a{99}){99}){9}'`, "b", ""},
		{"C-CFN-2 SSM name", "Type: 'AWS::SSM::Parameter::Value<List<String>>', AllowedPattern: '/app/.*'", "/other,/app/x", "Parameter 'P' must match pattern /app/.*"},
		{"C-CFN-2 lengths of lists do not count", "Type: CommaDelimitedList, MaxLength: 1", "aaa,bbb", ""},
		{"C-CFN-2 id", "Type: 'AWS::EC2::VPC::Id', MinLength: 5", "vpc", "Parameter 'P' must contain at least 5 characters"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tmpl := mustParse(t, "Parameters: {P: {"+c.decl+"}}\n"+bucket)
			got := ""
			if err := tmpl.Parameters()[0].Check(c.value); err != nil {
				got = Message(err)
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
