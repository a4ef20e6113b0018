package s3_test

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// keep stores a text and returns the version it became.
func keep(t testing.TB, c *client.Client, bucket, key, body string) string {
	t.Helper()
	out, err := c.PutObject(t.Context(), &client.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(body)})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(out.VersionId)
}

func versioning(t *testing.T, c *client.Client, bucket string, state types.BucketVersioningStatus) {
	t.Helper()
	if _, err := c.PutBucketVersioning(ctx(t), &client.PutBucketVersioningInput{Bucket: &bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: state}}); err != nil {
		t.Fatal(err)
	}
}

// read is the body of a version, or the code of the refusal.
func read(t testing.TB, c *client.Client, bucket, key, version string) string {
	t.Helper()
	in := &client.GetObjectInput{Bucket: &bucket, Key: &key}
	if version != "" {
		in.VersionId = &version
	}
	out, err := c.GetObject(t.Context(), in)
	if err != nil {
		return code(err)
	}
	defer out.Body.Close()
	b, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// versions lists what a bucket has of its keys, page by page.
func versions(t testing.TB, c *client.Client, in client.ListObjectVersionsInput) (lines []string) {
	t.Helper()
	for {
		out, err := c.ListObjectVersions(t.Context(), &in)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range out.Versions {
			lines = append(lines, fmt.Sprintf("%s %s %t", *v.Key, *v.VersionId, *v.IsLatest))
		}
		for _, m := range out.DeleteMarkers {
			lines = append(lines, fmt.Sprintf("%s %s %t gone", *m.Key, *m.VersionId, *m.IsLatest))
		}
		for _, p := range out.CommonPrefixes {
			lines = append(lines, *p.Prefix)
		}
		if !aws.ToBool(out.IsTruncated) {
			return lines
		}
		in.KeyMarker, in.VersionIdMarker = out.NextKeyMarker, out.NextVersionIdMarker
	}
}

func TestVersions(t *testing.T) {
	everywhere(t, func(t *testing.T, s site) {
		c := s.client(alice, "us-east-1")
		s.make(t, c, "kept")
		if v := keep(t, c, "kept", "k", "zero"); v != "" {
			t.Errorf("without versions: %q", v)
		}
		versioning(t, c, "kept", types.BucketVersioningStatusEnabled)
		one, two := keep(t, c, "kept", "k", "one"), keep(t, c, "kept", "k", "two")
		for version, want := range map[string]string{"": "two", "null": "zero", one: "one", two: "two", strings.Repeat("a", 32): "NoSuchVersion"} {
			if got := read(t, c, "kept", "k", version); got != want {
				t.Errorf("version %q: got %q, want %q", version, got, want)
			}
		}
		gone, err := c.DeleteObject(ctx(t), &client.DeleteObjectInput{Bucket: aws.String("kept"), Key: aws.String("k")})
		if err != nil || !aws.ToBool(gone.DeleteMarker) || aws.ToString(gone.VersionId) == "" {
			t.Fatalf("%+v, %v", gone, err)
		}
		marker := *gone.VersionId
		if got := read(t, c, "kept", "k", ""); got != "NoSuchKey" {
			t.Errorf("behind a marker: %q", got)
		}
		if got := read(t, c, "kept", "k", marker); got != "MethodNotAllowed" {
			t.Errorf("the marker itself: %q", got)
		}
		if got := read(t, c, "kept", "k", one); got != "one" {
			t.Errorf("a version behind the marker: %q", got)
		}
		if list, err := c.ListObjectsV2(ctx(t), &client.ListObjectsV2Input{Bucket: aws.String("kept")}); err != nil || len(list.Contents) != 0 {
			t.Errorf("listed: %+v, %v", list.Contents, err)
		}
		want := []string{"k " + two + " false", "k " + one + " false", "k null false", "k " + marker + " true gone"}
		if d := cmp.Diff(want, versions(t, c, client.ListObjectVersionsInput{Bucket: aws.String("kept")})); d != "" {
			t.Error(d)
		}
		if _, err := c.DeleteBucket(ctx(t), &client.DeleteBucketInput{Bucket: aws.String("kept")}); code(err) != "BucketNotEmpty" {
			t.Errorf("a bucket with nothing but old versions: %v", err)
		}
		for range 2 { // what is gone already is as it should be
			back, err := c.DeleteObject(ctx(t), &client.DeleteObjectInput{Bucket: aws.String("kept"), Key: aws.String("k"), VersionId: &marker})
			if err != nil || aws.ToString(back.VersionId) != marker {
				t.Errorf("%+v, %v", back, err)
			}
		}
		if got := read(t, c, "kept", "k", ""); got != "two" {
			t.Errorf("without the marker: %q", got)
		}
		if out, err := c.DeleteObjects(ctx(t), &client.DeleteObjectsInput{Bucket: aws.String("kept"), Delete: &types.Delete{Objects: []types.ObjectIdentifier{
			{Key: aws.String("k"), VersionId: &two}, {Key: aws.String("other")}}}}); err != nil || len(out.Deleted) != 2 || len(out.Errors) != 0 ||
			!aws.ToBool(out.Deleted[1].DeleteMarker) || aws.ToString(out.Deleted[1].DeleteMarkerVersionId) == "" || aws.ToBool(out.Deleted[0].DeleteMarker) {
			t.Errorf("%+v, %v", out, err)
		}
		if got := read(t, c, "kept", "k", ""); got != "one" {
			t.Errorf("without the newest: %q", got)
		}

		versioning(t, c, "kept", types.BucketVersioningStatusSuspended)
		if v := keep(t, c, "kept", "k", "three"); v != "" {
			t.Errorf("suspended: version %q", v)
		}
		for version, want := range map[string]string{"": "three", "null": "three", one: "one"} {
			if got := read(t, c, "kept", "k", version); got != want {
				t.Errorf("suspended, version %q: got %q, want %q", version, got, want)
			}
		}
		gone, err = c.DeleteObject(ctx(t), &client.DeleteObjectInput{Bucket: aws.String("kept"), Key: aws.String("k")})
		if err != nil || aws.ToString(gone.VersionId) != "null" || !aws.ToBool(gone.DeleteMarker) {
			t.Errorf("suspended: %+v, %v", gone, err)
		}
		if got := read(t, c, "kept", "k", "null"); got != "MethodNotAllowed" {
			t.Errorf("suspended, the marker has taken its place: %q", got)
		}
	})
}

func TestVersionPages(t *testing.T) {
	everywhere(t, func(t *testing.T, s site) {
		c := s.client(alice, "us-east-1")
		s.make(t, c, "kept")
		versioning(t, c, "kept", types.BucketVersioningStatusEnabled)
		var all, grouped []string
		for _, key := range []string{"a", "b/1", "b/2", "b/3", "c", "d/1"} {
			var of []string
			for i := range 3 {
				of = append([]string{fmt.Sprintf("%s %s %t", key, keep(t, c, "kept", key, fmt.Sprint(i)), i == 2)}, of...)
			}
			all = append(all, of...)
			if !strings.Contains(key, "/") {
				grouped = append(grouped, of...)
			}
		}
		grouped = append(grouped, "b/", "d/")
		slices.Sort(grouped)
		for n := range int32(7) {
			in := client.ListObjectVersionsInput{Bucket: aws.String("kept"), MaxKeys: aws.Int32(n + 1)}
			if d := cmp.Diff(all, versions(t, c, in)); d != "" {
				t.Errorf("%d at once: %s", n+1, d)
			}
			in.Delimiter = aws.String("/")
			got := versions(t, c, in)
			slices.Sort(got)
			if d := cmp.Diff(grouped, got); d != "" {
				t.Errorf("%d at once, by folder: %s", n+1, d)
			}
			in.Prefix = aws.String("b/")
			if d := cmp.Diff(all[3:12], versions(t, c, in)); d != "" {
				t.Errorf("%d at once, in a folder: %s", n+1, d)
			}
		}
	})
}

// TestVersionModel drives a bucket with random writes, deletions and changes of its versioning, and a list beside it.
func TestVersionModel(t *testing.T) {
	everywhere(t, func(t *testing.T, s site) {
		c := s.client(alice, "us-east-1")
		n := 0
		rapid.Check(t, func(r *rapid.T) {
			n++
			bucket := fmt.Sprintf("bucket-%d", n)
			s.make(t, c, bucket)
			type version struct{ id, body string } // without a body a marker
			var kept []version                     // the newest first
			state := ""
			drop := func(id string) {
				kept = slices.DeleteFunc(kept, func(v version) bool { return v.id == id })
			}
			add := func(id, body string) {
				if id == "" {
					id = "null"
					drop(id)
				}
				kept = append([]version{{id, body}}, kept...)
			}
			for i := range rapid.IntRange(1, 8).Draw(r, "steps") {
				switch rapid.SampledFrom([]string{"put", "put", "delete", "drop", "enable", "suspend"}).Draw(r, "step") {
				case "put":
					body := fmt.Sprint("body ", i)
					add(keep(t, c, bucket, "k", body), body)
				case "delete":
					out, err := c.DeleteObject(ctx(t), &client.DeleteObjectInput{Bucket: &bucket, Key: aws.String("k")})
					if err != nil {
						r.Fatal(err)
					}
					if state == "" {
						drop("null")
						continue
					}
					add(strings.TrimPrefix(aws.ToString(out.VersionId), "null"), "")
				case "drop":
					if len(kept) == 0 {
						continue
					}
					id := rapid.SampledFrom(kept).Draw(r, "version").id
					drop(id)
					if _, err := c.DeleteObject(ctx(t), &client.DeleteObjectInput{Bucket: &bucket, Key: aws.String("k"), VersionId: &id}); err != nil {
						r.Fatal(err)
					}
				case "enable":
					state = "Enabled"
					versioning(t, c, bucket, types.BucketVersioningStatusEnabled)
				case "suspend":
					state = "Suspended"
					versioning(t, c, bucket, types.BucketVersioningStatusSuspended)
				}
			}
			latest, want := "NoSuchKey", []string(nil)
			for i, v := range kept {
				text := v.body
				line := fmt.Sprintf("k %s %t", v.id, i == 0)
				if text == "" {
					text, line = "MethodNotAllowed", line+" gone"
				}
				if i == 0 && v.body != "" {
					latest = v.body
				}
				want = append(want, line)
				if got := read(t, c, bucket, "k", v.id); got != text {
					r.Fatalf("version %s: got %q, want %q", v.id, got, text)
				}
			}
			if got := read(t, c, bucket, "k", ""); got != latest {
				r.Fatalf("got %q, want %q", got, latest)
			}
			got := versions(t, c, client.ListObjectVersionsInput{Bucket: &bucket})
			slices.Sort(got)
			slices.Sort(want)
			if d := cmp.Diff(want, got); d != "" {
				r.Fatal(d)
			}
		})
	})
}
