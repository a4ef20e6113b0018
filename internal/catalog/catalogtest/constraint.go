package catalogtest

import (
	"encoding/json"
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/ident"
)

// The constraint types.
const (
	Launch         = "LAUNCH"
	Template       = "TEMPLATE"
	Notification   = "NOTIFICATION"
	ResourceUpdate = "RESOURCE_UPDATE"
	StackSet       = "STACKSET"
)

// constraint binds a portfolio and a product. (S-CON-2)
type constraint struct {
	id, kind           string
	owner              ident.Account
	portfolio, product string
	Terms
}

// Terms are what a constraint says: its parameters as JSON text. Broken marks parameters that are wrong for the type.
type Terms struct {
	Description, Parameters string
	Broken                  bool
}

// ConstraintView is what a read tells about a constraint.
type ConstraintView struct {
	ID, Kind, Description, Parameters string
	Owner                             ident.Account
	Portfolio, Product                string
}

// constraintsOn lists the constraints made on a pair.
func (m *Model) constraintsOn(portfolio, product string) []*constraint {
	var list []*constraint
	for _, c := range m.constraints {
		if c.portfolio == portfolio && c.product == product {
			list = append(list, c)
		}
	}
	return list
}

// inherited lists the constraints that a product in a local portfolio brings from its source. (S-CON-1, 2)
func (m *Model) inherited(portfolio, product string) []*constraint {
	h := m.holding(portfolio, product)
	if h == nil || h.source == "" {
		return nil
	}
	return m.constraintsOn(h.source, product)
}

func has(list []*constraint, kind string) bool {
	return slices.ContainsFunc(list, func(c *constraint) bool { return c.kind == kind })
}

// effective tells which constraints act on a path, as "type description": a local LAUNCH or STACKSET puts both inherited
// kinds out of force, everything else adds up. (S-CON-4, 7..10)
func (m *Model) effective(p *portfolio, product string) []string {
	local := m.constraintsOn(p.id, product)
	overridden := has(local, Launch) || has(local, StackSet)
	list := []string{}
	for _, c := range local {
		list = append(list, c.kind+" "+c.Description)
	}
	for _, c := range m.inherited(p.id, product) {
		if overridden && (c.kind == Launch || c.kind == StackSet) {
			continue
		}
		list = append(list, c.kind+" "+c.Description)
	}
	slices.Sort(list)
	return list
}

// badTerms tells whether parameters are refused: broken, or a launch role that is not there. (C-CONS-5, 20..22, S-ROL-4)
func (m *Model) badTerms(who access.Caller, kind string, t Terms) bool {
	if t.Broken {
		return true
	}
	if kind != Launch {
		return false
	}
	var role struct{ RoleArn, LocalRoleName string }
	if json.Unmarshal([]byte(t.Parameters), &role) != nil {
		return true
	}
	if role.RoleArn != "" {
		return m.entities[role.RoleArn] == ""
	}
	for arn := range m.entities {
		prefix := "arn:aws:iam::" + string(who.Account) + ":role/"
		if strings.HasPrefix(arn, prefix) && arn[strings.LastIndex(arn, "/")+1:] == role.LocalRoleName {
			return false
		}
	}
	return true
}

// CreateConstraint binds terms to a pair. (C-CONS-1, 2, 5..7, S-CON-3..5, 9, 12)
func (m *Model) CreateConstraint(who access.Caller, portfolio, product, kind string, t Terms, id string) string {
	p, code := m.edit(who, portfolio, Invalid)
	if code != "" {
		return code
	}
	if m.holding(p.id, product) == nil {
		return NotFound
	}
	if !slices.Contains([]string{Launch, Template, Notification, ResourceUpdate, StackSet}, kind) || m.badTerms(who, kind, t) {
		return Invalid
	}
	local, inherited := m.constraintsOn(p.id, product), m.inherited(p.id, product)
	if (kind == Launch || kind == StackSet || kind == ResourceUpdate) && has(local, kind) {
		return Duplicate
	}
	both := append(slices.Clone(local), inherited...)
	if kind == Launch && has(both, StackSet) || kind == StackSet && has(both, Launch) {
		return Invalid
	}
	if over(len(local), m.Quotas.Constraints) {
		return OverLimit
	}
	m.constraints = append(m.constraints, &constraint{
		id: id, kind: kind, owner: who.Account, portfolio: p.id, product: product, Terms: t,
	})
	return ""
}

// changeable finds a constraint that the caller may change; an inherited one refuses. (C-CONS-9, S-CON-3)
func (m *Model) changeable(who access.Caller, id string) (*constraint, string) {
	for _, c := range m.constraints {
		if c.id == id {
			_, code := m.edit(who, c.portfolio, Invalid)
			return c, code
		}
	}
	return nil, NotFound
}

// UpdateConstraint changes the description and parameters that are not empty. (C-CONS-9)
func (m *Model) UpdateConstraint(who access.Caller, id string, t Terms) string {
	c, code := m.changeable(who, id)
	if code != "" {
		return code
	}
	if t.Parameters != "" && m.badTerms(who, c.kind, t) {
		return Invalid
	}
	set(&c.Description, t.Description)
	set(&c.Parameters, t.Parameters)
	return ""
}

// DeleteConstraint removes a constraint; an inherited one that it overrode is in force again. (C-CONS-9, S-CON-6)
func (m *Model) DeleteConstraint(who access.Caller, id string) string {
	c, code := m.changeable(who, id)
	if code != "" {
		return code
	}
	m.constraints = slices.DeleteFunc(m.constraints, func(x *constraint) bool { return x == c })
	return ""
}

func (c *constraint) view() ConstraintView {
	return ConstraintView{
		ID: c.id, Kind: c.kind, Description: c.Description, Parameters: c.Parameters,
		Owner: c.owner, Portfolio: c.portfolio, Product: c.product,
	}
}

// DescribeConstraint reads a constraint of a portfolio that the caller sees. (section 21)
func (m *Model) DescribeConstraint(who access.Caller, id string) (ConstraintView, string) {
	for _, c := range m.constraints {
		if c.id == id {
			_, code := m.see(who, c.portfolio)
			if code != "" {
				return ConstraintView{}, code
			}
			return c.view(), ""
		}
	}
	return ConstraintView{}, NotFound
}

// ListConstraintsForPortfolio lists what is set in a portfolio and what its products inherit, overridden or not, without
// the parameters. (S-CON-10, C-CONS-10)
func (m *Model) ListConstraintsForPortfolio(who access.Caller, portfolio, product string) ([]ConstraintView, string) {
	p, code := m.see(who, portfolio)
	if code != "" {
		return nil, code
	}
	list := []ConstraintView{}
	for _, held := range m.productsIn(p.id) {
		if product != "" && held != product {
			continue
		}
		for _, c := range append(m.constraintsOn(p.id, held), m.inherited(p.id, held)...) {
			v := c.view()
			v.Parameters = ""
			list = append(list, v)
		}
	}
	slices.SortFunc(list, func(a, b ConstraintView) int { return strings.Compare(a.ID, b.ID) })
	return list, ""
}
