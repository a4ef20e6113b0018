package cloudformation_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/provision"
	cfnservice "portico/internal/service/cloudformation"
	"portico/internal/service/cloudformation/api"
	iamapi "portico/internal/service/iam/api"
	"portico/internal/store"
	"portico/internal/testkit"
)

const (
	adminRole = "AWSCloudFormationStackSetAdministrationRole"
	execRole  = "AWSCloudFormationStackSetExecutionRole"
	second    = "222222222222"
	third     = "333333333333"
)

// as gives the root of an account, which it makes.
func (b *bench) as(account ident.Account) access.Caller {
	b.Helper()
	err := b.db.Write(context.Background(), func(tx *store.Tx) error {
		if _, ok, err := tx.Account(account); err != nil || ok {
			return err
		}
		return tx.InsertAccount(access.Account{ID: account, Name: string(account), Email: string(account) + "@example.com", Status: access.AccountActive, Created: b.engine.Now()})
	})
	if err != nil {
		b.Fatal(err)
	}
	who := access.RootCaller(account)
	who.Region, who.Endpoint = region, "http://localhost"
	return who
}

// may makes a role that a principal may assume, and that may do everything.
func (b *bench) may(account ident.Account, name, principal string) {
	b.Helper()
	trust := `{"Statement":{"Effect":"Allow","Principal":` + principal + `,"Action":"sts:AssumeRole"}}`
	if _, err := b.all.Do(context.Background(), b.as(account), "iam", "CreateRole", &iamapi.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: trust}); err != nil {
		b.Fatal(err)
	}
	policy := `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
	if _, err := b.all.Do(context.Background(), b.as(account), "iam", "PutRolePolicy", &iamapi.PutRolePolicyInput{RoleName: name, PolicyName: "all", PolicyDocument: policy}); err != nil {
		b.Fatal(err)
	}
}

// reach makes the role that administers stack sets, and those that act in accounts.
func (b *bench) reach(accounts ...ident.Account) {
	b.Helper()
	b.may(home, adminRole, `{"Service":"cloudformation.amazonaws.com"}`)
	for _, a := range accounts {
		b.may(a, execRole, `{"AWS":"arn:aws:iam::`+home+`:role/`+adminRole+`"}`)
	}
}

const everywhere = `
Parameters: {Name: {Type: String, Default: news}, Broken: {Type: String, Default: none}}
Conditions: {Bad: !Equals [!Ref Broken, !Ref 'AWS::AccountId']}
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Name}}
  Bucket: {Type: AWS::S3::Bucket, Condition: Bad, DependsOn: Topic, Properties: {BucketName: '-'}}
`

func (b *bench) setTask(op provision.Operation, token, id string, set *catalog.StackSet, pairs ...string) provision.Task {
	t := b.task(op, token, everywhere, pairs...)
	t.AutoTags, t.PhysicalID, t.StackSet = nil, id, set
	return t
}

func to(operation string, accounts []ident.Account, regions ...ident.Region) *catalog.StackSet {
	return &catalog.StackSet{Operation: operation, Accounts: accounts, Regions: regions, Concurrency: 1}
}

// instances writes down where a stack set is.
func (b *bench) instances(id string) string {
	b.Helper()
	list, err := b.engine.Instances(context.Background(), b.root, id)
	if err != nil {
		b.Fatal(err)
	}
	var out []string
	for _, i := range list {
		out = append(out, fmt.Sprintf("%s/%s %s", i.Account, i.Region, i.Status))
	}
	return strings.Join(out, ", ")
}

// stacks are the living stacks of an account in a region: their names and statuses.
func (b *bench) stacks(account ident.Account, region ident.Region) (out []store.Stack) {
	b.Helper()
	err := b.db.Read(context.Background(), func(tx *store.Tx) (err error) {
		out, err = tx.Stacks(account, region, true, nil, 100)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return out
}

func TestStackSetLaunch(t *testing.T) {
	benches(t, func(t *testing.T, b *bench) {
		b.reach(second, third)
		both := []ident.Account{second, third}
		made := b.setTask(provision.OpProvision, "rec-1", "", to("UPDATE", both, "us-east-1", "eu-west-1"))
		made.Topics = []string{"arn:aws:sns:eu-central-1:111111111111:watch"}
		equal(t, "C-CONS-51 accepted", b.submit(made), "")
		p, states, log := b.finish(made)
		equal(t, "C-LAUNCH-7 states", states, []provision.State{provision.Running, provision.Succeeded})
		if !strings.HasPrefix(p.PhysicalID, "arn:aws:cloudformation:eu-central-1:111111111111:stackset/SC-111111111111-pp-a:") {
			t.Errorf("C-REC-2 the stack set: %s", p.PhysicalID)
		}
		equal(t, "C-PP-27 instances", b.instances(p.PhysicalID), "222222222222/eu-west-1 CURRENT, 222222222222/us-east-1 CURRENT, 333333333333/eu-west-1 CURRENT, 333333333333/us-east-1 CURRENT")
		equal(t, "C-CONS-53 regions and accounts one after another, C-CONS-30 and nobody is told", log, []string{"222222222222/us-east-1 RUNNING", "NOTIFICATION_SKIPPED", "222222222222/us-east-1 SUCCEEDED",
			"333333333333/us-east-1 RUNNING", "333333333333/us-east-1 SUCCEEDED", "222222222222/eu-west-1 RUNNING", "222222222222/eu-west-1 SUCCEEDED", "333333333333/eu-west-1 RUNNING", "333333333333/eu-west-1 SUCCEEDED"})
		stacks := b.stacks(third, "eu-west-1")
		if len(stacks) != 1 || !strings.HasPrefix(stacks[0].Name, "StackSet-SC-111111111111-pp-a-") || stacks[0].Status != "CREATE_COMPLETE" ||
			!strings.Contains(stacks[0].Work.As.ARN, ":"+third+":assumed-role/"+execRole+"/") {
			t.Errorf("C-CONS-50 an instance is a real stack, made with the execution role: %+v", stacks)
		}
		equal(t, "C-CONS-51 without AutoTags", stacks[0].Work.Definition.Tags, []catalog.Tag{{Key: "team", Value: "blue"}})
		if found, ok, err := b.engine.Find(context.Background(), b.of(third, "eu-west-1"), stacks[0].ID); err != nil || !ok || !found.OfSet {
			t.Errorf("C-PP-22 a member of a stack set: %+v %t %v", found, ok, err)
		}

		change := b.setTask(provision.OpUpdate, "rec-2", p.PhysicalID, to("UPDATE", both, "us-east-1"), "Name", "other")
		equal(t, "C-CONS-54 an update", b.submit(change), "")
		b.finish(change)
		equal(t, "C-CONS-55 what an update does not reach is behind", b.instances(p.PhysicalID),
			"222222222222/eu-west-1 OUTDATED, 222222222222/us-east-1 CURRENT, 333333333333/eu-west-1 OUTDATED, 333333333333/us-east-1 CURRENT")
		equal(t, "C-CONS-54 is one of each stack", b.stacks(second, "us-east-1")[0].Status, "UPDATE_COMPLETE")

		fewer := b.setTask(provision.OpUpdate, "rec-3", p.PhysicalID, to("DELETE", both, "eu-west-1"))
		equal(t, "C-CONS-54 DELETE", b.submit(fewer), "")
		b.finish(fewer)
		equal(t, "C-CONS-54 takes instances away", b.instances(p.PhysicalID), "222222222222/us-east-1 CURRENT, 333333333333/us-east-1 CURRENT")
		equal(t, "C-CONS-54 with their stacks", len(b.stacks(second, "eu-west-1")), 0)

		more := b.setTask(provision.OpUpdate, "rec-4", p.PhysicalID, to("CREATE", both, "us-east-1", "eu-west-2"), "Name", "ignored")
		equal(t, "C-CONS-54 CREATE", b.submit(more), "")
		got, _, _ := b.finish(more)
		equal(t, "C-CONS-54 adds instances", b.instances(p.PhysicalID), "222222222222/eu-west-2 CURRENT, 222222222222/us-east-1 CURRENT, 333333333333/eu-west-2 CURRENT, 333333333333/us-east-1 CURRENT")
		equal(t, "C-CONS-54 and ignores parameters", got.Values[0], catalog.Parameter{Key: "Name", Value: "other"})

		end := b.setTask(provision.OpTerminate, "rec-5", p.PhysicalID, nil)
		equal(t, "C-PP-16 terminated", b.submit(end), "")
		_, states, _ = b.finish(end)
		equal(t, "C-PP-16 all of it", states[len(states)-1], provision.Succeeded)
		equal(t, "C-PP-16 no stack is left", len(b.stacks(second, "us-east-1"))+len(b.stacks(third, "eu-west-2")), 0)
		end.Token = "rec-6"
		equal(t, "C-ENG-2 again", b.submit(end), "")
		_, states, _ = b.finish(end)
		equal(t, "C-ENG-2 is a success", states, []provision.State{provision.Succeeded})
	})
}

// of is the root of an account in a region.
func (b *bench) of(account ident.Account, region ident.Region) access.Caller {
	who := b.as(account)
	who.Region = region
	return who
}

func TestStackSetFailures(t *testing.T) {
	three := []ident.Account{home, second, third}
	for _, c := range []struct {
		name      string
		reach     []ident.Account
		target    catalog.StackSet
		broken    string
		state     provision.State
		reason    string
		instances string
	}{
		{"C-CONS-53 one failure is too many", three, catalog.StackSet{Accounts: three, Regions: []ident.Region{"us-east-1", "eu-west-1"}, Concurrency: 1}, home,
			provision.Failed, home + "/us-east-1: The specified bucket is not valid: -",
			"111111111111/eu-west-1 OUTDATED, 111111111111/us-east-1 OUTDATED, 222222222222/eu-west-1 OUTDATED, 222222222222/us-east-1 OUTDATED, 333333333333/eu-west-1 OUTDATED, 333333333333/us-east-1 OUTDATED"},
		{"C-CONS-53 one failure is tolerated", three, catalog.StackSet{Accounts: three, Regions: []ident.Region{"us-east-1"}, Tolerance: 1, Concurrency: 2}, home,
			provision.Succeeded, "", "111111111111/us-east-1 OUTDATED, 222222222222/us-east-1 CURRENT, 333333333333/us-east-1 CURRENT"},
		{"C-CONS-50 no execution role", []ident.Account{home}, catalog.StackSet{Accounts: three[:2], Regions: []ident.Region{"us-east-1"}, Concurrency: 1}, "",
			provision.Failed, "222222222222/us-east-1: Account 222222222222 should have '" + execRole + "' role with trust relationship to Role '" + adminRole + "'.",
			"111111111111/us-east-1 CURRENT, 222222222222/us-east-1 OUTDATED"},
		{"C-CONS-50 an execution role of another name", three, catalog.StackSet{Accounts: three[:1], Regions: []ident.Region{"us-east-1"}, Concurrency: 1, ExecutionRole: "Other"}, "",
			provision.Failed, "Account 111111111111 should have 'Other' role", "111111111111/us-east-1 OUTDATED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			benches(t, func(t *testing.T, b *bench) {
				b.reach(c.reach...)
				c.target.Operation = "UPDATE"
				made := b.setTask(provision.OpProvision, "rec-1", "", &c.target, "Broken", c.broken)
				equal(t, "accepted", b.submit(made), "")
				p, _, _ := b.finish(made)
				if p.State != c.state || !strings.Contains(p.Reason, c.reason) {
					t.Errorf("%d: %s, want %d: %s", p.State, p.Reason, c.state, c.reason)
				}
				equal(t, "instances", b.instances(p.PhysicalID), c.instances)
				again := b.setTask(provision.OpUpdate, "rec-2", p.PhysicalID, to("UPDATE", c.reach, c.target.Regions...), "Broken", "none")
				equal(t, "C-PP-15 an update", b.submit(again), "")
				got, _, _ := b.finish(again)
				equal(t, "C-PP-15 makes it good: "+got.Reason, got.State, provision.Succeeded)
				end := b.setTask(provision.OpTerminate, "rec-3", p.PhysicalID, nil)
				equal(t, "C-PP-16 terminated", b.submit(end), "")
				got, _, _ = b.finish(end)
				equal(t, "C-PP-16 all of it: "+got.Reason, got.State, provision.Succeeded)
				for _, a := range three {
					equal(t, "C-PP-16 nothing is left", len(b.stacks(a, "us-east-1"))+len(b.stacks(a, "eu-west-1")), 0)
				}
			})
		})
	}
	t.Run("C-CONS-50 whose role it is", func(t *testing.T) {
		benches(t, func(t *testing.T, b *bench) {
			made := b.setTask(provision.OpProvision, "rec-1", "", to("UPDATE", three, "us-east-1"))
			if got := b.submit(made); !strings.Contains(got, "Account 111111111111 should have '"+adminRole+"' role with trust relationship to CloudFormation service.") {
				t.Errorf("no administering role: %q", got)
			}
			b.may(second, "Theirs", `{"Service":"cloudformation.amazonaws.com"}`)
			made.StackSet.AdminRole = "arn:aws:iam::222222222222:role/Theirs"
			if got := b.submit(made); !strings.Contains(got, "Account 111111111111 should have 'Theirs' role") {
				t.Errorf("another account's role acts: %q", got)
			}
		})
	})
	t.Run("C-CONS-55 a deletion that fails", func(t *testing.T) {
		benches(t, func(t *testing.T, b *bench) {
			b.reach(home, second)
			made := b.setTask(provision.OpProvision, "rec-1", "", to("UPDATE", three[:2], "us-east-1"))
			b.submit(made)
			p, _, _ := b.finish(made)
			name := execRole
			if _, err := b.all.Do(context.Background(), b.as(second), "iam", "DeleteRolePolicy", &iamapi.DeleteRolePolicyInput{RoleName: name, PolicyName: "all"}); err != nil {
				t.Fatal(err)
			}
			if _, err := b.all.Do(context.Background(), b.as(second), "iam", "DeleteRole", &iamapi.DeleteRoleInput{RoleName: name}); err != nil {
				t.Fatal(err)
			}
			end := b.setTask(provision.OpTerminate, "rec-2", p.PhysicalID, nil)
			b.submit(end)
			got, _, _ := b.finish(end)
			if got.State != provision.Failed || !strings.HasPrefix(got.Reason, "222222222222/us-east-1: Account 222222222222 should have") {
				t.Errorf("C-PP-16 %+v", got)
			}
			equal(t, "is INOPERABLE, and keeps no other", b.instances(p.PhysicalID), "222222222222/us-east-1 INOPERABLE")
		})
	})
}

// TestStackSetCrash lets workers die at every call into another service while a stack set is made, changed and taken away.
func TestStackSetCrash(t *testing.T) {
	life := func(b *bench, dies func(int, bool) bool) (calls int) {
		b.reach(home, second)
		b.caller.calls, b.caller.dies = 0, dies
		run := func(task provision.Task) provision.Progress {
			for range 500 {
				if err := b.engine.Submit(context.Background(), task); err == nil {
					break
				} else if !errors.Is(err, errDied) {
					b.Fatal(err)
				}
			}
			for range 500 {
				p, err := b.engine.Poll(context.Background(), task)
				if errors.Is(err, errDied) {
					continue
				}
				if err != nil {
					b.Fatal(err)
				}
				task.Cursor = p.Cursor
				if p.State != provision.Running {
					return p
				}
			}
			b.Fatal("it never ends")
			return provision.Progress{}
		}
		where := []ident.Account{home, second}
		p := run(b.setTask(provision.OpProvision, "rec-1", "", to("UPDATE", where, "us-east-1", "eu-west-1")))
		run(b.setTask(provision.OpUpdate, "rec-2", p.PhysicalID, to("UPDATE", where, "us-east-1", "eu-west-1"), "Name", "other"))
		equal(b.T, "C-LAUNCH-20 instances", b.instances(p.PhysicalID), "111111111111/eu-west-1 CURRENT, 111111111111/us-east-1 CURRENT, 222222222222/eu-west-1 CURRENT, 222222222222/us-east-1 CURRENT")
		equal(b.T, "C-LAUNCH-20 terminated", run(b.setTask(provision.OpTerminate, "rec-3", p.PhysicalID, nil)).State, provision.Succeeded)
		for _, a := range where {
			for _, r := range []ident.Region{"us-east-1", "eu-west-1"} {
				var all []store.Stack
				if err := b.db.Read(context.Background(), func(tx *store.Tx) (err error) { all, err = tx.Stacks(a, r, false, nil, 10); return err }); err != nil {
					b.Fatal(err)
				}
				if len(all) != 1 || all[0].Status != "DELETE_COMPLETE" {
					b.Errorf("C-LAUNCH-20 stacks of %s in %s: %d, the first %s", a, r, len(all), all[0].Status)
				}
			}
		}
		return b.caller.calls
	}
	t.Run("C-LAUNCH-20 each stack is made once", func(t *testing.T) {
		calls := life(newBench(t, testkit.SQLite(t)), nil)
		for n := 1; n <= calls; n++ {
			life(newBench(t, testkit.SQLite(t)), func(call int, after bool) bool { return call == n && after })
		}
	})
	t.Run("C-LAUNCH-20 a worker that comes too late begins nothing", func(t *testing.T) {
		benches(t, func(t *testing.T, b *bench) {
			b.reach(home)
			made := b.setTask(provision.OpProvision, "rec-1", "", to("UPDATE", []ident.Account{home}, "us-east-1"))
			b.submit(made)
			b.engine.Caller = &slow{mortal: b.caller, other: func() {
				b.engine.Caller = b.caller
				p, _, _ := b.finish(made)
				end := b.setTask(provision.OpTerminate, "rec-2", p.PhysicalID, nil)
				b.submit(end)
				b.finish(end)
			}}
			_, err := b.engine.Poll(context.Background(), made)
			if _, refused := fault.Of(err); err == nil || refused {
				t.Errorf("the late worker: %v", err)
			}
			equal(t, "stacks", len(b.stacks(home, "us-east-1")), 0)
		})
	})
}

// slow lets another worker do everything while this one takes a role on.
type slow struct {
	*mortal
	other func()
}

func (s *slow) Chain(ctx context.Context, who access.Caller, roleARN, session string) (access.Caller, error) {
	s.other()
	return s.mortal.Chain(ctx, who, roleARN, session)
}

// TestStackSetCalls drives the operations of CloudFormation's own API.
func TestStackSetCalls(t *testing.T) {
	benches(t, func(t *testing.T, b *bench) {
		b.reach(home, second)
		body := everywhere
		do := func(operation string, in any, code string) any {
			t.Helper()
			out, err := b.all.Do(context.Background(), b.root, "cloudformation", operation, in)
			f, _ := fault.Of(err)
			if code == "" && err != nil || code != "" && (f == nil || f.Code != code && cfnservice.Faults[f.Kind] != code) {
				t.Fatalf("%s: %v, want %q", operation, err, code)
			}
			return out
		}
		regions := []string{"us-east-1"}
		do("DescribeStackSet", &api.DescribeStackSetInput{StackSetName: "none"}, "StackSetNotFoundException")
		id := do("CreateStackSet", &api.CreateStackSetInput{StackSetName: "set", TemplateBody: &body}, "").(*api.CreateStackSetOutput).StackSetId
		do("CreateStackSet", &api.CreateStackSetInput{StackSetName: "set", TemplateBody: &body}, "NameAlreadyExistsException")
		make := &api.CreateStackInstancesInput{StackSetName: "set", Accounts: []string{home, second}, Regions: regions, OperationId: new("make"),
			ParameterOverrides: []api.Parameter{{ParameterKey: new("Name"), ParameterValue: new("own")}}}
		do("CreateStackInstances", make, "")
		do("CreateStackInstances", make, "")
		do("UpdateStackSet", &api.UpdateStackSetInput{StackSetName: id, TemplateBody: &body}, "OperationInProgressException")
		b.settle()
		made := do("DescribeStackSetOperation", &api.DescribeStackSetOperationInput{StackSetName: id, OperationId: "make"}, "").(*api.DescribeStackSetOperationOutput).StackSetOperation
		equal(t, "6.2 the operation", string(made.Status)+" "+made.StatusReason, "SUCCEEDED ")
		one := do("DescribeStackInstance", &api.DescribeStackInstanceInput{StackSetName: "set", StackInstanceAccount: second, StackInstanceRegion: "us-east-1"}, "").(*api.DescribeStackInstanceOutput).StackInstance
		equal(t, "6.2 an instance", fmt.Sprintf("%s %s %s", one.Status, one.StackInstanceStatus.DetailedStatus, *one.ParameterOverrides[0].ParameterValue), "CURRENT SUCCEEDED own")
		equal(t, "6.2 its values are its own", b.stacks(second, "us-east-1")[0].Work.Definition.Parameters[0].Value, "own")
		do("DescribeStackInstance", &api.DescribeStackInstanceInput{StackSetName: "set", StackInstanceAccount: third, StackInstanceRegion: "us-east-1"}, "StackInstanceNotFoundException")
		do("DeleteStackSet", &api.DeleteStackSetInput{StackSetName: "set"}, "StackSetNotEmptyException")
		do("UpdateStackSet", &api.UpdateStackSetInput{StackSetName: "set", UsePreviousTemplate: new(true), OperationId: new("bad"), Parameters: given("Broken", second)}, "")
		b.settle()
		results := do("ListStackSetOperationResults", &api.ListStackSetOperationResultsInput{StackSetName: "set", OperationId: "bad"}, "").(*api.ListStackSetOperationResultsOutput).Summaries
		equal(t, "6.2 results", fmt.Sprintf("%s %s %s %s", results[0].Account, results[0].Status, results[1].Account, results[1].Status), "111111111111 SUCCEEDED 222222222222 FAILED")
		do("UpdateStackInstances", &api.UpdateStackInstancesInput{StackSetName: "set", Accounts: []string{third}, Regions: regions}, "StackInstanceNotFoundException")
		do("DescribeStackSetOperation", &api.DescribeStackSetOperationInput{StackSetName: "set", OperationId: "none"}, "OperationNotFoundException")
		do("CreateStackSet", &api.CreateStackSetInput{StackSetName: "other", TemplateBody: &body, PermissionModel: new(api.PermissionModelsServiceManaged)}, "NotImplementedException")
		do("DeleteStackInstances", &api.DeleteStackInstancesInput{StackSetName: "set", Accounts: []string{home}, Regions: regions, RetainStacks: true, OperationId: new("keep")}, "")
		b.settle()
		equal(t, "6.2 a stack that is let go of", len(b.stacks(home, "us-east-1")), 1)
		do("DeleteStackInstances", &api.DeleteStackInstancesInput{StackSetName: "set", Accounts: []string{second}, Regions: regions, OperationId: new("drop")}, "")
		b.settle()
		equal(t, "6.2 and one that is not", len(b.stacks(second, "us-east-1")), 0)
		operations := do("ListStackSetOperations", &api.ListStackSetOperationsInput{StackSetName: "set"}, "").(*api.ListStackSetOperationsOutput).Summaries
		equal(t, "6.2 operations", len(operations), 4)
		do("DeleteStackSet", &api.DeleteStackSetInput{StackSetName: "set"}, "")
		sets := do("ListStackSets", &api.ListStackSetsInput{}, "").(*api.ListStackSetsOutput).Summaries
		equal(t, "6.2 stack sets", fmt.Sprintf("%d %s", len(sets), sets[0].Status), "1 DELETED")
		list := do("ListStackInstances", &api.ListStackInstancesInput{StackSetName: id}, "").(*api.ListStackInstancesOutput).Summaries
		equal(t, "6.2 instances", len(list), 0)
	})
}

func (b *bench) settle() {
	b.Helper()
	if _, err := b.all.Jobs.Drain(context.Background()); err != nil {
		b.Fatal(err)
	}
}

// Chain counts among the calls at which workers die.
func (m *mortal) Chain(ctx context.Context, who access.Caller, roleARN, session string) (access.Caller, error) {
	m.calls++
	if m.dies != nil && m.dies(m.calls, false) {
		return access.Caller{}, errDied
	}
	as, err := m.Caller.Chain(ctx, who, roleARN, session)
	if m.dies != nil && m.dies(m.calls, true) {
		return access.Caller{}, errDied
	}
	return as, err
}

func TestTopics(t *testing.T) {
	benches(t, func(t *testing.T, b *bench) {
		topics := []string{"arn:aws:sns:eu-central-1:111111111111:a", "arn:aws:sns:eu-central-1:222222222222:b"}
		made := b.task(provision.OpProvision, "rec-1", "Resources: {T: {Type: AWS::SNS::Topic}}\nOutputs: {Told: {Value: !Join [' ', !Ref 'AWS::NotificationARNs']}}")
		made.Topics = topics
		equal(t, "C-LAUNCH-17 accepted", b.submit(made), "")
		p, _, log := b.finish(made)
		equal(t, "C-CONS-30 the template is told", p.Outputs[0].Value, strings.Join(topics, " "))
		st := ask[api.DescribeStacksOutput](b, "cloudformation", "DescribeStacks", &api.DescribeStacksInput{StackName: &p.PhysicalID}).Stacks[0]
		equal(t, "C-CONS-30 the stack has them", st.NotificationARNs, topics)
		equal(t, "C-CONS-30 the log says once for each that nobody hears of it", strings.Count(strings.Join(log, " "), "NOTIFICATION_SKIPPED"), 2)
	})
}
