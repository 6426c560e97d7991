package doctor

import (
	"net/netip"
	"testing"

	"sesame/client"
	"sesame/transit/natkind"
	"sesame/transit/survey"
)

var public = netip.MustParseAddrPort("203.0.113.7:4000")

// Fails if the facts are summed up as something else than they are, or as a
// transfer that can't work.
func TestConclusion(t *testing.T) {
	seen := func(r natkind.Result) survey.Seen {
		r.Asked, r.Answered, r.Mapped = 1, 1, public
		return survey.Seen{Result: r}
	}
	good := seen(natkind.Result{Translated: true, Mapping: natkind.PortIndependent, Filtering: natkind.AddressAndPortDependent})
	symmetric := seen(natkind.Result{Translated: true, Mapping: natkind.AddressAndPortDependent, Filtering: natkind.AddressAndPortDependent})
	open := seen(natkind.Result{Mapping: natkind.EndpointIndependent, Filtering: natkind.PortIndependent})
	firewall := seen(natkind.Result{Mapping: natkind.EndpointIndependent, Filtering: natkind.AddressAndPortDependent})
	silent := survey.Seen{Result: natkind.Result{Asked: 1}}
	all := sum{server: true, relay: true, network: true, asked: true, nat: good}
	with := func(change func(*sum)) sum {
		s := all
		change(&s)
		return s
	}
	for _, c := range []struct {
		name  string
		facts sum
		want  client.Code
		works bool
	}{
		{"behind a usual NAT", all, DirectMost, true},
		{"public", with(func(s *sum) { s.nat = open }), DirectOpen, true},
		{"behind a firewall", with(func(s *sum) { s.nat = firewall }), DirectMost, true},
		{"port mapping", with(func(s *sum) { s.nat, s.mapped = symmetric, true }), DirectMapped, true},
		{"symmetric", with(func(s *sum) { s.nat = symmetric }), DirectSome, true},
		{"no relay", with(func(s *sum) { s.relay = false }), DirectMostOnly, true},
		{"UDP blocked", with(func(s *sum) { s.nat = silent }), RelayedNear, true},
		{"UDP blocked, IPv6", with(func(s *sum) { s.nat, s.ipv6 = silent, true }), DirectIPv6, true},
		{"UDP blocked, no relay", with(func(s *sum) { s.nat, s.relay = silent, false }), StuckNear, false},
		{"no STUN", with(func(s *sum) { s.asked = false }), DirectPerhaps, true},
		{"no server", with(func(s *sum) { s.server = false }), ReachNear, false},
		{"no network", with(func(s *sum) { s.server, s.network = false, false }), ReachNobody, false},
		{"addresses unknown", with(func(s *sum) { s.network = false }), RelayedUnknown, true},
		{"addresses unknown, no relay", with(func(s *sum) { s.network, s.relay = false, false }), StuckUnknown, false},
		{"private", with(func(s *sum) { s.private = true }), RelayedPrivate, true},
		{"private, no relay", with(func(s *sum) { s.private, s.relay = true, false }), StuckPrivate, false},
	} {
		got := c.facts.conclude()
		if got.Code != c.want || (got.State != Problem) != c.works || len(got.Args) != 0 {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

// Fails if what a server on this network sees counts as how the Internet does, or
// silence as nothing known.
func TestWhatIsAsked(t *testing.T) {
	for name, c := range map[string]struct {
		seen  natkind.Result
		asked bool
	}{
		"nobody to ask":     {natkind.Result{}, false},
		"silence":           {natkind.Result{Asked: 2}, true},
		"outside":           {natkind.Result{Asked: 1, Answered: 1, Mapped: public}, true},
		"translated":        {natkind.Result{Asked: 1, Answered: 1, Translated: true, Mapped: netip.MustParseAddrPort("100.64.0.1:1")}, true},
		"on this network":   {natkind.Result{Asked: 1, Answered: 1, Mapped: netip.MustParseAddrPort("192.168.1.2:1")}, false},
		"on this computer":  {natkind.Result{Asked: 1, Answered: 1, Mapped: netip.MustParseAddrPort("127.0.0.1:1")}, false},
		"one of two silent": {natkind.Result{Asked: 2, Answered: 1, Mapped: public}, true},
	} {
		var s sum
		s.see(&survey.View{V4: survey.Seen{Result: c.seen}})
		if s.asked != c.asked {
			t.Errorf("%s: asked %v", name, s.asked)
		}
	}
}
