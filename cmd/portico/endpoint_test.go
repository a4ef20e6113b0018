package main

import (
	"context"
	"strings"
	"testing"

	"portico/internal/catalog"
	"portico/internal/engine/remote"
	"portico/internal/testkit"
)

func TestEndpoint(t *testing.T) {
	for _, name := range []string{"AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_ENDPOINT_URL"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	db := testkit.Open(t, testkit.SQLite(t))
	for _, c := range []struct {
		name             string
		stacks, sessions string
		want, sts        string // the addresses; empty is AWS
		err              string
	}{
		{"AWS", "aws", "", "", "", ""},
		{"AWS's stacks with another STS", "aws", "https://sts.example.com", "", "https://sts.example.com", ""},
		{"another endpoint has an STS", "http://localhost:4566", "", "http://localhost:4566", "http://localhost:4566", ""},
		{"another endpoint with AWS's STS", "http://localhost:4566", "aws", "http://localhost:4566", "", ""},
		{"its own sessions", "http://localhost:8242", "self", "http://localhost:8242", "issued", ""},
		{"no URL", "localhost:4566", "", "", "", "--cloudformation-endpoint must be aws or a URL"},
		{"a URL with a secret", "https://me:pw@example.com", "", "", "", "--cloudformation-endpoint must be aws or a URL"},
		{"no URL of an STS", "aws", "ftp://x", "", "", "--sts-endpoint must be aws or a URL"},
		{"an STS for nothing", "", "aws", "", "", "--sts-endpoint goes with --cloudformation-endpoint"},
	} {
		t.Run(c.name, func(t *testing.T) {
			engines, err := endpoint{c.stacks, c.sessions}.engines(context.Background(), db)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("got %v, want %s", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			e := engines[catalog.CloudFormation].Engine.(*remote.Engine)
			sts := "issued"
			if k, ok := e.Keys.(remote.Assumed); ok {
				sts = k.Endpoint
			}
			if e.Endpoint != c.want || sts != c.sts {
				t.Errorf("stacks at %q with sessions of %q, want %q and %q", e.Endpoint, sts, c.want, c.sts)
			}
		})
	}
	t.Run("nothing is given", func(t *testing.T) {
		if engines, err := (endpoint{}).engines(context.Background(), db); err != nil || engines != nil {
			t.Errorf("got %v, %v", engines, err)
		}
	})
}
