package deps_test

import (
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sesame/internal/deps"
)

const module = "sesame"

// imports returns, for every package directory of the module, the import paths
// of its files without tests. It parses the files: a test that ran "go list"
// would be answered from the test cache after an import was added.
func imports(t *testing.T) map[string][]string {
	return importsIf(t, func(dir, file string) bool { return true })
}

// importsIf is imports of the files, in directories from the module's root, that
// take says yes to.
func importsIf(t *testing.T, take func(dir, file string) bool) map[string][]string {
	t.Helper()
	root := filepath.Join("..", "..")
	found := map[string][]string{}
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); base == "testdata" || base != "." && strings.HasPrefix(base, ".") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || !take(path.Dir(name), path.Base(name)) {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, name), nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		dir := path.Dir(name)
		found[dir] = append(found[dir], nil...)
		for _, spec := range file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			if !slices.Contains(found[dir], imported) {
				found[dir] = append(found[dir], imported)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 5 {
		t.Fatalf("only %d packages found below %s: the walk is broken", len(found), root)
	}
	return found
}

// ruleFor returns the rule with the longest part that dir is in.
func ruleFor(dir string) (best deps.Rule, ok bool) {
	for _, r := range deps.Rules {
		if within(dir, r.Part) && len(r.Part) > len(best.Part) {
			best, ok = r, true
		}
	}
	return best, ok
}

func within(p, dir string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }

// violation says why importing imported from dir is forbidden, "" if it isn't.
func violation(dir, imported string) string {
	rule, ok := ruleFor(dir)
	if !ok {
		return dir + " has no rule"
	}
	local, isLocal := strings.CutPrefix(imported, module+"/")
	switch {
	case isLocal:
		own, _ := ruleFor(local) // a part below that has no rule of its own belongs to this one
		if own.Part == rule.Part && local != rule.Part && dir == rule.Part || slices.Contains(rule.May, local) {
			return ""
		}
	case !strings.Contains(strings.Split(imported, "/")[0], "."), strings.HasPrefix(imported, "golang.org/x/"):
		return ""
	case slices.ContainsFunc(rule.External, func(m string) bool { return within(imported, m) }):
		return ""
	}
	return dir + " -> " + imported + ": not in the table, which says: " + rule.Why
}

// Fails when a package imports what the table doesn't allow it.
func TestImportsFollowTheTable(t *testing.T) {
	for dir, list := range imports(t) {
		for _, imported := range list {
			if v := violation(dir, imported); v != "" {
				t.Error(v)
			}
		}
	}
}

// Fails when the table lets through what it is there to stop.
func TestTableRefuses(t *testing.T) {
	for _, c := range []struct{ dir, imported string }{
		{"relay", "sesame/pake"},
		{"relay", "sesame/transit/record"},
		{"pake", "sesame/rendezvous"},
		{"transit/record", "sesame/transit"},
		{"transfer", "sesame/rendezvous"},
		{"transfer", "sesame/transfer/native"},
		{"transfer", "sesame/transfer/classic"},
		{"transfer/native", "sesame/transfer/classic"},
		{"transfer/classic", "sesame/transfer/native"},
		{"transit", "github.com/spf13/pflag"},
		{"unheard/of", "sesame/pake"},
	} {
		if violation(c.dir, c.imported) == "" {
			t.Errorf("%s may import %s", c.dir, c.imported)
		}
	}
}

// Fails when the server's programs can reach key material, at any distance
// within this module.
func TestRelayIsBlind(t *testing.T) {
	graph := imports(t)
	for _, start := range deps.Blind {
		trail := reach(graph, start, func(imported string) bool {
			return slices.ContainsFunc(deps.Secret, func(s string) bool { return within(imported, s) })
		})
		if trail != nil {
			t.Errorf("the server is not blind: %s", strings.Join(trail, " -> "))
		}
	}
}

// Fails when a page would have to load what its browser does itself.
func TestBrowserIsLight(t *testing.T) {
	page := build.Default
	page.GOOS, page.GOARCH, page.CgoEnabled = "js", "wasm", false
	graph := importsIf(t, func(dir, file string) bool {
		match, err := page.MatchFile(filepath.Join("..", "..", dir), file)
		if err != nil {
			t.Fatal(err)
		}
		return match
	})
	for _, part := range deps.Browser {
		if graph[part] == nil {
			t.Errorf("%s has no file for browsers", part)
		}
		trail := reach(graph, part, func(imported string) bool {
			return slices.ContainsFunc(deps.Heavy, func(h string) bool { return within(imported, h) })
		})
		if trail != nil {
			t.Errorf("a page is heavy: %s", strings.Join(trail, " -> "))
		}
	}
	if trail := reach(graph, "relay", func(imported string) bool { return imported == "net/http" }); trail == nil {
		t.Error("the relay reaches no net/http: the search is broken")
	}
}

// Fails when reach doesn't find what is there: the client does reach the keys.
func TestReachFindsATrail(t *testing.T) {
	trail := reach(imports(t), "cmd/sesame", func(imported string) bool { return imported == "sesame/pake" })
	if len(trail) < 2 {
		t.Error("cmd/sesame reaches no pake: the search is broken")
	}
}

// reach returns a shortest trail of imports from start to one that matches.
func reach(graph map[string][]string, start string, match func(string) bool) []string {
	trails := map[string][]string{start: {start}}
	for queue := []string{start}; len(queue) > 0; queue = queue[1:] {
		dir := queue[0]
		for _, imported := range graph[dir] {
			if match(imported) {
				return append(slices.Clone(trails[dir]), imported)
			}
			local, isLocal := strings.CutPrefix(imported, module+"/")
			if _, seen := trails[local]; isLocal && !seen {
				trails[local] = append(slices.Clone(trails[dir]), local)
				queue = append(queue, local)
			}
		}
	}
	return nil
}

// Fails when a rule names a part that isn't there, so that the table stays true.
func TestTableNamesWhatExists(t *testing.T) {
	graph := imports(t)
	parts := slices.Collect(maps.Keys(graph))
	for _, r := range deps.Rules {
		if _, err := os.Stat(filepath.Join("..", "..", r.Part)); err != nil {
			t.Errorf("the table has a rule for %s, which doesn't exist", r.Part)
		}
		for _, may := range r.May {
			if !slices.Contains(parts, may) {
				t.Errorf("%s may import %s, which doesn't exist", r.Part, may)
			}
		}
	}
}
