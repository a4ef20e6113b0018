package server

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"portico/internal/fault"
	"portico/internal/wire"
)

// Rates are how many requests a second the server hears from one account and from one address, with twice as many at once.
// 0 is no limit. Each server counts for itself.
type Rates struct{ Account, Address int }

// What a request may be before its body. The URL counts to the header, as net/http reads both.
const (
	maxHeader = 64 << 10
	maxLines  = 200
	maxURL    = 16 << 10
)

// Listener is an HTTP server for the handler that keeps no client waiting for ever and is kept by none.
func Listener(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       2 * time.Minute,
		WriteTimeout:      3 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// limits decide whether a request is heard, before and after it is known whose it is. They are the one thing the server
// remembers between requests, and never change what an answer says.
type limits struct{ account, address *buckets }

func newLimits(r Rates) limits {
	return limits{account: newBuckets(r.Account), address: newBuckets(r.Address)}
}

// admit refuses a request for its size or for where it comes from. It comes before everything that costs time.
func (s *Server) admit(x *exchange, r *http.Request) error {
	err := s.limits.arrival(r)
	if err != nil && s.isView(r) {
		x.view, x.service = true, &Service{Wire: &wire.Service{Protocol: wire.JSON11}}
	}
	return err
}

func (l limits) arrival(r *http.Request) error {
	if !l.address.take(addressOf(r)) {
		return fault.New(fault.Throttled, "Rate exceeded")
	}
	if len(r.RequestURI) > maxURL {
		return fault.New(fault.BadRequest, "The request URL is longer than %d bytes", maxURL).Named(longURL)
	}
	lines := 0
	for _, values := range r.Header {
		lines += len(values)
	}
	if lines > maxLines {
		return fault.New(fault.BadRequest, "The request has more than %d header lines", maxLines).Named(manyHeaders)
	}
	return nil
}

// caller refuses a request for whose it is, once that is proved.
func (l limits) caller(account string) error {
	if !l.account.take(account) {
		return fault.New(fault.Throttled, "Rate exceeded")
	}
	return nil
}

// addressOf is where a request comes from. Whoever has one IPv6 address has a whole network of them, which counts as one.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if ip = ip.Unmap().WithZone(""); ip.Is4() {
		return ip.String()
	}
	network, err := ip.Prefix(64)
	if err != nil {
		return host
	}
	return network.Addr().String()
}

// maxBuckets bounds a generation of buckets. When more are asked for, those that were idle longest are forgotten early,
// which lets their owners do a little more than they may.
const maxBuckets = 1 << 16

// buckets is a token bucket for each name. A bucket that nobody asked for long enough to be full again is as good as a
// new one, and dropped: names move to the present generation when they are asked for, and the past one ends with a period
// in which any bucket fills. Nil lets everything through.
type buckets struct {
	rate   rate.Limit
	burst  int
	period time.Duration
	most   int
	now    func() time.Time

	mu            sync.Mutex
	present, past map[string]*rate.Limiter
	began         time.Time // of the present generation
}

func newBuckets(perSecond int) *buckets {
	if perSecond == 0 {
		return nil
	}
	return &buckets{rate: rate.Limit(perSecond), burst: 2 * perSecond, period: 2 * time.Second, most: maxBuckets,
		now: time.Now, present: map[string]*rate.Limiter{}}
}

// take takes one token from the bucket of a name, and reports false if there is none.
func (b *buckets) take(name string) bool {
	if b == nil {
		return true
	}
	now := b.now()
	b.mu.Lock()
	l := b.find(name, now)
	b.mu.Unlock()
	return l.AllowN(now, 1)
}

func (b *buckets) find(name string, now time.Time) *rate.Limiter {
	if age := now.Sub(b.began); age >= b.period || len(b.present) >= b.most {
		b.past, b.present, b.began = b.present, map[string]*rate.Limiter{}, now
		if age >= 2*b.period {
			b.past = nil
		}
	}
	l := b.present[name]
	if l == nil {
		if l = b.past[name]; l == nil {
			l = rate.NewLimiter(b.rate, b.burst)
		}
		b.present[name] = l
	}
	return l
}
