# The whole life of the project: make run, make test, and what a change must pass (make check race).
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.PHONY: build run generate check test race e2e bench soak mutants deps clean

GO ?= go
FUZZTIME ?= 10s
DATA ?= portico-data
ARGS ?=

# One static binary. The version is what git describes, or "devel" outside of a clone.
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
build:
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)' -o bin/portico ./cmd/portico

# Builds and serves in development mode on SQLite: make run ARGS='--listen 127.0.0.1:9000'
run: build
	exec bin/portico serve --dev --data $(DATA) $(ARGS)

# Rewrites everything that comes from the API models.
generate:
	$(GO) generate ./...

# What every commit must pass besides the tests.
check:
	@test -z "$$(gofmt -l cmd internal)" || { echo 'gofmt wants to change:'; gofmt -l cmd internal; exit 1; }
	$(GO) vet -tags e2e ./...
	$(GO) build -C tools -buildvcs=false -o bin/staticcheck honnef.co/go/tools/cmd/staticcheck
	tools/bin/staticcheck -tags e2e ./...
	$(GO) test -count=1 ./internal/floors
	scripts/regenerated

# Every test, on both databases.
test: deps
	$(GO) test -timeout 30m ./...

# Makes sure PostgreSQL's server binaries, the AWS CLI and curl are here.
deps:
	@scripts/testdeps

# The race detector over every test, then each fuzz target for a bounded time.
race: deps
	$(GO) test -race -timeout 60m ./...
	FUZZTIME=$(FUZZTIME) scripts/fuzz

# A real Terraform with its AWS provider against whole servers. Both must be on the machine; see internal/e2e. Where there are
# AWS services of other people's making, launches are driven and bodies of objects kept there too.
e2e: deps
	$(GO) test -tags e2e -count=1 -timeout 30m -v -run TestTerraform ./internal/e2e
	@if python3 -c 'import moto.server' 2>/dev/null; then $(GO) test -tags e2e -count=1 -timeout 10m -v -run TestIndependent ./internal/engine/remote ./internal/depot; \
	else echo 'No moto here: launches were not driven at an independent CloudFormation, and no bodies kept in an independent S3.'; fi

# Launches under kill -9 of the servers, more than make test has, then the reference model against the server, until
# stopped; a difference prints its seed.
SOAK ?= 8760h
LAUNCHES ?= 200
soak: deps
	PORTICO_KILL_LAUNCHES=$(LAUNCHES) $(GO) test -count=1 -timeout 0 -v -run TestKilled ./internal/killing
	PORTICO_SOAK=$(SOAK) $(GO) test -count=1 -timeout 0 -v -run TestModel ./internal/catalog/catalogtest

# Whether the reference model catches faults planted in the rules and in the store.
mutants: deps
	scripts/mutants

bench:
	$(GO) run ./internal/bench

clean:
	rm -rf bin tools/bin
