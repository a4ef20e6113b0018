package template

import (
	"errors"
	"strings"
	"testing"

	"portico/internal/fault"
)

const bindable = `Parameters:
  Name: {Type: String, MinLength: 2, AllowedPattern: '[a-z]*', ConstraintDescription: lower case}
  Size: {Type: Number, Default: 5, MinValue: 1, MaxValue: 9}
  Secret: {Type: String, Default: '', NoEcho: true}
  List: {Type: CommaDelimitedList, Default: 'a, b'}
  Stored: {Type: 'AWS::SSM::Parameter::Value<List<AWS::EC2::Subnet::Id>>', Default: /net}
  Vpcs: {Type: 'List<AWS::EC2::VPC::Id>', Default: 'vpc-1'}
` + bucket

func give(kv ...string) []Argument {
	var args []Argument
	for _, pair := range kv {
		key, value, given := strings.Cut(pair, "=")
		args = append(args, Argument{Key: key, Value: value, UsePrevious: !given})
	}
	return args
}

func TestBind(t *testing.T) {
	dir := Directory{
		SSM: func(names []string) (map[string]string, error) {
			if strings.Join(names, " ") == "/broken" {
				return nil, errors.New("no connection")
			}
			return map[string]string{"/net": "subnet-1,subnet-2", "/large": strings.Repeat("x", maxContent+1)}, nil
		},
		Exists: func(_, id string) (bool, error) {
			if id == "vpc-broken" {
				return false, errors.New("no connection")
			}
			return id != "vpc-9" && id != "subnet-9", nil
		},
	}
	previous := Bindings{{Key: "Name", Value: "before"}, {Key: "Secret", Value: "kept"}, {Key: "Gone", Value: "x"}, {Key: "Size", Value: "99"}}
	defaults := " Size=5 Secret= List=a, b Stored=/net Vpcs=vpc-1"
	for _, c := range []struct {
		name     string
		args     []Argument
		previous Bindings
		want     string // the error, or the values
	}{
		{"C-RULE-8 defaults", give("Name=abc"), nil, "Name=abc" + defaults},
		{"C-PP-6 missing values", nil, nil, "Parameters: [Name] must have values (line 1, column 1)"},
		{"C-PP-6 unknown parameters in the caller's order", give("Z=1", "Name=abc", "A=1", "Z=2"), nil, "Parameters: [Z, A] do not exist in the template (line 1, column 1)"},
		{"C-RULE-8 existence before missing values", give("A=1"), nil, "Parameters: [A] do not exist in the template (line 1, column 1)"},
		{"C-RULE-8 missing values before constraints", give("Size=0"), nil, "Parameters: [Name] must have values (line 1, column 1)"},
		{"C-RULE-8 existence before repetition", give("Name=a", "Name=b", "A=1"), nil, "Parameters: [A] do not exist in the template (line 1, column 1)"},
		{"C-RULE-8 one key twice", give("Name=ab", "Name=cd"), nil, "Parameters: [Name] are given more than once (line 1, column 1)"},
		{"C-CFN-2 pattern", give("Name=ABC"), nil, "Parameter 'Name' failed to satisfy constraint: lower case (line 2, column 3)"},
		{"C-CFN-2 number", give("Name=abc", "Size=10"), nil, "Parameter 'Size' must be a number not greater than 9 (line 3, column 3)"},
		{"C-PP-9 an empty value is not the default", give("Name=abc", "List="), nil, "Name=abc Size=5 Secret= List= Stored=/net Vpcs=vpc-1"},
		{"C-PP-9 an empty value is held to the constraints", give("Name="), nil, "Parameter 'Name' failed to satisfy constraint: lower case (line 2, column 3)"},
		{"C-PP-11 omitted values stay", give("Size=7"), previous, "Name=before Size=7 Secret=kept List=a, b Stored=/net Vpcs=vpc-1"},
		{"C-PP-11 kept values are held to the new constraints", nil, previous, "Parameter 'Size' must be a number not greater than 9 (line 3, column 3)"},
		{"C-PP-11 previous value asked for", give("Name", "Size=7"), previous, "Name=before Size=7 Secret=kept List=a, b Stored=/net Vpcs=vpc-1"},
		{"C-PP-11 no previous value", give("Name=abc", "List"), previous[:1], "Parameters: [List] must have values (line 1, column 1)"},
		{"C-PP-11 no launch before", give("Name"), nil, "Parameters: [Name] must have values (line 1, column 1)"},
		{"C-PP-11 previous and new value", []Argument{{Key: "Name", Value: "x", UsePrevious: true}}, previous,
			"Invalid input for parameter key Name. Cannot specify usePreviousValue as true and non empty value for a parameter (line 2, column 3)"},
		{"C-PP-11 parameter gone", give("Gone"), previous, "Parameters: [Gone] do not exist in the template (line 1, column 1)"},
		{"C-CFN-2 SSM parameter absent", give("Name=abc", "Stored=/none"), nil, "Unable to fetch parameters [/none] from parameter store for this account. (line 1, column 1)"},
		{"C-CFN-2 SSM parameter too large", give("Name=abc", "Stored=/large"), nil, "Parameter 'Stored' names an SSM parameter of more than 8192 bytes (line 6, column 3)"},
		{"C-CFN-2 SSM broken", give("Name=abc", "Stored=/broken"), nil, "read SSM parameters /broken: no connection"},
		{"C-CFN-2 no such resource", give("Name=abc", "Vpcs=vpc-1, vpc-9"), nil, "Parameter validation failed: parameter value vpc-9 for parameter name Vpcs does not exist (line 7, column 3)"},
		{"C-CFN-2 resources broken", give("Name=abc", "Vpcs=vpc-broken"), nil, "look up AWS::EC2::VPC::Id vpc-broken: no connection"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bound, err := mustParse(t, bindable).Bind(c.args, c.previous, dir)
			var got []string
			for _, b := range bound {
				got = append(got, b.Key+"="+b.Value)
			}
			if err != nil {
				got = []string{err.Error()}
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("\n got %s\nwant %s", s, c.want)
			}
		})
	}
}

func TestBindings(t *testing.T) {
	tmpl := mustParse(t, bindable)
	_, err := tmpl.Bind(give("Name=abc"), nil, Directory{})
	wantError(t, err, "Unable to fetch parameters [/net] from parameter store for this account. (line 1, column 1)")
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("C-PP-3: %v is no fault of the caller", err)
	}
	dir := directory()
	dir.SSM = func([]string) (map[string]string, error) { return map[string]string{"/net": "subnet-1"}, nil }
	bound, err := tmpl.Bind(give("Name=abc", "Secret=pst"), nil, dir)
	if err != nil {
		t.Fatal(err)
	}
	secret, _ := bound.Get("Secret")
	name, _ := bound.Get("Name")
	stored, _ := bound.Get("Stored")
	if secret.Shown() != "****" || secret.Value != "pst" || name.Shown() != "abc" {
		t.Errorf("C-PP-13: %+v %+v", secret, name)
	}
	if stored.Value != "/net" || stored.Resolved != "subnet-1" {
		t.Errorf("C-CFN-2: %+v", stored)
	}
	if _, found := bound.Get("Other"); found {
		t.Error("C-PP-6: found what is not there")
	}
}

func TestBindCost(t *testing.T) {
	tmpl := mustParse(t, "Parameters:\n"+strings.ReplaceAll(costly(120), "Default: "+strings.Repeat("a", 4000)+", ", "")+bucket)
	var args []Argument
	for _, p := range tmpl.Parameters() {
		args = append(args, Argument{Key: p.Key, Value: strings.Repeat("a", 4000)})
	}
	_, err := tmpl.Bind(args, nil, Directory{})
	wantError(t, err, "The allowed patterns of the parameters are too costly to check. (line 8, column 3)")
}
