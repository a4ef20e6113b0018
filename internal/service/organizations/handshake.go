package organizations

import (
	"context"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/org"
	"portico/internal/service/organizations/api"
	"portico/internal/store"
)

func alreadyMember() error {
	return fault.Duplicatef("The handshake request is invalid because the invited account is already a member of an organization.").
		Named("HandshakeConstraintViolationException").Because("ALREADY_IN_AN_ORGANIZATION")
}

// showHandshake shows a handshake as it stands at a time, with what the invited account should know of the inviting one.
func showHandshake(tx *store.Tx, h org.Handshake, now time.Time) (*api.Handshake, error) {
	h = h.At(now)
	a, _, err := tx.Account(h.Management)
	if err != nil {
		return nil, err
	}
	o, _, err := tx.Organization(h.Org)
	if err != nil {
		return nil, err
	}
	out := &api.Handshake{
		Id: h.ID, Arn: o.HandshakeARN("invite", h.ID), State: api.HandshakeState(h.State), Action: api.ActionTypeInvite,
		RequestedTimestamp: h.Requested, ExpirationTimestamp: h.Expires,
		Parties: []api.HandshakeParty{
			{Id: h.Org, Type: api.HandshakePartyTypeOrganization},
			{Id: h.Target, Type: api.HandshakePartyType(h.TargetType)},
		},
		Resources: []api.HandshakeResource{
			{Type: api.HandshakeResourceTypeOrganization, Value: h.Org, Resources: []api.HandshakeResource{
				{Type: api.HandshakeResourceTypeMasterEmail, Value: a.Email},
				{Type: api.HandshakeResourceTypeMasterName, Value: a.Name},
				{Type: api.HandshakeResourceTypeOrganizationFeatureSet, Value: o.Features},
			}},
			{Type: api.HandshakeResourceType(h.TargetType), Value: h.Target},
		},
	}
	if h.Notes != "" {
		out.Resources = append(out.Resources, api.HandshakeResource{Type: api.HandshakeResourceTypeNotes, Value: h.Notes})
	}
	return out, nil
}

// target reads whom an invitation is for. An e-mail address stands for the account that has it; while no account or
// more than one does, whoever has it may answer.
func target(tx *store.Tx, p api.HandshakeParty) (org.Handshake, error) {
	h := org.Handshake{TargetType: string(p.Type), Target: p.Id}
	switch p.Type {
	case api.HandshakePartyTypeAccount:
		h.Account = ident.Account(p.Id)
		if !h.Account.Valid() {
			return h, invalid("INVALID_PATTERN_TARGET_ID", "Target.Id of type ACCOUNT must be an account id of 12 digits.")
		}
	case api.HandshakePartyTypeEmail:
		if !strings.Contains(p.Id, "@") {
			return h, invalid("INVALID_EMAIL_ADDRESS_TARGET", "You specified an invalid email address for the invited account owner.")
		}
		as, err := tx.AccountsByEmail(p.Id)
		if err != nil {
			return h, err
		}
		if len(as) == 1 {
			h.Account = as[0].ID
		} else {
			h.Email = access.Fold(p.Id)
		}
	default:
		return h, invalid("INVALID_PARTY_TYPE_TARGET", "Target.Type must be ACCOUNT or EMAIL.")
	}
	return h, nil
}

// InviteAccountToOrganization invites an account, which need not exist yet and may be in another organization until it
// accepts.
func (s *Service) InviteAccountToOrganization(ctx context.Context, who access.Caller, in *api.InviteAccountToOrganizationInput) (*api.InviteAccountToOrganizationOutput, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	out := new(api.InviteAccountToOrganizationOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := managed(tx, who)
		if err != nil {
			return err
		}
		h, err := target(tx, *in.Target)
		if err != nil {
			return err
		}
		if m, ok, err := tx.Member(h.Account); err != nil {
			return err
		} else if ok && m.Org == o.ID {
			return alreadyMember()
		}
		now := s.Now()
		if _, open, err := tx.OpenHandshake(o.ID, h.Account, h.Email, now); err != nil {
			return err
		} else if open {
			return fault.Duplicatef("A handshake with the same action and target already exists: %s has an open invitation.", h.Target).
				Named("DuplicateHandshakeException")
		}
		h.ID, h.Org, h.Management, h.State = "h-"+s.IDs.Lower(16), o.ID, o.Management, org.Open
		h.Notes, h.Requested, h.Expires = deref(in.Notes), now, now.Add(org.HandshakeLife)
		h.Shown = h.Expires.Add(org.HandshakeShown)
		if err := tx.InsertHandshake(h); err != nil {
			return err
		}
		if err := tx.SetOrganizationTags(h.ID, readTags(in.Tags)); err != nil {
			return err
		}
		out.Handshake, err = showHandshake(tx, h, now)
		return err
	})
	return out, err
}

// handshakeFor returns a handshake that the caller began or is invited by, and which of the two it is.
func (s *Service) handshakeFor(tx *store.Tx, who access.Caller, id string) (h org.Handshake, invited bool, err error) {
	h, ok, err := tx.Handshake(id, s.Now())
	if err != nil {
		return h, false, err
	}
	a, _, err := tx.Account(who.Account)
	if err != nil {
		return h, false, err
	}
	invited = ok && h.For(who.Account, access.Fold(a.Email))
	if !ok || !invited && h.Management != who.Account {
		return h, false, missing("HandshakeNotFoundException", "We can't find a handshake with the HandshakeId that you specified: %s.", id)
	}
	return h, invited, nil
}

// end brings a handshake to a final state; by says whether that is for the invited account to do.
func (s *Service) end(tx *store.Tx, who access.Caller, id string, to org.HandshakeState, byInvited bool) (org.Handshake, error) {
	h, invited, err := s.handshakeFor(tx, who, id)
	if err != nil {
		return h, err
	}
	if invited != byInvited {
		return h, fault.Deniedf("You don't have permissions to access this resource.")
	}
	h, err = h.End(to, s.Now())
	if err != nil {
		return h, err
	}
	return h, tx.UpdateHandshake(h)
}

// AcceptHandshake brings the caller into the organization that invited it, at the root. (S-EVT-1)
func (s *Service) AcceptHandshake(ctx context.Context, who access.Caller, in *api.AcceptHandshakeInput) (*api.AcceptHandshakeOutput, error) {
	out := new(api.AcceptHandshakeOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		h, err := s.end(tx, who, in.HandshakeId, org.Accepted, true)
		if err != nil {
			return err
		}
		if _, in, err := tx.Member(who.Account); err != nil {
			return err
		} else if in {
			return alreadyMember()
		}
		o, _, err := tx.Organization(h.Org)
		if err != nil {
			return err
		}
		if err := tx.InsertMember(org.NewRoot(o).Admit(who.Account, org.Invited, s.Now())); err != nil {
			return err
		}
		tags, err := tx.OrganizationTags(h.ID)
		if err != nil {
			return err
		}
		if err := tx.SetOrganizationTags(string(who.Account), tags); err != nil {
			return err
		}
		out.Handshake, err = showHandshake(tx, h, s.Now())
		return err
	})
	return out, err
}

// DeclineHandshake refuses an invitation of the caller.
func (s *Service) DeclineHandshake(ctx context.Context, who access.Caller, in *api.DeclineHandshakeInput) (*api.DeclineHandshakeOutput, error) {
	out := new(api.DeclineHandshakeOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		h, err := s.end(tx, who, in.HandshakeId, org.Declined, true)
		if err != nil {
			return err
		}
		out.Handshake, err = showHandshake(tx, h, s.Now())
		return err
	})
	return out, err
}

// CancelHandshake takes back an invitation of the caller's organization.
func (s *Service) CancelHandshake(ctx context.Context, who access.Caller, in *api.CancelHandshakeInput) (*api.CancelHandshakeOutput, error) {
	out := new(api.CancelHandshakeOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		h, err := s.end(tx, who, in.HandshakeId, org.Canceled, false)
		if err != nil {
			return err
		}
		out.Handshake, err = showHandshake(tx, h, s.Now())
		return err
	})
	return out, err
}

// DescribeHandshake shows a handshake to either side.
func (s *Service) DescribeHandshake(ctx context.Context, who access.Caller, in *api.DescribeHandshakeInput) (*api.DescribeHandshakeOutput, error) {
	out := new(api.DescribeHandshakeOutput)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		h, _, err := s.handshakeFor(tx, who, in.HandshakeId)
		if err != nil {
			return err
		}
		out.Handshake, err = showHandshake(tx, h, s.Now())
		return err
	})
	return out, err
}

// filtered reads a filter: whether it leaves any handshake at all, which only invitations do.
func filtered(f *api.HandshakeFilter) (some bool, scope string, err error) {
	if f == nil {
		return true, "", nil
	}
	if f.ActionType != nil && f.ParentHandshakeId != nil {
		return false, "", invalid("MAX_LIMIT_EXCEEDED_FILTER", "You can specify only one filter parameter for the operation.")
	}
	action := deref(f.ActionType)
	return f.ParentHandshakeId == nil && (action == "" || action == api.ActionTypeInvite),
		string(action) + " " + deref(f.ParentHandshakeId), nil
}

// ListHandshakesForAccount lists what invites the caller, by id, until 30 days after it ended.
func (s *Service) ListHandshakesForAccount(ctx context.Context, who access.Caller, in *api.ListHandshakesForAccountInput) (*api.ListHandshakesForAccountOutput, error) {
	some, scope, err := filtered(in.Filter)
	if err != nil {
		return nil, err
	}
	p, err := pageOf(who, in.NextToken, in.MaxResults, "ListHandshakesForAccount", scope)
	if err != nil {
		return nil, err
	}
	out := new(api.ListHandshakesForAccountOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		a, _, err := tx.Account(who.Account)
		if err != nil {
			return err
		}
		var rows []org.Handshake
		if some {
			rows, err = tx.HandshakesFor(who.Account, access.Fold(a.Email), p.after, s.Now(), p.more())
		}
		if err != nil {
			return err
		}
		out.Handshakes, out.NextToken, err = s.showHandshakes(tx, p, rows)
		return err
	})
	return out, err
}

// ListHandshakesForOrganization lists what the organization sent, by id, until 30 days after it ended.
func (s *Service) ListHandshakesForOrganization(ctx context.Context, who access.Caller, in *api.ListHandshakesForOrganizationInput) (*api.ListHandshakesForOrganizationOutput, error) {
	some, scope, err := filtered(in.Filter)
	if err != nil {
		return nil, err
	}
	p, err := pageOf(who, in.NextToken, in.MaxResults, "ListHandshakesForOrganization", scope)
	if err != nil {
		return nil, err
	}
	out := new(api.ListHandshakesForOrganizationOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		o, err := watched(tx, who)
		if err != nil {
			return err
		}
		var rows []org.Handshake
		if some {
			rows, err = tx.HandshakesOf(o.ID, p.after, s.Now(), p.more())
		}
		if err != nil {
			return err
		}
		out.Handshakes, out.NextToken, err = s.showHandshakes(tx, p, rows)
		return err
	})
	return out, err
}

func (s *Service) showHandshakes(tx *store.Tx, p page, rows []org.Handshake) ([]api.Handshake, string, error) {
	rows, next := cut(p, rows, func(h org.Handshake) string { return h.ID }, func(h org.Handshake) org.Handshake { return h })
	out := make([]api.Handshake, 0, len(rows))
	for _, h := range rows {
		shown, err := showHandshake(tx, h, s.Now())
		if err != nil {
			return nil, "", err
		}
		out = append(out, *shown)
	}
	return out, next, nil
}
