package depot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"portico/internal/ident"
)

const scheme = "s3://"

// Bucket is a bucket of another object store, or the part of one below a prefix.
type Bucket struct {
	client       *s3.Client
	name, prefix string // the prefix is empty or ends in /
}

// Address is where a bucket is, as operators write it:
//
//	s3://BUCKET[/PREFIX][?endpoint=URL&region=NAME&path-style=true|false]
//
// Without an endpoint it is AWS's, or what the environment says; with one, the bucket is in the path unless path-style is false.
type Address struct {
	Bucket, Prefix, Endpoint, Region string
	PathStyle                        bool
}

const form = "must be like s3://BUCKET/PREFIX?endpoint=https://s3.example.com&region=eu-central-1&path-style=true, where only the bucket is needed"

// ParseAddress reads an address.
func ParseAddress(text string) (a Address, err error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme+"://" != scheme || u.User != nil || u.Fragment != "" || !ident.ValidBucket(u.Host) {
		return a, errors.New(form)
	}
	a.Bucket = u.Host
	if p := strings.Trim(u.Path, "/"); p != "" {
		a.Prefix = p + "/"
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return a, errors.New(form)
	}
	a.Endpoint, a.Region = query.Get("endpoint"), query.Get("region")
	a.PathStyle = a.Endpoint != ""
	for name, values := range query {
		switch {
		case len(values) != 1:
			return a, fmt.Errorf("names %s more than once", name)
		case name == "endpoint":
			e, err := url.Parse(a.Endpoint)
			if err != nil || e.Scheme != "http" && e.Scheme != "https" || e.Host == "" || e.User != nil || e.RawQuery != "" || e.Fragment != "" {
				return a, errors.New("must name an endpoint like https://s3.example.com")
			}
		case name == "path-style":
			if a.PathStyle, err = strconv.ParseBool(values[0]); err != nil {
				return a, errors.New("must say path-style=true or path-style=false")
			}
		case name != "region":
			return a, fmt.Errorf("says %s, which is unknown: it %s", name, form)
		}
	}
	return a, nil
}

// Open makes a client of the bucket with the credentials of this process's environment, as the SDK finds them. It asks nobody
// whether the bucket is there.
func Open(ctx context.Context, address string) (*Bucket, error) {
	a, err := ParseAddress(address)
	if err != nil {
		return nil, err
	}
	own, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("read this server's credentials from its environment: %w", err)
	}
	if own.Credentials == nil || aws.IsCredentialsProvider(own.Credentials, (*aws.AnonymousCredentials)(nil)) {
		return nil, errors.New("needs credentials in the environment of this server")
	}
	return a.with(own)
}

// with makes a client of what an environment says and the address does not.
func (a Address) with(own aws.Config) (*Bucket, error) {
	if a.Region != "" {
		own.Region = a.Region
	}
	if own.Region == "" && a.Endpoint != "" {
		own.Region = "us-east-1" // as most stores of one region call it
	}
	if own.Region == "" {
		return nil, errors.New("needs a region: add ?region=NAME, or set AWS_REGION")
	}
	client := s3.NewFromConfig(own, func(o *s3.Options) {
		if a.Endpoint != "" {
			o.BaseEndpoint = &a.Endpoint
		}
		o.UsePathStyle = a.PathStyle
		// The digest of each body is signed. Trailing checksums besides are not understood by every store.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	})
	return &Bucket{client: client, name: a.Bucket, prefix: a.Prefix}, nil
}

// String is where it is, without what leads there.
func (b *Bucket) String() string { return scheme + b.name + "/" + b.prefix }

// place is the address of a new body. Nobody can guess it and nobody else gets it.
func (b *Bucket) place() string { return b.String() + ident.Source{}.Lower(32) }

// find splits a place. A body that was put while another bucket was named is looked for in that one.
func find(place string) (bucket, key *string) {
	name, rest, _ := strings.Cut(strings.TrimPrefix(place, scheme), "/")
	return &name, &rest
}

func (b *Bucket) put(ctx context.Context, place string, body []byte) error {
	bucket, key := find(place)
	_, err := b.client.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key, Body: bytes.NewReader(body), ContentLength: aws.Int64(int64(len(body))),
		ContentType: aws.String("application/octet-stream")})
	return err
}

// get reads n bytes from an offset on, all of them or none.
func (b *Bucket) get(ctx context.Context, place string, from, n int64) ([]byte, error) {
	if n == 0 {
		return nil, nil
	}
	bucket, key := find(place)
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key, Range: aws.String(fmt.Sprintf("bytes=%d-%d", from, from+n-1))})
	if err != nil {
		return nil, err
	}
	defer out.Body.Close()
	body := bytes.NewBuffer(make([]byte, 0, n+bytes.MinRead))
	if _, err := body.ReadFrom(io.LimitReader(out.Body, n+1)); err != nil {
		return nil, err
	}
	if int64(body.Len()) != n {
		return nil, fmt.Errorf("%d bytes from %d on were asked for, and there are %d", n, from, body.Len())
	}
	return body.Bytes(), nil
}

// remove removes a body and is content if there is none.
func (b *Bucket) remove(ctx context.Context, place string) error {
	bucket, key := find(place)
	_, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: key})
	var api smithy.APIError
	var res interface{ HTTPStatusCode() int }
	if errors.As(err, &api) && errors.As(err, &res) && res.HTTPStatusCode() == http.StatusNotFound && api.ErrorCode() != "NoSuchBucket" {
		return nil
	}
	return err
}
