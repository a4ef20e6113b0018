package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// The README's table of operations stands between these lines.
const (
	tableBegins = "<!-- operations: written by make generate -->\n"
	tableEnds   = "<!-- end of operations -->\n"
)

// tabulate writes the table of a service's operations into a README: all that the model has, and for each that is served
// the rules of the specification that the comment on its method names. One that names none is an error.
func tabulate(readme, modelPath, dir string, check bool) (changed []string, err error) {
	m, err := loadModel(modelPath)
	if err != nil {
		return nil, err
	}
	ops, err := loadServed(filepath.Join(dir, "served.txt"), m)
	if err != nil {
		return nil, err
	}
	comments, err := comments(dir)
	if err != nil {
		return nil, err
	}
	table, err := operationTable(m, ops, comments)
	if err != nil {
		return nil, err
	}
	old, err := os.ReadFile(readme)
	if err != nil {
		return nil, err
	}
	head, rest, ok := bytes.Cut(old, []byte(tableBegins))
	_, tail, closed := bytes.Cut(rest, []byte(tableEnds))
	if !ok || !closed {
		return nil, fmt.Errorf("%s has no place for the table of operations", readme)
	}
	text := slices.Concat(head, []byte(tableBegins), table, []byte(tableEnds), tail)
	if bytes.Equal(old, text) {
		return nil, nil
	}
	if check {
		return []string{readme}, nil
	}
	return []string{readme}, os.WriteFile(readme, text, 0o644)
}

func operationTable(m *model, ops []served, comments map[string]string) ([]byte, error) {
	var names []string
	for name := range m.Operations {
		names = append(names, name)
	}
	slices.Sort(names)
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d of %d operations are served.\n\n| Operation | Rules |\n|---|---|\n", len(ops), len(names))
	for _, name := range names {
		rules := "not served: HTTP 501"
		if slices.ContainsFunc(ops, func(s served) bool { return s.name == name }) {
			if rules = strings.Join(ruleLists.FindAllString(comments[name], -1), ", "); rules == "" {
				return nil, fmt.Errorf("the comment on %s names no rule that it honours", name)
			}
		}
		fmt.Fprintf(&b, "| %s | %s |\n", name, rules)
	}
	return b.Bytes(), nil
}

// ruleLists finds rule ids with what follows in the same list: "C-VIEW-1 … 4", "S-IMP-2, 3".
var ruleLists = regexp.MustCompile(`\b[SC]-[A-Z]+-\d+[a-z]?(?:(?:, | … (?:[SC]-[A-Z]+-)?| and )\d+[a-z]?\b)*`)

// comments gives the comments on the exported methods of a package, each as one line.
func comments(dir string) (map[string]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && f.Name.IsExported() {
				out[f.Name.Name] = strings.Join(strings.Fields(f.Doc.Text()), " ")
			}
		}
	}
	return out, nil
}
