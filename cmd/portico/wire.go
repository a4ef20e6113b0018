package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"portico/internal/assembly"
	"portico/internal/automation"
	"portico/internal/catalog"
	"portico/internal/depot"
	"portico/internal/jobs"
	"portico/internal/server"
	"portico/internal/store"
)

// whole is everything the process does.
func whole(ctx context.Context, db *store.DB, log *slog.Logger, s settings, outside assembly.Outside) (*assembly.Whole, error) {
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
	rates, err := s.limits()
	if err != nil {
		return nil, err
	}
	engines, err := s.endpoint.engines(ctx, db)
	if err != nil {
		return nil, err
	}
	var bucket *depot.Bucket
	if s.objectStore != "" {
		if bucket, err = depot.Open(ctx, s.objectStore); err != nil {
			return nil, fmt.Errorf("--object-store %w", err)
		}
	}
	documents := automation.Documents()
	if s.documents != "" {
		f, err := os.Open(s.documents)
		if err != nil {
			return nil, fmt.Errorf("--automation-documents: %w", err)
		}
		defer f.Close()
		if err := documents.Read(f); err != nil {
			return nil, fmt.Errorf("--automation-documents %s: %w", s.documents, err)
		}
	}
	all, err := assembly.New(assembly.Options{DB: db, Engines: engines, Outside: outside, Log: log, Dev: s.dev, DevRemote: s.devAllowRemote, Quotas: &quotas,
		ShareDelay: s.shareDelay, Bucket: bucket, Templates: s.reach(s.privateTemplates), Issuers: s.reach(s.privateIssuers), Rates: rates,
		Documents: documents, Jobs: jobs.Config{Workers: s.workers, PerAccount: s.perAccount, Lease: s.lease}})
	if err != nil {
		return nil, err
	}
	if err := all.Depot.Check(ctx); err != nil {
		return nil, fmt.Errorf("--object-store: %w", err)
	}
	return all, nil
}

// outside are the engines that are programs of their own. (C-ENG-14)
func (s settings) outside() (assembly.Outside, error) {
	if s.engines == "" {
		return assembly.Outside{}, nil
	}
	o, err := assembly.ReadEngines(s.engines)
	if err != nil {
		return o, fmt.Errorf("--engines: %w", err)
	}
	return o, nil
}

// reach is how near to itself the server looks where private networks are allowed or not.
func (s settings) reach(private bool) assembly.Reach {
	switch {
	case private:
		return assembly.Private
	case s.dev:
		return assembly.Loopback
	}
	return assembly.Public
}

const defaultRates = "account=500,address=500"

// limits are how often the server listens to whom. Development mode does not count unless it is asked to.
func (s settings) limits() (server.Rates, error) {
	rates := server.Rates{Account: 500, Address: 500}
	if s.dev {
		rates = server.Rates{}
	}
	for name, n := range s.rates {
		if n < 0 {
			return rates, fmt.Errorf("--rate %s=%d: must not be negative", name, n)
		}
		switch name {
		case "account":
			rates.Account = n
		case "address":
			rates.Address = n
		default:
			return rates, fmt.Errorf("--rate %s: must be account or address", name)
		}
	}
	return rates, nil
}

// minLease is long enough for the steps of what is built in. Engines that ask others take seconds for a step.
const minLease = 3 * time.Second
