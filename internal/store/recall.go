package store

// recall is what one reading connection to an embedded database remembers of callers and portfolios, which nearly every
// request asks for, some more than once. All of it is of one state of the database: SQLite counts for each connection the
// commits of others, and when its count has moved, everything goes. So nothing here is ever out of date, also when another
// process writes. PostgreSQL has no such count, and remembers for one transaction only.
type recall struct {
	version int64
	known   map[string]any
	asked   bool // in the present transaction, or there is nothing to ask
}

// found is a row that may not be there.
type found[T any] struct {
	row T
	ok  bool
}

// maxRecalled bounds what a connection remembers; when there is more, all goes.
const maxRecalled = 1000

// remembered returns what load returned when the database was as it is now, or loads it. What it returns is shared, so
// nobody may change it. Within a name, T is one type.
func remembered[T any](tx *Tx, name string, load func() (T, error)) (T, error) {
	r := tx.recall
	if r == nil {
		return load()
	}
	if err := r.refresh(tx); err != nil {
		var none T
		return none, err
	}
	if v, ok := r.known[name]; ok {
		return v.(T), nil
	}
	v, err := load()
	if err != nil {
		return v, err
	}
	if r.known == nil {
		r.known = map[string]any{}
	}
	if len(r.known) >= maxRecalled {
		clear(r.known)
	}
	r.known[name] = v
	return v, nil
}

// refresh forgets what another state of the database said. The question begins the snapshot if nothing has before, and
// within one transaction the answer stays the same.
func (r *recall) refresh(tx *Tx) error {
	if r.asked {
		return nil
	}
	version, _, err := one(tx, func(s scanner) (v int64, err error) { return v, s.Scan(&v) }, `PRAGMA data_version`)
	if err != nil {
		return err
	}
	r.asked = true
	if version != r.version {
		clear(r.known)
		r.version = version
	}
	return nil
}
