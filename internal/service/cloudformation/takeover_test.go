package cloudformation_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/service/cloudformation/api"
	iamapi "portico/internal/service/iam/api"
	"portico/internal/store"
)

const role = "Resources: {Role: {Type: AWS::IAM::Role, Properties: {RoleName: half, AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {Service: a.amazonaws.com}, Action: 'sts:AssumeRole'}}}}}"

// TestTakeover deletes a stack whose worker has died after it made a resource and before anybody knew.
func TestTakeover(t *testing.T) {
	benches(t, func(t *testing.T, b *bench) {
		id := ask[api.CreateStackOutput](b, "cloudformation", "CreateStack", &api.CreateStackInput{StackName: "s", TemplateBody: new(role), Capabilities: []api.Capability{api.CapabilityCapabilityNamedIam}}).StackId
		b.caller.dies = func(call int, after bool) bool { return call == 2 && after } // the look for the name is the first
		if _, _, err := b.engine.Step(context.Background(), access.Caller{}, id); !errors.Is(err, errDied) {
			t.Fatal(err)
		}
		b.caller.dies = nil
		get := &iamapi.GetRoleInput{RoleName: "half"}
		ask[iamapi.GetRoleOutput](b, "iam", "GetRole", get)
		ask[api.DeleteStackOutput](b, "cloudformation", "DeleteStack", &api.DeleteStackInput{StackName: id})
		equal(t, "C-LAUNCH-20 the stack", b.carryOut(id).Status, "DELETE_COMPLETE")
		if _, err := b.all.Do(context.Background(), b.root, "iam", "GetRole", get); !fault.Is(err, fault.NotFound) {
			t.Errorf("C-LAUNCH-20 the role is left: %v", err)
		}
	})
}

// TestAbandon ends operations whose steps fail for no fault of the caller's, and then deletes the stack.
func TestAbandon(t *testing.T) {
	benches(t, func(t *testing.T, b *bench) {
		body := "Resources: {A: {Type: AWS::SNS::Topic}, B: {Type: AWS::SNS::Topic, DependsOn: A}}"
		id := ask[api.CreateStackOutput](b, "cloudformation", "CreateStack", &api.CreateStackInput{StackName: "s", TemplateBody: &body}).StackId
		if _, _, err := b.engine.Step(context.Background(), access.Caller{}, id); err != nil {
			t.Fatal(err)
		}
		abandon := func() store.Stack {
			err := b.db.Write(context.Background(), func(tx *store.Tx) error { return b.engine.Work()["stack"].Fail(tx, id, errDied) })
			if err != nil {
				t.Fatal(err)
			}
			s, _, err := b.engine.Step(context.Background(), access.Caller{}, id)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		s := abandon()
		if s.Status != "CREATE_FAILED" || !strings.Contains(s.Reason, "internal error") {
			t.Errorf("C-ENG-13 %s: %s", s.Status, s.Reason)
		}
		ask[api.DeleteStackOutput](b, "cloudformation", "DeleteStack", &api.DeleteStackInput{StackName: id})
		equal(t, "C-ENG-13 a deletion", abandon().Status, "DELETE_FAILED")
		ask[api.DeleteStackOutput](b, "cloudformation", "DeleteStack", &api.DeleteStackInput{StackName: id})
		equal(t, "C-ENG-13 begun again", b.carryOut(id).Status, "DELETE_COMPLETE")
	})
}

// TestOvertaken lets two updates begin at once: one is refused, and not as a failure of ours.
func TestOvertaken(t *testing.T) {
	benches(t, func(t *testing.T, b *bench) {
		body := "Parameters: {N: {Type: String, Default: a}}\nResources: {A: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref N}}}"
		id := ask[api.CreateStackOutput](b, "cloudformation", "CreateStack", &api.CreateStackInput{StackName: "s", TemplateBody: &body}).StackId
		b.carryOut(id)
		const clients = 4
		results := make(chan error, clients)
		for _, n := range []string{"b", "c", "d", "e"} {
			go func() {
				_, err := b.all.Do(context.Background(), b.root, "cloudformation", "UpdateStack", &api.UpdateStackInput{StackName: id, TemplateBody: &body, Parameters: given("N", n)})
				results <- err
			}()
		}
		won := 0
		for range clients {
			err := <-results
			if _, refused := fault.Of(err); err != nil && !refused {
				t.Error(err)
			}
			if err == nil {
				won++
			}
		}
		equal(t, "C-LAUNCH-20 updates begun", won, 1)
		equal(t, "C-LAUNCH-20 and done", b.carryOut(id).Status, "UPDATE_COMPLETE")
	})
}
