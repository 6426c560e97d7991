//go:build linux

package reach

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"sesame/internal/test/netlab"
)

// answering makes a router one that answers what is for nobody.
func answering(n netlab.NAT) netlab.NAT {
	n.Unexpected = netlab.Answered
	return n
}

// routers are the networks whose routers differ in what they do with a packet that is for
// nobody.
var routers = []kind{
	{"drops", []netlab.NAT{netlab.PortRestricted}},
	{"answers", []netlab.NAT{netlab.Answering}},
	{"rejects", []netlab.NAT{netlab.Rejecting}},
	{"address-restricted", []netlab.NAT{netlab.AddressRestricted}},
	{"carrier's answers, own answers", []netlab.NAT{answering(netlab.CarrierGrade), netlab.Answering}},
	{"carrier's drops, own answers", []netlab.NAT{netlab.CarrierGrade, netlab.Answering}},
}

// near makes a computer in such a network, 2 ms from the Internet, and returns its address
// there, too.
func (k kind) near(t *testing.T, i *netlab.Internet) (h *netlab.Host, outside netip.Addr) {
	var at netlab.Network = i
	w := netlab.Wiring{Link: &netlab.Link{Delay: 2 * time.Millisecond}}
	for n, nat := range k.nats {
		r := netlab.NewRouter(t, at, nat, w)
		at, w = r, ipv4
		if n == 0 {
			outside = r.Address
		}
	}
	return netlab.NewHost(t, at, ipv4), outside
}

// fewRouters are the pairs that are always tried.
var fewRouters = []string{"answers to answers", "carrier's answers, own answers to answers", "rejects to answers"}

// Fails if routers that remember what they answer keep two sides from a way over UDP that
// others allow, though both begin at the same moment. How long it takes is logged: 1.5 s
// at most where nothing else runs, and a few more where that makes them take other ports.
//
//	         Internet ── server, 42 ms away
//	   ┌────────┴────────┐
//	[NATs]            [NATs]      4 ms apart
//	   │                 │
//	sender           receiver
func TestAnsweringNATs(t *testing.T) {
	for _, from := range routers {
		for _, to := range routers {
			name := from.name + " to " + to.name
			times := 1
			if *everyPair {
				times = 2
			} else if !slices.Contains(fewRouters, name) {
				continue
			}
			for range times {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					i := netlab.NewInternet(t)
					m := meetAt(t, netlab.NewHost(t, i, netlab.Wiring{Link: &netlab.Link{Delay: 40 * time.Millisecond}}))
					sender, here := from.near(t, i)
					receiver, there := to.near(t, i)
					netlab.Forward(t, i.Stack, fmt.Sprintf("meta l4proto tcp ip saddr %s ip daddr %s drop", here, there),
						fmt.Sprintf("meta l4proto tcp ip saddr %s ip daddr %s drop", there, here)) // so that it is over UDP
					begun := time.Now()
					m.transfer(sender, receiver, 8<<20, "--limit", "1M", "--verbose")
					m.linked(quickly, sorts[throughNAT])
					took, ports := time.Since(begun), 0
					for _, p := range m.both() {
						ports += strings.Count(p.Err.String(), "other UDP ports")
					}
					t.Logf("they found a direct way %v after their start, with other ports %d times", took.Round(10*time.Millisecond), ports)
					m.arrived()
				})
			}
		}
	}
}
