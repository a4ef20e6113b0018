package store_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/access"
	"portico/internal/ident"
	"portico/internal/org"
	"portico/internal/store"
	"portico/internal/testkit"
)

const (
	boss    = ident.Account("111111111111") // manages the organization
	inside  = ident.Account("222222222222") // below root/a/b
	outside = ident.Account("333333333333") // in no organization
)

func document(sid string) string {
	return `{"Version":"2012-10-17","Statement":[{"Sid":"` + sid + `","Effect":"Allow","Action":"*","Resource":"*"}]}`
}

// granted is a database with the three accounts, and in each the same user, group and role.
type granted struct {
	t  *testing.T
	db *store.DB
}

func (g granted) write(fn func(*store.Tx) error) {
	g.t.Helper()
	if err := g.db.Write(context.Background(), fn); err != nil {
		g.t.Fatal(err)
	}
}

func (g granted) read(fn func(*store.Tx) error) {
	g.t.Helper()
	if err := g.db.Read(context.Background(), fn); err != nil {
		g.t.Fatal(err)
	}
}

var longAgo = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func (g granted) grants(who access.Caller) (got store.Grants) {
	g.t.Helper()
	g.read(func(tx *store.Tx) (err error) {
		got, err = tx.Grants(who)
		return err
	})
	return got
}

func managed(account ident.Account, name string) access.ManagedPolicy {
	arn := ident.IAMARN(account, "policy", "/", name)
	return access.ManagedPolicy{ARN: arn, ID: "ANPA" + string(account) + name, Account: account, Name: name, Path: "/", Default: 1, Last: 1,
		Digest: access.PolicyDigest(document(name)), Created: longAgo, Updated: longAgo}
}

func user(account ident.Account) access.IAMUser {
	return access.IAMUser{ID: "AIDA" + string(account), Account: account, Name: "u", Path: "/", Created: longAgo}
}

func group(account ident.Account) access.IAMGroup {
	return access.IAMGroup{ID: "AGPA" + string(account), Account: account, Name: "g", Path: "/", Created: longAgo}
}

func role(account ident.Account) access.IAMRole {
	return access.IAMRole{ID: "AROA" + string(account), Account: account, Name: "r", Path: "/", Created: longAgo}
}

func withGrants(t *testing.T, body func(g granted)) {
	testkit.Stores(t, func(t *testing.T, open func() *store.DB) {
		g := granted{t, open()}
		g.write(func(tx *store.Tx) error {
			for _, a := range []ident.Account{boss, inside, outside} {
				for _, err := range []error{
					tx.InsertAccount(access.Account{ID: a, Status: access.AccountActive, Created: longAgo}),
					tx.InsertUser(user(a)), tx.InsertGroup(group(a)), tx.InsertRole(role(a)),
					tx.InsertGroupUser(group(a).ID, user(a).ID),
				} {
					if err != nil {
						return err
					}
				}
			}
			return nil
		})
		body(g)
	})
}

const shippedARN = "arn:aws:iam::aws:policy/ReadOnlyAccess"

func shippedDigest(arn string) string {
	for _, s := range access.ShippedPolicies() {
		if s.ARN == arn {
			return access.PolicyDigest(s.Document)
		}
	}
	return "none"
}

func TestGrantsOfUser(t *testing.T) {
	withGrants(t, func(g granted) {
		u, gr := user(outside), group(outside)
		who := access.UserCaller(u, []access.IAMGroup{gr})
		if got := g.grants(who); !cmp.Equal(got, store.Grants{}) {
			g.t.Errorf("without policies: %+v", got)
		}
		of := managed(outside, "of")
		g.write(func(tx *store.Tx) error {
			for _, err := range []error{
				tx.InsertManagedPolicy(of, document("of")),
				tx.AttachPolicy(outside, u.ID, of.ARN), tx.AttachPolicy(outside, gr.ID, of.ARN), tx.AttachPolicy(outside, u.ID, shippedARN),
				tx.PutInlinePolicy(u.ID, "own", document("own")), tx.PutInlinePolicy(gr.ID, "common", document("common")),
				tx.PutInlinePolicy(role(outside).ID, "other", document("other")),
				tx.PutEntityTag(u.ID, access.Tag{Key: "Team", Value: "blue"}), tx.PutEntityTag(role(outside).ID, access.Tag{Key: "Team", Value: "red"}),
			} {
				if err != nil {
					return err
				}
			}
			_, err := tx.SetBoundary(outside, u.ID, of.ARN)
			return err
		})
		want := store.Grants{
			Identity: []store.Applied{
				{Name: of.ARN, Entity: gr.ID, Digest: of.Digest},
				{Name: of.ARN, Entity: u.ID, Digest: of.Digest},
				{Name: shippedARN, Entity: u.ID, Digest: shippedDigest(shippedARN)},
				{Name: "common", Entity: gr.ID, Inline: true, Digest: access.PolicyDigest(document("common"))},
				{Name: "own", Entity: u.ID, Inline: true, Digest: access.PolicyDigest(document("own"))},
			},
			Boundary: &store.Applied{Name: of.ARN, Entity: u.ID, Digest: of.Digest},
			Tags:     []access.Tag{{Key: "Team", Value: "blue"}},
		}
		slices.SortFunc(want.Identity, func(a, b store.Applied) int {
			return slices.Compare([]string{a.Name, a.Entity}, []string{b.Name, b.Entity})
		})
		if diff := cmp.Diff(want, g.grants(who)); diff != "" {
			g.t.Errorf("(-want +got)\n%s", diff)
		}
		g.read(func(tx *store.Tx) error {
			got, err := tx.PolicyDocuments(g.grants(who).Digests())
			if err == nil && (len(got) != 4 || got[of.Digest] != document("of") || access.PolicyDigest(got[shippedDigest(shippedARN)]) != shippedDigest(shippedARN)) {
				g.t.Errorf("documents %v", got)
			}
			return err
		})
		g.write(func(tx *store.Tx) error { _, err := tx.DeleteGroupUser(gr.ID, u.ID); return err })
		if got := g.grants(who); len(got.Identity) != 3 {
			g.t.Errorf("out of the group: %+v", got.Identity)
		}
		if got := g.grants(access.SessionCaller(role(outside), access.RoleSession{Name: "s"})); len(got.Identity) != 1 || got.Identity[0].Name != "other" || got.Tags[0].Value != "red" {
			g.t.Errorf("of the role: %+v", got)
		}
		if got := g.grants(access.RootCaller(outside)); !cmp.Equal(got, store.Grants{}) {
			g.t.Errorf("of the root: %+v", got)
		}
	})
}

func TestGrantsOfMember(t *testing.T) {
	withGrants(t, func(g granted) {
		o := org.Organization{ID: "o-1", Root: "r-1", Management: boss, Features: org.AllFeatures, Access: org.Disabled, Created: longAgo}
		root := org.NewRoot(o)
		a := org.Unit{ID: "ou-1-a", Org: o.ID, Parent: "r-1", Name: "a", Path: "r-1/ou-1-a/", Created: longAgo}
		b := org.Unit{ID: "ou-1-b", Org: o.ID, Parent: "ou-1-a", Name: "b", Path: "r-1/ou-1-a/ou-1-b/", Created: longAgo}
		g.write(func(tx *store.Tx) error {
			for _, step := range []func() error{
				func() error { return tx.InsertOrganization(o) },
				func() error { return tx.InsertUnit(a) },
				func() error {
					return tx.InsertMember(root.Admit(boss, org.Invited, longAgo), a.Admit(inside, org.Invited, longAgo))
				},
				func() error {
					return tx.InsertControlPolicy(org.ControlPolicy{ID: "p-1", Org: o.ID, Name: "one"}, document("one"))
				},
			} {
				if err := step(); err != nil {
					return err
				}
			}
			return nil
		})
		who, theBoss := access.RootCaller(inside), access.RootCaller(boss)
		if diff := cmp.Diff(store.Grants{Org: "o-1", OrgPath: "o-1/r-1/ou-1-a/"}, g.grants(who)); diff != "" {
			g.t.Errorf("not enabled (-want +got)\n%s", diff)
		}
		all := shippedDigest(org.FullAccessARN)
		full := func(node string) store.Applied { return store.Applied{Name: org.FullAccess, Entity: node, Digest: all} }
		controls := func(name string, want [][]store.Applied) {
			g.t.Helper()
			if diff := cmp.Diff(want, g.grants(who).Control); diff != "" {
				g.t.Errorf("%s (-want +got)\n%s", name, diff)
			}
		}
		g.write(func(tx *store.Tx) error { return tx.EnableControls(o.ID) })
		controls("enabled", [][]store.Applied{{full("r-1")}, {full("ou-1-a")}, {full(string(inside))}})

		one := store.Applied{Name: "p-1", Entity: "ou-1-a", Digest: access.PolicyDigest(document("one"))}
		g.write(func(tx *store.Tx) error {
			if err := tx.AttachControl(o.ID, "ou-1-a", "p-1"); err != nil {
				return err
			}
			return tx.DetachControl(string(inside), org.FullAccess)
		})
		controls("attached and detached", [][]store.Applied{{full("r-1")}, {one, full("ou-1-a")}, nil})
		if got := g.grants(theBoss); got.Control != nil || got.Org != "o-1" {
			g.t.Errorf("the management account is bound: %+v", got)
		}

		g.write(func(tx *store.Tx) error {
			if err := tx.InsertUnit(b); err != nil {
				return err
			}
			m, _, err := tx.Member(inside)
			if err != nil {
				return err
			}
			return tx.MoveMember(m, b)
		})
		controls("moved", [][]store.Applied{{full("r-1")}, {one, full("ou-1-a")}, {full("ou-1-b")}, nil})
		leave := func(tx *store.Tx) error {
			m, _, err := tx.Member(inside)
			if err != nil {
				return err
			}
			return tx.DeleteMember(m)
		}
		g.write(leave)
		if got := g.grants(who); !cmp.Equal(got, store.Grants{}) {
			g.t.Errorf("out of the organization: %+v", got)
		}
		g.write(func(tx *store.Tx) error { return tx.InsertMember(root.Admit(inside, org.Invited, longAgo)) })
		controls("joined anew", [][]store.Applied{{full("r-1")}, {full(string(inside))}})

		g.write(func(tx *store.Tx) error { return tx.DisableControls(o.ID) })
		controls("disabled", nil)
		g.write(func(tx *store.Tx) error { return tx.EnableControls(o.ID) })
		controls("enabled anew", [][]store.Applied{{full("r-1")}, {full(string(inside))}})
		g.write(leave)
		g.write(func(tx *store.Tx) error {
			for _, id := range []string{b.ID, a.ID} {
				if err := tx.DeleteUnit(id); err != nil {
					return err
				}
			}
			return tx.DeleteOrganization(o)
		})
		g.counts(map[string]int64{"control_attachment": 0, "control_policy": 0, "policy_document": 0})
	})
}

// counts wants tables to have so many rows.
func (g granted) counts(want map[string]int64) {
	g.t.Helper()
	g.read(func(tx *store.Tx) error {
		for table, n := range want {
			got, _, err := store.Number(tx, `SELECT count(*) FROM `+table)
			if err != nil {
				return err
			}
			if got != n {
				g.t.Errorf("%d rows in %s, want %d", got, table, n)
			}
		}
		return nil
	})
}

// TestFullAccess keeps the tree's name of the policy that comes with the program and the policy itself together.
func TestFullAccess(t *testing.T) {
	if org.FullAccess != access.FullAWSAccess || shippedDigest(org.FullAccessARN) == "none" {
		t.Errorf("%s is not %s", org.FullAccess, access.FullAWSAccess)
	}
}

// TestGrantsStatements holds the path of every request to its price.
func TestGrantsStatements(t *testing.T) {
	withGrants(t, func(g granted) {
		n := 0
		g.db.Record(func(q string) {
			if !strings.HasPrefix(q, "PRAGMA") {
				n++
			}
		})
		session := func(arns ...string) access.Caller {
			return access.SessionCaller(role(outside), access.RoleSession{Policies: []string{document("s")}, PolicyARNs: arns})
		}
		for _, c := range []struct {
			name string
			who  access.Caller
			want int
		}{
			{"a user without an organization", access.UserCaller(user(outside), nil), 1},
			{"a session with a policy of its own", session(), 1},
			{"a session with a policy that comes with the program", session(shippedARN), 1},
			{"a session with policies of its account", session(managed(outside, "p").ARN, managed(outside, "q").ARN), 2},
		} {
			g.write(func(tx *store.Tx) error { // what was read before is no longer what is there
				_, err := store.Exec(tx, `UPDATE account SET name = 'again'`)
				return err
			})
			n = 0
			if g.grants(c.who); n != c.want {
				g.t.Errorf("%d statements for %s, want %d", n, c.name, c.want)
			}
		}
	})
}

// TestGrantsOfSession looks at managed policies that narrow a session: they are what they are now.
func TestGrantsOfSession(t *testing.T) {
	withGrants(t, func(g granted) {
		p, gone := managed(inside, "p"), managed(inside, "gone")
		g.write(func(tx *store.Tx) error { return tx.InsertManagedPolicy(p, document("p")) })
		who := access.SessionCaller(role(inside), access.RoleSession{PolicyARNs: []string{gone.ARN, p.ARN, shippedARN}})
		want := []store.Applied{{Name: gone.ARN}, {Name: p.ARN, Digest: p.Digest}, {Name: shippedARN, Digest: shippedDigest(shippedARN)}}
		if d := cmp.Diff(want, g.grants(who).Session); d != "" {
			g.t.Errorf("(-want +got)\n%s", d)
		}
		p.Default, p.Last, p.Digest = 2, 2, access.PolicyDigest(document("v2"))
		g.write(func(tx *store.Tx) error {
			if err := tx.InsertPolicyVersion(p, access.PolicyVersion{Number: 2, Digest: p.Digest, Created: longAgo}, document("v2")); err != nil {
				return err
			}
			return tx.UpdateManagedPolicy(p)
		})
		want[1].Digest = p.Digest
		if d := cmp.Diff(want, g.grants(who).Session); d != "" {
			g.t.Errorf("with another version (-want +got)\n%s", d)
		}
	})
}

func TestDocumentsAreKeptWhileReferredTo(t *testing.T) {
	withGrants(t, func(g granted) {
		u, p := user(boss), managed(boss, "p")
		same := document("p")
		g.write(func(tx *store.Tx) error {
			if err := tx.InsertManagedPolicy(p, same); err != nil {
				return err
			}
			return tx.PutInlinePolicy(u.ID, "i", same)
		})
		g.counts(map[string]int64{"policy_document": 1})
		g.write(func(tx *store.Tx) error { return tx.PutInlinePolicy(u.ID, "i", document("new")) })
		g.counts(map[string]int64{"policy_document": 2, "inline_policy": 1})
		g.write(func(tx *store.Tx) error { return tx.PutInlinePolicy(u.ID, "i", same) })
		g.write(func(tx *store.Tx) error { return tx.DeleteManagedPolicy(p) })
		g.counts(map[string]int64{"policy_document": 1, "managed_policy": 0, "policy_version": 0})
		g.write(func(tx *store.Tx) error { return tx.DeleteUser(u) })
		g.counts(map[string]int64{"policy_document": 0, "inline_policy": 0, "policy_use": 0})
		err := g.db.Read(context.Background(), func(tx *store.Tx) error {
			_, err := tx.PolicyDocument(p.Digest)
			return err
		})
		if err == nil {
			g.t.Error("a document that is gone was found")
		}
	})
}
