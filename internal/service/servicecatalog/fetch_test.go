package servicecatalog

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portico/internal/egress"
	"portico/internal/fault"
)

// bomb is more than a megabyte that takes a kilobyte to send.
func bomb(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// serving is a server of a test's own.
func serving(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func TestFetch(t *testing.T) {
	f := NewFetcher(egress.Client(egress.Loopback))
	f.Max = 1000
	var referer []string
	var url string
	url = serving(t, func(w http.ResponseWriter, r *http.Request) {
		referer = append(referer, r.Header["Referer"]...)
		switch r.URL.Path {
		case "/far":
			http.Redirect(w, r, "http://10.0.0.1/x", http.StatusFound)
		case "/metadata":
			http.Redirect(w, r, "http://[::ffff:169.254.169.254]/latest/meta-data", http.StatusTemporaryRedirect)
		case "/file":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		case "/gopher":
			http.Redirect(w, r, "gopher://127.0.0.1:25/", http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		case "/few/5", "/few/4", "/few/3", "/few/2", "/few/1":
			http.Redirect(w, r, "/few/"+string(r.URL.Path[5]-1), http.StatusFound)
		case "/signed":
			http.Redirect(w, r, url+"/few/0", http.StatusFound)
		case "/long":
			io.WriteString(w, strings.Repeat("x", 1001))
		case "/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(bomb(t))
		case "/headers":
			w.Header().Set("X-Long", strings.Repeat("x", 70<<10))
		case "/short":
			w.Header().Set("Content-Length", "500")
			io.WriteString(w, "x")
		default:
			io.WriteString(w, "good")
		}
	})
	for path, want := range map[string]string{
		"/":                          "",
		"/few/5":                     "",
		"/signed?X-Amz-Signature=00": "",
		"/far":                       "10.0.0.1 is not public",
		"/metadata":                  "169.254.169.254 is not public",
		"/file":                      "it redirects to the scheme file",
		"/gopher":                    "it redirects to the scheme gopher",
		"/round":                     "it redirects more than 5 times",
		"/long":                      "is larger than 1000 bytes",
		"/gzip":                      "is larger than 1000 bytes",
		"/headers":                   "server response headers exceeded",
		"/short":                     "unexpected EOF",
	} {
		body, err := f.get(context.Background(), url+path)
		if want == "" && (err != nil || string(body) != "good") {
			t.Errorf("%s: %q, %v", path, body, err)
		}
		if want != "" && (!fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %q, %v; want %q", path, body, err, want)
		}
	}
	if referer != nil {
		t.Errorf("the server was told where its visitor came from: %q", referer)
	}
}

func TestShown(t *testing.T) {
	for given, want := range map[string]string{
		"https://b.s3.amazonaws.com/t.yaml":                         "",
		"https://b.s3.amazonaws.com/a%2Fb+c.yaml?versionId=7&x=%20": "",
		"https://host/t.yaml?Expires=never":                         "",
		"https://host/t?versionId=7&X-Amz-Signature=00&X-Amz-Security-Token=t&x-amz-credential=c&X-Amz-Expires=5": "https://host/t?versionId=7",
		"https://host/t?AWSAccessKeyId=AKIA&Expires=5&Signature=s":                                                "https://host/t",
		"https://ann:password@host/t.yaml":                                                                        "https://host/t.yaml",
		"http://ann@host/t?X-Amz-Signature=00#f":                                                                  "http://host/t#f",
		"not a URL\x7f":                                                                                           "",
	} {
		if want == "" {
			want = given
		}
		if got := shown(given); got != want {
			t.Errorf("%s is shown as %s, want %s", given, got, want)
		}
	}
}
