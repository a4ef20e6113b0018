package s3_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	client "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"portico/internal/access"
	"portico/internal/depot"
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
	keeper = "444444444444" // of bodies elsewhere
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

// here runs a test on both databases.
func here(t *testing.T, body func(t *testing.T, s site)) {
	testkit.Stores(t, func(t *testing.T, open func() *store.DB) { body(t, serve(t, open(), nil)) })
}

// everywhere runs a test on both databases, and with its bodies in a bucket of another service. That then has the bodies of
// the objects that the test leaves and, once those that are stray are due, no others.
func everywhere(t *testing.T, body func(t *testing.T, s site)) {
	here(t, body)
	t.Run("elsewhere", func(t *testing.T) {
		far := serve(t, testkit.Open(t, testkit.SQLite(t)), nil)
		c, bucket := far.client(keeper, "us-east-1"), "bodies"
		far.make(t, c, bucket)
		for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": keeper, "AWS_SECRET_ACCESS_KEY": secret, "AWS_PROFILE": "", "AWS_CONFIG_FILE": "", "AWS_SHARED_CREDENTIALS_FILE": ""} {
			t.Setenv(name, value)
		}
		b, err := depot.Open(t.Context(), "s3://bodies/of/tests?endpoint="+far.url)
		if err != nil {
			t.Fatal(err)
		}
		d := &depot.Depot{DB: testkit.Open(t, testkit.SQLite(t)), Bucket: b}
		body(t, serve(t, d.DB, d))
		want := places(t, d.DB)
		d.Now = func() time.Time { return time.Now().Add(2 * time.Hour) }
		if _, err := d.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got []string
		page := client.NewListObjectsV2Paginator(c, &client.ListObjectsV2Input{Bucket: &bucket})
		for page.HasMorePages() {
			out, err := page.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range out.Contents {
				got = append(got, "s3://bodies/"+*o.Key)
			}
		}
		slices.Sort(got)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("bodies elsewhere are not those of objects: %s", d)
		}
	})
}

// places are where the bodies of a database's objects lie elsewhere.
func places(t *testing.T, db *store.DB) (all []string) {
	t.Helper()
	err := db.Read(t.Context(), func(tx *store.Tx) error {
		for _, account := range []ident.Account{alice, bob} {
			buckets, err := tx.Buckets(account, "", 100)
			if err != nil {
				return err
			}
			for _, b := range buckets {
				os, err := tx.ObjectVersions(b.Name, "", 0, "", 1000)
				if err != nil {
					return err
				}
				for _, o := range os {
					if o.Place != "" {
						all = append(all, o.Place)
					} else if o.Size > 0 {
						t.Errorf("the body of %s is not elsewhere", o.Key)
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

// serve starts a service over a database.
func serve(t *testing.T, db *store.DB, d *depot.Depot) site {
	f := &front{service: &s3.Service{DB: db, Depot: d, Now: func() time.Time { return time.Now().UTC() }}}
	server, tls := httptest.NewServer(f), httptest.NewTLSServer(f)
	t.Cleanup(server.Close)
	t.Cleanup(tls.Close)
	return site{server.URL, tls, func() string { return f.last.Load().(string) }, f.service, &f.late}
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
