package template

import (
	"regexp"
	"slices"
	"strings"
)

// Resource is one resource of a template. (C-CFN-4)
type Resource struct {
	ID, Type            string
	Condition           string // the condition it is created under, or empty
	DependsOn           []string
	DeletionPolicy      string // Delete, Retain, Snapshot, RetainExceptOnCreate or empty
	UpdateReplacePolicy string // Delete, Retain, Snapshot or empty
	Properties          *Node  // a map, or nil
	Metadata            *Node  // a map, or nil
	CreationPolicy      *Node  // a map, or nil
	UpdatePolicy        *Node  // a map, or nil
	Line, Column        int

	node *Node
}

var typeShape = regexp.MustCompile(`^([A-Za-z0-9]{2,64}::[A-Za-z0-9]{2,64}::[A-Za-z0-9]{2,64}(::MODULE)?|Custom::[A-Za-z0-9_@-]{1,60})$`)

// knownResourceType judges the shape only: which types can be created is the engine's business. Serverless types exist
// only before a transform, and transforms are not supported.
func knownResourceType(typ string) bool {
	return typeShape.MatchString(typ) && !strings.HasPrefix(typ, "AWS::Serverless::")
}

func (t *Template) parseResources() error {
	entries, err := t.section("Resources", maxResources)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		at := t.root
		if n := t.root.Get("Resources"); n != nil {
			at = n
		}
		return at.errorf("Template format error: At least one Resources member must be defined.")
	}
	var unknown []string
	var first *Node
	for _, e := range entries {
		r, err := parseResource(e)
		if err != nil {
			return err
		}
		if !knownResourceType(r.Type) && !slices.Contains(unknown, r.Type) {
			if unknown = append(unknown, r.Type); first == nil {
				first = e.Value.Get("Type")
			}
		}
		t.resources = append(t.resources, r)
	}
	if first != nil {
		return first.errorf("Template format error: Unrecognized resource types: [%s]", strings.Join(unknown, ", "))
	}
	for i := range t.resources {
		t.resource[t.resources[i].ID] = &t.resources[i]
	}
	return nil
}

func parseResource(e Entry) (Resource, error) {
	r := Resource{ID: e.Key, Line: e.Line, Column: e.Column, node: e.Value}
	if err := checkName("Resource", e); err != nil {
		return r, err
	}
	if !e.Value.is(Map) {
		return r, e.errorf("Template format error: Any Resources member must be an object.")
	}
	if n := e.Value.Get("Fn::Transform"); n != nil {
		return r, refuseTransform(n)
	}
	if e.Value.Get("Type") == nil {
		return r, e.errorf("Template format error: [/Resources/%s] Every Resources object must contain a Type member.", r.ID)
	}
	for i := range e.Value.Entries {
		if err := r.set(&e.Value.Entries[i]); err != nil {
			return r, err
		}
	}
	return r, nil
}

// set takes over one attribute of the resource's declaration.
func (r *Resource) set(m *Entry) error {
	switch m.Key {
	case "Type":
		return r.text(m, &r.Type)
	case "Condition":
		if !m.Value.isText() {
			return m.Value.errorf("Template format error: Every Condition member must be a string.")
		}
		r.Condition = m.Value.Text
	case "DependsOn":
		return r.setDependsOn(m.Value)
	case "DeletionPolicy":
		return r.policy(m, &r.DeletionPolicy, "Delete", "Retain", "Snapshot", "RetainExceptOnCreate")
	case "UpdateReplacePolicy":
		return r.policy(m, &r.UpdateReplacePolicy, "Delete", "Retain", "Snapshot")
	case "Properties":
		return r.object(m, &r.Properties)
	case "Metadata":
		return r.object(m, &r.Metadata)
	case "CreationPolicy":
		return r.object(m, &r.CreationPolicy)
	case "UpdatePolicy":
		return r.object(m, &r.UpdatePolicy)
	case "Description", "Version":
		var unused string
		return r.text(m, &unused)
	default:
		return m.errorf("Invalid template resource property '%s'", m.Key)
	}
	return nil
}

func (r *Resource) text(m *Entry, into *string) error {
	if !m.Value.is(Scalar) {
		return m.Value.errorf("Template format error: [/Resources/%s/%s] Every %s member must be a string.", r.ID, m.Key, m.Key)
	}
	*into = m.Value.Text
	return nil
}

func (r *Resource) policy(m *Entry, into *string, known ...string) error {
	if err := r.text(m, into); err != nil {
		return err
	}
	if !slices.Contains(known, *into) {
		return m.Value.errorf("Template format error: Unrecognized %s %s for resource %s", m.Key, *into, r.ID)
	}
	return nil
}

// object lifts and checks the functions of an attribute that is a map.
func (r *Resource) object(m *Entry, into **Node) error {
	if !m.Value.is(Map) {
		return m.Value.errorf("Template format error: [/Resources/%s/%s] Every %s member must be an object.", r.ID, m.Key, m.Key)
	}
	for i := range m.Value.Entries {
		e := &m.Value.Entries[i]
		e.Value = lift(e.Value, resources)
	}
	*into = m.Value
	return check(m.Value, resources)
}

func (r *Resource) setDependsOn(n *Node) error {
	ids := []*Node{n}
	if n.is(List) {
		ids = n.Items
	}
	for _, id := range ids {
		if !id.isText() {
			return id.errorf("Template format error: DependsOn must be a string or list of strings.")
		}
		r.DependsOn = append(r.DependsOn, id.Text)
	}
	return nil
}
