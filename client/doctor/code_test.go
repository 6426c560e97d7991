package doctor

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"testing"

	"sesame/client"
)

// Fails if the list of codes isn't that of the constants, names one twice or one of
// package client's, has one that programs would have to quote, or says of one nothing
// that fits.
func TestCodesAreTheConstants(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "code.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	constants := make(map[client.Code]bool)
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		constants[client.Code(text)] = true
		return false
	})
	plain := regexp.MustCompile(`^[a-z]+(-[a-z0-9]+)*$|^ipv6(-[a-z]+)?$`)
	listed := make(map[client.Code]bool)
	for _, e := range client.Codes() {
		listed[e.Code] = true
	}
	count := 0
	for _, e := range Codes() {
		if !constants[e.Code] || listed[e.Code] || !plain.MatchString(string(e.Code)) {
			t.Errorf("%q is no constant, is listed twice, or has odd characters", e.Code)
		}
		if (e.State == 0) != (e.Kind == KindPart) {
			t.Errorf("%s has the state %d", e.Code, e.State)
		}
		listed[e.Code] = true
		count++
	}
	if count == 0 || count != len(constants) {
		t.Errorf("%d constants, %d of them listed", len(constants), count)
	}
}
