//go:build linux

package skew

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Fails if an earlier program at a server that wants a token doesn't end with one line that
// says so, or if a token keeps today's from a server that knows of none.
func TestTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("correct-horse-battery-staple\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	wants, free := startServer(t, today, "--token-file", file, "--state", "none"), startServer(t, before)

	for _, args := range [][]string{{"send", "--text", "hello"}, {"receive", "4-purple-sausages"}} {
		t.Run(fmt.Sprint("old, ", args[0]), func(t *testing.T) {
			t.Parallel()
			p := w.run(t, w.sender, side{program: before}, w.dir, append([]string{args[0], wants.flags[0], wants.flags[1]}, args[1:]...))
			code, said := p.Exit(t, patience), p.Err.String()
			if code != 8 || len(regexp.MustCompile(`(?m)^sesame: `).FindAllString(said, -1)) != 1 || !strings.Contains(said, "token") {
				t.Errorf("exit code %d, said:\n%s", code, said)
			}
		})
	}
	for name, c := range map[string]struct {
		at    server
		flags []string
	}{
		"with a token where it counts":   {wants, []string{"--token-file", file}},
		"with a token where none counts": {free, []string{"--token-file", file}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w.ship(t, c.at, today, today, shipment{name: "file by relay", flags: append([]string{"--relay-only"}, c.flags...), send: []string{"data.bin"}, files: []string{"data.bin"}})
		})
	}
}
