package cloudformation_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/provision"
	"portico/internal/service/cloudformation/api"
	"portico/internal/testkit"
)

// beside are tables of what stays when all is as it was: answers that are remembered, the account that the template keeps,
// and earlier versions of managed policies.
var beside = []string{"idempotency", "account", "account_request", "member", "membership", "policy_version", "policy_document", "Conditions", "Outputs", "Parameters", "Resources"}

// things counts what there is besides stacks and what stays.
func (b *bench) things() map[string]int {
	all := b.census()
	maps.DeleteFunc(all, func(line string, _ int) bool {
		table, is := strings.CutSuffix(line, ":") // any other line is of a template
		return !is || strings.HasPrefix(table, "stack") || slices.Contains(beside, table)
	})
	return all
}

// untilDeath makes steps until the worker dies after a call, or the task has ended, and reports whether it died.
func (b *bench) untilDeath(n int, step func() (ended bool, err error)) bool {
	b.Helper()
	b.caller.calls, b.caller.dies = 0, func(call int, after bool) bool { return call == n && after }
	defer func() { b.caller.dies = nil }()
	for range 500 {
		ended, err := step()
		if errors.Is(err, errDied) {
			return true
		}
		if err != nil {
			b.Fatal(err)
		}
		if ended {
			return false
		}
	}
	b.Fatal("it never ends")
	return false
}

// TestCancelUpdateAnywhere gives up an update after a worker has died at a call into another service, whatever is half made
// then. All resources are as they were.
func TestCancelUpdateAnywhere(t *testing.T) {
	given := 0
	for n, late := 1, false; !late; n += 3 {
		b := newBench(t, testkit.SQLite(t))
		parameters, body := b.ready(), real
		capabilities := []api.Capability{api.CapabilityCapabilityNamedIam}
		id := ask[api.CreateStackOutput](b, "cloudformation", "CreateStack", &api.CreateStackInput{StackName: "s", TemplateBody: &body, Parameters: parameters, Capabilities: capabilities}).StackId
		b.carryOut(id)
		before := b.things()
		ask[api.UpdateStackOutput](b, "cloudformation", "UpdateStack", &api.UpdateStackInput{StackName: id, TemplateBody: &body,
			Parameters: append(parameters, api.Parameter{ParameterKey: new("Text"), ParameterValue: new("two")}), Capabilities: capabilities})
		b.untilDeath(n, func() (bool, error) {
			s, _, err := b.engine.Step(context.Background(), access.Caller{}, id)
			return !strings.HasSuffix(s.Status, "IN_PROGRESS"), err
		})
		_, err := b.all.Do(context.Background(), b.root, "cloudformation", "CancelUpdateStack", &api.CancelUpdateStackInput{StackName: id})
		if f, _ := fault.Of(err); f != nil {
			equal(t, "6.2 too late", f.Message, "CancelUpdateStack cannot be called from current stack status")
			late = true
		} else if err != nil {
			t.Fatal(err)
		}
		s := b.carryOut(id)
		if late {
			equal(t, "C-REC-7 an update that is cleaned up after goes on", s.Status, "UPDATE_COMPLETE")
			continue
		}
		given++
		if d := gocmp.Diff(before, b.things()); d != "" || s.Status != "UPDATE_ROLLBACK_COMPLETE" || s.Work.Cause != "User Initiated" {
			t.Errorf("C-REC-7 given up after call %d: %s (%s) %s\n%s", n, s.Status, s.Work.Cause, d, strings.Join(b.history(id), "\n"))
		}
	}
	if given < 10 {
		t.Errorf("only %d were given up", given)
	}
}

// TestCancelLaunchAnywhere gives up a launch after a worker has died at a call into another service. Nothing is left.
func TestCancelLaunchAnywhere(t *testing.T) {
	var lines []string
	for line := range strings.Lines(real) { // an account would stay, with a role in it
		if !strings.HasPrefix(line, "  Account:") && !strings.HasPrefix(line, "  Share:") {
			lines = append(lines, strings.Replace(line, "DependsOn: Share", "DependsOn: Inside", 1))
		}
	}
	body, given := strings.Join(lines, ""), 0
	for n, late := 1, false; !late; n += 4 {
		b := newBench(t, testkit.SQLite(t))
		parent := *b.ready()[0].ParameterValue
		before := b.things()
		task := b.task(provision.OpProvision, "rec-1", body, "Parent", parent)
		equal(t, "C-REC-7 accepted", b.submit(task), "")
		late = !b.untilDeath(n, func() (bool, error) {
			p, err := b.engine.Poll(context.Background(), task)
			return p.State == provision.Succeeded, err
		})
		task.Cancel = "Cancelled by somebody"
		p, states, log := b.finish(task)
		if late {
			equal(t, "C-REC-7 a launch that is done stays done", p.State, provision.Succeeded)
			continue
		}
		given++
		b.settle()
		equal(t, fmt.Sprintf("C-REC-7 given up after call %d", n), states[len(states)-1], provision.Failed)
		if d := gocmp.Diff(before, b.things()); d != "" || !p.RolledBack || p.Reason != task.Cancel {
			t.Errorf("C-REC-7 given up after call %d: %t, %s, %s\n%s", n, p.RolledBack, p.Reason, d, strings.Join(log, "\n"))
		}
	}
	if given < 10 {
		t.Errorf("only %d were given up", given)
	}
}

func TestStopStackSet(t *testing.T) {
	benches(t, func(t *testing.T, b *bench) {
		b.reach(second, third)
		both := []ident.Account{second, third}
		made := b.setTask(provision.OpProvision, "rec-1", "", to("UPDATE", both, "us-east-1"))
		equal(t, "C-CONS-51 accepted", b.submit(made), "")
		for len(b.stacks(second, "us-east-1")) == 0 {
			if _, err := b.engine.Poll(context.Background(), made); err != nil {
				t.Fatal(err)
			}
		}
		made.Cancel = "Cancelled by somebody"
		p, _, log := b.finish(made)
		equal(t, "C-REC-7 a stack set begins nothing more", fmt.Sprint(p.State, " ", p.Reason), fmt.Sprint(provision.Failed, " Cancelled by somebody"))
		equal(t, "C-REC-7 and what runs comes to its end", log, []string{"222222222222/us-east-1 RUNNING", "222222222222/us-east-1 SUCCEEDED", "333333333333/us-east-1 CANCELLED"})
		equal(t, "C-CONS-55 instances", b.instances(p.PhysicalID), "222222222222/us-east-1 CURRENT, 333333333333/us-east-1 OUTDATED")
		operation := ask[api.DescribeStackSetOperationOutput](b, "cloudformation", "DescribeStackSetOperation", &api.DescribeStackSetOperationInput{StackSetName: p.PhysicalID, OperationId: "rec-1"})
		equal(t, "6.2 the operation", string(operation.StackSetOperation.Status), "STOPPED")

		stop := &api.StopStackSetOperationInput{StackSetName: p.PhysicalID, OperationId: "again"}
		ask[api.CreateStackInstancesOutput](b, "cloudformation", "CreateStackInstances", &api.CreateStackInstancesInput{StackSetName: p.PhysicalID, Accounts: []string{third}, Regions: []string{"us-east-1"}, OperationId: new("again")})
		ask[api.StopStackSetOperationOutput](b, "cloudformation", "StopStackSetOperation", stop)
		operation = ask[api.DescribeStackSetOperationOutput](b, "cloudformation", "DescribeStackSetOperation", &api.DescribeStackSetOperationInput{StackSetName: p.PhysicalID, OperationId: "again"})
		equal(t, "6.2 it is to stop", string(operation.StackSetOperation.Status), "STOPPING")
		b.settle()
		operation = ask[api.DescribeStackSetOperationOutput](b, "cloudformation", "DescribeStackSetOperation", &api.DescribeStackSetOperationInput{StackSetName: p.PhysicalID, OperationId: "again"})
		equal(t, "6.2 and has", fmt.Sprint(operation.StackSetOperation.Status, " ", operation.StackSetOperation.StatusReason), "STOPPED Operation stopped by arn:aws:iam::111111111111:root")
		_, err := b.all.Do(context.Background(), b.root, "cloudformation", "StopStackSetOperation", stop)
		if f, _ := fault.Of(err); f == nil || f.Code != "InvalidOperationException" {
			t.Errorf("6.2 what has ended is stopped: %v", err)
		}
		equal(t, "C-PP-16 it can be terminated", b.submit(b.setTask(provision.OpTerminate, "rec-2", p.PhysicalID, nil)), "")
		p, _, _ = b.finish(b.setTask(provision.OpTerminate, "rec-2", p.PhysicalID, nil))
		equal(t, "C-PP-16 wholly", fmt.Sprint(p.State, len(b.stacks(second, "us-east-1"))), fmt.Sprint(provision.Succeeded, 0))
	})
}
