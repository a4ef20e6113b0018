package store

import (
	"fmt"
	"time"

	"portico/internal/access"
)

// Object is a version of an S3 object, or a marker that it was deleted.
type Object struct {
	Bucket   string
	Key      string
	Version  string // Unversioned if the bucket kept no versions when it was made
	Rank     int64  // the newer of a key has the lower one
	Latest   bool
	Marker   bool // that the object was deleted: it has no content
	Size     int64
	ETag     string            // without quotes
	Header   map[string]string // what its answers carry beside, by lower case name: content-type, x-amz-meta-…
	Tags     []access.Tag
	Checksum Checksum
	Modified time.Time
	Body     []byte // written only; ObjectRange reads it
	// Place is where the body lies if it is not in the row: an address in another object store.
	Place string
}

// Unversioned is the version of what is made while a bucket keeps no versions.
const Unversioned = "null"

// Checksum is a digest of an object or part that its uploader asked for.
type Checksum struct {
	Algorithm string // as in x-amz-checksum-…, lower case; empty for none
	Value     string // base64
	Type      string // FULL_OBJECT or COMPOSITE
}

// Upload is a multipart upload under way.
type Upload struct {
	ID       string
	Bucket   string
	Key      string
	Header   map[string]string
	Tags     []access.Tag
	Checksum Checksum // what the object is to have, without a value
	Created  time.Time
}

// Part is one part of an upload.
type Part struct {
	Upload   string
	Number   int
	Size     int64
	ETag     string
	Checksum Checksum
	Modified time.Time
	Body     []byte // read by Tx.PartBody only
}

const objectColumns = `bucket, key, version, rank, latest, marker, size, etag, header, tags, algorithm, checksum, checksum_type, modified, place`

func scanObject(s scanner) (o Object, err error) {
	var header, tags string
	var modified int64
	err = s.Scan(&o.Bucket, &o.Key, &o.Version, &o.Rank, &o.Latest, &o.Marker, &o.Size, &o.ETag, &header, &tags,
		&o.Checksum.Algorithm, &o.Checksum.Value, &o.Checksum.Type, &modified, &o.Place)
	if err != nil {
		return o, err
	}
	o.Modified = fromMicros(modified)
	return o, undocument([]string{header, tags}, &o.Header, &o.Tags)
}

// Object reads the latest version of an object, which may be a marker.
func (tx *Tx) Object(bucket, key string) (Object, bool, error) {
	o, ok, err := one(tx, scanObject, `SELECT `+objectColumns+` FROM object_version WHERE bucket = $1 AND key = $2 AND latest`, bucket, key)
	if err != nil {
		return o, false, fmt.Errorf("load object %s of bucket %s: %w", key, bucket, err)
	}
	return o, ok, nil
}

// ObjectVersion reads one version of an object.
func (tx *Tx) ObjectVersion(bucket, key, version string) (Object, bool, error) {
	o, ok, err := one(tx, scanObject, `SELECT `+objectColumns+` FROM object_version WHERE bucket = $1 AND key = $2 AND version = $3`, bucket, key, version)
	if err != nil {
		return o, false, fmt.Errorf("load version %s of object %s of bucket %s: %w", version, key, bucket, err)
	}
	return o, ok, nil
}

// ObjectRange reads n bytes of an object's body from an offset on. The body must be in the row.
func (tx *Tx) ObjectRange(o Object, from, n int64) ([]byte, error) {
	if o.Place != "" {
		return nil, fmt.Errorf("load body of object %s of bucket %s: it lies at %s", o.Key, o.Bucket, o.Place)
	}
	b, _, err := one(tx, scanBytes, `SELECT substr(body, CAST($3 AS INTEGER), CAST($4 AS INTEGER)) FROM object_version
		WHERE bucket = $1 AND key = $2 AND rank = $5`, o.Bucket, o.Key, from+1, n, o.Rank)
	if err != nil {
		return nil, fmt.Errorf("load body of object %s of bucket %s: %w", o.Key, o.Bucket, err)
	}
	return b, nil
}

func scanBytes(s scanner) (b []byte, err error) { return b, s.Scan(&b) }

// Objects reads at most limit objects that are there, by key, with keys that are at least from and behind after.
func (tx *Tx) Objects(bucket, from, after string, limit int) ([]Object, error) {
	os, err := all(tx, scanObject, `SELECT `+objectColumns+` FROM object_version
		WHERE bucket = $1 AND key >= $2 AND key > $3 AND latest AND NOT marker ORDER BY key LIMIT CAST($4 AS BIGINT)`, bucket, from, after, limit)
	if err != nil {
		return nil, fmt.Errorf("load objects of bucket %s: %w", bucket, err)
	}
	return os, nil
}

// ObjectVersions reads at most limit versions and markers behind (key, rank), in that order, with keys that are at least from.
func (tx *Tx) ObjectVersions(bucket, key string, rank int64, from string, limit int) ([]Object, error) {
	os, err := all(tx, scanObject, `SELECT `+objectColumns+` FROM object_version
		WHERE bucket = $1 AND key >= $4 AND (key, rank) > ($2, $3) ORDER BY key, rank LIMIT CAST($5 AS BIGINT)`, bucket, key, rank, from, limit)
	if err != nil {
		return nil, fmt.Errorf("load versions of objects of bucket %s: %w", bucket, err)
	}
	return os, nil
}

// PutObject makes a version, or a marker, the latest of its key. One that is Unversioned takes the place of the other such.
// A body elsewhere must have been noted as stray, and is so no longer.
func (tx *Tx) PutObject(o Object) error {
	columns, err := documents(o.Header, orNone(o.Tags))
	if err == nil && o.Place == "" && int64(len(o.Body)) != o.Size {
		err = tx.fail(fmt.Errorf("the body has %d bytes and not %d", len(o.Body), o.Size))
	}
	if err == nil && o.Place != "" {
		err = tx.adopt(o.Place)
	}
	if err == nil && o.Version == Unversioned {
		err = tx.dropVersion(o.Bucket, o.Key, o.Version, o.Modified)
	}
	if err == nil {
		_, err = tx.exec(`UPDATE object_version SET latest = FALSE WHERE bucket = $1 AND key = $2 AND latest`, o.Bucket, o.Key)
	}
	if err == nil {
		_, err = tx.exec(`INSERT INTO object_version (bucket, key, rank, version, latest, marker, size, etag, header, tags, algorithm, checksum, checksum_type, modified, body, place)
			VALUES ($1, $2, (SELECT coalesce(min(rank), 0) - 1 FROM object_version WHERE bucket = $1 AND key = $2), $3, TRUE, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
			o.Bucket, o.Key, o.Version, o.Marker, o.Size, o.ETag, columns[0], columns[1], o.Checksum.Algorithm, o.Checksum.Value, o.Checksum.Type, micros(o.Modified), solid(o.Body), o.Place)
	}
	if err != nil {
		return fmt.Errorf("put object %s in bucket %s: %w", o.Key, o.Bucket, err)
	}
	return nil
}

// dropVersion removes a version. Its body, if it lies elsewhere, is stray from then on.
func (tx *Tx) dropVersion(bucket, key, version string, now time.Time) error {
	place, _, err := one(tx, scanText, `DELETE FROM object_version WHERE bucket = $1 AND key = $2 AND version = $3 RETURNING place`, bucket, key, version)
	if err == nil && place != "" {
		err = tx.InsertStray(place, now.Add(BodyGrace))
	}
	return err
}

// orNone writes no tags as an empty list.
func orNone(tags []access.Tag) []access.Tag {
	if tags == nil {
		return []access.Tag{}
	}
	return tags
}

// solid makes an absent body an empty one, which a column that is not null takes.
func solid(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// DeleteObjectVersion removes a version and is content if there is none. The newest of the others is the latest then.
func (tx *Tx) DeleteObjectVersion(bucket, key, version string, now time.Time) error {
	err := tx.dropVersion(bucket, key, version, now)
	if err == nil {
		_, err = tx.exec(`UPDATE object_version SET latest = TRUE WHERE bucket = $1 AND key = $2
			AND rank = (SELECT min(rank) FROM object_version WHERE bucket = $1 AND key = $2)`, bucket, key)
	}
	if err != nil {
		return fmt.Errorf("delete version %s of object %s of bucket %s: %w", version, key, bucket, err)
	}
	return nil
}

// SetObjectTags gives a version other tags.
func (tx *Tx) SetObjectTags(o Object, tags []access.Tag) error {
	text, err := document(orNone(tags))
	if err == nil {
		_, err = tx.exec(`UPDATE object_version SET tags = $4 WHERE bucket = $1 AND key = $2 AND rank = $3`, o.Bucket, o.Key, o.Rank, text)
	}
	if err != nil {
		return fmt.Errorf("set tags of object %s of bucket %s: %w", o.Key, o.Bucket, err)
	}
	return nil
}

func scanUpload(s scanner) (u Upload, err error) {
	var header, tags string
	var created int64
	if err = s.Scan(&u.ID, &u.Bucket, &u.Key, &header, &tags, &u.Checksum.Algorithm, &u.Checksum.Type, &created); err != nil {
		return u, err
	}
	u.Created = fromMicros(created)
	return u, undocument([]string{header, tags}, &u.Header, &u.Tags)
}

// Upload reads a multipart upload under way.
func (tx *Tx) Upload(id string) (Upload, bool, error) {
	u, ok, err := one(tx, scanUpload, `SELECT id, bucket, key, header, tags, algorithm, checksum_type, created FROM upload WHERE id = $1`, id)
	if err != nil {
		return u, false, fmt.Errorf("load upload %s: %w", id, err)
	}
	return u, ok, nil
}

// Uploads reads at most limit uploads of a bucket behind (key, id), in that order, with keys that are at least from.
func (tx *Tx) Uploads(bucket, key, id, from string, limit int) ([]Upload, error) {
	us, err := all(tx, scanUpload, `SELECT id, bucket, key, header, tags, algorithm, checksum_type, created FROM upload
		WHERE bucket = $1 AND (key, id) > ($2, $3) AND key >= $4 ORDER BY key, id LIMIT CAST($5 AS BIGINT)`, bucket, key, id, from, limit)
	if err != nil {
		return nil, fmt.Errorf("load uploads of bucket %s: %w", bucket, err)
	}
	return us, nil
}

// InsertUpload adds an upload.
func (tx *Tx) InsertUpload(u Upload) error {
	columns, err := documents(u.Header, orNone(u.Tags))
	if err == nil {
		_, err = tx.exec(`INSERT INTO upload (id, bucket, key, header, tags, algorithm, checksum_type, created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			u.ID, u.Bucket, u.Key, columns[0], columns[1], u.Checksum.Algorithm, u.Checksum.Type, micros(u.Created))
	}
	if err != nil {
		return fmt.Errorf("insert upload %s: %w", u.ID, err)
	}
	tx.creates("upload", u.ID)
	return nil
}

// DeleteUpload removes an upload and its parts.
func (tx *Tx) DeleteUpload(id string) error {
	for _, q := range []string{`DELETE FROM upload_part WHERE upload = $1`, `DELETE FROM upload WHERE id = $1`} {
		if _, err := tx.exec(q, id); err != nil {
			return fmt.Errorf("delete upload %s: %w", id, err)
		}
	}
	return nil
}

func scanPart(s scanner) (p Part, err error) {
	var modified int64
	err = s.Scan(&p.Upload, &p.Number, &p.Size, &p.ETag, &p.Checksum.Algorithm, &p.Checksum.Value, &modified)
	p.Modified = fromMicros(modified)
	return p, err
}

// Parts reads all parts of an upload without bodies, by number.
func (tx *Tx) Parts(upload string) ([]Part, error) {
	ps, err := all(tx, scanPart, `SELECT upload, number, size, etag, algorithm, checksum, modified FROM upload_part
		WHERE upload = $1 ORDER BY number`, upload)
	if err != nil {
		return nil, fmt.Errorf("load parts of upload %s: %w", upload, err)
	}
	return ps, nil
}

// PartBody reads the body of a part.
func (tx *Tx) PartBody(upload string, number int) ([]byte, error) {
	b, _, err := one(tx, scanBytes, `SELECT body FROM upload_part WHERE upload = $1 AND number = $2`, upload, number)
	if err != nil {
		return nil, fmt.Errorf("load part %d of upload %s: %w", number, upload, err)
	}
	return b, nil
}

// PutPart adds a part or replaces the one with its number.
func (tx *Tx) PutPart(p Part) error {
	_, err := tx.exec(`INSERT INTO upload_part (upload, number, size, etag, algorithm, checksum, modified, body)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (upload, number) DO UPDATE SET size = excluded.size, etag = excluded.etag,
		algorithm = excluded.algorithm, checksum = excluded.checksum, modified = excluded.modified, body = excluded.body`,
		p.Upload, p.Number, p.Size, p.ETag, p.Checksum.Algorithm, p.Checksum.Value, micros(p.Modified), solid(p.Body))
	if err != nil {
		return fmt.Errorf("put part %d of upload %s: %w", p.Number, p.Upload, err)
	}
	return nil
}
