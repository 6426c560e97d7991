//go:build linux

package reach

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"sesame/internal/test/netlab"
)

// Fails if a way that carries small packets only, and doesn't say so, holds a
// transfer up for good: the direct one, or all that lead to one of the two.
//
//	server
//	  └── Internet ─┬─ sender
//	     └ black    └─ receiver     packets of more than 1300, 1000 or 600 bytes
//	       hole                     vanish
func TestLargePacketsVanish(t *testing.T) {
	for _, test := range []struct {
		everywhere bool
		most       int
	}{{false, 1300}, {true, 1300}, {false, 600}, {true, 1000}, {true, 600}} {
		name := map[bool]string{false: "between the two", true: "to and from the receiver"}[test.everywhere]
		t.Run(fmt.Sprintf("%d bytes, %s", test.most, name), func(t *testing.T) {
			t.Parallel()
			i := netlab.NewInternet(t)
			// Links, so that packets have the size here that they have on the wire.
			link := netlab.Wiring{Link: &netlab.Link{Delay: time.Millisecond}}
			m := meetAt(t, netlab.NewHost(t, i, link))
			sender, receiver := netlab.NewHost(t, i, link), netlab.NewHost(t, i, link)
			from := "ip saddr " + sender.Address.String()
			to := "ip daddr " + sender.Address.String()
			if test.everywhere {
				from, to = "", ""
			}
			netlab.Forward(t, i.Stack,
				fmt.Sprintf("%s ip daddr %s ip length > %d drop", from, receiver.Address, test.most),
				fmt.Sprintf("%s ip saddr %s ip length > %d drop", to, receiver.Address, test.most))
			m.transfer(sender, receiver, 8<<20)
			m.arrivedWithin(40 * time.Second)
		})
	}
}

// Fails if a transfer doesn't go on, or much crosses twice, when large packets vanish from
// one moment on, and nobody says so.
func TestLargePacketsVanishLater(t *testing.T) {
	t.Parallel()
	i := netlab.NewInternet(t)
	link := netlab.Wiring{Link: &netlab.Link{Delay: time.Millisecond}}
	m := meetAt(t, netlab.NewHost(t, i, link))
	sender, receiver := netlab.NewHost(t, i, link), netlab.NewHost(t, i, link)
	f := m.flowing(sender, receiver, 32<<20)
	netlab.Forward(t, i.Stack,
		fmt.Sprintf("ip daddr %s ip length > 1000 drop", receiver.Address),
		fmt.Sprintf("ip saddr %s ip length > 1000 drop", receiver.Address))
	m.arrivedWithin(2 * patience)
	f.sentOnce()
}

// only443 lets computers behind a router connect to port 443, over TCP, and
// nothing else.
func only443(t *testing.T, i *netlab.Internet) *netlab.Router {
	r := netlab.NewRouter(t, i, netlab.Symmetric, ipv4)
	netlab.Forward(t, r.Stack, "iifname lan tcp dport 443 accept", "iifname lan drop")
	return r
}

// Fails if two networks that let nothing out but connections to port 443 can't be
// got out of, or if a server on another port is waited for for long there, or
// without a word.
//
//	server ── Internet ─┬─ Router ── sender        both routers: TCP to port 443
//	                    └─ Router ── receiver      only
func TestOnlyPort443(t *testing.T) {
	t.Run("server on port 443", func(t *testing.T) {
		t.Parallel()
		i := netlab.NewInternet(t)
		m := meetAtPort(t, netlab.NewHost(t, i, ipv4), 443)
		m.transfer(netlab.NewHost(t, only443(t, i), ipv4), netlab.NewHost(t, only443(t, i), ipv4), 2<<20)
		m.arrived()
		m.stayed(m.relayed() + ".*")
	})
	t.Run("server on another", func(t *testing.T) {
		t.Parallel()
		i := netlab.NewInternet(t)
		m := meetAt(t, netlab.NewHost(t, i, ipv4))
		p := m.start(netlab.NewHost(t, only443(t, i), ipv4), m.onReceiver, []string{"receive", "--server", m.url, "7-galveston-goldfish"})
		if code := p.Exit(t, patience); code != 7 || !strings.Contains(p.Err.String(), "can't reach the server") {
			t.Errorf("exit code %d, want 7", code)
		}
	})
}

// Fails if a network that wants a log-in in a browser first isn't recognised.
//
//	server ── Internet ── Router ── receiver     the router leads all connections
//	             └─ portal                       to its portal, a web page
func TestCaptivePortal(t *testing.T) {
	t.Parallel()
	i := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, i, ipv4))
	portal := netlab.NewHost(t, i, ipv4)
	router := netlab.NewRouter(t, i, netlab.Symmetric, ipv4)
	router.Rules(t, fmt.Sprintf(`table ip portal {
	chain lead {
		type nat hook prerouting priority dstnat - 1
		iifname lan meta l4proto tcp dnat to %s:80
	}
}
`, portal.Address))
	var listener net.Listener
	err := portal.Do(func() (err error) { listener, err = net.Listen("tcp", ":80"); return err })
	if err != nil {
		t.Fatal(err)
	}
	web := &http.Server{Handler: http.RedirectHandler("http://portal.example/login", http.StatusFound)}
	go web.Serve(listener)
	t.Cleanup(func() { web.Close() })
	p := m.start(netlab.NewHost(t, router, ipv4), m.onReceiver, []string{"receive", "--server", m.url, "7-galveston-goldfish"})
	if code := p.Exit(t, patience); code != 7 || !strings.Contains(p.Err.String(), "log") {
		t.Errorf("exit code %d, want 7 and a word about a log-in", code)
	}
}

// Fails if a peer can make a computer send to addresses of private networks that
// it isn't in, but can reach.
//
//	server ── Internet ─┬─ Router ── sender, has 172.20.9.9 as well
//	                    └─ Router ── receiver     192.168.1.2
func TestHintsIntoPrivateNetworks(t *testing.T) {
	t.Parallel()
	i := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, i, ipv4))
	office := netlab.NewRouter(t, i, netlab.PortRestricted, ipv4)
	sender := netlab.NewHost(t, netlab.NewRouter(t, i, netlab.PortRestricted, ipv4), ipv4)
	receiver := netlab.NewHost(t, office, ipv4)
	if err := sender.IP("address add 172.20.9.9/16 dev eth0", "address add 10.20.9.9/16 dev eth0"); err != nil {
		t.Fatal(err)
	}
	netlab.Watch(t, office.Stack, "private", "ip daddr 172.16.0.0/12", "ip daddr 10.0.0.0/8")
	m.transfer(sender, receiver, 4<<20, "--limit", "1M")
	m.arrived()
	if n := netlab.Seen(t, office.Stack, "private"); n > 0 {
		t.Errorf("the receiver sent %d packets to private networks that it isn't in", n)
	}
}

// Fails if two homes behind the same carrier's NAT don't use it where that lets
// them, or don't do without where it doesn't.
//
//	server ── Internet ── carrier ─┬─ Router ── sender
//	                               └─ Router ── receiver
func TestSameCarrier(t *testing.T) {
	for _, hairpin := range []bool{false, true} {
		t.Run(map[bool]string{false: "refuses", true: "hairpins"}[hairpin], func(t *testing.T) {
			t.Parallel()
			i := netlab.NewInternet(t)
			m := meetAt(t, netlab.NewHost(t, i, ipv4))
			nat := netlab.CarrierGrade
			nat.Hairpin = hairpin
			carrier := netlab.NewRouter(t, i, nat, ipv4)
			sender := netlab.NewHost(t, netlab.NewRouter(t, carrier, netlab.PortRestricted, ipv4), ipv4)
			receiver := netlab.NewHost(t, netlab.NewRouter(t, carrier, netlab.PortRestricted, ipv4), ipv4)
			m.transfer(sender, receiver, 5<<20, "--limit", "1M")
			if hairpin {
				m.connected(quickly, throughNAT)
			}
			m.arrived()
			if !hairpin {
				m.stayed(m.relayed())
			}
		})
	}
}

// Fails if a transfer doesn't survive that a router forgets its mappings, as when
// it is switched off and on.
//
//	server ── Internet ─┬─ Router ── sender       this one forgets
//	                    └─ Router ── receiver
func TestRouterForgets(t *testing.T) {
	for _, test := range []struct {
		name string
		nat  netlab.NAT
	}{{"port-restricted", netlab.PortRestricted}, {"symmetric", netlab.Symmetric}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			i := netlab.NewInternet(t)
			m := meetAt(t, netlab.NewHost(t, i, ipv4))
			router := netlab.NewRouter(t, i, test.nat, ipv4)
			sender := netlab.NewHost(t, router, ipv4)
			receiver := netlab.NewHost(t, netlab.NewRouter(t, i, netlab.AddressRestricted, ipv4), ipv4)
			f := m.flowing(sender, receiver, 64<<20)
			m.connected(quickly, throughNAT)
			router.Restart(t)
			f.goesOn(10 * time.Second)
			m.arrived()
			f.sentOnce()
		})
	}
}
