package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/ident"
	"portico/internal/store"
)

// firstKey gives a new installation its first account and that account's root key.
func firstKey(ctx context.Context, db *store.DB, at place, out io.Writer) error {
	now := time.Now().UTC()
	account := access.Account{
		ID: ident.Account(ident.Source{}.Digits(12)), Name: "first", Email: "root@portico.invalid", Status: access.AccountActive, Created: now,
	}
	key := newRootKey(account.ID, now)
	var made bool
	err := db.Write(ctx, func(tx *store.Tx) error {
		made = false
		if any, err := tx.AnyAccessKey(); err != nil || any {
			return err
		}
		made = true
		if err := tx.InsertAccount(account); err != nil {
			return err
		}
		return handOver(tx, at, "credentials", key)
	})
	if err == nil && made {
		announce(out, at, "credentials", "The root key of the first account, "+string(account.ID)+",", key)
	}
	return err
}

func newRootKey(account ident.Account, now time.Time) access.AccessKey {
	var ids ident.Source
	return access.AccessKey{
		ID: "AKIA" + strings.ToUpper(ids.Lower(16)), Account: account, Secret: ids.Secret(), Status: access.KeyActive, Created: now,
	}
}

// handOver inserts a key and, when the data are in a directory, writes it there as an AWS credentials file. Whoever started
// the command gets it so. That comes before the commit: a key that was lost on its way to the file could never be had again.
func handOver(tx *store.Tx, at place, file string, key access.AccessKey) error {
	if at.url == "" {
		if err := writeCredentials(filepath.Join(at.data, file), credentials(key)); err != nil {
			return err
		}
	}
	return tx.InsertAccessKey(key)
}

// announce says where a key is that was handed over, or prints it when that is the only way.
func announce(out io.Writer, at place, file, whose string, key access.AccessKey) {
	if at.url != "" {
		fmt.Fprintf(out, "%s is shown only now:\n\n%s\n", whose, credentials(key))
		return
	}
	fmt.Fprintf(out, "%s is in %s\n", whose, filepath.Join(at.data, file))
}

func credentials(k access.AccessKey) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n", k.ID, k.Secret)
	return b.Bytes()
}

// writeCredentials puts the file in its place whole and durably, readable by its owner only.
func writeCredentials(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".credentials-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
