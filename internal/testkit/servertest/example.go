package servertest

import (
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"portico/internal/wire"
)

// Example makes a valid input of an operation with no more members than it needs.
func Example(s *wire.Service, op string) Args {
	return exampleOf(s, reflect.TypeOf(s.Operations[op].In()).Elem())
}

func exampleOf(s *wire.Service, t reflect.Type) Args {
	out := Args{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("wire"), ",")
		if strings.Contains(options, "required") {
			out[name] = exampleValue(s, f.Type, s.Shapes[f.Tag.Get("shape")])
		}
	}
	return out
}

func exampleValue(s *wire.Service, t reflect.Type, shape wire.Shape) any {
	switch {
	case t.Kind() == reflect.Pointer:
		return exampleValue(s, t.Elem(), shape)
	case t == reflect.TypeFor[time.Time]():
		return 1
	}
	switch t.Kind() {
	case reflect.String:
		return exampleText(shape)
	case reflect.Bool:
		return true
	case reflect.Int, reflect.Int64, reflect.Float64:
		return max(shape.Min, 1)
	case reflect.Struct:
		return exampleOf(s, t)
	case reflect.Slice:
		return []any{exampleValue(s, t.Elem(), s.Shapes[shape.Member])}
	case reflect.Map:
		return Args{exampleText(s.Shapes[shape.Key]): exampleValue(s, t.Elem(), s.Shapes[shape.Value])}
	}
	panic(fmt.Sprintf("no example of %s", t))
}

// exampleText is a text that a shape allows.
func exampleText(shape wire.Shape) string {
	if len(shape.Enum) > 0 {
		return shape.Enum[0]
	}
	if shape.Pattern == "" || strings.Contains(shape.Pattern, `\u`) {
		return strings.Repeat("a", int(max(shape.Min, 1)))
	}
	whole := "^(?:" + longRepeat.ReplaceAllString(shape.Pattern, "{$1,$1}") + ")$"
	for _, plain := range []string{strings.Repeat("a", int(max(shape.Min, 1))), "a@example.com"} {
		if regexp.MustCompile(whole).MatchString(plain) {
			return plain
		}
	}
	for seed := range 1000 {
		text := rapid.StringMatching(whole).Example(seed)
		if n := int64(len(text)); n > 0 && n >= shape.Min && (shape.Max == 0 || n <= shape.Max) && !strings.ContainsFunc(text, odd) {
			return text
		}
	}
	panic("no text matches " + whole)
}

func odd(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || r > 0xffff || r == unicode.ReplacementChar
}

// longRepeat is a bound that Go's regular expressions do not have, or that makes long examples.
var longRepeat = regexp.MustCompile(`\{(\d+),\d{3,}\}`)

// form writes an input as a query protocol has it.
func form(out url.Values, at string, v any) {
	switch v := v.(type) {
	case Args:
		for name, member := range v {
			form(out, strings.TrimPrefix(at+"."+name, "."), member)
		}
	case []any:
		for i, member := range v {
			form(out, fmt.Sprintf("%s.member.%d", at, i+1), member)
		}
	default:
		out.Set(at, fmt.Sprint(v))
	}
}
