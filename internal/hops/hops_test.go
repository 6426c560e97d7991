package hops

import (
	"net"
	"testing"
	"time"

	"golang.org/x/net/ipv4"
)

// Fails if a packet doesn't leave with the TTL that was asked for, or the next one,
// of somebody else, not with the usual one.
func TestTTL(t *testing.T) {
	from, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	in := ipv4.NewPacketConn(to)
	if err := in.SetControlMessage(ipv4.FlagTTL, true); err != nil {
		t.Skip("this system doesn't tell the TTL of what comes:", err)
	}
	usual, err := ipv4.NewConn(from).TTL()
	if err != nil {
		t.Fatal(err)
	}
	s, at := New(from), to.LocalAddr().(*net.UDPAddr).AddrPort()
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
		to.SetReadDeadline(time.Now().Add(10 * time.Second))
		_, cm, _, err := in.ReadFrom(make([]byte, 100))
		if err != nil || cm == nil || cm.TTL != want {
			t.Errorf("it came with %+v, %v, want %d", cm, err, want)
		}
	}
}
