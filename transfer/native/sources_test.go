//go:build !js

package native

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sesame/transfer"
	"sesame/tree"
)

// trickSources changes files at a moment of its choice.
type trickSources struct {
	tree.Source
	open    func(i int)
	changed func(i int)
}

func (s trickSources) Open(i int) (tree.Content, error) {
	if s.open != nil {
		s.open(i)
	}
	return s.Source.Open(i)
}

func (s trickSources) Changed(f tree.Content, i int) error {
	if s.changed != nil {
		s.changed(i)
	}
	return s.Source.Changed(f, i)
}

func (s trickSources) Read(i int, p []byte) error {
	if s.open != nil {
		s.open(i)
		return s.Source.Read(i, p)
	}
	f, err := s.Source.Open(i)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := readFull(f, p, 0); err != nil {
		return err
	}
	return s.Changed(f, i)
}

// Fails if a file that changes while it is sent arrives, or the others don't, or
// either report doesn't say so.
func TestSourceChanges(t *testing.T) {
	leaks(t)
	for _, name := range []string{"small", "large"} {
		for what, change := range map[string]func(path string){
			"grows":    func(p string) { appendTo(p, "x") },
			"shrinks":  func(p string) { os.Truncate(p, 10) },
			"empty":    func(p string) { os.Truncate(p, 0) },
			"edited":   func(p string) { editAt(p, 5000) },
			"deleted":  func(p string) { os.Remove(p) },
			"replaced": func(p string) { os.Rename(p, p+"~"); os.WriteFile(p, noise(9, 10_000), 0o644) },
			"folder":   func(p string) { os.Remove(p); os.Mkdir(p, 0o755) },
		} {
			for _, moment := range []string{"open", "end"} {
				if moment == "end" && (what == "deleted" || what == "replaced" || what == "folder") {
					continue // what was opened is still the same
				}
				top, m, src := makeTree(t, map[string][]byte{"a": noise(1, 100), "small": noise(2, 10_000), "large": noise(3, 3<<20), "z": noise(4, 100)})
				var once atomic.Bool
				at := func(i int) {
					if filepath.Base(m.Entries[i].Path) == name && !once.Swap(true) {
						change(filepath.Join(top, name))
					}
				}
				trick := trickSources{Source: src, open: at}
				if moment == "end" {
					trick = trickSources{Source: src, changed: at}
				}
				w := newWorld(t)
				dir := t.TempDir()
				o := w.run(t.Context(), m, trick, dir, config{}, config{})
				label := strings.Join([]string{name, what, "at", moment}, " ")
				if o.sendErr != nil || o.getErr != nil {
					t.Errorf("%s: send: %v; receive: %v", label, o.sendErr, o.getErr)
					continue
				}
				if len(o.sent.Failed) != 1 || len(o.got.Failed) != 1 || o.got.Failed[0].Path != "top/"+name {
					t.Errorf("%s: reports %+v, %+v", label, o.sent.Failed, o.got.Failed)
				}
				got := snapshot(t, filepath.Join(dir, "top"))
				if _, there := got[name]; there || len(got) != 3 {
					t.Errorf("%s: there is %v", label, got)
				}
			}
		}
	}
}

func appendTo(path, s string) {
	f, _ := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	defer f.Close()
	io.WriteString(f, s)
}

// editAt changes a byte and, as some file systems have coarse clocks, the time.
func editAt(path string, off int64) {
	f, _ := os.OpenFile(path, os.O_WRONLY, 0)
	f.WriteAt([]byte("?"), off)
	f.Close()
	os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour))
}

// Fails if holes cross as zeros, or what is written isn't the same.
func TestHoles(t *testing.T) {
	leaks(t)
	top, _, _ := makeTree(t, nil)
	f, err := os.Create(filepath.Join(top, "sparse"))
	if err != nil {
		t.Fatal(err)
	}
	f.WriteAt(noise(1, 100_000), 3<<20)
	f.WriteAt(noise(2, 5), 20<<20)
	f.Truncate(40 << 20)
	f.Close()
	m, src := walk(t, top)
	w := newWorld(t)
	w.Want = 2
	dir := t.TempDir()
	o := w.run(t.Context(), m, src, dir, config{NoCompress: true}, config{})
	o.ok(t)
	if w.Wire.Load() > 8<<20 {
		t.Skipf("no holes here: %d bytes crossed", w.Wire.Load())
	}
	sameTree(t, dir, top)
	if o.got.Bytes != 40<<20 || o.sent.Bytes != 40<<20 {
		t.Errorf("reports %d and %d bytes", o.sent.Bytes, o.got.Bytes)
	}
	t.Logf("%d bytes crossed", w.Wire.Load())
}

// Fails if a sparse file that is passed on in order arrives otherwise, with lanes
// that break, or if a hole crosses as more than other content may: the receiver
// would write zeros for as long as it takes and acknowledge nothing meanwhile.
func TestStandardOutputSparse(t *testing.T) {
	leaks(t)
	top := filepath.Join(t.TempDir(), "top")
	f, err := os.Create(top)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := make([]byte, 40<<20)
	copy(want[20<<20:], noise(4, 3<<20))
	if _, err := f.WriteAt(want[20<<20:23<<20], 20<<20); err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(40 << 20); err != nil {
		t.Fatal(err)
	}
	m, src := walk(t, top)
	w := newWorld(t)
	w.Want = 2
	w.Bend = breakFirst(3, 1<<20)
	var got bytes.Buffer
	o := w.runWith(t.Context(), m, src, config{}, config{}, func(o *treeOffer) (*transfer.Report, error) {
		return o.Pass(t.Context(), &got)
	})
	o.ok(t)
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("got %d bytes, or others", got.Len())
	}

	s := newSchedule(m.Entries)
	s.ordered = true
	p := s.take(nil, maxChunk)[0]
	if n := s.skip(p, 20<<20); n != p.N || n > maxChunk {
		t.Errorf("a hole of %d bytes in one frame", n)
	}
}
