//go:build linux

package reach

import (
	"regexp"
	"testing"

	"sesame/internal/netlab"
)

// Fails if two people at home, each behind a NAT, and with the same addresses
// there, can't send to each other through the relay.
//
//	                Internet ── server
//	      ┌────────────┴────────────┐
//	    Router                    Router          NATs that no packet gets through
//	      │                         │             but answers
//	192.168.1.2                192.168.1.2
//	   sender                    receiver
func TestRelayBetweenTwoNATs(t *testing.T) {
	t.Parallel()
	i := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, i, netlab.Wiring{}))
	sender := netlab.NewHost(t, netlab.NewRouter(t, i, netlab.SymmetricNoUDP, netlab.Wiring{}), netlab.Wiring{})
	receiver := netlab.NewHost(t, netlab.NewRouter(t, i, netlab.SymmetricNoUDP, netlab.Wiring{}), netlab.Wiring{})
	m.transfer(sender, receiver, 2<<20)
	m.connected(patience, "relay "+regexp.QuoteMeta(m.server.Address.String()))
	m.arrived()
}
