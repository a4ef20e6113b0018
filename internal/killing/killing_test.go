package killing

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/processtest"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// How much is launched on each database, and by how many at a time.
const (
	launches = 40
	clients  = 16
)

// What make soak sets: how much is launched instead, and what a run draws that is to be repeated, as far as the machine
// lets it.
const (
	launchesVariable = "PORTICO_KILL_LAUNCHES"
	seedVariable     = "PORTICO_KILL_SEED"
)

// given is a number in the environment, or another if there is none.
func given(t *testing.T, variable string, otherwise uint64) uint64 {
	t.Helper()
	text, ok := os.LookupEnv(variable)
	if !ok {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

// TestKilled launches, updates and terminates while every server is killed again and again: one on SQLite, three on
// PostgreSQL. Every record ends well, every stack and each of its resources is made once, and of what was terminated
// nothing is left.
func TestKilled(t *testing.T) {
	binary := processtest.Build(t)
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		t.Parallel() // three servers wait for leases to end much of the time
		t.Run("C-LAUNCH-20 killed at random moments", func(t *testing.T) {
			n, where := given(t, seedVariable, uint64(time.Now().UnixNano())), processtest.Where(t, o)
			t.Logf("%s=%d", seedVariable, n)
			database := where[:2]
			replicas, flags := 1, where
			if o.URL != "" {
				replicas, flags = 3, append(where, "--job-lease", "3s")
			}
			f := muster(t, binary, replicas, flags...)
			s := open(f)
			all := lives(int(given(t, launchesVariable, launches)), n)
			began := time.Now()
			stop := f.rage(n)
			s.liveAll(all)
			stop()
			t.Logf("%d lives in %s, with %d kills", len(all), time.Since(began).Round(time.Millisecond), f.kills)
			launches, updates := 0, 0
			for _, l := range all {
				if l.cancelled {
					launches++
				}
				if l.undone {
					updates++
				}
				if l.failed != nil {
					t.Error(l.failed)
				}
			}
			t.Logf("%d launches and %d updates were given up in time", launches, updates)
			s.verify(all)
			f.killAll()
			for _, line := range f.errors {
				t.Logf("a server logged: %s", line)
			}
			idle(t, testkit.Open(t, o))
			if text, err := exec.Command(binary, append([]string{"audit", "verify"}, database...)...).CombinedOutput(); err != nil {
				t.Errorf("the chain of events does not hold: %v\n%s", err, text)
			}
		})
	})
}

// liveAll lives every life. What has not ended long after the last kill never will.
func (s *shop) liveAll(all []*life) {
	ctx, cancel := context.WithTimeout(context.Background(), 9*time.Minute)
	defer cancel()
	next := make(chan *life)
	var living sync.WaitGroup
	for range clients {
		living.Go(func() {
			for l := range next {
				l.failed = s.live(ctx, l)
			}
		})
	}
	for _, l := range all {
		next <- l
	}
	close(next)
	living.Wait()
}

// idle shows that nothing is left to do.
func idle(t *testing.T, db *store.DB) {
	t.Helper()
	err := db.Read(context.Background(), func(tx *store.Tx) error {
		due, ok, err := tx.NextJob()
		if ok {
			t.Errorf("a job is left, due %s", due)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
