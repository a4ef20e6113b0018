package store

import (
	"context"
	"fmt"
	"time"

	"portico/internal/audit"
	"portico/internal/ident"
)

// Pending is the event of a call under way. The first Write of the call that ends well appends it as its last statement,
// so that neither the effect nor the event is there without the other.
type Pending struct {
	audit.Event
	Now func() time.Time // asked when the event is appended

	written bool
}

type eventKey struct{}

// WithEvent returns a context in which the first Write appends an event. A Write of a rehearsal does not.
func WithEvent(ctx context.Context, p *Pending) context.Context {
	return context.WithValue(ctx, eventKey{}, p)
}

// EventOf returns the event that a Write with this context would append, nil if there is none. Who knows more of the call
// may add it until then.
func EventOf(ctx context.Context) *Pending {
	p, _ := ctx.Value(eventKey{}).(*Pending)
	return p
}

// Written reports whether a Write has appended the event and was committed.
func (p *Pending) Written() bool { return p.written }

// AppendEvent writes an event that stands for itself, in a transaction of its own: a refusal has no effect that it could
// come with.
func (db *DB) AppendEvent(ctx context.Context, p *Pending) error {
	return wrap(db.Write(WithEvent(ctx, p), func(*Tx) error { return nil }), "append event of %s", p.Operation)
}

// witnessed is fn with the event of the call behind it.
func witnessed(p *Pending, fn func(*Tx) error) func(*Tx) error {
	return func(tx *Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		e := p.Event
		e.Time, e.Created = p.Now(), tx.created
		return tx.insertEvent(e)
	}
}

// creates notes that the transaction brings something into being: the event will name it, by its ARN or its id.
func (tx *Tx) creates(kind, id string) {
	tx.created = append(tx.created, audit.Resource{Kind: kind, ID: id})
}

// lane is where the events of a transaction go.
type lane interface {
	// end is the last event of the lane, and one of another lane to link to.
	end(tx *Tx) (last, link audit.Place, err error)
	// grow notes an event that the transaction has appended. It is only true once the transaction is committed.
	grow(p, link audit.Place)
}

func (tx *Tx) insertEvent(e audit.Event) error {
	last, link, err := tx.lane.end(tx)
	if err != nil {
		return fmt.Errorf("find the end of an audit lane: %w", err)
	}
	n, err := audit.Append(last, link, e)
	if err != nil {
		return err
	}
	tx.lane.grow(n.Place, n.Link)
	err = tx.put(`INSERT INTO audit_event (lane, seq, prev, hash, link_lane, link_seq, link, at, account, body)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		n.Lane, n.Seq, n.Prev.Bytes(), n.Hash.Bytes(), n.Link.Lane, n.Link.Seq, n.Link.Hash.Bytes(), n.Time.UnixMicro(), n.Account, string(n.Body))
	if err != nil {
		return fmt.Errorf("insert event %s: %w", n.Place, err)
	}
	return nil
}

func scanPlace(row scanner) (p audit.Place, err error) {
	var hash []byte
	err = row.Scan(&p.Lane, &p.Seq, &hash)
	p.Hash = audit.HashOf(hash)
	return p, err
}

// laneEnd reads the last event of a lane, or its beginning if there is none.
func (tx *Tx) laneEnd(lane string) (audit.Place, error) {
	p, ok, err := one(tx, scanPlace, `SELECT lane, seq, hash FROM audit_event WHERE lane = $1 ORDER BY seq DESC LIMIT 1`, lane)
	if err == nil && !ok {
		p = audit.Place{Lane: lane}
	}
	return p, err
}

// newestEvent reads the newest event of all, the zero Place if there is none.
func (tx *Tx) newestEvent() (audit.Place, error) {
	p, _, err := one(tx, scanPlace, `SELECT lane, seq, hash FROM audit_event WHERE at > 0 ORDER BY at DESC, lane DESC, seq DESC LIMIT 1`)
	return p, err
}

const eventColumns = `e.lane, e.seq, e.prev, e.hash, e.link_lane, e.link_seq, e.link, e.at, e.account, e.body`

// entryRow takes the columns of an event.
type entryRow struct {
	audit.Entry
	prev, hash, link []byte
	at               int64
	body             string
}

func (r *entryRow) into() []any {
	return []any{&r.Lane, &r.Seq, &r.prev, &r.hash, &r.Link.Lane, &r.Link.Seq, &r.link, &r.at, &r.Account, &r.body}
}

func (r *entryRow) entry() audit.Entry {
	e := r.Entry
	e.Prev, e.Hash, e.Link.Hash = audit.HashOf(r.prev), audit.HashOf(r.hash), audit.HashOf(r.link)
	e.Time, e.Body = time.UnixMicro(r.at).UTC(), []byte(r.body)
	return e
}

func scanEntry(row scanner) (audit.Entry, error) {
	var r entryRow
	err := row.Scan(r.into()...)
	return r.entry(), err
}

// LinkedEntry is an event with the hash of the one it links to, nil if that is not there or it links to none.
type LinkedEntry struct {
	audit.Entry
	Linked *audit.Hash
}

// EventsByLane reads a page of all events, lane by lane, behind a place.
func (tx *Tx) EventsByLane(after audit.Place, limit int) ([]LinkedEntry, error) {
	scan := func(row scanner) (LinkedEntry, error) {
		var r entryRow
		var linked []byte
		err := row.Scan(append(r.into(), &linked)...)
		e := LinkedEntry{Entry: r.entry()}
		if linked != nil {
			h := audit.HashOf(linked)
			e.Linked = &h
		}
		return e, err
	}
	es, err := all(tx, scan, `SELECT `+eventColumns+`, l.hash
		FROM audit_event e LEFT JOIN audit_event l ON l.lane = e.link_lane AND l.seq = e.link_seq
		WHERE (e.lane, e.seq) > ($1, $2) ORDER BY e.lane, e.seq LIMIT CAST($3 AS BIGINT)`, after.Lane, after.Seq, limit)
	if err != nil {
		return nil, fmt.Errorf("load events behind %s: %w", after, err)
	}
	return es, nil
}

// eventPage is how many events are read at once.
const eventPage = 500

// VerifyEvents gives every event to a verifier. It reads page by page: events may be added meanwhile, and those that were
// there before it began are all seen.
func (db *DB) VerifyEvents(ctx context.Context, v *audit.Verifier) error {
	var last audit.Place
	for {
		var page []LinkedEntry
		err := db.Read(ctx, func(tx *Tx) (err error) {
			page, err = tx.EventsByLane(last, eventPage)
			return err
		})
		if err != nil {
			return err
		}
		for _, e := range page {
			v.Add(e.Entry, e.Linked)
			last = e.Place
		}
		if len(page) < eventPage {
			return nil
		}
	}
}

// Moment is a place in the order of time.
type Moment struct {
	Time time.Time
	Lane string
	Seq  int64
}

// MomentOf is where an event stands.
func MomentOf(e audit.Entry) Moment { return Moment{Time: e.Time, Lane: e.Lane, Seq: e.Seq} }

// EventsAfter reads a page of events in order of time, those of one account if one is given.
func (tx *Tx) EventsAfter(m Moment, account ident.Account, limit int) ([]audit.Entry, error) {
	es, err := all(tx, scanEntry, `SELECT `+eventColumns+` FROM audit_event e
		WHERE (e.at, e.lane, e.seq) > ($1, $2, $3) AND ($4 = '' OR e.account = $4) ORDER BY e.at, e.lane, e.seq LIMIT CAST($5 AS BIGINT)`,
		micros(m.Time), m.Lane, m.Seq, account, limit)
	if err != nil {
		return nil, fmt.Errorf("load events after %s: %w", m.Time, err)
	}
	return es, nil
}

// EventsBefore reads a page of events backwards in time.
func (tx *Tx) EventsBefore(m Moment, account ident.Account, limit int) ([]audit.Entry, error) {
	es, err := all(tx, scanEntry, `SELECT `+eventColumns+` FROM audit_event e
		WHERE (e.at, e.lane, e.seq) < ($1, $2, $3) AND ($4 = '' OR e.account = $4) ORDER BY e.at DESC, e.lane DESC, e.seq DESC LIMIT CAST($5 AS BIGINT)`,
		micros(m.Time), m.Lane, m.Seq, account, limit)
	if err != nil {
		return nil, fmt.Errorf("load events before %s: %w", m.Time, err)
	}
	return es, nil
}
