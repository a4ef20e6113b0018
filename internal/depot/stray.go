package depot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"portico/internal/store"
)

const (
	// sweepEvery is how often a server looks for bodies that may be removed.
	sweepEvery = time.Minute
	// claimTime is how long bodies that a server has begun to remove are left to it by others.
	claimTime = 10 * time.Minute
	// removeTime is how long removing one body may take, and batch how many are claimed at once: together less than claimTime.
	removeTime = 5 * time.Second
	batch      = 100
)

// Run removes stray bodies until ctx ends. What cannot be removed is tried again later, by this server or another.
func (d *Depot) Run(ctx context.Context) {
	if d.Bucket == nil {
		return
	}
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if _, err := d.Sweep(ctx); err != nil && ctx.Err() == nil && d.Log != nil {
			d.Log.Error("bodies that no object has could not be removed", "cause", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Sweep removes the stray bodies that are due, and returns how many it has removed.
func (d *Depot) Sweep(ctx context.Context) (removed int, err error) {
	if d.Bucket == nil {
		return 0, nil
	}
	for {
		claimed, n, err := d.sweep(ctx)
		removed += n
		if err != nil || claimed == 0 {
			return removed, err
		}
	}
}

// sweep claims some stray bodies, removes them and forgets those that are gone. A body is claimed in a transaction of its
// own: from then on it cannot become an object's.
func (d *Depot) sweep(ctx context.Context) (claimed, removed int, err error) {
	due := false
	err = d.DB.Read(ctx, func(tx *store.Tx) (err error) { // so that idle servers do not write
		due, err = tx.StraysDue(d.now())
		return err
	})
	if err != nil || !due {
		return 0, 0, err
	}
	var places []string
	err = d.DB.Write(ctx, func(tx *store.Tx) (err error) {
		now := d.now()
		places, err = tx.ClaimStrays(now, now.Add(claimTime), batch)
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	var gone []string
	var failed error
	for _, place := range places {
		if err := d.remove(ctx, place); err == nil {
			gone = append(gone, place)
		} else if failed == nil {
			failed = err
		}
	}
	err = d.DB.Write(ctx, func(tx *store.Tx) error { return tx.DeleteStrays(gone) })
	return len(places), len(gone), errors.Join(failed, err)
}

func (d *Depot) remove(ctx context.Context, place string) error {
	ctx, cancel := context.WithTimeout(ctx, removeTime)
	defer cancel()
	if err := d.Bucket.remove(ctx, place); err != nil {
		return fmt.Errorf("remove %s: %w", place, err)
	}
	return nil
}
