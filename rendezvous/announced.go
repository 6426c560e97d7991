package rendezvous

import (
	"net/netip"
	"net/url"
	"slices"

	"sesame/internal/addr"
	"sesame/internal/foreign"
	"sesame/internal/wire"
)

// This file is what a server says of itself in its welcome. It is believed as far as
// it can do no harm: see package foreign.

// A Relay is how to reach the transit relay that runs beside a mailbox server.
type Relay struct {
	// Address is host and port for TCP, and URL is for WebSockets; empty if the server
	// announced none. Both are on the host that was dialled, whatever the server said, not on
	// a port of another well-known service, and the URL has one of the paths that relays
	// have.
	Address, URL string
	// Conns is how many connections through it this side may have at a time for one session,
	// 1 to wire.MaxLanes; 2 if the server doesn't say.
	Conns int
	// Ticket is what the server has given this client last for its relay, and for no other;
	// empty if it hasn't, or not yet. It is there as soon as the other side has been heard, and
	// another one takes its place long before it runs out.
	Ticket string
}

// Relay returns what the server has said of its relay so far.
func (c *Client) Relay() (r Relay) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r.Conns, r.Ticket = leastConns, c.m.ticket
	said := c.m.relay
	if said == nil {
		return r
	}
	if c.mayName(said.RelayPort) {
		r.Address = addr.Join(c.url.Hostname(), said.RelayPort)
	}
	if foreign.IsRelayPath(said.RelayPath) {
		r.URL = (&url.URL{Scheme: c.url.Scheme, Host: c.url.Host, Path: said.RelayPath}).String()
	}
	if said.Lanes != 0 {
		r.Conns = max(1, min(said.Lanes, wire.MaxLanes))
	}
	return r
}

// leastConns is how many connections through a relay any is thought to bear.
const leastConns = 2

// mayName reports whether the server may send us to a port of its host: the one
// that we dialled, or one that isn't another service's.
func (c *Client) mayName(port int) bool {
	_, own, err := addr.OfURL(c.url)
	return foreign.Port(port) || err == nil && port == int(own)
}

// STUN returns where the server answers STUN requests over UDP (RFC 8489), as
// host:port: at most two, of which the second is another port of the same
// machine, for the tests of RFC 5780. It is empty if the server announced none.
// The host is the one that was dialled, whatever the server said. A request is
// answered with at most as many bytes as it has itself: pad it to 128.
func (c *Client) STUN() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m.relay == nil {
		return nil
	}
	var list []string
	for _, port := range c.m.relay.STUNPorts {
		at := addr.Join(c.url.Hostname(), port)
		if !c.mayName(port) || slices.Contains(list, at) {
			continue
		}
		if list = append(list, at); len(list) == 2 {
			break
		}
	}
	return list
}

// Outside returns the address at which the server sees this program: that of
// a NAT in front of it, or of a proxy. It is the zero Addr if the server doesn't
// tell. Whoever uses it has to expect that it is wrong.
func (c *Client) Outside() netip.Addr {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.m.outside
}

// Pressure returns how large a share of the codes at the server is being guessed
// wrong, as it says: 0, nothing unusual, to 3, nearly all. From 1 on new codes
// should have a word more; Allocate sees to it where the number is left to it.
func (c *Client) Pressure() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m.relay == nil {
		return 0
	}
	return max(0, min(c.m.relay.Pressure, maxPressure))
}

// maxPressure is the highest level that servers speak of.
const maxPressure = 3
