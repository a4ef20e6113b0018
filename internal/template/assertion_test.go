package template

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

const ruled = `Parameters:
  Size: {Type: String, Default: small}
  Zones: {Type: CommaDelimitedList, Default: 'a,b'}
  None: {Type: CommaDelimitedList, Default: ''}
  Subnet: {Type: 'AWS::EC2::Subnet::Id', Default: subnet-1}
  Subnets: {Type: 'List<AWS::EC2::Subnet::Id>', Default: 'subnet-1,subnet-2'}
  Vpc: {Type: 'AWS::EC2::VPC::Id', Default: vpc-1}
  Stored: {Type: 'AWS::SSM::Parameter::Value<AWS::EC2::VPC::Id>', Default: /vpc}
` + bucket

// assert holds the defaults of ruled to one assertion.
func assert(t *testing.T, fn string, f Facts) error {
	t.Helper()
	set, err := ReadRules("cons-1", []byte(`{"Rules": {"R": {"Assertions": [{"Assert": `+fn+`}]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	tmpl := mustParse(t, ruled)
	s := scopeIn("eu-central-1")
	if s.Parameters, err = tmpl.Bind(nil, nil, Directory{SSM: func([]string) (map[string]string, error) { return map[string]string{"/vpc": "vpc-s"}, nil }}); err != nil {
		t.Fatal(err)
	}
	return tmpl.Assert(s, f, set)
}

func TestRuleFunctions(t *testing.T) {
	for _, c := range []struct {
		name, fn string
		want     bool
	}{
		{"Equals", `{"Fn::Equals": [{"Ref": "Size"}, "small"]}`, true},
		{"Equals and case", `{"Fn::Equals": [{"Ref": "Size"}, "Small"]}`, false},
		{"Equals of lists", `{"Fn::Equals": [{"Ref": "Zones"}, ["a", "b"]]}`, true},
		{"Equals of lists in another order", `{"Fn::Equals": [{"Ref": "Zones"}, ["b", "a"]]}`, false},
		{"Equals of a list and a text", `{"Fn::Equals": [{"Ref": "Zones"}, "a"]}`, false},
		{"Equals of maps", `{"Fn::Equals": [{"a": 1, "b": [true]}, {"b": ["true"], "a": "1"}]}`, true},
		{"Equals of booleans", `{"Fn::Equals": [{"Fn::Equals": ["a", "a"]}, "true"]}`, true},
		{"Equals of a pseudo parameter", `{"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-central-1"]}`, true},
		{"Equals of nothing", `{"Fn::Equals": [{"Ref": "AWS::NoValue"}, ""]}`, true},
		{"Ref of a stored value", `{"Fn::Equals": [{"Ref": "Stored"}, "vpc-s"]}`, true},
		{"And", `{"Fn::And": [{"Fn::Equals": [1, 1]}, {"Fn::Equals": [1, 2]}]}`, false},
		{"And of true", `{"Fn::And": [{"Fn::Equals": [1, 1]}, {"Fn::Equals": [2, 2]}]}`, true},
		{"Or", `{"Fn::Or": [{"Fn::Equals": [1, 2]}, {"Fn::Equals": [1, 1]}]}`, true},
		{"Or of false", `{"Fn::Or": [{"Fn::Equals": [1, 2]}, {"Fn::Equals": [1, 2]}]}`, false},
		{"Or asks no further", `{"Fn::Or": [{"Fn::Equals": [1, 1]}, {"Fn::Contains": [{"Ref": "Size"}, "b"]}]}`, true},
		{"Not", `{"Fn::Not": [{"Fn::Equals": [1, 2]}]}`, true},
		{"Contains", `{"Fn::Contains": [["tiny", "small"], {"Ref": "Size"}]}`, true},
		{"Contains not", `{"Fn::Contains": [{"Ref": "Zones"}, "c"]}`, false},
		{"EachMemberEquals", `{"Fn::EachMemberEquals": [["small", {"Ref": "Size"}], "small"]}`, true},
		{"EachMemberEquals not", `{"Fn::EachMemberEquals": [{"Ref": "Zones"}, "a"]}`, false},
		{"EachMemberEquals of none", `{"Fn::EachMemberEquals": [[], "a"]}`, true},
		{"EachMemberIn", `{"Fn::EachMemberIn": [{"Ref": "Zones"}, ["b", "c", "a"]]}`, true},
		{"EachMemberIn not", `{"Fn::EachMemberIn": [{"Ref": "Zones"}, ["b"]]}`, false},
		{"EachMemberIn of none", `{"Fn::EachMemberIn": [[], []]}`, true},
		{"RefAll", `{"Fn::EachMemberIn": [["AWS::EC2::VPC::Id/2"], {"Fn::RefAll": "AWS::EC2::VPC::Id"}]}`, true},
		{"ValueOf", `{"Fn::Equals": [{"Fn::ValueOf": ["Subnet", "VpcId"]}, "VpcId-of-subnet-1"]}`, true},
		{"ValueOf of a list", `{"Fn::Equals": [{"Fn::ValueOf": ["Subnets", "AvailabilityZone"]}, ["AvailabilityZone-of-subnet-1", "AvailabilityZone-of-subnet-2"]]}`, true},
		{"ValueOf of a tag", `{"Fn::Equals": [{"Fn::ValueOf": ["Vpc", "Tags.Team"]}, "Tags.Team-of-vpc-1"]}`, true},
		{"ValueOfAll", `{"Fn::Equals": [{"Fn::ValueOfAll": ["AWS::EC2::Subnet::Id", "VpcId"]}, ["VpcId-of-subnet-1", "VpcId-of-subnet-1", "VpcId-of-subnet-2"]]}`, true},
		{"ValueOfAll of stored values", `{"Fn::Equals": [{"Fn::ValueOfAll": ["AWS::EC2::VPC::Id", "DefaultNetworkAcl"]}, ["DefaultNetworkAcl-of-vpc-1", "DefaultNetworkAcl-of-vpc-s"]]}`, true},
		{"ValueOfAll of no parameters", `{"Fn::Equals": [{"Fn::ValueOfAll": ["AWS::EC2::SecurityGroup::Id", "Tags.x"]}, []]}`, true},
	} {
		t.Run("C-RULE-3 "+c.name, func(t *testing.T) {
			want := ""
			if !c.want {
				want = "Template error: Rule R failed: R assertion failed (line 1, column 1)"
			}
			wantError(t, assert(t, c.fn, facts()), want)
		})
	}
}

func TestRuleErrors(t *testing.T) {
	const at = " (line 1, column 44)"
	for _, c := range []struct{ name, fn, want string }{
		{"C-RULE-6 unknown parameters", `{"Fn::And": [{"Fn::Equals": [{"Ref": "Old"}, 1]}, {"Fn::Equals": [{"Fn::ValueOf": ["Gone", "VpcId"]}, {"Ref": "Old"}]}]}`,
			"Template format error: Unresolved dependencies [Old, Gone]. Cannot reference resources in the Rules block of the template (line 1, column 73)"},
		{"C-RULE-6 a resource is no parameter", `{"Fn::Equals": [{"Ref": "B"}, 1]}`,
			"Template format error: Unresolved dependencies [B]. Cannot reference resources in the Rules block of the template (line 1, column 60)"},
		{"C-RULE-5 unknown attribute", `{"Fn::Equals": [{"Fn::ValueOf": ["Subnet", "CidrBlock"]}, 1]}`,
			"Template error: Rule R cannot be evaluated: parameters of type AWS::EC2::Subnet::Id have no attribute CidrBlock (line 1, column 60)"},
		{"C-RULE-5 unknown attribute of a list", `{"Fn::Equals": [{"Fn::ValueOf": ["Subnets", "Tags."]}, 1]}`,
			"Template error: Rule R cannot be evaluated: parameters of type List<AWS::EC2::Subnet::Id> have no attribute Tags. (line 1, column 60)"},
		{"C-RULE-5 text has no attributes", `{"Fn::Equals": [{"Fn::ValueOf": ["Size", "VpcId"]}, 1]}`,
			"Template error: Rule R cannot be evaluated: parameters of type String have no attribute VpcId (line 1, column 60)"},
		{"C-RULE-5 unknown type", `{"Fn::Equals": [{"Fn::ValueOfAll": ["AWS::EC2::Image::Id", "Tags.x"]}, 1]}`,
			"Template error: Rule R cannot be evaluated: parameters of type AWS::EC2::Image::Id have no attribute Tags.x (line 1, column 60)"},
		{"C-RULE-5 found although not asked", `{"Fn::Or": [{"Fn::Equals": [1, 1]}, {"Fn::Equals": [{"Fn::ValueOf": ["Subnet", "X"]}, 1]}]}`,
			"Template error: Rule R cannot be evaluated: parameters of type AWS::EC2::Subnet::Id have no attribute X (line 1, column 96)"},
		{"C-RULE-3 a list where a text belongs", `{"Fn::Contains": [["a"], {"Ref": "Zones"}]}`, functions["Fn::Contains"].text + at},
		{"C-RULE-3 a list of lists", `{"Fn::EachMemberIn": [["a"], [{"Ref": "Zones"}]]}`, functions["Fn::EachMemberIn"].text + at},
		{"C-RULE-3 a text where a list belongs", `{"Fn::EachMemberEquals": [{"Ref": "Size"}, "a"]}`, functions["Fn::EachMemberEquals"].text + at},
	} {
		t.Run(c.name, func(t *testing.T) { wantError(t, assert(t, c.fn, facts()), c.want) })
	}
}

func TestFacts(t *testing.T) {
	all, valueOf := `{"Fn::Contains": [{"Fn::RefAll": "AWS::EC2::Image::Id"}, "x"]}`, `{"Fn::Equals": [{"Fn::ValueOf": ["Subnets", "VpcId"]}, "x"]}`
	valueOfAll := `{"Fn::Equals": [{"Fn::ValueOfAll": ["AWS::EC2::Subnet::Id", "VpcId"]}, "x"]}`
	wantError(t, assert(t, all, Facts{}), "Template error: Rule R cannot be evaluated: resources of type AWS::EC2::Image::Id are not known (line 1, column 62)")
	wantError(t, assert(t, valueOf, Facts{}), "Template error: Rule R cannot be evaluated: resources of type AWS::EC2::Subnet::Id are not known (line 1, column 60)")
	broken := errors.New("no connection")
	f := Facts{
		All:       func(string) ([]string, error) { return nil, broken },
		Attribute: func(string, string, string) (string, error) { return "", broken },
	}
	for fn, want := range map[string]string{all: "list all AWS::EC2::Image::Id: no connection", valueOf: "look up VpcId of subnet-1: no connection", valueOfAll: "look up VpcId of subnet-1: no connection"} {
		if err := assert(t, fn, f); !errors.Is(err, broken) || err.Error() != want {
			t.Errorf("C-RULE-5: %v", err)
		}
	}
}

func TestAssert(t *testing.T) {
	tmpl := mustParse(t, ruled+`Rules:
  Own:
    RuleCondition: !Equals [!Ref Size, small]
    Assertions:
      - {Assert: !Equals [!Ref Size, large], AssertDescription: "Too small"}
      - {Assert: !Equals [!Ref Size, small]}
      - {Assert: !Equals [!Ref Size, huge]}
  Skipped:
    RuleCondition: !Equals [!Ref Size, large]
    Assertions: [{Assert: !Equals [a, b]}]
`)
	s := scopeIn("eu-central-1")
	bind := func(args ...string) {
		var err error
		if s.Parameters, err = tmpl.Bind(give(args...), nil, Directory{SSM: func([]string) (map[string]string, error) { return map[string]string{"/vpc": "v"}, nil }}); err != nil {
			t.Fatal(err)
		}
	}
	constraint := func(id, body string) RuleSet {
		set, err := ReadRules(id, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	again := constraint("cons-a", `{"Rules": {"Own": {"Assertions": [{"Assert": {"Fn::Contains": [["medium"], {"Ref": "Size"}]}, "AssertDescription": "Not medium; or so"}]}}}`)
	fine := constraint("cons-b", `{"Rules": {"Own": {"Assertions": [{"Assert": {"Fn::Equals": [1, 1]}}]}}}`)
	for _, c := range []struct {
		name, size string
		sets       []RuleSet
		want       string
	}{
		{"C-RULE-2 a rule whose condition is false is skipped", "medium", nil, ""},
		{"C-RULE-2 every assertion must hold", "small", nil, "Template error: Rule Own failed: Too small; Rule Own failed: Own assertion failed (line 11, column 3)"},
		{"C-RULE-7 rules of one name do not shadow each other", "small", []RuleSet{fine, again},
			"Template error: Rule Own failed: Too small; Rule Own failed: Own assertion failed; Rule Own failed: Not medium; or so (line 11, column 3)"},
		{"C-RULE-7 a constraint alone fails", "large2", []RuleSet{fine, again}, "Template error: Rule Own failed: Not medium; or so (line 1, column 1)"},
		{"C-RULE-7 all pass", "medium", []RuleSet{fine, again}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			bind("Size=" + c.size)
			wantError(t, tmpl.Assert(s, facts(), c.sets...), c.want)
		})
	}
	bind("Size=large2")
	long := constraint("cons-c", fmt.Sprintf(`{"Rules": {"L": {"Assertions": [{"Assert": {"Fn::Equals": [1, 2]}, "AssertDescription": %q}]}}}`, strings.Repeat("ü", 5000)))
	if err := tmpl.Assert(s, facts(), long); !strings.HasSuffix(Message(err), strings.Repeat("ü", 5000)) {
		t.Errorf("C-RULE-9: a long description is cut: %d", len(Message(err)))
	}
	if err := tmpl.Assert(s, facts(), long, long); len(Message(err)) > maxFailures+len("…") || !strings.HasSuffix(Message(err), "ü…") {
		t.Errorf("C-RULE-9: %d bytes of failures", len(Message(err)))
	}
}

func TestReadRules(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"C-RULE-1 not JSON", `{"Rules"`, "Template format error: JSON not well-formed. (line 1, column 9)"},
		{"C-RULE-1 another key", `{"Rules": {}, "X": 1}`, "Template format error: a constraint must be an object with the one key Rules. (line 1, column 1)"},
		{"C-RULE-1 no rules", `{"Rules": {}}`, "Template format error: At least one Rules member must be defined. (line 1, column 11)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadRules("cons-1", []byte(c.text))
			wantError(t, err, c.want)
		})
	}
}

func TestInstructions(t *testing.T) {
	tmpl := mustParse(t, `AWSTemplateFormatVersion: '2010-09-09'
Description: What it is
Metadata: {'AWS::CloudFormation::Interface': {ParameterGroups: []}}
Parameters: {P: {Type: String}}
Rules: {A: {RuleCondition: !Equals [!Ref P, b], Assertions: [{Assert: !Not [!Equals [!Ref P, c]], AssertDescription: why}]}}
Resources: {R: {Type: AWS::IAM::Role}}
`)
	set, err := ReadRules("cons-1", []byte(`{"Rules": {"A": {"Assertions": [{"Assert": {"Fn::Contains": [["x"], {"Ref": "P"}]}}]}, "B": {"Assertions": [{"Assert": {"Fn::Equals": [1, 1]}}]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Instruction{
		{"rules", `{"A":{"RuleCondition":{"Fn::Equals":[{"Ref":"P"},"b"]},"Assertions":[{"Assert":{"Fn::Not":[{"Fn::Equals":[{"Ref":"P"},"c"]}]},"AssertDescription":"why"}]},` +
			`"cons-1.A":{"Assertions":[{"Assert":{"Fn::Contains":[["x"],{"Ref":"P"}]}}]},"B":{"Assertions":[{"Assert":{"Fn::Equals":[1,1]}}]}}`},
		{"version", "2010-09-09"}, {"description", "What it is"}, {"metadata", `{"AWS::CloudFormation::Interface":{"ParameterGroups":[]}}`},
		{"capability", "CAPABILITY_IAM"}, {"capabilitiesReason", "The following resource(s) require capabilities: [AWS::IAM::Role]"},
	}
	if diff := gocmp.Diff(want, tmpl.Instructions(set)); diff != "" {
		t.Errorf("C-RULE-10: %s", diff)
	}
	if diff := gocmp.Diff([]Instruction{{"rules", "{}"}}, mustParse(t, bucket).Instructions()); diff != "" {
		t.Errorf("C-PARAM-4: %s", diff)
	}
}
