package servertest

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"portico/internal/ident"
	orgapi "portico/internal/service/organizations/api"
	scapi "portico/internal/service/servicecatalog/api"
	"portico/internal/sigv4"
	"portico/internal/wire"
)

// Args is the input of an operation as JSON has it.
type Args map[string]any

// Answer is what a json service answered.
type Answer struct {
	Status        int
	Code, Message string // of a refusal
	Body          map[string]any
}

// Ask makes one call to Service Catalog or Organizations as the root of an account, whom development mode lets anybody be.
// It adds nothing to the input and reads everything in the answer.
func (s *Server) Ask(ctx context.Context, who ident.Account, region ident.Region, op string, in Args) (Answer, error) {
	service := jsonService(op)
	if service == nil {
		return Answer{}, fmt.Errorf("no service has an operation %s", op)
	}
	if in == nil {
		in = Args{}
	}
	text, err := json.Marshal(in)
	if err != nil {
		return Answer{}, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/", bytes.NewReader(text))
	if err != nil {
		return Answer{}, err
	}
	now := time.Now()
	if s.Clock != nil {
		now = s.Clock.Now()
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", service.TargetPrefix+"."+op)
	r.Header.Set("X-Amz-Date", now.UTC().Format(sigTime))
	r.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/%s/%s/%s/aws4_request, SignedHeaders=host;x-amz-date, Signature=00",
		who, now.UTC().Format("20060102"), region, service.Name))
	answer, err := s.client.Do(r)
	if err != nil {
		return Answer{}, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return Answer{}, err
	}
	a := Answer{Status: answer.StatusCode}
	if err := json.Unmarshal(body, &a.Body); err != nil {
		return a, fmt.Errorf("%s answers %s: %w", op, body, err)
	}
	if a.Status != http.StatusOK {
		a.Code, a.Message = a.Get("__type"), a.Get("message")
	}
	return a, nil
}

func jsonService(op string) *wire.Service {
	for _, s := range []*wire.Service{&scapi.Service, &orgapi.Service} {
		if s.Operations[op] != nil {
			return s
		}
	}
	return nil
}

// Get finds the values at a path like "PortfolioDetails[].Id" and puts blanks between them. What is absent is nothing.
func (a Answer) Get(path string) string {
	values := []any{a.Body}
	for part := range strings.SplitSeq(path, ".") {
		name, list := strings.CutSuffix(part, "[]")
		var next []any
		for _, v := range values {
			m, _ := v.(map[string]any)
			v = m[name]
			if items, ok := v.([]any); ok && list {
				next = append(next, items...)
			} else if v != nil {
				next = append(next, v)
			}
		}
		values = next
	}
	var words []string
	for _, v := range values {
		words = append(words, fmt.Sprint(v))
	}
	return strings.Join(words, " ")
}

// Signer is a key that requests are signed with.
type Signer struct{ Key, Secret, Token string }

// Call makes one signed call to a service of either protocol.
func (s *Server) Call(t testing.TB, by Signer, service *wire.Service, op string, in Args) Answer {
	t.Helper()
	return s.CallIn(t, "us-east-1", by, service, op, in)
}

// CallIn is Call in a region.
func (s *Server) CallIn(t testing.TB, region ident.Region, by Signer, service *wire.Service, op string, in Args) Answer {
	t.Helper()
	raw, err := s.send(t.Context(), region, by, service, op, in)
	if err != nil {
		t.Fatal(err)
	}
	a := Answer{Status: raw.Status}
	if service.Protocol == wire.Query {
		var refusal struct {
			Error struct{ Code, Message string }
		}
		if a.Status != http.StatusOK {
			if err := xml.Unmarshal(raw.Text, &refusal); err != nil {
				t.Fatalf("%s answers %s: %v", op, raw.Text, err)
			}
			a.Code, a.Message = refusal.Error.Code, refusal.Error.Message
		}
		return a
	}
	if err := json.Unmarshal(raw.Text, &a.Body); err != nil {
		t.Fatalf("%s answers %s: %v", op, raw.Text, err)
	}
	if a.Status != http.StatusOK {
		a.Code, a.Message = a.Get("__type"), a.Get("message")
	}
	return a
}

// View makes one signed request to a view, scoped to servicecatalog.
func (s *Server) View(t testing.TB, region ident.Region, by Signer, method, path string) Answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := s.sign(region, by, "servicecatalog", r, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := Answer{Status: raw.Status}
	if err := json.Unmarshal(raw.Text, &a.Body); err != nil {
		t.Fatalf("%s answers %s: %v", path, raw.Text, err)
	}
	if a.Status != http.StatusOK {
		a.Code, a.Message = a.Get("__type"), a.Get("message")
	}
	return a
}

// Raw is an answer as it came.
type Raw struct {
	Status int
	Header http.Header
	Text   []byte
}

// Send makes one signed call to a service of either protocol and leaves the answer as it is.
func (s *Server) Send(ctx context.Context, by Signer, service *wire.Service, op string, in Args) (Raw, error) {
	return s.send(ctx, "us-east-1", by, service, op, in)
}

func (s *Server) send(ctx context.Context, region ident.Region, by Signer, service *wire.Service, op string, in Args) (Raw, error) {
	kind, body := "application/x-amz-json-1.1", []byte(nil)
	if service.Protocol == wire.Query {
		values := url.Values{"Action": {op}, "Version": {service.Version}}
		form(values, "", in)
		kind, body = "application/x-www-form-urlencoded", []byte(values.Encode())
	} else {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return Raw{}, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/", bytes.NewReader(body))
	if err != nil {
		return Raw{}, err
	}
	r.Header.Set("Content-Type", kind)
	if service.TargetPrefix != "" {
		r.Header.Set("X-Amz-Target", service.TargetPrefix+"."+op)
	}
	return s.sign(region, by, service.Name, r, body)
}

// Sign signs a request for a service and sends it.
func (s *Server) Sign(by Signer, service string, r *http.Request, body []byte) (Raw, error) {
	return s.sign("us-east-1", by, service, r, body)
}

func (s *Server) sign(region ident.Region, by Signer, service string, r *http.Request, body []byte) (Raw, error) {
	now := time.Now()
	if s.Clock != nil {
		now = s.Clock.Now()
	}
	c := aws.Credentials{AccessKeyID: by.Key, SecretAccessKey: by.Secret, SessionToken: by.Token}
	digest := sigv4.Hash(body)
	if service == "s3" {
		r.Header.Set("X-Amz-Content-Sha256", digest)
	}
	plain := func(o *v4.SignerOptions) { o.DisableURIPathEscaping = service == "s3" }
	if err := v4.NewSigner().SignHTTP(r.Context(), c, r, digest, service, string(region), now, plain); err != nil {
		return Raw{}, err
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return Raw{}, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return Raw{Status: answer.StatusCode, Header: answer.Header, Text: text}, err
}
