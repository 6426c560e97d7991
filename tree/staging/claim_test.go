//go:build unix

package staging_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sesame/tree"
	"sesame/tree/staging"
)

// watched returns options whose Left fills the list.
func watched(list *[]staging.Leftover, id byte) *staging.Options {
	return known(&staging.Options{NoSync: true, ID: tree.ID{id}, Left: func(l staging.Leftover) { *list = append(*list, l) }})
}

// begun leaves what a run of a transfer that was interrupted leaves, and returns its
// name.
func begun(t *testing.T, dir *os.Root, path string, s *sample, id byte) string {
	t.Helper()
	tr := open(t, dir, s, known(&staging.Options{NoSync: true, ID: tree.ID{id}}))
	for i := range s.Entries {
		if n := len(s.data[i]); n > 1 {
			s.send(t, tr, i, n/2)
		}
	}
	must(t, tr.Close())
	names := left(t, path)
	if len(names) != 1 {
		t.Fatalf("it leaves %q", names)
	}
	return names[0]
}

// Fails if a transfer touches, or learns anything of, what another one with the same
// first name left; or if the first can't go on then.
func TestOtherTransfersPartialStays(t *testing.T) {
	dir, path := target(t)
	s := plain()
	name := begun(t, dir, path, s, 1)
	before := snapshot(t, filepath.Join(path, name), "")
	var told []staging.Leftover
	tr := open(t, dir, s, watched(&told, 2))
	for i := range s.Entries {
		if n := tr.Resumable(i); n != 0 {
			t.Errorf("of %s %d bytes are said to be there", s.Entries[i].Path, n)
		}
	}
	s.finish(t, tr)
	place(t, tr, nil)
	must(t, os.RemoveAll(filepath.Join(path, "holiday")))
	same(t, "the other's", snapshot(t, filepath.Join(path, name), ""), before)
	if fmt.Sprint(told) != fmt.Sprint([]staging.Leftover{{Name: name, Why: staging.Other}}) {
		t.Errorf("told of %v", told)
	}
	tr = open(t, dir, s, watched(&told, 1))
	if sent := s.finish(t, tr); sent > 800_000 {
		t.Errorf("the first one has to send %d bytes again", sent)
	}
	place(t, tr, nil)
	same(t, "result", snapshot(t, path, ""), s.want())
}

// Fails if a directory that only has the name of a staging directory is used, emptied
// or removed; or if the list of names in it is acted on.
func TestUnprovenDirectoryStays(t *testing.T) {
	const name = ".holiday.abcdefghij234567.sesame"
	for what, prepare := range map[string]func(path string) error{
		"of an older sesame": func(path string) error {
			return errors.Join(os.MkdirAll(path+"/tree/holiday/deep/er", 0o700), os.WriteFile(path+"/lock", nil, 0o600),
				os.WriteFile(path+"/tree/holiday/deep/er/big", noise(1, 900_000), 0o600))
		},
		"a folder that was renamed": func(path string) error {
			return errors.Join(os.Mkdir(path, 0o755), os.WriteFile(path+"/thesis", []byte("mine"), 0o644), os.Chmod(path, 0o700))
		},
		"with a list of names": func(path string) error {
			if err := errors.Join(os.MkdirAll(path+"/tree", 0o700), os.WriteFile(path+"/aside.0", []byte("evil"), 0o600)); err != nil {
				return err
			}
			return os.WriteFile(path+"/placing", []byte(`[{"name":"holiday","final":".profile","dev":1,"ino":1}]`), 0o600)
		},
		"with a marker that nobody knows": func(path string) error {
			marker := "/marker-1." + strings.Repeat("ab", 16) + ".01" + strings.Repeat("00", 15)
			return errors.Join(os.MkdirAll(path+"/tree/holiday/deep/er", 0o700), os.WriteFile(path+marker, nil, 0o600),
				os.WriteFile(path+"/tree/holiday/deep/er/big", noise(1, 900_000), 0o600))
		},
		"empty": func(path string) error { return os.Mkdir(path, 0o700) },
	} {
		t.Run(what, func(t *testing.T) {
			dir, path := target(t)
			must(t, prepare(filepath.Join(path, name)))
			before := snapshot(t, path, "")
			s := plain()
			must(t, staging.CheckSpace(t.Context(), dir, &s.Manifest, known(nil)))
			var told []staging.Leftover
			tr := open(t, dir, s, watched(&told, 1))
			if sent := s.finish(t, tr); sent < 900_000 {
				t.Errorf("only %d bytes are sent", sent)
			}
			place(t, tr, nil)
			must(t, os.RemoveAll(filepath.Join(path, "holiday")))
			same(t, "what was there", snapshot(t, path, ""), before)
			if fmt.Sprint(told) != fmt.Sprint([]staging.Leftover{{Name: name, Why: staging.Unproven}}) {
				t.Errorf("told of %v", told)
			}
		})
	}
}

// Fails if a marker that was copied makes two directories of one that is proven, or
// one that has two names proves anything.
func TestLinkedMarkerProvesNothing(t *testing.T) {
	dir, path := target(t)
	s := plain()
	name := begun(t, dir, path, s, 1)
	markers, err := filepath.Glob(filepath.Join(path, name, "marker-1.*"))
	if err != nil || len(markers) != 1 {
		t.Fatalf("markers: %q, %v", markers, err)
	}
	if info, err := os.Stat(filepath.Join(path, name)); err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("who may read the marker: %v, %v", info.Mode(), err)
	}
	must(t, os.Link(markers[0], filepath.Join(path, name, "twin")))
	var told []staging.Leftover
	tr := open(t, dir, s, watched(&told, 1))
	if len(told) != 1 || told[0].Why != staging.Unproven || tr.Resumable(6) != 0 {
		t.Errorf("told of %v", told)
	}
}

// full refuses to remember anything.
type full struct{}

func (full) Add(string) error { return syscall.EROFS }
func (full) Has(string) bool  { return false }
func (full) Remove(string)    {}

// Fails if a transfer needs what remembers its mark, or leaves what can't be gone on
// with.
func TestNothingIsRemembered(t *testing.T) {
	for name, opts := range map[string]*staging.Options{
		"marks can't be kept": {NoSync: true, ID: tree.ID{1}, Marks: full{}},
		"no marks":            {NoSync: true, ID: tree.ID{1}},
		"no ID":               {NoSync: true, Marks: marks(t.TempDir())},
		"the zero value":      {},
	} {
		t.Run(name, func(t *testing.T) {
			dir, path := target(t)
			s := plain()
			for _, whole := range []bool{false, true} {
				tr, err := staging.Open(dir, &s.Manifest, opts)
				must(t, err)
				if !whole {
					s.send(t, tr, 6, 500_000)
					must(t, tr.Close())
					if names := left(t, path); len(names) > 0 {
						t.Errorf("it leaves %q", names)
					}
					continue
				}
				s.finish(t, tr)
				place(t, tr, nil)
			}
			same(t, "result", snapshot(t, path, ""), s.want())
		})
	}
}

// Fails if marks stay when nothing is left that has them.
func TestMarksAreForgotten(t *testing.T) {
	dir, path := target(t)
	kept := t.TempDir()
	opts := &staging.Options{NoSync: true, ID: tree.ID{1}, Marks: marks(kept)}
	s := plain()
	for round := range 3 {
		tr, err := staging.Open(dir, &s.Manifest, opts)
		must(t, err)
		if round < 2 {
			s.send(t, tr, 6, 500_000)
			must(t, tr.Close())
			if n := len(left(t, path)); n != 1 {
				t.Errorf("%d are left", n)
			}
			continue
		}
		s.finish(t, tr)
		_, err = tr.Place(context.Background(), nil)
		must(t, err)
	}
	if names, _ := os.ReadDir(kept); len(names) != 1 { // that the folder was placed
		t.Errorf("remembered: %v", names)
	}
}
