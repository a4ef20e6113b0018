package wire

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// limit is a Shape ready to be checked.
type limit struct {
	min, max  int64
	pattern   *regexp.Regexp
	source    string // of the pattern
	enum      []string
	sensitive bool
}

func (c *compiler) limit(shape string) (*limit, error) {
	if shape == "" {
		return nil, nil
	}
	if l, ok := c.limits[shape]; ok {
		return l, nil
	}
	s, ok := c.shapes[shape]
	if !ok {
		return nil, fmt.Errorf("no shape %q", shape)
	}
	l := &limit{min: s.Min, max: s.Max, enum: s.Enum, sensitive: s.Sensitive, source: s.Pattern}
	if s.Pattern != "" {
		re, err := translate(s.Pattern)
		if err != nil {
			return nil, fmt.Errorf("shape %s: %w", shape, err)
		}
		l.pattern = re
	}
	c.limits[shape] = l
	return l, nil
}

// The rules in AWS's words.
func (l *limit) atMost(of string) string {
	return fmt.Sprintf("Member must have %s less than or equal to %d", of, l.max)
}

func (l *limit) atLeast(of string) string {
	return fmt.Sprintf("Member must have %s greater than or equal to %d", of, l.min)
}

func (l *limit) matches() string {
	return "Member must satisfy regular expression pattern: " + l.source
}

func (l *limit) among() string {
	return "Member must satisfy enum value set: [" + strings.Join(l.enum, ", ") + "]"
}

const notNull = "Member must not be null"

// text gives the rules that s breaks.
func (l *limit) text(s string) (broken []string) {
	if l.enum != nil && !slices.Contains(l.enum, s) {
		broken = append(broken, l.among())
	}
	if l.pattern != nil && !l.pattern.MatchString(s) {
		broken = append(broken, l.matches())
	}
	if l.min > 0 || l.max > 0 {
		broken = append(broken, l.size("length", int64(utf8.RuneCountInString(s)))...)
	}
	return broken
}

// size gives the bounds that n breaks; of is "length" or "value".
func (l *limit) size(of string, n int64) (broken []string) {
	if l.max > 0 && n > l.max {
		broken = append(broken, l.atMost(of))
	}
	if n < l.min {
		broken = append(broken, l.atLeast(of))
	}
	return broken
}

// all lists every rule, as AWS does for the values inside a list or map.
func (l *limit) all(k kind) string {
	of := "length"
	if k == integer || k == float {
		of = "value"
	}
	var rules []string
	if l.max > 0 {
		rules = append(rules, l.atMost(of))
	}
	if l.min > 0 || of == "value" {
		rules = append(rules, l.atLeast(of))
	}
	if l.pattern != nil {
		rules = append(rules, l.matches())
	}
	if l.enum != nil {
		rules = append(rules, l.among())
	}
	return "[" + strings.Join(rules, ", ") + "]"
}

// rules gives what a value that is not a structure breaks by itself, without what it holds.
func (p *plan) rules(v reflect.Value) []string {
	if p.limit == nil {
		return nil
	}
	switch p.kind {
	case text:
		return p.limit.text(v.String())
	case integer:
		return p.limit.size("value", v.Int())
	case list, mapping, blob:
		return p.limit.size("length", int64(v.Len()))
	}
	return nil
}

const (
	maxShown  = 1024 // characters of a value that a message repeats
	maxBroken = 20   // violations that one answer lists
)

// show writes a value as messages repeat it: [a, b] for a list, {a=1} for a map or structure.
func show(v reflect.Value) string {
	var b strings.Builder
	showTo(&b, v)
	if s := b.String(); utf8.RuneCountInString(s) > maxShown {
		return string([]rune(s)[:maxShown]) + "..."
	}
	return b.String()
}

func showTo(b *strings.Builder, v reflect.Value) {
	if b.Len() > 4*maxShown {
		return // the caller cuts there anyway
	}
	switch kindOf(v.Type()) {
	case list:
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteString(", ")
			}
			showTo(b, v.Index(i))
		}
		b.WriteByte(']')
	case mapping:
		b.WriteByte('{')
		for i, k := range sortedKeys(v) {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(k.String() + "=")
			showTo(b, v.MapIndex(k))
		}
		b.WriteByte('}')
	case structure:
		showFields(b, v)
	default:
		if v.Kind() == reflect.Pointer {
			if !v.IsNil() {
				showTo(b, v.Elem())
			}
			return
		}
		fmt.Fprint(b, v.Interface())
	}
}

func showFields(b *strings.Builder, v reflect.Value) {
	b.WriteByte('{')
	first := true
	for i := range v.NumField() {
		f := v.Field(i)
		if f.IsZero() {
			continue
		}
		if !first {
			b.WriteString(", ")
		}
		first = false
		b.WriteString(lowerFirst(v.Type().Field(i).Name) + "=")
		showTo(b, f)
	}
	b.WriteByte('}')
}
