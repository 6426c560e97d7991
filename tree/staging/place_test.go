//go:build unix

package staging_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"sesame/tree"
	"sesame/tree/staging"
)

func TestPlaceConflicts(t *testing.T) {
	file := func() *sample { return newTree().file("x", []byte("new")) }
	folder := func() *sample {
		return newTree().folder("x").file("x/a", []byte("new a")).file("x/b", []byte("new b")).
			folder("x/sub").file("x/sub/c", []byte("new c")).folder("x/odd").file("x/odd/d", []byte("new d")).link("x/l", "a")
	}
	oldFile := func(path string) { os.WriteFile(path, []byte("old"), 0o640) }
	oldFolder := func(path string) {
		os.MkdirAll(path+"/sub", 0o750)
		os.WriteFile(path+"/a", []byte("old a"), 0o640)
		os.WriteFile(path+"/sub/other", []byte("other"), 0o640)
		os.WriteFile(path+"/odd", []byte("a file, not a directory"), 0o640)
		os.Symlink("sub", path+"/l")
	}
	link := func(to string) func(string) { return func(path string) { os.Symlink(to, path) } }
	fifo := func(path string) { syscall.Mkfifo(path, 0o644) }
	const refuse, replace, skip, over = tree.Refuse, tree.Replace, tree.MergeSkip, tree.MergeReplace
	for _, test := range []struct {
		name    string
		old     func(string)
		new     func() *sample
		exists  tree.Exists
		refused bool
		skipped string            // when merging
		want    map[string]string // content; nil if the new tree, exactly
	}{
		{"file, nothing there", func(string) {}, file, refuse, false, "", nil},
		{"file on file, refuse", oldFile, file, refuse, true, "", nil},
		{"file on file, replace", oldFile, file, replace, false, "", nil},
		{"file on file, merge and skip", oldFile, file, skip, false, "", map[string]string{"x": "old"}},
		{"file on file, merge and replace", oldFile, file, over, false, "", nil},
		{"file on directory, refuse", oldFolder, file, refuse, true, "", nil},
		{"file on directory, replace", oldFolder, file, replace, false, "", nil},
		{"file on directory, merge", oldFolder, file, over, true, "", nil},
		{"file on link to a file, refuse", link("../outside/secret"), file, refuse, true, "", nil},
		{"file on link to a file, replace", link("../outside/secret"), file, replace, false, "", nil},
		{"file on link to a file, merge and replace", link("../outside/secret"), file, over, false, "", nil},
		{"file on dangling link, refuse", link("../outside/new"), file, refuse, true, "", nil},
		{"file on dangling link, replace", link("../outside/new"), file, replace, false, "", nil},
		{"file on link to a directory, replace", link("../outside/dir"), file, replace, false, "", nil},
		{"file on FIFO, refuse", fifo, file, refuse, true, "", nil},
		{"file on FIFO, replace", fifo, file, replace, false, "", nil},
		{"directory, nothing there", func(string) {}, folder, refuse, false, "", nil},
		{"directory on file, refuse", oldFile, folder, refuse, true, "", nil},
		{"directory on file, replace", oldFile, folder, replace, false, "", nil},
		{"directory on file, merge", oldFile, folder, over, true, "", nil},
		{"directory on directory, refuse", oldFolder, folder, refuse, true, "", nil},
		{"directory on directory, replace", oldFolder, folder, replace, false, "", nil},
		{"directory on directory, merge and skip", oldFolder, folder, skip, false, "a l odd", map[string]string{
			"x/a": "old a", "x/b": "new b", "x/sub/c": "new c", "x/sub/other": "other", "x/odd": "a file, not a directory", "x/l": "-> sub"}},
		{"directory on directory, merge and replace", oldFolder, folder, over, false, "odd", map[string]string{
			"x/a": "new a", "x/b": "new b", "x/sub/c": "new c", "x/sub/other": "other", "x/odd": "a file, not a directory", "x/l": "-> a"}},
		{"directory on link to a directory, refuse", link("../outside/dir"), folder, refuse, true, "", nil},
		{"directory on link to a directory, replace", link("../outside/dir"), folder, replace, false, "", nil},
		{"directory on link to a directory, merge", link("../outside/dir"), folder, over, true, "", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, path := target(t)
			test.old(filepath.Join(path, "x"))
			s := test.new()
			tr := open(t, dir, s, nil)
			s.finish(t, tr)
			before := snapshot(t, path, left(t, path)[0])
			placed, err := tr.Place(context.Background(), tree.Plan{"x": {Exists: test.exists}})
			if test.refused {
				var exists *tree.ExistsError
				if !errors.As(err, &exists) || exists.Name != "x" || !errors.Is(err, fs.ErrExist) || placed != nil {
					t.Errorf("placed %v: %v", placed, err)
				}
				same(t, "target", snapshot(t, path, left(t, path)[0]), before)
				place(t, tr, tree.Plan{"x": {Name: "y"}})
				if got := snapshot(t, path, "x")["y"]; got != s.want()["x"] {
					t.Errorf("under another name: %s", got)
				}
				return
			}
			must(t, err)
			slices.Sort(placed[0].Skipped)
			if got := strings.Join(placed[0].Skipped, " "); test.skipped != "" && got != test.skipped {
				t.Errorf("skipped %q, want %q", got, test.skipped)
			}
			if test.want == nil {
				same(t, "result", snapshot(t, path, ""), s.want())
				return
			}
			if got := contents(t, path); !reflect.DeepEqual(got, test.want) {
				t.Errorf("result %v, want %v", got, test.want)
			}
		})
	}
}

// contents returns what is in the files below path, and where links lead.
func contents(t *testing.T, path string) map[string]string {
	t.Helper()
	out := make(map[string]string)
	must(t, filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(path, p)
		if err == nil && d.Type().IsRegular() {
			var data []byte
			data, err = os.ReadFile(p)
			out[rel] = string(data)
		} else if err == nil && d.Type() == fs.ModeSymlink {
			var to string
			to, err = os.Readlink(p)
			out[rel] = "-> " + to
		}
		return err
	}))
	return out
}

func TestRefusalPlacesNothing(t *testing.T) {
	dir, path := target(t)
	s := newTree().file("a", []byte("a")).file("b", []byte("b")).file("c", []byte("c"))
	must(t, os.WriteFile(filepath.Join(path, "c"), []byte("old"), 0o600))
	tr := open(t, dir, s, nil)
	s.finish(t, tr)
	for name, plan := range map[string]tree.Plan{
		"c is taken":           nil,
		"two of one name":      {"a": {Name: "d"}, "b": {Name: "d"}, "c": {Name: "e"}},
		"takes b's name":       {"a": {Name: "b"}, "c": {Name: "e"}},
		"final name has slash": {"a": {Name: "x/y"}},
		"final name ..":        {"a": {Name: ".."}},
		"final name .":         {"a": {Name: "."}},
		"absolute final name":  {"a": {Name: "/tmp/x"}},
		"NUL in final name":    {"a": {Name: "a\x00"}},
	} {
		if placed, err := tr.Place(context.Background(), plan); err == nil || len(placed) != 0 {
			t.Errorf("%s: placed %v, %v", name, placed, err)
		}
	}
	if got := contents(t, filepath.Join(path)); got["a"] != "" || got["b"] != "" || got["c"] != "old" {
		t.Errorf("target: %v", got)
	}
	place(t, tr, tree.Plan{"a": {Name: "A"}, "c": {Exists: tree.Replace}})
	if got := contents(t, path); !reflect.DeepEqual(got, map[string]string{"A": "a", "b": "b", "c": "c"}) {
		t.Errorf("result %v", got)
	}
}

// stopOnce is done once there is something at path.
type stopOnce struct {
	context.Context
	path string
}

func (c *stopOnce) Err() error {
	if _, err := os.Lstat(c.path); err == nil {
		return context.Canceled
	}
	return nil
}

// stopAfter is done after n looks at it.
type stopAfter struct {
	context.Context
	n    int
	then func()
}

func (c *stopAfter) Err() error {
	if c.n--; c.n < 0 {
		if c.then != nil {
			c.then()
		}
		return context.Canceled
	}
	return nil
}

// three has three top-level names.
func three() *sample {
	return newTree().folder("a").file("a/big", noise(1, 600_000)).file("a/empty", nil).folder("a/sub").link("a/l", "sub").
		file("b", noise(2, 300_000)).exec("c", []byte("c"))
}

func TestPlaceStoppedInBetween(t *testing.T) {
	for n := range 64 {
		dir, path := target(t)
		s := three()
		tr := open(t, dir, s, nil)
		s.finish(t, tr)
		placed, err := tr.Place(&stopAfter{Context: context.Background(), n: n}, nil)
		if err == nil {
			if n < 3 {
				t.Errorf("only %d looks at the context", n)
			}
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if len(placed) > 0 {
			if err := tr.WriteFile(6, s.data[6]); !errors.Is(err, tree.ErrClosed) {
				t.Errorf("data after the first name was placed: %v", err)
			}
		}
		place(t, tr, nil)
		same(t, "result", snapshot(t, path, ""), s.want())
	}
}

// What the run before had put in place when it died is found there, compared,
// and stays.
func TestRerunAfterPlaceStopped(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(t *testing.T, path string, s *sample)
		sent   int64
		extra  string // what stays that isn't in s
	}{
		{"untouched", func(*testing.T, string, *sample) {}, 0, ""},
		{"source changed", func(_ *testing.T, _ string, s *sample) { s.data[1][7] ^= 1 }, 256 << 10, ""},
		{"source changed in name only", func(_ *testing.T, _ string, s *sample) { s.Entries[1].Path = "a/bigger" }, 600_000, "a"},
		{"placed file edited", func(t *testing.T, path string, _ *sample) {
			must(t, os.WriteFile(filepath.Join(path, "a/big"), []byte("mine"), 0o644))
		}, 600_000, "a"},
		{"something added", func(t *testing.T, path string, _ *sample) {
			must(t, os.WriteFile(filepath.Join(path, "a/mine"), []byte("mine"), 0o644))
		}, 600_000, "a"},
		{"placed link changed", func(t *testing.T, path string, _ *sample) {
			must(t, os.Remove(filepath.Join(path, "a/l")))
			must(t, os.Symlink("big", filepath.Join(path, "a/l")))
		}, 600_000, "a"},
		{"replaced by a copy", func(t *testing.T, path string, _ *sample) {
			must(t, os.Rename(filepath.Join(path, "a"), filepath.Join(path, "copy")))
			must(t, exec.Command("cp", "-pPR", filepath.Join(path, "copy"), filepath.Join(path, "a")).Run())
		}, 600_000, "a copy"},
		{"moved away", func(t *testing.T, path string, _ *sample) {
			must(t, os.Rename(filepath.Join(path, "a"), filepath.Join(path, "moved")))
		}, 600_000, "moved"},
		{"placed file removed", func(t *testing.T, path string, _ *sample) {
			must(t, os.Remove(filepath.Join(path, "a/big")))
		}, 600_000, ""},
		{"placed empty file removed", func(t *testing.T, path string, _ *sample) {
			must(t, os.Remove(filepath.Join(path, "a/empty")))
		}, 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, path := target(t)
			s := three()
			tr, err := staging.Open(dir, &s.Manifest, known(&staging.Options{NoSync: true}))
			must(t, err)
			s.finish(t, tr)
			if placed, _ := tr.Place(&stopOnce{context.Background(), filepath.Join(path, "a")}, nil); len(placed) != 1 || placed[0].Name != "a" {
				t.Fatalf("placed %v", placed)
			}
			must(t, tr.Close())
			test.change(t, path, s)
			stays := make(map[string]map[string]string)
			for _, name := range strings.Fields(test.extra) {
				stays[name] = snapshot(t, filepath.Join(path, name), "")
			}

			tr = open(t, dir, s, nil)
			final, ok := tr.InPlace("a")
			if want := test.name != "moved away" && stays["a"] == nil; ok != want || ok && final != "a" {
				t.Errorf("in place: %q, %v", final, ok)
			}
			if sent := s.finish(t, tr); sent != test.sent {
				t.Errorf("%d bytes sent, want %d", sent, test.sent)
			}
			plan := tree.Plan{}
			if stays["a"] != nil {
				plan["a"] = tree.Target{Name: "new"}
				for i, e := range s.Entries {
					if rest, ok := strings.CutPrefix(e.Path, "a"); ok {
						s.Entries[i].Path = "new" + rest
					}
				}
				want := s.want()
				for i, e := range s.Entries {
					if rest, ok := strings.CutPrefix(e.Path, "new"); ok {
						s.Entries[i].Path = "a" + rest
					}
				}
				place(t, tr, plan)
				got := snapshot(t, path, "")
				for name, kept := range stays {
					same(t, name, snapshot(t, filepath.Join(path, name), ""), kept)
					for p := range got {
						if p == name || strings.HasPrefix(p, name+"/") {
							delete(got, p)
						}
					}
				}
				same(t, "result", got, want)
				return
			}
			place(t, tr, plan)
			got := snapshot(t, path, "moved")
			same(t, "result", got, s.want())
		})
	}
}

func TestFreeName(t *testing.T) {
	dir, path := target(t)
	long := strings.Repeat("漢", 83) + ".mov"
	for _, name := range []string{"holiday.mov", "holiday (2).mov", "a.tar.gz", ".bashrc", "noext", "dots.in.name. and more", "dir", long} {
		must(t, os.WriteFile(filepath.Join(path, name), nil, 0o600))
	}
	must(t, os.Symlink("nowhere", filepath.Join(path, "dangling")))
	for name, want := range map[string]string{
		"free.mov":               "free.mov",
		"holiday.mov":            "holiday (3).mov",
		"a.tar.gz":               "a (2).tar.gz",
		".bashrc":                ".bashrc (2)",
		"noext":                  "noext (2)",
		"dots.in.name. and more": "dots.in.name. and more (2)",
		"dangling":               "dangling (2)",
		long:                     strings.Repeat("漢", 82) + " (2).mov",
	} {
		if got := staging.FreeName(dir, name); got != want || len(got) > 255 {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
