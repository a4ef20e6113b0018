package template

// Mapping is a table of two levels; its values are scalars or lists of scalars.
type Mapping struct {
	Name string
	Keys *Node // a map of maps
}

func (t *Template) parseMappings() error {
	entries, err := t.section("Mappings", maxMappings)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := checkName("Mappings", e); err != nil {
			return err
		}
		if !e.Value.is(Map) {
			return e.errorf("Template format error: Every Mappings member %s must be a map", e.Key)
		}
		for _, top := range e.Value.Entries {
			if err := checkMapping(top); err != nil {
				return err
			}
		}
		t.mappings = append(t.mappings, Mapping{Name: e.Key, Keys: e.Value})
	}
	return nil
}

// checkMapping judges what stands under one top level key.
func checkMapping(top Entry) error {
	if top.Key == "Fn::Transform" {
		return refuseTransform(top.Value)
	}
	if !top.Value.is(Map) {
		return top.errorf("Template format error: Every Mappings member %s must be a map", top.Key)
	}
	for _, second := range top.Value.Entries {
		if second.Key == "Fn::Transform" {
			return refuseTransform(second.Value)
		}
		if !alphanumeric(second.Key) {
			return second.errorf("Template format error: Mappings attribute name '%s' must contain only alphanumeric characters.", second.Key)
		}
		if !isTexts(second.Value) {
			return second.Value.errorf("Template format error: Every Mappings attribute must be a String or a List.")
		}
	}
	return nil
}

// isTexts reports whether n is a scalar or a list of them.
func isTexts(n *Node) bool {
	if !n.is(List) {
		return n.is(Scalar)
	}
	for _, item := range n.Items {
		if !item.is(Scalar) {
			return false
		}
	}
	return true
}
