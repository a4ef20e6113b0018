package servicecatalog_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portico/internal/service/servicecatalog"
)

// A server shows what it fetches to whoever asked, so it must not be sent to places only it can reach.
func TestReach(t *testing.T) {
	near := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "near") }))
	defer near.Close()
	away := httptest.NewServer(http.RedirectHandler("http://169.254.169.254/latest/meta-data", http.StatusFound))
	defer away.Close()
	for _, x := range []struct {
		name, url string
		reach     servicecatalog.Reach
		want      string
	}{
		{"this machine is not public", near.URL, servicecatalog.Public, "is not public"},
		{"this machine, in development", near.URL, servicecatalog.Loopback, ""},
		{"private networks are farther", "http://10.0.0.1/", servicecatalog.Loopback, "is not public"},
		{"link-local is never read", "http://169.254.169.254/", servicecatalog.Private, "is not public"},
		{"nor by a redirect", away.URL, servicecatalog.Private, "is not public"},
		{"nor under an IPv6 name", "http://[::ffff:169.254.169.254]/", servicecatalog.Private, "is not public"},
		{"nor no address at all", "http://0.0.0.0:1/", servicecatalog.Private, "is not public"},
	} {
		t.Run(x.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, x.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := servicecatalog.NewFetcher(x.reach).Client.Do(req)
			if err == nil {
				res.Body.Close()
			}
			if x.want == "" && err != nil || x.want != "" && (err == nil || !strings.Contains(err.Error(), x.want)) {
				t.Errorf("got %v, want %q", err, x.want)
			}
		})
	}
}
