package catalogtest

import (
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/ident"
)

// The principal types.
const (
	IAM     = "IAM"
	Pattern = "IAM_PATTERN"
)

// association is a principal of a portfolio, as one account made it.
type association struct {
	portfolio string
	made      ident.Account
	kind      string // IAM or Pattern
	arn       string
	id        string // of an IAM principal: the unique id it is bound to (S-PRI-3)
}

// shown is how an association is listed: by ARN, or by its unique id once nothing of that id goes by the ARN. (S-PRI-3)
func (m *Model) shown(a *association) string {
	if a.kind == IAM && m.entities[a.arn] != a.id {
		return a.id
	}
	return a.arn
}

// validPattern tells whether a pattern has the form arn:aws:iam:::user|group|role/resource-id. (S-PRI-4)
func validPattern(arn string) bool {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[1] != "aws" || parts[2] != "iam" || parts[3] != "" || parts[4] != "" {
		return false
	}
	kind, id, ok := strings.Cut(parts[5], "/")
	return ok && id != "" && slices.Contains([]string{"user", "group", "role"}, kind)
}

// glob is the match of S-PRI-5: * is any run, ? is one character or none.
func glob(pattern, s string) bool {
	if pattern == "" {
		return s == ""
	}
	rest := pattern[1:]
	switch pattern[0] {
	case '*':
		return glob(rest, s) || s != "" && glob(pattern, s[1:])
	case '?':
		return glob(rest, s) || s != "" && glob(rest, s[1:])
	}
	return s != "" && s[0] == pattern[0] && glob(rest, s[1:])
}

// matches tells whether an association means one of the caller's principals. (S-PRI-3, 6, 9, C-ACC-3)
func (m *Model) matches(a *association, who access.Caller) bool {
	for _, p := range who.Principals {
		if a.kind == IAM {
			if a.id == p.ID {
				return true
			}
			continue
		}
		_, resource, _ := strings.Cut(p.ARN, ":iam::"+string(who.Account)+":")
		kind, name, _ := strings.Cut(resource, "/")
		pattern, _ := strings.CutPrefix(a.arn, "arn:aws:iam:::"+kind+"/")
		if pattern != a.arn && glob(pattern, name) {
			return true
		}
	}
	return false
}

// associationsOf lists what one account associated with a portfolio.
func (m *Model) associationsOf(a ident.Account, portfolio string) []*association {
	var list []*association
	for _, x := range m.principals {
		if x.made == a && x.portfolio == portfolio {
			list = append(list, x)
		}
	}
	return list
}

// sharedPatterns lists the owner's patterns that hold for an account on an imported portfolio. (S-PRI-12, 14)
func (m *Model) sharedPatterns(a ident.Account, p *portfolio) []*association {
	if p.owner == a || !m.sharesPrincipals(a, p) {
		return nil
	}
	var list []*association
	for _, x := range m.associationsOf(p.owner, p.id) {
		if x.kind == Pattern {
			list = append(list, x)
		}
	}
	return list
}

// AssociatePrincipalWithPortfolio lets a principal of the caller's account use a portfolio. (S-PRI-1..8, 15)
func (m *Model) AssociatePrincipalWithPortfolio(who access.Caller, portfolio, arn, kind string) string {
	p, code := m.see(who, portfolio)
	if code != "" {
		return code
	}
	id := ""
	if kind == IAM {
		parts := strings.SplitN(arn, ":", 6)
		if len(parts) < 6 || parts[4] != string(who.Account) {
			return NotFound // (S-PRI-1)
		}
		if id = m.entities[arn]; id == "" {
			return Invalid // (S-PRI-2)
		}
	} else if !validPattern(arn) {
		return Invalid // (S-PRI-4)
	}
	there, patterns := 0, 0
	for _, x := range m.associationsOf(who.Account, p.id) {
		if x.kind == kind && x.arn == arn && x.id == id {
			return ""
		}
		there++
		if x.kind == Pattern {
			patterns++
		}
	}
	if over(there, m.Quotas.Principals) || kind == Pattern && over(patterns, m.Quotas.Patterns) {
		return OverLimit
	}
	m.principals = append(m.principals, &association{portfolio: p.id, made: who.Account, kind: kind, arn: arn, id: id})
	return ""
}

// DisassociatePrincipalFromPortfolio takes back an association of the caller's own. (S-PRI-3, 8, section 21)
func (m *Model) DisassociatePrincipalFromPortfolio(who access.Caller, portfolio, arn, kind string) string {
	p, code := m.see(who, portfolio)
	if code != "" {
		return code
	}
	if kind == "" {
		kind = IAM
	}
	for _, x := range m.associationsOf(who.Account, p.id) {
		if x.kind == kind && m.shown(x) == arn {
			m.principals = slices.DeleteFunc(m.principals, func(y *association) bool { return x == y })
			return ""
		}
	}
	for _, x := range m.sharedPatterns(who.Account, p) {
		if x.kind == kind && x.arn == arn {
			return Invalid
		}
	}
	return NotFound
}

// ListPrincipalsForPortfolio lists the caller's associations and the patterns shared with it, as "type ARN". (S-PRI-13)
func (m *Model) ListPrincipalsForPortfolio(who access.Caller, portfolio string) ([]string, string) {
	p, code := m.see(who, portfolio)
	if code != "" {
		return nil, code
	}
	list := []string{}
	for _, x := range m.associationsOf(who.Account, p.id) {
		list = append(list, x.kind+" "+m.shown(x))
	}
	for _, x := range m.sharedPatterns(who.Account, p) {
		list = append(list, x.kind+" "+x.arn)
	}
	return sorted(list), ""
}
