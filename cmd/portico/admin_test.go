package main

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"portico/internal/access"
	"portico/internal/store"
	"portico/internal/testkit"
)

// TestRootKeys rotates the root key of an account while a server runs.
func TestRootKeys(t *testing.T) {
	testkit.Empty(t, func(t *testing.T, o store.Options) {
		keys := []string{"--master-key-file", testkit.KeyFile(t)}
		args := append(where(o), keys...)
		url, out, _ := launch(t, args...)
		old := issuedIn(t, out.String())
		arn := whoIs(t, url, old)
		account := regexp.MustCompile(`\d{12}`).FindString(arn)
		root := func(want string, more ...string) string {
			t.Helper()
			printed, err := try(append(append([]string{"admin"}, more...), args...)...)
			if err != nil {
				printed += err.Error()
			}
			if !strings.Contains(printed, want) {
				t.Errorf("%q: %s", more, printed)
			}
			return printed
		}
		root("is the last access key of this installation", "root-key", "--delete", keyIn(t, old))
		fresh := issuedIn(t, root("The new root key of account "+account, "root-key", "--account", account))
		for _, file := range []string{old, fresh} {
			if got := whoIs(t, url, file); got != arn || got == "" {
				t.Errorf("%s is of %q", file, got)
			}
		}
		root("has 2 access keys already", "root-key", "--account", account)
		for _, listed := range []string{root("", "root-keys"), root("", "root-keys", "--account", account)} {
			for _, file := range []string{old, fresh} {
				if !strings.Contains(listed, account+"  "+keyIn(t, file)+"  Active  20") {
					t.Errorf("%s is not listed:\n%s", keyIn(t, file), listed)
				}
			}
			if strings.Count(listed, "\n") != 2 || strings.Contains(listed, "secret") {
				t.Errorf("listed:\n%s", listed)
			}
		}
		root("deleted "+keyIn(t, old), "root-key", "--delete", keyIn(t, old))
		if got := whoIs(t, url, old); got != "" {
			t.Errorf("the deleted key is still of %s", got)
		}
		if got := whoIs(t, url, fresh); got != arn {
			t.Errorf("the new key is of %q", got)
		}
		root("there is no root key AKIANONE", "root-key", "--delete", "AKIANONE")
		root("there is no active account 000000000000", "root-key", "--account", "000000000000")
		root("give either --account or --delete", "root-key")

		userKey := access.AccessKey{ID: "AKIAOFAUSER", Account: "222222222222", User: "AIDAUSER", Secret: "x", Status: access.KeyActive}
		err := testkit.Open(t, o).Write(context.Background(), func(tx *store.Tx) error {
			if err := tx.InsertAccount(access.Account{ID: userKey.Account, Status: access.AccountSuspended}); err != nil {
				return err
			}
			return tx.InsertAccessKey(userKey)
		})
		if err != nil {
			t.Fatal(err)
		}
		root("there is no root key AKIAOFAUSER", "root-key", "--delete", userKey.ID)
		root("there is no active account 222222222222", "root-key", "--account", "222222222222")
		if listed := root("", "root-keys"); strings.Contains(listed, userKey.ID) {
			t.Errorf("a user's key is listed:\n%s", listed)
		}
	})
}

// TestAdminWantsMigrations leaves it to servers and migrate to change the schema.
func TestAdminWantsMigrations(t *testing.T) {
	testkit.Empty(t, func(t *testing.T, o store.Options) {
		if _, err := try(append([]string{"admin", "root-keys", "--master-key-file", testkit.KeyFile(t)}, where(o)...)...); err == nil || !strings.Contains(err.Error(), "portico migrate") {
			t.Errorf("on an empty database: %v", err)
		}
	})
}
