//go:build linux

package endtoend

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"sesame/internal/test/lab"
)

// dialFrom connects from a host.
func dialFrom(h *lab.Host, address string) (conn net.Conn, err error) {
	err = h.Do(func() (err error) {
		conn, err = net.DialTimeout("tcp", address, patience)
		return err
	})
	return conn, err
}

// joinFrom asks the relay at address for a partner, as a stranger.
func joinFrom(t *testing.T, h *lab.Host, address, side string) net.Conn {
	t.Helper()
	conn, err := dialFrom(h, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "please relay %s for side %s\n", strings.Repeat("7", 64), strings.Repeat(side, 16))
	return conn
}

// heard returns what comes until the other end has closed.
func heard(t *testing.T, conn net.Conn) string {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(patience))
	b, err := io.ReadAll(conn)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a stranger is neither served nor turned away; it heard %q", b)
	}
	return string(b)
}

// Fails if strangers can send through a sender that runs its own mailbox, before the
// two have met or after; or if anybody new is served there when they have.
func TestLocalStrangers(t *testing.T) {
	for _, flags := range [][]string{nil, {"--classic"}} {
		t.Run(fmt.Sprint(flags), func(t *testing.T) {
			w := lan(t)
			write(t, filepath.Join(w.out, "f"), 8<<20)
			stranger := lab.NewHost(t)
			sender := w.start(w.sendingLocal(append(flags, "--local", "--limit", "4M", "f")...))
			line := sender.Await(t, patience, `sesame receive --to (\S+) +(local-\S+)`)
			address := line[1]

			// Before the two have met.
			early := []net.Conn{joinFrom(t, stranger, address, "a"), joinFrom(t, stranger, address, "b")}
			seated, err := mailboxFrom(t, stranger, address, "c")
			if err != nil {
				t.Fatal(err)
			}

			receiver := w.start(w.receivingLocal(append(flags, "--to", address, line[2])...))
			until(t, patience, "something arrives", func() bool { return staged(w.in) > 1<<20 || over(sender) || over(receiver) })
			for _, conn := range early {
				if got := heard(t, conn); got != "" {
					t.Errorf("strangers that wait hear %q", got)
				}
			}
			if !w.cut(seated) {
				t.Error("a stranger keeps a seat when the two have met")
			}

			// Afterwards.
			for _, side := range []string{"a", "b"} {
				if got := heard(t, joinFrom(t, stranger, address, side)); got != "" {
					t.Errorf("strangers that come later hear %q", got)
				}
			}
			if ws, err := mailboxFrom(t, stranger, address, "d"); err == nil && !w.cut(ws) {
				t.Error("a stranger that comes later is served")
			}
			w.finish(sender, receiver, 0, 0)
			same(t, filepath.Join(w.in, "f"), filepath.Join(w.out, "f"))
		})
	}
}

// cut reports whether the server ends a connection before f has arrived.
func (w *world) cut(ws *websocket.Conn) bool {
	within, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	for {
		if _, _, err := ws.Read(within); err != nil {
			_, missing := os.Stat(filepath.Join(w.in, "f"))
			return within.Err() == nil && missing != nil
		}
	}
}

// mailboxFrom becomes a client of the mailbox at address that has heard its welcome.
func mailboxFrom(t *testing.T, h *lab.Host, address, side string) (*websocket.Conn, error) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(_ context.Context, _, _ string) (net.Conn, error) { return dialFrom(h, address) },
	}}
	ws, _, err := websocket.Dial(t.Context(), "ws://"+address+"/v1", &websocket.DialOptions{HTTPClient: client})
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { ws.CloseNow() })
	for _, command := range []string{`{"type":"bind","appid":"lothar.com/wormhole/text-or-file-xfer","side":"` + side + `"}`, `{"type":"list"}`} {
		if err := ws.Write(t.Context(), websocket.MessageText, []byte(command)); err != nil {
			return nil, err
		}
	}
	for acks := 0; acks < 2; { // the welcome comes before them
		_, message, err := ws.Read(t.Context())
		if err != nil {
			return nil, err
		}
		if strings.Contains(string(message), `"ack"`) {
			acks++
		}
	}
	return ws, nil
}

// Fails if computers of the Internet are let in by a sender that runs its own mailbox,
// unless it says so; or if those of its networks, or of a carrier's or a VPN's, aren't.
func TestLocalFromAfar(t *testing.T) {
	for _, test := range []struct {
		name, from string
		flags      []string
		want       bool
	}{
		{"public", "203.0.113.5", nil, false},
		{"public, if that is wanted", "203.0.113.5", []string{"--from-anywhere"}, true},
		{"of a carrier or a VPN", "100.64.7.7", nil, true},
		{"private, elsewhere", "172.20.1.1", nil, true},
		{"IPv6, public", "2001:db8:7::5", nil, false},
		{"IPv6, on the same network", "2001:db8:99::5", nil, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := lan(t)
			own, bits := w.sender.Address, "/32"
			if strings.Contains(test.from, ":") {
				own, bits = "2001:db8:99::1", "/128"
				if err := w.sender.IP("address add 2001:db8:99::1/64 dev eth0 nodad"); err != nil {
					t.Fatal(err)
				}
			}
			far := lab.NewHost(t)
			if err := far.IP("address add "+test.from+bits+" dev eth0"+map[bool]string{true: " nodad"}[bits == "/128"],
				"route replace "+own+bits+" dev eth0 src "+test.from); err != nil {
				t.Fatal(err)
			}
			if err := w.sender.IP("route replace " + test.from + bits + " dev eth0"); err != nil {
				t.Fatal(err)
			}
			sender := w.start(w.sendingLocal(append(test.flags, "--local", "f")...))
			_, port, _ := net.SplitHostPort(sender.Await(t, patience, `sesame receive --to (\S+) +local-`)[1])
			_, err := mailboxFrom(t, far, net.JoinHostPort(own, port), "e")
			if (err == nil) != test.want {
				t.Errorf("served: %v, want %v", err, test.want)
			}
			if !test.want {
				sender.Await(t, patience, `A computer outside of this network, `+test.from+`, was turned away`)
			}
		})
	}
}
