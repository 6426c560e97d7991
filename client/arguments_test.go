package client

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sesame/rendezvous"
	"sesame/tree"
)

// verbatim are the arguments that hold words of somebody else's: of a system or a
// library, of a server or a certificate, or the rule of a protocol that was broken,
// which is for who mends the program. Each stands beside a text of the code's own.
var verbatim = []string{"system", "rule", "names", "name", "says", "words", "server", "status", "methods", "problem"}

// Fails if a code carries a sentence, or an error of a system's, in an argument that
// isn't one for words of others: no front end could say that in another language.
func TestArgumentsAreValues(t *testing.T) {
	codes := codesByName(t)
	entries := byCode()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !slices.Contains([]string{"Fail", "note"}, called(call)) || len(call.Args) == 0 {
				return true
			}
			id, ok := call.Args[0].(*ast.Ident)
			if !ok || codes[id.Name] == "" {
				return true
			}
			calls++
			e := entries[codes[id.Name]]
			if len(call.Args)-1 != len(e.Args) {
				t.Errorf("%v: %s has %d arguments, want %q", set.Position(call.Pos()), id.Name, len(call.Args)-1, e.Args)
				return true
			}
			for i, a := range call.Args[1:] {
				if speaks(a) && !slices.Contains(verbatim, e.Args[i]) {
					t.Errorf("%v: {%s} of %s is a sentence of somebody else's", set.Position(a.Pos()), e.Args[i], id.Name)
				}
			}
			return true
		})
	}
	if calls < 100 {
		t.Errorf("only %d failures were found in the source", calls)
	}
	for _, e := range Codes() {
		if slices.Contains(e.Args, "detail") {
			t.Errorf("%s has an argument that can be anything", e.Code)
		}
	}
}

// called is the name of the function that is called.
func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// speaks reports whether an expression is an error, or words that were made of one.
func speaks(a ast.Expr) bool {
	switch a := a.(type) {
	case *ast.Ident:
		return a.Name == "err" || a.Name == "e"
	case *ast.SelectorExpr:
		return a.Sel.Name == "Err"
	case *ast.BinaryExpr:
		return speaks(a.X) || speaks(a.Y)
	case *ast.CallExpr:
		return slices.Contains([]string{"said", "Error", "Errorf", "Sprintf", "Line", "Quote", "New"}, called(a))
	}
	return false
}

// Fails if what may be wrong with a typed code has no code, one of another kind, or other
// arguments than the list says.
func TestProblemsHaveCodes(t *testing.T) {
	for _, p := range rendezvous.Problems() {
		if e, ok := byCode()[Code(p)]; !ok || e.Class != ClassPart {
			t.Errorf("%s is no code of a part", p)
		} else if f := problemOf(&rendezvous.CodeError{Problem: p, Word: "x"}); len(f.Args) != len(e.Args) {
			t.Errorf("%s has %d arguments, want %q", p, len(f.Args), e.Args)
		}
	}
	for typed, want := range map[string]Code{"": BadCode, "7-foobar-xyzzy": UnlistedCode, "7 crossover clockwork": MistypedCode, "7-Crossover-clockwork": OddCode} {
		_, err := rendezvous.ParseCode(typed)
		if f := Explain(err); f.Code != want || len(f.Args) != len(byCode()[want].Args) {
			t.Errorf("%q is %v, want %s", typed, f, want)
		}
	}
	for code := range byCode() {
		if strings.HasPrefix(string(code), "typed-") && !slices.Contains(rendezvous.Problems(), rendezvous.Problem(code)) {
			t.Errorf("%s is no problem", code)
		}
	}
}

// Fails if something that is done on a disk, or a trouble with one, has no code.
func TestDisksHaveCodes(t *testing.T) {
	for _, op := range tree.Ops {
		if got := doing(&tree.DiskError{Op: op, Path: "x"}); got.Code == DoUse {
			t.Errorf("%s has no code", op)
		}
	}
	for what := tree.TroubleUnknown + 1; what <= tree.TroubleUnable; what++ {
		if got := trouble(what); got.Code == TroubleOther {
			t.Errorf("%v has no code", what)
		}
	}
}
