package sigv4

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

const s3Secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

// wireRequest reads a request whose head is written with bare line feeds. The body is taken as it is, whatever length the
// head declares.
func wireRequest(t testing.TB, text string) *http.Request {
	head, body, _ := strings.Cut(strings.TrimLeft(text, "\n"), "\n\n")
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.ReplaceAll(head, "\n", "\r\n") + "\r\n\r\n")))
	if err != nil {
		t.Fatalf("read request: %v", err)
	}
	r.Body = io.NopCloser(strings.NewReader(body))
	return r
}

// TestPublishedVectors holds the examples of the public documentation: the SigV4 test suite and the S3 guide.
func TestPublishedVectors(t *testing.T) {
	suite := "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders="
	guide := "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders="
	empty := "x-amz-content-sha256: " + Hash(nil) + "\nx-amz-date: 20130524T000000Z\n"
	for name, x := range map[string]struct{ secret, request string }{
		"suite get-vanilla": {testSecret, "GET / HTTP/1.1\nHost: example.amazonaws.com\nX-Amz-Date: 20150830T123600Z\n" +
			suite + "host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		"suite post-vanilla": {testSecret, "POST / HTTP/1.1\nHost: example.amazonaws.com\nX-Amz-Date: 20150830T123600Z\n" +
			suite + "host;x-amz-date, Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
		"suite query order": {testSecret, "GET /?Param2=value2&Param1=value1 HTTP/1.1\nHost: example.amazonaws.com\nX-Amz-Date: 20150830T123600Z\n" +
			suite + "host;x-amz-date, Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
		"suite header trim": {testSecret, "GET / HTTP/1.1\nHost: example.amazonaws.com\nMy-Header1:  value1\nMy-Header2: \"a   b   c\"\nX-Amz-Date: 20150830T123600Z\n" +
			suite + "host;my-header1;my-header2;x-amz-date, Signature=acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
		"suite dot segments": {testSecret, "GET /example1/example2/../.. HTTP/1.1\nHost: example.amazonaws.com\nX-Amz-Date: 20150830T123600Z\n" +
			suite + "host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		"iam ListUsers": {testSecret, "GET /?Action=ListUsers&Version=2010-05-08 HTTP/1.1\nHost: iam.amazonaws.com\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\nX-Amz-Date: 20150830T123600Z\n" +
			"Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"},
		"s3 get range": {s3Secret, "GET /test.txt HTTP/1.1\nHost: examplebucket.s3.amazonaws.com\nRange: bytes=0-9\n" + empty +
			guide + "host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
		"s3 put": {s3Secret, "PUT /test$file.text HTTP/1.1\nHost: examplebucket.s3.amazonaws.com\nDate: Fri, 24 May 2013 00:00:00 GMT\nx-amz-date: 20130524T000000Z\nx-amz-storage-class: REDUCED_REDUNDANCY\nContent-Length: 21\nx-amz-content-sha256: 44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072\n" +
			guide + "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd\n\nWelcome to Amazon S3."},
		"s3 subresource": {s3Secret, "GET /?lifecycle HTTP/1.1\nHost: examplebucket.s3.amazonaws.com\n" + empty +
			guide + "host;x-amz-content-sha256;x-amz-date,Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
		"s3 list": {s3Secret, "GET /?max-keys=2&prefix=J HTTP/1.1\nHost: examplebucket.s3.amazonaws.com\n" + empty +
			guide + "host;x-amz-content-sha256;x-amz-date,Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
		"s3 presigned": {s3Secret, "GET /test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404 HTTP/1.1\nHost: examplebucket.s3.amazonaws.com"},
		"s3 chunks":    {s3Secret, guideChunks},
		"s3 trailer":   {s3Secret, guideTrailer},
	} {
		t.Run(name, func(t *testing.T) {
			r := wireRequest(t, x.request)
			a, err := Parse(r)
			if err != nil {
				t.Fatal(err)
			}
			if err := verify(r, x.secret, a.Date.Add(time.Minute)); err != nil {
				t.Error(err)
			}
		})
	}
}

var kilobyte = strings.Repeat("a", 1024)

var guideChunks = "PUT /examplebucket/chunkObject.txt HTTP/1.1\nHost: s3.amazonaws.com\nx-amz-date: 20130524T000000Z\nx-amz-storage-class: REDUCED_REDUNDANCY\n" +
	"Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class,Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9\n" +
	"x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD\nContent-Encoding: aws-chunked\nx-amz-decoded-content-length: 66560\nContent-Length: 66824\n\n" +
	"10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n" + strings.Repeat(kilobyte, 64) + "\r\n" +
	"400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n" + kilobyte + "\r\n" +
	"0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n"

var guideTrailer = "PUT /examplebucket/chunkObject.txt HTTP/1.1\nHost: s3.amazonaws.com\nx-amz-date: 20130524T000000Z\nx-amz-storage-class: REDUCED_REDUNDANCY\n" +
	"Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer,Signature=106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e\n" +
	"x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER\nContent-Encoding: aws-chunked\nx-amz-decoded-content-length: 66560\nx-amz-trailer: x-amz-checksum-crc32c\nContent-Length: 66946\n\n" +
	"10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n" + strings.Repeat(kilobyte, 64) + "\r\n" +
	"400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n" + kilobyte + "\r\n" +
	"0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n" +
	"x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n"

// TestChunks changes signed and unsigned aws-chunked bodies.
func TestChunks(t *testing.T) {
	unsigned := "PUT /b/k HTTP/1.1\nHost: localhost\nx-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\nx-amz-decoded-content-length: 11\nx-amz-trailer: x-amz-checksum-crc32\nContent-Length: 68\n\n" +
		"5\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n"
	for name, x := range map[string]struct{ request, old, new, want string }{
		"unsigned":               {unsigned, "", "", ""},
		"no last empty line":     {unsigned, "==\r\n\r\n", "==\r\n", ""},
		"unsigned data":          {unsigned, "world", "World", BadDigest},
		"unsigned size":          {unsigned, "5\r\n", "6\r\n", IncompleteBody},
		"negative size":          {unsigned, "5\r\n", "-5\r\n", IncompleteBody},
		"huge size":              {unsigned, "5\r\n", "fffffffffffffffff\r\n", IncompleteBody},
		"long line":              {unsigned, "5\r\n", strings.Repeat("0", 5000) + "5\r\n", IncompleteBody},
		"checksum":               {unsigned, "DUoRhQ==", "DUoRhA==", BadDigest},
		"no trailer":             {unsigned, "x-amz-checksum-crc32:DUoRhQ==\r\n", "", MalformedTrailer},
		"other trailer":          {unsigned, "x-amz-checksum-crc32:D", "x-amz-checksum-crc32c:D", MalformedTrailer},
		"trailer twice":          {unsigned, "x-amz-checksum-crc32:DUoRhQ==\r\n", "x-amz-checksum-crc32:DUoRhQ==\r\nx-amz-checksum-crc32:DUoRhQ==\r\n", MalformedTrailer},
		"unknown algorithm":      {unsigned, "x-amz-trailer: x-amz-checksum-crc32", "x-amz-trailer: x-amz-checksum-xx", BadChecksum},
		"decoded length short":   {unsigned, "length: 11", "length: 10", IncompleteBody},
		"decoded length long":    {unsigned, "length: 11", "length: 12", IncompleteBody},
		"no decoded length":      {unsigned, "x-amz-decoded-content-length: 11\n", "", MissingContentLength},
		"cut":                    {unsigned, " world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n", " wo", IncompleteBody},
		"signature not expected": {unsigned, "5\r\n", "5;chunk-signature=ab\r\n", IncompleteBody},
		"signed data":            {guideChunks, "a\r\n", "b\r\n", SignatureDoesNotMatch},
		"chunk signature":        {guideChunks, "ad80c7", "ad80c8", SignatureDoesNotMatch},
		"last signature":         {guideChunks, "b6c6ea", "b6c6eb", SignatureDoesNotMatch},
		"chunk left out":         {guideChunks, "400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n" + kilobyte + "\r\n", "", SignatureDoesNotMatch},
		"chunk unsigned":         {guideChunks, ";chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497", "", IncompleteBody},
		"trailer changed":        {guideTrailer, "sOO8/Q==", "sOO8/A==", SignatureDoesNotMatch},
		"trailer signature":      {guideTrailer, "d81f82", "d81f83", SignatureDoesNotMatch},
		"trailer unsigned":       {guideTrailer, "x-amz-trailer-signature:", "x-amz-other:", MalformedTrailer},
		"empty line in trailer":  {guideTrailer, "Q==\r\n", "Q==\n\r\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if x.old != "" && !strings.Contains(x.request, x.old) {
				t.Fatalf("no %q in the request", x.old)
			}
			r := wireRequest(t, strings.Replace(x.request, x.old, x.new, 1))
			if got := code(readBody(r)); got != x.want {
				t.Errorf("got %q, want %q", got, x.want)
			}
		})
	}
}

// readBody reads without verifying the head, so that only the body is judged.
func readBody(r *http.Request) error {
	a, secret := Auth{PayloadHash: r.Header.Get("X-Amz-Content-Sha256")}, ""
	if r.Header.Get("Authorization") != "" {
		var err error
		if a, err = Parse(r); err != nil {
			return err
		}
		secret = s3Secret
	}
	body, err := BodyReader(r, a, secret)
	if err != nil {
		return err
	}
	_, err = io.ReadAll(body)
	return err
}

// TestTrustedChunks reads a signed body whose signatures nobody can verify: everything else is still checked.
func TestTrustedChunks(t *testing.T) {
	for name, x := range map[string]struct{ old, new, want string }{
		"good":             {"", "", ""},
		"chunk signature":  {"b474d8", "b474d9", ""},
		"data":             {"a\r\n", "b\r\n", BadDigest},
		"without one":      {";chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2", "", IncompleteBody},
		"trailer checksum": {"sOO8/Q==", "sOO8/A==", BadDigest},
	} {
		t.Run(name, func(t *testing.T) {
			r := wireRequest(t, strings.Replace(guideTrailer, x.old, x.new, 1))
			a, err := Parse(r)
			if err != nil {
				t.Fatal(err)
			}
			body, err := BodyReader(r, a, "")
			if err == nil {
				_, err = io.ReadAll(body)
			}
			if got := code(err); got != x.want {
				t.Errorf("got %q, want %q", got, x.want)
			}
		})
	}
}
