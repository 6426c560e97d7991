package deps_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// An asked is an interface of the module that somebody is asked for by assertion.
type asked struct{ dir, name, at string }

// optionals finds in one file the assertions to interfaces: those to such as have no
// name, and those to such as declared has, by "part.name".
func optionals(dir string, fset *token.FileSet, file *ast.File, declared map[string]bool) (unnamed []token.Position, named []asked) {
	imported := map[string]string{}
	for _, spec := range file.Imports {
		if local, ok := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), module+"/"); ok {
			name := path.Base(local)
			if spec.Name != nil {
				name = spec.Name.Name
			}
			imported[name] = local
		}
	}
	want := func(e ast.Expr) {
		at, name := dir, ""
		switch e := e.(type) {
		case *ast.InterfaceType:
			if e.Methods.NumFields() > 0 { // any is everybody
				unnamed = append(unnamed, fset.Position(e.Pos()))
			}
		case *ast.Ident:
			name = e.Name
		case *ast.SelectorExpr:
			if x, ok := e.X.(*ast.Ident); ok && imported[x.Name] != "" {
				at, name = imported[x.Name], e.Sel.Name
			}
		}
		if declared[at+"."+name] {
			named = append(named, asked{at, name, fset.Position(e.Pos()).String()})
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.TypeAssertExpr:
			if n.Type != nil { // else of a switch
				want(n.Type)
			}
		case *ast.TypeSwitchStmt:
			for _, c := range n.Body.List {
				for _, e := range c.(*ast.CaseClause).List {
					want(e)
				}
			}
		case *ast.IndexListExpr, *ast.IndexExpr: // errors.AsType[interface{ … }]
			if i, ok := n.(*ast.IndexExpr); ok {
				want(i.Index)
			}
		}
		return true
	})
	return unnamed, named
}

// Fails when somebody is asked by assertion for an interface that has no name, or for
// one of which no other comment of its package says who may have it: nobody knows then
// that he should, and nobody misses it when he loses it.
func TestOptionalInterfacesAreNamed(t *testing.T) {
	fset := token.NewFileSet()
	files := map[string]*ast.File{}
	declared := map[string]bool{}
	sources(t, func(name string) {
		if strings.HasSuffix(name, "_test.go") {
			return
		}
		file, err := parser.ParseFile(fset, filepath.Join(root, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = file
		for _, d := range file.Decls {
			if gen, ok := d.(*ast.GenDecl); ok && gen.Tok == token.TYPE {
				for _, spec := range gen.Specs {
					if _, ok := spec.(*ast.TypeSpec).Type.(*ast.InterfaceType); ok {
						declared[path.Dir(name)+"."+spec.(*ast.TypeSpec).Name.Name] = true
					}
				}
			}
		}
	})
	if len(declared) < 10 {
		t.Fatalf("only %d interfaces found: the walk is broken", len(declared))
	}
	found := 0
	for name, file := range files {
		unnamed, named := optionals(path.Dir(name), fset, file, declared)
		for _, at := range unnamed {
			t.Errorf("%s: an interface without a name is asked for: name it, and say at what may have it", at)
		}
		for _, a := range named {
			found++
			if !mentioned(files, a) {
				t.Errorf("%s: %s.%s is asked for, but no comment says who may be one", a.at, a.dir, a.name)
			}
		}
	}
	t.Logf("%d assertions to interfaces of the module", found)
}

// mentioned reports whether a comment in an interface's package names it, other than its
// own, which begins with it.
func mentioned(files map[string]*ast.File, a asked) bool {
	word, own := regexp.MustCompile(`\b`+a.name+`\b`), regexp.MustCompile(`^(An? |The )?`+a.name+`\b`)
	for name, file := range files {
		if path.Dir(name) != a.dir {
			continue
		}
		if slices.ContainsFunc(file.Comments, func(c *ast.CommentGroup) bool {
			return word.MatchString(c.Text()) && !own.MatchString(c.Text())
		}) {
			return true
		}
	}
	return false
}

// Fails when an assertion to an interface isn't seen.
func TestOptionalsAreFound(t *testing.T) {
	const text = `package p
import "sesame/client"
func f(x any, err error) {
	_, _ = x.(interface{ A() })
	_, _ = x.(any)
	_, _ = x.(interface{})
	_, _ = x.(near)
	_, _ = x.(*int)
	switch x.(type) {
	case interface{ B() }, client.Far:
	}
	_, _ = errors.AsType[interface{ C() }](err)
}`
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "p.go", text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	unnamed, named := optionals("p", fset, file, map[string]bool{"p.near": true, "client.Far": true})
	var lines []int
	for _, at := range unnamed {
		lines = append(lines, at.Line)
	}
	if !slices.Equal(lines, []int{4, 10, 12}) || len(named) != 2 || named[0].name != "near" || named[1].name != "Far" {
		t.Errorf("without a name in lines %v; %v", lines, named)
	}
}
