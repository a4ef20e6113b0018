package wire

import (
	"encoding/base64"
	"math"
	"reflect"
	"strconv"
	"unicode/utf8"
)

// appendJSON writes a value. The rules for what a structure leaves out are in field.absent.
func appendJSON(b []byte, p *plan, v reflect.Value) []byte {
	if p.ptr {
		if v.IsNil() {
			return append(b, "null"...)
		}
		v = v.Elem()
	}
	switch p.kind {
	case text:
		return appendString(b, v.String())
	case boolean:
		return strconv.AppendBool(b, v.Bool())
	case integer:
		return strconv.AppendInt(b, v.Int(), 10)
	case float:
		return appendFloat(b, v.Float())
	case blob:
		b = append(b, '"')
		b = base64.StdEncoding.AppendEncode(b, v.Bytes())
		return append(b, '"')
	case moment:
		if p.opts.time == isoTime || p.opts.time == rfcTime {
			b = append(b, '"')
			return append(appendTime(b, timeOf(v), p.opts.time), '"')
		}
		return appendTime(b, timeOf(v), unixTime)
	case structure:
		return appendObject(b, p.record, v)
	case list:
		return appendList(b, p, v)
	default:
		return appendMap(b, p, v)
	}
}

func appendObject(b []byte, r *record, v reflect.Value) []byte {
	b = append(b, '{')
	start := len(b)
	for i := range r.fields {
		f := &r.fields[i]
		fv := v.Field(f.index)
		if f.absent(fv) {
			continue
		}
		if len(b) > start {
			b = append(b, ',')
		}
		b = append(b, f.label...)
		b = appendJSON(b, f.plan, fv)
	}
	return append(b, '}')
}

func appendList(b []byte, p *plan, v reflect.Value) []byte {
	if v.IsNil() {
		return append(b, "null"...)
	}
	b = append(b, '[')
	for i := range v.Len() {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, p.elem, v.Index(i))
	}
	return append(b, ']')
}

func appendMap(b []byte, p *plan, v reflect.Value) []byte {
	if v.IsNil() {
		return append(b, "null"...)
	}
	b = append(b, '{')
	for i, k := range sortedKeys(v) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, k.String()), ':')
		b = appendJSON(b, p.elem, v.MapIndex(k))
	}
	return append(b, '}')
}

// appendFloat writes what JSON has no number for as text, as the protocol does.
func appendFloat(b []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(b, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(b, `"-Infinity"`...)
	}
	return strconv.AppendFloat(b, f, 'g', -1, 64)
}

// plain marks the bytes that stand in a JSON string as they are, whatever follows.
var plain = func() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// appendString writes a quoted string. Bytes that are not UTF-8 become U+FFFD.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		if plain[s[i]] {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r < utf8.RuneSelf || r == utf8.RuneError && n == 1 {
			b = appendEscape(append(b, s[from:i]...), r)
			from = i + n
		}
		i += n
	}
	return append(append(b, s[from:]...), '"')
}

func appendEscape(b []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	switch r {
	case utf8.RuneError:
		return append(b, "\ufffd"...)
	case '"', '\\':
		return append(b, '\\', byte(r))
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	return append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
}
