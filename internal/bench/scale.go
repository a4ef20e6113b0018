package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"portico/internal/store"
)

const (
	spreadOfReads = 1.5 // the slowest may take so much longer than the quickest
	costOfShare   = 2.0 // in the largest organization, against the smallest
)

// scale measures the same reads in organizations of different sizes, served side by side, and what sharing with the whole
// of them and previewing that costs.
func (l *lab) scale(ctx context.Context) error {
	for _, kind := range kinds() {
		where, err := l.organizations(ctx, kind)
		if err != nil {
			return err
		}
		if err := l.readsBySize(ctx, kind, where); err != nil {
			return err
		}
		if err := l.previewsBySize(ctx, kind, where); err != nil {
			return err
		}
		if err := l.sharesBySize(ctx, kind, where); err != nil {
			return err
		}
	}
	return nil
}

// organizations makes a database for each size, each grown from a copy of the one before.
func (l *lab) organizations(ctx context.Context, kind string) (where []store.Options, err error) {
	began := time.Now()
	for i, size := range l.plan.sizes {
		var o store.Options
		if i == 0 {
			if o, err = l.database(ctx, kind); err == nil {
				err = populate(ctx, o, size, l.plan.shares)
			}
		} else {
			if o, err = l.copyOf(ctx, where[i-1]); err == nil {
				err = grow(ctx, o, l.plan.sizes[i-1], size)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("make an organization of %d accounts: %w", size, err)
		}
		where = append(where, o)
	}
	for _, o := range where {
		if err := settle(ctx, o); err != nil {
			return nil, err
		}
	}
	l.say("  %s: organizations made in %s", kind, time.Since(began).Round(time.Second))
	return where, nil
}

func (l *lab) readsBySize(ctx context.Context, kind string, where []store.Options) error {
	t := l.table.section(fmt.Sprintf("The same reads by accounts in the organization, with %d shares between others, on %s", l.plan.shares, kind),
		l.head("operation", "/s at ", "slowest against quickest", "goal")...)
	var all []*series
	for i, o := range where {
		p, err := l.portico(ctx, o, fmt.Sprintf("scale-%s-%d", kind, l.plan.sizes[i]))
		if err != nil {
			return err
		}
		defer p.stop()
		all = append(all, &series{address: p.address})
	}
	for _, make := range []func() (*load, error){describeOwned, describeImported, searchProducts, listAccepted} {
		load, err := make()
		if err != nil {
			return err
		}
		if !strings.Contains(load.name, l.loads) {
			continue
		}
		l.say("  %s", load.name)
		for _, s := range all {
			s.load, s.rates = always(load), nil
		}
		if err := l.alternate(ctx, all...); err != nil {
			return err
		}
		times, cells := relative(all)
		worst := slices.Max(times) / slices.Min(times)
		t.add(append(append([]any{load.name}, cells...), short(worst)+"×", atMost(spreadOfReads, worst))...)
	}
	return nil
}

// relative returns how long a request takes on each server, in units of the first, and the rates to print.
func relative(all []*series) (times []float64, cells []any) {
	for _, s := range all {
		times = append(times, 1/ratio(s.rates, all[0].rates))
		cells = append(cells, median(s.rates))
	}
	return times, cells
}

func (l *lab) head(first, prefix string, more ...string) []string {
	h := []string{first}
	for _, size := range l.plan.sizes {
		h = append(h, prefix+thousands(size))
	}
	return append(h, more...)
}

func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// sharesBySize measures CreatePortfolioShare to the whole organization, with the quota on accounts lifted and with one so
// high that all are counted.
func (l *lab) sharesBySize(ctx context.Context, kind string, where []store.Options) error {
	t := l.table.section("CreatePortfolioShare to the whole organization, by its accounts, on "+kind,
		l.head("quota SharedAccounts", "/s at ", "cost at the most against the least", "goal")...)
	n := int(l.plan.round.Seconds()*6000) + 1
	for _, o := range where {
		if err := alone(ctx, o, 2*n*(l.plan.rounds+1)); err != nil {
			return err
		}
	}
	from := 0
	for _, quota := range []int{0, 1_000_000} {
		var all []*series
		for _, o := range where {
			p, err := l.within(ctx, o, "-shared-accounts", strconv.Itoa(quota))
			if err != nil {
				return err
			}
			defer p.stop()
			at := from
			all = append(all, &series{address: p.address, load: func() (*load, error) {
				at += n
				return createShare(at-n, n)
			}})
		}
		from += n * (l.plan.rounds + 1)
		if err := l.alternate(ctx, all...); err != nil {
			return err
		}
		times, cells := relative(all)
		cost := times[len(times)-1] / times[0]
		what, want := "lifted", atMost(costOfShare, cost)
		if quota > 0 {
			what, want = thousands(quota), goal{}
		}
		t.add(append(append([]any{what}, cells...), short(cost)+"×", want)...)
	}
	return nil
}

// alone adds portfolios that are not shared yet.
func alone(ctx context.Context, o store.Options, n int) error {
	db, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	defer db.Close()
	return lone(&seeder{ctx: ctx, db: db, now: time.Now().UTC()}, n)
}
