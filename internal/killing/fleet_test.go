package killing

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go"

	"portico/internal/testkit/processtest"
	"portico/internal/testkit/servertest"
)

const region = "us-east-1"

// fleet is the servers of one database, which die and come back.
type fleet struct {
	*testing.T
	binary, dir string
	flags       []string
	client      *http.Client
	keys        aws.CredentialsProvider

	mu       sync.Mutex
	replicas []*processtest.Process
	kills    int
	errors   []string // what the servers logged as failures of their own
	moments  *rand.Rand
	left     int // records that end before the next kill
	orders   []chan order
}

// muster starts servers, each of which is killed and started again until the test ends.
func muster(t *testing.T, binary string, replicas int, flags ...string) *fleet {
	f := &fleet{T: t, binary: binary, dir: t.TempDir(), client: &http.Client{Timeout: 30 * time.Second, Transport: servertest.PlainBodies(&http.Transport{MaxIdleConnsPerHost: clients})},
		flags: append(flags, "--rate", "account=0,address=0", "--log-level", "warn")}
	for range replicas {
		p, err := processtest.Launch(f.binary, f.dir, f.flags...)
		if err != nil {
			t.Fatal(err)
		}
		f.replicas = append(f.replicas, p)
	}
	t.Cleanup(f.killAll)
	text, err := os.ReadFile(f.replicas[0].Credentials)
	if err != nil {
		t.Fatal(err)
	}
	words := regexp.MustCompile(`= (\S+)`).FindAllStringSubmatch(string(text), 2)
	f.keys = credentials.NewStaticCredentialsProvider(words[0][1], words[1][1], "")
	return f
}

// order is to kill a replica in a moment, and to start it again a moment later.
type order struct{ live, down time.Duration }

// How long a replica lives once it is to die, how long it is down, and how many records end between two kills at most. It
// is the records that count, so that a slow machine has fewer kills a minute and gets on as well.
const (
	longest = 200 * time.Millisecond
	maxLeft = 6
)

// rage lets replicas be killed again and again, until stop is called. stop returns when all are there.
func (f *fleet) rage(seed uint64) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	f.moments = rand.New(rand.NewPCG(seed, 0))
	var killers sync.WaitGroup
	for i := range f.replicas {
		orders := make(chan order, 1)
		f.orders = append(f.orders, orders)
		killers.Go(func() {
			for {
				select {
				case o := <-orders:
					if !pause(ctx, o.live) || !f.kill(ctx, i, o.down) {
						return
					}
				case <-ctx.Done():
					return
				}
			}
		})
	}
	return func() { cancel(); killers.Wait() }
}

// progress tells that a record has ended. Once in a while that is the end of a replica, sometimes of all.
func (f *fleet) progress() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left--; f.left > 0 {
		return
	}
	f.left = 1 + f.moments.IntN(maxLeft)
	chosen, all := f.moments.IntN(len(f.orders)), f.moments.IntN(10) == 0
	for i, orders := range f.orders {
		o := order{live: time.Duration(f.moments.Int64N(int64(longest))), down: time.Duration(f.moments.Int64N(int64(longest)))}
		if i != chosen && !all {
			continue
		}
		select {
		case orders <- o:
		default: // it is dying already
		}
	}
}

// kill ends a replica where it stands and starts it again. It reports whether that could be done.
func (f *fleet) kill(ctx context.Context, i int, down time.Duration) bool {
	f.mu.Lock()
	old := f.replicas[i]
	f.mu.Unlock()
	old.Kill()
	pause(ctx, down)
	p, err := processtest.Launch(f.binary, f.dir, f.flags...)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kills++
	f.errors = append(f.errors, old.Errors()...)
	if err != nil {
		f.Errorf("replica %d does not start again: %v", i, err)
		return false
	}
	f.replicas[i] = p
	return true
}

func (f *fleet) killAll() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.replicas {
		p.Kill()
		f.errors = append(f.errors, p.Errors()...)
	}
	f.replicas = nil
}

// pause waits for a moment that nothing tells of. It reports whether ctx is still there.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// any is the configuration of a client of one of the servers, which may be gone when it is used.
func (f *fleet) any() aws.Config {
	f.mu.Lock()
	defer f.mu.Unlock()
	url := f.replicas[rand.IntN(len(f.replicas))].URL
	return aws.Config{Region: region, Credentials: f.keys, BaseEndpoint: &url, HTTPClient: f.client, RetryMaxAttempts: 1}
}

// ask makes a call until some server answers it: one that was killed may have carried it out without saying so.
func ask[Out any](ctx context.Context, f *fleet, call func(context.Context, aws.Config) (Out, error)) (Out, error) {
	for {
		out, err := call(ctx, f.any())
		if answer, ok := errors.AsType[smithy.APIError](err); err == nil || ok && answer.ErrorFault() != smithy.FaultServer && answered(err) {
			return out, err
		}
		if !pause(ctx, 10*time.Millisecond) {
			return out, errors.Join(ctx.Err(), err)
		}
	}
}

// answered reports whether an error came as an answer of the server's, below 500.
func answered(err error) bool {
	var r interface{ HTTPStatusCode() int }
	return errors.As(err, &r) && r.HTTPStatusCode() > 0 && r.HTTPStatusCode() < http.StatusInternalServerError
}
