package store_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/seal"
	"portico/internal/store"
	"portico/internal/testkit"
)

// everything is a session that says all a session can say.
func everything() access.RoleSession {
	return access.RoleSession{
		ID: "ASIA0000000000000001", Means: access.ByWebIdentity, Account: sealAccount, Role: "AROASESSION", Name: "visit",
		Created: began, Expires: began.Add(time.Hour),
		Policies: []string{`{"Statement":[]}`}, PolicyARNs: []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"},
		Tags: []access.Tag{{Key: "team", Value: "é & <x>"}}, Transitive: []string{"team"}, SourceIdentity: "ann", Chain: 2,
		Web: &access.WebIdentity{Provider: "arn:aws:iam::111111111111:oidc-provider/idp", Subject: "sub", Audience: "aud"},
	}
}

// people inserts an account with a role, and a user in a group.
func people(t *testing.T, db *store.DB) (access.IAMRole, access.IAMUser) {
	t.Helper()
	r := access.IAMRole{ID: "AROASESSION", Account: sealAccount, Name: "guest", Path: "/r/", Trust: "{}", MaxSession: time.Hour, Created: began}
	u := access.IAMUser{ID: "AIDASESSION", Account: sealAccount, Name: "ann", Path: "/u/", Created: began}
	g := access.IAMGroup{ID: "AGPASESSION", Account: sealAccount, Name: "staff", Path: "/", Created: began}
	fill(t, db, 1)
	mustWrite(t, db, func(tx *store.Tx) error {
		for _, step := range []func() error{
			func() error { return tx.InsertRole(r) },
			func() error { return tx.InsertUser(u) },
			func() error { return tx.InsertGroup(g) },
			func() error { return tx.InsertGroupUser(g.ID, u.ID) },
		} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
	return r, u
}

// issued makes a session's credentials.
func issued(t *testing.T, db *store.DB, s access.RoleSession) access.Temporary {
	t.Helper()
	c, err := db.Issue(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func load(t *testing.T, db *store.DB, id, token string) (c access.Credential, ok bool) {
	t.Helper()
	err := db.Read(context.Background(), func(tx *store.Tx) (err error) {
		c, ok, err = tx.Credential(id, token)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, ok
}

func TestSession(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		db := testkit.Open(t, o)
		role, user := people(t, db)
		group := "arn:aws:iam::111111111111:group/staff"
		for _, c := range []struct {
			name        string
			change      func(*access.RoleSession)
			kind        access.Kind
			arn, userID string
			principals  []string
		}{
			{"of a role", func(s *access.RoleSession) {}, access.Session,
				"arn:aws:sts::111111111111:assumed-role/guest/visit", "AROASESSION:visit", []string{role.ARN()}},
			{"of a user", func(s *access.RoleSession) { s.Means, s.Role, s.User = access.BySessionToken, "", user.ID }, access.User,
				user.ARN(), user.ID, []string{user.ARN(), group}},
			{"of the root", func(s *access.RoleSession) { s.Means, s.Role = access.BySessionToken, "" }, access.Root,
				"arn:aws:iam::111111111111:root", sealAccount, nil},
			{"of a federated user", func(s *access.RoleSession) { s.Means, s.Role, s.User = access.ByFederation, "", user.ID }, access.Federated,
				"arn:aws:sts::111111111111:federated-user/visit", "111111111111:visit", []string{user.ARN(), group}},
		} {
			t.Run(c.name, func(t *testing.T) {
				s := everything()
				c.change(&s)
				given := issued(t, db, s)
				got, ok := load(t, db, s.ID, given.Token)
				var principals []string
				for _, p := range got.Caller.Principals {
					principals = append(principals, p.ARN)
				}
				type seen struct {
					Secret, Token, ARN, UserID string
					Expires                    time.Time
					Kind                       access.Kind
					Principals                 []string
					Session                    *access.RoleSession
				}
				want := seen{given.Secret, given.Token, c.arn, c.userID, s.Expires, c.kind, c.principals, &s}
				have := seen{got.Secret, got.SessionToken, got.Caller.ARN, got.Caller.UserID, got.Expires, got.Caller.Kind, principals, got.Caller.Session}
				if d := cmp.Diff(want, have); !ok || d != "" {
					t.Errorf("%t (-want +got)\n%s", ok, d)
				}
				if len(given.Secret) != 40 || given.Packed < 1 || given.Packed > 100 || got.Status != access.KeyActive {
					t.Errorf("%d characters of secret, %d%% packed, %s", len(given.Secret), given.Packed, got.Status)
				}
				if again := issued(t, db, s); again.Secret == given.Secret || again.Token == given.Token {
					t.Error("the same credentials twice")
				}
				if _, ok := load(t, db, "ASIA0000000000000002", given.Token); ok {
					t.Error("the token opens another access key id")
				}
			})
		}
	})
}

// TestSessionDies ends what sessions are of.
func TestSessionDies(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		db := testkit.Open(t, o)
		role, user := people(t, db)
		own, federated, root, of := everything(), everything(), everything(), everything()
		own.Means, own.Role, own.User = access.BySessionToken, "", user.ID
		federated.Means, federated.Role, federated.User = access.ByFederation, "", user.ID
		root.Means, root.Role = access.BySessionToken, ""
		elsewhere, nowhere := everything(), root
		elsewhere.Account, nowhere.Account = "222222222222", "222222222222"
		open := func(s access.RoleSession) func() (access.KeyStatus, bool) {
			token := issued(t, db, s).Token
			return func() (access.KeyStatus, bool) {
				c, ok := load(t, db, s.ID, token)
				return c.Status, ok
			}
		}
		all := []func() (access.KeyStatus, bool){open(of), open(own), open(federated), open(root), open(elsewhere), open(nowhere)}
		check := func(when, want string) {
			t.Helper()
			got := ""
			for _, o := range all {
				switch status, ok := o(); {
				case !ok:
					got += "-"
				case status != access.KeyActive:
					got += "i"
				default:
					got += "a"
				}
			}
			if got != want {
				t.Errorf("%s: %s, want %s", when, got, want)
			}
		}
		account := func(s access.AccountStatus) {
			mustWrite(t, db, func(tx *store.Tx) error { return tx.UpdateAccount(access.Account{ID: sealAccount, Status: s}) })
		}
		check("at first", "aaaa--")
		account(access.AccountSuspended)
		check("while the account is closed", "iiii--")
		account(access.AccountActive)
		mustWrite(t, db, func(tx *store.Tx) error { return tx.DeleteRole(role.ID) })
		check("without the role", "-aaa--")
		mustWrite(t, db, func(tx *store.Tx) error { return tx.DeleteUser(user) })
		check("without the user", "---a--")
		mustWrite(t, db, func(tx *store.Tx) error {
			role.ID, user.ID = "AROAANOTHER", "AIDAANOTHER"
			if err := tx.InsertRole(role); err != nil {
				return err
			}
			return tx.InsertUser(user)
		})
		check("with others of the same names", "---a--")
	})
}

// TestSessionUnderOldKey keeps sessions valid as long as their master key is at hand.
func TestSessionUnderOldKey(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		a, b := seal.NewKey(), seal.NewKey()
		with := func(keys ...string) *store.DB {
			p := o
			p.Keys = ringOf(t, keys...)
			return testkit.Open(t, p)
		}
		first := with(a)
		people(t, first)
		s := everything()
		given := issued(t, first, s)
		if c, ok := load(t, with(b, a), s.ID, given.Token); !ok || c.Secret != given.Secret {
			t.Errorf("with a new key in front: %t", ok)
		}
		if _, ok := load(t, with(b), s.ID, given.Token); ok {
			t.Error("without its key the session goes on")
		}
		if _, ok := load(t, with(b), s.ID, ""); ok {
			t.Error("a session without a token")
		}
	})
}

// TestSessionSize packs what is long, and refuses what does not fit.
func TestSessionSize(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		db := testkit.Open(t, o)
		people(t, db)
		long := everything()
		for i := range 60 {
			long.Policies = append(long.Policies, fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::bucket-%d/*"}]}`, i))
		}
		given := issued(t, db, long)
		c, ok := load(t, db, long.ID, given.Token)
		if d := cmp.Diff(&long, c.Caller.Session); !ok || d != "" {
			t.Errorf("%t (-want +got)\n%s", ok, d)
		}
		if len(given.Token) > 2000 {
			t.Errorf("the token has %d characters", len(given.Token))
		}

		noise := make([]byte, 1)
		r := rand.New(rand.NewPCG(1, 2))
		most := 0
		for {
			for range 100 {
				noise = append(noise, byte(r.Uint32()))
			}
			s := everything()
			s.Policies = []string{base64.StdEncoding.EncodeToString(noise)}
			c, err := db.Issue(s)
			if err != nil {
				f, ok := fault.Of(err)
				if !ok || f.Code != "PackedPolicyTooLarge" || !strings.HasPrefix(f.Message, "Packed size of session policies and tags consumes 10") {
					t.Error(err)
				}
				break
			}
			most = max(most, len(c.Token))
		}
		if most < 3900 || most > 4096 {
			t.Errorf("the longest token has %d characters", most)
		}
	})
}
