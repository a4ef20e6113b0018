package wire

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"portico/internal/fault"
)

// form is a decoded query request as a tree: Tags.member.1.Key=a is the value of Key in 1 in member in Tags.
type form struct {
	value string
	set   bool // it was given a value itself
	inner map[string]*form
}

func malformed(format string, args ...any) error {
	return fault.New(fault.BadRequest, format, args...).Named("MalformedQueryString")
}

// maxNames bounds what a form costs in memory; the largest real request has some hundred names.
const maxNames = 10_000

// formReader builds a form.
type formReader struct {
	root  form
	names int // in the tree so far
}

// add reads name=value pairs. The last one of a name counts.
func (f *formReader) add(encoded string) error {
	for pair := range strings.SplitSeq(encoded, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, err := unescape(name)
		if err != nil {
			return err
		}
		if value, err = unescape(value); err != nil {
			return err
		}
		if err := f.put(name, value); err != nil {
			return err
		}
	}
	return nil
}

func unescape(s string) (string, error) {
	u, err := url.QueryUnescape(s)
	if err != nil {
		return "", malformed("The query string contains a syntax error: %s", err)
	}
	if !utf8.ValidString(u) {
		return "", malformed("The query string is not valid UTF-8")
	}
	if strings.IndexByte(u, 0) >= 0 {
		return "", malformed("The query string must not contain the character U+0000")
	}
	return u, nil
}

func (f *formReader) put(name, value string) error {
	if strings.Count(name, ".") >= maxDepth {
		return malformed("The parameter name is nested more than %d levels deep", maxDepth)
	}
	at := &f.root
	for part := range strings.SplitSeq(name, ".") {
		next := at.inner[part]
		if next == nil {
			if f.names++; f.names > maxNames {
				return malformed("The request has more than %d parameter names", maxNames)
			}
			next = new(form)
			if at.inner == nil {
				at.inner = map[string]*form{}
			}
			at.inner[part] = next
		}
		at = next
	}
	at.value, at.set = value, true
	return nil
}

// get is the value of a simple parameter.
func (f *form) get(name string) string {
	if at := f.inner[name]; at != nil {
		return at.value
	}
	return ""
}

// entries gives what stands under the numbers 1, 2, … in order; numbers may be left out.
func (f *form) entries() []*form {
	type entry struct {
		n    int
		form *form
	}
	var all []entry
	for name, at := range f.inner {
		if n, err := strconv.Atoi(name); err == nil && n > 0 && name == strconv.Itoa(n) {
			all = append(all, entry{n, at})
		}
	}
	slices.SortFunc(all, func(a, b entry) int { return a.n - b.n })
	forms := make([]*form, len(all))
	for i, e := range all {
		forms[i] = e.form
	}
	return forms
}
