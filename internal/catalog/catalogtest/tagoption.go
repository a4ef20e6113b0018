package catalogtest

import (
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/ident"
)

// tagOption is one key and value of an account and region.
type tagOption struct {
	owner  ident.Account
	region ident.Region
	TagOptionView
}

// TagOptionView is what a read tells about a TagOption.
type TagOptionView struct {
	ID, Key, Value string
	Active         bool
}

// tagLink is a TagOption on a portfolio or product, as one account made it.
type tagLink struct {
	made             ident.Account
	option, resource string
}

// option finds a TagOption of the caller's own. (S-TAG-5, 6)
func (m *Model) option(who access.Caller, id string) (*tagOption, string) {
	o := m.tagOptions[id]
	if o == nil || o.owner != who.Account || o.region != who.Region {
		return nil, NotFound
	}
	return o, ""
}

// values counts an account's TagOptions of one key and tells whether one has the value.
func (m *Model) values(who access.Caller, key, value string) (there int, taken bool) {
	for _, o := range m.tagOptions {
		if o.owner == who.Account && o.region == who.Region && o.Key == key {
			there++
			taken = taken || o.Value == value
		}
	}
	return there, taken
}

// CreateTagOption makes a TagOption. (C-TAGO-1)
func (m *Model) CreateTagOption(who access.Caller, id, key, value string) string {
	there, taken := m.values(who, key, value)
	if taken {
		return Duplicate
	}
	if over(there, m.Quotas.TagOptionValues) {
		return OverLimit
	}
	m.tagOptions[id] = &tagOption{
		owner: who.Account, region: who.Region,
		TagOptionView: TagOptionView{ID: id, Key: key, Value: value, Active: true},
	}
	return ""
}

// UpdateTagOption changes the value, if it is not empty, and the switch, if it is given. (C-TAGO-2, S-TAG-6)
func (m *Model) UpdateTagOption(who access.Caller, id, value string, active *bool) string {
	o, code := m.option(who, id)
	if code != "" {
		return code
	}
	if value != "" {
		if _, taken := m.values(who, o.Key, value); taken {
			return Duplicate
		}
		o.Value = value
	}
	if active != nil {
		o.Active = *active
	}
	return ""
}

// DeleteTagOption removes a TagOption nothing has. (C-TAGO-3, S-TAG-6)
func (m *Model) DeleteTagOption(who access.Caller, id string) string {
	o, code := m.option(who, id)
	if code != "" {
		return code
	}
	if slices.ContainsFunc(m.tagLinks, func(l *tagLink) bool { return l.option == o.ID }) {
		return InUse
	}
	delete(m.tagOptions, id)
	return ""
}

// DescribeTagOption reads a TagOption of the caller's own.
func (m *Model) DescribeTagOption(who access.Caller, id string) (TagOptionView, string) {
	o, code := m.option(who, id)
	if code != "" {
		return TagOptionView{}, code
	}
	return o.TagOptionView, ""
}

// ListTagOptions lists the ids of the caller's own. (C-TAGO-5)
func (m *Model) ListTagOptions(who access.Caller) []string {
	list := []string{}
	for id, o := range m.tagOptions {
		if o.owner == who.Account && o.region == who.Region {
			list = append(list, id)
		}
	}
	return sorted(list)
}

// resource tells whether the caller may put something of its own on a portfolio or product: it sees it. (section 21)
func (m *Model) resource(who access.Caller, id string) string {
	if m.portfolios[id] != nil {
		_, code := m.see(who, id)
		return code
	}
	_, code := m.seeProduct(who, id)
	return code
}

// AssociateTagOptionWithResource puts an own TagOption on something the caller sees. (C-TAGO-4, S-TAG-5, 11)
func (m *Model) AssociateTagOptionWithResource(who access.Caller, id, resource string) string {
	if code := m.resource(who, resource); code != "" {
		return code
	}
	o, code := m.option(who, id)
	if code != "" {
		return code
	}
	if !o.Active {
		return Busy
	}
	there := m.ownTagOptions(who.Account, resource)
	if slices.Contains(there, id) {
		return Duplicate
	}
	if over(len(there), m.Quotas.TagOptions) {
		return OverLimit
	}
	m.tagLinks = append(m.tagLinks, &tagLink{made: who.Account, option: id, resource: resource})
	return ""
}

// DisassociateTagOptionFromResource takes an own TagOption off. (C-TAGO-4, section 21)
func (m *Model) DisassociateTagOptionFromResource(who access.Caller, id, resource string) string {
	if code := m.resource(who, resource); code != "" {
		return code
	}
	if !slices.Contains(m.ownTagOptions(who.Account, resource), id) {
		return NotFound
	}
	m.tagLinks = slices.DeleteFunc(m.tagLinks, func(l *tagLink) bool {
		return l.made == who.Account && l.option == id && l.resource == resource
	})
	return ""
}

// ListResourcesForTagOption lists the portfolios and products an own TagOption is on; kind is Portfolio, Product or
// empty. (C-TAGO-6)
func (m *Model) ListResourcesForTagOption(who access.Caller, id, kind string) ([]string, string) {
	if _, code := m.option(who, id); code != "" {
		return nil, code
	}
	list := []string{}
	for _, l := range m.tagLinks {
		isPortfolio := m.portfolios[l.resource] != nil
		if l.option == id && (kind == "" || isPortfolio == (kind == "Portfolio")) {
			list = append(list, l.resource)
		}
	}
	return sorted(list), ""
}

// ownTagOptions lists the ids an account put on a resource.
func (m *Model) ownTagOptions(a ident.Account, resource string) []string {
	list := []string{}
	for _, l := range m.tagLinks {
		if l.made == a && l.resource == resource {
			list = append(list, l.option)
		}
	}
	return sorted(list)
}

// portfolioTagOptions lists what an account finds on a portfolio: its own, and those its owner shares. (S-TAG-1..3)
func (m *Model) portfolioTagOptions(a ident.Account, p *portfolio) []string {
	list := m.ownTagOptions(a, p.id)
	if p.owner != a && m.sharesTagOptions(a, p) {
		list = append(list, m.ownTagOptions(p.owner, p.id)...)
	}
	return sorted(list)
}

// productTagOptions lists what an account finds on a product when it comes by a portfolio, which may be nil. (S-TAG-4, 10)
func (m *Model) productTagOptions(a ident.Account, p *product, by *portfolio) []string {
	list := m.ownTagOptions(a, p.id)
	if by == nil || p.owner == a {
		return list
	}
	h := m.holding(by.id, p.id)
	if h != nil && by.owner != a && m.sharesTagOptions(a, by) {
		list = append(list, m.ownTagOptions(p.owner, p.id)...)
	}
	return sorted(list)
}

// choices tells what tags a launch over a path may take, as "key=value": per key the values of the portfolio and those of
// the product, or what they have in common when both have the key. (S-TAG-7..10, C-LAUNCH-9)
func (m *Model) choices(a ident.Account, p *portfolio, productID string) []string {
	prod := m.products[productID]
	by := p
	if h := m.holding(p.id, productID); h.source != "" {
		by = m.portfolios[h.source] // the source's share rules at product level (S-TAG-10)
	}
	onPortfolio := m.activeValues(m.portfolioTagOptions(a, p))
	onProduct := m.activeValues(m.productTagOptions(a, prod, by))
	list := []string{}
	for _, v := range onPortfolio {
		if !hasKey(onProduct, v) || slices.Contains(onProduct, v) {
			list = append(list, v)
		}
	}
	for _, v := range onProduct {
		if !hasKey(onPortfolio, v) {
			list = append(list, v)
		}
	}
	return sorted(list)
}

// activeValues gives "key=value" of the active ones among TagOptions. (S-TAG-9)
func (m *Model) activeValues(options []string) []string {
	list := []string{}
	for _, id := range options {
		if o := m.tagOptions[id]; o.Active {
			list = append(list, o.Key+"="+o.Value)
		}
	}
	return sorted(list)
}

func hasKey(list []string, pair string) bool {
	key, _, _ := strings.Cut(pair, "=")
	return slices.ContainsFunc(list, func(s string) bool { return strings.HasPrefix(s, key+"=") })
}
