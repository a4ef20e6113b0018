package testkit

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"portico/internal/store"
)

// serverVariable names a PostgreSQL server to use instead of a private one; its user must be allowed to create databases.
const serverVariable = "PORTICO_TEST_POSTGRES"

// process holds what the tests of one process share.
var process servers

type servers struct {
	mu     sync.Mutex // guards everything, also creation, so that one test waits for what another begins
	tried  bool
	err    error
	own    *cluster
	url    url.URL
	prefix string   // of the names of databases
	count  int      // of databases
	free   []string // migrated databases without rows
	tables []string // what a migrated database has
	sqlite []byte   // a migrated SQLite database, once there is one
}

// start finds or starts the server.
func (s *servers) start() error {
	if s.tried {
		return s.err
	}
	s.tried = true
	s.prefix = fmt.Sprintf("portico_test_%08x_", rand.Uint32())
	if given := os.Getenv(serverVariable); given != "" {
		u, err := url.Parse(given)
		if err != nil {
			s.err = fmt.Errorf("%s: %w", serverVariable, err)
			return s.err
		}
		s.url = *u
		return nil
	}
	if s.own, s.err = startCluster(); s.err == nil {
		s.url = s.own.url
	}
	return s.err
}

func (s *servers) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.own != nil {
		s.own.stop()
		return
	}
	for _, name := range s.free {
		s.drop(name)
	}
}

// at returns the URL of a database.
func (s *servers) at(name string) string {
	u := s.url
	u.Path = "/" + name
	return u.String()
}

// admin runs a statement on the server's maintenance database.
func (s *servers) admin(q string) error {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, s.url.String())
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, q)
	return err
}

// create makes an empty database.
func (s *servers) create() (string, error) {
	s.count++
	name := fmt.Sprint(s.prefix, s.count)
	return name, s.admin("CREATE DATABASE " + name)
}

func (s *servers) drop(name string) error {
	return s.admin("DROP DATABASE " + name + " WITH (FORCE)")
}

// migrated returns a migrated database without rows.
func (s *servers) migrated() (string, error) {
	if n := len(s.free); n > 0 {
		name := s.free[n-1]
		s.free = s.free[:n-1]
		return name, nil
	}
	name, err := s.create()
	if err != nil {
		return "", err
	}
	if err := migrate(store.Options{URL: s.at(name)}); err != nil {
		return "", err
	}
	if s.tables == nil {
		ctx := context.Background()
		c, err := pgx.Connect(ctx, s.at(name))
		if err != nil {
			return "", err
		}
		defer c.Close(ctx)
		if s.tables, err = tables(ctx, c); err != nil {
			return "", err
		}
	}
	return name, nil
}

// giveBack empties a migrated database for the next test, which takes a tenth of the time of making a new one. One that
// cannot be emptied or has grown is dropped.
func (s *servers) giveBack(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if rows, err := s.empty(name); err == nil && rows < manyRows {
		s.free = append(s.free, name)
		return nil
	}
	return s.drop(name)
}

// manyRows is where the space that deleted rows still take begins to matter.
const manyRows = 10000

func (s *servers) empty(name string) (rows int64, err error) {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, s.at(name))
	if err != nil {
		return 0, err
	}
	defer c.Close(ctx)
	have, err := tables(ctx, c)
	if err != nil {
		return 0, err
	}
	if !slices.Equal(have, s.tables) {
		return 0, fmt.Errorf("%s has other tables than before: %q", name, have)
	}
	var busy int
	err = c.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'`).Scan(&busy)
	if err != nil || busy > 0 {
		return 0, fmt.Errorf("%s is in use: %w", name, err)
	}
	q := strings.Builder{}
	q.WriteString("SET session_replication_role = replica;") // so that the order of tables does not matter
	for _, table := range have {
		if table != "migration" && table != "migration_lock" {
			q.WriteString("DELETE FROM " + pgx.Identifier{table}.Sanitize() + ";")
		}
	}
	results, err := c.PgConn().Exec(ctx, q.String()).ReadAll()
	for _, r := range results {
		rows += r.CommandTag.RowsAffected()
	}
	return rows, err
}

func tables(ctx context.Context, c *pgx.Conn) ([]string, error) {
	rows, err := c.Query(ctx, `SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
