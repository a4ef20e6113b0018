package sigv4

import (
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestPlainBody(t *testing.T) {
	header := func(kv ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(kv); i += 2 {
			h.Set(kv[i], kv[i+1])
		}
		return h
	}
	hello := Hash([]byte("hello"))
	for name, x := range map[string]struct {
		header  http.Header
		payload string
		body    string
		length  int64
		want    string
	}{
		"hash":               {nil, hello, "hello", 5, ""},
		"hash, length open":  {nil, hello, "hello", -1, ""},
		"upper case hash":    {nil, strings.ToUpper(hello), "hello", 5, ""},
		"other body":         {nil, hello, "hellO", 5, ContentMismatch},
		"empty body":         {nil, hello, "", 0, ContentMismatch},
		"short":              {nil, Unsigned, "hell", 5, IncompleteBody},
		"long":               {nil, Unsigned, "hello!", 5, IncompleteBody},
		"unsigned":           {nil, Unsigned, "hello", 5, ""},
		"nothing declared":   {nil, "", "hello", 5, ""},
		"md5":                {header("Content-Md5", "XUFAKrxLKna5cZ2REBfFkg=="), Unsigned, "hello", 5, ""},
		"md5 of other":       {header("Content-Md5", "XUFAKrxLKna5cZ2REBfFkg=="), Unsigned, "hellO", 5, BadDigest},
		"bad md5":            {header("Content-Md5", "x"), Unsigned, "hello", 5, InvalidDigest},
		"crc32":              {header("X-Amz-Checksum-Crc32", "NhCmhg=="), Unsigned, "hello", 5, ""},
		"crc32 of other":     {header("X-Amz-Checksum-Crc32", "NhCmhg=="), Unsigned, "hellO", 5, BadDigest},
		"bad crc32":          {header("X-Amz-Checksum-Crc32", "NhCm"), Unsigned, "hello", 5, BadChecksum},
		"other checksum":     {header("X-Amz-Checksum-Mode", "ENABLED"), Unsigned, "hello", 5, ""},
		"unknown checksum":   {header("X-Amz-Checksum-Xxhash64", "NhCm"), Unsigned, "hello", 5, BadChecksum},
		"promised, not sent": {header("X-Amz-Trailer", "x-amz-checksum-crc32"), Unsigned, "hello", 5, MalformedTrailer},
		"promised, no sum":   {header("X-Amz-Trailer", "x-other"), Unsigned, "hello", 5, BadChecksum},
	} {
		t.Run(name, func(t *testing.T) {
			r := &http.Request{Method: "PUT", Header: x.header, Body: io.NopCloser(strings.NewReader(x.body)), ContentLength: x.length}
			r.URL = wireRequest(t, "PUT /b/k HTTP/1.1\nHost: h").URL
			body, err := BodyReader(r, Auth{PayloadHash: x.payload}, "")
			if err == nil {
				_, err = io.ReadAll(body)
			}
			if got := code(err); got != x.want {
				t.Errorf("got %q, want %q", got, x.want)
			}
		})
	}
}

// TestChecksums holds the check values of the published algorithms over "123456789".
func TestChecksums(t *testing.T) {
	for name, want := range map[string]string{
		"crc32":     "y/Q5Jg==",
		"crc32c":    "4waSgw==",
		"crc64nvme": "rosUhgp5mIg=",
		"sha1":      "98O8HYCOBHMq32eZZczDTKeuNEE=",
		"sha256":    "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
		"md5":       "JfnnlDI7RTiF9RgfG2JNCw==",
	} {
		h := Checksum(name)
		h.Write([]byte("123456789"))
		if got := base64.StdEncoding.EncodeToString(h.Sum(nil)); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	if Checksum("xxhash64") != nil {
		t.Error("xxhash64: got a hash, want none")
	}
}

func TestAnswer(t *testing.T) {
	for _, x := range []struct {
		family Family
		code   string
		name   string
		status int
	}{
		{JSON, SignatureDoesNotMatch, "InvalidSignatureException", 400},
		{JSON, UnknownKey, "UnrecognizedClientException", 400},
		{JSON, MissingAuthenticationToken, "MissingAuthenticationTokenException", 400},
		{JSON, IncompleteQuery, "IncompleteSignatureException", 400},
		{JSON, RequestTimeTooSkewed, "InvalidSignatureException", 400},
		{Query, SignatureDoesNotMatch, "SignatureDoesNotMatch", 403},
		{Query, UnknownKey, "InvalidClientTokenId", 403},
		{Query, ExpiredToken, "ExpiredToken", 403},
		{Query, IncompleteSignature, "IncompleteSignature", 400},
		{S3, UnknownKey, "InvalidAccessKeyId", 403},
		{S3, RequestTimeTooSkewed, "RequestTimeTooSkewed", 403},
		{S3, RequestExpired, "AccessDenied", 403},
		{S3, MissingAuthenticationToken, "AccessDenied", 403},
		{S3, ContentMismatch, "XAmzContentSHA256Mismatch", 400},
		{S3, BadDigest, "BadDigest", 400},
		{S3, MissingContentLength, "MissingContentLength", 411},
	} {
		if name, status := Answer(x.family, x.code); name != x.name || status != x.status {
			t.Errorf("%d %s: got %s %d, want %s %d", x.family, x.code, name, status, x.name, x.status)
		}
	}
}

// TestHoisted checks what a presigned query declares of the body as if a header had.
func TestHoisted(t *testing.T) {
	for name, x := range map[string]struct{ query, want string }{
		"checksum":       {"x-amz-checksum-crc32=NhCmhg%3D%3D", ""},
		"other checksum": {"X-Amz-Checksum-Crc32=AAAAAA%3D%3D", BadDigest},
		"owner":          {"X-Amz-Expected-Bucket-Owner=1&X-Amz-Date=2&X-Amz-SignedHeaders=host&other=3", ""},
	} {
		r := wireRequest(t, "PUT /b/k?"+x.query+" HTTP/1.1\nHost: h\nContent-Length: 5\n\nhello")
		body, err := BodyReader(r, Auth{Presigned: true, PayloadHash: Unsigned}, "")
		if err == nil {
			_, err = io.ReadAll(body)
		}
		if got := code(err); got != x.want {
			t.Errorf("%s: got %q, want %q", name, got, x.want)
		}
		owner := r.URL.Query().Get("X-Amz-Expected-Bucket-Owner")
		if r.Header.Get("X-Amz-Expected-Bucket-Owner") != owner || r.Header.Get("X-Amz-Date") != "" || r.Header.Get("X-Amz-Signedheaders") != "" {
			t.Errorf("%s: header %v", name, r.Header)
		}
	}
}
