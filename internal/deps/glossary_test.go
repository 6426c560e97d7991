package deps_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A word is a row of the glossary.
type word struct {
	word string
	verb bool     // it stands in names of functions alone
	in   []string // folders; nil for everywhere
	not  []string // words that no identifier has
}

// rows returns the cells of each row of the tables between two headings of
// doc/architecture.md, but for their heads.
func rows(t *testing.T, from, to string) (out [][]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "doc", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "\n## "+from+"\n")
	if !found {
		t.Fatalf("doc/architecture.md has no chapter %q", from)
	}
	if to != "" {
		rest, _, _ = strings.Cut(rest, "\n## "+to+"\n")
	}
	_, rest, _ = strings.Cut(rest, "\n|---")
	for line := range strings.Lines(rest) {
		if !strings.HasPrefix(line, "| ") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		out = append(out, cells)
	}
	return out
}

var inQuotes = regexp.MustCompile("`([^`]+)`")

// inCode returns what a cell has in code's letters.
func inCode(cell string) (out []string) {
	for _, m := range inQuotes.FindAllStringSubmatch(cell, -1) {
		out = append(out, m[1])
	}
	return out
}

// glossary reads the words.
func glossary(t *testing.T) (words []word) {
	t.Helper()
	for _, cells := range rows(t, "3 Words", "4 Old names") {
		if len(cells) != 4 {
			t.Fatalf("doc/architecture.md: %q is no word, what it is, where it stands, and what isn't said", cells)
		}
		w := word{in: inCode(cells[2]), not: strings.FieldsFunc(cells[3], func(r rune) bool { return r == ',' || r == ' ' })}
		w.word, w.verb = strings.CutSuffix(cells[0], " (a verb)")
		words = append(words, w)
	}
	return words
}

var (
	afterWord    = regexp.MustCompile(`([a-z])([A-Z])`)
	afterLetters = regexp.MustCompile(`([A-Z])([A-Z][a-z])`)
	partOfName   = regexp.MustCompile(`[A-Za-z]+`)
)

// wordsOf returns the words in an identifier, each as for one thing.
func wordsOf(name string) (out []string) {
	name = afterLetters.ReplaceAllString(afterWord.ReplaceAllString(name, "$1 $2"), "$1 $2")
	for _, part := range partOfName.FindAllString(name, -1) {
		part = strings.ToLower(part)
		if one := strings.TrimSuffix(part, "s"); one != part && !strings.HasSuffix(one, "s") {
			out = append(out, one)
		}
		out = append(out, part)
	}
	return out
}

// naming calls f for each name that a file declares, of whatever scope.
func naming(file *ast.File, f func(id *ast.Ident, function bool)) {
	each := func(function bool, ids ...*ast.Ident) {
		for _, id := range ids {
			f(id, function)
		}
	}
	expressions := func(list ...ast.Expr) {
		for _, e := range list {
			if id, ok := e.(*ast.Ident); ok {
				each(false, id)
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			each(true, n.Name)
		case *ast.TypeSpec:
			each(false, n.Name)
		case *ast.ValueSpec:
			each(false, n.Names...)
		case *ast.InterfaceType:
			for _, m := range n.Methods.List {
				each(true, m.Names...)
			}
		case *ast.StructType:
			for _, m := range n.Fields.List {
				each(false, m.Names...)
			}
		case *ast.FuncType:
			for _, list := range []*ast.FieldList{n.Params, n.Results, n.TypeParams} {
				if list != nil {
					for _, m := range list.List {
						each(false, m.Names...)
					}
				}
			}
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				expressions(n.Lhs...)
			}
		case *ast.RangeStmt:
			if n.Tok == token.DEFINE {
				expressions(n.Key, n.Value)
			}
		}
		return true
	})
}

// Fails if an identifier has a word that the glossary of doc/architecture.md keeps
// for something else, or has retired; or if a row guards a word that none has.
func TestGlossary(t *testing.T) {
	words := glossary(t)
	if len(words) < 30 {
		t.Fatalf("doc/architecture.md has %d words", len(words))
	}
	if !slices.IsSortedFunc(words, func(a, b word) int { return strings.Compare(a.word, b.word) }) {
		t.Error("doc/architecture.md: the words aren't in order")
	}
	kept, retired := map[string]word{}, map[string]string{}
	for _, w := range words {
		kept[w.word] = w
		for _, not := range w.not {
			retired[not] = w.word
		}
	}
	stands := map[string]bool{}
	sources(t, func(name string) {
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, filepath.Join(root, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		naming(file, func(id *ast.Ident, function bool) {
			for _, part := range wordsOf(id.Name) {
				if better, ok := retired[part]; ok {
					t.Errorf("%s:%d: %s: say %s", name, set.Position(id.Pos()).Line, id.Name, better)
				}
				w, ok := kept[part]
				if !ok || w.in == nil {
					continue
				}
				within := func(folder string) bool { return strings.HasPrefix(name, folder+"/") }
				switch {
				case !slices.ContainsFunc(w.in, within):
					t.Errorf("%s:%d: %s: a %s is something else, in %v (doc/architecture.md §3)", name, set.Position(id.Pos()).Line, id.Name, part, w.in)
				case w.verb && !function:
					t.Errorf("%s:%d: %s: %s is a verb (doc/architecture.md §3)", name, set.Position(id.Pos()).Line, id.Name, part)
				default:
					stands[w.word] = true
				}
			}
		})
	})
	for _, w := range words {
		if w.in != nil && !stands[w.word] {
			t.Errorf("doc/architecture.md: no identifier has the word %s", w.word)
		}
	}
}

// Fails if doc/architecture.md names a folder, or something in a package, that there
// isn't: but for what was, in the first column of its old names.
func TestArchitectureNamesWhatIs(t *testing.T) {
	there := map[string]bool{} // folders, and as package.name what is declared in one
	sources(t, func(name string) {
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			there[dir] = true
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		there[name], there[path.Base(name)] = true, true
		if !strings.HasSuffix(name, "_test.go") {
			naming(file, func(id *ast.Ident, _ bool) { there[file.Name.Name+"."+id.Name] = true })
		}
	})
	text, err := os.ReadFile(filepath.Join(root, "doc", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	today, _, _ := strings.Cut(string(text), "\n## 4 Old names\n")
	var said []string
	for line := range strings.Lines(today) {
		said = append(said, inCode(line)...)
	}
	for _, cells := range rows(t, "4 Old names", "") {
		said = append(said, inCode(cells[1])...)
	}
	dotted := regexp.MustCompile(`^[a-z]+\.\w+$`)
	found := 0
	for _, s := range said {
		if dotted.MatchString(s) || strings.Contains(s, "/") && !strings.ContainsAny(s, " *{") {
			found++
			if !there[s] && !strings.HasSuffix(s, ".md") {
				t.Errorf("doc/architecture.md: there is no %s", s)
			}
		}
	}
	if found < 60 {
		t.Errorf("doc/architecture.md names %d things", found)
	}
}

// Fails if the words of a name are taken for others.
func TestWordsOfNames(t *testing.T) {
	for name, want := range map[string]string{
		"replace": "replace", "inPlace": "in place", "Places": "place places", "newLanesConfig": "new lane lanes config",
		"HTTPClient": "http client", "passphrase": "passphrase", "TestClass2": "test class",
	} {
		if got := strings.Join(wordsOf(name), " "); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
