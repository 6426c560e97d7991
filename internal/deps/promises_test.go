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
	shownBy = regexp.MustCompile("`([a-z/-]+)\\.((?:Test|Fuzz)\\w+)`")
	// A test that says which row it is about.
	shows = regexp.MustCompile(`(?m)^// (T-[A-Z0-9]+-[0-9]+)\. (?:[^\n]*\n//)*[^\n]*\nfunc (Test\w+)`)
)

// promises returns the tests that a table of doc/testing.md names, by row. It fails if a
// row names none, or one that isn't there.
func promises(t *testing.T, chapter string, least int) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "doc", "testing.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "\n## "+chapter+". ")
	table, _, _ = strings.Cut(table, "\n## ")
	_, table, _ = strings.Cut(table, "|---|")
	rows := promise.FindAllStringSubmatch(table, -1)
	if !found || len(rows) < least {
		t.Fatalf("%d promises in §%s", len(rows), chapter)
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
	return named
}

// Fails when a test is gone that a promise of a server is shown by, or when one says that it is
// about a promise which doesn't name it (doc/testing.md §7).
func TestPromisesAreShown(t *testing.T) {
	named := promises(t, "7", 20)
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

// Fails when a test is gone that shows what happens when a way, a line or a peer fails
// (doc/testing.md §8), or a parser has no fuzz target any more.
func TestFaultsAreShown(t *testing.T) {
	named := promises(t, "8", 15)
	fuzzed := 0
	for _, tests := range named {
		for _, test := range tests {
			if _, name, _ := strings.Cut(test, "."); strings.HasPrefix(name, "Fuzz") {
				fuzzed++
			}
		}
	}
	if fuzzed < 20 {
		t.Errorf("only %d fuzz targets", fuzzed)
	}
}

// hasTest reports whether a directory has a test, or a fuzz target.
func hasTest(t *testing.T, dir, name string) bool {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(root, filepath.FromSlash(dir), "*_test.go"))
	return slices.ContainsFunc(files, func(file string) bool {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(string(text), "\nfunc "+name+map[bool]string{true: "(f *testing.F)", false: "(t *testing.T)"}[strings.HasPrefix(name, "Fuzz")])
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
