package template

import (
	"errors"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// evaluable is a template around one property.
func evaluable(expr string) string {
	return `Parameters:
  Text: {Type: String, Default: word}
  Number: {Type: Number, Default: 2}
  List: {Type: CommaDelimitedList, Default: 'x, y,z'}
  Ports: {Type: 'List<Number>', Default: '80,443'}
  Empty: {Type: CommaDelimitedList, Default: ''}
  Key: {Type: String, Default: Arn}
Mappings:
  M: {top: {one: 1, many: [a, 2], yes: true}, word: {one: w}}
Conditions:
  T: !Equals [a, a]
  F: !Not [!Condition T]
Resources:
  Made: {Type: AWS::S3::Bucket}
  R: {Type: AWS::SNS::Topic, Properties: {P: ` + expr + `}}
`
}

func evaluate(t testing.TB, text string, s Scope) (*Evaluation, error) {
	t.Helper()
	tmpl := mustParse(t, text)
	if s.Parameters == nil {
		var err error
		if s.Parameters, err = tmpl.Bind(nil, nil, Directory{}); err != nil {
			t.Fatal(err)
		}
	}
	return tmpl.Evaluate(s)
}

func madeScope() Scope {
	s := scopeIn("eu-central-1")
	s.Made = map[string]Made{"Made": {PhysicalID: "made-1", Attributes: map[string]*Node{
		"Arn": Text("arn:made"), "Names": Texts("n0", "n1"), "Deep.Name": {Kind: Scalar, Type: Number, Text: "7"}}}}
	return s
}

func TestEvaluateFunctions(t *testing.T) {
	find, join, split := functions["Fn::FindInMap"].text, functions["Fn::Join"].text, functions["Fn::Split"].text
	for _, c := range []struct{ name, expr, want string }{
		{"scalars", "[1, '1', 1.50, true, 'true', '', 2020-01-02]", `[1,"1",1.50,true,"true","","2020-01-02"]`},
		{"Ref of a parameter", "!Ref Text", `"word"`},
		{"Ref of a number", "!Ref Number", `"2"`},
		{"Ref of a list", "!Ref List", `["x","y","z"]`},
		{"Ref of numbers", "!Ref Ports", `["80","443"]`},
		{"Ref of an empty list", "!Ref Empty", `[""]`},
		{"Ref of a resource", "!Ref Made", `"made-1"`},
		{"pseudo parameters", "[!Ref AWS::AccountId, !Ref AWS::Region, !Ref AWS::Partition, !Ref AWS::StackName, !Ref AWS::URLSuffix, !Ref AWS::NotificationARNs]",
			`["111122223333","eu-central-1","aws","demo","amazonaws.com",["arn:aws:sns:eu-central-1:111122223333:stacks"]]`},
		{"NoValue in a map and a list", "{A: !Ref AWS::NoValue, B: [!Ref AWS::NoValue, {C: !If [F, 1, !Ref AWS::NoValue]}]}", `{"B":[{}]}`},
		{"GetAtt", "[!GetAtt Made.Arn, !GetAtt [Made, !Ref Key], !GetAtt Made.Deep.Name, !GetAtt Made.Names]", `["arn:made","arn:made",7,["n0","n1"]]`},
		{"GetAtt of no attribute", "!GetAtt Made.None", "Template error: resource Made does not support attribute type None in Fn::GetAtt"},
		{"Sub", "!Sub 'a${Text}b${ AWS::Region }c${Made}d${Made.Arn}e${Made.Deep.Name}f'", `"awordbeu-central-1cmade-1darn:madee7f"`},
		{"Sub literals", "!Sub '${!Text} $Text $${Text}} ${'", `"${Text} $Text $word} ${"`},
		{"Sub with a map", "!Sub ['${A}-${Text}-${B}', {A: !Ref Number, B: !Join ['', !Ref List], Text: own}]", `"2-own-xyz"`},
		{"Sub does not read values again", "!Sub ['${A}', {A: '${Text}'}]", `"${Text}"`},
		{"Sub of nothing", "!Sub ['<${A}${AWS::NoValue}>', {A: !Ref AWS::NoValue}]", `"<>"`},
		{"Sub of a truth value", "!Sub ['${A}', {A: true}]", `"true"`},
		{"Sub of a list", "!Sub '${List}'", "Template error: variable List in Fn::Sub expression does not resolve to a string"},
		{"Join", "!Join [', ', [a, !Ref Number, true, !Ref AWS::NoValue, !GetAtt Made.Arn]]", `"a, 2, true, arn:made"`},
		{"Join of lists", "[!Join ['', !Ref List], !Join ['', []], !Join [-, !Split [., a.b]], !Join [+, !GetAtt Made.Names]]", `["xyz","","a-b","n0+n1"]`},
		{"Join of a list in a list", "!Join ['', [!Ref List]]", join},
		{"Join of a text", "!Join ['', !Ref Text]", join},
		{"Join of no list at all", "!Join ['', !Ref AWS::NoValue]", join},
		{"Select", "[!Select [0, !Ref List], !Select ['1', [a, [b]]], !Select [!Ref Number, [a, b, {c: d}]], !Select [1, !GetAtt Made.Names]]", `["x",["b"],{"c":"d"},"n1"]`},
		{"Select beyond", "!Select [3, !Ref List]", "Template error: Fn::Select cannot select nonexistent value at index 3"},
		{"Select counts what is left", "!Select [1, [!Ref AWS::NoValue, a]]", "Template error: Fn::Select cannot select nonexistent value at index 1"},
		{"Select by a word", "!Select [!Ref Text, [a]]", functions["Fn::Select"].text},
		{"Split", "[!Split [',', 'a,,b'], !Split [x, ''], !Split [aa, !Ref Text]]", `[["a","","b"],[""],["word"]]`},
		{"Split of a list", "!Split [',', !Ref List]", split},
		{"FindInMap", "[!FindInMap [M, top, one], !FindInMap [M, top, many], !FindInMap [M, !Ref Text, one], !FindInMap [M, top, yes]]", `[1,["a",2],"w",true]`},
		{"FindInMap of no key", "!FindInMap [M, !Ref Number, one]", "Template error: Unable to get mapping for M::2::one"},
		{"FindInMap of no map", "!FindInMap [!Ref Text, top, one]", "Template error: Unable to get mapping for word::top::one"},
		{"FindInMap with a default", "[!FindInMap [M, none, one, {DefaultValue: !Ref List}], !FindInMap [M, top, one, {DefaultValue: 9}]]", `[["x","y","z"],1]`},
		{"FindInMap by a list", "!FindInMap [M, !Ref List, one]", find},
		{"If", "[!If [T, a, !GetAtt Made.None], !If [F, !Select [9, []], [!If [T, {b: c}, d]]]]", `["a",[{"b":"c"}]]`},
		{"Base64", "[!Base64 'häl', !Base64 '', {'Fn::Base64': !Sub '${Number}'}]", `["aMOkbA==","","Mg=="]`},
		{"Base64 of a list", "!Base64 {Ref: List}", functions["Fn::Base64"].text},
		{"GetAZs", "[!GetAZs '', !Select [1, !GetAZs us-east-1]]", `[["eu-central-1a","eu-central-1b","eu-central-1c"],"us-east-1b"]`},
		{"ImportValue", "!ImportValue {'Fn::Sub': 'base-${AWS::NoValue}vpc'}", `"vpc-0base"`},
		{"ImportValue of nothing", "!ImportValue other", "No export named other found"},
		{"dynamic references", "['{{resolve:ssm:/a:1}}', '<{{resolve:ssm:b}}{{resolve:ssm:c}}>', '{{resolve:x', '{{other}}']", `["<resolve:ssm:/a:1>","<<resolve:ssm:b><resolve:ssm:c>>","{{resolve:x","{{other}}"]`},
		{"a map named like a function beside others", "{Ref: a, 'Fn::Sub': b}", `{"Ref":"a","Fn::Sub":"b"}`},
	} {
		t.Run("C-CFN-3 "+c.name, func(t *testing.T) {
			e, err := evaluate(t, evaluable(c.expr), madeScope())
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			n, err := e.Properties("R")
			if err != nil {
				got = Message(err)
			} else {
				got = n.Get("P").JSON()
			}
			if got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestCidr(t *testing.T) {
	for _, c := range []struct{ name, expr, want string }{
		{"of a /24", "!Cidr [192.168.0.0/24, 6, 5]", `["192.168.0.0/27","192.168.0.32/27","192.168.0.64/27","192.168.0.96/27","192.168.0.128/27","192.168.0.160/27"]`},
		{"over bytes", "!Select [255, !Cidr ['10.255.0.0/16', 256, 8]]", `"10.255.255.0/24"`},
		{"over a byte within", "[!Select [3, !Cidr [10.0.0.0/16, 9, 6]], !Select [4, !Cidr [10.0.0.0/16, 9, 6]], !Select [8, !Cidr [10.0.0.0/16, 9, 6]]]", `["10.0.0.192/26","10.0.1.0/26","10.0.2.0/26"]`},
		{"of addresses", "!Select [255, !Cidr [10.0.0.0/8, '256', '0']]", `"10.0.0.255/32"`},
		{"of version 6", "!Cidr ['2001:db8::/56', 2, 64]", `["2001:db8::/64","2001:db8:0:1::/64"]`},
		{"of the whole", "!Cidr [0.0.0.0/0, 1, 32]", `["0.0.0.0/0"]`},
		{"as large as fit", "[!Cidr [10.0.0.0/16, 3], !Cidr [10.0.0.0/16, 1]]", `[["10.0.0.0/18","10.0.64.0/18","10.0.128.0/18"],["10.0.0.0/16"]]`},
		{"of an address within", "!Cidr [10.1.2.3/16, 1, 8]", `["10.1.0.0/24"]`},
		{"of too many", "!Cidr [10.0.0.0/24, 257, 0]", "Template error: the count of Fn::Cidr must be between 1 and 256: 257"},
		{"of none", "!Cidr [10.0.0.0/24, 0, 0]", "Template error: the count of Fn::Cidr must be between 1 and 256: 0"},
		{"without room", "!Cidr [10.0.0.0/24, 3, 7]", "Template error: Fn::Cidr cannot take 3 blocks with 7 cidrBits from 10.0.0.0/24"},
		{"larger than the whole", "!Cidr [10.0.0.0/24, 1, 9]", "Template error: Fn::Cidr cannot take 1 blocks with 9 cidrBits from 10.0.0.0/24"},
		{"of 33 bits", "!Cidr [10.0.0.0/24, 1, 33]", "Template error: the cidrBits of Fn::Cidr must be between 0 and 32 for this ipBlock: 33"},
		{"without bits and room", "!Cidr [10.0.0.0/31, 3]", "Template error: the cidrBits of Fn::Cidr must be between 0 and 32 for this ipBlock: -1"},
		{"of no block", "!Cidr [10.0.0.0, 1, 8]", "Template error: the ipBlock of Fn::Cidr is no CIDR block: 10.0.0.0"},
		{"of no number", "!Cidr [10.0.0.0/8, !Ref Text, 8]", functions["Fn::Cidr"].text},
	} {
		t.Run("C-CFN-3 Cidr "+c.name, func(t *testing.T) {
			e, err := evaluate(t, evaluable(c.expr), madeScope())
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if n, err := e.Properties("R"); err != nil {
				got = Message(err)
			} else {
				got = n.Get("P").JSON()
			}
			if got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestEvaluateConditions(t *testing.T) {
	for _, c := range []struct {
		name, expr string
		want       bool
	}{
		{"Equals of kinds", "!Equals [5, '5']", true},
		{"Equals and case", "!Equals [a, A]", false},
		{"Equals of values", "!Equals [!Join [',', !Ref List], 'x,y,z']", true},
		{"Equals of nothing", "!Equals [!Ref AWS::NoValue, '']", true},
		{"Equals of a mapping", "!Equals [!FindInMap [M, top, yes], 'true']", true},
		{"Not", "!Not [!Condition T]", false},
		{"And", "!And [!Condition T, !Condition T, !Condition F]", false},
		{"And of true", "!And [!Condition T, !Not [!Condition F]]", true},
		{"Or", "!Or [!Condition F, !Condition T]", true},
		{"Or of false", "!Or [!Condition F, !Not [!Condition T]]", false},
		{"Sub and Split", "!Equals [!Select [1, !Split [-, !Sub '${AWS::Region}']], central]", true},
	} {
		t.Run("C-CFN-3 "+c.name, func(t *testing.T) {
			e, err := evaluate(t, strings.Replace(evaluable("x"), "Conditions:\n", "Conditions:\n  X: "+c.expr+"\n", 1), scopeIn("eu-central-1"))
			if err != nil {
				t.Fatal(err)
			}
			if e.Condition("X") != c.want {
				t.Errorf("%t", !c.want)
			}
		})
	}
	_, err := evaluate(t, strings.Replace(evaluable("x"), "Conditions:\n", "Conditions:\n  X: !Equals [!FindInMap [M, top, many], a]\n", 1), Scope{})
	wantError(t, err, functions["Fn::Equals"].text+" (line 11, column 6)")
}

func TestEvaluate(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"C-PP-6 output of a resource that is not there", "Conditions: {F: !Equals [a, b]}\nResources: {A: {Type: AWS::S3::Bucket}, B: {Type: AWS::S3::Bucket, Condition: F}, C: {Type: AWS::S3::Bucket, Condition: F}}\n" +
			"Outputs: {O: {Value: !GetAtt C.Arn}, P: {Value: !Sub '${A}${B}${C.Arn}'}}\n", "Unresolved resource dependencies [C, B] in the Outputs block of the template (line 3, column 22)"},
		{"C-PP-6 its output is not there either", "Conditions: {F: !Equals [a, b]}\nResources: {A: {Type: AWS::S3::Bucket}, B: {Type: AWS::S3::Bucket, Condition: F}}\nOutputs: {O: {Condition: F, Value: !Ref B}}\n", ""},
		{"C-PP-6 branch not taken", "Conditions: {F: !Equals [a, b]}\nResources: {A: {Type: AWS::S3::Bucket}, B: {Type: AWS::S3::Bucket, Condition: F}}\nOutputs: {O: {Value: !If [F, !Ref B, !Ref A]}}\n", ""},
		{"C-PP-6 unknown resource", bucket + "Outputs: {O: {Value: !Ref MyVPC}}\n", "Unresolved resource dependencies [MyVPC] in the Outputs block of the template (line 2, column 22)"},
		{"C-CFN-4 resource refers to one that is not there", "Conditions: {F: !Equals [a, b]}\nResources: {A: {Type: AWS::S3::Bucket, Metadata: {X: !Ref B}}, B: {Type: AWS::S3::Bucket, Condition: F}}\n",
			"Template format error: Unresolved resource dependencies [B] in the Resources block of the template (line 2, column 54)"},
		{"C-CFN-4 DependsOn one that is not there", "Conditions: {F: !Equals [a, b]}\nResources: {A: {Type: AWS::S3::Bucket, DependsOn: [B]}, B: {Type: AWS::S3::Bucket, Condition: F}}\n", ""},
		{"C-CFN-4 circle through the branch taken", "Conditions: {T: !Equals [a, a]}\nResources: {A: {Type: AWS::S3::Bucket, Metadata: {X: !If [T, !Ref B, y]}}, B: {Type: AWS::S3::Bucket, DependsOn: A}}\n",
			"Circular dependency between resources: [A, B] (line 2, column 13)"},
		{"C-CFN-4 circle through the branch not taken", "Conditions: {T: !Equals [a, b]}\nResources: {A: {Type: AWS::S3::Bucket, Metadata: {X: !If [T, !Ref B, y]}}, B: {Type: AWS::S3::Bucket, DependsOn: A}}\n", ""},
		{"C-PP-3 condition unknown", "Resources: {A: {Type: AWS::S3::Bucket, Condition: X}}\n", "Template format error: Unresolved condition dependency X in the Resources block of the template (line 1, column 51)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := evaluate(t, c.text, Scope{})
			wantError(t, err, c.want)
		})
	}
	_, err := mustParse(t, evaluable("x")).Evaluate(Scope{Parameters: Bindings{{Key: "Text"}}})
	wantError(t, err, "Parameters: [Number, List, Ports, Empty, Key] must have values (line 1, column 1)")
}

// What waits for a resource is no error before anything is made; what is wrong whatever the resource says is.
func TestCheckEvaluation(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"C-PP-3 all is well", evaluable("!Join ['', [!GetAtt Made.Arn, !Select [0, !Split [',', !GetAtt Made.Any]]]]"), ""},
		{"C-PP-3 mapping", evaluable("!Sub ['${A}${Made}', {A: !FindInMap [M, !Ref Number, one]}]"), "Template error: Unable to get mapping for M::2::one (line 15, column 71)"},
		{"C-PP-3 in metadata", strings.Replace(evaluable("x"), "Properties: {P: x}", "Metadata: {A: !Select [7, !Ref List]}", 1), "Template error: Fn::Select cannot select nonexistent value at index 7 (line 15, column 44)"},
		{"C-PP-3 in a policy", strings.Replace(evaluable("x"), "Properties: {P: x}", "UpdatePolicy: {A: !Select [7, !Ref List]}", 1), "Template error: Fn::Select cannot select nonexistent value at index 7 (line 15, column 48)"},
		{"C-PP-3 import", evaluable("!ImportValue other"), "No export named other found (line 15, column 46)"},
		{"C-PP-3 output is a list", evaluable("x") + "Outputs: {O: {Value: !Ref List}}\n", "Template format error: Output O is malformed. The Value field of every Outputs member must evaluate to a String. (line 16, column 22)"},
		{"C-PP-3 output is nothing", evaluable("x") + "Outputs: {O: {Value: !If [F, a, !Ref AWS::NoValue]}}\n", "Template format error: Output O is malformed. The Value field of every Outputs member must evaluate to a String. (line 16, column 22)"},
		{"C-PP-3 export is a list", evaluable("x") + "Outputs: {O: {Value: a, Export: {Name: !Ref List}}}\n", "Template format error: Output O is malformed. The Name field of Export must be a string. (line 16, column 40)"},
		{"C-PP-3 dynamic reference", evaluable("!Sub '{{resolve:ssm:${Text}}}'"), "Template error: dynamic references are not supported: {{resolve:ssm:word}} (line 15, column 46)"},
		{"C-PP-3 zones", evaluable("!GetAZs ''"), "Template error: Fn::GetAZs cannot be evaluated, the availability zones of us-west-2 are not known. (line 15, column 46)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := evaluate(t, c.text, Scope{Pseudo: Pseudo{Region: "us-west-2"}})
			if err != nil {
				t.Fatal(err)
			}
			_, err = e.Check()
			wantError(t, err, c.want)
		})
	}
	e, err := evaluate(t, evaluable("[!ImportValue base-vpc, !ImportValue base-range, !ImportValue base-vpc]"), scopeIn("eu-central-1"))
	if err != nil {
		t.Fatal(err)
	}
	imports, err := e.Check()
	if diff := gocmp.Diff([]string{"base-range", "base-vpc"}, imports); err != nil || diff != "" {
		t.Errorf("C-CFN-3: imports %s %v", diff, err)
	}
}

// Errors of the engine's own functions are not the template's.
func TestCallbackErrors(t *testing.T) {
	broken := errors.New("no connection")
	s := madeScope()
	s.Zones = func(string) ([]string, error) { return nil, broken }
	s.Import = func(string) (string, bool, error) { return "", false, broken }
	s.Dynamic = func(string) (string, error) { return "", broken }
	for expr, want := range map[string]string{
		"!GetAZs ''":            "list the availability zones of eu-central-1: no connection",
		"!ImportValue x":        "look up export x: no connection",
		"'a{{resolve:ssm:b}}c'": "replace {{resolve:ssm:b}}: no connection",
	} {
		e, err := evaluate(t, evaluable(expr), s)
		if err != nil {
			t.Fatal(err)
		}
		_, err = e.Properties("R")
		var wrong *Error
		if !errors.Is(err, broken) || errors.As(err, &wrong) || err.Error() != want {
			t.Errorf("C-CFN-3 %s: %v", expr, err)
		}
	}
	e, err := evaluate(t, evaluable("!Ref Made"), Scope{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Properties("R"); err == nil || err.Error() != "template: resource Made is needed before it is made, at line 15" {
		t.Errorf("C-CFN-4: %v", err)
	}
	if _, err := e.Properties("Nobody"); err == nil {
		t.Error("C-CFN-4: properties of no resource")
	}
}

func TestResults(t *testing.T) {
	text := `Parameters: {Secret: {Type: String, NoEcho: true, Default: longsecret}, Short: {Type: String, NoEcho: true, Default: arn}}
Conditions: {F: !Equals [a, b]}
Resources: {Made: {Type: AWS::S3::Bucket}}
Outputs:
  Plain: {Value: !GetAtt Made.Arn, Description: An ARN, Export: {Name: !Sub '${AWS::StackName}-arn'}}
  Named: {Value: !Sub 'x${Secret}'}
  Coded: {Value: !Base64 {Ref: Secret}}
  Told: {Value: !GetAtt Made.Told}
  Same: {Value: !GetAtt Made.Same}
  Branch: {Value: !If [F, !Ref Secret, open]}
  Absent: {Condition: F, Value: a}
  Number: {Value: 1.50}
`
	s := scopeIn("eu-central-1")
	s.Made = map[string]Made{"Made": {Attributes: map[string]*Node{"Arn": Text("arn:made"), "Told": Text("is longsecret"), "Same": Text("arn")}}}
	e, err := evaluate(t, text, s)
	if err != nil {
		t.Fatal(err)
	}
	results, err := e.Outputs()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range results {
		got = append(got, strings.TrimSuffix(strings.Join([]string{r.Key, r.Value, r.Shown(), r.Export}, " "), " "))
	}
	want := []string{"Plain arn:made arn:made demo-arn", "Named xlongsecret ****", "Coded bG9uZ3NlY3JldA== ****", "Told is longsecret ****",
		"Same arn ****", "Branch open open", "Number 1.50 1.50"}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("C-PP-13: %s", diff)
	}
	if results[0].Description != "An ARN" {
		t.Errorf("C-REC-2: %+v", results[0])
	}
}

// A message does not tell what is not to be shown either.
func TestConceal(t *testing.T) {
	text := "Parameters: {S: {Type: String, NoEcho: true, Default: hush-hush}}\nMappings: {M: {a: {b: c}}}\nResources: {R: {Type: AWS::S3::Bucket, Properties: {P: !FindInMap [M, !Ref S, b]}}}\n"
	e, err := evaluate(t, text, Scope{})
	if err != nil {
		t.Fatal(err)
	}
	const want = "Template error: Unable to get mapping for M::****::b (line 3, column 56)"
	_, err = e.Check()
	wantError(t, err, want)
	_, err = e.Properties("R")
	wantError(t, err, want)
	e, err = evaluate(t, strings.Replace(text, "P: !FindInMap [M, !Ref S, b]", "", 1)+"Outputs: {O: {Value: !FindInMap [M, !Ref S, b]}}\n", Scope{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.Outputs()
	wantError(t, err, "Template error: Unable to get mapping for M::****::b (line 4, column 22)")
	_, err = evaluate(t, text+"Conditions: {C: !Equals [!FindInMap [M, !Ref S, b], a]}\n", Scope{})
	wantError(t, err, "Template error: Unable to get mapping for M::****::b (line 4, column 26)")

	_, err = mustParse(t, "Parameters: {V: {Type: 'AWS::EC2::VPC::Id', NoEcho: true}}\n"+bucket).Bind(give("V=vpc-secret"), nil,
		Directory{Exists: func(string, string) (bool, error) { return false, nil }})
	wantError(t, err, "Parameter validation failed: parameter value **** for parameter name V does not exist (line 1, column 14)")
}

func TestAttributes(t *testing.T) {
	e, err := evaluate(t, `Parameters: {P: {Type: String, Default: p}}
Resources:
  R:
    Type: AWS::S3::Bucket
    DependsOn: S
    DeletionPolicy: Snapshot
    UpdateReplacePolicy: Retain
    Metadata: {M: !Ref P}
    CreationPolicy: {C: !Ref P}
    UpdatePolicy: {U: !Sub 'x${P}', V: '{{resolve:ssm:a}}'}
  S: {Type: AWS::S3::Bucket}
`, Scope{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		of   func(string) (*Node, error)
		id   string
		want string
	}{
		{e.Metadata, "R", `{"M":"p"}`}, {e.CreationPolicy, "R", `{"C":"p"}`}, {e.UpdatePolicy, "R", `{"U":"xp","V":"{{resolve:ssm:a}}"}`},
		{e.Properties, "R", "{}"}, {e.Metadata, "S", "{}"}, {e.UpdatePolicy, "S", "{}"},
	} {
		if n, err := c.of(c.id); err != nil || n.JSON() != c.want {
			t.Errorf("C-CFN-4: %s, want %s, %v", n.JSON(), c.want, err)
		}
	}
	r, found := e.t.Resource("R")
	if !found || r.DeletionPolicy != "Snapshot" || r.UpdateReplacePolicy != "Retain" || len(r.DependsOn) != 1 {
		t.Errorf("C-CFN-4: %+v", r)
	}
	if _, found := e.t.Resource("T"); found {
		t.Error("C-CFN-4: found what is not there")
	}
}

func TestPseudo(t *testing.T) {
	for _, c := range []struct {
		name string
		p    Pseudo
		want string
	}{
		{"C-CFN-3 the usual partition", Pseudo{Region: "eu-west-1"}, "aws amazonaws.com"},
		{"C-CFN-3 China", Pseudo{Region: "cn-north-1"}, "aws-cn amazonaws.com.cn"},
		{"C-CFN-3 government", Pseudo{Region: "us-gov-west-1"}, "aws-us-gov amazonaws.com"},
		{"C-CFN-3 given", Pseudo{Region: "eu-west-1", Partition: "own", URLSuffix: "own.example"}, "own own.example"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.p.get("AWS::Partition") + " " + c.p.get("AWS::URLSuffix"); got != c.want {
				t.Error(got)
			}
		})
	}
}
