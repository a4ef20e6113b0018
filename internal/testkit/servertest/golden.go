package servertest

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	diff "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	cfnapi "portico/internal/service/cloudformation/api"
	iamapi "portico/internal/service/iam/api"
	orgapi "portico/internal/service/organizations/api"
	scapi "portico/internal/service/servicecatalog/api"
	stsapi "portico/internal/service/sts/api"
	"portico/internal/sigv4"
	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/wire"
)

var update = flag.Bool("update", false, "rewrite the answers of golden files")

const sigTime = "20060102T150405Z"

// The key that golden files may sign with, a root key of its account.
const (
	GoldenAccount = "999999999999"
	GoldenKey     = "AKIAGOLDENGOLDENGOLD"
	GoldenSecret  = "golden-secret"
)

// Golden replays every *.txtar of a folder, by custom testdata/wire, on both databases. Each file gets an exact server of
// its own. Its comment says what it shows; its sections are
//
//	-- call SERVICE OPERATION by ACCOUNT [in REGION] --
//		a call by the root of an account; the input is JSON, or for a query service one Name=value a line
//	-- raw [signed KEY] [with SECRET] [for SERVICE] [at 20060102T150405Z] --
//		a whole HTTP request, signed only when it says so; GoldenKey is there
//	-- clock DURATION --
//		moves the clock on
//	-- settle --
//		does what is to be done in the background until nothing is due
//	-- answer --
//		what came back for the request before; go test -update writes it
//
// JSON answers are indented. The secret and the token of temporary credentials, which nobody can foresee, are left out of
// answers, and nothing else about them is changed.
func Golden(t *testing.T, dir string) {
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files in %s: %v", dir, err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			testkit.Databases(t, func(t *testing.T, o store.Options) { replay(t, path, o) })
		})
	}
}

func replay(t *testing.T, path string, o store.Options) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := Start(t, Options{Store: o, Exact: true})
	s.Key(t, GoldenAccount, GoldenKey, GoldenSecret)
	var out []txtar.File
	for _, f := range archive.Files {
		words := strings.Fields(f.Name)
		if words[0] == "answer" {
			continue
		}
		out = append(out, f)
		if words[0] == "clock" {
			d, err := time.ParseDuration(words[1])
			if err != nil {
				t.Fatal(err)
			}
			s.Clock.Advance(d)
			continue
		}
		if words[0] == "settle" {
			s.Settle(t)
			continue
		}
		request, err := s.request(words, f.Data)
		if err != nil {
			t.Fatalf("%s: section %q: %v", path, f.Name, err)
		}
		out = append(out, txtar.File{Name: "answer", Data: send(t, request)})
	}
	got := txtar.Format(&txtar.Archive{Comment: archive.Comment, Files: out})
	want := txtar.Format(archive)
	if bytes.Equal(got, want) {
		return
	}
	if !*update {
		t.Fatalf("%s: answers differ (-want +got), go test -update rewrites them:\n%s", path, diff.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")))
	}
	if err := os.WriteFile(path, got, 0o644); err != nil {
		t.Fatal(err)
	}
}

// options reads the pairs of words behind a section's first ones.
func options(words []string) (map[string]string, error) {
	if len(words)%2 != 0 {
		return nil, fmt.Errorf("%q: words come in pairs", strings.Join(words, " "))
	}
	m := map[string]string{}
	for pair := range slices.Chunk(words, 2) {
		m[pair[0]] = pair[1]
	}
	return m, nil
}

func (s *Server) request(words []string, text []byte) (*http.Request, error) {
	switch {
	case words[0] == "call" && len(words) > 2:
		service := services()[words[1]]
		if service == nil {
			return nil, fmt.Errorf("no service %s", words[1])
		}
		o, err := options(words[3:])
		if err != nil {
			return nil, err
		}
		return s.call(service, words[2], o["by"], cmp.Or(o["in"], "us-east-1"), text)
	case words[0] == "raw":
		o, err := options(words[1:])
		if err != nil {
			return nil, err
		}
		return s.raw(o, text)
	}
	return nil, fmt.Errorf("sections are call, raw, clock, settle and answer")
}

func services() map[string]*wire.Service {
	m := map[string]*wire.Service{}
	for _, s := range []*wire.Service{&scapi.Service, &orgapi.Service, &iamapi.Service, &stsapi.Service, &cfnapi.Service} {
		m[s.Name] = s
	}
	return m
}

func (s *Server) call(service *wire.Service, operation, account, region string, text []byte) (*http.Request, error) {
	text = bytes.TrimSpace(text)
	kind := "application/x-amz-json-1.1"
	if service.Protocol == wire.Query {
		kind = "application/x-www-form-urlencoded"
		form := url.Values{"Action": {operation}, "Version": {service.Version}}
		for line := range strings.Lines(string(text)) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			if name != "" {
				form.Add(name, value)
			}
		}
		text = []byte(form.Encode())
	}
	r, err := http.NewRequest(http.MethodPost, s.URL+"/", bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", kind)
	if service.Protocol == wire.JSON11 {
		r.Header.Set("X-Amz-Target", service.TargetPrefix+"."+operation)
	}
	now := s.Clock.Now()
	r.Header.Set("X-Amz-Date", now.Format(sigTime))
	r.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/%s/%s/%s/aws4_request, SignedHeaders=host;x-amz-date, Signature=00",
		account, now.Format("20060102"), region, service.Name))
	return r, nil
}

// raw reads a request as it would be on the wire, except that lines end plainly and the length is counted here.
func (s *Server) raw(o map[string]string, text []byte) (*http.Request, error) {
	head, body, _ := strings.Cut(string(text), "\n\n")
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.ReplaceAll(head, "\n", "\r\n") + "\r\n\r\n")))
	if err != nil {
		return nil, err
	}
	body = strings.TrimSuffix(body, "\n")
	out, err := http.NewRequest(r.Method, s.URL+r.URL.RequestURI(), strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	out.Header, out.Host = r.Header, r.Host
	if o["signed"] == "" {
		return out, nil
	}
	now := s.Clock.Now()
	if at := o["at"]; at != "" {
		if now, err = time.Parse(sigTime, at); err != nil {
			return nil, err
		}
	}
	signer := aws.Credentials{AccessKeyID: o["signed"], SecretAccessKey: cmp.Or(o["with"], GoldenSecret)}
	return out, v4.NewSigner().SignHTTP(context.Background(), signer, out, sigv4.Hash([]byte(body)), o["for"], "us-east-1", now)
}

// unforeseen is what is random about an answer.
var unforeseen = regexp.MustCompile(`<SecretAccessKey>[^<]*</SecretAccessKey><SessionToken>[^<]*</SessionToken>`)

// send returns the answer's status, the headers that are ours, and its body.
func send(t *testing.T, r *http.Request) []byte {
	t.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s\nContent-Type: %s\nX-Amzn-RequestId: %s\n\n", answer.Status, answer.Header.Get("Content-Type"), answer.Header.Get("X-Amzn-Requestid"))
	if strings.Contains(answer.Header.Get("Content-Type"), "json") {
		if err := json.Indent(&out, body, "", "  "); err != nil {
			t.Fatalf("the answer is not JSON: %v\n%s", err, body)
		}
	} else {
		out.Write(unforeseen.ReplaceAll(body, []byte("<SecretAccessKey>…</SecretAccessKey><SessionToken>…</SessionToken>")))
	}
	out.WriteByte('\n')
	return out.Bytes()
}
