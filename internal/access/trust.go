package access

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"portico/internal/fault"
	"portico/internal/ident"
)

// Trust is a role's trust policy. It knows the Principal element, the actions and the condition StringEquals on
// sts:ExternalId. Whatever else a statement says is read so that it never opens a role: an Allow with such an element
// does not apply, and a Deny applies as if the element were met.
type Trust struct {
	statements []trusting
}

type trusting struct {
	deny       bool
	void       bool     // never applies
	principals []string // AWS principals, "*" for everyone
	services   []string // service principals
	assumes    bool     // its actions cover sts:AssumeRole
	externals  []string // the external ids it asks for; nil for no condition
}

const assumeRole = "sts:assumerole" // folded, as actions are compared

// ParseTrust reads a trust policy. Its faults name the place in the document that is wrong.
func ParseTrust(document string) (Trust, error) {
	top, err := object([]byte(document), "the policy", "Version", "Id", "Statement")
	if err != nil {
		return Trust{}, err
	}
	if raw, ok := top["Version"]; ok {
		var version string
		if json.Unmarshal(raw, &version) != nil || version != "2012-10-17" && version != "2008-10-17" {
			return Trust{}, malformed("Version", "must be 2012-10-17 or 2008-10-17")
		}
	}
	raw, ok := top["Statement"]
	if !ok {
		return Trust{}, malformed("Statement", "is missing")
	}
	list := []json.RawMessage{raw}
	if raw[0] == '[' {
		if err := json.Unmarshal(raw, &list); err != nil || len(list) == 0 {
			return Trust{}, malformed("Statement", "must hold at least one statement")
		}
	}
	var t Trust
	for i, raw := range list {
		s, err := parseTrusting(raw, fmt.Sprintf("Statement[%d]", i))
		if err != nil {
			return Trust{}, err
		}
		t.statements = append(t.statements, s)
	}
	return t, nil
}

// Named returns the users and roles that the policy names by ARN.
func (t Trust) Named() []string {
	var names []string
	for _, s := range t.statements {
		for _, p := range s.principals {
			if a, err := ident.ParseARN(p); err == nil && a.Service == "iam" && a.Resource != "root" && !slices.Contains(names, p) {
				names = append(names, p)
			}
		}
	}
	return names
}

// Allows reports whether the policy lets a caller assume its role, giving externalID. An explicit Deny wins. Bound
// holds the unique ids of what Named returned when the policy was saved: who merely has the name now is not meant.
func (t Trust) Allows(who Caller, externalID string, bound map[string]string) bool {
	allowed := false
	for _, s := range t.statements {
		if !s.covers(who, externalID, bound) {
			continue
		}
		if s.deny {
			return false
		}
		allowed = true
	}
	return allowed
}

// AllowsService reports whether the policy lets a service assume its role, under one of the names it goes by. (C-CONS-21)
func (t Trust) AllowsService(names ...string) bool {
	allowed := false
	for _, s := range t.statements {
		named := slices.ContainsFunc(s.services, func(p string) bool { return p == "*" || slices.Contains(names, p) })
		if s.void || !s.assumes || s.externals != nil || !named {
			continue
		}
		if s.deny {
			return false
		}
		allowed = true
	}
	return allowed
}

func (s trusting) covers(who Caller, externalID string, bound map[string]string) bool {
	if s.void || !s.assumes || s.externals != nil && !slices.Contains(s.externals, externalID) {
		return false
	}
	return slices.ContainsFunc(s.principals, func(p string) bool { return isPrincipal(p, who, bound) })
}

// isPrincipal reports whether an AWS principal of a policy covers a caller. An account covers all of its own.
func isPrincipal(p string, who Caller, bound map[string]string) bool {
	switch p {
	case "*", string(who.Account), ident.RootARN(who.Account):
		return true
	}
	if len(who.Principals) == 0 {
		return false
	}
	self := who.Principals[0].ID
	return p == self || bound[p] == self || who.Kind == Session && p == who.ARN
}

func parseTrusting(raw json.RawMessage, at string) (trusting, error) {
	m, err := object(raw, at, "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Condition")
	if err != nil {
		return trusting{}, err
	}
	var s trusting
	var effect string
	if json.Unmarshal(m["Effect"], &effect) != nil || effect != "Allow" && effect != "Deny" {
		return s, malformed(at+".Effect", "must be Allow or Deny")
	}
	s.deny = effect == "Deny"
	if _, not := m["NotPrincipal"]; not {
		s.principals, s.void = []string{"*"}, !s.deny
	} else if s.principals, s.services, err = trustedPrincipals(m["Principal"], at+".Principal"); err != nil {
		return s, err
	}
	if _, not := m["NotAction"]; not {
		s.assumes, s.void = true, s.void || !s.deny
	} else if s.assumes, err = assumes(m["Action"], at+".Action"); err != nil {
		return s, err
	}
	if c, ok := m["Condition"]; ok {
		ids, known, err := externalIDs(c, at+".Condition")
		if err != nil {
			return s, err
		}
		if known {
			s.externals = ids
		}
		s.void = s.void || !known && !s.deny
	}
	return s, nil
}

// assumes reads an Action element and reports whether it covers sts:AssumeRole.
func assumes(raw json.RawMessage, at string) (bool, error) {
	actions, err := texts(raw, at)
	covered := false
	for _, a := range actions {
		a = strings.ToLower(a)
		if a != "*" && !strings.HasPrefix(a, "sts:") {
			return false, malformed(at, "may only specify STS actions, not "+a)
		}
		hit, err := path.Match(a, assumeRole)
		covered = covered || hit && err == nil
	}
	return covered, err
}

// trustedPrincipals reads a Principal element and returns its AWS principals and its services.
func trustedPrincipals(raw json.RawMessage, at string) (aws, services []string, err error) {
	var everyone string
	if json.Unmarshal(raw, &everyone) == nil && everyone == "*" {
		return []string{everyone}, []string{everyone}, nil
	}
	m, err := object(raw, at, "AWS", "Service", "Federated", "CanonicalUser")
	if err != nil {
		return nil, nil, err
	}
	if len(m) == 0 {
		return nil, nil, malformed(at, "must name a principal")
	}
	for kind, raw := range m {
		names, err := texts(raw, at+"."+kind)
		if err != nil {
			return nil, nil, err
		}
		switch kind {
		case "AWS":
			aws = names
		case "Service":
			services = names
		}
	}
	for _, p := range aws {
		if !validPrincipal(p) {
			return nil, nil, fault.Invalidf("Invalid principal in policy: %s.AWS: %q is no account, user, role or session", at, p)
		}
	}
	return aws, services, nil
}

func validPrincipal(p string) bool {
	if p == "*" || ident.Account(p).Valid() || strings.HasPrefix(p, "AIDA") || strings.HasPrefix(p, "AROA") {
		return true
	}
	a, err := ident.ParseARN(p)
	if err != nil || a.Partition != ident.Partition || a.Region != "" || !a.Account.Valid() || strings.ContainsAny(p, "*?") {
		return false
	}
	kind, name, _ := strings.Cut(a.Resource, "/")
	switch a.Service + ":" + kind {
	case "iam:root":
		return name == ""
	case "iam:user", "iam:role", "sts:assumed-role", "sts:federated-user":
		return name != ""
	}
	return false
}

// externalIDs reads a Condition element; known is false when it asks for anything but sts:ExternalId by StringEquals.
func externalIDs(raw json.RawMessage, at string) (ids []string, known bool, err error) {
	operators, err := object(raw, at)
	if err != nil {
		return nil, false, err
	}
	known = true
	for operator, raw := range operators {
		keys, err := object(raw, at+"."+operator)
		if err != nil {
			return nil, false, err
		}
		for key, raw := range keys {
			values, err := texts(raw, at+"."+operator+"."+key)
			if err != nil {
				return nil, false, err
			}
			if operator != "StringEquals" || !strings.EqualFold(key, "sts:ExternalId") || ids != nil {
				known = false
			}
			ids = values
		}
	}
	return ids, known, nil
}

func malformed(at, rule string) error {
	return fault.Invalidf("Syntax error in policy: %s %s", at, rule)
}

// object reads a JSON object with only the named elements; without names any are allowed.
func object(raw []byte, at string, names ...string) (map[string]json.RawMessage, error) {
	var m map[string]json.RawMessage
	if len(raw) == 0 {
		return nil, malformed(at, "is missing")
	}
	if err := json.Unmarshal(raw, &m); err != nil || m == nil {
		if !json.Valid(raw) {
			return nil, fault.Invalidf("This policy contains invalid Json: %v", err)
		}
		return nil, malformed(at, "must be a JSON object")
	}
	for name := range m {
		if len(names) > 0 && !slices.Contains(names, name) {
			return nil, malformed(at+"."+name, "is not an element of a trust policy there")
		}
	}
	return m, nil
}

// texts reads one string, number or boolean or a list of them, as policies write their values.
func texts(raw json.RawMessage, at string) ([]string, error) {
	if len(raw) == 0 {
		return nil, malformed(at, "is missing")
	}
	list := []json.RawMessage{raw}
	if raw[0] == '[' && json.Unmarshal(raw, &list) != nil || len(list) == 0 {
		return nil, malformed(at, "must not be empty")
	}
	out := make([]string, 0, len(list))
	for _, raw := range list {
		var v any
		switch json.Unmarshal(raw, &v); v := v.(type) {
		case string:
			out = append(out, v)
		case bool, float64:
			out = append(out, string(raw))
		default:
			return nil, malformed(at, "must be a string or a list of strings")
		}
	}
	return out, nil
}
