package wire

import (
	"encoding/base64"
	"reflect"

	"portico/internal/fault"
)

// queryDecoder fills a value from a form.
type queryDecoder struct{ decoding }

func decodeQuery(f *form, p *plan, v reflect.Value) error {
	var d queryDecoder
	if err := d.structure(f, p, v); err != nil {
		return err
	}
	return d.verdict("ValidationError")
}

func (d *queryDecoder) refuse(want string) error {
	return fault.New(fault.BadRequest, "The value is not %s at '%s'", want, d.where()).Named("MalformedInput")
}

func (d *queryDecoder) structure(f *form, p *plan, v reflect.Value) error {
	seen := make([]bool, len(p.record.fields))
	for i := range p.record.fields {
		member := &p.record.fields[i]
		at := f.inner[member.name]
		if at == nil {
			continue
		}
		d.push(member.path)
		fv := v.Field(member.index)
		some, err := d.value(at, member.plan, fv)
		if err != nil {
			return err
		}
		if some {
			d.check(member.plan, fv)
		}
		d.pop()
		seen[i] = some
	}
	d.missing(p.record, seen)
	return nil
}

// value reads what stands at f into v and reports whether anything was there that p can hold.
func (d *queryDecoder) value(f *form, p *plan, v reflect.Value) (bool, error) {
	if p.simple() && !f.set || !p.simple() && f.inner == nil && !f.set {
		return false, nil
	}
	if p.ptr {
		v.Set(reflect.New(p.typ))
		v = v.Elem()
	}
	var err error
	switch p.kind {
	case structure:
		return true, d.structure(f, p, v)
	case list:
		err = d.list(f, p, v)
	case mapping:
		err = d.mapping(f, p, v)
	default:
		return true, d.scalar(f.value, p, v)
	}
	if err != nil {
		return false, err
	}
	d.checkAll(p, v)
	return true, nil
}

// under gives the forms of a list's or map's entries. An empty value of its own (Tags=) is an empty list.
func (f *form) under(name string, flat bool) []*form {
	if flat {
		return f.entries()
	}
	if at := f.inner[name]; at != nil {
		return at.entries()
	}
	return nil
}

func (d *queryDecoder) list(f *form, p *plan, v reflect.Value) error {
	entries := f.under(p.opts.member, p.opts.flat)
	v.Set(reflect.MakeSlice(p.typ, len(entries), len(entries)))
	for i, at := range entries {
		d.pushIndex(i + 1)
		some, err := d.value(at, p.elem, v.Index(i))
		if err != nil {
			return err
		}
		if !some {
			d.null()
		}
		d.pop()
	}
	return nil
}

func (d *queryDecoder) mapping(f *form, p *plan, v reflect.Value) error {
	v.Set(reflect.MakeMap(p.typ))
	for _, at := range f.under("entry", p.opts.flat) {
		key := at.get(p.opts.key)
		elem := reflect.New(p.typ.Elem()).Elem()
		if value := at.inner[p.opts.value]; value != nil {
			d.pushKey(key)
			if _, err := d.value(value, p.elem, elem); err != nil {
				return err
			}
			d.pop()
		}
		v.SetMapIndex(reflect.ValueOf(key).Convert(p.typ.Key()), elem)
	}
	return nil
}

func (d *queryDecoder) scalar(s string, p *plan, v reflect.Value) error {
	switch p.kind {
	case text:
		v.SetString(s)
	case boolean:
		if s != "true" && s != "false" {
			return d.refuse("a boolean")
		}
		v.SetBool(s == "true")
	case integer:
		n, err := parseInt(s)
		if err != nil || v.OverflowInt(n) {
			return d.refuse("an integer")
		}
		v.SetInt(n)
	case float:
		f, ok := parseFloat(s)
		if !ok {
			return d.refuse("a number")
		}
		v.SetFloat(f)
	case blob:
		raw, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return d.refuse("base64")
		}
		v.SetBytes(raw)
	case moment:
		t, ok := parseTime(s)
		if !ok {
			return d.refuse("a timestamp")
		}
		v.Set(reflect.ValueOf(t))
	}
	return nil
}
