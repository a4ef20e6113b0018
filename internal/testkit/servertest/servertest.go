// Package servertest runs the whole server inside a test, on a database of either kind, and replays golden files of
// requests and answers against it.
package servertest

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"portico/internal/access"
	"portico/internal/assembly"
	"portico/internal/catalog"
	"portico/internal/depot"
	"portico/internal/ident"
	"portico/internal/jobs"
	"portico/internal/provision"
	"portico/internal/store"
	"portico/internal/testkit"
)

// Options say how a test's server differs from a running one in development mode.
type Options struct {
	Store store.Options // the database, as testkit gives it
	// Exact makes the server predictable: its clock stands still at Epoch until Clock moves it, and its ids count.
	Exact  bool
	Still  bool // nothing is done before Settle, as on an exact server
	Strict bool // no development mode: only keys the server issued
	// ShareDelay is how long tokens of organization shares stay IN_PROGRESS. (S-TOK-11)
	ShareDelay time.Duration
	// Engine launches every product; nil lets development mode simulate it.
	Engine provision.Engine
	// Outside are engines that are programs of their own.
	Outside assembly.Outside
	// Bucket is where the bodies of objects go; nil is into the database.
	Bucket *depot.Bucket
	// Log is told every line of the log.
	Log func(line string)
	// Failures lets the server answer InternalFailure; otherwise that fails the test.
	Failures bool
}

// Epoch is where the clock of an exact server stands at first.
var Epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// Server is a running server.
type Server struct {
	URL   string
	DB    *store.DB
	Clock *Clock // nil unless the server is exact

	client *http.Client
	jobs   *jobs.Runner
}

// Settle does what is to be done until nothing is due any more. On an exact server nothing is done before.
func (s *Server) Settle(t testing.TB) {
	t.Helper()
	if _, err := s.jobs.Drain(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// Start runs a server until the test ends.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{DB: testkit.Open(t, o.Store)}
	a := assembly.Options{DB: s.DB, Dev: !o.Strict, ShareDelay: o.ShareDelay, Issuers: assembly.Loopback, Outside: o.Outside, Bucket: o.Bucket, Log: slog.New(&failures{t: t, allowed: o.Failures, log: o.Log})}
	if o.Exact {
		s.Clock = &Clock{now: Epoch}
		a.Now, a.IDs, a.RequestIDs = s.Clock.Now, ident.Counting(), ident.Counting()
	}
	if o.Engine != nil {
		a.Engines = map[string]provision.Served{}
		for _, kind := range []string{catalog.CloudFormation, catalog.TerraformOpenSource, catalog.TerraformCloud, catalog.External} {
			a.Engines[kind] = provision.Served{Engine: o.Engine}
		}
	}
	h, err := assembly.New(a)
	if err != nil {
		t.Fatal(err)
	}
	s.jobs = h.Jobs
	if !o.Exact && !o.Still {
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() { defer close(ended); h.Jobs.Run(ctx) }()
		t.Cleanup(func() { stop(); <-ended })
	}
	listener := httptest.NewServer(h)
	t.Cleanup(listener.Close)
	s.URL = listener.URL
	s.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, ExpectContinueTimeout: time.Second}}
	t.Cleanup(s.client.CloseIdleConnections)
	return s
}

// Root is the configuration of an SDK client that is the root of an account, which development mode lets anybody be.
func (s *Server) Root(account ident.Account, region ident.Region) aws.Config {
	return s.With(string(account), "any", "", region)
}

// With is the configuration of an SDK client with issued credentials. It does not retry, so that tests see every answer.
// Clients of s3 want UsePathStyle besides.
func (s *Server) With(key, secret, token string, region ident.Region) aws.Config {
	return aws.Config{
		Region:           string(region),
		Credentials:      credentials.NewStaticCredentialsProvider(key, secret, token),
		BaseEndpoint:     aws.String(s.URL),
		HTTPClient:       &http.Client{Transport: plainBodies{s.client.Transport}},
		RetryMaxAttempts: 1,
	}
}

// PlainBodies is a transport for SDK clients; see plainBodies.
func PlainBodies(t http.RoundTripper) http.RoundTripper { return plainBodies{t} }

// plainBodies hides what else the bodies of requests can do than be read. The SDK closes a body as soon as the answer begins;
// one that writes itself then fails, net/http closes the connection for it, and an answer longer than a buffer is lost.
type plainBodies struct{ http.RoundTripper }

func (p plainBodies) RoundTrip(r *http.Request) (*http.Response, error) {
	own := *r
	if own.Body != nil && own.Body != http.NoBody {
		own.Body = struct{ io.ReadCloser }{own.Body}
	}
	return p.RoundTripper.RoundTrip(&own)
}

// Key issues a root key of an account without asking the server, for tests of servers that have issued none.
func (s *Server) Key(t testing.TB, account ident.Account, id, secret string) {
	t.Helper()
	err := s.DB.Write(context.Background(), func(tx *store.Tx) error {
		a := access.Account{ID: account, Name: string(account), Email: string(account) + "@portico.invalid", Status: access.AccountActive, Created: Epoch}
		if err := tx.InsertAccount(a); err != nil {
			return err
		}
		return tx.InsertAccessKey(access.AccessKey{ID: id, Account: account, Secret: secret, Status: access.KeyActive, Created: Epoch})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Template puts a small CloudFormation template into a bucket of an account and returns its URL, to make products of.
func (s *Server) Template(t testing.TB, account ident.Account) string {
	t.Helper()
	c := s3.NewFromConfig(s.Root(account, "us-east-1"), func(o *s3.Options) { o.UsePathStyle = true })
	bucket, key := aws.String("templates-"+string(account)), aws.String("topic.yaml")
	if _, err := c.CreateBucket(context.Background(), &s3.CreateBucketInput{Bucket: bucket}); err != nil {
		t.Fatal(err)
	}
	body := strings.NewReader("Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n")
	if _, err := c.PutObject(context.Background(), &s3.PutObjectInput{Bucket: bucket, Key: key, Body: body}); err != nil {
		t.Fatal(err)
	}
	return s.URL + "/" + *bucket + "/" + *key
}

// Clock is a clock that only a test moves.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now is the time it shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves it.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// failures is a log handler that tells the test what went wrong inside the server.
type failures struct {
	t       testing.TB
	allowed bool
	log     func(line string) // nil if nobody wants to know more
}

func (f *failures) Enabled(_ context.Context, l slog.Level) bool {
	return l >= slog.LevelError || f.log != nil
}
func (f *failures) WithAttrs([]slog.Attr) slog.Handler { return f }
func (f *failures) WithGroup(string) slog.Handler      { return f }

func (f *failures) Handle(_ context.Context, r slog.Record) error {
	text := r.Message
	r.Attrs(func(a slog.Attr) bool {
		text += " " + a.String()
		return true
	})
	if f.log != nil {
		f.log(text)
	}
	if r.Level < slog.LevelError {
		return nil
	}
	if f.allowed {
		f.t.Log(text)
		return nil
	}
	f.t.Error("the server failed: " + text)
	return nil
}
