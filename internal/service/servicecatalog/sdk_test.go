package servicecatalog_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog/types"

	"portico/internal/engine/fake"
	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

// sdk is a running server, as AWS's own client sees it.
type sdk struct {
	*testing.T
	admin, user      *servicecatalog.Client
	product, version *string
}

func newSDK(t *testing.T, s *servertest.Server) sdk {
	ctx := t.Context()
	c := sdk{T: t, admin: servicecatalog.NewFromConfig(s.Root("111111111111", "us-east-1"))}
	people := iam.NewFromConfig(s.Root("111111111111", "us-east-1"))
	u, err := people.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("ann")})
	c.must(err)
	_, denied := people.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: aws.String("ann"), PolicyArn: aws.String(testkit.Administrator)})
	c.must(denied)
	key, err := people.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("ann")})
	c.must(err)
	c.user = servicecatalog.NewFromConfig(s.With(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, "", "us-east-1"))
	portfolio, err := c.admin.CreatePortfolio(ctx, &servicecatalog.CreatePortfolioInput{DisplayName: aws.String("Storage"), ProviderName: aws.String("IT")})
	c.must(err)
	product, err := c.admin.CreateProduct(ctx, &servicecatalog.CreateProductInput{Name: aws.String("Topic"), Owner: aws.String("IT"), ProductType: types.ProductTypeCloudFormationTemplate,
		ProvisioningArtifactParameters: &types.ProvisioningArtifactProperties{Info: map[string]string{"LoadTemplateFromURL": s.Template(t, "111111111111")}}})
	c.must(err)
	c.product, c.version = product.ProductViewDetail.ProductViewSummary.ProductId, product.ProvisioningArtifactDetail.Id
	_, err = c.admin.AssociateProductWithPortfolio(ctx, &servicecatalog.AssociateProductWithPortfolioInput{PortfolioId: portfolio.PortfolioDetail.Id, ProductId: c.product})
	c.must(err)
	_, err = c.admin.AssociatePrincipalWithPortfolio(ctx, &servicecatalog.AssociatePrincipalWithPortfolioInput{PortfolioId: portfolio.PortfolioDetail.Id, PrincipalARN: u.User.Arn, PrincipalType: types.PrincipalTypeIam})
	c.must(err)
	return c
}

func (c sdk) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// ended is a record once it is.
func (c sdk) ended(ctx context.Context, id *string) (*servicecatalog.DescribeRecordOutput, error) {
	for {
		r, err := c.user.DescribeRecord(ctx, &servicecatalog.DescribeRecordInput{Id: id})
		if err != nil {
			return nil, err
		}
		if s := r.RecordDetail.Status; s == types.RecordStatusSucceeded || s == types.RecordStatusFailed {
			return r, nil
		}
	}
}

// live launches one, updates it and ends it, as a client does that waits for each.
func (c sdk) live(ctx context.Context, name string) error {
	made, err := c.user.ProvisionProduct(ctx, &servicecatalog.ProvisionProductInput{ProductId: c.product, ProvisioningArtifactId: c.version, ProvisionedProductName: &name})
	if err != nil {
		return err
	}
	pp := made.RecordDetail.ProvisionedProductId
	r, err := c.ended(ctx, made.RecordDetail.RecordId)
	if err != nil {
		return err
	}
	if len(r.RecordOutputs) != 1 || *r.RecordOutputs[0].OutputKey != "CloudformationStackARN" {
		return fmt.Errorf("outputs of %s: %v, errors %v", name, r.RecordOutputs, r.RecordDetail.RecordErrors)
	}
	updated, err := c.user.UpdateProvisionedProduct(ctx, &servicecatalog.UpdateProvisionedProductInput{ProvisionedProductId: pp})
	if err != nil {
		return err
	}
	if r, err = c.ended(ctx, updated.RecordDetail.RecordId); err != nil || r.RecordDetail.Status != types.RecordStatusSucceeded {
		return fmt.Errorf("update of %s: %v", name, err)
	}
	d, err := c.user.DescribeProvisionedProduct(ctx, &servicecatalog.DescribeProvisionedProductInput{Id: pp})
	if err != nil || d.ProvisionedProductDetail.Status != types.ProvisionedProductStatusAvailable {
		return fmt.Errorf("%s is not available: %v", name, err)
	}
	end, err := c.user.TerminateProvisionedProduct(ctx, &servicecatalog.TerminateProvisionedProductInput{ProvisionedProductId: pp})
	if err != nil {
		return err
	}
	if _, err = c.ended(ctx, end.RecordDetail.RecordId); err != nil {
		return err
	}
	_, err = c.user.DescribeProvisionedProduct(ctx, &servicecatalog.DescribeProvisionedProductInput{Id: pp})
	if !errors.As(err, new(*types.ResourceNotFoundException)) {
		return fmt.Errorf("%s is not gone: %v", name, err)
	}
	return nil
}

// TestSDK lets several of AWS's own clients launch, update and end at once, with workers in the background.
func TestSDK(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		engine := new(fake.Engine)
		s := servertest.Start(t, servertest.Options{Store: o, Engine: engine})
		c := newSDK(t, s)
		const clients, each = 4, 3
		var all sync.WaitGroup
		for i := range clients {
			all.Go(func() {
				for n := range each {
					if err := c.live(t.Context(), fmt.Sprintf("topic-%d-%d", i, n)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		stacks := engine.Stacks()
		for name, m := range stacks {
			if m.Times != 1 || m.Deleted != 1 {
				t.Errorf("C-LAUNCH-20 %s was made %d times and deleted %d times", name, m.Times, m.Deleted)
			}
		}
		if len(stacks) != clients*each {
			t.Errorf("C-LAUNCH-20 %d stacks, want %d", len(stacks), clients*each)
		}
		_, err := c.user.UpdateProvisionedProduct(t.Context(), &servicecatalog.UpdateProvisionedProductInput{ProvisionedProductId: aws.String("pp-none")})
		if !errors.As(err, new(*types.ResourceNotFoundException)) {
			t.Errorf("an unknown one: %v", err)
		}
	})
}
