package server_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

const openAuth = "AWS4-HMAC-SHA256 Credential=111111111111/20260102/us-east-1/%/aws4_request, SignedHeaders=host;x-amz-date, Signature=00"

// In development mode whoever reaches the server is believed, so what a web page can make a browser send must not be.
func TestWebPages(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		s := servertest.Start(t, servertest.Options{Store: o, Exact: true})
		for _, x := range []struct {
			name, host string
			header     map[string]string
			want       int
		}{
			{"a client", "", nil, 200},
			{"a client by name", "localhost:8242", nil, 200},
			{"a client by name in capitals", "LOCALHOST:8242", nil, 200},
			{"a bucket by name", "templates.localhost:8242", nil, 200},
			{"a page of another origin", "", map[string]string{"Origin": "https://evil.example"}, 403},
			{"an image on another site's page", "", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
			{"a host name that was bound again", "evil.example:8242", nil, 403},
			{"a page of our own", "localhost:8242", map[string]string{"Origin": "http://localhost:8242", "Sec-Fetch-Site": "same-origin"}, 200},
		} {
			t.Run(x.name, func(t *testing.T) {
				r, err := http.NewRequest(http.MethodPost, s.URL+"/", strings.NewReader("Action=GetCallerIdentity&Version=2011-06-15"))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Authorization", strings.Replace(openAuth, "%", "sts", 1))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set("X-Amz-Date", "20260102T030405Z")
				for k, v := range x.header {
					r.Header.Set(k, v)
				}
				r.Host = x.host
				res, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				if body, _ := io.ReadAll(res.Body); res.StatusCode != x.want {
					t.Errorf("got %s %s, want %d", res.Status, body, x.want)
				}
			})
		}
	})
}

// Every answer has a request id, and a refused upload is refused before its body is sent.
func TestAnswers(t *testing.T) {
	s := servertest.Start(t, servertest.Options{Store: testkit.SQLite(t), Exact: true})
	for _, path := range []string{"/", "/healthz", "/readyz"} {
		res, err := http.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != 200 || res.Header.Get("x-amzn-RequestId") == "" {
			t.Errorf("%s answers %s with request id %q", path, res.Status, res.Header.Get("x-amzn-RequestId"))
		}
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "PUT /nobucket/key HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\nX-Amz-Date: 20260102T030405Z\r\n"+
		"X-Amz-Content-Sha256: UNSIGNED-PAYLOAD\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n",
		conn.RemoteAddr(), strings.Replace(openAuth, "%", "s3", 1))
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Errorf("an empty upload that asks to go on is told %q, %v", line, err)
	}
	never, write := io.Pipe()
	defer write.Close()
	r, err := http.NewRequest(http.MethodPut, s.URL+"/nobucket/key", never)
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = 10
	r.Header.Set("Authorization", strings.Replace(openAuth, "%", "s3", 1))
	r.Header.Set("X-Amz-Date", "20260102T030405Z")
	r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
	r.Header.Set("Expect", "100-continue")
	client := http.Client{Transport: &http.Transport{ExpectContinueTimeout: time.Minute}, Timeout: 30 * time.Second}
	res, err := client.Do(r)
	if err != nil {
		t.Fatalf("an upload to no bucket is not answered before its body comes: %v", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusNotFound {
		t.Errorf("got %s", res.Status)
	}
}
