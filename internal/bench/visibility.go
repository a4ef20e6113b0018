package main

import (
	"context"
	"fmt"
)

// visibility measures what a principal sees that portfolios reach in different numbers, all with the same products.
func (l *lab) visibility(ctx context.Context) error {
	head := []string{"operation", "database"}
	for _, n := range via() {
		head = append(head, fmt.Sprintf("/s through %d", n))
	}
	t := l.table.section("Visibility of 20 products through several portfolios", append(head, "time through the most against one")...)
	for _, kind := range kinds() {
		o, err := l.database(ctx, kind)
		if err != nil {
			return err
		}
		if err := populate(ctx, o, l.plan.sizes[0], l.plan.shares/10); err != nil {
			return fmt.Errorf("fill %s: %w", kind, err)
		}
		if err := settle(ctx, o); err != nil {
			return err
		}
		p, err := l.portico(ctx, o, "visibility-"+kind)
		if err != nil {
			return err
		}
		defer p.stop()
		for _, make := range []func(n int) (*load, error){searchThrough, pathsThrough} {
			var all []*series
			name := ""
			for n := range via() {
				load, err := make(n)
				if err != nil {
					return err
				}
				name = load.name
				all = append(all, &series{address: p.address, load: always(load)})
			}
			l.say("  %s on %s", name, kind)
			if err := l.alternate(ctx, all...); err != nil {
				return err
			}
			times, cells := relative(all)
			t.add(append(append([]any{name, kind}, cells...), short(times[len(times)-1])+"×")...)
		}
	}
	return nil
}

func searchThrough(n int) (*load, error) {
	return loadOf("SearchProducts", "SearchProducts", 1,
		func(int) (key, any) { return sessionOf(viewer, 1+n), object{} }, searched(shelf))
}

func pathsThrough(n int) (*load, error) {
	return loadOf("ListLaunchPaths (at most 20 in a page)", "ListLaunchPaths", shelf, func(i int) (key, any) {
		return sessionOf(viewer, 1+n), object{"ProductId": name("prod", "via", i)}
	}, listed("LaunchPathSummaries", min(via()[n], 20)))
}
