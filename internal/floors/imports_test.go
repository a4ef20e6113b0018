package floors

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

func TestImports(t *testing.T) {
	files, _, err := source("../..")
	if err != nil {
		t.Fatal(err)
	}
	table := imports()
	for _, f := range files {
		allowed, listed := table[f.pkg()]
		if !listed && !isTester(f.pkg()) {
			t.Errorf("%s: package %s has no row in the table of floors", f.path, f.pkg())
			continue
		}
		if f.test || isTester(f.pkg()) {
			continue
		}
		for _, im := range f.imports {
			to, ok := ours(im)
			if ok && !slices.Contains(allowed, strings.TrimPrefix(to, "internal/")) {
				t.Errorf("%s: %s may not import %s", f.path, f.pkg(), to)
			}
		}
	}
}

func TestDrivers(t *testing.T) {
	files, _, err := source("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.pkg() == "internal/store" || isTester(f.pkg()) {
			continue
		}
		for _, im := range f.imports {
			if slices.ContainsFunc(drivers(), func(d string) bool { return under(im, d) }) {
				t.Errorf("%s: only the store talks to a database, not by %s", f.path, im)
			}
		}
	}
}

func TestNames(t *testing.T) {
	files, _, err := source("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		for _, part := range append(strings.Split(f.pkg(), "/"), f.syntax.Name.Name) {
			if slices.Contains(vague(), part) {
				t.Errorf("%s: a package called %s says nothing", f.path, part)
			}
		}
	}
}

func TestBinary(t *testing.T) {
	files, _, err := source("../..")
	if err != nil {
		t.Fatal(err)
	}
	linked := reach(files, "cmd/portico")
	if !linked["internal/server"] {
		t.Error("cmd/portico does not reach internal/server: the import graph was not read rightly")
	}
	for pkg := range linked {
		if isTester(pkg) {
			t.Errorf("the binary links the test package %s", pkg)
		}
	}
}

func TestSize(t *testing.T) {
	files, set, err := source("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.test || f.generated {
			continue
		}
		if f.lines > maxFile {
			t.Errorf("%s has %d lines, more than %d", f.path, f.lines, maxFile)
		}
		for _, d := range f.syntax.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			n := set.Position(fn.End()).Line - set.Position(fn.Pos()).Line + 1
			if n > maxFunction && !strings.Contains(fn.Doc.Text(), "long") {
				t.Errorf("%s: %s has %d lines, more than %d, and its comment does not say why it is so long", f.path, fn.Name.Name, n, maxFunction)
			}
		}
	}
}

// Nothing is set up behind the reader's back, and nothing at package level changes.
func TestInit(t *testing.T) {
	files, _, err := source("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		for _, d := range f.syntax.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s has an init function", f.path)
			}
		}
	}
}
