package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// types writes the structures: inputs and outputs of the served operations first, then what they hold.
func (g *generator) types(src *source) error {
	taken := map[string]bool{"Service": true, "Handler": true, "Bind": true}
	for _, s := range g.ops {
		op := g.model.Operations[s.name]
		for _, top := range []struct {
			suffix string
			to     *ref
			input  bool
		}{{"Input", op.Input, true}, {"Output", op.Output, false}} {
			sh := new(shape)
			if top.to != nil {
				sh = g.model.Shapes[top.to.Shape]
			}
			name := s.name + top.suffix
			src.line("// %s is the %s of %s.", name, strings.ToLower(top.suffix), s.name)
			if err := g.structure(src, name, sh, top.input); err != nil {
				return err
			}
			taken[name] = true
		}
	}
	for _, name := range g.reach.named() {
		if taken[goName(name)] {
			return fmt.Errorf("two types would be called %s", goName(name))
		}
		taken[goName(name)] = true
		sh := g.model.Shapes[name]
		if sh.Type != "structure" {
			continue
		}
		src.line("// %s is %s of the model.", goName(name), name)
		if err := g.structure(src, goName(name), sh, g.reach.in[name]); err != nil {
			return err
		}
	}
	if strings.Contains(src.String(), "time.Time") {
		src.imports = []string{"time"}
	}
	return nil
}

// told are members that AWS writes when they are empty too, though its model does not require them: scripts look an output up
// by its value, without asking whether it is there.
var told = []string{"Output.OutputValue", "Export.Value"}

func (g *generator) structure(src *source, name string, sh *shape, input bool) error {
	src.line("type %s struct {", name)
	for _, m := range sh.Members {
		required := slices.Contains(sh.Required, m.Name) || slices.Contains(told, name+"."+m.Name)
		typ, err := g.goType(&m.ref)
		if err != nil {
			return err
		}
		to := g.model.Shapes[m.Shape]
		if to.Type == "structure" || input && !required && scalar(to) {
			typ = "*" + typ
		}
		src.line("\t%s %s %s", goName(m.Name), typ, g.tag(m, required, input))
	}
	src.line("}\n")
	return nil
}

func scalar(s *shape) bool { return s.Type != "list" && s.Type != "map" && s.Type != "blob" }

// tag is what package wire reads: the name on the wire with its flags, and the entry in the table of limits.
func (g *generator) tag(m member, required, input bool) string {
	name := g.wireName(m)
	if required {
		name += ",required"
	}
	if m.IdempotencyToken {
		name += ",token"
	}
	sh := g.model.Shapes[m.Shape]
	if m.Flattened || sh.Flattened {
		name += ",flat"
	}
	if format := cmp.Or(m.TimestampFormat, sh.TimestampFormat); format != "" {
		name += ",time=" + format
	}
	for i, to := range []*ref{sh.Member, sh.Key, sh.Value} {
		if to != nil && to.LocationName != "" {
			name += "," + []string{"member", "key", "value"}[i] + "=" + to.LocationName
		}
	}
	if input && g.reach.tabled[m.Shape] {
		return fmt.Sprintf("`wire:%q shape:%q`", name, m.Shape)
	}
	return fmt.Sprintf("`wire:%q`", name)
}

// wireName is the name of a member's element or parameter; a flat list goes by the name of its entries.
func (g *generator) wireName(m member) string {
	sh := g.model.Shapes[m.Shape]
	if (m.Flattened || sh.Flattened) && sh.Type == "list" && sh.Member.LocationName != "" {
		return sh.Member.LocationName
	}
	if m.LocationName != "" {
		return m.LocationName
	}
	return m.Name
}

func (g *generator) goType(to *ref) (string, error) {
	s, err := g.model.shapeOf(to)
	if err != nil {
		return "", err
	}
	switch s.Type {
	case "structure":
		return goName(to.Shape), nil
	case "string":
		if len(s.Enum) > 0 {
			return goName(to.Shape), nil
		}
		return "string", nil
	case "list":
		elem, err := g.goType(s.Member)
		return "[]" + elem, err
	case "map":
		elem, err := g.goType(s.Value)
		return "map[string]" + elem, err
	}
	typ, ok := map[string]string{"boolean": "bool", "integer": "int", "long": "int64", "float": "float64",
		"double": "float64", "timestamp": "time.Time", "blob": "[]byte"}[s.Type]
	if !ok {
		return "", fmt.Errorf("shape %s: no Go type for %s", to.Shape, s.Type)
	}
	return typ, nil
}

// enums writes the enumerations with a constant for each value.
func (g *generator) enums(src *source) error {
	taken := map[string]bool{}
	for _, name := range g.reach.named() {
		values := g.model.Shapes[name].Enum
		if len(values) == 0 {
			continue
		}
		typ := goName(name)
		src.line("// %s is %s of the model.\ntype %s string\n", typ, name, typ)
		src.line("// The values of %s.\nconst (", typ)
		for _, v := range values {
			id := typ + camel(v)
			if taken[id] {
				return fmt.Errorf("two constants would be called %s", id)
			}
			taken[id] = true
			src.line("\t%s %s = %q", id, typ, v)
		}
		src.line(")\n")
	}
	return nil
}

// camel turns NOT_STARTED, IAM_PATTERN or aws:tag into NotStarted, IamPattern or AwsTag. Mixed case is kept.
func camel(v string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(v, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if word == strings.ToUpper(word) {
			word = strings.ToLower(word)
		}
		b.WriteString(goName(word))
	}
	return b.String()
}
