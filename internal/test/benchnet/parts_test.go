//go:build linux

package benchnet

import (
	"strings"
	"time"

	"sesame/internal/test/netlab"
)

// A section is a part of the table: its rows, for what TCP does by default. What has
// nothing to do with that is measured once.
type section struct {
	name string
	once bool
	rows func(kernel string) []row
}

// parts are in the order of what is worth most.
var parts = []section{
	{"udp", true, punchedUDP},
	{"direct", false, directTCP},
	{"relay", false, throughRelay},
	{"tcp", false, punchedTCP},
	{"odd", true, oddLines},
	{"choice", false, choices},
}

func partNames() string {
	var all []string
	for _, p := range parts {
		all = append(all, p.name)
	}
	return strings.Join(all, ", ")
}

// The competitors that a kernel has: with a controller that copes with loss one stream of
// it, four, and sixteen of the other; and without it those sixteen, as nobody opens more.
func competitors(kernel string) (flows []flow, names []string) {
	args := []string{"-C bbr", "-C bbr -P 4", "-C cubic -P 16"}
	if kernel == "cubic" {
		args = args[2:]
	}
	return iperfs(args...)
}

func iperfs(args ...string) (flows []flow, names []string) {
	for _, a := range args {
		flows = append(flows, iperf(a))
		names = append(names, flows[len(flows)-1].name)
	}
	return flows, names
}

// ofBest is the part of the best competitor that a way over TCP has to carry on l.
func ofBest(l line, kernel string) float64 {
	if l.loss >= 0.03 && kernel == "bbr" {
		return 0.6
	}
	return 0.8
}

// punchedUDP: between two homes, TCP between them shut.
func punchedUDP(string) (rows []row) {
	beside, names := competitors("bbr")
	for _, l := range lines {
		least := 0.8
		if l.loss >= 0.03 {
			least = 0.7
		}
		r := row{what: "UDP through two NATs", line: l, lay: homes(netlab.PortRestricted)}
		r.flows = append([]flow{without("sesame", []string{noTCP}, "--direct-only")}, beside...)
		r.demands = []demand{atLeast(least, "sesame", names...)}
		if l.rtt == 100*time.Millisecond && l.loss == 0.01 {
			r.demands = append(r.demands, carries(70e6, "sesame"))
		}
		rows = append(rows, r)
	}
	return rows
}

// directTCP: between two hosts with public addresses, UDP between them shut.
func directTCP(kernel string) (rows []row) {
	beside, names := competitors(kernel)
	for _, l := range lines {
		r := row{what: "direct TCP", line: l, lay: open}
		r.flows = append([]flow{without("sesame", []string{noUDP}, "--direct-only")}, beside...)
		r.once = []flow{croc("croc direct", false)}
		r.demands = []demand{atLeast(ofBest(l, kernel), "sesame", names...), atLeast(1, "sesame", "croc direct"), sooner("sesame", "croc direct")}
		rows = append(rows, r)
	}
	return rows
}

// punchedTCP: between two homes whose routers let no UDP through.
func punchedTCP(kernel string) (rows []row) {
	beside, names := competitors(kernel)
	nat := netlab.PortRestricted
	nat.NoUDP = true
	for _, l := range lines {
		r := row{what: "TCP through two NATs", line: l, lay: homes(nat)}
		r.flows = append([]flow{sesame("sesame", "--direct-only")}, beside...)
		r.demands = []demand{atLeast(ofBest(l, kernel), "sesame", names...)}
		rows = append(rows, r)
	}
	return rows
}

// throughRelay: by way of the server, whose two legs the competitors cross at the same
// time.
func throughRelay(kernel string) (rows []row) {
	beside, names := competitors(kernel)
	if kernel == "cubic" {
		beside, names = iperfs("-C cubic -P 8") // as many as a relay lets one peer have
	}
	for _, l := range lines {
		r := row{what: "relay", line: l, lay: byRelay}
		r.flows = append([]flow{sesame("sesame", "--relay-only")}, beside...)
		r.once = []flow{croc("croc relay", true)}
		r.demands = []demand{atLeast(ofBest(l, kernel), "sesame", names...), atLeast(1, "sesame", "croc relay"), sooner("sesame", "croc relay")}
		rows = append(rows, r)
	}
	return rows
}
