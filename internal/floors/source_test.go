package floors

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// file is one Go file of the tree.
type file struct {
	path      string // from the root of the module, with slashes
	test      bool
	generated bool
	lines     int
	imports   []string
	syntax    *ast.File
}

func (f file) pkg() string { return filepath.ToSlash(filepath.Dir(f.path)) }

// source reads every Go file below cmd and internal.
func source(root string) ([]file, *token.FileSet, error) {
	var files []file
	set := token.NewFileSet()
	visit := func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.Contains(path, "/testdata/") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		syntax, err := parser.ParseFile(set, path, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		f := file{
			path: filepath.ToSlash(rel), test: strings.HasSuffix(path, "_test.go"), generated: ast.IsGenerated(syntax),
			lines: strings.Count(string(text), "\n"), syntax: syntax,
		}
		for _, im := range syntax.Imports {
			name, err := strconv.Unquote(im.Path.Value)
			if err != nil {
				return err
			}
			f.imports = append(f.imports, name)
		}
		files = append(files, f)
		return nil
	}
	for _, dir := range []string{"cmd", "internal"} {
		if err := filepath.WalkDir(filepath.Join(root, dir), visit); err != nil {
			return nil, nil, err
		}
	}
	return files, set, nil
}

func isTester(pkg string) bool {
	return slices.ContainsFunc(testers(), func(t string) bool { return under(pkg, t) })
}

func under(path, dir string) bool { return path == dir || strings.HasPrefix(path, dir+"/") }

// ours turns an import path of this module into the package's folder.
func ours(path string) (string, bool) { return strings.CutPrefix(path, "portico/") }

// reach lists the folders of our packages that the package links in, itself included.
func reach(files []file, from string) map[string]bool {
	edges := map[string][]string{}
	for _, f := range files {
		if f.test {
			continue
		}
		for _, im := range f.imports {
			if to, ok := ours(im); ok {
				edges[f.pkg()] = append(edges[f.pkg()], to)
			}
		}
	}
	seen := map[string]bool{from: true}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		for _, to := range edges[queue[0]] {
			if !seen[to] {
				seen[to] = true
				queue = append(queue, to)
			}
		}
	}
	return seen
}
