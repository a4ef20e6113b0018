package main

import (
	"fmt"
	"log/slog"
	"net/http"

	"portico/internal/assembly"
	"portico/internal/catalog"
	"portico/internal/store"
)

// handler is everything the process serves.
func handler(db *store.DB, log *slog.Logger, s settings) (http.Handler, error) {
	if s.shareDelay < 0 {
		return nil, fmt.Errorf("--share-delay %s: must not be negative", s.shareDelay)
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
		ShareDelay: s.shareDelay, Templates: reach})
}
