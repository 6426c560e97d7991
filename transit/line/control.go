package line

import (
	"math"
	"math/rand/v2"
	"time"
)

// A mode is what a control does at the moment.
type mode byte

const (
	startup  mode = iota // twice as much each round, until the line is full
	drain                // what that has queued
	cruise               // what the line carries
	up                   // more, to see whether it carries more
	down                 // less, so that queues drain
	probeRTT             // hardly anything, to see how short the way is
)

// low reports whether less is sent than the line carries: what is lost then isn't ours.
func (p mode) low() bool { return p == down || p == drain }

// A control decides how fast to send and how much may be under way. It is like BBR: it
// keeps a model of the line, so that loss alone doesn't slow it down; but loss beyond
// what the line loses by itself does. It has no clock.
type control struct {
	model
	rnd  *rand.Rand
	mode mode
	// A round is as long as the newest packet's way.
	round     uint64
	nextRound uint64 // delivered, when a new one begins

	loss loss
	high float64 // bytes under way that were too many; 0 is none
	cwnd float64 // bytes

	start      start
	began      time.Duration // of the mode
	beganRound uint64        // the same in rounds
	rounds     uint64        // how many cruise lasts
	penalty    uint64
	lostUp     bool

	probed  time.Duration // when probeRTT may end; 0 until little is under way
	lowest  time.Duration // RTT in probeRTT
	fineEnd time.Duration // until when bursts are short
}

func newControl(packet int, rtt, now time.Duration, seed uint64) *control {
	return &control{
		model: newModel(float64(packet), rtt, now), rnd: rand.New(rand.NewPCG(seed, 1)),
		cwnd: firstWindow * float64(packet), rounds: cruiseLeast, start: newStart(),
	}
}

// resize says how large packets are from now on.
func (c *control) resize(packet int) { c.packet = float64(packet) }

// gain is by how much pace differs from what the line carries.
func (c *control) gain() float64 {
	switch c.mode {
	case startup:
		return startupGain
	case drain:
		return 1 / startupGain
	case down:
		return downGain
	case up:
		return upGain
	}
	return 1
}

// pace returns how fast to send, in bytes a second.
func (c *control) pace() float64 {
	r := margin * c.gain() * c.rate()
	if !c.start.filled { // what little is said so far is no measure
		r = max(r, c.start.pace(c.cwnd, c.packet)/max(c.least, time.Millisecond).Seconds())
	}
	return max(r, leastRate)
}

// allowed returns how many bytes may be under way.
func (c *control) allowed() float64 {
	few := leastWindow * c.packet
	if c.mode == probeRTT {
		return max(few, probeWindow*c.bdp())
	}
	w := c.cwnd
	if c.high > 0 && c.mode != startup {
		high, full := c.high, c.bdp()
		if c.mode == cruise || c.mode == down {
			high *= backOff
		}
		if c.busy() {
			full += c.extra.bytes()
		}
		w = min(w, max(high, full))
	}
	return max(w, few)
}

// quantum returns how much time's packets leave at once.
func (c *control) quantum(now time.Duration) time.Duration {
	if now < c.fineEnd {
		return fineBurst
	}
	return burst
}

// credit returns for how long packets that didn't leave in time are made up for.
func (c *control) credit(now time.Duration) time.Duration {
	if now < c.fineEnd {
		return burst
	}
	return lateMost
}

// collapse allows the least, since nothing comes through.
func (c *control) collapse() { c.cwnd = leastWindow * c.packet }

// onAck takes a sample.
func (c *control) onAck(s sample) {
	begins := s.prior >= c.nextRound && s.rate > 0
	if begins {
		c.nextRound = s.delivered
		c.round++
	}
	c.loss.take(s)
	if c.mode == probeRTT && s.rtt > 0 && (c.lowest == 0 || s.rtt < c.lowest) {
		c.lowest = s.rtt
	}
	c.take(s, c.start.filled)
	c.start.wait(&c.model, s)
	c.aggregate(s, c.round, c.start.filled)
	if begins {
		c.start.learn(&c.loss, c.packet)
		c.judge(s)
		c.start.grown(&c.model, s)
		c.endRound(s.now)
	}
	c.advance(s)
	c.open(s)
}

// open makes the window as large as the model says, by what was acknowledged.
func (c *control) open(s sample) {
	target := c.held(cwndGain) + c.extra.bytes() + slack*c.packet
	switch {
	case c.start.filled:
		c.cwnd = min(c.cwnd+s.acked, target)
	case c.start.brisk: // what nobody has used says nothing of more
		used := (1 + briskGrowth) * (s.inFlight + s.acked)
		c.cwnd = max(c.cwnd, target, min(c.cwnd+briskGrowth*s.acked, used))
	default:
		c.cwnd = max(c.cwnd+s.acked, target)
		if c.rate() > 0 {
			c.cwnd = min(c.cwnd, target+leastWindow*c.packet)
		}
	}
	c.cwnd = max(c.cwnd, leastWindow*c.packet)
}

// judge looks at what the round that has ended has lost, and answers if that was too
// much.
func (c *control) judge(s sample) {
	few := float64(lossFew)
	if c.mode == startup {
		few = lossPackets
	}
	lost, much := c.loss.judge(c.packet, few)
	if !much {
		return
	}
	if q, known := c.queued(); known && q < shortQueue {
		c.fineEnd = s.now + fineTime // the queue is shorter than our bursts
	}
	switch c.mode {
	case startup:
		if lost.part > startupLoss && lost.packets >= startupLost {
			c.start.fill()
			c.high = max(s.inFlight, c.bdp())
		}
	case up:
		c.lostUp = true
		c.high = max(s.inFlight, c.bdp())
	case cruise, down:
		now := c.top()
		if c.lower > 0 {
			now = c.lower
		}
		c.lower = max(c.rateBest, backOff*now) // never less than what got through
		c.high = max(backOff*max(s.inFlight, c.bdp()), leastWindow*c.packet)
	}
}

// A loss is what a round loses, beside what the line does.
type loss struct {
	lost, all       float64 // bytes of this round
	lowLost, lowAll float64 // of what was sent while the line had room
	base            float64 // the part that is lost whatever we do
}

// A lost is what a round has lost.
type lost struct {
	part    float64
	packets float64
}

func (l *loss) take(s sample) {
	l.lost += s.lost
	l.all += s.acked + s.lost
	l.lowLost += s.lowLost
	l.lowAll += s.lowSent
}

// found notes that something had been taken for lost, and was late.
func (l *loss) found(bytes float64, low bool) {
	l.lost = max(0, l.lost-bytes)
	if low {
		l.lowLost = max(0, l.lowLost-bytes)
	}
}

// judge ends a round that has some packets at least. It reports whether it lost more
// than the line does.
func (l *loss) judge(packet, few float64) (lost, bool) {
	if l.lowAll > basePackets*packet {
		l.base += (l.lowLost/l.lowAll - l.base) * baseShare
		l.lowLost, l.lowAll = 0, 0
	}
	n := l.all / packet
	if n < few {
		return lost{}, false
	}
	is := lost{l.lost / l.all, l.lost / packet}
	expect := l.base * n
	l.lost, l.all = 0, 0
	chance := lossSigmas * math.Sqrt(expect+1)
	return is, is.part > l.base+lossCeiling && is.packets > expect+chance || is.part > lossMost
}
