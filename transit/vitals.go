package transit

import (
	"net"
	"time"

	"sesame/transit/way"
)

// Vitals are what a system knows of a TCP connection.
type vitals struct {
	known bool          // the next five are
	rtt   time.Duration // round trip, smoothed
	lost  bool          // something had to be sent again
	free  bool          // nothing waits on the way, by the round trip and the shortest that was
	slow  bool          // it is in slow start
	more  bool          // it has been given more than it may send by now
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
	counts bool    // it has lost something, or carried for ten round trips
	slowed bool    // it is known that its controller takes every loss for congestion
	lossy  bool    // packets are lost, as far as one can tell, and it takes that for congestion
	robbed bool    // they are, and at the moment the line has room: the controller gives it away
	slack  bool    // they are, and it could do more all the same, if it were given more
	fills  bool    // its controller bears loss, and what it sends waits on the way: it fills the line
	in     int64   // bytes that had come by the last look
	out    int64   // and of ours, those that had arrived
	spare  float64 // of late, at how many looks of those at which we sent it had all sent
}

// Of a lane that has carried less nothing can be said.
const (
	leastCarried = 64 << 10
	leastLossy   = 1 << 20     // where the system doesn't tell of losses, and
	longEnough   = time.Second // so long
)

// A lane has spare room if its controller let it send all that it was given, at more than
// so many of the looks of late. Then a person's limit, a disk, or the other side's, decides
// how much it carries, and more lanes would carry no more.
const (
	spareMost  = 0.2
	spareLooks = 8 // as many count
)

// look looks at a lane over conn that has carried so much, in and out.
func (g *gait) look(conn net.Conn, path Path, in, out int64, now time.Time) {
	carried := in + out
	if g.counts && (g.lossy && !g.slowed || carried < leastLossy) || carried < leastCarried {
		return
	}
	g.see(vitalsOf(conn), path, in, out, now)
}

// see is look for what the system says of the lane.
func (g *gait) see(v vitals, path Path, in, out int64, now time.Time) {
	carried := in + out
	g.slowed = v.known && !v.bears
	if sent := out - g.out; v.known && sent > 0 && sent >= in-g.in {
		share := 0.0
		if !v.more {
			share = 1
		}
		g.spare += (share - g.spare) / spareLooks
	}
	g.in, g.out = in, out
	g.robbed = g.slowed && v.lost && v.free && g.spare <= spareMost
	g.slack = g.slowed && v.lost && g.spare > spareMost && max(v.rtt, path.RTT) >= aWay
	g.fills = v.known && v.bears && !v.free
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

// add counts a lane that has come along so.
func (b *carriage) add(g *gait, moved int64) {
	b.total += moved
	b.rtt = max(b.rtt, g.rtt)
	b.room = (b.room || b.lanes == 0) && g.robbed
	b.slack = b.slack || g.slack
	b.full = (b.full || b.lanes == 0) && g.fills
	if b.lanes++; g.counts {
		b.count++
	}
}
