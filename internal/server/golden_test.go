package server_test

import (
	"testing"

	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func TestGolden(t *testing.T) { servertest.Golden(t, "testdata/wire") }
