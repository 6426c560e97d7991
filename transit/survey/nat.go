package survey

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"sesame/internal/addr"
	"sesame/internal/gateway"
	"sesame/transit"
	"sesame/transit/natkind"
	"sesame/transit/way"
)

// Outside reports whether the Internet sees this computer at an address that it may
// see. A server on this network has seen no NAT.
func (s *Seen) Outside() bool {
	return s.Answered > 0 && addr.KindOf(s.Mapped.Addr()) == addr.Public
}

// Open reports whether everybody's packets get in here: there is no NAT, and no
// filter that looks at ports.
func (s *Seen) Open() bool {
	return s.Answered > 0 && !s.Translated && s.Filtering != natkind.AddressAndPortDependent
}

// views asks STUN servers over both families.
func views(ctx context.Context, servers []string) (v4, v6 Seen) {
	ctx, cancel := context.WithTimeout(ctx, laterTime)
	defer cancel()
	var addrs4, addrs6 []netip.AddrPort
	for _, s := range servers {
		for _, a := range resolve(ctx, s) {
			if a.Addr().Is4() {
				addrs4 = append(addrs4, a)
			} else {
				addrs6 = append(addrs6, a)
			}
		}
	}
	discover := func(servers []netip.AddrPort) func() Seen {
		return start(func() Seen {
			r, err := natkind.Discover(ctx, servers)
			return Seen{r, err}
		})
	}
	wait4, wait6 := discover(addrs4), discover(addrs6)
	return wait4(), wait6()
}

// resolve looks up a server, "host:port".
func resolve(ctx context.Context, server string) (addrs []netip.AddrPort) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	addrs, _ = addr.Lookup(ctx, server, 4)
	return addrs
}

// ports finds out which STUN servers answer, each by itself.
func ports(ctx context.Context, servers []string) (all []Port) {
	var waits []func() Port
	for _, s := range servers {
		waits = append(waits, start(func() Port {
			v4, v6 := views(ctx, []string{s})
			return Port{s, v4, v6}
		}))
	}
	for _, wait := range waits {
		all = append(all, wait())
	}
	return all
}

// mapTime is how long a router may take to say whether it leads ports here.
const mapTime = 3 * time.Second

// leads asks the router to lead a port here, by the ways that do so for others, and
// has it given back.
func leads(ctx context.Context) Mapping {
	if _, err := gateway.Default(); err != nil {
		return Mapping{}
	}
	l, err := net.Listen("tcp4", ":0")
	if err != nil {
		return Mapping{Router: true, Err: err}
	}
	defer l.Close()
	site := way.NewSite(way.Config{Logger: slog.New(slog.DiscardHandler)}, true, addr.Own())
	site.Listens(way.TCP, addr.Of(l.Addr()))
	ctx, cancel := context.WithTimeout(ctx, mapTime)
	defer cancel()
	for w := range transit.Ways().All() {
		if w.Form().Type != "" { // it has addresses of its own
			continue
		}
		f, err := w.Open(ctx, site)
		if err != nil {
			continue
		}
		at := led(ctx, site, f)
		f.Close() // gives it back, within little more than a second
		if at.IsValid() {
			return Mapping{Router: true, At: at}
		}
	}
	return Mapping{Router: true}
}

// led waits until a router leads to the site's port, and returns its address; the zero
// value if none does in time.
func led(ctx context.Context, site *way.Site, f way.Finder) netip.Addr {
	for {
		if at, ok := site.Led(way.TCP); ok {
			return at.Addr()
		}
		select {
		case <-f.Changed():
		case <-ctx.Done():
			return netip.Addr{}
		}
	}
}

// Useful reports whether the Internet gets to the port by it: the router isn't
// behind another NAT.
func (m *Mapping) Useful() bool {
	return m.At.IsValid() && addr.KindOf(m.At) == addr.Public
}
