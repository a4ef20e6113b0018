package cloudformation_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/provision"
	"portico/internal/service/cloudformation/api"
	iamapi "portico/internal/service/iam/api"
	"portico/internal/store"
	"portico/internal/testkit"
)

// product is the template of the launches here.
const product = `
Parameters:
  Name: {Type: String}
  Secret: {Type: String, NoEcho: true, Default: hush-hush}
Rules:
  Short: {Assertions: [{Assert: !Not [!Equals [!Ref Name, long]], AssertDescription: The name must be short}]}
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Name, DisplayName: !Ref Secret}}
  Board: {Type: AWS::CloudWatch::Dashboard, Properties: {DashboardBody: '{}'}}
Outputs:
  Topic: {Value: !Ref Topic, Description: Where it is}
  Secret: {Value: !Sub 'it is ${Secret}'}
`

func (b *bench) task(op provision.Operation, token, body string, pairs ...string) provision.Task {
	t := provision.Task{Operation: op, Token: token, StackName: "SC-111111111111-pp-a", ProductType: catalog.CloudFormation, Launcher: home, Account: home, Region: region,
		As: b.root, Caller: b.root, Template: []byte(body), Load: func(context.Context) ([]byte, error) { return []byte(body), nil },
		AutoTags: []catalog.Tag{{Key: "aws:servicecatalog:productArn", Value: "p"}}, Tags: []catalog.Tag{{Key: "team", Value: "blue"}}}
	for i := 0; i < len(pairs); i += 2 {
		t.Parameters = append(t.Parameters, catalog.Parameter{Key: pairs[i], Value: pairs[i+1]})
	}
	return t
}

// submit begins a task, twice, and says what is wrong with it.
func (b *bench) submit(t provision.Task) string {
	b.Helper()
	for range 2 {
		err := b.engine.Submit(context.Background(), t)
		var no *provision.Refusal
		if errors.As(err, &no) {
			return no.Message
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	return ""
}

// finish polls a task until it ends, and gives what its last progress says, and the states and the log on the way.
func (b *bench) finish(t provision.Task) (p provision.Progress, states []provision.State, log []string) {
	b.Helper()
	t.Template = nil
	for range 100 {
		var err error
		if p, err = b.engine.Poll(context.Background(), t); err != nil {
			b.Fatal(err)
		}
		if len(states) == 0 || states[len(states)-1] != p.State {
			states = append(states, p.State)
		}
		for _, l := range p.Log {
			log = append(log, strings.TrimSpace(l.Resource+" "+l.Status))
		}
		t.Cursor = p.Cursor
		if p.PhysicalID != "" {
			t.PhysicalID = p.PhysicalID
		}
		if p.State == provision.Succeeded || p.State == provision.Failed {
			return p, states, log
		}
	}
	b.Fatal("the task never ends")
	return p, nil, nil
}

func benches(t *testing.T, body func(t *testing.T, b *bench)) {
	testkit.Databases(t, func(t *testing.T, o store.Options) { body(t, newBench(t, o)) })
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := gocmp.Diff(want, got); d != "" {
		t.Errorf("%s: %s", what, d)
	}
}

func TestProvision(t *testing.T) {
	benches(t, func(t *testing.T, b *bench) {
		made := b.task(provision.OpProvision, "rec-1", product, "Name", "news")
		equal(t, "C-ENG-1 accepted", b.submit(made), "")
		p, states, log := b.finish(made)
		equal(t, "C-ENG-1 states", states, []provision.State{provision.Running, provision.Succeeded})
		equal(t, "C-ENG-1 log", log, []string{"SC-111111111111-pp-a CREATE_IN_PROGRESS", "Topic CREATE_IN_PROGRESS", "Topic CREATE_COMPLETE",
			"Board CREATE_IN_PROGRESS", "Board CREATE_COMPLETE", "SC-111111111111-pp-a CREATE_COMPLETE"})
		equal(t, "C-PP-13 outputs", p.Outputs, []catalog.Output{{Key: "Topic", Value: "arn:aws:sns:eu-central-1:111111111111:news", Description: "Where it is"}, {Key: "Secret", Value: "****"}})
		equal(t, "C-PP-11 values", p.Values, []catalog.Parameter{{Key: "Name", Value: "news"}, {Key: "Secret", Value: "hush-hush"}})
		if len(p.Dashboards) != 1 || !strings.HasPrefix(p.Dashboards[0], "SC-111111111111-pp-a-Board-") {
			t.Errorf("C-PP-8 dashboards: %q", p.Dashboards)
		}
		st := ask[api.DescribeStacksOutput](b, "cloudformation", "DescribeStacks", &api.DescribeStacksInput{StackName: &p.PhysicalID}).Stacks[0]
		equal(t, "C-LAUNCH-15 tags", st.Tags, []api.Tag{{Key: "aws:servicecatalog:productArn", Value: "p"}, {Key: "team", Value: "blue"}})
		equal(t, "C-PP-13 parameters", *st.Parameters[1].ParameterValue, "****")
		equal(t, "C-PP-13 outputs of the stack", st.Outputs[1].OutputValue, "****")
		for _, e := range ask[api.DescribeStackEventsOutput](b, "cloudformation", "DescribeStackEvents", &api.DescribeStackEventsInput{StackName: &p.PhysicalID}).StackEvents {
			if strings.Contains(e.ResourceProperties+e.ResourceStatusReason, "hush") {
				t.Errorf("C-PP-13 an event tells: %+v", e)
			}
		}

		found, ok, err := b.engine.Find(context.Background(), b.root, p.PhysicalID)
		if err != nil || !ok || found.Status != "CREATE_COMPLETE" || string(found.Template) != product || found.Name != "SC-111111111111-pp-a" {
			t.Errorf("C-PP-22 found: %+v, %t, %v", found, ok, err)
		}

		same := b.task(provision.OpUpdate, "rec-2", product)
		same.PhysicalID = p.PhysicalID
		equal(t, "C-ENG-2 nothing to update", b.submit(same), "")
		got, states, _ := b.finish(same)
		equal(t, "C-ENG-2 succeeds", states, []provision.State{provision.Succeeded})
		equal(t, "C-ENG-2 with the same outputs", got.Outputs, p.Outputs)

		plan := b.task(provision.OpPlan, "plan-1", product, "Name", "other")
		plan.PhysicalID, plan.Update = p.PhysicalID, true
		equal(t, "C-PLAN-7 plan", b.submit(plan), "")
		got, _, _ = b.finish(plan)
		if len(got.Changes) != 1 || got.Changes[0].Action != "MODIFY" || got.Changes[0].LogicalID != "Topic" || got.Changes[0].Replacement != "TRUE" {
			t.Errorf("C-PLAN-7 changes: %+v", got.Changes)
		}
		plan.Operation, plan.Token, plan.Plan = provision.OpExecutePlan, "rec-3", "plan-1"
		equal(t, "C-PLAN-8 executed", b.submit(plan), "")
		got, _, log = b.finish(plan)
		equal(t, "C-PLAN-8 replaced", log[len(log)-4:], []string{"SC-111111111111-pp-a UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "Topic DELETE_IN_PROGRESS", "Topic DELETE_COMPLETE", "SC-111111111111-pp-a UPDATE_COMPLETE"})
		equal(t, "C-PLAN-8 outputs", got.Outputs[0].Value, "arn:aws:sns:eu-central-1:111111111111:other")
		forget := b.task(provision.OpDeletePlan, "plan-1", "")
		equal(t, "C-PLAN-8 forgotten", b.submit(forget), "")
		b.finish(forget)

		bad := b.task(provision.OpUpdate, "rec-4", strings.Replace(product, "Outputs:", "  Bad: {Type: AWS::S3::Bucket, DependsOn: Topic, Properties: {BucketName: '-'}}\nOutputs:", 1), "Name", "third")
		bad.PhysicalID = p.PhysicalID
		equal(t, "C-ENG-1 an update", b.submit(bad), "")
		got, states, _ = b.finish(bad)
		equal(t, "C-ENG-1 is rolled back", states, []provision.State{provision.Running, provision.RollingBack, provision.Failed})
		if !got.RolledBack || !strings.HasPrefix(got.Reason, "The specified bucket is not valid: -") {
			t.Errorf("C-ENG-1 with its root cause: %+v", got)
		}

		end := b.task(provision.OpTerminate, "rec-5", "")
		end.PhysicalID = p.PhysicalID
		equal(t, "C-ENG-2 terminated", b.submit(end), "")
		_, states, _ = b.finish(end)
		equal(t, "C-ENG-2 states", states, []provision.State{provision.Running, provision.Succeeded})
		end.Token = "rec-6"
		equal(t, "C-ENG-2 again", b.submit(end), "")
		_, states, _ = b.finish(end)
		equal(t, "C-ENG-2 is a success", states, []provision.State{provision.Succeeded})
		late := b.task(provision.OpUpdate, "rec-7", product)
		late.PhysicalID = p.PhysicalID
		if got := b.submit(late); !strings.Contains(got, "is in DELETE_COMPLETE state and can not be updated.") {
			t.Errorf("C-ENG-2 an update of a stack that is gone: %q", got)
		}
		var no *provision.Refusal
		equal(t, "C-ENG-2 leaves nothing that was there", errors.As(b.engine.Submit(context.Background(), late), &no) && no.Lost, true)
	})
}

// sessionOf makes a role with a policy and gives a session of it.
func (b *bench) sessionOf(name, policy string) access.Caller {
	trust := `{"Statement":{"Effect":"Allow","Principal":{"Service":["servicecatalog.amazonaws.com","cloudformation.amazonaws.com"]},"Action":"sts:AssumeRole"}}`
	role := ask[iamapi.CreateRoleOutput](b, "iam", "CreateRole", &iamapi.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: trust}).Role
	if policy != "" {
		ask[iamapi.PutRolePolicyOutput](b, "iam", "PutRolePolicy", &iamapi.PutRolePolicyInput{RoleName: name, PolicyName: "p", PolicyDocument: policy})
	}
	return access.Caller{Account: home, Region: region, Kind: access.Session, UserID: role.RoleId + ":launch", ARN: "arn:aws:sts::111111111111:assumed-role/" + name + "/launch",
		Principals: []access.Principal{{ARN: role.Arn, ID: role.RoleId}}, Endpoint: "http://localhost"}
}

func TestLaunchRole(t *testing.T) {
	const both = "Resources:\n  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: launched}}\n  Topic: {Type: AWS::SNS::Topic, DependsOn: Bucket, Properties: {TopicName: news}}\n"
	stacks := `{"Effect":"Allow","Action":"cloudformation:*","Resource":"arn:aws:cloudformation:*:*:stack/SC-*"}`
	allow := func(statements ...string) string {
		return `{"Statement":[` + strings.Join(append(statements, stacks), ",") + `]}`
	}
	buckets := `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::launched"}`
	for _, c := range []struct{ name, policy, reason string }{
		{"C-CONS-23 with all it takes", allow(buckets, `{"Effect":"Allow","Action":["sns:CreateTopic","sns:DeleteTopic"],"Resource":"arn:aws:sns:*:*:news"}`), ""},
		{"C-CONS-23 a real resource it may not make", allow(`{"Effect":"Allow","Action":"sns:*","Resource":"*"}`), "s3:CreateBucket on resource: arn:aws:s3:::launched"},
		{"C-CFN-6 a simulated one that it may not make", allow(buckets), "sns:CreateTopic on resource: arn:aws:sns:eu-central-1:111111111111:news because no identity-based policy allows the sns:CreateTopic action"},
		{"C-CONS-24 without anything for resources", allow(), "s3:CreateBucket"},
		{"C-CONS-24 without a policy", "", "cloudformation:CreateStack on resource: arn:aws:cloudformation:eu-central-1:111111111111:stack/SC-111111111111-pp-a/*"},
	} {
		t.Run(c.name, func(t *testing.T) {
			benches(t, func(t *testing.T, b *bench) {
				task := b.task(provision.OpProvision, "rec-1", both)
				task.As, task.LaunchRoleARN = b.sessionOf("Launch", c.policy), "arn:aws:iam::111111111111:role/Launch"
				if c.policy == "" {
					if got := b.submit(task); !strings.Contains(got, c.reason) {
						t.Errorf("got %q", got)
					}
					return
				}
				equal(t, "accepted", b.submit(task), "")
				p, _, _ := b.finish(task)
				if (c.reason == "") != (p.State == provision.Succeeded) || !strings.Contains(p.Reason, c.reason) {
					t.Errorf("%d: %s, want %q", p.State, p.Reason, c.reason)
				}
				if c.reason != "" && (!p.RolledBack || !strings.HasPrefix(p.Reason, "User: arn:aws:sts::111111111111:assumed-role/Launch/launch is not authorized to perform: ")) {
					t.Errorf("%+v", p)
				}
			})
		})
	}
}

func TestTaskRefusals(t *testing.T) {
	benches(t, func(t *testing.T, b *bench) {
		for _, c := range []struct {
			name   string
			change func(*provision.Task)
			want   string
		}{
			{"C-RULE-9 a rule of the template", func(t *provision.Task) { t.Parameters[0].Value = "long" }, "Template error: Rule Short failed: The name must be short"},
			{"C-RULE-7 a rule of a constraint", func(t *provision.Task) {
				t.Rules = []catalog.RuleSet{{Constraint: "cons-a", Text: `{"Rules":{"Other":{"Assertions":[{"Assert":{"Fn::Equals":[{"Ref":"Name"},"only"]},"AssertDescription":"Only only"}]}}}`}}
			}, "Only only"},
			{"C-PP-6 a parameter that the template lacks", func(t *provision.Task) { t.Parameters[0].Key = "Nme" }, "Parameters: [Nme] do not exist in the template"},
			{"C-PP-6 a value that is missing", func(t *provision.Task) { t.Parameters = nil }, "Parameters: [Name] must have values"},
			{"C-CFN-1 no template", func(t *provision.Task) { t.Template = []byte("{}") }, "At least one Resources member must be defined"},
		} {
			t.Run(c.name, func(t *testing.T) {
				task := b.task(provision.OpProvision, "rec-1", product, "Name", "news")
				c.change(&task)
				got := b.submit(task)
				if !strings.Contains(got, c.want) || !strings.HasPrefix(got, "AmazonCloudFormationException  ") {
					t.Errorf("got %q, want %q", got, c.want)
				}
			})
		}
		equal(t, "nothing is made", len(ask[api.ListStacksOutput](b, "cloudformation", "ListStacks", &api.ListStacksInput{}).StackSummaries), 0)
	})
}

// TestTaskOfAnotherAccount lets somebody of another account act on a stack, where what the stack has may have namesakes.
func TestTaskOfAnotherAccount(t *testing.T) {
	benches(t, func(t *testing.T, b *bench) {
		made := b.task(provision.OpProvision, "rec-1", product, "Name", "news")
		equal(t, "S-ROL-9 made", b.submit(made), "")
		p, _, _ := b.finish(made)
		for op, word := range map[provision.Operation]string{provision.OpUpdate: "update", provision.OpTerminate: "termination", provision.OpPlan: "plan"} {
			other := b.task(op, "rec-"+word, product, "Name", "other")
			other.PhysicalID, other.Update, other.As = p.PhysicalID, true, access.RootCaller("222222222222")
			if got := b.submit(other); !strings.Contains(got, "is in account 111111111111, where arn:aws:iam::222222222222:root of account 222222222222 makes, changes and deletes nothing") {
				t.Errorf("S-ROL-9 the %s: %q", word, got)
			}
		}
		st := ask[api.DescribeStacksOutput](b, "cloudformation", "DescribeStacks", &api.DescribeStacksInput{StackName: &p.PhysicalID}).Stacks[0]
		equal(t, "S-ROL-9 it is as it was", string(st.StackStatus), "CREATE_COMPLETE")
	})
}
