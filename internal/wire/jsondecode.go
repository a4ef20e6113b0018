package wire

import (
	"bytes"
	"encoding/base64"
	"reflect"
	"time"
)

// jsonDecoder fills a value from JSON text.
type jsonDecoder struct {
	reader
	decoding
}

// decodeJSON reads body into v, a structure. An empty body is an empty object.
func decodeJSON(body []byte, p *plan, v reflect.Value) error {
	d := &jsonDecoder{reader: reader{b: body}}
	switch d.peek() {
	case 0:
		if d.i < len(body) {
			return d.syntax("'{'")
		}
		d.missing(p.record, make([]bool, len(p.record.fields)))
		return d.verdict("ValidationException")
	case '{':
	default:
		return unreadable("The request body must be a JSON object")
	}
	if err := d.structure(p, v); err != nil {
		return err
	}
	if d.peek() != 0 || d.i < len(body) {
		return d.syntax("the end of the body")
	}
	return d.verdict("ValidationException")
}

// refuse is for a value of another JSON type than the member has.
func (d *jsonDecoder) refuse(want string) error {
	got := d.token()
	if err := d.skip(); err != nil {
		return err // not even JSON
	}
	if where := d.where(); where != "" {
		return unreadable("%s can not be converted to %s at '%s'", got, want, where)
	}
	return unreadable("%s can not be converted to %s", got, want)
}

func (d *jsonDecoder) structure(p *plan, v reflect.Value) error {
	if d.peek() != '{' {
		return d.refuse("a Structure")
	}
	if err := d.open('{'); err != nil {
		return err
	}
	var few [24]bool
	seen := few[:]
	if len(p.record.fields) > len(few) {
		seen = make([]bool, len(p.record.fields))
	}
	for first := true; ; first = false {
		more, err := d.more('}', first)
		if err != nil {
			return err
		}
		if !more {
			d.missing(p.record, seen)
			return nil
		}
		if err := d.member(p.record, v, seen); err != nil {
			return err
		}
	}
}

func (d *jsonDecoder) member(r *record, v reflect.Value, seen []bool) error {
	name, err := d.name()
	if err != nil {
		return err
	}
	i, ok := r.byName[string(name)]
	if !ok {
		return d.skip()
	}
	f := &r.fields[i]
	fv := v.Field(f.index)
	if seen[i] {
		fv.SetZero()
	}
	d.push(f.path)
	if seen[i], err = d.value(f.plan, fv); err != nil {
		return err
	}
	if seen[i] {
		d.check(f.plan, fv)
	}
	d.pop()
	return nil
}

// value reads any value into v and reports whether there was one: null is none.
func (d *jsonDecoder) value(p *plan, v reflect.Value) (bool, error) {
	if d.peek() == 'n' {
		return false, d.word("null")
	}
	if p.ptr {
		v.Set(reflect.New(p.typ))
		v = v.Elem()
	}
	var err error
	switch p.kind {
	case structure:
		return true, d.structure(p, v)
	case list:
		err = d.list(p, v)
	case mapping:
		err = d.mapping(p, v)
	default:
		return true, d.scalar(p, v)
	}
	if err != nil {
		return false, err
	}
	d.checkAll(p, v)
	return true, nil
}

func (d *jsonDecoder) list(p *plan, v reflect.Value) error {
	if d.peek() != '[' {
		return d.refuse("a List")
	}
	if err := d.open('['); err != nil {
		return err
	}
	v.Set(reflect.MakeSlice(p.typ, 0, 0))
	for n := 0; ; n++ {
		more, err := d.more(']', n == 0)
		if err != nil || !more {
			return err
		}
		v.Grow(1)
		v.SetLen(n + 1)
		d.pushIndex(n + 1)
		some, err := d.value(p.elem, v.Index(n))
		if err != nil {
			return err
		}
		if !some && !p.elem.ptr {
			d.null()
		}
		d.pop()
	}
}

func (d *jsonDecoder) mapping(p *plan, v reflect.Value) error {
	if d.peek() != '{' {
		return d.refuse("a Map")
	}
	if err := d.open('{'); err != nil {
		return err
	}
	v.Set(reflect.MakeMap(p.typ))
	for first := true; ; first = false {
		more, err := d.more('}', first)
		if err != nil || !more {
			return err
		}
		name, err := d.name()
		if err != nil {
			return err
		}
		if bytes.IndexByte(name, 0) >= 0 {
			return d.nul()
		}
		key := reflect.ValueOf(string(name)).Convert(p.typ.Key())
		elem := reflect.New(p.typ.Elem()).Elem()
		d.pushKey(key.String())
		some, err := d.value(p.elem, elem)
		if err != nil {
			return err
		}
		if !some && !p.elem.ptr {
			d.null()
		}
		d.pop()
		v.SetMapIndex(key, elem)
	}
}

func (d *jsonDecoder) nul() error {
	return unreadable("A string must not contain the character U+0000 at '%s'", d.where())
}

func (d *jsonDecoder) scalar(p *plan, v reflect.Value) error {
	c := d.peek()
	switch p.kind {
	case text, blob:
		if c != '"' {
			return d.refuse("a String")
		}
		return d.text(p, v)
	case boolean:
		return d.boolean(c, v)
	case moment:
		if c == '"' {
			return d.moment(v)
		}
	}
	if c != '-' && (c < '0' || c > '9') {
		return d.refuse(map[kind]string{integer: "an Integer", float: "a Double", moment: "a Timestamp"}[p.kind])
	}
	return d.number(p, v)
}

func (d *jsonDecoder) boolean(c byte, v reflect.Value) error {
	switch c {
	case 't':
		v.SetBool(true)
		return d.word("true")
	case 'f':
		v.SetBool(false)
		return d.word("false")
	}
	return d.refuse("a Boolean")
}

func (d *jsonDecoder) text(p *plan, v reflect.Value) error {
	s, err := d.bytes()
	if err != nil {
		return err
	}
	if p.kind == text {
		if bytes.IndexByte(s, 0) >= 0 {
			return d.nul()
		}
		v.SetString(string(s))
		return nil
	}
	raw := make([]byte, base64.StdEncoding.DecodedLen(len(s)))
	n, err := base64.StdEncoding.Decode(raw, s)
	if err != nil {
		return unreadable("The value is not base64 at '%s'", d.where())
	}
	v.SetBytes(raw[:n])
	return nil
}

func (d *jsonDecoder) moment(v reflect.Value) error {
	s, err := d.bytes()
	if err != nil {
		return err
	}
	t, ok := parseTime(string(s))
	if !ok {
		return unreadable("STRING_VALUE can not be converted to a Timestamp at '%s'", d.where())
	}
	v.Set(reflect.ValueOf(t))
	return nil
}

func (d *jsonDecoder) number(p *plan, v reflect.Value) error {
	s, err := d.reader.number()
	if err != nil {
		return err
	}
	switch p.kind {
	case integer:
		n, err := parseInt(s)
		if err != nil || v.OverflowInt(n) {
			return unreadable("NUMBER_VALUE can not be converted to an Integer at '%s'", d.where())
		}
		v.SetInt(n)
	case float:
		f, ok := parseFloat(s)
		if !ok {
			return unreadable("NUMBER_VALUE can not be converted to a Double at '%s'", d.where())
		}
		v.SetFloat(f)
	case moment:
		f, ok := parseFloat(s)
		var t time.Time
		if ok {
			t, ok = epoch(f)
		}
		if !ok {
			return unreadable("NUMBER_VALUE can not be converted to a Timestamp at '%s'", d.where())
		}
		v.Set(reflect.ValueOf(t))
	}
	return nil
}
