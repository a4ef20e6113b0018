package wire

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"portico/internal/fault"
)

// decoding is the state both codecs share while they fill an input.
type decoding struct {
	path   []step
	broken []string // violations so far
}

// step is one level of the path to the value being read.
type step struct {
	name  string
	index int // of a list's entry, from 1; 0 for a member, -1 for the entry of a map
}

func (d *decoding) push(name string) { d.path = append(d.path, step{name: name}) }
func (d *decoding) pushIndex(i int)  { d.path = append(d.path, step{index: i}) }
func (d *decoding) pushKey(k string) { d.path = append(d.path, step{name: k, index: -1}) }
func (d *decoding) pop()             { d.path = d.path[:len(d.path)-1] }

// where writes the path as AWS prints it: tags.1.member.key.
func (d *decoding) where() string {
	var parts []string
	for _, s := range d.path {
		switch {
		case s.index > 0:
			parts = append(parts, strconv.Itoa(s.index), "member")
		case s.index < 0:
			parts = append(parts, s.name, "member")
		default:
			parts = append(parts, s.name)
		}
	}
	return strings.Join(parts, ".")
}

// violate notes that the value here breaks rules.
func (d *decoding) violate(l *limit, v reflect.Value, rules ...string) {
	for _, rule := range rules {
		if len(d.broken) >= maxBroken {
			return
		}
		value := "Value '" + show(v) + "'"
		if l != nil && l.sensitive {
			value = "Value"
		}
		d.broken = append(d.broken, value+" at '"+d.where()+"' failed to satisfy constraint: "+rule)
	}
}

// null notes that nothing is where a value must be.
func (d *decoding) null() {
	if len(d.broken) < maxBroken {
		d.broken = append(d.broken, "Value null at '"+d.where()+"' failed to satisfy constraint: "+notNull)
	}
}

// missing notes that required members of the structure here were not seen.
func (d *decoding) missing(r *record, seen []bool) {
	for i := range r.fields {
		if f := &r.fields[i]; f.required && !seen[i] {
			d.push(f.path)
			d.null()
			d.pop()
		}
	}
}

// check holds a simple value that a member has just got against its limits.
func (d *decoding) check(p *plan, v reflect.Value) {
	if p.limit != nil && p.simple() {
		v = reflect.Indirect(v)
		d.violate(p.limit, v, p.rules(v)...)
	}
}

// checkAll holds a list or map against its limits, and the simple values inside: as AWS does, the container reports
// those, once and with all their rules.
func (d *decoding) checkAll(p *plan, v reflect.Value) {
	if p.limit != nil {
		d.violate(p.limit, v, p.rules(v)...)
	}
	switch p.kind {
	case list:
		d.checkList(p, v)
	case mapping:
		d.checkMap(p, v)
	}
}

func (d *decoding) checkList(p *plan, v reflect.Value) {
	if p.elem.limit == nil || !p.elem.simple() {
		return
	}
	for i := range v.Len() {
		if p.elem.rules(reflect.Indirect(v.Index(i))) != nil {
			d.violate(p.elem.limit, v, "Member must satisfy constraint: "+p.elem.limit.all(p.elem.kind))
			return
		}
	}
}

func (d *decoding) checkMap(p *plan, v reflect.Value) {
	keys := sortedKeys(v)
	if p.key != nil && slices.ContainsFunc(keys, func(k reflect.Value) bool { return p.key.text(k.String()) != nil }) {
		d.violate(p.key, v, "Map keys must satisfy constraint: "+p.key.all(text))
	}
	if p.elem.limit == nil || !p.elem.simple() {
		return
	}
	broken := func(k reflect.Value) bool { return p.elem.rules(reflect.Indirect(v.MapIndex(k))) != nil }
	if slices.ContainsFunc(keys, broken) {
		d.violate(p.elem.limit, v, "Map value must satisfy constraint: "+p.elem.limit.all(p.elem.kind))
	}
}

// simple reports whether a container checks this value itself.
func (p *plan) simple() bool { return p.kind < structure }

// verdict is the fault for all violations together, or nil.
func (d *decoding) verdict(code string) error {
	switch n := len(d.broken); n {
	case 0:
		return nil
	case 1:
		return fault.New(fault.Validation, "1 validation error detected: %s", d.broken[0]).Named(code)
	default:
		return fault.New(fault.Validation, "%d validation errors detected: %s", n, strings.Join(d.broken, "; ")).Named(code)
	}
}

var errNumber = errors.New("not an integer of 64 bits")

// parseInt takes an integer, also one written like 5.0 or 1e2.
func parseInt(s string) (int64, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, errNumber
	}
	return int64(f), nil
}

func sortedKeys(v reflect.Value) []reflect.Value {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	return keys
}

// unbuilt is what a real operation answers that this build does not serve.
func (s *Service) unbuilt(op *Operation) error {
	return fault.New(fault.Unbuilt, "Portico does not serve %s of %s yet", op.Name, s.Name).Named("NotImplementedException")
}

// Decode reads the input of a routed call and holds it against the model's limits.
func (s *Service) Decode(c *Call) (any, error) {
	if c.Op.In == nil {
		return nil, s.unbuilt(c.Op)
	}
	if err := s.Compile(); err != nil {
		return nil, fmt.Errorf("compile service %s: %w", s.Name, err)
	}
	in := c.Op.In()
	v := reflect.ValueOf(in).Elem()
	var err error
	if s.Protocol == Query {
		err = decodeQuery(c.form, c.Op.in, v)
	} else {
		err = decodeJSON(c.body, c.Op.in, v)
	}
	if err != nil {
		return nil, err
	}
	return in, nil
}
