//go:build linux

package interop

import (
	"net/url"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"sesame/internal/test/lab"
)

// Fails if a sender of another implementation that waits for somebody doesn't survive that our server is
// started again, even after it was killed: what it has said is on the disk, and it comes back by itself.
func TestWaitingSenderSurvivesARestart(t *testing.T) {
	need(t, "wormhole", "magic-wormhole")
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			state := t.TempDir()
			start := func(at string) (*lab.Process, cell) {
				relay, line := lab.FirstLine(t, "sesame-relay", exec.Command(programs.relay, "--listen", at, "--no-stun", "--state", state))
				u, err := url.Parse(printedURL.FindString(line))
				if err != nil || u.Host == "" {
					t.Fatalf("sesame-relay printed %q, which names no server: %v", line, err)
				}
				return relay, cell{servers: servers{name: "our server", ours: true, address: ourAddress, mailbox: u.String(), transit: u.Host}}
			}
			relay, c := start(ourAddress + ":0")
			all := contents(t)
			what, python := all[1], clients[1]
			sender := run(t, python, c, t.TempDir(), python.send(c, what))
			code, err := sender.code()
			if err != nil {
				t.Fatal(err)
			}
			relay.Signal(signal)
			<-relay.Ended()
			_, c = start(c.transit)
			dir := t.TempDir()
			receiver := run(t, python, c, dir, python.receive(c, code))
			for _, p := range []*process{receiver, sender} {
				if err := p.wait(); err != nil {
					t.Fatalf("%v\n%v\n%v", err, sender, receiver)
				}
			}
			compare(t, content{name: "file", path: filepath.Clean(what.path)}, dir, python, python)
		})
	}
}
