// Package template reads and evaluates CloudFormation templates.
//
// Parse refuses what CloudFormation's ValidateTemplate refuses: text that is no JSON or YAML, sections, attributes and
// functions of the wrong shape, parameter defaults that break their own constraints, and references among resources
// that lead nowhere or in circles. A catalog calls it when a version is created. (C-PA-4, C-CFN)
//
// # How an engine uses it
//
// An engine works in short steps and may be stopped between any two of them. It keeps the template's text, the
// Bindings, the Pseudo parameters, and what it has Made, and begins each step by Parse and Evaluate. Nothing else is
// remembered, and nothing here asks a clock, a network or chance: the functions in Scope, Directory and Facts do.
//
//	t, err := template.Parse(text)
//	b, err := t.Bind(arguments, previous, directory)  // once: existence, missing values, type and constraints (C-RULE-8)
//	err = t.Assert(scope, facts, constraints...)      // once: the rules (C-RULE-2)
//	e, err := t.Evaluate(scope)                       // every step: conditions, dead references, circles
//	imports, err := e.Check()                         // once: errors of values, before anything is made
//
// Then it makes, step by step, what is Ready, and records a Made for each:
//
//	for _, id := range e.Graph().Ready(done) {
//		properties, err := e.Properties(id)       // its needs are Made
//	}
//	results, err := e.Outputs()                       // when all are
//
// To update, it compares an evaluation of the old template and parameters with one of the new, both with what is Made;
// an empty ChangeSet is NoUpdates. While it works through the new Graph, Changed tells which properties of a resource
// are different now that all values are known. Then, and to delete a stack, it follows the old Graph's Reverse.
//
// Values are Nodes without Function nodes: maps, lists, and scalars that keep whether they were written as number, truth
// value or text. They go through JSON unchanged.
//
// Errors of the template or of values are *Error, with CloudFormation's words in Message. Any other error came from one
// of the engine's own functions, or says that a resource was asked for too early.
//
// What one call produces is bounded, however a template repeats itself. (maxEvaluated)
package template

import "strings"

// Limits of CloudFormation.
const (
	maxResources   = 500
	maxParameters  = 200
	maxMappings    = 200
	maxOutputs     = 200
	maxDescription = 1024 // bytes, of the template and of an output
	maxParamText   = 4000 // characters of a parameter's description or constraint description
	maxValue       = 4096 // bytes of a parameter's value

	maxCost = 100_000_000 // steps of checking defaults against patterns; about a second
)

// Template is a template that Parse accepted. It is not changed after that.
type Template struct {
	root *Node

	version, description string
	parameters           []Parameter
	mappings             []Mapping
	conditions           []Condition
	rules                []Rule
	resources            []Resource
	outputs              []Output

	parameter map[string]*Parameter
	condition map[string]*Condition
	resource  map[string]*Resource
}

// Parse reads a JSON or YAML template and refuses it as CloudFormation's ValidateTemplate would. Every error it
// returns is an *Error.
func Parse(text []byte) (*Template, error) {
	root, err := Read(text)
	if err != nil {
		return nil, err
	}
	if root.Kind != Map {
		return nil, root.errorf("Template format error: unsupported structure.")
	}
	t := &Template{
		root:      root,
		parameter: map[string]*Parameter{}, condition: map[string]*Condition{}, resource: map[string]*Resource{},
	}
	for _, step := range []func() error{
		t.parseHead, t.parseParameters, t.parseMappings, t.parseConditions, t.parseRules, t.parseResources, t.parseOutputs,
		t.checkNames, t.checkBooleanRefs, t.checkResourceRefs, t.checkImports, t.checkMappingNames, t.checkCycles,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// Parameters are the template's parameters in the order written. (C-PARAM-2)
func (t *Template) Parameters() []Parameter { return t.parameters }

// Mappings are the template's mappings in the order written.
func (t *Template) Mappings() []Mapping { return t.mappings }

// Conditions are the template's conditions in the order written.
func (t *Template) Conditions() []Condition { return t.conditions }

// Rules are the assertions of the template's own Rules section. (C-RULE-7)
func (t *Template) Rules() []Rule { return t.rules }

// Resources are the template's resources in the order written.
func (t *Template) Resources() []Resource { return t.resources }

// Resource finds a resource by its logical id.
func (t *Template) Resource(id string) (Resource, bool) {
	r := t.resource[id]
	if r == nil {
		return Resource{}, false
	}
	return *r, true
}

// Outputs are the template's outputs in the order written. (C-PARAM-7)
func (t *Template) Outputs() []Output { return t.outputs }

// Version is AWSTemplateFormatVersion, or empty.
func (t *Template) Version() string { return t.version }

// Description is the template's description, or empty.
func (t *Template) Description() string { return t.description }

// Metadata is the Metadata section as JSON text, or empty. (C-PARAM-4)
func (t *Template) Metadata() string { return t.sectionJSON("Metadata") }

// RulesJSON is the Rules section as JSON text, {} if there is none. (C-PARAM-4)
func (t *Template) RulesJSON() string {
	if text := t.sectionJSON("Rules"); text != "" {
		return text
	}
	return "{}"
}

// JSON is the whole template as JSON, with long function names, members in the order written.
func (t *Template) JSON() string { return t.root.JSON() }

func (t *Template) sectionJSON(name string) string {
	if n := t.root.Get(name); n != nil {
		return n.JSON()
	}
	return ""
}

var sections = set("AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Mappings", "Conditions", "Rules",
	"Resources", "Outputs", "Transform", "Hooks")

func set(names ...string) map[string]bool {
	s := make(map[string]bool, len(names))
	for _, name := range names {
		s[name] = true
	}
	return s
}

// parseHead checks what stands beside the large sections.
func (t *Template) parseHead() error {
	if n := t.root.Get("Transform"); n != nil {
		return refuseTransform(n)
	}
	if n := t.root.Get("Fn::Transform"); n != nil {
		return refuseTransform(n)
	}
	var unknown []string
	var first Entry
	for _, e := range t.root.Entries {
		switch {
		case !sections[e.Key]:
			if unknown = append(unknown, e.Key); len(unknown) == 1 {
				first = e
			}
		case e.Key == "Hooks":
			return e.errorf("Template format error: Hooks is not supported.")
		}
	}
	if unknown != nil {
		return first.errorf("Invalid template property or properties [%s]", strings.Join(unknown, ", "))
	}
	if n := t.root.Get("AWSTemplateFormatVersion"); n != nil {
		if !n.is(Scalar) || n.Text != "2010-09-09" {
			return n.errorf("Template format error: unsupported value for AWSTemplateFormatVersion.")
		}
		t.version = n.Text
	}
	if n := t.root.Get("Description"); n != nil {
		if !n.is(Scalar) {
			return n.errorf("Template format error: Description must be a string.")
		}
		if len(n.Text) > maxDescription {
			return n.errorf("Template format error: 'Description' length is greater than %d", maxDescription)
		}
		t.description = n.Text
	}
	if n := t.root.Get("Metadata"); n != nil && n.Kind != Map {
		return n.errorf("Template format error: Metadata must be an object.")
	}
	return nil
}

// section returns the members of a section of objects, none if the template has no such section.
func (t *Template) section(name string, most int) ([]Entry, error) {
	n := t.root.Get(name)
	if n == nil {
		return nil, nil
	}
	if n.Kind != Map {
		return nil, n.errorf("Template format error: %s must be an object.", name)
	}
	if most > 0 && len(n.Entries) > most {
		return nil, n.errorf("Template format error: Number of %s, %d, is greater than maximum allowed, %d", strings.ToLower(name), len(n.Entries), most)
	}
	for _, e := range n.Entries {
		if e.Key == "Fn::Transform" {
			return nil, refuseTransform(e.Value)
		}
	}
	return n.Entries, nil
}

// checkName holds a logical id to CloudFormation's alphabet.
func checkName(kind string, e Entry) error {
	if !alphanumeric(e.Key) || len(e.Key) > 255 {
		return e.errorf("Template format error: %s name %s is non alphanumeric.", kind, e.Key)
	}
	return nil
}
