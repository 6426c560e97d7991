//go:build !js

package local

import (
	"net/netip"
	"slices"
	"time"
)

// Times and limits of a seeker.
const (
	firstPause   = time.Second // between the first questions; then twice as long each time
	longestPause = time.Minute
	// settleTime is how long others may claim to be the sender, too, after the
	// first. Honest ones answer within 310 ms.
	settleTime   = 400 * time.Millisecond
	maxSenders   = 4 // that are told apart
	maxAddresses = 8 // of one
)

// A seeker decides when to ask for a nameplate, and who has it. It has no
// sockets and no clock.
type seeker struct {
	nameplate string
	ask       time.Time // when to ask next
	pause     time.Duration
	settled   time.Time // when what was found is final; zero before anything was
	found     []found
}

// found is who claims the nameplate, and from where.
type found struct {
	instance
	addrs []netip.Addr
}

func newSeeker(nameplate string, now time.Time) *seeker {
	return &seeker{nameplate: nameplate, ask: now, pause: firstPause}
}

// linked tells that there are new links: they are to be asked at once.
func (s *seeker) linked(now time.Time) { s.ask, s.pause = now, firstPause }

// heard takes a packet from an address on one of our links.
func (s *seeker) heard(now time.Time, p packet, from netip.Addr) {
	for _, c := range p.claims {
		if c.nameplate != s.nameplate || !c.waiting || !dialablePort(c.port) {
			continue
		}
		if s.settled.IsZero() {
			s.settled = now.Add(settleTime)
		}
		i := slices.IndexFunc(s.found, func(f found) bool { return f.instance == c.instance })
		if i < 0 {
			if len(s.found) == maxSenders {
				continue
			}
			i = len(s.found)
			s.found = append(s.found, found{instance: c.instance})
		}
		if f := &s.found[i]; len(f.addrs) < maxAddresses && !slices.Contains(f.addrs, from) {
			f.addrs = append(f.addrs, from)
		}
	}
}

// tick reports whether to ask now, and whether what was found is final.
func (s *seeker) tick(now time.Time) (ask, done bool) {
	if !s.settled.IsZero() {
		return false, !now.Before(s.settled)
	}
	if now.Before(s.ask) {
		return false, false
	}
	s.ask = now.Add(s.pause)
	s.pause = min(2*s.pause, longestPause)
	return true, false
}

// wake returns when tick is needed next.
func (s *seeker) wake() time.Time {
	if !s.settled.IsZero() {
		return s.settled
	}
	return s.ask
}

// dialablePort reports whether a stranger may send us to a port: a mailbox has
// one of the system's choice, and those of well-known services are lower.
func dialablePort(port uint16) bool { return port >= 16384 }
