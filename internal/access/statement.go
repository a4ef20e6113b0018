package access

import "strings"

// statement is one statement of a policy.
type statement struct {
	name         string // its Sid, or its place: Statement[0]
	deny         bool
	principals   *principals // nil in policies that have none
	notAction    bool
	actions      []actionPattern
	anyResource  bool // Resource is *
	notResource  bool
	resources    []pattern
	conditions   []condition
	variableKeys []string // of variables in resources
}

// actionPattern is one entry of Action or NotAction: a service, or * for all, and a folded pattern of names.
type actionPattern struct {
	service string
	name    pattern
}

// scoped is a statement with those of its action patterns that are about one service, or about all. One with NotAction
// has none: it is about any service.
type scoped struct {
	*statement
	names []pattern
}

func parseStatement(kind PolicyKind, n node, variables bool, at string) (*statement, error) {
	names := []string{"Sid", "Effect", "Action", "NotAction", "Condition"}
	if kind == TrustPolicy || kind == ResourcePolicy {
		names = append(names, "Principal", "NotPrincipal")
	}
	if kind != TrustPolicy {
		names = append(names, "Resource", "NotResource")
	}
	if err := n.object(at, names...); err != nil {
		return nil, err
	}
	s := &statement{name: at}
	if err := s.parseHead(kind, n, at); err != nil {
		return nil, err
	}
	if kind == TrustPolicy || kind == ResourcePolicy {
		if err := s.parsePrincipal(n, at); err != nil {
			return nil, err
		}
	}
	if err := s.parseActions(kind, n, at); err != nil {
		return nil, err
	}
	s.anyResource = kind == TrustPolicy
	if kind != TrustPolicy {
		if err := s.parseResources(n, variables, at); err != nil {
			return nil, err
		}
	}
	c, ok := n.member("Condition")
	if !ok {
		return s, nil
	}
	var err error
	s.conditions, err = parseConditions(c, variables, at+".Condition")
	return s, err
}

func (s *statement) parseHead(kind PolicyKind, n node, at string) error {
	if sid, ok := n.member("Sid"); ok {
		if sid.kind != textNode {
			return malformed(at+".Sid", "must be a string")
		}
		if kind != ResourcePolicy && strings.Trim(sid.text, letters+"0123456789") != "" {
			return malformed(at+".Sid", "must consist of letters and digits")
		}
		if sid.text != "" {
			s.name = sid.text
		}
	}
	effect, ok := n.member("Effect")
	if !ok || effect.kind != textNode || effect.text != "Allow" && effect.text != "Deny" {
		return malformed(at+".Effect", "must be Allow or Deny")
	}
	s.deny = effect.text == "Deny"
	return nil
}

// either finds an element or its Not form, one of which must be there, and tells its place.
func either(n node, name, at string) (element node, not bool, place string, err error) {
	element, is := n.member(name)
	other, not := n.member("Not" + name)
	switch {
	case is && not:
		return node{}, false, at, malformed(at, "must not have both "+name+" and Not"+name)
	case not:
		return other, true, at + ".Not" + name, nil
	case is:
		return element, false, at + "." + name, nil
	}
	return node{}, false, at, malformed(at+"."+name, "is missing")
}

func (s *statement) parsePrincipal(n node, at string) error {
	element, not, at, err := either(n, "Principal", at)
	if err != nil {
		return err
	}
	if not && !s.deny {
		return malformed(at, "must not be in a statement that allows")
	}
	s.principals, err = parsePrincipals(element, not, at)
	return err
}

func (s *statement) parseActions(kind PolicyKind, n node, at string) error {
	element, not, at, err := either(n, "Action", at)
	if err != nil {
		return err
	}
	s.notAction = not
	texts, err := element.texts(at)
	if err != nil {
		return err
	}
	for _, text := range texts {
		folded := Fold(text)
		a := actionPattern{service: "*"}
		name := folded
		if text != "*" {
			var ok bool
			if a.service, name, ok = strings.Cut(folded, ":"); !ok || !validVendor(a.service) || name == "" {
				return malformed(at, "must name an action as in servicecatalog:SearchProducts, not "+text)
			}
			if strings.Trim(text, letters+"0123456789-_.*?:") != "" || strings.Contains(name, ":") {
				return malformed(at, "names no action: "+text)
			}
		}
		if kind == TrustPolicy && a.service != "*" && a.service != "sts" {
			return malformed(at, "may only specify STS actions, not "+text)
		}
		if a.name, err = parsePattern(name, dialect{wild: true}, at); err != nil {
			return err
		}
		s.actions = append(s.actions, a)
	}
	return nil
}

func (s *statement) parseResources(n node, variables bool, at string) error {
	element, not, at, err := either(n, "Resource", at)
	if err != nil {
		return err
	}
	s.notResource = not
	texts, err := element.texts(at)
	if err != nil {
		return err
	}
	for _, text := range texts {
		p, err := parseResource(text, variables, at)
		if err != nil {
			return err
		}
		s.resources = append(s.resources, p)
		s.variableKeys = append(s.variableKeys, p.variables()...)
		s.anyResource = s.anyResource || !not && p.shape == everything
	}
	return nil
}

// letters are those that names of actions and statements consist of. They are compared before folding, which makes such
// letters of a few others.
const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// validVendor reports whether a folded text can be the service of an action.
func validVendor(service string) bool {
	return service == "*" || service != "" && strings.Trim(service, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// contextKeys lists the keys that the statement looks at.
func (s *statement) contextKeys() []string {
	keys := s.variableKeys
	for _, c := range s.conditions {
		keys = append(keys, c.key)
		for _, o := range c.operands {
			keys = append(keys, o.pattern.variables()...)
			for _, p := range o.parts {
				keys = append(keys, p.variables()...)
			}
		}
	}
	return keys
}

// about reports whether the statement is about an action, as far as it was scoped. The service is folded.
func (s *scoped) about(service, name string) bool {
	for i := range s.names {
		if s.names[i].matchName(name) {
			return true
		}
	}
	if !s.notAction {
		return false
	}
	for i := range s.actions {
		a := &s.actions[i]
		if (a.service == service || a.service == "*") && a.name.matchName(name) {
			return false
		}
	}
	return true
}

// covers reports whether the statement is about a resource. A policy variable without a value matches nothing, except
// where matching keeps a statement from allowing: in NotResource of an Allow.
func (s *statement) covers(resource string, keys *Keys) (bool, error) {
	for i := range s.resources {
		hit, resolved, err := s.resources[i].match(resource, keys)
		if err != nil {
			return false, err
		}
		if hit || !resolved && s.notResource && !s.deny {
			return !s.notResource, nil
		}
	}
	return s.notResource, nil
}

// holds reports whether all conditions are met.
func (s *statement) holds(keys *Keys) (bool, error) {
	for i := range s.conditions {
		if ok, err := s.conditions[i].holds(keys, s.deny); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}
