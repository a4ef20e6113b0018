package template

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func value(expr string) string {
	return "Conditions: {C: !Equals [a, b]}\nMappings: {M: {a: {b: c}}}\nResources: {R: {Type: AWS::S3::Bucket, Properties: {P: " + expr + "}}, S: {Type: AWS::S3::Bucket}}\n"
}

func TestFunctions(t *testing.T) {
	join, sub, pick := functions["Fn::Join"].text, functions["Fn::Sub"].text, functions["Fn::Select"].text
	find, iff, split := functions["Fn::FindInMap"].text, functions["Fn::If"].text, functions["Fn::Split"].text
	var cases []refusal
	for _, c := range []struct{ name, expr, want string }{
		{"Ref of a list", "{Ref: [S]}", "Template error: every Ref object must have a single String value."},
		{"Ref of nothing", "!Ref ''", "Template error: every Ref object must have a single String value."},
		{"GetAtt without attribute", "!GetAtt S", "Template error: if specifying one argument to Fn::GetAtt, that argument must be a non-empty string in format <LogicalId>.<Attribute>"},
		{"GetAtt of three", "!GetAtt [S, A, B]", functions["Fn::GetAtt"].text},
		{"GetAtt of a function", "!GetAtt [!Ref S, Arn]", functions["Fn::GetAtt"].text},
		{"GetAtt of a chosen attribute", "!GetAtt [S, !Ref AWS::Region]", ""},
		{"Sub of one item", "!Sub ['${S}']", sub},
		{"Sub of a map", "{'Fn::Sub': {a: b}}", sub},
		{"Sub of a function", "!Sub [!Ref S, {}]", sub},
		{"Sub without variables", "!Sub 'text ${!S} ${open'", ""},
		{"Sub of its own variables", "!Sub ['${A}${A.B}${S.Arn}', {A: 1, A.B: 2, Unused: 3}]", ""},
		{"Sub of a bad name", "!Sub '${S-Arn}'", "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons"},
		{"Sub of no name", "!Sub '${}'", "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons"},
		{"Join without a delimiter", "!Join [[a, b]]", join},
		{"Join of a text", "!Join ['', a]", join},
		{"Join by a function", "!Join [!Ref S, [a]]", join},
		{"Join of a function", "!Join ['', !GetAZs '']", ""},
		{"Select by a word", "!Select [first, [a]]", pick},
		{"Select by a negative index", "!Select [-1, [a]]", pick},
		{"Select of a text", "!Select [0, a]", pick},
		{"Select by a function", "!Select [!FindInMap [M, a, b], !Split [',', a]]", ""},
		{"Split by nothing", "!Split ['', a]", split},
		{"Split of a list", "!Split [',', [a]]", split},
		{"FindInMap of two", "!FindInMap [M, a]", find},
		{"FindInMap of four", "!FindInMap [M, a, b, c]", find},
		{"FindInMap with another option", "!FindInMap [M, a, b, {Default: c}]", find},
		{"FindInMap with a default", "!FindInMap [M, a, x, {DefaultValue: !Ref S}]", ""},
		{"FindInMap by If", "!FindInMap [M, !If [C, a, b], b]", find},
		{"FindInMap by Ref", "!FindInMap [M, !Ref AWS::Region, !FindInMap [M, a, b]]", ""},
		{"If of two", "!If [C, a]", iff},
		{"If by a function", "!If [!Equals [a, b], a, b]", iff},
		{"Base64 of a list", "{'Fn::Base64': [a]}", "Template error: every Fn::Base64 object must have a String-typed value."},
		{"Cidr of one", "!Cidr [a]", functions["Fn::Cidr"].text},
		{"Cidr of lists", "!Cidr [a, [1]]", functions["Fn::Cidr"].text},
		{"GetAZs of a list", "!GetAZs [a]", "Template error: every Fn::GetAZs object must have a String-typed value."},
		{"ImportValue of a map", "!ImportValue {a: b}", functions["Fn::ImportValue"].text},
		{"ImportValue of an attribute", "!ImportValue {'Fn::Sub': ['${A}', {A: !GetAtt S.Arn}]}", "Template error: the attribute in Fn::ImportValue must not depend on any resources, imported values, or Fn::GetAZs"},
		{"ImportValue of a resource's name", "!ImportValue {'Fn::Sub': 'x-${ S }'}", "Template error: the attribute in Fn::ImportValue must not depend on any resources, imported values, or Fn::GetAZs"},
		{"unknown", "{'fn::GetAtt': [S, Arn]}", "Template Error: Encountered unsupported function: fn::GetAtt Supported functions are: " + supported},
		{"unknown beside others is data", "{'Fn::GetAttr': [S, Arn], a: b}", ""},
		{"condition function", "!And [!Condition C, !Condition C]", "Template error: Cannot use Fn::And in Resources."},
		{"Condition", "!Condition C", "Template error: Cannot use Condition in Resources."},
		{"rule function", "!RefAll 'AWS::EC2::VPC::Id'", "Template error: Cannot use Fn::RefAll in Resources."},
		{"argument of an argument", "!Join ['', [a, !Sub ['${A}', {A: !Select [x, []]}]]]", pick},
	} {
		want := c.want
		if want != "" {
			column := 56 + strings.Index(c.expr, "!")
			switch {
			case strings.HasPrefix(c.name, "Sub of a bad"), strings.HasPrefix(c.name, "Sub of no"):
				column = 56
			case c.name == "argument of an argument":
				column = 56 + strings.Index(c.expr, "!Select")
			case !strings.HasPrefix(c.expr, "!"):
				column = 56
			}
			want += fmt.Sprintf(" (line 3, column %d)", column)
		}
		cases = append(cases, refusal{"C-CFN-3 " + c.name, value(c.expr), want})
	}
	testRefusals(t, cases)
}

func TestReferences(t *testing.T) {
	testRefusals(t, []refusal{
		{"C-CFN-3 unknown names", value("{A: !Ref X, B: !Sub '${Y} ${Y.Arn} ${AWS::Resion}', C: !Ref R2}"),
			"Template format error: Unresolved resource dependencies [X, Y, AWS::Resion, R2] in the Resources block of the template (line 3, column 60)"},
		{"C-CFN-3 unknown name in metadata", "Resources: {R: {Type: AWS::S3::Bucket, Metadata: {A: !Ref X}}}\n",
			"Template format error: Unresolved resource dependencies [X] in the Resources block of the template (line 1, column 54)"},
		{"C-CFN-3 unknown name in a branch", value("!If [C, !Ref X, a]"),
			"Template format error: Unresolved resource dependencies [X] in the Resources block of the template (line 3, column 64)"},
		{"C-CFN-4 unknown DependsOn", "Parameters: {P: {Type: String}}\nResources: {R: {Type: AWS::S3::Bucket, DependsOn: [P]}}\n",
			"Template format error: Unresolved resource dependencies [P] in the Resources block of the template (line 2, column 51)"},
		{"C-CFN-3 unknown resource of GetAtt", value("!GetAtt X.Arn"), "Template error: instance of Fn::GetAtt references undefined resource X (line 3, column 56)"},
		{"C-CFN-3 parameter of GetAtt", "Parameters: {P: {Type: String}}\n" + value("!GetAtt P.Arn"), "Template error: instance of Fn::GetAtt references undefined resource P (line 4, column 56)"},
		{"C-CFN-3 attribute of a parameter in Sub", "Parameters: {P: {Type: String}}\n" + value("!Sub '${P.Arn}'"),
			"Template format error: Unresolved resource dependencies [P] in the Resources block of the template (line 4, column 56)"},
		{"C-CFN-3 attribute of a parameter in a condition", "Parameters: {P: {Type: String}}\nConditions: {C: !Equals [a, !Sub '${P.Arn}']}\n" + bucket,
			"Template format error: Unresolved dependencies [P]. Cannot reference resources in the Conditions block of the template (line 2, column 29)"},
		{"C-CFN-3 unknown mapping", value("!FindInMap [N, a, b]"), "Template error: Mapping named 'N' is not present in the 'Mappings' section of template. (line 3, column 56)"},
		{"C-CFN-3 unknown mapping in a condition", "Conditions: {C: !Equals [a, !FindInMap [N, a, b]]}\n" + bucket, "Template error: Mapping named 'N' is not present in the 'Mappings' section of template. (line 1, column 29)"},
		{"C-CFN-1 one name twice", "Parameters: {B: {Type: String}}\n" + bucket, "Template format error: B names both a parameter and a resource. (line 2, column 13)"},
		{"C-CFN-4 circle of one", value("!Ref R"), "Circular dependency between resources: [R] (line 3, column 13)"},
		{"C-CFN-4 circle of three", "Resources:\n  Z: {Type: A::B1::C1}\n" + circle, "Template format error: Unrecognized resource types: [A::B1::C1] (line 2, column 13)"},
		{"C-CFN-4 circle by three kinds of need", "Resources:\n  Z: {Type: AWS::S3::Bucket, DependsOn: C}\n" + circle, "Circular dependency between resources: [A, B, C] (line 3, column 3)"},
		{"C-CFN-4 circle through a branch is the launch's business", value("!If [C, !Ref R, a]"), ""},
	})
}

const circle = `  A: {Type: AWS::S3::Bucket, Properties: {P: !Sub "${C}"}}
  B: {Type: AWS::S3::Bucket, DependsOn: [A]}
  C: {Type: AWS::S3::Bucket, Properties: {P: !GetAtt B.Arn}}
`

func TestResolve(t *testing.T) {
	for _, c := range []refusal{
		{"C-PP-6 output", bucket + "Outputs: {O: {Value: !Ref MyVPC}, P: {Value: !Sub '${B}${X.Y}'}}\n", "Unresolved resource dependencies [MyVPC, X] in the Outputs block of the template (line 2, column 22)"},
		{"C-PP-6 output of an attribute", bucket + "Outputs: {O: {Value: !GetAtt MyVPC.Arn}}\n", "Unresolved resource dependencies [MyVPC] in the Outputs block of the template (line 2, column 22)"},
		{"C-PP-6 export", bucket + "Outputs: {O: {Value: a, Export: {Name: !Ref X}}}\n", "Unresolved resource dependencies [X] in the Outputs block of the template (line 2, column 40)"},
		{"C-PP-3 condition of a resource", "Resources: {B: {Type: AWS::S3::Bucket, Condition: X}}\n", "Template format error: Unresolved condition dependency X in the Resources block of the template (line 1, column 51)"},
		{"C-PP-3 condition of an output", bucket + "Outputs: {O: {Value: a, Condition: X}}\n", "Template format error: Unresolved condition dependency X in the Outputs block of the template (line 2, column 11)"},
		{"C-PP-3 condition of If", value("!If [X, a, b]"), "Template error: unresolved condition dependency X in Fn::If (line 3, column 61)"},
		{"C-PP-3 condition of a condition", "Conditions: {C: !Not [!Condition X]}\n" + bucket, "Template error: unresolved condition dependency X in Condition (line 1, column 23)"},
		{"C-PP-3 circle of conditions", "Conditions: {A: !Not [!Condition C], B: !Not [!Condition A], C: !Not [!Condition B]}\n" + bucket, "Template format error: Circular dependency between conditions: [A, B, C] (line 1, column 17)"},
		{"C-PP-3 key of a mapping", value("!FindInMap [M, a, x]"), "Template error: Unable to get mapping for M::a::x (line 3, column 56)"},
		{"C-PP-3 top key of a mapping", value("!FindInMap [M, x, !Ref AWS::Region]"), "Template error: Unable to get mapping for M::x::{\"Ref\":\"AWS::Region\"} (line 3, column 56)"},
		{"C-PP-3 absent key with a default", value("!FindInMap [M, a, x, {DefaultValue: y}]"), ""},
		{"C-PP-3 computed keys", value("[!FindInMap [M, !Ref AWS::Region, x], !FindInMap [!Ref AWS::Region, x, y]]"), ""},
		{"C-PP-3 conditions in use", value("!If [C, !FindInMap [M, a, b], !GetAtt S.Arn]"), ""},
	} {
		t.Run(c.name, func(t *testing.T) { wantError(t, mustParse(t, c.text).Resolve(), c.want) })
	}
}

func TestCapabilities(t *testing.T) {
	for _, c := range []struct {
		name, resources string
		want            []string
		reason          string
	}{
		{"C-PARAM-4 none", "B: {Type: AWS::S3::Bucket, Properties: {RoleName: x}}", nil, ""},
		{"C-PARAM-4 unnamed", "A: {Type: AWS::IAM::Role, Properties: {Path: /}}, B: {Type: AWS::IAM::Policy, Properties: {PolicyName: x}}, C: {Type: AWS::IAM::Role}",
			[]string{"CAPABILITY_IAM"}, "The following resource(s) require capabilities: [AWS::IAM::Policy, AWS::IAM::Role]"},
		{"C-PARAM-4 named", "A: {Type: AWS::IAM::User, Properties: {UserName: !Ref 'AWS::StackName'}}",
			[]string{"CAPABILITY_NAMED_IAM"}, "The following resource(s) require capabilities: [AWS::IAM::User]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, reason := mustParse(t, "Resources: {"+c.resources+"}\n").Capabilities()
			if !slices.Equal(got, c.want) || reason != c.reason {
				t.Errorf("%v, %q", got, reason)
			}
		})
	}
}
