package wire

import (
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

type kind uint8

const (
	text kind = iota + 1
	boolean
	integer
	float
	blob
	moment
	structure
	list
	mapping
)

// plan says how a value of one Go type is read and written.
type plan struct {
	kind   kind
	typ    reflect.Type // without the pointer
	ptr    bool         // the Go value is a pointer to typ, nil when absent
	limit  *limit       // nil if any value will do
	record *record      // of a structure
	elem   *plan        // of a list or the values of a map
	key    *limit       // of the keys of a map
	opts   options
}

// record is the members of a structure, shared by all its plans so that structures may hold themselves.
type record struct {
	fields []field
	byName map[string]int
}

type field struct {
	*plan
	name     string // on the wire
	path     string // the name as messages write it
	label    string // `"name":`
	index    int
	required bool
}

// options is the rest of a field's wire tag: `wire:"Name,required,token,flat,time=rfc822,member=item,key=k,value=v"`.
type options struct {
	required           bool
	flat               bool   // a list or map without an element around its entries
	time               string // rfc822, iso8601 or unixTimestamp, if not the protocol's own
	member, key, value string // element names inside a list or map
}

func parseTag(tag string) (string, options, error) {
	name, rest, _ := strings.Cut(tag, ",")
	o := options{member: "member", key: "key", value: "value"}
	for flag := range strings.SplitSeq(rest, ",") {
		word, value, _ := strings.Cut(flag, "=")
		switch word {
		case "", "token":
		case "required":
			o.required = true
		case "flat":
			o.flat = true
		case "time":
			o.time = value
		case "member":
			o.member = value
		case "key":
			o.key = value
		case "value":
			o.value = value
		default:
			return "", o, fmt.Errorf("unknown flag %q in wire tag %q", word, tag)
		}
	}
	return name, o, nil
}

func (s *Service) compile() error {
	c := compiler{shapes: s.Shapes, limits: map[string]*limit{}, records: map[reflect.Type]*record{}}
	for _, op := range s.Operations {
		if op.In == nil {
			continue
		}
		var err error
		if op.in, err = c.plan(reflect.TypeOf(op.In()), "", options{}); err != nil {
			return fmt.Errorf("plan input of %s: %w", op.Name, err)
		}
		if op.out, err = c.plan(reflect.TypeOf(op.Out()), "", options{}); err != nil {
			return fmt.Errorf("plan output of %s: %w", op.Name, err)
		}
	}
	return nil
}

// compiler makes plans; limits and records are made once each.
type compiler struct {
	shapes  map[string]Shape
	limits  map[string]*limit
	records map[reflect.Type]*record
}

var (
	timeType  = reflect.TypeFor[time.Time]()
	bytesType = reflect.TypeFor[[]byte]()
)

func (c *compiler) plan(t reflect.Type, shape string, o options) (*plan, error) {
	p := &plan{opts: o}
	if t.Kind() == reflect.Pointer {
		p.ptr, t = true, t.Elem()
	}
	p.typ = t
	var err error
	if p.limit, err = c.limit(shape); err != nil {
		return nil, err
	}
	p.kind = kindOf(t)
	switch p.kind {
	case 0:
		return nil, fmt.Errorf("no wire form for Go type %s", t)
	case structure:
		p.record, err = c.record(t)
	case list:
		p.elem, err = c.plan(t.Elem(), c.shapes[shape].Member, options{time: o.time, member: "member"})
	case mapping:
		if p.key, err = c.limit(c.shapes[shape].Key); err != nil {
			return nil, err
		}
		p.elem, err = c.plan(t.Elem(), c.shapes[shape].Value, options{time: o.time, member: "member"})
	}
	return p, err
}

func kindOf(t reflect.Type) kind {
	switch {
	case t == timeType:
		return moment
	case t == bytesType:
		return blob
	}
	switch t.Kind() {
	case reflect.String:
		return text
	case reflect.Bool:
		return boolean
	case reflect.Int, reflect.Int64:
		return integer
	case reflect.Float64:
		return float
	case reflect.Struct:
		return structure
	case reflect.Slice:
		return list
	case reflect.Map:
		if t.Key().Kind() == reflect.String {
			return mapping
		}
	}
	return 0
}

func (c *compiler) record(t reflect.Type) (*record, error) {
	if r, ok := c.records[t]; ok {
		return r, nil
	}
	r := &record{byName: map[string]int{}}
	c.records[t] = r
	for i := range t.NumField() {
		f := t.Field(i)
		name, o, err := parseTag(f.Tag.Get("wire"))
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", t, f.Name, err)
		}
		p, err := c.plan(f.Type, f.Tag.Get("shape"), o)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", t, f.Name, err)
		}
		r.byName[name] = len(r.fields)
		label := string(appendString(nil, name)) + ":"
		r.fields = append(r.fields, field{plan: p, name: name, path: lowerFirst(name), label: label, index: i, required: o.required})
	}
	return r, nil
}

func lowerFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[n:]
}

// absent reports whether an answer leaves the member out: empty strings unless required, zero times, nil anything.
func (f *field) absent(v reflect.Value) bool {
	switch {
	case f.ptr || f.kind == list || f.kind == mapping || f.kind == blob:
		return v.IsNil()
	case f.kind == text:
		return !f.required && v.Len() == 0
	case f.kind == moment:
		return timeOf(v).IsZero()
	}
	return false
}

// timeOf reads a time without copying it to the heap where the value has an address.
func timeOf(v reflect.Value) time.Time {
	if v.CanAddr() {
		return *v.Addr().Interface().(*time.Time)
	}
	return v.Interface().(time.Time)
}
