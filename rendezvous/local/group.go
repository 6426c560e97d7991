//go:build !js

package local

import (
	"errors"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"sesame/internal/tokens"
)

// The groups of multicast DNS. Packets to them aren't forwarded by routers.
var (
	group4 = &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353}
	group6 = &net.UDPAddr{IP: net.ParseIP("ff02::fb"), Port: 5353}
)

const (
	scanEvery = 2 * time.Second // for new interfaces and addresses
	// maxRate is how many packets a second are looked at: many more than any
	// honest network has of them.
	maxRate = 500
	ttl     = 255 // RFC 6762 §11
)

// A group is our membership in the multicast groups, on all links.
type group struct {
	v4 *ipv4.PacketConn // nil where there is no IPv4
	v6 *ipv6.PacketConn // nil where there is no IPv6

	sending sync.Mutex // a packet's link is set before it is sent
	mu      sync.Mutex
	links   map[int]link

	in      chan arrival  // what is received; closed after close
	done    chan struct{} // closed by close
	ending  sync.Once
	readers sync.WaitGroup
}

// arrival is a packet from an address on the given links.
type arrival struct {
	packet
	from  netip.Addr
	links []int
}

// join opens the sockets and begins to receive. Port 5353 is shared with other
// programs that speak multicast DNS on this computer.
func join() (*group, error) {
	g := &group{in: make(chan arrival), done: make(chan struct{})}
	c4, err4 := net.ListenPacket("udp4", group4.String())
	if err4 == nil {
		g.v4 = ipv4.NewPacketConn(c4)
		g.v4.SetMulticastTTL(ttl)
		g.v4.SetMulticastLoopback(true) // for others on this computer
	}
	c6, err6 := net.ListenPacket("udp6", group6.String())
	if err6 == nil {
		g.v6 = ipv6.NewPacketConn(c6)
		g.v6.SetMulticastHopLimit(ttl)
		g.v6.SetMulticastLoopback(true)
	}
	if err4 != nil && err6 != nil {
		return nil, err4
	}
	g.scan()
	if g.v4 != nil {
		g.readers.Go(func() {
			g.read(func(b []byte) (int, net.Addr, error) { n, _, from, err := g.v4.ReadFrom(b); return n, from, err })
		})
	}
	if g.v6 != nil {
		g.readers.Go(func() {
			g.read(func(b []byte) (int, net.Addr, error) { n, _, from, err := g.v6.ReadFrom(b); return n, from, err })
		})
	}
	return g, nil
}

// close leaves the groups and returns when nothing is received any more.
func (g *group) close() {
	g.ending.Do(func() {
		close(g.done)
		if g.v4 != nil {
			g.v4.Close()
		}
		if g.v6 != nil {
			g.v6.Close()
		}
		g.readers.Wait()
		close(g.in)
	})
}

// scan looks for links, joins the groups on new ones, and returns the links that
// are new or have changed.
func (g *group) scan() map[int]bool {
	now := findLinks()
	g.mu.Lock()
	before := g.links
	g.links = now
	g.mu.Unlock()
	changed := changedLinks(before, now)
	for _, index := range slices.Sorted(maps.Keys(changed)) { // systems have limits: the oldest first
		l := now[index]
		if g.v4 != nil {
			g.v4.JoinGroup(&l.iface, group4) // again is an error that means nothing
		}
		if g.v6 != nil {
			g.v6.JoinGroup(&l.iface, group6)
		}
	}
	return changed
}

func (g *group) all() map[int]link {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.links
}

// indexes returns the links' numbers.
func (g *group) indexes() []int { return slices.Sorted(maps.Keys(g.all())) }

// send sends b on a link, over both protocols. Where that can't be, nobody is
// reached; others may be on other links.
func (g *group) send(index int, b []byte) {
	l, ok := g.all()[index]
	if !ok {
		return
	}
	g.sending.Lock()
	defer g.sending.Unlock()
	if g.v4 != nil && g.v4.SetMulticastInterface(&l.iface) == nil {
		g.v4.SetWriteDeadline(time.Now().Add(time.Second))
		g.v4.WriteTo(b, nil, group4)
	}
	if g.v6 != nil && g.v6.SetMulticastInterface(&l.iface) == nil {
		g.v6.SetWriteDeadline(time.Now().Add(time.Second))
		g.v6.WriteTo(b, nil, &net.UDPAddr{IP: group6.IP, Port: group6.Port, Zone: l.iface.Name})
	}
}

// read receives from one socket until close. It drops what isn't understood, what
// comes too fast, and what doesn't come from an address on one of our links and
// the port of multicast DNS.
func (g *group) read(next func([]byte) (int, net.Addr, error)) {
	b := make([]byte, maxPacket+1)
	var rate limit
	for {
		n, from, err := next(b)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // of an interface that went away, for one
			select {
			case <-time.After(50 * time.Millisecond):
			case <-g.done:
				return
			}
			continue
		}
		src, ok := from.(*net.UDPAddr)
		if !ok || src.Port != group4.Port || !rate.allow(time.Now()) {
			continue
		}
		ip := src.AddrPort().Addr().Unmap()
		links := linksOf(g.all(), ip)
		if len(links) == 0 {
			continue
		}
		p, err := parse(b[:n])
		if err != nil || len(p.asked)+len(p.claims) == 0 {
			continue
		}
		select {
		case g.in <- arrival{p, ip, links}:
		case <-g.done:
			return
		}
	}
}

// A limit allows maxRate events a second, half of them at once.
type limit struct{ tokens.Bucket }

func (l *limit) allow(now time.Time) bool {
	return l.Allow(time.Second/maxRate, time.Second/2, now)
}
