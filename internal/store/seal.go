package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"portico/internal/seal"
)

// Resealed counts the rows that were sealed anew: access keys, remembered answers, and those of launches and stacks.
type Resealed struct{ Keys, Answers, Launches int }

func (r Resealed) plus(n Resealed) Resealed {
	return Resealed{r.Keys + n.Keys, r.Answers + n.Answers, r.Launches + n.Launches}
}

// SealBatch is how many rows one transaction seals, so that no caller waits long for it.
const SealBatch = 100

// Seal makes sure that the database holds no secret in plain and none under a master key that is not at hand. Databases
// from before secrets were sealed are so once; to start with, every server asks for it. Several may do so at once.
func (db *DB) Seal(ctx context.Context) error {
	if db.keys.Current() == "" {
		return seal.ErrNoKey
	}
	plain, err := db.plain(ctx)
	if err != nil {
		return err
	}
	if plain {
		if _, err := db.resealFrom(ctx, "", nil); err != nil {
			return wrap(err, "seal what is still plain")
		}
		if err := db.scrub(ctx); err != nil {
			return wrap(err, "wipe what was plain")
		}
	}
	names, err := db.SealedUnder(ctx)
	if err != nil {
		return err
	}
	names = slices.DeleteFunc(names, db.keys.Has)
	if len(names) > 0 {
		return fmt.Errorf("the database holds secrets that are sealed under the master key %s, which is not among those given (%s)",
			strings.Join(names, " and "), strings.Join(db.keys.Names(), ", "))
	}
	return nil
}

// Reseal seals every secret under the current master key that is sealed under another. It works in small transactions
// while servers run, and can be stopped and begun again at any time; progress, if not nil, is told the counts so far.
func (db *DB) Reseal(ctx context.Context, progress func(Resealed)) (Resealed, error) {
	if db.keys.Current() == "" {
		return Resealed{}, seal.ErrNoKey
	}
	var total Resealed
	names, err := db.SealedUnder(ctx)
	if err != nil {
		return total, err
	}
	for _, name := range append(names, "") {
		if name == db.keys.Current() {
			continue
		}
		n, err := db.resealFrom(ctx, name, func(n Resealed) {
			if progress != nil {
				progress(total.plus(n))
			}
		})
		total = total.plus(n)
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// resealFrom seals anew what is sealed under one master key, or what is plain. Access keys, of which there is always one,
// come last: as long as a row needs the old key, SealedUnder has it.
func (db *DB) resealFrom(ctx context.Context, name string, progress func(Resealed)) (total Resealed, err error) {
	for _, step := range []struct {
		reseal func(*Tx, string) (int, error)
		count  *int
	}{{(*Tx).resealDocuments, &total.Launches}, {(*Tx).resealReplays, &total.Answers}, {(*Tx).resealKeys, &total.Keys}} {
		for {
			n := 0
			err := db.Write(ctx, func(tx *Tx) (err error) {
				n, err = step.reseal(tx, name)
				return err
			})
			if err != nil {
				return total, err
			}
			if n == 0 {
				break
			}
			if *step.count += n; progress != nil {
				progress(total)
			}
		}
	}
	return total, nil
}

// SealedUnder returns the fingerprints of the master keys that some row needs.
func (db *DB) SealedUnder(ctx context.Context) ([]string, error) {
	var names []string
	err := db.Read(ctx, func(tx *Tx) error {
		names = nil
		scan := func(r scanner) (s string, err error) { return s, r.Scan(&s) }
		for _, next := range []string{
			`SELECT sealed_by FROM access_key WHERE sealed_by > $1 ORDER BY sealed_by LIMIT 1`,
			`SELECT sealed_by FROM idempotency WHERE sealed_by > $1 ORDER BY sealed_by LIMIT 1`,
			`SELECT sealed_by FROM launch_record WHERE sealed_by > $1 ORDER BY sealed_by LIMIT 1`,
			`SELECT sealed_by FROM launch_plan WHERE sealed_by > $1 ORDER BY sealed_by LIMIT 1`,
			`SELECT sealed_by FROM provisioned_product WHERE sealed_by > $1 ORDER BY sealed_by LIMIT 1`,
			`SELECT sealed_by FROM stack WHERE sealed_by > $1 ORDER BY sealed_by LIMIT 1`,
			`SELECT sealed_by FROM stack_resource WHERE sealed_by > $1 ORDER BY sealed_by LIMIT 1`,
			`SELECT sealed_by FROM stack_event WHERE sealed_by > $1 ORDER BY sealed_by LIMIT 1`,
			`SELECT sealed_by FROM change_set WHERE sealed_by > $1 ORDER BY sealed_by LIMIT 1`,
			`SELECT sealed_by FROM engine_delivery WHERE sealed_by > $1 ORDER BY sealed_by LIMIT 1`,
			`SELECT sealed_by FROM stack_export WHERE sealed_by > $1 ORDER BY sealed_by LIMIT 1`,
			`SELECT sealed_by FROM stack_set WHERE sealed_by > $1 ORDER BY sealed_by LIMIT 1`,
			`SELECT sealed_by FROM stack_set_operation WHERE sealed_by > $1 ORDER BY sealed_by LIMIT 1`,
			`SELECT sealed_by FROM stack_instance WHERE sealed_by > $1 ORDER BY sealed_by LIMIT 1`,
		} {
			for last, ok := "", true; ok; {
				var err error
				if last, ok, err = one(tx, scan, next, last); err != nil {
					return err
				}
				if ok {
					names = append(names, last)
				}
			}
		}
		return nil
	})
	slices.Sort(names)
	return slices.Compact(names), wrap(err, "look for the master keys in use")
}

// plain reports whether some secret is not sealed.
func (db *DB) plain(ctx context.Context) (bool, error) {
	n := 0
	err := db.Read(ctx, func(tx *Tx) (err error) {
		n, err = tx.count(`SELECT count(*) FROM (
			SELECT id FROM access_key WHERE sealed_by = ''
			UNION ALL SELECT token FROM idempotency WHERE sealed_by = ''
			UNION ALL SELECT id FROM launch_record WHERE sealed_by = ''
			UNION ALL SELECT id FROM launch_plan WHERE sealed_by = ''
			UNION ALL SELECT id FROM provisioned_product WHERE sealed_by = ''
			UNION ALL SELECT id FROM stack WHERE sealed_by = ''
			UNION ALL SELECT stack FROM stack_resource WHERE sealed_by = ''
			UNION ALL SELECT stack FROM stack_event WHERE sealed_by = ''
			UNION ALL SELECT id FROM change_set WHERE sealed_by = ''
			UNION ALL SELECT record FROM engine_delivery WHERE sealed_by = ''
			UNION ALL SELECT account FROM stack_export WHERE sealed_by = ''
			UNION ALL SELECT id FROM stack_set WHERE sealed_by = ''
			UNION ALL SELECT id FROM stack_set_operation WHERE sealed_by = ''
			UNION ALL SELECT stack_set FROM stack_instance WHERE sealed_by = '' LIMIT 1) AS x`)
		return err
	})
	return n > 0, wrap(err, "look for what is plain")
}

// scrub wipes what deleted and changed rows leave in the files of the database.
func (db *DB) scrub(ctx context.Context) error {
	d := db.engine.dialect()
	pool, err := d.open()
	if err != nil {
		return err
	}
	defer pool.Close()
	for _, q := range d.scrub() {
		if _, err := pool.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

func aboutKey(id string) string { return "access_key\x00" + id }

// resealKeys seals some access keys anew and says how many.
func (tx *Tx) resealKeys(name string) (int, error) {
	type sealed struct{ id, secret string }
	scan := func(r scanner) (s sealed, err error) { return s, r.Scan(&s.id, &s.secret) }
	rows, err := all(tx, scan, `SELECT id, secret FROM access_key WHERE sealed_by = $1 LIMIT CAST($2 AS BIGINT)`, name, SealBatch)
	if err != nil {
		return 0, err
	}
	for _, r := range rows {
		plain := []byte(r.secret)
		if name != "" {
			if plain, err = tx.keys.Open(r.secret, aboutKey(r.id)); err != nil {
				return 0, fmt.Errorf("open access key %s: %w", r.id, err)
			}
		}
		secret, err := tx.keys.Seal(plain, aboutKey(r.id))
		if err != nil {
			return 0, err
		}
		if _, err := tx.exec(`UPDATE access_key SET secret = $2, sealed_by = $3 WHERE id = $1`, r.id, secret, tx.keys.Current()); err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}

// resealReplays is resealKeys for remembered answers.
func (tx *Tx) resealReplays(name string) (int, error) {
	scan := func(s scanner) (r Replay, err error) {
		return r, s.Scan(&r.Account, &r.Region, &r.Operation, &r.Token, &r.Request, &r.Answer)
	}
	rows, err := all(tx, scan, `SELECT account, region, operation, token, request, answer
		FROM idempotency WHERE sealed_by = $1 LIMIT CAST($2 AS BIGINT)`, name, SealBatch)
	if err != nil {
		return 0, err
	}
	for _, r := range rows {
		if name != "" {
			if err := r.open(tx.keys, r.Answer); err != nil {
				return 0, fmt.Errorf("open answer of %s: %w", r.Operation, err)
			}
		}
		answer, err := r.seal(tx.keys)
		if err != nil {
			return 0, err
		}
		_, err = tx.exec(`UPDATE idempotency SET request = '', answer = $5, sealed_by = $6
			WHERE account = $1 AND region = $2 AND operation = $3 AND token = $4`,
			string(r.Account), string(r.Region), r.Operation, r.Token, answer, tx.keys.Current())
		if err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}
