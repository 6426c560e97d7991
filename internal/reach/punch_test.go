//go:build linux

package reach

import (
	"testing"
	"time"

	"sesame/internal/netlab"
)

// Fails if two people at home, each behind a NAT that a way leads through, send
// through the relay for longer than 3 s, or all the time.
//
//	                Internet ── server       answers STUN, too
//	      ┌────────────┴────────────┐
//	    Router                    Router
//	      │                         │
//	192.168.1.2                192.168.1.2
//	   sender                    receiver
func TestPunched(t *testing.T) {
	for _, c := range []struct {
		name             string
		sender, receiver netlab.NAT
	}{
		{"port-restricted to port-restricted", netlab.PortRestricted, netlab.PortRestricted},
		{"symmetric to address-restricted", netlab.Symmetric, netlab.AddressRestricted},
		{"full cone to symmetric", netlab.FullCone, netlab.Symmetric},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			i := netlab.NewInternet(t)
			m := meetAt(t, netlab.NewHost(t, i, netlab.Wiring{}))
			sender := netlab.NewHost(t, netlab.NewRouter(t, i, c.sender, netlab.Wiring{}), netlab.Wiring{})
			receiver := netlab.NewHost(t, netlab.NewRouter(t, i, c.receiver, netlab.Wiring{}), netlab.Wiring{})
			begun := time.Now()
			m.transfer(sender, receiver, 16<<20, "--limit", "4M")
			m.connected(patience, `direct, through NAT.*`)
			t.Logf("after %v: %q", time.Since(begun).Round(10*time.Millisecond), paths(m.sender))
			m.arrived()
		})
	}
}
