package relay

import (
	"fmt"
	"net"
	"sync"
	"testing"
	"time"
)

// inNetwork returns an address of the ith /64 of a /48.
func inNetwork(i int) string { return fmt.Sprintf("2001:db8:7:%x::1", i) }

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
		far, local := sourceOf(a, false)
		near, _ := sourceOf(a, true)
		if far.net.String() != c.far || near.net.String() != c.near || local != c.local {
			t.Errorf("%s: %v, near %v, local %v", c.ip, far.net, near.net, local)
		}
	}
	if _, local := sourceOf(&net.UnixAddr{}, false); !local {
		t.Error("a socket without addresses isn't of this machine")
	}
}

// Fails when a network of IPv6 may hold as much as it has /64s, or a single customer
// no more than one of them.
func TestNetworksHoldMore(t *testing.T) {
	hold := func(all int, list func(i int) string) (n int) {
		tally := newTally(10, all)
		for i := range 1000 {
			if s := at(list(i)); tally.room(s) {
				tally.add(s, 1)
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
	tally := newTally(10, 1000)
	for i := range 50 {
		tally.add(at(inNetwork(i)), 1)
	}
	for i := range 50 {
		tally.add(at(inNetwork(i)), -1)
	}
	if len(tally.held) != 0 {
		t.Errorf("left: %v", tally.held)
	}
}

// Fails when one /48 fills all mailboxes, or honest clients are refused beside it.
func TestOneNetworkFillsMailboxes(t *testing.T) {
	w := newTown(t, Limits{})
	const networks = 2000
	for i := range networks {
		for range 12 {
			w.do(w.from(inNetwork(i), "x"), fmt.Sprintf(`{"type":"open","mailbox":"m%d"}`, w.made))
			w.made++
		}
	}
	if n := len(w.b.mailboxes); n != 800 {
		t.Errorf("a /48 holds %d mailboxes, want 800", n)
	}
	for i := range 60 {
		s := w.from(fmt.Sprintf("2001:db8:100:%x::1", i), "honest")
		if got := w.do(s, `{"type":"allocate"}`); len(got) < 15 || got[:14] != "ack, allocated" {
			t.Fatalf("honest client %d: %s", i, got)
		}
	}
	check(t, w.b)
}

// Fails when one /48 takes all places for pipes that wait, or honest ones don't get any
// beside it.
func TestOneNetworkFillsPipes(t *testing.T) {
	p := newPairing(Limits{}.withDefaults())
	for i := range 10_000 {
		if _, gone, ok := p.arrive(waiterOf(fmt.Sprint(i), "a", inNetwork(i))); !ok || len(gone) > 1 {
			t.Fatalf("%d: accepted %v, %d gone", i, ok, len(gone))
		}
	}
	if n := p.order.Len(); n != 128 {
		t.Errorf("a /48 has %d pipes that wait, want 128", n)
	}
	var honest []*waiter
	for i := range 60 {
		w := waiterOf(fmt.Sprint("honest", i), "a", fmt.Sprintf("2001:db8:100:%x::1", i))
		if _, gone, ok := p.arrive(w); !ok || len(gone) != 0 {
			t.Fatalf("honest client %d: %v, %d gone", i, ok, len(gone))
		}
		honest = append(honest, w)
	}
	for i := range 10_000 {
		p.arrive(waiterOf(fmt.Sprint(i), "b", inNetwork(i)))
	}
	for i, w := range honest {
		if !p.leave(w) {
			t.Errorf("honest client %d has lost its place", i)
		}
	}
	for len(p.clear()) > 0 {
	}
	if len(p.sources) != 0 || len(p.tokens) != 0 {
		t.Error("something is left")
	}
}

// Fails when one /48 takes all connections, or accepts of all.
func TestOneNetworkTakesConnections(t *testing.T) {
	var d door
	var wg sync.WaitGroup
	d.init(Limits{Conns: 4096, ConnsPerSource: 256, Accepts: 1 << 20, AcceptsPerSource: 1 << 20, Remembered: 1 << 14})
	connect := func(ip string) bool {
		c := &client{}
		c.source, c.local = sourceOf(&net.TCPAddr{IP: net.ParseIP(ip)}, false)
		return d.admit(c, &wg, epoch)
	}
	n := 0
	for i := range 10_000 {
		if connect(inNetwork(i % 1000)) {
			n++
		}
	}
	if n != 2048 {
		t.Errorf("a /48 has %d connections, want 2048", n)
	}
	for i := range 60 {
		if !connect(fmt.Sprintf("2001:db8:100:%x::1", i)) {
			t.Fatalf("honest client %d is refused", i)
		}
	}
}

// Fails when a large network may do something as often as it has /64s, or no more
// often than one of them.
func TestRateOfNetworks(t *testing.T) {
	r := newRate(10, time.Second, 1<<14)
	now := epoch
	count := func(list func(int) string) (n int) {
		for i := range 1000 {
			if r.allow(at(list(i)), now) {
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

// Fails when sixteen connections of one computer shut others out of a sender's own
// mailbox server, whose clients all have addresses of one /64.
func TestNeighboursAreSources(t *testing.T) {
	var d door
	var wg sync.WaitGroup
	d.init(Limits{ConnsPerSource: 16, Conns: 64}.withDefaults())
	connect := func(ip string) bool {
		c := &client{}
		c.source, c.local = sourceOf(&net.TCPAddr{IP: net.ParseIP(ip)}, true)
		return d.admit(c, &wg, epoch)
	}
	for i := range 40 {
		if ok := connect("fd00::66"); ok != (i < 16) {
			t.Errorf("connection %d of one computer: %v", i, ok)
		}
	}
	for i := range 10 {
		if !connect(fmt.Sprintf("fd00::1:%x", i)) {
			t.Errorf("computer %d is shut out", i)
		}
	}
}
