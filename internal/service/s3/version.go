package s3

import (
	"encoding/xml"
	"math"
	"net/http"
	"regexp"
	"strings"

	"portico/internal/store"
)

const (
	versionHeader = "X-Amz-Version-Id"
	markerHeader  = "X-Amz-Delete-Marker"
	enabled       = "Enabled"
	suspended     = "Suspended"
)

func (c *call) getVersioning() error {
	var b store.Bucket
	err := c.DB.Read(c.r.Context(), func(tx *store.Tx) (err error) {
		b, err = c.open(tx)
		return err
	})
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ VersioningConfiguration"`
		Status  string   `xml:",omitempty"`
	}{Status: b.Versioning})
}

func (c *call) putVersioning() error {
	if err := c.check(); err != nil { // before a body is read
		return err
	}
	e, err := c.readSetting(configuration{root: "VersioningConfiguration", shape: "Status:" + enabled + "|" + suspended + " MfaDelete?:Enabled|Disabled"})
	if err != nil {
		return err
	}
	if mfa := e.part("MfaDelete"); mfa != nil && strings.TrimSpace(mfa.Text) == enabled {
		return refusef("NotImplemented", "Portico does not serve MFA delete")
	}
	err = c.DB.Write(c.r.Context(), func(tx *store.Tx) error {
		b, err := c.open(tx)
		if err != nil {
			return err
		}
		return tx.SetVersioning(b.Name, strings.TrimSpace(e.part("Status").Text))
	})
	if err != nil {
		return err
	}
	return c.done(http.StatusOK)
}

// newVersion is the id of what is made in a bucket now.
func (c *call) newVersion(b store.Bucket) string {
	if b.Versioning == enabled {
		return c.IDs.Lower(32)
	}
	return store.Unversioned
}

// showVersion names a version in the answer, if the bucket has ever had more than one of an object.
func (c *call) showVersion(b store.Bucket, o store.Object) {
	if b.Versioning != "" {
		c.w.Header().Set(versionHeader, o.Version)
	}
}

// find reads the version that the request names, or else the latest.
func (c *call) find(tx *store.Tx) (store.Object, bool, error) {
	if v := c.query.Get("versionId"); v != "" {
		return tx.ObjectVersion(c.bucket, c.key, v)
	}
	return tx.Object(c.bucket, c.key)
}

// head reads the head of the request's object, which must have a content.
func (c *call) head(tx *store.Tx, b store.Bucket) (store.Object, error) {
	if err := c.checkKey(); err != nil {
		return store.Object{}, err
	}
	asked := c.query.Has("versionId")
	if asked && c.query.Get("versionId") == "" {
		return store.Object{}, refusef("InvalidArgument", "Version id cannot be the empty string")
	}
	o, ok, err := c.find(tx)
	switch {
	case err != nil:
		return o, err
	case !ok && asked:
		return o, refusef("NoSuchVersion", "The specified version does not exist.")
	case !ok:
		return o, refusef("NoSuchKey", "The specified key does not exist.")
	case !o.Marker:
		return o, nil
	}
	c.w.Header().Set(markerHeader, "true")
	c.showVersion(b, o)
	if asked {
		c.w.Header().Set("Allow", http.MethodDelete)
		return o, refusef("MethodNotAllowed", "The specified method is not allowed against this resource: the version is a delete marker")
	}
	return o, refusef("NoSuchKey", "The specified key does not exist.")
}

// versionForm is that of the ids that versions have.
var versionForm = regexp.MustCompile(`^[a-z0-9]{32}$`)

// removal is what has become of an object that was deleted.
type removal struct {
	marker  bool   // a marker was made, or deleted
	version string // of it, or of what was deleted; empty without versions
}

// remove deletes a version, or without one what the key stands for: a bucket with versions keeps it below a marker. What is
// gone already is as it should be.
func (c *call) remove(tx *store.Tx, b store.Bucket, key, version string) (removal, error) {
	if version != "" {
		if version != store.Unversioned && !versionForm.MatchString(version) {
			return removal{}, refusef("NoSuchVersion", "The specified version does not exist.")
		}
		o, _, err := tx.ObjectVersion(b.Name, key, version)
		if err == nil {
			err = tx.DeleteObjectVersion(b.Name, key, version, c.now())
		}
		r := removal{marker: o.Marker, version: version}
		if b.Versioning == "" {
			r.version = ""
		}
		return r, err
	}
	if b.Versioning == "" {
		return removal{}, tx.DeleteObjectVersion(b.Name, key, store.Unversioned, c.now())
	}
	o := store.Object{Bucket: b.Name, Key: key, Version: c.newVersion(b), Marker: true, Header: map[string]string{}, Modified: c.now()}
	return removal{true, o.Version}, tx.PutObject(o)
}

type versionEntry struct {
	XMLName           xml.Name
	Key               string
	VersionID         string `xml:"VersionId"`
	IsLatest          bool
	LastModified      string
	ETag              string `xml:",omitempty"`
	ChecksumAlgorithm string `xml:",omitempty"`
	ChecksumType      string `xml:",omitempty"`
	Size              *int64 `xml:",omitempty"`
	Owner             owner  // of the bucket
	StorageClass      string `xml:",omitempty"`
}

type versionListing struct {
	XMLName             xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListVersionsResult"`
	Name                string
	Prefix              string
	KeyMarker           string
	VersionIDMarker     string `xml:"VersionIdMarker"`
	NextKeyMarker       string `xml:",omitempty"`
	NextVersionIDMarker string `xml:"NextVersionIdMarker,omitempty"`
	MaxKeys             int
	Delimiter           string `xml:",omitempty"`
	EncodingType        string `xml:",omitempty"`
	IsTruncated         bool
	Entries             []versionEntry
	CommonPrefixes      []commonPrefix
}

// listVersions lists all versions and markers, by key and the newest first.
func (c *call) listVersions() error {
	n, err := c.number("max-keys", maxKeys, 0, maxKeys)
	if err != nil {
		return err
	}
	key, version := c.query.Get("key-marker"), c.query.Get("version-id-marker")
	if version != "" && key == "" {
		return refusef("InvalidArgument", "A version-id marker cannot be specified without a key marker.")
	}
	encoding, err := c.encoding()
	if err != nil {
		return err
	}
	p := &page{prefix: c.query.Get("prefix"), delimiter: c.query.Get("delimiter"), after: key, max: n}
	err = c.DB.Read(c.r.Context(), func(tx *store.Tx) error {
		b, err := c.open(tx)
		if err != nil {
			return err
		}
		rank := int64(math.MaxInt64) // behind all versions of the key
		if version != "" {
			o, ok, err := tx.ObjectVersion(b.Name, key, version)
			if err == nil && !ok {
				err = refusef("InvalidArgument", "Invalid version id specified")
			}
			if err != nil {
				return err
			}
			rank = o.Rank
		}
		return p.fillVersions(rank, func(key string, rank int64, from string, limit int) ([]store.Object, error) {
			return tx.ObjectVersions(b.Name, key, rank, from, limit)
		})
	})
	if err != nil {
		return err
	}
	text := c.text()
	out := versionListing{Name: c.bucket, Prefix: text(p.prefix), KeyMarker: text(key), VersionIDMarker: version, MaxKeys: n,
		Delimiter: text(p.delimiter), EncodingType: encoding, IsTruncated: p.more}
	for _, o := range p.objects {
		out.Entries = append(out.Entries, c.versionEntry(o, text(o.Key)))
	}
	for _, s := range p.prefixes {
		out.CommonPrefixes = append(out.CommonPrefixes, commonPrefix{text(s)})
	}
	if p.more {
		out.NextKeyMarker = text(p.last)
		if last := len(p.objects) - 1; last >= 0 && p.objects[last].Key == p.last {
			out.NextVersionIDMarker = p.objects[last].Version
		}
	}
	return c.answer(http.StatusOK, out)
}

func (c *call) versionEntry(o store.Object, key string) versionEntry {
	e := versionEntry{XMLName: xml.Name{Space: namespace, Local: "Version"}, Key: key, VersionID: o.Version, IsLatest: o.Latest, LastModified: stamp(o.Modified), Owner: ownerOf(c.owner)}
	if o.Marker {
		e.XMLName.Local = "DeleteMarker"
		return e
	}
	e.ETag, e.Size, e.StorageClass = quote(o.ETag), &o.Size, "STANDARD"
	e.ChecksumAlgorithm, e.ChecksumType = strings.ToUpper(o.Checksum.Algorithm), o.Checksum.Type
	return e
}

// fillVersions is fill for versions: it reads those behind p.after and the version of it that has a rank.
func (p *page) fillVersions(rank int64, read func(key string, rank int64, from string, limit int) ([]store.Object, error)) error {
	p.objects, p.prefixes, p.more = nil, nil, false
	from, after := p.prefix, p.after
	if common, ok := p.common(after); ok && common == after {
		from = beyond(common)
	}
	for p.max > 0 {
		batch, err := read(after, rank, from, p.max+1-len(p.objects)-len(p.prefixes))
		if err != nil || len(batch) == 0 {
			return err
		}
		skipped := false
		for _, o := range batch {
			if !strings.HasPrefix(o.Key, p.prefix) {
				return nil
			}
			after, rank = o.Key, o.Rank
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
