package sts_test

import (
	"testing"

	"portico/internal/testkit/servertest"
)

func TestGolden(t *testing.T) { servertest.Golden(t, "testdata/wire") }
