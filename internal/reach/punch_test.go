//go:build linux

package reach

import (
	"testing"
	"time"

	"sesame/internal/netlab"
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
	f := m.flowing(sender, receiver, 96<<20)
	m.connected(quickly, throughNAT)
	i.Cut(t, home.Address, office.Address, "drop")
	f.goesOn(10 * time.Second)
	for _, p := range m.both() {
		p.Await(t, quickly, `(?s)through NAT.*`+m.relayed())
	}
	i.Mend(t)
	for _, p := range m.both() {
		p.Await(t, 2*quickly, `(?s)through NAT.*`+m.relayed()+`.*through NAT`)
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
	for _, p := range m.both() {
		p.Await(t, 2*quickly, `(?s)through NAT.*(relay|lost).*through NAT`)
	}
	m.arrived()
	f.sentOnce()
}
