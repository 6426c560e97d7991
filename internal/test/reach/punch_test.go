//go:build linux

package reach

import (
	"slices"
	"testing"
	"time"

	"sesame/internal/test/netlab"
)

// Fails if a transfer hangs, or sends much twice, because the way past the NATs
// breaks in the middle of it; or if it isn't found again once it is whole.
//
//	        Internet ── server
//	   ┌───────┴─ cut, ─┐
//	 Router   mended  Router
//	   │                │
//	sender           receiver
func TestPunchedPathLost(t *testing.T) {
	t.Parallel()
	i := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, i, ipv4))
	home, office := netlab.NewRouter(t, i, netlab.PortRestricted, ipv4), netlab.NewRouter(t, i, netlab.AddressRestricted, ipv4)
	sender, receiver := netlab.NewHost(t, home, ipv4), netlab.NewHost(t, office, ipv4)
	f := m.flowing(sender, receiver, 176<<20) // what carries is told once in ten seconds
	m.connected(quickly, throughNAT)
	i.Cut(t, home.Address, office.Address, "drop")
	f.goesOn(10 * time.Second)
	for _, p := range m.both() {
		p.Await(t, quickly, `(?s)through NAT.*`+m.relayed())
	}
	i.Mend(t)
	for _, p := range m.both() {
		p.Await(t, 3*quickly, `(?s)through NAT.*`+m.relayed()+`.*through NAT`)
	}
	m.arrived()
	f.sentOnce()
}

// Fails if a computer that is carried from one NAT to another doesn't find a way
// past that one.
//
//	server
//	  └── Internet ─┬─ Router ─── receiver
//	                ├─ Router ─── sender, at first
//	                └─ Router ─── sender, then
func TestPunchedAgainFromElsewhere(t *testing.T) {
	t.Parallel()
	i := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, i, ipv4))
	home, mobile := netlab.NewRouter(t, i, netlab.PortRestricted, ipv4), netlab.NewRouter(t, i, netlab.CarrierGrade, ipv4)
	sender := netlab.NewHost(t, home, ipv4)
	receiver := netlab.NewHost(t, netlab.NewRouter(t, i, netlab.PortRestricted, ipv4), ipv4)
	f := m.flowing(sender, receiver, 96<<20)
	m.connected(quickly, throughNAT)
	f.moved(sender)
	sender.Move(t, mobile, ipv4)
	f.goesOn(10 * time.Second)
	// The sender knows that its address is gone. The receiver may see the new way
	// before it gives up the old one, and then has nothing to say.
	m.sender.Await(t, 2*quickly, `(?s)through NAT.*(relay|lost).*through NAT`)
	m.arrived()
	// Which way carries most, and is told last, is the choice of lanes; that there is one
	// past the other NAT shows by its being told again.
	all := paths(m.receiver)
	if other := slices.IndexFunc(all, func(p string) bool { return p != throughNAT }); other >= 0 && !slices.Contains(all[other:], throughNAT) {
		t.Errorf("the receiver was on %q", all)
	}
	f.sentOnce()
}

// Fails if a way past NATs is of no use because large packets vanish on it, and
// nobody is told.
//
//	        Internet ── server
//	   ┌───────┴────────┐
//	 Router           Router      IPv4 packets of 1280 bytes at most
//	   │                │
//	sender           receiver
func TestPunchedThroughNarrowLink(t *testing.T) {
	t.Parallel()
	i := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, i, ipv4))
	home, office := netlab.NewRouter(t, i, netlab.PortRestricted, ipv4), netlab.NewRouter(t, i, netlab.PortRestricted, ipv4)
	if err := office.IP("link set wan mtu 1280"); err != nil {
		t.Fatal(err)
	}
	netlab.Forward(t, home.Stack, "meta l4proto icmp drop")
	// For TCP, routers at such links tell both ends.
	netlab.Forward(t, office.Stack, "meta l4proto icmp drop", "tcp flags & syn == syn tcp option maxseg size set 1240")
	m.transfer(netlab.NewHost(t, home, ipv4), netlab.NewHost(t, office, ipv4), 12<<20, "--limit", "4M")
	m.connected(quickly, throughNAT)
	m.arrived()
	if all := paths(m.sender); all[len(all)-1] != throughNAT {
		t.Errorf("it ended up on %q", all)
	}
}

// Fails if NATs that keep the numbers of ports are in the way where no STUN server
// is known: the mailbox server has told each side its address.
//
//	        Internet ── server, without STUN
//	   ┌───────┴────────┐
//	 Router           Router
//	   │                │
//	sender           receiver
func TestNATsWithoutSTUN(t *testing.T) {
	t.Parallel()
	i := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, i, ipv4))
	m.relay.Kill()
	m.relayFlags = []string{"--no-stun"}
	m.startRelay()
	home, office := netlab.NewRouter(t, i, netlab.PortRestricted, ipv4), netlab.NewRouter(t, i, netlab.PortRestricted, ipv4)
	m.transfer(netlab.NewHost(t, home, ipv4), netlab.NewHost(t, office, ipv4), 200<<20)
	for _, p := range m.both() {
		p.Await(t, quickly, "Connected: .*through NAT|(?s)"+m.relayed()+".*through NAT")
	}
	m.arrived()
}
