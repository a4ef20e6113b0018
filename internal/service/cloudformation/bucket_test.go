package cloudformation_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const furnished = `
Resources:
  B:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: furnished
      VersioningConfiguration: {Status: Enabled}
      Tags: [{Key: own, Value: 'a=b'}]
      BucketEncryption: {ServerSideEncryptionConfiguration: [{BucketKeyEnabled: true, ServerSideEncryptionByDefault: {SSEAlgorithm: 'aws:kms', KMSMasterKeyID: k}}]}
      PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}
      OwnershipControls: {Rules: [{ObjectOwnership: BucketOwnerPreferred}]}
      CorsConfiguration: {CorsRules: [{Id: c, AllowedMethods: [GET, PUT], AllowedOrigins: ['*'], ExposedHeaders: [ETag], MaxAge: 60}]}
      WebsiteConfiguration: {IndexDocument: i.html, ErrorDocument: e.html, RoutingRules: [{RoutingRuleCondition: {KeyPrefixEquals: a/}, RedirectRule: {ReplaceKeyPrefixWith: b/}}]}
      LoggingConfiguration: {DestinationBucketName: logs, LogFilePrefix: l/}
      AccelerateConfiguration: {AccelerationStatus: Enabled}
      LifecycleConfiguration:
        Rules:
          - {Id: old, Status: Enabled, Prefix: tmp/, ExpirationInDays: 9, TagFilters: [{Key: k, Value: v}], NoncurrentVersionExpiration: {NoncurrentDays: 3}}
          - {Status: Disabled, Transitions: [{StorageClass: GLACIER, TransitionInDays: 30}], AbortIncompleteMultipartUpload: {DaysAfterInitiation: 2}}
  P:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref B
      PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Deny, Principal: '*', Action: 's3:DeleteBucket', Resource: !GetAtt B.Arn, Condition: {StringEquals: {'aws:PrincipalAccount': '999999999999'}}}]}
`

// TestBucket makes a bucket with everything that S3 keeps of one, takes it all away again, and deletes it.
func TestBucket(t *testing.T) {
	worlds(t, func(w *world) {
		t := w.T
		c := s3.NewFromConfig(w.Root(home, region), func(o *s3.Options) { o.UsePathStyle = true })
		bucket, ctx := aws.String("furnished"), context.Background()
		body := furnished
		answer(w, w.CreateStack, &cfn.CreateStackInput{StackName: aws.String("s"), TemplateBody: &body,
			Tags: []cfntypes.Tag{{Key: aws.String("of-stack"), Value: aws.String("s")}}})
		w.settle()
		w.is("s", "CREATE_COMPLETE")
		equal(t, "C-CFN-6 nothing is simulated", w.resources("s"), map[string]string{"B": "furnished CREATE_COMPLETE", "P": "furnished CREATE_COMPLETE"})
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Error(err)
			}
		}
		versioning, err := c.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: bucket})
		must(err)
		equal(t, "C-CFN-6 versions", versioning.Status, types.BucketVersioningStatusEnabled)
		tags, err := c.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: bucket})
		must(err)
		got := map[string]string{}
		for _, tag := range tags.TagSet {
			got[*tag.Key] = *tag.Value
		}
		equal(t, "C-CFN-4 tags of the template and of the stack", got, map[string]string{"own": "a=b", "of-stack": "s"})
		encryption, err := c.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: bucket})
		must(err)
		rule := encryption.ServerSideEncryptionConfiguration.Rules[0]
		equal(t, "C-CFN-6 encryption", []string{string(rule.ApplyServerSideEncryptionByDefault.SSEAlgorithm), *rule.ApplyServerSideEncryptionByDefault.KMSMasterKeyID}, []string{"aws:kms", "k"})
		block, err := c.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: bucket})
		must(err)
		equal(t, "C-CFN-6 public access", *block.PublicAccessBlockConfiguration.RestrictPublicBuckets, true)
		owners, err := c.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: bucket})
		must(err)
		equal(t, "C-CFN-6 ownership", owners.OwnershipControls.Rules[0].ObjectOwnership, types.ObjectOwnershipBucketOwnerPreferred)
		cors, err := c.GetBucketCors(ctx, &s3.GetBucketCorsInput{Bucket: bucket})
		must(err)
		equal(t, "C-CFN-6 cors", cors.CORSRules[0].AllowedMethods, []string{"GET", "PUT"})
		site, err := c.GetBucketWebsite(ctx, &s3.GetBucketWebsiteInput{Bucket: bucket})
		must(err)
		equal(t, "C-CFN-6 website", []string{*site.IndexDocument.Suffix, *site.ErrorDocument.Key, *site.RoutingRules[0].Redirect.ReplaceKeyPrefixWith}, []string{"i.html", "e.html", "b/"})
		logging, err := c.GetBucketLogging(ctx, &s3.GetBucketLoggingInput{Bucket: bucket})
		must(err)
		equal(t, "C-CFN-6 logging", []string{*logging.LoggingEnabled.TargetBucket, *logging.LoggingEnabled.TargetPrefix}, []string{"logs", "l/"})
		speed, err := c.GetBucketAccelerateConfiguration(ctx, &s3.GetBucketAccelerateConfigurationInput{Bucket: bucket})
		must(err)
		equal(t, "C-CFN-6 acceleration", speed.Status, types.BucketAccelerateStatusEnabled)
		life, err := c.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: bucket})
		must(err)
		first, second := life.Rules[0], life.Rules[1]
		equal(t, "C-CFN-6 lifecycle", []any{*first.ID, *first.Filter.And.Prefix, *first.Filter.And.Tags[0].Value, *first.Expiration.Days, *first.NoncurrentVersionExpiration.NoncurrentDays,
			*second.Transitions[0].Days, *second.AbortIncompleteMultipartUpload.DaysAfterInitiation}, []any{"old", "tmp/", "v", int32(9), int32(3), int32(30), int32(2)})
		policy, err := c.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: bucket})
		must(err)
		equal(t, "C-CFN-6 policy", *policy.Policy, `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:DeleteBucket","Resource":"arn:aws:s3:::furnished","Condition":{"StringEquals":{"aws:PrincipalAccount":"999999999999"}}}]}`)

		w.update("s", "Resources:\n  B: {Type: AWS::S3::Bucket, Properties: {BucketName: furnished}}")
		w.is("s", "UPDATE_COMPLETE")
		versioning, err = c.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: bucket})
		must(err)
		equal(t, "C-CFN-6 versions no more", versioning.Status, types.BucketVersioningStatusSuspended)
		for what, read := range map[string]func() error{
			"NoSuchBucketPolicy": func() error {
				_, err := c.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: bucket})
				return err
			},
			"NoSuchLifecycleConfiguration": func() error {
				_, err := c.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: bucket})
				return err
			},
			"NoSuchCORSConfiguration": func() error { _, err := c.GetBucketCors(ctx, &s3.GetBucketCorsInput{Bucket: bucket}); return err },
		} {
			if err := read(); err == nil || !contains([]string{err.Error()}, what) {
				t.Errorf("C-CFN-6 %s: %v", what, err)
			}
		}
		w.remove("s")
		if _, err := c.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: bucket}); err == nil {
			t.Error("C-CFN-6 the bucket is still there")
		}

		w.create("bad", "Resources:\n  B: {Type: AWS::S3::Bucket, Properties: {BucketName: half-made, CorsConfiguration: {CorsRules: [{AllowedMethods: [BREW], AllowedOrigins: ['*']}]}}}")
		w.is("bad", "ROLLBACK_COMPLETE")
		if _, err := c.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String("half-made")}); err == nil {
			t.Error("C-CFN-6 a bucket that was half made is still there")
		}
		w.create("odd", "Resources:\n  B: {Type: AWS::S3::Bucket, Properties: {VersioningConfiguration: {Status: Enabled, Sttus: x}}}")
		if !contains(w.events("odd"), "extraneous key [Sttus] is not permitted") {
			t.Errorf("C-CFN-6 %q", w.events("odd"))
		}
		made := aws.String("already")
		if _, err := c.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: made, CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: region}}); err != nil {
			t.Fatal(err)
		}
		with := "Resources:\n  P: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: already, PolicyDocument: {Statement: {Effect: Allow, Principal: {AWS: '222222222222'}, Action: 's3:GetObject', Resource: 'arn:aws:s3:::already/*'}}}}"
		w.create("one", with)
		w.is("one", "CREATE_COMPLETE")
		w.create("two", with)
		if !contains(w.events("two"), "already already exists") {
			t.Errorf("C-CFN-6 a second policy of a bucket: %q", w.events("two"))
		}
	})
}

// TestTemplateOfOthers reads a template from a bucket of another account, whose policy lets the account in.
func TestTemplateOfOthers(t *testing.T) {
	worlds(t, func(w *world) {
		t := w.T
		buckets := s3.NewFromConfig(w.Root(home, region), func(o *s3.Options) { o.UsePathStyle = true })
		at := w.put("shared.yaml", "Description: first\n"+topic)
		address := func(version string) *string {
			if version == "" {
				return &at
			}
			return aws.String(at + "?versionId=" + version)
		}
		other := cfn.NewFromConfig(w.Root("222222222222", region))
		read := func(version string) string {
			out, err := other.ValidateTemplate(context.Background(), &cfn.ValidateTemplateInput{TemplateURL: address(version)})
			if err != nil {
				return err.Error()
			}
			return aws.ToString(out.Description)
		}
		if got := read(""); !contains([]string{got}, "access to "+at+" is denied") {
			t.Errorf("C-PA-3 without a policy: %s", got)
		}
		policy := aws.String(`{"Statement":{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":["s3:GetObject","s3:GetObjectVersion"],"Resource":"arn:aws:s3:::others/shared.yaml"}}`)
		if _, err := buckets.PutBucketPolicy(context.Background(), &s3.PutBucketPolicyInput{Bucket: aws.String("others"), Policy: policy}); err != nil {
			t.Fatal(err)
		}
		equal(t, "C-PA-3 the policy lets the account in", read(""), "first")
		if _, err := buckets.PutBucketVersioning(context.Background(), &s3.PutBucketVersioningInput{Bucket: aws.String("others"),
			VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}}); err != nil {
			t.Fatal(err)
		}
		w.put("shared.yaml", "Description: second\n"+topic)
		equal(t, "C-PA-3 the latest version", read(""), "second")
		equal(t, "C-PA-3 the version that the address names", read("null"), "first")
		if _, err := buckets.DeleteObject(context.Background(), &s3.DeleteObjectInput{Bucket: aws.String("others"), Key: aws.String("shared.yaml")}); err != nil {
			t.Fatal(err)
		}
		if got := read(""); !contains([]string{got}, "there is no object shared.yaml in bucket others") {
			t.Errorf("C-PA-3 a deleted one: %s", got)
		}
	})
}
