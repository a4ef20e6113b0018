// Package sigv4 verifies AWS Signature Version 4 on incoming requests: in the Authorization header, in a presigned query,
// and along the chunks of an aws-chunked body.
//
// Parse reads what a request claims, Auth.Verify proves it with the claimed key's secret, and BodyReader delivers the
// body as it was meant and checks every digest that was declared for it. It is written from the public specification.
package sigv4

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"portico/internal/fault"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
	isoDate    = "20060102T150405Z"
	dayFormat  = "20060102"
	maxExpires = 7 * 24 * time.Hour
	// maxHeaders bounds the signed header list, which costs time before anything is proved.
	maxHeaders = 128
)

const unsupported = "The authorization mechanism you have provided is not supported. Please use " + algorithm + "."

// Auth is what a request claims about its signer. Nothing in it is proved before Verify.
type Auth struct {
	AccessKey     string
	Date          time.Time
	Day           string // the day of the credential scope, equal to Date's
	Region        string
	Service       string
	SignedHeaders []string // lower case, ascending, with host
	Signature     string
	SessionToken  string
	Presigned     bool
	Expires       time.Duration // of a presigned request, from Date on
	PayloadHash   string        // as declared, empty when nothing was declared
}

// Signed reports whether r carries any signature to parse.
func Signed(r *http.Request) bool {
	return r.Header.Get("Authorization") != "" || strings.Contains(r.URL.RawQuery, "X-Amz-Algorithm=")
}

// Parse reads the claims of a signed request and checks their form, not their truth.
func Parse(r *http.Request) (Auth, error) {
	header := r.Header["Authorization"]
	presigned := strings.Contains(r.URL.RawQuery, "X-Amz-Algorithm=")
	var a Auth
	var err error
	switch {
	case len(header) == 0 && strings.Contains(r.URL.RawQuery, "AWSAccessKeyId="):
		return Auth{}, refuse(OldSignature, unsupported)
	case len(header) == 0 && !presigned:
		return Auth{}, refuse(MissingAuthenticationToken, "Request is missing Authentication Token")
	case len(header) > 1 || len(header) == 1 && presigned:
		return Auth{}, refuse(IncompleteSignature, "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter or one Authorization header should be specified")
	case presigned:
		a, err = parseQuery(r)
	default:
		a, err = parseHeader(r, header[0])
	}
	if err != nil {
		return Auth{}, err
	}
	return a, a.check()
}

func parseHeader(r *http.Request, header string) (Auth, error) {
	name, rest, _ := strings.Cut(strings.TrimSpace(header), " ")
	if name != algorithm {
		return Auth{}, refuse(OldSignature, unsupported)
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		k, v, ok := strings.Cut(strings.TrimSpace(part), "=")
		if _, twice := parts[k]; !ok || twice || len(parts) > 3 {
			return Auth{}, refuse(IncompleteSignature, "Authorization header must hold Credential, SignedHeaders and Signature, each once, as key=value separated by commas")
		}
		parts[k] = v
	}
	for _, k := range []string{"Credential", "SignedHeaders", "Signature"} {
		if parts[k] == "" {
			return Auth{}, refuse(IncompleteSignature, "Authorization header requires '%s' parameter", k)
		}
	}
	a := Auth{Signature: parts["Signature"], SessionToken: r.Header.Get("X-Amz-Security-Token"), PayloadHash: r.Header.Get("X-Amz-Content-Sha256")}
	a.SignedHeaders = strings.Split(parts["SignedHeaders"], ";")
	if err := a.credential(parts["Credential"]); err != nil {
		return Auth{}, err
	}
	date := r.Header.Get("X-Amz-Date")
	if date == "" {
		date = r.Header.Get("Date")
	}
	return a, a.date(date)
}

func parseQuery(r *http.Request) (Auth, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return Auth{}, refuse(IncompleteQuery, "The query string cannot be decoded")
	}
	for _, k := range []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature"} {
		if len(q[k]) != 1 || q[k][0] == "" {
			return Auth{}, refuse(IncompleteQuery, "Query-string authentication requires the parameter %s exactly once", k)
		}
	}
	if q.Get("X-Amz-Algorithm") != algorithm {
		return Auth{}, refuse(IncompleteQuery, "X-Amz-Algorithm only supports %q", algorithm)
	}
	a := Auth{Presigned: true, Signature: q.Get("X-Amz-Signature"), SessionToken: q.Get("X-Amz-Security-Token"), PayloadHash: q.Get("X-Amz-Content-Sha256")}
	a.SignedHeaders = strings.Split(q.Get("X-Amz-SignedHeaders"), ";")
	if a.PayloadHash == "" && slices.Contains(a.SignedHeaders, "x-amz-content-sha256") {
		a.PayloadHash = r.Header.Get("X-Amz-Content-Sha256")
	}
	if err := a.credential(q.Get("X-Amz-Credential")); err != nil {
		return Auth{}, err
	}
	if err := a.expires(q["X-Amz-Expires"]); err != nil {
		return Auth{}, err
	}
	return a, a.date(q.Get("X-Amz-Date"))
}

// credential splits KEY/DAY/REGION/SERVICE/aws4_request from its end, since nothing forbids a slash in a key.
func (a *Auth) credential(s string) error {
	p := strings.Split(s, "/")
	n := len(p)
	if n < 5 || p[n-1] != terminator {
		return refuse(a.incomplete(), "Credential must have the form KEY/YYYYMMDD/REGION/SERVICE/%s", terminator)
	}
	a.AccessKey, a.Day, a.Region, a.Service = strings.Join(p[:n-4], "/"), p[n-4], p[n-3], p[n-2]
	if !keyID(a.AccessKey) || !scopeName(a.Region) || !scopeName(a.Service) {
		return refuse(a.incomplete(), "Credential should be scoped to a valid access key, region and service")
	}
	return nil
}

// keyID keeps access key ids to printable ASCII.
func keyID(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= 128
}

// scopeName keeps regions and services to names that are safe in ARNs and logs.
func scopeName(s string) bool {
	for i := range len(s) {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-') {
			return false
		}
	}
	return s != "" && len(s) <= 63
}

// expires reads X-Amz-Expires. S3 requires it; elsewhere clients leave it out and mean 15 minutes.
func (a *Auth) expires(values []string) error {
	if len(values) == 0 && a.Service != "s3" {
		a.Expires = Skew
		return nil
	}
	if len(values) == 1 {
		seconds, err := strconv.Atoi(values[0])
		a.Expires = time.Duration(seconds) * time.Second
		if err == nil && seconds > 0 && seconds <= int(maxExpires/time.Second) {
			return nil
		}
	}
	return refuse(IncompleteQuery, "X-Amz-Expires must be a number of seconds from 1 to %d", int(maxExpires/time.Second))
}

func (a *Auth) date(s string) error {
	if s == "" {
		return refuse(IncompleteSignature, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header")
	}
	for _, layout := range []string{isoDate, http.TimeFormat, time.RFC1123Z} {
		if t, err := time.Parse(layout, s); err == nil {
			a.Date = t.UTC()
			return nil
		}
	}
	return refuse(a.incomplete(), "Date must be in ISO-8601 'basic format'. Got '%s'", s)
}

// check holds what both forms have in common.
func (a *Auth) check() error {
	if a.Date.Format(dayFormat) != a.Day {
		return refuse(SignatureDoesNotMatch, "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s'", a.Day, a.Date.Format(dayFormat))
	}
	if len(a.SignedHeaders) > maxHeaders {
		return refuse(a.incomplete(), "SignedHeaders names more than %d headers", maxHeaders)
	}
	for i, h := range a.SignedHeaders {
		if h == "" || h != strings.ToLower(h) || i > 0 && h <= a.SignedHeaders[i-1] {
			return refuse(a.incomplete(), "SignedHeaders must be lower case names, each once, in ascending order, separated by semicolons")
		}
	}
	if _, ok := slices.BinarySearch(a.SignedHeaders, "host"); !ok {
		return refuse(SignatureDoesNotMatch, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization")
	}
	return nil
}

func (a *Auth) incomplete() string {
	if a.Presigned {
		return IncompleteQuery
	}
	return IncompleteSignature
}

func refuse(code, format string, args ...any) error {
	return fault.New(fault.Auth, format, args...).Named(code)
}
