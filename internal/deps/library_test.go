package deps_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"sesame/internal/deps"
)

// Fails if the client's library offers more than one can learn: what "go doc" lists of
// it, a line for each function, type and group of constants or variables.
func TestLibraryIsSmall(t *testing.T) {
	set := token.NewFileSet()
	var files []*ast.File
	sources(t, func(name string) {
		if path.Dir(name) != "client" || strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_js.go") {
			return
		}
		file, err := parser.ParseFile(set, filepath.Join(root, name), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	})
	pkg, err := doc.NewFromFiles(set, files, "sesame/client")
	if err != nil {
		t.Fatal(err)
	}
	n := len(pkg.Consts) + len(pkg.Vars) + len(pkg.Funcs) + len(pkg.Types)
	for _, typ := range pkg.Types {
		n += len(typ.Funcs) + len(typ.Vars) + len(typ.Consts)
	}
	if n > deps.LibraryNames || n < 10 {
		t.Errorf("package client lists %d names, of %d", n, deps.LibraryNames)
	}
}
