package open

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// This file is how both sides come to connect at the same moment, as a machine without
// sockets or a clock (doc/native.md §10.3): what routers that answer need, since each of
// the two SYNs must have left its own NAT before the other comes there.

// Times and limits of a crossing.
const (
	pings      = 4 // when a lane comes up, and with each try
	pingPause  = 30 * time.Millisecond
	crossStep  = 2 * time.Second // head start of all others: a lane that comes about in this way has no further ones, and a wrong round trip for BBR
	crossTries = 3               // over a lane
	crossTotal = 30              // in a session, whatever becomes of its lanes
	crossPause = 500 * time.Millisecond
	crossReady = 5 * time.Second // until both know what their new ports look like
	crossSlack = 50 * time.Millisecond
	crossLate  = 5 * time.Second // further ahead nobody agrees on a moment
)

// What the two sides say to each other. Numbers are big-endian, times microseconds of the
// writer's own clock unless something else is said, and an address is one of IPv4 and a port.
//
//	leader                                     follower
//	ping  n, sent                          ──►
//	                                       ◄── pong  n, sent (of the ping), came, sent     four times
//	ask   try                              ──►                                             each takes a new port
//	                                       ◄── here  try, address                          that of its new port, outside
//	at    try, moment (follower's clock),  ──►
//	      address                                                                          both connect
const (
	sayPing = 1 + iota
	sayPong
	sayAsk
	sayHere
	sayAt
)

// sizes are how long these are.
var sizes = map[byte]int{sayPing: 10, sayPong: 26, sayAsk: 2, sayHere: 8, sayAt: 16}

// A deed is what a crossing wants to be done.
type deed struct {
	kind deedKind
	say  []byte
	try  int
	to   netip.AddrPort
	at   time.Time
}

type deedKind int

const (
	doSay     deedKind = iota // say something to the peer
	doPrepare                 // take a new port, and find out what it looks like outside
	doConnect                 // connect from that port at that moment
	doDrop                    // the port isn't needed any more
)

// A crossing is one side. It is for one goroutine at a time.
type crossing struct {
	leads  bool
	begun  time.Time // of its clock
	wanted bool
	clock  offset
	pinged int       // since the beginning, or that of the try
	ping   time.Time // when the next one is due
	next   time.Time // when the next thing else is; zero for never
	try    int       // the one that is under way, or was; they count from 1
	total  int       // ports that were taken
	stage  stage
	ours   netip.AddrPort // of this try
	theirs netip.AddrPort
}

// A stage is how far a try has come.
type stage int

const (
	resting stage = iota
	preparing
	connecting
)

func newCrossing(leads bool, now time.Time) *crossing {
	return &crossing{leads: leads, begun: now, wanted: true}
}

// micros is a moment in this side's clock.
func (c *crossing) micros(at time.Time) int64 { return at.Sub(c.begun).Microseconds() }

// begin notes that there is a lane to speak over, a new one.
func (c *crossing) begin(now time.Time) {
	c.clock, c.try, c.stage = offset{}, 0, resting
	c.pinged, c.next = pings, time.Time{}
	if c.leads {
		c.pinged, c.ping = 0, now
		c.next = now.Add(crossStep)
	}
}

// wake returns when step has something to do, the zero time for never.
func (c *crossing) wake() time.Time {
	at := c.next
	if !c.wanted || c.stage == resting && !c.may() {
		at = time.Time{}
	}
	if c.pinged < pings && (at.IsZero() || c.ping.Before(at)) {
		return c.ping
	}
	return at
}

// step does what is due.
func (c *crossing) step(now time.Time) (out []deed) {
	if c.pinged < pings && !now.Before(c.ping) {
		c.pinged++
		c.ping = now.Add(pingPause)
		b := binary.BigEndian.AppendUint64([]byte{sayPing, byte(c.pinged)}, uint64(c.micros(now)))
		out = append(out, deed{kind: doSay, say: b})
	}
	switch {
	case !c.wanted || c.next.IsZero() || now.Before(c.next):
	case c.stage == preparing: // nothing has come of it
		out = append(out, c.ended(c.try, now)...)
	case c.stage == resting && c.may():
		c.try++
		c.total++
		c.stage, c.next = preparing, now.Add(crossReady)
		c.pinged, c.ping = 0, now
		c.ours, c.theirs = netip.AddrPort{}, netip.AddrPort{}
		out = append(out, deed{kind: doSay, say: []byte{sayAsk, byte(c.try)}}, deed{kind: doPrepare, try: c.try})
	}
	return out
}

// may reports whether there may be another try.
func (c *crossing) may() bool { return c.try < crossTries && c.total < crossTotal }

// ended notes that a try has come to nothing, or isn't needed.
func (c *crossing) ended(try int, now time.Time) []deed {
	if try != c.try || c.stage == resting {
		return nil
	}
	c.stage, c.next = resting, time.Time{}
	if c.leads {
		c.next = now.Add(crossPause)
	}
	return []deed{{kind: doDrop, try: try}}
}

// prepared notes what the new port of a try looks like from outside.
func (c *crossing) prepared(try int, at netip.AddrPort, now time.Time) []deed {
	if try != c.try || c.stage != preparing {
		return nil
	}
	c.ours = at
	if !c.leads {
		return []deed{{kind: doSay, say: appendAddress([]byte{sayHere, byte(try)}, at)}}
	}
	return c.agree(now)
}

// agree settles the moment, once both addresses are known, and something of the peer's
// clock.
func (c *crossing) agree(now time.Time) []deed {
	ahead, theirClock, ok := c.clock.of()
	if !c.ours.IsValid() || !c.theirs.IsValid() || !ok {
		return nil
	}
	moment := now.Add(min(ahead+crossSlack, crossLate/2))
	c.stage, c.next = connecting, time.Time{}
	b := binary.BigEndian.AppendUint64([]byte{sayAt, byte(c.try)}, uint64(c.micros(moment)+theirClock))
	return []deed{{kind: doSay, say: appendAddress(b, c.ours)}, {kind: doConnect, try: c.try, to: c.theirs, at: moment}}
}

// hear takes what the peer says. What makes no sense is passed over.
func (c *crossing) hear(b []byte, now time.Time) []deed {
	if len(b) == 0 || len(b) != sizes[b[0]] {
		return nil
	}
	number := func(i int) int64 { return int64(binary.BigEndian.Uint64(b[i:])) }
	try := int(b[1])
	switch kind := b[0]; {
	case kind == sayPing && !c.leads:
		pong := append([]byte{sayPong}, b[1:]...)
		for range 2 {
			pong = binary.BigEndian.AppendUint64(pong, uint64(c.micros(now)))
		}
		return []deed{{kind: doSay, say: pong}}
	case kind == sayPong && c.leads:
		c.clock.note(number(2), number(10), number(18), c.micros(now))
		return c.agreeIfAsked(now)
	case kind == sayAsk && !c.leads && c.wanted && c.stage == resting && c.may() && try > c.try && try <= crossTries:
		c.try, c.stage = try, preparing
		c.total++
		return []deed{{kind: doPrepare, try: try}}
	case kind == sayHere && c.leads && c.stage == preparing && try == c.try:
		c.theirs = address(b[2:])
		return c.agree(now)
	case kind == sayAt && !c.leads && c.stage == preparing && try == c.try && c.ours.IsValid():
		at := c.begun.Add(time.Duration(number(2)) * time.Microsecond)
		if at.After(now.Add(crossLate)) || at.Before(now.Add(-crossLate)) {
			return c.ended(try, now)
		}
		c.stage = connecting
		return []deed{{kind: doConnect, try: try, to: address(b[10:]), at: at}}
	}
	return nil
}

// agreeIfAsked is agree while a moment is looked for.
func (c *crossing) agreeIfAsked(now time.Time) []deed {
	if c.stage != preparing {
		return nil
	}
	return c.agree(now)
}

// seek says whether a lane straight to the peer is wanted.
func (c *crossing) seek(on bool, now time.Time) []deed {
	c.wanted = on
	if !on {
		return c.ended(c.try, now)
	}
	return nil
}

// An offset is what is known of the peer's clock: the quickest message in each direction
// tells most, as others have waited for what was under way. The zero value knows nothing.
type offset struct {
	known       bool
	there, back int64 // the quickest, each with the difference of the clocks
	longest     int64 // round trip
}

// note takes the times of a ping and its pong, each in the clock of where it was taken.
func (o *offset) note(sent, came, left, back int64) {
	there, home, trip := came-sent, back-left, back-sent
	if trip < 0 || trip > int64(time.Hour/time.Microsecond) || there > 1<<50 || there < -1<<50 || home > 1<<50 || home < -1<<50 {
		return
	}
	if !o.known || there < o.there {
		o.there = there
	}
	if !o.known || home < o.back {
		o.back = home
	}
	o.known, o.longest = true, max(o.longest, trip)
}

// of returns how long a message may take to be there, and how far the peer's clock is
// ahead, in microseconds.
func (o *offset) of() (ahead time.Duration, theirs int64, ok bool) {
	return time.Duration(o.longest) * time.Microsecond, (o.there - o.back) / 2, o.known
}

func appendAddress(b []byte, at netip.AddrPort) []byte {
	ip := at.Addr().As4()
	return binary.BigEndian.AppendUint16(append(b, ip[:]...), at.Port())
}

// address reads one.
func address(b []byte) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b)), binary.BigEndian.Uint16(b[4:]))
}
