package source

import (
	"fmt"
	"net"
	"testing"
	"time"
)

var epoch = time.Unix(1_700_000_000, 0)

// inNetwork returns an address of the ith /64 of a /48.
func inNetwork(i int) string { return fmt.Sprintf("2001:db8:7:%x::1", i) }

// at returns the source of an address.
func at(ip string) Source {
	s, _ := Of(&net.TCPAddr{IP: net.ParseIP(ip)}, false)
	return s
}

func TestSourceOf(t *testing.T) {
	for _, c := range []struct {
		ip, far, near string
		local         bool
	}{
		{"192.0.2.1", "192.0.2.1/32", "192.0.2.1/32", false},
		{"::ffff:192.0.2.1", "192.0.2.1/32", "192.0.2.1/32", false},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1:2:3:4:5:6/128", false},
		{"fe80::1", "fe80::/64", "fe80::1/128", false},
		{"127.0.0.1", "127.0.0.1/32", "127.0.0.1/32", true},
		{"::1", "::/64", "::1/128", true},
	} {
		a := &net.TCPAddr{IP: net.ParseIP(c.ip), Zone: "eth0"}
		far, local := Of(a, false)
		near, _ := Of(a, true)
		if far.net.String() != c.far || near.net.String() != c.near || local != c.local {
			t.Errorf("%s: %v, near %v, local %v", c.ip, far.net, near.net, local)
		}
	}
	if _, local := Of(&net.UnixAddr{}, false); !local {
		t.Error("a socket without addresses isn't of this machine")
	}
}

// Fails when a network of IPv6 may hold as much as it has /64s, or a single customer
// no more than one of them.
func TestNetworksHoldMore(t *testing.T) {
	hold := func(all int, list func(i int) string) (n int) {
		tally := NewTally(10, all)
		for i := range 1000 {
			if s := at(list(i)); tally.Room(s) {
				tally.Add(s, 1)
				n++
			}
		}
		return n
	}
	for _, c := range []struct {
		name string
		all  int
		list func(int) string
		want int
	}{
		{"one address", 1000, func(int) string { return "192.0.2.1" }, 10},
		{"a /64", 1000, func(i int) string { return fmt.Sprintf("2001:db8::%x", i) }, 10},
		{"a /56", 1000, func(i int) string { return inNetwork(i % 256) }, 40},
		{"a /48", 1000, inNetwork, 80},
		{"a /48 where there is little", 100, inNetwork, 50},
		{"a /48 where there is hardly anything", 12, inNetwork, 10},
		{"different ones", 10_000, func(i int) string { return fmt.Sprintf("2001:db8:%x::1", i) }, 1000},
	} {
		if n := hold(c.all, c.list); n != c.want {
			t.Errorf("%s holds %d, want %d", c.name, n, c.want)
		}
	}
	tally := NewTally(10, 1000)
	for i := range 50 {
		tally.Add(at(inNetwork(i)), 1)
	}
	for i := range 50 {
		tally.Add(at(inNetwork(i)), -1)
	}
	if tally.Sources() != 0 {
		t.Errorf("left: %v", tally.held)
	}
}

// Fails when a large network may do something as often as it has /64s, or no more
// often than one of them.
func TestRateOfNetworks(t *testing.T) {
	r := NewRate(10, time.Second, 1<<14)
	now := epoch
	count := func(list func(int) string) (n int) {
		for i := range 1000 {
			if r.Allow(at(list(i)), now) {
				n++
			}
		}
		return n
	}
	if n := count(func(i int) string { return inNetwork(i % 256) }); n != 40 {
		t.Errorf("%d of a /56 at once, want 40", n)
	}
	if n := count(inNetwork); n != 40 {
		t.Errorf("%d more of the /48, want 40", n)
	}
	now = now.Add(time.Second)
	if n := count(inNetwork); n != 8 {
		t.Errorf("%d of the /48 a second later, want 8", n)
	}
	if n := count(func(int) string { return "2001:db8:8::1" }); n != 10 {
		t.Errorf("%d of another one, want 10", n)
	}
}
