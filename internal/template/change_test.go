package template

import (
	"fmt"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// schema is that of a type whose properties say by their names how they change.
func schema() Schema {
	return Schema{
		Recreation: func(_, property string) string {
			switch {
			case strings.HasPrefix(property, "Always"):
				return Always
			case strings.HasPrefix(property, "Cond"):
				return Conditionally
			}
			return ""
		},
		Tagged: func(typ string) bool { return typ == "AWS::S3::Bucket" },
	}
}

// compare makes all of before, then compares it with after.
func compare(t *testing.T, before, after string, was, is []string, tags map[string]string) (ChangeSet, error) {
	t.Helper()
	side := func(text string, args []string, made map[string]Made) *Evaluation {
		tmpl := mustParse(t, text)
		s := scopeIn("eu-central-1")
		s.Made = made
		var err error
		if s.Parameters, err = tmpl.Bind(give(args...), nil, Directory{}); err != nil {
			t.Fatal(err)
		}
		e, err := tmpl.Evaluate(s)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	made := map[string]Made{}
	old := side(before, was, made)
	for _, id := range old.Graph().Order {
		made[id] = simulate(old.t, id)
		for name, value := range simulate(mustParse(t, after), id).Attributes {
			made[id].Attributes[name] = value
		}
	}
	renewed := side(after, is, made)
	renewed.scope.Tags = tags
	return Compare(old, renewed, schema())
}

// lines writes a change set down, a change or a detail a line.
func lines(set ChangeSet) string {
	var b strings.Builder
	for _, c := range set.Changes {
		fmt.Fprintf(&b, "%s %s %s %s %s %s\n", c.Action, c.LogicalID, c.PhysicalID, c.Type, c.Replacement, strings.Join(c.Scope, ","))
		for _, d := range c.Details {
			fmt.Fprintf(&b, "  %s\n", strings.Join([]string{d.Attribute, d.Name, d.RequiresRecreation, d.Evaluation, d.Source, d.Cause}, " "))
		}
	}
	if set.Outputs {
		b.WriteString("outputs\n")
	}
	return b.String()
}

func TestCompare(t *testing.T) {
	const params = "Parameters: {P: {Type: String, Default: p}, Q: {Type: String, Default: q}}\nConditions: {IsP: !Equals [!Ref P, p]}\n"
	one := func(body string) string { return params + "Resources: {A: {Type: AWS::S3::Bucket, " + body + "}}\n" }
	two := func(a, b string) string {
		return params + "Resources:\n  B: {Type: AWS::SNS::Topic, Properties: {" + b + "}}\n  A: {Type: AWS::S3::Bucket, Properties: {" + a + "}}\n"
	}
	for _, c := range []struct {
		name, before, after string
		was, is             []string
		want                string
	}{
		{"C-PLAN-5 nothing changed", one("Properties: {X: !Ref P}"), one("Properties: {X: !Ref P}"), nil, nil, ""},
		{"C-PLAN-5 parameter not used", one("Properties: {X: !Ref P}"), one("Properties: {X: !Ref P}"), nil, []string{"Q=r"}, ""},
		{"C-PLAN-5 the same said otherwise", one("Properties: {X: 5, Y: {a: b, c: d}}"), one("DependsOn: [], Properties: {Y: {c: d, a: !Sub b}, X: !Join ['', ['5']]}"), nil, nil, ""},
		{"C-PLAN-7 edit", one("Properties: {X: a}"), one("Properties: {X: b}"), nil, nil,
			"MODIFY A A-id AWS::S3::Bucket FALSE PROPERTIES\n  PROPERTIES X NEVER STATIC DirectModification \n"},
		{"C-PLAN-7 edit that makes anew", one("Properties: {AlwaysX: a}"), one("Properties: {AlwaysX: b}"), nil, nil,
			"MODIFY A A-id AWS::S3::Bucket TRUE PROPERTIES\n  PROPERTIES AlwaysX ALWAYS STATIC DirectModification \n"},
		{"C-PLAN-7 edit that may make anew", one("Properties: {X: a, CondX: a}"), one("Properties: {X: b, CondX: b}"), nil, nil,
			"MODIFY A A-id AWS::S3::Bucket CONDITIONAL PROPERTIES\n  PROPERTIES X NEVER STATIC DirectModification \n  PROPERTIES CondX CONDITIONALLY STATIC DirectModification \n"},
		{"C-PLAN-7 property new and property gone", one("Properties: {AlwaysX: a}"), one("Properties: {Y: b}"), nil, nil,
			"MODIFY A A-id AWS::S3::Bucket TRUE PROPERTIES\n  PROPERTIES Y NEVER STATIC DirectModification \n  PROPERTIES AlwaysX ALWAYS STATIC DirectModification \n"},
		{"C-PLAN-7 parameter", one("Properties: {AlwaysX: !Sub 'x${P}'}"), one("Properties: {AlwaysX: !Sub 'x${P}'}"), nil, []string{"P=r"},
			"MODIFY A A-id AWS::S3::Bucket TRUE PROPERTIES\n  PROPERTIES AlwaysX ALWAYS DYNAMIC DirectModification \n  PROPERTIES AlwaysX ALWAYS STATIC ParameterReference P\n"},
		{"C-PLAN-7 parameter through a condition", one("Properties: {X: !If [IsP, a, !Ref Q]}"), one("Properties: {X: !If [IsP, a, !Ref Q]}"), nil, []string{"P=r"},
			"MODIFY A A-id AWS::S3::Bucket FALSE PROPERTIES\n  PROPERTIES X NEVER DYNAMIC DirectModification \n  PROPERTIES X NEVER STATIC ParameterReference P\n"},
		{"C-PLAN-7 mapping", one("Properties: {X: !FindInMap [M, a, b]}") + "Mappings: {M: {a: {b: 1}}}\n", one("Properties: {X: !FindInMap [M, a, b]}") + "Mappings: {M: {a: {b: 2}}}\n", nil, nil,
			"MODIFY A A-id AWS::S3::Bucket FALSE PROPERTIES\n  PROPERTIES X NEVER STATIC DirectModification \n"},
		{"C-PLAN-7 tags", one("Properties: {Tags: [{Key: a, Value: b}]}"), one("Properties: {Tags: [{Key: a, Value: !Ref P}]}"), nil, nil,
			"MODIFY A A-id AWS::S3::Bucket FALSE TAGS\n  TAGS  NEVER STATIC DirectModification \n"},
		{"C-PLAN-7 the other attributes", one("Metadata: {a: b}, DeletionPolicy: Retain"), one("Metadata: {a: !Ref Q}, CreationPolicy: {x: y}, UpdatePolicy: {x: y}, UpdateReplacePolicy: Retain"), nil, nil,
			"MODIFY A A-id AWS::S3::Bucket FALSE METADATA,CREATIONPOLICY,UPDATEPOLICY,DELETIONPOLICY,UPDATEREPLACEPOLICY\n  METADATA  NEVER STATIC DirectModification \n  CREATIONPOLICY  NEVER STATIC DirectModification \n" +
				"  UPDATEPOLICY  NEVER STATIC DirectModification \n  DELETIONPOLICY  NEVER STATIC DirectModification \n  UPDATEREPLACEPOLICY  NEVER STATIC DirectModification \n"},
		{"C-PLAN-7 reference to a resource made anew", two("AlwaysX: !Ref B", "AlwaysY: a"), two("AlwaysX: !Ref B", "AlwaysY: b"), nil, nil,
			"MODIFY B B-id AWS::SNS::Topic TRUE PROPERTIES\n  PROPERTIES AlwaysY ALWAYS STATIC DirectModification \nMODIFY A A-id AWS::S3::Bucket CONDITIONAL PROPERTIES\n  PROPERTIES AlwaysX ALWAYS DYNAMIC ResourceReference B\n"},
		{"C-PLAN-7 reference to a resource kept", two("AlwaysX: !Ref B", "Y: a"), two("AlwaysX: !Ref B", "Y: b"), nil, nil,
			"MODIFY B B-id AWS::SNS::Topic FALSE PROPERTIES\n  PROPERTIES Y NEVER STATIC DirectModification \n"},
		{"C-PLAN-7 attributes of a resource that changes", two("X: [!GetAtt B.Arn, !Sub '${B.Name}', !GetAtt B.Arn]", "Y: a"), two("X: [!GetAtt B.Arn, !Sub '${B.Name}', !GetAtt B.Arn]", "Y: b"), nil, nil,
			"MODIFY B B-id AWS::SNS::Topic FALSE PROPERTIES\n  PROPERTIES Y NEVER STATIC DirectModification \nMODIFY A A-id AWS::S3::Bucket FALSE PROPERTIES\n" +
				"  PROPERTIES X NEVER DYNAMIC ResourceAttribute B.Arn\n  PROPERTIES X NEVER DYNAMIC ResourceAttribute B.Name\n"},
		{"C-PLAN-7 attribute named by a parameter", two("X: !GetAtt [B, !Ref P]", "Y: a"), two("X: !GetAtt [B, !Ref P]", "Y: b"), nil, nil,
			"MODIFY B B-id AWS::SNS::Topic FALSE PROPERTIES\n  PROPERTIES Y NEVER STATIC DirectModification \nMODIFY A A-id AWS::S3::Bucket FALSE PROPERTIES\n  PROPERTIES X NEVER DYNAMIC ResourceAttribute B\n"},
		{"C-PLAN-7 new resource and one that uses it", one("Properties: {X: a}"), two("X: !Ref B", "Y: c"), nil, nil,
			"ADD B  AWS::SNS::Topic  \nMODIFY A A-id AWS::S3::Bucket FALSE PROPERTIES\n  PROPERTIES X NEVER DYNAMIC DirectModification \n"},
		{"C-PLAN-7 resources removed in reverse", params + "Resources: {K: {Type: AWS::S3::Bucket}, A: {Type: AWS::S3::Bucket}, B: {Type: AWS::SNS::Topic, DependsOn: A}}\n", params + "Resources: {K: {Type: AWS::S3::Bucket}}\n", nil, nil,
			"REMOVE B B-id AWS::SNS::Topic  \nREMOVE A A-id AWS::S3::Bucket  \n"},
		{"C-PLAN-7 resource of a condition", params + "Resources: {K: {Type: AWS::S3::Bucket}, A: {Type: AWS::S3::Bucket, Condition: IsP}}\n", params + "Resources: {K: {Type: AWS::S3::Bucket}, A: {Type: AWS::S3::Bucket, Condition: IsP}}\n",
			[]string{"P=r"}, nil, "ADD A  AWS::S3::Bucket  \n"},
		{"C-PLAN-7 nested stack", params + "Resources: {N: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: u}}}\n", params + "Resources: {N: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: u}}}\n", nil, nil,
			"MODIFY N N-id AWS::CloudFormation::Stack FALSE PROPERTIES\n  PROPERTIES  NEVER DYNAMIC Automatic \n"},
		{"C-PLAN-7 outputs alone", bucket + "Outputs: {O: {Value: a}}\n", bucket + "Outputs: {O: {Value: b}}\n", nil, nil, "outputs\n"},
		{"C-PLAN-7 type", "Resources: {A: {Type: AWS::S3::Bucket}, B: {Type: AWS::S3::Bucket}}\n", "Resources: {A: {Type: AWS::SNS::Topic}, B: {Type: AWS::SNS::Topic}}\n", nil, nil,
			"Update of resource type is not permitted. The new template modifies resource type of the following resources: [A, B] (line 1, column 1)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			set, err := compare(t, c.before, c.after, c.was, c.is, nil)
			got := lines(set)
			if err != nil {
				got = err.Error()
			}
			if diff := gocmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if err == nil && set.Empty() != (c.want == "") {
				t.Errorf("C-PLAN-5: Empty is %t", set.Empty())
			}
		})
	}
}

func TestCompareStackTags(t *testing.T) {
	two := "Resources: {A: {Type: AWS::S3::Bucket, Properties: {Tags: [{Key: a, Value: %s}]}}, B: {Type: AWS::SNS::Topic}}\n"
	tags := map[string]string{"k": "v"}
	set, err := compare(t, fmt.Sprintf(two, "b"), fmt.Sprintf(two, "b"), nil, nil, tags)
	want := "MODIFY A A-id AWS::S3::Bucket FALSE TAGS\n  TAGS  NEVER STATIC DirectModification \n"
	if err != nil || lines(set) != want {
		t.Errorf("C-PLAN-7: %s %v", lines(set), err)
	}
	if set, err = compare(t, fmt.Sprintf(two, "b"), fmt.Sprintf(two, "c"), nil, nil, tags); err != nil || lines(set) != want {
		t.Errorf("C-PLAN-7: %s %v", lines(set), err)
	}
}

func TestCompareNew(t *testing.T) {
	e, err := evaluate(t, "Resources: {A: {Type: AWS::S3::Bucket, DependsOn: B}, B: {Type: AWS::SNS::Topic}}\nOutputs: {O: {Value: a}}\n", Scope{})
	if err != nil {
		t.Fatal(err)
	}
	set, err := Compare(nil, e, schema())
	if want := "ADD B  AWS::SNS::Topic  \nADD A  AWS::S3::Bucket  \noutputs\n"; err != nil || lines(set) != want {
		t.Errorf("C-PLAN-7: %s %v", lines(set), err)
	}
	// A resource of the stack that was lost on the way is made again.
	old, err := evaluate(t, "Resources: {A: {Type: AWS::S3::Bucket}, B: {Type: AWS::SNS::Topic}}\n", Scope{Made: map[string]Made{"A": {PhysicalID: "a"}}})
	if err != nil {
		t.Fatal(err)
	}
	set, err = Compare(old, old, schema())
	if want := "ADD B  AWS::SNS::Topic  \n"; err != nil || lines(set) != want {
		t.Errorf("C-PLAN-7: %s %v", lines(set), err)
	}
}

func TestChanged(t *testing.T) {
	parse := func(text string) *Node {
		n, err := Read([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, c := range []struct{ before, after, want string }{
		{"{A: 1, B: [x], C: {d: e}}", "{C: {d: e}, A: '1', B: [x]}", ""},
		{"{A: 1, B: [x], C: {d: e}, G: 1}", "{N: 1, C: {d: f}, A: 2, B: [x, y]}", "N C A B G"},
		{"{A: [1, 2]}", "{A: [2, 1]}", "A"}, {"{A: {b: c}}", "{A: {c: c}}", "A"}, {"{A: {}}", "{A: []}", "A"},
	} {
		if got := strings.Join(Changed(parse(c.before), parse(c.after)), " "); got != c.want {
			t.Errorf("C-PLAN-7 %s to %s: %q", c.before, c.after, got)
		}
	}
	if got := Changed(nil, parse("{A: 1}")); len(got) != 1 {
		t.Errorf("C-PLAN-7: %v", got)
	}
	if got := Changed(parse("{A: 1}"), nil); len(got) != 1 {
		t.Errorf("C-PLAN-7: %v", got)
	}
}
