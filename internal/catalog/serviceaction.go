package catalog

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"portico/internal/fault"
	"portico/internal/ident"
)

// ServiceActionID names a service action: act- and 13 characters.
type ServiceActionID string

// ServiceAction is something that users may do to what they launched: an automation document that is run on it. (C-ACT-1)
type ServiceAction struct {
	ID          ServiceActionID
	Owner       ident.Account
	Region      ident.Region
	Name        string
	Description string
	Definition  ActionDefinition
	Created     time.Time
}

// Automation is the only type of definition.
const Automation = "SSM_AUTOMATION"

// ActionDefinition says what an action does, by the keys of the model, as its owner wrote it.
type ActionDefinition map[string]string

// Keys of a definition.
const (
	actionName       = "Name"
	actionVersion    = "Version"
	actionRole       = "AssumeRole"
	actionParameters = "Parameters"
)

// ByLaunchRole as AssumeRole means the launch role of the provisioned product.
const ByLaunchRole = "LAUNCH_ROLE"

// Types of an action's parameters.
const (
	TargetParameter = "TARGET" // a resource of the provisioned product
	TextParameter   = "TEXT_VALUE"
)

// ActionParameter is a parameter that a user is asked for.
type ActionParameter struct{ Name, Type string }

// Document is the name, or the ARN, of the document.
func (d ActionDefinition) Document() string { return d[actionName] }

// Version is the version of the document.
func (d ActionDefinition) Version() string { return d[actionVersion] }

// Role is who acts: the ARN of a role, LAUNCH_ROLE, or nobody but the caller.
func (d ActionDefinition) Role() string { return d[actionRole] }

// With gives the definition with some keys changed. (C-ACT-2)
func (d ActionDefinition) With(change map[string]string) ActionDefinition {
	out := maps.Clone(d)
	maps.Copy(out, change)
	return out
}

// Check refuses a definition that no action can have. (C-ACT-1)
func (d ActionDefinition) Check() error {
	for _, key := range []string{actionName, actionVersion} {
		if d[key] == "" {
			return fault.Invalidf("Invalid Definition: the key %s is required", key)
		}
	}
	if role := d.Role(); role != "" && role != ByLaunchRole {
		a, err := ident.ParseARN(role)
		if err != nil || a.Service != "iam" || !a.Account.Valid() || !strings.HasPrefix(a.Resource, "role/") {
			return fault.Invalidf("Invalid Definition: AssumeRole must be the ARN of a role or %s, not %s", ByLaunchRole, role)
		}
	}
	_, err := d.Parameters()
	return err
}

// Parameters are those that users are asked for, in their order; nil when the definition leaves them to the document.
func (d ActionDefinition) Parameters() ([]ActionParameter, error) {
	text, ok := d[actionParameters]
	if !ok {
		return nil, nil
	}
	read := json.NewDecoder(bytes.NewReader([]byte(text)))
	read.DisallowUnknownFields()
	var out []ActionParameter
	if err := read.Decode(&out); err != nil || read.More() || out == nil {
		return nil, fault.Invalidf(`Invalid Definition: Parameters must be JSON of the form [{"Name":"InstanceId","Type":"TARGET"}]`)
	}
	seen := map[string]bool{}
	for _, p := range out {
		switch {
		case p.Name == "":
			return nil, fault.Invalidf("Invalid Definition: a parameter has no Name")
		case p.Type != TargetParameter && p.Type != TextParameter:
			return nil, fault.Invalidf("Invalid Definition: the Type of parameter %s must be %s or %s, not %s", p.Name, TargetParameter, TextParameter, p.Type)
		case seen[p.Name]:
			return nil, fault.Invalidf("Invalid Definition: parameter %s is there twice", p.Name)
		}
		seen[p.Name] = true
	}
	return out, nil
}

// ServiceActionNotFound is the answer for an action that is not the viewer's.
func ServiceActionNotFound(id ServiceActionID) error {
	return fault.NotFoundf("Service action not found: %s", id)
}

// Resource is one resource of what was launched.
type Resource struct{ LogicalID, PhysicalID, Type string }

// Document is an automation document, as far as an action needs it.
type Document struct {
	Name       string              `json:"name"` // or ARN
	TargetType string              `json:"targetType"`
	Parameters []DocumentParameter `json:"parameters"`
}

// DocumentParameter is a parameter of a document. Without a default it needs a value.
type DocumentParameter struct {
	Name    string   `json:"name"`
	Type    string   `json:"type"` // String, StringList, …
	Default []string `json:"default"`
	Allowed []string `json:"allowed"`
}

// ExecutionParameter is a parameter of an action about to be run.
type ExecutionParameter struct {
	Name, Type string
	Defaults   []string
}

// parameter finds a parameter of a document.
func (d Document) parameter(name string) (DocumentParameter, bool) {
	i := slices.IndexFunc(d.Parameters, func(p DocumentParameter) bool { return p.Name == name })
	if i < 0 {
		return DocumentParameter{}, false
	}
	return d.Parameters[i], true
}

// targets are the physical ids of the resources that a document can be run on.
func (d Document) targets(resources []Resource) (out []string) {
	for _, r := range resources {
		if r.Type == d.TargetType && r.PhysicalID != "" {
			out = append(out, r.PhysicalID)
		}
	}
	return out
}

// Asked are the parameters of an action on what consists of some resources: those of the definition, or else those of the
// document. The document may be unknown. (C-ACT-6)
func (d ActionDefinition) Asked(doc Document, resources []Resource) []ExecutionParameter {
	asked, err := d.Parameters()
	if err != nil || asked == nil { // a definition was checked when it was written
		for _, p := range doc.Parameters {
			asked = append(asked, ActionParameter{p.Name, p.Type})
		}
	}
	out := []ExecutionParameter{}
	for _, p := range asked {
		known, _ := doc.parameter(p.Name)
		e := ExecutionParameter{Name: p.Name, Type: p.Type, Defaults: known.Default}
		if p.Type == TargetParameter {
			e.Defaults = doc.targets(resources)
		}
		out = append(out, e)
	}
	return out
}

// CheckNames refuses values for parameters that an action does not ask for. What only the document decides is not known
// before it is run. (C-ACT-7)
func (d ActionDefinition) CheckNames(given map[string][]string) error {
	asked, err := d.Parameters()
	if err != nil || asked == nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.ContainsFunc(asked, func(p ActionParameter) bool { return p.Name == name }) {
			return fault.Invalidf("Invalid Parameters: %s is not a parameter of the service action", name)
		}
	}
	return nil
}

// Values works out with which values a document is run. What stands against it is a fault whose text goes into the
// record. (C-ACT-7)
func (d ActionDefinition) Values(doc Document, given map[string][]string, resources []Resource) (map[string][]string, error) {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if _, ok := doc.parameter(name); !ok {
			return nil, fault.Invalidf("Parameter %s is not in the definition of document %s", name, doc.Name)
		}
	}
	kinds := map[string]string{}
	for _, p := range d.Asked(doc, nil) {
		if _, ok := doc.parameter(p.Name); !ok {
			return nil, fault.Invalidf("Parameter %s is not in the definition of document %s", p.Name, doc.Name)
		}
		kinds[p.Name] = p.Type
	}
	out := map[string][]string{}
	for _, p := range doc.Parameters {
		values, ok := given[p.Name]
		if !ok {
			values = p.Default
		}
		if kinds[p.Name] == TargetParameter {
			targets, err := doc.mustTarget(resources)
			if err != nil {
				return nil, err
			}
			if !ok {
				values = targets
			}
			for _, v := range values {
				if !slices.Contains(targets, v) {
					return nil, fault.Invalidf("Value %s of parameter %s is not a resource of the provisioned product", v, p.Name)
				}
			}
		}
		if len(values) == 0 && p.Default == nil {
			return nil, fault.Invalidf("Parameter %s of document %s has no value", p.Name, doc.Name)
		}
		for _, v := range values {
			if len(p.Allowed) > 0 && !slices.Contains(p.Allowed, v) {
				return nil, fault.Invalidf("Value %s of parameter %s is not in the allowed list: %s", v, p.Name, strings.Join(p.Allowed, ", "))
			}
		}
		out[p.Name] = values
	}
	return out, nil
}

func (d Document) mustTarget(resources []Resource) ([]string, error) {
	if d.TargetType == "" {
		return nil, fault.Invalidf("TargetType is not defined in document %s", d.Name)
	}
	targets := d.targets(resources)
	if len(targets) == 0 {
		return nil, fault.Invalidf("The provisioned product has no resource of the target type %s", d.TargetType)
	}
	return targets, nil
}

// ActionOrder is an action that was accepted to be run.
type ActionOrder struct {
	Action     ServiceActionID
	Definition ActionDefinition
	Given      map[string][]string
}
