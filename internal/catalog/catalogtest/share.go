package catalogtest

import (
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/ident"
)

// The kinds of share, by the names DescribePortfolioShares has for them. (S-ORG-22)
const (
	ToAccount      = "ACCOUNT"
	ToMember       = "ORGANIZATION_MEMBER_ACCOUNT"
	ToUnit         = "ORGANIZATIONAL_UNIT"
	ToOrganization = "ORGANIZATION"
)

// share is one record that an owner made.
type share struct {
	portfolio       string
	kind            string
	target          string // account, OU or organization, always the bare id (S-LST-2)
	org             string // of an organization share
	accepted        bool   // of an account share
	sharePrincipals bool
	shareTagOptions bool
}

// Target says whom a share is for, as a request puts it.
type Target struct {
	Account string
	Node    *Node
}

// Node is an OrganizationNode of a request; empty is absent.
type Node struct {
	Type, Value string
}

// Flags are the two settings of a share; nil is absent.
type Flags struct {
	Principals, TagOptions *bool
}

// aim is a Target that has been understood: an ARN brings the management account and organization it names with it.
type aim struct {
	kind, id        string
	management, org string
}

// aim reads a target. (S-SHR-1, 2)
func (t Target) aim() (aim, string) {
	if (t.Account == "") == (t.Node == nil) {
		return aim{}, Invalid
	}
	if t.Node == nil {
		return aim{kind: ToAccount, id: t.Account}, ""
	}
	var a aim
	a.id = t.Node.Value
	if arn, ok := strings.CutPrefix(a.id, "arn:aws:organizations::"); ok {
		a.management, arn, _ = strings.Cut(arn, ":")
		parts := strings.Split(arn, "/") // organization/o-x or ou/o-x/ou-x
		a.org, a.id = parts[1], parts[len(parts)-1]
	}
	fits := "" // the node type that fits the value
	switch {
	case strings.HasPrefix(a.id, "o-"):
		a.kind, fits = ToOrganization, "ORGANIZATION"
	case strings.HasPrefix(a.id, "ou-"):
		a.kind, fits = ToUnit, "ORGANIZATIONAL_UNIT"
	case a.id != "":
		a.kind, fits = ToMember, "ACCOUNT"
	}
	if fits == "" || t.Node.Type != fits {
		return aim{}, Invalid
	}
	return a, ""
}

func on(flag *bool) bool { return flag != nil && *flag }

// opening is what the three share writes refuse first, in this order: shape, portfolio, re-share, privilege. (S-GEN-10)
func (m *Model) opening(who access.Caller, id string, t Target, f Flags) (*portfolio, aim, string) {
	a, code := t.aim()
	if code != "" {
		return nil, a, code
	}
	if on(f.Principals) && (a.kind == ToAccount || a.kind == ToMember) {
		return nil, a, Invalid // (S-SHR-14, S-UPD-6)
	}
	p, code := m.edit(who, id, Unsupported) // (S-SHR-3, 4)
	if code != "" {
		return nil, a, code
	}
	if a.kind != ToAccount && !m.privileged(who.Account) {
		return nil, a, Unsupported // (S-ORG-2, 3)
	}
	return p, a, ""
}

// foreignARN tells whether an ARN names another organization than the caller's, or another management account. (S-SHR-10)
func (m *Model) foreignARN(who access.Caller, a aim) bool {
	o := m.organizationOf(who.Account)
	return a.org != "" && (a.org != o.id || a.management != string(o.management))
}

// belongs tells whether a node is in the caller's organization. (S-SHR-10)
func (m *Model) belongs(who access.Caller, a aim) bool {
	o := m.organizationOf(who.Account)
	switch a.kind {
	case ToOrganization:
		return a.id == o.id
	case ToUnit:
		u := m.units[a.id]
		return u != nil && u.org == o.id
	}
	return m.organizationOf(ident.Account(a.id)) == o
}

func (m *Model) share(p *portfolio, a aim) *share {
	for _, s := range m.shares {
		if s.portfolio == p.id && s.kind == a.kind && s.target == a.id {
			return s
		}
	}
	return nil
}

// CreatePortfolioShare offers a portfolio to an account, or gives it to a node. token is the one the server answered.
func (m *Model) CreatePortfolioShare(who access.Caller, id string, t Target, f Flags, token string) string {
	p, a, code := m.opening(who, id, t, f)
	if code == "" && m.holdsImported(p) {
		code = Unsupported // (S-SHR-5)
	}
	if code != "" {
		return code
	}
	if a.kind != ToAccount && !m.organizationOf(who.Account).enabled {
		return Unsupported // (S-ORG-4)
	}
	if a.id == string(who.Account) || a.kind != ToAccount && m.foreignARN(who, a) {
		return Invalid // (S-SHR-8, 10)
	}
	if a.kind != ToAccount && !m.belongs(who, a) {
		return NotFound
	}
	s := m.share(p, a)
	if s == nil { // an existing one stays as it is (S-SHR-11)
		s = &share{
			portfolio: p.id, kind: a.kind, target: a.id,
			sharePrincipals: on(f.Principals), shareTagOptions: on(f.TagOptions),
		}
		if a.kind != ToAccount {
			s.org = m.organizationOf(who.Account).id
		}
		if m.crowded(p, s) {
			return OverLimit
		}
		m.shares = append(m.shares, s)
	}
	if a.kind != ToAccount {
		m.note(token, p, s)
	}
	m.sweep()
	return ""
}

// crowded tells whether one more share would bring a portfolio to too many accounts, each counted once. (S-QUO-1)
func (m *Model) crowded(p *portfolio, more *share) bool {
	reached := map[ident.Account]bool{}
	for _, s := range append(slices.Clone(m.shares), more) {
		if s.portfolio != p.id {
			continue
		}
		if s.kind == ToAccount {
			reached[ident.Account(s.target)] = true // there or not (S-SHR-9)
		}
		for a := range m.accounts {
			if m.reaches(s, a) {
				reached[a] = true
			}
		}
	}
	return over(len(reached)-1, m.Quotas.SharedAccounts)
}

// UpdatePortfolioShare changes the settings that are given. (S-UPD)
func (m *Model) UpdatePortfolioShare(who access.Caller, id string, t Target, f Flags, token string) string {
	p, a, code := m.opening(who, id, t, f)
	if code != "" {
		return code
	}
	if a.kind != ToAccount && m.foreignARN(who, a) {
		return Invalid
	}
	s := m.share(p, a)
	if s == nil {
		return NotFound
	}
	if f.Principals != nil {
		s.sharePrincipals = *f.Principals
	}
	if f.TagOptions != nil {
		s.shareTagOptions = *f.TagOptions
	}
	m.note(token, p, s)
	return ""
}

// DeletePortfolioShare takes a share back. (S-DEL)
func (m *Model) DeletePortfolioShare(who access.Caller, id string, t Target, token string) string {
	p, a, code := m.opening(who, id, t, Flags{})
	if code != "" {
		return code
	}
	if a.kind != ToAccount && m.foreignARN(who, a) {
		return Invalid
	}
	s := m.share(p, a)
	if s == nil {
		if a.kind == ToAccount {
			return "" // (S-DEL-2)
		}
		return NotFound // (S-DEL-3)
	}
	if a.kind != ToAccount {
		m.note(token, p, s)
	}
	m.shares = slices.DeleteFunc(m.shares, func(x *share) bool { return x == s })
	m.sweep()
	return ""
}

// token is what can be asked about one share write later.
type token struct {
	owner  ident.Account
	region ident.Region
	TokenView
}

// TokenView is what DescribePortfolioShareStatus tells.
type TokenView struct {
	Portfolio, Node, Status string
	Successful              []string
}

// note records a token: its work is done at once, for every covered account that can make calls. (S-TOK-5..7, 10, 11)
func (m *Model) note(id string, p *portfolio, s *share) {
	v := TokenView{Portfolio: p.id, Status: "COMPLETED", Successful: []string{}}
	if s.kind == ToAccount {
		v.Successful = []string{s.target}
	} else {
		v.Node = s.target
		for a, x := range m.accounts {
			if m.reaches(s, a) && !x.closed {
				v.Successful = append(v.Successful, string(a))
			}
		}
	}
	slices.Sort(v.Successful)
	m.tokens[id] = &token{owner: p.owner, region: p.region, TokenView: v}
}

// DescribePortfolioShareStatus reads a token of the caller's own. (S-TOK-8, 9)
func (m *Model) DescribePortfolioShareStatus(who access.Caller, id string) (TokenView, string) {
	t := m.tokens[id]
	if t != nil && t.owner == who.Account && t.region == who.Region {
		return t.TokenView, ""
	}
	if m.organizationOf(who.Account) != nil && !m.privileged(who.Account) {
		return TokenView{}, Unsupported
	}
	return TokenView{}, NotFound
}
