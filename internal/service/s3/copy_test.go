package s3_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestCopy(t *testing.T) {
	everywhere(t, func(t *testing.T, s site) {
		c := s.client(alice, "us-east-1")
		s.make(t, c, "from")
		s.make(t, c, "into")
		first, err := c.PutObject(ctx(t), &client.PutObjectInput{Bucket: aws.String("from"), Key: aws.String("a b/ü"), Body: strings.NewReader("body"), ContentType: aws.String("text/x"),
			Metadata: map[string]string{"m": "1"}, Tagging: aws.String("t=1"), ChecksumAlgorithm: types.ChecksumAlgorithmSha256})
		if err != nil {
			t.Fatal(err)
		}
		source := "from/a%20b/%C3%BC"
		type input = client.CopyObjectInput
		for name, x := range map[string]struct {
			change                func(*input)
			want                  string // code
			body, kind, meta, tag string
		}{
			"as it is":              {func(*input) {}, "", "body", "text/x", "1", "1"},
			"leading slash":         {func(in *input) { in.CopySource = aws.String("/" + source) }, "", "body", "text/x", "1", "1"},
			"other metadata":        {func(in *input) { in.MetadataDirective, in.Metadata = "REPLACE", map[string]string{"m": "2"} }, "", "body", "binary/octet-stream", "2", "1"},
			"other tags":            {func(in *input) { in.TaggingDirective, in.Tagging = "REPLACE", aws.String("t=2") }, "", "body", "text/x", "1", "2"},
			"no tags":               {func(in *input) { in.TaggingDirective = "REPLACE" }, "", "body", "text/x", "1", ""},
			"tags without asking":   {func(in *input) { in.Tagging = aws.String("t=2") }, "", "body", "text/x", "1", "1"},
			"if match":              {func(in *input) { in.CopySourceIfMatch = first.ETag }, "", "body", "text/x", "1", "1"},
			"if none match":         {func(in *input) { in.CopySourceIfNoneMatch = first.ETag }, "PreconditionFailed", "", "", "", ""},
			"modified since":        {func(in *input) { in.CopySourceIfModifiedSince = aws.Time(time.Now().Add(time.Hour)) }, "PreconditionFailed", "", "", "", ""},
			"if absent":             {func(in *input) { in.IfNoneMatch = aws.String("*") }, "", "body", "text/x", "1", "1"},
			"to itself":             {func(in *input) { in.Bucket, in.Key = aws.String("from"), aws.String("a b/ü") }, "InvalidRequest", "", "", "", ""},
			"no key":                {func(in *input) { in.CopySource = aws.String("from") }, "InvalidArgument", "", "", "", ""},
			"absent key":            {func(in *input) { in.CopySource = aws.String("from/absent") }, "NoSuchKey", "", "", "", ""},
			"absent version":        {func(in *input) { in.CopySource = aws.String(source + "?versionId=x") }, "NoSuchVersion", "", "", "", ""},
			"absent bucket":         {func(in *input) { in.CopySource = aws.String("absent/k") }, "NoSuchBucket", "", "", "", ""},
			"other directive":       {func(in *input) { in.MetadataDirective = "MOVE" }, "InvalidArgument", "", "", "", ""},
			"of another owner":      {func(in *input) { in.ExpectedSourceBucketOwner = aws.String(bob) }, "AccessDenied", "", "", "", ""},
			"unknown checksum":      {func(in *input) { in.ChecksumAlgorithm = "MD4" }, "InvalidRequest", "", "", "", ""},
			"into an absent bucket": {func(in *input) { in.Bucket = aws.String("absent") }, "NoSuchBucket", "", "", "", ""},
		} {
			key := strings.ReplaceAll(name, " ", "/")
			in := &input{Bucket: aws.String("into"), Key: &key, CopySource: &source}
			x.change(in)
			out, err := c.CopyObject(ctx(t), in)
			if code(err) != x.want {
				t.Errorf("%s: got %v, want %s", name, err, x.want)
			}
			if err != nil {
				continue
			}
			if aws.ToString(out.CopyObjectResult.ETag) != *first.ETag || aws.ToString(out.CopyObjectResult.ChecksumSHA256) != *first.ChecksumSHA256 {
				t.Errorf("%s: %+v", name, out.CopyObjectResult)
			}
			got, err := c.GetObject(ctx(t), &client.GetObjectInput{Bucket: in.Bucket, Key: in.Key})
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(got.Body)
			tags, err := c.GetObjectTagging(ctx(t), &client.GetObjectTaggingInput{Bucket: in.Bucket, Key: in.Key})
			tag := ""
			if err == nil && len(tags.TagSet) > 0 {
				tag = *tags.TagSet[0].Value
			}
			if string(body) != x.body || aws.ToString(got.ContentType) != x.kind || got.Metadata["m"] != x.meta || tag != x.tag {
				t.Errorf("%s: %q %s %v %q", name, body, aws.ToString(got.ContentType), got.Metadata, tag)
			}
		}
		if _, err := s.client(bob, "us-east-1").CopyObject(ctx(t), &input{Bucket: aws.String("into"), Key: aws.String("k"), CopySource: &source}); code(err) != "AccessDenied" {
			t.Errorf("another account: %v", err)
		}
		s.make(t, s.client(bob, "us-east-1"), "of-bob")
		if _, err := s.client(bob, "us-east-1").CopyObject(ctx(t), &input{Bucket: aws.String("of-bob"), Key: aws.String("k"), CopySource: &source}); code(err) != "AccessDenied" {
			t.Errorf("another account, into its own bucket: %v", err)
		}
	})
}

func TestCopyVersion(t *testing.T) {
	everywhere(t, func(t *testing.T, s site) {
		c := s.client(alice, "us-east-1")
		s.make(t, c, "kept")
		versioning(t, c, "kept", types.BucketVersioningStatusEnabled)
		old := keep(t, c, "kept", "k", "old")
		keep(t, c, "kept", "k", "new")
		out, err := c.CopyObject(ctx(t), &client.CopyObjectInput{Bucket: aws.String("kept"), Key: aws.String("k"), CopySource: aws.String("kept/k?versionId=" + old)})
		if err != nil || aws.ToString(out.CopySourceVersionId) != old || aws.ToString(out.VersionId) == "" {
			t.Fatalf("%+v, %v", out, err)
		}
		if got := read(t, c, "kept", "k", ""); got != "old" {
			t.Errorf("got %q", got)
		}
		gone, err := c.DeleteObject(ctx(t), &client.DeleteObjectInput{Bucket: aws.String("kept"), Key: aws.String("k")})
		if err != nil {
			t.Fatal(err)
		}
		for source, want := range map[string]string{"kept/k": "NoSuchKey", "kept/k?versionId=" + *gone.VersionId: "InvalidRequest"} {
			if _, err := c.CopyObject(ctx(t), &client.CopyObjectInput{Bucket: aws.String("kept"), Key: aws.String("c"), CopySource: &source}); code(err) != want {
				t.Errorf("a marker, by %s: %v", source, err)
			}
		}
	})
}

func TestPartCopy(t *testing.T) {
	here(t, func(t *testing.T, s site) {
		c := s.client(alice, "us-east-1")
		s.make(t, c, "parts")
		big := bytes.Repeat([]byte("0123456789"), 600000)
		if _, err := c.PutObject(ctx(t), &client.PutObjectInput{Bucket: aws.String("parts"), Key: aws.String("big"), Body: bytes.NewReader(big)}); err != nil {
			t.Fatal(err)
		}
		x := begin(t, c, &client.CreateMultipartUploadInput{Bucket: aws.String("parts"), Key: aws.String("joined"), Tagging: aws.String("t=1"), ChecksumAlgorithm: types.ChecksumAlgorithmCrc32})
		take := func(n int32, span string) error {
			in := &client.UploadPartCopyInput{Bucket: &x.bucket, Key: &x.key, UploadId: x.id, PartNumber: &n, CopySource: aws.String("parts/big")}
			if span != "" {
				in.CopySourceRange = &span
			}
			out, err := c.UploadPartCopy(ctx(t), in)
			if err == nil {
				x.parts = append(x.parts, types.CompletedPart{PartNumber: &n, ETag: out.CopyPartResult.ETag, ChecksumCRC32: out.CopyPartResult.ChecksumCRC32})
			}
			return err
		}
		for _, span := range []string{"bytes=0-", "bytes=-5", "bytes=5-1", "0-5", "bytes=0-6000000", "bytes=0-99999999999999999999"} {
			if err := take(9, span); code(err) != "InvalidArgument" {
				t.Errorf("%s: %v", span, err)
			}
		}
		for n, span := range []string{"", "bytes=3-5"} {
			if err := take(int32(n+1), span); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := x.complete(nil); err != nil {
			t.Fatal(err)
		}
		if got := read(t, c, "parts", "joined", ""); got != string(big)+"345" {
			t.Errorf("got %d bytes", len(got))
		}
		if tags, err := c.GetObjectTagging(ctx(t), &client.GetObjectTaggingInput{Bucket: aws.String("parts"), Key: aws.String("joined")}); err != nil || len(tags.TagSet) != 1 {
			t.Errorf("tags of the upload: %+v, %v", tags, err)
		}
	})
}
