package killing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"portico/internal/sigv4"
)

// The two versions of the product. The second changes the role, replaces the bucket and adds a policy.
const first = `
Parameters:
  Name: {Type: String}
Resources:
  Files:
    Type: AWS::S3::Bucket
    Properties: {BucketName: !Ref Name}
  Reader:
    Type: AWS::IAM::Role
    Properties:
      Description: !Sub "Reads ${Files}"
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: !Ref AWS::AccountId}, Action: sts:AssumeRole}]}
Outputs:
  Role: {Value: !GetAtt Reader.Arn}
`

const policy = `
  Reading:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: s3:GetObject, Resource: !Sub "${Files.Arn}/*"}]}
      Roles: [!Ref Reader]
Outputs:`

func second() string { return strings.Replace(first, "\nOutputs:", policy, 1) }

// shop is a product, and who launches it.
type shop struct {
	*fleet
	account, product, one, two string
}

const launcherTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"servicecatalog.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// open makes the product while nobody is killed, with a launch role, and gives the fleet the keys of a user who launches it.
func open(f *fleet) *shop {
	s, ctx := &shop{fleet: f}, context.Background()
	c := f.any()
	users, catalog := iam.NewFromConfig(c), servicecatalog.NewFromConfig(c)
	me := must(sts.NewFromConfig(c).GetCallerIdentity(ctx, nil))(f)
	s.account = *me.Account
	administrator := aws.String("arn:aws:iam::aws:policy/AdministratorAccess")
	user := must(users.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("ann")}))(f).User
	must(users.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: user.UserName, PolicyArn: administrator}))(f)
	role := must(users.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("Launcher"), AssumeRolePolicyDocument: aws.String(launcherTrust)}))(f).Role
	must(users.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: role.RoleName, PolicyArn: administrator}))(f)
	key := must(users.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: user.UserName}))(f).AccessKey

	files := s3.NewFromConfig(c, func(o *s3.Options) { o.UsePathStyle = true })
	must(files.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("templates")}))(f)
	version := func(name, body string) *types.ProvisioningArtifactProperties {
		must(files.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("templates"), Key: &name, Body: strings.NewReader(body)}))(f)
		return &types.ProvisioningArtifactProperties{Name: &name, Type: types.ProvisioningArtifactTypeCloudFormationTemplate,
			Info: map[string]string{"LoadTemplateFromURL": *c.BaseEndpoint + "/templates/" + name}}
	}
	made := must(catalog.CreateProduct(ctx, &servicecatalog.CreateProductInput{Name: aws.String("Files"), Owner: aws.String("us"),
		ProductType: types.ProductTypeCloudFormationTemplate, ProvisioningArtifactParameters: version("one", first)}))(f)
	s.product, s.one = *made.ProductViewDetail.ProductViewSummary.ProductId, *made.ProvisioningArtifactDetail.Id
	s.two = *must(catalog.CreateProvisioningArtifact(ctx, &servicecatalog.CreateProvisioningArtifactInput{ProductId: &s.product, Parameters: version("two", second())}))(f).ProvisioningArtifactDetail.Id
	portfolio := must(catalog.CreatePortfolio(ctx, &servicecatalog.CreatePortfolioInput{DisplayName: aws.String("All"), ProviderName: aws.String("us")}))(f).PortfolioDetail.Id
	must(catalog.AssociateProductWithPortfolio(ctx, &servicecatalog.AssociateProductWithPortfolioInput{PortfolioId: portfolio, ProductId: &s.product}))(f)
	must(catalog.AssociatePrincipalWithPortfolio(ctx, &servicecatalog.AssociatePrincipalWithPortfolioInput{PortfolioId: portfolio, PrincipalARN: user.Arn, PrincipalType: types.PrincipalTypeIam}))(f)
	must(catalog.CreateConstraint(ctx, &servicecatalog.CreateConstraintInput{PortfolioId: portfolio, ProductId: &s.product, Type: aws.String("LAUNCH"),
		Parameters: aws.String(fmt.Sprintf(`{"RoleArn":%q}`, *role.Arn))}))(f)
	f.keys = credentials.NewStaticCredentialsProvider(*key.AccessKeyId, *key.SecretAccessKey, "")
	return s
}

func must[T any](out T, err error) func(f *fleet) T {
	return func(f *fleet) T {
		f.Helper()
		if err != nil {
			f.Fatal(err)
		}
		return out
	}
}

// life is what becomes of one provisioned product.
type life struct {
	name                string
	updates, terminates bool
	plans               bool // it is updated by a plan
	// cancels says that its launch is given up at some moment, regrets that its update is, and is then made again.
	cancels, regrets bool
	moment           time.Duration // how long after it was asked for

	id        string
	cancelled bool // its launch was given up in time
	undone    bool // its first update was
	failed    error
}

// lives are drawn; half of them are updated and half terminated.
func lives(n int, seed uint64) []*life {
	r := rand.New(rand.NewPCG(seed, 1<<32))
	all := make([]*life, n)
	for i := range all {
		all[i] = &life{name: fmt.Sprintf("life-%d", i), updates: r.IntN(2) == 0, terminates: r.IntN(2) == 0, plans: r.IntN(3) == 0, cancels: r.IntN(4) == 0,
			regrets: r.IntN(3) == 0, moment: time.Duration(r.Int64N(int64(longest)))}
	}
	return all
}

// bucket is what a life's bucket is called, which an update replaces.
func (l *life) bucket() string {
	if l.updates {
		return l.name + "-b"
	}
	return l.name + "-a"
}

func named(bucket string) []types.ProvisioningParameter {
	return []types.ProvisioningParameter{{Key: aws.String("Name"), Value: &bucket}}
}

// live launches, updates and terminates, each under a token of its own, so that what was not answered is asked again.
func (s *shop) live(ctx context.Context, l *life) error {
	made, err := ask(ctx, s.fleet, func(ctx context.Context, c aws.Config) (*servicecatalog.ProvisionProductOutput, error) {
		return servicecatalog.NewFromConfig(c).ProvisionProduct(ctx, &servicecatalog.ProvisionProductInput{ProductId: &s.product, ProvisioningArtifactId: &s.one,
			ProvisionedProductName: &l.name, ProvisionToken: aws.String(l.name + "-launch"), ProvisioningParameters: named(l.name + "-a")})
	})
	if err != nil {
		return err
	}
	l.id = *made.RecordDetail.ProvisionedProductId
	if l.cancels {
		l.cancelled, err = s.regret(ctx, l, made.RecordDetail)
	} else {
		err = s.ends(ctx, l, made.RecordDetail)
	}
	if err != nil {
		return err
	}
	if l.updates && !l.cancelled {
		if err := s.change(ctx, l); err != nil {
			return err
		}
	}
	if !l.gone() {
		return nil
	}
	gone, err := ask(ctx, s.fleet, func(ctx context.Context, c aws.Config) (*servicecatalog.TerminateProvisionedProductOutput, error) {
		return servicecatalog.NewFromConfig(c).TerminateProvisionedProduct(ctx, &servicecatalog.TerminateProvisionedProductInput{ProvisionedProductId: &l.id,
			TerminateToken: aws.String(l.name + "-terminate")})
	})
	if errors.As(err, new(*types.ResourceNotFoundException)) { // whoever accepted it died before saying so, and it has ended (C-PP-17)
		s.progress()
		return nil
	}
	if err != nil {
		return err
	}
	return s.ends(ctx, l, gone.RecordDetail)
}

// gone reports whether a life ends: what was given up does.
func (l *life) gone() bool { return l.terminates || l.cancelled }

// change updates, if need be twice: the first time is given up.
func (s *shop) change(ctx context.Context, l *life) error {
	if l.regrets {
		r, err := s.update(ctx, l, "-regretted")
		if err != nil {
			return err
		}
		if l.undone, err = s.regret(ctx, l, r); err != nil || !l.undone {
			return err // it was done before it was given up
		}
	}
	r, err := s.update(ctx, l, "-update")
	if err != nil {
		return err
	}
	return s.ends(ctx, l, r)
}

// update asks for the second version, by a plan or at once.
func (s *shop) update(ctx context.Context, l *life, token string) (*types.RecordDetail, error) {
	if l.plans {
		return s.planned(ctx, l, token)
	}
	out, err := ask(ctx, s.fleet, func(ctx context.Context, c aws.Config) (*servicecatalog.UpdateProvisionedProductOutput, error) {
		return servicecatalog.NewFromConfig(c).UpdateProvisionedProduct(ctx, &servicecatalog.UpdateProvisionedProductInput{ProvisionedProductId: &l.id, ProductId: &s.product,
			ProvisioningArtifactId: &s.two, UpdateToken: aws.String(l.name + token), ProvisioningParameters: changed(l.bucket())})
	})
	if err != nil {
		return nil, err
	}
	return out.RecordDetail, nil
}

func changed(bucket string) []types.UpdateProvisioningParameter {
	return []types.UpdateProvisioningParameter{{Key: aws.String("Name"), Value: &bucket}}
}

// planned makes a plan, waits for it, and executes it.
func (s *shop) planned(ctx context.Context, l *life, token string) (*types.RecordDetail, error) {
	made, err := ask(ctx, s.fleet, func(ctx context.Context, c aws.Config) (*servicecatalog.CreateProvisionedProductPlanOutput, error) {
		return servicecatalog.NewFromConfig(c).CreateProvisionedProductPlan(ctx, &servicecatalog.CreateProvisionedProductPlanInput{PlanName: aws.String("plan" + token),
			PlanType: types.ProvisionedProductPlanTypeCloudformation, ProvisionedProductName: &l.name, ProductId: &s.product, ProvisioningArtifactId: &s.two,
			IdempotencyToken: aws.String(l.name + token + "-plan"), ProvisioningParameters: changed(l.bucket())})
	})
	if err != nil {
		return nil, err
	}
	for ready := false; !ready; {
		seen, err := ask(ctx, s.fleet, func(ctx context.Context, c aws.Config) (*servicecatalog.DescribeProvisionedProductPlanOutput, error) {
			return servicecatalog.NewFromConfig(c).DescribeProvisionedProductPlan(ctx, &servicecatalog.DescribeProvisionedProductPlanInput{PlanId: made.PlanId})
		})
		if err != nil {
			return nil, err
		}
		d := seen.ProvisionedProductPlanDetails
		if ready = d.Status == types.ProvisionedProductPlanStatusCreateSuccess; !ready && (d.Status != types.ProvisionedProductPlanStatusCreateInProgress || !pause(ctx, 50*time.Millisecond)) {
			return nil, fmt.Errorf("the plan of %s is %s: %s", l.name, d.Status, aws.ToString(d.StatusMessage))
		}
	}
	out, err := ask(ctx, s.fleet, func(ctx context.Context, c aws.Config) (*servicecatalog.ExecuteProvisionedProductPlanOutput, error) {
		return servicecatalog.NewFromConfig(c).ExecuteProvisionedProductPlan(ctx, &servicecatalog.ExecuteProvisionedProductPlanInput{PlanId: made.PlanId, IdempotencyToken: aws.String(l.name + token)})
	})
	if err != nil {
		return nil, err
	}
	return out.RecordDetail, nil
}

// regret gives a record up after a moment, and reports whether it ended by that: it may have been done before.
func (s *shop) regret(ctx context.Context, l *life, r *types.RecordDetail) (back bool, err error) {
	pause(ctx, l.moment)
	for {
		answered, err := s.cancel(ctx, *r.RecordId)
		if answered {
			break
		}
		if !pause(ctx, 10*time.Millisecond) {
			return false, fmt.Errorf("record %s of %s is not given up: %w", *r.RecordId, l.name, err)
		}
	}
	err = s.ends(ctx, l, r)
	if err != nil && strings.Contains(err.Error(), "Cancelled by ") {
		s.progress()
		return true, nil
	}
	return false, err
}

// cancel asks one of the servers to give a record up, and reports whether that one answered.
func (s *shop) cancel(ctx context.Context, record string) (answered bool, err error) {
	c := s.any()
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, *c.BaseEndpoint+"/_portico/v1/record/cancel?id="+record, http.NoBody)
	if err != nil {
		return false, err
	}
	keys, err := c.Credentials.Retrieve(ctx)
	if err != nil {
		return false, err
	}
	if err := v4.NewSigner().SignHTTP(ctx, keys, q, sigv4.Hash(nil), "servicecatalog", region, time.Now()); err != nil {
		return false, err
	}
	a, err := s.client.Do(q)
	if err != nil {
		return false, err
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	return err == nil && a.StatusCode < http.StatusInternalServerError, fmt.Errorf("%s: %s", a.Status, text)
}

// ends watches a record until it has ended, and fails unless it ended well.
func (s *shop) ends(ctx context.Context, l *life, r *types.RecordDetail) error {
	for {
		seen, err := ask(ctx, s.fleet, func(ctx context.Context, c aws.Config) (*servicecatalog.DescribeRecordOutput, error) {
			return servicecatalog.NewFromConfig(c).DescribeRecord(ctx, &servicecatalog.DescribeRecordInput{Id: r.RecordId})
		})
		if err != nil {
			return err
		}
		switch d := seen.RecordDetail; d.Status {
		case types.RecordStatusSucceeded:
			s.progress()
			return nil
		case types.RecordStatusFailed:
			return fmt.Errorf("record %s of %s failed: %v", *r.RecordId, l.name, aws.ToString(d.RecordErrors[0].Description))
		}
		if !pause(ctx, 100*time.Millisecond) {
			return fmt.Errorf("record %s of %s is still %s", *r.RecordId, l.name, seen.RecordDetail.Status)
		}
	}
}
