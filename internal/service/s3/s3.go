// Package s3 is as much of Amazon S3 as owners of templates and Terraform use: buckets with versions, tags and policies,
// objects, copies, listings and multipart uploads. Configurations of which nothing follows here are kept and answered.
// What S3 has beyond that is refused, never ignored.
//
// Buckets are owned by accounts and named globally. Callers of other accounts get in where the bucket's policy and their
// own allow it; nobody gets in unsigned.
package s3

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/depot"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/store"
)

const (
	// MaxObject is the size of the largest object.
	MaxObject = 64 << 20
	maxKey    = 1024
	maxXML    = 2 << 20
	maxMeta   = 2 << 10
	// maxHeld bounds the bytes of objects that are in memory at once; beyond it clients are told to slow down.
	maxHeld = 4 * MaxObject

	namespace = "http://s3.amazonaws.com/doc/2006-03-01/"
	isoTime   = "2006-01-02T15:04:05.000Z"
)

// Service answers S3 requests.
type Service struct {
	DB  *store.DB
	IDs ident.Source
	// Depot is where bodies are kept; nil is the database.
	Depot *depot.Depot
	Now   func() time.Time // nil is time.Now
	// Hosts are further names of this server, without port, below which BUCKET.HOST and BUCKET.s3.HOST name a bucket.
	// Localhost and Amazon's own hosts are always understood.
	Hosts []string

	held atomic.Int64
}

// call is one request under way.
type call struct {
	*Service
	who         access.Caller
	w           http.ResponseWriter
	r           *http.Request
	query       url.Values
	bucket, key string

	operation string
	tags      []access.Tag  // that the request gives
	owner     ident.Account // of the bucket, once it is open
	guard     access.Guard  // of the bucket, once it is open
}

// Handler answers one request. Its body must already be verified and without transfer coding, as sigv4.BodyReader
// delivers it. The answer carries the X-Amz-Request-Id that is set on w.
func (s *Service) Handler(who access.Caller, w http.ResponseWriter, r *http.Request) {
	c := &call{Service: s, who: who, w: w, r: r, query: r.URL.Query()}
	c.bucket, c.key = s.address(r)
	op, err := c.route()
	c.operation = op.name
	c.tell(op.name)
	if err == nil && c.bucket == catalog.VersionBucket {
		err = c.reserved(op.name)
	} else if err == nil {
		err = op.run(c)
	}
	code := ""
	if err != nil {
		code = c.refuse(err)
	}
	if _, ok := fault.Of(err); ok {
		err = nil
	}
	if n, ok := w.(interface {
		Note(operation, code string, cause error)
	}); ok {
		n.Note(op.name, code, err)
	}
}

// address finds bucket and key in the host and the path.
func (s *Service) address(r *http.Request) (bucket, key string) {
	port := ""
	if _, p, err := net.SplitHostPort(r.Host); err == nil {
		port = ":" + p
	}
	own := []string{"localhost" + port}
	for _, h := range s.Hosts {
		own = append(own, h+port)
	}
	path := strings.TrimPrefix(r.URL.Path, "/")
	if bucket, _ = ident.ObjectHost(r.Host, own); bucket != "" {
		return bucket, path
	}
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key
}

func (s *Service) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

// open reads the bucket of the request, if the caller may do there what the request asks for.
func (c *call) open(tx *store.Tx) (store.Bucket, error) {
	if !ident.ValidBucket(c.bucket) {
		return store.Bucket{}, refusef("InvalidBucketName", "The specified bucket is not valid: %s", c.bucket)
	}
	b, ok, err := tx.Bucket(c.bucket)
	if err != nil {
		return b, err
	}
	if !ok {
		if err := c.authorize(); err != nil {
			return b, err
		}
		return b, refusef("NoSuchBucket", "The specified bucket does not exist")
	}
	if owner := c.r.Header.Get("X-Amz-Expected-Bucket-Owner"); owner != "" && owner != string(b.Account) {
		return b, refusef("AccessDenied", "Access Denied: bucket %s is not owned by %s", c.bucket, owner)
	}
	c.owner = b.Account
	if c.guard, err = tx.BucketGuard(b); err != nil {
		return b, err
	}
	return b, c.authorizeIn(tx)
}

// check opens the bucket and nothing else.
func (c *call) check() error {
	return c.DB.Read(c.r.Context(), func(tx *store.Tx) error {
		_, err := c.open(tx)
		return err
	})
}

// hold takes room for n bytes of an object and returns what gives it back.
func (c *call) hold(n int64) (release func(), err error) {
	if c.held.Add(n) > maxHeld {
		c.held.Add(-n)
		return nil, refusef("SlowDown", "Please reduce your request rate: too many large objects are under way")
	}
	return func() { c.held.Add(-n) }, nil
}

// statuses of S3's error codes, where they are not 400. Some come with the faults of package sigv4.
var statuses = map[string]int{
	"AccessDenied":                                   http.StatusForbidden,
	"SignatureDoesNotMatch":                          http.StatusForbidden,
	"NoSuchBucket":                                   http.StatusNotFound,
	"NoSuchKey":                                      http.StatusNotFound,
	"NoSuchUpload":                                   http.StatusNotFound,
	"NoSuchVersion":                                  http.StatusNotFound,
	"MethodNotAllowed":                               http.StatusMethodNotAllowed,
	"BucketAlreadyExists":                            http.StatusConflict,
	"BucketAlreadyOwnedByYou":                        http.StatusConflict,
	"BucketNotEmpty":                                 http.StatusConflict,
	"MissingContentLength":                           http.StatusLengthRequired,
	"PreconditionFailed":                             http.StatusPreconditionFailed,
	"NotModified":                                    http.StatusNotModified,
	"InvalidRange":                                   http.StatusRequestedRangeNotSatisfiable,
	"InternalError":                                  http.StatusInternalServerError,
	"NotImplemented":                                 http.StatusNotImplemented,
	"SlowDown":                                       http.StatusServiceUnavailable,
	"NoSuchBucketPolicy":                             http.StatusNotFound,
	"NoSuchCORSConfiguration":                        http.StatusNotFound,
	"NoSuchWebsiteConfiguration":                     http.StatusNotFound,
	"OwnershipControlsNotFoundError":                 http.StatusNotFound,
	"InvalidBucketState":                             http.StatusConflict,
	"NoSuchTagSet":                                   http.StatusNotFound,
	"NoSuchLifecycleConfiguration":                   http.StatusNotFound,
	"NoSuchPublicAccessBlockConfiguration":           http.StatusNotFound,
	"ObjectLockConfigurationNotFoundError":           http.StatusNotFound,
	"ReplicationConfigurationNotFoundError":          http.StatusNotFound,
	"ServerSideEncryptionConfigurationNotFoundError": http.StatusNotFound,
}

// refusef makes a fault with one of S3's codes.
func refusef(code, format string, args ...any) error {
	return fault.Invalidf(format, args...).Named(code)
}

type problem struct {
	XMLName    xml.Name `xml:"Error"`
	Code       string
	Message    string
	BucketName string `xml:",omitempty"`
	Key        string `xml:",omitempty"`
	RequestID  string `xml:"RequestId"`
}

// refuse answers err and returns its code. Any error that is no fault is InternalError and says nothing of its cause.
func (c *call) refuse(err error) string {
	p := problem{Code: "InternalError", Message: "We encountered an internal error. Please try again.", BucketName: c.bucket, Key: c.key,
		RequestID: c.w.Header().Get("X-Amz-Request-Id")}
	if f, ok := fault.Of(err); ok && f.Code != "" {
		p.Code, p.Message = f.Code, f.Message
	}
	if e := store.EventOf(c.r.Context()); e != nil {
		e.Message = p.Message
	}
	status := statuses[p.Code]
	if status == 0 {
		status = http.StatusBadRequest
	}
	// A client that is still sending looks for the answer only when it is done. One that asked whether to send is not.
	if c.r.Body != nil && c.r.Header.Get("Expect") == "" {
		_, _ = io.Copy(io.Discard, io.LimitReader(c.r.Body, MaxObject))
	}
	if status == http.StatusNotModified || c.r.Method == http.MethodHead {
		c.w.WriteHeader(status)
		return p.Code
	}
	_ = c.answer(status, p) // a problem always marshals
	return p.Code
}

// answer writes a document.
func (c *call) answer(status int, v any) error {
	b, err := xml.Marshal(v)
	if err != nil {
		return err
	}
	b = append([]byte(xml.Header), b...)
	h := c.w.Header()
	h.Set("Content-Type", "application/xml")
	h.Set("Content-Length", strconv.Itoa(len(b)))
	c.w.WriteHeader(status)
	_, _ = c.w.Write(b) // a client that left gets no answer
	return nil
}

// done answers without a document.
func (c *call) done(status int) error {
	if status != http.StatusNoContent {
		c.w.Header().Set("Content-Length", "0")
	}
	c.w.WriteHeader(status)
	return nil
}

// readXML reads the request's document.
func (c *call) readXML(v any) error {
	b, err := io.ReadAll(io.LimitReader(c.r.Body, maxXML+1))
	if err != nil {
		return err
	}
	if len(b) > maxXML {
		return refusef("MaxMessageLengthExceeded", "Your request was too big: a document may have %d bytes", maxXML)
	}
	if err := xml.Unmarshal(b, v); err != nil {
		return refusef("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	}
	return nil
}

// owner is the account as S3 writes owners: by a canonical id of 64 digits.
type owner struct {
	ID string
}

func ownerOf(a ident.Account) owner {
	h := sha256.Sum256([]byte("canonical user of " + a))
	return owner{hex.EncodeToString(h[:])}
}

func quote(etag string) string { return `"` + etag + `"` }
