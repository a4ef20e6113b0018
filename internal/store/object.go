package store

import (
	"encoding/json"
	"fmt"
	"time"
)

// Object is an S3 object.
type Object struct {
	Bucket   string
	Key      string
	Size     int64
	ETag     string            // without quotes
	Header   map[string]string // what its answers carry beside, by lower case name: content-type, x-amz-meta-…
	Checksum Checksum
	Modified time.Time
	Body     []byte // read by Tx.Object only
}

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

func writeHeader(h map[string]string) (string, error) {
	b, err := json.Marshal(h)
	return string(b), err
}

const objectColumns = `bucket, key, size, etag, header, algorithm, checksum, checksum_type, modified`

func scanObject(s scanner) (Object, error)     { return readObject(s, false) }
func scanObjectBody(s scanner) (Object, error) { return readObject(s, true) }

func readObject(s scanner, body bool) (o Object, err error) {
	var header string
	var modified int64
	dest := []any{&o.Bucket, &o.Key, &o.Size, &o.ETag, &header, &o.Checksum.Algorithm, &o.Checksum.Value, &o.Checksum.Type, &modified}
	if body {
		dest = append(dest, &o.Body)
	}
	if err = s.Scan(dest...); err != nil {
		return o, err
	}
	o.Modified = fromMicros(modified)
	return o, json.Unmarshal([]byte(header), &o.Header)
}

// Object reads an object with its body.
func (tx *Tx) Object(bucket, key string) (Object, bool, error) {
	o, ok, err := one(tx, scanObjectBody, `SELECT `+objectColumns+`, body FROM object WHERE bucket = $1 AND key = $2`, bucket, key)
	if err != nil {
		return o, false, fmt.Errorf("load object %s of bucket %s: %w", key, bucket, err)
	}
	return o, ok, nil
}

// ObjectHead reads an object without its body.
func (tx *Tx) ObjectHead(bucket, key string) (Object, bool, error) {
	o, ok, err := one(tx, scanObject, `SELECT `+objectColumns+` FROM object WHERE bucket = $1 AND key = $2`, bucket, key)
	if err != nil {
		return o, false, fmt.Errorf("load head of object %s of bucket %s: %w", key, bucket, err)
	}
	return o, ok, nil
}

// ObjectRange reads n bytes of an object's body from an offset on.
func (tx *Tx) ObjectRange(bucket, key string, from, n int64) ([]byte, error) {
	b, _, err := one(tx, scanBytes, `SELECT substr(body, CAST($3 AS INTEGER), CAST($4 AS INTEGER)) FROM object
		WHERE bucket = $1 AND key = $2`, bucket, key, from+1, n)
	if err != nil {
		return nil, fmt.Errorf("load body of object %s of bucket %s: %w", key, bucket, err)
	}
	return b, nil
}

func scanBytes(s scanner) (b []byte, err error) { return b, s.Scan(&b) }

// Objects reads at most limit objects without bodies, by key, with keys that are at least from and behind after.
func (tx *Tx) Objects(bucket, from, after string, limit int) ([]Object, error) {
	os, err := all(tx, scanObject, `SELECT `+objectColumns+` FROM object
		WHERE bucket = $1 AND key >= $2 AND key > $3 ORDER BY key LIMIT CAST($4 AS BIGINT)`, bucket, from, after, limit)
	if err != nil {
		return nil, fmt.Errorf("load objects of bucket %s: %w", bucket, err)
	}
	return os, nil
}

// PutObject adds an object or replaces the one with its key.
func (tx *Tx) PutObject(o Object) error {
	header, err := writeHeader(o.Header)
	if err == nil {
		_, err = tx.exec(`INSERT INTO object (bucket, key, size, etag, header, algorithm, checksum, checksum_type, modified, body)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
			ON CONFLICT (bucket, key) DO UPDATE SET size = excluded.size, etag = excluded.etag, header = excluded.header,
			algorithm = excluded.algorithm, checksum = excluded.checksum, checksum_type = excluded.checksum_type,
			modified = excluded.modified, body = excluded.body`,
			o.Bucket, o.Key, o.Size, o.ETag, header, o.Checksum.Algorithm, o.Checksum.Value, o.Checksum.Type, micros(o.Modified), solid(o.Body))
	}
	if err != nil {
		return fmt.Errorf("put object %s in bucket %s: %w", o.Key, o.Bucket, err)
	}
	return nil
}

// solid makes an absent body an empty one, which a column that is not null takes.
func solid(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// DeleteObject removes an object and is content if there is none.
func (tx *Tx) DeleteObject(bucket, key string) error {
	if _, err := tx.exec(`DELETE FROM object WHERE bucket = $1 AND key = $2`, bucket, key); err != nil {
		return fmt.Errorf("delete object %s of bucket %s: %w", key, bucket, err)
	}
	return nil
}

func scanUpload(s scanner) (u Upload, err error) {
	var header string
	var created int64
	if err = s.Scan(&u.ID, &u.Bucket, &u.Key, &header, &u.Checksum.Algorithm, &u.Checksum.Type, &created); err != nil {
		return u, err
	}
	u.Created = fromMicros(created)
	return u, json.Unmarshal([]byte(header), &u.Header)
}

// Upload reads a multipart upload under way.
func (tx *Tx) Upload(id string) (Upload, bool, error) {
	u, ok, err := one(tx, scanUpload, `SELECT id, bucket, key, header, algorithm, checksum_type, created FROM upload WHERE id = $1`, id)
	if err != nil {
		return u, false, fmt.Errorf("load upload %s: %w", id, err)
	}
	return u, ok, nil
}

// Uploads reads at most limit uploads of a bucket behind (key, id), in that order, with keys that are at least from.
func (tx *Tx) Uploads(bucket, key, id, from string, limit int) ([]Upload, error) {
	us, err := all(tx, scanUpload, `SELECT id, bucket, key, header, algorithm, checksum_type, created FROM upload
		WHERE bucket = $1 AND (key, id) > ($2, $3) AND key >= $4 ORDER BY key, id LIMIT CAST($5 AS BIGINT)`, bucket, key, id, from, limit)
	if err != nil {
		return nil, fmt.Errorf("load uploads of bucket %s: %w", bucket, err)
	}
	return us, nil
}

// InsertUpload adds an upload.
func (tx *Tx) InsertUpload(u Upload) error {
	header, err := writeHeader(u.Header)
	if err == nil {
		_, err = tx.exec(`INSERT INTO upload (id, bucket, key, header, algorithm, checksum_type, created) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			u.ID, u.Bucket, u.Key, header, u.Checksum.Algorithm, u.Checksum.Type, micros(u.Created))
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
