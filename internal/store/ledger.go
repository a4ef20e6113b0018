package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/pressly/goose/v3/database"
)

// ledger is the table of applied migrations. It takes the place of goose's own, so that a migration and its checksum
// are recorded in the transaction that applies it.
type ledger struct {
	dialect dialect
	sums    map[int64]string
}

const (
	createLedger = `CREATE TABLE IF NOT EXISTS migration (version BIGINT PRIMARY KEY, sum TEXT NOT NULL, applied BIGINT NOT NULL)`
	startLedger  = `INSERT INTO migration (version, sum, applied) VALUES (0, '', 0) ON CONFLICT DO NOTHING`
	listApplied  = `SELECT version, sum FROM migration WHERE version > 0`
)

type appliedRow struct {
	version int64
	sum     string
}

func scanApplied(r scanner) (a appliedRow, err error) {
	err = r.Scan(&a.version, &a.sum)
	return a, err
}

// prepare makes the table. When two do so at once on PostgreSQL, one of them fails and finds it there the next time.
func (l ledger) prepare(ctx context.Context, db database.DBTxConn) error {
	var err error
	for range 5 {
		var ok bool
		if ok, err = l.TableExists(ctx, db); ok || ctx.Err() != nil {
			break
		}
		_, err = db.ExecContext(ctx, createLedger)
	}
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, startLedger)
	return err
}

func (l ledger) applied(ctx context.Context, db database.DBTxConn) (map[int64]string, error) {
	rs, err := db.QueryContext(ctx, listApplied)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	have := map[int64]string{}
	for rs.Next() {
		a, err := scanApplied(rs)
		if err != nil {
			return nil, err
		}
		have[a.version] = a.sum
	}
	return have, rs.Err()
}

// The methods below are goose's database.Store.

func (l ledger) Tablename() string { return "migration" }

func (l ledger) TableExists(ctx context.Context, db database.DBTxConn) (bool, error) {
	var n int64
	err := db.QueryRowContext(ctx, l.dialect.exists()).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

func (l ledger) CreateVersionTable(ctx context.Context, db database.DBTxConn) error {
	_, err := db.ExecContext(ctx, createLedger)
	return err
}

func (l ledger) Insert(ctx context.Context, db database.DBTxConn, r database.InsertRequest) error {
	_, err := db.ExecContext(ctx, `INSERT INTO migration (version, sum, applied) VALUES ($1, $2, $3)`,
		r.Version, l.sums[r.Version], micros(time.Now()))
	return err
}

func (l ledger) Delete(context.Context, database.DBTxConn, int64) error {
	return errors.New("migrations go forward only")
}

func (l ledger) GetMigration(ctx context.Context, db database.DBTxConn, v int64) (*database.GetMigrationResult, error) {
	var us int64
	err := db.QueryRowContext(ctx, `SELECT applied FROM migration WHERE version = $1`, v).Scan(&us)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, database.ErrVersionNotFound
	}
	return &database.GetMigrationResult{Timestamp: fromMicros(us), IsApplied: true}, err
}

func (l ledger) GetLatestVersion(ctx context.Context, db database.DBTxConn) (int64, error) {
	var v sql.NullInt64
	err := db.QueryRowContext(ctx, `SELECT max(version) FROM migration`).Scan(&v)
	if err == nil && !v.Valid {
		return 0, database.ErrVersionNotFound
	}
	return v.Int64, err
}

func (l ledger) ListMigrations(ctx context.Context, db database.DBTxConn) ([]*database.ListMigrationsResult, error) {
	rs, err := db.QueryContext(ctx, `SELECT version FROM migration ORDER BY version DESC`)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	var list []*database.ListMigrationsResult
	for rs.Next() {
		r := &database.ListMigrationsResult{IsApplied: true}
		if err := rs.Scan(&r.Version); err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, rs.Err()
}
