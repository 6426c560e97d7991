package survey

import (
	"context"
	"slices"

	"sesame/transit"
)

// Network looks at this computer's network and calls tell with each finding, in
// an order that stays, as they come. It returns what that means in one sentence,
// and whether a transfer to another network can work.
func (c *Config) Network(ctx context.Context, tell func(Finding)) (conclusion string, works bool) {
	ctx, cancel := context.WithTimeout(ctx, allTime)
	defer cancel()
	met := start(func() meeting { return c.meet(ctx) })
	fetched := start(func() page { return c.fetch(ctx) })
	relayed := start(func() []pipe {
		relays := c.Relays
		if len(relays) == 0 {
			relays = relaysOf(met())
		}
		return c.pipes(ctx, relays)
	})
	type both struct{ v4, v6 view }
	seen := start(func() (b both) {
		if m := met(); !c.Private && !c.NoUDP {
			b.v4, b.v6 = views(ctx, slices.Concat(m.stun[:min(len(m.stun), 1)], c.STUN))
		}
		return b
	})
	type lead struct {
		Finding
		ok bool
	}
	led := start(func() lead {
		if c.Private {
			return lead{}
		}
		f, at := leads(ctx)
		return lead{f, at.IsValid()}
	})

	here := addresses()
	tell(here)
	way, route6 := routes()
	if here.State != Problem { // else it is said
		tell(way)
	}
	if c.Proxy != "" {
		tell(Finding{"proxy", Remark, c.Proxy, ""})
	}
	m := met()
	tell(m.finding())
	p := fetched()
	tell(p.clockFinding())
	facts := facts{server: m.err == nil, network: here.State != Problem, private: c.Private}
	for _, r := range relayed() {
		tell(r.finding())
		facts.relay = facts.relay || r.err == nil
	}
	if !c.Private {
		if b, named := seen(), len(m.stun)+len(c.STUN); c.NoUDP {
			tell(Finding{"NAT", Remark, "not looked at: where servers are reached through a proxy, transfers use no UDP", "--proxy none looks without it"})
			facts.asked = true
		} else {
			if named == 0 && m.err != nil {
				tell(Finding{"NAT", Remark, "not known: no server could be asked", "name a STUN server: --stun HOST:PORT"})
			} else {
				tell(b.v4.finding(named))
			}
			tell(b.v6.finding6(route6))
			facts.see(b.v4, b.v6)
		}
		l := led()
		tell(l.Finding)
		facts.mapped = l.ok
		tell(multicast())
	}
	return facts.conclude()
}

// relaysOf returns the relay that a mailbox server announced, else the public one.
func relaysOf(m meeting) []transit.Relay {
	if m.address != "" || m.url != "" {
		return []transit.Relay{{Address: m.address, URL: m.url}}
	}
	return []transit.Relay{{Address: transit.DefaultRelay}}
}
