package remote_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	gocmp "github.com/google/go-cmp/cmp"

	"portico/internal/catalog"
	"portico/internal/engine/remote"
	"portico/internal/ident"
	scapi "portico/internal/service/servicecatalog/api"
	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	home    = "222222222222" // offers the products and launches them
	operate = "999999999999" // whose credentials the server has at the endpoint
	region  = "eu-west-1"
	role    = "arn:aws:iam::" + home + ":role/launch"
)

// world is a server whose launches go to an endpoint: another server of its own database, with a proxy before it that a test
// may have lose answers.
type world struct {
	*testing.T
	*servertest.Server
	far   *servertest.Server
	proxy *proxy
	user  servertest.Signer
	// portfolio is where the user finds products.
	portfolio string
	tokens    int
	front     string // how launches reach the templates
}

// proxy stands before an endpoint.
type proxy struct {
	mu   sync.Mutex
	seen []string // actions
	// meddle may answer in place of the endpoint, before the request is passed on or after; nil passes everything.
	meddle func(action string, after bool, w http.ResponseWriter) bool
	to     string
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	action := form.Get("Action")
	p.seen = append(p.seen, action)
	if p.meddle != nil && p.meddle(action, false, w) {
		return
	}
	on, err := http.NewRequestWithContext(r.Context(), r.Method, p.to+r.URL.Path, bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	on.Header, on.Host = r.Header.Clone(), r.Host // the signature is over both
	answer, err := http.DefaultClient.Do(on)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer answer.Body.Close()
	if p.meddle != nil && p.meddle(action, true, w) {
		return
	}
	maps.Copy(w.Header(), answer.Header)
	w.WriteHeader(answer.StatusCode)
	io.Copy(w, answer.Body)
}

// newWorld starts both servers on their databases.
func newWorld(t *testing.T, near, far store.Options) *world {
	return pausing(t, near, servertest.Options{Store: far}, 0)
}

// pausing is newWorld with an endpoint of other options, at which launches look after a pause.
func pausing(t *testing.T, near store.Options, far servertest.Options, pause time.Duration) *world {
	w := &world{T: t, proxy: new(proxy)}
	w.far = servertest.Start(t, far)
	w.proxy.to = w.far.URL
	before := httptest.NewServer(w.proxy)
	t.Cleanup(before.Close)
	engine := &remote.Engine{Endpoint: before.URL, Keys: remote.Assumed{Config: w.far.Root(operate, region), Endpoint: before.URL}, Now: time.Now,
		Pause: func(time.Duration) time.Duration { return pause }}
	w.Server = servertest.Start(t, servertest.Options{Store: near, Exact: true, Engine: engine, Failures: true})
	_, err := iam.NewFromConfig(w.far.Root(operate, region)).ListUsers(context.Background(), &iam.ListUsersInput{}) // the account is there from now
	w.must(err)
	w.launchRole(w.Server, `{"Service":"servicecatalog.amazonaws.com"}`)
	w.launchRole(w.far, `{"AWS":"`+operate+`"}`)
	w.people()
	return w
}

// worlds runs body with both databases on either side.
func worlds(t *testing.T, body func(w *world)) {
	testkit.Databases(t, func(t *testing.T, o store.Options) { body(newWorld(t, o, testkit.SQLite(t))) })
}

// launchRole makes the launch role on a server, for whoever may assume it there.
func (w *world) launchRole(s *servertest.Server, principal string) {
	w.Helper()
	c := iam.NewFromConfig(s.Root(home, region))
	_, err := c.CreateRole(context.Background(), &iam.CreateRoleInput{RoleName: aws.String("launch"),
		AssumeRolePolicyDocument: aws.String(`{"Statement":{"Effect":"Allow","Principal":` + principal + `,"Action":"sts:AssumeRole"}}`)})
	w.must(err)
	_, err = c.AttachRolePolicy(context.Background(), &iam.AttachRolePolicyInput{RoleName: aws.String("launch"), PolicyArn: aws.String(testkit.Administrator)})
	w.must(err)
}

// people makes the user who launches, and a portfolio that the user reaches.
func (w *world) people() {
	w.Helper()
	ctx, c := context.Background(), iam.NewFromConfig(w.Root(home, region))
	_, err := c.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("eve")})
	w.must(err)
	_, err = c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: aws.String("eve"), PolicyArn: aws.String(testkit.Administrator)})
	w.must(err)
	key, err := c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("eve")})
	w.must(err)
	w.user = servertest.Signer{Key: *key.AccessKey.AccessKeyId, Secret: *key.AccessKey.SecretAccessKey}
	w.portfolio = w.admin("CreatePortfolio", servertest.Args{"DisplayName": "P", "ProviderName": "IT", "IdempotencyToken": w.token()}).Get("PortfolioDetail.Id")
	w.admin("AssociatePrincipalWithPortfolio", servertest.Args{"PortfolioId": w.portfolio, "PrincipalARN": "arn:aws:iam::" + home + ":user/eve", "PrincipalType": "IAM"})
	_, err = s3.NewFromConfig(w.Root(home, "us-east-1"), func(o *s3.Options) { o.UsePathStyle = true }).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("templates-of-home")})
	w.must(err)
}

const (
	callTime = time.Minute
	minute   = time.Minute
)

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) token() string {
	w.tokens++
	return fmt.Sprintf("token-%d", w.tokens)
}

// admin makes a call as the account's root that must succeed.
func (w *world) admin(op string, in servertest.Args) servertest.Answer {
	w.Helper()
	a, err := w.Ask(context.Background(), home, region, op, in)
	w.must(err)
	if a.Code != "" {
		w.Fatalf("%s: %s: %s", op, a.Code, a.Message)
	}
	return a
}

// ask makes a call as the user that must succeed.
func (w *world) ask(op string, in servertest.Args) servertest.Answer {
	w.Helper()
	a := w.try(op, in)
	if a.Code != "" {
		w.Fatalf("%s: %s: %s", op, a.Code, a.Message)
	}
	return a
}

func (w *world) try(op string, in servertest.Args) servertest.Answer {
	w.Helper()
	return w.CallIn(w.T, region, w.user, &scapi.Service, op, in)
}

// product is a product with its versions by name.
type product struct {
	id       string
	versions map[string]string
}

// offer makes a product of templates, the first of which is v1, and offers it with the launch role and other constraints.
func (w *world) offer(name, launchRole string, rules string, templates ...string) product {
	w.Helper()
	p := product{versions: map[string]string{}}
	for i, body := range templates {
		version := servertest.Args{"Name": fmt.Sprintf("v%d", i+1), "Type": catalog.CloudFormation, "Info": servertest.Args{"LoadTemplateFromURL": w.upload(name, i, body)}}
		if i == 0 {
			a := w.admin("CreateProduct", servertest.Args{"Name": name, "Owner": "IT", "ProductType": catalog.CloudFormation, "IdempotencyToken": w.token(), "ProvisioningArtifactParameters": version})
			p.id, p.versions["v1"] = a.Get("ProductViewDetail.ProductViewSummary.ProductId"), a.Get("ProvisioningArtifactDetail.Id")
			continue
		}
		a := w.admin("CreateProvisioningArtifact", servertest.Args{"ProductId": p.id, "IdempotencyToken": w.token(), "Parameters": version})
		p.versions[fmt.Sprintf("v%d", i+1)] = a.Get("ProvisioningArtifactDetail.Id")
	}
	w.admin("AssociateProductWithPortfolio", servertest.Args{"PortfolioId": w.portfolio, "ProductId": p.id})
	constraint := func(kind, parameters string) {
		w.admin("CreateConstraint", servertest.Args{"PortfolioId": w.portfolio, "ProductId": p.id, "Type": kind, "Parameters": parameters, "IdempotencyToken": w.token()})
	}
	if launchRole != "" {
		constraint("LAUNCH", `{"RoleArn":"`+launchRole+`"}`)
	}
	if rules != "" {
		constraint("TEMPLATE", rules)
	}
	return p
}

func (w *world) upload(name string, n int, body string) string {
	w.Helper()
	c := s3.NewFromConfig(w.Root(home, "us-east-1"), func(o *s3.Options) { o.UsePathStyle = true })
	key := fmt.Sprintf("%s-%d.yaml", name, n)
	_, err := c.PutObject(context.Background(), &s3.PutObjectInput{Bucket: aws.String("templates-of-home"), Key: &key, Body: strings.NewReader(body)})
	w.must(err)
	return w.URL + "/templates-of-home/" + key
}

func parameters(pairs ...string) (out []servertest.Args) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, servertest.Args{"Key": pairs[i], "Value": pairs[i+1]})
	}
	return out
}

// keyed are parameters as CloudFormation has them.
func keyed(pairs ...string) (out []types.Parameter) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, types.Parameter{ParameterKey: &pairs[i], ParameterValue: &pairs[i+1]})
	}
	return out
}

// launch provisions v1 and gives the provisioned product's id, once its record has ended.
func (w *world) launch(p product, name string, pairs ...string) string {
	w.Helper()
	a := w.ask("ProvisionProduct", servertest.Args{"ProductId": p.id, "ProvisioningArtifactId": p.versions["v1"], "ProvisionedProductName": name,
		"ProvisioningParameters": parameters(pairs...), "ProvisionToken": w.token()})
	w.ended(a)
	return a.Get("RecordDetail.ProvisionedProductId")
}

// update changes what runs, and gives the record once it has ended.
func (w *world) update(pp, version string, pairs ...string) servertest.Answer {
	w.Helper()
	return w.ended(w.ask("UpdateProvisionedProduct", servertest.Args{"ProvisionedProductId": pp, "ProvisioningArtifactId": version,
		"ProvisioningParameters": parameters(pairs...), "UpdateToken": w.token()}))
}

func (w *world) terminate(pp string) servertest.Answer {
	w.Helper()
	return w.ended(w.ask("TerminateProvisionedProduct", servertest.Args{"ProvisionedProductId": pp, "TerminateToken": w.token()}))
}

// ended does what there is to do until the record of an answer has ended, and gives it. Time passes while steps are repeated.
func (w *world) ended(a servertest.Answer) servertest.Answer {
	w.Helper()
	for n := 0; n < 10; n++ {
		if w.Clock != nil {
			w.Settle(w.T)
		} else {
			n = 0 // it works by itself
		}
		r := w.ask("DescribeRecord", servertest.Args{"Id": a.Get("RecordDetail.RecordId")})
		if s := r.Get("RecordDetail.Status"); s == "SUCCEEDED" || s == "FAILED" {
			return r
		}
		if w.Clock != nil {
			w.Clock.Advance(2 * time.Minute)
		}
	}
	w.Fatalf("record %s does not end", a.Get("RecordDetail.RecordId"))
	return a
}

// status is how a provisioned product is.
func (w *world) status(pp string) string {
	w.Helper()
	a := w.try("DescribeProvisionedProduct", servertest.Args{"Id": pp})
	if a.Code != "" {
		return a.Code
	}
	return strings.TrimSpace(a.Get("ProvisionedProductDetail.Status") + " " + a.Get("ProvisionedProductDetail.StatusMessage"))
}

// outputs are those of a record.
func outputs(a servertest.Answer) map[string]string {
	keys, values := strings.Fields(a.Get("RecordOutputs[].OutputKey")), strings.Fields(a.Get("RecordOutputs[].OutputValue"))
	out := map[string]string{}
	for i, k := range keys {
		out[k] = values[i]
	}
	return out
}

// cfn is a client of the endpoint, as the root of the account that stacks are made in.
func (w *world) cfn() *cloudformation.Client {
	return cloudformation.NewFromConfig(w.far.Root(home, region))
}

// stacks are the names and statuses of the endpoint's stacks, deleted ones too.
func (w *world) stacks() (out []string) {
	w.Helper()
	page, err := w.cfn().ListStacks(context.Background(), &cloudformation.ListStacksInput{})
	w.must(err)
	for _, s := range page.StackSummaries {
		out = append(out, *s.StackName+" "+string(s.StackStatus))
	}
	slices.Sort(out)
	return out
}

func (w *world) stack(pp string) types.Stack {
	w.Helper()
	page, err := w.cfn().DescribeStacks(context.Background(), &cloudformation.DescribeStacksInput{StackName: aws.String(stackName(pp))})
	w.must(err)
	return page.Stacks[0]
}

func stackName(pp string) string {
	return string(catalog.StackNameOf(ident.Account(home), catalog.ProvisionedProductID(pp)))
}

func equal[T any](t *testing.T, name string, got, want T) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Helper()
		if d := gocmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
}

func holds(t *testing.T, name, got, part string) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Helper()
		if !strings.Contains(got, part) {
			t.Errorf("%q does not hold %q", got, part)
		}
	})
}
