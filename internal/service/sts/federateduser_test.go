package sts_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
)

// TestFederatedUser looks at whom a user or root vouches for.
func TestFederatedUser(t *testing.T) {
	clouds(t, func(c cloud) {
		ctx := context.Background()
		vouch := func(by key, in sts.GetFederationTokenInput) (*sts.GetFederationTokenOutput, error) {
			in.Name = aws.String("bob")
			return c.sts(by).GetFederationToken(ctx, &in)
		}
		guest := func(by key, in sts.GetFederationTokenInput) key {
			c.Helper()
			out, err := vouch(by, in)
			c.must(err)
			return keyOf(out.Credentials)
		}
		broker := c.user(home, "broker", allowing("sts:GetFederationToken", "servicecatalog:ListPortfolios"))
		root := roots(home)
		c.reads("without a policy", guest(broker, sts.GetFederationTokenInput{}), "")
		c.reads("of the root, without a policy", guest(root, sts.GetFederationTokenInput{}), "")
		c.reads("with all", guest(broker, sts.GetFederationTokenInput{Policy: aws.String(allow)}), "ListPortfolios")
		c.reads("of the root, with all", guest(root, sts.GetFederationTokenInput{Policy: aws.String(allow)}), "ListPortfolios ListTagOptions")
		c.reads("with what the user may not", guest(broker, sts.GetFederationTokenInput{Policy: aws.String(allowing("servicecatalog:ListTagOptions"))}), "")
		reads := c.policy("reads", allowing("servicecatalog:List*"))
		c.reads("with a managed policy", guest(root, sts.GetFederationTokenInput{PolicyArns: managed(reads)}), "ListPortfolios ListTagOptions")

		out, err := vouch(broker, sts.GetFederationTokenInput{Policy: aws.String(allow)})
		c.must(err)
		bob := keyOf(out.Credentials)
		who, err := c.sts(bob).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		c.must(err)
		if want := "arn:aws:sts::111111111111:federated-user/bob"; *who.Arn != want || *out.FederatedUser.Arn != want {
			c.Errorf("it is %s, and was said to be %s", *who.Arn, *out.FederatedUser.Arn)
		}
		if want := "111111111111:bob"; *who.UserId != want || *out.FederatedUser.FederatedUserId != want {
			c.Errorf("it is %s, and was said to be %s", *who.UserId, *out.FederatedUser.FederatedUserId)
		}
		if a := c.call(bob, "servicecatalog:ListTagOptions"); !strings.HasPrefix(a.Message, "User: arn:aws:sts::111111111111:federated-user/bob is not authorized to perform: ") {
			c.Errorf("refused as %s", a.Message)
		}

		open := c.role("open", trusts(anyone, ""), allow)
		_, err = c.assume(bob, sts.AssumeRoleInput{RoleArn: &open})
		c.refused("a role", err, "AccessDenied", "Cannot call AssumeRole with session credentials")
		_, err = iam.NewFromConfig(c.config(bob)).ListUsers(ctx, &iam.ListUsersInput{})
		c.refused("IAM", err, "InvalidClientTokenId", "The security token included in the request is invalid.")
		_, err = c.sts(bob).GetFederationToken(ctx, &sts.GetFederationTokenInput{Name: aws.String("eve")})
		if err == nil {
			c.Error("a federated user vouches for another")
		}
	})
}

func TestFederatedUserRefusals(t *testing.T) {
	clouds(t, func(c cloud) {
		broker := c.user(home, "broker", allowing("sts:GetFederationToken"))
		named := c.user(home, "named", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:*","Resource":"arn:aws:sts::111111111111:federated-user/b*",
			"Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":"team"}}}}`)
		const bob = "arn:aws:sts::111111111111:federated-user/bob"
		no := func(user, action, arn string) string {
			return "User: arn:aws:iam::111111111111:user/" + user + " is not authorized to perform: " + action + " on resource: " + arn +
				" because no identity-based policy allows the " + action + " action"
		}
		long := allow + strings.Repeat(" ", 2047-len(allow))
		for _, x := range []struct {
			name          string
			by            key
			in            sts.GetFederationTokenInput
			code, message string
		}{
			{"no right to", c.user(home, "nobody", ""), sts.GetFederationTokenInput{}, "AccessDenied", no("nobody", "sts:GetFederationToken", bob)},
			{"no right to tag", broker, sts.GetFederationTokenInput{Tags: []types.Tag{tag("k", "v")}}, "AccessDenied", no("broker", "sts:TagSession", bob)},
			{"another name", named, sts.GetFederationTokenInput{Name: aws.String("eve")}, "AccessDenied", no("named", "sts:GetFederationToken", "arn:aws:sts::111111111111:federated-user/eve")},
			{"another tag", named, sts.GetFederationTokenInput{Tags: []types.Tag{tag("cost", "v")}}, "AccessDenied", no("named", "sts:GetFederationToken", bob)},
			{"the same tag twice", named, sts.GetFederationTokenInput{Tags: []types.Tag{tag("team", "v"), tag("TEAM", "v")}}, "AccessDenied", no("named", "sts:GetFederationToken", bob)},
			{"the same tag twice, allowed", c.user(home, "all", allow), sts.GetFederationTokenInput{Tags: []types.Tag{tag("team", "v"), tag("TEAM", "v")}}, "InvalidParameterValue",
				"Duplicate tag keys found. Please note that Tag keys are case insensitive."},
			{"no policy", broker, sts.GetFederationTokenInput{Policy: aws.String(`{"Statement":5}`)}, "MalformedPolicyDocument", "Syntax error in policy: Statement[0] must be a JSON object"},
			{"a policy and an ARN that are long together", broker, sts.GetFederationTokenInput{Policy: &long, PolicyArns: managed("arn:aws:iam::aws:policy/ReadOnlyAccess")},
				"PackedPolicyTooLarge", "Packed size of session policies and tags consumes 102% of allotted space."},
			{"another account's policy", broker, sts.GetFederationTokenInput{PolicyArns: managed("arn:aws:iam::222222222222:policy/p")}, "ValidationError",
				"Policy arn:aws:iam::222222222222:policy/p does not exist or is not attachable."},
		} {
			if x.in.Name == nil {
				x.in.Name = aws.String("bob")
			}
			_, err := c.sts(x.by).GetFederationToken(context.Background(), &x.in)
			c.refused(x.name, err, x.code, x.message)
		}
		out, err := c.sts(named).GetFederationToken(context.Background(), &sts.GetFederationTokenInput{Name: aws.String("bob"), Tags: []types.Tag{tag("team", "red")}})
		c.must(err)
		if out.Credentials == nil {
			c.Error("no credentials")
		}
	})
}
