package template

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Parameter is one input of a template. Limits are texts, as clients see them; empty means none. (C-CFN-2, C-PARAM-2)
type Parameter struct {
	Key, Type                          string
	Default                            *string
	NoEcho                             bool
	Description, ConstraintDescription string
	AllowedValues                      []string
	AllowedPattern                     string
	MinLength, MaxLength               string
	MinValue, MaxValue                 string
	Line, Column                       int

	pattern *pattern
}

// specificTypes are the parameter types whose values name things that exist in AWS.
var specificTypes = set(
	"AWS::EC2::AvailabilityZone::Name", "AWS::EC2::Image::Id", "AWS::EC2::Instance::Id", "AWS::EC2::KeyPair::KeyName",
	"AWS::EC2::SecurityGroup::GroupName", "AWS::EC2::SecurityGroup::Id", "AWS::EC2::Subnet::Id", "AWS::EC2::Volume::Id",
	"AWS::EC2::VPC::Id", "AWS::Route53::HostedZone::Id",
)

const ssmValue = "AWS::SSM::Parameter::Value"

// within returns X of name<X>.
func within(name, typ string) (string, bool) {
	inner, ok := strings.CutPrefix(typ, name+"<")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(inner, ">")
}

func knownType(typ string) bool {
	switch typ {
	case "String", "Number", "CommaDelimitedList", "AWS::SSM::Parameter::Name":
		return true
	}
	if inner, ok := within(ssmValue, typ); ok {
		item, isList := within("List", inner)
		return inner == "String" || inner == "CommaDelimitedList" || specificTypes[inner] || isList && (item == "String" || specificTypes[item])
	}
	item, isList := within("List", typ)
	return specificTypes[typ] || isList && (item == "Number" || item == "String" || specificTypes[item])
}

// IsList reports whether a Ref to the parameter gives a list. The values of such a parameter are separated by commas.
func (p *Parameter) IsList() bool {
	typ := p.Type
	if inner, ok := within(ssmValue, typ); ok {
		typ = inner
	}
	return typ == "CommaDelimitedList" || strings.HasPrefix(typ, "List<")
}

// isNumeric reports whether values, or the items of list values, must be numbers.
func (p *Parameter) isNumeric() bool { return p.Type == "Number" || p.Type == "List<Number>" }

// items splits a value into what the constraints judge one by one. The value of an AWS::SSM::Parameter::Value
// parameter is the name of an SSM parameter and so a single item.
func (p *Parameter) items(value string) []string {
	if !p.IsList() || strings.HasPrefix(p.Type, ssmValue) {
		return []string{value}
	}
	items := strings.Split(value, ",")
	for i := range items {
		items[i] = strings.TrimSpace(items[i])
	}
	return items
}

// Check tells whether value is one the parameter accepts. (C-CFN-2, C-PP-3)
func (p *Parameter) Check(value string) error {
	if len(value) > maxValue {
		return p.errorf("Parameter '%s' must contain at most %d bytes", p.Key, maxValue)
	}
	for _, item := range p.items(value) {
		problem := p.problem(item)
		if problem == "" {
			continue
		}
		if p.ConstraintDescription != "" && problem != "be a number" {
			problem = "satisfy constraint: " + p.ConstraintDescription
			return p.errorf("Parameter '%s' failed to %s", p.Key, problem)
		}
		return p.errorf("Parameter '%s' must %s", p.Key, problem)
	}
	return nil
}

// problem says what item must do to be accepted, or nothing.
func (p *Parameter) problem(item string) string {
	number, numeric := 0.0, p.isNumeric()
	if numeric {
		var ok bool
		if number, ok = parseNumber(item); !ok {
			return "be a number"
		}
	}
	equal := func(allowed string) bool {
		a, ok := parseNumber(allowed)
		return allowed == item || numeric && ok && a == number
	}
	if p.AllowedValues != nil && !slices.ContainsFunc(p.AllowedValues, equal) {
		return "be one of AllowedValues"
	}
	if p.pattern != nil && !p.pattern.match(item) {
		return "match pattern " + p.AllowedPattern
	}
	if numeric {
		if least, ok := parseNumber(p.MinValue); ok && number < least {
			return "be a number not less than " + p.MinValue
		}
		if most, ok := parseNumber(p.MaxValue); ok && number > most {
			return "be a number not greater than " + p.MaxValue
		}
		return ""
	}
	if p.IsList() {
		return ""
	}
	length := utf8.RuneCountInString(item)
	if least, err := strconv.Atoi(p.MinLength); err == nil && length < least {
		return "contain at least " + p.MinLength + " characters"
	}
	if most, err := strconv.Atoi(p.MaxLength); err == nil && length > most {
		return "contain at most " + p.MaxLength + " characters"
	}
	return ""
}

// parseNumber reads a decimal number; Go's other notations are none.
func parseNumber(s string) (float64, bool) {
	if s == "" || strings.Trim(s, "0123456789.eE+-") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

func (p *Parameter) errorf(format string, args ...any) error {
	return Entry{Line: p.Line, Column: p.Column}.errorf(format, args...)
}

func (t *Template) parseParameters() error {
	entries, err := t.section("Parameters", maxParameters)
	if err != nil {
		return err
	}
	cost := 0
	for _, e := range entries {
		p, err := parseParameter(e)
		if err != nil {
			return err
		}
		if cost += p.cost(); cost > maxCost {
			return e.errorf("Template format error: the allowed patterns of the parameters are too costly to check.")
		}
		if err := p.checkDefault(e.Value.Get("Default")); err != nil {
			return err
		}
		t.parameters = append(t.parameters, p)
	}
	for i := range t.parameters {
		t.parameter[t.parameters[i].Key] = &t.parameters[i]
	}
	return nil
}

func parseParameter(e Entry) (Parameter, error) {
	p := Parameter{Key: e.Key, Line: e.Line, Column: e.Column}
	if err := checkName("Parameter", e); err != nil {
		return p, err
	}
	if !e.Value.is(Map) {
		return p, e.errorf("Template format error: Any Parameters member must be an object.")
	}
	for _, m := range e.Value.Entries {
		if err := p.set(m); err != nil {
			return p, err
		}
	}
	if p.Type == "" {
		return p, e.errorf("Template format error: Every Parameters object must contain a Type member.")
	}
	return p, p.checkLimits()
}

// cost estimates the steps that checking the default takes.
func (p *Parameter) cost() int {
	if p.Default == nil || p.pattern == nil {
		return 0
	}
	return len(*p.Default) * p.pattern.size
}

func (p *Parameter) checkDefault(n *Node) error {
	if n == nil {
		return nil
	}
	if err := p.Check(n.Text); err != nil {
		return n.errorf("%s", Message(err))
	}
	return nil
}

// set takes over one property of the parameter's declaration.
func (p *Parameter) set(m Entry) error {
	var into *string
	switch m.Key {
	case "AllowedValues":
		return p.setAllowedValues(m.Value)
	case "NoEcho":
		if !m.Value.is(Scalar) || typeOf(m.Value.Text) != Bool {
			return m.Value.errorf("Template format error: Every NoEcho member must be true or false.")
		}
		p.NoEcho = strings.EqualFold(m.Value.Text, "true")
		return nil
	case "Default":
		p.Default = new(string)
		into = p.Default
	case "Type":
		into = &p.Type
	case "Description":
		into = &p.Description
	case "ConstraintDescription":
		into = &p.ConstraintDescription
	case "AllowedPattern":
		into = &p.AllowedPattern
	case "MinLength":
		into = &p.MinLength
	case "MaxLength":
		into = &p.MaxLength
	case "MinValue":
		into = &p.MinValue
	case "MaxValue":
		into = &p.MaxValue
	default:
		return m.errorf("Invalid template parameter property '%s'", m.Key)
	}
	if !m.Value.is(Scalar) {
		return m.Value.errorf("Template format error: Every %s member must be a string.", m.Key)
	}
	*into = m.Value.Text
	return p.checkProperty(m)
}

func (p *Parameter) setAllowedValues(n *Node) error {
	if !n.is(List) {
		return n.errorf("Template format error: Every AllowedValues member must be a list.")
	}
	p.AllowedValues = []string{}
	for _, v := range n.Items {
		if !v.is(Scalar) {
			return v.errorf("Template format error: Every AllowedValues member must be a list of strings.")
		}
		p.AllowedValues = append(p.AllowedValues, v.Text)
	}
	return nil
}

// checkProperty judges a property by its text alone.
func (p *Parameter) checkProperty(m Entry) error {
	text := m.Value.Text
	switch m.Key {
	case "Type":
		if !knownType(text) {
			return m.Value.errorf("Template format error: Unrecognized parameter type: %s", text)
		}
	case "Description", "ConstraintDescription":
		if utf8.RuneCountInString(text) > maxParamText {
			return m.Value.errorf("Template format error: Parameter '%s' '%s' length is greater than %d", p.Key, m.Key, maxParamText)
		}
	case "MinLength", "MaxLength":
		if _, err := strconv.ParseUint(text, 10, 31); err != nil {
			return m.Value.errorf("Template format error: Parameter '%s' %s must be a whole number.", p.Key, m.Key)
		}
	case "MinValue", "MaxValue":
		if _, ok := parseNumber(text); !ok {
			return m.Value.errorf("Template format error: Parameter '%s' %s must be a number.", p.Key, m.Key)
		}
	case "AllowedPattern":
		var ok bool
		if p.pattern, ok = compilePattern(text); !ok {
			return m.Value.errorf("Template format error: Parameter '%s' AllowedPattern is not a regular expression: %s", p.Key, text)
		}
	}
	return nil
}

// checkLimits judges properties against each other.
func (p *Parameter) checkLimits() error {
	for _, limit := range [][3]string{{"Length", p.MinLength, p.MaxLength}, {"Value", p.MinValue, p.MaxValue}} {
		least, hasLeast := parseNumber(limit[1])
		most, hasMost := parseNumber(limit[2])
		if hasLeast && hasMost && least > most {
			return p.errorf("Template format error: Parameter '%s' Min%s must not be greater than Max%s.", p.Key, limit[0], limit[0])
		}
	}
	return nil
}
