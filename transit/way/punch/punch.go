// Package punch reaches the peer over UDP where both sides are behind NATs or
// firewalls that let nothing in by themselves, and carries streams there (package line).
//
//	side                     STUN server                      peer
//	what do I look like?  ->              <-  what do I look like?
//	                      <-  203.0.113.5:61002 …  ->
//	addresses            -- by another way, as they are found --> addresses
//	check                ->|                     |<-          check
//	      each makes the sender's own NAT let in what comes back
//	check                -------------------------->
//	                     <--------------------------         answer
//	                     streams, dialled by one side
//
// Checks are STUN messages as in ICE (RFC 8445), but simpler: both sides share
// a key already, there is one socket for each address family, and every address
// that works is reported instead of the best one being negotiated. What finds
// the way (reflex, checker) has no sockets and no clock; an Agent is the shell, and
// what carries streams there is behind an interface (carrier.go).
//
// Only who has the session's key can make a Conn. Whoever uses it proves who is at the
// other end all the same, with Conn.Binding in the proof. Source: doc/native.md §9.
package punch

import (
	"log/slog"
	"net/netip"
)

// Config says what an Agent may do.
type Config struct {
	// Leader is set on one of the two sides.
	Leader bool
	// Addrs are this computer's own addresses, as the peer may know them.
	Addrs []netip.Addr
	// Servers are STUN servers, "host:port", at most 4 of them. They are asked
	// at once. Default none.
	Servers []string
	// Other is another port at which the first of Servers answers, and from which it
	// answers if it is asked to (RFC 5780 §7.2); 0 if that isn't known.
	Other uint16
	// Allow reports whether packets may be sent to an address that the peer
	// chose. It is called with a lock held and must not call the Agent. By
	// default none may.
	Allow func(netip.AddrPort) bool
	// Near reports whether there may be a router in front of an address of the peer
	// that remembers what it answers. It is called like Allow. By default none has.
	Near func(netip.AddrPort) bool
	// Logger gets what happens, without addresses. Default silent.
	Logger *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.Allow == nil {
		c.Allow = func(netip.AddrPort) bool { return false }
	}
	if c.Near == nil {
		c.Near = func(netip.AddrPort) bool { return false }
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// maxNames is how many STUN servers are asked.
const maxNames = 4

// maxOwn is how many addresses Candidates returns.
const maxOwn = 16

// Purposes of the keys that Start asks for, of keySize bytes each.
const (
	leaderPurpose   = "sesame/1 punch check of leader"
	followerPurpose = "sesame/1 punch check of follower"
	linePurpose     = "sesame/1 line"
)
