//go:build linux && long

package interop

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"sesame/internal/test/lab"
)

// Fails if a transfer with another program ends because sesame was stopped for
// more than a minute in the middle of it. The other program waits.
func TestStoppedWithOthers(t *testing.T) {
	need(t, "wormhole", "magic-wormhole")
	c := cell{servers: startOurs(t)}
	for _, role := range []string{"send", "receive"} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			from, to := t.TempDir(), t.TempDir()
			content := make([]byte, 24<<20)
			rand.Read(content)
			if err := os.WriteFile(filepath.Join(from, "file"), content, 0o644); err != nil {
				t.Fatal(err)
			}
			start := func(program, dir string, args ...string) *lab.Process {
				cmd := inCell(t, c.address, program, args...)
				cmd.Dir = dir
				return lab.Start(t, filepath.Base(program)+" "+role, cmd)
			}
			flags := append(sesameFlags(c), "--limit", "4M", "--verbose")
			var sesame, other *lab.Process
			if role == "send" {
				sesame = start(programs.sesame, from, append([]string{"send"}, append(flags, "file")...)...)
				code := sesame.Await(t, patience, everyCode.String())[1]
				other = start("wormhole", to, append(pythonFlags(c), "receive", "--hide-progress", "--accept-file", code)...)
			} else {
				const code = "4711-galveston-goldfish"
				other = start("wormhole", from, append(pythonFlags(c), "send", "--hide-progress", "--code", code, "file")...)
				sesame = start(programs.sesame, to, slices.Concat([]string{"receive", "--yes"}, flags, []string{code})...)
			}
			sesame.Await(t, patience, "Connected")
			time.Sleep(time.Second) // in the middle
			sesame.Signal(syscall.SIGSTOP)
			time.Sleep(70 * time.Second) // what is asked is how a clock is read
			sesame.Signal(syscall.SIGCONT)
			for _, p := range []*lab.Process{sesame, other} {
				if got := p.Exit(t, patience); got != 0 {
					t.Errorf("%v\nexit code %d", p, got)
				}
			}
			if got, err := os.ReadFile(filepath.Join(to, "file")); err != nil || !bytes.Equal(got, content) {
				t.Errorf("what arrived is not what was sent: %v", err)
			}
		})
	}
}
