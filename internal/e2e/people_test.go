package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"portico/internal/ident"
	"portico/internal/testkit"
)

// trust lets whoever it names assume a role.
func trust(kind, who string) *string {
	return aws.String(fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{%q:%q}}]}`, kind, who))
}

// role is aws_iam_role, one that Service Catalog can assume; it returns the ARN.
func (p *provider) role(who ident.Account, name, path string) string {
	p.t.Helper()
	out, err := iam.NewFromConfig(p.s.Root(who, region)).CreateRole(context.Background(), &iam.CreateRoleInput{
		RoleName: &name, Path: &path, AssumeRolePolicyDocument: trust("Service", "servicecatalog.amazonaws.com"),
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return *out.Role.Arn
}

// session is the provider with assume_role: it makes a role, and returns what names a product's launch paths, or the error
// code, as a session of it.
func (p *provider) session(who ident.Account, name string) func(product string) string {
	p.t.Helper()
	ctx, root := context.Background(), p.s.Root(who, region)
	role, err := iam.NewFromConfig(root).CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: trust("AWS", "arn:aws:iam::"+string(who)+":root")})
	if err != nil {
		p.t.Fatal(err)
	}
	_, err = iam.NewFromConfig(root).AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: &name, PolicyArn: aws.String(testkit.Administrator)})
	if err != nil {
		p.t.Fatal(err)
	}
	out, err := sts.NewFromConfig(root).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: role.Role.Arn, RoleSessionName: aws.String("terraform")})
	if err != nil {
		p.t.Fatal(err)
	}
	c := out.Credentials
	client := servicecatalog.NewFromConfig(p.s.With(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken, region))
	return func(product string) string {
		out, err := client.ListLaunchPaths(ctx, &servicecatalog.ListLaunchPathsInput{AcceptLanguage: aws.String("en"), ProductId: &product})
		var refused smithy.APIError
		if errors.As(err, &refused) {
			return refused.ErrorCode()
		}
		if err != nil {
			p.t.Fatal(err)
		}
		var names []string
		for _, s := range out.LaunchPathSummaries {
			names = append(names, *s.Name)
		}
		return strings.Join(names, " ")
	}
}
