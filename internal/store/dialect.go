package store

import (
	"database/sql"
	"io"
	"io/fs"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// dialect is what migrating needs to know about a database.
type dialect interface {
	open() (*sql.DB, error)
	files(fs.FS) fs.FS // the migrations as this database takes them
	exists() string    // a query that returns a row if the table of applied migrations is there
	options() ([]goose.ProviderOption, error)
	// scrub are statements, each for itself, after which the files no longer hold what rows with secrets held before.
	scrub() []string
}

type sqliteDialect struct{ dsn string }

func (d sqliteDialect) open() (*sql.DB, error) { return sql.Open("sqlite", d.dsn) }
func (sqliteDialect) files(f fs.FS) fs.FS      { return f }
func (sqliteDialect) exists() string {
	return `SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migration'`
}
func (sqliteDialect) options() ([]goose.ProviderOption, error) { return nil, nil }
func (sqliteDialect) scrub() []string {
	return []string{`VACUUM`, `PRAGMA wal_checkpoint(TRUNCATE)`}
}

type postgresDialect struct{ config *pgx.ConnConfig }

func (d postgresDialect) open() (*sql.DB, error) { return stdlib.OpenDB(*d.config), nil }
func (postgresDialect) files(f fs.FS) fs.FS      { return byteOrder{f} }
func (postgresDialect) exists() string {
	return `SELECT 1 WHERE to_regclass('migration') IS NOT NULL`
}
func (postgresDialect) scrub() []string {
	return []string{`VACUUM FULL access_key`, `VACUUM FULL idempotency`, `VACUUM FULL launch_record`, `VACUUM FULL launch_plan`,
		`VACUUM FULL provisioned_product`, `VACUUM FULL stack`, `VACUUM FULL stack_resource`, `VACUUM FULL stack_event`, `VACUUM FULL change_set`, `VACUUM FULL stack_export`}
}

// options makes racing starts wait for each other by a row in a table, which unlike advisory locks every database that
// speaks PostgreSQL has.
func (postgresDialect) options() ([]goose.ProviderOption, error) {
	l, err := lock.NewPostgresTableLocker(
		lock.WithTableName("migration_lock"),
		lock.WithTableLockTimeout(200*time.Millisecond, 1500),
		lock.WithTableUnlockTimeout(200*time.Millisecond, 300),
		lock.WithTableLogger(slog.New(slog.DiscardHandler)),
	)
	return []goose.ProviderOption{goose.WithLocker(l)}, err
}

// byteOrder is a directory of migrations in which every TEXT column sorts by bytes. SQLite does so anyway; PostgreSQL
// would sort by the language of the database, and a page that goes on behind a key would skip or repeat rows.
type byteOrder struct{ fs.FS }

// textType is TEXT as the type of a column, not as part of a name or a literal.
var textType = regexp.MustCompile(`(^|[\s(,])TEXT\b`)

func (b byteOrder) Open(name string) (fs.File, error) {
	f, err := b.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return f, err
	}
	text, err := io.ReadAll(f)
	if err != nil {
		f.Close()
		return nil, err
	}
	return rewritten{f, strings.NewReader(textType.ReplaceAllString(string(text), `${1}TEXT COLLATE "C"`))}, nil
}

type rewritten struct {
	fs.File
	text *strings.Reader
}

func (r rewritten) Read(p []byte) (int, error) { return r.text.Read(p) }
