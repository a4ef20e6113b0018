package store

import (
	"fmt"
	"time"

	"portico/internal/ident"
)

// Bucket is an S3 bucket. Its name is unique in the whole server.
type Bucket struct {
	Name    string
	Account ident.Account // the owner
	Region  ident.Region
	Created time.Time
}

func scanBucket(s scanner) (b Bucket, err error) {
	var created int64
	err = s.Scan(&b.Name, &b.Account, &b.Region, &created)
	b.Created = fromMicros(created)
	return b, err
}

// Bucket reads one bucket, whoever owns it.
func (tx *Tx) Bucket(name string) (Bucket, bool, error) {
	b, ok, err := one(tx, scanBucket, `SELECT name, account, region, created FROM bucket WHERE name = $1`, name)
	if err != nil {
		return b, false, fmt.Errorf("load bucket %s: %w", name, err)
	}
	return b, ok, nil
}

// Buckets reads at most limit buckets of an account with names behind after, by name.
func (tx *Tx) Buckets(account ident.Account, after string, limit int) ([]Bucket, error) {
	bs, err := all(tx, scanBucket, `SELECT name, account, region, created FROM bucket
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
		`DELETE FROM bucket WHERE name = $1`,
	} {
		if _, err := tx.exec(q, name); err != nil {
			return fmt.Errorf("delete bucket %s: %w", name, err)
		}
	}
	return nil
}
