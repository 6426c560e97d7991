//go:build linux

package reach

import (
	"net/netip"
	"testing"

	"sesame/internal/test/netlab"
)

const (
	sameNetwork = "direct, same network"
	direct      = "direct"
)

var (
	ipv4 = netlab.Wiring{}
	dual = netlab.Wiring{IPv6: true}
)

// Fails if two computers with public addresses don't connect directly, or at
// first by way of the relay.
//
//	server
//	  └── Internet ─┬─ sender
//	                └─ receiver
func TestOpen(t *testing.T) {
	t.Parallel()
	i := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, i, ipv4))
	m.transfer(netlab.NewHost(t, i, ipv4), netlab.NewHost(t, i, ipv4), 2<<20)
	m.arrived()
	m.connected(0, direct)
	m.stayed(direct)
}

// Fails if two computers at home don't find each other in their LAN.
//
//	server                    ┌─ sender
//	  └── Internet ── Router ─┴─ receiver
func TestSameLAN(t *testing.T) {
	t.Parallel()
	i := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, i, ipv4))
	home := netlab.NewRouter(t, i, netlab.Symmetric, ipv4)
	m.transfer(netlab.NewHost(t, home, ipv4), netlab.NewHost(t, home, ipv4), 2<<20)
	m.arrived()
	m.stayed(sameNetwork)
}

// Fails if it matters which of the two, the one that sends or the one that
// receives, can't be dialled because it is behind a NAT.
//
//	server
//	  └── Internet ─┬─ Router ── one
//	                └─ other
func TestOneBehindNAT(t *testing.T) {
	for _, senderInside := range []bool{false, true} {
		t.Run(map[bool]string{true: "sender", false: "receiver"}[senderInside], func(t *testing.T) {
			t.Parallel()
			i := netlab.NewInternet(t)
			m := meetAt(t, netlab.NewHost(t, i, ipv4))
			from, to := netlab.NewHost(t, i, ipv4), netlab.NewHost(t, netlab.NewRouter(t, i, netlab.SymmetricNoUDP, ipv4), ipv4)
			if senderInside {
				from, to = to, from
			}
			m.transfer(from, to, 2<<20)
			m.arrived()
			m.stayed(direct)
		})
	}
}

// Fails if two people at home, each behind a NAT, and with the same addresses
// there, can't send to each other through the relay.
//
//	                Internet ── server
//	      ┌────────────┴────────────┐
//	    Router                    Router          which let no UDP through
//	      │                         │
//	192.168.1.2                192.168.1.2
//	   sender                    receiver
func TestRelayBetweenTwoNATs(t *testing.T) {
	t.Parallel()
	i := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, i, ipv4))
	sender := netlab.NewHost(t, netlab.NewRouter(t, i, netlab.SymmetricNoUDP, ipv4), ipv4)
	receiver := netlab.NewHost(t, netlab.NewRouter(t, i, netlab.SymmetricNoUDP, ipv4), ipv4)
	m.transfer(sender, receiver, 2<<20)
	m.arrived()
	m.stayed(m.relayed())
}

// Fails if --relay-only leads anywhere but through the relay, or tells the peer an
// address.
//
//	server
//	  └── Internet ─┬─ sender
//	                └─ receiver
func TestRelayOnly(t *testing.T) {
	t.Parallel()
	i := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, i, ipv4))
	sender, receiver := netlab.NewHost(t, i, ipv4), netlab.NewHost(t, i, ipv4)
	netlab.Watch(t, i.Stack, "between", "ip saddr "+sender.Address.String()+" ip daddr "+receiver.Address.String(),
		"ip saddr "+receiver.Address.String()+" ip daddr "+sender.Address.String())
	m.transfer(sender, receiver, 2<<20, "--relay-only")
	m.arrived()
	m.stayed(m.relayed())
	if n := netlab.Seen(t, i.Stack, "between"); n > 0 {
		t.Errorf("%d packets passed between the two", n)
	}
}

// Fails if IPv6 isn't used where IPv4 doesn't lead to the other computer.
//
//	server
//	  └── Internet ─┬─ Router ── sender       IPv4 and IPv6; the router lets no
//	                └─ Router ── receiver     IPv6 connections in
//	                └─ receiver, if open
func TestIPv6(t *testing.T) {
	for _, test := range []struct {
		name           string
		receiverInside bool
		want           func(m *meeting) string
	}{
		{"one is firewalled", false, func(*meeting) string { return direct }},
		{"both are firewalled", true, func(m *meeting) string { return "relay " + m.server.Address6.String() + "|direct.*" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			i := netlab.NewInternet(t)
			m := meetAt(t, netlab.NewHost(t, i, dual))
			from := netlab.NewHost(t, netlab.NewRouter(t, i, netlab.SymmetricNoUDP, dual), dual)
			to := netlab.NewHost(t, i, netlab.Wiring{IPv6: true, NoIPv4: true})
			m.url = "ws://[" + m.server.Address6.String() + "]:4000/v1"
			if test.receiverInside {
				to = netlab.NewHost(t, netlab.NewRouter(t, i, netlab.SymmetricNoUDP, dual), dual)
			}
			m.transfer(from, to, 2<<20)
			m.arrived()
			m.stayed(test.want(m))
		})
	}
}

// Fails if a computer with IPv6 can't send to one without, directly or through
// the relay.
//
//	server
//	  └── Internet ─┬─ sender       IPv4 and IPv6
//	                └─ receiver     IPv4
func TestIPv6OnOneSideOnly(t *testing.T) {
	t.Parallel()
	i := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, i, dual))
	m.transfer(netlab.NewHost(t, i, dual), netlab.NewHost(t, i, ipv4), 2<<20)
	m.arrived()
	m.stayed(direct)
}

// Fails if a network where IPv6 packets vanish makes computers wait for them.
//
//	server
//	  └── Internet ─┬─ sender       both have IPv6 addresses, which lead
//	                └─ receiver     nowhere
func TestBrokenIPv6(t *testing.T) {
	t.Parallel()
	i := netlab.NewInternet(t)
	server := netlab.NewHost(t, i, dual)
	i.ServeNames(t, map[string][]netip.Addr{"relay.example.org": {server.Address6, server.Address}})
	netlab.Forward(t, i.Stack, "meta nfproto ipv6 drop")
	m := meetAt(t, server)
	m.url = "ws://relay.example.org:4000/v1"
	m.transfer(netlab.NewHost(t, i, dual), netlab.NewHost(t, i, dual), 2<<20)
	m.connected(quickly, direct)
	m.arrived()
	m.stayed(direct)
}

// Fails if a VPN that connects two computers isn't used.
//
//	server
//	  └── Internet ─┬─ Router ── sender ─────┐
//	                └─ Router ── receiver ─ 100.64.0.0/10
func TestVPN(t *testing.T) {
	t.Parallel()
	i := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, i, ipv4))
	vpn := netlab.NewSwitch(t, netip.MustParsePrefix("100.100.7.0/24"), netip.Prefix{})
	var sides [2]*netlab.Host
	for n := range sides {
		sides[n] = netlab.NewHost(t, netlab.NewRouter(t, i, netlab.SymmetricNoUDP, ipv4), ipv4)
		sides[n].Plug(t, vpn, "vpn0", ipv4)
		if err := sides[n].IP("link set vpn0 mtu 1280"); err != nil {
			t.Fatal(err)
		}
	}
	m.transfer(sides[0], sides[1], 2<<20)
	m.arrived()
	m.stayed(sameNetwork)
}

// Fails if interfaces that lead nowhere, and addresses that both computers have,
// keep two of them from finding the one network they share.
//
//	server
//	  └── Internet ─┬─ Router ── sender ── 10.7.0.0/24
//	                └─ Router ── receiver ──── ┘            both: 172.17.0.1/16 for
//	                                                        containers, and 10.8.0.2/16
//	                                                        in a VPN of their own
func TestManyInterfaces(t *testing.T) {
	t.Parallel()
	i := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, i, ipv4))
	shared := netlab.NewSwitch(t, netip.MustParsePrefix("10.7.0.0/24"), netip.Prefix{})
	var sides [2]*netlab.Host
	for n := range sides {
		h := netlab.NewHost(t, netlab.NewRouter(t, i, netlab.SymmetricNoUDP, ipv4), ipv4)
		if err := h.IP("link add docker0 type bridge", "address add 172.17.0.1/16 dev docker0", "link set docker0 up"); err != nil {
			t.Fatal(err)
		}
		h.Plug(t, netlab.NewSwitch(t, netip.MustParsePrefix("10.8.0.0/16"), netip.Prefix{}), "vpn0", ipv4)
		h.Plug(t, shared, "eth1", ipv4)
		sides[n] = h
	}
	m.transfer(sides[0], sides[1], 2<<20)
	m.connected(quickly, sameNetwork)
	m.arrived()
	m.stayed(sameNetwork)
}
