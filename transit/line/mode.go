package line

import "time"

// This file is when a control goes from one mode to another (doc/line.md §4.2).

func (c *control) enter(p mode, now time.Duration) {
	c.mode, c.began, c.beganRound = p, now, c.round
}

// settle enters cruise for some rounds: two connections shall look for more at
// different times.
func (c *control) settle(now time.Duration, rounds uint64) {
	c.rounds = rounds
	c.enter(cruise, now)
}

// advance goes to the next mode when it is time.
func (c *control) advance(s sample) {
	switch c.mode {
	case startup:
		if c.start.filled {
			c.enter(drain, s.now)
		}
	case drain:
		if s.inFlight <= c.bdp() {
			c.settle(s.now, 1+c.rnd.Uint64N(cruiseLeast))
		}
	case cruise:
		if c.round >= c.beganRound+c.rounds {
			c.lower, c.lostUp = 0, false
			c.enter(up, s.now)
		}
	case up:
		c.advanceUp(s)
	case down:
		if s.inFlight <= c.bdp() && c.round > c.beganRound || c.round >= c.beganRound+downRounds {
			c.endCycle()
			c.settle(s.now, cruiseLeast+c.rnd.Uint64N(cruiseSpread)+c.penalty)
		}
	case probeRTT:
		c.advanceProbe(s)
	}
	if c.mode != probeRTT && s.now-c.leastAt > leastTime {
		c.probed, c.lowest = 0, 0
		c.enter(probeRTT, s.now)
	}
}

// advanceUp ends up when more is under way, or when that was too much.
func (c *control) advanceUp(s sample) {
	switch {
	case c.lostUp:
		c.penalty = min(2*c.penalty+2, penaltyMost)
	case s.now-c.began > c.least && (s.inFlight >= upGain*c.bdp() || c.round >= c.beganRound+upRounds):
		c.penalty /= 2
		c.high *= upGain // it held
	default:
		return
	}
	c.enter(down, s.now)
}

// advanceProbe ends probeRTT when the line was all but empty for long enough.
func (c *control) advanceProbe(s sample) {
	if c.probed == 0 && s.inFlight <= c.allowed()+c.packet {
		c.probed = s.now + leastProbe
		c.beganRound = c.round
	}
	if c.probed == 0 || s.now <= c.probed || c.round <= c.beganRound {
		return
	}
	if c.lowest > 0 {
		c.least = c.lowest
	}
	c.leastAt = s.now
	c.settle(s.now, 1+c.rnd.Uint64N(cruiseLeast))
	if !c.start.filled {
		c.mode = startup
	}
}
