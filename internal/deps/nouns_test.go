package deps_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// declared returns the types that each package below part declares, exported or not
// and aliases too, without those of tests.
func declared(t *testing.T, part string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	sources(t, func(name string) {
		if !within(name, part) || strings.HasSuffix(name, "_test.go") {
			return
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if gen, ok := d.(*ast.GenDecl); ok && gen.Tok == token.TYPE {
				for _, spec := range gen.Specs {
					found[path.Dir(name)] = append(found[path.Dir(name)], spec.(*ast.TypeSpec).Name.Name)
				}
			}
		}
	})
	return found
}

// Fails when a protocol has a noun of its own that package transfer has for all of
// them: each would be copied into the other, and one of them forgotten.
func TestNounsStandOnce(t *testing.T) {
	all := declared(t, "transfer")
	nouns := map[string]bool{}
	for _, name := range all["transfer"] {
		nouns[name] = ast.IsExported(name)
	}
	for _, want := range []string{"Config", "Report", "Progress", "Failure", "Offer", "Channel", "Target", "Source"} {
		if !nouns[want] {
			t.Errorf("transfer has no %s", want)
		}
	}
	if len(all) < 3 {
		t.Fatalf("only %d packages below transfer", len(all))
	}
	for dir, names := range all {
		for _, name := range names {
			if dir != "transfer" && nouns[name] {
				t.Errorf("%s has a %s of its own", dir, name)
			}
		}
	}
}

// Fails when a transfer's configuration has something that one of the protocols never
// reads: that belongs to the other, and not to what is said to be for all.
func TestConfigIsForAll(t *testing.T) {
	read := map[string]map[string]bool{} // names behind a dot, by package
	var fields []string
	sources(t, func(name string) {
		if !within(name, "transfer") || strings.HasSuffix(name, "_test.go") {
			return
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		dir := path.Dir(name)
		if read[dir] == nil {
			read[dir] = map[string]bool{}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				read[dir][n.Sel.Name] = true
			case *ast.TypeSpec:
				if config, ok := n.Type.(*ast.StructType); ok && dir == "transfer" && n.Name.Name == "Config" {
					for _, f := range config.Fields.List {
						for _, name := range f.Names {
							fields = append(fields, name.Name)
						}
					}
				}
			}
			return true
		})
	})
	if len(fields) < 3 || len(read) < 3 {
		t.Fatalf("only %d fields, and %d packages: the walk is broken", len(fields), len(read))
	}
	for _, field := range fields {
		for dir := range read {
			if dir != "transfer" && !read[dir][field] {
				t.Errorf("%s never reads transfer.Config.%s", dir, field)
			}
		}
	}
}
