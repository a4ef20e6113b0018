package provision

import (
	"portico/internal/catalog"
	"portico/internal/store"
)

// Cancel gives up a record: what its operation has changed is put back, and it fails, if it has not ended before that. A
// record of which nothing was begun ends here. It gives the record as it is then; once more is no error. (C-REC-7)
func (w *Workflow) Cancel(tx *store.Tx, r catalog.Record, by string) (catalog.Record, error) {
	if err := r.Cancellable(); err != nil || !r.Cancelled.IsZero() {
		return r, err
	}
	now := w.Now()
	if err := tx.CancelRecord(r.ID, by, now); err != nil {
		return r, err
	}
	r.Cancelled, r.CancelledBy = now, by
	if r.Work.Submitted {
		return r, w.Wake(tx, r.ID)
	}
	untouched, err := tx.DropJob(string(r.ID))
	if err != nil {
		return r, err
	}
	if !untouched { // a step of it may be under way
		return r, w.Wake(tx, r.ID)
	}
	if _, err := w.saveRecord(tx, r, refused(r.CancelReason())); err != nil {
		return r, err
	}
	r, _, err = tx.Record(r.ID)
	return r, err
}
