package sts_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"pgregory.net/rapid"

	"portico/internal/access"
	"portico/internal/service/sts/api"
)

// TestGetSessionToken looks at what credentials of one's own are good for.
func TestGetSessionToken(t *testing.T) {
	clouds(t, func(c cloud) {
		ctx := context.Background()
		alice := c.user(home, "alice", allow)
		own := func(by key) key {
			c.Helper()
			out, err := c.sts(by).GetSessionToken(ctx, &sts.GetSessionTokenInput{})
			c.must(err)
			return keyOf(out.Credentials)
		}
		token := own(alice)
		who, err := c.sts(token).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		c.must(err)
		if *who.Arn != "arn:aws:iam::111111111111:user/alice" || !strings.HasPrefix(*who.UserId, "AIDA") {
			c.Errorf("it is %s, %s", *who.Arn, *who.UserId)
		}
		nobody := c.user(home, "nobody", "")
		c.reads("a user without a policy", own(nobody), "")
		c.reads("the root", own(roots(home)), "ListPortfolios ListTagOptions")
		c.reads("a user with all rights", token, "ListPortfolios ListTagOptions")

		const invalid = "The security token included in the request is invalid."
		for name, k := range map[string]key{"user": token, "root": own(roots(home))} {
			_, err = iam.NewFromConfig(c.config(k)).ListUsers(ctx, &iam.ListUsersInput{})
			c.refused(name+" with IAM", err, "InvalidClientTokenId", invalid)
			_, err = c.sts(k).GetSessionToken(ctx, &sts.GetSessionTokenInput{})
			c.refused(name, err, "AccessDenied", "Cannot call GetSessionToken with session credentials")
			_, err = c.sts(k).GetFederationToken(ctx, &sts.GetFederationTokenInput{Name: aws.String("bob")})
			c.refused(name, err, "AccessDenied", "Cannot call GetFederationToken with session credentials")
			_, err = c.sts(k).GetAccessKeyInfo(ctx, &sts.GetAccessKeyInfoInput{AccessKeyId: &alice.Key})
			c.refused(name, err, "AccessDenied", "Cannot call GetAccessKeyInfo with session credentials")
		}
		role := c.role("r", trusts(`{"AWS":"arn:aws:iam::111111111111:user/alice"}`, ""), allow)
		session := c.session(token, sts.AssumeRoleInput{RoleArn: &role, DurationSeconds: aws.Int32(7200)}) // no chain
		c.mays("a role", session, everyOne)
		_, err = c.sts(session).GetSessionToken(ctx, &sts.GetSessionTokenInput{})
		c.refused("a role's session", err, "AccessDenied", "Cannot call GetSessionToken with session credentials")
		_, err = c.sts(session).GetFederationToken(ctx, &sts.GetFederationTokenInput{Name: aws.String("bob")})
		c.refused("a role's session", err, "AccessDenied", "Cannot call GetFederationToken with session credentials")

		_, err = c.sts(alice).GetSessionToken(ctx, &sts.GetSessionTokenInput{SerialNumber: aws.String("GAHT12345678"), TokenCode: aws.String("123456")})
		c.refused("a device", err, "NotImplementedException", "SerialNumber of GetSessionToken is not built yet; leave it out.")
	})
}

// reads is mays for credentials that do not reach IAM, nor all of STS.
func (c cloud) reads(name string, by key, want string) {
	c.Helper()
	var got []string
	for _, op := range []string{"ListPortfolios", "ListTagOptions"} {
		if c.may(by, "servicecatalog:"+op) {
			got = append(got, op)
		}
	}
	if strings.Join(got, " ") != want {
		c.Errorf("%s: may %q, want %q", name, got, want)
	}
}

// TestOwnSessionsLast looks at how long credentials of one's own last, and that they end with whom they are of.
func TestOwnSessionsLast(t *testing.T) {
	worlds(t, func(w world) {
		_, k := w.user(home, "alice")
		alice, root := w.caller(k), access.RootCaller(home)
		for _, x := range []struct {
			who  access.Caller
			asks *int
			want time.Duration
		}{
			{alice, nil, 12 * time.Hour}, {alice, new(900), 15 * time.Minute}, {alice, new(129600), 36 * time.Hour},
			{root, nil, time.Hour}, {root, new(900), 15 * time.Minute}, {root, new(3601), time.Hour},
		} {
			own := do(w, w.sts.GetSessionToken, x.who, api.GetSessionTokenInput{DurationSeconds: x.asks}).Credentials
			guest := do(w, w.sts.GetFederationToken, x.who, api.GetFederationTokenInput{Name: "bob", DurationSeconds: x.asks}).Credentials
			w.equal(own.Expiration.Sub(*w.clock), x.want)
			w.equal(guest.Expiration.Sub(*w.clock), x.want)
		}
		own := do(w, w.sts.GetSessionToken, alice, api.GetSessionTokenInput{}).Credentials
		c, ok := w.temporary(own)
		w.equal(ok, true)
		w.equal(c.Caller.Principals, alice.Principals)
		w.equal(c.Caller.Session.Means, access.BySessionToken)
		w.must(w.deleteUser("alice"))
		if c, ok := w.temporary(own); ok {
			w.Errorf("a session outlives its user and is now of %s", c.Caller.ARN)
		}
	})
}

// TestSessionNarrows opens sessions of roles with any policies, under any session policies, and makes real calls. What a
// session may is what its role may and its session policies say, and never more.
func TestSessionNarrows(t *testing.T) {
	actions := []string{"servicecatalog:ListPortfolios", "servicecatalog:ListTagOptions", "iam:ListUsers", "sts:GetAccessKeyInfo"}
	patterns := map[string][]string{
		"*": actions, "servicecatalog:*": actions[:2], "iam:ListUsers": actions[2:3], "sts:Get*": actions[3:],
		"servicecatalog:ListPortfolios": actions[:1], "servicecatalog:?istTagOptions": actions[1:2], "s3:*": nil,
	}
	names := slices.Sorted(maps.Keys(patterns))
	type statement struct{ Effect, Action, Resource string }
	draw := func(t *rapid.T, label string) (document string, allows func(string) bool) {
		var all []statement
		for range rapid.IntRange(1, 3).Draw(t, label) {
			effect := rapid.SampledFrom([]string{"Allow", "Allow", "Deny"}).Draw(t, "effect")
			all = append(all, statement{effect, rapid.SampledFrom(names).Draw(t, "action"), "*"})
		}
		has := func(effect, action string) bool {
			return slices.ContainsFunc(all, func(s statement) bool { return s.Effect == effect && slices.Contains(patterns[s.Action], action) })
		}
		text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": all})
		if err != nil {
			t.Fatal(err)
		}
		return string(text), func(action string) bool { return has("Allow", action) && !has("Deny", action) }
	}
	clouds(t, func(c cloud) {
		alice := c.user(home, "alice", allow)
		n, differ := 0, 0
		rapid.Check(c.T, func(rt *rapid.T) {
			n++
			if n > 25 { // each makes a dozen calls
				return
			}
			of, role := draw(rt, "role")
			by, session := draw(rt, "session")
			arn := c.role(fmt.Sprint("r", n), trusts(anyone, ""), of)
			in := sts.AssumeRoleInput{RoleArn: &arn}
			if rapid.Bool().Draw(rt, "inline") {
				in.Policy = &by
			} else {
				in.PolicyArns = managed(c.policy(fmt.Sprint("p", n), by))
			}
			k := c.session(alice, in)
			for _, a := range actions {
				want := role(a) && session(a)
				if got := c.may(k, a); got != want {
					rt.Fatalf("%s: %t, want %t\nrole %s\nsession %s", a, got, want, of, by)
				}
				if role(a) != want {
					differ++
				}
			}
		})
		if differ == 0 {
			c.Error("no session policy has narrowed anything")
		}
	})
}
