package main

import (
	"context"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"sync"

	"portico/internal/assembly"
	"portico/internal/catalog"
	"portico/internal/store"
	"portico/internal/testkit"
)

// serveWithin is the argument that makes this program a server with the binary's own parts.
const serveWithin = "serve-within"

// withinMain serves like the binary in production mode. It can do what the binary cannot: take another quota, and be
// profiled.
func withinMain(ctx context.Context, args []string) error {
	quotas := catalog.DefaultQuotas()
	var o store.Options
	flags := flag.NewFlagSet(serveWithin, flag.ContinueOnError)
	flags.StringVar(&o.Dir, "data", "", "directory of the embedded database")
	flags.StringVar(&o.URL, "database-url", "", "PostgreSQL to use instead")
	flags.IntVar(&quotas.SharedAccounts, "shared-accounts", quotas.SharedAccounts, "accounts a portfolio may reach, 0 for any number")
	profile := flags.String("profile", "", "prefix of the profiles to write at the end")
	if err := flags.Parse(args); err != nil {
		return err
	}
	o.Keys = testkit.Keys()
	db, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	defer db.Close()
	// As the binary logs by default.
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	h, err := assembly.New(assembly.Options{DB: db, Log: log, Quotas: &quotas})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	work.Go(func() { h.Jobs.Run(ctx) })
	if *profile != "" {
		stop, err := profiles(*profile)
		if err != nil {
			return err
		}
		defer stop()
	}
	return serve(ctx, h)
}

// profiles notes where time goes and what is allocated until stop is called.
func profiles(prefix string) (stop func(), err error) {
	if err := os.MkdirAll(filepath.Dir(prefix), 0o755); err != nil {
		return nil, err
	}
	cpu, err := os.Create(prefix + ".cpu")
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return nil, err
	}
	return func() {
		pprof.StopCPUProfile()
		cpu.Close()
		if allocs, err := os.Create(prefix + ".allocs"); err == nil {
			runtime.GC()
			pprof.Lookup("allocs").WriteTo(allocs, 0)
			allocs.Close()
		}
	}, nil
}
