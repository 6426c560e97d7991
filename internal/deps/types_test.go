package deps_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sesame/internal/deps"
)

// A measured type is what its package's files hold of it, without tests.
type measured struct {
	methods, files map[string]bool
}

func (m *measured) large() bool {
	return len(m.methods) > deps.Methods || len(m.files) > deps.Files
}

// types measures every type that a package declares, by part and name.
func types(t *testing.T) map[string]*measured {
	t.Helper()
	all := map[string]*measured{}
	sources(t, func(name string) {
		if strings.HasSuffix(name, "_test.go") {
			return
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		measure(all, path.Dir(name), path.Base(name), file)
	})
	if len(all) < 300 {
		t.Fatalf("only %d types found: the walk is broken", len(all))
	}
	return all
}

// measure adds to all what one file of dir holds.
func measure(all map[string]*measured, dir, name string, file *ast.File) {
	at := func(typ string) *measured {
		key := dir + "." + typ
		if all[key] == nil {
			all[key] = &measured{map[string]bool{}, map[string]bool{}}
		}
		all[key].files[oneSystem(name)] = true
		return all[key]
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv != nil {
				at(receiver(d.Recv.List[0].Type)).methods[d.Name.Name] = true
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				spec, ok := s.(*ast.TypeSpec)
				if !ok {
					continue
				}
				m := at(spec.Name.Name)
				if i, ok := spec.Type.(*ast.InterfaceType); ok {
					for _, field := range i.Methods.List {
						for _, n := range field.Names {
							m.methods[n.Name] = true
						}
					}
				}
			}
		}
	}
}

// receiver returns the name of the type that a method belongs to.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.ParenExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

var system = regexp.MustCompile(`_(linux|darwin|windows|freebsd|bsd|unix|js|wasm|amd64|arm64|other|none)\.go$`)

// oneSystem returns a file's name without the system that it is for.
func oneSystem(name string) string { return system.ReplaceAllString(name, ".go") }

// Fails when a type has more methods or stands in more files than the table
// allows, and when the table allows more than is needed.
func TestTypesAreSmall(t *testing.T) {
	all := types(t)
	listed := map[string]bool{}
	for _, row := range deps.Larges {
		m := all[row.Type]
		switch {
		case row.Why == "":
			t.Errorf("%s is listed without a reason", row.Type)
		case listed[row.Type]:
			t.Errorf("%s is listed twice", row.Type)
		case m == nil:
			t.Errorf("%s is listed, but isn't there: take the row out", row.Type)
		case !m.large():
			t.Errorf("%s is listed, but no larger than others: take the row out", row.Type)
		case len(m.methods) < row.Methods || len(m.files) < row.Files:
			t.Errorf("%s has got smaller: write %d methods and %d files into its row", row.Type, len(m.methods), len(m.files))
		case len(m.methods) > row.Methods || len(m.files) > row.Files:
			t.Errorf("%s has %d methods in %d files, more than its row says", row.Type, len(m.methods), len(m.files))
		}
		listed[row.Type] = true
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if m := all[name]; m.large() && !listed[name] {
			t.Errorf("%s has %d methods in %d files (%s); a type may have %d in %d: make several of it",
				name, len(m.methods), len(m.files), strings.Join(slices.Sorted(maps.Keys(m.files)), ", "), deps.Methods, deps.Files)
		}
	}
}

// Fails when a package has two types that only case tells apart, but for the
// listed, or none any more where one is listed.
func TestTypeNamesDiffer(t *testing.T) {
	names := map[string][]string{}
	for name := range types(t) {
		names[strings.ToLower(name)] = append(names[strings.ToLower(name)], name)
	}
	for key, list := range names {
		if slices.Sort(list); len(list) > 1 && deps.Twins[key] == "" {
			t.Errorf("%s differ only in case", strings.Join(list, " and "))
		}
	}
	for key := range deps.Twins {
		if len(names[key]) < 2 {
			t.Errorf("%s is listed, but stands there once at most: take the row out", key)
		}
	}
}

// Fails when the measuring loses methods, whatever their receiver looks like,
// or takes files for different systems for several.
func TestMeasure(t *testing.T) {
	all := map[string]*measured{}
	for name, text := range map[string]string{
		"a.go":         "package p; type T[K any, V any] struct{}; type I interface{ A(); B() }; func (t *T[K, V]) One() {}",
		"b_windows.go": "package p; func (T[K, V]) Two() {}; func f() {}",
		"b_other.go":   "package p; func ((T[K, V])) Two() {}",
	} {
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		measure(all, "p", name, file)
	}
	var got []string
	for name, m := range all {
		got = append(got, fmt.Sprint(name, " ", slices.Sorted(maps.Keys(m.methods)), " ", slices.Sorted(maps.Keys(m.files))))
	}
	slices.Sort(got)
	if want := []string{"p.I [A B] [a.go]", "p.T [One Two] [a.go b.go]"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
