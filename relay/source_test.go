package relay

import (
	"fmt"
	"net"
	"sesame/relay/source"
	"sync"
	"testing"
	"time"
)

// inNetwork returns an address of the ith /64 of a /48.
func inNetwork(i int) string { return fmt.Sprintf("2001:db8:7:%x::1", i) }

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
	if n := p.order.Len(); n != 256 {
		t.Errorf("a /48 has %d pipes that wait, want 256", n)
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
		c.source, c.local = source.Of(&net.TCPAddr{IP: net.ParseIP(ip)}, false)
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

// Fails when sixteen connections of one computer shut others out of a sender's own
// mailbox server, whose clients all have addresses of one /64.
func TestNeighboursAreSources(t *testing.T) {
	var d door
	var wg sync.WaitGroup
	d.init(Limits{ConnsPerSource: 16, Conns: 64}.withDefaults())
	connect := func(ip string) bool {
		c := &client{}
		c.source, c.local = source.Of(&net.TCPAddr{IP: net.ParseIP(ip)}, true)
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

// Fails when connections are accepted faster than they may be, when one source
// uses up the rate of all, or when this machine is held to a rate.
func TestAcceptRate(t *testing.T) {
	var d door
	var wg sync.WaitGroup
	d.init(Limits{Conns: 1 << 20, ConnsPerSource: 1 << 20, Accepts: 10, AcceptsPerSource: 2, Remembered: 100})
	now := epoch
	count := func(addr string, tries int) (n int) {
		a, _ := net.ResolveTCPAddr("tcp", addr)
		for range tries {
			c := &client{}
			if c.source, c.local = source.Of(a, false); d.admit(c, &wg, now) {
				n++
			}
		}
		return n
	}
	if n := count("192.0.2.1:1", 100); n != 20 {
		t.Errorf("%d of a source at once, want 20", n)
	}
	if n := count("[2001:db8::1]:1", 10) + count("[2001:db8::ffff:2]:1", 100); n != 20 {
		t.Errorf("%d of a network at once, want 20", n)
	}
	if n := count("198.51.100.1:1", 100); n != 0 { // 40 are all that all may have
		t.Errorf("%d more of another", n)
	}
	if n := count("127.0.0.1:1", 100) + count("[::1]:1", 100); n != 200 {
		t.Errorf("%d of this machine, want 200", n)
	}
	now = now.Add(time.Second)
	if n := count("192.0.2.1:1", 100); n != 2 {
		t.Errorf("%d a second later, want 2", n)
	}
}
