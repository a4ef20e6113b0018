package template

import (
	"slices"
	"strings"
)

// reference is one use of a parameter's or a resource's name.
type reference struct {
	name      string
	at        *Node
	attribute bool   // by Fn::GetAtt, so only a resource will do
	detail    string // the attribute's name, if Fn::GetAtt or Fn::Sub tell it
	branch    bool   // inside a branch of Fn::If, which may not be taken
}

var pseudoParameters = set("AWS::AccountId", "AWS::Region", "AWS::Partition", "AWS::StackId", "AWS::StackName",
	"AWS::URLSuffix", "AWS::NoValue", "AWS::NotificationARNs")

// references collects what n refers to, in the order written.
func references(n *Node) []reference {
	var refs []reference
	var walk func(n *Node, branch bool)
	walk = func(n *Node, branch bool) {
		if n.Kind == Function {
			for _, r := range own(n) {
				r.branch = branch
				refs = append(refs, r)
			}
			branch = branch || n.Text == "Fn::If"
		}
		n.children(func(c *Node) { walk(c, branch) })
	}
	if n != nil {
		walk(n, false)
	}
	return refs
}

// own returns what the function n itself refers to, without its arguments' references.
func own(n *Node) []reference {
	switch n.Text {
	case "Ref":
		return []reference{{name: n.Arg().Text, at: n}}
	case "Fn::GetAtt":
		r := reference{name: n.Arg().Items[0].Text, at: n, attribute: true}
		if name := n.Arg().Items[1]; name.is(Scalar) {
			r.detail = name.Text
		}
		return []reference{r}
	case "Fn::Sub":
		return subReferences(n)
	}
	return nil
}

// subReferences are the variables of a Fn::Sub text that its own map does not define.
func subReferences(n *Node) []reference {
	text, defined := n.Arg(), (*Node)(nil)
	if text.is(List) {
		text, defined = n.Arg().Items[0], n.Arg().Items[1]
	}
	var refs []reference
	for _, v := range variables(text.Text) {
		if defined.Get(v) != nil {
			continue
		}
		id, attribute, _ := strings.Cut(v, ".")
		refs = append(refs, reference{name: id, at: text, detail: attribute})
	}
	return refs
}

// known reports whether a name may be referred to among resources and outputs.
func (t *Template) known(r reference) bool {
	if r.attribute || r.detail != "" {
		return t.resource[r.name] != nil
	}
	return t.resource[r.name] != nil || t.parameter[r.name] != nil || pseudoParameters[r.name]
}

// unresolved collects names that lead nowhere, each once, with the place of the first.
type unresolved struct {
	names []string
	seen  map[string]bool
	at    *Node
}

func (u *unresolved) add(name string, at *Node) {
	if u.seen[name] {
		return
	}
	if u.at == nil {
		u.at, u.seen = at, map[string]bool{}
	}
	u.seen[name] = true
	u.names = append(u.names, name)
}

func (u *unresolved) String() string { return "[" + strings.Join(u.names, ", ") + "]" }

// dangling sorts the references that lead nowhere: undefined resources of Fn::GetAtt are reported on their own.
func (t *Template) dangling(refs []reference) (missing unresolved, attribute *reference) {
	for i, r := range refs {
		switch {
		case t.known(r):
		case !r.attribute:
			missing.add(r.name, r.at)
		case attribute == nil:
			attribute = &refs[i]
		}
	}
	return missing, attribute
}

const undefinedAttribute = "Template error: instance of Fn::GetAtt references undefined resource %s"

// checkNames refuses a name that is both a parameter's and a resource's: a Ref could mean either.
func (t *Template) checkNames() error {
	for _, r := range t.resources {
		if t.parameter[r.ID] != nil {
			return Entry{Line: r.Line, Column: r.Column}.errorf("Template format error: %s names both a parameter and a resource.", r.ID)
		}
	}
	return nil
}

// checkBooleanRefs holds conditions and rules to parameters, which are known before any resource is. (C-RULE-4)
func (t *Template) checkBooleanRefs() error {
	var inConditions, inRules []reference
	for _, c := range t.conditions {
		inConditions = append(inConditions, references(c.Expr)...)
	}
	for _, r := range t.rules {
		inRules = append(inRules, references(r.Condition)...)
		for _, a := range r.Assertions {
			inRules = append(inRules, references(a.Assert)...)
		}
	}
	for _, block := range []struct {
		name string
		refs []reference
	}{{"Conditions", inConditions}, {"Rules", inRules}} {
		var missing unresolved
		for _, r := range block.refs {
			if r.detail != "" || t.parameter[r.name] == nil && !pseudoParameters[r.name] {
				missing.add(r.name, r.at)
			}
		}
		if missing.names != nil {
			return missing.at.errorf("Template format error: Unresolved dependencies %s. Cannot reference resources in the %s block of the template", &missing, block.name)
		}
	}
	return t.checkEquals()
}

// checkEquals refuses to compare a list parameter in a condition.
func (t *Template) checkEquals() error {
	var failed error
	var walk func(*Node)
	walk = func(n *Node) {
		if n.isFunction("Fn::Equals") {
			for _, operand := range n.Arg().Items {
				if operand.isFunction("Ref") && t.parameter[operand.Arg().Text] != nil && t.parameter[operand.Arg().Text].IsList() && failed == nil {
					failed = n.errorf("%s", functions["Fn::Equals"].text)
				}
			}
		}
		n.children(walk)
	}
	for _, c := range t.conditions {
		walk(c.Expr)
	}
	return failed
}

// checkResourceRefs refuses references and DependsOn among resources that lead nowhere.
func (t *Template) checkResourceRefs() error {
	var refs []reference
	var missing unresolved
	for _, r := range t.resources {
		for _, id := range r.DependsOn {
			if t.resource[id] == nil {
				missing.add(id, r.node.Get("DependsOn"))
			}
		}
		refs = append(refs, references(r.node)...)
	}
	more, attribute := t.dangling(refs)
	for _, name := range more.names {
		missing.add(name, more.at)
	}
	if missing.names != nil {
		return missing.at.errorf("Template format error: Unresolved resource dependencies %s in the Resources block of the template", &missing)
	}
	if attribute != nil {
		return attribute.at.errorf(undefinedAttribute, attribute.name)
	}
	return nil
}

// calls visits every use of the named function in conditions, resources and outputs until f fails.
func (t *Template) calls(name string, f func(*Node) error) error {
	var failed error
	var walk func(*Node)
	walk = func(n *Node) {
		if failed == nil && n.isFunction(name) {
			failed = f(n)
		}
		n.children(walk)
	}
	for _, c := range t.conditions {
		walk(c.Expr)
	}
	for _, r := range t.resources {
		walk(r.node)
	}
	for _, o := range t.outputs {
		walk(o.Value)
	}
	return failed
}

// mapping returns the mapping that a Fn::FindInMap names literally.
func (t *Template) mapping(n *Node) (m *Mapping, literal bool) {
	name := n.Arg().Items[0]
	if !name.is(Scalar) {
		return nil, false
	}
	for i := range t.mappings {
		if t.mappings[i].Name == name.Text {
			return &t.mappings[i], true
		}
	}
	return nil, true
}

// checkImports refuses names that cannot be known before resources exist.
func (t *Template) checkImports() error {
	return t.calls("Fn::ImportValue", func(n *Node) error {
		if t.dependsOnResources(n.Arg()) {
			return n.errorf("Template error: the attribute in Fn::ImportValue must not depend on any resources, imported values, or Fn::GetAZs")
		}
		return nil
	})
}

func (t *Template) checkMappingNames() error {
	return t.calls("Fn::FindInMap", func(n *Node) error {
		if m, literal := t.mapping(n); literal && m == nil {
			return n.errorf("Template error: Mapping named '%s' is not present in the 'Mappings' section of template.", n.Arg().Items[0].Text)
		}
		return nil
	})
}

// AttributesOf names the attributes of a resource that the template asks for by Fn::GetAtt and Fn::Sub, as far as it names
// them itself. An engine that makes a resource up knows by them what to make up.
func (t *Template) AttributesOf(id string) []string {
	var names []string
	add := func(n *Node) {
		for _, r := range references(n) {
			if r.name == id && r.detail != "" && !slices.Contains(names, r.detail) {
				names = append(names, r.detail)
			}
		}
	}
	for _, r := range t.resources {
		add(r.node)
	}
	for _, o := range t.outputs {
		add(o.Value)
	}
	return names
}
