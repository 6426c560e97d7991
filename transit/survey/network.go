package survey

import (
	"context"
	"slices"

	"sesame/transit"
)

// Network looks at this computer's network and tells the facts as they come, in an
// order that stays: Addresses, Routes, Proxy if there is one, Mailbox, Page, each
// Relay, and unless cfg is Private View, Mapping and Multicast. It returns when all
// are told. tell is called by one goroutine.
func Network(ctx context.Context, cfg *Config, tell func(Fact)) {
	ctx, cancel := context.WithTimeout(ctx, allTime)
	defer cancel()
	met := start(func() Mailbox { return meet(ctx, cfg) })
	fetched := start(func() Page { return fetch(ctx, cfg) })
	relayed := start(func() []Relay {
		list := cfg.Relays
		if len(list) == 0 {
			list = relaysOf(met())
		}
		return relays(ctx, cfg, list)
	})
	seen := start(func() View { return view(ctx, cfg, met) })
	led := start(func() (m Mapping) {
		if !cfg.Private {
			m = leads(ctx)
		}
		return m
	})

	tell(addresses())
	ways := routes()
	tell(ways)
	if cfg.Proxy != nil {
		tell(*cfg.Proxy)
	}
	tell(met())
	tell(fetched())
	for _, r := range relayed() {
		tell(r)
	}
	if cfg.Private {
		return
	}
	v := seen()
	v.Route6 = ways.V6.IsValid()
	tell(v)
	tell(led())
	tell(multicast())
}

// view asks the mailbox server's STUN server, and those that were named.
func view(ctx context.Context, cfg *Config, met func() Mailbox) (v View) {
	if cfg.Private || cfg.NoUDP {
		v.Barred = cfg.NoUDP
		return v
	}
	announced := met().STUN
	v.Named = len(announced) + len(cfg.STUN)
	v.V4, v.V6 = views(ctx, slices.Concat(announced[:min(len(announced), 1)], cfg.STUN))
	return v
}

// relaysOf returns the relay that a mailbox server announced, else the public one.
func relaysOf(m Mailbox) []transit.Relay {
	if m.Address != "" || m.URL != "" {
		return []transit.Relay{{Address: m.Address, URL: m.URL}}
	}
	return []transit.Relay{{Address: transit.DefaultRelay}}
}

// Server looks at the mailbox server from outside, as its operator can't from
// inside, and tells the facts likewise: Name, unless a proxy looks it up; Mailbox, Page; and if
// it can be used Welcome, each Relay that it announces, and each Port, or a View that
// says that they are barred.
func Server(ctx context.Context, cfg *Config, tell func(Fact)) {
	ctx, cancel := context.WithTimeout(ctx, allTime)
	defer cancel()
	looked := start(func() (n Name) {
		if !cfg.NoUDP {
			n = named(ctx, cfg)
		}
		return n
	})
	met := start(func() Mailbox { return meet(ctx, cfg) })
	fetched := start(func() Page { return fetch(ctx, cfg) })
	relayed := start(func() []Relay {
		m := met()
		return relays(ctx, cfg, []transit.Relay{{Address: m.Address, URL: m.URL}})
	})
	stunned := start(func() (all []Port) {
		if m := met(); !cfg.NoUDP {
			all = ports(ctx, m.STUN)
		}
		return all
	})

	if !cfg.NoUDP {
		tell(looked())
	}
	m := met()
	tell(m)
	tell(fetched())
	if m.Err != nil {
		return
	}
	tell(m.Welcome)
	for _, r := range relayed() {
		tell(r)
	}
	if cfg.NoUDP {
		tell(View{Barred: true})
	}
	for _, p := range stunned() {
		tell(p)
	}
}
