package cloudformation_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"portico/internal/testkit/servertest"
)

// TestKeptRole: a stack keeps the role that it was made with, for whoever may do something with the stack.
func TestKeptRole(t *testing.T) {
	worlds(t, func(w *world) {
		t := w.T
		w.Clock.Advance(time.Since(servertest.Epoch)) // requests are signed by the other clock
		ctx, people := context.Background(), iam.NewFromConfig(w.Root(home, region))
		arn := "arn:aws:iam::111111111111:role/stacks"
		_, err := people.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("stacks"),
			AssumeRolePolicyDocument: aws.String(`{"Statement":{"Effect":"Allow","Principal":{"Service":"cloudformation.amazonaws.com"},"Action":"sts:AssumeRole"}}`)})
		if err == nil {
			_, err = people.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("stacks"), PolicyName: aws.String("p"),
				PolicyDocument: aws.String(`{"Statement":{"Effect":"Allow","Action":"sqs:*","Resource":"*"}}`)})
		}
		if err != nil {
			t.Fatal(err)
		}
		ann := w.user("ann", `{"Statement":{"Effect":"Allow","Action":["cloudformation:*","sns:*"],"Resource":"*"}}`)
		name := aws.String("s")
		queue := func(more string) *string { return aws.String("Resources: {Q: {Type: AWS::SQS::Queue}" + more + "}") }

		refuse(ann, ann.CreateStack, &cfn.CreateStackInput{StackName: name, TemplateBody: queue(""), RoleARN: &arn}, "AccessDenied", "iam:PassRole")
		answer(w, w.CreateStack, &cfn.CreateStackInput{StackName: name, TemplateBody: queue(""), RoleARN: &arn})
		w.settle()
		w.is("s", "CREATE_COMPLETE")
		refuse(ann, ann.UpdateStack, &cfn.UpdateStackInput{StackName: name, TemplateBody: queue(", R: {Type: AWS::SQS::Queue}"), RoleARN: &arn}, "AccessDenied", "iam:PassRole")

		answer(ann, ann.UpdateStack, &cfn.UpdateStackInput{StackName: name, TemplateBody: queue(", R: {Type: AWS::SQS::Queue}")})
		w.settle()
		equal(t, "C-CFN-8 an update keeps the role", *w.is("s", "UPDATE_COMPLETE").RoleARN, arn)
		answer(ann, ann.UpdateStack, &cfn.UpdateStackInput{StackName: name, TemplateBody: queue(", T: {Type: AWS::SNS::Topic}")})
		w.settle()
		equal(t, "C-CFN-8 and after one that fails", *w.is("s", "UPDATE_ROLLBACK_COMPLETE").RoleARN, arn)
		if !contains(w.events("s"), "assumed-role/stacks/AWSCloudFormation is not authorized to perform: sns:CreateTopic") {
			t.Errorf("C-CFN-8 the rights are the role's: %q", w.events("s"))
		}
		set := answer(ann, ann.CreateChangeSet, &cfn.CreateChangeSetInput{StackName: name, ChangeSetName: aws.String("c"), TemplateBody: queue("")})
		answer(ann, ann.ExecuteChangeSet, &cfn.ExecuteChangeSetInput{ChangeSetName: set.Id})
		w.settle()
		equal(t, "C-CFN-8 and a change set", *w.is("s", "UPDATE_COMPLETE").RoleARN, arn)
		answer(ann, ann.DeleteStack, &cfn.DeleteStackInput{StackName: name})
		w.settle()
		equal(t, "C-CFN-8 and a deletion", w.is(*set.StackId, "DELETE_COMPLETE").StackStatus, types.StackStatusDeleteComplete)
	})
}
