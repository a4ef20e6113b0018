package main

import (
	"context"
	"io"
	"path"
	"strings"
	"testing"
	"time"

	fixed "github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"portico/internal/store"
	"portico/internal/testkit"
)

// bucketOf is a bucket of a server in development mode.
type bucketOf struct {
	*testing.T
	name   string
	client *s3.Client
}

func makeBucket(t *testing.T, url, account, name string) bucketOf {
	t.Helper()
	b := bucketOf{t, name, s3.New(s3.Options{Region: "us-east-1", BaseEndpoint: &url, UsePathStyle: true, Credentials: fixed.NewStaticCredentialsProvider(account, "any", "")})}
	if _, err := b.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil && !strings.Contains(err.Error(), "BucketAlreadyOwnedByYou") {
		t.Fatal(err)
	}
	return b
}

func (b bucketOf) put(key, body string) {
	b.Helper()
	if _, err := b.client.PutObject(b.Context(), &s3.PutObjectInput{Bucket: &b.name, Key: &key, Body: strings.NewReader(body)}); err != nil {
		b.Fatal(err)
	}
}

func (b bucketOf) get(key string) string {
	b.Helper()
	out, err := b.client.GetObject(b.Context(), &s3.GetObjectInput{Bucket: &b.name, Key: &key})
	if err != nil {
		b.Fatal(err)
	}
	text, err := io.ReadAll(out.Body)
	if err != nil {
		b.Fatal(err)
	}
	return string(text)
}

// prefixes are the first parts of all keys.
func (b bucketOf) prefixes() string {
	b.Helper()
	out, err := b.client.ListObjectsV2(b.Context(), &s3.ListObjectsV2Input{Bucket: &b.name})
	if err != nil {
		b.Fatal(err)
	}
	var all []string
	for _, o := range out.Contents {
		all = append(all, strings.SplitN(*o.Key, "/", 2)[0])
	}
	return strings.Join(all, " ")
}

func otherStore(t *testing.T) (url string) {
	url, _, _ = launch(t, "--data", t.TempDir(), "--dev")
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "222222222222", "AWS_SECRET_ACCESS_KEY": "any", "AWS_PROFILE": "", "AWS_CONFIG_FILE": "",
		"AWS_SHARED_CREDENTIALS_FILE": "", "AWS_ENDPOINT_URL": "", "AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_MAX_ATTEMPTS": "1"} {
		t.Setenv(name, value)
	}
	return url
}

// TestObjectStoreRefused starts no server that could not keep a body.
func TestObjectStoreRefused(t *testing.T) {
	far := otherStore(t)
	for _, c := range []struct{ name, address, want string }{
		{"no address", "bodies", "--object-store must be like s3://BUCKET/PREFIX"},
		{"no region", "s3://bodies", "--object-store needs a region"},
		{"no bucket", "s3://bodies?endpoint=" + far, "--object-store: s3://bodies/ cannot be used: put a body to s3://bodies/"},
		{"nobody there", "s3://bodies?endpoint=http://127.0.0.1:1", "connection refused"},
	} {
		err := run(context.Background(), []string{"serve", "--listen", "127.0.0.1:0", "--dev", "--data", t.TempDir(), "--object-store", c.address}, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

// TestObjectStore keeps bodies in a bucket of another server, and removes there what a server has left behind that was killed.
func TestObjectStore(t *testing.T) {
	far := otherStore(t)
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		there := makeBucket(t, far, "222222222222", "bodies-"+path.Base(t.Name()))
		there.put("left/body", "left")
		err := testkit.Open(t, o).Write(t.Context(), func(tx *store.Tx) error { return tx.InsertStray("s3://"+there.name+"/left/body", time.Unix(1, 0)) })
		if err != nil {
			t.Fatal(err)
		}
		args := append(where(o), "--dev", "--object-store", "s3://"+there.name+"/new?endpoint="+far)
		url, _, stop := launch(t, args...)
		makeBucket(t, url, "111111111111", "templates").put("k", "body")
		for until := time.Now().Add(time.Minute); there.prefixes() != "new" && time.Now().Before(until); { // the server works by itself
		}
		if got := there.prefixes(); got != "new" {
			t.Errorf("bodies below %q, want new alone", got)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		url, _, _ = launch(t, args...)
		if got := makeBucket(t, url, "111111111111", "templates").get("k"); got != "body" {
			t.Errorf("after a restart it reads %q", got)
		}
	})
}
