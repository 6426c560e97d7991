//go:build linux

package endtoend

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Fails if a process that may have few files open leaves some out, or gives up: 64
// at the receiver and 24 at the sender are enough for 501 files, half of which
// cross in several pieces.
func TestFewDescriptors(t *testing.T) {
	for name, flags := range map[string][]string{"native": nil, "classic": {"--classic"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for i := range 501 {
				dir := filepath.Join(w.out, "tree", fmt.Sprintf("%02d", i%100))
				if err := os.MkdirAll(dir, 0o755); err != nil {
					t.Fatal(err)
				}
				write(t, filepath.Join(dir, fmt.Sprint(i)), int64(1000+i%2*300_000))
			}
			code := newCode()
			s, r := w.sending(code, append(flags, "tree")...), w.receiving(code, flags...)
			s.under, r.under = []string{"prlimit", "--nofile=24:24"}, []string{"prlimit", "--nofile=64:64"}
			sender, receiver := w.start(s), w.start(r)
			w.finish(sender, receiver, 0, 0)
			for i := range 501 {
				path := filepath.Join("tree", fmt.Sprintf("%02d", i%100), fmt.Sprint(i))
				same(t, filepath.Join(w.in, path), filepath.Join(w.out, path))
			}
		})
	}
}
