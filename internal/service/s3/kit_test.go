package s3_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	client "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/service/s3"
	"portico/internal/sigv4"
	"portico/internal/store"
	"portico/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	alice  = "111111111111"
	bob    = "222222222222"
	secret = "secret"
)

// front is the part of the server that stands before the service: it verifies, and reads who is calling from the key.
type front struct {
	service *s3.Service
	last    atomic.Value
	late    atomic.Int64 // how far the clock of the check is ahead
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Amz-Request-Id", "request-1")
	w.Header().Set("Cache-Control", "no-store")
	err := f.serve(w, r)
	if refusal, ok := fault.Of(err); ok {
		name, status := sigv4.Answer(sigv4.S3, refusal.Code)
		http.Error(w, "<Error><Code>"+name+"</Code><Message>"+refusal.Message+"</Message></Error>", status)
	} else if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func (f *front) serve(w http.ResponseWriter, r *http.Request) error {
	a, err := sigv4.Parse(r)
	if err != nil {
		return err
	}
	if err := a.Verify(r, secret, "", time.Now().Add(time.Duration(f.late.Load()))); err != nil {
		return err
	}
	if r.Body, err = sigv4.BodyReader(r, a, secret); err != nil {
		return err
	}
	f.last.Store(a.PayloadHash)
	who := access.RootCaller(ident.Account(a.AccessKey))
	who.Region, who.Endpoint = ident.Region(a.Region), "http://"+r.Host
	f.service.Handler(who, w, r)
	return nil
}

// site is a running service, reached by http and by https, over which SDKs send bodies in another form.
type site struct {
	url  string
	tls  *httptest.Server
	seen func() string // the payload hash of the last request

	service *s3.Service
	late    *atomic.Int64
}

// everywhere runs a test on both databases.
func everywhere(t *testing.T, body func(t *testing.T, s site)) {
	testkit.Stores(t, func(t *testing.T, open func() *store.DB) {
		db := open()
		f := &front{service: &s3.Service{DB: db, Now: func() time.Time { return time.Now().UTC() }}}
		server, tls := httptest.NewServer(f), httptest.NewTLSServer(f)
		t.Cleanup(server.Close)
		t.Cleanup(tls.Close)
		body(t, site{server.URL, tls, func() string { return f.last.Load().(string) }, f.service, &f.late})
	})
}

func (s site) client(account, region string, options ...func(*client.Options)) *client.Client {
	return client.New(client.Options{Region: region, BaseEndpoint: aws.String(s.url), UsePathStyle: true, RetryMaxAttempts: 1,
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported, ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
		Credentials: credentials.NewStaticCredentialsProvider(account, secret, "")}, options...)
}

// make creates a bucket.
func (s site) make(t *testing.T, c *client.Client, bucket string) {
	t.Helper()
	if _, err := c.CreateBucket(t.Context(), &client.CreateBucketInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, c *client.Client, bucket, key, body string) {
	t.Helper()
	if _, err := c.PutObject(t.Context(), &client.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(body)}); err != nil {
		t.Fatal(err)
	}
}

// code is what a client sees of an error: S3's code, or the status of an answer without one.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func status(err error) int {
	var res interface{ HTTPStatusCode() int }
	if errors.As(err, &res) {
		return res.HTTPStatusCode()
	}
	return 0
}

func ctx(t *testing.T) context.Context { return t.Context() }
func bg() context.Context              { return context.Background() }

// raw sends a request with an empty body.
func (s site) raw(t *testing.T, method, path string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(method, s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Content-Sha256", sigv4.Hash(nil))
	cred := aws.Credentials{AccessKeyID: alice, SecretAccessKey: secret}
	err = v4.NewSigner().SignHTTP(t.Context(), cred, r, sigv4.Hash(nil), "s3", "us-east-1", time.Now(), func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}
