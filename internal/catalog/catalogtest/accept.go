package catalogtest

import (
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/ident"
)

// The portfolio share types of Accept, Reject and ListAcceptedPortfolioShares.
const (
	Imported       = "IMPORTED"
	ByOrganization = "AWS_ORGANIZATIONS"
	ByService      = "AWS_SERVICECATALOG"
)

// rejection hides the organization shares of a portfolio from an account until it accepts. (S-ACC-10)
type rejection struct {
	account   ident.Account
	portfolio string
}

// offer finds the share to the caller by AccountId.
func (m *Model) offer(who access.Caller, p *portfolio) *share {
	for _, s := range m.shares {
		if s.portfolio == p.id && s.kind == ToAccount && s.target == string(who.Account) {
			return s
		}
	}
	return nil
}

// AcceptPortfolioShare imports what was offered, or shows again what was rejected. (S-ACC-1..6)
func (m *Model) AcceptPortfolioShare(who access.Caller, portfolio, shareType string) string {
	return m.answer(who, portfolio, shareType, true)
}

// RejectPortfolioShare ends an import and leaves the offer standing. (S-ACC-9..11)
func (m *Model) RejectPortfolioShare(who access.Caller, portfolio, shareType string) string {
	return m.answer(who, portfolio, shareType, false)
}

func (m *Model) answer(who access.Caller, portfolio, shareType string, yes bool) string {
	p := m.at(who, portfolio)
	if p == nil {
		return NotFound
	}
	switch shareType {
	case "", Imported:
		s := m.offer(who, p)
		if s == nil {
			return NotFound
		}
		if yes && !s.accepted && over(m.importsOf(who.Account), m.Quotas.ImportedPortfolios) {
			return OverLimit // (S-QUO-5)
		}
		s.accepted = yes
	case ByOrganization:
		r := m.relation(who.Account, p)
		if !r.org && !r.hidden {
			return NotFound
		}
		if yes {
			delete(m.rejected, rejection{who.Account, p.id})
		} else {
			m.rejected[rejection{who.Account, p.id}] = true
		}
	default:
		return NotFound // (S-ACC-5)
	}
	m.sweep()
	return ""
}

// importsOf counts the accepted account shares to an account.
func (m *Model) importsOf(a ident.Account) int {
	n := 0
	for _, s := range m.shares {
		if s.kind == ToAccount && s.target == string(a) && s.accepted {
			n++
		}
	}
	return n
}

// ShareView is one item of DescribePortfolioShares.
type ShareView struct {
	Principal, Kind                  string
	Accepted, Principals, TagOptions bool
}

// DescribePortfolioShares lists the shares of one kind to the owner. (S-LST-1..4)
func (m *Model) DescribePortfolioShares(who access.Caller, portfolio, kind string) ([]ShareView, string) {
	p, code := m.own(who, portfolio)
	if code != "" {
		return nil, code
	}
	list := []ShareView{}
	for _, s := range m.shares {
		if s.portfolio == p.id && s.kind == kind {
			list = append(list, ShareView{
				Principal: s.target, Kind: s.kind, Accepted: s.accepted || s.kind != ToAccount,
				Principals: s.sharePrincipals, TagOptions: s.shareTagOptions,
			})
		}
	}
	slices.SortFunc(list, func(a, b ShareView) int { return strings.Compare(a.Principal, b.Principal) })
	return list, ""
}

// ListPortfolioAccess lists the accounts with account shares, or those below a node that are covered by a share of it or
// of one above it, closed ones left out. (S-LST-5, 6)
func (m *Model) ListPortfolioAccess(who access.Caller, portfolio, parent string) ([]string, string) {
	p, code := m.own(who, portfolio)
	if code != "" {
		return nil, code
	}
	list := []string{}
	if parent == "" {
		for _, s := range m.shares {
			if s.portfolio == p.id && s.kind == ToAccount {
				list = append(list, s.target)
			}
		}
		return sorted(list), ""
	}
	if !m.privileged(who.Account) || !m.sharedAbove(p, m.organizationOf(who.Account), parent) {
		return nil, NotFound
	}
	o := m.organizationOf(who.Account)
	for a, x := range m.accounts {
		if a != p.owner && !x.closed && slices.Contains(m.nodesOver(o, a), parent) {
			list = append(list, string(a))
		}
	}
	return sorted(list), ""
}

// sharedAbove tells whether a portfolio is shared with a node of the organization or with one above it.
func (m *Model) sharedAbove(p *portfolio, o *organization, node string) bool {
	above := []string{o.id}
	if node != o.id {
		u := m.units[node]
		if u == nil || u.org != o.id {
			return false
		}
		for at := node; at != o.root; at = m.units[at].parent {
			above = append(above, at)
		}
	}
	for _, s := range m.shares {
		if s.portfolio == p.id && (s.kind == ToUnit || s.kind == ToOrganization) && slices.Contains(above, s.target) {
			return true
		}
	}
	return false
}

// ListOrganizationPortfolioAccess lists the nodes of one type shared with. (S-LST-7)
func (m *Model) ListOrganizationPortfolioAccess(who access.Caller, portfolio, nodeType string) ([]string, string) {
	if !m.privileged(who.Account) {
		return nil, Unsupported
	}
	p, code := m.own(who, portfolio)
	if code != "" {
		return nil, code
	}
	kind := nodeType
	if nodeType == "ACCOUNT" {
		kind = ToMember
	}
	list := []string{}
	for _, s := range m.shares {
		if s.portfolio == p.id && s.kind == kind {
			list = append(list, s.target)
		}
	}
	return sorted(list), ""
}
