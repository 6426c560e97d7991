package door

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"sesame/relay/source"
)

var epoch = time.Unix(1_700_000_000, 0)

// defaults are limits of a server, but for how many places there are.
func defaults(conns int) Limits {
	return Limits{Conns: conns, ConnsPerSource: 256, Accepts: 500, AcceptsPerSource: 20, Remembered: 1 << 14, IdleTime: time.Minute}
}

// A crowd comes through a door.
type crowd struct {
	*Door
	now time.Time
}

func newCrowd(l Limits) *crowd { return &crowd{New(l), epoch} }

// come has somebody try to get in.
func (c *crowd) come(ip string) (g *Guest, why Why, gone *Guest) {
	g = &Guest{Cut: func() {}}
	g.Source, _ = source.At(netip.MustParseAddr(ip), false)
	why, gone = c.Admit(g, c.now)
	return g, why, gone
}

// pass reports whether somebody gets in, who leaves at once.
func (c *crowd) pass(ip string) bool {
	g, why, _ := c.come(ip)
	c.Leave(g)
	return why == Welcome
}

// passing is how many of some tries get in.
func (c *crowd) passing(ip string, tries int) (n int) {
	for range tries {
		if c.pass(ip) {
			n++
		}
	}
	return n
}

// inNetwork returns an address of the ith /64 of a /48.
func inNetwork(i int) string { return fmt.Sprintf("2001:db8:7:%x::1", i) }

// Fails when connections are accepted faster than they may be, when one source
// uses up the rate of all.
func TestAcceptRate(t *testing.T) {
	l := defaults(1 << 20)
	l.Accepts, l.AcceptsPerSource = 10, 2
	c := newCrowd(l)
	if n := c.passing("192.0.2.1", 100); n != 20 {
		t.Errorf("%d of a source at once, want 20", n)
	}
	if n := c.passing("2001:db8::1", 10) + c.passing("2001:db8::ffff:2", 100); n != 20 {
		t.Errorf("%d of a network at once, want 20", n)
	}
	if n := c.passing("198.51.100.1", 100); n != 0 { // 40 are all that all may have
		t.Errorf("%d more of another", n)
	}
	if n := c.passing("127.0.0.1", 100); n != 0 { // it is a source like any other
		t.Errorf("%d of this machine", n)
	}
	c.now = c.now.Add(time.Second)
	if n := c.passing("192.0.2.1", 100); n != 1 { // it has tried often, and little is left for all
		t.Errorf("%d a second later, want 1", n)
	}
	if n := c.passing("203.0.113.1", 5); n != 5 {
		t.Errorf("%d of one that hasn't tried, want 5", n)
	}
	c.now = c.now.Add(time.Minute)
	c.passing("192.0.2.1", 100)
	c.now = c.now.Add(5 * time.Second)
	if n := c.passing("192.0.2.1", 100); n != 10 {
		t.Errorf("%d five seconds after a burst, want 10", n)
	}
}

// Fails when those who come once are refused beside a flood, whoever makes it: from one
// address, from 50, from one /48, each at 2,000 a second.
func TestFloods(t *testing.T) {
	for name, from := range map[string]func(i int) string{
		"one address":  func(int) string { return "192.0.2.1" },
		"50 addresses": func(i int) string { return fmt.Sprintf("192.0.2.%d", i%50) },
		"a /48":        inNetwork,
	} {
		c := newCrowd(defaults(26_000))
		honest, served, flooded := 0, 0, 0
		for i := range 60_000 { // half a minute
			c.now = epoch.Add(time.Duration(i) * time.Second / 2000)
			if c.pass(from(i % 60_000)) {
				flooded++
			}
			if i%250 == 0 { // eight a second
				honest++
				if c.pass(fmt.Sprintf("198.51.100.%d", honest%200)) {
					served++
				}
			}
		}
		if 100*served < 99*honest {
			t.Errorf("%s: %d of %d honest ones are served, and %d of the flood", name, served, honest, flooded)
		}
	}
}

// Fails when one /48 takes all connections.
func TestOneNetworkTakesConnections(t *testing.T) {
	l := defaults(4096)
	l.Accepts, l.AcceptsPerSource = 1<<20, 1<<20
	c := newCrowd(l)
	n := 0
	for i := range 10_000 {
		if _, why, _ := c.come(inNetwork(i % 1000)); why == Welcome {
			n++
		}
	}
	if n != 2048 {
		t.Errorf("a /48 has %d connections, want 2048", n)
	}
	for i := range 60 {
		if _, why, gone := c.come(fmt.Sprintf("2001:db8:100:%x::1", i)); why != Welcome || gone != nil {
			t.Fatalf("honest client %d: %v, gone %v", i, why, gone)
		}
	}
}

// Fails when sixteen connections of one computer shut others out of a sender's own
// mailbox server, whose clients all have addresses of one /64.
func TestNeighboursAreSources(t *testing.T) {
	l := defaults(64)
	l.ConnsPerSource = 16
	d := New(l)
	connect := func(ip string) bool {
		g := &Guest{}
		g.Source, _ = source.At(netip.MustParseAddr(ip), true)
		why, _ := d.Admit(g, epoch)
		return why == Welcome
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

// Fails when a full server takes nobody any more, when room isn't made by the one who has
// most, or when of his connections one goes that matters more than another.
func TestFullMakesRoom(t *testing.T) {
	c := newCrowd(defaults(100))
	uses := []Use{Carrying, Meeting, Waiting, Idle, Carrying, Greeting}
	var greedy []*Guest
	for i := range 60 {
		g, why, _ := c.come("192.0.2.1")
		if why != Welcome {
			t.Fatal(why)
		}
		c.Uses(g, uses[i%len(uses)], c.now)
		greedy = append(greedy, g)
	}
	for i := range 40 {
		c.come(fmt.Sprintf("198.51.100.%d", i))
	}
	lost := make(map[Use]int)
	for i := range 59 { // until he has one left, like the newcomers
		c.now = c.now.Add(time.Second)
		_, why, gone := c.come(fmt.Sprintf("203.0.113.%d", i))
		if why != Welcome || gone == nil || gone.Source != greedy[0].Source {
			t.Fatalf("newcomer %d: %v, gone %+v", i, why, gone)
		}
		for u := range gone.use {
			if lost[u] < 60/len(uses) {
				t.Errorf("a use of %d goes before all those of %d have", gone.use, u)
			}
		}
		lost[gone.use]++
	}
	if gone := c.Len(); gone != 100 {
		t.Errorf("%d are open", gone)
	}
	c.now = c.now.Add(time.Minute)
	if _, why, gone := c.come("203.0.113.200"); why != Full || gone != nil {
		t.Errorf("when nobody has two: %v, gone %v", why, gone)
	}
	if _, why, _ := c.come("198.51.100.1"); why != Full {
		t.Errorf("who has one gets another: %v", why)
	}
}

// Fails when a /48 whose /64s have one connection each doesn't count as one that has many.
func TestFullByNetwork(t *testing.T) {
	l := defaults(1000)
	l.ConnsPerSource = 100
	c := newCrowd(l)
	for i := range 500 {
		c.now = c.now.Add(time.Second)
		if _, why, _ := c.come(inNetwork(i)); why != Welcome {
			t.Fatalf("%d: %v", i, why)
		}
	}
	for i := range 250 {
		for range 2 {
			c.come(fmt.Sprintf("198.51.100.%d", i))
		}
	}
	_, why, gone := c.come("203.0.113.1")
	if why != Welcome || gone == nil || gone.Source.Widest() != netip.MustParsePrefix("2001:db8:7::/48") {
		t.Errorf("%v, gone %+v", why, gone)
	}
}

// Fails when clients that do nothing stay while places are scarce, when they go while
// there are enough or before their time, or when it isn't the largest source's first.
func TestIdleOnesGo(t *testing.T) {
	c := newCrowd(defaults(100))
	var idle []*Guest
	fill := func(ip string, n int, u Use) {
		for range n {
			g, why, _ := c.come(ip)
			if why != Welcome {
				t.Fatalf("%s: %v", ip, why)
			}
			c.Uses(g, u, c.now)
			if u == Idle {
				idle = append(idle, g)
			}
		}
	}
	fill("192.0.2.1", 30, Idle)
	fill("192.0.2.2", 20, Idle)
	fill("192.0.2.3", 39, Meeting)
	c.now = c.now.Add(time.Minute)
	if gone := c.Tick(c.now); len(gone) != 0 {
		t.Errorf("%d go though there is room", len(gone))
	}
	fill("192.0.2.4", 6, Idle)
	c.Uses(idle[0], Meeting, c.now) // one has begun something
	c.now = c.now.Add(30 * time.Second)
	gone := c.Tick(c.now)
	if len(gone) != 6 {
		t.Fatalf("%d go of 95, want 6", len(gone))
	}
	for _, g := range gone {
		if g.Source != idle[0].Source || g == idle[0] {
			t.Errorf("one of %v goes", g.Source)
		}
	}
	fill("192.0.2.5", 11, Waiting)
	if gone := c.Tick(c.now); len(gone) != 11 {
		t.Errorf("%d go of 100, want 11", len(gone))
	}
	for range 3 {
		fill("192.0.2.6", 10, Waiting)
		for _, g := range c.Tick(c.now) {
			if g.Source == idle[len(idle)-1].Source {
				t.Error("one goes before its time")
			}
		}
	}
}

// Fails when a proxy's connections count for the proxy, or those that it passes on don't
// count for those for whom it speaks.
func TestExempt(t *testing.T) {
	c := newCrowd(defaults(1000))
	n := 0
	for range 400 {
		g := &Guest{Exempt: true}
		if why, _ := c.Admit(g, c.now); why != Welcome {
			t.Fatalf("the proxy's connection: %v", why)
		}
		s, _ := source.At(netip.MustParseAddr("192.0.2.1"), false)
		if why, _ := c.Identify(g, s, c.now); why == Welcome {
			n++
		}
	}
	if n != 200 || c.Len() != 200 {
		t.Errorf("%d get in for one source, %d are open", n, c.Len())
	}
}

// Fails when something is left of those who have gone.
func TestNothingIsLeft(t *testing.T) {
	c := newCrowd(defaults(50))
	var here []*Guest
	for i := range 5000 {
		c.now = c.now.Add(100 * time.Millisecond)
		ip := []string{fmt.Sprintf("192.0.2.%d", i*7%40), inNetwork(i % 300)}[i%2]
		g, why, _ := c.come(ip)
		if why == Welcome {
			here = append(here, g)
			c.Uses(g, Use(i%5), c.now)
		}
		c.Tick(c.now)
		if len(here) > 40 {
			c.Leave(here[0])
			here = here[1:]
		}
	}
	for _, g := range here {
		c.Leave(g)
	}
	if c.Len() != 0 || c.resting.Len() != 0 || c.tired.Len() != 0 || c.open.Holders() != 0 || c.tired.Holders() != 0 {
		t.Errorf("left: %d, %d resting, %d tired, %d and %d holders", c.Len(), c.resting.Len(), c.tired.Len(), c.open.Holders(), c.tired.Holders())
	}
}
