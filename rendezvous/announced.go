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

// Relay returns how to reach the transit relay that runs beside the mailbox
// server: host and port for TCP, and a URL for WebSockets. Each is empty if
// the server announced none. Both are on the host that was dialled, whatever
// the server said, not on a port of another well-known service, and the URL has
// one of the paths that relays have. Conns is how many connections through it this side
// may have at a time for one session, 1 to wire.MaxLanes; 2 if the server doesn't say.
func (c *Client) Relay() (hostport, wsURL string, conns int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.m.relay
	if r == nil {
		return "", "", leastConns
	}
	if c.mayName(r.RelayPort) {
		hostport = addr.Join(c.url.Hostname(), r.RelayPort)
	}
	if foreign.IsRelayPath(r.RelayPath) {
		wsURL = (&url.URL{Scheme: c.url.Scheme, Host: c.url.Host, Path: r.RelayPath}).String()
	}
	if conns = leastConns; r.Lanes != 0 {
		conns = max(1, min(r.Lanes, wire.MaxLanes))
	}
	return hostport, wsURL, conns
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
