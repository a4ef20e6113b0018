package store

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
)

// sqlite is the embedded database: one connection that writes, and a pool of connections that only read.
type sqlite struct {
	dsn     string
	readers chan *link
	n       int // readers in all
	writer  *link
	queue   queue
	group   *group // belongs to the holder of the turn
}

func openSQLite(_ context.Context, o Options) (engine, error) {
	if o.Existing {
		if _, err := os.Stat(filepath.Join(o.Dir, fileName)); err != nil {
			return nil, wrap(err, "find database")
		}
	}
	path, err := privateFile(o.Dir)
	if err != nil {
		return nil, wrap(err, "make database file")
	}
	sync := "FULL"
	if o.Relaxed {
		sync = "NORMAL"
	}
	// The busy timeout comes first: turning on WAL is already an access that may meet another process.
	file := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path)}
	dsn := file.String() + "?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)" +
		"&_pragma=foreign_keys(1)&_pragma=synchronous(" + sync + ")"
	n := o.Conns
	if n == 0 {
		n = min(max(4, 2*runtime.GOMAXPROCS(0)), 16)
	}
	s := &sqlite{dsn: dsn, readers: make(chan *link, n)}
	if s.writer, err = dial(dsn); err != nil {
		s.close()
		return nil, wrap(err, "open %s", path)
	}
	for range n {
		l, err := dial(dsn + "&_pragma=query_only(1)")
		if err != nil {
			s.close()
			return nil, wrap(err, "open %s", path)
		}
		l.recall.link = l
		s.readers <- l
		s.n++
	}
	return s, nil
}

const fileName = "portico.db"

// privateFile makes the database file, which holds secrets, in a directory that may be open to others. SQLite gives its
// other files the same mode.
func privateFile(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	path, err := filepath.Abs(filepath.Join(dir, fileName))
	if err != nil {
		return "", err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	return path, f.Close()
}

func (s *sqlite) dialect() dialect { return sqliteDialect{dsn: s.dsn} }

// close waits until it has every connection for itself. Whoever comes later finds it closed.
func (s *sqlite) close() {
	var idle []*link
	for range s.n {
		idle = append(idle, <-s.readers)
	}
	for _, l := range idle {
		l.close()
		s.readers <- l
	}
	if s.writer != nil {
		s.queue.enter(context.Background())
		s.writer.close()
		s.queue.leave()
	}
}

func (s *sqlite) read(ctx context.Context, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var l *link
	select {
	case l = <-s.readers:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { s.readers <- l }()
	if err := l.run("BEGIN"); err != nil {
		return wrap(err, "begin")
	}
	defer l.run("ROLLBACK")
	l.recall.asked = false
	tx := &Tx{ctx: ctx, conn: l, recall: &l.recall}
	defer tx.end()
	if err := fn(tx); err != nil {
		return err
	}
	return tx.err
}
