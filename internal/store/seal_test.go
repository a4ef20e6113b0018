package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/access"
	"portico/internal/seal"
	"portico/internal/store"
	"portico/internal/testkit"
)

const sealAccount = "111111111111"

// began is whole microseconds, as rows have it.
var began = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func ringOf(t *testing.T, keys ...string) seal.Ring {
	t.Helper()
	r, err := seal.Parse(strings.Join(keys, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func mustWrite(t *testing.T, db *store.DB, fn func(*store.Tx) error) {
	t.Helper()
	if err := db.Write(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func keyNumber(i int) access.AccessKey {
	return access.AccessKey{ID: fmt.Sprintf("AKIA%016d", i), Account: sealAccount, Secret: fmt.Sprintf("the-secret-of-number-%d", i),
		Status: access.KeyActive, Created: began}
}

func replayNumber(i int) store.Replay {
	return store.Replay{Account: sealAccount, Region: "us-east-1", Operation: "CreateThing", Token: fmt.Sprint("token-", i),
		Request: fmt.Sprint("the-digest-", i), Answer: fmt.Sprintf(`{"Password":"the-answer-%d"}`, i), Created: began}
}

// fill inserts an account with n keys and n remembered answers.
func fill(t *testing.T, db *store.DB, n int) {
	t.Helper()
	mustWrite(t, db, func(tx *store.Tx) error {
		if err := tx.InsertAccount(access.Account{ID: sealAccount, Status: access.AccountActive, Created: began}); err != nil {
			return err
		}
		for i := range n {
			if err := errors.Join(tx.InsertAccessKey(keyNumber(i)), tx.InsertReplay(replayNumber(i))); err != nil {
				return err
			}
		}
		return nil
	})
}

// opens checks that n keys and answers are what they were.
func opens(t *testing.T, db *store.DB, n int) {
	t.Helper()
	err := db.Read(context.Background(), func(tx *store.Tx) error {
		for i := range n {
			c, ok, err := tx.Credential(keyNumber(i).ID, "")
			if err != nil || !ok || c.Secret != keyNumber(i).Secret {
				return fmt.Errorf("key %d opens %q (%t), %v", i, c.Secret, ok, err)
			}
			want := replayNumber(i)
			got, ok, err := tx.Replay(store.Replay{Account: want.Account, Region: want.Region, Operation: want.Operation, Token: want.Token, Created: began})
			if err != nil || !ok || got != want {
				return fmt.Errorf("answer %d: %s (%t), %v", i, cmp.Diff(want, got), ok, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// hidden fails if the database, in its files or its rows, has one of the texts.
func hidden(t *testing.T, o store.Options, texts ...string) {
	t.Helper()
	places := map[string][]byte{"a dump": []byte(testkit.Dump(t, o))}
	if o.Dir != "" {
		files, err := filepath.Glob(filepath.Join(o.Dir, "portico.db*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			places[file] = b
		}
	}
	for place, b := range places {
		for _, text := range texts {
			if bytes.Contains(b, []byte(text)) {
				t.Errorf("%s shows %q", place, text)
			}
		}
	}
}

func TestSealedRows(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		db := testkit.Open(t, o)
		fill(t, db, 3)
		opens(t, db, 3)
		hidden(t, o, "the-secret", "the-answer", "the-digest")
		mustWrite(t, db, func(tx *store.Tx) error {
			ks, err := tx.AccessKeys(sealAccount, "")
			for _, k := range ks {
				if k.Secret != "" {
					t.Errorf("a list of keys has the secret of %s", k.ID)
				}
			}
			return err
		})
		// An envelope that somebody copied to another row opens nothing.
		mustWrite(t, db, func(tx *store.Tx) error {
			_, err := store.Exec(tx, `UPDATE access_key SET secret = (SELECT o.secret FROM access_key o WHERE o.id = $2) WHERE id = $1`, keyNumber(0).ID, keyNumber(1).ID)
			return err
		})
		err := db.Read(t.Context(), func(tx *store.Tx) error {
			_, _, err := tx.Credential(keyNumber(0).ID, "")
			return err
		})
		if !errors.Is(err, seal.ErrBroken) {
			t.Errorf("a secret that was moved opens: %v", err)
		}
	})
}

func TestWithoutKeys(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		fill(t, testkit.Open(t, o), 1)
		o.Keys = seal.Ring{}
		db, err := store.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		inserted := db.Write(t.Context(), func(tx *store.Tx) error { return tx.InsertAccessKey(keyNumber(7)) })
		read := db.Read(t.Context(), func(tx *store.Tx) error { _, _, err := tx.Credential(keyNumber(0).ID, ""); return err })
		_, issued := db.Issue(access.RoleSession{})
		_, resealed := db.Reseal(t.Context(), nil)
		for what, err := range map[string]error{"insert": inserted, "read": read, "issue": issued, "start": db.Seal(t.Context()), "reseal": resealed} {
			if !errors.Is(err, seal.ErrNoKey) {
				t.Errorf("%s without a master key: %v", what, err)
			}
		}
	})
}

func TestReseal(t *testing.T) {
	a, b := seal.NewKey(), seal.NewKey()
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		const n = store.SealBatch + 7
		with := func(keys ...string) *store.DB {
			p := o
			p.Keys = ringOf(t, keys...)
			return testkit.Open(t, p)
		}
		first := with(a)
		fill(t, first, n)

		other := with(b)
		if err := other.Seal(t.Context()); err == nil || !strings.Contains(err.Error(), ringOf(t, a).Current()) || !strings.Contains(err.Error(), ringOf(t, b).Current()) {
			t.Errorf("a start without the key in use: %v", err)
		}
		if _, err := other.Reseal(t.Context(), nil); !errors.Is(err, seal.ErrUnknown) {
			t.Errorf("sealed anew without the key in use: %v", err)
		}

		both := with(b, a)
		if err := both.Seal(t.Context()); err != nil {
			t.Errorf("a start with both keys: %v", err)
		}
		opens(t, both, n)
		// It stops in the middle, and goes on when it is asked again.
		ctx, stop := context.WithCancel(t.Context())
		part, err := both.Reseal(ctx, func(store.Resealed) { stop() })
		if !errors.Is(err, context.Canceled) || part.Answers != store.SealBatch || part.Keys != 0 {
			t.Errorf("stopped: %+v, %v", part, err)
		}
		opens(t, both, n)
		if names, err := both.SealedUnder(t.Context()); err != nil || len(names) != 2 {
			t.Errorf("in the middle keys %q are in use, %v", names, err)
		}
		rest, err := both.Reseal(t.Context(), nil)
		if err != nil || rest != (store.Resealed{Keys: n, Answers: n - store.SealBatch}) {
			t.Errorf("sealed anew: %+v, %v", rest, err)
		}
		again, err := both.Reseal(t.Context(), nil)
		if err != nil || again != (store.Resealed{}) {
			t.Errorf("and again: %+v, %v", again, err)
		}

		if err := other.Seal(t.Context()); err != nil {
			t.Errorf("a start without the old key: %v", err)
		}
		opens(t, other, n)
		if err := first.Seal(t.Context()); err == nil {
			t.Error("a start with the old key alone")
		}
	})
}

// TestResealUnderWriters seals anew while others write and read.
func TestResealUnderWriters(t *testing.T) {
	a, b := seal.NewKey(), seal.NewKey()
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		o.Keys = ringOf(t, a, b)
		db := testkit.Open(t, o)
		fill(t, db, 2*store.SealBatch)
		o.Keys = ringOf(t, b, a)
		resealing := testkit.Open(t, o)
		var wg sync.WaitGroup
		for w := range 2 {
			wg.Go(func() {
				for i := range 40 {
					k := keyNumber(1000 + 100*w + i)
					mustWrite(t, db, func(tx *store.Tx) error { return tx.InsertAccessKey(k) })
					mustWrite(t, db, func(tx *store.Tx) error { return tx.DeleteAccessKey(keyNumber(50*w + i).ID) })
				}
			})
			wg.Go(func() {
				if _, err := resealing.Reseal(context.Background(), nil); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if _, err := resealing.Reseal(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		names, err := resealing.SealedUnder(t.Context())
		if err != nil || len(names) != 1 || names[0] != ringOf(t, b).Current() {
			t.Errorf("keys in use: %q, %v", names, err)
		}
		err = resealing.Read(t.Context(), func(tx *store.Tx) error {
			for w := range 2 {
				for i := range 40 {
					k := keyNumber(1000 + 100*w + i)
					if c, ok, err := tx.Credential(k.ID, ""); err != nil || !ok || c.Secret != k.Secret {
						t.Errorf("%s: %t, %v", k.ID, ok, err)
					}
					if _, ok, err := tx.Credential(keyNumber(50*w+i).ID, ""); ok || err != nil {
						t.Errorf("a deleted key is back: %v", err)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// before are the migrations up to a number.
func before(t *testing.T, number string) fs.FS {
	t.Helper()
	names, err := filepath.Glob("migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, name := range names {
		if filepath.Base(name) >= number {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = &fstest.MapFile{Data: b}
	}
	return files
}

// TestSealAtUpgrade starts several servers at once on a database from before secrets were sealed.
func TestSealAtUpgrade(t *testing.T) {
	testkit.Empty(t, func(t *testing.T, o store.Options) {
		const n = store.SealBatch + 20
		old := given(t, o, before(t, "0009"))
		if err := old.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		mustWrite(t, old, func(tx *store.Tx) error {
			if err := tx.InsertAccount(access.Account{ID: sealAccount, Status: access.AccountActive, Created: began}); err != nil {
				return err
			}
			for i := range n {
				k, r := keyNumber(i), replayNumber(i)
				_, err := store.Exec(tx, `INSERT INTO access_key (id, account, user_id, secret, status, created_at) VALUES ($1, $2, '', $3, $4, $5)`,
					k.ID, sealAccount, k.Secret, string(k.Status), began.UnixMicro())
				if err != nil {
					return err
				}
				_, err = store.Exec(tx, `INSERT INTO idempotency (account, region, operation, token, request, answer, created) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
					r.Account, r.Region, r.Operation, r.Token, r.Request, r.Answer, began.UnixMicro())
				if err != nil {
					return err
				}
			}
			return nil
		})
		old.Close()

		var wg sync.WaitGroup
		for range 3 {
			db := testkit.Open(t, o)
			wg.Go(func() {
				if err := errors.Join(db.Migrate(context.Background()), db.Seal(context.Background())); err != nil {
					t.Error(err)
				}
				opens(t, db, n)
			})
		}
		wg.Wait()
		hidden(t, o, "the-secret", "the-answer", "the-digest")
	})
}
