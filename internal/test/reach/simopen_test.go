//go:build linux

package reach

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"sesame/internal/test/netlab"
)

// Fails if two computers behind NATs that translate a port always in the same way,
// in networks that let no UDP through, don't come to a direct connection while the
// transfer is already running over the relay; or if they do where ports are drawn
// at random.
//
//	             Internet ── server
//	   ┌────────────┴────────────┐
//	 Router                    Router          which let no UDP through
//	   │                         │
//	sender                    receiver
func TestSimultaneousOpen(t *testing.T) {
	noUDP := func(n netlab.NAT) netlab.NAT { n.NoUDP = true; return n }
	cone, address, port, symmetric := noUDP(netlab.FullCone), noUDP(netlab.AddressRestricted), noUDP(netlab.PortRestricted), netlab.SymmetricNoUDP
	for _, test := range []struct {
		name string
		a, b netlab.NAT
		want string
	}{
		{"both port-restricted", port, port, throughNAT},
		{"address-restricted and port-restricted", address, port, throughNAT},
		{"full cone and port-restricted", cone, port, throughNAT},
		{"symmetric and full cone", symmetric, cone, throughNAT},
		{"port-restricted and symmetric", port, symmetric, ""},
		{"both symmetric", symmetric, symmetric, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			i := netlab.NewInternet(t)
			m := meetAt(t, netlab.NewHost(t, i, ipv4))
			sender := netlab.NewHost(t, netlab.NewRouter(t, i, test.a, ipv4), ipv4)
			receiver := netlab.NewHost(t, netlab.NewRouter(t, i, test.b, ipv4), ipv4)
			began := time.Now()
			m.transfer(sender, receiver, 24<<20, "--limit", "4M", "--verbose")
			if test.want != "" {
				m.linked(quickly, sorts[test.want])
				t.Logf("they found a direct way %v after their start", time.Since(began).Round(100*time.Millisecond))
			}
			m.arrived()
			if test.want == "" {
				m.stayed(m.relayed())
			}
		})
	}
}

// Fails if routers that answer what they don't know, in networks that let no UDP
// through, keep two computers from a direct connection: each SYN must have left its own
// network before the other comes there.
//
//	             Internet ── server
//	   ┌────────────┴────────────┐
//	 Router                    Router          10 ms apart
//	   │                         │
//	sender                    receiver
func TestSameMoment(t *testing.T) {
	noUDP := func(n netlab.NAT) netlab.NAT { n.NoUDP = true; return n }
	answers, rejects, drops := noUDP(netlab.Answering), noUDP(netlab.Rejecting), noUDP(netlab.PortRestricted)
	w := netlab.Wiring{Link: &netlab.Link{Delay: 5 * time.Millisecond}}
	for _, test := range []struct {
		name string
		a, b netlab.NAT
	}{
		{"both answer", answers, answers},
		{"both reject", rejects, rejects},
		{"rejects and answers", rejects, answers},
		{"drops and answers", drops, answers},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for range 3 { // a busy machine may be late by more than a SYN takes to cross, and late three times
				i := netlab.NewInternet(t)
				m := meetAt(t, netlab.NewHost(t, i, netlab.Wiring{Link: &netlab.Link{Delay: 20 * time.Millisecond}}))
				home, office := netlab.NewRouter(t, i, test.a, w), netlab.NewRouter(t, i, test.b, w)
				began := time.Now()
				m.transfer(netlab.NewHost(t, home, ipv4), netlab.NewHost(t, office, ipv4), 24<<20, "--limit", "4M", "--verbose")
				for _, p := range m.both() { // from where they listen they might meet by luck
					port := p.Await(t, quickly, `listening, at \S*:(\d+)`)[1]
					netlab.Forward(t, i.Stack, fmt.Sprintf("ip saddr { %[1]s, %[2]s } ip daddr { %[1]s, %[2]s } tcp sport %[3]s drop", home.Address, office.Address, port))
				}
				found := m.linkedAtLast(sorts[throughNAT])
				took := time.Since(began).Round(100 * time.Millisecond)
				m.arrived()
				if found {
					t.Logf("they found a direct way %v after their start", took)
					return
				}
			}
			t.Error("they found no direct way")
		})
	}
}

// linkedAtLast reports whether both sides have a lane of a sort before their transfer ends.
func (m *meeting) linkedAtLast(sort string) bool {
	up := regexp.MustCompile(`lane up, lane \d+, path ` + sort + `\b`)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for _, p := range m.both() {
		for ended := false; !up.MatchString(p.Err.String()); {
			if ended {
				return false
			}
			select {
			case <-p.Ended():
				ended = true
			case <-tick.C:
			}
		}
	}
	return true
}

// Fails if two firewalls that let no connections in keep two computers with IPv6
// apart, though nobody translates their addresses and there is no UDP.
//
//	server
//	  └── Internet ─┬─ Router ── sender       IPv6 passes as it is, but only
//	                └─ Router ── receiver     from inside
func TestSimultaneousOpenIPv6(t *testing.T) {
	t.Parallel()
	i := netlab.NewInternet(t)
	m := meetAt(t, netlab.NewHost(t, i, dual))
	sender := netlab.NewHost(t, netlab.NewRouter(t, i, netlab.SymmetricNoUDP, dual), dual)
	receiver := netlab.NewHost(t, netlab.NewRouter(t, i, netlab.SymmetricNoUDP, dual), dual)
	m.transfer(sender, receiver, 16<<20, "--limit", "4M", "--verbose")
	m.linked(quickly, sorts[throughNAT])
	m.arrived()
}

// Fails if two sides that have opened one connection over a long line stay with that one,
// where one between any other two would be several: each further one takes a port of its
// own.
//
//	             Internet ── server
//	   ┌────────────┴────────────┐
//	 Router                    Router          100 ms apart, no UDP; or IPv6 as it is, only from inside
//	   │                         │
//	sender                    receiver
func TestFurtherLanes(t *testing.T) {
	for _, test := range []struct {
		name  string
		a, b  netlab.NAT
		hosts netlab.Wiring
	}{
		{"both port-restricted", netlab.PortRestricted, netlab.PortRestricted, ipv4},
		{"full cone and port-restricted", netlab.FullCone, netlab.PortRestricted, ipv4},
		{"firewalls", netlab.Symmetric, netlab.Symmetric, dual},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.a.NoUDP, test.b.NoUDP = true, true
			w := test.hosts
			w.Link = &netlab.Link{Delay: 25 * time.Millisecond}
			i := netlab.NewInternet(t)
			m := meetAt(t, netlab.NewHost(t, i, test.hosts))
			home, office := netlab.NewRouter(t, i, test.a, w), netlab.NewRouter(t, i, test.b, w)
			m.transfer(netlab.NewHost(t, home, test.hosts), netlab.NewHost(t, office, test.hosts), 24<<20, "--limit", "4M", "--verbose")
			m.linked(quickly, sorts[throughNAT])
			for _, p := range m.both() {
				// A third is there for what the second brings, which is another matter.
				p.Await(t, quickly, `(?s)(lane up, lane \d+, path nat.*){2}`)
			}
			m.arrived()
		})
	}
}
