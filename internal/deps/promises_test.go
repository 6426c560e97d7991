package deps_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	// A row of the table of promises: its name, and what is said of it.
	promise = regexp.MustCompile(`(?m)^\| ([\w-]+) \| .* \| (.*) \|$`)
	// A test, by its package's directory.
	shownBy = regexp.MustCompile("`([a-z/-]+)\\.(Test\\w+)`")
	// A test that says which row it is about.
	shows = regexp.MustCompile(`(?m)^// (T-[A-Z0-9]+-[0-9]+)\. (?:[^\n]*\n//)*[^\n]*\nfunc (Test\w+)`)
)

// Fails when a test is gone that a promise of a server is shown by, or when one says that it is
// about a promise which doesn't name it (doc/testing.md §7).
func TestPromisesAreShown(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "doc", "testing.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "\n## 7. ")
	table, _, _ = strings.Cut(table, "\n## ")
	_, table, _ = strings.Cut(table, "|---|")
	rows := promise.FindAllStringSubmatch(table, -1)
	if !found || len(rows) < 20 {
		t.Fatalf("%d promises", len(rows))
	}
	named := map[string][]string{}
	for _, row := range rows {
		if len(shownBy.FindAllString(row[2], -1)) == 0 || len(named[row[1]]) > 0 {
			t.Errorf("%s: it names no test, or is there twice", row[1])
		}
		for _, m := range shownBy.FindAllStringSubmatch(row[2], -1) {
			named[row[1]] = append(named[row[1]], m[1]+"."+m[2])
			if !hasTest(t, m[1], m[2]) {
				t.Errorf("%s: there is no test %s in %s", row[1], m[2], m[1])
			}
		}
	}
	marked := 0
	testFiles(t, func(dir, text string) {
		for _, m := range shows.FindAllStringSubmatch(text, -1) {
			marked++
			if !slices.Contains(named[m[1]], dir+"."+m[2]) {
				t.Errorf("%s.%s says that it shows %s, which doesn't name it", dir, m[2], m[1])
			}
		}
	})
	if marked < 8 {
		t.Errorf("only %d tests say what they show", marked)
	}
}

// hasTest reports whether a directory has a test.
func hasTest(t *testing.T, dir, name string) bool {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(root, filepath.FromSlash(dir), "*_test.go"))
	return slices.ContainsFunc(files, func(file string) bool {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(string(text), "\nfunc "+name+"(t *testing.T)")
	})
}

// testFiles calls f with every file of tests of the server, and its directory.
func testFiles(t *testing.T, f func(dir, text string)) {
	t.Helper()
	for _, top := range []string{"relay", "cmd/sesame-relay", "internal/test"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			dir, err := filepath.Rel(root, filepath.Dir(path))
			f(filepath.ToSlash(dir), string(text))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
