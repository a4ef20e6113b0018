package sts_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/access"
	"portico/internal/egress"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/issuer"
	"portico/internal/service/iam"
	iamapi "portico/internal/service/iam/api"
	"portico/internal/service/sts"
	"portico/internal/service/sts/api"
	"portico/internal/store"
	"portico/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	home   = ident.Account("111111111111")
	abroad = ident.Account("222222222222")
)

// world is the two services on one database, with two accounts and a clock.
type world struct {
	*testing.T
	iam   *iam.Service
	sts   *sts.Service
	db    *store.DB
	clock *time.Time
}

func worlds(t *testing.T, body func(w world)) {
	testkit.Stores(t, func(t *testing.T, open func() *store.DB) {
		db, ids := open(), ident.Counting()
		clock := time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)
		now := func() time.Time { return clock }
		w := world{T: t, db: db, clock: &clock,
			iam: &iam.Service{DB: db, IDs: ids, Now: now}, sts: &sts.Service{DB: db, IDs: ids, Now: now, Issuers: issuer.New(egress.Loopback, now)}}
		w.write(func(tx *store.Tx) error {
			for _, id := range []ident.Account{home, abroad} {
				if err := tx.InsertAccount(access.Account{ID: id, Status: access.AccountActive, Created: now()}); err != nil {
					return err
				}
			}
			return nil
		})
		body(w)
	})
}

// deleteUser takes a user of the home account out of its row alone.
func (w world) deleteUser(name string) error {
	return w.db.Write(context.Background(), func(tx *store.Tx) error {
		u, _, err := tx.UserByName(home, name)
		if err != nil {
			return err
		}
		return tx.DeleteUser(u)
	})
}

func (w world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w world) write(fn func(*store.Tx) error) {
	w.Helper()
	w.must(w.db.Write(context.Background(), fn))
}

func (w world) equal(got, want any) {
	w.Helper()
	if d := cmp.Diff(want, got); d != "" {
		w.Errorf("(-want +got)\n%s", d)
	}
}

// do calls an operation that has to succeed.
func do[In, Out any](w world, op func(context.Context, access.Caller, *In) (*Out, error), who access.Caller, in In) *Out {
	w.Helper()
	out, err := op(context.Background(), who, &in)
	w.must(err)
	return out
}

// user makes a user with a key and returns the user's id and the key's.
func (w world) user(account ident.Account, name string) (id, key string) {
	w.Helper()
	root := access.RootCaller(account)
	u := do(w, w.iam.CreateUser, root, iamapi.CreateUserInput{UserName: name, Path: new("/p/")}).User
	return u.UserId, do(w, w.iam.CreateAccessKey, root, iamapi.CreateAccessKeyInput{UserName: &name}).AccessKey.AccessKeyId
}

func trust(principal string) string {
	return `{"Statement":{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":"sts:AssumeRole"}}`
}

// role makes a role in the home account and returns its ARN.
func (w world) role(name, principal string) string {
	w.Helper()
	return do(w, w.iam.CreateRole, access.RootCaller(home), iamapi.CreateRoleInput{RoleName: name, Path: new("/r/"),
		AssumeRolePolicyDocument: trust(principal), MaxSessionDuration: new(7200)}).Role.Arn
}

// temporary is what temporary credentials open now.
func (w world) temporary(c *api.Credentials) (access.Credential, bool) {
	w.Helper()
	return w.opens(c.AccessKeyId, c.SessionToken)
}

// credential is what an access key id opens now.
func (w world) credential(key string) (access.Credential, bool) {
	w.Helper()
	return w.opens(key, "")
}

func (w world) opens(key, token string) (access.Credential, bool) {
	w.Helper()
	var c access.Credential
	var ok bool
	w.must(w.db.Read(context.Background(), func(tx *store.Tx) (err error) {
		c, ok, err = tx.Credential(key, token)
		return err
	}))
	return c, ok
}

func (w world) caller(key string) access.Caller {
	w.Helper()
	c, ok := w.credential(key)
	if !ok {
		w.Fatalf("no credential %s", key)
	}
	c.Caller.Authority = testkit.Authority(w, testkit.Everything)
	return c.Caller
}

// session opens a session of a role, which has to succeed, and returns its caller.
func (w world) session(who access.Caller, arn, name string) access.Caller {
	w.Helper()
	c, ok := w.temporary(do(w, w.sts.AssumeRole, who, api.AssumeRoleInput{RoleArn: arn, RoleSessionName: name}).Credentials)
	if !ok {
		w.Fatalf("no session of %s", arn)
	}
	c.Caller.Authority = testkit.Authority(w, testkit.Everything)
	return c.Caller
}

// refused calls AssumeRole, which has to fail with the code and a message that holds text.
func (w world) refused(who access.Caller, in api.AssumeRoleInput, code, text string) {
	w.Helper()
	_, err := w.sts.AssumeRole(context.Background(), who, &in)
	f, ok := fault.Of(err)
	if !ok || sts.Faults[f.Kind] != code || !strings.Contains(f.Message, text) {
		w.Errorf("%s as %s: error %v, want %s: %s", in.RoleArn, who.ARN, err, code, text)
	}
}

func TestGetCallerIdentity(t *testing.T) {
	worlds(t, func(w world) {
		id, key := w.user(home, "alice")
		arn := w.role("deploy", "*")
		session := w.session(access.RootCaller(home), arn, "s1")
		roleID := do(w, w.iam.GetRole, access.RootCaller(home), iamapi.GetRoleInput{RoleName: "deploy"}).Role.RoleId
		for _, c := range []struct {
			who  access.Caller
			want api.GetCallerIdentityOutput
		}{
			{access.RootCaller(home), api.GetCallerIdentityOutput{UserId: string(home), Account: string(home), Arn: "arn:aws:iam::111111111111:root"}},
			{w.caller(key), api.GetCallerIdentityOutput{UserId: id, Account: string(home), Arn: "arn:aws:iam::111111111111:user/p/alice"}},
			{session, api.GetCallerIdentityOutput{UserId: roleID + ":s1", Account: string(home),
				Arn: "arn:aws:sts::111111111111:assumed-role/deploy/s1"}},
		} {
			w.equal(*do(w, w.sts.GetCallerIdentity, c.who, api.GetCallerIdentityInput{}), c.want)
		}
		w.equal(do(w, w.sts.GetAccessKeyInfo, access.RootCaller(abroad), api.GetAccessKeyInfoInput{AccessKeyId: key}).Account, string(home))
		w.equal(do(w, w.sts.GetAccessKeyInfo, access.RootCaller(abroad), api.GetAccessKeyInfoInput{AccessKeyId: session.Session.ID}).Account, string(home))
		for _, id := range []string{"AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", access.SessionKeyID("333333333333", "aaaaaaaaaaaaaaaa")} {
			if _, err := w.sts.GetAccessKeyInfo(context.Background(), access.RootCaller(home), &api.GetAccessKeyInfoInput{AccessKeyId: id}); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v", id, err)
			}
		}
	})
}

func TestAssumeRole(t *testing.T) {
	worlds(t, func(w world) {
		_, key := w.user(abroad, "alice")
		alice := w.caller(key)
		arn := w.role("deploy", alice.ARN)
		out := do(w, w.sts.AssumeRole, alice, api.AssumeRoleInput{RoleArn: arn, RoleSessionName: "s1", DurationSeconds: new(900)})
		c, ok := w.temporary(out.Credentials)
		if !ok || len(c.ID) != 20 || !strings.HasPrefix(c.ID, "ASIA") {
			t.Fatalf("credential %s, %t", c.ID, ok)
		}
		w.equal(c.Secret, out.Credentials.SecretAccessKey)
		w.equal(c.SessionToken, out.Credentials.SessionToken)
		w.equal(c.Expires, w.clock.Add(15*time.Minute))
		w.equal(c.Expires, out.Credentials.Expiration)
		w.equal(c.Caller.ARN, out.AssumedRoleUser.Arn)
		w.equal(c.Caller.UserID, out.AssumedRoleUser.AssumedRoleId)
		w.equal(c.Caller.Principals[0].ARN, arn)

		long := do(w, w.sts.AssumeRole, alice, api.AssumeRoleInput{RoleArn: arn, RoleSessionName: "s2", DurationSeconds: new(7200)})
		w.equal(long.Credentials.Expiration, w.clock.Add(2*time.Hour))
		usual := do(w, w.sts.AssumeRole, alice, api.AssumeRoleInput{RoleArn: arn, RoleSessionName: "s3"})
		w.equal(usual.Credentials.Expiration, w.clock.Add(time.Hour))
	})
}

func TestAssumeRoleRefuses(t *testing.T) {
	worlds(t, func(w world) {
		_, key := w.user(abroad, "alice")
		alice, session := w.caller(key), "session"
		open := w.role("open", "*")
		closed := w.role("closed", string(home))
		chained := w.session(alice, open, session)
		for _, c := range []struct {
			who        access.Caller
			in         api.AssumeRoleInput
			code, text string
		}{
			{alice, api.AssumeRoleInput{RoleArn: closed}, "AccessDenied",
				"User: arn:aws:iam::222222222222:user/p/alice is not authorized to perform: sts:AssumeRole on resource: " + closed},
			{access.RootCaller(abroad), api.AssumeRoleInput{RoleArn: closed}, "AccessDenied", "not authorized"},
			{alice, api.AssumeRoleInput{RoleArn: "arn:aws:iam::111111111111:role/r/none"}, "AccessDenied", "role/r/none"},
			{alice, api.AssumeRoleInput{RoleArn: "arn:aws:iam::111111111111:role/open"}, "AccessDenied", "role/open"},
			{alice, api.AssumeRoleInput{RoleArn: "arn:aws:iam::111111111111:user/open"}, "ValidationError", "user/open is invalid"},
			{alice, api.AssumeRoleInput{RoleArn: "deploy-deploy-deploy"}, "ValidationError", "is invalid"},
			{alice, api.AssumeRoleInput{RoleArn: open, DurationSeconds: new(7201)}, "ValidationError", "exceeds the MaxSessionDuration set for this role"},
			{alice, api.AssumeRoleInput{RoleArn: open, PolicyArns: []api.PolicyDescriptorType{{}}}, "ValidationError", "Each of PolicyArns must have an arn."},
			{chained, api.AssumeRoleInput{RoleArn: open, DurationSeconds: new(3601)}, "ValidationError", "1 hour session limit"},
		} {
			c.in.RoleSessionName = session
			w.refused(c.who, c.in, c.code, c.text)
		}
		do(w, w.sts.AssumeRole, chained, api.AssumeRoleInput{RoleArn: open, RoleSessionName: session, DurationSeconds: new(3600)})
	})
}

func TestAssumeRoleExternalID(t *testing.T) {
	worlds(t, func(w world) {
		policy := `{"Statement":{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":"sts:AssumeRole",
			"Condition":{"StringEquals":{"sts:ExternalId":"key-7"}}}}`
		arn := do(w, w.iam.CreateRole, access.RootCaller(home), iamapi.CreateRoleInput{RoleName: "x", AssumeRolePolicyDocument: policy}).Role.Arn
		who := access.RootCaller(abroad)
		w.refused(who, api.AssumeRoleInput{RoleArn: arn, RoleSessionName: "s"}, "AccessDenied", arn)
		w.refused(who, api.AssumeRoleInput{RoleArn: arn, RoleSessionName: "s", ExternalId: new("key-8")}, "AccessDenied", arn)
		do(w, w.sts.AssumeRole, who, api.AssumeRoleInput{RoleArn: arn, RoleSessionName: "s", ExternalId: new("key-7")})
	})
}

func TestTrustMeansTheUniqueID(t *testing.T) {
	worlds(t, func(w world) {
		_, key := w.user(abroad, "alice")
		arn := w.role("deploy", "arn:aws:iam::222222222222:user/p/alice")
		root := access.RootCaller(abroad)
		do(w, w.iam.UpdateUser, root, iamapi.UpdateUserInput{UserName: "alice", NewUserName: new("anna")})
		do(w, w.sts.AssumeRole, w.caller(key), api.AssumeRoleInput{RoleArn: arn, RoleSessionName: "renamed"})

		_, namesake := w.user(abroad, "alice")
		w.refused(w.caller(namesake), api.AssumeRoleInput{RoleArn: arn, RoleSessionName: "s"}, "AccessDenied", arn)
	})
}

func TestCredentials(t *testing.T) {
	worlds(t, func(w world) {
		root := access.RootCaller(home)
		id, key := w.user(home, "alice")
		for _, name := range []string{"one", "two"} {
			do(w, w.iam.CreateGroup, root, iamapi.CreateGroupInput{GroupName: name})
			do(w, w.iam.AddUserToGroup, root, iamapi.AddUserToGroupInput{GroupName: name, UserName: "alice"})
		}
		var arns []string
		for _, p := range w.caller(key).Principals {
			arns = append(arns, p.ARN)
		}
		w.equal(arns, []string{"arn:aws:iam::111111111111:user/p/alice", "arn:aws:iam::111111111111:group/one", "arn:aws:iam::111111111111:group/two"})
		w.equal(w.caller(key).Principals[0].ID, id)

		status := func(key string, want access.KeyStatus) {
			w.Helper()
			c, ok := w.credential(key)
			if got := c.Status; !ok || got != want {
				w.Errorf("key %s: %s (%t), want %s", key, got, ok, want)
			}
		}
		absent := func(key string) {
			w.Helper()
			if c, ok := w.credential(key); ok {
				w.Errorf("key %s still opens %s", key, c.Caller.ARN)
			}
		}
		status(key, access.KeyActive)
		do(w, w.iam.UpdateAccessKey, root, iamapi.UpdateAccessKeyInput{UserName: new("alice"), AccessKeyId: key, Status: "Inactive"})
		status(key, access.KeyInactive)
		do(w, w.iam.UpdateAccessKey, root, iamapi.UpdateAccessKeyInput{UserName: new("alice"), AccessKeyId: key, Status: "Active"})

		w.write(func(tx *store.Tx) error { return tx.DeleteUser(access.IAMUser{ID: id, Account: home}) })
		absent(key)
		if newID, _ := w.user(home, "alice"); newID == id {
			t.Error("a re-created user has its namesake's id")
		}
		absent(key)

		absent("AKIAIOSFODNN7EXAMPLE")
	})
}

func TestSessionsEnd(t *testing.T) {
	worlds(t, func(w world) {
		root := access.RootCaller(home)
		arn := w.role("deploy", "*")
		session := do(w, w.sts.AssumeRole, root, api.AssumeRoleInput{RoleArn: arn, RoleSessionName: "s1"}).Credentials
		status := func(want access.KeyStatus) {
			w.Helper()
			if c, ok := w.temporary(session); !ok || c.Status != want {
				w.Errorf("the session is %q (%t), want %s", c.Status, ok, want)
			}
		}
		c, _ := w.temporary(session)
		w.equal(c.Expired(w.clock.Add(time.Hour-1)), false)
		w.equal(c.Expired(w.clock.Add(time.Hour)), true)

		setStatus := func(s access.AccountStatus) {
			w.write(func(tx *store.Tx) error { return tx.UpdateAccount(access.Account{ID: home, Status: s}) })
		}
		setStatus(access.AccountSuspended)
		status(access.KeyInactive)
		w.refused(access.RootCaller(abroad), api.AssumeRoleInput{RoleArn: arn, RoleSessionName: "s"}, "AccessDenied", arn)
		setStatus(access.AccountActive)
		status(access.KeyActive)

		do(w, w.iam.DeleteRole, root, iamapi.DeleteRoleInput{RoleName: "deploy"})
		w.role("deploy", "*")
		if c, ok := w.temporary(session); ok {
			w.Errorf("a session outlives its role and is now of %s", c.Caller.ARN)
		}
	})
}

// TestPackedPolicySize tells how much of its space a session takes: nothing, if it has neither policies nor tags.
func TestPackedPolicySize(t *testing.T) {
	worlds(t, func(w world) {
		root := access.RootCaller(home)
		arn := do(w, w.iam.CreateRole, root, iamapi.CreateRoleInput{RoleName: "r", AssumeRolePolicyDocument: trusts(anyone, "")}).Role.Arn
		size := func(in api.AssumeRoleInput) int {
			w.Helper()
			in.RoleArn, in.RoleSessionName = arn, "s"
			return do(w, w.sts.AssumeRole, root, in).PackedPolicySize
		}
		w.equal(size(api.AssumeRoleInput{SourceIdentity: new("ann")}), 0)
		before := 0
		for _, in := range []api.AssumeRoleInput{
			{PolicyArns: []api.PolicyDescriptorType{{Arn: new("arn:aws:iam::aws:policy/ReadOnlyAccess")}}},
			{Policy: new(allowing("servicecatalog:ListPortfolios")), Tags: []api.Tag{{Key: "team", Value: "red"}}},
			{Policy: new(allowing("servicecatalog:ListPortfolios")), Tags: []api.Tag{{Key: "team", Value: strings.Repeat("redblue", 36)}}},
		} {
			got := size(in)
			if got <= before || got > 100 {
				w.Errorf("%d%% after %d%%", got, before)
			}
			before = got
		}
		w.equal(do(w, w.sts.GetFederationToken, root, api.GetFederationTokenInput{Name: "bob"}).PackedPolicySize, 0)
	})
}

// TestChain follows how many sessions led to one.
func TestChain(t *testing.T) {
	worlds(t, func(w world) {
		_, key := w.user(home, "alice")
		arn := w.role("deploy", "*")
		first := w.session(w.caller(key), arn, "first")
		second := w.session(first, arn, "second")
		w.equal([]int{first.Session.Chain, second.Session.Chain}, []int{0, 1})
		w.equal(second.Session.Means, access.ByAssumeRole)
		if w.caller(key).Session != nil {
			w.Error("a long-term key opens a session")
		}
	})
}

func TestEntities(t *testing.T) {
	worlds(t, func(w world) {
		root := access.RootCaller(home)
		user, _ := w.user(home, "Same")
		group := do(w, w.iam.CreateGroup, root, iamapi.CreateGroupInput{GroupName: "Same"}).Group
		arn := w.role("Same", "*")
		for _, c := range []struct {
			arn string
			id  string // empty for none
		}{
			{"arn:aws:iam::111111111111:user/p/Same", user},
			{group.Arn, group.GroupId},
			{arn, do(w, w.iam.GetRole, root, iamapi.GetRoleInput{RoleName: "same"}).Role.RoleId},
			{"arn:aws:iam::111111111111:user/p/same", ""},
			{"arn:aws:iam::111111111111:user/Same", ""},
			{"arn:aws:iam::222222222222:user/p/Same", ""},
			{"arn:aws:iam::111111111111:robot/Same", ""},
			{"arn:aws:sts::111111111111:user/p/Same", ""},
			{"arn:aws:iam:us-east-1:111111111111:user/p/Same", ""},
			{"Same", ""},
		} {
			w.write(func(tx *store.Tx) error {
				p, ok, err := tx.EntityByARN(c.arn)
				if ok != (c.id != "") || p.ID != c.id {
					w.Errorf("%s is %q, want %q", c.arn, p.ID, c.id)
				}
				if !ok || err != nil {
					return err
				}
				back, ok, err := tx.EntityByID(p.ID)
				if !ok || back.ARN != c.arn {
					w.Errorf("%s is %q, want %q", p.ID, back.ARN, c.arn)
				}
				return err
			})
		}
		do(w, w.iam.DeleteRole, root, iamapi.DeleteRoleInput{RoleName: "same"})
		w.write(func(tx *store.Tx) error {
			if _, ok, err := tx.EntityByARN(arn); ok || err != nil {
				w.Errorf("a deleted role is still there: %v", err)
			}
			return nil
		})
	})
}
