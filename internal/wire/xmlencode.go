package wire

import (
	"encoding/base64"
	"reflect"
	"strconv"
	"unicode/utf8"
)

// appendElement writes <name>value</name>. A flat list or map writes one element for each of its entries instead.
func appendElement(b []byte, name string, p *plan, v reflect.Value) []byte {
	if p.opts.flat && p.kind == list {
		for i := range v.Len() {
			b = appendElement(b, name, p.elem, v.Index(i))
		}
		return b
	}
	if p.opts.flat && p.kind == mapping {
		return appendEntries(b, name, p, v)
	}
	b = appendOpen(b, name)
	b = appendContent(b, p, v)
	return appendClose(b, name)
}

func appendOpen(b []byte, name string) []byte {
	return append(append(append(b, '<'), name...), '>')
}

func appendClose(b []byte, name string) []byte {
	return append(append(append(b, "</"...), name...), '>')
}

func appendContent(b []byte, p *plan, v reflect.Value) []byte {
	if p.ptr {
		if v.IsNil() {
			return b
		}
		v = v.Elem()
	}
	switch p.kind {
	case text:
		return appendText(b, v.String())
	case boolean:
		return strconv.AppendBool(b, v.Bool())
	case integer:
		return strconv.AppendInt(b, v.Int(), 10)
	case float:
		return strconv.AppendFloat(b, v.Float(), 'g', -1, 64)
	case blob:
		return base64.StdEncoding.AppendEncode(b, v.Bytes())
	case moment:
		if p.opts.time != "" {
			return appendTime(b, timeOf(v), p.opts.time)
		}
		return appendTime(b, timeOf(v), isoTime)
	case structure:
		return appendMembers(b, p.record, v)
	case list:
		for i := range v.Len() {
			b = appendElement(b, p.opts.member, p.elem, v.Index(i))
		}
		return b
	default:
		return appendEntries(b, "entry", p, v)
	}
}

func appendMembers(b []byte, r *record, v reflect.Value) []byte {
	for i := range r.fields {
		f := &r.fields[i]
		if fv := v.Field(f.index); !f.absent(fv) {
			b = appendElement(b, f.name, f.plan, fv)
		}
	}
	return b
}

func appendEntries(b []byte, name string, p *plan, v reflect.Value) []byte {
	for _, k := range sortedKeys(v) {
		b = appendOpen(b, name)
		b = appendOpen(b, p.opts.key)
		b = appendText(b, k.String())
		b = appendClose(b, p.opts.key)
		b = appendElement(b, p.opts.value, p.elem, v.MapIndex(k))
		b = appendClose(b, name)
	}
	return b
}

// appendText writes character data. What XML 1.0 cannot hold becomes U+FFFD.
func appendText(b []byte, s string) []byte {
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '<' && c != '>' && c != '&' && c != '"' || c == '\n' || c == '\t' {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		esc := ""
		switch {
		case r == '<':
			esc = "&lt;"
		case r == '>':
			esc = "&gt;"
		case r == '&':
			esc = "&amp;"
		case r == '"':
			esc = "&quot;"
		case r == '\r':
			esc = "&#13;"
		case r < ' ' || r == utf8.RuneError && n == 1 || r == 0xFFFE || r == 0xFFFF:
			esc = "\ufffd"
		}
		if esc != "" {
			b = append(append(b, s[from:i]...), esc...)
			from = i + n
		}
		i += n
	}
	return append(b, s[from:]...)
}
