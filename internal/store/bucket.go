package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/ident"
)

// Bucket is an S3 bucket. Its name is unique in the whole server.
type Bucket struct {
	Name    string
	Account ident.Account // the owner
	Region  ident.Region
	Created time.Time
	// Versioning is Enabled, Suspended, or empty if it never was either.
	Versioning string
}

// Setting is one thing that a bucket was told to be, by the document it is answered with.
type Setting struct {
	Kind     string // the subresource: tagging, lifecycle, …
	Document string // empty if it was taken away where every bucket has it at first
	Detail   string // what the document does not say
}

// Kinds of settings that decide who gets in.
const (
	BucketPolicy      = "policy"
	PublicAccessBlock = "publicAccessBlock"
	// RestrictPublic is in the Detail of a PublicAccessBlock that keeps other accounts out where the policy is for everyone.
	RestrictPublic = "RestrictPublicBuckets"
)

func scanBucket(s scanner) (b Bucket, err error) {
	var created int64
	err = s.Scan(&b.Name, &b.Account, &b.Region, &created, &b.Versioning)
	b.Created = fromMicros(created)
	return b, err
}

// Bucket reads one bucket, whoever owns it.
func (tx *Tx) Bucket(name string) (Bucket, bool, error) {
	b, ok, err := one(tx, scanBucket, `SELECT name, account, region, created, versioning FROM bucket WHERE name = $1`, name)
	if err != nil {
		return b, false, fmt.Errorf("load bucket %s: %w", name, err)
	}
	return b, ok, nil
}

// Buckets reads at most limit buckets of an account with names behind after, by name.
func (tx *Tx) Buckets(account ident.Account, after string, limit int) ([]Bucket, error) {
	bs, err := all(tx, scanBucket, `SELECT name, account, region, created, versioning FROM bucket
		WHERE account = $1 AND name > $2 ORDER BY name LIMIT CAST($3 AS BIGINT)`, account, after, limit)
	if err != nil {
		return nil, fmt.Errorf("load buckets of %s: %w", account, err)
	}
	return bs, nil
}

// InsertBucket adds a bucket and reports false when its name is taken.
func (tx *Tx) InsertBucket(b Bucket) (bool, error) {
	n, err := tx.exec(`INSERT INTO bucket (name, account, region, created) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		b.Name, b.Account, b.Region, micros(b.Created))
	if err != nil {
		return false, fmt.Errorf("insert bucket %s: %w", b.Name, err)
	}
	if n > 0 {
		tx.creates("bucket", "arn:"+ident.Partition+":s3:::"+b.Name)
	}
	return n > 0, nil
}

// DeleteBucket removes a bucket without objects, and the uploads nobody completed.
func (tx *Tx) DeleteBucket(name string) error {
	for _, q := range []string{
		`DELETE FROM upload_part WHERE upload IN (SELECT id FROM upload WHERE bucket = $1)`,
		`DELETE FROM upload WHERE bucket = $1`,
		`DELETE FROM bucket_setting WHERE bucket = $1`,
		`DELETE FROM bucket WHERE name = $1`,
	} {
		if _, err := tx.exec(q, name); err != nil {
			return fmt.Errorf("delete bucket %s: %w", name, err)
		}
	}
	return nil
}

// SetVersioning says whether a bucket keeps the versions of its objects.
func (tx *Tx) SetVersioning(name, state string) error {
	if _, err := tx.exec(`UPDATE bucket SET versioning = $2 WHERE name = $1`, name, state); err != nil {
		return fmt.Errorf("set versioning of bucket %s: %w", name, err)
	}
	return nil
}

func scanSetting(s scanner) (st Setting, err error) {
	return st, s.Scan(&st.Kind, &st.Document, &st.Detail)
}

// BucketSetting reads one setting of a bucket.
func (tx *Tx) BucketSetting(bucket, kind string) (Setting, bool, error) {
	st, ok, err := one(tx, scanSetting, `SELECT kind, document, detail FROM bucket_setting WHERE bucket = $1 AND kind = $2`, bucket, kind)
	if err != nil {
		return st, false, fmt.Errorf("load %s of bucket %s: %w", kind, bucket, err)
	}
	return st, ok, nil
}

// PutBucketSetting gives a bucket a setting, in the place of the one of that kind.
func (tx *Tx) PutBucketSetting(bucket string, st Setting) error {
	_, err := tx.exec(`INSERT INTO bucket_setting (bucket, kind, document, detail) VALUES ($1, $2, $3, $4)
		ON CONFLICT (bucket, kind) DO UPDATE SET document = excluded.document, detail = excluded.detail`, bucket, st.Kind, st.Document, st.Detail)
	if err != nil {
		return fmt.Errorf("put %s of bucket %s: %w", st.Kind, bucket, err)
	}
	return nil
}

// DeleteBucketSetting takes a setting away and is content if there is none.
func (tx *Tx) DeleteBucketSetting(bucket, kind string) error {
	if _, err := tx.exec(`DELETE FROM bucket_setting WHERE bucket = $1 AND kind = $2`, bucket, kind); err != nil {
		return fmt.Errorf("delete %s of bucket %s: %w", kind, bucket, err)
	}
	return nil
}

// PutBucketPolicy gives a bucket a policy. bound are the unique ids of those it names, as in access.Actor.
func (tx *Tx) PutBucketPolicy(bucket, policy string, bound map[string]string) error {
	detail, err := document(bound)
	if err != nil {
		return err
	}
	return tx.PutBucketSetting(bucket, Setting{BucketPolicy, policy, detail})
}

// BucketGuard is a bucket as decisions about it look at it: its owner, and the policy it may have.
func (tx *Tx) BucketGuard(b Bucket) (access.Guard, error) {
	g := access.Guard{Account: b.Account, Name: "policy of bucket " + b.Name}
	st, ok, err := tx.BucketSetting(b.Name, BucketPolicy)
	if err != nil || !ok {
		return g, err
	}
	if err := json.Unmarshal([]byte(st.Detail), &g.Bound); err != nil {
		return g, fmt.Errorf("read who the policy of bucket %s names: %w", b.Name, err)
	}
	if g.Policy, err = access.ParsePolicy(access.ResourcePolicy, st.Document); err != nil {
		return g, fmt.Errorf("read the policy of bucket %s, which was accepted when it was written: %s", b.Name, err.Error())
	}
	if !g.Policy.Public() {
		return g, nil
	}
	st, _, err = tx.BucketSetting(b.Name, PublicAccessBlock)
	g.Closed = slices.Contains(strings.Fields(st.Detail), RestrictPublic)
	return g, err
}
