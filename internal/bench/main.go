// Command bench measures Portico against what the same machine could do at best, in one run, and prints a table of
// ratios. Absolute figures stand beside them and mean nothing on another machine.
//
//	go run ./internal/bench           about seven minutes
//	go run ./internal/bench -quick    about one minute, with fewer rounds and no organization of 100,000 accounts
//
// The servers are processes of their own: the real binary in production mode, and a bare net/http handler that verifies
// the same signatures and answers the same bytes. PostgreSQL is a private server like that of the tests, unless
// PORTICO_BENCH_POSTGRES is the URL of another, whose user may create databases.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == serveCeiling {
		return ceilingMain(ctx)
	}
	if len(args) > 0 && args[0] == serveWithin {
		return withinMain(ctx, args[1:])
	}
	l := &lab{log: os.Stderr}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	quick := flags.Bool("quick", false, "fewer and shorter rounds, organizations of up to 10,000 accounts")
	only := flags.String("only", "", "run only these parts, separated by commas: "+strings.Join(partNames(), ", "))
	flags.StringVar(&l.under, "dir", "", "directory on the disk to measure (default the system's for temporary files)")
	flags.BoolVar(&l.lean, "lean", false, "a client that costs next to nothing, instead of Go's own")
	flags.StringVar(&l.loads, "loads", "", "measure only loads whose name contains this")
	flags.StringVar(&l.profile, "profile", "", "serve from the bench itself and write CPU profiles into this directory")
	if err := flags.Parse(args); err != nil {
		return err
	}
	l.plan = full()
	if *quick {
		l.plan = brief()
	}
	return l.measure(ctx, *only)
}

// plan is how much is measured.
type plan struct {
	conns  int           // concurrent connections of the client
	rounds int           // of each measurement; medians are taken over them
	round  time.Duration // of one server in one round
	sizes  []int         // accounts in the organization
	shares int           // rows of account shares between others
}

func full() plan {
	return plan{conns: 16, rounds: 9, round: 600 * time.Millisecond, sizes: []int{100, 10_000, 100_000}, shares: 100_000}
}

func brief() plan {
	return plan{conns: 16, rounds: 3, round: 300 * time.Millisecond, sizes: []int{100, 10_000}, shares: 10_000}
}

type part struct {
	name string
	run  func(*lab, context.Context) error
}

func parts() []part {
	return []part{
		{"footprint", (*lab).footprint},
		{"throughput", (*lab).throughput},
		{"unrest", (*lab).unrest},
		{"authorization", (*lab).authorization},
		{"visibility", (*lab).visibility},
		{"scale", (*lab).scale},
		{"launch", (*lab).launch},
	}
}

func partNames() (names []string) {
	for _, p := range parts() {
		names = append(names, p.name)
	}
	return names
}

// measure runs the parts and prints the table, also of what was measured before something failed.
func (l *lab) measure(ctx context.Context, only string) error {
	began := time.Now()
	defer l.close()
	err := l.open(ctx)
	for _, p := range parts() {
		if err != nil || only != "" && !strings.Contains(","+only+",", ","+p.name+",") {
			continue
		}
		l.say("%s", p.name)
		if err = p.run(l, ctx); err != nil {
			err = fmt.Errorf("%s: %w", p.name, err)
		}
	}
	fmt.Print(l.table.String())
	client := "Go's HTTP client"
	if l.lean {
		client = "lean client"
	}
	fmt.Printf("\n%s, %d connections, %d rounds of %s; %s in all.\n", client, l.plan.conns, l.plan.rounds, l.plan.round, time.Since(began).Round(time.Second))
	if missed := l.table.missed(); missed > 0 {
		err = errors.Join(err, fmt.Errorf("%d goals were missed", missed))
	}
	return err
}
