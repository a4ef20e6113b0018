package cloudformation_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

func TestExports(t *testing.T) {
	worlds(t, func(w *world) {
		t := w.T
		export := func(value string) string {
			return "Resources: {H: {Type: AWS::CloudFormation::WaitConditionHandle}}\nOutputs:\n  V: {Value: " + value + ", Export: {Name: shared}}"
		}
		importing := "Resources: {T: {Type: AWS::SNS::Topic, Properties: {TopicName: !ImportValue shared}}}"
		refuse(w, w.CreateStack, &cfn.CreateStackInput{StackName: aws.String("early"), TemplateBody: &importing}, "ValidationError", "No export named shared found")
		w.create("out", export("one"))
		w.create("in", importing)
		w.is("in", "CREATE_COMPLETE")
		exports := answer(w, w.ListExports, &cfn.ListExportsInput{}).Exports
		equal(t, "C-CFN-3 exports", []string{*exports[0].Name, *exports[0].Value, *exports[0].ExportingStackId}, []string{"shared", "one", *w.stack("out").StackId})
		equal(t, "C-CFN-3 imports", answer(w, w.ListImports, &cfn.ListImportsInput{ExportName: aws.String("shared")}).Imports, []string{"in"})

		w.create("second", export("two"))
		st := w.is("second", "ROLLBACK_COMPLETE")
		if !strings.HasPrefix(*w.stack("second").StackId, "arn:") || !contains(w.events(*st.StackId), "Export with name shared is already exported by stack out.") {
			t.Errorf("C-CFN-3 unique: %q", w.events("second"))
		}
		w.update("out", export("two"))
		w.is("out", "UPDATE_ROLLBACK_COMPLETE")
		if !contains(w.events("out"), "Cannot update export shared as it is in use by in.") {
			t.Errorf("C-CFN-3 in use: %q", w.events("out"))
		}
		w.update("out", strings.Replace(export("one"), ", Export: {Name: shared}", "", 1))
		w.is("out", "UPDATE_ROLLBACK_COMPLETE")
		if !contains(w.events("out"), "Cannot delete export shared as it is in use by in.") {
			t.Errorf("C-CFN-3 in use: %q", w.events("out"))
		}
		refuse(w, w.DeleteStack, &cfn.DeleteStackInput{StackName: aws.String("out")}, "ValidationError", "Delete canceled. Cannot delete export shared as it is in use by in.")
		w.settle()
		w.is("out", "UPDATE_ROLLBACK_COMPLETE")
		w.update("out", export("one")+"\n  W: {Value: w}")
		w.is("out", "UPDATE_COMPLETE") // a deletion that was refused keeps nothing from being changed
		refuse(w, w.CreateStack, &cfn.CreateStackInput{StackName: aws.String("twice"), TemplateBody: aws.String(export("x") + "\n  W: {Value: w, Export: {Name: !Sub 'shar${E}'}}\nParameters: {E: {Type: String, Default: ed}}")},
			"ValidationError", "Template format error: The outputs V and W have the same export name shared")
		w.remove("in")
		refuse(w, w.ListImports, &cfn.ListImportsInput{ExportName: aws.String("shared")}, "ValidationError", "Export 'shared' is not imported by any stack.")
		w.remove("out")
		w.create("out", export("two"))
		equal(t, "C-CFN-3 free again", outputs(w.is("out", "CREATE_COMPLETE"))["V"], "two")
	})
}

func contains(lines []string, text string) bool {
	return strings.Contains(strings.Join(lines, "\n"), text)
}

func TestChangeSets(t *testing.T) {
	worlds(t, func(w *world) {
		t := w.T
		name, set := aws.String("s"), aws.String("first")
		made := answer(w, w.CreateChangeSet, &cfn.CreateChangeSetInput{StackName: name, ChangeSetName: set, ChangeSetType: types.ChangeSetTypeCreate, TemplateBody: aws.String(topic), Description: aws.String("d")})
		w.is("s", "REVIEW_IN_PROGRESS")
		second := &cfn.CreateChangeSetInput{StackName: name, ChangeSetName: aws.String("second"), ChangeSetType: types.ChangeSetTypeCreate, TemplateBody: aws.String(topic)}
		equal(t, "C-PLAN-7 a second look at the same new stack", *answer(w, w.CreateChangeSet, second).StackId, *made.StackId)
		equal(t, "C-PLAN-7 both are there", len(answer(w, w.ListChangeSets, &cfn.ListChangeSetsInput{StackName: name}).Summaries), 2)
		d := answer(w, w.DescribeChangeSet, &cfn.DescribeChangeSetInput{ChangeSetName: made.Id})
		equal(t, "C-PLAN-7 a new stack", []string{string(d.Status), string(d.ExecutionStatus), fmt.Sprint(len(d.Changes)), string(d.Changes[0].ResourceChange.Action), *d.Changes[0].ResourceChange.LogicalResourceId},
			[]string{"CREATE_COMPLETE", "AVAILABLE", "2", "Add", "Topic"})
		answer(w, w.ExecuteChangeSet, &cfn.ExecuteChangeSetInput{ChangeSetName: set, StackName: name})
		w.settle()
		st := w.is("s", "CREATE_COMPLETE")
		equal(t, "the stack names its change set", *st.ChangeSetId, *made.Id)
		refuse(w, w.CreateChangeSet, &cfn.CreateChangeSetInput{StackName: name, ChangeSetName: set, ChangeSetType: types.ChangeSetTypeCreate, TemplateBody: aws.String(topic)}, "ValidationError", "already exists and cannot be created again with the changeSet [first].")

		same := answer(w, w.CreateChangeSet, &cfn.CreateChangeSetInput{StackName: name, ChangeSetName: aws.String("same"), UsePreviousTemplate: aws.Bool(true)})
		d = answer(w, w.DescribeChangeSet, &cfn.DescribeChangeSetInput{ChangeSetName: same.Id})
		equal(t, "C-PLAN-5 nothing", []string{string(d.Status), string(d.ExecutionStatus), *d.StatusReason},
			[]string{"FAILED", "UNAVAILABLE", "The submitted information didn't contain changes. Submit different information to create a change set."})
		refuse(w, w.ExecuteChangeSet, &cfn.ExecuteChangeSetInput{ChangeSetName: same.Id}, "InvalidChangeSetStatus", "cannot be executed in its current status of [FAILED]")

		answer(w, w.CreateChangeSet, &cfn.CreateChangeSetInput{StackName: name, ChangeSetName: aws.String("more"), UsePreviousTemplate: aws.Bool(true), Parameters: parameters("Name", "other")})
		refuse(w, w.CreateChangeSet, &cfn.CreateChangeSetInput{StackName: name, ChangeSetName: aws.String("more"), UsePreviousTemplate: aws.Bool(true)}, "AlreadyExistsException", "ChangeSet more cannot be created")
		d = answer(w, w.DescribeChangeSet, &cfn.DescribeChangeSetInput{ChangeSetName: aws.String("more"), StackName: name})
		c := d.Changes[0].ResourceChange
		equal(t, "C-PLAN-7 a replacement", []string{string(c.Action), string(c.Replacement), string(c.Scope[0]), *c.Details[0].Target.Name, string(c.Details[0].Target.RequiresRecreation)},
			[]string{"Modify", "True", "Properties", "TopicName", "Always"})
		equal(t, "listed", len(answer(w, w.ListChangeSets, &cfn.ListChangeSetsInput{StackName: name}).Summaries), 2)
		answer(w, w.DeleteChangeSet, &cfn.DeleteChangeSetInput{ChangeSetName: same.Id})
		answer(w, w.DeleteChangeSet, &cfn.DeleteChangeSetInput{ChangeSetName: same.Id})
		answer(w, w.ExecuteChangeSet, &cfn.ExecuteChangeSetInput{ChangeSetName: aws.String("more"), StackName: name})
		w.settle()
		equal(t, "executed", outputs(w.is("s", "UPDATE_COMPLETE"))["Topic"], "arn:aws:sns:eu-central-1:111111111111:other")
		refuse(w, w.DescribeChangeSet, &cfn.DescribeChangeSetInput{ChangeSetName: aws.String("more"), StackName: name}, "ChangeSetNotFound", "ChangeSet [more] does not exist")
		equal(t, "and gone", len(answer(w, w.ListChangeSets, &cfn.ListChangeSetsInput{StackName: name}).Summaries), 0)

		answer(w, w.CreateChangeSet, &cfn.CreateChangeSetInput{StackName: aws.String("never"), ChangeSetName: set, ChangeSetType: types.ChangeSetTypeCreate, TemplateBody: aws.String(topic)})
		w.remove("never")
		refuse(w, w.DescribeStacks, &cfn.DescribeStacksInput{StackName: aws.String("never")}, "ValidationError", "Stack with id never does not exist")
	})
}

func TestEmptyOutputs(t *testing.T) {
	w := lite(t)
	w.create("s", "Parameters: {P: {Type: String, Default: ''}}\nResources: {H: {Type: AWS::CloudFormation::WaitConditionHandle}}\nOutputs: {O: {Value: !Ref P, Export: {Name: nothing}}}")
	for _, o := range w.is("s", "CREATE_COMPLETE").Outputs {
		if o.OutputValue == nil || *o.OutputValue != "" {
			t.Errorf("C-CFN-1 an output that is empty: %v", o.OutputValue)
		}
	}
	for _, x := range answer(w, w.ListExports, &cfn.ListExportsInput{}).Exports {
		if x.Value == nil || *x.Value != "" {
			t.Errorf("C-CFN-3 an export that is empty: %v", x.Value)
		}
	}
}

func TestParametersOfUpdates(t *testing.T) {
	w := lite(t)
	const body = "Parameters: {A: {Type: String, Default: a}, B: {Type: String, NoEcho: true}}\nResources: {T: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Sub '${A}${B}'}}}\nOutputs: {A: {Value: !Ref A}, B: {Value: !Ref B}}"
	w.create("s", body, "A", "given", "B", "secret")
	st := w.is("s", "CREATE_COMPLETE")
	equal(t, "C-PP-13 shown", []string{*st.Parameters[0].ParameterValue, *st.Parameters[1].ParameterValue, outputs(st)["B"]}, []string{"given", "****", "****"})
	name := aws.String("s")
	refuse(w, w.UpdateStack, &cfn.UpdateStackInput{StackName: name, UsePreviousTemplate: aws.Bool(true)}, "ValidationError", "Parameters: [B] must have values")
	previous := []types.Parameter{{ParameterKey: aws.String("B"), UsePreviousValue: aws.Bool(true)}}
	answer(w, w.UpdateStack, &cfn.UpdateStackInput{StackName: name, UsePreviousTemplate: aws.Bool(true), Parameters: previous})
	w.settle()
	equal(t, "what is not given takes its default", outputs(w.is("s", "UPDATE_COMPLETE"))["A"], "a")
	refuse(w, w.UpdateStack, &cfn.UpdateStackInput{StackName: name, UsePreviousTemplate: aws.Bool(true), Parameters: previous}, "ValidationError", "No updates are to be performed.")
	for _, e := range w.events("s") {
		if strings.Contains(e, "secret") {
			t.Errorf("C-PP-13 %s", e)
		}
	}
	answer(w, w.UpdateStack, &cfn.UpdateStackInput{StackName: name, UsePreviousTemplate: aws.Bool(true), Parameters: previous, Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}})
	w.settle()
	equal(t, "C-CFN-4 tags are an update", contains(w.events("s"), "T UPDATE_COMPLETE"), true)
	equal(t, "and shown", *w.stack("s").Tags[0].Key, "k")
}

func TestStackRequests(t *testing.T) {
	worlds(t, func(w *world) {
		t := w.T
		name, body := aws.String("s"), aws.String(topic)
		for _, c := range []struct {
			what string
			in   cfn.CreateStackInput
			code string
			text string
		}{
			{"no template", cfn.CreateStackInput{}, "ValidationError", "Either Template URL or Template Body must be specified."},
			{"two templates", cfn.CreateStackInput{TemplateBody: body, TemplateURL: body}, "ValidationError", "Either Template URL or Template Body must be specified."},
			{"a name that is none", cfn.CreateStackInput{StackName: aws.String("1s"), TemplateBody: body}, "ValidationError", "at 'stackName' failed to satisfy constraint"},
			{"C-CFN-1 no YAML", cfn.CreateStackInput{TemplateBody: aws.String("{")}, "ValidationError", "Template format error"},
			{"C-CFN-4 a circle", cfn.CreateStackInput{TemplateBody: aws.String("Resources: {A: {Type: AWS::SNS::Topic, DependsOn: B}, B: {Type: AWS::SNS::Topic, DependsOn: A}}")}, "ValidationError", "Circular dependency between resources"},
			{"a snapshot of what has none", cfn.CreateStackInput{TemplateBody: aws.String("Resources: {B: {Type: AWS::S3::Bucket, DeletionPolicy: Snapshot}}")}, "ValidationError", "Template error: resource type AWS::S3::Bucket does not support deletion policy Snapshot"},
			{"capabilities", cfn.CreateStackInput{TemplateBody: aws.String("Resources: {R: {Type: AWS::IAM::Group}}")}, "InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]"},
			{"a reserved tag", cfn.CreateStackInput{TemplateBody: body, Tags: []types.Tag{{Key: aws.String("aws:x"), Value: aws.String("y")}}}, "ValidationError", "reserved"},
			{"both ways to fail", cfn.CreateStackInput{TemplateBody: body, OnFailure: types.OnFailureDelete, DisableRollback: aws.Bool(true)}, "ValidationError", "You can specify either DisableRollback or OnFailure, but not both."},
			{"stack policies", cfn.CreateStackInput{TemplateBody: body, StackPolicyBody: aws.String("{}")}, "NotImplementedException", "StackPolicyBody of CreateStack is not built yet"},
			{"rollback triggers", cfn.CreateStackInput{TemplateBody: body, RollbackConfiguration: &types.RollbackConfiguration{MonitoringTimeInMinutes: aws.Int32(5)}}, "NotImplementedException", "RollbackConfiguration"},
			{"no such role", cfn.CreateStackInput{TemplateBody: body, RoleARN: aws.String("arn:aws:iam::111111111111:role/none")}, "ValidationError", "Role arn:aws:iam::111111111111:role/none is invalid or cannot be assumed"},
			{"a role of others", cfn.CreateStackInput{TemplateBody: body, RoleARN: aws.String("arn:aws:iam::222222222222:role/none")}, "ValidationError", "is invalid or cannot be assumed"},
			{"a template of others", cfn.CreateStackInput{TemplateURL: aws.String(w.URL + "/none/t.yaml")}, "ValidationError", "TemplateURL: there is no bucket none"},
		} {
			if c.in.StackName == nil {
				c.in.StackName = name
			}
			t.Run("C-CFN-1 "+c.what, func(t *testing.T) { refuse(w, w.CreateStack, &c.in, c.code, c.text) })
		}
		in := &cfn.CreateStackInput{StackName: name, TemplateBody: body, ClientRequestToken: aws.String("once"), EnableTerminationProtection: aws.Bool(true), NotificationARNs: []string{"arn:aws:sns:eu-central-1:111111111111:t"}}
		id := answer(w, w.CreateStack, in).StackId
		equal(t, "the same request again", *answer(w, w.CreateStack, in).StackId, *id)
		refuse(w, w.CreateStack, &cfn.CreateStackInput{StackName: name, TemplateBody: body}, "AlreadyExistsException", "Stack [s] already exists")
		refuse(w, w.UpdateStack, &cfn.UpdateStackInput{StackName: name, TemplateBody: body}, "ValidationError", "is in CREATE_IN_PROGRESS state and can not be updated.")
		w.settle()
		st := w.is("s", "CREATE_COMPLETE")
		equal(t, "topics", st.NotificationARNs, []string{"arn:aws:sns:eu-central-1:111111111111:t"})
		refuse(w, w.DeleteStack, &cfn.DeleteStackInput{StackName: name}, "ValidationError", "Stack [s] cannot be deleted while TerminationProtection is enabled")
		answer(w, w.UpdateTerminationProtection, &cfn.UpdateTerminationProtectionInput{StackName: name, EnableTerminationProtection: aws.Bool(false)})
		refuse(w, w.DeleteStack, &cfn.DeleteStackInput{StackName: name, RetainResources: []string{"Topic"}}, "ValidationError", "only when the stack is in the DELETE_FAILED state")
		equal(t, "the template", *answer(w, w.GetTemplate, &cfn.GetTemplateInput{StackName: name}).TemplateBody, topic)
		summary := answer(w, w.GetTemplateSummary, &cfn.GetTemplateSummaryInput{StackName: name})
		equal(t, "its summary", []string{*summary.Parameters[0].ParameterKey, *summary.Parameters[0].DefaultValue, strings.Join(summary.ResourceTypes, " ")}, []string{"Name", "news", "AWS::SNS::Topic AWS::SQS::Queue"})
		valid := answer(w, w.ValidateTemplate, &cfn.ValidateTemplateInput{TemplateBody: aws.String("Description: d\nParameters: {P: {Type: String, NoEcho: true}}\nResources: {R: {Type: AWS::IAM::User, Properties: {UserName: u}}}")})
		equal(t, "valid", []string{*valid.Description, *valid.Parameters[0].ParameterKey, fmt.Sprint(*valid.Parameters[0].NoEcho), string(valid.Capabilities[0])}, []string{"d", "P", "true", "CAPABILITY_NAMED_IAM"})
		refuse(w, w.ValidateTemplate, &cfn.ValidateTemplateInput{TemplateBody: aws.String("Resources: {}")}, "ValidationError", "At least one Resources member must be defined.")
		one := answer(w, w.DescribeStackResource, &cfn.DescribeStackResourceInput{StackName: name, LogicalResourceId: aws.String("Topic")}).StackResourceDetail
		by := answer(w, w.DescribeStackResources, &cfn.DescribeStackResourcesInput{PhysicalResourceId: one.PhysicalResourceId}).StackResources
		equal(t, "found by a resource", []string{*by[0].StackId, fmt.Sprint(len(by))}, []string{*id, "2"})
		refuse(w, w.DescribeStackResource, &cfn.DescribeStackResourceInput{StackName: name, LogicalResourceId: aws.String("None")}, "ValidationError", "Resource None does not exist for stack s")
		other := cfn.NewFromConfig(w.Root("222222222222", region))
		refuse(w, other.DescribeStacks, &cfn.DescribeStacksInput{StackName: id}, "ValidationError", "does not exist")
		refuse(w, other.GetTemplate, &cfn.GetTemplateInput{StackName: id}, "ValidationError", "does not exist")
		answer(w, other.DeleteStack, &cfn.DeleteStackInput{StackName: id})
		w.settle()
		w.is("s", "CREATE_COMPLETE")
		w.remove("s")
		listed := answer(w, w.ListStacks, &cfn.ListStacksInput{StackStatusFilter: []types.StackStatus{types.StackStatusDeleteComplete}}).StackSummaries
		equal(t, "deleted ones are listed", []string{*listed[0].StackId, fmt.Sprint(len(listed))}, []string{*id, "1"})
		answer(w, w.DeleteStack, &cfn.DeleteStackInput{StackName: name})
		equal(t, "and not described", len(answer(w, w.DescribeStacks, &cfn.DescribeStacksInput{}).Stacks), 0)
	})
}

func TestPages(t *testing.T) {
	w := lite(t)
	var b strings.Builder
	b.WriteString("Resources:\n")
	for i := range 130 {
		fmt.Fprintf(&b, "  T%03d: {Type: AWS::SNS::Topic}\n", i)
	}
	w.create("s", b.String())
	w.is("s", "CREATE_COMPLETE")
	equal(t, "events", len(w.events("s")), 2*130+2)
	in, n := &cfn.ListStackResourcesInput{StackName: aws.String("s")}, 0
	for {
		page := answer(w, w.ListStackResources, in)
		n += len(page.StackResourceSummaries)
		if in.NextToken = page.NextToken; in.NextToken == nil {
			break
		}
	}
	equal(t, "resources", n, 130)
}

func TestTimeout(t *testing.T) {
	w := lite(t)
	answer(w, w.CreateStack, &cfn.CreateStackInput{StackName: aws.String("s"), TemplateBody: aws.String(topic), TimeoutInMinutes: aws.Int32(1)})
	w.Clock.Advance(2 * time.Minute)
	w.settle()
	w.is("s", "ROLLBACK_COMPLETE")
	if !contains(w.events("s"), "Stack creation time exceeded the specified timeout.") {
		t.Errorf("C-ENG-13 %q", w.events("s"))
	}
}

func TestServiceRole(t *testing.T) {
	w := lite(t)
	people := iam.NewFromConfig(w.Root(home, region))
	trust := func(service string) *string {
		return aws.String(`{"Statement":{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}}`)
	}
	for name, service := range map[string]string{"stacks": "cloudformation.amazonaws.com", "others": "ec2.amazonaws.com"} {
		if _, err := people.CreateRole(context.Background(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: trust(service)}); err != nil {
			t.Fatal(err)
		}
	}
	in := &cfn.CreateStackInput{StackName: aws.String("s"), TemplateBody: aws.String(topic), RoleARN: aws.String("arn:aws:iam::111111111111:role/others")}
	refuse(w, w.CreateStack, in, "ValidationError", "is invalid or cannot be assumed")
	in.RoleARN = aws.String("arn:aws:iam::111111111111:role/stacks")
	answer(w, w.CreateStack, in)
	w.settle()
	st := w.is("s", "ROLLBACK_COMPLETE")
	equal(t, "the role", *st.RoleARN, *in.RoleARN)
	if !contains(w.events("s"), "assumed-role/stacks/AWSCloudFormation is not authorized to perform: sns:CreateTopic") {
		t.Errorf("%q", w.events("s"))
	}
}

// TestStrict shows what a server that is not in development mode makes, and what it refuses.
func TestStrict(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		s := servertest.Start(t, servertest.Options{Store: o, Exact: true, Strict: true})
		s.Clock.Advance(time.Since(servertest.Epoch)) // requests are signed by the other clock
		s.Key(t, home, "AKIAAAAAAAAAAAAAAAAA", "secret")
		w := &world{t, s, cfn.NewFromConfig(s.With("AKIAAAAAAAAAAAAAAAAA", "secret", "", region))}
		refuse(w, w.CreateStack, &cfn.CreateStackInput{StackName: aws.String("s"), TemplateBody: aws.String("Resources: {A: {Type: AWS::SNS::Topic}, B: {Type: Custom::Thing}, C: {Type: AWS::S3::Bucket}, D: {Type: AWS::SNS::Topic}}")},
			"ValidationError", "Template format error: Unrecognized resource types: [AWS::SNS::Topic, Custom::Thing]")
		refuse(w, w.CreateStack, &cfn.CreateStackInput{StackName: aws.String("s"), TemplateBody: aws.String("Resources: {C: {Type: AWS::S3::Bucket, Properties: {BucketName: b, ReplicationConfiguration: {Role: r}}}}")},
			"ValidationError", "Properties that this engine does not support: [C.ReplicationConfiguration]")
		refuse(w, w.CreateStack, &cfn.CreateStackInput{StackName: aws.String("s"), TemplateBody: aws.String("Parameters: {P: {Type: 'AWS::SSM::Parameter::Value<String>', Default: x}}\nResources: {C: {Type: AWS::S3::Bucket}}")},
			"ValidationError", "Unable to fetch parameters [x] from parameter store for this account.")
		w.create("s", "Resources: {C: {Type: AWS::S3::Bucket}, G: {Type: AWS::IAM::Group}, H: {Type: AWS::CloudFormation::WaitConditionHandle}}")
		w.is("s", "CREATE_COMPLETE")
		w.remove("s")
		refuse(w, w.DescribeStacks, &cfn.DescribeStacksInput{StackName: aws.String("s")}, "ValidationError", "does not exist")
	})
}

// TestWaiters lets AWS's own client wait for a server that does its jobs by itself.
func TestWaiters(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		s := servertest.Start(t, servertest.Options{Store: o})
		c := cfn.NewFromConfig(s.Root(home, region))
		ctx := context.Background()
		quick := time.Millisecond
		made, err := c.CreateStack(ctx, &cfn.CreateStackInput{StackName: aws.String("s"), TemplateBody: aws.String(topic)})
		if err == nil {
			err = cfn.NewStackCreateCompleteWaiter(c, func(o *cfn.StackCreateCompleteWaiterOptions) { o.MinDelay, o.MaxDelay = quick, 20*quick }).
				Wait(ctx, &cfn.DescribeStacksInput{StackName: made.StackId}, time.Minute)
		}
		if err == nil {
			_, err = c.UpdateStack(ctx, &cfn.UpdateStackInput{StackName: aws.String("s"), UsePreviousTemplate: aws.Bool(true), Parameters: parameters("Name", "other")})
		}
		if err == nil {
			err = cfn.NewStackUpdateCompleteWaiter(c, func(o *cfn.StackUpdateCompleteWaiterOptions) { o.MinDelay, o.MaxDelay = quick, 20*quick }).
				Wait(ctx, &cfn.DescribeStacksInput{StackName: made.StackId}, time.Minute)
		}
		if err == nil {
			_, err = c.DeleteStack(ctx, &cfn.DeleteStackInput{StackName: aws.String("s")})
		}
		if err == nil {
			err = cfn.NewStackDeleteCompleteWaiter(c, func(o *cfn.StackDeleteCompleteWaiterOptions) { o.MinDelay, o.MaxDelay = quick, 20*quick }).
				Wait(ctx, &cfn.DescribeStacksInput{StackName: made.StackId}, time.Minute)
		}
		if err != nil {
			t.Error(err)
		}
	})
}
