//go:build linux && !nobbr

package relay_test

import (
	"context"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"sesame/internal/congestion"
	"sesame/relay"
)

// Fails if the relay doesn't ask for a controller of congestion that loss alone
// doesn't slow down: the line to a receiver may lose packets, and what leaves there is
// the relay's.
func TestAcceptedAsk(t *testing.T) {
	allowed, err := os.ReadFile("/proc/sys/net/ipv4/tcp_allowed_congestion_control")
	if err != nil || !slices.Contains(strings.Fields(string(allowed)), congestion.Wanted) {
		t.Skipf("this system doesn't let everybody have %s", congestion.Wanted)
	}
	for _, c := range []struct {
		name         string
		far          bool
		before, want string
	}{{"from afar", true, congestion.Inside, congestion.Wanted}, {"on this machine", false, congestion.Wanted, congestion.Inside}} {
		t.Run(c.name, func(t *testing.T) {
			if got := accepted(t, c.far, c.before); got != c.want {
				t.Errorf("a connection of the relay has %s", got)
			}
		})
	}
}

// accepted returns which controller a connection has that the relay has taken, whose listener had another
// one before.
func accepted(t *testing.T, afar bool, before string) (name string) {
	t.Helper()
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		c.Control(func(fd uintptr) {
			err = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, before)
		})
		return err
	}}
	config.SetMultipathTCP(false)
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := relay.New(nil)
	defer s.Shutdown(context.Background())
	shown := &showing{l, afar, make(chan *net.TCPConn, 1)}
	go s.Serve(shown)
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	// What it says, it says after it has prepared the connection, and this one it keeps.
	if _, err := c.Write([]byte("GET /v1 HTTP/1.1\r\nHost: relay.example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	raw, err := (<-shown.taken).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if outer := raw.Control(func(fd uintptr) {
		name, err = unix.GetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION)
	}); outer != nil || err != nil {
		t.Fatal(outer, err)
	}
	return strings.TrimRight(name, "\x00")
}

// A showing listener shows what it takes, and says, if it is to, that it comes from afar.
type showing struct {
	net.Listener
	far   bool
	taken chan *net.TCPConn
}

func (l *showing) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		select {
		case l.taken <- c.(*net.TCPConn):
		default:
		}
	}
	if err == nil && l.far {
		return far{c.(*net.TCPConn)}, nil
	}
	return c, err
}

// A far connection says that its other end isn't on this machine.
type far struct{ *net.TCPConn }

func (far) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1} }
