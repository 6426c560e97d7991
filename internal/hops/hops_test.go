package hops

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/net/ipv4"
)

// sockets returns two of loopback, and where the second is.
func sockets(t *testing.T) (from, to *net.UDPConn, at netip.AddrPort) {
	t.Helper()
	for _, c := range []**net.UDPConn{&from, &to} {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		*c = conn
	}
	to.SetReadDeadline(time.Now().Add(10 * time.Second))
	return from, to, to.LocalAddr().(*net.UDPAddr).AddrPort()
}

// Fails if a packet can't be sent with a TTL of its own on this system, or the socket's
// isn't what it was.
func TestUsual(t *testing.T) {
	from, to, at := sockets(t)
	usual, err := ipv4.NewConn(from).TTL()
	if err != nil {
		t.Fatal(err)
	}
	if err := New(from).Send([]byte("near"), at, 2); err != nil {
		t.Fatal(err)
	}
	if ttl, err := ipv4.NewConn(from).TTL(); err != nil || ttl != usual || ttl <= 2 {
		t.Errorf("then it is %d, %v, and was %d", ttl, err, usual)
	}
	b := make([]byte, 100)
	if n, _, err := to.ReadFrom(b); err != nil || string(b[:n]) != "near" {
		t.Errorf("%q, %v", b[:n], err)
	}
}

// Fails if a packet doesn't leave with the TTL that was asked for, or the next one, of
// somebody else, not with the usual one.
func TestTTL(t *testing.T) {
	from, to, at := sockets(t)
	in := ipv4.NewPacketConn(to)
	if err := in.SetControlMessage(ipv4.FlagTTL, true); err != nil {
		t.Skip("this system doesn't tell the TTL of what comes:", err)
	}
	usual, err := ipv4.NewConn(from).TTL()
	if err != nil {
		t.Fatal(err)
	}
	s := New(from)
	for _, ttl := range []int{2, 0, 5, 0} {
		want := ttl
		if ttl == 0 {
			want = usual
			_, err = from.WriteToUDPAddrPort([]byte("plain"), at)
		} else {
			err = s.Send([]byte("near"), at, ttl)
		}
		if err != nil {
			t.Fatal(err)
		}
		_, cm, _, err := in.ReadFrom(make([]byte, 100))
		if err != nil || cm == nil || cm.TTL != want {
			t.Errorf("it came with %+v, %v, want %d", cm, err, want)
		}
	}
}
