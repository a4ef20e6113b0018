package wire

import (
	"encoding/xml"
	"fmt"
	"strconv"
)

// element is parsed XML.
type element struct {
	XMLName xml.Name
	Text    string    `xml:",chardata"`
	Inner   []element `xml:",any"`
}

func (e element) named(name string) []element {
	var all []element
	for _, c := range e.Inner {
		if c.XMLName.Local == name {
			all = append(all, c)
		}
	}
	return all
}

// readXML reads an answer as a client does: the output is in the result element, or in the response itself.
func readXML(text string, shapes vectorShapes, out *vectorRef) (any, error) {
	var root element
	if err := xml.Unmarshal([]byte(text), &root); err != nil {
		return nil, err
	}
	if result := root.named("OperationNameResult"); len(result) == 1 {
		root = result[0]
	}
	return shapes.fromXML(root, out)
}

func (s vectorShapes) fromXML(e element, r *vectorRef) (any, error) {
	sh := s[r.Shape]
	switch sh.Type {
	case "structure":
		return s.structFromXML(e, sh)
	case "list":
		return s.listFromXML(e.named(orElse(sh.Member.LocationName, "member")), sh)
	case "map":
		return s.mapFromXML(e.named("entry"), sh)
	case "boolean":
		return strconv.ParseBool(e.Text)
	case "integer", "long", "float", "double":
		return strconv.ParseFloat(e.Text, 64)
	case "timestamp":
		t, ok := parseTime(e.Text)
		if !ok {
			return nil, fmt.Errorf("no time: %q", e.Text)
		}
		return float64(t.Unix()), nil
	case "blob":
		return unbase64(e.Text)
	}
	return e.Text, nil
}

func (s vectorShapes) structFromXML(e element, sh *vectorShape) (any, error) {
	m := map[string]any{}
	for name, r := range sh.Members {
		found := e.named(s.wireName(name, r))
		if len(found) == 0 {
			continue
		}
		var err error
		switch inner := s[r.Shape]; {
		case s.flat(r) && inner.Type == "list":
			m[name], err = s.listFromXML(found, inner)
		case s.flat(r) && inner.Type == "map":
			m[name], err = s.mapFromXML(found, inner)
		default:
			m[name], err = s.fromXML(found[0], r)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return m, nil
}

func (s vectorShapes) listFromXML(entries []element, sh *vectorShape) (any, error) {
	l := []any{}
	for _, e := range entries {
		x, err := s.fromXML(e, sh.Member)
		if err != nil {
			return nil, err
		}
		l = append(l, x)
	}
	return l, nil
}

func (s vectorShapes) mapFromXML(entries []element, sh *vectorShape) (any, error) {
	m := map[string]any{}
	for _, e := range entries {
		k, v := e.named(orElse(sh.Key.LocationName, "key")), e.named(orElse(sh.Value.LocationName, "value"))
		if len(k) != 1 || len(v) != 1 {
			return nil, fmt.Errorf("map entry without key or value: %v", e)
		}
		x, err := s.fromXML(v[0], sh.Value)
		if err != nil {
			return nil, err
		}
		m[k[0].Text] = x
	}
	return m, nil
}

func orElse(s, other string) string {
	if s != "" {
		return s
	}
	return other
}
