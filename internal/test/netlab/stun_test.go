//go:build linux

package netlab_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sesame/internal/test/lab"
	"sesame/internal/test/netlab"
)

// These tests ask what a NAT does as RFC 5780 §4 has it: from inside, several
// servers are sent to, which see the mapping; then those that were and those that
// weren't sent to send to it, which shows the filter.

// observers are two servers with two ports each.
type observers struct{ x1, x2, y1 endpoint }

// An endpoint is a UDP socket and a TCP listener at the same address.
type endpoint struct {
	udp *net.UDPConn
	tcp *net.TCPListener
	at  netip.AddrPort
	on  *netlab.Host
}

func newObservers(t *testing.T, i *netlab.Internet) observers {
	x, y := netlab.NewHost(t, i, netlab.Wiring{}), netlab.NewHost(t, i, netlab.Wiring{})
	return observers{listen(t, x, 3478), listen(t, x, 3479), listen(t, y, 3478)}
}

// reuse lets a listener and connections that go out share a port.
var reuse = func(_, _ string, c syscall.RawConn) (err error) {
	c.Control(func(fd uintptr) {
		err = errors.Join(unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1),
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
	})
	return err
}

// listen opens a port, 0 for any, on h.
func listen(t *testing.T, h *netlab.Host, port uint16) endpoint {
	t.Helper()
	e := endpoint{on: h, at: netip.AddrPortFrom(h.Address, port)}
	err := h.Do(func() (err error) {
		config := net.ListenConfig{Control: reuse}
		tcp, err := config.Listen(context.Background(), "tcp", e.at.String())
		if err != nil {
			return err
		}
		e.tcp = tcp.(*net.TCPListener)
		e.at = e.tcp.Addr().(*net.TCPAddr).AddrPort()
		e.udp, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(e.at))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.tcp.Close(); e.udp.Close() })
	return e
}

func (e endpoint) send(t *testing.T, to netip.AddrPort, text string) {
	t.Helper()
	if _, err := e.udp.WriteToUDPAddrPort([]byte(text), to); err != nil {
		t.Fatal(err)
	}
}

// receive returns the next packet and where it came from, "" after within.
func (e endpoint) receive(within time.Duration) (string, netip.AddrPort) {
	b := make([]byte, 100)
	e.udp.SetReadDeadline(time.Now().Add(within))
	n, from, err := e.udp.ReadFromUDPAddrPort(b)
	if err != nil {
		return "", from
	}
	return string(b[:n]), from
}

// seen sends a packet from inside and returns where the observer sees it come
// from.
func (e endpoint) seen(t *testing.T, inside endpoint) netip.AddrPort {
	t.Helper()
	inside.send(t, e.at, "hello")
	text, from := e.receive(2 * time.Second)
	if text == "" {
		t.Fatalf("%v doesn't hear what %v sends", e.at, inside.at)
	}
	return from
}

// mapping is how the NAT in front of h maps UDP.
func (o observers) mapping(t *testing.T, h *netlab.Host) netlab.Behavior {
	t.Helper()
	inside := listen(t, h, 0)
	return mappingOf(o.x1.seen(t, inside), o.x2.seen(t, inside), o.y1.seen(t, inside))
}

func mappingOf(x1, x2, y1 netip.AddrPort) netlab.Behavior {
	switch {
	case x1 == x2 && x2 == y1:
		return netlab.EndpointIndependent
	case x1 == x2:
		return netlab.AddressDependent
	}
	return netlab.AddressAndPortDependent
}

// filtering is how it filters UDP.
func (o observers) filtering(t *testing.T, h *netlab.Host) netlab.Behavior {
	t.Helper()
	inside := listen(t, h, 0)
	outside := o.x1.seen(t, inside)
	for range 3 { // the last to be sent to arrives last
		o.y1.send(t, outside, "y1")
		o.x2.send(t, outside, "x2")
		o.x1.send(t, outside, "x1")
	}
	heard := map[string]bool{}
	for wait := 2 * time.Second; ; wait = 30 * time.Millisecond {
		text, _ := inside.receive(wait)
		if text == "" {
			break
		}
		heard[text] = true
	}
	switch {
	case !heard["x1"]:
		t.Fatalf("%v doesn't hear answers", inside.at)
	case heard["y1"]:
		return netlab.EndpointIndependent
	case heard["x2"]:
		return netlab.AddressDependent
	}
	return netlab.AddressAndPortDependent
}

// Connections from inside, for TCP.

// connect makes a connection to e from inside's own port, and returns where it
// is seen to come from.
func (e endpoint) connect(t *testing.T, inside endpoint) netip.AddrPort {
	t.Helper()
	conn, err := dial(inside.on.Stack, inside.at, e.at, 2*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	accepted, err := e.tcp.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { accepted.Close() })
	return accepted.RemoteAddr().(*net.TCPAddr).AddrPort()
}

func dial(s *lab.Stack, from, to netip.AddrPort, within time.Duration) (conn net.Conn, err error) {
	err = s.Do(func() (err error) {
		d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(from), Control: reuse, Timeout: within}
		conn, err = d.Dial("tcp", to.String())
		return err
	})
	return conn, err
}

// admits reports whether e gets a connection to outside, a mapping of TCP.
func (e endpoint) admits(t *testing.T, outside netip.AddrPort) bool {
	t.Helper()
	// From e's port, at which the NAT may have seen e.
	conn, err := dial(e.on.Stack, e.at, outside, 150*time.Millisecond)
	if err == nil {
		conn.Close()
	}
	return err == nil
}
