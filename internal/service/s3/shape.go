package s3

import (
	"encoding/xml"
	"regexp"
	"slices"
	"strings"
)

// shape is what an element of a configuration may hold. Shapes are written as texts: the parts of an element in braces, a
// part with how often it comes behind its name (? * +, else once), and what a text may be behind a colon.
type shape struct {
	name   string
	often  byte
	values string // int, bool, or texts with bars between; empty for any
	parts  []shape
}

// parseShape reads the parts at the beginning of a text and returns the rest behind them.
func parseShape(s string) (parts []shape, rest string) {
	for {
		s = strings.TrimLeft(s, " \n\t")
		if s == "" || s[0] == '}' {
			return parts, strings.TrimPrefix(s, "}")
		}
		n := strings.IndexAny(s, "?*+:{} \n\t")
		if n < 0 {
			n = len(s)
		}
		p := shape{name: s[:n], often: '1'}
		if s = s[n:]; s != "" && strings.IndexByte("?*+", s[0]) >= 0 {
			p.often, s = s[0], s[1:]
		}
		if text, ok := strings.CutPrefix(s, ":"); ok {
			n := strings.IndexAny(text, "{} \n\t")
			if n < 0 {
				n = len(text)
			}
			p.values, s = text[:n], text[n:]
		}
		if inner, ok := strings.CutPrefix(s, "{"); ok {
			p.parts, s = parseShape(inner)
		}
		parts = append(parts, p)
	}
}

// element is any XML.
type element struct {
	XMLName xml.Name
	Text    string    `xml:",chardata"`
	Parts   []element `xml:",any"`
}

func (e *element) part(name string) *element {
	for i := range e.Parts {
		if e.Parts[i].XMLName.Local == name {
			return &e.Parts[i]
		}
	}
	return nil
}

var integer = regexp.MustCompile(`^[0-9]{1,10}$`)

// fits reports whether an element has the parts that it may have, each as often as it may.
func (e *element) fits(parts []shape) bool {
	for i := range e.Parts {
		if !slices.ContainsFunc(parts, func(p shape) bool { return p.name == e.Parts[i].XMLName.Local }) {
			return false
		}
	}
	for _, p := range parts {
		n := 0
		for i := range e.Parts {
			if e.Parts[i].XMLName.Local != p.name {
				continue
			}
			if n++; !e.Parts[i].fits(p.parts) || len(p.parts) == 0 && !e.Parts[i].says(p.values) {
				return false
			}
		}
		if n == 0 && strings.IndexByte("1+", p.often) >= 0 || n > 1 && strings.IndexByte("1?", p.often) >= 0 {
			return false
		}
	}
	return true
}

// says reports whether the text of an element is one that it may be.
func (e *element) says(values string) bool {
	text := strings.TrimSpace(e.Text)
	switch values {
	case "":
		return true
	case "int":
		return integer.MatchString(text)
	case "bool":
		return text == "true" || text == "false" || text == "TRUE" || text == "FALSE"
	}
	return slices.Contains(strings.Split(values, "|"), text)
}

// write writes an element without its attributes; only the outermost has the namespace.
func (e *element) write(b *strings.Builder, space string) {
	b.WriteString("<" + e.XMLName.Local + space + ">")
	if len(e.Parts) == 0 {
		_ = xml.EscapeText(b, []byte(e.Text)) // a Builder takes everything
	}
	for i := range e.Parts {
		e.Parts[i].write(b, "")
	}
	b.WriteString("</" + e.XMLName.Local + ">")
}

func (e *element) document() string {
	var b strings.Builder
	e.write(&b, ` xmlns="`+namespace+`"`)
	return b.String()
}
