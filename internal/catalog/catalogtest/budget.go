package catalogtest

import (
	"slices"

	"portico/internal/access"
	"portico/internal/ident"
)

// budget is the name of a budget on a portfolio or product, as one account put it there.
type budget struct {
	made           ident.Account
	name, resource string
}

// budgetsOn lists what an account put on a resource.
func (m *Model) budgetsOn(a ident.Account, resource string) []string {
	list := []string{}
	for _, b := range m.budgets {
		if b.made == a && b.resource == resource {
			list = append(list, b.name)
		}
	}
	return sorted(list)
}

// AssociateBudgetWithResource puts the one budget of the caller on something it sees. (C-BUDG-1, 2, section 21)
func (m *Model) AssociateBudgetWithResource(who access.Caller, name, resource string) string {
	if code := m.resource(who, resource); code != "" {
		return code
	}
	there := m.budgetsOn(who.Account, resource)
	if slices.Contains(there, name) {
		return Duplicate
	}
	if len(there) > 0 {
		return OverLimit
	}
	m.budgets = append(m.budgets, &budget{made: who.Account, name: name, resource: resource})
	return ""
}

// DisassociateBudgetFromResource takes it off. (C-BUDG-3)
func (m *Model) DisassociateBudgetFromResource(who access.Caller, name, resource string) string {
	if code := m.resource(who, resource); code != "" {
		return code
	}
	if !slices.Contains(m.budgetsOn(who.Account, resource), name) {
		return NotFound
	}
	m.budgets = slices.DeleteFunc(m.budgets, func(b *budget) bool {
		return b.made == who.Account && b.name == name && b.resource == resource
	})
	return ""
}

// ListBudgetsForResource lists the caller's own. (C-BUDG-3, S-IMP table)
func (m *Model) ListBudgetsForResource(who access.Caller, resource string) ([]string, string) {
	if code := m.resource(who, resource); code != "" {
		return nil, code
	}
	return m.budgetsOn(who.Account, resource), ""
}
