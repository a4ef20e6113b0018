package store_test

import (
	"testing"

	"portico/internal/store"
	"portico/internal/store/storetest"
	"portico/internal/testkit"
)

var setup = storetest.Setup{Exec: store.Exec, Texts: store.Texts, Number: store.Number, Given: (*store.DB).WithMigrations}

func TestMain(m *testing.M) {
	storetest.Victim(setup)
	eventVictim()
	testkit.Main(m)
}

func TestSuite(t *testing.T) {
	testkit.Empty(t, func(t *testing.T, o store.Options) {
		s := setup
		s.Options = o
		s.Options.Relaxed = false
		storetest.Run(t, s)
	})
}
