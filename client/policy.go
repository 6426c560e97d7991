package client

import (
	"context"
	"errors"

	"sesame/client/deliver"
	"sesame/internal/addr"
	"sesame/rendezvous"
	"sesame/transfer"
	"sesame/transit"
)

var errExclude = errors.New("they exclude each other")

// check returns a *ConfigError if what is asked for can't be together.
func (p *Policy) check(tor bool) error {
	for what, both := range map[string]bool{
		"Classic and RequirePQ":    p.Classic && p.RequirePQ,
		"DirectOnly and RelayOnly": p.DirectOnly && p.RelayOnly,
		"DirectOnly and Tor":       p.DirectOnly && tor,
	} {
		if both {
			return &ConfigError{"Policy", what, errExclude}
		}
	}
	return nil
}

// announcement is what the peer is told that this program can do, nil for the
// classic protocol alone.
func (p *Policy) announcement() *rendezvous.Native {
	if p.Classic {
		return nil
	}
	return &rendezvous.Native{Suites: deliver.Suites()}
}

// enforce ends the session if the peer can't do what is insisted on, before
// anything is offered or accepted.
func (p *Policy) enforce(ctx context.Context, ch *rendezvous.Channel) error {
	if !p.RequirePQ || ch.Suite() != "" {
		return nil
	}
	abort(ctx, ch, transfer.Because(transfer.ReasonNotQuantum))
	return Fail(NotPostQuantum, programOf(rendezvous.Foreign), programOf(rendezvous.Foreign))
}

// abort tells the peer why this side ends the session, even if ctx has ended.
func abort(ctx context.Context, ch *rendezvous.Channel, why transfer.Reason) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBack)
	defer cancel()
	deliver.Abort(ctx, ch, why)
}

// transit returns how to reach the other side: by the relays that were named, else
// the one that the mailbox server speaks of, else the public one.
func (c *meeting) transit() *transit.Config {
	p := &c.cfg.Policy
	cfg := &transit.Config{NoDirect: p.RelayOnly, NoRelay: p.DirectOnly, OwnRelaysOnly: p.OwnRelays || p.RelayOnly, AllowLoopback: p.Loopback,
		NoPortMapping: p.NoMapping || c.own != nil, Roots: c.cfg.Roots, Logger: c.cfg.Logger}
	if c.own == nil { // else both are on this network, where no proxy leads
		c.routes.apply(cfg)
	}
	if named := c.at.STUN(); len(named) > 0 {
		cfg.STUN, cfg.STUNOther = named[:1], otherPort(named)
	}
	cfg.STUN = append(cfg.STUN, c.cfg.STUN...)
	if !cfg.NoUDP { // else that is a proxy's
		cfg.Outside = c.at.Outside()
	}
	own, ticket := c.at.Relay(), func() string { return c.at.Relay().Ticket }
	switch {
	case c.own != nil:
		cfg.Relays, cfg.Joining = []transit.Relay{c.own.pipe}, c.own.joining
	case len(c.relays) > 0:
		for _, r := range c.relays { // one of them may be the server's own
			if r.Address != "" && r.Address == own.Address || r.URL != "" && r.URL == own.URL {
				r.Ticket = ticket
			}
			cfg.Relays = append(cfg.Relays, r)
		}
	case own.Address != "" || own.URL != "":
		cfg.Relays = []transit.Relay{{Address: own.Address, URL: own.URL, Lanes: own.Conns, Ticket: ticket}}
	default:
		cfg.Relays = []transit.Relay{{Address: transit.DefaultRelay}}
	}
	return cfg
}

// An ownPath leads through the port of a sender's own mailbox.
type ownPath struct {
	pipe    transit.Relay
	joining func(token string) // in the sender, lets this side in
}

// otherPort returns the second port of a STUN server that is named with two, which is
// for who finds out what a NAT does; 0 if it has none.
func otherPort(named []string) uint16 {
	if len(named) < 2 {
		return 0
	}
	host, _, err := addr.Split(named[0])
	other, port, err2 := addr.Split(named[1])
	if err != nil || err2 != nil || host != other {
		return 0
	}
	return port
}
