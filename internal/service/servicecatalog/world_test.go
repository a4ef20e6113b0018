package servicecatalog_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"portico/internal/access"
	"portico/internal/automation"
	"portico/internal/catalog"
	"portico/internal/egress"
	"portico/internal/engine/fake"
	"portico/internal/ident"
	"portico/internal/jobs"
	"portico/internal/provision"
	"portico/internal/server"
	"portico/internal/service/iam"
	iamapi "portico/internal/service/iam/api"
	"portico/internal/service/organizations"
	orgapi "portico/internal/service/organizations/api"
	"portico/internal/service/servicecatalog"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/service/sts"
	stsapi "portico/internal/service/sts/api"
	"portico/internal/sigv4"
	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/wire"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// The accounts of every test. boss manages the organization, where there is one.
var (
	boss  = root("111111111111")
	anna  = root("222222222222")
	bert  = root("333333333333")
	carla = root("444444444444")
	dora  = root("555555555555")
	evan  = root("666666666666")
)

const epoch = 1767323045 // 2026-01-02T03:04:05Z, where the clock of a world begins

// who is a caller: the root of an account, one of its users or a session of one of its roles.
type who struct {
	account ident.Account
	creds   aws.Credentials // none for the root, whom development mode lets anybody be
	region  string
}

func root(account ident.Account) who { return who{account: account, region: "us-east-1"} }

// in is the same caller in another region.
func (c who) in(region string) who {
	c.region = region
	return c
}

func (c who) String() string { return string(c.account) }

// args is the input of an operation, and answer its output, as JSON has them.
type (
	args   map[string]any
	answer map[string]any
)

// world is all services on one database, with a clock that stands still and ids that count.
type world struct {
	t         *testing.T
	now       time.Time
	sc        *servicecatalog.Service // whose quotas and delay a test may set
	iam       *iam.Service
	sts       *sts.Service
	handler   http.Handler
	templates *httptest.Server
	engine    *fake.Engine // that launches everything, once settle is called
	runner    *jobs.Runner
	documents automation.Listed
}

// worlds runs body on both databases.
func worlds(t *testing.T, body func(w *world)) {
	t.Parallel()
	testkit.Stores(t, func(t *testing.T, open func() *store.DB) {
		w := &world{t: t, now: time.Unix(epoch, 0).UTC()}
		db, ids, now := open(), ident.Counting(), func() time.Time { return w.now }
		w.sc = &servicecatalog.Service{DB: db, IDs: ids, Now: now, Quotas: catalog.DefaultQuotas(), Fetch: servicecatalog.NewFetcher(egress.Client(egress.Loopback))}
		w.engine = new(fake.Engine)
		w.sc.Launch = &provision.Workflow{DB: db, Queue: jobs.NewQueue(now), Roles: provision.TrustRoles{DB: db}, Now: now, Engines: map[string]provision.Served{
			catalog.CloudFormation: {Engine: w.engine}, catalog.TerraformOpenSource: {Engine: w.engine}, catalog.External: {Engine: w.engine}}}
		work := w.sc.Launch.Work()
		maps.Copy(work, w.sc.Work())
		w.runner = jobs.NewRunner(jobs.Config{DB: db, Queue: w.sc.Launch.Queue, Work: work, Now: now, Name: "test"})
		w.iam = &iam.Service{DB: db, IDs: ids, Now: now}
		w.sts = &sts.Service{DB: db, IDs: ids, Now: now}
		h, err := server.New(server.Config{DB: db, IDs: ident.Counting(), Now: now, Dev: true, Services: []server.Service{
			{Wire: &api.Service, Bodies: api.Bind(w.sc), Faults: servicecatalog.Faults, ARNs: w.sc.ARNs, Tags: w.sc.Tags},
			{Wire: &orgapi.Service, Faults: organizations.Faults, Bodies: orgapi.Bind(&organizations.Service{DB: db, IDs: ids, Now: now})},
		}})
		if err != nil {
			t.Fatal(err)
		}
		w.handler = h
		w.documents = automation.Documents()
		w.sc.Launch.Actions, w.sc.Launch.Allow = w.documents, h.Allow
		w.templates = httptest.NewServer(http.HandlerFunc(serveTemplate))
		t.Cleanup(w.templates.Close)
		body(w)
	})
}

// templates are the files behind the URLs that tests give; the last part of the path names one.
var templates = map[string]string{
	"running": "AWSTemplateFormatVersion: '2010-09-09'\nDescription: A topic\nMetadata: {AWS::CloudFormation::Interface: {ParameterGroups: []}}\n" +
		"Parameters:\n  Name: {Type: String, Default: plain}\n  Size: {Type: Number, Default: 1, MinValue: 1, MaxValue: 9, Description: How many}\n  Secret: {Type: String, NoEcho: true, Default: hush}\n" +
		"Rules: {Small: {Assertions: [{Assert: !Contains [['1', '2'], !Ref Size]}]}}\n" +
		"Resources:\n  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}\n" +
		"Outputs:\n  Name: {Value: !Ref Name, Description: Its name}\n  Password: {Value: !Ref Secret}\n",
	"strict": "Parameters:\n  Name: {Type: String}\n  Other: {Type: String}\nResources:\n  Topic: {Type: AWS::SNS::Topic}\n",
	"topic":  `{"AWSTemplateFormatVersion":"2010-09-09","Resources":{"Topic":{"Type":"AWS::SNS::Topic"}}}`,
	"asking": "Parameters:\n  Name:\n    Type: String\n    Description: What it is called\n    AllowedPattern: '[a-z]+'\n  Secret: {Type: String, NoEcho: true, Default: hush}\nResources:\n  Topic: {Type: AWS::SNS::Topic}\n",
	"broken": "Resources: [",
	"empty":  "{}",
	"module": "\x1f\x8b\x08 and more",
}

func serveTemplate(w http.ResponseWriter, r *http.Request) {
	text, ok := templates[strings.TrimPrefix(r.URL.Path, "/")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Write([]byte(text))
}

// services finds the service of an operation.
func serviceOf(op string) *wire.Service {
	for _, s := range []*wire.Service{&api.Service, &orgapi.Service} {
		if s.Operations[op] != nil {
			return s
		}
	}
	return nil
}

// send makes one call through the whole server.
func (w *world) send(t *testing.T, c who, op string, in args) *httptest.ResponseRecorder {
	t.Helper()
	s := serviceOf(op)
	if s == nil {
		t.Fatalf("no service has an operation %s", op)
	}
	if in == nil {
		in = args{}
	}
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "http://localhost/", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", s.TargetPrefix+"."+op)
	if c.creds.AccessKeyID == "" {
		r.Header.Set("X-Amz-Date", w.now.Format("20060102T150405Z"))
		r.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/%s/%s/%s/aws4_request, SignedHeaders=host;x-amz-date, Signature=00",
			c.account, w.now.Format("20060102"), c.region, s.Name))
	} else if err := v4.NewSigner().SignHTTP(r.Context(), c.creds, r, sigv4.Hash(body), s.Name, c.region, w.now); err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return rec
}

// ask makes a call that must succeed.
func (w *world) ask(c who, op string, in args) answer {
	w.t.Helper()
	rec := w.send(w.t, c, op, in)
	var out answer
	if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil {
		w.t.Fatal(err)
	}
	if rec.Code != http.StatusOK {
		w.t.Fatalf("%s by %s of %v: %v: %v", op, c, in, out["__type"], out["message"])
	}
	return out
}

// try makes a call and says how it was refused, as "Code: message", or nothing. What is refused must be declared.
func (w *world) try(t *testing.T, c who, op string, in args) string {
	t.Helper()
	rec := w.send(t, c, op, in)
	if rec.Code == http.StatusOK {
		return ""
	}
	var e struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &e); err != nil || rec.Code != http.StatusBadRequest {
		t.Fatalf("%s by %s answered %d: %s", op, c, rec.Code, rec.Body)
	}
	undeclared := []string{"ValidationException", "AccessDeniedException"} // of every operation
	switch op {
	case "DisassociateServiceActionFromProvisioningArtifact": // Q12
		undeclared = append(undeclared, ipe)
	case "UpdateProvisionedProduct", "TerminateProvisionedProduct", "DescribeRecord": // C-PP-14, C-PP-16, C-GEN-9
		undeclared = append(undeclared, ise, ipe)
	}
	if !slices.Contains(append(undeclared, serviceOf(op).Operations[op].Errors...), e.Type) {
		t.Errorf("%s answered %s, which the model does not declare", op, e.Type)
	}
	return e.Type + ": " + e.Message
}

// refused shows that a call is refused in exactly these words, "Code: message"; without a message any will do.
func (w *world) refused(name string, c who, op string, in args, want string) {
	w.t.Helper()
	w.t.Run(name, func(t *testing.T) {
		t.Helper()
		got := w.try(t, c, op, in)
		if !strings.Contains(want, ": ") {
			got, _, _ = strings.Cut(got, ":")
		}
		if got != want {
			t.Errorf("%s by %s of %v\n got %q\nwant %q", op, c, in, got, want)
		}
	})
}

// allowed shows that a call succeeds.
func (w *world) allowed(name string, c who, op string, in args) {
	w.t.Helper()
	w.refused(name, c, op, in, "")
}

// is shows that an answer is the expected one.
func (w *world) is(name, got, want string) {
	w.t.Helper()
	w.t.Run(name, func(t *testing.T) {
		t.Helper()
		if got != want {
			t.Errorf("\n got %q\nwant %q", got, want)
		}
	})
}

// get finds the values at a path like "PortfolioDetails[].Id", with blanks between them. What is absent is nothing.
func (a answer) get(path string) string {
	values := []any{map[string]any(a)}
	for part := range strings.SplitSeq(path, ".") {
		name, list := strings.CutSuffix(part, "[]")
		var next []any
		for _, v := range values {
			v = v.(map[string]any)[name]
			if items, ok := v.([]any); ok && list {
				next = append(next, items...)
			} else if v != nil {
				next = append(next, v)
			}
		}
		values = next
	}
	var words []string
	for _, v := range values {
		if n, ok := v.(float64); ok {
			v = fmt.Sprintf("%.0f", n)
		}
		words = append(words, fmt.Sprint(v))
	}
	return strings.Join(words, " ")
}

// json is the answer as it stands, keys in order.
func (a answer) json() string {
	b, err := json.Marshal(a)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// pages reads a list to its end and returns what path finds on each page.
func (w *world) pages(c who, op string, in args, path string) (pages []string) {
	w.t.Helper()
	for {
		got := w.ask(c, op, in)
		pages = append(pages, got.get(path))
		token := got.get("NextPageToken")
		if token == "" {
			return pages
		}
		next := args{"PageToken": token}
		for k, v := range in {
			if k != "PageToken" {
				next[k] = v
			}
		}
		in = next
	}
}

func sorted(words ...string) string {
	slices.Sort(words)
	return strings.Join(words, " ")
}

// what the spec says an error is
const (
	ipe = "InvalidParametersException"
	rnf = "ResourceNotFoundException"
	ons = "OperationNotSupportedException"
	ise = "InvalidStateException"
	lee = "LimitExceededException"
	riu = "ResourceInUseException"
	ade = "AccessDeniedException"
	ve  = "ValidationException"
)

func noPortfolio(id string) string { return rnf + ": Portfolio not found: " + id }
func noProduct(id string) string   { return rnf + ": Product not found: " + id }
func noPath(id string) string      { return rnf + ": No launch paths found for resource: " + id }

// portfolio makes an empty one.
func (w *world) portfolio(c who, name string) string {
	w.t.Helper()
	return w.ask(c, "CreatePortfolio", args{"DisplayName": name, "ProviderName": "Platform", "IdempotencyToken": w.token()}).get("PortfolioDetail.Id")
}

// token is a new idempotency token.
func (w *world) token() string { return w.sc.IDs.New("t") }

func (w *world) url(template string) string { return w.templates.URL + "/" + template }

// version is the parameters of a version made from a template.
func (w *world) version(name, template string) args {
	return args{"Name": name, "Type": "CLOUD_FORMATION_TEMPLATE", "Info": args{"LoadTemplateFromURL": w.url(template)}}
}

// newProduct is the input that makes a product; more overrides and adds members.
func (w *world) newProduct(name string, more args) args {
	in := args{"Name": name, "Owner": "Platform", "ProductType": "CLOUD_FORMATION_TEMPLATE", "IdempotencyToken": w.token(),
		"ProvisioningArtifactParameters": w.version("v1", "topic")}
	for k, v := range more {
		in[k] = v
	}
	return in
}

// product makes one and puts it into portfolios.
func (w *world) product(c who, name string, portfolios ...string) string {
	w.t.Helper()
	id := w.ask(c, "CreateProduct", w.newProduct(name, nil)).get("ProductViewDetail.ProductViewSummary.ProductId")
	for _, p := range portfolios {
		w.put(c, id, p)
	}
	return id
}

// put associates a product with a portfolio.
func (w *world) put(c who, product, portfolio string) {
	w.t.Helper()
	w.ask(c, "AssociateProductWithPortfolio", args{"ProductId": product, "PortfolioId": portfolio})
}

// take associates a product of an imported portfolio with a local one.
func (w *world) take(c who, product, source, portfolio string) {
	w.t.Helper()
	w.ask(c, "AssociateProductWithPortfolio", args{"ProductId": product, "PortfolioId": portfolio, "SourcePortfolioId": source})
}

// firstVersion is the id of a product's oldest version.
func (w *world) firstVersion(c who, product string) string {
	w.t.Helper()
	id, _, _ := strings.Cut(w.ask(c, "ListProvisioningArtifacts", args{"ProductId": product}).get("ProvisioningArtifactDetails[].Id"), " ")
	return id
}

// share offers a portfolio to an account, which accepts it.
func (w *world) share(c who, portfolio string, to who) {
	w.t.Helper()
	w.offer(c, portfolio, to)
	w.ask(to, "AcceptPortfolioShare", args{"PortfolioId": portfolio})
}

// offer is share without the acceptance.
func (w *world) offer(c who, portfolio string, to who) {
	w.t.Helper()
	w.ask(c, "CreatePortfolioShare", args{"PortfolioId": portfolio, "AccountId": string(to.account)})
}

// node names an organization node.
func node(id string) args {
	kind := "ACCOUNT"
	switch {
	case strings.HasPrefix(id, "o-") || strings.Contains(id, ":organization/"):
		kind = "ORGANIZATION"
	case strings.HasPrefix(id, "ou-") || strings.Contains(id, ":ou/"):
		kind = "ORGANIZATIONAL_UNIT"
	}
	return args{"Type": kind, "Value": id}
}

// shareNode shares a portfolio with a node and returns the token.
func (w *world) shareNode(c who, portfolio, id string) string {
	w.t.Helper()
	return w.ask(c, "CreatePortfolioShare", args{"PortfolioId": portfolio, "OrganizationNode": node(id)}).get("PortfolioShareToken")
}

// organization founds one under boss with members at its root, enabled for sharing, and returns its id and its root's.
func (w *world) organization(members ...who) (id, top string) {
	w.t.Helper()
	id = w.ask(boss, "CreateOrganization", args{"FeatureSet": "ALL"}).get("Organization.Id")
	top = w.ask(boss, "ListRoots", nil).get("Roots[].Id")
	for _, m := range members {
		w.join(m)
	}
	w.ask(boss, "EnableAWSOrganizationsAccess", nil)
	return id, top
}

// join invites an account to boss's organization, which it accepts.
func (w *world) join(c who) {
	w.t.Helper()
	w.ask(c, "ListPortfolios", nil) // an account comes into being at its first use
	id := w.ask(boss, "InviteAccountToOrganization", args{"Target": args{"Type": "ACCOUNT", "Id": string(c.account)}}).get("Handshake.Id")
	w.ask(c, "AcceptHandshake", args{"HandshakeId": id})
}

// unit makes an organizational unit.
func (w *world) unit(parent, name string) string {
	w.t.Helper()
	return w.ask(boss, "CreateOrganizationalUnit", args{"ParentId": parent, "Name": name}).get("OrganizationalUnit.Id")
}

// move puts a member into another unit.
func (w *world) move(c who, to string) {
	w.t.Helper()
	from := w.ask(boss, "ListParents", args{"ChildId": string(c.account)}).get("Parents[].Id")
	w.ask(boss, "MoveAccount", args{"AccountId": string(c.account), "SourceParentId": from, "DestinationParentId": to})
}

// remove takes a member out of the organization.
func (w *world) remove(c who) {
	w.t.Helper()
	w.ask(boss, "RemoveAccountFromOrganization", args{"AccountId": string(c.account)})
}

const principal = "servicecatalog.amazonaws.com"

// delegate registers a delegated administrator, or ends that.
func (w *world) delegate(c who, on bool) {
	w.t.Helper()
	op := "RegisterDelegatedAdministrator"
	if !on {
		op = "DeregisterDelegatedAdministrator"
	}
	w.ask(boss, op, args{"AccountId": string(c.account), "ServicePrincipal": principal})
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func caller(c who) access.Caller { return access.RootCaller(c.account) }

// role makes a role that its own account may assume, and returns its ARN and a session of it.
func (w *world) role(c who, name string) (arn string, session who) {
	w.t.Helper()
	trust := fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"%s"},"Action":"sts:AssumeRole"}}`, c.account)
	path := "/"
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		path, name = "/"+name[:i+1], name[i+1:]
	}
	out, err := w.iam.CreateRole(context.Background(), caller(c), &iamapi.CreateRoleInput{RoleName: name, Path: &path, AssumeRolePolicyDocument: trust})
	w.must(err)
	_, err = w.iam.AttachRolePolicy(context.Background(), caller(c), &iamapi.AttachRolePolicyInput{RoleName: name, PolicyArn: testkit.Administrator})
	w.must(err)
	return out.Role.Arn, w.session(c, out.Role.Arn)
}

func (w *world) session(c who, role string) who {
	w.t.Helper()
	out, err := w.sts.AssumeRole(context.Background(), caller(c), &stsapi.AssumeRoleInput{RoleArn: role, RoleSessionName: "ann"})
	w.must(err)
	c.creds = aws.Credentials{AccessKeyID: out.Credentials.AccessKeyId, SecretAccessKey: out.Credentials.SecretAccessKey, SessionToken: out.Credentials.SessionToken}
	return c
}

func (w *world) deleteRole(c who, name string) {
	w.t.Helper()
	policies, err := w.iam.ListAttachedRolePolicies(context.Background(), caller(c), &iamapi.ListAttachedRolePoliciesInput{RoleName: name})
	w.must(err)
	for _, p := range policies.AttachedPolicies {
		_, err := w.iam.DetachRolePolicy(context.Background(), caller(c), &iamapi.DetachRolePolicyInput{RoleName: name, PolicyArn: p.PolicyArn})
		w.must(err)
	}
	_, err = w.iam.DeleteRole(context.Background(), caller(c), &iamapi.DeleteRoleInput{RoleName: name})
	w.must(err)
}

// user makes a user with a key, in groups.
func (w *world) user(c who, name string, groups ...string) (arn string, user who) {
	w.t.Helper()
	ctx := context.Background()
	out, err := w.iam.CreateUser(ctx, caller(c), &iamapi.CreateUserInput{UserName: name})
	w.must(err)
	_, err = w.iam.AttachUserPolicy(ctx, caller(c), &iamapi.AttachUserPolicyInput{UserName: name, PolicyArn: testkit.Administrator})
	w.must(err)
	for _, g := range groups {
		_, err := w.iam.AddUserToGroup(ctx, caller(c), &iamapi.AddUserToGroupInput{UserName: name, GroupName: g})
		w.must(err)
	}
	key, err := w.iam.CreateAccessKey(ctx, caller(c), &iamapi.CreateAccessKeyInput{UserName: &name})
	w.must(err)
	c.creds = aws.Credentials{AccessKeyID: key.AccessKey.AccessKeyId, SecretAccessKey: key.AccessKey.SecretAccessKey}
	return out.User.Arn, c
}

func (w *world) group(c who, name string) (arn string) {
	w.t.Helper()
	out, err := w.iam.CreateGroup(context.Background(), caller(c), &iamapi.CreateGroupInput{GroupName: name})
	w.must(err)
	return out.Group.Arn
}

// grant associates a principal with a portfolio: a pattern when it names no account, else of type IAM.
func (w *world) grant(c who, portfolio, arn string) {
	w.t.Helper()
	kind := "IAM"
	if strings.Contains(arn, ":iam:::") {
		kind = "IAM_PATTERN"
	}
	w.ask(c, "AssociatePrincipalWithPortfolio", args{"PortfolioId": portfolio, "PrincipalARN": arn, "PrincipalType": kind})
}

// What lists show.

func (w *world) imported(c who, kind string) string {
	w.t.Helper()
	in := args{}
	if kind != "" {
		in["PortfolioShareType"] = kind
	}
	return w.ask(c, "ListAcceptedPortfolioShares", in).get("PortfolioDetails[].Id")
}

// products are those an administrator sees, of one portfolio or of all.
func (w *world) products(c who, portfolio string) string {
	w.t.Helper()
	in := args{"SortBy": "CreationDate"}
	if portfolio != "" {
		in["PortfolioId"] = portfolio
	}
	return w.ask(c, "SearchProductsAsAdmin", in).get("ProductViewDetails[].ProductViewSummary.ProductId")
}

// found are the products an end user finds.
func (w *world) found(c who) string {
	w.t.Helper()
	return w.ask(c, "SearchProducts", args{"SortBy": "CreationDate"}).get("ProductViewSummaries[].ProductId")
}

func (w *world) shares(c who, portfolio, kind string) string {
	w.t.Helper()
	return w.ask(c, "DescribePortfolioShares", args{"PortfolioId": portfolio, "Type": kind}).get("PortfolioShareDetails[].PrincipalId")
}

func (w *world) status(c who, token string) answer {
	w.t.Helper()
	return w.ask(c, "DescribePortfolioShareStatus", args{"PortfolioShareToken": token})
}
