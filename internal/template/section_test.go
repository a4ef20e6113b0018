package template

import (
	"fmt"
	"strings"
	"testing"
)

func TestMappings(t *testing.T) {
	testRefusals(t, []refusal{
		{"C-CFN-1 mapping name", "Mappings: {a-b: {}}\n" + bucket, "Template format error: Mappings name a-b is non alphanumeric. (line 1, column 12)"},
		{"C-CFN-1 mapping is no map", "Mappings: {M: a}\n" + bucket, "Template format error: Every Mappings member M must be a map (line 1, column 12)"},
		{"C-CFN-1 mapping of one level", "Mappings: {M: {A: a}}\n" + bucket, "Template format error: Every Mappings member A must be a map (line 1, column 16)"},
		{"C-CFN-1 mapping of three levels", "Mappings: {M: {A: {B: {C: d}}}}\n" + bucket, "Template format error: Every Mappings attribute must be a String or a List. (line 1, column 23)"},
		{"C-CFN-1 mapping to a function", "Mappings: {M: {A: {B: !Ref C}}}\n" + bucket, "Template format error: Every Mappings attribute must be a String or a List. (line 1, column 23)"},
		{"C-CFN-1 mapping to a list of lists", "Mappings: {M: {A: {B: [[c]]}}}\n" + bucket, "Template format error: Every Mappings attribute must be a String or a List. (line 1, column 23)"},
		{"C-CFN-1 attribute name", "Mappings: {M: {A: {us-east-1: c}}}\n" + bucket, "Template format error: Mappings attribute name 'us-east-1' must contain only alphanumeric characters. (line 1, column 20)"},
		{"C-CFN-1 macro in a mapping", "Mappings: {M: {'Fn::Transform': {Name: X}}}\n" + bucket, "Template format error: Transform X is not supported. (line 1, column 40)"},
		{"C-CFN-1 macro in a mapping's key", "Mappings: {M: {A: {'Fn::Transform': {Name: X}}}}\n" + bucket, "Template format error: Transform X is not supported. (line 1, column 44)"},
	})
	// Condition and Ref are names like any other here.
	m := mustParse(t, "Mappings: {M: {A: {Condition: x}, Ref: {Ref: [y]}}}\n"+bucket).Mappings()
	if len(m) != 1 || m[0].Name != "M" || m[0].Keys.Get("A").Get("Condition").Text != "x" || m[0].Keys.Get("Ref").Get("Ref").Kind != List {
		t.Errorf("C-CFN-1: %+v", m)
	}
}

func TestConditions(t *testing.T) {
	c := func(expr string) string { return "Conditions: {C: " + expr + "}\n" + bucket }
	equal := "!Equals [a, b]"
	testRefusals(t, []refusal{
		{"C-CFN-3 literal condition", c("true"), "Template format error: Conditions can only be boolean operations on parameters and other conditions (line 1, column 17)"},
		{"C-CFN-3 condition is a Ref", c("!Ref AWS::Region"), "Template format error: Conditions can only be boolean operations on parameters and other conditions (line 1, column 17)"},
		{"C-CFN-3 And of one", c("!And [" + equal + "]"), "Template error: every Fn::And object requires a list of at least 2 and at most 10 boolean parameters. (line 1, column 17)"},
		{"C-CFN-3 Or of eleven", c("!Or [" + strings.TrimSuffix(strings.Repeat(equal+", ", 11), ", ") + "]"), "Template error: every Fn::Or object requires a list of at least 2 and at most 10 boolean parameters. (line 1, column 17)"},
		{"C-CFN-3 And of literals", c("!And [true, false]"), "Template error: every Fn::And object requires a list of at least 2 and at most 10 boolean parameters. (line 1, column 17)"},
		{"C-CFN-3 Not of two", c("!Not [" + equal + ", " + equal + "]"), "Template error: every Fn::Not object requires a list with exactly 1 boolean parameter. (line 1, column 17)"},
		{"C-CFN-3 Not without a list", c("!Not {Condition: D}"), "Template error: every Fn::Not object requires a list with exactly 1 boolean parameter. (line 1, column 17)"},
		{"C-CFN-3 Equals of three", c("!Equals [a, b, c]"), "Template error: every Fn::Equals object requires a list of 2 string parameters. (line 1, column 17)"},
		{"C-CFN-3 Equals of lists", c("!Equals [[a], [b]]"), "Template error: every Fn::Equals object requires a list of 2 string parameters. (line 1, column 17)"},
		{"C-CFN-3 Equals of a list parameter", "Parameters: {L: {Type: CommaDelimitedList}}\n" + c("!Not [!Equals [!Ref L, '']]"), "Template error: every Fn::Equals object requires a list of 2 string parameters. (line 2, column 23)"},
		{"C-CFN-3 If", c("!If [C, a, b]"), "Template error: Cannot use Fn::If in Conditions. (line 1, column 17)"},
		{"C-CFN-3 GetAtt", c("!Equals [!GetAtt B.Arn, a]"), "Template error: Cannot use Fn::GetAtt in Conditions. (line 1, column 26)"},
		{"C-CFN-3 ImportValue", c("!Equals [!ImportValue x, a]"), "Template error: Cannot use Fn::ImportValue in Conditions. (line 1, column 26)"},
		{"C-CFN-3 rule function", c("!Contains [[a], b]"), "Template error: Cannot use Fn::Contains in Conditions. (line 1, column 17)"},
		{"C-CFN-3 reference to a resource", c("!Equals [!Ref B, !Sub '${X}-${B.Arn}']"), "Template format error: Unresolved dependencies [B, X]. Cannot reference resources in the Conditions block of the template (line 1, column 26)"},
		{"C-CFN-3 condition name is a list", c("{Condition: [a]}"), "Template format error: Every Condition member must be a string. (line 1, column 17)"},
	})
}

func TestTemplateRules(t *testing.T) {
	testRefusals(t, []refusal{
		{"C-RULE-4 reference to a resource", "Rules: {R: {Assertions: [{Assert: !Equals [!Ref B, a]}]}}\n" + bucket,
			"Template format error: Unresolved dependencies [B]. Cannot reference resources in the Rules block of the template (line 1, column 44)"},
		{"C-RULE-1 section", "Rules: []\n" + bucket, "Template format error: Rules must be an object. (line 1, column 8)"},
	})
	if r := mustParse(t, "Rules: {}\n"+bucket).Rules(); r != nil {
		t.Errorf("C-RULE-1: rules %+v of an empty section", r)
	}
}

func TestParseRules(t *testing.T) {
	rule := func(body string) string { return `{"R": {` + body + `}}` }
	assert := func(fn string) string { return rule(`"Assertions": [{"Assert": ` + fn + `}]`) }
	equal := `{"Fn::Equals": [{"Ref": "P"}, "a"]}`
	for _, c := range []refusal{
		{"C-RULE-1 none", `{}`, "Template format error: At least one Rules member must be defined. (line 1, column 1)"},
		{"C-RULE-1 no object", `{"R": "x"}`, "Template format error: Any Rules member must be an object. (line 1, column 2)"},
		{"C-RULE-1 name", `{"R-1": {}}`, "Template format error: Rules name R-1 is non alphanumeric. (line 1, column 2)"},
		{"C-RULE-1 no assertions", rule(`"RuleCondition": ` + equal), "Template format error: Rule R must contain at least one assertion. (line 1, column 2)"},
		{"C-RULE-1 empty assertions", rule(`"Assertions": []`), "Template format error: Rule R must contain at least one assertion. (line 1, column 2)"},
		{"C-RULE-1 assertions are no list", rule(`"Assertions": {"Assert": ` + equal + `}`), "Template format error: Assertions of rule R must be a list. (line 1, column 22)"},
		{"C-RULE-1 assertion is no object", rule(`"Assertions": ["x"]`), "Template format error: Every assertion of rule R must be an object. (line 1, column 23)"},
		{"C-RULE-1 no assert", rule(`"Assertions": [{"AssertDescription": "x"}]`), "Template format error: Every assertion of rule R must contain an Assert member. (line 1, column 23)"},
		{"C-RULE-1 description", rule(`"Assertions": [{"Assert": ` + equal + `, "AssertDescription": []}]`), "Template format error: AssertDescription of rule R must be a string. (line 1, column 92)"},
		{"C-RULE-1 unknown key", rule(`"Assertion": []`), "Invalid template rule property 'Assertion' (line 1, column 8)"},
		{"C-RULE-1 unknown key of an assertion", rule(`"Assertions": [{"Asert": ` + equal + `}]`), "Invalid template assertion property 'Asert' (line 1, column 24)"},
		{"C-RULE-1 two conditions", rule(`"RuleCondition": ` + equal + `, "RuleCondition": ` + equal), "Template format error: Duplicate key 'RuleCondition', first used at line 1, column 8. (line 1, column 62)"},
		{"C-RULE-3 literal", assert(`true`), "Template format error: Assert must be a rule-specific boolean function. (line 1, column 34)"},
		{"C-RULE-3 And of three kinds", assert(`{"Fn::And": [` + equal + `, {"Fn::Not": [` + equal + `]}, {"Fn::Contains": [["a"], {"Ref": "P"}]}]}`), ""},
		{"C-RULE-3 Or of a Ref", assert(`{"Fn::Or": [` + equal + `, {"Ref": "P"}]}`), "Template error: every Fn::Or object requires a list of at least 2 and at most 10 boolean parameters. (line 1, column 34)"},
		{"C-RULE-3 Equals of lists", assert(`{"Fn::Equals": [["a"], {"Ref": "P"}]}`), ""},
		{"C-RULE-3 Contains without a list", assert(`{"Fn::Contains": ["a", "b"]}`), "Template error: every Fn::Contains object requires a list of strings and a string. (line 1, column 34)"},
		{"C-RULE-3 EachMemberEquals of lists", assert(`{"Fn::EachMemberEquals": [["a"], ["b"]]}`), "Template error: every Fn::EachMemberEquals object requires a list of strings and a string. (line 1, column 34)"},
		{"C-RULE-3 EachMemberIn of a text", assert(`{"Fn::EachMemberIn": [["a"], "b"]}`), "Template error: every Fn::EachMemberIn object requires two lists of strings. (line 1, column 34)"},
		{"C-RULE-3 RefAll of any type", assert(`{"Fn::Contains": [{"Fn::RefAll": "String"}, "b"]}`), "Template error: every Fn::RefAll object requires an AWS-specific parameter type. (line 1, column 52)"},
		{"C-RULE-3 RefAll", assert(`{"Fn::Contains": [{"Fn::RefAll": "AWS::EC2::VPC::Id"}, {"Ref": "V"}]}`), ""},
		{"C-RULE-4 ValueOf a function", assert(`{"Fn::Equals": [{"Fn::ValueOf": [{"Ref": "V"}, "VpcId"]}, "b"]}`), "Template error: every Fn::ValueOf object requires a list of 2 literal strings, the parameter name and the attribute. (line 1, column 50)"},
		{"C-RULE-4 ValueOfAll", assert(`{"Fn::EachMemberIn": [{"Fn::ValueOfAll": ["AWS::EC2::VPC::Id", "Tags.A"]}, {"Fn::ValueOf": ["V", "Tags.A"]}]}`), ""},
		{"C-RULE-4 other function", assert(`{"Fn::Equals": [{"Fn::Join": ["", ["a"]]}, "b"]}`), "Template error: Cannot use Fn::Join in Rules. (line 1, column 50)"},
		{"C-RULE-4 condition", assert(`{"Fn::Not": [{"Condition": "C"}]}`), "Template error: every Fn::Not object requires a list with exactly 1 boolean parameter. (line 1, column 34)"},
		{"C-RULE-4 unknown function", assert(`{"Fn::Equal": ["a", "b"]}`), "Template Error: Encountered unsupported function: Fn::Equal Supported functions are: " + supported + " (line 1, column 34)"},
		{"C-RULE-6 unknown parameter", assert(`{"Fn::Equals": [{"Ref": "NobodyKnows"}, {"Ref": "AWS::Region"}]}`), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, err := Read([]byte(c.text))
			if err == nil {
				_, err = ParseRules(n)
			}
			wantError(t, err, c.want)
		})
	}
}

func TestRuleValues(t *testing.T) {
	n, err := Read([]byte(`{"B": {"RuleCondition": {"Fn::Equals": [1, 2]}, "Assertions": [{"Assert": {"Fn::Equals": [3, 4]}, "AssertDescription": "why"}]},
		"A": {"Assertions": [{"Assert": {"Fn::Equals": [5, 6]}}, {"Assert": {"Fn::Equals": [7, 8]}}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseRules(n)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Name != "B" || got[1].Name != "A" || got[1].Condition != nil || len(got[1].Assertions) != 2 {
		t.Fatalf("C-RULE-1: %+v", got)
	}
	b := got[0]
	if b.Condition.JSON() != `{"Fn::Equals":[1,2]}` || b.Assertions[0].Assert.JSON() != `{"Fn::Equals":[3,4]}` || b.Assertions[0].Description != "why" {
		t.Errorf("C-RULE-1: %+v", b)
	}
	if !b.Condition.isFunction("Fn::Equals") || got[1].Assertions[1].Assert.JSON() != `{"Fn::Equals":[7,8]}` {
		t.Errorf("C-RULE-1: %+v", got)
	}
}

func TestOutputs(t *testing.T) {
	o := func(body string) string { return bucket + "Outputs: {O: {" + body + "}}\n" }
	testRefusals(t, []refusal{
		{"C-CFN-1 output name", bucket + "Outputs: {a_b: {Value: a}}\n", "Template format error: Outputs name a_b is non alphanumeric. (line 2, column 11)"},
		{"C-CFN-1 output is no object", bucket + "Outputs: {O: a}\n", "Template format error: Any Outputs member must be an object. (line 2, column 11)"},
		{"C-CFN-1 no value", o("Description: a"), "Template format error: Every Outputs member must contain a Value object (line 2, column 11)"},
		{"C-CFN-1 value is a list", o("Value: [a]"), "Template format error: The Value field of every Outputs member must evaluate to a String. (line 2, column 22)"},
		{"C-CFN-1 description too long", o("Value: a, Description: " + strings.Repeat("x", 1025)), "Template format error: Output 'O' 'Description' length is greater than 1024 (line 2, column 38)"},
		{"C-CFN-1 description is a function", o("Value: a, Description: !Ref B"), "Template format error: Every Description member must be a string. (line 2, column 38)"},
		{"C-CFN-1 condition", o("Value: a, Condition: [b]"), "Template format error: Every Condition member must be a string. (line 2, column 36)"},
		{"C-CFN-1 unknown property", o("Value: a, Type: b"), "Template format error: Output O is malformed. Unknown property 'Type'. (line 2, column 25)"},
		{"C-CFN-1 export", o("Value: a, Export: b"), "Template format error: Output O is malformed. Export must be an object with the one member Name. (line 2, column 33)"},
		{"C-CFN-1 export name", o("Value: a, Export: {Name: [b]}"), "Template format error: Output O is malformed. The Name field of Export must be a string. (line 2, column 40)"},
		{"C-CFN-1 export of a resource's name", o("Value: a, Export: {Name: !Sub 'x-${B}'}"),
			"Template format error: Output O is malformed. The Name field of Export must not depend on any resources, imported values, or Fn::GetAZs. (line 2, column 40)"},
		{"C-CFN-1 export of zones", o("Value: a, Export: {Name: !Select [0, !GetAZs '']}"),
			"Template format error: Output O is malformed. The Name field of Export must not depend on any resources, imported values, or Fn::GetAZs. (line 2, column 40)"},
		{"C-CFN-3 condition function", o("Value: !Equals [a, b]"), "Template error: Cannot use Fn::Equals in Outputs. (line 2, column 22)"},
	})
}

func TestResources(t *testing.T) {
	var many strings.Builder
	for i := range 501 {
		fmt.Fprintf(&many, "  R%d: {Type: AWS::SNS::Topic}\n", i)
	}
	r := func(body string) string { return "Resources: {R: {" + body + "}}\n" }
	testRefusals(t, []refusal{
		{"C-CFN-4 none", "Description: x\n", "Template format error: At least one Resources member must be defined. (line 1, column 1)"},
		{"C-CFN-4 empty", "Description: x\nResources: {}\n", "Template format error: At least one Resources member must be defined. (line 2, column 12)"},
		{"C-CFN-4 too many", "Resources:\n" + many.String(), "Template format error: Number of resources, 501, is greater than maximum allowed, 500 (line 2, column 3)"},
		{"C-CFN-4 name", "Resources: {a.b: {Type: AWS::S3::Bucket}}\n", "Template format error: Resource name a.b is non alphanumeric. (line 1, column 13)"},
		{"C-CFN-4 no object", "Resources: {R: AWS::S3::Bucket}\n", "Template format error: Any Resources member must be an object. (line 1, column 13)"},
		{"C-CFN-4 no type", r("Properties: {}"), "Template format error: [/Resources/R] Every Resources object must contain a Type member. (line 1, column 13)"},
		{"C-CFN-4 type is a function", r("Type: !Ref X"), "Template format error: [/Resources/R/Type] Every Type member must be a string. (line 1, column 23)"},
		{"C-CFN-4 types", "Resources: {A: {Type: S3}, B: {Type: AWS::S3::Bucket::X}, C: {Type: S3}, D: {Type: 'Custom::'}, E: {Type: Custom::X}}\n",
			"Template format error: Unrecognized resource types: [S3, AWS::S3::Bucket::X, Custom::] (line 1, column 23)"},
		{"C-CFN-4 serverless type", r("Type: AWS::Serverless::Function"), "Template format error: Unrecognized resource types: [AWS::Serverless::Function] (line 1, column 23)"},
		{"C-CFN-4 unknown attribute", r("Type: AWS::S3::Bucket, Tags: []"), "Invalid template resource property 'Tags' (line 1, column 40)"},
		{"C-CFN-4 properties", r("Type: AWS::S3::Bucket, Properties: []"), "Template format error: [/Resources/R/Properties] Every Properties member must be an object. (line 1, column 52)"},
		{"C-CFN-4 depends on", r("Type: AWS::S3::Bucket, DependsOn: {R: S}"), "Template format error: DependsOn must be a string or list of strings. (line 1, column 51)"},
		{"C-CFN-4 depends on a function", r("Type: AWS::S3::Bucket, DependsOn: [!Ref S]"), "Template format error: DependsOn must be a string or list of strings. (line 1, column 52)"},
		{"C-CFN-4 condition", r("Type: AWS::S3::Bucket, Condition: !Equals [a, b]"), "Template format error: Every Condition member must be a string. (line 1, column 51)"},
		{"C-CFN-4 deletion policy", r("Type: AWS::S3::Bucket, DeletionPolicy: Keep"), "Template format error: Unrecognized DeletionPolicy Keep for resource R (line 1, column 56)"},
		{"C-CFN-4 replace policy", r("Type: AWS::S3::Bucket, UpdateReplacePolicy: RetainExceptOnCreate"), "Template format error: Unrecognized UpdateReplacePolicy RetainExceptOnCreate for resource R (line 1, column 61)"},
		{"C-CFN-1 macro in a resource", r("Type: AWS::S3::Bucket, 'Fn::Transform': {Name: M}"), "Template format error: Transform M is not supported. (line 1, column 64)"},
		{"C-CFN-1 macro in properties", r("Type: AWS::S3::Bucket, Properties: {A: b, 'Fn::Transform': M}"), "Template format error: Transform M is not supported. (line 1, column 76)"},
		{"C-CFN-1 macro as a value", r("Type: AWS::S3::Bucket, Properties: {A: !Transform {Name: 'AWS::Include'}}"), "Template format error: Transform AWS::Include is not supported. (line 1, column 74)"},
	})
	res := mustParse(t, "Resources: {A: {Type: AWS::S3::Bucket}, R: {Type: AWS::S3::Bucket, DependsOn: [A], DeletionPolicy: Retain, Properties: {P: {Condition: x}}}}\n").Resources()
	if got := res[1]; got.ID != "R" || got.Type != "AWS::S3::Bucket" || got.DependsOn[0] != "A" || got.DeletionPolicy != "Retain" ||
		got.Properties.Get("P").Get("Condition").Text != "x" {
		t.Errorf("C-CFN-4: %+v", got)
	}
}
