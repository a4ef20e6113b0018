// Package depot keeps the bodies of objects: in the database, with the rows of the objects, or in a bucket of another
// object store, if the operator names one.
//
// A body elsewhere has an address of its own that is never used again, and a row of the database for as long as it is
// there: that of its object, or one that says that it is stray. It is noted as stray before it is sent, so that nothing is
// left behind by a server that is killed; the transaction that makes the object takes that note away, and the one that
// deletes the object writes another. Stray bodies are removed once they are due. (docs/decisions/0002-object-store.md)
package depot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"portico/internal/store"
)

const (
	// hold is how long a body may be on its way to becoming an object's: longer than the largest and a write may take.
	hold = time.Hour
	// transferTime is how long a body may take to another object store or from there, and a second more for each transferRate
	// bytes of it. A template is read while others wait for the connection to the database.
	transferTime = 15 * time.Second
	transferRate = 256 << 10
	// checkTime is how long a server that starts waits for the other object store.
	checkTime = 30 * time.Second
)

// Depot is where the bodies of a database's objects are. A nil one keeps them in the database.
type Depot struct {
	DB     *store.DB
	Bucket *Bucket          // where new bodies go; nil for into the database
	Now    func() time.Time // nil is time.Now
	Log    *slog.Logger     // nil logs nothing
}

func (d *Depot) now() time.Time {
	if d.Now == nil {
		return time.Now()
	}
	return d.Now()
}

// transfer is a context for n bytes on their way.
func transfer(ctx context.Context, n int64) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, transferTime+time.Duration(n/transferRate)*time.Second)
}

// Keep gives an object that is about to be written its body. It must not be called inside a transaction.
func (d *Depot) Keep(ctx context.Context, o *store.Object, body []byte) error {
	o.Size, o.Body, o.Place = int64(len(body)), body, ""
	if d == nil || d.Bucket == nil || len(body) == 0 {
		return nil
	}
	place, err := d.send(ctx, body)
	o.Body, o.Place = nil, place
	return err
}

// send puts a body elsewhere, as a stray one.
func (d *Depot) send(ctx context.Context, body []byte) (place string, err error) {
	place = d.Bucket.place()
	// The event of the call belongs to its effect, which this is not yet.
	err = d.DB.Write(store.WithEvent(ctx, nil), func(tx *store.Tx) error { return tx.InsertStray(place, d.now().Add(hold)) })
	if err != nil {
		return place, err
	}
	ctx, cancel := transfer(ctx, int64(len(body)))
	defer cancel()
	if err := d.Bucket.put(ctx, place, body); err != nil {
		return place, fmt.Errorf("put a body to %s: %w", place, err)
	}
	return place, nil
}

// Part is some of an object's body, as a transaction has found it.
type Part struct {
	place     string
	from, n   int64
	contained []byte
}

// Find finds n bytes of an object's body from an offset on, for Load.
func Find(tx *store.Tx, o store.Object, from, n int64) (p Part, err error) {
	if o.Place != "" {
		return Part{place: o.Place, from: from, n: n}, nil
	}
	p.contained, err = tx.ObjectRange(o, from, n)
	return p, err
}

// Load reads what was found. It should not be called inside a transaction, for it may have to ask another object store.
func (d *Depot) Load(ctx context.Context, p Part) ([]byte, error) {
	if p.place == "" {
		return p.contained, nil
	}
	if d == nil || d.Bucket == nil {
		return nil, fmt.Errorf("a body lies at %s, and this server was started without --object-store", p.place)
	}
	ctx, cancel := transfer(ctx, p.n)
	defer cancel()
	b, err := d.Bucket.get(ctx, p.place, p.from, p.n)
	if err != nil {
		return nil, fmt.Errorf("get a body from %s: %w", p.place, err)
	}
	return b, nil
}

// Check puts, reads and removes a body elsewhere, as far as that is where bodies go. A server asks before it serves.
func (d *Depot) Check(ctx context.Context) error {
	if d.Bucket == nil {
		return d.warn(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	probe := []byte("Portico can write here")
	place, err := d.send(ctx, probe)
	var got []byte
	if err == nil {
		got, err = d.Bucket.get(ctx, place, 0, int64(len(probe)))
	}
	if err == nil && !bytes.Equal(got, probe) {
		err = errors.New("what was written is not what is read")
	}
	if err == nil {
		err = d.Bucket.remove(ctx, place)
	}
	if err == nil {
		err = d.DB.Write(ctx, func(tx *store.Tx) error { return tx.DeleteStrays([]string{place}) })
	}
	if err != nil {
		return fmt.Errorf("%s cannot be used: %w", d.Bucket, err)
	}
	return nil
}

// warn says that there are objects which cannot be read.
func (d *Depot) warn(ctx context.Context) error {
	return d.DB.Read(ctx, func(tx *store.Tx) error {
		place, ok, err := tx.PlacedBody()
		if ok && d.Log != nil {
			d.Log.Warn("bodies of objects lie in another object store and cannot be read: --object-store is missing", "one", place)
		}
		return err
	})
}
