package survey

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"sesame/internal/addr"
	"sesame/internal/safetext"
	"sesame/transit/natkind"
	"sesame/transit/way/mapped"
)

// A view is how this computer looks from outside, over one address family.
type view struct {
	natkind.Result
	err error
}

// views asks STUN servers over both families.
func views(ctx context.Context, servers []string) (v4, v6 view) {
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
	discover := func(servers []netip.AddrPort) func() view {
		return start(func() view {
			r, err := natkind.Discover(ctx, servers)
			return view{r, err}
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

// finding says how UDP goes over IPv4.
func (v *view) finding(named int) Finding {
	switch {
	case named == 0:
		return Finding{"NAT", Remark, "not known: the server answers no STUN", "name a STUN server: --stun HOST:PORT"}
	case v.Asked == 0:
		return Finding{"NAT", Remark, "not known: no STUN server has an IPv4 address, or this computer has none", ""}
	case v.Answered == 0:
		return Finding{"UDP", Problem, "blocked, here or there: no STUN server answers", "direct ways then need TCP: the same network, IPv6, or a port that the router leads here"}
	case !v.Translated && !outside(v.Mapped.Addr()):
		return Finding{"NAT", Remark, "not known: the STUN server is on this network", "name one outside: --stun HOST:PORT"}
	case !v.Translated:
		return Finding{"NAT", Fine, fmt.Sprintf("none: %s is this computer's own address; filtering is %s", v.Mapped.Addr(), v.Filtering), ""}
	}
	f := Finding{"NAT", Fine, fmt.Sprintf("seen from outside as %s; mapping is %s, filtering is %s", v.Mapped.Addr(), v.Mapping, v.Filtering), ""}
	if v.Symmetric() {
		f.State = Remark
		f.Text += " (a symmetric NAT)"
		f.Advice = "where nothing else helps, have the router forward a port, or turn on its UPnP or NAT-PMP"
	}
	return f
}

// outside reports whether an address is one that the Internet may see.
func outside(ip netip.Addr) bool {
	return addr.KindOf(ip) == addr.Public
}

// finding6 says how UDP goes over IPv6.
func (v *view) finding6(route bool) Finding {
	switch {
	case !route:
		return Finding{"IPv6", Remark, "this computer has none", ""}
	case v.Asked == 0:
		return Finding{"IPv6", Remark, "there is a route; no server with an IPv6 address could be asked whether it works", ""}
	case v.Answered == 0:
		return Finding{"IPv6", Problem, "there is a route, but nothing comes back", "it slows other programs down, too: repair it or turn it off"}
	}
	return Finding{"IPv6", Fine, fmt.Sprintf("works, from %s; filtering is %s", v.Mapped.Addr(), v.Filtering), ""}
}

// mapTime is how long a router may take to say whether it leads ports here.
const mapTime = 3 * time.Second

// leads asks the router to lead a port here, and gives it back.
func leads(ctx context.Context) (f Finding, at netip.AddrPort) {
	if _, err := mapped.Gateway(); err != nil {
		return Finding{"port mapping", Remark, "not asked for: there is no router on this network that packets go through", ""}, at
	}
	l, err := net.Listen("tcp4", ":0")
	if err != nil {
		return Finding{"port mapping", Remark, "not asked for: " + safetext.Line(err.Error(), 100), ""}, at
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
			if !outside(at.Addr()) {
				return Finding{"port mapping", Remark, fmt.Sprintf("the router leads ports of %s here, but is behind another NAT itself", at.Addr()), ""}, netip.AddrPort{}
			}
			return Finding{"port mapping", Fine, fmt.Sprintf("the router leads ports of %s here", at.Addr()), ""}, at
		}
		select {
		case <-m.Changed():
		case <-ctx.Done():
			return Finding{"port mapping", Remark, "the router offers none (PCP, NAT-PMP, UPnP)", ""}, at
		}
	}
}
