//go:build linux && !nobbr

package congestion_test

import (
	"context"
	"errors"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"sesame/internal/congestion"
)

// Fails if a connection doesn't have the controller that was asked for, where the
// system lets everybody have it: one that was dialled, one that a listener took, and
// one that was handed over; or if one that doesn't leave the machine and was handed over has that which
// paces. All have another one before, whatever is the default here.
func TestAsked(t *testing.T) {
	allowed, err := os.ReadFile("/proc/sys/net/ipv4/tcp_allowed_congestion_control")
	if err != nil || !slices.Contains(strings.Fields(string(allowed)), congestion.Wanted) {
		t.Skipf("this system doesn't let everybody have %s", congestion.Wanted)
	}
	config := net.ListenConfig{Control: func(network, address string, c syscall.RawConn) error {
		return errors.Join(other(c), congestion.Listening(network, address, c))
	}}
	config.SetMultipathTCP(false)
	asking, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer asking.Close()
	without := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error { return other(c) }}
	without.SetMultipathTCP(false)
	plain, err := without.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	for _, l := range []net.Listener{asking, plain} {
		d := net.Dialer{ControlContext: func(ctx context.Context, network, address string, c syscall.RawConn) error {
			return errors.Join(other(c), congestion.Control(ctx, network, address, c))
		}}
		dialled, err := d.DialContext(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer dialled.Close()
		accepted, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer accepted.Close()
		if l == plain {
			congestion.Ask(far{accepted.(*net.TCPConn)})
		}
		for _, c := range []net.Conn{dialled, accepted} {
			if got := controller(t, c); got != congestion.Wanted {
				t.Errorf("a connection has %s", got)
			} else if !congestion.Has(c.(*net.TCPConn)) {
				t.Error("a connection is said not to have what it has")
			}
		}
	}
	inside, err := net.Dial("tcp", plain.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer inside.Close()
	accepted, err := plain.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	if congestion.Ask(far{accepted.(*net.TCPConn)}); controller(t, accepted) != congestion.Wanted {
		t.Errorf("a connection has %s", controller(t, accepted))
	}
	if congestion.Ask(accepted); controller(t, accepted) != congestion.Inside {
		t.Errorf("a connection that doesn't leave the machine has %s", controller(t, accepted))
	}
	one, two := net.Pipe()
	defer one.Close()
	defer two.Close()
	congestion.Ask(one) // which has no socket
}

// A far connection says that its other end isn't on this machine.
type far struct{ *net.TCPConn }

func (far) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1} }

// other gives a socket a controller that every Linux has, and lets everybody have.
func other(c syscall.RawConn) (err error) {
	outer := c.Control(func(fd uintptr) {
		err = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, "reno")
	})
	return errors.Join(outer, err)
}

// controller returns which one a TCP connection has.
func controller(t *testing.T, c net.Conn) (name string) {
	t.Helper()
	raw, err := c.(*net.TCPConn).SyscallConn()
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
