package template

import (
	"maps"
	"slices"
	"strings"
)

// Words of a change set, as Service Catalog spells them. (C-PLAN-7)
const (
	Add, Modify, Remove           = "ADD", "MODIFY", "REMOVE"
	Replaced, Kept, MaybeReplaced = "TRUE", "FALSE", "CONDITIONAL"
	Never, Conditionally, Always  = "NEVER", "CONDITIONALLY", "ALWAYS"
	Static, Dynamic               = "STATIC", "DYNAMIC"
)

// Words of a change set that only CloudFormation says: why an attribute changes.
const (
	DirectModification = "DirectModification"
	ParameterReference = "ParameterReference"
	ResourceReference  = "ResourceReference"
	ResourceAttribute  = "ResourceAttribute"
	Automatic          = "Automatic" // a nested stack, whose own template may have changed
)

// NoUpdates is the reason for which an empty change set fails. (C-PLAN-5)
const NoUpdates = "No updates are to be performed."

// Schema is what an engine knows of resource types.
type Schema struct {
	// Recreation tells whether a change of the property makes a new resource: Never, Conditionally or Always.
	Recreation func(typ, property string) string
	// Tagged tells whether the stack's tags are put on resources of the type.
	Tagged func(typ string) bool
}

// Change is what an update does to one resource. (C-PLAN-7)
type Change struct {
	Action, LogicalID, PhysicalID, Type string
	Replacement                         string   // of a modified one
	Scope                               []string // the attributes that change
	Details                             []Detail
}

// Detail is one reason why one attribute, or one property, changes.
type Detail struct {
	Attribute          string // PROPERTIES, METADATA, CREATIONPOLICY, UPDATEPOLICY, DELETIONPOLICY, UPDATEREPLACEPOLICY or TAGS
	Name               string // of the property
	RequiresRecreation string
	Evaluation         string // STATIC if the new value is known
	Source             string
	Cause              string // the parameter, resource, or resource.attribute that the change comes from
}

// ChangeSet is how a stack would change.
type ChangeSet struct {
	Changes []Change // added and modified resources in the order to make them, then removed ones in the order to delete
	Outputs bool     // outputs change
}

// Empty reports whether there is nothing to update. (C-PLAN-5)
func (c ChangeSet) Empty() bool { return len(c.Changes) == 0 && !c.Outputs }

// Compare finds what an update would change. Both evaluations have the resources that exist among their Made ones: one
// that is missing there is added again. before is nil for a new stack. (C-PLAN-7)
func Compare(before, after *Evaluation, schema Schema) (ChangeSet, error) {
	var set ChangeSet
	if before == nil {
		for _, id := range after.graph.Order {
			set.Changes = append(set.Changes, Change{Action: Add, LogicalID: id, Type: after.t.resource[id].Type})
		}
		set.Outputs = len(after.t.outputs) > 0
		return set, nil
	}
	c := comparison{before: before.evaluator(false), after: after.evaluator(false), schema: schema, change: map[string]*Change{}}
	c.sameTypes()
	if c.retyped != nil {
		return set, after.t.root.errorf("Update of resource type is not permitted. The new template modifies resource type of the following resources: [%s]", strings.Join(c.retyped, ", "))
	}
	for _, id := range after.graph.Order {
		change, err := c.resource(id)
		if err != nil {
			return set, err
		}
		if change != nil {
			c.change[id] = change
			set.Changes = append(set.Changes, *change)
		}
	}
	for _, id := range before.graph.Reverse().Order {
		if made, exists := before.made(id); exists && !after.Has(id) {
			set.Changes = append(set.Changes, Change{Action: Remove, LogicalID: id, PhysicalID: made.PhysicalID, Type: before.t.resource[id].Type})
		}
	}
	var err error
	set.Outputs, err = c.outputs()
	return set, err
}

// comparison goes through the resources in dependency order, for what happens to one may change what needs it.
type comparison struct {
	before, after *evaluator
	schema        Schema
	change        map[string]*Change
	retyped       []string
}

func (c *comparison) sameTypes() {
	for _, id := range c.after.graph.Order {
		if _, exists := c.before.made(id); exists && c.before.t.resource[id].Type != c.after.t.resource[id].Type {
			c.retyped = append(c.retyped, id)
		}
	}
}

func (c *comparison) resource(id string) (*Change, error) {
	is := c.after.t.resource[id]
	change := &Change{Action: Add, LogicalID: id, Type: is.Type}
	made, exists := c.before.made(id)
	if !exists {
		return change, nil
	}
	was := c.before.t.resource[id]
	change.Action, change.PhysicalID = Modify, made.PhysicalID
	for _, name := range parts {
		before, after, err := c.parts(id, name)
		if err != nil {
			return nil, err
		}
		if name == "Properties" {
			c.properties(change, was, is, before, after)
			continue
		}
		c.attribute(change, strings.ToUpper(name), "", Never, sides{was.part(name), is.part(name), before, after})
	}
	for _, policy := range [][3]string{{"DELETIONPOLICY", was.DeletionPolicy, is.DeletionPolicy}, {"UPDATEREPLACEPOLICY", was.UpdateReplacePolicy, is.UpdateReplacePolicy}} {
		if policy[1] != policy[2] {
			change.add(Detail{Attribute: policy[0], RequiresRecreation: Never, Evaluation: Static, Source: DirectModification})
		}
	}
	tagged := slices.Contains(change.Scope, "TAGS")
	if !tagged && !maps.Equal(c.before.scope.Tags, c.after.scope.Tags) && c.schema.Tagged != nil && c.schema.Tagged(is.Type) {
		change.add(Detail{Attribute: "TAGS", RequiresRecreation: Never, Evaluation: Static, Source: DirectModification})
	}
	if len(change.Details) == 0 && is.Type == "AWS::CloudFormation::Stack" {
		change.add(Detail{Attribute: "PROPERTIES", RequiresRecreation: Never, Evaluation: Dynamic, Source: Automatic})
	}
	if len(change.Details) == 0 {
		return nil, nil
	}
	change.Replacement = replacement(change.Details)
	return change, nil
}

func (c *comparison) parts(id, name string) (before, after *Node, err error) {
	if before, err = c.before.part(id, name); err != nil {
		return nil, nil, err
	}
	after, err = c.after.part(id, name)
	return before, after, err
}

func (c *comparison) properties(change *Change, was, is *Resource, before, after *Node) {
	names := map[string]bool{}
	for _, side := range []*Node{is.Properties, was.Properties} {
		if side == nil {
			continue
		}
		for _, e := range side.Entries {
			if names[e.Key] {
				continue
			}
			names[e.Key] = true
			v := sides{was.Properties.Get(e.Key), is.Properties.Get(e.Key), before.Get(e.Key), after.Get(e.Key)}
			if e.Key == "Tags" {
				c.attribute(change, "TAGS", "", Never, v)
				continue
			}
			recreation := Never
			if c.schema.Recreation != nil {
				recreation = c.schema.Recreation(is.Type, e.Key)
			}
			c.attribute(change, "PROPERTIES", e.Key, recreation, v)
		}
	}
}

// sides are an attribute as written and as evaluated, on both sides; nil where there is none.
type sides struct{ wasWritten, isWritten, was, is *Node }

// attribute adds the reasons for which an attribute changes, if it does. CloudFormation cannot tell an edit from a new
// parameter value where both could be meant, so it names a direct modification beside each parameter.
func (c *comparison) attribute(change *Change, attribute, name, recreation string, v sides) {
	if recreation == "" {
		recreation = Never
	}
	add := func(evaluation, source, cause string) {
		change.add(Detail{attribute, name, recreation, evaluation, source, cause})
	}
	if !Equal(v.was, v.is) {
		parameters := c.parameters(v)
		evaluation := Static
		if len(parameters) > 0 || v.is != nil && v.is.waits() {
			evaluation = Dynamic
		}
		add(evaluation, DirectModification, "")
		for _, p := range parameters {
			add(Static, ParameterReference, p)
		}
	}
	seen := map[string]bool{}
	for _, r := range c.after.live(v.isWritten) {
		source, cause := c.caused(r)
		if source != "" && !seen[cause] {
			seen[cause] = true
			add(Dynamic, source, cause)
		}
	}
}

// caused tells whether what happens to a resource may change a reference to it. A reference to a new resource is an edit.
func (c *comparison) caused(r reference) (source, cause string) {
	change := c.change[r.name]
	switch {
	case change == nil || change.Action != Modify:
		return "", ""
	case r.attribute || r.detail != "":
		if r.detail == "" {
			return ResourceAttribute, r.name
		}
		return ResourceAttribute, r.name + "." + r.detail
	case change.Replacement == Kept:
		return "", ""
	}
	return ResourceReference, r.name
}

// parameters are those whose values changed and that the attribute uses, also through conditions.
func (c *comparison) parameters(v sides) []string {
	var used []string
	for _, side := range []struct {
		e       *evaluator
		written *Node
	}{{c.after, v.isWritten}, {c.before, v.wasWritten}} {
		for _, name := range side.e.uses(side.written) {
			was, existed := c.before.bound[name]
			is, exists := c.after.bound[name]
			if (existed || exists) && was.Resolved != is.Resolved && !slices.Contains(used, name) {
				used = append(used, name)
			}
		}
	}
	return used
}

// uses lists the parameters that n refers to, in branches taken and in the conditions that choose them.
func (e *Evaluation) uses(n *Node) []string {
	var names []string
	seen := map[string]bool{}
	var walk func(*Node)
	condition := func(name string) {
		if c := e.t.condition[name]; c != nil && !seen["?"+name] {
			seen["?"+name] = true
			walk(c.Expr)
		}
	}
	walk = func(n *Node) {
		for _, r := range own(n) {
			if _, bound := e.bound[r.name]; bound && !seen[r.name] {
				seen[r.name] = true
				names = append(names, r.name)
			}
		}
		switch {
		case n.isFunction("Condition"):
			condition(n.Arg().Text)
		case n.isFunction("Fn::If"):
			condition(n.Arg().Items[0].Text)
			walk(e.branch(n))
			return
		}
		n.children(walk)
	}
	if n != nil {
		walk(n)
	}
	return names
}

func (c *Change) add(d Detail) {
	if !slices.Contains(c.Scope, d.Attribute) {
		c.Scope = append(c.Scope, d.Attribute)
	}
	c.Details = append(c.Details, d)
}

// replacement goes by the detail with the largest effect.
func replacement(details []Detail) string {
	worst := Kept
	for _, d := range details {
		switch {
		case d.RequiresRecreation == Always && d.Evaluation == Static:
			return Replaced
		case d.RequiresRecreation != Never:
			worst = MaybeReplaced
		}
	}
	return worst
}

func (c *comparison) outputs() (bool, error) {
	before, err := c.before.outputs()
	if err != nil {
		return false, err
	}
	after, err := c.after.outputs()
	if err != nil {
		return false, err
	}
	return !slices.Equal(before, after), nil
}
