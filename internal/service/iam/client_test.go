package iam_test

import (
	"context"
	"errors"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

// TestClient has AWS's own client give a role its policies and take them away, as tools that manage IAM do.
func TestClient(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		ctx := context.Background()
		c := iam.NewFromConfig(servertest.Start(t, servertest.Options{Store: o}).Root(account, "us-east-1"))
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		role := aws.String("launch")
		made, err := c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("launch"), PolicyDocument: aws.String(policy("s3:*")),
			Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}})
		must(err)
		_, err = c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: role, AssumeRolePolicyDocument: aws.String(openTrust), PermissionsBoundary: made.Policy.Arn})
		must(err)
		_, err = c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: role, PolicyArn: made.Policy.Arn})
		must(err)
		_, err = c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: role, PolicyName: aws.String("in"), PolicyDocument: aws.String(policy("ec2:*"))})
		must(err)

		got, err := c.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: made.Policy.Arn})
		must(err)
		if *got.Policy.AttachmentCount != 1 || *got.Policy.PermissionsBoundaryUsageCount != 1 || len(got.Policy.Tags) != 1 {
			t.Errorf("policy %+v", got.Policy)
		}
		v, err := c.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: made.Policy.Arn, VersionId: got.Policy.DefaultVersionId})
		must(err)
		if text, err := url.QueryUnescape(*v.PolicyVersion.Document); err != nil || text != policy("s3:*") {
			t.Errorf("document %s, %v", text, err)
		}
		simulated, err := c.SimulatePrincipalPolicy(ctx, &iam.SimulatePrincipalPolicyInput{
			PolicySourceArn: aws.String("arn:aws:iam::111111111111:role/launch"), ActionNames: []string{"s3:GetObject", "ec2:RunInstances"}})
		must(err)
		if r := simulated.EvaluationResults; r[0].EvalDecision != types.PolicyEvaluationDecisionTypeAllowed || r[1].EvalDecision != types.PolicyEvaluationDecisionTypeImplicitDeny {
			t.Errorf("simulated %+v", r)
		}
		seen := 0
		for p := iam.NewGetAccountAuthorizationDetailsPaginator(c, &iam.GetAccountAuthorizationDetailsInput{MaxItems: aws.Int32(1)}); p.HasMorePages(); seen++ {
			_, err := p.NextPage(ctx)
			must(err)
		}
		if seen != 2 {
			t.Errorf("details on %d pages", seen)
		}
		summary, err := c.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})
		must(err)
		if summary.SummaryMap["Policies"] != 1 {
			t.Errorf("summary %v", summary.SummaryMap)
		}

		var conflict *types.DeleteConflictException
		if _, err = c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: role}); !errors.As(err, &conflict) {
			t.Errorf("delete a role that has policies: %v", err)
		}
		var malformed *types.MalformedPolicyDocumentException
		if _, err = c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: role, PolicyName: aws.String("in"), PolicyDocument: aws.String("{}")}); !errors.As(err, &malformed) {
			t.Errorf("no policy: %v", err)
		}
		_, err = c.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: role, PolicyArn: made.Policy.Arn})
		must(err)
		_, err = c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: role, PolicyName: aws.String("in")})
		must(err)
		_, err = c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: role})
		must(err)
		_, err = c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: made.Policy.Arn})
		must(err)
		var absent *types.NoSuchEntityException
		if _, err = c.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: made.Policy.Arn}); !errors.As(err, &absent) {
			t.Errorf("a policy that is gone: %v", err)
		}
	})
}
