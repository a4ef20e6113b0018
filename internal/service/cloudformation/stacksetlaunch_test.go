package cloudformation_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog/types"

	"portico/internal/ident"
	"portico/internal/testkit/servertest"
)

// TestStackSetProduct launches a product under a STACKSET constraint, as its end user, and ends it.
func TestStackSetProduct(t *testing.T) {
	worlds(t, func(w *world) {
		ctx := context.Background()
		w.Clock.Advance(time.Since(servertest.Epoch)) // the SDK signs with the time that it is
		must := func(err error) {
			w.Helper()
			if err != nil {
				w.Fatal(err)
			}
		}
		all := aws.String(`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)
		role := func(account ident.Account, name, principal string) {
			people := iam.NewFromConfig(w.Root(account, region))
			_, err := people.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(`{"Statement":{"Effect":"Allow","Principal":` + principal + `,"Action":"sts:AssumeRole"}}`)})
			must(err)
			_, err = people.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &name, PolicyName: aws.String("all"), PolicyDocument: all})
			must(err)
		}
		role(home, adminRole, `{"Service":"cloudformation.amazonaws.com"}`)
		role(second, execRole, `{"AWS":"arn:aws:iam::`+home+`:role/`+adminRole+`"}`)
		people := iam.NewFromConfig(w.Root(home, region))
		user, err := people.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("eve")})
		must(err)
		_, err = people.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: aws.String("eve"), PolicyName: aws.String("all"), PolicyDocument: all})
		must(err)
		key, err := people.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("eve")})
		must(err)

		admin := servicecatalog.NewFromConfig(w.Root(home, region))
		portfolio, err := admin.CreatePortfolio(ctx, &servicecatalog.CreatePortfolioInput{DisplayName: aws.String("P"), ProviderName: aws.String("P"), IdempotencyToken: aws.String("p")})
		must(err)
		product, err := admin.CreateProduct(ctx, &servicecatalog.CreateProductInput{Name: aws.String("Everywhere"), Owner: aws.String("o"), ProductType: types.ProductTypeCloudFormationTemplate, IdempotencyToken: aws.String("c"),
			ProvisioningArtifactParameters: &types.ProvisioningArtifactProperties{Info: map[string]string{"LoadTemplateFromURL": w.Template(w.T, home)}, Type: types.ProvisioningArtifactTypeCloudFormationTemplate}})
		must(err)
		p, id := portfolio.PortfolioDetail.Id, product.ProductViewDetail.ProductViewSummary.ProductId
		_, err = admin.AssociateProductWithPortfolio(ctx, &servicecatalog.AssociateProductWithPortfolioInput{PortfolioId: p, ProductId: id})
		must(err)
		_, err = admin.AssociatePrincipalWithPortfolio(ctx, &servicecatalog.AssociatePrincipalWithPortfolioInput{PortfolioId: p, PrincipalARN: user.User.Arn, PrincipalType: types.PrincipalTypeIam})
		must(err)
		constraint := `{"Version":"1.0","Properties":{"AccountList":["` + second + `"],"RegionList":["us-east-1","eu-west-1"],"StackInstanceControl":"ALLOWED"}}`
		_, err = admin.CreateConstraint(ctx, &servicecatalog.CreateConstraintInput{PortfolioId: p, ProductId: id, Type: aws.String("STACKSET"), Parameters: &constraint, IdempotencyToken: aws.String("s")})
		must(err)

		credentials := w.With(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, "", region)
		eve := servicecatalog.NewFromConfig(credentials)
		_, err = people.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: aws.String("eve"), PolicyName: aws.String("no"), PolicyDocument: aws.String(`{"Statement":{"Effect":"Deny","Action":"iam:PassRole","Resource":"*"}}`)})
		must(err)
		theirs := strings.Replace(constraint, `"RegionList"`, `"AdminRole":"arn:aws:iam::`+home+`:role/Strong","RegionList"`, 1)
		constraints, err := admin.ListConstraintsForPortfolio(ctx, &servicecatalog.ListConstraintsForPortfolioInput{PortfolioId: p})
		must(err)
		_, err = eve.UpdateConstraint(ctx, &servicecatalog.UpdateConstraintInput{Id: constraints.ConstraintDetails[0].ConstraintId, Parameters: &theirs})
		if err == nil || !strings.Contains(err.Error(), "not authorized to perform: iam:PassRole on resource: arn:aws:iam::"+home+":role/Strong") {
			w.Errorf("C-CONS-50 a role that eve may not pass, in a constraint: %v", err)
		}
		body := "Resources: {Topic: {Type: AWS::SNS::Topic}}"
		refuse(w, cfn.NewFromConfig(credentials).CreateStackSet, &cfn.CreateStackSetInput{StackSetName: aws.String("hers"), TemplateBody: &body,
			AdministrationRoleARN: aws.String("arn:aws:iam::" + home + ":role/Strong")}, "AccessDenied", "iam:PassRole")
		record := func(id *string) *servicecatalog.DescribeRecordOutput {
			w.settle()
			r, err := eve.DescribeRecord(ctx, &servicecatalog.DescribeRecordInput{Id: id})
			must(err)
			if r.RecordDetail.Status != types.RecordStatusSucceeded {
				w.Fatalf("%s: %+v", r.RecordDetail.Status, r.RecordDetail.RecordErrors)
			}
			return r
		}
		made, err := eve.ProvisionProduct(ctx, &servicecatalog.ProvisionProductInput{ProductId: id, ProvisioningArtifactId: product.ProvisioningArtifactDetail.Id, ProvisionedProductName: aws.String("set"),
			ProvisionToken: aws.String("t"), ProvisioningPreferences: &types.ProvisioningPreferences{StackSetRegions: []string{"us-east-1"}}})
		must(err)
		r := record(made.RecordDetail.RecordId)
		pp := made.RecordDetail.ProvisionedProductId
		equal(w.T, "C-LAUNCH-7 its type", *r.RecordDetail.ProvisionedProductType, "CFN_STACKSET")
		if len(r.RecordOutputs) != 1 || *r.RecordOutputs[0].OutputKey != "CloudformationStackSetARN" ||
			!strings.Contains(*r.RecordOutputs[0].OutputValue, ":stackset/SC-"+home+"-"+*pp+":") {
			w.Errorf("C-REC-2 outputs: %+v", r.RecordOutputs)
		}
		where := func() (out string) {
			list, err := eve.ListStackInstancesForProvisionedProduct(ctx, &servicecatalog.ListStackInstancesForProvisionedProductInput{ProvisionedProductId: pp})
			must(err)
			for _, i := range list.StackInstances {
				out += fmt.Sprintf("%s/%s %s;", *i.Account, *i.Region, i.StackInstanceStatus)
			}
			return out
		}
		equal(w.T, "C-PP-27 instances", where(), "222222222222/us-east-1 CURRENT;")
		more, err := eve.UpdateProvisionedProduct(ctx, &servicecatalog.UpdateProvisionedProductInput{ProvisionedProductId: pp, UpdateToken: aws.String("u"),
			ProvisioningPreferences: &types.UpdateProvisioningPreferences{StackSetOperationType: types.StackSetOperationTypeCreate}})
		must(err)
		record(more.RecordDetail.RecordId)
		equal(w.T, "C-CONS-54 more of them", where(), "222222222222/eu-west-1 CURRENT;222222222222/us-east-1 CURRENT;")
		end, err := eve.TerminateProvisionedProduct(ctx, &servicecatalog.TerminateProvisionedProductInput{ProvisionedProductId: pp, TerminateToken: aws.String("e")})
		must(err)
		record(end.RecordDetail.RecordId)
		if _, err := eve.DescribeProvisionedProduct(ctx, &servicecatalog.DescribeProvisionedProductInput{Id: pp}); err == nil {
			w.Error("C-PP-17 it is still there")
		}
	})
}
