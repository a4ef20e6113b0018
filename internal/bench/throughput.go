package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // for the bare loop
)

// The least that is wanted, as parts of the ceiling and of the bare commits.
const (
	readsOnSQLite   = 0.50
	readsOnPostgres = 0.35
	writesOnSQLite  = 0.50
)

// throughput measures requests per second against a server that only verifies signatures and, for what is written,
// against the commits that the disk takes.
func (l *lab) throughput(ctx context.Context) error {
	servers := map[string]*process{}
	for _, kind := range kinds() {
		o, err := l.database(ctx, kind)
		if err != nil {
			return err
		}
		if err := populate(ctx, o, l.plan.sizes[0], l.plan.shares); err != nil {
			return fmt.Errorf("fill %s: %w", kind, err)
		}
		if err := settle(ctx, o); err != nil {
			return err
		}
		if servers[kind], err = l.portico(ctx, o, "throughput-"+kind); err != nil {
			return err
		}
		defer servers[kind].stop()
	}
	fsync, err := l.setting(ctx, "fsync")
	if err != nil {
		return err
	}
	onPG, err := l.onPostgres(ctx, servers["PostgreSQL"])
	if err != nil {
		return err
	}
	t := l.table.section("Requests per second against the ceiling (PostgreSQL with fsync="+fsync+")",
		"operation", "ceiling /s", "SQLite /s", "of ceiling", "goal", "PostgreSQL /s", "of ceiling", "goal")
	c := l.table.section("Processor time of a request, client, server and database together, in µs",
		"operation", "ceiling", "SQLite", "ceiling's part", "PostgreSQL", "ceiling's part")
	for _, make := range []func() (*load, error){describeOwned, describeImported, searchProducts, listAccepted} {
		load, err := make()
		if err != nil {
			return err
		}
		if !strings.Contains(load.name, l.loads) {
			continue
		}
		l.say("  %s", load.name)
		if err := l.settleCeiling(ctx, servers["SQLite"], load); err != nil {
			return err
		}
		top := &series{address: l.ceiling.address, cpu: l.ceiling.cpu, load: always(load.again())}
		lite := &series{address: servers["SQLite"].address, cpu: servers["SQLite"].cpu, load: always(load)}
		pg := &series{address: servers["PostgreSQL"].address, cpu: onPG, load: always(load)}
		if err := l.alternate(ctx, top, lite, pg); err != nil {
			return err
		}
		a, b := ratio(lite.rates, top.rates), ratio(pg.rates, top.rates)
		t.add(load.name, median(top.rates), median(lite.rates), percent(a), atLeast(readsOnSQLite, a),
			median(pg.rates), percent(b), atLeast(readsOnPostgres, b))
		c.add(load.name, median(top.costs), median(lite.costs), percent(ratio(top.costs, lite.costs)),
			median(pg.costs), percent(ratio(top.costs, pg.costs)))
	}
	return l.creation(ctx, servers["SQLite"], servers["PostgreSQL"], t)
}

// onPostgres is the processor time of a server and of the database behind it; nil if that is on another machine.
func (l *lab) onPostgres(ctx context.Context, p *process) (meter, error) {
	if os.Getenv(postgresVariable) != "" {
		return nil, nil
	}
	behind, err := l.backends(ctx)
	return sum(p.cpu, behind), err
}

// settleCeiling makes the ceiling answer what the operation answers.
func (l *lab) settleCeiling(ctx context.Context, p *process, load *load) error {
	body, err := ask(ctx, p.address, load.requests[0])
	if err != nil {
		return fmt.Errorf("%s: %w", load.name, err)
	}
	if err := load.check(body); err != nil {
		return fmt.Errorf("%s answered %.300s: %w", load.name, body, err)
	}
	return answerWith(ctx, l.ceiling.address, bytes.NewReader(body))
}

// creation measures CreatePortfolio.
func (l *lab) creation(ctx context.Context, lite, pg *process, t *section) error {
	disk, err := openDisk(ctx, filepath.Join(l.dir, "bare.db"))
	if err != nil {
		return err
	}
	defer disk.db.Close()
	fresh := func() (*load, error) {
		// As many as a round may need; one that runs out of them ends early.
		return createPortfolio(int(l.plan.round.Seconds()*12000), &l.serial)
	}
	first, err := fresh()
	if err != nil {
		return err
	}
	if !strings.Contains(first.name, l.loads) {
		return nil
	}
	l.say("  %s", first.name)
	if err := l.settleCeiling(ctx, lite, first); err != nil {
		return err
	}
	top := &series{address: l.ceiling.address, load: always(first.again())}
	onLite, onPG := &series{address: lite.address, load: fresh}, &series{address: pg.address, load: fresh}
	var commits []float64
	for range l.plan.rounds {
		rate, err := disk.commits(ctx, l.plan.round)
		if err != nil {
			return err
		}
		commits = append(commits, rate)
		for _, s := range []*series{top, onLite, onPG} {
			if err := l.turn(ctx, s, l.plan.round); err != nil {
				return err
			}
		}
	}
	a, b := ratio(onLite.rates, top.rates), ratio(onPG.rates, top.rates)
	t.add(first.name, median(top.rates), median(onLite.rates), percent(a), "", median(onPG.rates), percent(b), "")
	w := l.table.section("What is written against the disk", "operation", "bare commits /s", "SQLite /s", "of the commits", "goal")
	c := ratio(onLite.rates, commits)
	w.add(first.name, median(commits), median(onLite.rates), percent(c), atLeast(writesOnSQLite, c))
	return nil
}

// disk is a tiny database of its own on the disk the servers use.
type disk struct {
	db     *sql.DB
	insert *sql.Stmt
	n      int
}

func openDisk(ctx context.Context, path string) (*disk, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, "CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL)"); err != nil {
		return nil, err
	}
	insert, err := db.PrepareContext(ctx, "INSERT INTO thing (id, name) VALUES ($1, $2)")
	return &disk{db: db, insert: insert}, err
}

// commits returns how many rows a second one writer can commit, each on its own, so that they survive a power cut.
func (d *disk) commits(ctx context.Context, for_ time.Duration) (float64, error) {
	began, n := time.Now(), 0
	for ; time.Since(began) < for_; n++ {
		d.n++
		// No cancellable context: the driver would start a goroutine for each statement.
		if _, err := d.insert.Exec(d.n, "Portfolio"); err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(began).Seconds(), ctx.Err()
}
