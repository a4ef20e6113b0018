package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// shapes writes the table of limits: whatever of the model's shapes a Go type cannot say.
func (g *generator) shapes(src *source) error {
	src.imports = []string{"portico/internal/wire"}
	src.line("var shapes = map[string]wire.Shape{")
	for _, name := range slices.Sorted(maps.Keys(g.reach.tabled)) {
		entry, err := g.entry(g.model.Shapes[name])
		if err != nil {
			return fmt.Errorf("shape %s: %w", name, err)
		}
		src.line("\t%q: {%s},", name, entry)
	}
	src.line("}")
	return nil
}

func (g *generator) entry(s *shape) (string, error) {
	number := s.Type == "integer" || s.Type == "long"
	if number && s.Max != nil && s.Min == nil || s.Max != nil && *s.Max == 0 {
		return "", fmt.Errorf("a limit that wire.Shape cannot say")
	}
	var f []string
	add := func(format string, args ...any) { f = append(f, fmt.Sprintf(format, args...)) }
	if s.Min != nil && *s.Min != 0 {
		add("Min: %d", *s.Min)
	}
	if s.Max != nil {
		add("Max: %d", *s.Max)
	}
	if s.Pattern != "" {
		add("Pattern: %s", quote(s.Pattern))
	}
	if len(s.Enum) > 0 {
		add("Enum: %#v", s.Enum)
	}
	if s.Sensitive {
		add("Sensitive: true")
	}
	for _, to := range []struct {
		field string
		ref   *ref
	}{{"Member", s.Member}, {"Key", s.Key}, {"Value", s.Value}} {
		if to.ref != nil && g.reach.tabled[to.ref.Shape] {
			add("%s: %q", to.field, to.ref.Shape)
		}
	}
	return strings.Join(f, ", "), nil
}

func quote(s string) string {
	if strings.Contains(s, "`") {
		return fmt.Sprintf("%q", s)
	}
	return "`" + s + "`"
}

// service writes the descriptor with every operation of the model.
func (g *generator) service(src *source) error {
	md := g.model.Metadata
	protocol := map[string]string{"json": "JSON11", "query": "Query"}[md.Protocol]
	if protocol == "" {
		return fmt.Errorf("protocol %q is not ours", md.Protocol)
	}
	src.imports = []string{"portico/internal/wire"}
	src.line("// Service describes every operation of the model; those not served have no types.")
	src.line("var Service = wire.Service{")
	src.line("\tName: %q, Protocol: wire.%s, Version: %q,", md.SigningName, protocol, md.APIVersion)
	if md.TargetPrefix != "" {
		src.line("\tTargetPrefix: %q,", md.TargetPrefix)
	}
	if md.Namespace != "" {
		src.line("\tNamespace: %q,", md.Namespace)
	}
	src.line("\tShapes: shapes,")
	g.statuses(src)
	src.line("\tOperations: map[string]*wire.Operation{")
	for _, name := range slices.Sorted(maps.Keys(g.model.Operations)) {
		if err := g.operation(src, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	src.line("\t},\n}")
	return nil
}

// statuses writes the HTTP statuses of the model's errors where they are not 400.
func (g *generator) statuses(src *source) {
	status := map[string]int{}
	for _, s := range g.model.Shapes {
		if s.Error.Status != 0 && s.Error.Status != 400 {
			status[s.Error.Code] = s.Error.Status
		}
	}
	if len(status) == 0 {
		return
	}
	src.line("\tStatuses: map[string]int{")
	for _, code := range slices.Sorted(maps.Keys(status)) {
		src.line("\t\t%q: %d,", code, status[code])
	}
	src.line("\t},")
}

func (g *generator) operation(src *source, name string) error {
	op := g.model.Operations[name]
	src.line("\t\t%q: {", name)
	src.line("\t\t\tName: %q,", name)
	if i := slices.IndexFunc(g.ops, func(s served) bool { return s.name == name }); i >= 0 {
		src.line("\t\t\tLevel: %q, Resource: %q,", g.ops[i].level, g.ops[i].resource)
		src.line("\t\t\tIn: func() any { return new(%sInput) }, Out: func() any { return new(%sOutput) },", name, name)
	}
	if op.Output == nil {
		src.line("\t\t\tBare: true,")
	}
	if op.Input != nil {
		for _, m := range g.model.Shapes[op.Input.Shape].Members {
			if m.IdempotencyToken {
				src.line("\t\t\tToken: %q,", m.Name)
			}
		}
	}
	var codes []string
	for i := range op.Errors {
		s, err := g.model.shapeOf(&op.Errors[i])
		if err != nil {
			return err
		}
		code := s.Error.Code
		if code == "" {
			code = op.Errors[i].Shape
		}
		codes = append(codes, code)
	}
	if len(codes) > 0 {
		src.line("\t\t\tErrors: %#v,", codes)
	}
	src.line("\t\t},")
	return nil
}

// handler writes the interface of the served operations and what binds an implementation to their names.
func (g *generator) handler(src *source) error {
	src.imports = []string{"context", "", "portico/internal/access"}
	src.line("// Handler has one body for each served operation.")
	src.line("type Handler interface {")
	for _, s := range g.ops {
		src.line("\t%s(ctx context.Context, who access.Caller, in *%sInput) (*%sOutput, error)", s.name, s.name, s.name)
	}
	src.line("}\n")
	src.line("// Bind gives the bodies of h by operation name.")
	src.line("func Bind(h Handler) map[string]access.Body {\n\treturn map[string]access.Body{")
	for _, s := range g.ops {
		src.line("\t\t%q: body(h.%s),", s.name, s.name)
	}
	src.line("\t}\n}\n")
	src.line("func body[I, O any](run func(context.Context, access.Caller, *I) (*O, error)) access.Body {")
	src.line("\treturn func(ctx context.Context, who access.Caller, in any) (any, error) { return run(ctx, who, in.(*I)) }")
	src.line("}")
	return nil
}
