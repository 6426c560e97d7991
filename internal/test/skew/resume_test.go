//go:build linux

package skew

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"sesame/internal/test/lab"
)

// Fails if a transfer that older programs have begun isn't ended with a newer one
// on one side, from the beginning where the two speak the classic protocol, or if
// what the older receiver left isn't left alone.
func TestBegunByOlder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	write(t, filepath.Join(w.out, "big"), noise(24<<20), 0o644)
	at := startServer(t, today)
	for _, pair := range [][2]age{{today, before}, {before, today}} {
		from, to := pair[0], pair[1]
		t.Run(fmt.Sprintf("ended by %s to %s", from, to), func(t *testing.T) {
			t.Parallel()
			into := w.folder(t)
			start := func(from, to age, send, receive []string) (a, b *lab.Process) {
				return w.start(t, pairing{at, side{program: from, args: append(send, "big")}, side{program: to, args: receive, in: into}})
			}
			a, b := start(before, before, []string{"--limit", "8M"}, []string{"--json"})
			b.Await(t, patience, arrived)
			b.Kill()
			a.Kill()
			a, b = start(from, to, nil, nil)
			finish(t, a, b, 0, 0)
			w.same(t, into, "big")
			if to != today && speaks(from, to) == native {
				return
			}
			// Nothing proves whose that is.
			if names := list(t, into); len(names) != 2 || !strings.HasPrefix(names[0], ".big.") {
				t.Errorf("there is %q, want what the older receiver left, and the file", names)
			}
			if speaks(from, to) == native {
				said(t, b, `(?m)^Note: \.big\.\S+\.sesame stays as it is, and is not gone on with: an older sesame left it`)
			}
		})
	}
}
