package survey

import (
	"strings"
	"testing"

	"sesame/transit/natkind"
)

// Fails if the facts are summed up as something else than they are, or as a
// transfer that can't work.
func TestConclusion(t *testing.T) {
	good := natkind.Result{Translated: true, Mapping: natkind.PortIndependent, Filtering: natkind.AddressAndPortDependent}
	symmetric := natkind.Result{Translated: true, Mapping: natkind.AddressAndPortDependent, Filtering: natkind.AddressAndPortDependent}
	public := natkind.Result{Mapping: natkind.EndpointIndependent, Filtering: natkind.PortIndependent}
	all := facts{server: true, relay: true, network: true, asked: true, udp: true, nat: good}
	with := func(change func(*facts)) facts {
		f := all
		change(&f)
		return f
	}
	for _, c := range []struct {
		name  string
		facts facts
		want  string
		works bool
	}{
		{"behind a usual NAT", all, "Transfers will go directly with most people; with someone behind a symmetric NAT they go through the relay.", true},
		{"public", with(func(f *facts) { f.nat = public }), "directly with nearly everyone;", true},
		{"port mapping", with(func(f *facts) { f.nat, f.mapped = symmetric, true }), "directly with nearly everyone, since the router", true},
		{"symmetric", with(func(f *facts) { f.nat = symmetric }), "with someone behind a stricter one they go through the relay.", true},
		{"no relay", with(func(f *facts) { f.relay = false }), "with someone behind a symmetric NAT there is no way", true},
		{"UDP blocked", with(func(f *facts) { f.udp = false }), "on the same network, to others through a relay.", true},
		{"UDP blocked, IPv6", with(func(f *facts) { f.udp, f.ipv6 = false, true }), "people who have IPv6", true},
		{"UDP blocked, no relay", with(func(f *facts) { f.udp, f.relay = false, false }), "no relay can be reached", false},
		{"no STUN", with(func(f *facts) { f.asked = false }), "no STUN server could say how often", true},
		{"no server", with(func(f *facts) { f.server = false }), "sesame send --local", false},
		{"no network", with(func(f *facts) { f.server, f.network = false, false }), "in no network", false},
		{"addresses unknown", with(func(f *facts) { f.network = false }), "go through a relay, as this computer knows no address of its own", true},
		{"private", with(func(f *facts) { f.private = true }), "go through a relay", true},
	} {
		got, works := c.facts.conclude()
		if !strings.Contains(got, c.want) || works != c.works || strings.Count(got, ".") != 1 {
			t.Errorf("%s: %q, works %v", c.name, got, works)
		}
	}
}
