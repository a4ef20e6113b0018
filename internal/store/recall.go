package store

import "fmt"

// recall is what one reading connection to an embedded database remembers: results, and what was made of those that
// nearly every request needs. All of it is of one state of the database: SQLite counts for each connection the commits of
// others, and when its count has moved, everything goes. So nothing here is ever out of date, also when another process
// writes. PostgreSQL has no such count: there only what was made of results is kept, and for one transaction.
type recall struct {
	link    *link // whose count is asked for; nil on PostgreSQL
	version int64
	asked   bool // for the version in the present transaction
	known   map[string]any
	results results
}

// maxRecalled bounds what a connection knows; when there is more, all goes.
const maxRecalled = 1000

// remembered returns what load returned when the database was as it is now, or loads it. What it returns is shared, so
// nobody may change it. Within a name, T is one type.
func remembered[T any](tx *Tx, name string, load func() (T, error)) (T, error) {
	r := tx.recall
	if r == nil {
		return load()
	}
	if err := r.refresh(); err != nil {
		var none T
		return none, tx.fail(err)
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

// found is a row that may not be there.
type found[T any] struct {
	row T
	ok  bool
}

// refresh forgets what another state of the database said. The question begins the snapshot if nothing has before, and
// within one transaction the answer stays the same.
func (r *recall) refresh() error {
	if r.asked || r.link == nil {
		return nil
	}
	var version int64
	rs, err := r.link.ask(`PRAGMA data_version`, nil)
	if err == nil {
		if rs.Next() {
			err = rs.Scan(&version)
		}
		rs.Close()
		if err == nil {
			err = rs.Err()
		}
	}
	if err != nil {
		return fmt.Errorf("read the version of the data: %w", err)
	}
	if r.asked = true; version != r.version {
		clear(r.known)
		r.results.forget()
		r.version = version
	}
	return nil
}
