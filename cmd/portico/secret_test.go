package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	static "github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"portico/internal/store"
	"portico/internal/testkit"
)

// secrets is a server that is told secrets, and what it says elsewhere.
type secrets struct {
	t       *testing.T
	url     string
	logs    *output
	mu      sync.Mutex
	refused bytes.Buffer // every answer that is an error
	known   map[string]string
}

// RoundTrip keeps the answers that are errors.
func (s *secrets) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || answer.StatusCode < 400 {
		return answer, err
	}
	body, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	answer.Body = io.NopCloser(bytes.NewReader(body))
	s.mu.Lock()
	defer s.mu.Unlock()
	answer.Header.Write(&s.refused)
	s.refused.Write(body)
	return answer, err
}

func (s *secrets) as(key, secret, token string) aws.Config {
	return aws.Config{Region: "us-east-1", Credentials: static.NewStaticCredentialsProvider(key, secret, token),
		BaseEndpoint: aws.String(s.url), RetryMaxAttempts: 1, HTTPClient: &http.Client{Transport: s}}
}

// file uses a credentials file, whose secret is one too.
func (s *secrets) file(path string) aws.Config {
	s.t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	_, secret, _ := strings.Cut(string(text), "aws_secret_access_key = ")
	secret = strings.TrimSpace(secret)
	s.known[filepath.Base(path)] = secret
	return s.as(keyIn(s.t, path), secret, "")
}

func (s *secrets) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *secrets) fails(what string, err error) {
	s.t.Helper()
	if err == nil {
		s.t.Errorf("%s succeeds", what)
	}
}

// get sends a request without signing it, and wants an answer of that status.
func (s *secrets) get(address string, want int) {
	s.t.Helper()
	answer, err := (&http.Client{Transport: s}).Get(address)
	s.must(err)
	defer answer.Body.Close()
	if answer.StatusCode != want {
		text, _ := io.ReadAll(answer.Body)
		s.t.Errorf("%s: %s %s", address, answer.Status, text)
	}
}

// looks searches a place for every secret, in the forms in which it might be there.
func (s *secrets) looks(place string, b []byte) {
	s.t.Helper()
	for name, secret := range s.known {
		if len(secret) < 20 {
			s.t.Fatalf("%s is no secret: %q", name, secret)
		}
		escaped, _ := json.Marshal(secret)
		for _, form := range []string{secret, url.QueryEscape(secret), strings.Trim(string(escaped), `"`), hex.EncodeToString([]byte(secret)),
			base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret))} {
			if bytes.Contains(b, []byte(form)) {
				s.t.Errorf("%s shows %s: %s", place, name, form)
			}
		}
	}
}

// TestSecretsStaySecret makes a server handle every kind of secret, rightly and wrongly, and looks for them in its log, in
// its refusals and in the database.
func TestSecretsStaySecret(t *testing.T) {
	testkit.Empty(t, func(t *testing.T, o store.Options) {
		master := testkit.KeyFile(t)
		args := append(where(o), "--master-key-file", master)
		out, logs := new(output), new(output)
		serves := out.expect(`http://[0-9.:]+`)
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() {
			ended <- run(ctx, append([]string{"serve", "--listen", "127.0.0.1:0", "--log-level", "debug", "--log-format", "json", "--allow-private-templates"}, args...), out, logs)
		}()
		s := &secrets{t: t, logs: logs, known: map[string]string{"the master key": testkit.MasterKey}}
		select {
		case s.url = <-serves:
		case err := <-ended:
			t.Fatalf("serve ended: %v", err)
		}
		root := s.file(issuedIn(t, out.String()))
		printed, err := try(append([]string{"admin", "root-key", "--account", accountOf(t, s.url, root)}, args...)...)
		s.must(err)
		other := s.file(issuedIn(t, printed))
		_, err = sts.NewFromConfig(other).GetCallerIdentity(ctx, nil)
		s.must(err)

		s.keys(root)
		session := s.session(root)
		s.presigned(session)
		s.template(root, session)
		s.launches(root, session)
		look := func(when string) {
			for _, file := range files(t, o) {
				b, err := os.ReadFile(file)
				s.must(err)
				s.looks(file+" "+when, b)
			}
			s.looks("a dump of the database "+when, []byte(testkit.Dump(t, o)))
		}
		look("while the server runs")
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("serve ended with %v", err)
		}
		look("after the server")
		s.looks("the log", []byte(logs.String()))
		s.looks("a refusal", s.refused.Bytes())
		if strings.Count(logs.String(), "\n") < 15 || s.refused.Len() < 1000 {
			t.Errorf("there was little to look at: %d bytes of refusals, and the log\n%s", s.refused.Len(), logs)
		}
	})
}

// files are those of an embedded database.
func files(t *testing.T, o store.Options) []string {
	t.Helper()
	if o.Dir == "" {
		return nil
	}
	names, err := filepath.Glob(filepath.Join(o.Dir, "portico.db*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no database in %s: %v", o.Dir, err)
	}
	return names
}

func accountOf(t *testing.T, url string, cfg aws.Config) string {
	t.Helper()
	id, err := sts.NewFromConfig(cfg).GetCallerIdentity(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(id.Account)
}

// keys makes access keys, and uses them wrongly.
func (s *secrets) keys(root aws.Config) {
	s.t.Helper()
	ctx := context.Background()
	people := iam.NewFromConfig(root)
	_, err := people.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("ann")})
	s.must(err)
	made, err := people.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("ann")})
	s.must(err)
	id, secret := aws.ToString(made.AccessKey.AccessKeyId), aws.ToString(made.AccessKey.SecretAccessKey)
	s.known["a user's secret"] = secret
	_, err = sts.NewFromConfig(s.as(id, secret, "")).GetCallerIdentity(ctx, nil)
	s.must(err)
	// What is wrong with each is that the secret belongs to another key, is no secret, or comes with a token.
	for what, cfg := range map[string]aws.Config{
		"another's secret":      s.as(keyID(root), secret, ""),
		"a secret of nobody":    s.as(id, secret[1:]+"x", ""),
		"an unknown key":        s.as("AKIAUNKNOWNUNKNOWNNN", secret, ""),
		"a key with a token":    s.as(id, secret, "FwoGZXIvYXdzEtokenoftheuser"),
		"the secret as a token": s.as(id, secret, secret),
	} {
		_, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
		s.fails(what, err)
		_, err = servicecatalog.NewFromConfig(cfg).ListPortfolios(ctx, nil)
		s.fails(what, err)
		_, err = s3.NewFromConfig(cfg, pathStyle).ListBuckets(ctx, nil)
		s.fails(what, err)
	}
	_, err = people.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("nobody")})
	s.fails("a key for nobody", err)
	_, err = people.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{UserName: aws.String("ann"), AccessKeyId: &id, Status: "Inactive"})
	s.must(err)
	_, err = sts.NewFromConfig(s.as(id, secret, "")).GetCallerIdentity(ctx, nil)
	s.fails("an inactive key", err)
}

func keyID(cfg aws.Config) string {
	c, _ := cfg.Credentials.Retrieve(context.Background()) // static ones never fail
	return c.AccessKeyID
}

func pathStyle(o *s3.Options) { o.UsePathStyle = true }

// session assumes a role, and uses its credentials wrongly.
func (s *secrets) session(root aws.Config) aws.Config {
	s.t.Helper()
	ctx := context.Background()
	role, err := iam.NewFromConfig(root).CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("guest"), AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}}`)})
	s.must(err)
	_, err = iam.NewFromConfig(root).AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("guest"), PolicyArn: aws.String(testkit.Administrator)})
	s.must(err)
	assumed, err := sts.NewFromConfig(root).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: role.Role.Arn, RoleSessionName: aws.String("visit")})
	s.must(err)
	id, secret, token := aws.ToString(assumed.Credentials.AccessKeyId), aws.ToString(assumed.Credentials.SecretAccessKey), aws.ToString(assumed.Credentials.SessionToken)
	s.known["a session's secret"], s.known["a session's token"] = secret, token
	for what, cfg := range map[string]aws.Config{
		"no token":          s.as(id, secret, ""),
		"a changed token":   s.as(id, secret, token[:len(token)-9]+"AAAAAAAAA"),
		"another key id":    s.as("ASIA"+id[4:16]+"AAAA", secret, token),
		"a wrong secret":    s.as(id, secret[1:]+"x", token),
		"a long-term key":   s.as(keyID(root), secret, token),
		"a token as secret": s.as(id, token, token),
	} {
		_, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
		s.fails(what, err)
		_, err = s3.NewFromConfig(cfg, pathStyle).ListBuckets(ctx, nil)
		s.fails(what, err)
	}
	_, err = sts.NewFromConfig(s.as(id, secret, token)).GetCallerIdentity(ctx, nil)
	s.must(err)
	return s.as(id, secret, token)
}

// presigned uses addresses that hold a session's token and a signature.
func (s *secrets) presigned(session aws.Config) {
	s.t.Helper()
	identity, err := sts.NewPresignClient(sts.NewFromConfig(session)).PresignGetCallerIdentity(context.Background(), nil)
	s.must(err)
	s.signature("a presigned call's signature", identity.URL)
	s.get(identity.URL, http.StatusOK)
	s.get(identity.URL+"0", http.StatusForbidden)
	s.get(strings.Replace(identity.URL, "X-Amz-Security-Token=", "X-Amz-Security-Token=x", 1), http.StatusForbidden)
	s.get(strings.Replace(identity.URL, "GetCallerIdentity", "GetNothing", 1), http.StatusBadRequest)
	s.get(strings.Replace(identity.URL, "X-Amz-Date=2", "X-Amz-Date=1", 1), http.StatusForbidden)
}

// signature remembers the signature of an address as a secret: it opens what the address names.
func (s *secrets) signature(name, address string) {
	s.t.Helper()
	u, err := url.Parse(address)
	s.must(err)
	s.known[name] = u.Query().Get("X-Amz-Signature")
}

// template makes a product of a template behind a presigned address, with the answer remembered for its token.
func (s *secrets) template(root, session aws.Config) {
	s.t.Helper()
	ctx := context.Background()
	bucket, key := aws.String("templates-of-root"), aws.String("topic.yaml")
	files := s3.NewFromConfig(root, pathStyle)
	_, err := files.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: bucket})
	s.must(err)
	_, err = s3.NewFromConfig(session, pathStyle).PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n")})
	s.must(err)
	address, err := s3.NewPresignClient(s3.NewFromConfig(session, pathStyle)).PresignGetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key}, s3.WithPresignExpires(time.Hour))
	s.must(err)
	s.signature("a presigned template's signature", address.URL)
	catalog := servicecatalog.NewFromConfig(root)
	make := func(from string) error {
		in := &servicecatalog.CreateProductInput{Name: aws.String("Topic"), Owner: aws.String("ann"), ProductType: types.ProductTypeCloudFormationTemplate,
			IdempotencyToken: aws.String("same"), ProvisioningArtifactParameters: &types.ProvisioningArtifactProperties{Info: map[string]string{"LoadTemplateFromURL": from}}}
		_, err := catalog.CreateProduct(ctx, in)
		return err
	}
	s.fails("a template that is not there", make(strings.Replace(address.URL, "topic", "tropic", 1)))
	s.must(make(address.URL))
	s.must(make(address.URL)) // answered from memory
	s.fails("another template with the same token", make(address.URL+"&x=y"))
}

// launches makes stacks with secret parameters, that hold and that do not.
func (s *secrets) launches(root, session aws.Config) {
	s.t.Helper()
	ctx, files, admin, user := context.Background(), s3.NewFromConfig(root, pathStyle), servicecatalog.NewFromConfig(root), servicecatalog.NewFromConfig(session)
	body := "Parameters: {Secret: {Type: String, NoEcho: true, AllowedPattern: '[a-z-]+'}}\nResources: {Role: {Type: AWS::IAM::Role, Properties: {" +
		"AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}}}}}\nOutputs: {Secret: {Value: !Ref Secret}}\n"
	_, err := files.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("templates-of-root"), Key: aws.String("secret.yaml"), Body: strings.NewReader(body)})
	s.must(err)
	made, err := admin.CreateProduct(ctx, &servicecatalog.CreateProductInput{Name: aws.String("Secret"), Owner: aws.String("ann"), ProductType: types.ProductTypeCloudFormationTemplate,
		ProvisioningArtifactParameters: &types.ProvisioningArtifactProperties{Info: map[string]string{"LoadTemplateFromURL": s.url + "/templates-of-root/secret.yaml"}}})
	s.must(err)
	portfolio, err := admin.CreatePortfolio(ctx, &servicecatalog.CreatePortfolioInput{DisplayName: aws.String("P"), ProviderName: aws.String("IT")})
	s.must(err)
	product := made.ProductViewDetail.ProductViewSummary.ProductId
	_, err = admin.AssociateProductWithPortfolio(ctx, &servicecatalog.AssociateProductWithPortfolioInput{PortfolioId: portfolio.PortfolioDetail.Id, ProductId: product})
	s.must(err)
	_, err = admin.AssociatePrincipalWithPortfolio(ctx, &servicecatalog.AssociatePrincipalWithPortfolioInput{PortfolioId: portfolio.PortfolioDetail.Id, PrincipalType: types.PrincipalTypeIam,
		PrincipalARN: aws.String("arn:aws:iam::" + accountOf(s.t, s.url, root) + ":role/guest")})
	s.must(err)
	s.known["a parameter"], s.known["a parameter that is refused"] = "a-parameter-that-shows-nowhere", "A-PARAMETER-THAT-IS-REFUSED"
	for name, secret := range map[string]string{"good": s.known["a parameter"], "bad": s.known["a parameter that is refused"]} {
		out, err := user.ProvisionProduct(ctx, &servicecatalog.ProvisionProductInput{ProductId: product, ProvisioningArtifactId: made.ProvisioningArtifactDetail.Id, ProvisionedProductName: &name,
			ProvisioningParameters: []types.ProvisioningParameter{{Key: aws.String("Secret"), Value: &secret}}})
		s.must(err)
		record := out.RecordDetail
		for record.Status != types.RecordStatusSucceeded && record.Status != types.RecordStatusFailed {
			r, err := user.DescribeRecord(ctx, &servicecatalog.DescribeRecordInput{Id: record.RecordId})
			s.must(err)
			record = r.RecordDetail
		}
		if succeeded := record.Status == types.RecordStatusSucceeded; succeeded != (name == "good") {
			s.t.Errorf("C-PP-13 %s: %s %+v", name, record.Status, record.RecordErrors)
		}
	}
}
