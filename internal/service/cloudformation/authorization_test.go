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

// user is a client of a new user with a policy. The server's clock must be that by which requests are signed.
func (w *world) user(name, policy string) *world {
	w.Helper()
	ctx, people := context.Background(), iam.NewFromConfig(w.Root(home, region))
	_, err := people.CreateUser(ctx, &iam.CreateUserInput{UserName: &name})
	if err == nil {
		_, err = people.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("p"), PolicyDocument: &policy})
	}
	if err != nil {
		w.Fatal(err)
	}
	key, err := people.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &name})
	if err != nil {
		w.Fatal(err)
	}
	return &world{w.T, w.Server, cfn.NewFromConfig(w.With(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, "", region))}
}

// TestSubject: what is decided about is the stack that something is done with, whichever way a request names it.
func TestSubject(t *testing.T) {
	worlds(t, func(w *world) {
		w.Clock.Advance(time.Since(servertest.Epoch))
		body, set := aws.String(topic), aws.String("c")
		w.create("mine", topic)
		w.create("theirs", topic, "Name", "hidden")
		later := &cfn.CreateChangeSetInput{StackName: aws.String("theirs"), ChangeSetName: set, TemplateBody: body, Parameters: parameters("Name", "other")}
		id := answer(w, w.CreateChangeSet, later).Id
		ann := w.user("ann", `{"Statement":[{"Effect":"Allow","Action":"cloudformation:*","Resource":"arn:aws:cloudformation:*:*:stack/mine/*"},{"Effect":"Allow","Action":["sns:*","sqs:*"],"Resource":"*"}]}`)
		bob := w.user("bob", `{"Statement":[{"Effect":"Allow","Action":"cloudformation:*","Resource":"*"},{"Effect":"Deny","Action":"cloudformation:*","Resource":"arn:aws:cloudformation:*:*:stack/theirs/*"}]}`)
		for _, who := range []*world{ann, bob} {
			for _, stack := range []*string{nil, aws.String("mine"), w.stack("mine").StackId} {
				code, text := "ChangeSetNotFound", "does not exist"
				if stack == nil {
					code, text = "AccessDenied", "stack/theirs/"
				}
				refuse(who, who.DescribeChangeSet, &cfn.DescribeChangeSetInput{ChangeSetName: id, StackName: stack}, code, text)
				refuse(who, who.ExecuteChangeSet, &cfn.ExecuteChangeSetInput{ChangeSetName: id, StackName: stack}, code, text)
				refuse(who, who.GetTemplate, &cfn.GetTemplateInput{ChangeSetName: id, StackName: stack}, code, text)
				if stack == nil {
					refuse(who, who.DeleteChangeSet, &cfn.DeleteChangeSetInput{ChangeSetName: id}, code, text)
				} else { // what is not there is as it should be
					answer(who, who.DeleteChangeSet, &cfn.DeleteChangeSetInput{ChangeSetName: id, StackName: stack})
				}
			}
			refuse(who, who.DescribeStackResources, &cfn.DescribeStackResourcesInput{PhysicalResourceId: aws.String("arn:aws:sns:eu-central-1:111111111111:hidden")}, "AccessDenied", "stack/theirs/")
		}
		equal(w.T, "C-CFN-10 it is there as it was", answer(w, w.DescribeChangeSet, &cfn.DescribeChangeSetInput{ChangeSetName: id}).ExecutionStatus, types.ExecutionStatusAvailable)

		own := answer(ann, ann.CreateChangeSet, &cfn.CreateChangeSetInput{StackName: aws.String("mine"), ChangeSetName: set, TemplateBody: body, Parameters: parameters("Name", "more")}).Id
		equal(w.T, "C-CFN-10 one's own, by its id alone", *answer(ann, ann.DescribeChangeSet, &cfn.DescribeChangeSetInput{ChangeSetName: own}).StackName, "mine")
		answer(ann, ann.ExecuteChangeSet, &cfn.ExecuteChangeSetInput{ChangeSetName: own})
		w.settle()
		w.is("mine", "UPDATE_COMPLETE")
	})
}
