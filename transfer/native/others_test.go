//go:build !js

package native

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"testing"

	"sesame/internal/test/duo"
	"sesame/tree"
)

// Fails if a receiver tells a sender anything about what another one's transfer left
// in the same directory, or that one can't go on then.
func TestNothingIsHeldOfOthers(t *testing.T) {
	leaks(t)
	top, m, src := makeTree(t, map[string][]byte{"big": noise(9, 20<<20)})
	dir := t.TempDir()
	w := newWorld(t)
	w.Redial = -1
	w.Bend = func(_ int, c net.Conn) net.Conn { return duo.Breaks(c, duo.Cut, -1, 10<<20) }
	ctx, cancel := context.WithCancel(t.Context())
	first := today
	first.Lost = cancel
	w.run(ctx, m, src, dir, first, first)
	cancel()
	before := snapshot(t, dir)
	whole := wholeGroups(t, dir, noise(9, 20<<20))

	for name, second := range map[string]config{"another ID": {ID: [16]byte{8}}, "no ID": {}} {
		w = newWorld(t)
		o := w.run(t.Context(), m, src, dir, second, second)
		o.ok(t)
		if o.got.Resumed+o.sent.Resumed > 0 || w.Wire.Load() < 20<<20 {
			t.Errorf("%s: %d bytes crossed, %d are said to be there", name, w.Wire.Load(), o.got.Resumed)
		}
		if err := os.RemoveAll(filepath.Join(dir, "top")); err != nil {
			t.Fatal(err)
		}
		if got := snapshot(t, dir); fmt.Sprint(got) != fmt.Sprint(before) {
			t.Errorf("%s: what the other one had left\n%v\nis now\n%v", name, before, got)
		}
	}
	w = newWorld(t)
	o := w.run(t.Context(), m, src, dir, today, today)
	o.ok(t)
	sameTree(t, dir, top)
	if whole == 0 || o.got.Resumed < whole {
		t.Errorf("the first sender's next run finds %d bytes of %d", o.got.Resumed, whole)
	}
}

// wholeGroups returns how many bytes of content lie below dir in groups that came
// whole, as they are compared.
func wholeGroups(t *testing.T, dir string, content []byte) (sum int64) {
	t.Helper()
	group := int(tree.GroupSize(int64(len(content))))
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		for off := 0; off < min(len(b), len(content)); off += group {
			end := min(off+group, len(content))
			if len(b) >= end && bytes.Equal(b[off:end], content[off:end]) {
				sum += int64(end - off)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}
