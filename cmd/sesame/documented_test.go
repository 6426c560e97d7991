package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var quoted = regexp.MustCompile("`([a-z_]+)`")

// documented returns what doc/json.md §3 says of each event: its members, and other
// words that are quoted in its row.
func documented() (map[string][]string, error) {
	doc, err := os.ReadFile(filepath.Join("..", "..", "doc", "json.md"))
	if err != nil {
		return nil, err
	}
	_, rest, _ := strings.Cut(string(doc), "\n## 3. Events\n")
	rest, _, _ = strings.Cut(rest, "\n| `kind` of a path")
	rows := make(map[string][]string)
	for line := range strings.Lines(rest) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := strings.SplitN(line, "|", 3)
		for _, name := range quoted.FindAllStringSubmatch(cells[1], -1) {
			rows[name[1]] = []string{"event"}
			for _, word := range quoted.FindAllStringSubmatch(cells[2], -1) {
				rows[name[1]] = append(rows[name[1]], word[1])
			}
		}
	}
	return rows, nil
}

// elsewhere are events that doc/doctor.md describes.
var elsewhere = []string{"finding", "diagnosis"}

// checkEvent compares one event that a run wrote with the document.
func checkEvent(rows map[string][]string, line []byte) error {
	var e map[string]any
	if err := json.Unmarshal(line, &e); err != nil {
		return err
	}
	name, _ := e["event"].(string)
	row, ok := rows[name]
	if !ok {
		return fmt.Errorf("%s: doc/json.md has no event %q", line, name)
	}
	for member := range e {
		if !slices.Contains(row, member) && !slices.Contains(elsewhere, name) {
			return fmt.Errorf("%s: doc/json.md has no member %q in an event %q", line, member, name)
		}
	}
	if cause, ok := e["cause"].(string); ok && !slices.ContainsFunc(entries(), func(e entry) bool { return string(e.code) == cause }) {
		return fmt.Errorf("%s: its cause is not on the list", line)
	}
	return nil
}

// Fails if doc/json.md lacks an event that this program can write, or one of its
// members, or has one that there isn't. The events are those of the source.
func TestEventsAreDocumented(t *testing.T) {
	rows, err := documented()
	if err != nil {
		t.Fatal(err)
	}
	written := eventsOfSource(t)
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
