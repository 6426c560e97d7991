package classic

import (
	"strings"
	"testing"

	"sesame/tree/manifest"
)

func TestBundles(t *testing.T) {
	file := func(path string) manifest.Entry { return manifest.Entry{Path: path, Kind: manifest.File, Size: 1} }
	dir := func(path string) manifest.Entry { return manifest.Entry{Path: path, Kind: manifest.Dir} }
	link := func(path string) manifest.Entry { return manifest.Entry{Path: path, Kind: manifest.Link, Target: "x"} }
	for name, c := range map[string]struct {
		entries []manifest.Entry
		bundle  string
		items   string
		skipped int
	}{
		"file":                        {[]manifest.Entry{file("a")}, "a", "a", 0},
		"empty directory":             {[]manifest.Entry{dir("a")}, "a", "", 0},
		"directory of a link":         {[]manifest.Entry{dir("a"), dir("a/b"), link("a/b/c")}, "a", "b/", 1},
		"only links":                  {[]manifest.Entry{dir("a"), link("a/b")}, "a", "", 1},
		"alike beginnings":            {[]manifest.Entry{dir("a"), dir("a/b"), file("a/b.c"), dir("a/bc"), file("a/bc/d")}, "a", "b/ b.c bc/d", 0},
		"two files":                   {[]manifest.Entry{file("a"), file("ab")}, "all", "a ab", 0},
		"file and directories":        {[]manifest.Entry{file("a"), dir("b"), dir("c"), file("c/d")}, "all", "a b/ c/d", 0},
		"name that others can't take": {[]manifest.Entry{dir("a"), file("a/%2e%2e"), file("a/b")}, "a", "b", 1},
	} {
		t.Run(name, func(t *testing.T) {
			m := &manifest.Manifest{Entries: c.entries}
			if err := m.Check(); err != nil {
				t.Fatal(err)
			}
			b, err := newBundle(m, "all")
			if err != nil {
				t.Fatal(err)
			}
			var items []string
			for _, i := range b.items {
				e := &m.Entries[i]
				if !b.dir {
					items = append(items, e.Path)
					continue
				}
				items = append(items, zipHeader(e, b.path(e)).Name)
			}
			if got := strings.Join(items, " "); got != c.items || b.name != c.bundle || len(b.skipped) != c.skipped {
				t.Errorf("%s: %q, left out %v", b.name, got, b.skipped)
			}
		})
	}
}
