package s3

import (
	"encoding/xml"
	"net/http"
	"strings"

	"portico/internal/store"
)

type partEntry struct {
	PartNumber   int
	LastModified string
	ETag         string
	Size         int64
	Sums         []sum
}

type partListing struct {
	XMLName              xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListPartsResult"`
	Bucket, Key          string
	UploadID             string `xml:"UploadId"`
	Initiator, Owner     owner
	StorageClass         string
	PartNumberMarker     int
	NextPartNumberMarker int
	MaxParts             int
	IsTruncated          bool
	EncodingType         string `xml:",omitempty"`
	ChecksumAlgorithm    string `xml:",omitempty"`
	ChecksumType         string `xml:",omitempty"`
	Part                 []partEntry
}

func (c *call) listParts() error {
	limit, err := c.number("max-parts", maxKeys, 0, maxKeys)
	if err != nil {
		return err
	}
	after, err := c.number("part-number-marker", 0, 0, maxParts)
	if err != nil {
		return err
	}
	var u store.Upload
	var parts []store.Part
	err = c.DB.Read(c.r.Context(), func(tx *store.Tx) error {
		if u, err = c.upload(tx); err != nil {
			return err
		}
		parts, err = tx.Parts(u.ID)
		return err
	})
	if err != nil {
		return err
	}
	out := partListing{Bucket: u.Bucket, Key: c.text()(u.Key), UploadID: u.ID, Initiator: ownerOf(c.owner), Owner: ownerOf(c.owner),
		StorageClass: "STANDARD", PartNumberMarker: after, MaxParts: limit, EncodingType: c.query.Get("encoding-type"),
		ChecksumAlgorithm: strings.ToUpper(u.Checksum.Algorithm), ChecksumType: u.Checksum.Type}
	for _, p := range parts {
		if p.Number <= after {
			continue
		}
		if out.IsTruncated = len(out.Part) == limit; out.IsTruncated {
			break
		}
		out.Part = append(out.Part, partEntry{p.Number, stamp(p.Modified), quote(p.ETag), p.Size, sums(p.Checksum)})
		out.NextPartNumberMarker = p.Number
	}
	return c.answer(http.StatusOK, out)
}

type uploadEntry struct {
	Key               string
	UploadID          string `xml:"UploadId"`
	Initiator, Owner  owner
	StorageClass      string
	Initiated         string
	ChecksumAlgorithm string `xml:",omitempty"`
	ChecksumType      string `xml:",omitempty"`
}

type uploadListing struct {
	XMLName            xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListMultipartUploadsResult"`
	Bucket             string
	KeyMarker          string
	UploadIDMarker     string `xml:"UploadIdMarker"`
	NextKeyMarker      string `xml:",omitempty"`
	NextUploadIDMarker string `xml:"NextUploadIdMarker,omitempty"`
	Prefix             string
	EncodingType       string `xml:",omitempty"`
	MaxUploads         int
	IsTruncated        bool
	Upload             []uploadEntry
}

func (c *call) listUploads() error {
	limit, err := c.number("max-uploads", maxKeys, 1, maxKeys)
	if err != nil {
		return err
	}
	if c.query.Get("delimiter") != "" {
		return refusef("NotImplemented", "A query parameter you provided implies functionality that is not implemented: delimiter")
	}
	key, id, prefix := c.query.Get("key-marker"), c.query.Get("upload-id-marker"), c.query.Get("prefix")
	if key != "" && id == "" {
		id = "\U0010FFFF" // behind every upload of the key
	}
	var found []store.Upload
	err = c.DB.Read(c.r.Context(), func(tx *store.Tx) error {
		if _, err := c.open(tx); err != nil {
			return err
		}
		found, err = tx.Uploads(c.bucket, key, id, prefix, limit+1)
		return err
	})
	if err != nil {
		return err
	}
	text := c.text()
	out := uploadListing{Bucket: c.bucket, KeyMarker: text(key), UploadIDMarker: c.query.Get("upload-id-marker"), Prefix: text(prefix),
		EncodingType: c.query.Get("encoding-type"), MaxUploads: limit}
	for i, u := range found {
		if out.IsTruncated = i == limit; out.IsTruncated || !strings.HasPrefix(u.Key, prefix) {
			break
		}
		o := ownerOf(c.owner)
		out.Upload = append(out.Upload, uploadEntry{text(u.Key), u.ID, o, o, "STANDARD", stamp(u.Created), strings.ToUpper(u.Checksum.Algorithm), u.Checksum.Type})
		out.NextKeyMarker, out.NextUploadIDMarker = text(u.Key), u.ID
	}
	return c.answer(http.StatusOK, out)
}
