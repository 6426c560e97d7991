package transfer

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sesame/tree/manifest"
)

func TestSourceTellsWhatItIs(t *testing.T) {
	file, top := fileOf(t, 7).paths[0], someTree(t, "photos")
	for name, c := range map[string]struct {
		src        *Source
		name       string
		dir        bool
		size, then int64
	}{
		"file":              {open(t, file), "data.bin", false, 7, 7},
		"directory":         {open(t, top), "photos", true, -1, 11 + 3*blockSize + 5},
		"files":             {open(t, file, filepath.Join(top, "a.txt")), bundleName, false, 8, 8},
		"file, directory":   {open(t, file, top), bundleName, false, -1, 18 + 3*blockSize + 5},
		"directory by dots": {open(t, filepath.Join(top, "sub", "..")), "photos", true, -1, 11 + 3*blockSize + 5},
		"stream":            {FromReader("x", strings.NewReader("y")), "x", false, -1, -1},
	} {
		t.Run(name, func(t *testing.T) {
			if s := c.src; s.Name() != c.name || s.IsDir() != c.dir || s.Size() != c.size || s.Manifest() != nil || s.String() == "" {
				t.Errorf("%s, directory: %v, %d bytes", s.Name(), s.IsDir(), s.Size())
			}
			called := false
			if err := c.src.Scan(t.Context(), func(entries int, bytes int64) { called = entries > 0 }); err != nil {
				t.Fatal(err)
			}
			if c.src.Size() != c.then || c.src.Manifest() == nil || called == (name == "stream") {
				t.Errorf("%d bytes after the walk; told: %v", c.src.Size(), called)
			}
			c.src.Close()
			if err := c.src.Scan(t.Context(), nil); !errors.Is(err, fs.ErrClosed) {
				t.Errorf("after Close: %v", err)
			}
		})
	}
}

func TestNamesThatCantBeSent(t *testing.T) {
	for _, name := range []string{"a\nb", "gpj.\u202eexe", "\xff", `a\b`} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Skip(err)
		}
		_, err := Open(path)
		if err == nil || !strings.Contains(err.Error(), "name") || strings.ContainsAny(err.Error(), "\n\u202e\xff") {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := Open(); err == nil {
		t.Error("nothing can be opened")
	}
	if s, err := Open("/"); err != nil || !s.IsDir() {
		t.Errorf("the root of everything: %v", err)
	}
}

// A list that was begun in the background can be stopped, or go on beside that
// of a transfer.
func TestScanInTheBackground(t *testing.T) {
	top := t.TempDir()
	for i := range 1100 {
		write(t, filepath.Join(top, string(rune('a'+i%26)), string(rune('a'+i/26%26))+string(rune('a'+i/676))), nil, 0o644)
	}
	both(t, func(t *testing.T, p protocol) {
		src := open(t, top)
		began, goOn := make(chan bool), make(chan bool)
		scanned := make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			first := true
			scanned <- src.Scan(ctx, func(int, int64) {
				if first {
					first = false
					close(began)
					<-goOn
				}
			})
		}()
		<-began
		result := make(chan result, 1)
		go func() { result <- p.run(t, src, Target{Dir: openRoot(t)}) }()
		cancel()
		close(goOn)
		if err := <-scanned; !errors.Is(err, context.Canceled) {
			t.Errorf("stopped: %v", err)
		}
		res := <-result
		res.ok(t)
		if res.offer.Files != 1100 {
			t.Errorf("%d files", res.offer.Files)
		}
	})
}

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
