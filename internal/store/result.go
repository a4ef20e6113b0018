package store

import (
	"database/sql/driver"
	"encoding/binary"
	"math"
)

// results are what statements gave, by their texts and arguments. See recall for how long that is true.
type results struct {
	kept   map[string]*outcome
	size   int    // of all, in bytes
	key    []byte // of what was looked for last
	unused *replay
}

// What a connection keeps is bounded; when there is more, all goes. A result larger than a long page is not worth its room.
const (
	maxResults    = 4 << 20
	maxResultSize = 64 << 10
)

// outcome is a result that was read to its end: its rows, one after the other.
type outcome struct {
	columns int
	values  []driver.Value
	size    int
}

func (rs *results) forget() {
	clear(rs.kept)
	rs.size = 0
}

// look finds what a statement gave. Nothing is kept of a statement with bytes among its arguments: wanted is false then.
// Else key is where keep puts it.
func (rs *results) look(q string, args []driver.NamedValue) (known *outcome, wanted bool) {
	k := append(rs.key[:0], q...)
	for _, a := range args {
		switch v := a.Value.(type) {
		case string:
			k = append(binary.AppendUvarint(append(k, 's'), uint64(len(v))), v...)
		case int64:
			k = binary.BigEndian.AppendUint64(append(k, 'i'), uint64(v))
		case float64:
			k = binary.BigEndian.AppendUint64(append(k, 'f'), math.Float64bits(v))
		case bool:
			if k = append(k, 'n'); v {
				k[len(k)-1] = 'y'
			}
		case nil:
			k = append(k, '0')
		default:
			return nil, false
		}
	}
	rs.key = k
	return rs.kept[string(k)], true
}

func (rs *results) keep(key string, r *outcome) {
	if rs.kept == nil {
		rs.kept = map[string]*outcome{}
	}
	if size := len(key) + r.size; rs.size+size > maxResults {
		rs.forget()
	}
	rs.size += len(key) + r.size
	rs.kept[key] = r
}

// note adds a row; false when the result is not to be kept after all. Bytes are not: whoever reads them may change them.
func (r *outcome) note(row []driver.Value) bool {
	for _, v := range row {
		r.size += 16
		switch v := v.(type) {
		case string:
			r.size += len(v)
		case []byte:
			return false
		}
	}
	r.columns = len(row)
	r.values = append(r.values, row...)
	return r.size <= maxResultSize
}

// replay reads a kept result.
type replay struct {
	of   *results
	left []driver.Value
	row  []driver.Value
	n    int // columns
}

func (rs *results) replay(r *outcome) rows {
	p := rs.unused
	if rs.unused = nil; p == nil {
		p = &replay{of: rs}
	}
	p.left, p.n = r.values, r.columns
	return p
}

func (p *replay) Next() bool {
	if len(p.left) == 0 {
		return false
	}
	p.row, p.left = p.left[:p.n], p.left[p.n:]
	return true
}

func (p *replay) Scan(dest ...any) error { return scanRow(dest, p.row) }

func (p *replay) Err() error { return nil }

func (p *replay) Close() {
	if p.row != nil { // else it is closed already, or nothing was read
		p.left, p.row = nil, nil
		p.of.unused = p
	}
}
