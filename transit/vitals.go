package transit

import (
	"net"
	"time"

	"sesame/transit/way"
)

// Vitals are what a system knows of a TCP connection.
type vitals struct {
	known bool          // the next four are
	rtt   time.Duration // round trip, smoothed
	lost  bool          // something had to be sent again
	free  bool          // nothing waits on the way, by the round trip and the shortest that was
	slow  bool          // it is in slow start
	bears bool          // it has a controller that doesn't take every loss for congestion
}

// tcpRTT returns how long the system takes for the round trip to the other end of
// conn, 0 if it doesn't say.
func tcpRTT(conn net.Conn) time.Duration { return vitalsOf(conn).rtt }

// SlowStart reports whether what carries l still sends more with each round trip, to find
// out what its line carries (RFC 5681 §3.1); known is false where the system doesn't tell.
func (l *Lane) SlowStart() (is, known bool) {
	if conn, ok := l.s.raw.(way.Starting); ok {
		return conn.SlowStart(), true
	}
	v := vitalsOf(l.s.raw)
	return v.slow, v.known
}

// A gait is how a lane has come along, as growth sees it. It is for one goroutine at a
// time: the lock of Lanes guards it.
type gait struct {
	ours   bool      // this side dialled it
	begun  time.Time // when more than a little was carried; zero before
	rtt    time.Duration
	counts bool // it has lost something, or carried for ten round trips
	slowed bool // it is known that its controller takes every loss for congestion
	lossy  bool // packets are lost, as far as one can tell, and it takes that for congestion
	robbed bool // they are, and at the moment the line has room: the controller gives it away
}

// Of a lane that has carried less nothing can be said.
const (
	leastCarried = 64 << 10
	leastLossy   = 1 << 20     // where the system doesn't tell of losses, and
	longEnough   = time.Second // so long
)

// look looks at a lane over conn that has carried so much.
func (g *gait) look(conn net.Conn, path Path, carried int64, now time.Time) {
	if g.counts && (g.lossy && !g.slowed || carried < leastLossy) || carried < leastCarried {
		return
	}
	v := vitalsOf(conn)
	g.slowed = v.known && !v.bears
	g.robbed = g.slowed && v.lost && v.free
	if g.begun.IsZero() {
		g.begun = now
	}
	g.rtt = max(v.rtt, path.RTT)
	age := now.Sub(g.begun)
	g.counts = g.counts || v.lost || age >= countTrips*g.rtt
	if path.Tier() == way.Straight && !v.bears {
		g.lossy = g.lossy || v.lost || !v.known && carried >= leastLossy && age >= max(longEnough, countTrips*g.rtt)
	}
}
