package assembly_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	cfnapi "portico/internal/service/cloudformation/api"
	iamapi "portico/internal/service/iam/api"
	orgapi "portico/internal/service/organizations/api"
	scapi "portico/internal/service/servicecatalog/api"
	stsapi "portico/internal/service/sts/api"
	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
	"portico/internal/wire"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// free are the operations that need no permission, and those whose bodies decide by more than the caller's policies; both
// have tests of their own.
var free = []string{"sts:GetCallerIdentity", "sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:GetSessionToken"}

// TestAuthorized calls every operation that is served, of every service whose messages are generated, as a user without
// any policy, who is refused, and as a user whose policy has that action and no other, who is let through: whatever the
// body then says, it is not that the user may not.
func TestAuthorized(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		s := servertest.Start(t, servertest.Options{Store: o})
		nobody, somebody := user(t, s, "nobody"), user(t, s, "somebody")
		for _, service := range []*wire.Service{&scapi.Service, &orgapi.Service, &iamapi.Service, &stsapi.Service, &cfnapi.Service} {
			for _, name := range slices.Sorted(maps.Keys(service.Operations)) {
				action := service.Name + ":" + name
				if service.Operations[name].In == nil || slices.Contains(free, action) {
					continue
				}
				in := servertest.Example(service, name)
				refusal := "is not authorized to perform: " + action + " on resource: "
				if a := s.Call(t, nobody, service, name, in); a.Code != denied(service) || !strings.Contains(a.Message, refusal) ||
					!strings.HasSuffix(a.Message, "because no identity-based policy allows the "+action+" action") {
					t.Errorf("%s without a policy: %d %s %s", action, a.Status, a.Code, a.Message)
				}
				allow(t, s, "somebody", action)
				if a := s.Call(t, somebody, service, name, in); strings.Contains(a.Message, "is not authorized to perform") || a.Status == 500 || a.Code == "ValidationException" {
					t.Errorf("%s with a policy for it: %d %s %s", action, a.Status, a.Code, a.Message)
				}
			}
		}
	})
}

func denied(s *wire.Service) string {
	if s.Protocol == wire.Query {
		return "AccessDenied"
	}
	return "AccessDeniedException"
}

const account = "111111111111"

// user makes a user with a key and no policy.
func user(t *testing.T, s *servertest.Server, name string) servertest.Signer {
	t.Helper()
	c := iam.NewFromConfig(s.Root(account, "us-east-1"))
	if _, err := c.CreateUser(context.Background(), &iam.CreateUserInput{UserName: &name}); err != nil {
		t.Fatal(err)
	}
	k, err := c.CreateAccessKey(context.Background(), &iam.CreateAccessKeyInput{UserName: &name})
	if err != nil {
		t.Fatal(err)
	}
	return servertest.Signer{Key: *k.AccessKey.AccessKeyId, Secret: *k.AccessKey.SecretAccessKey}
}

// allow gives a user the policy that has one action.
func allow(t *testing.T, s *servertest.Server, name, action string) {
	t.Helper()
	policy, document := "only", fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":%q,"Resource":"*"}}`, action)
	c := iam.NewFromConfig(s.Root(account, "us-east-1"))
	if _, err := c.PutUserPolicy(context.Background(), &iam.PutUserPolicyInput{UserName: &name, PolicyName: &policy, PolicyDocument: &document}); err != nil {
		t.Fatal(err)
	}
}
