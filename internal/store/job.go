package store

import (
	"fmt"
	"time"

	"portico/internal/ident"
)

// Job is something to be done in steps. It is there until it is done.
type Job struct {
	ID      string // of what it is about
	Kind    string
	Account ident.Account // whose limit it counts against
	// Due is when somebody may take it; of one that is taken, when its lease ends. The end of time is for a job that waits
	// until another of its account has ended.
	Due      time.Time
	Owner    string // who has taken it, and for which step; empty if nobody has
	Begun    bool
	Failures int // in a row
	Created  time.Time
}

const jobColumns = `j.id, j.kind, j.account, j.due, j.owner, j.begun, j.failures, j.created`

func scanJob(s scanner) (j Job, err error) {
	var due, failures, created int64
	err = s.Scan(&j.ID, &j.Kind, &j.Account, &due, &j.Owner, &j.Begun, &failures, &created)
	j.Due, j.Failures, j.Created = fromMicros(due), int(failures), fromMicros(created)
	return j, err
}

// InsertJob adds a job; one of the same id that is there already is woken instead.
func (tx *Tx) InsertJob(j Job) error {
	n, err := tx.exec(`INSERT INTO job (id, kind, account, due, owner, begun, woken, failures, created)
		VALUES ($1, $2, $3, $4, '', FALSE, FALSE, 0, $5) ON CONFLICT DO NOTHING`, j.ID, j.Kind, j.Account, micros(j.Due), micros(j.Created))
	if err != nil {
		return fmt.Errorf("insert job %s: %w", j.ID, err)
	}
	if n == 0 {
		return tx.WakeJob(j.ID, j.Due)
	}
	return nil
}

// WakeJob makes a job due; one that is taken becomes so once it is put back. One that waits for its turn goes on waiting.
func (tx *Tx) WakeJob(id string, now time.Time) error {
	for _, q := range []string{
		`UPDATE job SET due = $2 WHERE id = $1 AND owner = '' AND due > $2 AND due < 9223372036854775807`,
		`UPDATE job SET woken = TRUE WHERE id = $1 AND owner <> '' AND due > $2`,
	} {
		if _, err := tx.exec(q, id, micros(now)); err != nil {
			return fmt.Errorf("wake job %s: %w", id, err)
		}
	}
	return nil
}

// DueJobs reads jobs that may be taken, longest due first.
func (tx *Tx) DueJobs(now time.Time, limit int) ([]Job, error) {
	js, err := all(tx, scanJob, `SELECT `+jobColumns+` FROM job j WHERE j.due <= $1 ORDER BY j.due, j.id LIMIT CAST($2 AS BIGINT)`, micros(now), limit)
	if err != nil {
		return nil, fmt.Errorf("load due jobs: %w", err)
	}
	return js, nil
}

// NextJob is when the next job becomes due; ok is false when none will by itself.
func (tx *Tx) NextJob() (due time.Time, ok bool, err error) {
	us, ok, err := one(tx, func(s scanner) (us int64, err error) { return us, s.Scan(&us) },
		`SELECT due FROM job WHERE due < 9223372036854775807 ORDER BY due LIMIT 1`)
	if err != nil {
		return due, false, fmt.Errorf("load the next job: %w", err)
	}
	return fromMicros(us), ok, nil
}

// CountBegun counts the jobs of an account that are begun.
func (tx *Tx) CountBegun(a ident.Account) (int, error) {
	return tx.count(`SELECT count(*) FROM job WHERE account = $1 AND begun = TRUE`, a)
}

// TakeJob gives a job to an owner until its lease ends.
func (tx *Tx) TakeJob(j Job, owner string, until time.Time) error {
	if _, err := tx.exec(`UPDATE job SET owner = $2, due = $3, begun = TRUE WHERE id = $1`, j.ID, owner, micros(until)); err != nil {
		return fmt.Errorf("take job %s: %w", j.ID, err)
	}
	return nil
}

// ParkJob lets a job wait until another of its account has ended.
func (tx *Tx) ParkJob(id string) error {
	if _, err := tx.exec(`UPDATE job SET due = 9223372036854775807 WHERE id = $1`, id); err != nil {
		return fmt.Errorf("park job %s: %w", id, err)
	}
	return nil
}

// DropJob takes back a job of which no step was ever begun, and reports whether it was one.
func (tx *Tx) DropJob(id string) (bool, error) {
	n, err := tx.exec(`DELETE FROM job WHERE id = $1 AND owner = '' AND begun = FALSE`, id)
	if err != nil {
		return false, fmt.Errorf("drop job %s: %w", id, err)
	}
	return n > 0, nil
}

// HasJob reports whether an owner still has a job.
func (tx *Tx) HasJob(id, owner string) (bool, error) {
	n, err := tx.count(`SELECT count(*) FROM job WHERE id = $1 AND owner = $2`, id, owner)
	return n > 0, err
}

// KeepJob renews an owner's lease after a step that went well, and reports whether it still had it.
func (tx *Tx) KeepJob(id, owner string, until time.Time) (bool, error) {
	n, err := tx.exec(`UPDATE job SET due = $3, failures = 0, woken = FALSE WHERE id = $1 AND owner = $2`, id, owner, micros(until))
	if err != nil {
		return false, fmt.Errorf("keep job %s: %w", id, err)
	}
	return n > 0, nil
}

// ReturnJob puts a job back until it is due, or until now if it was woken meanwhile, and reports whether the owner still
// had it.
func (tx *Tx) ReturnJob(id, owner string, failures int, due, now time.Time) (bool, error) {
	n, err := tx.exec(`UPDATE job SET owner = '', failures = $3, due = CASE WHEN woken = TRUE THEN CAST($5 AS BIGINT) ELSE CAST($4 AS BIGINT) END, woken = FALSE
		WHERE id = $1 AND owner = $2`, id, owner, failures, micros(due), micros(now))
	if err != nil {
		return false, fmt.Errorf("return job %s: %w", id, err)
	}
	return n > 0, nil
}

// FinishJob removes a job that is done and lets the longest parked one of its account begin. One that was woken meanwhile
// is due again instead: whoever woke it asked for more than its owner knew of. It reports whether the owner still had it.
func (tx *Tx) FinishJob(j Job, owner string, now time.Time) (bool, error) {
	n, err := tx.exec(`DELETE FROM job WHERE id = $1 AND owner = $2 AND woken = FALSE`, j.ID, owner)
	if err == nil && n == 0 {
		return tx.ReturnJob(j.ID, owner, 0, now, now)
	}
	if err == nil && n > 0 {
		err = tx.unpark(j, now)
	}
	if err != nil {
		return false, fmt.Errorf("finish job %s: %w", j.ID, err)
	}
	return n > 0, nil
}

// SetJobAside is ReturnJob for a job that waits for what is done elsewhere: until it is due it does not count as begun, and
// the longest parked one of its account begins in its place.
func (tx *Tx) SetJobAside(j Job, owner string, due, now time.Time) (bool, error) {
	n, err := tx.exec(`UPDATE job SET owner = '', begun = FALSE, failures = 0, due = CASE WHEN woken = TRUE THEN CAST($4 AS BIGINT) ELSE CAST($3 AS BIGINT) END, woken = FALSE
		WHERE id = $1 AND owner = $2`, j.ID, owner, micros(due), micros(now))
	if err == nil && n > 0 {
		err = tx.unpark(j, now)
	}
	if err != nil {
		return false, fmt.Errorf("set job %s aside: %w", j.ID, err)
	}
	return n > 0, nil
}

// unpark lets the longest parked job of the account of another one begin.
func (tx *Tx) unpark(j Job, now time.Time) error {
	_, err := tx.exec(`UPDATE job SET due = $2 WHERE id IN (SELECT id FROM job
		WHERE account = $1 AND begun = FALSE AND due = 9223372036854775807 ORDER BY created, id LIMIT 1)`, j.Account, micros(now))
	return err
}

// ReleaseJobs makes every job that is taken due at once: whoever has taken one is gone.
func (tx *Tx) ReleaseJobs(now time.Time) error {
	if _, err := tx.exec(`UPDATE job SET owner = '', due = $1, woken = FALSE WHERE owner > ''`, micros(now)); err != nil {
		return fmt.Errorf("release jobs: %w", err)
	}
	return nil
}
