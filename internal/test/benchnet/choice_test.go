//go:build linux

package benchnet

import (
	"fmt"
	"testing"
	"time"

	"sesame/internal/test/netlab"
)

// choices: between two homes, all ways at once beside each way alone.
func choices(kernel string) (rows []row) {
	for _, l := range lines {
		r := row{what: "all ways between two homes", line: l, lay: homes(netlab.PortRestricted)}
		r.flows = []flow{
			without("sesame", []string{noTCP}),
			without("sesame, UDP alone", []string{noTCP}, "--direct-only"),
			without("sesame, relay alone", nil, "--relay-only"),
		}
		r.demands = []demand{atLeast(0.95, "sesame", "sesame, UDP alone", "sesame, relay alone")}
		rows = append(rows, r)
	}
	return append(rows, unequal("relay 37, past the NATs 3", 3e6, false), unequal("relay 37, past the NATs 100", 100e6, true))
}

// unequal is a row with a relay of 37 Mbit/s and a way past NATs of another rate.
func unequal(what string, past rate, lean bool) row {
	const size = 50_000_000
	r := row{what: what, line: line{rate: past, rtt: 40 * time.Millisecond}, size: size}
	r.lay = func(t *testing.T, l line, kernel string) *scene { return twoWays(t, l, 37e6, kernel) }
	r.flows = []flow{without("sesame", []string{noTCP}), sesame("sesame, relay alone", "--relay-only")}
	alone := []string{"sesame, relay alone"}
	if lean { // the other one would take more than two minutes alone
		r.flows = append(r.flows, without("sesame, UDP alone", []string{noTCP}, "--direct-only"))
		alone = append(alone, "sesame, UDP alone")
	}
	r.demands = []demand{soon(0.05, 500*time.Millisecond, "sesame", alone...)}
	if lean {
		r.demands = append(r.demands, stays(0.2, "sesame", "relay share"))
	}
	return r
}

// twoWays makes two homes whose relay has a line of its own, and whose way to each other
// carries as much as l says: what is more than that vanishes.
//
//	server ── 40 ms, by rate ── Internet ─┬─ 40 ms ── Router ── sender
//	                                      └─ 40 ms ── Router ── receiver
func twoWays(t *testing.T, l line, relay rate, kernel string) *scene {
	t.Helper()
	s := newScene(t, l, kernel, netlab.Wiring{Link: &netlab.Link{Rate: int(relay), Delay: l.rtt / 2, Queue: 512 << 10}})
	var homes [2]*netlab.Router
	for n := range homes {
		homes[n] = netlab.NewRouter(t, s.internet, netlab.PortRestricted, netlab.Wiring{Link: &netlab.Link{Delay: l.rtt / 2}})
		s.public[n] = homes[n].Address
	}
	s.sender, s.receiver = netlab.NewHost(t, homes[0], netlab.Wiring{}), netlab.NewHost(t, homes[1], netlab.Wiring{})
	netlab.Forward(t, s.internet.Stack, fmt.Sprintf("ip saddr %s ip daddr %s limit rate over %d bytes/second burst 60 kbytes drop", s.public[0], s.public[1], int(l.rate/8)))
	return s.begin()
}
