package cloudformation

import (
	"strconv"
	"strings"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/template"
)

// text is a property that is one value, or empty.
func text(n *template.Node, name string) string {
	if v := n.Get(name); v != nil && v.Kind == template.Scalar {
		return v.Text
	}
	return ""
}

// perhaps is a property that is one value, or nil when it is absent.
func perhaps(n *template.Node, name string) *string {
	if v := n.Get(name); v != nil && v.Kind == template.Scalar {
		return &v.Text
	}
	return nil
}

// orEmpty is a property that was there before and is to be nothing now.
func orEmpty(n *template.Node, name string) *string {
	s := text(n, name)
	return &s
}

// texts is a property that is a list of values; one value stands for a list of one.
func texts(n *template.Node, name string) (out []string) {
	v := n.Get(name)
	switch {
	case v == nil:
	case v.Kind == template.Scalar:
		out = []string{v.Text}
	default:
		for _, item := range v.Items {
			if item.Kind == template.Scalar {
				out = append(out, item.Text)
			}
		}
	}
	return out
}

// number is a property that is a whole number, or nil when it is absent.
func number(n *template.Node, name string) (*int, error) {
	s := perhaps(n, name)
	if s == nil {
		return nil, nil
	}
	i, err := strconv.Atoi(strings.TrimSpace(*s))
	if err != nil {
		return nil, fault.Invalidf("Value of property %s must be a number", name)
	}
	return &i, nil
}

// flag is a property that is true or false, or nil when it is absent.
func flag(n *template.Node, name string) (*bool, error) {
	s := perhaps(n, name)
	if s == nil {
		return nil, nil
	}
	b := strings.EqualFold(*s, "true")
	if !b && !strings.EqualFold(*s, "false") {
		return nil, fault.Invalidf("Value of property %s must be a boolean", name)
	}
	return &b, nil
}

// document is a property that is a JSON document, written as one or as a text.
func document(n *template.Node, name string) string {
	v := n.Get(name)
	switch {
	case v == nil:
		return ""
	case v.Kind == template.Scalar:
		return v.Text
	}
	return v.JSON()
}

// items are the members of a property that is a list of maps.
func items(n *template.Node, name string) []*template.Node {
	v := n.Get(name)
	if v == nil || v.Kind != template.List {
		return nil
	}
	return v.Items
}

// tagsOf are the tags of a resource: the stack's, and those among its properties, which come first.
func tagsOf(properties *template.Node, stack []catalog.Tag) []catalog.Tag {
	var out []catalog.Tag
	seen := map[string]bool{}
	for _, item := range items(properties, "Tags") {
		t := catalog.Tag{Key: text(item, "Key"), Value: text(item, "Value")}
		if !seen[t.Key] {
			seen[t.Key] = true
			out = append(out, t)
		}
	}
	for _, t := range stack {
		if !seen[t.Key] {
			out = append(out, t)
		}
	}
	return out
}

// without lists the members of a that b lacks.
func without(a, b []string) (out []string) {
	has := map[string]bool{}
	for _, s := range b {
		has[s] = true
	}
	for _, s := range a {
		if !has[s] {
			out = append(out, s)
		}
	}
	return out
}

// lostTags are the keys of tags that a resource has and is not to have.
func (c *call) lostTags() []string {
	var was, is []string
	for _, t := range tagsOf(c.was, c.hadTags) {
		was = append(was, t.Key)
	}
	for _, t := range tagsOf(c.want, c.tags) {
		is = append(is, t.Key)
	}
	return without(was, is)
}

// required refuses properties that lack some.
func required(n *template.Node, names ...string) error {
	var missing []string
	for _, name := range names {
		if n.Get(name) == nil {
			missing = append(missing, "#: required key ["+name+"] not found")
		}
	}
	if missing == nil {
		return nil
	}
	return fault.Invalidf("Properties validation failed for resource with message: %s", strings.Join(missing, "; "))
}

// named are attributes by name, each one text.
func named(pairs ...string) map[string]*template.Node {
	out := map[string]*template.Node{}
	for i := 0; i+1 < len(pairs); i += 2 {
		out[pairs[i]] = template.Text(pairs[i+1])
	}
	return out
}
