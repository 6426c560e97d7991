package transit_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"sesame/transit"
)

// The reference relay joins us, over TCP.
func TestInteropPythonRelay(t *testing.T) {
	twist, err := exec.LookPath("twist3")
	if err != nil {
		t.Skip("no twist3 (Debian: magic-wormhole-transit-relay)")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().(*net.TCPAddr)
	l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, twist, "transitrelay", fmt.Sprintf("--port=tcp:%d:interface=127.0.0.1", addr.Port))
	cmd.Dir = t.TempDir()
	log, err := os.Create(filepath.Join(cmd.Dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Skip("twist3: ", err)
	}
	defer func() { cancel(); cmd.Wait() }()
	if !answers(ctx, addr.String()) {
		out, _ := os.ReadFile(log.Name())
		t.Skipf("the relay doesn't start: %s", out)
	}
	cfg := &transit.Config{NoDirect: true, Relays: []transit.Relay{{Address: addr.String()}}}
	for range 3 {
		s, r := connect(t, listen(t, transit.Leader, cfg), listen(t, transit.Follower, cfg))
		exchange(t, s, r)
	}
}

// answers waits until somebody accepts connections at addr.
func answers(ctx context.Context, addr string) bool {
	for ctx.Err() == nil {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
			return true
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
	return false
}
