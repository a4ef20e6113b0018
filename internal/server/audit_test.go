package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	sctypes "github.com/aws/aws-sdk-go-v2/service/servicecatalog/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"portico/internal/access"
	"portico/internal/audit"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/server"
	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
	"portico/internal/wire"
)

// records reads all events, the oldest first, and verifies the chain.
func records(t *testing.T, db *store.DB) (all []audit.Record) {
	t.Helper()
	v := audit.NewVerifier()
	if err := db.VerifyEvents(context.Background(), v); err != nil {
		t.Fatal(err)
	}
	for _, b := range v.Report().Broken {
		t.Errorf("broken: %s", b)
	}
	err := db.Read(context.Background(), func(tx *store.Tx) error {
		es, err := tx.EventsAfter(store.Moment{}, "", 1000)
		all = nil
		for _, e := range es {
			r, err := e.Record()
			if err != nil {
				return err
			}
			all = append(all, r)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// told writes events as "service:Operation Code", the oldest first.
func told(rs []audit.Record) (lines []string) {
	for _, r := range rs {
		service, _, _ := strings.Cut(r.EventSource, ".")
		lines = append(lines, strings.TrimSpace(service+":"+r.EventName+" "+r.ErrorCode))
	}
	return lines
}

// adder is a service whose body writes n accounts, each in a transaction of its own, and ends with an error if there is one.
func adder(level string, n int, end error) func(db **store.DB) server.Service {
	return func(db **store.DB) server.Service {
		made := 0
		s := ping(wire.JSON11, func(ctx context.Context, _ access.Caller, _ any) (any, error) {
			for range n {
				made++
				id := fmt.Sprintf("%012d", made)
				err := (*db).Write(ctx, func(tx *store.Tx) error {
					return tx.InsertAccount(access.Account{ID: ident.Account(id), Name: id, Email: id, Status: access.AccountActive})
				})
				if err != nil {
					return nil, err
				}
			}
			return &pingOutput{}, end
		})
		s.Wire.Operations["Ping"].Level = level
		return s
	}
}

// TestAudit looks at the events of a call that ends in each way.
func TestAudit(t *testing.T) {
	for _, test := range []struct {
		name    string
		service func(db **store.DB) server.Service
		key     string
		body    string
		want    []string
	}{
		{"a write", adder("Write", 1, nil), "AKIAIOSFODNN7EXAMPLE", `{}`, []string{"ping:Ping"}},
		{"several writes are one call", adder("Write", 3, nil), "AKIAIOSFODNN7EXAMPLE", `{}`, []string{"ping:Ping"}},
		{"a write that needed none", adder("Write", 0, nil), "AKIAIOSFODNN7EXAMPLE", `{}`, []string{"ping:Ping"}},
		{"a refused write", adder("Write", 0, fault.NotFoundf("no ping")), "AKIAIOSFODNN7EXAMPLE", `{}`, []string{"ping:Ping NoPing"}},
		{"an effect before the refusal", adder("Write", 2, fault.NotFoundf("no ping")), "AKIAIOSFODNN7EXAMPLE", `{}`, []string{"ping:Ping", "ping:Ping NoPing"}},
		{"a failure of ours", adder("Write", 0, fmt.Errorf("disk on fire")), "AKIAIOSFODNN7EXAMPLE", `{}`, []string{"ping:Ping InternalFailure"}},
		{"a read", adder("Read", 0, nil), "AKIAIOSFODNN7EXAMPLE", `{}`, nil},
		{"a refused read", adder("List", 0, fault.NotFoundf("no ping")), "AKIAIOSFODNN7EXAMPLE", `{}`, []string{"ping:Ping NoPing"}},
		{"a throttled call", adder("Write", 0, fault.New(fault.Throttled, "slowly")), "AKIAIOSFODNN7EXAMPLE", `{}`, nil},
		{"an input that cannot be read", adder("Write", 0, nil), "AKIAIOSFODNN7EXAMPLE", `{`, []string{"ping:Ping SerializationException"}},
		{"an unknown key", adder("Write", 1, nil), "AKIAUNKNOWN", `{}`, []string{"ping:Ping UnrecognizedClientException"}},
		{"no signature", adder("Write", 1, nil), "", `{}`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			testkit.Databases(t, func(t *testing.T, o store.Options) {
				var db *store.DB
				url, opened, _ := start(t, o, false, test.service(&db))
				db = opened
				key(t, db, "999999999999", "AKIAIOSFODNN7EXAMPLE", "secret")
				a := post(t, url, test.key, "secret", []byte(test.body))
				rs := records(t, db)
				if diff := cmp.Diff(test.want, told(rs)); diff != "" {
					t.Errorf("answer %d %s; events: %s", a.status, a.body, diff)
				}
				for _, r := range rs {
					if r.RequestID != a.header.Get("X-Amzn-Requestid") || r.UserIdentity.AccessKeyID != test.key || r.SourceIPAddress != "127.0.0.1" {
						t.Errorf("event %+v", r)
					}
				}
			})
		})
	}
}

// TestAuditOfAllServices makes calls of every service and looks at what is told of them.
func TestAuditOfAllServices(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		ctx := context.Background()
		s := servertest.Start(t, servertest.Options{Store: o})
		root := s.Root("111111111111", "us-east-1")
		catalog := servicecatalog.NewFromConfig(root)
		made, err := catalog.CreatePortfolio(ctx, &servicecatalog.CreatePortfolioInput{DisplayName: aws.String("Tools"), ProviderName: aws.String("IT"), IdempotencyToken: aws.String("t")})
		if err != nil {
			t.Fatal(err)
		}
		portfolio := *made.PortfolioDetail.Id
		catalog.DescribePortfolio(ctx, &servicecatalog.DescribePortfolioInput{Id: &portfolio})
		catalog.DescribePortfolio(ctx, &servicecatalog.DescribePortfolioInput{Id: aws.String("port-nothing")})
		catalog.CreateProduct(ctx, &servicecatalog.CreateProductInput{Name: aws.String("p"), Owner: aws.String("o"), IdempotencyToken: aws.String("t"),
			ProductType: sctypes.ProductTypeCloudFormationTemplate, ProvisioningArtifactParameters: &sctypes.ProvisioningArtifactProperties{
				Info: map[string]string{"LoadTemplateFromURL": "https://203.0.113.1/t.yaml?X-Amz-Signature=signed"}}})

		people := iam.NewFromConfig(root)
		people.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("ann")})
		k, err := people.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("ann")})
		if err != nil {
			t.Fatal(err)
		}
		trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"sts:AssumeRole"}]}`
		people.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("ops"), AssumeRolePolicyDocument: &trust})
		people.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("ops"), PolicyArn: aws.String(testkit.Administrator)})
		session, err := sts.NewFromConfig(root).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::111111111111:role/ops"), RoleSessionName: aws.String("night")})
		if err != nil {
			t.Fatal(err)
		}
		c := session.Credentials
		acting := iam.NewFromConfig(s.With(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken, "us-east-1"))
		acting.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("bob")})
		orgs := organizations.NewFromConfig(root)
		orgs.CreateOrganization(ctx, nil)
		orgs.CreateAccount(ctx, &organizations.CreateAccountInput{AccountName: aws.String("whispered"), Email: aws.String("whispered@example.com")})

		objects := s3.NewFromConfig(root, func(o *s3.Options) { o.UsePathStyle = true })
		bucket, body := aws.String("some-bucket"), "the body of an object"
		objects.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: bucket})
		objects.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: aws.String("a/b"), Body: strings.NewReader(body)})
		objects.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: aws.String("a/b")})
		objects.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: aws.String("nothing")})
		objects.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: bucket, Delete: &s3types.Delete{Objects: []s3types.ObjectIdentifier{{Key: aws.String("a/b")}, {Key: aws.String("c")}}}})
		preview(t, s, "/_portico/v1/preview/servicecatalog/CreatePortfolioShare", `{"PortfolioId":"`+portfolio+`","AccountId":"222222222222"}`, 200)
		preview(t, s, "/_portico/v1/preview/servicecatalog/CreatePortfolioShare", `{"PortfolioId":"port-nothing","AccountId":"222222222222"}`, 404)
		preview(t, s, "/_portico/v1/record/cancel?id=rec-nothing", "", 404)

		rs := records(t, s.DB)
		want := []string{
			"servicecatalog:CreatePortfolio", "servicecatalog:DescribePortfolio ResourceNotFoundException", "servicecatalog:CreateProduct InvalidParametersException",
			"iam:CreateUser", "iam:CreateAccessKey", "iam:CreateRole", "iam:AttachRolePolicy", "sts:AssumeRole", "iam:CreateUser",
			"organizations:CreateOrganization", "organizations:CreateAccount",
			"s3:CreateBucket", "s3:PutObject", "s3:GetObject NoSuchKey", "s3:DeleteObjects",
			"servicecatalog:PreviewCreatePortfolioShare ResourceNotFoundException", "servicecatalog:CancelRecord ResourceNotFoundException",
		}
		if diff := cmp.Diff(want, told(rs)); diff != "" {
			t.Fatal(diff)
		}
		if last := rs[len(rs)-1]; last.ReadOnly {
			t.Error("a refused change is told as a question")
		}
		text, err := json.Marshal(rs)
		if err != nil {
			t.Fatal(err)
		}
		raw := testkit.Dump(t, o)
		for _, secret := range []string{*k.AccessKey.SecretAccessKey, *c.SecretAccessKey, *c.SessionToken, "whispered", "X-Amz-Signature", "signed", body} {
			if strings.Contains(string(text), secret) {
				t.Errorf("an event tells %q", secret)
			}
			for line := range strings.Lines(raw) {
				if strings.HasPrefix(line, "audit_event") && strings.Contains(line, secret) {
					t.Errorf("a row keeps %q", secret)
				}
			}
		}
		for i, want := range map[int]string{
			0: `{"type":"Root","principalId":"111111111111","arn":"arn:aws:iam::111111111111:root","accountId":"111111111111","accessKeyId":"111111111111"}` +
				` {"displayName":"Tools","providerName":"IT","idempotencyToken":"t"}` +
				` {"created":[{"type":"AWS::ServiceCatalog::Portfolio","accountId":"111111111111","ARN":"` + *made.PortfolioDetail.ARN + `"}]}`,
			7:  `"requestParameters":{"roleArn":"arn:aws:iam::111111111111:role/ops","roleSessionName":"night"}`,
			8:  `"sessionContext":{"sessionIssuer":{"type":"Role"`,
			10: `"requestParameters":{"email":"****","accountName":"****"}`,
			12: `"resources":[{"type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::some-bucket"},{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::some-bucket/a/b"}]`,
			13: `"errorMessage":"The specified key does not exist."`,
			14: `{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::some-bucket/c"}`,
		} {
			one, err := json.Marshal(rs[i])
			if err != nil {
				t.Fatal(err)
			}
			who, err := json.Marshal(rs[i].UserIdentity)
			if err != nil {
				t.Fatal(err)
			}
			created, err := json.Marshal(rs[i].ResponseElements)
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprintf("%s %s %s", who, rs[i].RequestParameters, created); !strings.Contains(string(one), want) && got != want {
				t.Errorf("event %d: %s\nwant %s", i, one, want)
			}
		}
	})
}

func preview(t *testing.T, s *servertest.Server, path, body string, status int) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, s.URL+path, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	r.Header.Set("X-Amz-Date", now.Format("20060102T150405Z"))
	r.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=111111111111/%s/us-east-1/servicecatalog/aws4_request, SignedHeaders=host;x-amz-date, Signature=00", now.Format("20060102")))
	if a := send(t, r, "", "", "", ""); a.status != status {
		t.Errorf("preview answers %d %s", a.status, a.body)
	}
}

// key issues a root key.
func key(t *testing.T, db *store.DB, account ident.Account, id, secret string) {
	t.Helper()
	err := db.Write(context.Background(), func(tx *store.Tx) error {
		if err := tx.InsertAccount(access.Account{ID: account, Name: string(account), Email: string(account), Status: access.AccountActive}); err != nil {
			return err
		}
		return tx.InsertAccessKey(access.AccessKey{ID: id, Account: account, Secret: secret, Status: access.KeyActive})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The event of AssumeRole names the role, also when it is refused, and the session that came of it.
func TestAuditOfAssumeRole(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		s := servertest.Start(t, servertest.Options{Store: o})
		ctx, root := context.Background(), s.Root("111111111111", "us-east-1")
		trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"sts:AssumeRole"}]}`
		if _, err := iam.NewFromConfig(root).CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("ops"), AssumeRolePolicyDocument: &trust}); err != nil {
			t.Fatal(err)
		}
		role, session := "arn:aws:iam::111111111111:role/ops", "arn:aws:sts::111111111111:assumed-role/ops/night"
		in := &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("night")}
		if _, err := sts.NewFromConfig(root).AssumeRole(ctx, in); err != nil {
			t.Fatal(err)
		}
		if _, err := sts.NewFromConfig(s.Root("222222222222", "us-east-1")).AssumeRole(ctx, in); err == nil {
			t.Fatal("another account assumes the role")
		}
		rs := records(t, s.DB)
		if diff := cmp.Diff([]string{"iam:CreateRole", "sts:AssumeRole", "sts:AssumeRole AccessDenied"}, told(rs)); diff != "" {
			t.Fatal(diff)
		}
		named := audit.RecordResource{Type: "AWS::IAM::Role", AccountID: "111111111111", ARN: role}
		for i, want := range [][]audit.RecordResource{1: {named, {Type: "AWS::STS::AssumedRole", AccountID: "111111111111", ARN: session}}, 2: {named}} {
			if diff := cmp.Diff(want, rs[i].Resources); i > 0 && diff != "" {
				t.Errorf("event %d: %s", i, diff)
			}
		}
	})
}
