package sigv4

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// FuzzParse feeds whole requests: whatever arrives, nothing panics, what parses is well formed, and nothing that was not
// signed with the secret verifies.
func FuzzParse(f *testing.F) {
	for _, c := range []call{
		catalogCall,
		{method: "GET", url: "http://localhost/b/k?versionId=1", service: "s3", payload: Unsigned, token: "t"},
		{method: "POST", url: "http://localhost/", service: "sts", body: "Action=GetCallerIdentity"},
	} {
		for _, r := range []*http.Request{c.signed(f), c.presigned(f, 60)} {
			var b bytes.Buffer
			if err := r.Write(&b); err != nil {
				f.Fatal(err)
			}
			f.Add(b.Bytes())
		}
	}
	for _, s := range []string{guideChunks, guideTrailer} {
		head, body, _ := strings.Cut(s, "\n\n")
		f.Add([]byte(strings.ReplaceAll(head, "\n", "\r\n") + "\r\n\r\n" + body))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(data)))
		if err != nil {
			return
		}
		a, err := Parse(r)
		if err != nil {
			if code(err) == err.Error() {
				t.Fatalf("not a fault: %v", err)
			}
			return
		}
		if a.AccessKey == "" || !scopeName(a.Region) || !scopeName(a.Service) || !slices.Contains(a.SignedHeaders, "host") || a.Date.Format(dayFormat) != a.Day {
			t.Fatalf("malformed claims pass: %+v", a)
		}
		if a.Verify(r, "a secret nobody signed with", Hash(nil), a.Date) == nil {
			t.Fatalf("verified without the secret")
		}
		body, err := BodyReader(r, a, "a secret nobody signed with")
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, body)
	})
}

func BenchmarkVerify(b *testing.B) {
	for name, c := range map[string]call{
		"json": catalogCall,
		"s3":   {method: "GET", url: "http://localhost/b/k?list-type=2&prefix=a", service: "s3"},
	} {
		b.Run(name, func(b *testing.B) {
			r := c.signed(b)
			hash := c.hash()
			b.ReportAllocs()
			for b.Loop() {
				a, err := Parse(r)
				if err != nil {
					b.Fatal(err)
				}
				if err := a.Verify(r, testSecret, hash, testNow.Add(time.Second)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
