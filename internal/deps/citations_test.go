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
	// The number of a section, in its heading.
	heading = regexp.MustCompile(`(?m)^#+ (\d+(?:\.\d+)*)\.? `)
	// A document of doc, and what is said of it: one section or several.
	citation = regexp.MustCompile(`\b(doc/)?([a-z]+\.md)((?:(?:,| and| to|,? or)? ?§\d+(?:\.\d+)*)*)`)
	number   = regexp.MustCompile(`§(\d+(?:\.\d+)*)`)
	// A comment that goes on in the next line.
	wrapped = regexp.MustCompile(`\n[ \t]*(//|#)?[ \t]*`)
)

// cited returns what text says of documents: "name.md", or "name.md §1.2".
func cited(text string) (all []string) {
	for _, m := range citation.FindAllStringSubmatch(wrapped.ReplaceAllString(text, " "), -1) {
		if m[1] == "" && m[3] == "" {
			continue // a name like that
		}
		all = append(all, m[2])
		for _, n := range number.FindAllStringSubmatch(m[3], -1) {
			all = append(all, m[2]+" §"+n[1])
		}
	}
	return all
}

// Fails if code, a test or a document cites a section of doc that there isn't.
func TestCitationsAreThere(t *testing.T) {
	there := map[string]bool{"README.md": true}
	docs, err := filepath.Glob(filepath.Join(root, "doc", "*.md"))
	if err != nil || len(docs) < 10 {
		t.Fatalf("%d documents (%v)", len(docs), err)
	}
	read := func(name string) string {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for _, name := range docs {
		base := filepath.Base(name)
		there[base] = true
		for _, m := range heading.FindAllStringSubmatch(read(name), -1) {
			there[base+" §"+m[1]] = true
		}
	}
	names := append(docs, filepath.Join(root, "README.md"), filepath.Join(root, "Makefile"))
	for _, pattern := range []string{"*/testdata/*.py", "*/*/testdata/*.py", "internal/test/*/*.sh"} {
		more, _ := filepath.Glob(filepath.Join(root, pattern))
		names = append(names, more...)
	}
	sources(t, func(name string) {
		if name != "internal/deps/citations_test.go" {
			names = append(names, filepath.Join(root, name))
		}
	})
	sections := 0
	for _, name := range names {
		for _, what := range cited(read(name)) {
			if strings.Contains(what, "§") {
				sections++
			}
			if !there[what] {
				t.Errorf("%s cites %s, which isn't there", strings.TrimPrefix(name, root+string(filepath.Separator)), what)
			}
		}
	}
	if sections < 200 {
		t.Errorf("only %d citations of sections", sections)
	}
}

// Fails if a citation isn't seen.
func TestCited(t *testing.T) {
	for text, want := range map[string][]string{
		"// x (doc/native.md\n\t// §5.2).":         {"native.md", "native.md §5.2"},
		"Source: doc/native.md §5 and §8.":         {"native.md", "native.md §5", "native.md §8"},
		"as in json.md §4, and mailbox.md §5.1":    {"json.md", "json.md §4", "mailbox.md", "mailbox.md §5.1"},
		"doc/relay.md tells the rest, RFC 8446 §4": {"relay.md"},
		"no document: §3":                          nil,
		"such as notes.md":                         nil,
	} {
		if got := cited(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
