package native

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"sesame/tree"
	"sesame/tree/manifest"
)

// In a browser tests send what is in memory, and receive into memory.
type (
	origin  = map[string][]byte // by path below "top"
	landing = *tree.Memory
)

func newLanding(testing.TB) landing { return new(tree.Memory) }

// storeOf returns a landing as a Store, and what closes it.
func storeOf(_ testing.TB, dir landing) (tree.Store, func()) { return dir, func() {} }

// names returns what has its final name.
func names(_ testing.TB, dir landing) (out []string) {
	for path := range dir.All() {
		if !strings.Contains(path, "/") {
			out = append(out, path)
		}
	}
	return out
}

// sizeOf returns how large a file is that has arrived.
func sizeOf(dir landing, name string) (int64, error) {
	for path, it := range dir.All() {
		if path == name {
			return it.Size, nil
		}
	}
	return 0, fs.ErrNotExist
}

// contentOf returns what is in a file that has arrived.
func contentOf(dir landing, name string) ([]byte, error) {
	for path, it := range dir.All() {
		if path == name {
			p := make([]byte, it.Size)
			return p, readFull(it.Content, p, 0)
		}
	}
	return nil, fs.ErrNotExist
}

// makeTree lists files below a directory, "top". A name that ends in a slash is a
// directory; in @, a link to what it holds.
func makeTree(t testing.TB, files map[string][]byte) (top origin, m *manifest.Manifest, src tree.Source) {
	t.Helper()
	entries := map[string]manifest.Entry{}
	for name, content := range files {
		e := manifest.Entry{Path: "top/" + name, Kind: manifest.File, Size: int64(len(content)), ModTime: time.Unix(1e9, 0)}
		if link, ok := strings.CutSuffix(e.Path, "@"); ok {
			e = manifest.Entry{Path: link, Kind: manifest.Link, Target: string(content)}
		}
		if dir, ok := strings.CutSuffix(e.Path, "/"); ok {
			e = manifest.Entry{Path: dir, Kind: manifest.Dir, ModTime: e.ModTime}
		}
		entries[e.Path] = e
		for dir := path.Dir(e.Path); dir != "."; dir = path.Dir(dir) {
			entries[dir] = manifest.Entry{Path: dir, Kind: manifest.Dir, ModTime: e.ModTime}
		}
	}
	entries["top"] = manifest.Entry{Path: "top", Kind: manifest.Dir, ModTime: time.Unix(1e9, 0)}
	m = &manifest.Manifest{Entries: slices.Collect(maps.Values(entries))}
	slices.SortFunc(m.Entries, func(a, b manifest.Entry) int {
		return slices.Compare(strings.Split(a.Path, "/"), strings.Split(b.Path, "/"))
	})
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
	data := make(tree.Bytes, len(m.Entries))
	for i, e := range m.Entries {
		data[i] = files[strings.TrimPrefix(e.Path, "top/")]
	}
	return files, m, data
}

// snapshot returns what is in a landing: contents by path, with a slash for
// directories and an arrow for links.
func snapshot(t testing.TB, dir landing) map[string]string {
	t.Helper()
	out := map[string]string{}
	for path, it := range dir.All() {
		switch it.Kind {
		case manifest.Dir:
			out[path+"/"] = ""
		case manifest.Link:
			out[path] = "-> " + it.Target
		default:
			p, err := contentOf(dir, path)
			if err != nil {
				t.Fatal(err)
			}
			out[path] = short(p)
		}
	}
	return out
}

func short(p []byte) string {
	sum := sha256.Sum256(p)
	return fmt.Sprintf("%d %x", len(p), sum[:8])
}

// sameTree compares what arrived in dir with the tree top.
func sameTree(t testing.TB, dir landing, top origin) {
	t.Helper()
	want := map[string]string{"top/": ""}
	for name, content := range top {
		at := "top/" + name
		for dir := path.Dir(strings.TrimSuffix(at, "/")); dir != "."; dir = path.Dir(dir) {
			want[dir+"/"] = ""
		}
		if link, ok := strings.CutSuffix(at, "@"); ok {
			want[link] = "-> " + string(content)
		} else if strings.HasSuffix(at, "/") {
			want[at] = ""
		} else {
			want[at] = short(content)
		}
	}
	got := snapshot(t, dir)
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
}
