package servicecatalog

import (
	"context"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/store"
)

// AssociateBudgetWithResource names the budget of an own or imported portfolio or product. The name is stored as it is;
// each account has at most one for a resource. (C-BUDG-1, C-BUDG-2)
func (s *Service) AssociateBudgetWithResource(ctx context.Context, who access.Caller, in *api.AssociateBudgetWithResourceInput) (*api.AssociateBudgetWithResourceOutput, error) {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := resourceFor(tx, who, in.ResourceId); err != nil {
			return err
		}
		name, ok, err := tx.Budget(in.ResourceId, who.Account)
		switch {
		case err != nil:
			return err
		case ok && name == in.BudgetName:
			return fault.Duplicatef("Budget %s is already associated with resource %s", name, in.ResourceId)
		case ok:
			return fault.Limitf("Resource %s already has the budget %s, and can have one only", in.ResourceId, name)
		}
		return tx.SetBudget(in.ResourceId, who.Account, in.BudgetName)
	})
	return new(api.AssociateBudgetWithResourceOutput), err
}

// DisassociateBudgetFromResource takes the caller's budget off a resource. (C-BUDG-3)
func (s *Service) DisassociateBudgetFromResource(ctx context.Context, who access.Caller, in *api.DisassociateBudgetFromResourceInput) (*api.DisassociateBudgetFromResourceOutput, error) {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := resourceFor(tx, who, in.ResourceId); err != nil {
			return err
		}
		was, err := tx.DeleteBudget(in.ResourceId, who.Account, in.BudgetName)
		if err == nil && !was {
			err = fault.NotFoundf("Budget %s is not associated with resource %s", in.BudgetName, in.ResourceId)
		}
		return err
	})
	return new(api.DisassociateBudgetFromResourceOutput), err
}

// ListBudgetsForResource lists the caller's budget of a resource. (C-BUDG-3)
func (s *Service) ListBudgetsForResource(ctx context.Context, who access.Caller, in *api.ListBudgetsForResourceInput) (*api.ListBudgetsForResourceOutput, error) {
	if _, err := page("ListBudgetsForResource", who, in.PageSize, in.PageToken, in.ResourceId); err != nil {
		return nil, err
	}
	out := new(api.ListBudgetsForResourceOutput)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := resourceFor(tx, who, in.ResourceId); err != nil {
			return err
		}
		var err error
		out.Budgets, err = budgets(tx, who, in.ResourceId)
		return err
	})
	return out, err
}

// budgets shows what the caller's account associated with a resource; the owner's stay hidden. (S-IMP table)
func budgetDetails(l store.Labels) []api.BudgetDetail {
	if l.Budget == "" {
		return []api.BudgetDetail{}
	}
	return []api.BudgetDetail{{BudgetName: l.Budget}}
}

func budgets(tx *store.Tx, who access.Caller, id string) ([]api.BudgetDetail, error) {
	name, ok, err := tx.Budget(id, who.Account)
	if err != nil || !ok {
		return []api.BudgetDetail{}, err
	}
	return []api.BudgetDetail{{BudgetName: name}}, nil
}
