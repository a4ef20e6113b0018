package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// laughs are templates that are small and want to become large.
func laughs() map[string]string {
	text := "Parameters: {P: {Type: String, Default: " + strings.Repeat("x", 4000) + "}, L: {Type: CommaDelimitedList, Default: '" + strings.Repeat("x,", 2000) + "'}}\n"
	resource := func(expr string) string {
		return text + "Mappings: {M: {a: {b: [" + strings.Repeat("long text, ", 5000) + "x]}}}\nResources: {R: {Type: AWS::S3::Bucket, Properties: {P: " + expr + "}}}\n"
	}
	doubled := "${A}${A}"
	deep := "x"
	for range 30 {
		deep = "!Sub ['" + doubled + doubled + "', {A: " + deep + "}]"
	}
	coded := "!Sub '" + strings.Repeat("${P}", 16) + "'"
	for range 18 {
		coded = "{'Fn::Base64': {'Fn::Join': ['', [" + coded + "]]}}"
	}
	var conditions strings.Builder
	conditions.WriteString("Conditions:\n  C0: !Equals [a, a]\n")
	for i := 1; i < 100; i++ {
		fmt.Fprintf(&conditions, "  C%d: !And [%s]\n", i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("!Condition C%d, ", i-1), 10), ", "))
	}
	return map[string]string{
		"a text named often":            resource("!Sub '" + strings.Repeat("${P}", 20_000) + "'"),
		"a text in many values":         resource("[" + strings.Repeat("!Ref P, ", 20_000) + "x]"),
		"a list in many values":         resource("[" + strings.Repeat("!Ref L, ", 20_000) + "x]"),
		"a mapping in many values":      resource("[" + strings.Repeat("!FindInMap [M, a, b], ", 20_000) + "x]"),
		"texts doubled in arguments":    resource(deep),
		"a text coded again and again":  resource(coded),
		"texts joined with a long one":  resource("!Join [" + strings.Repeat("y", 4000) + ", !Split [x, !Join ['', [!Ref P, !Ref P]]]]"),
		"one of many items, many times": resource("[" + strings.Repeat("!Select [0, !Split [x, !Ref P]], ", 20_000) + "x]"),
		"conditions upon conditions":    conditions.String() + bucket,
	}
}

// A call produces no more than its bound and takes no longer than producing it.
func TestLaughs(t *testing.T) {
	for name, text := range laughs() {
		t.Run("C-CFN-3 "+name, func(t *testing.T) {
			begun := time.Now()
			e, err := evaluate(t, text, Scope{})
			if err == nil {
				_, err = e.Check()
			}
			refused := err != nil && strings.HasPrefix(err.Error(), "Template error: the template's values exceed 8388608 bytes")
			if decided := name == "conditions upon conditions"; refused == decided || decided && err != nil {
				t.Errorf("error %v", err)
			}
			if took := time.Since(begun); took > time.Minute {
				t.Errorf("took %s", took)
			}
		})
	}
}

func TestRuleLimit(t *testing.T) {
	all := make([]string, 100_000)
	for i := range all {
		all[i] = fmt.Sprintf("vpc-%012d", i)
	}
	one := `{"Fn::Contains": [{"Fn::RefAll": "AWS::EC2::VPC::Id"}, "x"]}`
	err := assert(t, `{"Fn::Not": [{"Fn::Or": [`+strings.TrimSuffix(strings.Repeat(one+",", 10), ",")+`]}]}`, Facts{All: func(string) ([]string, error) { return all, nil }})
	if err == nil || !strings.HasPrefix(err.Error(), "Template error: the template's values exceed") {
		t.Errorf("C-RULE-3: %v", err)
	}
}

// What is left open now and what is evaluated later give what all at once gives.
func TestPartial(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tmpl, err := Parse([]byte(anyTemplate(t).JSON()))
		if err != nil {
			t.Fatal(err)
		}
		s := Scope{Parameters: Bindings{{Key: "P", Value: "p", Resolved: "p"}}}
		before, err := tmpl.Evaluate(s)
		if err != nil {
			t.Fatal(err)
		}
		s.Made = map[string]Made{}
		for _, id := range before.Graph().Order {
			s.Made[id] = Made{PhysicalID: id + "-1", Attributes: map[string]*Node{"Arn": Text("arn"), "Outputs.X": Texts("x", "y")}}
		}
		after, err := tmpl.Evaluate(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range after.Graph().Order {
			want, wantErr := after.Properties(id)
			open, err := before.evaluator(false).part(id, "Properties")
			if err != nil {
				if wantErr == nil {
					t.Fatalf("C-CFN-3: only early: %v", err)
				}
				continue
			}
			got, err := after.evaluator(true).eval(open)
			switch {
			case (err == nil) != (wantErr == nil):
				t.Fatalf("C-CFN-3: %v, in two steps %v", wantErr, err)
			case err == nil && got.node.JSON() != want.JSON():
				t.Fatalf("C-CFN-3: %s, in two steps %s", want.JSON(), got.node.JSON())
			}
		}
	})
}

// Values without functions are what was written.
func TestPlainValues(t *testing.T) {
	plain := rapid.Custom(func(t *rapid.T) *Node { return anyValue(t, 3) }).Filter(func(n *Node) bool { return !n.waits() })
	rapid.Check(t, func(t *rapid.T) {
		n := plain.Draw(t, "value")
		e, err := (&Template{}).Evaluate(Scope{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.evaluator(true).eval(n)
		if err != nil || got.node.JSON() != n.JSON() || got.open {
			t.Fatalf("C-CFN-3: %s became %s, %v", n.JSON(), got.node.JSON(), err)
		}
		text, err := json.Marshal(got.node)
		if err != nil {
			t.Fatal(err)
		}
		read := new(Node)
		if err := json.Unmarshal(text, read); err != nil || read.JSON() != n.JSON() {
			t.Fatalf("C-CFN-3: %s was kept as %s, %v", n.JSON(), read.JSON(), err)
		}
	})
}

// size is what a value was paid with.
func (n *Node) size() int {
	total := nodePrice + len(n.Text)
	for _, e := range n.Entries {
		total += len(e.Key)
	}
	n.children(func(c *Node) { total += c.size() })
	return total
}

// FuzzEvaluate launches any template with any parameter in a world that answers anything.
func FuzzEvaluate(f *testing.F) {
	for _, l := range launches(f) {
		f.Add(l.template, "x")
	}
	for _, text := range good(f) {
		f.Add(text, "")
	}
	for name, text := range laughs() {
		if len(text) < 60_000 {
			f.Add([]byte(text), name)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, argument string) {
		tmpl, err := Parse(text)
		if err != nil {
			return
		}
		var args []Argument
		for _, p := range tmpl.Parameters() {
			if p.Default == nil {
				args = append(args, Argument{Key: p.Key, Value: argument})
			}
		}
		s := scopeIn("eu-central-1")
		s.Import = func(name string) (string, bool, error) { return name + "!", true, nil }
		if s.Parameters, err = tmpl.Bind(args, nil, Directory{SSM: func(names []string) (map[string]string, error) {
			found := map[string]string{}
			for _, name := range names {
				found[name] = argument
			}
			return found, nil
		}}); err != nil {
			mustBeOurs(t, err)
			return
		}
		if err := tmpl.Assert(s, facts()); err != nil {
			mustBeOurs(t, err)
		}
		mustLaunch(t, tmpl, s)
	})
}

func mustBeOurs(t *testing.T, err error) {
	t.Helper()
	var e *Error
	if err != nil && (!errors.As(err, &e) || e.Message == "" || e.Line < 1 || e.Column < 1) {
		t.Fatalf("%#v", err)
	}
}

// mustLaunch makes all resources. Whatever happens is one of our errors or a bounded value without functions.
func mustLaunch(t *testing.T, tmpl *Template, s Scope) {
	e, err := tmpl.Evaluate(s)
	if err != nil {
		mustBeOurs(t, err)
		return
	}
	_, err = e.Check()
	mustBeOurs(t, err)
	s.Made = map[string]Made{}
	for _, id := range e.Graph().Order {
		for _, need := range e.Graph().Needs[id] {
			if _, made := s.Made[need]; !made {
				t.Fatalf("%s comes before %s", id, need)
			}
		}
		s.Made[id] = simulate(tmpl, id)
	}
	if e, err = tmpl.Evaluate(s); err != nil {
		t.Fatalf("the second time: %v", err)
	}
	for _, id := range e.Graph().Order {
		n, err := e.Properties(id)
		if err != nil {
			mustBeOurs(t, err)
			continue
		}
		if n.waits() || n.size() > 2*maxEvaluated {
			t.Fatalf("%s has %d bytes", id, n.size())
		}
	}
	results, err := e.Outputs()
	mustBeOurs(t, err)
	for _, r := range results {
		if len(r.Value) > maxEvaluated {
			t.Fatalf("output of %d bytes", len(r.Value))
		}
	}
	set, err := Compare(e, e, schema())
	mustBeOurs(t, err)
	for _, c := range set.Changes {
		if c.Type != "AWS::CloudFormation::Stack" && len(c.Details) > 0 && c.Details[0].Source != ResourceAttribute {
			t.Fatalf("compared with itself: %+v", c)
		}
	}
}

// FuzzRules holds any parameter values to any rules.
func FuzzRules(f *testing.F) {
	for _, fn := range []string{
		`{"Fn::Equals": [{"Ref": "Size"}, "small"]}`, `{"Fn::EachMemberIn": [{"Ref": "Zones"}, {"Fn::RefAll": "AWS::EC2::VPC::Id"}]}`,
		`{"Fn::Not": [{"Fn::Contains": [{"Fn::ValueOfAll": ["AWS::EC2::Subnet::Id", "Tags.a"]}, "b"]}]}`,
		`{"Fn::Or": [{"Fn::EachMemberEquals": [[], "x"]}, {"Fn::Equals": [[1, {"a": true}], {"Fn::ValueOf": ["Subnets", "VpcId"]}]}]}`,
	} {
		f.Add([]byte(`{"Rules": {"R": {"RuleCondition": `+fn+`, "Assertions": [{"Assert": `+fn+`, "AssertDescription": "why"}]}}}`), "small")
	}
	tmpl, err := Parse([]byte(ruled))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte, value string) {
		set, err := ReadRules("cons-1", text)
		if err != nil {
			mustBeOurs(t, err)
			return
		}
		s := scopeIn("eu-central-1")
		if s.Parameters, err = tmpl.Bind(give("Size="+value, "Zones="+value), nil, Directory{SSM: func([]string) (map[string]string, error) {
			return map[string]string{"/vpc": value}, nil
		}}); err != nil {
			mustBeOurs(t, err)
			return
		}
		err = tmpl.Assert(s, facts(), set)
		mustBeOurs(t, err)
		if again := tmpl.Assert(s, facts(), set); fmt.Sprint(again) != fmt.Sprint(err) {
			t.Fatalf("%v, then %v", err, again)
		}
		if err != nil && len(Message(err)) > maxFailures+len("…") {
			t.Fatalf("%d bytes of failures", len(Message(err)))
		}
		if rules := tmpl.Instructions(set)[0]; !json.Valid([]byte(rules.Value)) {
			t.Fatalf("not JSON: %s", rules.Value)
		}
	})
}
