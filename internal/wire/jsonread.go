package wire

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"portico/internal/fault"
)

// reader reads JSON text token by token. It takes exactly RFC 8259, up to maxDepth levels deep; strings must be UTF-8.
type reader struct {
	b     []byte
	i     int
	depth int
}

const maxDepth = 64

func unreadable(format string, args ...any) error {
	return fault.New(fault.BadRequest, format, args...).Named("SerializationException")
}

func (r *reader) syntax(want string) error {
	if r.i >= len(r.b) {
		return unreadable("The request body is not valid JSON: it ends where %s is expected", want)
	}
	return unreadable("The request body is not valid JSON: %s is expected at offset %d", want, r.i)
}

// peek skips white space and gives the next byte, 0 at the end.
func (r *reader) peek() byte {
	for r.i < len(r.b) {
		switch c := r.b[r.i]; c {
		case ' ', '\t', '\n', '\r':
			r.i++
		default:
			return c
		}
	}
	return 0
}

func (r *reader) take(c byte) bool {
	if r.peek() != c {
		return false
	}
	r.i++
	return true
}

// open enters an object or array.
func (r *reader) open(c byte) error {
	if !r.take(c) {
		return r.syntax(string(c))
	}
	if r.depth++; r.depth > maxDepth {
		return unreadable("The request body is nested more than %d levels deep", maxDepth)
	}
	return nil
}

// more reports whether another entry follows in the container that end closes; first is true before the first one.
func (r *reader) more(end byte, first bool) (bool, error) {
	if r.take(end) {
		r.depth--
		return false, nil
	}
	if first {
		return true, nil
	}
	if !r.take(',') {
		return false, r.syntax("',' or '" + string(end) + "'")
	}
	if r.peek() == end {
		return false, r.syntax("a value")
	}
	return true, nil
}

// name reads a member name and its colon. The bytes are valid until the next call.
func (r *reader) name() ([]byte, error) {
	if r.peek() != '"' {
		return nil, r.syntax("a member name")
	}
	s, err := r.bytes()
	if err != nil {
		return nil, err
	}
	if !r.take(':') {
		return nil, r.syntax("':'")
	}
	return s, nil
}

// bytes reads a string. Without escapes the result is part of the body itself.
func (r *reader) bytes() ([]byte, error) {
	start := r.i + 1
	ascii := true
	for i := start; i < len(r.b); i++ {
		switch c := r.b[i]; {
		case c == '"':
			r.i = i + 1
			s := r.b[start:i]
			if !ascii && !utf8.Valid(s) {
				return nil, unreadable("The request body is not valid UTF-8")
			}
			return s, nil
		case c == '\\':
			return r.escaped(start, i)
		case c < ' ':
			r.i = i
			return nil, r.syntax("an escaped control character")
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	r.i = len(r.b)
	return nil, r.syntax("'\"'")
}

// escaped goes on with a string at its first backslash.
func (r *reader) escaped(start, i int) ([]byte, error) {
	out := append(make([]byte, 0, len(r.b[start:i])+64), r.b[start:i]...)
	for i < len(r.b) {
		c := r.b[i]
		switch {
		case c == '"':
			r.i = i + 1
			if !utf8.Valid(out) {
				return nil, unreadable("The request body is not valid UTF-8")
			}
			return out, nil
		case c == '\\':
			var err error
			if out, i, err = r.escape(out, i+1); err != nil {
				return nil, err
			}
		case c < ' ':
			r.i = i
			return nil, r.syntax("an escaped control character")
		default:
			out = append(out, c)
			i++
		}
	}
	r.i = i
	return nil, r.syntax("'\"'")
}

const (
	escapes = `"\/bfnrt`
	meant   = "\"\\/\b\f\n\r\t"
)

// escape appends what the escape sequence behind a backslash stands for and gives the offset behind it.
func (r *reader) escape(out []byte, i int) ([]byte, int, error) {
	if i < len(r.b) {
		for k := range len(escapes) {
			if r.b[i] == escapes[k] {
				return append(out, meant[k]), i + 1, nil
			}
		}
	}
	u, ok := r.hex(i)
	if !ok {
		r.i = min(i, len(r.b))
		return nil, 0, r.syntax("an escape sequence")
	}
	i += 5
	if utf16.IsSurrogate(u) {
		low, ok := rune(0), false
		if i < len(r.b) && r.b[i] == '\\' {
			low, ok = r.hex(i + 1)
		}
		if u = utf16.DecodeRune(u, low); !ok || u == utf8.RuneError {
			r.i = i
			return nil, 0, r.syntax("the other half of a surrogate pair")
		}
		i += 6
	}
	return utf8.AppendRune(out, u), i, nil
}

// hex reads an escaped rune, u and four digits, at offset i.
func (r *reader) hex(i int) (rune, bool) {
	if i+5 > len(r.b) || r.b[i] != 'u' {
		return 0, false
	}
	var u rune
	for _, c := range r.b[i+1 : i+5] {
		switch {
		case '0' <= c && c <= '9':
			u = u<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			u = u<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return u, true
}

// number reads a number and gives its text.
func (r *reader) number() (string, error) {
	start := r.i
	digits := func() bool {
		from := r.i
		for r.i < len(r.b) && '0' <= r.b[r.i] && r.b[r.i] <= '9' {
			r.i++
		}
		return r.i > from
	}
	is := func(set string) bool {
		for k := range len(set) {
			if r.i < len(r.b) && r.b[r.i] == set[k] {
				r.i++
				return true
			}
		}
		return false
	}
	is("-")
	if !is("0") && !digits() {
		return "", r.syntax("a digit")
	}
	if is(".") && !digits() {
		return "", r.syntax("a digit")
	}
	if is("eE") {
		is("+-")
		if !digits() {
			return "", r.syntax("a digit")
		}
	}
	return string(r.b[start:r.i]), nil
}

// word reads true, false or null.
func (r *reader) word(w string) error {
	if len(r.b)-r.i < len(w) || string(r.b[r.i:r.i+len(w)]) != w {
		return r.syntax("a value")
	}
	r.i += len(w)
	return nil
}

// skip reads over any value.
func (r *reader) skip() error {
	switch c := r.peek(); c {
	case '{', '[':
		return r.skipInside(c)
	case '"':
		_, err := r.bytes()
		return err
	case 't':
		return r.word("true")
	case 'f':
		return r.word("false")
	case 'n':
		return r.word("null")
	default:
		_, err := r.number()
		return err
	}
}

func (r *reader) skipInside(open byte) error {
	if err := r.open(open); err != nil {
		return err
	}
	for first := true; ; first = false {
		more, err := r.more(open+2, first) // in ASCII the closing one is two further
		if err != nil || !more {
			return err
		}
		if open == '{' {
			if _, err := r.name(); err != nil {
				return err
			}
		}
		if err := r.skip(); err != nil {
			return err
		}
	}
}

// token names the kind of value that comes next, as AWS's messages do.
func (r *reader) token() string {
	switch r.peek() {
	case '{':
		return "Start of structure"
	case '[':
		return "Start of list"
	case '"':
		return "STRING_VALUE"
	case 't':
		return "TRUE_VALUE"
	case 'f':
		return "FALSE_VALUE"
	default:
		return "NUMBER_VALUE"
	}
}

func parseFloat(s string) (float64, bool) {
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}
