package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sesame/internal/test/events"
)

// elsewhere are events that doc/doctor.md describes.
var elsewhere = []string{"finding", "diagnosis"}

// Fails if doc/json.md lacks an event that this program can write, or one of its
// members, or has one that there isn't. The events are those of the source.
func TestEventsAreDocumented(t *testing.T) {
	doc, err := events.Read()
	if err != nil {
		t.Fatal(err)
	}
	rows, written := doc.Members, eventsOfSource(t)
	for name, members := range written {
		if slices.Contains(elsewhere, name) {
			continue
		}
		for _, m := range members {
			if !slices.Contains(rows[name], m) {
				t.Errorf("doc/json.md has no member %s of %s", m, name)
			}
		}
	}
	if got, want := slices.Sorted(maps.Keys(rows)), slices.Sorted(maps.Keys(written)); !slices.Equal(got, want) {
		t.Errorf("doc/json.md has the events %q, and the source %q", got, want)
	}
}

// eventsOfSource returns the names of all events, each with the members of its type.
func eventsOfSource(t *testing.T) map[string][]string {
	t.Helper()
	structs, names := make(map[string]*ast.StructType), make(map[string]string)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.TypeSpec:
				if s, ok := n.Type.(*ast.StructType); ok {
					structs[n.Name.Name] = s
				}
			case *ast.FuncDecl:
				if n.Recv == nil || n.Name.Name != "name" || len(n.Body.List) != 1 {
					break
				}
				result, ok := n.Body.List[0].(*ast.ReturnStmt)
				typ, isType := n.Recv.List[0].Type.(*ast.Ident)
				if !ok || !isType {
					break
				}
				if text, ok := result.Results[0].(*ast.BasicLit); ok {
					names[typ.Name], _ = strconv.Unquote(text.Value)
				}
			}
			return true
		})
	}
	events := make(map[string][]string)
	for typ, name := range names {
		events[name] = membersOf(structs, typ)
	}
	return events
}

// membersOf returns the JSON members of a struct, and of those within it.
func membersOf(structs map[string]*ast.StructType, typ string) (out []string) {
	if structs[typ] == nil {
		return nil
	}
	for _, f := range structs[typ].Fields.List {
		if within, ok := f.Type.(*ast.Ident); ok && len(f.Names) == 0 {
			out = append(out, membersOf(structs, within.Name)...)
		}
		if f.Tag != nil {
			tag, _ := strconv.Unquote(f.Tag.Value)
			name, _, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
			out = append(out, name)
		}
	}
	return out
}
