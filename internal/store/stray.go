package store

import (
	"fmt"
	"time"
)

// BodyGrace is how long the body of an object that was deleted can still be read elsewhere, by whoever found the object
// before.
const BodyGrace = 15 * time.Minute

// InsertStray notes a body in another object store that no object has, and that may be removed when it is due.
func (tx *Tx) InsertStray(place string, due time.Time) error {
	if _, err := tx.exec(`INSERT INTO stray_body (place, due, claimed) VALUES ($1, $2, FALSE)`, place, micros(due)); err != nil {
		return fmt.Errorf("insert stray body %s: %w", place, err)
	}
	return nil
}

// adopt lets an object have a body that was noted before. One that is being removed, or is gone, is not to be had.
func (tx *Tx) adopt(place string) error {
	n, err := tx.exec(`DELETE FROM stray_body WHERE place = $1 AND NOT claimed`, place)
	if err == nil && n == 0 {
		err = tx.fail(fmt.Errorf("body %s was given up before its object was written", place))
	}
	return err
}

// StraysDue reports whether there are stray bodies that may be removed.
func (tx *Tx) StraysDue(now time.Time) (bool, error) {
	_, ok, err := one(tx, scanText, `SELECT place FROM stray_body WHERE due <= $1 ORDER BY due, place LIMIT 1`, micros(now))
	if err != nil {
		return false, fmt.Errorf("look for stray bodies: %w", err)
	}
	return ok, nil
}

// ClaimStrays makes at most limit stray bodies that are due the caller's to remove, until another may try.
func (tx *Tx) ClaimStrays(now, until time.Time, limit int) ([]string, error) {
	places, err := all(tx, scanText, `UPDATE stray_body SET claimed = TRUE, due = $2 WHERE place IN
		(SELECT place FROM stray_body WHERE due <= $1 ORDER BY due, place LIMIT CAST($3 AS BIGINT)) RETURNING place`, micros(now), micros(until), limit)
	if err != nil {
		return nil, fmt.Errorf("claim stray bodies: %w", err)
	}
	return places, nil
}

// DeleteStrays forgets stray bodies that were removed.
func (tx *Tx) DeleteStrays(places []string) error {
	for piece := range chunks(places) {
		if _, err := tx.exec(`DELETE FROM stray_body WHERE place IN `+in(1, len(piece)), anys(piece)...); err != nil {
			return fmt.Errorf("delete stray bodies: %w", err)
		}
	}
	return nil
}

// PlacedBody is where the body of some object lies that is not in the database, if there is such an object.
func (tx *Tx) PlacedBody() (place string, ok bool, err error) {
	place, ok, err = one(tx, scanText, `SELECT place FROM object_version WHERE place > '' ORDER BY place LIMIT 1`)
	if err != nil {
		return "", false, fmt.Errorf("look for bodies elsewhere: %w", err)
	}
	return place, ok, nil
}
