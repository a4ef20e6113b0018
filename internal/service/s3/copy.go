package s3

import (
	"cmp"
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"portico/internal/depot"
	"portico/internal/ident"
	"portico/internal/sigv4"
	"portico/internal/store"
)

const (
	copySource      = "X-Amz-Copy-Source"
	copySourceRange = "X-Amz-Copy-Source-Range"
	replace         = "REPLACE"
)

// source is the object that a copy is made of.
type source struct {
	bucket, key, version string
	object               store.Object
	versions             bool // its bucket keeps versions, or has
	part                 depot.Part
}

func badSource() error {
	return refusef("InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
}

// readSource reads the header that names what is copied.
func (c *call) readSource() (s source, err error) {
	path, version, named := strings.Cut(c.r.Header.Get(copySource), "?versionId=")
	path, err = url.PathUnescape(path)
	if err != nil || !utf8.ValidString(path) || strings.Contains(path, "\x00") || named && version == "" || !utf8.ValidString(version) || strings.Contains(version, "\x00") {
		return s, badSource()
	}
	s.version = version
	s.bucket, s.key, _ = strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if s.key == "" || !ident.ValidBucket(s.bucket) {
		return s, badSource()
	}
	return s, nil
}

// look finds the object that is copied, or the part of it that the request asks for. The caller must be allowed to read it.
// The release must be called when the bytes are no longer needed.
func (c *call) look(tx *store.Tx, s *source) (release func(), err error) {
	release = func() {}
	b, ok, err := tx.Bucket(s.bucket)
	if err != nil {
		return release, err
	}
	action, arn := "GetObject", bucketARN(s.bucket)+"/"+s.key
	if s.version != "" {
		action = versioned[action]
	}
	if !ok {
		if err := c.allowed(action, arn); err != nil {
			return release, err
		}
		return release, refusef("NoSuchBucket", "The specified bucket does not exist")
	}
	if owner := c.r.Header.Get("X-Amz-Source-Expected-Bucket-Owner"); owner != "" && owner != string(b.Account) {
		return release, refusef("AccessDenied", "Access Denied: bucket %s is not owned by %s", b.Name, owner)
	}
	g, err := tx.BucketGuard(b)
	if err == nil {
		err = c.permit(g, action, arn, c.keys())
	}
	if err != nil {
		return release, err
	}
	s.versions = b.Versioning != ""
	if s.version == "" {
		s.object, ok, err = tx.Object(s.bucket, s.key)
	} else {
		s.object, ok, err = tx.ObjectVersion(s.bucket, s.key, s.version)
	}
	switch {
	case err != nil:
		return release, err
	case !ok && s.version != "":
		return release, refusef("NoSuchVersion", "The specified version does not exist.")
	case !ok || s.object.Marker && s.version == "":
		return release, refusef("NoSuchKey", "The specified key does not exist.")
	case s.object.Marker:
		return release, refusef("InvalidRequest", "The source of a copy request may not specifically refer to a delete marker by version id.")
	}
	if err := copyable(c.r.Header, s.object); err != nil {
		return release, err
	}
	part, err := copyRange(c.r.Header.Get(copySourceRange), s.object.Size)
	if err != nil {
		return release, err
	}
	if release, err = c.hold(part.length); err != nil {
		return func() {}, err
	}
	s.part, err = depot.Find(tx, s.object, part.from, part.length)
	return release, err
}

// copyRange reads a range that, unlike that of a read, must be there as it is asked for.
func copyRange(h string, size int64) (span, error) {
	if h == "" {
		return span{length: size}, nil
	}
	spec, ok := strings.CutPrefix(h, "bytes=")
	first, last, _ := strings.Cut(spec, "-")
	from, err1 := strconv.ParseUint(first, 10, 62)
	to, err2 := strconv.ParseUint(last, 10, 62)
	if !ok || err1 != nil || err2 != nil || from > to {
		return span{}, refusef("InvalidArgument", "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy")
	}
	if int64(to) >= size {
		return span{}, refusef("InvalidArgument", "Range specified is not valid for source object of size: %d", size)
	}
	return span{int64(from), int64(to-from) + 1, true}, nil
}

// copyable holds the conditions on the source. All that fail are answered alike.
func copyable(h http.Header, o store.Object) error {
	own := http.Header{}
	for _, name := range []string{"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"} {
		if v := h.Get("X-Amz-Copy-Source-" + name); v != "" {
			own.Set(name, v)
		}
	}
	if readable(own, o.ETag, o.Modified) != nil {
		return refusef("PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	}
	return nil
}

// directive is a header that says whether a copy has what its source has, or what the request says.
func (c *call) directive(name string) (replaced bool, err error) {
	switch v := c.r.Header.Get(name); v {
	case "", "COPY":
		return false, nil
	case replace:
		return true, nil
	default:
		return false, refusef("InvalidArgument", "Unknown %s: %s", strings.ToLower(name), v)
	}
}

// copyAnswer is what both kinds of copy answer.
type copyAnswer struct {
	XMLName      xml.Name
	LastModified string
	ETag         string
	Sums         []sum
	ChecksumType string `xml:",omitempty"`
}

func copied(element string, modified string, tag string, s store.Checksum) copyAnswer {
	return copyAnswer{XMLName: xml.Name{Space: namespace, Local: element}, LastModified: modified, ETag: quote(tag), Sums: sums(s), ChecksumType: s.Type}
}

// copying is what a request for a copy says of the copy.
type copying struct {
	from      source
	header    map[string]string
	others    bool // the copy has the request's headers, not the source's
	retag     bool // the copy has the request's tags
	algorithm string
}

func (c *call) readCopy() (q copying, err error) {
	if err = c.checkKey(); err != nil {
		return q, err
	}
	if q.from, err = c.readSource(); err != nil {
		return q, err
	}
	if q.header, err = c.headers(); err != nil {
		return q, err
	}
	if q.others, err = c.directive("X-Amz-Metadata-Directive"); err != nil {
		return q, err
	}
	if q.retag, err = c.directive("X-Amz-Tagging-Directive"); err != nil {
		return q, err
	}
	if q.algorithm = strings.ToLower(c.r.Header.Get("X-Amz-Checksum-Algorithm")); q.algorithm != "" && sigv4.Checksum(q.algorithm) == nil {
		return q, refusef("InvalidRequest", "Checksum algorithm provided is unsupported: %s", q.algorithm)
	}
	if q.from.bucket == c.bucket && q.from.key == c.key && q.from.version == "" && !q.others && !q.retag && q.algorithm == "" {
		return q, refusef("InvalidRequest", "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.")
	}
	if !q.retag {
		c.tags = nil
	}
	return q, nil
}

// copyObject makes an object of another one: as one snapshot has it, and it may change while its body is on its way.
func (c *call) copyObject() error {
	q, err := c.readCopy()
	if err != nil {
		return err
	}
	s, o := &q.from, store.Object{Bucket: c.bucket, Key: c.key}
	release := func() {}
	defer func() { release() }()
	err = c.DB.Read(c.r.Context(), func(tx *store.Tx) error {
		b, err := c.open(tx)
		if err != nil {
			return err
		}
		if release, err = c.look(tx, s); err != nil {
			return err
		}
		o.Header, o.Tags, o.Modified = s.object.Header, s.object.Tags, c.now()
		if q.others {
			o.Header = q.header
		}
		if q.retag {
			o.Tags = c.tags
		} else if len(o.Tags) > 0 {
			return c.carryTags(tx, b, *s)
		}
		return nil
	})
	if err != nil {
		return err
	}
	body, err := c.Depot.Load(c.r.Context(), s.part)
	if err != nil {
		return err
	}
	o.ETag = etag(body)
	o.Checksum = store.Checksum{Algorithm: cmp.Or(q.algorithm, s.object.Checksum.Algorithm, usualChecksum), Type: fullObject}
	o.Checksum.Value = digest(o.Checksum.Algorithm, body)
	if s.versions {
		c.w.Header().Set("X-Amz-Copy-Source-Version-Id", s.object.Version)
	}
	if err := c.keep(&o, body, func(*store.Tx) error { return nil }); err != nil {
		return err
	}
	return c.answer(http.StatusOK, copied("CopyObjectResult", stamp(o.Modified), o.ETag, o.Checksum))
}

// carryTags refuses a copy of tags that the caller may not read there or not give here.
func (c *call) carryTags(tx *store.Tx, b store.Bucket, s source) error {
	there, _, err := tx.Bucket(s.bucket)
	if err != nil {
		return err
	}
	g, err := tx.BucketGuard(there)
	if err != nil {
		return err
	}
	action := "GetObjectTagging"
	if s.version != "" {
		action = versioned[action]
	}
	if err := c.permit(g, action, bucketARN(s.bucket)+"/"+s.key, c.keys()); err != nil {
		return err
	}
	return c.permit(c.guard, "PutObjectTagging", bucketARN(b.Name)+"/"+c.key, c.keys())
}
