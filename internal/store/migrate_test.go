package store_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"portico/internal/store"
	"portico/internal/testkit"
)

var update = flag.Bool("update", false, "rewrite migrations/checksums.txt")

// TestChecksums holds migrations to their released wording.
func TestChecksums(t *testing.T) {
	const list = "migrations/checksums.txt"
	names, err := filepath.Glob("migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&want, "%x  %s\n", sha256.Sum256(b), filepath.Base(name))
	}
	if *update {
		if err := os.WriteFile(list, []byte(want.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want.String() {
		t.Errorf("%s does not list the migrations as they are. A released migration must not change: add a new one. "+
			"For a new one run: go test ./internal/store -run Checksums -update\nlist:\n%sfiles:\n%s", list, got, &want)
	}
}

func step(statements string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte("-- +goose Up\n" + statements)}
}

func given(t *testing.T, o store.Options, files fs.FS) *store.DB {
	db := testkit.Open(t, o)
	if err := db.WithMigrations(files); err != nil {
		t.Fatal(err)
	}
	return db
}

func TestMigrate(t *testing.T) {
	one := fstest.MapFS{"0001_a.sql": step("CREATE TABLE a (id TEXT PRIMARY KEY);\nCREATE TABLE b (id TEXT);\n")}
	two := fstest.MapFS{"0001_a.sql": one["0001_a.sql"], "0002_b.sql": step("INSERT INTO b VALUES ('x');\n")}
	testkit.Empty(t, func(t *testing.T, o store.Options) {
		ctx := t.Context()
		old, db := given(t, o, one), given(t, o, two)
		if err := db.Ping(ctx); !errors.Is(err, store.ErrPending) {
			t.Errorf("Ping of an empty database: %v", err)
		}
		if err := old.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		if err := old.Ping(ctx); err != nil {
			t.Errorf("Ping of a migrated database: %v", err)
		}
		if err := db.Ping(ctx); !errors.Is(err, store.ErrPending) {
			t.Errorf("Ping of a database one behind: %v", err)
		}
		for range 3 { // the second and third find nothing to do
			if err := db.Migrate(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Ping(ctx); err != nil {
			t.Errorf("Ping of a migrated database: %v", err)
		}
		err := db.Read(ctx, func(tx *store.Tx) error {
			n, _, err := store.Number(tx, `SELECT count(*) FROM b`)
			if n != 1 {
				t.Errorf("the migration ran %d times", n)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		if err := old.Ping(ctx); err != nil {
			t.Errorf("Ping of a database one ahead: %v", err)
		}
		if err := old.Migrate(ctx); err == nil || !strings.Contains(err.Error(), "migration 2, which this program does not know") {
			t.Errorf("Migrate of a database one ahead: %v", err)
		}
	})
}

func TestMigrateRefusesChange(t *testing.T) {
	testkit.Empty(t, func(t *testing.T, o store.Options) {
		db := given(t, o, fstest.MapFS{"0001_a.sql": step("CREATE TABLE a (id TEXT);\n")})
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		changed := given(t, o, fstest.MapFS{"0001_a.sql": step("CREATE TABLE a (id BIGINT);\n")})
		for name, err := range map[string]error{"Migrate": changed.Migrate(t.Context()), "Ping": changed.Ping(t.Context())} {
			if err == nil || !strings.Contains(err.Error(), "migration 1 was applied with checksum") {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestMigrateFailsWhole(t *testing.T) {
	testkit.Empty(t, func(t *testing.T, o store.Options) {
		bad := given(t, o, fstest.MapFS{
			"0001_a.sql": step("CREATE TABLE a (id TEXT);\n"),
			"0002_b.sql": step("CREATE TABLE b (id TEXT);\nINSERT INTO nowhere VALUES (1);\n"),
		})
		if err := bad.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), "version:2") {
			t.Fatalf("Migrate: %v", err)
		}
		if err := bad.Ping(t.Context()); !errors.Is(err, store.ErrPending) {
			t.Errorf("Ping: %v", err)
		}
		mended := given(t, o, fstest.MapFS{
			"0001_a.sql": step("CREATE TABLE a (id TEXT);\n"),
			"0002_b.sql": step("CREATE TABLE b (id TEXT);\nINSERT INTO b VALUES ('1');\n"),
		})
		if err := mended.Migrate(t.Context()); err != nil {
			t.Errorf("after mending: %v", err)
		}
	})
}

func TestMigrateRace(t *testing.T) {
	files := fstest.MapFS{}
	for i := 1; i <= 5; i++ {
		files[fmt.Sprintf("%04d_x.sql", i)] = step(fmt.Sprintf("CREATE TABLE x%d (id TEXT PRIMARY KEY);\n", i))
	}
	testkit.Empty(t, func(t *testing.T, o store.Options) {
		var wg sync.WaitGroup
		for range 4 {
			db := given(t, o, files)
			wg.Go(func() {
				if err := db.Migrate(context.Background()); err != nil {
					t.Error(err)
				}
				if err := db.Ping(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

func TestPingUnreachable(t *testing.T) {
	o := store.Options{URL: testkit.Postgres(t)}
	o.URL = strings.Replace(o.URL, "portico_test", "portico_gone", 1)
	db := testkit.Open(t, o)
	if err := db.Ping(t.Context()); err == nil || errors.Is(err, store.ErrPending) || !strings.Contains(err.Error(), "reach database") {
		t.Errorf("Ping: %v", err)
	}
}

func TestByteOrder(t *testing.T) {
	tests := []struct{ in, want string }{
		{"id TEXT PRIMARY KEY", `id TEXT COLLATE "C" PRIMARY KEY`},
		{"(a TEXT,b TEXT)", `(a TEXT COLLATE "C",b TEXT COLLATE "C")`},
		{"note\tTEXT\n", "note\tTEXT COLLATE \"C\"\n"},
		{"CHECK (kind IN ('TEXT', 'PLAIN_TEXT')), CONTEXT TEXT", `CHECK (kind IN ('TEXT', 'PLAIN_TEXT')), CONTEXT TEXT COLLATE "C"`},
	}
	for _, test := range tests {
		got, err := fs.ReadFile(store.ByteOrder(fstest.MapFS{"1.sql": {Data: []byte(test.in)}}), "1.sql")
		if err != nil || string(got) != test.want {
			t.Errorf("%q became %q, %v", test.in, got, err)
		}
	}
}

// TestMigrateObjects brings objects of a database from before there were versions along.
func TestMigrateObjects(t *testing.T) {
	all := os.DirFS("migrations")
	names, err := fs.Glob(all, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{"0013_seed.sql": step(`INSERT INTO bucket (name, account, region, created) VALUES ('b', '111111111111', 'us-east-1', 5);
INSERT INTO object (bucket, key, size, etag, header, algorithm, checksum, checksum_type, modified, body)
    VALUES ('b', 'k', 0, 'e', '{"content-type":"text/x"}', 'crc32', 'AAAA', 'FULL_OBJECT', 7, '');
INSERT INTO upload (id, bucket, key, header, algorithm, checksum_type, created) VALUES ('u', 'b', 'l', '{}', '', '', 9);
`)}
	for _, name := range names {
		if name < "0013" || name == "0015_bucket.sql" || name == "0018_body.sql" {
			b, err := fs.ReadFile(all, name)
			if err != nil {
				t.Fatal(err)
			}
			files[name] = &fstest.MapFile{Data: b}
		}
	}
	testkit.Empty(t, func(t *testing.T, o store.Options) {
		db := given(t, o, files)
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			was, ok, err := tx.Object("b", "k")
			if err != nil || !ok || was.Version != store.Unversioned || !was.Latest || was.Marker || was.ETag != "e" || was.Header["content-type"] != "text/x" ||
				was.Modified.UnixMicro() != 7 || len(was.Tags) != 0 || was.Place != "" {
				t.Errorf("%+v, %t, %v", was, ok, err)
			}
			if u, ok, err := tx.Upload("u"); err != nil || !ok || u.Key != "l" {
				t.Errorf("%+v, %t, %v", u, ok, err)
			}
			if b, _, err := tx.Bucket("b"); err != nil || b.Versioning != "" {
				t.Errorf("%+v, %v", b, err)
			}
			return tx.PutObject(store.Object{Bucket: "b", Key: "k", Version: store.Unversioned, Header: map[string]string{}})
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
