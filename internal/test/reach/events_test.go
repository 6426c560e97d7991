//go:build linux

package reach

import (
	"testing"

	"sesame/internal/test/lab"
	"sesame/internal/test/netlab"
)

// Fails if a program that reads the events of either side isn't told over which
// sort of path a transfer goes, with its round-trip time, and that it changes when
// the direct one is cut.
//
//	server
//	  └── Internet ─┬─ sender
//	                └─ receiver
func TestEventsTellPaths(t *testing.T) {
	t.Parallel()
	i := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, i, ipv4))
	sender, receiver := netlab.NewHost(t, i, ipv4), netlab.NewHost(t, i, ipv4)
	m.transfer(sender, receiver, 48<<20, "--json", "--limit", "4M") // so that it lasts until the cut
	for _, p := range m.both() {
		p.Await(t, quickly, `"event":"connected","path":"direct","kind":"direct","rtt_ms":[0-9.]+,"protocol":"native","post_quantum":true`)
		p.Await(t, quickly, `"event":"progress","done":[1-9]`)
	}
	before := m.said() // perhaps of a relay that came first
	netlab.Forward(t, i.Stack, "meta l4proto udp drop")
	i.Cut(t, sender.Address, receiver.Address, lab.Reject)
	for n, p := range m.both() {
		p.AwaitAfter(t, before[n], quickly, `"event":"connected","path":"relay [0-9.]+","kind":"relay-tcp","rtt_ms":[0-9.]+,`)
	}
	m.arrived()
	for _, p := range m.both() {
		p.Await(t, 0, `"event":"done","bytes":50331648\}`)
	}
}
