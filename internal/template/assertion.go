package template

import (
	"fmt"
	"slices"
	"strings"
)

// RuleSet is rules of one origin. Rules of the same name in two sets are two rules. (C-RULE-7)
type RuleSet struct {
	Source string // the id of the constraint
	Rules  []Rule
}

// ReadRules reads the parameters of a TEMPLATE constraint, {"Rules": {…}}. (C-RULE-1)
func ReadRules(source string, text []byte) (RuleSet, error) {
	root, err := Read(text)
	if err != nil {
		return RuleSet{}, err
	}
	if len(root.Entries) != 1 || root.Entries[0].Key != "Rules" {
		return RuleSet{}, root.errorf("Template format error: a constraint must be an object with the one key Rules.")
	}
	rules, err := ParseRules(root.Entries[0].Value)
	return RuleSet{Source: source, Rules: rules}, err
}

// Facts answers what rules ask about resources that parameter values name. Its errors are returned wrapped. (C-RULE-5)
type Facts struct {
	// All lists the ids of all resources of an AWS-specific type, such as AWS::EC2::VPC::Id, in account and region.
	All func(typ string) ([]string, error)
	// Attribute returns an attribute of the resource with this id: one that factAttributes lists.
	Attribute func(typ, id, attribute string) (string, error)
}

// factAttributes are the attributes of C-RULE-5; each type has Tags.<key> besides.
var factAttributes = map[string][]string{
	"AWS::EC2::VPC::Id":           {"DefaultNetworkAcl", "DefaultSecurityGroup"},
	"AWS::EC2::Subnet::Id":        {"AvailabilityZone", "VpcId"},
	"AWS::EC2::SecurityGroup::Id": {},
}

func hasFact(typ, attribute string) bool {
	known, ok := factAttributes[typ]
	if key, isTag := strings.CutPrefix(attribute, "Tags."); isTag {
		return ok && key != ""
	}
	return slices.Contains(known, attribute)
}

// Assert holds parameter values to the template's own rules and to those of its constraints. Every failed assertion is
// named, the template's first. (C-RULE-2, C-RULE-6, C-RULE-7, C-RULE-9)
func (t *Template) Assert(s Scope, facts Facts, sets ...RuleSet) error {
	sets = append([]RuleSet{{Rules: t.rules}}, sets...)
	a := asserter{evaluator: (&Evaluation{t: t, scope: s, bound: map[string]Binding{}}).evaluator(true), facts: facts}
	for _, b := range s.Parameters {
		a.bound[b.Key] = b
	}
	if err := a.checkNames(sets); err != nil {
		return err
	}
	var failures []string
	first := t.root
	for _, set := range sets {
		for _, r := range set.Rules {
			a.rule = r.Name
			failed, err := a.failures(r)
			if err != nil {
				return err
			}
			if len(failed) > 0 && failures == nil && set.Source == "" {
				first = &Node{Line: r.Line, Column: r.Column}
			}
			failures = append(failures, failed...)
		}
	}
	if failures == nil {
		return nil
	}
	// Not cut like other messages: a description is there to be read. (C-RULE-9)
	message := "Template error: " + strings.Join(failures, "; ")
	if len(message) > maxFailures {
		message = strings.ToValidUTF8(message[:maxFailures], "") + "…"
	}
	return &Error{Message: message, Line: first.Line, Column: first.Column}
}

const maxFailures = 16 << 10

// asserter evaluates rules. The values it works with are of the same kind as the evaluator's.
type asserter struct {
	*evaluator
	facts Facts
	rule  string
}

// checkNames looks up what rules refer to before any of them is evaluated, conditions and all. (C-RULE-5, C-RULE-6)
func (a *asserter) checkNames(sets []RuleSet) error {
	var missing unresolved
	var failed error
	var walk func(*Node)
	walk = func(n *Node) {
		switch {
		case n.isFunction("Ref"):
			if name := n.Arg().Text; a.t.parameter[name] == nil && !pseudoParameters[name] {
				missing.add(name, n)
			}
		case n.isFunction("Fn::ValueOf"):
			p := a.t.parameter[n.Arg().Items[0].Text]
			if p == nil {
				missing.add(n.Arg().Items[0].Text, n)
			} else if failed == nil {
				failed = a.checkFact(n, p.refersTo(), p.Type)
			}
			return
		case n.isFunction("Fn::ValueOfAll") && failed == nil:
			typ := n.Arg().Items[0].Text
			failed = a.checkFact(n, typ, typ)
		}
		n.children(walk)
	}
	for _, set := range sets {
		for _, r := range set.Rules {
			a.rule = r.Name
			if r.Condition != nil {
				walk(r.Condition)
			}
			for _, one := range r.Assertions {
				walk(one.Assert)
			}
		}
	}
	if missing.names != nil {
		return missing.at.errorf("Template format error: Unresolved dependencies %s. Cannot reference resources in the Rules block of the template", &missing)
	}
	return failed
}

func (a *asserter) checkFact(n *Node, typ, declared string) error {
	attribute := n.Arg().Items[1].Text
	if hasFact(typ, attribute) {
		return nil
	}
	return n.errorf("Template error: Rule %s cannot be evaluated: parameters of type %s have no attribute %s", a.rule, declared, attribute)
}

// failures says which assertions of a rule fail. (C-RULE-2)
func (a *asserter) failures(r Rule) ([]string, error) {
	if r.Condition != nil {
		applies, err := a.decide(r.Condition)
		if err != nil || !applies {
			return nil, err
		}
	}
	var failed []string
	for _, one := range r.Assertions {
		holds, err := a.decide(one.Assert)
		if err != nil {
			return nil, err
		}
		if holds {
			continue
		}
		why := one.Description
		if why == "" {
			why = r.Name + " assertion failed"
		}
		failed = append(failed, "Rule "+r.Name+" failed: "+why)
	}
	return failed, nil
}

// decide evaluates a boolean function. An operand of Fn::And and Fn::Or that cannot change the answer is left alone: it
// may ask for a resource that the operands before it ruled out. (C-RULE-3)
func (a *asserter) decide(n *Node) (bool, error) {
	if err := a.spend(nodePrice, n); err != nil {
		return false, err
	}
	operands := n.Arg().Items
	switch n.Text {
	case "Fn::Not":
		truth, err := a.decide(operands[0])
		return !truth, err
	case "Fn::And", "Fn::Or":
		for _, operand := range operands {
			truth, err := a.decide(operand)
			if err != nil || truth == (n.Text == "Fn::Or") {
				return truth, err
			}
		}
		return n.Text == "Fn::And", nil
	}
	left, err := a.value(operands[0])
	if err != nil {
		return false, err
	}
	right, err := a.value(operands[1])
	if err != nil {
		return false, err
	}
	return a.compare(n, left, right)
}

// compare carries out the functions of two values.
func (a *asserter) compare(n, left, right *Node) (bool, error) {
	if n.Text == "Fn::Equals" {
		return Equal(left, right), nil
	}
	members, ok := scalars(left)
	others := map[string]bool{}
	if n.Text == "Fn::EachMemberIn" {
		list, fits := scalars(right)
		ok = ok && fits
		for _, s := range list {
			others[s] = true
		}
	} else {
		ok = ok && right.is(Scalar)
	}
	if !ok {
		return false, n.errorf("%s", functions[n.Text].text)
	}
	switch n.Text {
	case "Fn::Contains":
		return slices.Contains(members, right.Text), nil
	case "Fn::EachMemberEquals":
		return !slices.ContainsFunc(members, func(m string) bool { return m != right.Text }), nil
	}
	return !slices.ContainsFunc(members, func(m string) bool { return !others[m] }), nil
}

// scalars returns the items of a list of scalars.
func scalars(n *Node) ([]string, bool) {
	var s []string
	for _, item := range n.Items {
		if !item.is(Scalar) {
			return nil, false
		}
		s = append(s, item.Text)
	}
	return s, n.is(List)
}

// value evaluates what is compared; AWS::NoValue is the empty text.
func (a *asserter) value(n *Node) (*Node, error) {
	switch n.Kind {
	case Function:
		return a.fact(n)
	case Scalar:
		got, err := a.take(n, n)
		return got.node, err
	}
	if err := a.spend(nodePrice, n); err != nil {
		return nil, err
	}
	made := &Node{Kind: n.Kind, Line: n.Line, Column: n.Column}
	for _, item := range n.Items {
		got, err := a.value(item)
		if err != nil {
			return nil, err
		}
		made.Items = append(made.Items, got)
	}
	for _, e := range n.Entries {
		got, err := a.value(e.Value)
		if err != nil {
			return nil, err
		}
		if err := a.spend(len(e.Key), n); err != nil {
			return nil, err
		}
		made.Entries = append(made.Entries, Entry{Key: e.Key, Value: got})
	}
	return made, nil
}

// fact evaluates the functions that give values. (C-RULE-3)
func (a *asserter) fact(n *Node) (*Node, error) {
	var got result
	var err error
	switch n.Text {
	case "Ref":
		if got, err = a.ref(n, n.Arg().Text); err == nil && got.node == nil {
			return Text(""), nil
		}
	case "Fn::RefAll":
		got, err = a.all(n, n.Arg().Text)
	case "Fn::ValueOf":
		got, err = a.valueOf(n)
	case "Fn::ValueOfAll":
		got, err = a.valueOfAll(n)
	default: // a boolean function where a value is asked for
		truth, err := a.decide(n)
		return &Node{Kind: Scalar, Type: Bool, Text: fmt.Sprint(truth)}, err
	}
	return got.node, err
}

func (a *asserter) all(n *Node, typ string) (result, error) {
	if a.facts.All == nil {
		return result{}, a.unknown(n, typ)
	}
	ids, err := a.facts.All(typ)
	if err != nil {
		return result{}, fmt.Errorf("list all %s: %w", typ, err)
	}
	return a.texts(ids, n)
}

func (a *asserter) unknown(n *Node, typ string) error {
	return n.errorf("Template error: Rule %s cannot be evaluated: resources of type %s are not known", a.rule, typ)
}

// attributes asks for an attribute of every resource that a parameter names.
func (a *asserter) attributes(n *Node, p *Parameter) ([]string, error) {
	ids := []string{a.bound[p.Key].Resolved}
	if p.IsList() {
		ids = p.content(ids[0])
	}
	if a.facts.Attribute == nil {
		return nil, a.unknown(n, p.refersTo())
	}
	var values []string
	for _, id := range ids {
		value, err := a.facts.Attribute(p.refersTo(), id, n.Arg().Items[1].Text)
		if err != nil {
			return nil, fmt.Errorf("look up %s of %s: %w", n.Arg().Items[1].Text, id, err)
		}
		values = append(values, value)
	}
	return values, nil
}

func (a *asserter) valueOf(n *Node) (result, error) {
	p := a.t.parameter[n.Arg().Items[0].Text]
	values, err := a.attributes(n, p)
	if err != nil {
		return result{}, err
	}
	if p.IsList() {
		return a.texts(values, n)
	}
	return a.text(values[0], n)
}

// valueOfAll covers lists of the type as well. (C-RULE-5)
func (a *asserter) valueOfAll(n *Node) (result, error) {
	var all []string
	for i := range a.t.parameters {
		p := &a.t.parameters[i]
		if p.refersTo() != n.Arg().Items[0].Text {
			continue
		}
		values, err := a.attributes(n, p)
		if err != nil {
			return result{}, err
		}
		all = append(all, values...)
	}
	return a.texts(all, n)
}
