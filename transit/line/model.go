package line

import "time"

// A sample is what one acknowledgement says. Sizes are in bytes, with headers.
type sample struct {
	now       time.Duration
	rtt       time.Duration // of the newest packet acknowledged; 0 is none
	rate      float64       // in bytes a second; 0 is none
	prior     uint64        // what had been delivered when that packet was sent
	delivered uint64        // up to now
	acked     float64
	lost      float64
	inFlight  float64 // now
	limited   bool    // by who writes
	lowSent   float64 // of acked and lost, what was sent while the line had room
	lowLost   float64
	rtts      rtts // of all packets that it acknowledges
}

// rtts sums up RTTs, in nanoseconds.
type rtts struct{ sum, n, low, high float64 }

func (r *rtts) add(d time.Duration) {
	x := float64(d)
	if r.n == 0 {
		r.low, r.high = x, x
	}
	r.low, r.high = min(r.low, x), max(r.high, x)
	r.sum += x
	r.n++
}

// A model is what is known of the line: how much it carries, how long a packet takes,
// and how much is acknowledged at once.
//
// The rate is the greatest mean of a round in the last two cycles. The greatest of all
// samples would be too much: clocks and ACKs bunch, and of 40 samples the best is 5 to
// 20 % above what the line carries.
type model struct {
	packet float64 // size of the largest
	rates  [2]float64
	lower  float64 // bound of the rate since something was lost; 0 is none

	rateSum, rateN, rateBest float64 // of this round

	least   time.Duration // RTT
	leastAt time.Duration
	guessed bool // least is from before there was a sample

	jitter  float64 // a quarter of the spread of RTTs in one ACK, on average
	means   [2]float64
	meansAt time.Duration
	rtts    rtts // of this round

	extra extra
}

// newModel takes what the RTT may be.
func newModel(packet float64, rtt, now time.Duration) model {
	return model{packet: packet, least: rtt, leastAt: now, guessed: true, meansAt: now}
}

// top returns the rate without the bound that loss has set.
func (m *model) top() float64 { return max(m.rates[0], m.rates[1]) }

// rate returns what the line carries, 0 if that isn't known.
func (m *model) rate() float64 {
	if m.lower > 0 {
		return min(m.top(), m.lower)
	}
	return m.top()
}

// base returns the RTT where nothing waits: the least, and what the line adds by
// chance. Packets that came together tell how much that may be; a queue is the same
// for all of them.
func (m *model) base() float64 {
	mean := m.means[0]
	if m.means[1] > 0 && (mean == 0 || m.means[1] < mean) {
		mean = m.means[1]
	}
	least := float64(m.least)
	return least + max(0, min(mean-least, jitterReach*m.jitter))
}

// bdp returns how many bytes are under way when the line is full and nothing waits.
func (m *model) bdp() float64 { return m.rate() * m.base() / float64(time.Second) }

// queued returns how long packets of this round have waited.
func (m *model) queued() (time.Duration, bool) {
	if m.rtts.n == 0 {
		return 0, false
	}
	return time.Duration(m.rtts.sum/m.rtts.n - m.base()), true
}

// patience returns how long packets may wait, in nanoseconds, before that is a queue.
func (m *model) patience() float64 {
	return max(float64(m.least)*waitShare, float64(waitLeast))
}

// take takes a sample. While the line isn't full its rate counts at once.
func (m *model) take(s sample, filled bool) {
	m.rtts.sum += s.rtts.sum
	m.rtts.n += s.rtts.n
	if s.rtts.n >= 2 { // these came at about the same time
		m.jitter += ((s.rtts.high-s.rtts.low)/4 - m.jitter) * jitterShare
	}
	if s.rtt > 0 && (s.rtt <= m.least || m.guessed) {
		m.least, m.leastAt, m.guessed = s.rtt, s.now, false
	}
	if s.rate > 0 && (!s.limited || s.rate > m.rate()) {
		if !filled {
			m.rates[0] = max(m.rates[0], s.rate)
		}
		m.rateSum += s.rate
		m.rateN++
		m.rateBest = max(m.rateBest, s.rate)
	}
}

// endRound takes the means of the round that has ended.
func (m *model) endRound(now time.Duration) {
	if m.rateN > 0 {
		r := m.rateSum / m.rateN
		if m.jitter > float64(m.least)*jitterMany || m.busy() {
			r = m.rateBest // else the window never grows to what such a line needs
		}
		m.rates[0] = max(m.rates[0], r)
	}
	m.rateSum, m.rateN, m.rateBest = 0, 0, 0
	if m.rtts.n > 0 {
		mean := m.rtts.sum / m.rtts.n
		if now-m.meansAt > meanTime {
			m.means[1], m.means[0], m.meansAt = m.means[0], 0, now
		}
		if m.means[0] == 0 || mean < m.means[0] {
			m.means[0] = mean
		}
	}
	m.rtts = rtts{}
}

// busy reports whether so much is acknowledged at once that a host must be.
func (m *model) busy() bool { return m.extra.bytes() > bunched*m.bdp() }

// held returns how many bytes may be under way, as a multiple of the BDP: at least so
// many that the line stays full while hosts hold packets and ACKs back, which on short
// ways is longer than the way.
func (m *model) held(gain float64) float64 {
	base := m.base()
	return m.rate() * max(gain*base, base+float64(hostTime)) / float64(time.Second)
}

// endCycle forgets the rate of the cycle before the last, unless nothing was found out
// since: who pauses doesn't begin from nothing.
func (m *model) endCycle() {
	if m.rates[0] > 0 {
		m.rates[1], m.rates[0] = m.rates[0], 0
	}
}

// An extra is how much is acknowledged at once, beyond what the rate says: the window
// has to be as much larger.
type extra struct {
	since time.Duration // of what is counted
	acked float64
	most  [2]float64
	round uint64 // in which most began
}

func (e *extra) bytes() float64 { return max(e.most[0], e.most[1]) }

// aggregate takes what was acknowledged.
func (m *model) aggregate(s sample, round uint64, filled bool) {
	e := &m.extra
	expect := m.rate() * (s.now - e.since).Seconds()
	if e.acked <= expect || e.since == 0 {
		e.since, e.acked, expect = s.now, 0, 0
	}
	e.acked += s.acked
	if round >= e.round+extraRounds {
		e.round, e.most[1], e.most[0] = round, e.most[0], 0
	}
	if filled {
		e.most[0] = max(e.most[0], min(e.acked-expect, m.held(1)+extraMost*m.packet))
	}
}
