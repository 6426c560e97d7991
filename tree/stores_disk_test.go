//go:build !js

package tree_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"sesame/tree/staging"
)

// marks are those of one test.
type marks struct{ m sync.Map }

func (m *marks) Add(mark string) error { m.m.Store(mark, true); return nil }
func (m *marks) Remove(mark string)    { m.m.Delete(mark) }
func (m *marks) Has(mark string) bool  { _, ok := m.m.Load(mark); return ok }

func diskShops() map[string]func(*testing.T) shop {
	return map[string]func(*testing.T) shop{"disk": func(t *testing.T) shop {
		dir := t.TempDir()
		root := must(os.OpenRoot(dir))
		t.Cleanup(func() { root.Close() })
		s := &staging.Disk{Dir: root, Options: staging.Options{NoSync: true, Marks: new(marks)}}
		return shop{
			Store: s, list: func() map[string]string { return listDisk(t, dir) },
			noLinks: !hasLinks(t), noPrograms: runtime.GOOS == "windows",
		}
	}}
}

// hasLinks reports whether a link that is made here is one.
func hasLinks(t *testing.T) bool {
	link := filepath.Join(t.TempDir(), "link")
	os.Symlink("nowhere", link)
	_, err := os.Readlink(link)
	return err == nil
}

func listDisk(t *testing.T, dir string) map[string]string {
	out := make(map[string]string)
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || p == dir {
			return err
		}
		rel := filepath.ToSlash(must(filepath.Rel(dir, p)))
		switch {
		case strings.HasPrefix(rel, "."):
			return fs.SkipDir
		case d.IsDir():
			out[rel] = "dir"
		case d.Type()&fs.ModeSymlink != 0:
			out[rel] = "to " + must(os.Readlink(p))
		default:
			info := must(d.Info())
			out[rel] = fileLine(must(os.ReadFile(p)), info.Mode()&0o100 != 0, info.ModTime())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return out
}
