package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"reflect"

	moderncsqlite "modernc.org/sqlite"
)

// link is one SQLite connection with its prepared statements. It talks to the driver itself: a link belongs to one
// transaction at a time, so what database/sql adds on every statement and row, locks, pooling and cancellation, is not
// needed, and costs as much as the statement.
//
// Statements run under context.Background. The driver would start a goroutine for each statement with a cancellable
// context, and interrupting a statement that writes rolls back the whole transaction, which others share. So the end of
// a context takes effect between statements.
type link struct {
	conn   driver.Conn // nil once closed
	stmts  map[string]statement
	args   []driver.NamedValue // of the statement that is about to run
	unused *linkRows           // a finished result, whose buffers the next one takes
	recall recall              // of a link that only reads
}

// statement is what the driver's prepared statements can do.
type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// maxStmts bounds the prepared statements of a connection. Texts are constant, but lists of placeholders vary in length.
const maxStmts = 1000

func dial(dsn string) (*link, error) {
	c, err := new(moderncsqlite.Driver).Open(dsn)
	if err != nil {
		return nil, err
	}
	return &link{conn: c, stmts: map[string]statement{}}, nil
}

var errClosed = errors.New("store: the database is closed")

func (l *link) close() error {
	if l.conn == nil {
		return nil
	}
	l.forget()
	c := l.conn
	l.conn = nil
	return c.Close()
}

func (l *link) forget() {
	for _, st := range l.stmts {
		st.Close()
	}
	clear(l.stmts)
}

func (l *link) stmt(q string) (statement, error) {
	if st := l.stmts[q]; st != nil {
		return st, nil
	}
	if l.conn == nil {
		return nil, errClosed
	}
	if len(l.stmts) >= maxStmts {
		l.forget()
	}
	prepared, err := l.conn.Prepare(q)
	if err != nil {
		return nil, err
	}
	st, ok := prepared.(statement)
	if !ok {
		return nil, fmt.Errorf("the SQLite driver's %T cannot run with a context", prepared)
	}
	l.stmts[q] = st
	return st, nil
}

// run executes a statement that controls the transaction.
func (l *link) run(q string) error {
	_, err := l.exec(context.Background(), q, nil)
	return err
}

func (l *link) exec(_ context.Context, q string, args []any) (int64, error) {
	st, err := l.stmt(q)
	if err != nil {
		return 0, err
	}
	if err := l.bind(args); err != nil {
		return 0, err
	}
	r, err := st.ExecContext(context.Background(), l.args)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// query runs a statement, or tells what it gave when the database was as it is now.
func (l *link) query(_ context.Context, q string, args []any) (rows, error) {
	if l.recall.link == nil {
		return l.ask(q, args)
	}
	if err := l.recall.refresh(); err != nil {
		return nil, err
	}
	if err := l.bind(args); err != nil {
		return nil, err
	}
	known, wanted := l.recall.results.look(q, l.args)
	if known != nil {
		return l.recall.results.replay(known), nil
	}
	r, err := l.ask(q, args)
	if err == nil && wanted {
		r.record, r.key = new(outcome), string(l.recall.results.key)
	}
	return r, err
}

// ask runs a statement.
func (l *link) ask(q string, args []any) (*linkRows, error) {
	st, err := l.stmt(q)
	if err != nil {
		return nil, err
	}
	if err := l.bind(args); err != nil {
		return nil, err
	}
	rs, err := st.QueryContext(context.Background(), l.args)
	if err != nil {
		return nil, err
	}
	r := l.unused
	if l.unused = nil; r == nil {
		r = &linkRows{link: l}
	}
	n := len(rs.Columns())
	if cap(r.row) < n {
		r.row = make([]driver.Value, n)
	}
	r.rows, r.row, r.err = rs, r.row[:n], nil
	return r, nil
}

// bind makes the arguments values that the driver knows.
func (l *link) bind(args []any) error {
	l.args = l.args[:0]
	for i, a := range args {
		v, err := value(a)
		if err != nil {
			return fmt.Errorf("argument $%d: %w", i+1, err)
		}
		l.args = append(l.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return nil
}

func value(a any) (driver.Value, error) {
	switch a := a.(type) {
	case string, int64, bool, []byte, nil:
		return a, nil
	case int:
		return int64(a), nil
	}
	switch v := reflect.ValueOf(a); v.Kind() {
	case reflect.String:
		return v.String(), nil
	default:
		return driver.DefaultParameterConverter.ConvertValue(a)
	}
}

// linkRows is a result being read.
type linkRows struct {
	link *link
	rows driver.Rows // nil once closed
	row  []driver.Value
	err  error

	record *outcome // of what is read, to be kept under key; may be nil
	key    string
}

func (r *linkRows) Next() bool {
	if r.rows == nil || r.err != nil {
		return false
	}
	err := r.rows.Next(r.row)
	if err == nil {
		if r.record != nil && !r.record.note(r.row) {
			r.record = nil
		}
		return true
	}
	record := r.record
	if !errors.Is(err, io.EOF) {
		r.err = err
	}
	r.Close()
	if record != nil && r.err == nil {
		r.link.recall.results.keep(r.key, record)
	}
	return false
}

func (r *linkRows) Err() error { return r.err }

func (r *linkRows) Close() {
	if r.rows == nil {
		return
	}
	if err := r.rows.Close(); r.err == nil {
		r.err = err
	}
	r.rows, r.record = nil, nil
	clear(r.row)
	r.link.unused = r
}

func (r *linkRows) Scan(dest ...any) error { return scanRow(dest, r.row) }

func scanRow(dest []any, row []driver.Value) error {
	if len(dest) != len(row) {
		return fmt.Errorf("a row has %d columns, not %d", len(row), len(dest))
	}
	for i, d := range dest {
		if err := assign(d, row[i]); err != nil {
			return fmt.Errorf("column %d: %w", i+1, err)
		}
	}
	return nil
}

// assign stores a column where it belongs. A NULL goes into pointers only, and into bytes, which SQLite's driver makes of
// an empty value too.
func assign(dest any, v driver.Value) error {
	switch d := dest.(type) {
	case *string:
		if s, ok := v.(string); ok {
			*d = s
			return nil
		}
	case *int64:
		if n, ok := v.(int64); ok {
			*d = n
			return nil
		}
	case *bool:
		if n, ok := v.(int64); ok {
			*d = n != 0
			return nil
		}
	case *[]byte:
		switch v := v.(type) {
		case []byte:
			*d = v
			return nil
		case nil:
			*d = nil
			return nil
		}
	default:
		return assignKind(reflect.ValueOf(dest), v)
	}
	return fmt.Errorf("a %T cannot go into a %T", v, dest)
}

// assignKind stores a column in a variable of a type of our own.
func assignKind(dest reflect.Value, v driver.Value) error {
	if dest.Kind() != reflect.Pointer || dest.IsNil() {
		return fmt.Errorf("%s is no pointer", dest.Type())
	}
	to := dest.Elem()
	switch v := v.(type) {
	case string:
		if to.Kind() == reflect.String {
			to.SetString(v)
			return nil
		}
	case int64:
		if to.CanInt() {
			to.SetInt(v)
			return nil
		}
		if to.Kind() == reflect.Bool {
			to.SetBool(v != 0)
			return nil
		}
	}
	if to.Kind() == reflect.Pointer {
		if v == nil {
			to.SetZero()
			return nil
		}
		into := reflect.New(to.Type().Elem())
		to.Set(into)
		return assign(into.Interface(), v)
	}
	return fmt.Errorf("a %T cannot go into a %s", v, to.Type())
}
