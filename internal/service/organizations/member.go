package organizations

import (
	"context"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/org"
	"portico/internal/service/organizations/api"
	"portico/internal/store"
)

// MoveAccount puts a member below another unit or the root. (S-EVT-3)
func (s *Service) MoveAccount(ctx context.Context, who access.Caller, in *api.MoveAccountInput) (*api.MoveAccountOutput, error) {
	out := new(api.MoveAccountOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := managed(tx, who)
		if err != nil {
			return err
		}
		m, err := memberFor(tx, o, in.AccountId)
		if err != nil {
			return err
		}
		from, err := unitFor(tx, o, in.SourceParentId, "SourceParentNotFoundException")
		if err != nil {
			return err
		}
		to, err := unitFor(tx, o, in.DestinationParentId, "DestinationParentNotFoundException")
		if err != nil {
			return err
		}
		if m.Parent == to.ID {
			return fault.Duplicatef("The account %s is already present in the specified destination %s.", m.Account, to.ID).
				Named("DuplicateAccountException")
		}
		if m.Parent != from.ID {
			return missing("AccountNotFoundException", "You specified an account that isn't directly below the source %s: %s.",
				from.ID, in.AccountId)
		}
		return tx.MoveMember(m, to)
	})
	return out, err
}

// RemoveAccountFromOrganization takes a member out. (S-EVT-2, 7)
func (s *Service) RemoveAccountFromOrganization(ctx context.Context, who access.Caller, in *api.RemoveAccountFromOrganizationInput) (*api.RemoveAccountFromOrganizationOutput, error) {
	out := new(api.RemoveAccountFromOrganizationOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := managed(tx, who)
		if err != nil {
			return err
		}
		return leave(tx, o, in.AccountId)
	})
	return out, err
}

// LeaveOrganization takes the caller itself out. (S-EVT-2, 7)
func (s *Service) LeaveOrganization(ctx context.Context, who access.Caller, in *api.LeaveOrganizationInput) (*api.LeaveOrganizationOutput, error) {
	out := new(api.LeaveOrganizationOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := homeOf(tx, who)
		if err != nil {
			return err
		}
		return leave(tx, o, string(who.Account))
	})
	return out, err
}

func leave(tx *store.Tx, o org.Organization, id string) error {
	m, err := memberFor(tx, o, id)
	if err != nil {
		return err
	}
	services, err := tx.Delegations(m.Account, "", 1)
	if err != nil {
		return err
	}
	if err := org.MayLeave(o, m, len(services)); err != nil {
		return err
	}
	return tx.DeleteMember(m)
}
