package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/store"
	"portico/internal/testkit"
)

// postgresVariable names a PostgreSQL server to measure instead of a private one.
const postgresVariable = "PORTICO_BENCH_POSTGRES"

// masterKey is the file with the master key of every database.
const masterKey = "master.key"

// startedAt sets the names of one run apart from those of another.
var startedAt = time.Now().Unix()

// lab is what the measurements share.
type lab struct {
	plan    plan
	log     io.Writer
	under   string
	profile string
	loads   string
	lean    bool

	dir     string // everything the run writes
	binary  string
	self    string
	pg      *url.URL // the server's maintenance database
	ceiling *process
	table   table
	undo    []func()
	count   int      // of databases
	made    []string // databases on the PostgreSQL server
	serial  int      // of portfolios created

	launched atomic.Int64
}

func (l *lab) say(format string, args ...any) {
	fmt.Fprintf(l.log, "%s "+format+"\n", append([]any{time.Now().Format("15:04:05")}, args...)...)
}

// open builds the binary and starts what every part needs.
func (l *lab) open(ctx context.Context) (err error) {
	if l.dir, err = os.MkdirTemp(l.under, "portico-bench-"); err != nil {
		return err
	}
	l.undo = append(l.undo, func() { os.RemoveAll(l.dir) })
	if err = os.WriteFile(filepath.Join(l.dir, masterKey), []byte(testkit.MasterKey), 0o600); err != nil {
		return err
	}
	if l.self, err = os.Executable(); err != nil {
		return err
	}
	l.say("build")
	if l.binary, err = build(ctx, l.dir); err != nil {
		return err
	}
	address := os.Getenv(postgresVariable)
	if address == "" {
		own, stop, err := testkit.Cluster()
		if err != nil {
			return err
		}
		l.undo = append(l.undo, stop)
		address = own
	}
	if l.pg, err = url.Parse(address); err != nil {
		return fmt.Errorf("%s: %w", postgresVariable, err)
	}
	l.undo = append(l.undo, l.dropDatabases)
	secrets, err := json.Marshal(secrets())
	if err != nil {
		return err
	}
	l.ceiling, err = l.start(ctx, bytes.NewReader(secrets), l.self, serveCeiling)
	return err
}

func (l *lab) close() {
	for i := len(l.undo) - 1; i >= 0; i-- {
		l.undo[i]()
	}
}

// start runs a server until the lab is closed, if it is not stopped before.
func (l *lab) start(ctx context.Context, input io.Reader, program string, args ...string) (*process, error) {
	p, err := start(ctx, input, program, args...)
	if err == nil {
		l.undo = append(l.undo, func() { p.stop() })
	}
	return p, err
}

// portico serves a database: the real binary, or this program when it shall be profiled.
func (l *lab) portico(ctx context.Context, o store.Options, name string) (*process, error) {
	if l.profile != "" {
		return l.within(ctx, o, "-profile", filepath.Join(l.profile, name))
	}
	args := []string{"serve", "--listen", "127.0.0.1:0", "--rate", "account=0,address=0", "--master-key-file", filepath.Join(l.dir, masterKey)}
	return l.start(ctx, nil, l.binary, append(args, where(o, "--")...)...)
}

func (l *lab) within(ctx context.Context, o store.Options, args ...string) (*process, error) {
	return l.start(ctx, nil, l.self, append(append([]string{serveWithin}, where(o, "-")...), args...)...)
}

func where(o store.Options, dashes string) []string {
	if o.URL != "" {
		return []string{dashes + "database-url", o.URL}
	}
	return []string{dashes + "data", o.Dir}
}

// kinds are the two databases.
func kinds() []string { return []string{"SQLite", "PostgreSQL"} }

// database makes an empty database of a kind.
func (l *lab) database(ctx context.Context, kind string) (store.Options, error) {
	l.count++
	name := fmt.Sprintf("portico_bench_%d_%d", startedAt, l.count)
	if kind == "SQLite" {
		dir := filepath.Join(l.dir, name)
		return store.Options{Dir: dir, Keys: testkit.Keys()}, os.Mkdir(dir, 0o700)
	}
	return l.postgres(ctx, name, "CREATE DATABASE "+name)
}

func (l *lab) postgres(ctx context.Context, name, create string) (store.Options, error) {
	l.made = append(l.made, name)
	u := *l.pg
	u.Path = "/" + name
	return store.Options{URL: u.String(), Keys: testkit.Keys()}, execute(ctx, l.pg.String(), create)
}

// copyOf makes a database like another, which nobody may use meanwhile.
func (l *lab) copyOf(ctx context.Context, o store.Options) (store.Options, error) {
	l.count++
	name := fmt.Sprintf("portico_bench_%d_%d", startedAt, l.count)
	if o.URL == "" {
		dir := filepath.Join(l.dir, name)
		return store.Options{Dir: dir, Keys: testkit.Keys()}, os.CopyFS(dir, os.DirFS(o.Dir))
	}
	u, err := url.Parse(o.URL)
	if err != nil {
		return store.Options{}, err
	}
	return l.postgres(ctx, name, "CREATE DATABASE "+name+" TEMPLATE "+u.Path[1:])
}

// settle lets a database forget how it was filled: PostgreSQL gathers the statistics that it would gather by itself in a
// minute or so.
func settle(ctx context.Context, o store.Options) error {
	if o.URL == "" {
		return nil
	}
	return errors.Join(execute(ctx, o.URL, "VACUUM ANALYZE"), execute(ctx, o.URL, "CHECKPOINT"))
}

func (l *lab) dropDatabases() {
	for _, name := range l.made {
		if err := execute(context.Background(), l.pg.String(), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			l.say("drop %s: %v", name, err)
		}
	}
}

func execute(ctx context.Context, address, statement string) error {
	c, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, statement)
	return err
}

// setting reads a setting of the PostgreSQL server.
func (l *lab) setting(ctx context.Context, name string) (value string, err error) {
	c, err := pgx.Connect(ctx, l.pg.String())
	if err != nil {
		return "", err
	}
	defer c.Close(ctx)
	err = c.QueryRow(ctx, "SELECT current_setting($1)", name).Scan(&value)
	return value, err
}

// series is the figures of one server in rounds that alternate with those of others.
type series struct {
	address string
	cpu     meter // of everything that works for a request but the client; nil if that cannot be told
	load    func() (*load, error)
	rates   []float64 // requests per second
	costs   []float64 // processor time of a request in microseconds, the client's included
}

func always(l *load) func() (*load, error) { return func() (*load, error) { return l, nil } }

// alternate gives every server its turn in every round, after one short turn that does not count.
func (l *lab) alternate(ctx context.Context, all ...*series) error {
	for i := -1; i < l.plan.rounds; i++ {
		for _, s := range all {
			if i >= 0 {
				if err := l.turn(ctx, s, l.plan.round); err != nil {
					return err
				}
				continue
			}
			warm := *s
			if err := l.turn(ctx, &warm, min(l.plan.round, 300*time.Millisecond)); err != nil {
				return err
			}
		}
	}
	return nil
}

// turn measures one server for one round.
func (l *lab) turn(ctx context.Context, s *series, d time.Duration) error {
	load, err := s.load()
	if err != nil {
		return err
	}
	all := meter(func() (time.Duration, error) { return 0, nil })
	if s.cpu != nil {
		all = sum(own, s.cpu)
	}
	before, err := all()
	if err != nil {
		return err
	}
	n, took, err := l.round(ctx, s.address, d, load)
	if err != nil {
		return err
	}
	after, err := all()
	s.rates = append(s.rates, float64(n)/took.Seconds())
	s.costs = append(s.costs, float64((after-before).Nanoseconds())/1000/float64(max(n, 1)))
	return err
}
