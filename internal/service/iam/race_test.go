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
