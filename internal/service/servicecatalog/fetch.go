package servicecatalog

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/depot"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/store"
	"portico/internal/template"
)

// Fetcher reads the file behind a LoadTemplateFromURL, once. (C-PA-3)
type Fetcher struct {
	Client *http.Client
	Max    int64 // bytes
}

// NewFetcher gives a fetcher of templates.
func NewFetcher(c *http.Client) Fetcher { return Fetcher{Client: c, Max: template.MaxBytes} }

// load reads the file of a new version: an object of a bucket that exists here, with the caller's rights, or any other
// http or https address. Whatever fails is the caller's to mend, so every failure is a fault that says what failed.
func (s *Service) load(ctx context.Context, who access.Caller, given string) ([]byte, error) {
	u, err := url.Parse(given)
	if err != nil || u.Scheme == "" {
		return nil, fault.Invalidf("Invalid LoadTemplateFromURL: %s is not a URL", given)
	}
	address := shown(given)
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, fault.Invalidf("Invalid LoadTemplateFromURL: %s. The scheme must be http or https", address)
	}
	if u.Host == "" {
		return nil, fault.Invalidf("Invalid LoadTemplateFromURL: %s is not a URL", address)
	}
	if bucket, key, ok := ident.ParseObjectURL(u, ownHosts(who.Endpoint)); ok {
		body, here, err := s.object(ctx, who, bucket, key, u.Query().Get("versionId"), address)
		if err != nil || here {
			return body, err
		}
		if !strings.HasSuffix(u.Hostname(), ".amazonaws.com") {
			return nil, fault.Invalidf("Invalid LoadTemplateFromURL: there is no bucket %s", bucket)
		}
	}
	return s.Fetch.get(ctx, given)
}

// shown is an address without what gives access to it: the user and password, and the signature of a presigned one. Only
// this form is stored, and answered to those who may see the version. (C-PA-3)
func shown(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	q, signed := u.Query(), false
	for name := range q {
		switch n := strings.ToLower(name); {
		case strings.HasPrefix(n, "x-amz-"), n == "awsaccesskeyid", n == "signature":
			signed = true
			q.Del(name)
		}
	}
	if signed {
		q.Del("Expires") // of the older way of signing
		u.RawQuery = q.Encode()
	}
	if u.User == nil && !signed {
		return address
	}
	u.User = nil
	return u.String()
}

// ownHosts are the names under which the server may be reached, given the address the caller used: a server on the
// loopback interface has several.
func ownHosts(endpoint string) []string {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" {
		return nil
	}
	name := u.Hostname()
	if ip := net.ParseIP(name); name != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return []string{u.Host}
	}
	port := u.Port()
	if port == "" {
		return []string{u.Host, "localhost", "127.0.0.1", "[::1]"}
	}
	return []string{u.Host, "localhost:" + port, "127.0.0.1:" + port, "[::1]:" + port}
}

// object reads an object of a bucket of this server, if the caller's policies and the bucket's let the caller; here is false
// when it has no such bucket. Without a version it is the latest.
func (s *Service) object(ctx context.Context, who access.Caller, bucket, key, version, address string) (body []byte, here bool, err error) {
	var found depot.Part
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		b, ok, err := tx.Bucket(bucket)
		if err != nil || !ok {
			return err
		}
		here = true
		g, err := tx.BucketGuard(b)
		if err != nil {
			return err
		}
		action, read := "s3:GetObject", tx.Object
		if version != "" {
			action = "s3:GetObjectVersion"
			read = func(bucket, key string) (store.Object, bool, error) { return tx.ObjectVersion(bucket, key, version) }
		}
		err = who.AuthorizeOn(g, access.Request{Action: action, Resource: access.Resources("arn:aws:s3:::" + bucket + "/" + key)})
		if _, refused := fault.Of(err); refused {
			return fault.Invalidf("Invalid LoadTemplateFromURL: access to %s is denied", address)
		}
		if err != nil {
			return err
		}
		o, ok, err := read(bucket, key)
		if err == nil && (!ok || o.Marker) {
			return fault.Invalidf("Invalid LoadTemplateFromURL: there is no object %s in bucket %s", key, bucket)
		}
		if err == nil && o.Size > s.Fetch.Max {
			return s.Fetch.tooLarge(address)
		}
		if err == nil {
			found, err = depot.Find(tx, o, 0, o.Size)
		}
		return err
	})
	if err == nil {
		body, err = s.Depot.Load(ctx, found)
	}
	return body, here, err
}

func (f Fetcher) tooLarge(address string) error {
	return fault.Invalidf("Invalid LoadTemplateFromURL: %s is larger than %d bytes", address, f.Max)
}

func (f Fetcher) get(ctx context.Context, given string) ([]byte, error) {
	address := shown(given)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, given, nil)
	if err != nil {
		return nil, fault.Invalidf("Invalid LoadTemplateFromURL: %s is not a URL", address)
	}
	res, err := f.Client.Do(req)
	if err != nil {
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err
		}
		return nil, fault.Invalidf("Invalid LoadTemplateFromURL: %s cannot be read: %v", address, err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fault.Invalidf("Invalid LoadTemplateFromURL: %s answers %s", address, res.Status)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, f.Max+1))
	if err != nil {
		return nil, fault.Invalidf("Invalid LoadTemplateFromURL: %s cannot be read: %v", address, err)
	}
	if int64(len(body)) > f.Max {
		return nil, f.tooLarge(address)
	}
	return body, nil
}

// checkTemplate refuses a file that cannot be a version of the given type. (C-PA-4, C-PA-5)
func checkTemplate(kind string, body []byte, disabled bool) error {
	switch kind {
	case catalog.CloudFormation:
		if disabled {
			return nil
		}
		if _, err := template.Parse(body); err != nil {
			return fault.Invalidf("Invalid templateBody. Please make sure that your template is valid: %s", err)
		}
	default:
		if len(body) < 2 || body[0] != 0x1f || body[1] != 0x8b {
			return fault.Invalidf("Invalid LoadTemplateFromURL: a product of type %s needs a gzip-compressed tar file (.tar.gz)", kind)
		}
	}
	return nil
}

// Template reads a template for another service, with the caller's rights and within the same bounds.
func (s *Service) Template(ctx context.Context, who access.Caller, address string) ([]byte, error) {
	body, err := s.load(ctx, who, address)
	if f, ok := fault.Of(err); ok {
		return nil, fault.New(f.Kind, "TemplateURL: %s", strings.TrimPrefix(f.Message, "Invalid LoadTemplateFromURL: "))
	}
	return body, err
}
