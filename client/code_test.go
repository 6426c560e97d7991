package client

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"testing"
)

// Fails if the list of codes isn't that of the constants, names one twice, or has a
// code that programs would have to quote.
func TestCodesAreTheConstants(t *testing.T) {
	constants := make(map[Code]bool)
	for _, code := range codesByName(t) {
		constants[code] = true
	}
	plain := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	listed := make(map[Code]bool)
	for _, e := range Codes() {
		if !constants[e.Code] || listed[e.Code] || !plain.MatchString(string(e.Code)) {
			t.Errorf("%q is no constant, is listed twice, or has odd characters", e.Code)
		}
		listed[e.Code] = true
		names := make(map[string]bool)
		for _, a := range e.Args {
			if names[a] {
				t.Errorf("%s has two arguments %s", e.Code, a)
			}
			names[a] = true
		}
	}
	if len(constants) == 0 || len(listed) != len(constants) {
		t.Errorf("%d constants, %d of them listed", len(constants), len(listed))
	}
}

// codesByName reads the constants of the source.
func codesByName(t *testing.T) map[string]Code {
	t.Helper()
	byName := make(map[string]Code)
	for _, name := range []string{"code.go", "code_parts.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			if _, twice := byName[spec.Names[0].Name]; twice {
				t.Errorf("%s stands twice", spec.Names[0].Name)
			}
			byName[spec.Names[0].Name] = Code(text)
			return false
		})
	}
	return byName
}
