package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portico/internal/ident"
	"portico/internal/store"
	"portico/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const home = ident.Account("111111111111")

// bench is a database, a clock that stands still, and work that a test says what it does.
type bench struct {
	*testing.T
	db    *store.DB
	queue *Queue
	mu    sync.Mutex
	now   time.Time
	log   []string // what was saved, in order
	step  func(ctx context.Context, id string) (Save, error)
}

func benches(t *testing.T, body func(b *bench)) {
	testkit.Stores(t, func(t *testing.T, open func() *store.DB) {
		b := &bench{T: t, db: open(), now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
		b.queue = NewQueue(b.clock)
		b.step = func(_ context.Context, id string) (Save, error) { return b.saves(id, Next{Done: true}), nil }
		body(b)
	})
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) advance(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// saves notes that a step of id was saved, once it is.
func (b *bench) saves(id string, next Next) Save {
	return func(tx *store.Tx) (Next, error) {
		tx.After(func() { b.note(id) })
		return next, nil
	}
}

func (b *bench) note(line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.log = append(b.log, line)
}

func (b *bench) logged() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.log, " ")
}

// runner is a process of its own; change alters its configuration.
func (b *bench) runner(name string, change func(*Config)) *Runner {
	c := Config{DB: b.db, Queue: b.queue, Now: b.clock, Name: name, Jitter: func(d time.Duration) time.Duration { return d },
		Work: map[string]Work{"w": {
			Step: func(ctx context.Context, id string) (Save, error) { return b.step(ctx, id) },
			Fail: func(tx *store.Tx, id string, cause error) error {
				tx.After(func() { b.note("failed:" + id) })
				return nil
			},
		}}}
	if change != nil {
		change(&c)
	}
	return NewRunner(c)
}

func (b *bench) write(fn func(tx *store.Tx) error) error { return b.db.Write(context.Background(), fn) }

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) add(a ident.Account, ids ...string) {
	b.Helper()
	for _, id := range ids {
		b.must(b.write(func(tx *store.Tx) error { return b.queue.Add(tx, "w", id, a) }))
	}
}

func (b *bench) drain(r *Runner) (steps int) {
	b.Helper()
	steps, err := r.Drain(context.Background())
	b.must(err)
	return steps
}

func (b *bench) is(what, got, want string) {
	b.Helper()
	if got != want {
		b.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func TestAddRollsBack(t *testing.T) {
	benches(t, func(b *bench) {
		no := errors.New("no")
		err := b.write(func(tx *store.Tx) error {
			b.must(b.queue.Add(tx, "w", "a", home))
			return no
		})
		if !errors.Is(err, no) {
			t.Error(err)
		}
		select {
		case <-b.queue.wake:
			t.Error("a rolled-back job woke the workers")
		default:
		}
		b.must(b.db.Rehearse(context.Background(), func(db *store.DB) error {
			return db.Write(context.Background(), func(tx *store.Tx) error { return b.queue.Add(tx, "w", "b", home) })
		}))
		select {
		case <-b.queue.wake:
			t.Error("a rehearsed job woke the workers")
		default:
		}
		if n := b.drain(b.runner("one", nil)); n != 0 {
			t.Errorf("%d steps of jobs that were never added", n)
		}
	})
}

func TestStepsAndPauses(t *testing.T) {
	benches(t, func(b *bench) {
		steps := []Next{{}, {After: time.Minute}, {}, {Done: true}}
		at := 0
		b.step = func(context.Context, string) (Save, error) {
			at++
			return b.saves(fmt.Sprint(at), steps[at-1]), nil
		}
		r := b.runner("one", nil)
		b.add(home, "a")
		b.drain(r)
		b.is("until it waits", b.logged(), "1 2")
		b.advance(time.Minute - 1)
		b.drain(r)
		b.is("before it is due", b.logged(), "1 2")
		b.advance(1)
		b.drain(r)
		b.is("to its end", b.logged(), "1 2 3 4")
		b.add(home, "a")
		b.add(home, "a")
		at = 3
		b.drain(r)
		b.is("added again while it is there it is one job", b.logged(), "1 2 3 4 4")
	})
}

// hang makes the next step stop where a worker would die: it tells when it is there, and goes on when it is let go.
func (b *bench) hang() (there, letGo chan struct{}) {
	there, letGo = make(chan struct{}), make(chan struct{})
	first := true
	b.step = func(_ context.Context, id string) (Save, error) {
		b.mu.Lock()
		stop := first
		first = false
		b.mu.Unlock()
		if stop {
			close(there)
			<-letGo
			return b.saves("late:"+id, Next{Done: true}), nil
		}
		return b.saves(id, Next{Done: true}), nil
	}
	return there, letGo
}

func TestTakeOver(t *testing.T) {
	benches(t, func(b *bench) {
		there, letGo := b.hang()
		b.add(home, "a")
		dead := make(chan struct{})
		go func() { defer close(dead); b.runner("dead", nil).Drain(context.Background()) }()
		<-there
		other := b.runner("other", nil)
		b.advance(DefaultLease - 1)
		b.drain(other)
		b.is("while the lease lasts", b.logged(), "")
		b.advance(1)
		b.drain(other)
		b.is("once it has ended", b.logged(), "a")
		close(letGo)
		<-dead
		b.is("what comes too late is not saved", b.logged(), "a")
	})
}

func TestTakeOverWhileTheOtherStillWorks(t *testing.T) {
	benches(t, func(b *bench) {
		there, letGo := b.hang()
		b.add(home, "a")
		dead := make(chan struct{})
		go func() { defer close(dead); b.runner("slow", nil).Drain(context.Background()) }()
		<-there
		b.advance(DefaultLease)
		// The other has taken it and is in the middle of its step when the first one comes to its end.
		inside := make(chan struct{})
		b.mu.Lock()
		b.step = func(_ context.Context, id string) (Save, error) {
			close(letGo)
			<-dead
			close(inside)
			return b.saves(id, Next{Done: true}), nil
		}
		b.mu.Unlock()
		b.drain(b.runner("other", nil))
		<-inside
		b.is("only who has the lease saves", b.logged(), "a")
	})
}

// A replica whose clock is ahead believes that a lease has ended which its owner believes to have: whoever has the job
// saves, once, and the other does not. One whose clock is behind takes nothing away from anybody.
func TestClocksDiffer(t *testing.T) {
	benches(t, func(b *bench) {
		there, letGo := b.hang()
		b.add(home, "a")
		slow := make(chan struct{})
		go func() { defer close(slow); b.runner("right", nil).Drain(context.Background()) }()
		<-there
		off := func(d time.Duration) *Runner {
			return b.runner(fmt.Sprint("off by ", d), func(c *Config) { c.Now = func() time.Time { return b.clock().Add(d) } })
		}
		b.drain(off(-DefaultLease))
		b.drain(off(DefaultLease - 1))
		b.is("while the lease lasts by everybody's clock", b.logged(), "")
		b.drain(off(DefaultLease))
		b.is("when it has ended by one clock", b.logged(), "a")
		close(letGo)
		<-slow
		b.drain(b.runner("right", nil))
		b.is("by the right clock it had not ended, and nothing more is saved", b.logged(), "a")
		b.must(b.write(func(tx *store.Tx) error {
			return tx.InsertJob(store.Job{ID: "b", Kind: "w", Account: home, Due: b.clock().Add(DefaultLease), Created: b.clock()})
		}))
		b.drain(b.runner("right", nil))
		b.is("what one added whose clock is ahead waits", b.logged(), "a")
		b.advance(DefaultLease)
		b.drain(b.runner("right", nil))
		b.is("for as long as it is ahead", b.logged(), "a b")
	})
}

// A step may take two thirds of a short lease, so that its saving comes in time.
func TestShortLease(t *testing.T) {
	for lease, want := range map[time.Duration]time.Duration{0: DefaultStepTime, DefaultLease: DefaultStepTime, 3 * time.Second: 2 * time.Second} {
		if got := NewRunner(Config{Lease: lease}).StepTime; got != want {
			t.Errorf("with a lease of %s a step may take %s, want %s", lease, got, want)
		}
	}
}

func TestReleaseAtStart(t *testing.T) {
	benches(t, func(b *bench) {
		there, letGo := b.hang()
		b.add(home, "a")
		dead := make(chan struct{})
		go func() { defer close(dead); b.runner("dead", nil).Drain(context.Background()) }()
		<-there
		again := b.runner("again", nil)
		b.must(again.start(context.Background()))
		b.drain(again)
		want := "" // on PostgreSQL the other may be alive
		if b.db.Alone() {
			want = "a" // embedded it is known to be dead
		}
		b.is("at the start", b.logged(), want)
		b.advance(DefaultLease)
		b.drain(again)
		close(letGo)
		<-dead
		b.is("in the end", b.logged(), "a")
	})
}

// wait is how long it is until the next job is due; 0 when there is none.
func (b *bench) wait() (d time.Duration) {
	b.Helper()
	b.must(b.db.Read(context.Background(), func(tx *store.Tx) error {
		due, ok, err := tx.NextJob()
		if ok {
			d = due.Sub(b.clock())
		}
		return err
	}))
	return d
}

func TestRetries(t *testing.T) {
	benches(t, func(b *bench) {
		broken := errors.New("broken")
		b.step = func(context.Context, string) (Save, error) { b.note("try"); return nil, broken }
		r := b.runner("one", nil)
		b.add(home, "a")
		var pauses []time.Duration
		for range DefaultAttempts {
			if n := b.drain(r); n != 1 {
				t.Fatalf("%d steps, want 1", n)
			}
			pauses = append(pauses, b.wait())
			b.advance(b.wait())
		}
		want := []time.Duration{1, 2, 4, 8, 16, 32, 60, 0}
		for i := range want {
			want[i] *= time.Second
		}
		if d := cmp.Diff(want, pauses); d != "" {
			t.Errorf("pauses (-want +got)\n%s", d)
		}
		b.is("it ends when it fails for the last time", b.logged(), strings.Repeat("try ", DefaultAttempts)+"failed:a")
	})
}

func TestJitter(t *testing.T) {
	r := NewRunner(Config{})
	rapid.Check(t, func(t *rapid.T) {
		p := time.Duration(rapid.Int64Range(2, int64(maxPause)).Draw(t, "pause"))
		if got := r.Jitter(p); got < p/2 || got > p {
			t.Errorf("%s is spread to %s", p, got)
		}
	})
}

func TestFailuresAreForgotten(t *testing.T) {
	benches(t, func(b *bench) {
		fail := true
		n := 0
		b.step = func(context.Context, string) (Save, error) {
			if n++; fail {
				return nil, errors.New("broken")
			}
			return b.saves("ok", Next{After: time.Second}), nil
		}
		r := b.runner("one", nil)
		b.add(home, "a")
		for range 3 * DefaultAttempts {
			b.drain(r)
			fail = !fail
			b.advance(maxPause)
		}
		if got := b.logged(); strings.Contains(got, "failed") || n != 3*DefaultAttempts {
			t.Errorf("after %d steps: %s", n, got)
		}
	})
}

func TestPanicsAndSaves(t *testing.T) {
	benches(t, func(b *bench) {
		var steps []func() (Save, error)
		b.step = func(_ context.Context, id string) (Save, error) {
			next := steps[0]
			steps = steps[1:]
			return next()
		}
		steps = []func() (Save, error){
			func() (Save, error) { panic("oh") },
			func() (Save, error) {
				return func(*store.Tx) (Next, error) { return Next{}, errors.New("cannot save") }, nil
			},
			func() (Save, error) { return b.saves("a", Next{Done: true}), nil },
		}
		r := b.runner("one", nil)
		b.add(home, "a")
		for len(steps) > 0 {
			b.drain(r)
			b.advance(maxPause)
		}
		b.is("it goes on after a panic and after a save that failed", b.logged(), "a")
	})
}

func TestUnknownKind(t *testing.T) {
	benches(t, func(b *bench) {
		b.must(b.write(func(tx *store.Tx) error { return b.queue.Add(tx, "other", "a", home) }))
		r := b.runner("one", nil)
		if n := b.drain(r); n != 1 {
			t.Errorf("%d steps", n)
		}
		if now, wait, err := r.due(context.Background()); now || err != nil || b.db.Alone() && wait >= 0 {
			t.Errorf("work that nobody knows is still there: %t, %s, %v", now, wait, err)
		}
	})
}

func TestLimitPerAccount(t *testing.T) {
	benches(t, func(b *bench) {
		finish := false
		b.step = func(_ context.Context, id string) (Save, error) {
			return b.saves(id, Next{Done: finish || strings.HasPrefix(id, "other"), After: time.Minute}), nil
		}
		r := b.runner("one", func(c *Config) { c.PerAccount = 2 })
		for _, id := range []string{"a1", "a2", "a3", "a4"} {
			b.add(home, id)
			b.advance(time.Microsecond)
		}
		b.drain(r)
		b.is("two of an account begin", b.logged(), "a1 a2")
		b.add("222222222222", "other")
		b.drain(r)
		b.is("other accounts are not concerned", b.logged(), "a1 a2 other")
		b.must(b.write(func(tx *store.Tx) error { return b.queue.Wake(tx, "a3") }))
		b.drain(r)
		b.is("one that waits for its turn cannot be woken past it", b.logged(), "a1 a2 other")
		finish = true
		b.advance(time.Minute)
		b.drain(r)
		got := strings.Fields(b.logged())
		slices.Sort(got)
		b.is("each that ends lets the next begin", strings.Join(got, " "), "a1 a1 a2 a2 a3 a4 other")
	})
}

func TestAside(t *testing.T) {
	benches(t, func(b *bench) {
		told := false
		b.step = func(_ context.Context, id string) (Save, error) {
			return b.saves(id, Next{Done: told, After: time.Hour, Aside: true}), nil
		}
		r := b.runner("one", func(c *Config) { c.PerAccount = 1 })
		for _, id := range []string{"a1", "a2", "a3"} {
			b.add(home, id)
			b.advance(time.Microsecond)
		}
		b.drain(r)
		b.is("what waits for somebody else lets the next begin", b.logged(), "a1 a2 a3")
		told = true
		b.must(b.write(func(tx *store.Tx) error { return b.queue.Wake(tx, "a2") }))
		b.drain(r)
		b.is("one that is woken goes on", b.logged(), "a1 a2 a3 a2")
		b.advance(time.Hour)
		b.drain(r)
		b.is("and the others when their time has come", b.logged(), "a1 a2 a3 a2 a1 a3")
	})
}

func TestWake(t *testing.T) {
	benches(t, func(b *bench) {
		n := 0
		during := func() {}
		b.step = func(_ context.Context, id string) (Save, error) {
			n++
			during()
			return b.saves(fmt.Sprint(n), Next{After: time.Hour}), nil
		}
		wake := func() { b.must(b.write(func(tx *store.Tx) error { return b.queue.Wake(tx, "a") })) }
		r := b.runner("one", nil)
		b.add(home, "a")
		b.drain(r)
		b.drain(r)
		b.is("it waits", b.logged(), "1")
		wake()
		during = func() { during = func() {}; wake() }
		b.drain(r)
		b.is("it goes on when woken, and once more when woken during a step", b.logged(), "1 2 3")
		b.drain(r)
		b.is("and waits again", b.logged(), "1 2 3")
		b.must(b.write(func(tx *store.Tx) error { return b.queue.Wake(tx, "none") }))
	})
}

// run runs a runner until stop is called.
func (b *bench) run(r *Runner) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); r.Run(ctx) }()
	return func() { cancel(); <-ended }
}

func TestRun(t *testing.T) {
	benches(t, func(b *bench) {
		done := make(chan string, 100)
		b.step = func(_ context.Context, id string) (Save, error) {
			return func(tx *store.Tx) (Next, error) {
				tx.After(func() { done <- id })
				return Next{Done: true}, nil
			}, nil
		}
		stop := b.run(b.runner("one", func(c *Config) { c.Workers, c.Look = 3, time.Hour }))
		defer stop()
		for i := range 20 {
			b.add(home, fmt.Sprint("a", i))
		}
		got := map[string]bool{}
		for range 20 {
			got[<-done] = true
		}
		if len(got) != 20 {
			t.Errorf("done: %v", got)
		}
		b.add(home, "after a while")
		b.is("a sleeping worker is woken", <-done, "after a while")
	})
}

func TestRunFindsWhatOthersLeave(t *testing.T) {
	benches(t, func(b *bench) {
		if b.db.Alone() {
			return // there are no others
		}
		done := make(chan struct{})
		b.step = func(_ context.Context, id string) (Save, error) {
			return func(tx *store.Tx) (Next, error) {
				tx.After(func() { close(done) })
				return Next{Done: true}, nil
			}, nil
		}
		stop := b.run(b.runner("one", func(c *Config) { c.Look = time.Millisecond }))
		defer stop()
		elsewhere := NewQueue(b.clock)
		b.must(b.write(func(tx *store.Tx) error { return elsewhere.Add(tx, "w", "a", home) }))
		<-done
	})
}

func TestStopLetsStepsEnd(t *testing.T) {
	benches(t, func(b *bench) {
		there, letGo := make(chan struct{}), make(chan struct{})
		b.step = func(ctx context.Context, id string) (Save, error) {
			close(there)
			<-letGo
			return b.saves(fmt.Sprint(id, ctx.Err()), Next{}), nil
		}
		b.add(home, "a")
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() { defer close(ended); b.runner("one", nil).Run(ctx) }()
		<-there
		cancel()
		select {
		case <-ended:
			t.Error("it stopped in the middle of a step")
		default:
		}
		close(letGo)
		<-ended
		b.is("the step was saved, with a context that had not ended", b.logged(), "a<nil>")
		b.step = func(_ context.Context, id string) (Save, error) { return b.saves("next", Next{Done: true}), nil }
		b.drain(b.runner("two", nil))
		b.is("another goes on at once", b.logged(), "a<nil> next")
	})
}

func TestIdleWaits(t *testing.T) {
	benches(t, func(b *bench) {
		r := b.runner("one", nil)
		now, wait, err := r.due(context.Background())
		b.must(err)
		if now || b.db.Alone() && wait >= 0 || !b.db.Alone() && wait != DefaultLook {
			t.Errorf("with nothing to do: %t, %s", now, wait)
		}
		b.step = func(_ context.Context, id string) (Save, error) {
			return b.saves(id, Next{After: 3 * time.Second}), nil
		}
		b.add(home, "a")
		b.drain(r)
		b.is("with a job that waits for longer than others are looked for", fmt.Sprint(b.wait()), "3s")
		if now, wait, err = r.due(context.Background()); now || wait != 3*time.Second || err != nil {
			t.Errorf("with a job that waits: %t, %s, %v", now, wait, err)
		}
	})
}

// Whatever happens to workers, every step of every job is saved exactly once, in order.
func TestNothingIsSavedTwice(t *testing.T) {
	benches(t, func(b *bench) {
		rapid.Check(t, func(rt *rapid.T) {
			b.log = nil
			saved := map[string]int{}
			length := map[string]int{}
			b.step = func(_ context.Context, id string) (Save, error) {
				if rapid.IntRange(0, 3).Draw(rt, "dies before") == 0 {
					return nil, errors.New("died")
				}
				b.mu.Lock()
				n := saved[id]
				b.mu.Unlock()
				return func(tx *store.Tx) (Next, error) {
					tx.After(func() { b.mu.Lock(); defer b.mu.Unlock(); saved[id]++; b.log = append(b.log, fmt.Sprint(id, n)) })
					return Next{Done: n+1 == length[id]}, nil
				}, nil
			}
			r := b.runner("one", func(c *Config) { c.Attempts = 1000 })
			for i := range rapid.IntRange(1, 4).Draw(rt, "jobs") {
				id := fmt.Sprint("j", i, "-")
				length[id] = rapid.IntRange(1, 5).Draw(rt, "steps")
				b.add(home, id)
			}
			for b.drain(r) > 0 {
				b.advance(maxPause)
			}
			for id, n := range length {
				if saved[id] != n {
					rt.Errorf("%s was saved %d times, want %d", id, saved[id], n)
				}
			}
		})
	})
}

// TestWokenWhileDone adds a job anew while its last step is under way: what was asked for then is not lost with the job.
func TestWokenWhileDone(t *testing.T) {
	benches(t, func(b *bench) {
		again := true
		b.step = func(_ context.Context, id string) (Save, error) {
			if again {
				again = false
				b.add(home, id)
			}
			return b.saves(id, Next{Done: true}), nil
		}
		b.add(home, "a")
		b.drain(b.runner("one", nil))
		if got := b.logged(); got != "a a" {
			t.Errorf("steps %q, want two of a", got)
		}
	})
}
