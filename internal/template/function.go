package template

import "strings"

// block is a set of template sections, by what their expressions may use.
type block int

const (
	resources block = 1 << iota
	outputs
	conditions
	rules

	values   = resources | outputs
	booleans = conditions | rules
)

var blockNames = map[block]string{resources: "Resources", outputs: "Outputs", conditions: "Conditions", rules: "Rules"}

// function says where an intrinsic function may stand and what argument it takes. (C-CFN-3, C-RULE-3, C-RULE-4)
type function struct {
	in   block
	fits func(arg *Node, in block) bool
	text string // CloudFormation's sentence for an argument that does not fit
}

const supported = "[Fn::Base64, Fn::GetAtt, Fn::GetAZs, Fn::ImportValue, Fn::Join, Fn::Split, Fn::FindInMap, Fn::Select, Ref, " +
	"Fn::Equals, Fn::If, Fn::Not, Condition, Fn::And, Fn::Or, Fn::Contains, Fn::EachMemberEquals, Fn::EachMemberIn, " +
	"Fn::ValueOf, Fn::ValueOfAll, Fn::RefAll, Fn::Sub, Fn::Cidr]"

var functions = map[string]function{
	"Ref":             {values | booleans, fitsText, "Template error: every Ref object must have a single String value."},
	"Fn::GetAtt":      {values, fitsGetAtt, "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute"},
	"Fn::Sub":         {values | conditions, fitsSub, "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string"},
	"Fn::Join":        {values | conditions, fitsJoin, "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined."},
	"Fn::Select":      {values | conditions, fitsSelect, "Template error: Fn::Select requires a list argument with two elements: an integer index and a list"},
	"Fn::Split":       {values | conditions, fitsSplit, "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns a string to be split."},
	"Fn::FindInMap":   {values | conditions, fitsFindInMap, "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value"},
	"Fn::If":          {values, fitsIf, "Template error: Fn::If requires a list argument with the first element being a condition"},
	"Fn::Base64":      {values | conditions, fitsString, "Template error: every Fn::Base64 object must have a String-typed value."},
	"Fn::Cidr":        {values | conditions, fitsCidr, "Template error: every Fn::Cidr object requires two or three parameters, the ipBlock, the count and the cidrBits"},
	"Fn::GetAZs":      {values | conditions, fitsString, "Template error: every Fn::GetAZs object must have a String-typed value."},
	"Fn::ImportValue": {values, fitsString, "Template error: the attribute in Fn::ImportValue must be a string or a function that returns a string"},

	"Condition":  {conditions, fitsText, "Template format error: Every Condition member must be a string."},
	"Fn::Equals": {booleans, fitsEquals, "Template error: every Fn::Equals object requires a list of 2 string parameters."},
	"Fn::Not":    {booleans, fitsNot, "Template error: every Fn::Not object requires a list with exactly 1 boolean parameter."},
	"Fn::And":    {booleans, fitsAndOr, "Template error: every Fn::And object requires a list of at least 2 and at most 10 boolean parameters."},
	"Fn::Or":     {booleans, fitsAndOr, "Template error: every Fn::Or object requires a list of at least 2 and at most 10 boolean parameters."},

	"Fn::Contains":         {rules, fitsMembersAndText, "Template error: every Fn::Contains object requires a list of strings and a string."},
	"Fn::EachMemberEquals": {rules, fitsMembersAndText, "Template error: every Fn::EachMemberEquals object requires a list of strings and a string."},
	"Fn::EachMemberIn":     {rules, fitsMembersAndMembers, "Template error: every Fn::EachMemberIn object requires two lists of strings."},
	"Fn::RefAll":           {rules, fitsRefAll, "Template error: every Fn::RefAll object requires an AWS-specific parameter type."},
	"Fn::ValueOf":          {rules, fitsValueOf, "Template error: every Fn::ValueOf object requires a list of 2 literal strings, the parameter name and the attribute."},
	"Fn::ValueOfAll":       {rules, fitsValueOf, "Template error: every Fn::ValueOfAll object requires a list of 2 literal strings, the parameter type and the attribute."},
}

// shortTags are YAML's short forms and the functions they stand for.
var shortTags = func() map[string]string {
	tags := map[string]string{"!Transform": "Fn::Transform"}
	for name := range functions {
		tags["!"+strings.TrimPrefix(name, "Fn::")] = name
	}
	return tags
}()

// argument brings the string form of Fn::GetAtt, "A.B", into the list form.
func argument(name string, arg *Node) *Node {
	if name != "Fn::GetAtt" || !arg.is(Scalar) {
		return arg
	}
	id, attr, ok := strings.Cut(arg.Text, ".")
	if !ok || id == "" || attr == "" {
		return arg
	}
	part := func(text string) *Node {
		return &Node{Kind: Scalar, Text: text, Line: arg.Line, Column: arg.Column}
	}
	return &Node{Kind: List, Items: []*Node{part(id), part(attr)}, Line: arg.Line, Column: arg.Column}
}

// lift turns the long form of functions in and under n into Function nodes and returns what n has become. A map with
// the one member Condition is a function among conditions only; elsewhere, in policies above all, it is data.
func lift(n *Node, in block) *Node {
	for i := range n.Entries {
		n.Entries[i].Value = lift(n.Entries[i].Value, in)
	}
	for i := range n.Items {
		n.Items[i] = lift(n.Items[i], in)
	}
	if n.Kind != Map || len(n.Entries) != 1 {
		return n
	}
	name := n.Entries[0].Key
	if name != "Ref" && !hasFnPrefix(name) && (name != "Condition" || in&booleans == 0) {
		return n
	}
	arg := argument(name, n.Entries[0].Value)
	return &Node{Kind: Function, Text: name, Items: []*Node{arg}, Line: n.Line, Column: n.Column}
}

func hasFnPrefix(name string) bool { return len(name) > 4 && strings.EqualFold(name[:4], "fn::") }

// check holds every function in and under n to its place and arguments.
func check(n *Node, in block) error {
	if n.Kind == Function {
		if err := checkCall(n, in); err != nil {
			return err
		}
	}
	var failed error
	for _, e := range n.Entries {
		if e.Key == "Fn::Transform" {
			return refuseTransform(e.Value)
		}
	}
	n.children(func(c *Node) {
		if failed == nil {
			failed = check(c, in)
		}
	})
	return failed
}

func checkCall(n *Node, in block) error {
	if n.Text == "Fn::Transform" {
		return refuseTransform(n.Arg())
	}
	f, known := functions[n.Text]
	if !known {
		return n.errorf("Template Error: Encountered unsupported function: %s Supported functions are: %s", n.Text, supported)
	}
	if f.in&in == 0 {
		return n.errorf("Template error: Cannot use %s in %s.", n.Text, blockNames[in])
	}
	if !f.fits(n.Arg(), in) {
		if n.Text == "Fn::GetAtt" && n.Arg().is(Scalar) {
			return n.errorf("Template error: if specifying one argument to Fn::GetAtt, that argument must be a non-empty string in format <LogicalId>.<Attribute>")
		}
		return n.errorf("%s", f.text)
	}
	if n.Text == "Fn::Sub" {
		return checkSub(n)
	}
	return nil
}

// refuseTransform names the first macro that n, a Transform section or the argument of Fn::Transform, asks for.
func refuseTransform(n *Node) error {
	name := n
	if n.is(List) && len(n.Items) > 0 {
		name = n.Items[0]
	}
	if inner := name.Get("Name"); inner != nil {
		name = inner
	}
	if !name.is(Scalar) {
		return n.errorf("Template format error: Transform is not supported.")
	}
	return name.errorf("Template format error: Transform %s is not supported.", name.Text)
}
