//go:build linux

package interop

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"sesame/internal/test/lab"
)

// Fails if a server that has newcomers work for it shuts sesame out, or serves a program
// that knows of no such work, or doesn't tell that why; or if it has somebody work from where
// two have met. All programs here have one address.
func TestNewcomersWork(t *testing.T) {
	need(t, "wormhole", "magic-wormhole")
	t.Parallel()
	relay, line := lab.FirstLine(t, "sesame-relay", exec.Command(programs.relay, "--listen", ourAddress+":0", "--no-stun", "--state", "none", "--level", "2"))
	t.Cleanup(func() {
		relay.Signal(syscall.SIGTERM)
		relay.Exit(t, patience)
	})
	url := printedURL.FindString(line)
	_, host, _ := strings.Cut(strings.TrimSuffix(url, "/v1"), "://")
	c := cell{servers: servers{name: "our server", ours: true, address: ourAddress, mailbox: url, transit: host}, relayOnly: true}
	sesame, python, what := clients[0], clients[1], contents(t)[1]

	turned := run(t, python, c, t.TempDir(), python.send(c, what))
	if err := turned.wait(); err == nil || !strings.Contains(turned.err.String(), "hashcash") {
		t.Errorf("a program that knows of no work: %v\n%v", err, turned)
	}
	cross(t, c, sesame, sesame, what)
	cross(t, c, python, python, what)
}
