//go:build !js

package manifest_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sesame/tree/manifest"
)

// tree makes files, directories and links below a new directory, named as for
// list. A file holds its own name.
func tree(t *testing.T, entries ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range entries {
		path, target, link := strings.Cut(name, " -> ")
		full := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o777); err != nil {
			t.Fatal(err)
		}
		var err error
		switch {
		case link:
			symlink(t, target, full)
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(full, 0o777)
		default:
			err = os.WriteFile(full, []byte(name), 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// symlink makes a link, or skips the test where that can't be done, or isn't one then.
func symlink(t *testing.T, target, path string) {
	t.Helper()
	err := os.Symlink(target, path)
	if err == nil {
		_, err = os.Readlink(path)
	}
	if err != nil && runtime.GOOS != "windows" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip("links can't be made here:", err)
	}
}

// walk lists what is named, which must keep the rules.
func walk(t *testing.T, paths ...string) (*manifest.Manifest, *manifest.Sources) {
	t.Helper()
	m, s, err := manifest.Walk(t.Context(), paths, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := m.Check(); err != nil {
		t.Error(err)
	}
	if got, err := decode(encode(m, 0), len(m.Entries), m.Total()); err != nil || !slices.Equal(got.Entries, m.Entries) || !slices.Equal(got.Skipped, m.Skipped) {
		t.Errorf("a receiver gets something else: %v", err)
	}
	return m, s
}

// skips returns what m leaves out as "path: reason".
func skips(m *manifest.Manifest) []string {
	var out []string
	for _, s := range m.Skipped {
		out = append(out, s.Path+": "+s.Why.Words())
	}
	return out
}

func wantList(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestWalkOrderAndMetadata(t *testing.T) {
	dir := tree(t, "p/b/x", "p/b-c", "p/a", "p/empty/", "p/b/y/z", "q")
	when := time.Date(2019, 5, 4, 3, 2, 1, 123_456_789, time.UTC)
	if err := os.Chtimes(filepath.Join(dir, "p/a"), when, when); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "p/a"), 0o744); err != nil {
		t.Fatal(err)
	}
	m, _ := walk(t, filepath.Join(dir, "q"), filepath.Join(dir, "p"))
	wantList(t, "entries", names(m), "p/", "p/a", "p/b/", "p/b/x", "p/b/y/", "p/b/y/z", "p/b-c", "p/empty/", "q")
	a := m.Entries[1]
	if a.Size != 3 || a.ModTime.Sub(when).Abs() > time.Microsecond || a.Exec != (runtime.GOOS != "windows") {
		t.Errorf("p/a is listed as %+v", a)
	}
	if m.Entries[3].Exec || m.Entries[3].ModTime.IsZero() || m.Entries[0].ModTime.IsZero() {
		t.Errorf("other entries: %+v", m.Entries)
	}
	if len(m.Skipped) != 0 {
		t.Errorf("left out: %v", m.Skipped)
	}
}

func TestWalkTopLevelNames(t *testing.T) {
	dir := tree(t, "a/photos/1", "b/photos/2", "c/photos (2)/3", "a/n.txt", "b/n.txt", "b/.x/", "c/.x/")
	t.Chdir(filepath.Join(dir, "a", "photos"))
	in := func(path string) string { return filepath.Join(dir, filepath.FromSlash(path)) }
	var links sync.Once
	for _, c := range []struct {
		name    string
		paths   []string
		want    []string
		renamed []string
	}{
		{"dot", []string{"."}, []string{"photos/", "photos/1"}, nil},
		{"dot dot", []string{".."}, []string{"a/", "a/n.txt", "a/photos/", "a/photos/1"}, nil},
		{"dot dot inside", []string{in("b") + "/../c/photos (2)"}, []string{"photos (2)/", "photos (2)/3"}, nil},
		{"trailing slash", []string{in("b/photos") + "/"}, []string{"photos/", "photos/2"}, nil},
		{"slash dot", []string{in("b/photos") + "/."}, []string{"photos/", "photos/2"}, nil},
		{"relative file", []string{"1"}, []string{"1"}, nil},
		{"same name", []string{in("a/photos"), in("b/photos")}, []string{"photos/", "photos/1", "photos (2)/", "photos (2)/2"}, []string{"b/photos=photos (2)"}},
		{"number is taken", []string{in("a/photos"), in("b/photos"), in("c/photos (2)")},
			[]string{"photos/", "photos/1", "photos (2)/", "photos (2)/3", "photos (3)/", "photos (3)/2"}, []string{"b/photos=photos (3)"}},
		{"same file name", []string{in("b/n.txt"), in("a/n.txt")}, []string{"n (2).txt", "n.txt"}, []string{"a/n.txt=n (2).txt"}},
		{"same thing twice", []string{in("a/n.txt"), in("a/n.txt")}, []string{"n (2).txt", "n.txt"}, []string{"a/n.txt=n (2).txt"}},
		{"dot-directories", []string{in("b/.x"), in("c/.x")}, []string{".x/", ".x (2)/"}, []string{"c/.x=.x (2)"}},
		{"named link to a directory", []string{in("link")}, []string{"link/", "link/1"}, nil},
		{"named link with a slash", []string{in("link") + "/"}, []string{"link/", "link/1"}, nil},
		{"dot dot after a link", []string{in("link") + "/.."}, []string{"a/", "a/n.txt", "a/photos/", "a/photos/1"}, nil},
		{"named link to a file", []string{in("flink")}, []string{"flink"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if strings.Contains(c.name, "link") {
				links.Do(func() {
					symlink(t, "a/photos", in("link"))
					symlink(t, "a/n.txt", in("flink"))
				})
				if _, err := os.Readlink(in("flink")); err != nil {
					t.Skip("no links here")
				}
			}
			m, s := walk(t, c.paths...)
			sorted := slices.Clone(c.want)
			slices.Sort(sorted)
			got := names(m)
			slices.Sort(got)
			wantList(t, "entries", got, sorted...)
			var renamed []string
			for _, r := range s.Renamed {
				rel, err := filepath.Rel(dir, r.Path)
				if err != nil {
					t.Fatal(err)
				}
				renamed = append(renamed, filepath.ToSlash(rel)+"="+r.Name)
			}
			wantList(t, "renamed", renamed, c.renamed...)
			for i, e := range m.Entries {
				if e.Kind == manifest.File {
					f, err := s.Open(i)
					if err != nil {
						t.Error(err)
						continue
					}
					if err := s.Changed(f, i); err != nil {
						t.Error(err)
					}
					f.Close()
				}
			}
		})
	}
}

func TestWalkLinksInside(t *testing.T) {
	secret := tree(t, ".ssh/id_ed25519")
	dir := tree(t,
		"p/in/file", "p/rel -> in/file", "p/up/l -> ../in", "p/dangling -> nowhere", "p/self -> self", "p/through -> up/l/file",
		"p/abs -> "+filepath.Join(secret, ".ssh"), "p/out -> ../q", "p/up/back -> ../../p/in", "p/bounce -> up/../../q", "q")
	m, _ := walk(t, filepath.Join(dir, "p"))
	wantList(t, "entries", names(m), "p/", "p/dangling -> nowhere", "p/in/", "p/in/file", "p/rel -> in/file", "p/through -> up/l/file", "p/up/", "p/up/l -> ../in")
	wantList(t, "left out", skips(m),
		"p/abs: is a link to an absolute path",
		"p/bounce: is a link that goes up again after going down",
		"p/out: is a link that leads outside",
		"p/self: is a link to itself",
		"p/up/back: is a link that leads outside")
	for _, s := range m.Skipped {
		if strings.Contains(s.Why.Words(), secret) {
			t.Errorf("a reason tells the peer of %q", secret)
		}
	}
}

func TestWalkFailures(t *testing.T) {
	dir := tree(t, "p/a")
	for _, c := range []struct {
		name  string
		paths []string
		is    error
		text  string
	}{
		{"missing", []string{filepath.Join(dir, "p"), filepath.Join(dir, "x")}, fs.ErrNotExist, "x"},
		{"dangling link", []string{filepath.Join(dir, "dangling")}, fs.ErrNotExist, "dangling"},
		{"empty path", []string{""}, nil, "empty"},
		{"nothing named", nil, nil, "nothing was named"},
		{"nothing remains", []string{filepath.Join(dir, ".x.abcdefghij234567.sesame")}, nil, `.sesame has the name of something that is being received`},
	} {
		t.Run(c.name, func(t *testing.T) {
			switch c.name {
			case "dangling link":
				symlink(t, "nowhere", c.paths[0])
			case "nothing remains":
				if err := os.WriteFile(c.paths[0], nil, 0o666); err != nil && runtime.GOOS == "windows" {
					t.Skip("there is no such name here:", err)
				}
			}
			_, _, err := manifest.Walk(t.Context(), c.paths, nil)
			if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func TestWalkTellsProgress(t *testing.T) {
	var want []string
	for i := range 3000 {
		want = append(want, fmt.Sprintf("p/%02d/%04d", i%20, i))
	}
	dir := tree(t, want...)
	calls, entries, bytes := 0, 0, int64(0)
	m, s, err := manifest.Walk(t.Context(), []string{dir + "/p"}, &manifest.WalkOptions{Progress: func(n int, b int64) {
		if n < entries || b < bytes {
			t.Errorf("progress goes back: %d, %d", n, b)
		}
		calls, entries, bytes = calls+1, n, b
	}})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	if calls < 2 || entries != len(m.Entries) || bytes != m.Total() {
		t.Errorf("%d calls, the last with %d entries and %d bytes", calls, entries, bytes)
	}

	why := errors.New("stopped by the test")
	ctx, cancel := context.WithCancelCause(t.Context())
	_, _, err = manifest.Walk(ctx, []string{dir + "/p"}, &manifest.WalkOptions{Progress: func(int, int64) { cancel(why) }})
	if !errors.Is(err, why) {
		t.Errorf("stopped while it lists: %v", err)
	}
}

func TestWalkOfADirectoryThatIsReplacedMeanwhile(t *testing.T) {
	entries := []string{"p/in/x", "p/z/secret", "p/y -> in"}
	for i := range 1100 {
		entries = append(entries, fmt.Sprintf("p/a/%04d", i))
	}
	dir := tree(t, entries...)
	var once sync.Once
	m, s, err := manifest.Walk(t.Context(), []string{dir + "/p"}, &manifest.WalkOptions{Progress: func(int, int64) {
		once.Do(func() { // p is listed, p/z is not
			if err := errors.Join(os.Rename(dir+"/p/z", dir+"/old"), os.Rename(dir+"/p/y", dir+"/p/z")); err != nil {
				t.Error(err)
			}
		})
	}})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	if want := "p/z: was replaced while it was listed"; !slices.Contains(skips(m), want) {
		t.Errorf("left out: %q, want %q", skips(m), want)
	}
}

func TestWalkOfTooDeepATree(t *testing.T) {
	dir := tree(t, strings.Repeat("d/", 70)+"f")
	m, _ := walk(t, dir+"/d")
	if len(m.Entries) != manifest.MaxDepth || len(m.Skipped) != 1 || m.Skipped[0].Why != manifest.Because(manifest.CauseDeep) {
		t.Errorf("%d entries, left out: %v", len(m.Entries), m.Skipped)
	}
}

func TestWalkNamesOnlySomeOfTheLeftOut(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(dir+"/p", 0o777); err != nil {
		t.Fatal(err)
	}
	for i := range manifest.MaxSkipped + 100 {
		symlink(t, "/nowhere", fmt.Sprintf("%s/p/%05d", dir, i))
	}
	m, _ := walk(t, dir+"/p")
	if last := m.Skipped[len(m.Skipped)-1]; len(m.Skipped) != manifest.MaxSkipped || last.Why != manifest.Because(manifest.CauseMore, 101) {
		t.Errorf("%d left out, the last %+v", len(m.Skipped), last)
	}
}

// BenchmarkWalk lists 20,000 files in 400 directories.
func BenchmarkWalk(b *testing.B) {
	dir := b.TempDir()
	for i := range 400 {
		sub := filepath.Join(dir, fmt.Sprintf("%02d", i/20), fmt.Sprintf("%02d", i%20))
		if err := os.MkdirAll(sub, 0o777); err != nil {
			b.Fatal(err)
		}
		for j := range 50 {
			if err := os.WriteFile(filepath.Join(sub, fmt.Sprintf("file-%02d.txt", j)), nil, 0o600); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("list", func(b *testing.B) {
		for b.Loop() {
			m, s, err := manifest.Walk(b.Context(), []string{dir}, nil)
			if err != nil || len(m.Entries) != 20_421 {
				b.Fatal(len(m.Entries), err)
			}
			s.Close()
		}
	})
	b.Run("open", func(b *testing.B) {
		m, s, err := manifest.Walk(b.Context(), []string{dir}, nil)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			for i := range m.Entries {
				if m.Entries[i].Kind != manifest.File {
					continue
				}
				f, err := s.Open(i)
				if err != nil {
					b.Fatal(err)
				}
				f.Close()
			}
		}
		s.Close()
	})
}
