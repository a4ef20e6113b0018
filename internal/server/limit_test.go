package server

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestBuckets draws who asks when, and compares with a count of tokens for each name that is never forgotten.
func TestBuckets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		perSecond := rapid.IntRange(1, 5).Draw(t, "rate")
		now := time.Unix(1000, 0)
		b := newBuckets(perSecond)
		b.now = func() time.Time { return now }
		type account struct {
			tokens float64
			at     time.Time
		}
		model := map[string]*account{}
		for range rapid.IntRange(1, 100).Draw(t, "requests") {
			// Eighths of seconds are exact in binary, so both count the same.
			now = now.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 0, 1, 2, 8, 15, 16, 17, 33, 100}).Draw(t, "eighths")) * time.Second / 8)
			name := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "name")
			m := model[name]
			if m == nil {
				m = &account{float64(2 * perSecond), now}
				model[name] = m
			}
			m.tokens = min(float64(2*perSecond), m.tokens+now.Sub(m.at).Seconds()*float64(perSecond))
			m.at = now
			want := m.tokens >= 1
			if want {
				m.tokens--
			}
			if got := b.take(name); got != want {
				t.Fatalf("%s at %s: %t, want %t", name, now, got, want)
			}
		}
	})
}

// TestBucketsAreBounded keeps no more than two generations, however many ask, and none of those that are long gone.
func TestBucketsAreBounded(t *testing.T) {
	now := time.Unix(1000, 0)
	b := newBuckets(10)
	b.now, b.most = func() time.Time { return now }, 100
	for i := range 1000 {
		if !b.take(fmt.Sprint("name ", i)) {
			t.Fatalf("name %d is refused its first request", i)
		}
		if n := len(b.present) + len(b.past); n > 2*b.most {
			t.Fatalf("%d buckets after %d names", n, i)
		}
	}
	now = now.Add(b.period)
	b.take("late")
	now = now.Add(2 * b.period)
	b.take("later")
	if n := len(b.present) + len(b.past); n != 1 {
		t.Errorf("%d buckets when all but one are idle", n)
	}
}

func TestAddressOf(t *testing.T) {
	for from, want := range map[string]string{
		"192.0.2.1:5":            "192.0.2.1",
		"[::ffff:192.0.2.1]:5":   "192.0.2.1",
		"[2001:db8:1:2::3]:5":    "2001:db8:1:2::",
		"[2001:db8:1:2:ff::]:99": "2001:db8:1:2::",
		"[fe80::1%eth0]:5":       "fe80::",
		"@":                      "@",
		"pipe:1":                 "pipe",
	} {
		if got := addressOf(&http.Request{RemoteAddr: from}); got != want {
			t.Errorf("%s counts as %s, want %s", from, got, want)
		}
	}
}
