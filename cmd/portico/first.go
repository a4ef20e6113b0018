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

// firstKey gives a new installation its first account and that account's root key. Whoever started the server gets the
// key: as an AWS credentials file in the data directory, or printed once when the data are in PostgreSQL.
func firstKey(ctx context.Context, db *store.DB, at place, out io.Writer) error {
	var ids ident.Source
	now := time.Now().UTC()
	account := access.Account{
		ID: ident.Account(ids.Digits(12)), Name: "first", Email: "root@portico.invalid", Status: access.AccountActive, Created: now,
	}
	key := access.AccessKey{
		ID: "AKIA" + strings.ToUpper(ids.Lower(16)), Account: account.ID, Secret: ids.Secret(), Status: access.KeyActive, Created: now,
	}
	var made bool
	err := db.Write(ctx, func(tx *store.Tx) error {
		made = false
		if any, err := tx.AnyAccessKey(); err != nil || any {
			return err
		}
		made = true
		if at.url == "" {
			// Before the commit: a key that was lost on its way to the file could never be had again.
			if err := writeCredentials(filepath.Join(at.data, "credentials"), credentials(key)); err != nil {
				return err
			}
		}
		if err := tx.InsertAccount(account); err != nil {
			return err
		}
		return tx.InsertAccessKey(key)
	})
	if err != nil || !made {
		return err
	}
	if at.url != "" {
		fmt.Fprintf(out, "This is the root key of the first account, %s. It is shown only now:\n\n%s\n", account.ID, credentials(key))
		return nil
	}
	fmt.Fprintf(out, "The root key of the first account, %s, is in %s\n", account.ID, filepath.Join(at.data, "credentials"))
	return nil
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
