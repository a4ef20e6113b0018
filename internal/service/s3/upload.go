package s3

import (
	"bytes"
	"cmp"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"

	"portico/internal/sigv4"
	"portico/internal/store"
)

const (
	maxParts = 10000
	minPart  = 5 << 20
)

// sum is a checksum element, named by its algorithm: ChecksumCRC32.
type sum struct {
	XMLName xml.Name
	Value   string `xml:",chardata"`
}

func sums(s store.Checksum) []sum {
	if s.Value == "" {
		return nil
	}
	return []sum{{xml.Name{Local: "Checksum" + strings.ToUpper(s.Algorithm)}, s.Value}}
}

// upload reads the request's upload.
func (c *call) upload(tx *store.Tx) (store.Upload, error) {
	u, _, err := c.uploadIn(tx)
	return u, err
}

// uploadIn reads the request's upload and the bucket it is for.
func (c *call) uploadIn(tx *store.Tx) (store.Upload, store.Bucket, error) {
	b, err := c.open(tx)
	if err != nil {
		return store.Upload{}, b, err
	}
	u, ok, err := tx.Upload(c.query.Get("uploadId"))
	if err == nil && (!ok || u.Bucket != c.bucket || u.Key != c.key) {
		err = refusef("NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.")
	}
	return u, b, err
}

func (c *call) createUpload() error {
	if err := c.checkKey(); err != nil {
		return err
	}
	header, err := c.headers()
	if err != nil {
		return err
	}
	want, err := wanted(c.r.Header)
	if err != nil {
		return err
	}
	u := store.Upload{ID: c.IDs.Token(), Bucket: c.bucket, Key: c.key, Header: header, Tags: c.tags, Checksum: want, Created: c.now()}
	err = c.DB.Write(c.r.Context(), func(tx *store.Tx) error {
		if _, err := c.open(tx); err != nil {
			return err
		}
		return tx.InsertUpload(u)
	})
	if err != nil {
		return err
	}
	if want.Algorithm != "" {
		c.w.Header().Set("X-Amz-Checksum-Algorithm", strings.ToUpper(want.Algorithm))
		c.w.Header().Set("X-Amz-Checksum-Type", want.Type)
	}
	return c.answer(http.StatusOK, struct {
		XMLName  xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ InitiateMultipartUploadResult"`
		Bucket   string
		Key      string
		UploadID string `xml:"UploadId"`
	}{Bucket: u.Bucket, Key: u.Key, UploadID: u.ID})
}

// wanted is the checksum an upload asks its object to have. Without one, parts may come with checksums of any algorithm.
func wanted(h http.Header) (store.Checksum, error) {
	s := store.Checksum{Algorithm: strings.ToLower(h.Get("X-Amz-Checksum-Algorithm")), Type: strings.ToUpper(h.Get("X-Amz-Checksum-Type"))}
	if s.Algorithm == "" {
		if s.Type != "" {
			return s, refusef("InvalidRequest", "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.")
		}
		return s, nil
	}
	if sigv4.Checksum(s.Algorithm) == nil {
		return s, refusef("InvalidRequest", "Checksum algorithm provided is unsupported: %s", s.Algorithm)
	}
	if s.Type == "" {
		s.Type = composite
		if s.Algorithm == "crc64nvme" {
			s.Type = fullObject
		}
	}
	if crc := strings.HasPrefix(s.Algorithm, "crc"); s.Type == fullObject && !crc || s.Type == composite && s.Algorithm == "crc64nvme" || s.Type != fullObject && s.Type != composite {
		return s, refusef("InvalidRequest", "The %s checksum type cannot be used with the %s checksum algorithm.", s.Type, s.Algorithm)
	}
	return s, nil
}

func (c *call) partNumber() (int, error) {
	number, err := strconv.Atoi(c.query.Get("partNumber"))
	if err != nil || number < 1 || number > maxParts {
		return 0, refusef("InvalidArgument", "Part number must be an integer between 1 and %d, inclusive", maxParts)
	}
	return number, nil
}

// uploadPartCopy stores as a part what is in another object.
func (c *call) uploadPartCopy() error {
	number, err := c.partNumber()
	if err != nil {
		return err
	}
	from, err := c.readSource()
	if err != nil {
		return err
	}
	var u store.Upload
	release := func() {}
	defer func() { release() }()
	err = c.DB.Read(c.r.Context(), func(tx *store.Tx) (err error) {
		if u, err = c.upload(tx); err == nil {
			release, err = c.look(tx, &from)
		}
		return err
	})
	if err != nil {
		return err
	}
	body, err := c.Depot.Load(c.r.Context(), from.part)
	if err != nil {
		return err
	}
	algorithm := cmp.Or(u.Checksum.Algorithm, usualChecksum)
	p := store.Part{Upload: u.ID, Number: number, Size: int64(len(body)), ETag: etag(body), Modified: c.now(), Body: body,
		Checksum: store.Checksum{Algorithm: algorithm, Value: digest(algorithm, body)}}
	if from.versions {
		c.w.Header().Set("X-Amz-Copy-Source-Version-Id", from.object.Version)
	}
	if err := c.DB.Write(c.r.Context(), func(tx *store.Tx) error { return c.putPart(tx, p) }); err != nil {
		return err
	}
	return c.answer(http.StatusOK, copied("CopyPartResult", stamp(p.Modified), p.ETag, p.Checksum))
}

func (c *call) uploadPart() error {
	number, err := c.partNumber()
	if err != nil {
		return err
	}
	var u store.Upload
	err = c.DB.Read(c.r.Context(), func(tx *store.Tx) error { // before a long body is read
		u, err = c.upload(tx)
		return err
	})
	if err != nil {
		return err
	}
	body, release, err := c.body()
	if err != nil {
		return err
	}
	defer release()
	named := u.Checksum.Algorithm
	s := c.checksum(body, cmp.Or(named, usualChecksum))
	if named != "" && s.Algorithm != named {
		return refusef("InvalidRequest", "Checksum Type mismatch occurred, expected checksum Type: %s, actual checksum Type: %s", named, s.Algorithm)
	}
	p := store.Part{Upload: u.ID, Number: number, Size: int64(len(body)), ETag: etag(body), Checksum: s, Modified: c.now(), Body: body}
	if err := c.DB.Write(c.r.Context(), func(tx *store.Tx) error { return c.putPart(tx, p) }); err != nil {
		return err
	}
	c.w.Header().Set("ETag", quote(p.ETag))
	c.w.Header().Set(checksumHeader+s.Algorithm, s.Value)
	return c.done(http.StatusOK)
}

// putPart stores a part as long as all parts together still make an object.
func (c *call) putPart(tx *store.Tx, p store.Part) error {
	if _, err := c.upload(tx); err != nil {
		return err
	}
	parts, err := tx.Parts(p.Upload)
	if err != nil {
		return err
	}
	total := p.Size
	for _, other := range parts {
		if other.Number != p.Number {
			total += other.Size
		}
	}
	if total > MaxObject {
		return refusef("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size of %d bytes", MaxObject)
	}
	return tx.PutPart(p)
}

// claim is a part as the request to complete an upload names it.
type claim struct {
	PartNumber int
	ETag       string
	Sums       []sum `xml:",any"`
}

func (c *call) completeUpload() error {
	if err := c.check(); err != nil { // before a body is read
		return err
	}
	var in struct{ Part []claim }
	if err := c.readXML(&in); err != nil {
		return err
	}
	if len(in.Part) == 0 || len(in.Part) > maxParts {
		return refusef("MalformedXML", "The XML you provided did not validate against our published schema: CompleteMultipartUpload has 1 to %d Parts", maxParts)
	}
	release, err := c.hold(MaxObject)
	if err != nil {
		return err
	}
	defer release()
	var o store.Object
	var body []byte
	err = c.DB.Read(c.r.Context(), func(tx *store.Tx) error {
		u, err := c.upload(tx)
		if err == nil {
			o, body, err = c.assemble(tx, u, in.Part)
		}
		return err
	})
	if err != nil {
		return err
	}
	err = c.keep(&o, body, func(tx *store.Tx) error { // the parts that are claimed must still be those that were read
		u, err := c.upload(tx)
		if err != nil {
			return err
		}
		parts, err := tx.Parts(u.ID)
		if err == nil {
			_, err = choose(parts, in.Part)
		}
		if err != nil {
			return err
		}
		return tx.DeleteUpload(u.ID)
	})
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, struct {
		XMLName      xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ CompleteMultipartUploadResult"`
		Location     string
		Bucket       string
		Key          string
		ETag         string
		Sums         []sum
		ChecksumType string
	}{Location: c.who.Endpoint + "/" + c.bucket + "/" + percent(c.key), Bucket: o.Bucket, Key: o.Key, ETag: quote(o.ETag),
		Sums: sums(o.Checksum), ChecksumType: o.Checksum.Type})
}

// assemble makes the object of the parts that are claimed, and its body.
func (c *call) assemble(tx *store.Tx, u store.Upload, claims []claim) (store.Object, []byte, error) {
	o := store.Object{Bucket: u.Bucket, Key: u.Key, Header: u.Header, Tags: u.Tags, Modified: c.now(), Checksum: u.Checksum}
	parts, err := tx.Parts(u.ID)
	if err != nil {
		return o, nil, err
	}
	chosen, err := choose(parts, claims)
	if err != nil {
		return o, nil, err
	}
	if o.Checksum.Algorithm == "" {
		o.Checksum = store.Checksum{Algorithm: usualChecksum, Type: fullObject}
	}
	var body bytes.Buffer
	etags, checks := md5.New(), sigv4.Checksum(o.Checksum.Algorithm)
	for _, p := range chosen {
		b, err := tx.PartBody(u.ID, p.Number)
		if err != nil {
			return o, nil, err
		}
		body.Write(b)
		raw, _ := hex.DecodeString(p.ETag) // ours
		etags.Write(raw)
		raw, _ = base64.StdEncoding.DecodeString(p.Checksum.Value)
		checks.Write(raw)
	}
	count := "-" + strconv.Itoa(len(chosen))
	o.Size = int64(body.Len())
	o.ETag = hex.EncodeToString(etags.Sum(nil)) + count
	if o.Checksum.Value = digest(o.Checksum.Algorithm, body.Bytes()); o.Checksum.Type == composite {
		o.Checksum.Value = base64.StdEncoding.EncodeToString(checks.Sum(nil)) + count
	}
	return o, body.Bytes(), c.agree(o)
}

// choose finds the parts that are claimed.
func choose(parts []store.Part, claims []claim) ([]store.Part, error) {
	by := map[int]store.Part{}
	for _, p := range parts {
		by[p.Number] = p
	}
	var chosen []store.Part
	for i, cl := range claims {
		if i > 0 && cl.PartNumber <= claims[i-1].PartNumber {
			return nil, refusef("InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number.")
		}
		p, ok := by[cl.PartNumber]
		for _, s := range cl.Sums {
			ok = ok && (s.XMLName.Local != "Checksum"+strings.ToUpper(p.Checksum.Algorithm) || s.Value == p.Checksum.Value)
		}
		if !ok || strings.Trim(cl.ETag, `"`) != p.ETag {
			return nil, refusef("InvalidPart", "One or more of the specified parts could not be found, or its entity tag or checksum did not match: part %d", cl.PartNumber)
		}
		chosen = append(chosen, p)
	}
	for _, p := range chosen[:len(chosen)-1] {
		if p.Size < minPart {
			return nil, refusef("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size: part %d has %d bytes of at least %d", p.Number, p.Size, minPart)
		}
	}
	return chosen, nil
}

// agree holds the finished object against what the request says of it.
func (c *call) agree(o store.Object) error {
	h := c.r.Header
	if t := h.Get("X-Amz-Checksum-Type"); t != "" && !strings.EqualFold(t, o.Checksum.Type) {
		return refusef("InvalidRequest", "The upload was created using the %s checksum mode. The complete request must use the same checksum mode.", o.Checksum.Type)
	}
	if s := h.Get(checksumHeader + o.Checksum.Algorithm); s != "" && strings.SplitN(s, "-", 2)[0] != strings.SplitN(o.Checksum.Value, "-", 2)[0] {
		return refusef("BadDigest", "The %s you specified did not match the calculated checksum.", o.Checksum.Algorithm)
	}
	if n := h.Get("X-Amz-Mp-Object-Size"); n != "" && n != strconv.FormatInt(o.Size, 10) {
		return refusef("InvalidRequest", "The provided 'x-amz-mp-object-size' header does not match the size of the object: %d", o.Size)
	}
	return nil
}

func (c *call) abortUpload() error {
	err := c.DB.Write(c.r.Context(), func(tx *store.Tx) error {
		u, err := c.upload(tx)
		if err != nil {
			return err
		}
		return tx.DeleteUpload(u.ID)
	})
	if err != nil {
		return err
	}
	return c.done(http.StatusNoContent)
}
