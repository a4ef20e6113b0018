package wire

import (
	"fmt"
	"reflect"
)

// Check holds an input that no message brought against the model's limits, as Decode does with one that did. A required
// text that is empty counts as left out: a Go value cannot tell the two apart.
func (s *Service) Check(op *Operation, in any) error {
	if op.In == nil {
		return s.unbuilt(op)
	}
	if err := s.Compile(); err != nil {
		return fmt.Errorf("compile service %s: %w", s.Name, err)
	}
	v := reflect.ValueOf(in)
	if v.Type() != reflect.TypeOf(op.In()) || v.IsNil() {
		return fmt.Errorf("the input of %s is a %T", op.Name, in)
	}
	var d decoding
	d.structure(op.in, v.Elem())
	return d.verdict(s.validation())
}

// validation is the code of an input that breaks the model.
func (s *Service) validation() string {
	if s.Protocol == Query {
		return "ValidationError"
	}
	return "ValidationException"
}

func (d *decoding) structure(p *plan, v reflect.Value) {
	seen := make([]bool, len(p.record.fields))
	for i := range p.record.fields {
		f := &p.record.fields[i]
		fv := v.Field(f.index)
		if !f.there(fv) {
			continue
		}
		seen[i] = true
		d.push(f.path)
		d.check(f.plan, fv)
		d.inside(f.plan, fv)
		d.pop()
	}
	d.missing(p.record, seen)
}

// there reports whether a member of an input was given.
func (f *field) there(v reflect.Value) bool {
	if f.ptr || f.kind == list || f.kind == mapping || f.kind == blob {
		return !v.IsNil()
	}
	return f.kind != text || v.Len() > 0
}

func (d *decoding) inside(p *plan, v reflect.Value) {
	if p.ptr {
		v = v.Elem()
	}
	switch p.kind {
	case structure:
		d.structure(p, v)
		return
	case list:
		for i := range v.Len() {
			d.pushIndex(i + 1)
			d.inside(p.elem, v.Index(i))
			d.pop()
		}
	case mapping:
		for _, k := range sortedKeys(v) {
			d.pushKey(k.String())
			d.inside(p.elem, v.MapIndex(k))
			d.pop()
		}
	}
	if p.kind == list || p.kind == mapping {
		d.checkAll(p, v)
	}
}
