package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrationFiles embed.FS

// ErrPending is what Ping returns for a database that answers but lacks migrations.
var ErrPending = errors.New("the database lacks migrations; run portico migrate")

// migrations are the steps from an empty database to the present schema: numbered, forward only, and never changed once
// released. migrations/checksums.txt lists them for the reviewer; the database remembers what it was given.
type migrations struct {
	files fs.FS
	sums  map[int64]string // by version
}

func embedded() (migrations, error) {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return migrations{}, err
	}
	return readMigrations(files)
}

func readMigrations(files fs.FS) (migrations, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return migrations{}, err
	}
	m := migrations{files: files, sums: map[int64]string{}}
	for _, name := range names {
		number, _, _ := strings.Cut(name, "_")
		v, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return migrations{}, wrap(err, "read number of migration %s", name)
		}
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return migrations{}, wrap(err, "read migration %s", name)
		}
		sum := sha256.Sum256(b)
		m.sums[v] = hex.EncodeToString(sum[:])
	}
	return m, nil
}

// changed returns an error if an applied migration was worded otherwise than it is in this program.
func (m migrations) changed(have map[int64]string) error {
	for _, v := range slices.Sorted(maps.Keys(have)) {
		if sum, known := m.sums[v]; known && sum != have[v] {
			return fmt.Errorf("migration %d was applied with checksum %.12s, but this program has it with %.12s: "+
				"a migration must not change once it is applied", v, have[v], sum)
		}
	}
	return nil
}

// newer returns an error if the database is ahead of this program.
func (m migrations) newer(have map[int64]string) error {
	for _, v := range slices.Sorted(maps.Keys(have)) {
		if _, known := m.sums[v]; !known {
			return fmt.Errorf("the database has migration %d, which this program does not know: "+
				"it belongs to a newer version", v)
		}
	}
	return nil
}

func (m migrations) pending(have map[int64]string) bool {
	for v := range m.sums {
		if have[v] == "" {
			return true
		}
	}
	return false
}

// Migrate brings the schema up to date. Several may do so at once. It refuses a database that was given another wording
// of a migration than this program has, or one this program does not know.
func (db *DB) Migrate(ctx context.Context) error {
	d := db.engine.dialect()
	pool, err := d.open()
	if err != nil {
		return wrap(err, "open database for migration")
	}
	defer pool.Close()
	l := ledger{dialect: d, sums: db.migrations.sums}
	if err := l.prepare(ctx, pool); err != nil {
		return wrap(err, "prepare migration")
	}
	// Another process may be at it too. Where nothing locks it out, one of both fails on what the other has done
	// already: go on as long as there is progress.
	var failed error
	for before := -1; ; {
		have, err := l.applied(ctx, pool)
		if err != nil {
			return wrap(err, "read applied migrations")
		}
		if err := errors.Join(db.migrations.changed(have), db.migrations.newer(have)); err != nil {
			return err
		}
		if !db.migrations.pending(have) {
			return nil
		}
		if len(have) == before {
			return wrap(failed, "migrate")
		}
		before = len(have)
		failed = db.up(ctx, pool, l)
	}
}

func (db *DB) up(ctx context.Context, pool *sql.DB, l ledger) error {
	options, err := l.dialect.options()
	if err != nil {
		return err
	}
	options = append(options, goose.WithStore(l), goose.WithDisableGlobalRegistry(true))
	p, err := goose.NewProvider(goose.DialectCustom, pool, l.dialect.files(db.migrations.files), options...)
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// Ping returns nil if the database answers and is migrated, and ErrPending if it answers but lacks migrations.
// A database that is ahead is fine: while replicas are replaced one by one, the old ones still work.
func (db *DB) Ping(ctx context.Context) error {
	have := map[int64]string{}
	err := db.Read(ctx, func(tx *Tx) error {
		_, ok, err := one(tx, scanPresence, db.engine.dialect().exists())
		if err != nil || !ok {
			return err
		}
		rows, err := all(tx, scanApplied, listApplied)
		for _, r := range rows {
			have[r.version] = r.sum
		}
		return err
	})
	if err != nil {
		return wrap(err, "reach database")
	}
	if err := db.migrations.changed(have); err != nil {
		return err
	}
	if db.migrations.pending(have) {
		return ErrPending
	}
	return nil
}

func scanPresence(r scanner) (n int64, err error) {
	err = r.Scan(&n)
	return n, err
}
