//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

// TestTerraformBuckets runs testdata/buckets: everything that the provider writes of a bucket is made, changed and taken
// away again, and after each a plan finds nothing to do.
func TestTerraformBuckets(t *testing.T) {
	o := findTool(t)
	testkit.Databases(t, func(t *testing.T, db store.Options) {
		t.Parallel()
		s := servertest.Start(t, servertest.Options{Store: db})
		tap := newTap(t, s.URL)
		w := o.folder(t, map[string]string{"endpoint": tap.url})
		if err := os.CopyFS(w.dir, os.DirFS("testdata/buckets")); err != nil {
			t.Fatal(err)
		}
		w.must(t, "init")
		w.must(t, "apply", "-auto-approve")
		w.unchanged(t)

		c := s3.NewFromConfig(s.Root(recipient, region), func(o *s3.Options) { o.UsePathStyle = true })
		note := &s3.GetObjectInput{Bucket: aws.String("data-of-many-settings"), Key: aws.String("notes/one.txt")}
		read := func(want string) {
			t.Helper()
			out, err := c.GetObject(context.Background(), note)
			if err != nil {
				t.Error(err)
				return
			}
			if b, err := io.ReadAll(out.Body); err != nil || string(b) != want {
				t.Errorf("the account that the policy names reads %q, %v; want %q", b, err, want)
			}
		}
		read("first")
		var out struct {
			Keys    struct{ Value []string }
			Version struct{ Value string }
		}
		if err := json.Unmarshal([]byte(w.must(t, "output", "-json")), &out); err != nil {
			t.Fatal(err)
		}
		if len(out.Keys.Value) != 1 || len(out.Version.Value) != 32 {
			t.Errorf("outputs %+v", out)
		}

		w.must(t, "apply", "-auto-approve", "-var", "second=true")
		w.unchanged(t, "-var", "second=true")
		read("changed")
		note.VersionId = &out.Version.Value
		if _, err := c.GetObject(context.Background(), note); err == nil {
			t.Error("a version is read by who may only read the latest")
		}

		w.must(t, "destroy", "-auto-approve", "-refresh=false", "-var", "second=true")
		left, err := s3.NewFromConfig(s.Root(owner, region), func(o *s3.Options) { o.UsePathStyle = true }).ListBuckets(context.Background(), &s3.ListBucketsInput{})
		if err != nil || len(left.Buckets) != 0 {
			t.Errorf("left over: %+v, %v", left, err)
		}
		t.Logf("calls:\n%s", tap.table())
	})
}
