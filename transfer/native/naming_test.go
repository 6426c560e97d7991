//go:build !js

package native

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"sesame/internal/test/duo"
	"sesame/tree/manifest"
)

// Fails if what gets another name isn't gone on with after an interruption, if the two
// sides find different names, or if the sender isn't told while nobody has said yes.
func TestOtherNamesAreGoneOnWith(t *testing.T) {
	_, m, src := makeTree(t, map[string][]byte{"big: one": noise(9, 20<<20), "d?/small": []byte("small"), "plain": []byte("plain")})
	dir := t.TempDir()
	w := newWorld(t)
	w.Redial = -1
	w.Bend = func(_ int, c net.Conn) net.Conn { return duo.Breaks(c, duo.Cut, -1, 10<<20) }
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	receiver := today
	receiver.Names = func() manifest.Rules { return manifest.Rules{Lacks: manifest.LacksSigns} }
	first := receiver
	first.Lost = cancel
	w.run(ctx, m, src, dir, today, first)

	var mu sync.Mutex
	told := make(map[string]string)
	sender := today
	sender.named = func(f *manifest.Fitted) {
		mu.Lock()
		defer mu.Unlock()
		for _, r := range f.Renamed {
			told[r.Path] = r.As
		}
	}
	w = newWorld(t)
	o := w.run(t.Context(), m, src, dir, sender, receiver)
	o.ok(t)
	if o.got.Resumed < 1<<20 {
		t.Errorf("only %d bytes of the first run are gone on with", o.got.Resumed)
	}
	mu.Lock()
	defer mu.Unlock()
	for path, as := range map[string]string{"top/big: one": "top/big%3A one", "top/d?": "top/d%3F"} {
		if told[path] != as {
			t.Errorf("the sender is told that %q becomes %q, want %q", path, told[path], as)
		}
		if _, err := os.Stat(filepath.Join(dir, as)); err != nil {
			t.Error(err)
		}
	}
	if got, err := os.ReadFile(filepath.Join(dir, "top/d%3F/small")); string(got) != "small" {
		t.Errorf("%q, %v", got, err)
	}
}
