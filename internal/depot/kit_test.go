package depot_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"portico/internal/depot"
	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	home   = "111111111111"
	keeper = "222222222222" // of the bucket elsewhere
	region = "us-east-1"
)

// world is a server whose bodies lie in a bucket of another one.
type world struct {
	*testing.T
	*servertest.Server
	at     store.Options
	far    *s3.Client
	bucket *depot.Bucket
	s3     *s3.Client
	log    *lines
}

type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.WriteString(line + "\n")
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// keys gives this process the credentials of an account, as its environment has them.
func keys(t *testing.T, id string) {
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": id, "AWS_SECRET_ACCESS_KEY": "any", "AWS_PROFILE": "", "AWS_CONFIG_FILE": "",
		"AWS_SHARED_CREDENTIALS_FILE": "", "AWS_ENDPOINT_URL": "", "AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_MAX_ATTEMPTS": "1"} {
		t.Setenv(name, value)
	}
}

func client(url, account string) *s3.Client {
	return s3.New(s3.Options{Region: region, BaseEndpoint: &url, UsePathStyle: true, RetryMaxAttempts: 1,
		HTTPClient:  &http.Client{Transport: servertest.PlainBodies(http.DefaultTransport)},
		Credentials: credentials.NewStaticCredentialsProvider(account, "any", "")})
}

// worlds runs body on both databases, with the bucket at an endpoint that start gives.
func worlds(t *testing.T, start func(t *testing.T) string, body func(w *world)) {
	testkit.Databases(t, func(t *testing.T, o store.Options) { body(newWorld(t, o, start(t))) })
}

// portico is another Portico, which does not know what it is used for.
func portico(t *testing.T) string {
	return servertest.Start(t, servertest.Options{Store: testkit.SQLite(t)}).URL
}

func newWorld(t *testing.T, o store.Options, endpoint string) *world {
	keys(t, keeper)
	w := &world{T: t, at: o, log: new(lines)}
	w.far = client(endpoint, keeper)
	_, err := w.far.CreateBucket(w.Context(), &s3.CreateBucketInput{Bucket: aws.String("bodies")})
	w.must(err)
	w.bucket, err = depot.Open(w.Context(), "s3://bodies/of/home?endpoint="+endpoint)
	w.must(err)
	w.Server = w.start(w.bucket)
	w.s3 = client(w.URL, home)
	w.make("b")
	return w
}

// start starts a server on the database; several may be there.
func (w *world) start(b *depot.Bucket) *servertest.Server {
	return servertest.Start(w.T, servertest.Options{Store: w.at, Bucket: b, Failures: true, Log: w.log.add})
}

// later is the depot of the server after a while.
func (w *world) later(d time.Duration) *depot.Depot {
	return &depot.Depot{DB: w.DB, Bucket: w.bucket, Now: func() time.Time { return time.Now().Add(d) }}
}

// sweep removes after a while what may be removed, and says how much that was.
func (w *world) sweep(d time.Duration) int {
	w.Helper()
	n, err := w.later(d).Sweep(w.Context())
	w.must(err)
	return n
}

// stored counts the bodies elsewhere.
func (w *world) stored() int {
	w.Helper()
	out, err := w.far.ListObjectsV2(w.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("bodies")})
	w.must(err)
	for _, o := range out.Contents {
		if !strings.HasPrefix(*o.Key, "of/home/") {
			w.Errorf("a body is at %s", *o.Key)
		}
	}
	return len(out.Contents)
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) equal(name string, got, want any) {
	w.Helper()
	if got != want {
		w.Errorf("%s: got %v, want %v", name, got, want)
	}
}

// Buckets are named globally, and so that S3 takes the names.
func (w *world) make(name string) {
	w.Helper()
	_, err := w.s3.CreateBucket(w.Context(), &s3.CreateBucketInput{Bucket: full(name)})
	w.must(err)
}

func full(name string) *string { return aws.String("bucket-" + name) }

func (w *world) put(key, body string) string {
	w.Helper()
	out, err := w.s3.PutObject(w.Context(), &s3.PutObjectInput{Bucket: full("b"), Key: &key, Body: strings.NewReader(body)})
	w.must(err)
	return aws.ToString(out.VersionId)
}

func (w *world) delete(key, version string) {
	w.Helper()
	in := &s3.DeleteObjectInput{Bucket: full("b"), Key: &key}
	if version != "" {
		in.VersionId = &version
	}
	_, err := w.s3.DeleteObject(w.Context(), in)
	w.must(err)
}

// read reads an object, or says why it cannot be read.
func read(c *s3.Client, key, version, part string) string {
	in := &s3.GetObjectInput{Bucket: full("b"), Key: &key}
	if version != "" {
		in.VersionId = &version
	}
	if part != "" {
		in.Range = &part
	}
	out, err := c.GetObject(context.Background(), in)
	if err != nil {
		return code(err)
	}
	defer out.Body.Close()
	b, err := io.ReadAll(out.Body)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return err.Error()
}

// object is the row of an object.
func (w *world) object(key string) (o store.Object) {
	w.Helper()
	w.must(w.DB.Read(w.Context(), func(tx *store.Tx) (err error) {
		o, _, err = tx.Object(*full("b"), key)
		return err
	}))
	return o
}

// events are how the calls of an operation ended.
func (w *world) events(operation string) string {
	w.Helper()
	var ends []string
	w.must(w.DB.Read(w.Context(), func(tx *store.Tx) error {
		es, err := tx.EventsAfter(store.Moment{}, "", 1000)
		for _, e := range es {
			ev, err := e.Event()
			if err != nil {
				return err
			}
			if ev.Operation == operation {
				ends = append(ends, cmp.Or(ev.Code, "OK"))
			}
		}
		return err
	}))
	return strings.Join(ends, " ")
}

// text is a body of some length that is nowhere like itself.
func text(n int) string {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		b.WriteString(time.Unix(int64(i), 0).UTC().Format("2006-01-02T15:04:05 "))
	}
	return string(slices.Clip(b.Bytes()[:n]))
}
