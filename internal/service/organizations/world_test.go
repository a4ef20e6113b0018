package organizations

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/org"
	"portico/internal/service/organizations/api"
	"portico/internal/store"
	"portico/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	boss  = ident.Account("111111111111")
	anna  = ident.Account("222222222222")
	bert  = ident.Account("333333333333")
	carla = ident.Account("444444444444")
	other = ident.Account("999999999999") // manages nothing, belongs nowhere
)

// world is a service on one database, with accounts that are in no organization yet.
type world struct {
	t      *testing.T
	db     *store.DB
	now    time.Time
	bodies map[string]access.Body
}

// worlds runs body on both databases.
func worlds(t *testing.T, body func(w *world)) {
	testkit.Stores(t, func(t *testing.T, open func() *store.DB) {
		w := &world{t: t, db: open(), now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
		w.bodies = api.Bind(&Service{DB: w.db, IDs: ident.Counting(), Now: func() time.Time { return w.now }})
		w.write(func(tx *store.Tx) error {
			for _, a := range []ident.Account{boss, anna, bert, carla, other} {
				err := tx.InsertAccount(access.Account{ID: a, Name: "n" + string(a), Email: string(a) + "@example.com",
					Status: access.AccountActive, Created: w.now})
				if err != nil {
					return err
				}
			}
			return nil
		})
		body(w)
	})
}

func (w *world) write(fn func(*store.Tx) error) {
	w.t.Helper()
	if err := w.db.Write(context.Background(), fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) read(fn func(*store.Tx) error) {
	w.t.Helper()
	if err := w.db.Read(context.Background(), fn); err != nil {
		w.t.Fatal(err)
	}
}

// try calls an operation and returns its answer, or the code and reason it refused with. A code must be declared.
func (w *world) try(op string, who ident.Account, in any) (out any, code string) {
	w.t.Helper()
	out, err := w.bodies[op](context.Background(), access.RootCaller(who), in)
	if err == nil {
		return out, ""
	}
	f, ok := fault.Of(err)
	if !ok {
		w.t.Fatalf("%s by %s: %v", op, who, err)
	}
	if code = f.Code; code == "" {
		code = Faults[f.Kind]
	}
	if !slices.Contains(api.Service.Operations[op].Errors, code) {
		w.t.Errorf("%s by %s answered %s, which the model does not declare", op, who, code)
	}
	return nil, strings.TrimSpace(code + " " + f.Reason)
}

// ask calls an operation that must succeed.
func ask[O any](w *world, op string, who ident.Account, in any) O {
	w.t.Helper()
	out, code := w.try(op, who, in)
	if code != "" {
		w.t.Fatalf("%s by %s: %s", op, who, code)
	}
	return out.(O)
}

// do is ask without interest in the answer.
func (w *world) do(op string, who ident.Account, in any) {
	w.t.Helper()
	ask[any](w, op, who, in)
}

// step runs body as a sub-test of this world.
func (w *world) step(name string, body func()) {
	w.t.Helper()
	w.t.Run(name, func(t *testing.T) {
		above := w.t
		w.t = t
		defer func() { w.t = above }()
		body()
	})
}

// refused calls an operation that must be refused.
func (w *world) refused(name, op string, who ident.Account, in any, want string) {
	w.t.Helper()
	w.step(name, func() {
		if _, code := w.try(op, who, in); code != want {
			w.t.Errorf("%s by %s answered %q, want %q", op, who, code, want)
		}
	})
}

// organization founds one under a management account and returns it.
func (w *world) organization(management ident.Account) org.Organization {
	w.t.Helper()
	w.do("CreateOrganization", management, &api.CreateOrganizationInput{})
	return w.organizationOf(management)
}

func (w *world) organizationOf(a ident.Account) (o org.Organization) {
	w.t.Helper()
	w.read(func(tx *store.Tx) (err error) {
		o, _, err = tx.OrganizationOf(a)
		return err
	})
	return o
}

// join brings accounts into an organization by invitation.
func (w *world) join(o org.Organization, accounts ...ident.Account) {
	w.t.Helper()
	for _, a := range accounts {
		h := ask[*api.InviteAccountToOrganizationOutput](w, "InviteAccountToOrganization", o.Management,
			&api.InviteAccountToOrganizationInput{Target: &api.HandshakeParty{Id: string(a), Type: "ACCOUNT"}})
		w.do("AcceptHandshake", a, &api.AcceptHandshakeInput{HandshakeId: h.Handshake.Id})
	}
}

// unit makes a unit and returns its id.
func (w *world) unit(o org.Organization, parent, name string) string {
	w.t.Helper()
	out := ask[*api.CreateOrganizationalUnitOutput](w, "CreateOrganizationalUnit", o.Management,
		&api.CreateOrganizationalUnitInput{ParentId: parent, Name: name})
	return out.OrganizationalUnit.Id
}

func (w *world) move(o org.Organization, a ident.Account, from, to string) {
	w.t.Helper()
	w.do("MoveAccount", o.Management, &api.MoveAccountInput{AccountId: string(a), SourceParentId: from, DestinationParentId: to})
}

func (w *world) remove(o org.Organization, a ident.Account) {
	w.t.Helper()
	w.do("RemoveAccountFromOrganization", o.Management, &api.RemoveAccountFromOrganizationInput{AccountId: string(a)})
}

// trust enables or disables access of the service catalog.
func (w *world) trust(o org.Organization, enabled bool) {
	w.t.Helper()
	if enabled {
		w.do("EnableAWSServiceAccess", o.Management, &api.EnableAWSServiceAccessInput{ServicePrincipal: org.Principal})
		return
	}
	w.do("DisableAWSServiceAccess", o.Management, &api.DisableAWSServiceAccessInput{ServicePrincipal: org.Principal})
}

// covers checks that a node covers exactly these accounts now: seen from the node, and from every account's lineage.
func (w *world) covers(name string, n org.Node, want ...ident.Account) {
	w.t.Helper()
	var revision int64
	w.read(func(tx *store.Tx) error {
		o, _, err := tx.Organization(n.Org)
		revision = o.Revision
		return err
	})
	w.covered(name, n, revision, want...)
	w.step(name+", by lineage", func() {
		var reached []ident.Account
		w.read(func(tx *store.Tx) error {
			for _, a := range []ident.Account{boss, anna, bert, carla, other} {
				l, err := tx.Lineage(a)
				if err != nil {
					return err
				}
				if l.Has(n) {
					reached = append(reached, a)
				}
			}
			return nil
		})
		if !slices.Equal(reached, want) {
			w.t.Errorf("%s reaches %v, want %v", n.ID, reached, want)
		}
	})
}

// covered checks whom a node covered at a revision.
func (w *world) covered(name string, n org.Node, revision int64, want ...ident.Account) {
	w.t.Helper()
	w.step(name, func() {
		w.read(func(tx *store.Tx) error {
			got, err := tx.CoveredBy(n, revision)
			if !slices.Equal(got, want) {
				w.t.Errorf("%s covered %v at %d, want %v", n.ID, got, revision, want)
			}
			return err
		})
	})
}

// equal compares two values.
func (w *world) equal(name string, got, want any) {
	w.t.Helper()
	w.step(name, func() {
		if diff := cmp.Diff(want, got); diff != "" {
			w.t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func ptr[T any](v T) *T { return &v }
