//go:build !js

package native

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sesame/tree"
	"sesame/tree/manifest"
	"sesame/tree/staging"
)

// Where there is a disk, tests send what lies there, and receive into a directory. In a
// browser it is memory: grounds_js_test.go.
type (
	origin  = string // a directory
	landing = string
)

func newLanding(t testing.TB) landing { return t.TempDir() }

// storeOf returns a landing as a Store, with what is kept, and what closes it.
func storeOf(t testing.TB, dir landing) (tree.Store, func()) {
	root := openRoot(t, dir)
	return disk(root), func() { root.Close() }
}

// names returns what has its final name.
func names(t testing.TB, dir landing) (out []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		out = append(out, e.Name())
	}
	return out
}

// sizeOf returns how large a file is that has arrived.
func sizeOf(dir landing, name string) (int64, error) {
	info, err := os.Stat(filepath.Join(dir, name))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// contentOf returns what is in a file that has arrived.
func contentOf(dir landing, name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(dir, name))
}

// kept are options with which a later run goes on with what this one leaves.
func kept() *staging.Options { return &staging.Options{NoSync: true, Marks: &remembered} }

// disk is a directory as a Store, with what is kept.
func disk(root *os.Root) *staging.Disk { return &staging.Disk{Dir: root, Options: *kept()} }

// memory remembers marks until the test program ends.
type memory struct{ sync.Map }

var remembered memory

func (m *memory) Add(mark string) error { m.Store(mark, true); return nil }
func (m *memory) Remove(mark string)    { m.Delete(mark) }
func (m *memory) Has(mark string) bool  { _, ok := m.Load(mark); return ok }

// makeTree makes files below a new directory, "top", and lists them. A name that ends in
// a slash is a directory; in @, a link to what it holds.
func makeTree(t testing.TB, files map[string][]byte) (dir origin, m *manifest.Manifest, src tree.Source) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "top")
	os.Mkdir(dir, 0o755)
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if strings.HasSuffix(name, "/") {
			os.MkdirAll(path, 0o755)
			continue
		}
		os.MkdirAll(filepath.Dir(path), 0o755)
		if link, ok := strings.CutSuffix(path, "@"); ok {
			if err := os.Symlink(string(content), link); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	m, src = walk(t, dir)
	return dir, m, src
}

func walk(t testing.TB, dir string) (*manifest.Manifest, tree.Source) {
	t.Helper()
	m, src, err := manifest.Walk(context.Background(), []string{dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return m, tree.Files(src)
}

// snapshot returns what is below dir: contents by path, with a slash for
// directories and an arrow for links.
func snapshot(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, dir+string(filepath.Separator)))
		switch {
		case d.IsDir():
			out[name+"/"] = ""
		case d.Type()&os.ModeSymlink != 0:
			out[name], err = os.Readlink(path)
			out[name] = "-> " + out[name]
		default:
			var b []byte
			b, err = os.ReadFile(path)
			sum := sha256.Sum256(b)
			out[name] = fmt.Sprintf("%d %x", len(b), sum[:8])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// sameTree compares what arrived below dir with the tree top.
func sameTree(t testing.TB, dir landing, top origin) {
	t.Helper()
	got, want := snapshot(t, filepath.Join(dir, filepath.Base(top))), snapshot(t, top)
	for name, s := range want {
		if got[name] != s {
			t.Errorf("%s: got %q, want %q", name, got[name], s)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s: shouldn't be there", name)
		}
	}
	for name := range snapshot(t, dir) {
		if strings.HasPrefix(name, ".") {
			t.Errorf("%s: left behind", name)
		}
	}
}

func openRoot(t testing.TB, dir string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	return root
}
