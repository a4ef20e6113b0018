package s3_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// transfer is one multipart upload under test.
type transfer struct {
	t      *testing.T
	c      *client.Client
	bucket string
	key    string
	id     *string
	parts  []types.CompletedPart
}

func begin(t *testing.T, c *client.Client, in *client.CreateMultipartUploadInput) *transfer {
	t.Helper()
	out, err := c.CreateMultipartUpload(ctx(t), in)
	if err != nil {
		t.Fatal(err)
	}
	return &transfer{t: t, c: c, bucket: *in.Bucket, key: *in.Key, id: out.UploadId}
}

func (x *transfer) part(n int32, body []byte, a types.ChecksumAlgorithm) error {
	out, err := x.c.UploadPart(ctx(x.t), &client.UploadPartInput{Bucket: &x.bucket, Key: &x.key, UploadId: x.id, PartNumber: &n, Body: bytes.NewReader(body), ChecksumAlgorithm: a})
	if err == nil {
		x.parts = append(x.parts, types.CompletedPart{PartNumber: &n, ETag: out.ETag, ChecksumCRC32: out.ChecksumCRC32, ChecksumCRC64NVME: out.ChecksumCRC64NVME, ChecksumSHA256: out.ChecksumSHA256})
	}
	return err
}

func (x *transfer) complete(change func(*client.CompleteMultipartUploadInput)) (*client.CompleteMultipartUploadOutput, error) {
	in := &client.CompleteMultipartUploadInput{Bucket: &x.bucket, Key: &x.key, UploadId: x.id, MultipartUpload: &types.CompletedMultipartUpload{Parts: append([]types.CompletedPart(nil), x.parts...)}}
	if change != nil {
		change(in)
	}
	return x.c.CompleteMultipartUpload(ctx(x.t), in)
}

func TestUpload(t *testing.T) {
	first, second := bytes.Repeat([]byte("a"), 5<<20), []byte("the rest")
	here(t, func(t *testing.T, s site) {
		c := s.client(alice, "us-east-1")
		s.make(t, c, "templates")
		for _, a := range []types.ChecksumAlgorithm{types.ChecksumAlgorithmCrc32, types.ChecksumAlgorithmCrc64nvme, types.ChecksumAlgorithmSha256} {
			x := begin(t, c, &client.CreateMultipartUploadInput{Bucket: aws.String("templates"), Key: aws.String(string(a)), ChecksumAlgorithm: a,
				ContentType: aws.String("text/x"), Metadata: map[string]string{"m": "1"}})
			for n, body := range map[int32][]byte{7: second, 2: first} {
				if err := x.part(n, body, a); err != nil {
					t.Fatal(err)
				}
			}
			if *x.parts[0].PartNumber != 2 {
				x.parts[0], x.parts[1] = x.parts[1], x.parts[0]
			}
			list, err := c.ListParts(ctx(t), &client.ListPartsInput{Bucket: &x.bucket, Key: &x.key, UploadId: x.id, MaxParts: aws.Int32(1)})
			if err != nil || len(list.Parts) != 1 || aws.ToInt32(list.Parts[0].PartNumber) != 2 || !aws.ToBool(list.IsTruncated) {
				t.Errorf("%s: parts %+v, %v", a, list, err)
			}
			out, err := x.complete(nil)
			if err != nil {
				t.Fatalf("%s: %v", a, err)
			}
			got, err := c.GetObject(ctx(t), &client.GetObjectInput{Bucket: &x.bucket, Key: &x.key, ChecksumMode: types.ChecksumModeEnabled})
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(got.Body)
			if err != nil || len(body) != len(first)+len(second) || !bytes.HasSuffix(body, second) {
				t.Errorf("%s: got %d bytes, %v", a, len(body), err)
			}
			if aws.ToString(got.ETag) != aws.ToString(out.ETag) || !strings.HasSuffix(aws.ToString(out.ETag), `-2"`) || aws.ToString(got.ContentType) != "text/x" || got.Metadata["m"] != "1" {
				t.Errorf("%s: ETag %s of %s, %s, %v", a, aws.ToString(got.ETag), aws.ToString(out.ETag), aws.ToString(got.ContentType), got.Metadata)
			}
			wantType := types.ChecksumTypeComposite
			if a == types.ChecksumAlgorithmCrc64nvme {
				wantType = types.ChecksumTypeFullObject
			}
			if got.ChecksumType != wantType {
				t.Errorf("%s: checksum type %s", a, got.ChecksumType)
			}
			if _, err := x.complete(nil); code(err) != "NoSuchUpload" {
				t.Errorf("%s: completed twice: %v", a, err)
			}
		}
	})
}

func TestUploadPartRefusals(t *testing.T) {
	here(t, func(t *testing.T, s site) {
		c := s.client(alice, "us-east-1")
		s.make(t, c, "templates")
		in := &client.CreateMultipartUploadInput{Bucket: aws.String("templates"), Key: aws.String("k"), ChecksumAlgorithm: types.ChecksumAlgorithmCrc32}
		x := begin(t, c, in)
		for n := range int32(2) {
			if err := x.part(n+1, []byte("short"), types.ChecksumAlgorithmCrc32); err != nil {
				t.Fatal(err)
			}
		}
		if err := x.part(3, []byte("x"), types.ChecksumAlgorithmSha256); code(err) != "InvalidRequest" {
			t.Errorf("another algorithm: %v", err)
		}
		type complete = client.CompleteMultipartUploadInput
		for name, y := range map[string]struct {
			change func(*complete)
			want   string
		}{
			"too small": {nil, "EntityTooSmall"},
			"order":     {func(in *complete) { p := in.MultipartUpload.Parts; p[0], p[1] = p[1], p[0] }, "InvalidPartOrder"},
			"twice":     {func(in *complete) { p := in.MultipartUpload.Parts; p[1] = p[0] }, "InvalidPartOrder"},
			"etag":      {func(in *complete) { in.MultipartUpload.Parts[0].ETag = aws.String("x") }, "InvalidPart"},
			"checksum":  {func(in *complete) { in.MultipartUpload.Parts[0].ChecksumCRC32 = aws.String("AAAAAA==") }, "InvalidPart"},
			"no part":   {func(in *complete) { in.MultipartUpload.Parts[1].PartNumber = aws.Int32(9) }, "InvalidPart"},
			"nothing":   {func(in *complete) { in.MultipartUpload.Parts = nil }, "MalformedXML"},
			"other key": {func(in *complete) { in.Key = aws.String("l") }, "NoSuchUpload"},
			"other id":  {func(in *complete) { in.UploadId = aws.String("l") }, "NoSuchUpload"},
			"size": {func(in *complete) {
				in.MultipartUpload.Parts = in.MultipartUpload.Parts[:1]
				in.MpuObjectSize = aws.Int64(9)
			}, "InvalidRequest"},
			"type": {func(in *complete) {
				in.MultipartUpload.Parts = in.MultipartUpload.Parts[:1]
				in.ChecksumType = "FULL_OBJECT"
			}, "InvalidRequest"},
			"crc": {func(in *complete) {
				in.MultipartUpload.Parts = in.MultipartUpload.Parts[:1]
				in.ChecksumCRC32 = aws.String("AAAAAA==")
			}, "BadDigest"},
			"if absent": {func(in *complete) {
				in.MultipartUpload.Parts = in.MultipartUpload.Parts[:1]
				in.IfMatch = aws.String("x")
			}, "NoSuchKey"},
			"other host": {func(in *complete) { in.Bucket = aws.String("absent") }, "NoSuchBucket"},
		} {
			if _, err := x.complete(y.change); code(err) != y.want {
				t.Errorf("%s: got %v, want %s", name, err, y.want)
			}
		}
		_, err := c.CreateMultipartUpload(ctx(t), &client.CreateMultipartUploadInput{Bucket: in.Bucket, Key: in.Key, ChecksumAlgorithm: types.ChecksumAlgorithmSha256, ChecksumType: types.ChecksumTypeFullObject})
		if code(err) != "InvalidRequest" {
			t.Errorf("full object sha256: %v", err)
		}
	})
}

func TestUploadsInProgress(t *testing.T) {
	here(t, func(t *testing.T, s site) {
		c := s.client(alice, "us-east-1")
		s.make(t, c, "templates")
		var open []*transfer
		for _, key := range []string{"a", "a", "b", "c/d"} {
			open = append(open, begin(t, c, &client.CreateMultipartUploadInput{Bucket: aws.String("templates"), Key: &key}))
		}
		in := &client.ListMultipartUploadsInput{Bucket: aws.String("templates"), MaxUploads: aws.Int32(1)}
		var keys string
		for more := true; more; {
			out, err := c.ListMultipartUploads(ctx(t), in)
			if err != nil {
				t.Fatal(err)
			}
			for _, u := range out.Uploads {
				keys += aws.ToString(u.Key) + " "
			}
			in.KeyMarker, in.UploadIdMarker, more = out.NextKeyMarker, out.NextUploadIdMarker, aws.ToBool(out.IsTruncated)
		}
		if keys != "a a b c/d " {
			t.Errorf("got %s", keys)
		}
		out, err := c.ListMultipartUploads(ctx(t), &client.ListMultipartUploadsInput{Bucket: aws.String("templates"), Prefix: aws.String("c")})
		if err != nil || len(out.Uploads) != 1 {
			t.Errorf("prefix: %+v, %v", out, err)
		}
		x := open[0]
		if err := x.part(1, []byte("x"), ""); err != nil {
			t.Error(err)
		}
		if _, err := c.AbortMultipartUpload(ctx(t), &client.AbortMultipartUploadInput{Bucket: &x.bucket, Key: &x.key, UploadId: x.id}); err != nil {
			t.Error(err)
		}
		if err := x.part(1, []byte("x"), ""); code(err) != "NoSuchUpload" {
			t.Errorf("part of an aborted upload: %v", err)
		}
		if err := open[1].part(1, make([]byte, 40<<20), ""); err != nil {
			t.Error(err)
		}
		if err := open[1].part(2, make([]byte, 40<<20), ""); code(err) != "EntityTooLarge" {
			t.Errorf("80 MiB: %v", err)
		}
		if err := open[1].part(1, make([]byte, 8<<20), ""); err != nil {
			t.Errorf("a part again: %v", err)
		}
		if _, err := c.DeleteBucket(ctx(t), &client.DeleteBucketInput{Bucket: &x.bucket}); err != nil {
			t.Errorf("delete the bucket: %v", err)
		}
	})
}
