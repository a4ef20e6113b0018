package organizations

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"portico/internal/access"
	"portico/internal/ident"
	"portico/internal/org"
	"portico/internal/service/organizations/api"
	"portico/internal/store"
)

func TestCreateAccount(t *testing.T) {
	forests(t, func(f *forest) {
		create := func(in *api.CreateAccountInput) *api.CreateAccountStatus {
			return ask[*api.CreateAccountOutput](f.world, "CreateAccount", boss, in).CreateAccountStatus
		}
		made := create(&api.CreateAccountInput{AccountName: "New", Email: "new@example.com", Tags: []api.Tag{{Key: "k", Value: "v"}}})
		id := ident.Account(made.AccountId)
		if made.State != "SUCCEEDED" || !id.Valid() || made.AccountName != "New" {
			t.Fatalf("created %+v", made)
		}
		all := []ident.Account{boss, anna, bert, id}
		slices.Sort(all)
		f.covered("S-EVT-1 created", f.whole, f.revision(), all...)
		account := ask[*api.DescribeAccountOutput](f.world, "DescribeAccount", boss, &api.DescribeAccountInput{AccountId: string(id)}).Account
		f.equal("the account", account, &api.Account{
			Id: string(id), Arn: "arn:aws:organizations::111111111111:account/" + f.o.ID + "/" + string(id), Email: "new@example.com",
			Name: "New", Status: "ACTIVE", JoinedMethod: "CREATED", JoinedTimestamp: f.now})
		tags := ask[*api.ListTagsForResourceOutput](f.world, "ListTagsForResource", boss, &api.ListTagsForResourceInput{ResourceId: string(id)}).Tags
		f.equal("its tags", tags, []api.Tag{{Key: "k", Value: "v"}})
		f.read(func(tx *store.Tx) error {
			r, ok, err := tx.RoleByName(id, defaultRole)
			if err != nil || !ok {
				t.Fatalf("role: %v, %v", ok, err)
			}
			trust, err := access.ParseTrust(r.Trust)
			if err != nil {
				t.Fatalf("trust policy %s: %v", r.Trust, err)
			}
			f.equal("trust names nobody who could be deleted", len(trust.Named()), 0)
			return nil
		})
		named := create(&api.CreateAccountInput{AccountName: "x", Email: "role@example.com", RoleName: ptr("Admin")})
		f.read(func(tx *store.Tx) error {
			if _, ok, err := tx.RoleByName(ident.Account(named.AccountId), "Admin"); err != nil || !ok {
				t.Errorf("named role: %v, %v", ok, err)
			}
			return nil
		})

		failed := create(&api.CreateAccountInput{AccountName: "Again", Email: "NEW@example.com"})
		if failed.State != "FAILED" || failed.FailureReason != "EMAIL_ALREADY_EXISTS" || failed.AccountId != "" {
			t.Errorf("same e-mail address: %+v", failed)
		}
		f.refused("reserved role", "CreateAccount", boss, &api.CreateAccountInput{AccountName: "x", Email: "y@example.com",
			RoleName: ptr("AWSServiceRoleForX")}, "InvalidInputException INVALID_ROLE_NAME")
		seen := ask[*api.DescribeCreateAccountStatusOutput](f.world, "DescribeCreateAccountStatus", boss,
			&api.DescribeCreateAccountStatusInput{CreateAccountRequestId: failed.Id}).CreateAccountStatus
		f.equal("status", seen, failed)
		f.refused("no request", "DescribeCreateAccountStatus", boss,
			&api.DescribeCreateAccountStatusInput{CreateAccountRequestId: "car-zzzzzzzz"}, "CreateAccountStatusNotFoundException")
		list := ask[*api.ListCreateAccountStatusOutput](f.world, "ListCreateAccountStatus", boss,
			&api.ListCreateAccountStatusInput{States: []api.CreateAccountState{"FAILED"}}).CreateAccountStatuses
		f.equal("failed ones", list, []api.CreateAccountStatus{*failed})
	})
}

// TestCreateAccounts shows that accounts created at once all arrive, each at a revision of its own.
func TestCreateAccounts(t *testing.T) {
	forests(t, func(f *forest) {
		const n = 12
		before := f.revision()
		errs := make(chan error, n)
		for i := range n {
			go func() {
				_, err := f.bodies["CreateAccount"](t.Context(), access.RootCaller(boss),
					&api.CreateAccountInput{AccountName: "x", Email: fmt.Sprintf("%d@example.com", i)})
				errs <- err
			}()
		}
		for range n {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		f.equal("S-EVT-1 revisions", f.revision(), before+n)
		f.read(func(tx *store.Tx) error {
			covered, err := tx.CoveredBy(f.whole, before+n)
			f.equal("S-EVT-1 members", len(covered), 3+n)
			return err
		})
	})
}

func TestCloseAccount(t *testing.T) {
	forests(t, func(f *forest) {
		closed := func(a ident.Account) any { return &api.CloseAccountInput{AccountId: string(a)} }
		f.refused("S-EVT-8 the management account", "CloseAccount", boss, closed(boss), constraint+" CANNOT_CLOSE_MANAGEMENT_ACCOUNT")
		f.refused("S-EVT-8 no member", "CloseAccount", boss, closed(other), "AccountNotFoundException")
		f.do("CloseAccount", boss, closed(anna))
		f.refused("S-EVT-8 again", "CloseAccount", boss, closed(anna), "AccountAlreadyClosedException")
		account := ask[*api.DescribeAccountOutput](f.world, "DescribeAccount", boss, &api.DescribeAccountInput{AccountId: string(anna)}).Account
		f.equal("S-EVT-8 status", account.Status, api.AccountStatusSuspended)
		f.covered("S-EVT-8 left out", f.whole, f.revision(), boss, bert)
		f.read(func(tx *store.Tx) error {
			l, err := tx.Lineage(anna)
			if err != nil || !l.Has(f.inA) {
				t.Errorf("S-EVT-8 records stay for an account that is reopened: %v, %v", l, err)
			}
			return nil
		})
	})
}

func TestHandshakes(t *testing.T) {
	worlds(t, func(w *world) {
		o := w.organization(boss)
		invite := func(kind api.HandshakePartyType, id string) any {
			return &api.InviteAccountToOrganizationInput{Target: &api.HandshakeParty{Id: id, Type: kind},
				Notes: ptr("welcome"), Tags: []api.Tag{{Key: "k", Value: "v"}}}
		}
		send := func(kind api.HandshakePartyType, id string) *api.Handshake {
			return ask[*api.InviteAccountToOrganizationOutput](w, "InviteAccountToOrganization", boss, invite(kind, id)).Handshake
		}
		accept := func(id string) any { return &api.AcceptHandshakeInput{HandshakeId: id} }
		decline := func(id string) any { return &api.DeclineHandshakeInput{HandshakeId: id} }
		cancel := func(id string) any { return &api.CancelHandshakeInput{HandshakeId: id} }
		describe := func(id string) any { return &api.DescribeHandshakeInput{HandshakeId: id} }

		h := send("ACCOUNT", string(anna))
		w.equal("handshake", h, &api.Handshake{
			Id: h.Id, Arn: "arn:aws:organizations::111111111111:handshake/" + o.ID + "/invite/" + h.Id, State: "OPEN", Action: "INVITE",
			Parties:            []api.HandshakeParty{{Id: o.ID, Type: "ORGANIZATION"}, {Id: string(anna), Type: "ACCOUNT"}},
			RequestedTimestamp: w.now, ExpirationTimestamp: w.now.Add(org.HandshakeLife),
			Resources: []api.HandshakeResource{
				{Type: "ORGANIZATION", Value: o.ID, Resources: []api.HandshakeResource{
					{Type: "MASTER_EMAIL", Value: "111111111111@example.com"}, {Type: "MASTER_NAME", Value: "n111111111111"},
					{Type: "ORGANIZATION_FEATURE_SET", Value: "ALL"}}},
				{Type: "ACCOUNT", Value: string(anna)}, {Type: "NOTES", Value: "welcome"}},
		})
		w.refused("twice", "InviteAccountToOrganization", boss, invite("ACCOUNT", string(anna)), "DuplicateHandshakeException")
		w.refused("twice, by e-mail", "InviteAccountToOrganization", boss, invite("EMAIL", "222222222222@EXAMPLE.com"), "DuplicateHandshakeException")
		w.refused("a member", "InviteAccountToOrganization", boss, invite("ACCOUNT", string(boss)),
			"HandshakeConstraintViolationException ALREADY_IN_AN_ORGANIZATION")
		w.refused("no account id", "InviteAccountToOrganization", boss, invite("ACCOUNT", "12"), "InvalidInputException INVALID_PATTERN_TARGET_ID")
		w.refused("no address", "InviteAccountToOrganization", boss, invite("EMAIL", "x"), "InvalidInputException INVALID_EMAIL_ADDRESS_TARGET")
		w.refused("no account", "InviteAccountToOrganization", boss, invite("ORGANIZATION", o.ID), "InvalidInputException INVALID_PARTY_TYPE_TARGET")

		w.refused("not for others", "AcceptHandshake", bert, accept(h.Id), "HandshakeNotFoundException")
		w.refused("not for others to see", "DescribeHandshake", bert, describe(h.Id), "HandshakeNotFoundException")
		w.refused("not for the sender", "AcceptHandshake", boss, accept(h.Id), "AccessDeniedException")
		w.refused("not for the invited", "CancelHandshake", anna, cancel(h.Id), "AccessDeniedException")
		w.equal("S-EVT-1 not before accepting", w.organizationOf(anna).ID, "")
		w.do("AcceptHandshake", anna, accept(h.Id))
		w.equal("S-EVT-1 after accepting", w.organizationOf(anna).ID, o.ID)
		tags := ask[*api.ListTagsForResourceOutput](w, "ListTagsForResource", boss, &api.ListTagsForResourceInput{ResourceId: string(anna)}).Tags
		w.equal("tags of the invitation", tags, []api.Tag{{Key: "k", Value: "v"}})
		w.refused("again", "AcceptHandshake", anna, accept(h.Id), "HandshakeAlreadyInStateException")
		w.refused("too late", "DeclineHandshake", anna, decline(h.Id), "InvalidHandshakeTransitionException")
		w.refused("too late to cancel", "CancelHandshake", boss, cancel(h.Id), "InvalidHandshakeTransitionException")

		byMail := send("EMAIL", "Late@example.com")
		w.write(func(tx *store.Tx) error {
			return tx.InsertAccount(access.Account{ID: "555555555555", Email: "late@example.com", Status: access.AccountActive})
		})
		w.equal("found by e-mail", handshakesOf(w, "555555555555"), []string{byMail.Id + " OPEN"})
		w.do("DeclineHandshake", "555555555555", decline(byMail.Id))
		w.equal("declined", handshakesOf(w, "555555555555"), []string{byMail.Id + " DECLINED"})

		taken := send("ACCOUNT", string(bert))
		w.organization(bert)
		w.refused("in another organization", "AcceptHandshake", bert, accept(taken.Id),
			"HandshakeConstraintViolationException ALREADY_IN_AN_ORGANIZATION")
		w.do("CancelHandshake", boss, cancel(taken.Id))
		w.equal("canceled", handshakesOf(w, bert), []string{taken.Id + " CANCELED"})

		late := send("ACCOUNT", string(carla))
		w.now = w.now.Add(org.HandshakeLife)
		w.refused("expired", "AcceptHandshake", carla, accept(late.Id), "InvalidHandshakeTransitionException")
		w.equal("expired", handshakesOf(w, carla), []string{late.Id + " EXPIRED"})
		send("ACCOUNT", string(carla))
		w.now = w.now.Add(org.HandshakeShown + time.Second)
		w.refused("shown no more", "DescribeHandshake", carla, describe(late.Id), "HandshakeNotFoundException")
		w.equal("old ones are gone", len(handshakesOf(w, bert)), 0)
		none := ask[*api.ListHandshakesForAccountOutput](w, "ListHandshakesForAccount", carla, &api.ListHandshakesForAccountInput{
			Filter: &api.HandshakeFilter{ActionType: ptr(api.ActionTypeEnableAllFeatures)}}).Handshakes
		w.equal("other actions", len(none), 0)
	})
}

func handshakesOf(w *world, a ident.Account) (states []string) {
	w.t.Helper()
	out := ask[*api.ListHandshakesForAccountOutput](w, "ListHandshakesForAccount", a, &api.ListHandshakesForAccountInput{})
	for _, h := range out.Handshakes {
		states = append(states, h.Id+" "+string(h.State))
	}
	return states
}
