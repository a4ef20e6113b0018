package s3

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"portico/internal/depot"
	"portico/internal/sigv4"
	"portico/internal/store"
)

const (
	checksumHeader = "x-amz-checksum-"
	fullObject     = "FULL_OBJECT"
	composite      = "COMPOSITE"
	// usualChecksum is what an object gets when its uploader gave none.
	usualChecksum = "crc64nvme"
)

// kept are the headers of an upload that its answers repeat, besides x-amz-meta-.
var kept = []string{"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Type", "Expires"}

// unbuilt are headers of an upload that ask for more than storing it. AES256, which is what S3 does with every object and what
// the CLI always asks for when it packages templates, asks for nothing more: bodies lie as whoever keeps them keeps them.
var unbuilt = []string{"X-Amz-Server-Side-Encryption", "X-Amz-Server-Side-Encryption-Customer-Algorithm",
	"X-Amz-Website-Redirect-Location", "X-Amz-Object-Lock-Mode", "X-Amz-Object-Lock-Legal-Hold",
	"X-Amz-Object-Lock-Retain-Until-Date", "X-Amz-Write-Offset-Bytes"}

// grants refuses access lists: there are none. (S3 itself answers so for buckets with BucketOwnerEnforced.)
func grants(h http.Header) error {
	for name := range h {
		if strings.HasPrefix(name, "X-Amz-Grant-") {
			return refusef("AccessControlListNotSupported", "The bucket does not allow ACLs")
		}
	}
	return nil
}

// headers is what of an upload's headers belongs to the object.
func (c *call) headers() (map[string]string, error) {
	h := c.r.Header
	for _, name := range unbuilt {
		if v := h.Get(name); v != "" && (name != "X-Amz-Server-Side-Encryption" || v != "AES256") {
			return nil, headerUnbuilt(strings.ToLower(name))
		}
	}
	if class := h.Get("X-Amz-Storage-Class"); class != "" && class != "STANDARD" {
		return nil, refusef("InvalidStorageClass", "The storage class you specified is not valid: %s. Portico has STANDARD only", class)
	}
	if acl := h.Get("X-Amz-Acl"); acl != "" && acl != "private" && acl != "bucket-owner-full-control" {
		return nil, refusef("AccessControlListNotSupported", "The bucket does not allow ACLs")
	}
	if err := grants(h); err != nil {
		return nil, err
	}
	if err := c.headerTags(); err != nil {
		return nil, err
	}
	out := map[string]string{"content-type": "binary/octet-stream"}
	for _, name := range kept {
		if v := h.Get(name); v != "" {
			out[strings.ToLower(name)] = v
		}
	}
	if e := uncoded(out["content-encoding"]); e != "" {
		out["content-encoding"] = e
	} else {
		delete(out, "content-encoding")
	}
	size := 0
	for name, v := range h {
		if meta := strings.ToLower(name); strings.HasPrefix(meta, "x-amz-meta-") {
			out[meta] = strings.Join(v, ",")
			size += len(meta) - len("x-amz-meta-") + len(out[meta])
		}
	}
	if size > maxMeta {
		return nil, refusef("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size of %d bytes", maxMeta)
	}
	return out, nil
}

// uncoded is a Content-Encoding without aws-chunked, which is of the transfer and not of the object.
func uncoded(e string) string {
	var rest []string
	for coding := range strings.SplitSeq(e, ",") {
		if coding = strings.TrimSpace(coding); coding != "" && coding != "aws-chunked" {
			rest = append(rest, coding)
		}
	}
	return strings.Join(rest, ",")
}

func (c *call) checkKey() error {
	if len(c.key) > maxKey {
		return refusef("KeyTooLongError", "Your key is too long: it has %d bytes and may have %d", len(c.key), maxKey)
	}
	if !utf8.ValidString(c.key) || strings.Contains(c.key, "\x00") {
		return refusef("InvalidURI", "Couldn't parse the specified URI: a key is UTF-8 without the character 0")
	}
	return nil
}

// body reads what is being stored. The release must be called when the bytes are no longer needed.
func (c *call) body() (b []byte, release func(), err error) {
	n := c.r.ContentLength
	if n < 0 {
		return nil, nil, refusef("MissingContentLength", "You must provide the Content-Length HTTP header.")
	}
	if n > MaxObject {
		return nil, nil, refusef("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size of %d bytes", MaxObject)
	}
	if release, err = c.hold(n); err != nil {
		return nil, nil, err
	}
	var buf bytes.Buffer
	// No more room than has arrived is taken in advance: the declared length is only a claim.
	buf.Grow(int(min(n, 1<<20)) + bytes.MinRead)
	if _, err = io.Copy(&buf, io.LimitReader(c.r.Body, n+1)); err != nil {
		release()
		return nil, nil, err
	}
	return buf.Bytes(), release, nil
}

// checksum is the checksum that came with the body and was verified by the reader of the body, or one made here of the
// usual algorithm.
func (c *call) checksum(body []byte, usual string) store.Checksum {
	for _, h := range []http.Header{c.r.Trailer, c.r.Header} {
		for _, name := range slices.Sorted(maps.Keys(h)) {
			if algorithm, ok := strings.CutPrefix(strings.ToLower(name), checksumHeader); ok && sigv4.Checksum(algorithm) != nil {
				return store.Checksum{Algorithm: algorithm, Value: h.Get(name), Type: fullObject}
			}
		}
	}
	return store.Checksum{Algorithm: usual, Value: digest(usual, body), Type: fullObject}
}

func digest(algorithm string, body []byte) string {
	h := sigv4.Checksum(algorithm)
	h.Write(body)
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

func etag(body []byte) string {
	h := md5.Sum(body)
	return hex.EncodeToString(h[:])
}

func (c *call) putObject() error {
	if err := c.checkKey(); err != nil {
		return err
	}
	header, err := c.headers()
	if err != nil {
		return err
	}
	if err := c.check(); err != nil { // before a long body is read
		return err
	}
	body, release, err := c.body()
	if err != nil {
		return err
	}
	defer release()
	o := store.Object{Bucket: c.bucket, Key: c.key, ETag: etag(body), Header: header, Tags: c.tags, Checksum: c.checksum(body, usualChecksum), Modified: c.now()}
	if err := c.keep(&o, body, func(*store.Tx) error { return nil }); err != nil {
		return err
	}
	h := c.w.Header()
	h.Set("ETag", quote(o.ETag))
	writeChecksum(h, o.Checksum)
	return c.done(http.StatusOK)
}

func writeChecksum(h http.Header, s store.Checksum) {
	h.Set(checksumHeader+s.Algorithm, s.Value)
	h.Set("X-Amz-Checksum-Type", s.Type)
}

// keep keeps a body and makes it the request's object, if the caller may and the transaction also passes a last check.
func (c *call) keep(o *store.Object, body []byte, last func(*store.Tx) error) error {
	if err := c.Depot.Keep(c.r.Context(), o, body); err != nil {
		return err
	}
	return c.DB.Write(c.r.Context(), func(tx *store.Tx) error {
		b, err := c.open(tx)
		if err == nil {
			err = last(tx)
		}
		if err != nil {
			return err
		}
		return c.put(tx, b, o)
	})
}

// put stores an object if the request's conditions hold.
func (c *call) put(tx *store.Tx, b store.Bucket, o *store.Object) error {
	was, found, err := tx.Object(o.Bucket, o.Key)
	if err != nil {
		return err
	}
	if err := writable(c.r.Header, was.ETag, found && !was.Marker); err != nil {
		return err
	}
	o.Version = c.newVersion(b)
	if b.Versioning == enabled {
		c.showVersion(b, *o)
	}
	return tx.PutObject(*o)
}

// getObject serves HEAD too.
func (c *call) getObject() error {
	var o store.Object
	var part span
	var found depot.Part
	release := func() {}
	defer func() { release() }()
	err := c.DB.Read(c.r.Context(), func(tx *store.Tx) error {
		b, err := c.open(tx)
		if err != nil {
			return err
		}
		if o, err = c.head(tx, b); err != nil {
			o = store.Object{}
			return err
		}
		c.showVersion(b, o)
		if err = readable(c.r.Header, o.ETag, o.Modified); err != nil {
			return err
		}
		if part, err = parseRange(c.r.Header.Get("Range"), o.Size); err != nil || c.r.Method == http.MethodHead {
			return err
		}
		if release, err = c.hold(part.length); err != nil {
			release = func() {}
			return err
		}
		found, err = depot.Find(tx, o, part.from, part.length)
		return err
	})
	if f := c.w.Header(); o.ETag != "" {
		f.Set("ETag", quote(o.ETag)) // also on 304 and 412
	}
	if err != nil {
		return err
	}
	body, err := c.Depot.Load(c.r.Context(), found)
	if err != nil {
		return err
	}
	c.describe(o, part)
	status := http.StatusOK
	if part.partial {
		status = http.StatusPartialContent
	}
	c.w.WriteHeader(status)
	_, _ = c.w.Write(body) // a client that left gets no answer
	return nil
}

// describe writes the headers of an object's answer.
func (c *call) describe(o store.Object, part span) {
	h := c.w.Header()
	h.Del("Cache-Control") // the object's, if it has one, not the server's
	for name, v := range o.Header {
		if strings.HasPrefix(name, "x-amz-meta-") {
			h[name] = []string{v} // as it was sent: clients show the name's letters as they come
			continue
		}
		h.Set(name, v)
	}
	for name := range strings.FieldsSeq(overrides) {
		if v := c.query.Get(name); v != "" {
			h.Set(strings.TrimPrefix(name, "response-"), v)
		}
	}
	if n := len(o.Tags); n > 0 {
		h.Set("X-Amz-Tagging-Count", strconv.Itoa(n))
	}
	h.Set("Last-Modified", o.Modified.UTC().Format(http.TimeFormat))
	h.Set("Accept-Ranges", "bytes")
	h.Set("Content-Length", strconv.FormatInt(part.length, 10))
	// An object shown by a browser must not act in this server's name.
	h.Set("Content-Security-Policy", "sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	if part.partial {
		h.Set("Content-Range", part.header(o.Size))
	} else if strings.EqualFold(c.r.Header.Get("X-Amz-Checksum-Mode"), "ENABLED") {
		writeChecksum(h, o.Checksum)
	}
}
