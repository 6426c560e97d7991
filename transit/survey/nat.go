package survey

import (
	"context"
	"net"
	"net/netip"
	"time"

	"sesame/internal/addr"
	"sesame/transit/natkind"
	"sesame/transit/way/mapped"
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

// leads asks the router to lead a port here, and gives it back.
func leads(ctx context.Context) Mapping {
	if _, err := mapped.Gateway(); err != nil {
		return Mapping{}
	}
	l, err := net.Listen("tcp4", ":0")
	if err != nil {
		return Mapping{Router: true, Err: err}
	}
	defer l.Close()
	port := addr.Of(l.Addr()).Port()
	m := mapped.New(mapped.Config{})
	defer m.Close() // gives it back, within little more than a second
	m.Map(mapped.TCP, port)
	ctx, cancel := context.WithTimeout(ctx, mapTime)
	defer cancel()
	for {
		if at, ok := m.Mapped(mapped.TCP, port); ok {
			return Mapping{Router: true, At: at.Addr()}
		}
		select {
		case <-m.Changed():
		case <-ctx.Done():
			return Mapping{Router: true}
		}
	}
}

// Useful reports whether the Internet gets to the port by it: the router isn't
// behind another NAT.
func (m *Mapping) Useful() bool {
	return m.At.IsValid() && addr.KindOf(m.At) == addr.Public
}
