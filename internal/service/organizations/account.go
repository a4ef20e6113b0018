package organizations

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/ident"
	"portico/internal/org"
	"portico/internal/service/organizations/api"
	"portico/internal/store"
)

const (
	defaultRole = "OrganizationAccountAccessRole"
	roleSession = time.Hour
)

func showAccount(o org.Organization, m store.MemberAccount) api.Account {
	return api.Account{
		Id: string(m.ID), Arn: o.AccountARN(m.ID), Email: m.Email, Name: m.Name, Status: api.AccountStatus(m.Status),
		JoinedMethod: api.AccountJoinedMethod(m.Method), JoinedTimestamp: m.Joined,
	}
}

func showRequest(r org.Request) *api.CreateAccountStatus {
	return &api.CreateAccountStatus{
		Id: r.ID, AccountName: r.Name, State: api.CreateAccountState(r.State), RequestedTimestamp: r.Requested,
		CompletedTimestamp: r.Completed, AccountId: string(r.Account),
		FailureReason: api.CreateAccountFailureReason(r.Reason),
	}
}

// CreateAccount makes an account below the root, with a role that the management account may assume. It is done when
// the call returns; an e-mail address that is in use makes the request, not the call, fail. (S-EVT-1)
func (s *Service) CreateAccount(ctx context.Context, who access.Caller, in *api.CreateAccountInput) (*api.CreateAccountOutput, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	role := defaultRole
	if in.RoleName != nil {
		role = *in.RoleName
	}
	if strings.HasPrefix(role, "AWSServiceRoleFor") {
		return nil, invalid("INVALID_ROLE_NAME", "RoleName can't begin with the reserved prefix AWSServiceRoleFor.")
	}
	out := new(api.CreateAccountOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := managed(tx, who)
		if err != nil {
			return err
		}
		now := s.Now()
		r := org.Request{ID: "car-" + s.IDs.Lower(32), Org: o.ID, Name: in.AccountName, State: org.RequestSucceeded,
			Requested: now, Completed: now}
		taken, err := tx.AccountsByEmail(in.Email)
		if err != nil {
			return err
		}
		if len(taken) > 0 {
			r.State, r.Reason = org.RequestFailed, string(api.CreateAccountFailureReasonEmailAlreadyExists)
		} else if r.Account, err = s.found(tx, o, role, in); err != nil {
			return err
		}
		out.CreateAccountStatus = showRequest(r)
		return tx.InsertAccountRequest(r)
	})
	return out, err
}

// found makes an account with its role and admits it at the root.
func (s *Service) found(tx *store.Tx, o org.Organization, role string, in *api.CreateAccountInput) (ident.Account, error) {
	id, err := s.freeAccount(tx)
	if err != nil {
		return "", err
	}
	now := s.Now()
	a := access.Account{ID: id, Name: in.AccountName, Email: in.Email, Status: access.AccountActive, Created: now}
	if err := tx.InsertAccount(a); err != nil {
		return "", err
	}
	trust, err := trustRoot(o.Management)
	if err != nil {
		return "", err
	}
	r := access.IAMRole{ID: s.IDs.Unique("AROA"), Account: id, Name: role, Path: "/", Trust: trust, MaxSession: roleSession, Created: now}
	if err := tx.InsertRole(r); err != nil {
		return "", err
	}
	if err := tx.AttachPolicy(id, r.ID, administrator); err != nil {
		return "", err
	}
	if err := tx.InsertMember(org.NewRoot(o).Admit(id, org.Created, now)); err != nil {
		return "", err
	}
	return id, tx.SetOrganizationTags(string(id), readTags(in.Tags))
}

func (s *Service) freeAccount(tx *store.Tx) (ident.Account, error) {
	for {
		id := ident.Account(s.IDs.Digits(12))
		if _, taken, err := tx.Account(id); err != nil || !taken {
			return id, err
		}
	}
}

// administrator is the policy of the role that the management account has in the accounts it creates.
const administrator = "arn:aws:iam::aws:policy/AdministratorAccess"

// trustRoot writes the policy that lets the root of an account, and whom it allows, assume a role.
func trustRoot(a ident.Account) (string, error) {
	type statement struct {
		Effect    string
		Principal map[string]string
		Action    string
	}
	b, err := json.Marshal(struct {
		Version   string
		Statement []statement
	}{"2012-10-17", []statement{{"Allow", map[string]string{"AWS": ident.RootARN(a)}, "sts:AssumeRole"}}})
	if err != nil {
		return "", fmt.Errorf("write trust policy: %w", err)
	}
	return string(b), nil
}

// DescribeCreateAccountStatus shows one request for an account.
func (s *Service) DescribeCreateAccountStatus(ctx context.Context, who access.Caller, in *api.DescribeCreateAccountStatusInput) (*api.DescribeCreateAccountStatusOutput, error) {
	out := new(api.DescribeCreateAccountStatusOutput)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		o, err := watched(tx, who)
		if err != nil {
			return err
		}
		r, ok, err := tx.AccountRequest(o.ID, in.CreateAccountRequestId)
		if err == nil && !ok {
			err = missing("CreateAccountStatusNotFoundException",
				"We can't find a create account request with the CreateAccountRequestId that you specified: %s.",
				in.CreateAccountRequestId)
		}
		out.CreateAccountStatus = showRequest(r)
		return err
	})
	return out, err
}

// ListCreateAccountStatus lists the requests for accounts, by id; a page may hold fewer than asked for when States
// leaves some out.
func (s *Service) ListCreateAccountStatus(ctx context.Context, who access.Caller, in *api.ListCreateAccountStatusInput) (*api.ListCreateAccountStatusOutput, error) {
	scope := []string{"ListCreateAccountStatus"}
	wanted := map[string]bool{}
	for _, state := range in.States {
		scope = append(scope, string(state))
		wanted[string(state)] = true
	}
	p, err := pageOf(who, in.NextToken, in.MaxResults, scope...)
	if err != nil {
		return nil, err
	}
	out := new(api.ListCreateAccountStatusOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		o, err := watched(tx, who)
		if err != nil {
			return err
		}
		rows, err := tx.AccountRequests(o.ID, p.after, p.more())
		shown, next := cut(p, rows, func(r org.Request) string { return r.ID },
			func(r org.Request) api.CreateAccountStatus { return *showRequest(r) })
		out.CreateAccountStatuses, out.NextToken = []api.CreateAccountStatus{}, next
		for _, r := range shown {
			if len(wanted) == 0 || wanted[string(r.State)] {
				out.CreateAccountStatuses = append(out.CreateAccountStatuses, r)
			}
		}
		return err
	})
	return out, err
}

// DescribeAccount shows one member.
func (s *Service) DescribeAccount(ctx context.Context, who access.Caller, in *api.DescribeAccountInput) (*api.DescribeAccountOutput, error) {
	out := new(api.DescribeAccountOutput)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		o, err := watched(tx, who)
		if err != nil {
			return err
		}
		m, err := memberFor(tx, o, in.AccountId)
		if err != nil {
			return err
		}
		a, _, err := tx.Account(m.Account)
		shown := showAccount(o, store.MemberAccount{Member: m, Account: a})
		out.Account = &shown
		return err
	})
	return out, err
}

// ListAccounts lists all members, by id.
func (s *Service) ListAccounts(ctx context.Context, who access.Caller, in *api.ListAccountsInput) (*api.ListAccountsOutput, error) {
	p, err := pageOf(who, in.NextToken, in.MaxResults, "ListAccounts")
	if err != nil {
		return nil, err
	}
	out := new(api.ListAccountsOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		o, err := watched(tx, who)
		if err != nil {
			return err
		}
		rows, err := tx.Members(o.ID, p.account(), p.more())
		out.Accounts, out.NextToken = cut(p, rows, accountKey,
			func(m store.MemberAccount) api.Account { return showAccount(o, m) })
		return err
	})
	return out, err
}

// ListAccountsForParent lists the members directly below a root or unit, by id.
func (s *Service) ListAccountsForParent(ctx context.Context, who access.Caller, in *api.ListAccountsForParentInput) (*api.ListAccountsForParentOutput, error) {
	p, err := pageOf(who, in.NextToken, in.MaxResults, "ListAccountsForParent", in.ParentId)
	if err != nil {
		return nil, err
	}
	out := new(api.ListAccountsForParentOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		o, err := watched(tx, who)
		if err != nil {
			return err
		}
		u, err := unitFor(tx, o, in.ParentId, parentMissing)
		if err != nil {
			return err
		}
		rows, err := tx.MembersBelow(u.ID, p.account(), p.more())
		out.Accounts, out.NextToken = cut(p, rows, accountKey,
			func(m store.MemberAccount) api.Account { return showAccount(o, m) })
		return err
	})
	return out, err
}

// CloseAccount closes a member's account. It is SUSPENDED at once, without a time in PENDING_CLOSURE: it makes no calls
// and no share counts it, but it stays where it is. (S-EVT-8)
func (s *Service) CloseAccount(ctx context.Context, who access.Caller, in *api.CloseAccountInput) (*api.CloseAccountOutput, error) {
	out := new(api.CloseAccountOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := managed(tx, who)
		if err != nil {
			return err
		}
		m, err := memberFor(tx, o, in.AccountId)
		if err != nil {
			return err
		}
		services, err := tx.Delegations(m.Account, "", 1)
		if err != nil {
			return err
		}
		if err := org.MayClose(o, m, len(services)); err != nil {
			return err
		}
		a, _, err := tx.Account(m.Account)
		if err != nil {
			return err
		}
		a.Status = access.AccountSuspended
		if err := tx.UpdateAccount(a); err != nil {
			return err
		}
		return tx.SuspendMember(m)
	})
	return out, err
}
