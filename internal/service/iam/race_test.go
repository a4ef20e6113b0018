package iam_test

import (
	"context"
	"sync"
	"testing"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/service/iam/api"
)

// atOnce calls an operation from several goroutines and counts who succeeds; the others must meet the kind of fault.
func atOnce[In, Out any](w world, op func(context.Context, access.Caller, *In) (*Out, error), in In, want fault.Kind) int {
	w.Helper()
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { _, errs[i] = op(context.Background(), w.who, &in) })
	}
	wg.Wait()
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
			continue
		}
		if !fault.Is(err, want) {
			w.Errorf("%T: %v", in, err)
		}
	}
	return done
}

func TestRulesHoldAtOnce(t *testing.T) {
	worlds(t, func(w world) {
		for _, c := range []struct {
			name string
			got  int
			want int
		}{
			{"users", atOnce(w, w.CreateUser, api.CreateUserInput{UserName: "u"}, fault.Duplicate), 1},
			{"groups", atOnce(w, w.CreateGroup, api.CreateGroupInput{GroupName: "g"}, fault.Duplicate), 1},
			{"roles", atOnce(w, w.CreateRole, api.CreateRoleInput{RoleName: "r", AssumeRolePolicyDocument: openTrust}, fault.Duplicate), 1},
			{"keys", atOnce(w, w.CreateAccessKey, api.CreateAccessKeyInput{UserName: new("u")}, fault.Limit), 2},
			{"members", atOnce(w, w.AddUserToGroup, api.AddUserToGroupInput{GroupName: "g", UserName: "u"}, fault.Limit), 8},
		} {
			if c.got != c.want {
				w.Errorf("%s: %d succeeded, want %d", c.name, c.got, c.want)
			}
		}
	})
}

func TestPolicyRulesHoldAtOnce(t *testing.T) {
	worlds(t, func(w world) {
		w.people()
		arn := w.managed("p")
		for _, c := range []struct {
			name string
			got  int
			want int
		}{
			{"policies", atOnce(w, w.CreatePolicy, api.CreatePolicyInput{PolicyName: "q", PolicyDocument: policy("s3:*")}, fault.Duplicate), 1},
			{"versions", atOnce(w, w.CreatePolicyVersion, api.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: policy("s3:*")}, fault.Limit), 4},
			{"attachments", atOnce(w, w.AttachUserPolicy, api.AttachUserPolicyInput{UserName: "x", PolicyArn: arn}, fault.Limit), 8},
			{"profiles", atOnce(w, w.CreateInstanceProfile, api.CreateInstanceProfileInput{InstanceProfileName: "x"}, fault.Duplicate), 1},
			{"role of a profile", atOnce(w, w.AddRoleToInstanceProfile, api.AddRoleToInstanceProfileInput{InstanceProfileName: "x", RoleName: "x"}, fault.Limit), 1},
			{"providers", atOnce(w, w.CreateOpenIDConnectProvider, api.CreateOpenIDConnectProviderInput{Url: "https://a"}, fault.Duplicate), 1},
		} {
			if c.got != c.want {
				w.Errorf("%s: %d succeeded, want %d", c.name, c.got, c.want)
			}
		}
	})
}

// TestDocumentsAtOnce has several users take on and give up the same document: while one drops it another refers to it.
func TestDocumentsAtOnce(t *testing.T) {
	worlds(t, func(w world) {
		users := []string{"a", "b", "c", "d"}
		for _, u := range users {
			do(w, w.CreateUser, api.CreateUserInput{UserName: u})
		}
		var wg sync.WaitGroup
		for _, u := range users {
			wg.Go(func() {
				for range 15 {
					in := api.PutUserPolicyInput{UserName: u, PolicyName: "p", PolicyDocument: policy("s3:*")}
					if _, err := w.PutUserPolicy(context.Background(), w.who, &in); err != nil {
						w.Errorf("put: %v", err)
					}
					if _, err := w.GetUserPolicy(context.Background(), w.who, &api.GetUserPolicyInput{UserName: u, PolicyName: "p"}); err != nil {
						w.Errorf("get: %v", err)
					}
					if _, err := w.DeleteUserPolicy(context.Background(), w.who, &api.DeleteUserPolicyInput{UserName: u, PolicyName: "p"}); err != nil {
						w.Errorf("delete: %v", err)
					}
				}
			})
		}
		wg.Wait()
	})
}
