package stun

import (
	"errors"
	"net"
	"slices"
	"testing"
)

func bound(t *testing.T, network, at string) *net.UDPConn {
	t.Helper()
	a, err := net.ResolveUDPAddr(network, at)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.ListenUDP(network, a)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestOf(t *testing.T) {
	four, other := bound(t, "udp4", "127.0.0.1:0"), bound(t, "udp4", "127.0.0.1:0")
	six := bound(t, "udp6", "[::1]:0")
	port := func(c *net.UDPConn) int { return c.LocalAddr().(*net.UDPAddr).Port }
	l, err := Of([]*net.UDPConn{other, four})
	if err != nil {
		t.Fatal(err)
	}
	want := []int{port(four), port(other)}
	slices.Sort(want)
	if got := l.Ports(); !slices.Equal(got, want) || len(l.pairs) != 1 || l.pairs[0][0].local.Port != want[0] || l.pairs[0][1].local.Port != want[1] {
		t.Errorf("ports %v, want %v", got, want)
	}
	if l, err := Of([]*net.UDPConn{six}); err != nil || len(l.Ports()) != 1 || l.pairs[0][1] != nil {
		t.Errorf("one port: %v, %v", l, err)
	}
	for name, conns := range map[string][]*net.UDPConn{
		"none":                      nil,
		"three ports":               {bound(t, "udp4", "127.0.0.1:0"), bound(t, "udp4", "127.0.0.1:0"), bound(t, "udp4", "127.0.0.1:0")},
		"two families, a port each": {bound(t, "udp4", "127.0.0.1:0"), bound(t, "udp6", "[::1]:0")},
	} {
		if _, err := Of(conns); !errors.Is(err, ErrGiven) {
			t.Errorf("%s: %v", name, err)
		}
		for _, c := range conns {
			if _, err := c.Write(nil); !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s: a socket is still open", name)
			}
		}
	}
}
