//go:build linux

package endtoend

import (
	"io"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"sesame/internal/test/lab"
)

// resetting stands in front of the world's relay, and resets the first connections
// that come from a host. It returns its address.
func (w *world) resetting(victim *lab.Host, first int32) string {
	w.t.Helper()
	l, err := net.Listen("tcp", lab.Center+":0")
	if err != nil {
		w.t.Fatal(err)
	}
	var running sync.WaitGroup
	var came atomic.Int32
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			host, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
			if host == victim.Address && came.Add(1) <= first {
				conn.(*net.TCPConn).SetLinger(0)
				conn.Close()
				continue
			}
			running.Go(func() { pass(conn, w.address) })
		}
	})
	w.t.Cleanup(func() {
		l.Close()
		w.relay.Kill()
		running.Wait()
		if came.Load() <= first {
			w.t.Errorf("%d connections were made, want more than %d", came.Load(), first)
		}
	})
	return l.Addr().String()
}

// pass connects client with the server at address until both are done.
func pass(client net.Conn, address string) {
	defer client.Close()
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer server.Close()
	var both sync.WaitGroup
	for _, ends := range [][2]net.Conn{{server, client}, {client, server}} {
		both.Go(func() {
			io.Copy(ends[0], ends[1])
			ends[0].(*net.TCPConn).CloseWrite()
		})
	}
	both.Wait()
}

// Fails if a server or a relay that resets the first connection, as one does that is
// overloaded or just starting, ends a program.
func TestFirstConnectionReset(t *testing.T) {
	for _, test := range []struct {
		name    string
		sender  bool
		mailbox bool // else the relay
		flags   []string
	}{
		{"the receiver's, to the mailbox server", false, true, nil},
		{"the sender's, to the mailbox server", true, true, nil},
		{"the receiver's, to the relay, native", false, false, []string{"--relay-only"}},
		{"the receiver's, to the relay, classic", false, false, []string{"--relay-only", "--classic"}},
		{"the sender's, to the relay, native", true, false, []string{"--relay-only"}},
		{"the sender's, to the relay, classic", true, false, []string{"--relay-only", "--classic"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			write(t, filepath.Join(w.out, "big"), 1<<20)
			victim := w.receiver
			if test.sender {
				victim = w.sender
			}
			front := w.resetting(victim, 2)
			flags := test.flags
			if test.mailbox {
				w.url = "ws://" + front + "/v1"
			} else {
				flags = append(flags, "--relay", front)
			}
			sender, receiver := w.pair(append(flags, "big"), flags)
			w.arrived(sender, receiver)
		})
	}
}
