package main

import (
	"fmt"
	"log/slog"
	"time"

	"portico/internal/assembly"
	"portico/internal/catalog"
	"portico/internal/jobs"
	"portico/internal/store"
)

// whole is everything the process does.
func whole(db *store.DB, log *slog.Logger, s settings) (*assembly.Whole, error) {
	if s.shareDelay < 0 {
		return nil, fmt.Errorf("--share-delay %s: must not be negative", s.shareDelay)
	}
	if s.workers < 0 || s.perAccount < 0 || s.lease < minLease {
		return nil, fmt.Errorf("--workers and --launches-per-account must not be negative, and --job-lease not shorter than %s", minLease)
	}
	quotas := catalog.DefaultQuotas()
	for name, n := range s.quotas {
		if err := quotas.Set(name, n); err != nil {
			return nil, fmt.Errorf("--quota: %w", err)
		}
	}
	reach := assembly.Public
	switch {
	case s.privateTemplates:
		reach = assembly.Private
	case s.dev:
		reach = assembly.Loopback
	}
	return assembly.New(assembly.Options{DB: db, Log: log, Dev: s.dev, DevRemote: s.devAllowRemote, Quotas: &quotas,
		ShareDelay: s.shareDelay, Templates: reach, Jobs: jobs.Config{Workers: s.workers, PerAccount: s.perAccount, Lease: s.lease}})
}

// minLease is longer than a step of a job and its saving take.
const minLease = 45 * time.Second
