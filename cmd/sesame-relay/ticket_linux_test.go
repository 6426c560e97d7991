package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sesame/internal/wire"
)

// Fails if a relay that was killed doesn't take the tickets that it gave out, when it is started
// again: who has met there before wouldn't get a pipe any more.
func TestTicketsOutliveAKill(t *testing.T) {
	t.Parallel()
	tokens := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(tokens, []byte("correct-horse-battery-staple\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"--listen", "127.0.0.1:0", "--no-stun", "--token-file", tokens, "--state", t.TempDir()}
	p := start(t, args...)
	c := stranger(t, serverLine.FindStringSubmatch(p.line)[1])
	c.say(`{"type":"submit-permissions","method":"token","token":"correct-horse-battery-staple"}`)
	c.say(`{"type":"bind","appid":"app","side":"a","client_version":["sesame","1"]}`)
	c.say(`{"type":"claim","nameplate":"4"}`)
	ticket, _ := c.hear("ticket")["ticket"].(string)
	if ticket == "" {
		t.Fatal("no ticket is given out")
	}
	p.stop(syscall.SIGKILL)

	p = start(t, args...)
	addr := serverLine.FindStringSubmatch(p.line)[1]
	plea := func(side, more string) net.Conn {
		t.Helper()
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		fmt.Fprintf(conn, "please relay %s for side %s%s\n", strings.Repeat("ab", 32), strings.Repeat(side, 16), more)
		return conn
	}
	if b, _ := io.ReadAll(plea("1", "")); string(b) != wire.NoTicket {
		t.Errorf("without a ticket: %q", b)
	}
	pair := []net.Conn{plea("2", " ticket "+ticket), plea("3", " ticket "+ticket)}
	for _, conn := range pair {
		said := make([]byte, len(wire.Joined))
		if _, err := io.ReadFull(conn, said); err != nil || string(said) != wire.Joined {
			t.Errorf("with the ticket of before: %q, %v", said, err)
		}
	}
	for _, conn := range pair {
		conn.Close()
	}
	p.stop(syscall.SIGTERM)
}
