package main

import (
	"log/slog"
	"net/http"

	"portico/internal/assembly"
	"portico/internal/store"
)

// handler is everything the process serves.
func handler(db *store.DB, log *slog.Logger, dev bool) (http.Handler, error) {
	return assembly.New(assembly.Options{DB: db, Log: log, Dev: dev})
}
