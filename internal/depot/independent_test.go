//go:build e2e

package depot_test

import (
	"testing"

	"portico/internal/testkit"
)

// TestIndependent keeps bodies in an S3 of other people's making.
func TestIndependent(t *testing.T) {
	worlds(t, testkit.Independent, func(w *world) {
		w.must(w.later(0).Check(w.Context()))
		w.equal("left of a check", w.stored(), 0)
		w.life()
		w.versions()
		w.parts()
	})
}
