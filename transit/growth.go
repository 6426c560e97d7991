package transit

import "time"

// Times and shares of a growth (doc/native.md §3.6).
const (
	countTrips  = 10                     // round trips, until a lane counts that has lost nothing
	spanLeast   = 500 * time.Millisecond // over which the sum is measured, at least,
	spanTrips   = 8                      // and round trips
	spanSure    = 2                      // spans, where one leaves it open
	spanPause   = 4                      // spans, doubled each time, from one try that led to nothing to the next
	patience    = 2 * time.Second        // for lanes that were asked for, besides
	patientTrip = 20                     // round trips
	worthIt     = 1.1                    // times as much with twice the lanes: they stay
	clearly     = 1.5                    // the same, so that nothing more is waited for
	fallen      = 0.8                    // of the sum that stopped growth: another try
	mostVain    = 6                      // doublings of the pause
	plenty      = 32 << 20               // bytes a second of one lane, which no loss holds back: it would have to be one packet in a hundred, and a round trip of 0.4 ms
)

// A growth finds out how many lanes of a sort carry most. Where a system takes every
// loss for congestion, each of them carries little, whatever the line could bear, and
// twice as many carry twice as much; elsewhere more lanes are of no use to anybody.
//
// It doubles them as long as the sum grows by a tenth, else goes back, and tries again
// when the sum has fallen by a fifth below what stopped it. A lane counts after its
// first loss or ten round trips: before, it carries more than it will. Where all lose
// packets to a system that takes it for congestion, while nothing waits on the way, the
// line has room, and there are more at once. Where one could do more than it is given,
// there are no more: they would carry the same; nor where all bear losses, and fill the line. It has no clock and no sockets.
type growth struct {
	most  int
	want  int
	state growthState
	since time.Time // when that began
	mark  int64     // what had been carried by then
	fewer int       // how many there were before the last doubling; 0 for none
	sum   float64   // what those carried, and at rest, what stopped growth: bytes a second
	low   bool      // at rest: the last span was below that by far
	vain  int       // tries that led to nothing, one after another
	pause time.Time // none before
}

type growthState int

const (
	settling  growthState = iota // lanes that were asked for come, and begin
	measuring                    // what they carry
	resting                      // it is known how many to hold
)

// A carriage is what the lanes of a sort have carried.
type carriage struct {
	total int64 // bytes in both directions, of those that are gone, too
	lanes int
	count int  // of them, those that count
	room  bool // all have lost something, which slows them down, and nothing waits on the way
	slack bool // one would carry more, if there were more to send
	full  bool // all bear losses, and fill the line: what they send waits on the way
	rtt   time.Duration
}

// How many lanes there are to begin with.
const (
	aWay     = 5 * time.Millisecond // a round trip that is less is within one room
	slowLane = maxLanes / 2         // lanes where loss slows each of them down, and nothing else is to be had
)

// begins returns how many lanes of a tier there are to begin with, where want are in one
// room. Where loss is taken for congestion, the first one ends a slow start, and to find
// out that more lanes are of use takes as long as the loss costs. So there are more at once where
// nothing else is to be had: at a relay, and where both sides had to open a way for TCP, each
// further one of which takes a second. Else, straight to the peer, a lane over UDP is the better
// answer. Elsewhere more would carry no more.
func begins(alone bool, want int, rtt time.Duration, slowed bool) int {
	switch {
	case rtt < aWay:
		return want
	case slowed && alone:
		return max(want, slowLane)
	}
	return max(want, defaultWant)
}

// newGrowth returns one that begins with so many lanes.
func newGrowth(want, most int) growth { return growth{want: min(want, most), most: most} }

// look takes what has been carried until now, and returns how many lanes to hold.
func (g *growth) look(now time.Time, b carriage) int {
	if g.since.IsZero() || b.lanes == 0 {
		g.begin(settling, now, b)
	}
	switch passed := now.Sub(g.since); g.state {
	case settling:
		if b.total == g.mark {
			g.since = now // nothing is carried yet
			return g.want
		}
		if b.count >= max(g.want, b.lanes) || passed >= patience+patientTrip*b.rtt {
			// What can't be had isn't waited for; what there is besides counts too.
			g.want = min(max(b.lanes, 1), g.most)
			if b.room {
				g.sum, g.vain = g.rate(passed, b), 0
				g.double(now, b)
				break
			}
			g.begin(measuring, now, b)
		}
	case measuring:
		g.measure(passed, now, b)
	case resting:
		g.rest(passed, now, b)
	}
	return g.want
}

func (g *growth) begin(s growthState, now time.Time, b carriage) {
	g.state, g.since, g.mark = s, now, b.total
}

// rate returns what has been carried since the state began, in bytes a second.
func (g *growth) rate(passed time.Duration, b carriage) float64 {
	return float64(b.total-g.mark) / passed.Seconds()
}

// span returns over how long the sum is measured.
func span(b carriage) time.Duration { return max(spanLeast, spanTrips*b.rtt) }

// measure judges what the lanes carry beside what fewer did.
func (g *growth) measure(passed time.Duration, now time.Time, b carriage) {
	if passed < span(b) {
		return
	}
	rate := g.rate(passed, b)
	switch {
	case rate == 0:
		g.begin(settling, now, b) // they begin anew when there is something to carry
	case b.slack && rate >= worthIt*g.sum, b.full && g.fewer == 0:
		g.sum, g.vain, g.fewer = rate, 0, 0
		g.begin(resting, now, b)
	case b.room:
		g.sum, g.vain = rate, 0
		g.double(now, b)
	case g.fewer == 0, rate >= clearly*g.sum, passed >= spanSure*span(b) && rate >= worthIt*g.sum:
		g.sum, g.vain = rate, 0
		g.double(now, b)
	case passed >= spanSure*span(b):
		g.want, g.sum = g.fewer, max(g.sum, rate)
		g.give(now, b)
	}
}

// double asks for twice the lanes, if there may be more, and what those that there are
// carry isn't plenty.
func (g *growth) double(now time.Time, b carriage) {
	if g.want >= g.most || g.sum >= float64(g.want)*plenty {
		g.fewer = 0
		g.begin(resting, now, b)
		return
	}
	g.fewer, g.want = g.want, min(2*g.want, g.most)
	g.begin(settling, now, b)
}

// give goes back to what there was, for a while.
func (g *growth) give(now time.Time, b carriage) {
	g.fewer = 0
	g.pause = now.Add(spanPause << min(g.vain, mostVain) * span(b))
	g.vain++
	g.begin(resting, now, b)
}

// rest tries again when the sum has fallen, though something is carried.
func (g *growth) rest(passed time.Duration, now time.Time, b carriage) {
	if passed < spanSure*span(b) {
		return
	}
	rate := g.rate(passed, b)
	low := rate > 0 && rate < fallen*g.sum
	// Once doesn't count: it may be that there was nothing to carry for a part of it.
	again := low && g.low && !b.slack || b.room
	if g.low = low; again && !now.Before(g.pause) && g.want < g.most {
		g.sum, g.low = rate, false
		g.double(now, b)
		return
	}
	g.begin(resting, now, b)
}
