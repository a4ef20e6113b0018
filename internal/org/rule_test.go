package org

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/fault"
	"portico/internal/ident"
)

const (
	boss   = ident.Account("111111111111")
	member = ident.Account("222222222222")
)

func tree(access Access) Organization {
	return Organization{ID: "o-aaaaaaaaaa", Root: "r-aaaa", Management: boss, Features: AllFeatures, Access: access}
}

// refusal is how a rule answered: its kind, and code and reason where it names them.
func refusal(err error) fault.Fault {
	f, ok := fault.Of(err)
	if !ok {
		return fault.Fault{}
	}
	return fault.Fault{Kind: f.Kind, Code: f.Code, Reason: f.Reason}
}

func TestAccess(t *testing.T) {
	billing := tree(Disabled)
	billing.Features = BillingOnly
	enable := func(o Organization, in bool, who ident.Account) error { return MayEnable(o, in, who) }
	disable := func(delegates int) func(Organization, bool, ident.Account) error {
		return func(o Organization, in bool, who ident.Account) error { return MayDisable(o, in, who, delegates) }
	}
	tests := []struct {
		name string
		may  func(Organization, bool, ident.Account) error
		o    Organization
		in   bool
		who  ident.Account
		want fault.Kind
	}{
		{"S-ORG-5 management may enable", enable, tree(Disabled), true, boss, 0},
		{"S-ORG-5 a member may not enable", enable, tree(Disabled), true, member, fault.Denied},
		{"S-ORG-5 management may disable", disable(0), tree(Enabled), true, boss, 0},
		{"S-ORG-5 a member may not disable", disable(0), tree(Enabled), true, member, fault.Denied},
		{"S-ORG-6 enable outside an organization", enable, Organization{}, false, member, fault.NotFound},
		{"S-ORG-6 disable outside an organization", disable(0), Organization{}, false, member, fault.NotFound},
		{"S-ORG-6 enable with billing features only", enable, billing, true, boss, fault.Unsupported},
		{"S-ORG-6 disable with billing features only", disable(0), billing, true, boss, fault.Unsupported},
		{"S-ORG-9 enable again", enable, tree(Enabled), true, boss, 0},
		{"S-ORG-9 disable again", disable(0), tree(Disabled), true, boss, 0},
		{"S-ORG-9 enable under change", enable, tree(UnderChange), true, boss, fault.State},
		{"S-ORG-9 disable under change", disable(0), tree(UnderChange), true, boss, fault.State},
		{"S-ORG-11 disable with a delegate", disable(1), tree(Enabled), true, boss, fault.State},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := refusal(tt.may(tt.o, tt.in, tt.who)).Kind; got != tt.want {
				t.Errorf("refused with kind %d, want %d", got, tt.want)
			}
		})
	}
}

func TestPrivileged(t *testing.T) {
	o := tree(Enabled)
	tests := []struct {
		name      string
		who       ident.Account
		delegated bool
		want      bool
	}{
		{"S-ORG-2 management", boss, false, true},
		{"S-ORG-2 a delegate", member, true, true},
		{"S-ORG-3 a member", member, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := o.Privileged(tt.who, tt.delegated); got != tt.want {
				t.Errorf("privileged is %v, want %v", got, tt.want)
			}
		})
	}
}

func TestMembership(t *testing.T) {
	const constraint = "ConstraintViolationException"
	o := tree(Enabled)
	billing := o
	billing.Features = BillingOnly
	at := func(a ident.Account, suspended int64) Member {
		m := NewRoot(o).Admit(a, Created, time.Time{})
		m.Suspended = suspended
		return m
	}
	tests := []struct {
		name string
		err  error
		want fault.Fault
	}{
		{"S-ORG-15 a member of a trusted service", MayRegister(o, at(member, 0), true, false, 49), fault.Fault{}},
		{"S-ORG-15 before Enable", MayRegister(o, at(member, 0), false, false, 0),
			fault.Fault{Kind: fault.Limit, Code: constraint, Reason: "SERVICE_ACCESS_NOT_ENABLED"}},
		{"S-ORG-15 the management account", MayRegister(o, at(boss, 0), true, false, 0),
			fault.Fault{Kind: fault.Limit, Code: constraint, Reason: "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR"}},
		{"S-ORG-15 a suspended account", MayRegister(o, at(member, 3), true, false, 0),
			fault.Fault{Kind: fault.Limit, Code: constraint, Reason: "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR"}},
		{"S-ORG-15 a delegate again", MayRegister(o, at(member, 0), true, true, 50),
			fault.Fault{Kind: fault.Duplicate, Code: "AccountAlreadyRegisteredException"}},
		{"S-ORG-17 the 51st", MayRegister(o, at(member, 0), true, false, 50),
			fault.Fault{Kind: fault.Limit, Code: constraint, Reason: "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED"}},
		{"S-EVT-2 a member leaves", MayLeave(o, at(member, 0), 0), fault.Fault{}},
		{"S-EVT-2 the management account stays", MayLeave(o, at(boss, 0), 0),
			fault.Fault{Kind: fault.Invalid, Code: "MasterCannotLeaveOrganizationException"}},
		{"S-EVT-7 a delegate stays", MayLeave(o, at(member, 0), 1),
			fault.Fault{Kind: fault.Limit, Code: constraint, Reason: "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG"}},
		{"S-EVT-8 a member is closed", MayClose(o, at(member, 0), 0), fault.Fault{}},
		{"S-EVT-8 a closed one again", MayClose(o, at(member, 3), 0),
			fault.Fault{Kind: fault.State, Code: "AccountAlreadyClosedException"}},
		{"S-EVT-8 the management account", MayClose(o, at(boss, 0), 0),
			fault.Fault{Kind: fault.Limit, Code: constraint, Reason: "CANNOT_CLOSE_MANAGEMENT_ACCOUNT"}},
		{"S-EVT-8 with billing features only", MayClose(billing, at(member, 0), 0),
			fault.Fault{Kind: fault.Limit, Code: constraint, Reason: "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE"}},
		{"S-EVT-8 a delegate", MayClose(o, at(member, 0), 1),
			fault.Fault{Kind: fault.Limit, Code: constraint, Reason: "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, refusal(tt.err)); diff != "" {
				t.Errorf("refusal (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHandshake(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name     string
		from, to HandshakeState
		after    time.Duration
		want     string
	}{
		{"open is accepted", Open, Accepted, 0, ""},
		{"open is declined on its last day", Open, Declined, HandshakeLife - time.Second, ""},
		{"expired is not accepted", Open, Accepted, HandshakeLife, "InvalidHandshakeTransitionException"},
		{"accepted again", Accepted, Accepted, 0, "HandshakeAlreadyInStateException"},
		{"declined is not accepted", Declined, Accepted, 0, "InvalidHandshakeTransitionException"},
		{"canceled is not declined", Canceled, Declined, HandshakeLife, "InvalidHandshakeTransitionException"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, err := Handshake{ID: "h-aaaaaaaa", State: tt.from, Expires: start.Add(HandshakeLife)}.End(tt.to, start.Add(tt.after))
			if got := refusal(err).Code; got != tt.want {
				t.Fatalf("answered %q, want %q", got, tt.want)
			}
			if err == nil && (h.State != tt.to || !h.Shown.Equal(start.Add(tt.after+HandshakeShown))) {
				t.Errorf("ended in %s, shown until %s", h.State, h.Shown)
			}
		})
	}
}
