package sigv4

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"pgregory.net/rapid"

	"portico/internal/fault"
)

const testSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

var testNow = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// arrive sends r through the bytes of HTTP/1.1, as a server would read it.
func arrive(t testing.TB, r *http.Request) *http.Request {
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		t.Fatalf("write request: %v", err)
	}
	got, err := http.ReadRequest(bufio.NewReader(&b))
	if err != nil {
		t.Fatalf("read request: %v", err)
	}
	return got
}

type call struct {
	method, url, service, body, token string
	header                            http.Header
	payload                           string // "" is the body's hash
}

func (c call) request(t testing.TB) *http.Request {
	r, err := http.NewRequest(c.method, c.url, strings.NewReader(c.body))
	if err != nil {
		t.Fatalf("new request %s: %v", c.url, err)
	}
	for k, v := range c.header {
		r.Header[k] = v
	}
	if c.body == "" {
		r.Body = http.NoBody
	}
	return r
}

func (c call) hash() string {
	if c.payload != "" {
		return c.payload
	}
	return Hash([]byte(c.body))
}

func (c call) options(o *v4.SignerOptions) { o.DisableURIPathEscaping = c.service == "s3" }

func (c call) signed(t testing.TB) *http.Request {
	r := c.request(t)
	if c.service == "s3" {
		r.Header.Set("X-Amz-Content-Sha256", c.hash())
	}
	cred := aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: testSecret, SessionToken: c.token}
	if err := v4.NewSigner().SignHTTP(context.Background(), cred, r, c.hash(), c.service, "eu-west-1", testNow, c.options); err != nil {
		t.Fatalf("sign: %v", err)
	}
	return arrive(t, r)
}

func (c call) presigned(t testing.TB, expires int) *http.Request {
	r := c.request(t)
	if expires != 0 {
		r.URL.RawQuery = strings.TrimPrefix(r.URL.RawQuery+"&X-Amz-Expires="+strconv.Itoa(expires), "&")
	}
	cred := aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: testSecret, SessionToken: c.token}
	uri, header, err := v4.NewSigner().PresignHTTP(context.Background(), cred, r, c.hash(), c.service, "eu-west-1", testNow, c.options)
	if err != nil {
		t.Fatalf("presign: %v", err)
	}
	p, err := http.NewRequest(c.method, uri, r.Body)
	if err != nil {
		t.Fatalf("new request: %v", err)
	}
	p.ContentLength = r.ContentLength
	for k, v := range header {
		if k != "Host" && k != "Content-Length" {
			p.Header[k] = v
		}
	}
	return arrive(t, p)
}

// verify does what the server does with a request.
func verify(r *http.Request, secret string, now time.Time) error {
	a, err := Parse(r)
	if err != nil {
		return err
	}
	hash := ""
	if a.Service != "s3" {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		hash = Hash(b)
	}
	if err := a.Verify(r, secret, hash, now); err != nil || a.Service != "s3" {
		return err
	}
	body, err := BodyReader(r, a, secret)
	if err != nil {
		return err
	}
	_, err = io.ReadAll(body)
	return err
}

func code(err error) string {
	if f, ok := fault.Of(err); ok {
		return f.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

var catalogCall = call{method: "POST", url: "http://localhost:8242/", service: "servicecatalog", body: `{"AcceptLanguage":"en"}`,
	header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amz-Target": {"AWS242ServiceCatalogService.ListPortfolios"}}}

func TestSignedByTheSDK(t *testing.T) {
	calls := map[string]call{
		"json":            catalogCall,
		"session":         {method: "POST", url: "http://localhost/", service: "sts", body: "Action=GetCallerIdentity", token: "a/b+c=="},
		"s3 empty get":    {method: "GET", url: "http://localhost:8242/b?list-type=2&prefix=a%2Fb&delimiter=%2F", service: "s3"},
		"s3 odd key":      {method: "PUT", url: "http://localhost/b/a%20b/%C3%A9%21%27%28%29%2A~%2B%25%26%3D.json", service: "s3", body: "x"},
		"s3 bare marks":   {method: "PUT", url: "http://localhost/b/a!b'(c)*@:=", service: "s3", body: "x"},
		"s3 double slash": {method: "GET", url: "http://localhost/b//x/./y/../z", service: "s3"},
		"s3 unsigned":     {method: "PUT", url: "http://localhost/b/k", service: "s3", body: "x", payload: Unsigned},
		"subresource":     {method: "GET", url: "http://localhost/b?acl", service: "s3"},
		"spaces, lists":   {method: "GET", url: "http://localhost/", service: "iam", header: http.Header{"X-Amz-Meta-A": {"  a   b ", "c"}, "X-Odd": {""}}},
		"same name twice": {method: "GET", url: "http://localhost/?k=a/b&k=a-b&a=&k=A&%C3%A9=1&b=c+d", service: "iam"},
	}
	for name, c := range calls {
		t.Run(name, func(t *testing.T) {
			if err := verify(c.signed(t), testSecret, testNow); err != nil {
				t.Errorf("header: %v", err)
			}
			if c.service == "s3" {
				c.payload = Unsigned
			}
			if err := verify(c.presigned(t, 60), testSecret, testNow); err != nil {
				t.Errorf("presigned: %v", err)
			}
			if got := code(verify(c.signed(t), testSecret+"x", testNow)); got != SignatureDoesNotMatch {
				t.Errorf("wrong secret: got %q", got)
			}
			if got := code(verify(c.signed(t), "", testNow)); got != SignatureDoesNotMatch {
				t.Errorf("empty secret: got %q", got)
			}
		})
	}
}

// TestAnythingTheSDKSigns holds our verification against the SDK's signer over random requests.
func TestAnythingTheSDKSigns(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("aZ09 /+%&=?;,:@!$'()*~._-é漢\"<>[]{}|^`\\#")), 0, 12, -1)
		c := call{
			method:  rapid.SampledFrom([]string{"GET", "PUT", "POST", "DELETE", "HEAD"}).Draw(rt, "method"),
			service: rapid.SampledFrom([]string{"s3", "iam", "servicecatalog"}).Draw(rt, "service"),
			token:   rapid.SampledFrom([]string{"", "tok/en+=="}).Draw(rt, "token"),
			header:  http.Header{},
		}
		if c.method != "GET" && c.method != "HEAD" {
			c.body = text.Draw(rt, "body")
		}
		path := "/"
		if c.service == "s3" {
			path += escape(text.Draw(rt, "path"), true)
		} else {
			path += escape(rapid.StringMatching(`[a-z é+%]{0,5}(/[a-zA-Z é!]{1,4})?`).Draw(rt, "path"), true)
			path = plain(path)
		}
		q := url.Values{}
		for range rapid.IntRange(0, 4).Draw(rt, "params") {
			q.Add("p"+text.Draw(rt, "name"), text.Draw(rt, "value"))
		}
		for range rapid.IntRange(0, 3).Draw(rt, "headers") {
			name := http.CanonicalHeaderKey("X-" + rapid.StringMatching(`[a-z][a-z-]{0,4}`).Draw(rt, "header"))
			c.header[name] = append(c.header[name], rapid.StringMatching(`[a-z ,;="\t]{0,9}`).Draw(rt, "header value"))
		}
		c.url = "http://" + rapid.SampledFrom([]string{"localhost:8242", "b.localhost", "[::1]:8242"}).Draw(rt, "host") + path + "?" + q.Encode()
		if err := verify(c.signed(t), testSecret, testNow); err != nil {
			rt.Fatalf("header: %v", err)
		}
		if c.service == "s3" {
			c.payload = Unsigned
		}
		if err := verify(c.presigned(t, 60), testSecret, testNow); err != nil {
			rt.Fatalf("presigned: %v", err)
		}
	})
}

// TestTampering changes every part of a good request in turn.
func TestTampering(t *testing.T) {
	changes := map[string]struct {
		change func(r *http.Request)
		want   string
	}{
		"method":         {func(r *http.Request) { r.Method = "PUT" }, SignatureDoesNotMatch},
		"path":           {func(r *http.Request) { r.URL.Path = "/x" }, SignatureDoesNotMatch},
		"query":          {func(r *http.Request) { r.URL.RawQuery = "a=b" }, SignatureDoesNotMatch},
		"host":           {func(r *http.Request) { r.Host = "localhost:8243" }, SignatureDoesNotMatch},
		"target":         {func(r *http.Request) { r.Header.Set("X-Amz-Target", "AWS242ServiceCatalogService.DeletePortfolio") }, SignatureDoesNotMatch},
		"content type":   {func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, SignatureDoesNotMatch},
		"second value":   {func(r *http.Request) { r.Header.Add("Content-Type", "text/plain") }, SignatureDoesNotMatch},
		"missing header": {func(r *http.Request) { r.Header.Del("Content-Type") }, SignatureDoesNotMatch},
		"body":           {func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("{}")) }, SignatureDoesNotMatch},
		"token":          {func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "other") }, SignatureDoesNotMatch},
		"new amz header": {func(r *http.Request) { r.Header.Set("X-Amz-Meta-A", "b") }, HeadersNotSigned},
		"date":           {func(r *http.Request) { r.Header.Set("X-Amz-Date", "20260304T050608Z") }, SignatureDoesNotMatch},
		"other day":      {func(r *http.Request) { r.Header.Set("X-Amz-Date", "20260305T050607Z") }, SignatureDoesNotMatch},
		"no date":        {func(r *http.Request) { r.Header.Del("X-Amz-Date") }, IncompleteSignature},
		"bad date":       {func(r *http.Request) { r.Header.Set("X-Amz-Date", "today") }, IncompleteSignature},
		"no auth":        {func(r *http.Request) { r.Header.Del("Authorization") }, MissingAuthenticationToken},
		"two auths":      {func(r *http.Request) { r.Header.Add("Authorization", "AWS4-HMAC-SHA256 x") }, IncompleteSignature},
		"old query": {func(r *http.Request) {
			r.Header.Del("Authorization")
			r.URL.RawQuery = "AWSAccessKeyId=AKIDEXAMPLE&Signature=x&Expires=1"
		}, OldSignature},
		"both forms":      {func(r *http.Request) { r.URL.RawQuery = "X-Amz-Algorithm=AWS4-HMAC-SHA256" }, IncompleteSignature},
		"old signature":   {auth("AWS4-HMAC-SHA256", "AWS"), OldSignature},
		"empty key":       {auth("AKIDEXAMPLE", ""), IncompleteSignature},
		"region":          {auth("/eu-west-1/", "/eu-west-2/"), SignatureDoesNotMatch},
		"odd region":      {auth("/eu-west-1/", "/eu west:1/"), IncompleteSignature},
		"service":         {auth("/servicecatalog/", "/iam/"), SignatureDoesNotMatch},
		"day":             {auth("/20260304/", "/20260303/"), SignatureDoesNotMatch},
		"terminator":      {auth("aws4_request", "aws3_request"), IncompleteSignature},
		"short scope":     {auth("Credential=AKIDEXAMPLE/", "Credential="), IncompleteSignature},
		"signature":       {auth("Signature=", "Signature=00"), SignatureDoesNotMatch},
		"no hex":          {auth("Signature=", "Signature=zz"), SignatureDoesNotMatch},
		"no signature":    {auth("Signature=", "Sig="), IncompleteSignature},
		"repeated":        {auth("Signature=", "Signature=1, Signature="), IncompleteSignature},
		"no host":         {auth("host;", ""), SignatureDoesNotMatch},
		"fewer headers":   {auth("content-type;", ""), SignatureDoesNotMatch},
		"unsorted":        {auth("content-type;host", "host;content-type"), IncompleteSignature},
		"upper case":      {auth("content-type;host", "Content-Type;host"), IncompleteSignature},
		"unsigned target": {auth(";x-amz-target", ""), HeadersNotSigned},
		"declared hash":   {func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", Hash(nil)) }, HeadersNotSigned},
	}
	c := catalogCall
	c.token = "token"
	for name, x := range changes {
		t.Run(name, func(t *testing.T) {
			r := c.signed(t)
			x.change(r)
			if got := code(verify(r, testSecret, testNow)); got != x.want {
				t.Errorf("got %q, want %q", got, x.want)
			}
		})
	}
}

func auth(old, new string) func(r *http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, new, 1))
	}
}

func TestTamperingPresigned(t *testing.T) {
	c := call{method: "GET", url: "http://localhost/b/k?versionId=1", service: "s3", payload: Unsigned, token: "token"}
	for name, x := range map[string]struct{ old, new, want string }{
		"nothing":      {"", "", ""},
		"key":          {"/b/k", "/b/l", SignatureDoesNotMatch},
		"parameter":    {"versionId=1", "versionId=2", SignatureDoesNotMatch},
		"new":          {"versionId=1", "versionId=1&acl", SignatureDoesNotMatch},
		"expires":      {"X-Amz-Expires=60", "X-Amz-Expires=61", SignatureDoesNotMatch},
		"too long":     {"X-Amz-Expires=60", "X-Amz-Expires=604801", IncompleteQuery},
		"negative":     {"X-Amz-Expires=60", "X-Amz-Expires=-1", IncompleteQuery},
		"huge":         {"X-Amz-Expires=60", "X-Amz-Expires=99999999999999999999", IncompleteQuery},
		"no expiry":    {"X-Amz-Expires=60", "", IncompleteQuery},
		"twice":        {"X-Amz-Expires=60", "X-Amz-Expires=60&X-Amz-Expires=60", IncompleteQuery},
		"token":        {"X-Amz-Security-Token=token", "X-Amz-Security-Token=other", SignatureDoesNotMatch},
		"no token":     {"&X-Amz-Security-Token=token", "", SignatureDoesNotMatch},
		"date":         {"X-Amz-Date=20260304T050607Z", "X-Amz-Date=20260304T050608Z", SignatureDoesNotMatch},
		"no date":      {"X-Amz-Date=20260304T050607Z", "", IncompleteQuery},
		"bad date":     {"X-Amz-Date=20260304T050607Z", "X-Amz-Date=x", IncompleteQuery},
		"algorithm":    {"AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256", IncompleteQuery},
		"credential":   {"%2Faws4_request", "", IncompleteQuery},
		"headers":      {"SignedHeaders=host", "SignedHeaders=accept", SignatureDoesNotMatch},
		"bad query":    {"versionId=1", "versionId=%zz", IncompleteQuery},
		"two results":  {"X-Amz-Signature=", "X-Amz-Signature=1&X-Amz-Signature=", IncompleteQuery},
		"payload hash": {"versionId=1", "versionId=1&X-Amz-Content-Sha256=x", BadContentHash},
	} {
		t.Run(name, func(t *testing.T) {
			r := c.presigned(t, 60)
			if uri := strings.Replace(r.URL.RequestURI(), x.old, x.new, 1); uri != r.URL.RequestURI() {
				u, err := url.Parse(uri)
				if err != nil {
					t.Fatal(err)
				}
				r.URL = u
			} else if x.old != "" {
				t.Fatalf("no %q in %s", x.old, r.URL)
			}
			if got := code(verify(r, testSecret, testNow)); got != x.want {
				t.Errorf("got %q, want %q", got, x.want)
			}
		})
	}
}

func TestClock(t *testing.T) {
	s3Call := call{method: "GET", url: "http://localhost/b/k", service: "s3", payload: Unsigned}
	sts := call{method: "GET", url: "http://localhost/?Action=GetCallerIdentity", service: "sts"}
	streaming := call{method: "PUT", url: "http://localhost/b/k", service: "s3", payload: streamSigned}
	for name, x := range map[string]struct {
		request *http.Request
		after   time.Duration
		want    string
	}{
		"streaming too old":     {streaming.signed(t), 15*time.Minute + time.Second, RequestTimeTooSkewed},
		"streaming too early":   {streaming.signed(t), -15*time.Minute - time.Second, RequestTimeTooSkewed},
		"header at the edge":    {catalogCall.signed(t), 15 * time.Minute, ""},
		"header too old":        {catalogCall.signed(t), 15*time.Minute + time.Second, RequestTimeTooSkewed},
		"header early":          {catalogCall.signed(t), -15 * time.Minute, ""},
		"header too early":      {catalogCall.signed(t), -15*time.Minute - time.Second, RequestTimeTooSkewed},
		"presigned at the edge": {s3Call.presigned(t, 3600), time.Hour, ""},
		"presigned over":        {s3Call.presigned(t, 3600), time.Hour + time.Second, RequestExpired},
		"presigned too early":   {s3Call.presigned(t, 3600), -time.Hour, RequestTimeTooSkewed},
		"no expiry lasts 15min": {sts.presigned(t, 0), 15 * time.Minute, ""},
		"no expiry is over":     {sts.presigned(t, 0), 16 * time.Minute, RequestExpired},
	} {
		t.Run(name, func(t *testing.T) {
			if got := code(verify(x.request, testSecret, testNow.Add(x.after))); got != x.want {
				t.Errorf("got %q, want %q", got, x.want)
			}
		})
	}
}
