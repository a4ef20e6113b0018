package e2e

import (
	"testing"

	"portico/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }
