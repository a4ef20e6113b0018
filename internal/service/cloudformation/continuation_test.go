package cloudformation_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func TestContinueUpdateRollback(t *testing.T) {
	worlds(t, func(w *world) {
		t := w.T
		ctx := context.Background()
		buckets := s3.NewFromConfig(w.Root(home, "eu-central-1"), func(o *s3.Options) { o.UsePathStyle = true })
		const body = "Parameters: {V: {Type: String, Default: Suspended}, N: {Type: String}}\nResources:\n" +
			"  B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref N, VersioningConfiguration: {Status: !Ref V}}}\n  T: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref V}}\n"
		vanish := func(name string) {
			if _, err := buckets.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &name}); err != nil {
				t.Fatal(err)
			}
		}
		w.create("s", body, "N", "vanishing")
		name := aws.String("s")
		refuse(w, w.ContinueUpdateRollback, &cfn.ContinueUpdateRollbackInput{StackName: name}, "ValidationError", "is in CREATE_COMPLETE state and can not continue update rollback.")
		refuse(w, w.ContinueUpdateRollback, &cfn.ContinueUpdateRollbackInput{StackName: aws.String("none")}, "ValidationError", "Stack with id none does not exist")
		vanish("vanishing")
		w.update("s", body, "N", "vanishing", "V", "Enabled")
		w.is("s", "UPDATE_ROLLBACK_FAILED")

		answer(w, w.ContinueUpdateRollback, &cfn.ContinueUpdateRollbackInput{StackName: name})
		w.settle()
		w.is("s", "UPDATE_ROLLBACK_FAILED") // nothing has been done about it
		refuse(w, w.ContinueUpdateRollback, &cfn.ContinueUpdateRollbackInput{StackName: name, ResourcesToSkip: []string{"T"}}, "ValidationError", "Resource [T] cannot be skipped")
		refuse(w, w.ContinueUpdateRollback, &cfn.ContinueUpdateRollbackInput{StackName: name, ResourcesToSkip: []string{"C.B"}}, "NotImplementedException", "of nested stacks is not built yet")
		seen := len(w.events("s"))
		answer(w, w.ContinueUpdateRollback, &cfn.ContinueUpdateRollbackInput{StackName: name, ResourcesToSkip: []string{"B"}})
		w.settle()
		w.is("s", "UPDATE_ROLLBACK_COMPLETE")
		equal(t, "C-CFN-9 skipped", w.events("s")[seen:], []string{"B UPDATE_COMPLETE Rollback of the resource was skipped", "s UPDATE_ROLLBACK_IN_PROGRESS User Initiated",
			"s UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "s UPDATE_ROLLBACK_COMPLETE"})
		w.remove("s")

		url := w.put("inner.yaml", body)
		outer := "Parameters: {V: {Type: String}}\nResources:\n  T: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref V}}\n" +
			"  C: {Type: AWS::CloudFormation::Stack, DependsOn: T, Properties: {TemplateURL: '" + url + "', Parameters: {N: nested-one, V: !Ref V}}}\n"
		w.create("p", outer, "V", "Suspended")
		child := ids(w.resources("p"))["C"]
		vanish("nested-one")
		w.update("p", outer, "V", "Enabled")
		w.is(child, "UPDATE_ROLLBACK_FAILED")
		w.is("p", "UPDATE_ROLLBACK_FAILED")
		if _, err := s3.NewFromConfig(w.Root(home, "us-east-1"), func(o *s3.Options) { o.UsePathStyle = true }).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("nested-one")}); err != nil {
			t.Fatal(err)
		}
		answer(w, w.ContinueUpdateRollback, &cfn.ContinueUpdateRollbackInput{StackName: aws.String("p")})
		w.settle()
		w.is(child, "UPDATE_ROLLBACK_COMPLETE")
		w.is("p", "UPDATE_ROLLBACK_COMPLETE")
		w.update("p", outer, "V", "Enabled")
		w.is("p", "UPDATE_COMPLETE") // C-CFN-9: it can be changed as if nothing had happened
	})
}
