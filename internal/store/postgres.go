package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// postgres is a pool of connections to a PostgreSQL server.
type postgres struct {
	pool   *pgxpool.Pool
	config *pgx.ConnConfig // without what the pool adds
	weave  weave           // of the lanes of all connections
	lane   chan struct{}   // holds the one place of writes that have lost against another
}

// readDefaults make a transaction that nobody begins explicitly one for reading; see session. They are sent when a
// connection starts, so a pooler that would hand sessions round between transactions refuses them, as it must.
var readDefaults = map[string]string{
	"default_transaction_isolation": "repeatable read",
	"default_transaction_read_only": "on",
}

// planDefaults keep the planner from reading small tables from end to end: a serializable transaction that does conflicts
// with every write to the table, and a plan that was made while it was small is kept when it has grown. Every statement
// has its index (the store suite sees to it). Where a scan is without alternative its price is made up, so nothing may be
// compiled because of it.
var planDefaults = map[string]string{"enable_seqscan": "off", "jit": "off"}

// How a write begins, by its isolation.
var beginWrite = [...]string{
	serializable: "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE",
	guarded:      "BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE",
}

// A conflict is tried again so often, with a pause that doubles up to maxPause: in all about two seconds.
const (
	maxTries = 30
	maxPause = 128 * time.Millisecond
)

func openPostgres(ctx context.Context, o Options) (engine, error) {
	c, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return nil, wrap(err, "read database URL")
	}
	p := &postgres{config: c.ConnConfig.Copy(), lane: make(chan struct{}, 1)}
	switch {
	case o.Conns > 0:
		c.MaxConns = int32(o.Conns)
	case !strings.Contains(o.URL, "pool_max_conns"):
		c.MaxConns = int32(max(8, 4*runtime.GOMAXPROCS(0)))
	}
	maps.Copy(c.ConnConfig.RuntimeParams, readDefaults)
	maps.Copy(c.ConnConfig.RuntimeParams, planDefaults)
	if p.pool, err = pgxpool.NewWithConfig(ctx, c); err != nil {
		return nil, wrap(err, "open database")
	}
	return p, nil
}

func (p *postgres) dialect() dialect { return postgresDialect{p.config} }

func (p *postgres) close() { p.pool.Close() }

func (p *postgres) read(ctx context.Context, fn func(*Tx) error) error {
	return p.try(ctx, "", fn)
}

// write runs fn until it wins. Writes that have lost once go one after another: among many at a time in few pages, which is
// what PostgreSQL looks at, they would go on losing against each other.
func (p *postgres) write(ctx context.Context, i isolation, fn func(*Tx) error) error {
	begin := beginWrite[i]
	err := p.try(ctx, begin, fn)
	if err == nil || !conflict(err) {
		return err
	}
	select {
	case p.lane <- struct{}{}:
		defer func() { <-p.lane }()
	case <-ctx.Done():
		return ctx.Err()
	}
	pause := time.Millisecond
	for try := 2; ; try++ {
		err := p.try(ctx, begin, fn)
		if err == nil || try == maxTries || !conflict(err) {
			return err
		}
		select {
		case <-time.After(rand.N(pause)):
		case <-ctx.Done():
			return ctx.Err()
		}
		pause = min(2*pause, maxPause)
	}
}

func code(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// conflict reports whether the transaction lost against another and may win when it is run again. A key that is taken and
// a parent that is gone count too: whoever inserts has looked first, so another write must have come between.
func conflict(err error) bool {
	switch code(err) {
	case "40001", "40P01", "23505", "23503": // serialization failure, deadlock, unique violation, foreign key violation
		return true
	}
	return false
}

// try runs fn in one transaction, which reads only unless begin begins it.
func (p *postgres) try(ctx context.Context, begin string, fn func(*Tx) error) (err error) {
	c, err := p.pool.Acquire(ctx)
	if err != nil {
		return wrap(err, "connect to database")
	}
	defer c.Release() // closes it if it is broken or still in a transaction
	s, err := sessionOn(ctx, c.Conn())
	if err != nil {
		return wrap(err, "connect to database")
	}
	s.begins = begin
	tx := &Tx{ctx: ctx, conn: s}
	if begin != "" {
		s.strand.weave = &p.weave
		tx.lane = &s.strand
	} else {
		tx.recall = new(recall)
	}
	defer tx.end()
	good := false
	defer func() {
		if !good {
			s.rollback()
		}
		s.strand.settle(good, err)
	}()
	if err := fn(tx); err != nil {
		return err
	}
	if tx.err != nil {
		return tx.err
	}
	good = true
	return wrap(s.commit(), "commit")
}

// session is a connection with its prepared statements, and the transaction on it.
//
// All statements of a transaction go through one pipeline, in which PostgreSQL waits for a Sync message before it ends
// the transaction it began by itself. So a Read sends no BEGIN and no COMMIT: its isolation and being read only come
// from the connection's defaults, and its whole overhead is the final Sync. A Write sends its BEGIN along with the first
// statement. Each statement is followed by a Flush, so its result can be read at once.
type session struct {
	conn  *pgx.Conn
	stmts map[string]*pgconn.StatementDescription
	args  pgx.ExtendedQueryBuilder

	begins string           // what begins the transaction; empty for one that begins by itself, and reads only
	pipe   *pgconn.Pipeline // nil until the first statement
	skip   int              // results that come before the one wanted

	strand strand
}

// sessionOn returns the session that lives with a connection.
func sessionOn(ctx context.Context, c *pgx.Conn) (*session, error) {
	data := c.PgConn().CustomData()
	s, ok := data["portico"].(*session)
	if !ok {
		s = &session{conn: c, stmts: map[string]*pgconn.StatementDescription{}}
		data["portico"] = s
	}
	if len(s.stmts) < maxStmts {
		return s, nil
	}
	clear(s.stmts)
	_, err := c.PgConn().Exec(ctx, "DEALLOCATE ALL").ReadAll()
	return s, err
}

func (s *session) exec(ctx context.Context, q string, args []any) (int64, error) {
	r, err := s.run(ctx, q, args)
	if err != nil {
		return 0, err
	}
	tag, err := r.Close()
	return tag.RowsAffected(), err
}

func (s *session) query(ctx context.Context, q string, args []any) (rows, error) {
	r, err := s.run(ctx, q, args)
	if err != nil {
		return nil, err
	}
	return pgx.RowsFromResultReader(s.conn.TypeMap(), r), nil
}

// put puts a statement into the pipeline whose result is read before that of the next one, or with that of the commit.
func (s *session) put(ctx context.Context, q string, args []any) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	if err := s.send(q, args); err != nil {
		return err
	}
	s.skip++
	return nil
}

// begin opens the pipeline, unless it is open.
func (s *session) begin(ctx context.Context) error {
	if s.pipe != nil {
		return nil
	}
	s.pipe = s.conn.PgConn().StartPipeline(ctx)
	if s.begins != "" {
		if err := s.send(s.begins, nil); err != nil {
			return err
		}
		s.skip++
	}
	return nil
}

// run sends a statement and returns its result, of which nothing may have been read yet.
func (s *session) run(ctx context.Context, q string, args []any) (*pgconn.ResultReader, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	if err := s.send(q, args); err != nil {
		return nil, err
	}
	s.pipe.SendFlushRequest()
	if err := s.pipe.Flush(); err != nil {
		return nil, err
	}
	return result[*pgconn.ResultReader](s)
}

// send puts a statement into the pipeline.
func (s *session) send(q string, args []any) error {
	st, err := s.prepare(q)
	if err != nil {
		return err
	}
	if err := s.args.Build(s.conn.TypeMap(), st, args); err != nil {
		return err
	}
	s.pipe.SendQueryStatement(st, s.args.ParamValues, s.args.ParamFormats, s.args.ResultFormats)
	return nil
}

func (s *session) prepare(q string) (*pgconn.StatementDescription, error) {
	if st := s.stmts[q]; st != nil {
		return st, nil
	}
	name := fmt.Sprintf("portico%d", len(s.stmts))
	s.pipe.SendPrepare(name, q, nil)
	s.pipe.SendFlushRequest()
	if err := s.pipe.Flush(); err != nil {
		return nil, err
	}
	st, err := result[*pgconn.StatementDescription](s)
	if err != nil {
		return nil, err
	}
	st.Name = name
	s.stmts[q] = st
	return st, nil
}

// result reads the next result that is wanted.
func result[T any](s *session) (T, error) {
	var none T
	for {
		r, err := s.pipe.GetResults()
		if err != nil {
			s.forget(err)
			return none, err
		}
		if s.skip == 0 {
			v, ok := r.(T)
			if !ok {
				return none, fmt.Errorf("unexpected answer %T from the database", r)
			}
			return v, nil
		}
		s.skip--
	}
}

// forget gives up a connection whose prepared statements the server no longer takes, as after a change of the schema.
func (s *session) forget(err error) {
	if c := code(err); c == "0A000" || c == "26000" {
		s.conn.PgConn().Conn().Close()
	}
}

func (s *session) commit() error {
	if s.pipe == nil {
		return nil
	}
	if s.begins != "" {
		if err := s.send("COMMIT", nil); err != nil {
			s.rollback()
			return err
		}
	}
	err := s.sync()
	if err != nil {
		s.reset()
	}
	return err
}

// sync ends the pipeline, which ends a transaction that was not begun explicitly.
func (s *session) sync() error {
	p := s.pipe
	s.pipe, s.skip = nil, 0
	if err := p.Sync(); err != nil {
		return err
	}
	err := p.Close()
	s.forget(err)
	return err
}

// rollback leaves the connection without a transaction, or broken, and then the pool drops it.
func (s *session) rollback() {
	if s.pipe == nil {
		return
	}
	_ = s.sync() // there is nothing left that could be lost
	s.reset()
}

// reset ends a transaction that is still open behind the pipeline.
func (s *session) reset() {
	if s.conn.IsClosed() || s.conn.PgConn().TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), rollbackTimeout)
	defer cancel()
	s.conn.PgConn().Exec(ctx, "ROLLBACK").ReadAll()
}

const rollbackTimeout = 10 * time.Second
