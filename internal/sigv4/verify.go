package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Skew is how far a client's clock may be from ours.
const Skew = 15 * time.Minute

// Payload hashes that are words.
const (
	Unsigned              = "UNSIGNED-PAYLOAD"
	streamUnsignedTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
	streamSigned          = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	streamSignedTrailer   = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
)

// Hash is the payload hash of a body: its SHA-256 in lower case hexadecimal.
func Hash(body []byte) string {
	h := sha256.Sum256(body)
	return hex.EncodeToString(h[:])
}

// Verify proves that r was signed with secret, near the time now. For every service but s3 bodyHash is the Hash of the
// body that was read; a body that does not match its declared hash is refused. For s3 bodyHash is empty: the body is
// proved by BodyReader while it is read. An empty secret never verifies.
func (a Auth) Verify(r *http.Request, secret, bodyHash string, now time.Time) error {
	if err := a.timely(now); err != nil {
		return err
	}
	if name, ok := a.unsignedHeader(r); ok {
		return refuse(HeadersNotSigned, "There were headers present in the request which were not signed: %s", name)
	}
	payload, err := a.payload(bodyHash)
	if err != nil {
		return err
	}
	got, err := hex.DecodeString(a.Signature)
	if err != nil || secret == "" {
		return refuse(SignatureDoesNotMatch, mismatch)
	}
	key := a.key(secret)
	for _, path := range a.paths(r) {
		if subtle.ConstantTimeCompare(got, mac(key, a.stringToSign(a.canonical(r, path, payload)))) == 1 {
			return nil
		}
	}
	return refuse(SignatureDoesNotMatch, mismatch)
}

const mismatch = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."

func (a Auth) timely(now time.Time) error {
	from, until, code := a.Date.Add(-Skew), a.Date.Add(Skew), RequestTimeTooSkewed
	if a.Presigned {
		until, code = a.Date.Add(a.Expires), RequestExpired
	}
	stamp := func(t time.Time) string { return t.UTC().Format(isoDate) }
	switch {
	case now.After(until):
		return refuse(code, "Signature expired: %s is now earlier than %s", stamp(until), stamp(now))
	case now.Before(from):
		return refuse(RequestTimeTooSkewed, "Signature not yet current: %s is still later than %s (%s + 15 min.)", stamp(a.Date), stamp(now.Add(Skew)), stamp(now))
	}
	return nil
}

// unsignedHeader finds an x-amz- header that the signature does not cover: it could have been added by anybody.
func (a Auth) unsignedHeader(r *http.Request) (string, bool) {
	for h := range r.Header {
		if len(h) < 6 || !strings.EqualFold(h[:6], "x-amz-") {
			continue
		}
		if _, ok := slices.BinarySearch(a.SignedHeaders, strings.ToLower(h)); !ok {
			return strings.ToLower(h), true
		}
	}
	return "", false
}

// payload is the last line of the canonical request.
func (a Auth) payload(bodyHash string) (string, error) {
	switch {
	case a.Service != "s3":
		if a.PayloadHash != "" && a.PayloadHash != bodyHash {
			return "", refuse(ContentMismatch, "The provided 'x-amz-content-sha256' header does not match what was computed.")
		}
		return bodyHash, nil
	case a.Presigned && a.PayloadHash == "":
		return Unsigned, nil
	case a.PayloadHash == "":
		return "", refuse(MissingContentHash, "Missing required header for this request: x-amz-content-sha256")
	case !knownPayload(a.PayloadHash):
		return "", refuse(BadContentHash, "x-amz-content-sha256 must be %s, %s, %s, %s or a valid sha256 value.", Unsigned, streamUnsignedTrailer, streamSigned, streamSignedTrailer)
	}
	return a.PayloadHash, nil
}

func knownPayload(s string) bool {
	switch s {
	case Unsigned, streamUnsignedTrailer, streamSigned, streamSignedTrailer:
		return true
	}
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == sha256.Size
}

// paths are the canonical forms of the path that are right. Services other than s3 encode the sent path once more. S3
// takes it as it is, and where a client left characters bare that the specification encodes, their encoded form too.
func (a Auth) paths(r *http.Request) []string {
	sent := r.URL.EscapedPath()
	if sent == "" {
		sent = "/"
	}
	if a.Service != "s3" {
		return []string{escape(plain(sent), true)}
	}
	if strict := reescape(sent); strict != sent {
		return []string{sent, strict}
	}
	return []string{sent}
}

// plain removes empty, "." and ".." segments as the specification asks outside S3.
func plain(p string) string {
	if !strings.Contains(p, "//") && !strings.Contains(p, "/.") {
		return p
	}
	var out []string
	for s := range strings.SplitSeq(p, "/") {
		switch {
		case s == "..":
			out = out[:max(0, len(out)-1)]
		case s != "" && s != ".":
			out = append(out, s)
		}
	}
	clean := "/" + strings.Join(out, "/")
	if len(out) > 0 && (strings.HasSuffix(p, "/") || strings.HasSuffix(p, "/.") || strings.HasSuffix(p, "/..")) {
		clean += "/"
	}
	return clean
}

func (a Auth) canonical(r *http.Request, path, payload string) string {
	var b strings.Builder
	b.Grow(512)
	b.WriteString(r.Method)
	b.WriteByte('\n')
	b.WriteString(path)
	b.WriteByte('\n')
	b.WriteString(canonicalQuery(r.URL.RawQuery))
	b.WriteByte('\n')
	for _, h := range a.SignedHeaders {
		b.WriteString(h)
		b.WriteByte(':')
		for i, v := range headerValues(r, h) {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(fold(v))
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	for i, h := range a.SignedHeaders {
		if i > 0 {
			b.WriteByte(';')
		}
		b.WriteString(h)
	}
	b.WriteByte('\n')
	b.WriteString(payload)
	return b.String()
}

// headerValues also finds the headers that net/http moves out of the header map.
func headerValues(r *http.Request, name string) []string {
	switch name {
	case "host":
		return []string{r.Host}
	case "transfer-encoding":
		return r.TransferEncoding
	case "content-length":
		if r.ContentLength >= 0 && r.Header["Content-Length"] == nil {
			return []string{strconv.FormatInt(r.ContentLength, 10)}
		}
	}
	return r.Header[textproto.CanonicalMIMEHeaderKey(name)]
}

// fold trims a header value and makes each run of spaces one.
func fold(v string) string {
	v = strings.Trim(v, " ")
	for strings.Contains(v, "  ") {
		v = strings.ReplaceAll(v, "  ", " ")
	}
	return strings.TrimSpace(v)
}

// canonicalQuery encodes names and values strictly, sorts them in that form and leaves out the signature itself.
func canonicalQuery(raw string) string {
	if raw == "" {
		return ""
	}
	type pair struct{ k, v string }
	var pairs []pair
	for part := range strings.SplitSeq(raw, "&") {
		k, v, _ := strings.Cut(part, "=")
		if part != "" && k != "X-Amz-Signature" {
			pairs = append(pairs, pair{queryPart(k), queryPart(v)})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if c := strings.Compare(a.k, b.k); c != 0 {
			return c
		}
		return strings.Compare(a.v, b.v)
	})
	var b strings.Builder
	for i, p := range pairs {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(p.k)
		b.WriteByte('=')
		b.WriteString(p.v)
	}
	return b.String()
}

// queryPart is the strict form of a name or value; one that cannot be decoded stays as it is.
func queryPart(s string) string {
	d, err := url.QueryUnescape(s)
	if err != nil {
		return s
	}
	return escape(d, false)
}

const upperHex = "0123456789ABCDEF"

func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' || c == '~'
}

// escape percent-encodes everything but unreserved characters and, in a path, slashes.
func escape(s string, path bool) string {
	n := 0
	for n < len(s) && (unreserved(s[n]) || path && s[n] == '/') {
		n++
	}
	if n == len(s) {
		return s
	}
	b := append(make([]byte, 0, len(s)+16), s[:n]...)
	for _, c := range []byte(s[n:]) {
		if unreserved(c) || path && c == '/' {
			b = append(b, c)
		} else {
			b = append(b, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return string(b)
}

// reescape gives an encoded path its strict form, segment by segment, so that an encoded slash stays one.
func reescape(p string) string {
	parts := strings.Split(p, "/")
	for i, s := range parts {
		if d, err := url.PathUnescape(s); err == nil {
			parts[i] = escape(d, false)
		}
	}
	return strings.Join(parts, "/")
}

func (a Auth) scope() string {
	return a.Day + "/" + a.Region + "/" + a.Service + "/" + terminator
}

func (a Auth) stringToSign(canonical string) string {
	return algorithm + "\n" + a.Date.Format(isoDate) + "\n" + a.scope() + "\n" + Hash([]byte(canonical))
}

// key derives the signing key of the scope.
func (a Auth) key(secret string) []byte {
	k := mac([]byte("AWS4"+secret), a.Day)
	k = mac(k, a.Region)
	k = mac(k, a.Service)
	return mac(k, terminator)
}

func mac(key []byte, s string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(s))
	return h.Sum(nil)
}
