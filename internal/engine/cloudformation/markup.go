package cloudformation

import (
	"encoding/xml"
	"slices"
	"strings"

	"portico/internal/fault"
	"portico/internal/template"
)

// markup says how properties are written as XML: an element by the property it is of (Rule=Rules; of the same name without
// =; the properties at hand with =.), its parts in braces, a star where the property is a list. What stands in front of a
// dot is written once around all of them.
type markup struct {
	outer, name, of string
	many            bool
	parts           []markup
}

// parseMarkup reads the elements at the beginning of a text and returns the rest behind them.
func parseMarkup(s string) (out []markup, rest string) {
	for {
		s = strings.TrimLeft(s, " \n\t")
		if s == "" || s[0] == '}' {
			return out, strings.TrimPrefix(s, "}")
		}
		n := strings.IndexAny(s, "{} \n\t")
		if n < 0 {
			n = len(s)
		}
		var m markup
		name, of, renamed := strings.Cut(s[:n], "=")
		name, m.many = strings.CutSuffix(name, "*")
		if outer, inner, ok := strings.Cut(name, "."); ok {
			m.outer, name = outer, inner
		}
		if m.name, m.of = name, of; !renamed {
			m.of = name
		}
		if s = s[n:]; strings.HasPrefix(s, "{") {
			m.parts, s = parseMarkup(s[1:])
		}
		out = append(out, m)
	}
}

// uses lists the properties that elements are written of.
func uses(ms []markup) (names []string) {
	for _, m := range ms {
		if m.of == "." {
			names = append(names, uses(m.parts)...)
		} else {
			names = append(names, m.of)
		}
	}
	return names
}

// write writes the elements of a map of properties; a property that nothing is written of is refused.
func write(b *strings.Builder, ms []markup, n *template.Node) error {
	for _, e := range n.Entries {
		if !slices.Contains(uses(ms), e.Key) {
			return extraneous(e.Key)
		}
	}
	for _, m := range ms {
		if err := m.write(b, n); err != nil {
			return err
		}
	}
	return nil
}

func extraneous(name string) error {
	return fault.Invalidf("Properties validation failed for resource with message: #: extraneous key [%s] is not permitted", name)
}

func (m markup) write(b *strings.Builder, n *template.Node) error {
	v := n
	if m.of != "." {
		v = n.Get(m.of)
	}
	if v == nil {
		return nil
	}
	values := []*template.Node{v}
	if m.many && v.Kind == template.List {
		values = v.Items
	}
	if m.outer != "" {
		b.WriteString("<" + m.outer + ">")
	}
	for _, v := range values {
		b.WriteString("<" + m.name + ">")
		switch {
		case m.parts != nil:
			if v.Kind != template.Map {
				return fault.Invalidf("Properties validation failed for resource with message: #/%s: expected type: JSONObject", m.of)
			}
			if err := write(b, m.parts, v); err != nil {
				return err
			}
		case v.Kind == template.Scalar:
			_ = xml.EscapeText(b, []byte(v.Text)) // a Builder takes everything
		default:
			return fault.Invalidf("Properties validation failed for resource with message: #/%s: expected type: String", m.of)
		}
		b.WriteString("</" + m.name + ">")
	}
	if m.outer != "" {
		b.WriteString("</" + m.outer + ">")
	}
	return nil
}

// element writes an element with its text, if there is one.
func element(b *strings.Builder, name string, text *string) {
	if text == nil {
		return
	}
	b.WriteString("<" + name + ">")
	_ = xml.EscapeText(b, []byte(*text)) // a Builder takes everything
	b.WriteString("</" + name + ">")
}

// within writes an element around what f writes, if that is anything.
func within(b *strings.Builder, name string, f func(*strings.Builder)) {
	var inner strings.Builder
	if f(&inner); inner.Len() > 0 {
		b.WriteString("<" + name + ">" + inner.String() + "</" + name + ">")
	}
}
