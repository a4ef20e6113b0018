package store_test

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// statements finds the text of every statement the package can run by reading its sources, so that one that no test
// happens to run is not missed. A text is followed through constants, concatenation, variables, loops over literals and
// the parameters of functions. What is put together in other ways is unread.
type statements struct {
	fset    *token.FileSet
	info    *types.Info
	parents map[ast.Node]ast.Node
	files   []*ast.File
	texts   map[string][]string // text to places
	unread  map[string]string   // place to the function it is in
}

// findStatements reads the package in the current directory.
func findStatements(t *testing.T) *statements {
	s := &statements{fset: token.NewFileSet(), parents: map[ast.Node]ast.Node{}, texts: map[string][]string{}, unread: map[string]string{},
		info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}}
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(s.fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		s.files = append(s.files, f)
	}
	// Imports are not needed to know what a name inside the package stands for.
	config := types.Config{Importer: noImports{}, Error: func(error) {}}
	config.Check("portico/internal/store", s.fset, s.files, s.info)
	for _, f := range s.files {
		s.adopt(f)
	}
	for _, f := range s.files {
		ast.Inspect(f, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				s.call(call)
			}
			return true
		})
	}
	return s
}

type noImports struct{}

func (noImports) Import(path string) (*types.Package, error) {
	return nil, fmt.Errorf("not read: %s", path)
}

func (s *statements) adopt(f *ast.File) {
	var stack []ast.Node
	ast.Inspect(f, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		if len(stack) > 0 {
			s.parents[n] = stack[len(stack)-1]
		}
		stack = append(stack, n)
		return true
	})
}

// base are the files in which exec and query are made of each other, those that control transactions, and the one that
// looks for the schema itself.
var base = []string{"tx.go", "sqlite.go", "link.go", "postgres.go", "turn.go", "rehearse.go", "migrate.go"}

// call looks at a call of tx.exec, tx.put, one or all.
func (s *statements) call(call *ast.CallExpr) {
	at := -1
	fun := call.Fun
	if index, ok := fun.(*ast.IndexExpr); ok {
		fun = index.X
	}
	switch f := fun.(type) {
	case *ast.Ident:
		if (f.Name == "one" || f.Name == "all") && len(call.Args) > 2 {
			at = 2
		}
	case *ast.SelectorExpr:
		if f.Sel.Name == "exec" || f.Sel.Name == "put" || f.Sel.Name == "query" {
			at = 0
		}
	}
	place := s.fset.Position(call.Pos())
	if at < 0 || at >= len(call.Args) || slices.Contains(base, place.Filename) {
		return
	}
	where := fmt.Sprintf("%s:%d", place.Filename, place.Line)
	texts, ok := s.values(call.Args[at], 0)
	if !ok {
		s.unread[where] = s.function(call)
	}
	for _, text := range texts {
		s.texts[text] = append(s.texts[text], where)
	}
}

// function names the function around a node.
func (s *statements) function(n ast.Node) string {
	for ; n != nil; n = s.parents[n] {
		if f, ok := n.(*ast.FuncDecl); ok {
			return f.Name.Name
		}
	}
	return ""
}

// values returns what a string expression may be, and false if that cannot be told in full.
func (s *statements) values(e ast.Expr, depth int) ([]string, bool) {
	if depth > 8 {
		return nil, false
	}
	if v := s.info.Types[e].Value; v != nil && v.Kind() == constant.String {
		return []string{constant.StringVal(v)}, true
	}
	switch e := e.(type) {
	case *ast.ParenExpr:
		return s.values(e.X, depth)
	case *ast.BinaryExpr:
		if e.Op != token.ADD {
			return nil, false
		}
		left, ok1 := s.values(e.X, depth)
		right, ok2 := s.values(e.Y, depth)
		var both []string
		for _, l := range left {
			for _, r := range right {
				both = append(both, l+r)
			}
		}
		return both, ok1 && ok2
	case *ast.CallExpr:
		// How many placeholders there are and how they are numbered makes no difference to a plan.
		if f, ok := e.Fun.(*ast.Ident); ok && f.Name == "in" {
			return []string{"($901, $902)"}, true
		}
	case *ast.Ident:
		if v, ok := s.info.Uses[e].(*types.Var); ok {
			return s.variable(v, depth+1)
		}
	case *ast.SelectorExpr:
		if id, ok := e.X.(*ast.Ident); ok {
			if v, ok := s.info.Uses[id].(*types.Var); ok {
				return s.field(v, e.Sel.Name, depth+1)
			}
		}
	}
	return nil, false
}

// field returns what a field of a variable may be that goes over a literal list of structs.
func (s *statements) field(v *types.Var, name string, depth int) (texts []string, ok bool) {
	fields, _ := v.Type().Underlying().(*types.Struct)
	for _, f := range s.files {
		ast.Inspect(f, func(n ast.Node) bool {
			r, isRange := n.(*ast.RangeStmt)
			if !isRange || r.Value == nil || !s.is(r.Value, v) {
				return true
			}
			list, literal := r.X.(*ast.CompositeLit)
			if !literal || fields == nil {
				return true
			}
			ok = true
			for _, e := range list.Elts {
				element, literal := e.(*ast.CompositeLit)
				if !literal {
					ok = false
					continue
				}
				more, good := s.values(member(element, fields, name), depth)
				texts, ok = append(texts, more...), ok && good
			}
			return true
		})
	}
	return texts, ok
}

// member returns a field of a struct literal.
func member(lit *ast.CompositeLit, fields *types.Struct, name string) ast.Expr {
	for i, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if key, ok := kv.Key.(*ast.Ident); ok && key.Name == name {
				return kv.Value
			}
		} else if fields.Field(i).Name() == name {
			return e
		}
	}
	return nil
}

// variable returns everything that is assigned to a variable.
func (s *statements) variable(v *types.Var, depth int) (texts []string, ok bool) {
	ok = true
	found := false
	add := func(e ast.Expr) {
		more, good := s.values(e, depth)
		texts, ok, found = append(texts, more...), ok && good, true
	}
	for _, f := range s.files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for i, l := range n.Lhs {
					if !s.is(l, v) {
						continue
					}
					if n.Tok == token.ADD_ASSIGN || len(n.Rhs) != len(n.Lhs) {
						ok, found = false, true
						continue
					}
					add(n.Rhs[i])
				}
			case *ast.ValueSpec:
				for i, name := range n.Names {
					if s.is(name, v) && i < len(n.Values) {
						add(n.Values[i])
					}
				}
			case *ast.RangeStmt:
				list, literal := n.X.(*ast.CompositeLit)
				if n.Value == nil || !s.is(n.Value, v) {
					return true
				}
				found = true
				ok = ok && literal
				if literal {
					for _, e := range list.Elts {
						add(e)
					}
				}
			case *ast.FuncDecl:
				if i := s.parameter(n, v); i >= 0 {
					found = true
					s.arguments(n, i, add)
				}
			}
			return true
		})
	}
	return texts, ok && found
}

func (s *statements) is(e ast.Expr, v *types.Var) bool {
	id, ok := e.(*ast.Ident)
	return ok && (s.info.Defs[id] == v || s.info.Uses[id] == v)
}

func (s *statements) parameter(f *ast.FuncDecl, v *types.Var) int {
	i := 0
	for _, field := range f.Type.Params.List {
		for _, name := range field.Names {
			if s.info.Defs[name] == v {
				return i
			}
			i++
		}
	}
	return -1
}

// arguments visits what callers pass for parameter i of f.
func (s *statements) arguments(f *ast.FuncDecl, i int, visit func(ast.Expr)) {
	for _, file := range s.files {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || i >= len(call.Args) {
				return true
			}
			name, _ := call.Fun.(*ast.Ident)
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
				name = sel.Sel
			}
			if name != nil && name.Name == f.Name.Name {
				visit(call.Args[i])
			}
			return true
		})
	}
}
