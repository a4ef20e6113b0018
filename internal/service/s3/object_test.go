package s3_test

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
)

func TestObject(t *testing.T) {
	everywhere(t, func(t *testing.T, s site) {
		c := s.client(alice, "us-east-1")
		s.make(t, c, "templates")
		for _, key := range []string{"a.yaml", "a b/é漢+%&=?;:@!'()*~#.yaml", "/leading//double/", strings.Repeat("k", 1024)} {
			body := "body of " + key
			out, err := c.PutObject(ctx(t), &client.PutObjectInput{Bucket: aws.String("templates"), Key: &key, Body: strings.NewReader(body),
				ContentType: aws.String("application/yaml"), CacheControl: aws.String("no-cache"), ContentEncoding: aws.String("gzip"),
				Metadata: map[string]string{"One": "1", "two": "a  b"}})
			if err != nil {
				t.Fatalf("%q: %v", key, err)
			}
			sum := md5.Sum([]byte(body))
			etag := `"` + hex.EncodeToString(sum[:]) + `"`
			if aws.ToString(out.ETag) != etag || out.ChecksumCRC32 == nil {
				t.Errorf("%q: got ETag %s, CRC32 %s", key, aws.ToString(out.ETag), aws.ToString(out.ChecksumCRC32))
			}
			got, err := c.GetObject(ctx(t), &client.GetObjectInput{Bucket: aws.String("templates"), Key: &key, ChecksumMode: types.ChecksumModeEnabled})
			if err != nil {
				t.Fatalf("%q: %v", key, err)
			}
			back, err := io.ReadAll(got.Body)
			if err != nil || string(back) != body {
				t.Errorf("%q: got body %q, %v", key, back, err)
			}
			head, err := c.HeadObject(ctx(t), &client.HeadObjectInput{Bucket: aws.String("templates"), Key: &key, ChecksumMode: types.ChecksumModeEnabled})
			if err != nil {
				t.Fatalf("%q: %v", key, err)
			}
			if d := cmp.Diff(map[string]string{"one": "1", "two": "a  b"}, head.Metadata); d != "" {
				t.Errorf("%q: metadata %s", key, d)
			}
			want := []string{etag, "application/yaml", "no-cache", "gzip", aws.ToString(out.ChecksumCRC32), "FULL_OBJECT"}
			seen := []string{aws.ToString(head.ETag), aws.ToString(head.ContentType), aws.ToString(head.CacheControl), aws.ToString(head.ContentEncoding),
				aws.ToString(head.ChecksumCRC32), string(head.ChecksumType)}
			if d := cmp.Diff(want, seen); d != "" || aws.ToInt64(head.ContentLength) != int64(len(body)) {
				t.Errorf("%q: length %d, %s", key, aws.ToInt64(head.ContentLength), d)
			}
		}
		put(t, c, "templates", "a.yaml", "")
		got, err := c.GetObject(ctx(t), &client.GetObjectInput{Bucket: aws.String("templates"), Key: aws.String("a.yaml")})
		if err != nil || got.CacheControl != nil || aws.ToInt64(got.ContentLength) != 0 || aws.ToString(got.ContentType) == "application/yaml" {
			t.Errorf("replaced object: %+v, %v", got, err)
		}
		for range 2 {
			if _, err := c.DeleteObject(ctx(t), &client.DeleteObjectInput{Bucket: aws.String("templates"), Key: aws.String("a.yaml")}); err != nil {
				t.Error(err)
			}
		}
		_, err = c.GetObject(ctx(t), &client.GetObjectInput{Bucket: aws.String("templates"), Key: aws.String("a.yaml")})
		if code(err) != "NoSuchKey" || status(err) != 404 {
			t.Errorf("deleted object: %v", err)
		}
		_, err = c.HeadObject(ctx(t), &client.HeadObjectInput{Bucket: aws.String("templates"), Key: aws.String("a.yaml")})
		if status(err) != 404 {
			t.Errorf("head of deleted object: %v", err)
		}
	})
}

// TestUploadForms sends the same object in every form SDKs have for a body.
func TestUploadForms(t *testing.T) {
	everywhere(t, func(t *testing.T, s site) {
		s.make(t, s.client(alice, "us-east-1"), "templates")
		body := bytes.Repeat([]byte("0123456789"), 20000)
		secure := func(o *client.Options) { o.BaseEndpoint, o.HTTPClient = &s.tls.URL, s.tls.Client() }
		never := func(o *client.Options) { o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired }
		for name, x := range map[string]struct {
			algorithm types.ChecksumAlgorithm
			option    func(*client.Options)
			payload   string // empty for the body's hash
		}{
			"usual":          {"", func(*client.Options) {}, ""},
			"crc32c":         {types.ChecksumAlgorithmCrc32c, func(*client.Options) {}, ""},
			"crc64nvme":      {types.ChecksumAlgorithmCrc64nvme, func(*client.Options) {}, ""},
			"sha1":           {types.ChecksumAlgorithmSha1, func(*client.Options) {}, ""},
			"sha256":         {types.ChecksumAlgorithmSha256, func(*client.Options) {}, ""},
			"none":           {"", never, ""},
			"tls usual":      {"", secure, "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
			"tls crc32c":     {types.ChecksumAlgorithmCrc32c, secure, "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
			"tls crc64nvme":  {types.ChecksumAlgorithmCrc64nvme, secure, "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
			"tls sha256":     {types.ChecksumAlgorithmSha256, secure, "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
			"tls no trailer": {"", func(o *client.Options) { secure(o); never(o) }, "UNSIGNED-PAYLOAD"},
		} {
			c := s.client(alice, "us-east-1", x.option)
			in := &client.PutObjectInput{Bucket: aws.String("templates"), Key: &name, Body: bytes.NewReader(body), ChecksumAlgorithm: x.algorithm}
			out, err := c.PutObject(ctx(t), in)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if payload := s.seen(); payload != x.payload && (x.payload != "" || len(payload) != 64) {
				t.Errorf("%s: the SDK declared %s", name, payload)
			}
			got, err := c.GetObject(ctx(t), &client.GetObjectInput{Bucket: in.Bucket, Key: in.Key, ChecksumMode: types.ChecksumModeEnabled})
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if back, err := io.ReadAll(got.Body); err != nil || !bytes.Equal(back, body) || aws.ToString(got.ContentEncoding) != "" {
				t.Errorf("%s: %d bytes came back with encoding %q, %v", name, len(back), aws.ToString(got.ContentEncoding), err)
			}
			sums := func(v ...*string) (all []string) {
				for _, s := range v {
					all = append(all, aws.ToString(s))
				}
				return all
			}
			given := sums(out.ChecksumCRC32, out.ChecksumCRC32C, out.ChecksumCRC64NVME, out.ChecksumSHA1, out.ChecksumSHA256)
			if d := cmp.Diff(given, sums(got.ChecksumCRC32, got.ChecksumCRC32C, got.ChecksumCRC64NVME, got.ChecksumSHA1, got.ChecksumSHA256)); d != "" {
				t.Errorf("%s: checksums %s", name, d)
			}
		}
	})
}

func TestConditionsAndRanges(t *testing.T) {
	everywhere(t, func(t *testing.T, s site) {
		c := s.client(alice, "us-east-1")
		s.make(t, c, "templates")
		put(t, c, "templates", "k", "0123456789")
		put(t, c, "templates", "empty", "")
		sum := md5.Sum([]byte("0123456789"))
		etag := `"` + hex.EncodeToString(sum[:]) + `"`
		for name, x := range map[string]struct {
			key, header, value string
			status             int
			body, span         string
		}{
			"whole":           {"k", "X-None", "", 200, "0123456789", ""},
			"first":           {"k", "Range", "bytes=0-3", 206, "0123", "bytes 0-3/10"},
			"middle":          {"k", "Range", "bytes=4-4", 206, "4", "bytes 4-4/10"},
			"open":            {"k", "Range", "bytes=7-", 206, "789", "bytes 7-9/10"},
			"last":            {"k", "Range", "bytes=-2", 206, "89", "bytes 8-9/10"},
			"beyond the end":  {"k", "Range", "bytes=8-99", 206, "89", "bytes 8-9/10"},
			"more than all":   {"k", "Range", "bytes=-99", 206, "0123456789", "bytes 0-9/10"},
			"outside":         {"k", "Range", "bytes=10-", 416, "InvalidRange", ""},
			"last none":       {"k", "Range", "bytes=-0", 416, "InvalidRange", ""},
			"of empty":        {"empty", "Range", "bytes=0-", 416, "InvalidRange", ""},
			"backwards":       {"k", "Range", "bytes=5-2", 200, "0123456789", ""},
			"two ranges":      {"k", "Range", "bytes=0-1,3-4", 200, "0123456789", ""},
			"other unit":      {"k", "Range", "lines=0-1", 200, "0123456789", ""},
			"huge":            {"k", "Range", "bytes=0-99999999999999999999999", 200, "0123456789", ""},
			"if match":        {"k", "If-Match", etag, 200, "0123456789", ""},
			"if match fails":  {"k", "If-Match", `"x"`, 412, "PreconditionFailed", ""},
			"none match":      {"k", "If-None-Match", `"x", ` + etag, 304, "", ""},
			"none match any":  {"k", "If-None-Match", "*", 304, "", ""},
			"none match x":    {"k", "If-None-Match", `"x"`, 200, "0123456789", ""},
			"modified since":  {"k", "If-Modified-Since", "Fri, 24 May 2013 00:00:00 GMT", 200, "0123456789", ""},
			"not since":       {"k", "If-Modified-Since", "Fri, 24 May 2099 00:00:00 GMT", 304, "", ""},
			"unmodified":      {"k", "If-Unmodified-Since", "Fri, 24 May 2099 00:00:00 GMT", 200, "0123456789", ""},
			"modified anyway": {"k", "If-Unmodified-Since", "Fri, 24 May 2013 00:00:00 GMT", 412, "PreconditionFailed", ""},
		} {
			t.Run(name, func(t *testing.T) {
				p, err := client.NewPresignClient(c).PresignGetObject(ctx(t), &client.GetObjectInput{Bucket: aws.String("templates"), Key: &x.key})
				if err != nil {
					t.Fatal(err)
				}
				r, _ := http.NewRequest(http.MethodGet, p.URL, nil)
				r.Header.Set(x.header, x.value)
				res, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				b, _ := io.ReadAll(res.Body)
				body := string(b)
				if _, after, ok := strings.Cut(body, "<Code>"); ok {
					body, _, _ = strings.Cut(after, "<")
				}
				if res.StatusCode != x.status || body != x.body || res.Header.Get("Content-Range") != x.span || res.Header.Get("X-Amz-Request-Id") != "request-1" {
					t.Errorf("got %d %q %q", res.StatusCode, body, res.Header.Get("Content-Range"))
				}
			})
		}
		for name, x := range map[string]struct {
			key, match, none, want string
		}{
			"if absent":       {"new", "", "*", ""},
			"if absent, is":   {"k", "", "*", "PreconditionFailed"},
			"if same":         {"k", etag, "", ""},
			"if same, is not": {"k", `"x"`, "", "PreconditionFailed"},
			"if same, absent": {"no", etag, "", "NoSuchKey"},
			"if other":        {"k", "", etag, "NotImplemented"},
		} {
			in := &client.PutObjectInput{Bucket: aws.String("templates"), Key: &x.key, Body: strings.NewReader("0123456789")}
			if x.match != "" {
				in.IfMatch = &x.match
			}
			if x.none != "" {
				in.IfNoneMatch = &x.none
			}
			if _, err := c.PutObject(ctx(t), in); code(err) != x.want {
				t.Errorf("%s: got %v, want %s", name, err, x.want)
			}
		}
	})
}

func TestUploadRefusals(t *testing.T) {
	here(t, func(t *testing.T, s site) {
		c := s.client(alice, "us-east-1")
		s.make(t, c, "templates")
		type input = client.PutObjectInput
		for name, x := range map[string]struct {
			change func(*input)
			want   string
		}{
			"long key":      {func(in *input) { in.Key = aws.String(strings.Repeat("k", 1025)) }, "KeyTooLongError"},
			"no bucket":     {func(in *input) { in.Bucket = aws.String("absent") }, "NoSuchBucket"},
			"bad bucket":    {func(in *input) { in.Bucket = aws.String("Bad_Bucket") }, "InvalidBucketName"},
			"other owner":   {func(in *input) { in.ExpectedBucketOwner = aws.String(bob) }, "AccessDenied"},
			"right owner":   {func(in *input) { in.ExpectedBucketOwner = aws.String(alice) }, ""},
			"large meta":    {func(in *input) { in.Metadata = map[string]string{"a": strings.Repeat("x", 2048)} }, "MetadataTooLarge"},
			"private":       {func(in *input) { in.ACL = types.ObjectCannedACLPrivate }, ""},
			"public":        {func(in *input) { in.ACL = types.ObjectCannedACLPublicRead }, "AccessControlListNotSupported"},
			"grant":         {func(in *input) { in.GrantRead = aws.String("id=1") }, "AccessControlListNotSupported"},
			"bad tags":      {func(in *input) { in.Tagging = aws.String("a=%zz") }, "InvalidArgument"},
			"system tags":   {func(in *input) { in.Tagging = aws.String("aws:a=b") }, "InvalidTag"},
			"two of a tag":  {func(in *input) { in.Tagging = aws.String("a=b&a=c") }, "InvalidTag"},
			"many tags":     {func(in *input) { in.Tagging = aws.String("a&b&c&d&e&f&g&h&i&j&k") }, "BadRequest"},
			"encryption":    {func(in *input) { in.ServerSideEncryption = types.ServerSideEncryptionAwsKms }, "NotImplemented"},
			"S3's own keys": {func(in *input) { in.ServerSideEncryption = types.ServerSideEncryptionAes256 }, ""},
			"redirect":      {func(in *input) { in.WebsiteRedirectLocation = aws.String("/x") }, "NotImplemented"},
			"lock":          {func(in *input) { in.ObjectLockLegalHoldStatus = types.ObjectLockLegalHoldStatusOn }, "NotImplemented"},
			"standard":      {func(in *input) { in.StorageClass = types.StorageClassStandard }, ""},
			"glacier":       {func(in *input) { in.StorageClass = types.StorageClassGlacier }, "InvalidStorageClass"},
			"wrong md5":     {func(in *input) { in.ContentMD5 = aws.String("1B2M2Y8AsgTpgAmY7PhCfg==") }, "BadDigest"},
			"wrong crc":     {func(in *input) { in.ChecksumCRC32 = aws.String("AAAAAA==") }, "BadDigest"},
			"malformed crc": {func(in *input) { in.ChecksumCRC32 = aws.String("AA") }, "InvalidRequest"},
		} {
			in := &input{Bucket: aws.String("templates"), Key: aws.String("k"), Body: strings.NewReader("body")}
			x.change(in)
			if _, err := c.PutObject(ctx(t), in); code(err) != x.want {
				t.Errorf("%s: got %v, want %s", name, err, x.want)
			}
		}
		big := &input{Bucket: aws.String("templates"), Key: aws.String("k"), Body: bytes.NewReader(make([]byte, 64<<20+1))}
		if _, err := c.PutObject(ctx(t), big); code(err) != "EntityTooLarge" {
			t.Errorf("too large: %v", err)
		}
	})
}

// TestRacingUploads lets several clients create the same object on the condition that it is new.
func TestRacingUploads(t *testing.T) {
	everywhere(t, func(t *testing.T, s site) {
		c := s.client(alice, "us-east-1")
		s.make(t, c, "templates")
		const clients = 8
		codes := make(chan string, clients)
		for range clients {
			go func() {
				_, err := c.PutObject(ctx(t), &client.PutObjectInput{Bucket: aws.String("templates"), Key: aws.String("k"), Body: strings.NewReader("x"), IfNoneMatch: aws.String("*")})
				codes <- code(err)
			}()
		}
		won := 0
		for range clients {
			switch got := <-codes; got {
			case "":
				won++
			case "PreconditionFailed":
			default:
				t.Errorf("got %s", got)
			}
		}
		if won != 1 {
			t.Errorf("%d clients created the object", won)
		}
	})
}

// TestPresigned uses addresses that carry in their query what would else be headers.
func TestPresigned(t *testing.T) {
	everywhere(t, func(t *testing.T, s site) {
		c := s.client(alice, "us-east-1")
		s.make(t, c, "templates")
		put(t, c, "templates", "k", "body")
		p := client.NewPresignClient(c)
		get := func(in client.GetObjectInput) string {
			in.Bucket, in.Key = aws.String("templates"), aws.String("k")
			out, err := p.PresignGetObject(ctx(t), &in)
			if err != nil {
				t.Fatal(err)
			}
			return out.URL
		}
		upload := func(in client.PutObjectInput) string {
			in.Bucket, in.Key = aws.String("templates"), aws.String("k")
			out, err := p.PresignPutObject(ctx(t), &in)
			if err != nil {
				t.Fatal(err)
			}
			return out.URL
		}
		for name, x := range map[string]struct {
			method, url, body string
			status            int
		}{
			"get":            {"GET", get(client.GetObjectInput{}), "", 200},
			"right owner":    {"GET", get(client.GetObjectInput{ExpectedBucketOwner: aws.String(alice)}), "", 200},
			"other owner":    {"GET", get(client.GetObjectInput{ExpectedBucketOwner: aws.String(bob)}), "", 403},
			"other key":      {"GET", strings.Replace(get(client.GetObjectInput{}), "/k?", "/l?", 1), "", 403},
			"other method":   {"DELETE", get(client.GetObjectInput{}), "", 403},
			"put":            {"PUT", upload(client.PutObjectInput{}), "new", 200},
			"put for other":  {"PUT", upload(client.PutObjectInput{ExpectedBucketOwner: aws.String(bob)}), "new", 403},
			"put, get's URL": {"PUT", get(client.GetObjectInput{}), "new", 403},
		} {
			r, err := http.NewRequest(x.method, x.url, strings.NewReader(x.body))
			if err != nil {
				t.Fatal(err)
			}
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(res.Body)
			res.Body.Close()
			if res.StatusCode != x.status {
				t.Errorf("%s: got %d %s", name, res.StatusCode, body)
			}
		}
	})
}

// TestPresignedEnds uses presigned addresses until they have expired.
func TestPresignedEnds(t *testing.T) {
	everywhere(t, func(t *testing.T, s site) {
		c := s.client(alice, "us-east-1")
		s.make(t, c, "templates")
		put(t, c, "templates", "k", "body")
		p := client.NewPresignClient(c, client.WithPresignExpires(10*time.Minute))
		get, err := p.PresignGetObject(ctx(t), &client.GetObjectInput{Bucket: aws.String("templates"), Key: aws.String("k")})
		if err != nil {
			t.Fatal(err)
		}
		upload, err := p.PresignPutObject(ctx(t), &client.PutObjectInput{Bucket: aws.String("templates"), Key: aws.String("k"), Tagging: aws.String("a=b"), Body: strings.NewReader("new")})
		if err != nil {
			t.Fatal(err)
		}
		ask := func(method, url, body string) int {
			t.Helper()
			r, err := http.NewRequest(method, url, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if method == http.MethodPut {
				for name, v := range upload.SignedHeader {
					r.Header[name] = v
				}
			}
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			return res.StatusCode
		}
		for late, want := range map[time.Duration]int{9 * time.Minute: 200, 11 * time.Minute: 403} {
			s.late.Store(int64(late))
			if got := ask("GET", get.URL, ""); got != want {
				t.Errorf("get, %s later: %d", late, got)
			}
			if got := ask("PUT", upload.URL, "new"); got != want {
				t.Errorf("put, %s later: %d", late, got)
			}
		}
		s.late.Store(0)
		tags, err := c.GetObjectTagging(ctx(t), &client.GetObjectTaggingInput{Bucket: aws.String("templates"), Key: aws.String("k")})
		if err != nil || len(tags.TagSet) != 1 || read(t, c, "templates", "k", "") != "new" {
			t.Errorf("the tags that were presigned: %+v, %v", tags, err)
		}
	})
}
