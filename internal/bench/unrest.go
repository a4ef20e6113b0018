package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// creations is how many portfolios a second are created while reads are measured.
const creations = 100

// unrest measures the reads while others write: what is remembered of an unchanged database is then good for a moment only.
func (l *lab) unrest(ctx context.Context) error {
	t := l.table.section(fmt.Sprintf("The same reads while %d portfolios a second are created, on SQLite", creations), "operation", "/s at rest", "/s", "of those at rest")
	var servers []*process
	for _, name := range []string{"rest", "unrest"} {
		o, err := l.database(ctx, kinds()[0])
		if err != nil {
			return err
		}
		if err := populate(ctx, o, l.plan.sizes[0], l.plan.shares); err != nil {
			return err
		}
		p, err := l.portico(ctx, o, name)
		if err != nil {
			return err
		}
		defer p.stop()
		servers = append(servers, p)
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
		rest := &series{address: servers[0].address, load: always(load)}
		unrest := &series{address: servers[1].address, load: always(load)}
		stop, err := l.create(ctx, servers[1].address)
		if err != nil {
			return err
		}
		err = l.alternate(ctx, rest, unrest)
		if err := stop(); err != nil {
			return err
		}
		if err != nil {
			return err
		}
		t.add(load.name, median(rest.rates), median(unrest.rates), percent(ratio(unrest.rates, rest.rates)))
	}
	return nil
}

// create has portfolios created one by one, at an even pace, until stop is called; stop returns what went wrong.
func (l *lab) create(ctx context.Context, address string) (stop func() error, err error) {
	all, err := createPortfolio(creations*int(2*time.Duration(l.plan.rounds+1)*l.plan.round/time.Second+10), &l.serial)
	if err != nil {
		return nil, err
	}
	client, err := l.connect(ctx, address)
	if err != nil {
		return nil, err
	}
	end, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		defer client.close()
		pace := time.NewTicker(time.Second / creations)
		defer pace.Stop()
		for {
			select {
			case <-end:
				ended <- nil
				return
			case <-pace.C:
			}
			status, body, err := client.send(all.next(0))
			if err == nil && status != 200 {
				err = fmt.Errorf("CreatePortfolio answered %d: %.200s", status, body)
			}
			if err != nil {
				ended <- err
				return
			}
		}
	}()
	return func() error {
		close(end)
		return <-ended
	}, nil
}
