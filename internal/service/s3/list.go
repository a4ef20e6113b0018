package s3

import (
	"encoding/xml"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"portico/internal/ident"
	"portico/internal/store"
)

const maxKeys = 1000

type content struct {
	Key               string
	LastModified      string
	ETag              string
	ChecksumAlgorithm string `xml:",omitempty"`
	ChecksumType      string `xml:",omitempty"`
	Size              int64
	Owner             *owner
	StorageClass      string
}

type commonPrefix struct{ Prefix string }

type listing struct {
	XMLName               xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListBucketResult"`
	Name                  string
	Prefix                string
	Marker                *string
	NextMarker            string `xml:",omitempty"`
	StartAfter            string `xml:",omitempty"`
	ContinuationToken     string `xml:",omitempty"`
	NextContinuationToken string `xml:",omitempty"`
	KeyCount              *int
	MaxKeys               int
	Delimiter             string `xml:",omitempty"`
	EncodingType          string `xml:",omitempty"`
	IsTruncated           bool
	Contents              []content
	CommonPrefixes        []commonPrefix
}

// page is what a listing asks for and finds.
type page struct {
	prefix, delimiter, after string
	max                      int
	objects                  []store.Object
	prefixes                 []string
	last                     string // the last key or common prefix found
	more                     bool
}

// fill reads the next keys behind p.after. Keys that share a beginning up to the delimiter count as one, and the rest of
// them is skipped without being read.
func (p *page) fill(read func(from, after string, limit int) ([]store.Object, error)) error {
	from, after := p.prefix, p.after
	if common, ok := p.common(after); ok && common == after {
		from = beyond(common)
	}
	for p.max > 0 {
		batch, err := read(from, after, p.max+1-len(p.objects)-len(p.prefixes))
		if err != nil || len(batch) == 0 {
			return err
		}
		skipped := false
		for _, o := range batch {
			if !strings.HasPrefix(o.Key, p.prefix) {
				return nil
			}
			after = o.Key
			if skipped && strings.HasPrefix(o.Key, p.last) {
				continue
			}
			if p.more = len(p.objects)+len(p.prefixes) == p.max; p.more {
				return nil
			}
			common, ok := p.common(o.Key)
			if skipped = ok; ok {
				p.prefixes, p.last, from = append(p.prefixes, common), common, beyond(common)
				continue
			}
			p.objects, p.last = append(p.objects, o), o.Key
		}
		if from == "" && skipped {
			return nil // nothing can follow the highest prefix
		}
	}
	return nil
}

// common is the beginning of key up to the first delimiter behind the prefix.
func (p *page) common(key string) (string, bool) {
	rest, ok := strings.CutPrefix(key, p.prefix)
	if i := strings.Index(rest, p.delimiter); ok && p.delimiter != "" && i >= 0 {
		return key[:len(p.prefix)+i+len(p.delimiter)], true
	}
	return "", false
}

// beyond is the lowest string above all that begin with prefix; empty when there is none.
func beyond(prefix string) string {
	for prefix != "" {
		r, n := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-n]
		switch {
		case r == 0xD7FF:
			return prefix + "\uE000"
		case r < utf8.MaxRune:
			return prefix + string(r+1)
		}
	}
	return ""
}

// list reads the parameters both versions share, and the page.
func (c *call) list(after string) (*page, *listing, error) {
	n, err := c.number("max-keys", maxKeys, 0, maxKeys)
	if err != nil {
		return nil, nil, err
	}
	p := &page{prefix: c.query.Get("prefix"), delimiter: c.query.Get("delimiter"), after: after, max: n}
	encoding, err := c.encoding()
	if err != nil {
		return nil, nil, err
	}
	err = c.DB.Read(c.r.Context(), func(tx *store.Tx) error {
		b, err := c.open(tx)
		if err != nil {
			return err
		}
		p.objects, p.prefixes = nil, nil
		return p.fill(func(from, after string, limit int) ([]store.Object, error) {
			return tx.Objects(b.Name, from, after, limit)
		})
	})
	if err != nil {
		return nil, nil, err
	}
	text := c.text()
	out := &listing{Name: c.bucket, Prefix: text(p.prefix), Delimiter: text(p.delimiter), MaxKeys: n, EncodingType: encoding, IsTruncated: p.more}
	for _, o := range p.objects {
		out.Contents = append(out.Contents, content{Key: text(o.Key), LastModified: stamp(o.Modified), ETag: quote(o.ETag), Size: o.Size,
			ChecksumAlgorithm: strings.ToUpper(o.Checksum.Algorithm), ChecksumType: o.Checksum.Type, StorageClass: "STANDARD"})
	}
	for _, s := range p.prefixes {
		out.CommonPrefixes = append(out.CommonPrefixes, commonPrefix{text(s)})
	}
	return p, out, nil
}

// encoding is how the request wants keys to be written.
func (c *call) encoding() (string, error) {
	e := c.query.Get("encoding-type")
	if e != "" && e != "url" {
		return "", refusef("InvalidArgument", "Invalid Encoding Method specified in Request: %s", e)
	}
	return e, nil
}

// text writes keys as the request asked for: XML cannot carry every character.
func (c *call) text() func(string) string {
	if c.query.Get("encoding-type") == "url" {
		return percent
	}
	return func(s string) string { return s }
}

// percent encodes all but unreserved characters and slashes.
func percent(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.~/", c) >= 0 {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

func stamp(t time.Time) string { return t.UTC().Format(isoTime) }

func (c *call) listObjects() error {
	marker := c.query.Get("marker")
	p, out, err := c.list(marker)
	if err != nil {
		return err
	}
	text := c.text()
	marker = text(marker)
	out.Marker = &marker
	if p.more && p.delimiter != "" {
		out.NextMarker = text(p.last)
	}
	for i := range out.Contents {
		o := ownerOf(c.owner)
		out.Contents[i].Owner = &o
	}
	return c.answer(http.StatusOK, out)
}

func (c *call) listObjectsV2() error {
	if v := c.query.Get("list-type"); v != "2" {
		return refusef("InvalidArgument", "Invalid List Type: %s. It must be 2", v)
	}
	scope := []string{"s3 ListObjectsV2", c.bucket, c.query.Get("prefix"), c.query.Get("delimiter")}
	token := c.query.Get("continuation-token")
	from, err := ident.ParsePage(token, scope...)
	if err != nil || c.query.Has("continuation-token") && token == "" {
		return badToken()
	}
	after := c.query.Get("start-after")
	if from != nil {
		after = from[0]
	}
	p, out, err := c.list(after)
	if err != nil {
		return err
	}
	n := len(out.Contents) + len(out.CommonPrefixes)
	out.KeyCount, out.StartAfter, out.ContinuationToken = &n, c.text()(c.query.Get("start-after")), token
	if p.more {
		out.NextContinuationToken = ident.PageToken(ident.Page{p.last}, scope...)
	}
	if c.query.Get("fetch-owner") == "true" {
		for i := range out.Contents {
			o := ownerOf(c.owner)
			out.Contents[i].Owner = &o
		}
	}
	return c.answer(http.StatusOK, out)
}
