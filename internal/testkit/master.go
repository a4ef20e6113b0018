package testkit

import (
	"os"
	"path/filepath"
	"testing"

	"portico/internal/seal"
)

// MasterKey is the master key of every test database that was not given another.
const MasterKey = "dGhlIG1hc3RlciBrZXkgb2YgYWxsIHRlc3RzLCAzMiA="

// Keys are the master keys of test databases.
func Keys() seal.Ring {
	r, err := seal.Parse(MasterKey)
	if err != nil {
		panic(err)
	}
	return r
}

// KeyFile returns the path of a file with the master keys of test databases, as servers are given them.
func KeyFile(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "master.key")
	if err := os.WriteFile(path, []byte(MasterKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
